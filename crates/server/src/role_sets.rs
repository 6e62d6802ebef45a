//! Role sets: which roles the members of an organization can have.
//!
//! An instance begins with one, in which every role is. There is always one that is initial, the
//! role set of organizations for which none is named.

use ironclerk_api::id::{OrganizationId, RoleId};
use ironclerk_api::organization_roles::Role;
use ironclerk_api::role_sets::{
    AddRolesToRoleSet, CreateRoleSet, GetRoleSet, ListRoleSets, ReplaceRoleInRoleSet,
    ReplaceRoleSet, RoleSet, RoleSetItem, UpdateRoleSet,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Metadata, Page, Patch};
use serde_json::Value;

use crate::context::{Cx, check_known, deleted, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier::{self, check_length};
use crate::organization_roles::{
    self as roles, LONGEST_DESCRIPTION, MOST_ROLES, creator_needs, is_word,
};
use crate::random::Random;
use crate::store::role_sets::{self as store, Organizations, StoredRoleSet};
use crate::store::{Window, instance, organization_roles};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(update)
        .on(replace)
        .on(add_roles)
        .on(replace_role)
}

/// What the keys of role sets begin with.
const PREFIX: &str = "role_set:";
/// How many role sets an instance has at the most.
pub(crate) const MOST_ROLE_SETS: u64 = 10;

/// Makes the initial role set, unless there is one, and gives it to the organizations that have
/// none.
pub(crate) fn make_initial(
    transaction: &mut Transaction<'_>,
    random: &Random,
    now: i64,
) -> Result<(), DatabaseError> {
    if store::initial(transaction)?.is_none() {
        let settings = instance::settings(transaction)?.organizations;
        let mut role = |key: &str| {
            organization_roles::get_by_key(transaction, key)?
                .ok_or_else(|| DatabaseError::Failed(format!("the role {key} is missing")))
        };
        let creator = role(&settings.creator_role)?;
        let default = role(&settings.domains_default_role)?;
        let set = StoredRoleSet {
            id: crate::id::new(now, random.bytes()?),
            key: format!("{PREFIX}default"),
            name: "Default role set".to_owned(),
            description: None,
            default_role: default.id,
            creator_role: creator.id,
            initial: true,
            created_at: now,
            updated_at: now,
        };
        // Another server on the database may have done the same: what is there counts.
        if store::insert(transaction, &set)? {
            store::add_all_roles(transaction, &set.id)?;
        }
    }
    if let Some(set) = store::initial(transaction)? {
        store::assign_to_others(transaction, &set.id)?;
    }
    Ok(())
}

/// The role set of organizations for which none is named.
pub(crate) fn initial(transaction: &mut Transaction<'_>) -> Result<StoredRoleSet, ApiError> {
    store::initial(transaction)?
        .ok_or_else(|| ErrorCode::Internal.because("The instance has no initial role set."))
}

/// The keys of the roles of whoever creates an organization, and of whoever joins because of a
/// domain, where no role set is named.
pub(crate) fn initial_roles(
    transaction: &mut Transaction<'_>,
) -> Result<(String, String), ApiError> {
    let set = initial(transaction)?;
    let mut key = |id: &RoleId| Ok::<_, ApiError>(roles::find(transaction, id)?.key);
    Ok((key(&set.creator_role)?, key(&set.default_role)?))
}

/// Changes these roles.
pub(crate) fn set_initial_roles(
    transaction: &mut Transaction<'_>,
    creator_role: Option<&RoleId>,
    default_role: Option<&RoleId>,
) -> Result<(), ApiError> {
    if creator_role.is_none() && default_role.is_none() {
        return Ok(());
    }
    let mut set = initial(transaction)?;
    for (parameter, new, role) in [
        ("creator_role_id", creator_role, &mut set.creator_role),
        (
            "domains_default_role_id",
            default_role,
            &mut set.default_role,
        ),
    ] {
        let Some(new) = new else { continue };
        let found = organization_roles::get(transaction, new)?.ok_or_else(|| {
            ErrorCode::ResourceNotFound
                .for_parameter(parameter, format!("There is no role with the id {new}."))
        })?;
        let items = store::roles(transaction, &set.id)?;
        *role = match parameter {
            "creator_role_id" => creator(transaction, &items, parameter, &found.key)?,
            _ => one_of(&items, parameter, &found.key)?,
        };
    }
    Ok(store::update(transaction, &set)?)
}

/// The role set that an organization is to have: the one with a key, or the initial one.
pub(crate) fn named_or_initial(
    transaction: &mut Transaction<'_>,
    key: Option<&str>,
) -> Result<StoredRoleSet, ApiError> {
    match key {
        Some(key) => find_for(transaction, "role_set_key", key),
        None => initial(transaction),
    }
}

