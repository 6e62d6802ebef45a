//! Users.

use bytes::Bytes;
use ironclerk_api::id::{IdentificationId, UserId};
use ironclerk_api::users::{
    BanUser, BanUsers, CountUsers, CreateUser, DeleteUser, DeleteUserProfileImage, GetUser,
    IdentificationStatus, ListUsers, LockUser, MergeUserMetadata, RemovePassword,
    ReplaceUserMetadata, SetUserProfileImage, UnbanUser, UnbanUsers, UnlockUser, UpdateUser, User,
    UserFilter, UserSort, Verification, VerifiedPassword, VerifyPassword,
};
use ironclerk_api::value::{DeletedObject, TotalCount};
use ironclerk_api::{ApiError, ErrorCode, Patch, Sort};

use crate::context::{Cx, deleted, not_found, taken, window};
use crate::database::{DatabaseError, Recalled, Transaction};
use crate::http::{Routes, encode};
use crate::images::NewImage;
use crate::password::{self, NewPassword};
use crate::second_factors::NewSecondFactors;
use crate::store::identifications::{self, Identification, IdentificationKind};
use crate::store::images::{self, Owner};
use crate::store::users::{self as store, PasswordDigest, UniqueColumn};
use crate::store::{Images, sessions};
use crate::webhooks::Events;
use crate::{identifier, metadata, restrictions};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(count)
        .on(create)
        .on_encoded(get)
        .on(update)
        .on(merge_metadata)
        .on(replace_metadata)
        .on(ban)
        .on(unban)
        .on(ban_many)
        .on(unban_many)
        .on(lock)
        .on(unlock)
        .on(verify_password)
        .on(remove_password)
        .on(set_profile_image)
        .on(delete_profile_image)
        .on(delete)
}

/// How many values a filter may have for one parameter.
const MOST_VALUES: usize = 100;
/// For how long a user is locked, in ms: an hour, Clerk's default.
const LOCKOUT: i64 = 60 * 60 * 1000;
/// How many users can be banned at once.
const MOST_AT_ONCE: usize = 50;
/// The longest id that an application may give, in characters.
const LONGEST_EXTERNAL_ID: usize = 256;

pub(crate) async fn list(cx: Cx, request: ListUsers) -> Result<Vec<User>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_filter(&request.filter)?;
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(UserSort::CreatedAt));
    let is_cursor_possible = sort.key == UserSort::CreatedAt && window.offset == 0;
    if request.starting_after.is_some() && !is_cursor_possible {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "starting_after",
            "starting_after needs users sorted by created_at, and no offset.",
        ));
    }
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            let after =
                request
                    .starting_after
                    .map(|id| match store::created_at(transaction, &id)? {
                        Some(created_at) => Ok((created_at, id)),
                        None => Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                            "starting_after",
                            format!("There is no user with the id {id}."),
                        )),
                    });
            let (filter, after) = (&request.filter, after.transpose()?);
            Ok(store::list(
                transaction,
                filter,
                sort,
                after,
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
        ("web3_wallet", &filter.web3_wallet),
        ("provider_user_id", &filter.provider_user_id),
    ] {
        check_values(parameter, values)?;
    }
    let missing = match (&filter.provider, filter.provider_user_id.is_empty()) {
        (Some(_), true) => "provider_user_id",
        (None, false) => "provider",
        _ => return Ok(()),
    };
    Err(ErrorCode::FormConditionalParameterMissing.for_parameter(
        missing,
        "provider and provider_user_id can only be given together.",
    ))
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
    let new = NewUser::check(&cx, request).await?;
    let images = cx.images();
    cx.database()
        .write(move |transaction| {
            let given = new.identifications.iter().map(|one| one.value.as_str());
            restrictions::check_sign_up(transaction, given)?;
            new.store(transaction, &images)
        })
        .await
}

