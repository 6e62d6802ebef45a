//! Users.

use ironclerk_api::id::{IdentificationId, UserId};
use ironclerk_api::users::{
    CountUsers, CreateUser, DeleteUser, DeleteUserProfileImage, GetUser, ListUsers,
    SetUserProfileImage, UpdateUser, User, UserFilter, UserSort,
};
use ironclerk_api::value::{DeletedObject, TotalCount};
use ironclerk_api::{ApiError, ErrorCode, Patch, Sort};

use crate::context::{Cx, not_found, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::images::NewImage;
use crate::password::NewPassword;
use crate::store::images::{self, Owner};
use crate::store::sessions;
use crate::store::users::{self as store, IdentificationKind, NewIdentification, UniqueColumn};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(count)
        .on(create)
        .on(get)
        .on(update)
        .on(set_profile_image)
        .on(delete_profile_image)
        .on(delete)
}

/// How many values a filter may have for one parameter.
const MOST_VALUES: usize = 100;
/// The longest id that an application may give, in characters.
const LONGEST_EXTERNAL_ID: usize = 256;

pub(crate) async fn list(cx: Cx, request: ListUsers) -> Result<Vec<User>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_filter(&request.filter)?;
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(UserSort::CreatedAt));
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            Ok(store::list(
                transaction,
                &request.filter,
                sort,
                window,
                &images,
            )?)
        })
        .await
}

async fn count(cx: Cx, request: CountUsers) -> Result<TotalCount, ApiError> {
    check_filter(&request.filter)?;
    let total_count = cx
        .database()
        .scan(move |transaction| Ok::<_, ApiError>(store::count(transaction, &request.filter)?))
        .await?;
    Ok(TotalCount {
        total_count,
        ..Default::default()
    })
}

/// Refuses lists of values that are too long to search for.
pub(crate) fn check_filter(filter: &UserFilter) -> Result<(), ApiError> {
    for (parameter, values) in [
        ("email_address", &filter.email_address),
        ("phone_number", &filter.phone_number),
        ("external_id", &filter.external_id),
        ("username", &filter.username),
        ("user_id", &filter.user_id),
        ("organization_id", &filter.organization_id),
    ] {
        check_values(parameter, values)?;
    }
    Ok(())
}

/// Refuses a list of values that is too long to search for.
pub(crate) fn check_values(parameter: &str, values: &[String]) -> Result<(), ApiError> {
    if values.len() <= MOST_VALUES {
        return Ok(());
    }
    Err(ErrorCode::FormParameterDuplicate.for_parameter(
        parameter,
        format!("{parameter} can have {MOST_VALUES} values at the most."),
    ))
}

pub(crate) async fn create(cx: Cx, request: CreateUser) -> Result<User, ApiError> {
    let username = request
        .username
        .as_deref()
        .map(identifier::username)
        .transpose()?;
    let mut identifications = Vec::new();
    for text in &request.email_address {
        let kind = IdentificationKind::EmailAddress;
        identifications.push((kind, identifier::email_address(kind.as_str(), text)?));
    }
    for text in &request.phone_number {
        let kind = IdentificationKind::PhoneNumber;
        identifications.push((kind, identifier::phone_number(kind.as_str(), text)?));
    }
    for (index, (kind, value)) in identifications.iter().enumerate() {
        if identifications[..index].contains(&(*kind, value.clone())) {
            return Err(ErrorCode::FormParameterDuplicate
                .for_parameter(kind.as_str(), format!("{value} is given twice.")));
        }
    }
    let required = request.skip_user_requirement != Some(true);
    if required && identifications.is_empty() && username.is_none() {
        return Err(ErrorCode::FormDataMissing
            .because("A user needs an email address, a phone number or a username."));
    }

    let created_at = match &request.created_at {
        Some(time) => identifier::time("created_at", time)?,
        None => cx.now,
    };
    let mut user = User {
        id: cx.new_id()?,
        external_id: external_id(request.external_id)?,
        username,
        first_name: identifier::optional_name("first_name", request.first_name)?,
        last_name: identifier::optional_name("last_name", request.last_name)?,
        locale: identifier::optional_name("locale", request.locale)?,
        public_metadata: request.public_metadata.unwrap_or_default(),
        private_metadata: request.private_metadata.unwrap_or_default(),
        unsafe_metadata: request.unsafe_metadata.unwrap_or_default(),
        banned: request.banned.unwrap_or(false),
        delete_self_enabled: request.delete_self_enabled.unwrap_or(true),
        create_organization_enabled: request.create_organization_enabled.unwrap_or(true),
        create_organizations_limit: storable(
            "create_organizations_limit",
            request.create_organizations_limit,
        )?,
        legal_accepted_at: request
            .legal_accepted_at
            .map(|time| identifier::time("legal_accepted_at", &time))
            .transpose()?,
        created_at,
        updated_at: cx.now,
        ..Default::default()
    };
    let password = NewPassword {
        password: request.password,
        digest: request.password_digest,
        hasher: request.password_hasher,
        skip_checks: request.skip_password_checks == Some(true),
    }
    .digest()
    .await?;

    let mut new_identifications = Vec::with_capacity(identifications.len());
    for (kind, value) in identifications {
        let id: IdentificationId = cx.new_id()?;
        let primary = match kind {
            IdentificationKind::EmailAddress => &mut user.primary_email_address_id,
            IdentificationKind::PhoneNumber => &mut user.primary_phone_number_id,
        };
        primary.get_or_insert_with(|| id.clone());
        new_identifications.push(NewIdentification { id, kind, value });
    }

    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .write(move |transaction| {
            // To insert and then look is safe with other servers on the database; to look and then
            // insert is not.
            if !store::insert(transaction, &user)? {
                let (external_id, username) = (&user.external_id, &user.username);
                check_unique(
                    transaction,
                    UniqueColumn::ExternalId,
                    external_id.as_deref(),
                )?;
                check_unique(transaction, UniqueColumn::Username, username.as_deref())?;
                return Err(DatabaseError::Unique.into());
            }
            let identifications = &new_identifications;
            if let Some(kind) =
                store::insert_identifications(transaction, &user.id, identifications, now)?
            {
                return Err(taken(kind.as_str()));
            }
            if let Some(password) = &password {
                store::set_password(transaction, &user.id, password, now)?;
            }
            store::get(transaction, &user.id, &images)?.ok_or_else(|| no_user(&user.id))
        })
        .await
}

