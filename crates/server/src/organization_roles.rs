//! The roles that members of organizations can have, and what these permit.

use ironclerk_api::id::{PermissionId, RoleId};
use ironclerk_api::organization_roles::{
    AssignPermissionToOrganizationRole, CreateOrganizationPermission, CreateOrganizationRole,
    DeleteOrganizationPermission, DeleteOrganizationRole, GetOrganizationPermission,
    GetOrganizationRole, ListOrganizationPermissions, ListOrganizationRoles, Permission,
    RemovePermissionFromOrganizationRole, Role, UpdateOrganizationPermission,
    UpdateOrganizationRole,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, deleted, not_found, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier::{self, check_length};
use crate::random::Random;
use crate::role_sets;
use crate::store::instance;
use crate::store::organization_roles as store;
use crate::store::role_sets as sets;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(update)
        .on(delete)
        .on(assign)
        .on(remove)
        .on(list_permissions)
        .on(create_permission)
        .on(get_permission)
        .on(update_permission)
        .on(delete_permission)
}

/// The permission to manage members and their invitations.
pub(crate) const MANAGE_MEMBERS: &str = "org:sys_memberships:manage";
/// What whoever creates an organization must be able to do.
pub(crate) const CREATOR_NEEDS: [&str; 3] = [
    "org:sys_memberships:read",
    MANAGE_MEMBERS,
    "org:sys_profile:delete",
];
/// What the keys of the system's own permissions begin with.
pub(crate) const SYSTEM: &str = "org:sys_";
/// How many roles an instance has at the most.
pub(crate) const MOST_ROLES: u64 = 10;
/// How many permissions an instance has at the most, those of the system not counted.
pub(crate) const MOST_PERMISSIONS: u64 = 50;

/// The permissions that every instance has: key, name and what is permitted.
const SYSTEM_PERMISSIONS: [(&str, &str, &str); 8] = [
    (
        "org:sys_profile:manage",
        "Manage organization",
        "Change name, slug and logo.",
    ),
    (
        "org:sys_profile:delete",
        "Delete organization",
        "Delete the organization.",
    ),
    (
        "org:sys_memberships:read",
        "Read members",
        "See the members and their roles.",
    ),
    (
        MANAGE_MEMBERS,
        "Manage members",
        "Invite and remove members, change their roles.",
    ),
    ("org:sys_domains:read", "Read domains", "See the domains."),
    (
        "org:sys_domains:manage",
        "Manage domains",
        "Add, verify and remove domains.",
    ),
    (
        "org:sys_billing:read",
        "Read billing",
        "See what is paid for.",
    ),
    (
        "org:sys_billing:manage",
        "Manage billing",
        "Change what is paid for.",
    ),
];

/// Makes the system's permissions and the roles `org:admin` and `org:member`, unless there are
/// roles.
pub(crate) fn make_defaults(
    transaction: &mut Transaction<'_>,
    random: &Random,
    now: i64,
) -> Result<(), DatabaseError> {
    if !store::is_empty(transaction)? {
        return Ok(());
    }
    let is_for_members =
        |key: &str| key == "org:sys_memberships:read" || key == "org:sys_billing:read";
    for (key, name, description) in SYSTEM_PERMISSIONS {
        let permission = Permission {
            id: crate::id::new(now, random.bytes()?),
            key: key.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            r#type: "system".to_owned(),
            created_at: now,
            updated_at: now,
            ..Default::default()
        };
        store::insert_permission(transaction, &permission)?;
    }
    for (key, name) in [("org:admin", "Admin"), ("org:member", "Member")] {
        let role = Role {
            id: crate::id::new(now, random.bytes()?),
            key: key.to_owned(),
            name: name.to_owned(),
            created_at: now,
            updated_at: now,
            ..Default::default()
        };
        // Another server on the database may have done the same: what is there counts.
        store::insert(transaction, &role)?;
        let Some(role) = store::get_by_key(transaction, key)? else {
            continue;
        };
        for (permission, ..) in SYSTEM_PERMISSIONS {
            if key == "org:member" && !is_for_members(permission) {
                continue;
            }
            if let Some(permission) = store::get_permission_by_key(transaction, permission)? {
                store::assign(transaction, &role.id, &permission.id)?;
            }
        }
    }
    Ok(())
}

