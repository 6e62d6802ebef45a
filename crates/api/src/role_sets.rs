//! Role sets: which roles the members of an organization can have.

use crate::id::{RoleId, RoleSetId};
use crate::value::{DeletedObject, Metadata, Page, Patch, Sort};

resource! {
    /// The roles that the members of some organizations can have.
    struct RoleSet "role_set" {
        /// The id of the role set.
        id: RoleSetId,
        /// The name that people see.
        name: String,
        /// The key, such as `role_set:default`; unique in the instance.
        key: String,
        /// What it is for.
        description: Option<String>,
        /// The roles.
        roles: Vec<RoleSetItem>,
        /// The role of whoever joins because of a domain.
        default_role: Option<RoleSetItem>,
        /// The role of whoever creates an organization.
        creator_role: Option<RoleSetItem>,
        /// `initial` for that of organizations for which none is named, `custom` for the others.
        r#type: String,
        /// What is on its way to another role set. Our server does that at once.
        role_set_migration: Option<Metadata>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// A role of a role set.
    struct RoleSetItem "role_set_item" {
        /// The id of the role.
        id: RoleId,
        /// The name that people see.
        name: String,
        /// The key, such as `org:admin`.
        key: String,
        /// What the role is for.
        description: Option<String>,
        /// How many members of organizations with the role set have it.
        members_count: Option<u64>,
        /// Whether there are such members.
        has_members: Option<bool>,
        /// When the role was created, in ms since the epoch.
        created_at: i64,
        /// When the role was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What role sets can be sorted by.
    enum RoleSetSort {
        /// When it was created.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
        /// Its key.
        Key = "key",
    }
}

endpoints! {
    /// Lists the role sets, newest first.
    GET "/v1/role_sets" => Page<RoleSet>,
    as RoleSets::list(request),
    struct ListRoleSets {
        /// Only the one with this id, and those whose name or key contains this.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<RoleSetSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Creates a role set.
    POST "/v1/role_sets" => RoleSet,
    as RoleSets::create(request),
    struct CreateRoleSet {
        /// The name that people see.
        name: String,
        /// The key: `role_set:` and lower-case letters, digits and underscores. Made from the name
        /// when absent.
        key: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The key of the role of whoever joins because of a domain, one of `roles`.
        default_role_key: String,
        /// The key of the role of whoever creates an organization, one of `roles`.
        creator_role_key: String,
        /// `initial` for the role set of organizations for which none is named, in place of the one
        /// that was; `custom` when absent.
        r#type: Option<String>,
        /// The keys of its roles, 1 to 10.
        roles: Vec<String>,
    }

    /// Fetches a role set by its id or its key.
    GET "/v1/role_sets/{role_set_key_or_id}" => RoleSet,
    as RoleSets::get(role_set_key_or_id: String),
    struct GetRoleSet {
        /// The id or the key.
        role_set_key_or_id: String,
    }

    /// Changes a role set.
    PATCH "/v1/role_sets/{role_set_key_or_id}" => RoleSet,
    as RoleSets::update(request),
    struct UpdateRoleSet {
        /// The id or the key.
        role_set_key_or_id: String,
        /// The name that people see.
        name: Option<String>,
        /// The key: `role_set:` and lower-case letters, digits and underscores.
        key: Option<String>,
        /// What it is for.
        description: Patch<String>,
        /// `initial` to make it the role set of organizations for which none is named.
        r#type: Option<String>,
        /// The key of the role of whoever joins because of a domain, one of its roles.
        default_role_key: Option<String>,
        /// The key of the role of whoever creates an organization, one of its roles.
        creator_role_key: Option<String>,
    }

    /// Deletes a role set, and gives its organizations another.
    POST "/v1/role_sets/{role_set_key_or_id}/replace" => DeletedObject,
    as RoleSets::replace(request),
    struct ReplaceRoleSet {
        /// The id or the key.
        role_set_key_or_id: String,
        /// The key of the role set that takes its place.
        dest_role_set_key: String,
        /// Which role takes the place of which, by their keys. Roles that both have may be left
        /// out.
        reassignment_mappings: Option<Metadata>,
    }

    /// Adds roles to a role set.
    POST "/v1/role_sets/{role_set_key_or_id}/roles" => RoleSet,
    as RoleSets::add_roles(request),
    struct AddRolesToRoleSet {
        /// The id or the key.
        role_set_key_or_id: String,
        /// The keys of the roles, 1 to 10.
        role_keys: Vec<String>,
        /// The one of them that whoever joins because of a domain gets from now on.
        default_role_key: Option<String>,
        /// The one of them that whoever creates an organization gets from now on.
        creator_role_key: Option<String>,
    }

    /// Takes a role out of a role set, and gives those who have it another.
    POST "/v1/role_sets/{role_set_key_or_id}/roles/replace" => RoleSet,
    as RoleSets::replace_role(request),
    struct ReplaceRoleInRoleSet {
        /// The id or the key.
        role_set_key_or_id: String,
        /// The key of the role that goes.
        role_key: String,
        /// The key of the role that takes its place.
        to_role_key: String,
    }
}