async fn get(cx: Cx, request: GetUser) -> Result<User, ApiError> {
    let images = cx.images();
    cx.database()
        .read(move |transaction| {
            store::get(transaction, &request.user_id, &images)?
                .ok_or_else(|| no_user(&request.user_id))
        })
        .await
}

async fn update(cx: Cx, request: UpdateUser) -> Result<User, ApiError> {
    let username = match request.username {
        Patch::Set(text) => Patch::Set(identifier::username(&text)?),
        other => other,
    };
    let external_id = match request.external_id {
        Patch::Set(text) => external_id(Some(text))?.map_or(Patch::Null, Patch::Set),
        other => other,
    };
    let first_name = name_patch("first_name", request.first_name)?;
    let last_name = name_patch("last_name", request.last_name)?;
    let locale = name_patch("locale", request.locale)?;
    let legal_accepted_at = match request.legal_accepted_at {
        Patch::Set(time) => Patch::Set(identifier::time("legal_accepted_at", &time)?),
        Patch::Null => Patch::Null,
        Patch::Absent => Patch::Absent,
    };
    let created_at = request
        .created_at
        .map(|time| identifier::time("created_at", &time))
        .transpose()?;
    if let Patch::Set(limit) = request.create_organizations_limit {
        storable("create_organizations_limit", Some(limit))?;
    }
    let password = NewPassword {
        password: request.password,
        digest: request.password_digest,
        hasher: request.password_hasher,
        skip_checks: request.skip_password_checks == Some(true),
    }
    .digest()
    .await?;

    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .write(move |transaction| {
            let id = request.user_id;
            // What is not changed here must not be put back over another's change.
            if !store::lock(transaction, &id)? {
                return Err(no_user(&id));
            }
            let mut user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            if let Patch::Set(value) = &username
                && user.username.as_ref() != Some(value)
            {
                check_unique(transaction, UniqueColumn::Username, Some(value))?;
            }
            if let Patch::Set(value) = &external_id
                && user.external_id.as_ref() != Some(value)
            {
                check_unique(transaction, UniqueColumn::ExternalId, Some(value))?;
            }
            if let Some(primary) = request.primary_email_address_id {
                let verified = user
                    .email_addresses
                    .iter()
                    .any(|address| address.id == primary);
                check_primary("primary_email_address_id", verified)?;
                user.primary_email_address_id = Some(primary);
            }
            if let Some(primary) = request.primary_phone_number_id {
                let verified = user.phone_numbers.iter().any(|number| number.id == primary);
                check_primary("primary_phone_number_id", verified)?;
                user.primary_phone_number_id = Some(primary);
            }
            username.apply(&mut user.username);
            external_id.apply(&mut user.external_id);
            first_name.apply(&mut user.first_name);
            last_name.apply(&mut user.last_name);
            locale.apply(&mut user.locale);
            legal_accepted_at.apply(&mut user.legal_accepted_at);
            request
                .create_organizations_limit
                .apply(&mut user.create_organizations_limit);
            for (metadata, patch) in [
                (&mut user.public_metadata, request.public_metadata),
                (&mut user.private_metadata, request.private_metadata),
                (&mut user.unsafe_metadata, request.unsafe_metadata),
            ] {
                match patch {
                    Patch::Absent => {}
                    Patch::Null => metadata.clear(),
                    Patch::Set(new) => *metadata = new,
                }
            }
            user.delete_self_enabled = request
                .delete_self_enabled
                .unwrap_or(user.delete_self_enabled);
            user.create_organization_enabled = request
                .create_organization_enabled
                .unwrap_or(user.create_organization_enabled);
            user.created_at = created_at.unwrap_or(user.created_at);
            user.updated_at = now;
            store::update(transaction, &user)?;
            if let Some(password) = &password {
                store::set_password(transaction, &id, password, now)?;
                if request.sign_out_of_other_sessions == Some(true) {
                    sessions::revoke_all_of(transaction, &id, now)?;
                }
            }
            store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))
        })
        .await
}