/// Whether whoever creates an organization can have a role with these permissions.
pub(crate) fn is_creator_eligible<'a>(permissions: impl Iterator<Item = &'a str> + Clone) -> bool {
    CREATOR_NEEDS
        .iter()
        .all(|needed| permissions.clone().any(|permission| permission == *needed))
}

/// The role with that key.
pub(crate) fn find_by_key(
    transaction: &mut Transaction<'_>,
    parameter: &str,
    key: &str,
) -> Result<Role, ApiError> {
    store::get_by_key(transaction, key)?
        .map(complete)
        .ok_or_else(|| {
            ErrorCode::ResourceNotFound
                .for_parameter(parameter, format!("There is no role with the key {key}."))
        })
}

/// The role with that id.
pub(crate) fn find(transaction: &mut Transaction<'_>, id: &RoleId) -> Result<Role, ApiError> {
    store::get(transaction, id)?
        .map(complete)
        .ok_or_else(|| not_found("role", id))
}

fn complete(mut role: Role) -> Role {
    role.is_creator_eligible = is_creator_eligible(
        role.permissions
            .iter()
            .map(|permission| permission.key.as_str()),
    );
    role
}

async fn list(cx: Cx, request: ListOrganizationRoles) -> Result<Page<Role>, ApiError> {
    let filter = request.filter;
    let window = window(filter.limit, filter.offset)?;
    cx.database()
        .scan(move |transaction| {
            let page = store::list(transaction, &filter, window)?;
            Ok(Page {
                data: page.data.into_iter().map(complete).collect(),
                total_count: page.total_count,
            })
        })
        .await
}

async fn create(cx: Cx, request: CreateOrganizationRole) -> Result<Role, ApiError> {
    let role = Role {
        id: cx.new_id()?,
        name: identifier::name("name", &request.name)?,
        key: role_key(&request.key)?,
        description: identifier::optional_name("description", request.description)?,
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    let permissions = request.permissions.unwrap_or_default();
    let is_in_initial_set = request.include_in_initial_role_set != Some(false);
    cx.database()
        .write(move |transaction| {
            // Counting roles and adding one must not be done by two at once.
            instance::lock(transaction)?;
            let nothing = Default::default();
            let all = store::list(transaction, &nothing, crate::store::Window::NONE)?;
            if all.total_count >= MOST_ROLES {
                return Err(
                    ErrorCode::OrganizationInstanceRolesQuotaExceeded.because(format!(
                        "An instance may have {MOST_ROLES} roles at the most."
                    )),
                );
            }
            if !store::insert(transaction, &role)? {
                return Err(key_taken("role"));
            }
            if is_in_initial_set {
                let set = role_sets::initial(transaction)?;
                sets::add_role(transaction, &set.id, &role.id)?;
            }
            assign_all(transaction, &role.id, &permissions)?;
            find(transaction, &role.id)
        })
        .await
}

async fn get(cx: Cx, request: GetOrganizationRole) -> Result<Role, ApiError> {
    cx.database()
        .read(move |transaction| find(transaction, &request.organization_role_id))
        .await
}

async fn update(cx: Cx, request: UpdateOrganizationRole) -> Result<Role, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    let key = request.key.map(|key| role_key(&key)).transpose()?;
    if let ironclerk_api::Patch::Set(description) = &request.description {
        check_length("description", description, LONGEST_DESCRIPTION)?;
    }
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let id = request.organization_role_id;
            instance::lock(transaction)?;
            let mut role = find(transaction, &id)?;
            if let Some(permissions) = request.permissions {
                store::remove_all(transaction, &id)?;
                assign_all(transaction, &id, &permissions)?;
                let changed = find(transaction, &id)?;
                if !changed.is_creator_eligible && sets::is_creator_role(transaction, &id)? {
                    return Err(creator_needs());
                }
            }
            if let Some(key) = key
                && key != role.key
            {
                if store::get_by_key(transaction, &key)?.is_some() {
                    return Err(key_taken("role"));
                }
                store::rename(transaction, &role.key, &key)?;
                role.key = key;
            }
            role.name = name.unwrap_or(role.name);
            request.description.apply(&mut role.description);
            role.updated_at = now;
            store::update(transaction, &role)?;
            find(transaction, &id)
        })
        .await
}

