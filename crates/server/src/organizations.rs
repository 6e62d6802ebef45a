//! Organizations and their members.

use ironclerk_api::id::{OrganizationId, UserId};
use ironclerk_api::organizations::{
    CreateOrganization, CreateOrganizationMembership, DeleteOrganization, DeleteOrganizationLogo,
    DeleteOrganizationMembership, GetOrganization, ListInstanceOrganizationMemberships,
    ListOrganizationMemberships, ListOrganizations, ListUserOrganizationMemberships,
    MergeOrganizationMetadata, Organization, OrganizationMembership, ReplaceOrganizationMetadata,
    UpdateOrganization, UpdateOrganizationMembership, UpdateOrganizationMembershipMetadata,
    UploadOrganizationLogo,
};
use ironclerk_api::users::{MemberSort, UserFilter};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page, Patch, Sort};

use crate::context::{Cx, deleted, not_found, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::images::NewImage;
use crate::metadata;
use crate::organization_roles as roles;
use crate::role_sets;
use crate::settings::OrganizationSettings;
use crate::store::images::{self as pictures, Owner};
use crate::store::users::{self, UniqueColumn};
use crate::store::{
    Images, organization_invitations as invitations, organizations as store, role_sets as sets,
};
use crate::users::{check_filter, check_values, no_user, storable};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(update)
        .on(merge_metadata)
        .on(replace_metadata)
        .on(set_logo)
        .on(delete_logo)
        .on(delete)
        .on(list_members)
        .on(list_all_members)
        .on(add_member)
        .on(update_member)
        .on(merge_member_metadata)
        .on(remove_member)
        .on(list_of_user)
}

async fn list(cx: Cx, request: ListOrganizations) -> Result<Page<Organization>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_values("organization_id", &request.organization_id)?;
    check_values("user_id", &request.user_id)?;
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            OrganizationSettings::require(transaction)?;
            Ok(store::list(transaction, &request, window, &images)?)
        })
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
        public_metadata: request.public_metadata.unwrap_or_default(),
        private_metadata: request.private_metadata.unwrap_or_default(),
        created_by: request.created_by,
        created_at,
        updated_at: cx.now,
        ..Default::default()
    };
    let most_members = storable("max_allowed_memberships", request.max_allowed_memberships)?;
    let mut membership = new_membership(&cx)?;
    let suffix = u32::from_be_bytes(cx.random()?);
    let (images, events) = (cx.images(), cx.events());
    let role_set = request.role_set_key;
    cx.database()
        .write(move |transaction| {
            let settings = OrganizationSettings::require(transaction)?;
            if let Some(creator) = &organization.created_by {
                check_creator(transaction, creator, &images)?;
            }
            if slug.is_some() {
                check_slugs(&settings)?;
            }
            organization.max_allowed_memberships =
                most_members.unwrap_or(settings.max_allowed_memberships);
            organization.admin_delete_enabled = settings.admin_delete_enabled;
            let set = role_sets::named_or_initial(transaction, role_set.as_deref())?;
            membership.role = roles::find(transaction, &set.creator_role)?.key;
            let is_given = slug.is_some();
            organization.slug =
                slug.unwrap_or_else(|| match identifier::slugify(&organization.name) {
                    slug if slug.is_empty() => "organization".to_owned(),
                    slug => slug,
                });
            if !insert_with_slug(transaction, &organization, &images)? {
                if is_given {
                    return Err(slug_taken());
                }
                organization.slug = format!("{}-{suffix}", organization.slug);
                if !insert_with_slug(transaction, &organization, &images)? {
                    return Err(DatabaseError::Unique(None).into());
                }
            }
            sets::assign(transaction, &organization.id, &set.id)?;
            if let Some(creator) = &organization.created_by {
                store::insert_membership(transaction, &membership, &organization.id, creator)?;
                organization.members_count = Some(1);
            }
            organization.image_url = images.url(organization.id.as_str(), None);
            events.queue(transaction, "organization.created", &organization)?;
            if let Some(creator) = &organization.created_by {
                let member = find_member(transaction, &organization.id, creator, &images)?;
                events.queue(transaction, "organizationMembership.created", &member)?;
            }
            Ok(organization)
        })
        .await
}

