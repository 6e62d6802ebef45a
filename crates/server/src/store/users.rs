//! Users and their identifications.

use std::collections::HashMap;

use ironclerk_api::Sort;
use ironclerk_api::id::{IdentificationId, ImageId, UserId};
use ironclerk_api::organizations::PublicUserData;
use ironclerk_api::users::{EmailAddress, PhoneNumber, User, UserFilter, UserSort, Verification};

use super::{Conditions, Images, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction, Value};

/// How a password is stored.
pub(crate) struct PasswordDigest {
    pub digest: String,
    /// What made it, by Clerk's names, such as `argon2id` or `bcrypt`.
    pub hasher: String,
}

/// The kinds of identification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentificationKind {
    EmailAddress,
    PhoneNumber,
}

impl IdentificationKind {
    /// The name, which is that of the parameter too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EmailAddress => "email_address",
            Self::PhoneNumber => "phone_number",
        }
    }
}

const COLUMNS: &str = "users.id, users.image_id, users.external_id, users.username, users.first_name, \
     users.last_name, users.locale, users.primary_email_address_id, \
     users.primary_phone_number_id, users.password_digest IS NOT NULL, \
     users.password_updated_at, users.public_metadata, users.private_metadata, \
     users.unsafe_metadata, users.banned, users.delete_self_enabled, \
     users.create_organization_enabled, users.create_organizations_limit, \
     users.legal_accepted_at, users.last_sign_in_at, users.last_active_at, users.created_at, \
     users.updated_at";

fn read(mut row: Row, images: &Images) -> Result<User, DatabaseError> {
    let id: UserId = row.next()?;
    let uploaded: Option<ImageId> = row.next()?;
    let image_url = images.url(id.as_str(), uploaded.as_ref());
    Ok(User {
        id,
        external_id: row.next()?,
        username: row.next()?,
        first_name: row.next()?,
        last_name: row.next()?,
        locale: row.next()?,
        primary_email_address_id: row.next()?,
        primary_phone_number_id: row.next()?,
        password_enabled: row.next()?,
        password_last_updated_at: row.next()?,
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        unsafe_metadata: row.next()?,
        banned: row.next()?,
        delete_self_enabled: row.next()?,
        create_organization_enabled: row.next()?,
        create_organizations_limit: row.next()?,
        legal_accepted_at: row.next()?,
        last_sign_in_at: row.next()?,
        last_active_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        profile_image_url: image_url.clone(),
        image_url,
        has_image: uploaded.is_some(),
        ..Default::default()
    })
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
        (&user.public_metadata).into(),
        (&user.private_metadata).into(),
        (&user.unsafe_metadata).into(),
        user.banned.into(),
        user.delete_self_enabled.into(),
        user.create_organization_enabled.into(),
        user.create_organizations_limit.map(u64::cast_signed).into(),
        user.legal_accepted_at.into(),
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
             primary_email_address_id, primary_phone_number_id, public_metadata,
             private_metadata, unsafe_metadata, banned, delete_self_enabled,
             create_organization_enabled, create_organizations_limit, legal_accepted_at,
             last_sign_in_at, last_active_at, created_at, updated_at, id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20)
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
             public_metadata = $8, private_metadata = $9, unsafe_metadata = $10, banned = $11,
             delete_self_enabled = $12, create_organization_enabled = $13,
             create_organizations_limit = $14, legal_accepted_at = $15, last_sign_in_at = $16,
             last_active_at = $17, created_at = $18, updated_at = $19
         WHERE id = $20",
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

/// An identification of a user who is just being made.
pub(crate) struct NewIdentification {
    pub id: IdentificationId,
    pub kind: IdentificationKind,
    pub value: String,
}