/// Gives an organization another role set, in which all roles of its members are.
pub(crate) fn change(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    key: &str,
) -> Result<(), ApiError> {
    let set = find_for(transaction, "role_set_key", key)?;
    let items = store::roles(transaction, &set.id)?;
    let in_use = store::roles_in_use(transaction, Organizations::One(organization))?;
    if let Some(role) = in_use.iter().find(|role| item(&items, role).is_none()) {
        return Err(
            ErrorCode::OrganizationRoleOnSetAssignedToUser.for_parameter(
                "role_set_key",
                format!("Members have the role {role}, which is not in the role set {key}."),
            ),
        );
    }
    Ok(store::assign(transaction, organization, &set.id)?)
}

/// The role with that key, if the members of an organization can have it.
pub(crate) fn find_role(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    parameter: &str,
    key: &str,
) -> Result<Role, ApiError> {
    let role = roles::find_by_key(transaction, parameter, key)?;
    match store::allows(transaction, organization, &role.id)? {
        true => Ok(role),
        false => Err(ErrorCode::ResourceNotFound.for_parameter(
            parameter,
            format!("The role {key} is not in the role set of the organization."),
        )),
    }
}

/// A role set that nobody else changes at the same time.
fn find_to_change(
    transaction: &mut Transaction<'_>,
    key_or_id: &str,
) -> Result<StoredRoleSet, ApiError> {
    instance::lock(transaction)?;
    find(transaction, key_or_id)
}

fn find(transaction: &mut Transaction<'_>, key_or_id: &str) -> Result<StoredRoleSet, ApiError> {
    store::get(transaction, key_or_id)?.ok_or_else(|| {
        ErrorCode::ResourceNotFound.because(format!(
            "There is no role set with the id or the key {key_or_id}."
        ))
    })
}

fn find_for(
    transaction: &mut Transaction<'_>,
    parameter: &str,
    key: &str,
) -> Result<StoredRoleSet, ApiError> {
    store::get(transaction, key)?.ok_or_else(|| {
        ErrorCode::ResourceNotFound.for_parameter(
            parameter,
            format!("There is no role set with the key {key}."),
        )
    })
}

fn item<'a>(items: &'a [RoleSetItem], key: &str) -> Option<&'a RoleSetItem> {
    items.iter().find(|item| item.key == key)
}

/// The id of the role with a key, which must be one of these.
fn one_of(items: &[RoleSetItem], parameter: &str, key: &str) -> Result<RoleId, ApiError> {
    item(items, key).map(|item| item.id.clone()).ok_or_else(|| {
        ErrorCode::FormParameterValueInvalid.for_parameter(
            parameter,
            format!("{parameter} must be one of the roles of the role set, not {key}."),
        )
    })
}

/// The same for the role of whoever creates an organization.
fn creator(
    transaction: &mut Transaction<'_>,
    items: &[RoleSetItem],
    parameter: &str,
    key: &str,
) -> Result<RoleId, ApiError> {
    let id = one_of(items, parameter, key)?;
    match roles::find(transaction, &id)?.is_creator_eligible {
        true => Ok(id),
        false => Err(creator_needs()),
    }
}

fn complete(
    transaction: &mut Transaction<'_>,
    set: StoredRoleSet,
) -> Result<RoleSet, DatabaseError> {
    let roles = store::roles(transaction, &set.id)?;
    let item = |id: &RoleId| roles.iter().find(|item| item.id == *id).cloned();
    Ok(RoleSet {
        default_role: item(&set.default_role),
        creator_role: item(&set.creator_role),
        r#type: if set.initial { "initial" } else { "custom" }.to_owned(),
        id: set.id,
        name: set.name,
        key: set.key,
        description: set.description,
        roles,
        created_at: set.created_at,
        updated_at: set.updated_at,
        ..Default::default()
    })
}

fn check_key(text: &str) -> Result<String, ApiError> {
    check_length("key", text, 60)?;
    match text.strip_prefix(PREFIX) {
        Some(name) if is_word(name) => Ok(text.to_owned()),
        _ => Err(ErrorCode::FormParameterFormatInvalid.for_parameter(
            "key",
            "key must be role_set: and lower-case letters, digits and underscores.",
        )),
    }
}

/// A key that is made from a name: `Enterprise & Co.` becomes `role_set:enterprise_co`.
fn key_of(name: &str) -> String {
    let name: String = identifier::slugify(name).chars().take(40).collect();
    let name = name.replace('-', "_");
    let name = name.trim_end_matches('_');
    format!("{PREFIX}{}", if name.is_empty() { "custom" } else { name })
}