/// A user who may be stored.
pub(crate) struct NewUser {
    pub user: User,
    pub identifications: Vec<Identification>,
    password: Option<PasswordDigest>,
    second_factors: NewSecondFactors,
    locked: bool,
    events: Events,
}

impl NewUser {
    /// Checks a request, and makes the ids and digests that the user gets.
    pub(crate) async fn check(cx: &Cx, request: CreateUser) -> Result<Self, ApiError> {
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
        for text in &request.web3_wallet {
            let kind = IdentificationKind::Web3Wallet;
            identifications.push((kind, identifier::web3_wallet(kind.as_str(), text)?));
        }
        let reserved = [
            reserved(
                "email_address_identification_status",
                &request.email_address_identification_status,
                request.email_address.len(),
            )?,
            reserved(
                "phone_number_identification_status",
                &request.phone_number_identification_status,
                request.phone_number.len(),
            )?,
            vec![false; request.web3_wallet.len()],
        ]
        .concat();
        for (index, (kind, value)) in identifications.iter().enumerate() {
            if identifications[..index].contains(&(*kind, value.clone())) {
                return Err(ErrorCode::FormParameterDuplicate
                    .for_parameter(kind.as_str(), format!("{value} is given twice.")));
            }
        }
        let required = request.skip_user_requirement != Some(true);
        if required && identifications.is_empty() && username.is_none() {
            return Err(ErrorCode::FormDataMissing.because(
                "A user needs an email address, a phone number, a web3 wallet or a username.",
            ));
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
            bypass_client_trust: request.bypass_client_trust.unwrap_or(false),
            created_at,
            updated_at: cx.now,
            ..Default::default()
        };
        let second_factors =
            NewSecondFactors::check(request.totp_secret.as_ref(), request.backup_codes).await?;
        let locked = request.locked == Some(true);
        let password = NewPassword {
            password: request.password,
            digest: request.password_digest,
            hasher: request.password_hasher,
            skip_checks: request.skip_password_checks == Some(true),
        }
        .digest()
        .await?;

        let mut new_identifications = Vec::with_capacity(identifications.len());
        for ((kind, value), reserved) in identifications.into_iter().zip(reserved) {
            let id: IdentificationId = cx.new_id()?;
            if let Some(primary) = kind.primary_of(&mut user) {
                primary.get_or_insert_with(|| id.clone());
            }
            let new = Identification::new(id, user.id.clone(), kind, value, cx.now);
            new_identifications.push(match reserved {
                false => new,
                true => Identification {
                    verified: false,
                    strategy: None,
                    reserved,
                    ..new
                },
            });
        }

        Ok(Self {
            user,
            identifications: new_identifications,
            password,
            second_factors,
            locked,
            events: cx.events(),
        })
    }

    /// Stores the user, unless an identifier is taken.
    pub(crate) fn store(
        self,
        transaction: &mut Transaction<'_>,
        images: &Images,
    ) -> Result<User, ApiError> {
        let (user, now) = (self.user, images.now);
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
            return Err(DatabaseError::Unique(None).into());
        }
        if let Some(kind) = identifications::insert(transaction, &self.identifications)? {
            return Err(taken(kind.as_str()));
        }
        for new in &self.identifications {
            if new.kind == IdentificationKind::EmailAddress {
                restrictions::check_email_address(transaction, &new.value)?;
            }
        }
        if let Some(password) = &self.password {
            store::set_password(transaction, &user.id, password, now)?;
        }
        self.second_factors.store(transaction, &user.id, now)?;
        if self.locked {
            store::set_lock(transaction, &user.id, Some(now + LOCKOUT))?;
        }
        let user = store::get(transaction, &user.id, images)?.ok_or_else(|| no_user(&user.id))?;
        Ok(self.events.about(transaction, "user.created", user)?)
    }
}

