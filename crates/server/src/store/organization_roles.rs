//! Roles and permissions.

use ironclerk_api::id::{PermissionId, RoleId};
use ironclerk_api::organization_roles::{Permission, Role, RoleFilter, RoleSort};
use ironclerk_api::{Page, Sort};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

const ROLE_COLUMNS: &str = "id, name, key, description, created_at, updated_at";
const PERMISSION_COLUMNS: &str = "organization_permissions.id, organization_permissions.name, \
     organization_permissions.key, organization_permissions.description, \
     organization_permissions.type, organization_permissions.created_at, \
     organization_permissions.updated_at";

fn read_role(mut row: Row) -> Result<Role, DatabaseError> {
    Ok(Role {
        id: row.next()?,
        name: row.next()?,
        key: row.next()?,
        description: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

fn read_permission(mut row: Row) -> Result<Permission, DatabaseError> {
    Ok(Permission {
        id: row.next()?,
        name: row.next()?,
        key: row.next()?,
        description: row.next()?,
        r#type: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

/// Whether there are no roles yet.
pub(crate) fn is_empty(transaction: &mut Transaction<'_>) -> Result<bool, DatabaseError> {
    let row = transaction.query_one("SELECT id FROM organization_roles LIMIT 1", &[])?;
    Ok(row.is_none())
}

/// A role with its permissions, by its id.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &RoleId,
) -> Result<Option<Role>, DatabaseError> {
    let sql = format!("SELECT {ROLE_COLUMNS} FROM organization_roles WHERE id = $1");
    let row = transaction.query_one(sql, &[id.into()])?;
    with_permissions(transaction, row)
}

/// A role with its permissions, by its key.
pub(crate) fn get_by_key(
    transaction: &mut Transaction<'_>,
    key: &str,
) -> Result<Option<Role>, DatabaseError> {
    let sql = format!("SELECT {ROLE_COLUMNS} FROM organization_roles WHERE key = $1");
    let row = transaction.query_one(sql, &[key.into()])?;
    with_permissions(transaction, row)
}

fn with_permissions(
    transaction: &mut Transaction<'_>,
    row: Option<Row>,
) -> Result<Option<Role>, DatabaseError> {
    let Some(row) = row else { return Ok(None) };
    let mut role = read_role(row)?;
    add_permissions(transaction, &mut role)?;
    Ok(Some(role))
}

fn add_permissions(
    transaction: &mut Transaction<'_>,
    role: &mut Role,
) -> Result<(), DatabaseError> {
    let sql = format!(
        "SELECT {PERMISSION_COLUMNS} FROM organization_role_permissions assigned
         JOIN organization_permissions ON organization_permissions.id = assigned.permission_id
         WHERE assigned.role_id = $1 ORDER BY organization_permissions.key"
    );
    let rows = transaction.query(sql, &[(&role.id).into()])?;
    role.permissions = rows
        .into_iter()
        .map(read_permission)
        .collect::<Result<_, _>>()?;
    Ok(())
}

/// Lists roles.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    filter: &RoleFilter,
    window: Window,
) -> Result<Page<Role>, DatabaseError> {
    let table = "organization_roles";
    let (conditions, order) = search(table, filter);
    let mut page = conditions.page(
        transaction,
        (ROLE_COLUMNS, table),
        &order,
        window,
        read_role,
    )?;
    for role in &mut page.data {
        add_permissions(transaction, role)?;
    }
    Ok(page)
}

/// Lists permissions.
pub(crate) fn list_permissions(
    transaction: &mut Transaction<'_>,
    filter: &RoleFilter,
    window: Window,
) -> Result<Page<Permission>, DatabaseError> {
    let table = "organization_permissions";
    let (conditions, order) = search(table, filter);
    conditions.page(
        transaction,
        (PERMISSION_COLUMNS, table),
        &order,
        window,
        read_permission,
    )
}

/// The conditions and the order that a filter asks for.
fn search(table: &str, filter: &RoleFilter) -> (Conditions, String) {
    let mut conditions = Conditions::default();
    if let Some(text) = &filter.query {
        let id = conditions.value(text);
        let pattern = conditions.containing(text);
        conditions.and(&format!(
            "({table}.id = {id} OR LOWER({table}.name) {pattern} OR LOWER({table}.key) {pattern})"
        ));
    }
    let sort = filter
        .order_by
        .unwrap_or(Sort::descending(RoleSort::CreatedAt));
    let column = match sort.key {
        RoleSort::CreatedAt => "created_at",
        RoleSort::Name => "name",
        RoleSort::Key => "key",
    };
    let id = format!("{table}.id");
    let order = order_by(&format!("{table}.{column}"), sort.descending, &id);
    (conditions, order)
}

/// Stores a role without its permissions, unless its key is taken.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    role: &Role,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO organization_roles (id, name, key, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        &[
            (&role.id).into(),
            (&role.name).into(),
            (&role.key).into(),
            role.description.as_deref().into(),
            role.created_at.into(),
            role.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores what has changed of a role, but for its permissions.
pub(crate) fn update(transaction: &mut Transaction<'_>, role: &Role) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organization_roles SET name = $1, key = $2, description = $3, updated_at = $4
         WHERE id = $5",
        &[
            (&role.name).into(),
            (&role.key).into(),
            role.description.as_deref().into(),
            role.updated_at.into(),
            (&role.id).into(),
        ],
    )?;
    Ok(())
}

/// Gives all who have a role under its old key the new one.
pub(crate) fn rename(
    transaction: &mut Transaction<'_>,
    old: &str,
    new: &str,
) -> Result<(), DatabaseError> {
    for sql in [
        "UPDATE organization_memberships SET role = $1 WHERE role = $2",
        "UPDATE organization_invitations SET role = $1 WHERE role = $2",
    ] {
        transaction.execute(sql, &[new.into(), old.into()])?;
    }
    Ok(())
}

/// Whether a member has the role.
pub(crate) fn has_members(
    transaction: &mut Transaction<'_>,
    key: &str,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM organization_memberships WHERE role = $1 LIMIT 1";
    Ok(transaction.query_one(sql, &[key.into()])?.is_some())
}

/// Whether an invitation is for the role.
pub(crate) fn has_invitations(
    transaction: &mut Transaction<'_>,
    key: &str,
) -> Result<bool, DatabaseError> {
    let sql =
        "SELECT id FROM organization_invitations WHERE role = $1 AND status = 'pending' LIMIT 1";
    Ok(transaction.query_one(sql, &[key.into()])?.is_some())
}

/// Deletes a role.
pub(crate) fn delete(transaction: &mut Transaction<'_>, id: &RoleId) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM organization_roles WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Adds a permission to a role, and tells whether it was not there already.
pub(crate) fn assign(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
    permission: &PermissionId,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO organization_role_permissions (role_id, permission_id) VALUES ($1, $2)
         ON CONFLICT DO NOTHING",
        &[role.into(), permission.into()],
    )?;
    Ok(inserted > 0)
}

/// Takes a permission from a role, and tells whether it was there.
pub(crate) fn remove(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
    permission: &PermissionId,
) -> Result<bool, DatabaseError> {
    let deleted = transaction.execute(
        "DELETE FROM organization_role_permissions WHERE role_id = $1 AND permission_id = $2",
        &[role.into(), permission.into()],
    )?;
    Ok(deleted > 0)
}

/// Takes all permissions from a role.
pub(crate) fn remove_all(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM organization_role_permissions WHERE role_id = $1",
        &[role.into()],
    )?;
    Ok(())
}

/// A permission, by its id.
pub(crate) fn get_permission(
    transaction: &mut Transaction<'_>,
    id: &PermissionId,
) -> Result<Option<Permission>, DatabaseError> {
    let sql = format!("SELECT {PERMISSION_COLUMNS} FROM organization_permissions WHERE id = $1");
    let row = transaction.query_one(sql, &[id.into()])?;
    row.map(read_permission).transpose()
}

/// A permission, by its key.
pub(crate) fn get_permission_by_key(
    transaction: &mut Transaction<'_>,
    key: &str,
) -> Result<Option<Permission>, DatabaseError> {
    let sql = format!("SELECT {PERMISSION_COLUMNS} FROM organization_permissions WHERE key = $1");
    let row = transaction.query_one(sql, &[key.into()])?;
    row.map(read_permission).transpose()
}

/// Stores a permission, unless its key is taken.
pub(crate) fn insert_permission(
    transaction: &mut Transaction<'_>,
    permission: &Permission,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO organization_permissions (id, name, key, description, type, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &[
            (&permission.id).into(),
            (&permission.name).into(),
            (&permission.key).into(),
            (&permission.description).into(),
            (&permission.r#type).into(),
            permission.created_at.into(),
            permission.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores what has changed of a permission.
pub(crate) fn update_permission(
    transaction: &mut Transaction<'_>,
    permission: &Permission,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organization_permissions
         SET name = $1, key = $2, description = $3, updated_at = $4 WHERE id = $5",
        &[
            (&permission.name).into(),
            (&permission.key).into(),
            (&permission.description).into(),
            permission.updated_at.into(),
            (&permission.id).into(),
        ],
    )?;
    Ok(())
}

/// Deletes a permission.
pub(crate) fn delete_permission(
    transaction: &mut Transaction<'_>,
    id: &PermissionId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM organization_permissions WHERE id = $1",
        &[id.into()],
    )?;
    Ok(())
}
