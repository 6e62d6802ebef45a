//! Organizations and memberships.

use ironclerk_api::id::{ImageId, OrganizationId, UserId};
use ironclerk_api::organizations::{
    ListOrganizations, Organization, OrganizationMembership, OrganizationSort, PublicUserData,
};
use ironclerk_api::users::{MemberSort, UserFilter};
use ironclerk_api::{Page, Sort};

use super::users::{self, PRIMARY_EMAIL_ADDRESS, PRIMARY_PHONE_NUMBER};
use super::{Conditions, Images, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};
use crate::organizations::Role;

const COLUMNS: &str = "organizations.id, organizations.image_id, organizations.name, organizations.slug, \
     organizations.max_allowed_memberships, organizations.admin_delete_enabled, \
     organizations.public_metadata, organizations.private_metadata, organizations.created_by, \
     organizations.created_at, organizations.updated_at";

const MEMBERS_COUNT: &str = "(SELECT count(*) FROM organization_memberships counted \
     WHERE counted.organization_id = organizations.id)";

fn read(row: &mut Row, images: &Images) -> Result<Organization, DatabaseError> {
    let id: OrganizationId = row.next()?;
    let uploaded: Option<ImageId> = row.next()?;
    Ok(Organization {
        image_url: images.url(id.as_str(), uploaded.as_ref()),
        has_image: uploaded.is_some(),
        id,
        name: row.next()?,
        slug: row.next()?,
        max_allowed_memberships: row.next()?,
        admin_delete_enabled: row.next()?,
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        created_by: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

/// An organization, by its id or its slug.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id_or_slug: &str,
    images: &Images,
) -> Result<Option<Organization>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM organizations WHERE id = $1 OR slug = $1");
    let rows = transaction.query(sql, &[id_or_slug.into()])?;
    let found: Result<Vec<_>, _> = rows
        .into_iter()
        .map(|mut row| read(&mut row, images))
        .collect();
    // A slug may look like the id of another organization: the id wins.
    let mut found = found?;
    found.sort_by_key(|organization| organization.id.as_str() != id_or_slug);
    Ok(found.into_iter().next())
}

/// How many members an organization has.
pub(crate) fn count_members(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
) -> Result<u64, DatabaseError> {
    let row = transaction.query_one(
        "SELECT count(*) FROM organization_memberships WHERE organization_id = $1",
        &[id.into()],
    )?;
    row.map_or(Ok(0), |mut row| row.next())
}

/// Lists organizations.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    request: &ListOrganizations,
    window: Window,
    images: &Images,
) -> Result<Page<Organization>, DatabaseError> {
    let mut conditions = Conditions::default();
    if let Some(text) = &request.query {
        let id = conditions.value(text);
        let pattern = conditions.containing(text);
        conditions.and(&format!(
            "(organizations.id = {id} OR LOWER(organizations.name) {pattern} OR organizations.slug {pattern})"
        ));
    }
    conditions.with_and_without("organizations.id", &request.organization_id);
    conditions.with_and_without_in(&request.user_id, |verb, list| {
        format!(
            "organizations.id {verb} (SELECT organization_id FROM organization_memberships WHERE user_id IN ({list}))"
        )
    });
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT count(*) FROM organizations{rest}");
    let total_count = match transaction.query_one(sql, values)? {
        Some(mut row) => row.next()?,
        None => 0,
    };

    let sort = request
        .order_by
        .unwrap_or(Sort::descending(OrganizationSort::CreatedAt));
    let key = match sort.key {
        OrganizationSort::CreatedAt => "organizations.created_at",
        OrganizationSort::Name => "organizations.name",
        OrganizationSort::MembersCount => MEMBERS_COUNT,
    };
    let (rest, values) =
        conditions.listing(&order_by(key, sort.descending, "organizations.id"), window);
    let sql = format!("SELECT {COLUMNS}, {MEMBERS_COUNT} FROM organizations{rest}");
    let mut data = Vec::new();
    for mut row in transaction.query(sql, &values)? {
        let mut organization = read(&mut row, images)?;
        if request.include_members_count == Some(true) {
            organization.members_count = row.next()?;
        }
        data.push(organization);
    }
    Ok(Page { data, total_count })
}

/// Keeps an organization and its members from being changed by others until the transaction ends.
pub(crate) fn lock(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
) -> Result<(), DatabaseError> {
    let sql = "UPDATE organizations SET updated_at = updated_at WHERE id = $1";
    transaction.execute(sql, &[id.into()])?;
    Ok(())
}

