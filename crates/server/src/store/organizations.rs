//! Organizations and memberships.

use ironclerk_api::id::{ImageId, OrganizationId, UserId};
use ironclerk_api::organizations::{
    ListOrganizations, Organization, OrganizationMembership, OrganizationSort,
    PublicOrganizationData,
};
use ironclerk_api::users::{MemberSort, UserFilter};
use ironclerk_api::{Page, Sort};

use super::images::{self, Owner};
use super::users::{
    self, PRIMARY_EMAIL_ADDRESS, PRIMARY_PHONE_NUMBER, PUBLIC_USER, read_public_user,
};
use super::{Conditions, Images, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};
use crate::organization_roles::CREATOR_NEEDS;

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

/// What everybody sees of an organization, for a statement's list of columns.
pub(super) const PUBLIC_ORGANIZATION: &str =
    "organizations.id, organizations.name, organizations.slug, organizations.image_id";

/// Reads the columns of [`PUBLIC_ORGANIZATION`].
pub(super) fn read_public_organization(
    row: &mut Row,
    images: &Images,
) -> Result<PublicOrganizationData, DatabaseError> {
    let id: OrganizationId = row.next()?;
    let (name, slug) = (row.next()?, row.next()?);
    let uploaded: Option<ImageId> = row.next()?;
    Ok(PublicOrganizationData {
        image_url: images.url(id.as_str(), uploaded.as_ref()),
        has_image: uploaded.is_some(),
        id,
        name,
        slug,
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
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(OrganizationSort::CreatedAt));
    let key = match sort.key {
        OrganizationSort::CreatedAt => "organizations.created_at",
        OrganizationSort::Name => "organizations.name",
        OrganizationSort::MembersCount => MEMBERS_COUNT,
    };
    let order = order_by(key, sort.descending, "organizations.id");
    let is_managed = is_managed();
    let columns = format!("{COLUMNS}, {MEMBERS_COUNT}, NOT {is_managed}");
    let from = (columns.as_str(), "organizations");
    conditions.page(transaction, from, &order, window, |mut row| {
        let mut organization = read(&mut row, images)?;
        let (members_count, is_missing) = (row.next()?, row.next()?);
        if request.include_members_count == Some(true) {
            organization.members_count = members_count;
        }
        if request.include_missing_member_with_elevated_permissions == Some(true) {
            organization.missing_member_with_elevated_permissions = is_missing;
        }
        Ok(organization)
    })
}

/// Whether a member of an organization has all that whoever creates one needs.
fn is_managed() -> String {
    let needed = CREATOR_NEEDS.map(|key| format!("'{key}'")).join(", ");
    let number = CREATOR_NEEDS.len();
    format!(
        "EXISTS (SELECT 1 FROM organization_memberships managing \
         JOIN organization_roles managers ON managers.key = managing.role \
         WHERE managing.organization_id = organizations.id AND managers.id IN ( \
             SELECT assigned.role_id FROM organization_role_permissions assigned \
             JOIN organization_permissions needed ON needed.id = assigned.permission_id \
             WHERE needed.key IN ({needed}) \
             GROUP BY assigned.role_id HAVING count(*) = {number}))"
    )
}

/// Whether a member of the organization may do all that whoever creates one needs.
pub(crate) fn has_manager(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
) -> Result<bool, DatabaseError> {
    let sql = format!("SELECT {} FROM organizations WHERE id = $1", is_managed());
    let row = transaction.query_one(sql, &[id.into()])?;
    row.map_or(Ok(false), |mut row| row.next())
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
    let columns = membership_columns();
    let rows = transaction.query(format!("SELECT {columns} FROM {MEMBERSHIPS}{rest}"), values)?;
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
    let order = order_of_members(sort);
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

/// Lists all memberships of the instance.
pub(crate) fn list_all_members(
    transaction: &mut Transaction<'_>,
    sort: Sort<MemberSort>,
    window: Window,
    images: &Images,
) -> Result<Page<OrganizationMembership>, DatabaseError> {
    let order = order_of_members(sort);
    list_memberships(transaction, Conditions::default(), &order, window, images)
}

fn order_of_members(sort: Sort<MemberSort>) -> String {
    let key = match sort.key {
        MemberSort::CreatedAt => "memberships.created_at",
        MemberSort::EmailAddress => PRIMARY_EMAIL_ADDRESS,
        MemberSort::FirstName => "users.first_name",
        MemberSort::LastName => "users.last_name",
        MemberSort::PhoneNumber => PRIMARY_PHONE_NUMBER,
        MemberSort::Username => "users.username",
    };
    order_by(key, sort.descending, "memberships.id")
}

const MEMBERSHIPS: &str = "organization_memberships memberships \
     JOIN organizations ON organizations.id = memberships.organization_id \
     JOIN users ON users.id = memberships.user_id \
     LEFT JOIN organization_roles roles ON roles.key = memberships.role";

/// The keys of what a role permits, with spaces between them.
const PERMISSIONS: &str = "(SELECT string_agg(permitted.key, ' ' ORDER BY permitted.key) \
     FROM organization_role_permissions assigned \
     JOIN organization_permissions permitted ON permitted.id = assigned.permission_id \
     WHERE assigned.role_id = roles.id)";

fn membership_columns() -> String {
    format!(
        "memberships.id, memberships.role, roles.name, {PERMISSIONS}, \
         memberships.public_metadata, memberships.private_metadata, memberships.created_at, \
         memberships.updated_at, {PUBLIC_USER}, {COLUMNS}"
    )
}

fn list_memberships(
    transaction: &mut Transaction<'_>,
    conditions: Conditions,
    order: &str,
    window: Window,
    images: &Images,
) -> Result<Page<OrganizationMembership>, DatabaseError> {
    let columns = membership_columns();
    let from = (columns.as_str(), MEMBERSHIPS);
    conditions.page(transaction, from, order, window, |row| {
        read_membership(row, images)
    })
}

fn read_membership(mut row: Row, images: &Images) -> Result<OrganizationMembership, DatabaseError> {
    Ok(OrganizationMembership {
        id: row.next()?,
        role: row.next()?,
        role_name: row.next::<Option<String>>()?.unwrap_or_default(),
        permissions: row
            .next::<Option<String>>()?
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        public_user_data: read_public_user(&mut row, images)?,
        organization: Some(read(&mut row, images)?),
        ..Default::default()
    })
}

/// Stores what has changed of a membership.
pub(crate) fn update_membership(
    transaction: &mut Transaction<'_>,
    membership: &OrganizationMembership,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organization_memberships
         SET role = $1, public_metadata = $2, private_metadata = $3, updated_at = $4
         WHERE id = $5",
        &[
            (&membership.role).into(),
            (&membership.public_metadata).into(),
            (&membership.private_metadata).into(),
            membership.updated_at.into(),
            (&membership.id).into(),
        ],
    )?;
    Ok(())
}

/// Ends a membership. The organization is not active any more in the user's sessions.
pub(crate) fn delete_membership(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<(), DatabaseError> {
    for sql in [
        "DELETE FROM organization_memberships WHERE organization_id = $1 AND user_id = $2",
        "UPDATE sessions SET last_active_organization_id = NULL
         WHERE last_active_organization_id = $1 AND user_id = $2",
    ] {
        transaction.execute(sql, &[organization.into(), user.into()])?;
    }
    Ok(())
}

/// Whether somebody with that email address is a member.
pub(crate) fn has_member_with_email_address(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    email_address: &str,
) -> Result<bool, DatabaseError> {
    let row = transaction.query_one(
        "SELECT memberships.id FROM organization_memberships memberships
         JOIN identifications ON identifications.user_id = memberships.user_id
         WHERE memberships.organization_id = $1 AND identifications.kind = 'email_address'
             AND identifications.value = $2 LIMIT 1",
        &[organization.into(), email_address.into()],
    )?;
    Ok(row.is_some())
}

/// How many organizations a user has created.
pub(crate) fn count_created_by(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<u64, DatabaseError> {
    let sql = "SELECT count(*) FROM organizations WHERE created_by = $1";
    let row = transaction.query_one(sql, &[user.into()])?;
    row.map_or(Ok(0), |mut row| row.next())
}

/// Stores what has changed of an organization.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organizations SET name = $1, slug = $2, max_allowed_memberships = $3,
             admin_delete_enabled = $4, public_metadata = $5, private_metadata = $6,
             created_at = $7, updated_at = $8
         WHERE id = $9",
        &[
            (&organization.name).into(),
            (&organization.slug).into(),
            organization.max_allowed_memberships.cast_signed().into(),
            organization.admin_delete_enabled.into(),
            (&organization.public_metadata).into(),
            (&organization.private_metadata).into(),
            organization.created_at.into(),
            organization.updated_at.into(),
            (&organization.id).into(),
        ],
    )?;
    Ok(())
}

/// Deletes an organization and all that belongs to it.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
) -> Result<(), DatabaseError> {
    images::replace(transaction, Owner::Organization, id.as_str(), None, 0)?;
    transaction.execute("DELETE FROM organizations WHERE id = $1", &[id.into()])?;
    Ok(())
}
