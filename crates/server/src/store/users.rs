//! Users and their identifications.

use std::collections::HashMap;

use ironclerk_api::Sort;
use ironclerk_api::id::{ImageId, UserId};
use ironclerk_api::organizations::PublicUserData;
use ironclerk_api::users::{User, UserFilter, UserSort};

use super::identifications::IdentificationKind;
use super::{Conditions, Images, Window, external_accounts, identifications, order_by};
use crate::database::{DatabaseError, Row, Transaction, Value};

/// How a password is stored.
pub(crate) struct PasswordDigest {
    pub digest: String,
    /// What made it, by Clerk's names, such as `argon2id` or `bcrypt`.
    pub hasher: String,
}

const COLUMNS: &str = "users.id, users.image_id, users.external_id, users.username, \
     users.first_name, users.last_name, users.locale, users.primary_email_address_id, \
     users.primary_phone_number_id, users.primary_web3_wallet_id, \
     users.password_digest IS NOT NULL, users.password_updated_at, users.totp_secret IS NOT NULL, \
     EXISTS (SELECT 1 FROM backup_codes WHERE user_id = users.id), users.mfa_enabled_at, \
     users.mfa_disabled_at, users.public_metadata, users.private_metadata, \
     users.unsafe_metadata, users.banned, users.locked_until, users.failed_attempts, \
     users.delete_self_enabled, users.create_organization_enabled, \
     users.create_organizations_limit, users.legal_accepted_at, users.bypass_client_trust, \
     users.last_sign_in_at, users.last_active_at, users.created_at, users.updated_at, \
     EXISTS (SELECT 1 FROM external_accounts WHERE user_id = users.id)";

/// How many wrong passwords or codes in a row lock a user.
pub(crate) const MOST_ATTEMPTS: i64 = 10;

/// Reads a user, and whether they have accounts at other services.
fn read(mut row: Row, images: &Images) -> Result<(User, bool), DatabaseError> {
    let id: UserId = row.next()?;
    let uploaded: Option<ImageId> = row.next()?;
    let image_url = images.url(id.as_str(), uploaded.as_ref());
    let mut user = User {
        id,
        external_id: row.next()?,
        username: row.next()?,
        first_name: row.next()?,
        last_name: row.next()?,
        locale: row.next()?,
        primary_email_address_id: row.next()?,
        primary_phone_number_id: row.next()?,
        primary_web3_wallet_id: row.next()?,
        password_enabled: row.next()?,
        password_last_updated_at: row.next()?,
        totp_enabled: row.next()?,
        backup_code_enabled: row.next()?,
        mfa_enabled_at: row.next()?,
        mfa_disabled_at: row.next()?,
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        unsafe_metadata: row.next()?,
        banned: row.next()?,
        profile_image_url: image_url.clone(),
        image_url,
        has_image: uploaded.is_some(),
        ..Default::default()
    };
    let locked_until: Option<i64> = row.next()?;
    let failed_attempts: i64 = row.next()?;
    let wait = locked_until.map_or(0, |until| until - images.now);
    user.locked = wait > 0;
    user.lockout_expires_in_seconds = user.locked.then_some((wait + 999) / 1000);
    user.verification_attempts_remaining = Some(match (user.locked, locked_until) {
        (true, _) => 0,
        (false, Some(_)) => MOST_ATTEMPTS,
        (false, None) => (MOST_ATTEMPTS - failed_attempts).max(0),
    });
    user.two_factor_enabled = user.totp_enabled;
    user.delete_self_enabled = row.next()?;
    user.create_organization_enabled = row.next()?;
    user.create_organizations_limit = row.next()?;
    user.legal_accepted_at = row.next()?;
    user.bypass_client_trust = row.next()?;
    user.last_sign_in_at = row.next()?;
    user.last_active_at = row.next()?;
    user.created_at = row.next()?;
    user.updated_at = row.next()?;
    Ok((user, row.next()?))
}

/// What other members see of a user, for a statement's list of columns.
pub(super) const PUBLIC_USER: &str = "users.id, users.image_id, users.first_name, \
     users.last_name, users.username, users.banned, COALESCE( \
         (SELECT value FROM identifications WHERE id = users.primary_email_address_id), \
         (SELECT value FROM identifications WHERE id = users.primary_phone_number_id), \
         users.username)";

/// Reads the columns of [`PUBLIC_USER`], where there is a user.
pub(super) fn read_public_user(
    row: &mut Row,
    images: &Images,
) -> Result<Option<PublicUserData>, DatabaseError> {
    let user_id: Option<UserId> = row.next()?;
    let uploaded: Option<ImageId> = row.next()?;
    let (first_name, last_name, username) = (row.next()?, row.next()?, row.next()?);
    let banned: Option<bool> = row.next()?;
    let identifier = row.next()?;
    Ok(user_id.map(|user_id| {
        let image_url = images.url(user_id.as_str(), uploaded.as_ref());
        PublicUserData {
            user_id,
            first_name,
            last_name,
            username,
            banned: banned.unwrap_or_default(),
            identifier,
            profile_image_url: Some(image_url.clone()),
            image_url,
            has_image: uploaded.is_some(),
            ..Default::default()
        }
    }))
}