async fn delete(cx: Cx, request: DeleteOrganizationRole) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let id = request.organization_role_id;
            instance::lock(transaction)?;
            let role = find(transaction, &id)?;
            let refusal = if sets::is_creator_role(transaction, &id)? {
                Some((
                    ErrorCode::OrganizationRoleDefaultCreatorRole,
                    "It is the role of whoever creates an organization.",
                ))
            } else if sets::is_default_role(transaction, &id)? {
                Some((
                    ErrorCode::OrganizationRoleDomainDefaultRole,
                    "It is the role of whoever joins because of a domain.",
                ))
            } else if store::has_members(transaction, &role.key)? {
                Some((
                    ErrorCode::OrganizationRoleAssignedMembers,
                    "Members have it.",
                ))
            } else if store::has_invitations(transaction, &role.key)? {
                Some((
                    ErrorCode::OrganizationRoleExistsInInvitations,
                    "Invitations are for it.",
                ))
            } else {
                None
            };
            if let Some((code, reason)) = refusal {
                return Err(code.because(format!("The role cannot be deleted. {reason}")));
            }
            store::delete(transaction, &id)?;
            Ok(deleted("role", id))
        })
        .await
}

async fn assign(cx: Cx, request: AssignPermissionToOrganizationRole) -> Result<Role, ApiError> {
    cx.database()
        .write(move |transaction| {
            let role = find(transaction, &request.organization_role_id)?;
            let permission = find_permission(transaction, &request.permission_id)?;
            if !store::assign(transaction, &role.id, &permission.id)? {
                return Err(ErrorCode::OrganizationRolePermissionAssociationExists
                    .because("The role has this permission already."));
            }
            find(transaction, &role.id)
        })
        .await
}

async fn remove(cx: Cx, request: RemovePermissionFromOrganizationRole) -> Result<Role, ApiError> {
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let role = find(transaction, &request.organization_role_id)?;
            let permission = find_permission(transaction, &request.permission_id)?;
            if !store::remove(transaction, &role.id, &permission.id)? {
                return Err(ErrorCode::OrganizationRolePermissionAssociationNotFound
                    .because("The role does not have this permission."));
            }
            let changed = find(transaction, &role.id)?;
            if !changed.is_creator_eligible && sets::is_creator_role(transaction, &changed.id)? {
                return Err(creator_needs());
            }
            Ok(changed)
        })
        .await
}

async fn list_permissions(
    cx: Cx,
    request: ListOrganizationPermissions,
) -> Result<Page<Permission>, ApiError> {
    let filter = request.filter;
    let window = window(filter.limit, filter.offset)?;
    cx.database()
        .scan(move |transaction| Ok(store::list_permissions(transaction, &filter, window)?))
        .await
}

async fn create_permission(
    cx: Cx,
    request: CreateOrganizationPermission,
) -> Result<Permission, ApiError> {
    let permission = Permission {
        id: cx.new_id()?,
        name: identifier::name("name", &request.name)?,
        key: permission_key(&request.key)?,
        description: description(request.description)?.unwrap_or_default(),
        r#type: "user".to_owned(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let nothing = Default::default();
            let all = store::list_permissions(transaction, &nothing, crate::store::Window::NONE)?;
            if all.total_count >= MOST_PERMISSIONS + SYSTEM_PERMISSIONS.len() as u64 {
                return Err(ErrorCode::FormParameterValueInvalid.because(format!(
                    "An instance may have {MOST_PERMISSIONS} permissions of its own at the most."
                )));
            }
            if !store::insert_permission(transaction, &permission)? {
                return Err(key_taken("permission"));
            }
            Ok(permission)
        })
        .await
}

