//! Organizations and their members.

use ironclerk_api::id::{OrganizationId, UserId};
use ironclerk_api::organizations::{
    CreateOrganization, CreateOrganizationMembership, GetOrganization, ListOrganizationMemberships,
    ListOrganizations, ListUserOrganizationMemberships, Organization, OrganizationMembership,
};
use ironclerk_api::users::{MemberSort, UserFilter};
use ironclerk_api::{ApiError, ErrorCode, Page, Sort};

use crate::context::{Cx, not_found, random, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::store::organizations as store;
use crate::store::users::{self, UniqueColumn};
use crate::users::{check_filter, check_values, no_user, storable};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(list_members)
        .on(add_member)
        .on(list_of_user)
}

/// How many members an organization may have when nothing is said: Clerk's own default.
const MEMBERS: u64 = 5;

/// A role that members of an organization can have.
pub(crate) struct Role {
    /// The key, such as `org:admin`.
    pub key: &'static str,
    /// The name that people see.
    pub name: &'static str,
    /// What the role permits.
    pub permissions: &'static [&'static str],
}

impl Role {
    /// The role of whoever creates an organization.
    const CREATOR: &'static str = "org:admin";

    /// The roles of an instance on which none were added.
    const ALL: &'static [Self] = &[
        Self {
            key: Self::CREATOR,
            name: "Admin",
            permissions: &[
                "org:sys_profile:manage",
                "org:sys_profile:delete",
                "org:sys_memberships:read",
                "org:sys_memberships:manage",
                "org:sys_domains:read",
                "org:sys_domains:manage",
                "org:sys_billing:read",
                "org:sys_billing:manage",
            ],
        },
        Self {
            key: "org:member",
            name: "Member",
            permissions: &["org:sys_memberships:read", "org:sys_billing:read"],
        },
    ];

    /// The role with that key.
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|role| role.key == key)
    }
}

async fn list(cx: Cx, request: ListOrganizations) -> Result<Page<Organization>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_values("organization_id", &request.organization_id)?;
    check_values("user_id", &request.user_id)?;
    let images = cx.images();
    cx.database()
        .scan(move |transaction| Ok(store::list(transaction, &request, window, &images)?))
        .await
}

pub(crate) async fn create(cx: Cx, request: CreateOrganization) -> Result<Organization, ApiError> {
    let name = identifier::name("name", &request.name)?;
    let slug = request.slug.as_deref().map(identifier::slug).transpose()?;
    let created_at = match &request.created_at {
        Some(time) => identifier::time("created_at", time)?,
        None => cx.now,
    };
    let mut organization = Organization {
        id: cx.new_id()?,
        name,
        max_allowed_memberships: storable(
            "max_allowed_memberships",
            request.max_allowed_memberships,
        )?
        .unwrap_or(MEMBERS),
        admin_delete_enabled: true,
        public_metadata: request.public_metadata.unwrap_or_default(),
        private_metadata: request.private_metadata.unwrap_or_default(),
        created_by: request.created_by,
        created_at,
        updated_at: cx.now,
        ..Default::default()
    };
    let membership = new_membership(&cx, Role::CREATOR)?;
    let suffix = u32::from_be_bytes(random()?);
    let images = cx.images();
    cx.database()
        .write(move |transaction| {
            if let Some(creator) = &organization.created_by
                && !users::exists(transaction, UniqueColumn::Id, creator.as_str())?
            {
                return Err(ErrorCode::OrganizationCreatorNotFound.for_parameter(
                    "created_by",
                    format!("There is no user with the id {creator}."),
                ));
            }
            let is_given = slug.is_some();
            organization.slug =
                slug.unwrap_or_else(|| match identifier::slugify(&organization.name) {
                    slug if slug.is_empty() => "organization".to_owned(),
                    slug => slug,
                });
            if !insert_with_slug(transaction, &organization)? {
                if is_given {
                    return Err(ErrorCode::FormIdentifierExists.for_parameter(
                        "slug",
                        "Another organization has this slug. Try another.",
                    ));
                }
                organization.slug = format!("{}-{suffix}", organization.slug);
                if !insert_with_slug(transaction, &organization)? {
                    return Err(DatabaseError::Unique.into());
                }
            }
            if let Some(creator) = &organization.created_by {
                store::insert_membership(transaction, &membership, &organization.id, creator)?;
                organization.members_count = Some(1);
            }
            organization.image_url = images.url(organization.id.as_str(), None);
            Ok(organization)
        })
        .await
}