async fn set_profile_image(cx: Cx, request: SetUserProfileImage) -> Result<User, ApiError> {
    let image = NewImage::check(&cx, request.file)?;
    replace_image(cx, request.user_id, Some(image)).await
}

async fn delete_profile_image(cx: Cx, request: DeleteUserProfileImage) -> Result<User, ApiError> {
    replace_image(cx, request.user_id, None).await
}

async fn replace_image(cx: Cx, id: UserId, image: Option<NewImage>) -> Result<User, ApiError> {
    let (images, now) = (cx.images(), cx.now);
    cx.database()
        .write(move |transaction| {
            if !images::replace(transaction, Owner::User, id.as_str(), image, now)? {
                return Err(no_user(&id));
            }
            store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))
        })
        .await
}

async fn delete(cx: Cx, request: DeleteUser) -> Result<DeletedObject, ApiError> {
    let images = cx.images();
    cx.database()
        .write(move |transaction| {
            let id = request.user_id;
            let user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            store::delete(transaction, &id)?;
            Ok(DeletedObject {
                object: "user".to_owned(),
                id: Some(id.into()),
                deleted: true,
                external_id: user.external_id,
                ..Default::default()
            })
        })
        .await
}

/// The answer for a user that is not there.
pub(crate) fn no_user(id: &UserId) -> ApiError {
    not_found("user", id)
}

/// Refuses a value of an identifier that another user has.
fn check_unique(
    transaction: &mut Transaction<'_>,
    column: UniqueColumn,
    value: Option<&str>,
) -> Result<(), ApiError> {
    let Some(value) = value else { return Ok(()) };
    if store::exists(transaction, column, value)? {
        return Err(taken(match column {
            UniqueColumn::Id => "id",
            UniqueColumn::ExternalId => "external_id",
            UniqueColumn::Username => "username",
        }));
    }
    Ok(())
}

fn taken(parameter: &str) -> ApiError {
    ErrorCode::FormIdentifierExists.for_parameter(
        parameter,
        format!(
            "That {} is taken. Try another.",
            parameter.replace('_', " ")
        ),
    )
}

fn check_primary(parameter: &str, is_theirs: bool) -> Result<(), ApiError> {
    if is_theirs {
        return Ok(());
    }
    Err(ErrorCode::FormParameterValueInvalid.for_parameter(
        parameter,
        format!("{parameter} must be a verified identifier of the user."),
    ))
}

fn external_id(text: Option<String>) -> Result<Option<String>, ApiError> {
    let text = text.filter(|text| !text.is_empty());
    if let Some(text) = &text {
        identifier::check_length("external_id", text, LONGEST_EXTERNAL_ID)?;
    }
    Ok(text)
}

fn name_patch(parameter: &str, patch: Patch<String>) -> Result<Patch<String>, ApiError> {
    Ok(match patch {
        Patch::Set(text) => {
            identifier::optional_name(parameter, Some(text))?.map_or(Patch::Null, Patch::Set)
        }
        other => other,
    })
}

/// Refuses a number that the database has no room for.
pub(crate) fn storable(parameter: &str, value: Option<u64>) -> Result<Option<u64>, ApiError> {
    value
        .map(|value| crate::context::check_range(parameter, value, 0..=i64::MAX.unsigned_abs()))
        .transpose()
}
