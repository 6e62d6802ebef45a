//! The roles that members of organizations can have, and what these permit.

use crate::id::{PermissionId, RoleId};
use crate::value::{DeletedObject, Page, Patch, Sort};

resource! {
    /// A role of members of organizations.
    struct Role "role" {
        /// The id of the role.
        id: RoleId,
        /// The name that people see.
        name: String,
        /// The key, such as `org:admin`; unique in the instance.
        key: String,
        /// What the role is for.
        description: Option<String>,
        /// Whether it permits all that whoever creates an organization needs.
        is_creator_eligible: bool,
        /// What it permits.
        permissions: Vec<Permission>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// Something that a role can permit.
    struct Permission "permission" {
        /// The id of the permission.
        id: PermissionId,
        /// The name that people see.
        name: String,
        /// The key, such as `org:billing:manage`; unique in the instance.
        key: String,
        /// What is permitted.
        description: String,
        /// `system` for those that Clerk defines, `user` for those of the application.
        r#type: String,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What roles and permissions can be sorted by.
    enum RoleSort {
        /// When it was created.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
        /// Its key.
        Key = "key",
    }
}

parameters! {
    /// Which roles or permissions to list.
    struct RoleFilter {
        /// Only the one with this id, and those whose name or key contains this.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<RoleSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }
}
crate::endpoint::group!(RoleFilter);

endpoints! {
    /// Lists the roles, newest first.
    GET "/v1/organization_roles" => Page<Role>,
    as OrganizationRoles::list(request),
    struct ListOrganizationRoles {
        /// Which of them.
        filter: RoleFilter,
    }

    /// Creates a role.
    POST "/v1/organization_roles" => Role,
    as OrganizationRoles::create(request),
    struct CreateOrganizationRole {
        /// The name that people see.
        name: String,
        /// The key: `org:` and lower-case letters, digits and underscores.
        key: String,
        /// What the role is for.
        description: Option<String>,
        /// What it permits.
        permissions: Option<Vec<PermissionId>>,
        /// Whether organizations with the initial role set have it.
        include_in_initial_role_set: Option<bool>,
    }

    /// Fetches a role.
    GET "/v1/organization_roles/{organization_role_id}" => Role,
    as OrganizationRoles::get(organization_role_id: RoleId),
    struct GetOrganizationRole {
        /// The role.
        organization_role_id: RoleId,
    }

    /// Changes a role. With its key, those of its members and invitations change.
    PATCH "/v1/organization_roles/{organization_role_id}" => Role,
    as OrganizationRoles::update(request),
    struct UpdateOrganizationRole {
        /// The role.
        organization_role_id: RoleId,
        /// The name that people see.
        name: Option<String>,
        /// The key: `org:` and lower-case letters, digits and underscores.
        key: Option<String>,
        /// What the role is for.
        description: Patch<String>,
        /// What it permits, in place of what it has permitted.
        permissions: Option<Vec<PermissionId>>,
    }

    /// Deletes a role that nobody has or is invited to.
    DELETE "/v1/organization_roles/{organization_role_id}" => DeletedObject,
    as OrganizationRoles::delete(organization_role_id: RoleId),
    struct DeleteOrganizationRole {
        /// The role.
        organization_role_id: RoleId,
    }

    /// Adds a permission to a role.
    POST "/v1/organization_roles/{organization_role_id}/permissions/{permission_id}" => Role,
    as OrganizationRoles::assign_permission(organization_role_id: RoleId, permission_id: PermissionId),
    struct AssignPermissionToOrganizationRole {
        /// The role.
        organization_role_id: RoleId,
        /// The permission.
        permission_id: PermissionId,
    }

    /// Takes a permission from a role.
    DELETE "/v1/organization_roles/{organization_role_id}/permissions/{permission_id}" => Role,
    as OrganizationRoles::remove_permission(organization_role_id: RoleId, permission_id: PermissionId),
    struct RemovePermissionFromOrganizationRole {
        /// The role.
        organization_role_id: RoleId,
        /// The permission.
        permission_id: PermissionId,
    }

    /// Lists the permissions, newest first.
    GET "/v1/organization_permissions" => Page<Permission>,
    as OrganizationRoles::list_permissions(request),
    struct ListOrganizationPermissions {
        /// Which of them.
        filter: RoleFilter,
    }

    /// Creates a permission.
    POST "/v1/organization_permissions" => Permission,
    as OrganizationRoles::create_permission(request),
    struct CreateOrganizationPermission {
        /// The name that people see.
        name: String,
        /// The key, `org:<feature>:<action>`, both of lower-case letters, digits and underscores.
        key: String,
        /// What is permitted.
        description: Option<String>,
    }

    /// Fetches a permission.
    GET "/v1/organization_permissions/{permission_id}" => Permission,
    as OrganizationRoles::get_permission(permission_id: PermissionId),
    struct GetOrganizationPermission {
        /// The permission.
        permission_id: PermissionId,
    }

    /// Changes a permission of the application.
    PATCH "/v1/organization_permissions/{permission_id}" => Permission,
    as OrganizationRoles::update_permission(request),
    struct UpdateOrganizationPermission {
        /// The permission.
        permission_id: PermissionId,
        /// The name that people see.
        name: Option<String>,
        /// The key, `org:<feature>:<action>`, both of lower-case letters, digits and underscores.
        key: Option<String>,
        /// What is permitted.
        description: Option<String>,
    }

    /// Deletes a permission of the application, and takes it from all roles.
    DELETE "/v1/organization_permissions/{permission_id}" => DeletedObject,
    as OrganizationRoles::delete_permission(permission_id: PermissionId),
    struct DeleteOrganizationPermission {
        /// The permission.
        permission_id: PermissionId,
    }
}