async fn get_permission(
    cx: Cx,
    request: GetOrganizationPermission,
) -> Result<Permission, ApiError> {
    cx.database()
        .read(move |transaction| find_permission(transaction, &request.permission_id))
        .await
}

async fn update_permission(
    cx: Cx,
    request: UpdateOrganizationPermission,
) -> Result<Permission, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    let key = request.key.map(|key| permission_key(&key)).transpose()?;
    let description = description(request.description)?;
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let mut permission = find_own_permission(transaction, &request.permission_id)?;
            if let Some(key) = key
                && key != permission.key
            {
                if store::get_permission_by_key(transaction, &key)?.is_some() {
                    return Err(key_taken("permission"));
                }
                permission.key = key;
            }
            permission.name = name.unwrap_or(permission.name);
            permission.description = description.unwrap_or(permission.description);
            permission.updated_at = now;
            store::update_permission(transaction, &permission)?;
            Ok(permission)
        })
        .await
}

async fn delete_permission(
    cx: Cx,
    request: DeleteOrganizationPermission,
) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let permission = find_own_permission(transaction, &request.permission_id)?;
            store::delete_permission(transaction, &permission.id)?;
            Ok(deleted("permission", permission.id))
        })
        .await
}

fn assign_all(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
    permissions: &[PermissionId],
) -> Result<(), ApiError> {
    for id in permissions {
        let permission = store::get_permission(transaction, id)?.ok_or_else(|| {
            ErrorCode::ResourceNotFound.for_parameter(
                "permissions",
                format!("There is no permission with the id {id}."),
            )
        })?;
        store::assign(transaction, role, &permission.id)?;
    }
    Ok(())
}

fn find_permission(
    transaction: &mut Transaction<'_>,
    id: &PermissionId,
) -> Result<Permission, ApiError> {
    store::get_permission(transaction, id)?.ok_or_else(|| not_found("permission", id))
}

/// A permission that is not one of the system's.
fn find_own_permission(
    transaction: &mut Transaction<'_>,
    id: &PermissionId,
) -> Result<Permission, ApiError> {
    let permission = find_permission(transaction, id)?;
    if permission.r#type == "system" {
        return Err(ErrorCode::OrganizationSystemPermissionNotModifiable
            .because("The permissions of the system cannot be changed or deleted."));
    }
    Ok(permission)
}

pub(crate) fn creator_needs() -> ApiError {
    ErrorCode::OrganizationMissingCreatorRolePermissions.because(format!(
        "The role of whoever creates an organization needs the permissions {}.",
        CREATOR_NEEDS.join(", ")
    ))
}

fn key_taken(what: &str) -> ApiError {
    ErrorCode::FormIdentifierExists
        .for_parameter("key", format!("Another {what} has this key. Try another."))
}

/// The longest description of a role or a permission, in characters.
pub(crate) const LONGEST_DESCRIPTION: usize = 256;

fn description(text: Option<String>) -> Result<Option<String>, ApiError> {
    if let Some(text) = &text {
        check_length("description", text, LONGEST_DESCRIPTION)?;
    }
    Ok(text)
}

pub(crate) fn is_word(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(is_allowed)
}

fn role_key(text: &str) -> Result<String, ApiError> {
    check_length("key", text, 60)?;
    match text.strip_prefix("org:") {
        Some(name) if is_word(name) => Ok(text.to_owned()),
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            "key",
            "key must be org: and lower-case letters, digits and underscores.",
        )),
    }
}

fn permission_key(text: &str) -> Result<String, ApiError> {
    check_length("key", text, 100)?;
    let parts: Vec<_> = text.split(':').collect();
    match parts.as_slice() {
        ["org", feature, action]
            if is_word(feature) && is_word(action) && !text.starts_with(SYSTEM) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            "key",
            "key must be org:<feature>:<action>, both of lower-case letters, digits and underscores, and not begin with org:sys_.",
        )),
    }
}