/// The roles with these keys.
fn roles_with(
    transaction: &mut Transaction<'_>,
    parameter: &str,
    keys: &[String],
) -> Result<Vec<Role>, ApiError> {
    if keys.is_empty() || keys.len() as u64 > MOST_ROLES {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            parameter,
            format!("{parameter} must have between 1 and {MOST_ROLES} roles."),
        ));
    }
    keys.iter()
        .map(|key| roles::find_by_key(transaction, parameter, key))
        .collect()
}

fn key_taken() -> ApiError {
    ErrorCode::FormIdentifierExists
        .for_parameter("key", "Another role set has this key. Try another.")
}

async fn list(cx: Cx, request: ListRoleSets) -> Result<Page<RoleSet>, ApiError> {
    let window = window(request.limit, request.offset)?;
    cx.database()
        .scan(move |transaction| {
            let page = store::list(transaction, &request, window)?;
            let sets = page.data.into_iter();
            Ok(Page {
                data: sets
                    .map(|set| complete(transaction, set))
                    .collect::<Result<_, _>>()?,
                total_count: page.total_count,
            })
        })
        .await
}

async fn create(cx: Cx, request: CreateRoleSet) -> Result<RoleSet, ApiError> {
    let name = identifier::name("name", &request.name)?;
    let (key, is_given) = match &request.key {
        Some(key) => (check_key(key)?, true),
        None => (key_of(&name), false),
    };
    if let Some(description) = &request.description {
        check_length("description", description, LONGEST_DESCRIPTION)?;
    }
    let kind = request.r#type.as_deref().unwrap_or("custom");
    check_known("type", kind, &["initial", "custom"])?;
    let initial = kind == "initial";
    let suffix = u32::from_be_bytes(cx.random()?);
    let (id, now) = (cx.new_id()?, cx.now);
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let nothing = ListRoleSets::default();
            if store::list(transaction, &nothing, Window::NONE)?.total_count >= MOST_ROLE_SETS {
                return Err(
                    ErrorCode::OrganizationInstanceRoleSetsQuotaExceeded.because(format!(
                        "An instance may have {MOST_ROLE_SETS} role sets at the most."
                    )),
                );
            }
            let roles = roles_with(transaction, "roles", &request.roles)?;
            let items: Vec<_> = roles.iter().map(as_item).collect();
            let default = one_of(&items, "default_role_key", &request.default_role_key)?;
            let creator = creator(
                transaction,
                &items,
                "creator_role_key",
                &request.creator_role_key,
            )?;
            if initial {
                store::clear_initial(transaction)?;
            }
            let mut set = StoredRoleSet {
                id,
                key,
                name,
                description: request.description,
                default_role: default,
                creator_role: creator,
                initial,
                created_at: now,
                updated_at: now,
            };
            if !store::insert(transaction, &set)? {
                if is_given {
                    return Err(key_taken());
                }
                set.key = format!("{}_{suffix}", set.key);
                if !store::insert(transaction, &set)? {
                    return Err(key_taken());
                }
            }
            for role in &roles {
                store::add_role(transaction, &set.id, &role.id)?;
            }
            Ok(complete(transaction, set)?)
        })
        .await
}

fn as_item(role: &Role) -> RoleSetItem {
    RoleSetItem {
        id: role.id.clone(),
        key: role.key.clone(),
        ..Default::default()
    }
}

async fn get(cx: Cx, request: GetRoleSet) -> Result<RoleSet, ApiError> {
    cx.database()
        .scan(move |transaction| {
            let set = find(transaction, &request.role_set_key_or_id)?;
            Ok(complete(transaction, set)?)
        })
        .await
}

async fn update(cx: Cx, request: UpdateRoleSet) -> Result<RoleSet, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    let key = request.key.map(|key| check_key(&key)).transpose()?;
    if let Patch::Set(description) = &request.description {
        check_length("description", description, LONGEST_DESCRIPTION)?;
    }
    if let Some(kind) = request.r#type.as_deref() {
        check_known("type", kind, &["initial"])?;
    }
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let mut set = find_to_change(transaction, &request.role_set_key_or_id)?;
            if let Some(key) = key
                && key != set.key
            {
                if store::get(transaction, &key)?.is_some() {
                    return Err(key_taken());
                }
                set.key = key;
            }
            let items = store::roles(transaction, &set.id)?;
            if let Some(key) = &request.default_role_key {
                set.default_role = one_of(&items, "default_role_key", key)?;
            }
            if let Some(key) = &request.creator_role_key {
                set.creator_role = creator(transaction, &items, "creator_role_key", key)?;
            }
            if request.r#type.is_some() && !set.initial {
                store::clear_initial(transaction)?;
                set.initial = true;
            }
            set.name = name.unwrap_or(set.name);
            request.description.apply(&mut set.description);
            set.updated_at = now;
            store::update(transaction, &set)?;
            Ok(complete(transaction, set)?)
        })
        .await
}

