//! Role sets.

use ironclerk_api::id::{OrganizationId, RoleId, RoleSetId};
use ironclerk_api::role_sets::{ListRoleSets, RoleSetItem, RoleSetSort};
use ironclerk_api::{Page, Sort};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

/// A role set without its roles.
#[derive(Clone, Debug)]
pub(crate) struct StoredRoleSet {
    pub id: RoleSetId,
    pub key: String,
    pub name: String,
    pub description: Option<String>,
    pub default_role: RoleId,
    pub creator_role: RoleId,
    pub initial: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

const COLUMNS: &str = "role_sets.id, role_sets.key, role_sets.name, role_sets.description, \
     role_sets.default_role_id, role_sets.creator_role_id, role_sets.is_initial, \
     role_sets.created_at, role_sets.updated_at";

fn read(mut row: Row) -> Result<StoredRoleSet, DatabaseError> {
    Ok(StoredRoleSet {
        id: row.next()?,
        key: row.next()?,
        name: row.next()?,
        description: row.next()?,
        default_role: row.next()?,
        creator_role: row.next()?,
        initial: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// A role set, by its id or its key.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    key_or_id: &str,
) -> Result<Option<StoredRoleSet>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM role_sets WHERE id = $1 OR key = $2");
    let row = transaction.query_one(sql, &[key_or_id.into(), key_or_id.into()])?;
    row.map(read).transpose()
}

/// The role set of organizations for which none is named.
pub(crate) fn initial(
    transaction: &mut Transaction<'_>,
) -> Result<Option<StoredRoleSet>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM role_sets WHERE is_initial");
    transaction.query_one(sql, &[])?.map(read).transpose()
}

/// Lists role sets.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    request: &ListRoleSets,
    window: Window,
) -> Result<Page<StoredRoleSet>, DatabaseError> {
    let mut conditions = Conditions::default();
    if let Some(text) = &request.query {
        let id = conditions.value(text);
        let name = conditions.containing(text);
        let key = conditions.containing(text);
        conditions.and(&format!(
            "(id = {id} OR LOWER(name) {name} OR LOWER(key) {key})"
        ));
    }
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(RoleSetSort::CreatedAt));
    let column = match sort.key {
        RoleSetSort::CreatedAt => "created_at",
        RoleSetSort::Name => "name",
        RoleSetSort::Key => "key",
    };
    let order = order_by(column, sort.descending, "id");
    conditions.page(transaction, (COLUMNS, "role_sets"), &order, window, read)
}

/// Stores a role set, unless its key is taken.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    set: &StoredRoleSet,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO role_sets (id, key, name, description, default_role_id, creator_role_id,
             is_initial, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        &[
            (&set.id).into(),
            (&set.key).into(),
            (&set.name).into(),
            set.description.as_deref().into(),
            (&set.default_role).into(),
            (&set.creator_role).into(),
            set.initial.into(),
            set.created_at.into(),
            set.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores what has changed of a role set.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    set: &StoredRoleSet,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE role_sets SET key = $1, name = $2, description = $3, default_role_id = $4,
             creator_role_id = $5, is_initial = $6, updated_at = $7
         WHERE id = $8",
        &[
            (&set.key).into(),
            (&set.name).into(),
            set.description.as_deref().into(),
            (&set.default_role).into(),
            (&set.creator_role).into(),
            set.initial.into(),
            set.updated_at.into(),
            (&set.id).into(),
        ],
    )?;
    Ok(())
}

/// Makes room for another initial role set.
pub(crate) fn clear_initial(transaction: &mut Transaction<'_>) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE role_sets SET is_initial = FALSE WHERE is_initial",
        &[],
    )?;
    Ok(())
}

/// Deletes a role set that no organization has.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM role_sets WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// The roles of a role set.
pub(crate) fn roles(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
) -> Result<Vec<RoleSetItem>, DatabaseError> {
    let rows = transaction.query(
        "SELECT roles.id, roles.name, roles.key, roles.description,
             (SELECT count(*) FROM organization_memberships memberships
              JOIN organizations ON organizations.id = memberships.organization_id
              WHERE organizations.role_set_id = contained.role_set_id
                  AND memberships.role = roles.key),
             roles.created_at, roles.updated_at
         FROM role_set_roles contained
         JOIN organization_roles roles ON roles.id = contained.role_id
         WHERE contained.role_set_id = $1 ORDER BY roles.key",
        &[id.into()],
    )?;
    let read = |mut row: Row| {
        let mut item = RoleSetItem {
            id: row.next()?,
            name: row.next()?,
            key: row.next()?,
            description: row.next()?,
            members_count: Some(row.next()?),
            created_at: row.next()?,
            updated_at: row.next()?,
            ..Default::default()
        };
        item.has_members = item.members_count.map(|count| count > 0);
        Ok(item)
    };
    rows.into_iter().map(read).collect()
}