/// The order of a user's parameters in `INSERT` and `UPDATE`, the id last.
fn values(user: &User) -> Vec<Value> {
    vec![
        user.external_id.as_deref().into(),
        user.username.as_deref().into(),
        user.first_name.as_deref().into(),
        user.last_name.as_deref().into(),
        user.locale.as_deref().into(),
        user.primary_email_address_id.as_ref().into(),
        user.primary_phone_number_id.as_ref().into(),
        user.primary_web3_wallet_id.as_ref().into(),
        (&user.public_metadata).into(),
        (&user.private_metadata).into(),
        (&user.unsafe_metadata).into(),
        user.banned.into(),
        user.delete_self_enabled.into(),
        user.create_organization_enabled.into(),
        user.create_organizations_limit.map(u64::cast_signed).into(),
        user.legal_accepted_at.into(),
        user.bypass_client_trust.into(),
        user.last_sign_in_at.into(),
        user.last_active_at.into(),
        user.created_at.into(),
        user.updated_at.into(),
        (&user.id).into(),
    ]
}

/// Stores a user, unless something unique of theirs is taken. The identifications are stored
/// apart.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    user: &User,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO users (external_id, username, first_name, last_name, locale,
             primary_email_address_id, primary_phone_number_id, primary_web3_wallet_id,
             public_metadata, private_metadata, unsafe_metadata, banned, delete_self_enabled,
             create_organization_enabled, create_organizations_limit, legal_accepted_at,
             bypass_client_trust, last_sign_in_at, last_active_at, created_at, updated_at, id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21, $22)
         ON CONFLICT DO NOTHING",
        &values(user),
    )?;
    Ok(inserted > 0)
}

/// Keeps a user from being changed by others until the transaction ends, and tells whether they
/// are there.
pub(crate) fn lock(transaction: &mut Transaction<'_>, id: &UserId) -> Result<bool, DatabaseError> {
    let sql = "UPDATE users SET updated_at = updated_at WHERE id = $1";
    Ok(transaction.execute(sql, &[id.into()])? > 0)
}

/// Stores what has changed of a user, but for password and identifications.
pub(crate) fn update(transaction: &mut Transaction<'_>, user: &User) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET external_id = $1, username = $2, first_name = $3, last_name = $4,
             locale = $5, primary_email_address_id = $6, primary_phone_number_id = $7,
             primary_web3_wallet_id = $8, public_metadata = $9, private_metadata = $10,
             unsafe_metadata = $11, banned = $12, delete_self_enabled = $13,
             create_organization_enabled = $14, create_organizations_limit = $15,
             legal_accepted_at = $16, bypass_client_trust = $17, last_sign_in_at = $18,
             last_active_at = $19, created_at = $20, updated_at = $21
         WHERE id = $22",
        &values(user),
    )?;
    Ok(())
}

/// Stores a user's password.
pub(crate) fn set_password(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    password: &PasswordDigest,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET password_digest = $1, password_hasher = $2, password_updated_at = $3
         WHERE id = $4",
        &[
            password.digest.as_str().into(),
            password.hasher.as_str().into(),
            now.into(),
            user.into(),
        ],
    )?;
    Ok(())
}

/// The digest of a user's password, if they have one.
pub(crate) fn password(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<Option<PasswordDigest>, DatabaseError> {
    let sql = "SELECT password_digest, password_hasher FROM users
         WHERE id = $1 AND password_digest IS NOT NULL";
    let row = transaction.query_one(sql, &[user.into()])?;
    row.map(|mut row| {
        Ok(PasswordDigest {
            digest: row.next()?,
            hasher: row.next()?,
        })
    })
    .transpose()
}

/// Puts a better digest of the same password in the place of an old one, unless the password was
/// changed meanwhile.
pub(crate) fn improve_password(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    old: &PasswordDigest,
    new: &PasswordDigest,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET password_digest = $1, password_hasher = $2
         WHERE id = $3 AND password_digest = $4",
        &[
            new.digest.as_str().into(),
            new.hasher.as_str().into(),
            user.into(),
            old.digest.as_str().into(),
        ],
    )?;
    Ok(())
}

/// Takes a user's password away.
pub(crate) fn remove_password(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET password_digest = NULL, password_hasher = NULL,
             password_updated_at = NULL, updated_at = $1
         WHERE id = $2 AND password_digest IS NOT NULL",
        &[now.into(), user.into()],
    )?;
    Ok(())
}