/// Applications read their visitor for every page, so this is read from memory where it can be.
async fn get(cx: Cx, request: GetUser) -> Result<Bytes, ApiError> {
    let images = cx.images();
    cx.database()
        .recall(format!("user {}", request.user_id), move |transaction| {
            let user = store::get(transaction, &request.user_id, &images)?
                .ok_or_else(|| no_user(&request.user_id))?;
            Ok::<_, ApiError>(Recalled {
                answer: encode(&user)?,
                // How long it is until a user is unlocked changes by itself.
                is_lasting: !user.locked,
            })
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
    let second_factors =
        NewSecondFactors::check(request.totp_secret.as_ref(), request.backup_codes).await?;
    let password = NewPassword {
        password: request.password,
        digest: request.password_digest,
        hasher: request.password_hasher,
        skip_checks: request.skip_password_checks == Some(true),
    }
    .digest()
    .await?;

    let (shown_by, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let id = request.user_id;
            // What is not changed here must not be put back over another's change.
            if !store::lock(transaction, &id)? {
                return Err(no_user(&id));
            }
            let mut user = store::get(transaction, &id, &shown_by)?.ok_or_else(|| no_user(&id))?;
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
            let is_verified = |verification: &Option<Verification>| {
                verification
                    .as_ref()
                    .is_some_and(|verification| verification.status == "verified")
            };
            if let Some(primary) = request.primary_email_address_id {
                let mut addresses = user.email_addresses.iter();
                let is_theirs =
                    addresses.any(|it| it.id == primary && is_verified(&it.verification));
                check_primary("primary_email_address_id", is_theirs)?;
                user.primary_email_address_id = Some(primary);
            }
            if let Some(primary) = request.primary_phone_number_id {
                let mut numbers = user.phone_numbers.iter();
                let is_theirs = numbers.any(|it| it.id == primary && is_verified(&it.verification));
                check_primary("primary_phone_number_id", is_theirs)?;
                user.primary_phone_number_id = Some(primary);
            }
            if let Some(primary) = request.primary_web3_wallet_id {
                let mut wallets = user.web3_wallets.iter();
                let is_theirs = wallets.any(|it| it.id == primary && is_verified(&it.verification));
                check_primary("primary_web3_wallet_id", is_theirs)?;
                user.primary_web3_wallet_id = Some(primary);
            }
            if let Some(image) = request.profile_image_id
                && !images::set(transaction, Owner::User, id.as_str(), &image)?
            {
                return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                    "profile_image_id",
                    format!("There is no image with the id {image}."),
                ));
            }
            user.bypass_client_trust = request
                .bypass_client_trust
                .unwrap_or(user.bypass_client_trust);
            username.apply(&mut user.username);
            external_id.apply(&mut user.external_id);
            first_name.apply(&mut user.first_name);
            last_name.apply(&mut user.last_name);
            locale.apply(&mut user.locale);
            legal_accepted_at.apply(&mut user.legal_accepted_at);
            request
                .create_organizations_limit
                .apply(&mut user.create_organizations_limit);
            metadata::replace(&mut user.public_metadata, request.public_metadata);
            metadata::replace(&mut user.private_metadata, request.private_metadata);
            metadata::replace(&mut user.unsafe_metadata, request.unsafe_metadata);
            user.delete_self_enabled = request
                .delete_self_enabled
                .unwrap_or(user.delete_self_enabled);
            user.create_organization_enabled = request
                .create_organization_enabled
                .unwrap_or(user.create_organization_enabled);
            user.created_at = created_at.unwrap_or(user.created_at);
            user.updated_at = now;
            store::update(transaction, &user)?;
            second_factors.store(transaction, &id, now)?;
            if let Some(password) = &password {
                store::set_password(transaction, &id, password, now)?;
                if request.sign_out_of_other_sessions == Some(true) {
                    sessions::revoke_all_of(transaction, &id, now)?;
                }
            }
            let user = store::get(transaction, &id, &shown_by)?.ok_or_else(|| no_user(&id))?;
            Ok(events.about(transaction, "user.updated", user)?)
        })
        .await
}