/// Refuses a creator who is not there, or has created as many organizations as they may.
fn check_creator(
    transaction: &mut Transaction<'_>,
    creator: &UserId,
    images: &Images,
) -> Result<(), ApiError> {
    // Counting organizations and adding one must not be done by two at once.
    users::lock(transaction, creator)?;
    let Some(user) = users::get(transaction, creator, images)? else {
        return Err(ErrorCode::OrganizationCreatorNotFound.for_parameter(
            "created_by",
            format!("There is no user with the id {creator}."),
        ));
    };
    if let Some(most) = user.create_organizations_limit
        && most > 0
        && store::count_created_by(transaction, creator)? >= most
    {
        return Err(
            ErrorCode::OrganizationCreationLimitExceeded.because(format!(
                "{creator} may create {most} organizations at the most."
            )),
        );
    }
    Ok(())
}

fn check_slugs(settings: &OrganizationSettings) -> Result<(), ApiError> {
    if settings.slug_disabled {
        return Err(ErrorCode::OrganizationSlugsDisabled
            .because("Slugs are turned off in the settings of this instance."));
    }
    Ok(())
}

fn slug_taken() -> ApiError {
    ErrorCode::FormIdentifierExists
        .for_parameter("slug", "Another organization has this slug. Try another.")
}

/// Stores an organization, unless its slug is the slug or the id of another.
fn insert_with_slug(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    images: &crate::store::Images,
) -> Result<bool, DatabaseError> {
    let is_taken = store::get(transaction, &organization.slug, images)?.is_some();
    Ok(!is_taken && store::insert(transaction, organization)?)
}

async fn get(cx: Cx, request: GetOrganization) -> Result<Organization, ApiError> {
    let images = cx.images();
    cx.database()
        .read(move |transaction| {
            let mut organization = find(transaction, &request.organization_id, &images)?;
            let id = &organization.id;
            if request.include_members_count == Some(true) {
                organization.members_count = Some(store::count_members(transaction, id)?);
            }
            if request.include_missing_member_with_elevated_permissions == Some(true) {
                let is_managed = store::has_manager(transaction, &organization.id)?;
                organization.missing_member_with_elevated_permissions = Some(!is_managed);
            }
            Ok(organization)
        })
        .await
}

/// Changes an organization that nobody else changes at the same time.
async fn change(
    cx: Cx,
    id: OrganizationId,
    change: impl FnOnce(&mut Transaction<'_>, &mut Organization) -> Result<(), ApiError>
    + Send
    + 'static,
) -> Result<Organization, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let id = find(transaction, &id, &images)?.id;
            store::lock(transaction, &id)?;
            let mut organization = find(transaction, &id, &images)?;
            change(transaction, &mut organization)?;
            organization.updated_at = now;
            store::update(transaction, &organization)?;
            let organization = find(transaction, &id, &images)?;
            Ok(events.about(transaction, "organization.updated", organization)?)
        })
        .await
}

async fn update(cx: Cx, request: UpdateOrganization) -> Result<Organization, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    let slug = request.slug.as_deref().map(identifier::slug).transpose()?;
    let most_members = storable("max_allowed_memberships", request.max_allowed_memberships)?;
    let created_at = request
        .created_at
        .map(|time| identifier::time("created_at", &time))
        .transpose()?;
    let images = cx.images();
    change(
        cx,
        request.organization_id,
        move |transaction, organization| {
            if let Some(slug) = slug
                && slug != organization.slug
            {
                check_slugs(&OrganizationSettings::require(transaction)?)?;
                if store::get(transaction, &slug, &images)?.is_some() {
                    return Err(slug_taken());
                }
                organization.slug = slug;
            }
            if let Some(name) = name {
                organization.name = name;
            }
            if let Some(most) = most_members {
                organization.max_allowed_memberships = most;
            }
            if let Some(enabled) = request.admin_delete_enabled {
                organization.admin_delete_enabled = enabled;
            }
            if let Some(time) = created_at {
                organization.created_at = time;
            }
            if let Some(key) = &request.role_set_key {
                role_sets::change(transaction, &organization.id, key)?;
            }
            metadata::replace(&mut organization.public_metadata, request.public_metadata);
            metadata::replace(&mut organization.private_metadata, request.private_metadata);
            Ok(())
        },
    )
    .await
}