/// Notes that a user has signed in.
pub(crate) fn note_sign_in(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET last_sign_in_at = $1, last_active_at = $1, failed_attempts = 0
         WHERE id = $2",
        &[now.into(), user.into()],
    )?;
    Ok(())
}

/// Locks a user until a time, or unlocks them.
pub(crate) fn set_lock(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    until: Option<i64>,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET locked_until = $1, failed_attempts = 0 WHERE id = $2",
        &[until.into(), user.into()],
    )?;
    Ok(())
}

/// A user with their identifications.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &UserId,
    images: &Images,
) -> Result<Option<User>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE users.id = $1");
    let Some(row) = transaction.query_one(sql, &[id.into()])? else {
        return Ok(None);
    };
    let mut users = complete(transaction, vec![read(row, images)?])?;
    Ok(users.pop())
}

/// Whether there is a user with that value in a column that is unique.
pub(crate) fn exists(
    transaction: &mut Transaction<'_>,
    column: UniqueColumn,
    value: &str,
) -> Result<bool, DatabaseError> {
    let sql = match column {
        UniqueColumn::Id => "SELECT id FROM users WHERE id = $1",
        UniqueColumn::ExternalId => "SELECT id FROM users WHERE external_id = $1",
        UniqueColumn::Username => "SELECT id FROM users WHERE username = $1",
    };
    Ok(transaction.query_one(sql, &[value.into()])?.is_some())
}

/// The columns that tell users apart.
#[derive(Clone, Copy)]
pub(crate) enum UniqueColumn {
    Id,
    ExternalId,
    Username,
}

/// Lists users.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    filter: &UserFilter,
    sort: Sort<UserSort>,
    after: Option<(i64, UserId)>,
    window: Window,
    images: &Images,
) -> Result<Vec<User>, DatabaseError> {
    let key = match sort.key {
        UserSort::CreatedAt => "users.created_at",
        UserSort::UpdatedAt => "users.updated_at",
        UserSort::EmailAddress => PRIMARY_EMAIL_ADDRESS,
        UserSort::Web3Wallet => PRIMARY_WEB3_WALLET,
        UserSort::FirstName => "users.first_name",
        UserSort::LastName => "users.last_name",
        UserSort::PhoneNumber => PRIMARY_PHONE_NUMBER,
        UserSort::Username => "users.username",
        UserSort::LastActiveAt => "users.last_active_at",
        UserSort::LastSignInAt => "users.last_sign_in_at",
    };
    let mut conditions = Conditions::default();
    add_conditions(&mut conditions, filter);
    if let Some((created_at, id)) = after {
        let sign = if sort.descending { "<" } else { ">" };
        let (created_at, id) = (conditions.value(created_at), conditions.value(&id));
        conditions.and(&format!(
            "(users.created_at, users.id) {sign} ({created_at}, {id})"
        ));
    }
    let (rest, values) = conditions.listing(&order_by(key, sort.descending, "users.id"), window);
    let rows = transaction.query(format!("SELECT {COLUMNS} FROM users{rest}"), &values)?;
    let users: Result<Vec<_>, _> = rows.into_iter().map(|row| read(row, images)).collect();
    complete(transaction, users?)
}

/// When a user was created.
pub(crate) fn created_at(
    transaction: &mut Transaction<'_>,
    id: &UserId,
) -> Result<Option<i64>, DatabaseError> {
    let row = transaction.query_one("SELECT created_at FROM users WHERE id = $1", &[id.into()])?;
    row.map(|mut row| row.next()).transpose()
}

/// The primary email address, for sorting.
pub(super) const PRIMARY_EMAIL_ADDRESS: &str =
    "(SELECT value FROM identifications WHERE id = users.primary_email_address_id)";
/// The primary phone number, for sorting.
pub(super) const PRIMARY_PHONE_NUMBER: &str =
    "(SELECT value FROM identifications WHERE id = users.primary_phone_number_id)";

/// The primary web3 wallet, for sorting.
const PRIMARY_WEB3_WALLET: &str =
    "(SELECT value FROM identifications WHERE id = users.primary_web3_wallet_id)";

/// Counts users.
pub(crate) fn count(
    transaction: &mut Transaction<'_>,
    filter: &UserFilter,
) -> Result<u64, DatabaseError> {
    let mut conditions = Conditions::default();
    add_conditions(&mut conditions, filter);
    let (rest, values) = conditions.counting();
    match transaction.query_one(format!("SELECT count(*) FROM users{rest}"), values)? {
        Some(mut row) => row.next(),
        None => Ok(0),
    }
}