async fn merge_metadata(cx: Cx, request: MergeUserMetadata) -> Result<User, ApiError> {
    change(cx, request.user_id, move |user| {
        for (parameter, current, update) in [
            (
                "public_metadata",
                &mut user.public_metadata,
                request.public_metadata,
            ),
            (
                "private_metadata",
                &mut user.private_metadata,
                request.private_metadata,
            ),
            (
                "unsafe_metadata",
                &mut user.unsafe_metadata,
                request.unsafe_metadata,
            ),
        ] {
            metadata::merge(parameter, current, update)?;
        }
        Ok(())
    })
    .await
}

async fn replace_metadata(cx: Cx, request: ReplaceUserMetadata) -> Result<User, ApiError> {
    change(cx, request.user_id, move |user| {
        for (metadata, new) in [
            (&mut user.public_metadata, request.public_metadata),
            (&mut user.private_metadata, request.private_metadata),
            (&mut user.unsafe_metadata, request.unsafe_metadata),
        ] {
            if let Some(new) = new {
                *metadata = new;
            }
        }
        Ok(())
    })
    .await
}

/// Changes what is in a user's own row.
async fn change(
    cx: Cx,
    id: UserId,
    work: impl FnOnce(&mut User) -> Result<(), ApiError> + Send + 'static,
) -> Result<User, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            if !store::lock(transaction, &id)? {
                return Err(no_user(&id));
            }
            let mut user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            work(&mut user)?;
            user.updated_at = now;
            store::update(transaction, &user)?;
            Ok(events.about(transaction, "user.updated", user)?)
        })
        .await
}

async fn ban(cx: Cx, request: BanUser) -> Result<User, ApiError> {
    only(set_banned(cx, vec![request.user_id], true).await?)
}

async fn unban(cx: Cx, request: UnbanUser) -> Result<User, ApiError> {
    only(set_banned(cx, vec![request.user_id], false).await?)
}

async fn ban_many(cx: Cx, request: BanUsers) -> Result<Vec<User>, ApiError> {
    check_many(&request.user_ids)?;
    set_banned(cx, request.user_ids, true).await
}

async fn unban_many(cx: Cx, request: UnbanUsers) -> Result<Vec<User>, ApiError> {
    check_many(&request.user_ids)?;
    set_banned(cx, request.user_ids, false).await
}

/// The one user of a list.
fn only(mut users: Vec<User>) -> Result<User, ApiError> {
    users
        .pop()
        .ok_or_else(|| ErrorCode::Internal.because("The user was not changed."))
}

/// Refuses a list of users that is empty or too long to change at once.
fn check_many(ids: &[UserId]) -> Result<(), ApiError> {
    if ids.is_empty() {
        return Err(ErrorCode::FormParameterMissing
            .for_parameter("user_ids", "user_ids must name at least one user."));
    }
    if ids.len() > MOST_AT_ONCE {
        return Err(ErrorCode::BulkSizeExceeded.for_parameter(
            "user_ids",
            format!("user_ids can name {MOST_AT_ONCE} users at the most."),
        ));
    }
    Ok(())
}

/// Bans users or lets them in again: all of them or none.
async fn set_banned(cx: Cx, mut ids: Vec<UserId>, banned: bool) -> Result<Vec<User>, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    // Whoever is named twice is changed once, and two requests lock their users in one order.
    ids.sort();
    ids.dedup();
    cx.database()
        .write(move |transaction| {
            let mut users = Vec::with_capacity(ids.len());
            for id in ids {
                if !store::lock(transaction, &id)? {
                    return Err(no_user(&id));
                }
                let mut user =
                    store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
                user.banned = banned;
                user.updated_at = now;
                store::update(transaction, &user)?;
                if banned {
                    sessions::revoke_all_of(transaction, &id, now)?;
                }
                users.push(events.about(transaction, "user.updated", user)?);
            }
            Ok(users)
        })
        .await
}