async fn merge_metadata(
    cx: Cx,
    request: MergeOrganizationMetadata,
) -> Result<Organization, ApiError> {
    change(cx, request.organization_id, move |_, organization| {
        let Organization {
            public_metadata,
            private_metadata,
            ..
        } = organization;
        metadata::merge("public_metadata", public_metadata, request.public_metadata)?;
        metadata::merge(
            "private_metadata",
            private_metadata,
            request.private_metadata,
        )
    })
    .await
}

async fn replace_metadata(
    cx: Cx,
    request: ReplaceOrganizationMetadata,
) -> Result<Organization, ApiError> {
    let patch = |new: Option<_>| new.map_or(Patch::Absent, Patch::Set);
    change(cx, request.organization_id, move |_, organization| {
        metadata::replace(
            &mut organization.public_metadata,
            patch(request.public_metadata),
        );
        metadata::replace(
            &mut organization.private_metadata,
            patch(request.private_metadata),
        );
        Ok(())
    })
    .await
}

async fn set_logo(cx: Cx, request: UploadOrganizationLogo) -> Result<Organization, ApiError> {
    let image = NewImage::check(&cx, request.file)?;
    let now = cx.now;
    change(
        cx,
        request.organization_id,
        move |transaction, organization| {
            if let Some(user) = &request.uploader_user_id
                && !users::exists(transaction, UniqueColumn::Id, user.as_str())?
            {
                return Err(no_user(user));
            }
            let id = organization.id.as_str();
            pictures::replace(transaction, Owner::Organization, id, Some(image), now)?;
            Ok(())
        },
    )
    .await
}

async fn delete_logo(cx: Cx, request: DeleteOrganizationLogo) -> Result<Organization, ApiError> {
    let now = cx.now;
    change(
        cx,
        request.organization_id,
        move |transaction, organization| {
            let id = organization.id.as_str();
            pictures::replace(transaction, Owner::Organization, id, None, now)?;
            Ok(())
        },
    )
    .await
}

async fn delete(cx: Cx, request: DeleteOrganization) -> Result<DeletedObject, ApiError> {
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?;
            store::delete(transaction, &organization.id)?;
            let left = DeletedObject {
                slug: Some(organization.slug),
                ..deleted("organization", organization.id)
            };
            Ok(events.about(transaction, "organization.deleted", left)?)
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

async fn list_all_members(
    cx: Cx,
    request: ListInstanceOrganizationMemberships,
) -> Result<Page<OrganizationMembership>, ApiError> {
    let window = window(request.limit, request.offset)?;
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(MemberSort::CreatedAt));
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            OrganizationSettings::require(transaction)?;
            Ok(store::list_all_members(transaction, sort, window, &images)?)
        })
        .await
}

pub(crate) async fn add_member(
    cx: Cx,
    request: CreateOrganizationMembership,
) -> Result<OrganizationMembership, ApiError> {
    let membership = OrganizationMembership {
        role: request.role,
        public_metadata: request.public_metadata.unwrap_or_default(),
        private_metadata: request.private_metadata.unwrap_or_default(),
        ..new_membership(&cx)?
    };
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?;
            role_sets::find_role(transaction, &organization.id, "role", &membership.role)?;
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
            check_room(transaction, &organization, 1, now)?;
            store::insert_membership(transaction, &membership, &organization.id, &user)?;
            let member = find_member(transaction, &organization.id, &user, &images)?;
            Ok(events.about(transaction, "organizationMembership.created", member)?)
        })
        .await
}