async fn replace(cx: Cx, request: ReplaceRoleSet) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let set = find_to_change(transaction, &request.role_set_key_or_id)?;
            let parameter = "dest_role_set_key";
            let other = find_for(transaction, parameter, &request.dest_role_set_key)?;
            if set.initial {
                return Err(ErrorCode::CannotDeleteInitialRoleSet
                    .because("This is the initial role set. Make another initial first."));
            }
            if set.id == other.id {
                return Err(ErrorCode::FormParameterValueInvalid
                    .for_parameter(parameter, "A role set cannot take its own place."));
            }
            let in_use = store::roles_in_use(transaction, Organizations::AllWith(&set.id))?;
            let theirs = store::roles(transaction, &other.id)?;
            let given = request.reassignment_mappings.unwrap_or_default();
            let mappings = reassignments(&in_use, &theirs, &given)?;
            store::reassign(transaction, &set.id, &mappings)?;
            store::move_organizations(transaction, &set.id, &other.id)?;
            store::delete(transaction, &set.id)?;
            Ok(deleted("role_set", set.id))
        })
        .await
}

/// Which role takes the place of which: as it is given, and the others stay if the other role set
/// has them.
fn reassignments(
    in_use: &[String],
    theirs: &[RoleSetItem],
    given: &Metadata,
) -> Result<Vec<(String, String)>, ApiError> {
    let parameter = "reassignment_mappings";
    let mut mappings = Vec::new();
    for (from, to) in given {
        match to.as_str() {
            Some(to) if item(theirs, to).is_some() => {
                mappings.push((from.clone(), to.to_owned()));
            }
            _ => {
                let to = match to {
                    Value::String(key) => key.clone(),
                    other => other.to_string(),
                };
                return Err(ErrorCode::OrganizationRoleSetReassignmentMappingsInvalid
                    .for_parameter(parameter, format!("{to} is no role of the other role set.")));
            }
        }
    }
    let is_missing = |role: &&String| !given.contains_key(*role) && item(theirs, role).is_none();
    match in_use.iter().find(is_missing) {
        None => Ok(mappings),
        Some(role) => Err(
            ErrorCode::OrganizationRoleSetReassignmentMappingsMissing.for_parameter(
                parameter,
                format!(
                    "Members have the role {role}, which the other role set does not have: say which takes its place."
                ),
            ),
        ),
    }
}

async fn add_roles(cx: Cx, request: AddRolesToRoleSet) -> Result<RoleSet, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let mut set = find_to_change(transaction, &request.role_set_key_or_id)?;
            let new = roles_with(transaction, "role_keys", &request.role_keys)?;
            let items: Vec<_> = new.iter().map(as_item).collect();
            for role in &new {
                store::add_role(transaction, &set.id, &role.id)?;
            }
            if let Some(key) = &request.default_role_key {
                set.default_role = one_of(&items, "default_role_key", key)?;
            }
            if let Some(key) = &request.creator_role_key {
                set.creator_role = creator(transaction, &items, "creator_role_key", key)?;
            }
            set.updated_at = now;
            store::update(transaction, &set)?;
            Ok(complete(transaction, set)?)
        })
        .await
}

async fn replace_role(cx: Cx, request: ReplaceRoleInRoleSet) -> Result<RoleSet, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let mut set = find_to_change(transaction, &request.role_set_key_or_id)?;
            let items = store::roles(transaction, &set.id)?;
            let (from, to) = (&request.role_key, &request.to_role_key);
            let old = one_of(&items, "role_key", from)?;
            let new = one_of(&items, "to_role_key", to)?;
            if old == new {
                return Err(ErrorCode::FormParameterValueInvalid
                    .for_parameter("to_role_key", "A role cannot take its own place."));
            }
            if set.creator_role == old {
                set.creator_role = creator(transaction, &items, "to_role_key", to)?;
            }
            if set.default_role == old {
                set.default_role = new;
            }
            store::reassign(transaction, &set.id, &[(from.clone(), to.clone())])?;
            store::remove_role(transaction, &set.id, &old)?;
            set.updated_at = now;
            store::update(transaction, &set)?;
            Ok(complete(transaction, set)?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_from_names() {
        for (name, key) in [
            ("Enterprise & Co.", "role_set:enterprise_co"),
            ("A", "role_set:a"),
            ("---", "role_set:custom"),
            ("日本", "role_set:custom"),
        ] {
            assert_eq!(key_of(name), key);
            assert!(check_key(key).is_ok());
        }
        let long = key_of(&"x y".repeat(100));
        assert!(check_key(&long).is_ok(), "{long}");
    }
}