/// Deletes a user and all that is theirs, and tells whether they were there.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &UserId,
) -> Result<bool, DatabaseError> {
    transaction.execute(
        "DELETE FROM clients WHERE id IN (SELECT client_id FROM sessions WHERE user_id = $1)",
        &[id.into()],
    )?;
    super::images::replace(
        transaction,
        super::images::Owner::User,
        id.as_str(),
        None,
        0,
    )?;
    Ok(transaction.execute("DELETE FROM users WHERE id = $1", &[id.into()])? > 0)
}

/// The conditions of a filter, on a statement that reads from `users`.
pub(super) fn add_conditions(conditions: &mut Conditions, filter: &UserFilter) {
    for (kind, values) in [
        (IdentificationKind::EmailAddress, &filter.email_address),
        (IdentificationKind::PhoneNumber, &filter.phone_number),
        (IdentificationKind::Web3Wallet, &filter.web3_wallet),
    ] {
        if !values.is_empty() {
            // All are in lower case, but for wallets that tell the cases apart.
            let mut values: Vec<_> = values
                .iter()
                .flat_map(|value| [value.to_lowercase(), value.clone()])
                .collect();
            values.dedup();
            let list = conditions.list(&values);
            conditions.and(&format!(
                "users.id IN (SELECT user_id FROM identifications WHERE kind = '{}' AND value IN ({list}))",
                kind.as_str()
            ));
        }
    }
    if let Some(provider) = &filter.provider {
        let provider = conditions.value(provider);
        let list = conditions.list(&filter.provider_user_id);
        conditions.and(&format!(
            "users.id IN (SELECT user_id FROM external_accounts \
             WHERE provider = {provider} AND provider_user_id IN ({list}))"
        ));
    }
    conditions.with_and_without("users.external_id", &filter.external_id);
    conditions.one_of(
        "users.username",
        &filter
            .username
            .iter()
            .map(|name| name.to_lowercase())
            .collect::<Vec<_>>(),
    );
    conditions.with_and_without("users.id", &filter.user_id);
    conditions.with_and_without_in(&filter.organization_id, |verb, list| {
        format!(
            "users.id {verb} (SELECT user_id FROM organization_memberships WHERE organization_id IN ({list}))"
        )
    });
    for (kind, text) in [
        (
            IdentificationKind::EmailAddress,
            &filter.email_address_query,
        ),
        (IdentificationKind::PhoneNumber, &filter.phone_number_query),
    ] {
        if let Some(text) = text {
            let pattern = conditions.containing(text);
            conditions.and(&format!(
                "users.id IN (SELECT user_id FROM identifications WHERE kind = '{}' AND value {pattern})",
                kind.as_str()
            ));
        }
    }
    if let Some(text) = &filter.username_query {
        let pattern = conditions.containing(text);
        conditions.and(&format!("users.username {pattern}"));
    }
    if let Some(text) = &filter.name_query {
        let pattern = conditions.containing(text);
        conditions.and(&format!("{FULL_NAME} {pattern}"));
    }
    if let Some(text) = &filter.query {
        let pattern = conditions.containing(text);
        conditions.and(&format!(
            "(LOWER(users.id) {pattern} OR users.username {pattern} OR {FULL_NAME} {pattern} \
             OR users.id IN (SELECT user_id FROM identifications \
             WHERE kind <> 'passkey' AND value {pattern}))"
        ));
    }
    if let Some(banned) = filter.banned {
        conditions.equals("users.banned", banned);
    }
    let since = filter
        .last_active_at_since
        .map(|time| time.saturating_sub(1));
    conditions.between("users.last_active_at", since, None);
    conditions.between(
        "users.last_active_at",
        filter.last_active_at_after,
        filter.last_active_at_before,
    );
    conditions.between(
        "users.created_at",
        filter.created_at_after,
        filter.created_at_before,
    );
    conditions.between(
        "users.last_sign_in_at",
        filter.last_sign_in_at_after,
        filter.last_sign_in_at_before,
    );
}

const FULL_NAME: &str =
    "LOWER(COALESCE(users.first_name, '') || ' ' || COALESCE(users.last_name, ''))";

/// Puts in what users have beside their own row.
fn complete(
    transaction: &mut Transaction<'_>,
    users: Vec<(User, bool)>,
) -> Result<Vec<User>, DatabaseError> {
    let has_accounts = users.iter().any(|(_, has_accounts)| *has_accounts);
    let mut users: Vec<_> = users.into_iter().map(|(user, _)| user).collect();
    if users.is_empty() {
        return Ok(users);
    }
    let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
    let mut by_id: HashMap<UserId, &mut User> = users
        .iter_mut()
        .map(|user| (user.id.clone(), user))
        .collect();
    identifications::add(transaction, &ids, &mut by_id)?;
    if has_accounts {
        external_accounts::add(transaction, &ids, &mut by_id)?;
    }
    Ok(users)
}