/// Stores an organization, unless its slug is taken.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO organizations (id, name, slug, max_allowed_memberships,
             admin_delete_enabled, public_metadata, private_metadata, created_by, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT DO NOTHING",
        &[
            (&organization.id).into(),
            (&organization.name).into(),
            (&organization.slug).into(),
            organization.max_allowed_memberships.cast_signed().into(),
            organization.admin_delete_enabled.into(),
            (&organization.public_metadata).into(),
            (&organization.private_metadata).into(),
            organization.created_by.as_ref().into(),
            organization.created_at.into(),
            organization.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores a membership of a user.
pub(crate) fn insert_membership(
    transaction: &mut Transaction<'_>,
    membership: &OrganizationMembership,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO organization_memberships (id, organization_id, user_id, role,
             public_metadata, private_metadata, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            (&membership.id).into(),
            organization.into(),
            user.into(),
            (&membership.role).into(),
            (&membership.public_metadata).into(),
            (&membership.private_metadata).into(),
            membership.created_at.into(),
            membership.updated_at.into(),
        ],
    )?;
    Ok(())
}

/// A user's membership of an organization.
pub(crate) fn get_membership(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    user: &UserId,
    images: &Images,
) -> Result<Option<OrganizationMembership>, DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.equals("memberships.organization_id", organization);
    conditions.equals("memberships.user_id", user);
    let (rest, values) = conditions.counting();
    let rows = transaction.query(memberships_sql(&rest), values)?;
    rows.into_iter()
        .next()
        .map(|row| read_membership(row, images))
        .transpose()
}

/// Lists the members of an organization.
pub(crate) fn list_members(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    roles: &[String],
    filter: &UserFilter,
    sort: Sort<MemberSort>,
    window: Window,
    images: &Images,
) -> Result<Page<OrganizationMembership>, DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.equals("memberships.organization_id", organization);
    conditions.one_of("memberships.role", roles);
    users::add_conditions(&mut conditions, filter);
    let key = match sort.key {
        MemberSort::CreatedAt => "memberships.created_at",
        MemberSort::EmailAddress => PRIMARY_EMAIL_ADDRESS,
        MemberSort::FirstName => "users.first_name",
        MemberSort::LastName => "users.last_name",
        MemberSort::PhoneNumber => PRIMARY_PHONE_NUMBER,
        MemberSort::Username => "users.username",
    };
    let order = order_by(key, sort.descending, "memberships.id");
    list_memberships(transaction, conditions, &order, window, images)
}

/// Lists the memberships of a user.
pub(crate) fn list_of_user(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    window: Window,
    images: &Images,
) -> Result<Page<OrganizationMembership>, DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.equals("memberships.user_id", user);
    let order = order_by("memberships.created_at", true, "memberships.id");
    list_memberships(transaction, conditions, &order, window, images)
}

const MEMBERSHIPS: &str = "FROM organization_memberships memberships \
     JOIN organizations ON organizations.id = memberships.organization_id \
     JOIN users ON users.id = memberships.user_id";

fn memberships_sql(rest: &str) -> String {
    format!(
        "SELECT memberships.id, memberships.role, memberships.public_metadata, \
         memberships.private_metadata, memberships.created_at, memberships.updated_at, \
         users.id, users.image_id, users.first_name, users.last_name, users.username, users.banned, \
         COALESCE({PRIMARY_EMAIL_ADDRESS}, {PRIMARY_PHONE_NUMBER}, users.username), \
         {COLUMNS} {MEMBERSHIPS}{rest}"
    )
}

fn list_memberships(
    transaction: &mut Transaction<'_>,
    conditions: Conditions,
    order: &str,
    window: Window,
    images: &Images,
) -> Result<Page<OrganizationMembership>, DatabaseError> {
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT count(*) {MEMBERSHIPS}{rest}");
    let total_count = match transaction.query_one(sql, values)? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let (rest, values) = conditions.listing(order, window);
    let rows = transaction.query(memberships_sql(&rest), &values)?;
    let data: Result<Vec<_>, _> = rows
        .into_iter()
        .map(|row| read_membership(row, images))
        .collect();
    Ok(Page {
        data: data?,
        total_count,
    })
}

fn read_membership(mut row: Row, images: &Images) -> Result<OrganizationMembership, DatabaseError> {
    let mut membership = OrganizationMembership {
        id: row.next()?,
        role: row.next()?,
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    };
    if let Some(role) = Role::find(&membership.role) {
        membership.role_name = role.name.to_owned();
        membership.permissions = role
            .permissions
            .iter()
            .map(|key| (*key).to_owned())
            .collect();
    }
    let user_id: UserId = row.next()?;
    let uploaded: Option<ImageId> = row.next()?;
    let image_url = images.url(user_id.as_str(), uploaded.as_ref());
    membership.public_user_data = Some(PublicUserData {
        user_id,
        first_name: row.next()?,
        last_name: row.next()?,
        username: row.next()?,
        banned: row.next()?,
        identifier: row.next()?,
        profile_image_url: Some(image_url.clone()),
        image_url,
        has_image: uploaded.is_some(),
    });
    membership.organization = Some(read(&mut row, images)?);
    Ok(membership)
}