/// Stores the identifications of a user, in their order, and answers the kind of the first that is
/// taken.
pub(crate) fn insert_identifications(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    identifications: &[NewIdentification],
    now: i64,
) -> Result<Option<IdentificationKind>, DatabaseError> {
    let mut in_order: Vec<_> = (0_i64..).zip(identifications).collect();
    // The same order for all users, so that no two of them wait for each other.
    in_order.sort_by(|(_, one), (_, other)| {
        (one.kind.as_str(), &one.value).cmp(&(other.kind.as_str(), &other.value))
    });
    for (ordinal, identification) in in_order {
        let inserted = transaction.execute(
            "INSERT INTO identifications (id, user_id, kind, value, verified,
                 verification_strategy, ordinal, created_at, updated_at)
             VALUES ($1, $2, $3, $4, TRUE, 'admin', $5, $6, $7)
             ON CONFLICT DO NOTHING",
            &[
                (&identification.id).into(),
                user.into(),
                identification.kind.as_str().into(),
                (&identification.value).into(),
                ordinal.into(),
                now.into(),
                now.into(),
            ],
        )?;
        if inserted == 0 {
            return Ok(Some(identification.kind));
        }
    }
    Ok(None)
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
    let mut users = [read(row, images)?];
    add_identifications(transaction, &mut users)?;
    let [user] = users;
    Ok(Some(user))
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
    window: Window,
    images: &Images,
) -> Result<Vec<User>, DatabaseError> {
    let key = match sort.key {
        UserSort::CreatedAt => "users.created_at",
        UserSort::UpdatedAt => "users.updated_at",
        UserSort::EmailAddress => PRIMARY_EMAIL_ADDRESS,
        // No wallets are stored yet, so that they sort by age.
        UserSort::Web3Wallet => "users.created_at",
        UserSort::FirstName => "users.first_name",
        UserSort::LastName => "users.last_name",
        UserSort::PhoneNumber => PRIMARY_PHONE_NUMBER,
        UserSort::Username => "users.username",
        UserSort::LastActiveAt => "users.last_active_at",
        UserSort::LastSignInAt => "users.last_sign_in_at",
    };
    let mut conditions = Conditions::default();
    add_conditions(&mut conditions, filter);
    let (rest, values) = conditions.listing(&order_by(key, sort.descending, "users.id"), window);
    let rows = transaction.query(format!("SELECT {COLUMNS} FROM users{rest}"), &values)?;
    let users: Result<Vec<_>, _> = rows.into_iter().map(|row| read(row, images)).collect();
    let mut users = users?;
    add_identifications(transaction, &mut users)?;
    Ok(users)
}

/// The primary email address, for sorting.
pub(super) const PRIMARY_EMAIL_ADDRESS: &str =
    "(SELECT value FROM identifications WHERE id = users.primary_email_address_id)";
/// The primary phone number, for sorting.
pub(super) const PRIMARY_PHONE_NUMBER: &str =
    "(SELECT value FROM identifications WHERE id = users.primary_phone_number_id)";

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
    ] {
        if !values.is_empty() {
            let values: Vec<_> = values.iter().map(|value| value.to_lowercase()).collect();
            let list = conditions.list(&values);
            conditions.and(&format!(
                "users.id IN (SELECT user_id FROM identifications WHERE kind = '{}' AND value IN ({list}))",
                kind.as_str()
            ));
        }
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
             OR users.id IN (SELECT user_id FROM identifications WHERE value {pattern}))"
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

/// Reads the identifications of users and puts them in, the oldest first.
fn add_identifications(
    transaction: &mut Transaction<'_>,
    users: &mut [User],
) -> Result<(), DatabaseError> {
    if users.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
    let mut conditions = Conditions::default();
    conditions.one_of("user_id", &ids);
    let (rest, values) = conditions.counting();
    let sql = format!(
        "SELECT user_id, kind, id, value, verified, verification_strategy, created_at, updated_at
         FROM identifications{rest} ORDER BY created_at, ordinal"
    );
    let mut by_id: HashMap<UserId, &mut User> = users
        .iter_mut()
        .map(|user| (user.id.clone(), user))
        .collect();
    for mut row in transaction.query(sql, values)? {
        let user_id: UserId = row.next()?;
        let Some(user) = by_id.get_mut(&user_id) else {
            continue;
        };
        let kind: String = row.next()?;
        let id: IdentificationId = row.next()?;
        let value: String = row.next()?;
        let verification = verification(row.next()?, row.next()?);
        let (created_at, updated_at) = (row.next()?, row.next()?);
        if kind == IdentificationKind::EmailAddress.as_str() {
            user.email_addresses.push(EmailAddress {
                id,
                email_address: value,
                verification,
                created_at,
                updated_at,
                ..Default::default()
            });
        } else {
            user.phone_numbers.push(PhoneNumber {
                id,
                phone_number: value,
                verification,
                created_at,
                updated_at,
                ..Default::default()
            });
        }
    }
    Ok(())
}

fn verification(verified: bool, strategy: Option<String>) -> Option<Verification> {
    let strategy = strategy?;
    Some(Verification {
        object: Some(format!("verification_{strategy}")),
        status: if verified { "verified" } else { "unverified" }.to_owned(),
        strategy,
        ..Default::default()
    })
}