/// Stores an organization, unless its slug is the slug or the id of another.
fn insert_with_slug(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
) -> Result<bool, DatabaseError> {
    let images = crate::store::Images("".into());
    let is_taken = store::get(transaction, &organization.slug, &images)?.is_some();
    Ok(!is_taken && store::insert(transaction, organization)?)
}

async fn get(cx: Cx, request: GetOrganization) -> Result<Organization, ApiError> {
    let images = cx.images();
    cx.database()
        .read(move |transaction| {
            let mut organization = find(transaction, &request.organization_id, &images)?;
            if request.include_members_count == Some(true) {
                organization.members_count =
                    Some(store::count_members(transaction, &organization.id)?);
            }
            Ok(organization)
        })
        .await
}

async fn list_members(
    cx: Cx,
    request: ListOrganizationMemberships,
) -> Result<Page<OrganizationMembership>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let filter = UserFilter::from(request.filter);
    check_filter(&filter)?;
    check_values("role", &request.role)?;
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(MemberSort::CreatedAt));
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            let id = find(transaction, &request.organization_id, &images)?.id;
            let roles = &request.role;
            Ok(store::list_members(
                transaction,
                &id,
                roles,
                &filter,
                sort,
                window,
                &images,
            )?)
        })
        .await
}

pub(crate) async fn add_member(
    cx: Cx,
    request: CreateOrganizationMembership,
) -> Result<OrganizationMembership, ApiError> {
    if Role::find(&request.role).is_none() {
        return Err(ErrorCode::ResourceNotFound.for_parameter(
            "role",
            format!("There is no role with the key {}.", request.role),
        ));
    }
    let mut membership = new_membership(&cx, &request.role)?;
    membership.public_metadata = request.public_metadata.unwrap_or_default();
    membership.private_metadata = request.private_metadata.unwrap_or_default();
    let images = cx.images();
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?;
            // Counting members and adding one must not be done by two at once.
            store::lock(transaction, &organization.id)?;
            let user = request.user_id;
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(&user));
            }
            if store::get_membership(transaction, &organization.id, &user, &images)?.is_some() {
                return Err(ErrorCode::AlreadyMember
                    .because("The user is a member of this organization already."));
            }
            let most = organization.max_allowed_memberships;
            if most > 0 && store::count_members(transaction, &organization.id)? >= most {
                return Err(
                    ErrorCode::OrganizationMembershipQuotaExceeded.because(format!(
                        "The organization may have {most} members at the most."
                    )),
                );
            }
            store::insert_membership(transaction, &membership, &organization.id, &user)?;
            store::get_membership(transaction, &organization.id, &user, &images)?
                .ok_or_else(|| no_user(&user))
        })
        .await
}

pub(crate) async fn list_of_user(
    cx: Cx,
    request: ListUserOrganizationMemberships,
) -> Result<Page<OrganizationMembership>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            let user: UserId = request.user_id;
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(&user));
            }
            Ok(store::list_of_user(transaction, &user, window, &images)?)
        })
        .await
}

fn find(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
    images: &crate::store::Images,
) -> Result<Organization, ApiError> {
    store::get(transaction, id.as_str(), images)?.ok_or_else(|| not_found("organization", id))
}

fn new_membership(cx: &Cx, role: &str) -> Result<OrganizationMembership, ApiError> {
    Ok(OrganizationMembership {
        id: cx.new_id()?,
        role: role.to_owned(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    })
}