/// Refuses more members than an organization may have. Whoever is invited counts as well.
pub(crate) fn check_room(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    more: u64,
    now: i64,
) -> Result<(), ApiError> {
    let most = organization.max_allowed_memberships;
    let id = &organization.id;
    if most > 0 {
        let members = store::count_members(transaction, id)?;
        let invited = invitations::count_pending(transaction, id, now)?;
        if members + invited + more > most {
            return Err(ErrorCode::OrganizationMembershipQuotaExceeded.because(format!(
                "The organization may have {most} members at the most, those who are invited included."
            )));
        }
    }
    Ok(())
}

/// Changes a member of an organization of which nobody else changes the members at the same time.
async fn change_member(
    cx: Cx,
    (organization, user): (OrganizationId, UserId),
    change: impl FnOnce(&mut Transaction<'_>, &mut OrganizationMembership) -> Result<(), ApiError>
    + Send
    + 'static,
) -> Result<OrganizationMembership, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &organization, &images)?.id;
            store::lock(transaction, &organization)?;
            let mut membership = find_member(transaction, &organization, &user, &images)?;
            change(transaction, &mut membership)?;
            membership.updated_at = now;
            store::update_membership(transaction, &membership)?;
            check_managed(transaction, &organization, &membership)?;
            let member = find_member(transaction, &organization, &user, &images)?;
            Ok(events.about(transaction, "organizationMembership.updated", member)?)
        })
        .await
}

async fn update_member(
    cx: Cx,
    request: UpdateOrganizationMembership,
) -> Result<OrganizationMembership, ApiError> {
    let key = (request.organization_id, request.user_id);
    change_member(cx, key, move |transaction, membership| {
        if let Some(organization) = &membership.organization {
            role_sets::find_role(transaction, &organization.id, "role", &request.role)?;
        }
        membership.role = request.role;
        Ok(())
    })
    .await
}

async fn merge_member_metadata(
    cx: Cx,
    request: UpdateOrganizationMembershipMetadata,
) -> Result<OrganizationMembership, ApiError> {
    let key = (request.organization_id, request.user_id);
    change_member(cx, key, move |_, membership| {
        let OrganizationMembership {
            public_metadata,
            private_metadata,
            ..
        } = membership;
        metadata::merge("public_metadata", public_metadata, request.public_metadata)?;
        metadata::merge(
            "private_metadata",
            private_metadata,
            request.private_metadata,
        )
    })
    .await
}

async fn remove_member(
    cx: Cx,
    request: DeleteOrganizationMembership,
) -> Result<OrganizationMembership, ApiError> {
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?.id;
            store::lock(transaction, &organization)?;
            let user = request.user_id;
            let membership = find_member(transaction, &organization, &user, &images)?;
            store::delete_membership(transaction, &organization, &user)?;
            check_managed(transaction, &organization, &membership)?;
            Ok(events.about(transaction, "organizationMembership.deleted", membership)?)
        })
        .await
}

/// Refuses a change of a member, as they were before it, after which nobody could manage the
/// organization.
fn check_managed(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    before: &OrganizationMembership,
) -> Result<(), ApiError> {
    let was_manager = roles::is_creator_eligible(before.permissions.iter().map(String::as_str));
    if was_manager && !store::has_manager(transaction, organization)? {
        return Err(ErrorCode::OrganizationMinimumPermissionsNeeded
            .because("No member would be left who may manage the organization."));
    }
    Ok(())
}

fn find_member(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    user: &UserId,
    images: &Images,
) -> Result<OrganizationMembership, ApiError> {
    store::get_membership(transaction, organization, user, images)?.ok_or_else(|| {
        ErrorCode::ResourceNotFound.because(format!(
            "{user} is not a member of the organization {organization}."
        ))
    })
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

/// The organization with that id or slug.
pub(crate) fn find(
    transaction: &mut Transaction<'_>,
    id: &OrganizationId,
    images: &Images,
) -> Result<Organization, ApiError> {
    OrganizationSettings::require(transaction)?;
    store::get(transaction, id.as_str(), images)?.ok_or_else(|| not_found("organization", id))
}

/// A membership that begins now.
fn new_membership(cx: &Cx) -> Result<OrganizationMembership, ApiError> {
    Ok(OrganizationMembership {
        id: cx.new_id()?,
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    })
}
