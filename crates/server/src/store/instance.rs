//! The instance and its signing keys.

use ironclerk_api::id::InstanceId;

use crate::database::{DatabaseError, Row, Transaction};
use crate::settings::Settings;

/// The instance as it is stored.
pub(crate) struct StoredInstance {
    pub id: InstanceId,
    /// `development` or `production`.
    pub kind: String,
    pub secret_key: String,
}

/// The instance, if there is one yet.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
) -> Result<Option<StoredInstance>, DatabaseError> {
    let row = transaction.query_one("SELECT id, kind, secret_key FROM instance", &[])?;
    row.map(|mut row| {
        Ok(StoredInstance {
            id: row.next()?,
            kind: row.next()?,
            secret_key: row.next()?,
        })
    })
    .transpose()
}

/// Stores the instance, unless there is one.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    instance: &StoredInstance,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO instance (id, only_one, kind, secret_key, created_at)
         VALUES ($1, 1, $2, $3, $4) ON CONFLICT DO NOTHING",
        &[
            (&instance.id).into(),
            instance.kind.as_str().into(),
            instance.secret_key.as_str().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Replaces the secret key.
pub(crate) fn set_secret_key(
    transaction: &mut Transaction<'_>,
    secret_key: &str,
) -> Result<(), DatabaseError> {
    transaction.execute("UPDATE instance SET secret_key = $1", &[secret_key.into()])?;
    Ok(())
}

/// A signing key as it is stored.
pub(crate) struct StoredSigningKey {
    pub id: String,
    /// In PEM.
    pub private_key: String,
    /// In ms since the epoch.
    pub signs_from: i64,
    /// In ms since the epoch.
    pub verifies_until: Option<i64>,
}

/// The signing keys, the last first.
pub(crate) fn signing_keys(
    transaction: &mut Transaction<'_>,
) -> Result<Vec<StoredSigningKey>, DatabaseError> {
    let rows = transaction.query(
        "SELECT kid, private_key, signs_from, verifies_until FROM signing_keys
         ORDER BY signs_from DESC, created_at DESC, kid",
        &[],
    )?;
    let read = |mut row: Row| {
        Ok(StoredSigningKey {
            id: row.next()?,
            private_key: row.next()?,
            signs_from: row.next()?,
            verifies_until: row.next()?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Stores a signing key, unless the key id is taken.
pub(crate) fn insert_signing_key(
    transaction: &mut Transaction<'_>,
    key: &StoredSigningKey,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO signing_keys (kid, private_key, signs_from, verifies_until, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            key.id.as_str().into(),
            key.private_key.as_str().into(),
            key.signs_from.into(),
            key.verifies_until.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Sets when the signing keys end that have no end, and when this one does.
pub(crate) fn retire_signing_keys(
    transaction: &mut Transaction<'_>,
    verifies_until: i64,
    current: &str,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE signing_keys SET verifies_until = $1 WHERE verifies_until IS NULL OR kid = $2",
        &[verifies_until.into(), current.into()],
    )?;
    Ok(())
}

/// Deletes a signing key.
pub(crate) fn delete_signing_key(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM signing_keys WHERE kid = $1", &[id.into()])?;
    Ok(())
}

/// What the instance is set to.
pub(crate) fn settings(transaction: &mut Transaction<'_>) -> Result<Settings, DatabaseError> {
    let Some(mut row) = transaction.query_one("SELECT settings FROM instance", &[])? else {
        return Ok(Settings::default());
    };
    let text: String = row.next()?;
    serde_json::from_str(&text)
        .map_err(|error| DatabaseError::Failed(format!("the settings cannot be read: {error}")))
}

/// Stores what the instance is set to.
pub(crate) fn set_settings(
    transaction: &mut Transaction<'_>,
    settings: &Settings,
) -> Result<(), DatabaseError> {
    let text = serde_json::to_string(settings)
        .map_err(|error| DatabaseError::Failed(format!("the settings have no form: {error}")))?;
    transaction.execute("UPDATE instance SET settings = $1", &[text.into()])?;
    Ok(())
}

/// Whether nobody has used the instance yet.
pub(crate) fn is_unused(transaction: &mut Transaction<'_>) -> Result<bool, DatabaseError> {
    for sql in [
        "SELECT id FROM users LIMIT 1",
        "SELECT id FROM organizations LIMIT 1",
    ] {
        if transaction.query_one(sql, &[])?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Empties the instance: what is left are its id and its keys.
pub(crate) fn clear(transaction: &mut Transaction<'_>) -> Result<(), DatabaseError> {
    // What belongs to a row of one of these goes with it. Role sets stand in the way of roles.
    for sql in [
        "DELETE FROM role_sets",
        "DELETE FROM clients",
        "DELETE FROM documents",
        "DELETE FROM handshake_payloads",
        "DELETE FROM images",
        "DELETE FROM invitations",
        "DELETE FROM jwt_templates",
        "DELETE FROM organization_permissions",
        "DELETE FROM organization_roles",
        "DELETE FROM organizations",
        "DELETE FROM users",
        "DELETE FROM waitlist_entries",
        "DELETE FROM webhook_endpoints",
        "UPDATE instance SET settings = '{}'",
    ] {
        transaction.execute(sql, &[])?;
    }
    Ok(())
}

/// Keeps the settings, and what is counted for the whole instance, from being changed by others
/// until the transaction ends.
pub(crate) fn lock(transaction: &mut Transaction<'_>) -> Result<(), DatabaseError> {
    transaction.execute("UPDATE instance SET kind = kind", &[])?;
    Ok(())
}
