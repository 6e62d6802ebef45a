//! Accounts of users at other services.

use std::collections::HashMap;

use ironclerk_api::id::{ExternalAccountId, UserId};
use ironclerk_api::users::{ExternalAccount, OAuthAccessToken, User, Verification};
use ironclerk_api::{Page, Secret};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

/// The tokens with which an application acts at a service.
pub(crate) struct ServiceTokens {
    pub access_token: String,
    pub token_secret: Option<String>,
    pub id_token: Option<String>,
    /// In ms since the epoch.
    pub expires_at: Option<i64>,
}

const COLUMNS: &str = "user_id, id, identification_id, provider, provider_user_id, \
     approved_scopes, email_address, email_address_verified, first_name, last_name, image_url, \
     username, phone_number, label, public_metadata, created_at, updated_at";

fn read(mut row: Row) -> Result<(UserId, ExternalAccount), DatabaseError> {
    let user = row.next()?;
    let mut account = ExternalAccount {
        id: row.next()?,
        identification_id: row.next()?,
        provider: row.next()?,
        provider_user_id: row.next()?,
        approved_scopes: row.next()?,
        email_address: row.next()?,
        email_address_verified: row.next()?,
        first_name: row.next()?,
        last_name: row.next()?,
        image_url: row.next()?,
        username: row.next()?,
        phone_number: row.next()?,
        label: row.next()?,
        public_metadata: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    };
    account.avatar_url = account.image_url.clone();
    account.verification = Some(Verification {
        object: Some("verification_oauth".to_owned()),
        status: "verified".to_owned(),
        strategy: account.provider.clone(),
        ..Default::default()
    });
    Ok((user, account))
}

/// Stores an account, unless somebody has connected it already.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    account: &ExternalAccount,
    tokens: Option<&ServiceTokens>,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO external_accounts (user_id, id, identification_id, provider,
             provider_user_id, approved_scopes, email_address, email_address_verified, first_name,
             last_name, image_url, username, phone_number, label, public_metadata, access_token,
             token_secret, id_token, token_expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19, $20, $21)
         ON CONFLICT DO NOTHING",
        &[
            user.into(),
            (&account.id).into(),
            (&account.identification_id).into(),
            account.provider.as_str().into(),
            account.provider_user_id.as_str().into(),
            account.approved_scopes.as_str().into(),
            account.email_address.as_str().into(),
            account.email_address_verified.into(),
            account.first_name.as_str().into(),
            account.last_name.as_str().into(),
            account.image_url.as_deref().into(),
            account.username.as_deref().into(),
            account.phone_number.as_deref().into(),
            account.label.as_deref().into(),
            (&account.public_metadata).into(),
            tokens.map(|tokens| tokens.access_token.as_str()).into(),
            tokens
                .and_then(|tokens| tokens.token_secret.as_deref())
                .into(),
            tokens.and_then(|tokens| tokens.id_token.as_deref()).into(),
            tokens.and_then(|tokens| tokens.expires_at).into(),
            account.created_at.into(),
            account.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Deletes an account of a user, and tells whether it was there.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    id: &ExternalAccountId,
) -> Result<bool, DatabaseError> {
    let sql = "DELETE FROM external_accounts WHERE id = $1 AND user_id = $2";
    Ok(transaction.execute(sql, &[id.into(), user.into()])? > 0)
}

/// The tokens of a user at a service, the oldest account first.
pub(crate) fn access_tokens(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    provider: &str,
    window: Window,
) -> Result<Page<OAuthAccessToken>, DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.equals("user_id", user);
    conditions.equals("provider", provider);
    conditions.and("access_token IS NOT NULL");
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT count(*) FROM external_accounts{rest}");
    let total_count = match transaction.query_one(sql, values)? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let (rest, values) = conditions.listing(&order_by("created_at", false, "id"), window);
    let sql = format!(
        "SELECT id, provider, provider_user_id, label, public_metadata, approved_scopes,
             access_token, token_secret, id_token, token_expires_at
         FROM external_accounts{rest}"
    );
    let read = |mut row: Row| {
        let mut token = OAuthAccessToken {
            external_account_id: row.next()?,
            provider: row.next()?,
            provider_user_id: row.next()?,
            label: row.next()?,
            public_metadata: row.next()?,
            ..Default::default()
        };
        let scopes: String = row.next()?;
        token.scopes = Some(scopes.split_whitespace().map(str::to_owned).collect());
        token.token = row.next::<String>()?.into();
        token.token_secret = row.next::<Option<String>>()?.map(Secret::from);
        token.id_token = row.next::<Option<String>>()?.map(Secret::from);
        token.expires_at = row.next()?;
        Ok::<_, DatabaseError>(token)
    };
    let data: Result<Vec<_>, _> = transaction
        .query(sql, &values)?
        .into_iter()
        .map(read)
        .collect();
    Ok(Page {
        data: data?,
        total_count,
    })
}

/// Reads the accounts of users and puts them in, the oldest first.
pub(super) fn add(
    transaction: &mut Transaction<'_>,
    ids: &[String],
    users: &mut HashMap<UserId, &mut User>,
) -> Result<(), DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.one_of("user_id", ids);
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT {COLUMNS} FROM external_accounts{rest} ORDER BY created_at, id");
    for row in transaction.query(sql, values)? {
        let (user, account) = read(row)?;
        if let Some(user) = users.get_mut(&user) {
            user.external_accounts.push(account);
        }
    }
    Ok(())
}