async fn lock(cx: Cx, request: LockUser) -> Result<User, ApiError> {
    let until = cx.now + LOCKOUT;
    set_lock(cx, request.user_id, Some(until)).await
}

async fn unlock(cx: Cx, request: UnlockUser) -> Result<User, ApiError> {
    set_lock(cx, request.user_id, None).await
}

async fn set_lock(cx: Cx, id: UserId, until: Option<i64>) -> Result<User, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            if !store::lock(transaction, &id)? {
                return Err(no_user(&id));
            }
            store::set_lock(transaction, &id, until)?;
            identifications::touch(transaction, &id, now)?;
            let user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            Ok(events.about(transaction, "user.updated", user)?)
        })
        .await
}

async fn verify_password(cx: Cx, request: VerifyPassword) -> Result<VerifiedPassword, ApiError> {
    let id = request.user_id;
    let asked = id.clone();
    let stored = cx
        .database()
        .read(move |transaction| {
            if !store::exists(transaction, UniqueColumn::Id, asked.as_str())? {
                return Err(no_user(&asked));
            }
            store::password(transaction, &asked)?
                .ok_or_else(|| ErrorCode::NoPasswordSet.because("The user has no password."))
        })
        .await?;
    let (is_right, better) = password::verify(request.password, &stored).await?;
    if !is_right {
        return Err(
            ErrorCode::IncorrectPassword.for_parameter("password", "The password is incorrect.")
        );
    }
    if let Some(better) = better {
        cx.database()
            .write(move |transaction| {
                store::improve_password(transaction, &id, &stored, &better).map_err(ApiError::from)
            })
            .await?;
    }
    Ok(VerifiedPassword { verified: true })
}

async fn remove_password(cx: Cx, request: RemovePassword) -> Result<User, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let id = request.user_id;
            if !store::lock(transaction, &id)? {
                return Err(no_user(&id));
            }
            store::remove_password(transaction, &id, now)?;
            if request.sign_out_of_other_sessions == Some(true) {
                sessions::revoke_all_of(transaction, &id, now)?;
            }
            let user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            Ok(events.about(transaction, "user.updated", user)?)
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
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            if !images::replace(transaction, Owner::User, id.as_str(), image, now)? {
                return Err(no_user(&id));
            }
            let user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            Ok(events.about(transaction, "user.updated", user)?)
        })
        .await
}

async fn delete(cx: Cx, request: DeleteUser) -> Result<DeletedObject, ApiError> {
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            let id = request.user_id;
            let user = store::get(transaction, &id, &images)?.ok_or_else(|| no_user(&id))?;
            store::delete(transaction, &id)?;
            let left = DeletedObject {
                external_id: user.external_id,
                ..deleted("user", id)
            };
            Ok(events.about(transaction, "user.deleted", left)?)
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

/// Which of the identifiers of a kind are reserved, not verified.
fn reserved(
    parameter: &str,
    statuses: &[IdentificationStatus],
    count: usize,
) -> Result<Vec<bool>, ApiError> {
    let refuse =
        |reason: String| Err(ErrorCode::FormParameterValueInvalid.for_parameter(parameter, reason));
    if statuses.is_empty() {
        return Ok(vec![false; count]);
    }
    if statuses.len() != count {
        return refuse(format!(
            "{parameter} must have one item for each identifier."
        ));
    }
    let mut reserved = Vec::with_capacity(count);
    for status in statuses {
        reserved.push(match status {
            IdentificationStatus::Verified => false,
            IdentificationStatus::Reserved => true,
            other => {
                return refuse(format!(
                    "{parameter} must be verified or reserved, not {other}."
                ));
            }
        });
    }
    Ok(reserved)
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

pub(crate) fn external_id(text: Option<String>) -> Result<Option<String>, ApiError> {
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