/// Adds a role to a role set, unless it is there.
pub(crate) fn add_role(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
    role: &RoleId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO role_set_roles (role_set_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &[id.into(), role.into()],
    )?;
    Ok(())
}

/// Adds all roles of the instance to a role set.
pub(crate) fn add_all_roles(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO role_set_roles (role_set_id, role_id)
         SELECT role_sets.id, organization_roles.id FROM role_sets, organization_roles
         WHERE role_sets.id = $1 ON CONFLICT DO NOTHING",
        &[id.into()],
    )?;
    Ok(())
}

/// Takes a role out of a role set.
pub(crate) fn remove_role(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
    role: &RoleId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM role_set_roles WHERE role_set_id = $1 AND role_id = $2",
        &[id.into(), role.into()],
    )?;
    Ok(())
}

/// Whether the members of an organization can have a role.
pub(crate) fn allows(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    role: &RoleId,
) -> Result<bool, DatabaseError> {
    let row = transaction.query_one(
        "SELECT contained.role_id FROM organizations
         JOIN role_set_roles contained ON contained.role_set_id = organizations.role_set_id
         WHERE organizations.id = $1 AND contained.role_id = $2",
        &[organization.into(), role.into()],
    )?;
    Ok(row.is_some())
}

/// Whether whoever creates an organization gets a role, in any role set.
pub(crate) fn is_creator_role(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM role_sets WHERE creator_role_id = $1 LIMIT 1";
    Ok(transaction.query_one(sql, &[role.into()])?.is_some())
}

/// Whether whoever joins because of a domain gets a role, in any role set.
pub(crate) fn is_default_role(
    transaction: &mut Transaction<'_>,
    role: &RoleId,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM role_sets WHERE default_role_id = $1 LIMIT 1";
    Ok(transaction.query_one(sql, &[role.into()])?.is_some())
}

/// Gives an organization a role set.
pub(crate) fn assign(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    id: &RoleSetId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organizations SET role_set_id = $1 WHERE id = $2",
        &[id.into(), organization.into()],
    )?;
    Ok(())
}

/// Gives organizations that have no role set this one.
pub(crate) fn assign_to_others(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organizations SET role_set_id = $1 WHERE role_set_id IS NULL",
        &[id.into()],
    )?;
    Ok(())
}

/// Which organizations are meant: one, or all that have a role set.
#[derive(Clone, Copy)]
pub(crate) enum Organizations<'a> {
    One(&'a OrganizationId),
    AllWith(&'a RoleSetId),
}

/// The keys of the roles that members of the organizations have, or are invited to.
pub(crate) fn roles_in_use(
    transaction: &mut Transaction<'_>,
    organizations: Organizations<'_>,
) -> Result<Vec<String>, DatabaseError> {
    let (condition, value) = match organizations {
        Organizations::One(id) => ("organizations.id", id.into()),
        Organizations::AllWith(id) => ("organizations.role_set_id", id.into()),
    };
    let sql = format!(
        "SELECT DISTINCT holders.role FROM (
             SELECT organization_id, role FROM organization_memberships
             UNION SELECT organization_id, role FROM organization_invitations
             WHERE status = 'pending'
         ) holders JOIN organizations ON organizations.id = holders.organization_id
         WHERE {condition} = $1 ORDER BY holders.role"
    );
    let rows = transaction.query(sql, &[value])?;
    rows.into_iter().map(|mut row| row.next()).collect()
}

/// Gives the members of all organizations with a role set other roles, and those who are invited
/// too: all at once, so that two roles can change places.
pub(crate) fn reassign(
    transaction: &mut Transaction<'_>,
    id: &RoleSetId,
    mappings: &[(String, String)],
) -> Result<(), DatabaseError> {
    // No key of a role begins like that.
    for (from, to) in mappings {
        for sql in [
            "UPDATE organization_memberships SET role = $1 WHERE role = $2 AND organization_id IN
                 (SELECT id FROM organizations WHERE role_set_id = $3)",
            "UPDATE organization_invitations SET role = $1 WHERE role = $2 AND organization_id IN
                 (SELECT id FROM organizations WHERE role_set_id = $3)",
        ] {
            let to = format!(">{to}");
            transaction.execute(sql, &[to.into(), from.into(), id.into()])?;
        }
    }
    for sql in [
        "UPDATE organization_memberships SET role = SUBSTR(role, 2) WHERE role LIKE '>%'",
        "UPDATE organization_invitations SET role = SUBSTR(role, 2) WHERE role LIKE '>%'",
    ] {
        transaction.execute(sql, &[])?;
    }
    Ok(())
}

/// Gives all organizations with a role set another.
pub(crate) fn move_organizations(
    transaction: &mut Transaction<'_>,
    from: &RoleSetId,
    to: &RoleSetId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organizations SET role_set_id = $1 WHERE role_set_id = $2",
        &[to.into(), from.into()],
    )?;
    Ok(())
}
