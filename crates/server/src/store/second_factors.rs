//! Authenticator apps and backup codes of users.

use ironclerk_api::id::UserId;

use crate::database::{DatabaseError, Transaction};

/// A user's authenticator app.
pub(crate) struct Totp {
    /// The secret in base 32.
    pub secret: String,
    /// The step of the last code that was accepted.
    pub last_step: Option<i64>,
}

/// A user's authenticator app, if there is one.
pub(crate) fn totp(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<Option<Totp>, DatabaseError> {
    let sql = "SELECT totp_secret, totp_step FROM users WHERE id = $1 AND totp_secret IS NOT NULL";
    let row = transaction.query_one(sql, &[user.into()])?;
    row.map(|mut row| {
        Ok(Totp {
            secret: row.next()?,
            last_step: row.next()?,
        })
    })
    .transpose()
}

/// Gives a user an authenticator app, or takes it away.
pub(crate) fn set_totp(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    secret: Option<&str>,
) -> Result<(), DatabaseError> {
    let sql = "UPDATE users SET totp_secret = $1, totp_step = NULL WHERE id = $2";
    transaction.execute(sql, &[secret.into(), user.into()])?;
    Ok(())
}

/// Notes that the code of a step was accepted, and tells whether it was the first time.
pub(crate) fn accept_step(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    step: i64,
) -> Result<bool, DatabaseError> {
    let sql = "UPDATE users SET totp_step = $1
         WHERE id = $2 AND (totp_step IS NULL OR totp_step < $1)";
    Ok(transaction.execute(sql, &[step.into(), user.into()])? > 0)
}

/// The digests of a user's backup codes.
pub(crate) fn backup_codes(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<Vec<String>, DatabaseError> {
    let sql = "SELECT digest FROM backup_codes WHERE user_id = $1";
    let rows = transaction.query(sql, &[user.into()])?;
    rows.into_iter().map(|mut row| row.next()).collect()
}

/// Gives a user these backup codes and no others.
pub(crate) fn set_backup_codes(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    digests: &[String],
) -> Result<(), DatabaseError> {
    let sql = "DELETE FROM backup_codes WHERE user_id = $1";
    transaction.execute(sql, &[user.into()])?;
    for digest in digests {
        transaction.execute(
            "INSERT INTO backup_codes (user_id, digest) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[user.into(), digest.into()],
        )?;
    }
    Ok(())
}

/// Uses a backup code up, and tells whether it was still there.
pub(crate) fn use_backup_code(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    digest: &str,
) -> Result<bool, DatabaseError> {
    let sql = "DELETE FROM backup_codes WHERE user_id = $1 AND digest = $2";
    Ok(transaction.execute(sql, &[user.into(), digest.into()])? > 0)
}

/// Takes the role of second factor from all phone numbers of a user.
pub(crate) fn free_phone_numbers(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE identifications SET reserved_for_second_factor = FALSE,
             default_second_factor = FALSE
         WHERE user_id = $1 AND reserved_for_second_factor",
        &[user.into()],
    )?;
    Ok(())
}

/// Makes the oldest second factor among a user's phone numbers the one that is offered first, where
/// none is.
pub(crate) fn choose_default(
    transaction: &mut Transaction<'_>,
    user: &UserId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE identifications SET default_second_factor = TRUE
         WHERE id = (SELECT id FROM identifications
                 WHERE user_id = $1 AND reserved_for_second_factor
                 ORDER BY created_at, ordinal LIMIT 1)
             AND NOT EXISTS (SELECT 1 FROM identifications others
                 WHERE others.user_id = identifications.user_id AND others.default_second_factor)",
        &[user.into()],
    )?;
    Ok(())
}

/// Notes when a user's first second factor came, or the last one went.
pub(crate) fn note_change(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE users SET mfa_enabled_at = $1, mfa_disabled_at = NULL
         WHERE id = $2 AND mfa_enabled_at IS NULL
             AND (totp_secret IS NOT NULL OR EXISTS (SELECT 1 FROM identifications
                 WHERE user_id = users.id AND reserved_for_second_factor))",
        &[now.into(), user.into()],
    )?;
    transaction.execute(
        "UPDATE users SET mfa_enabled_at = NULL, mfa_disabled_at = $1
         WHERE id = $2 AND mfa_enabled_at IS NOT NULL AND totp_secret IS NULL
             AND NOT EXISTS (SELECT 1 FROM identifications
                 WHERE user_id = users.id AND reserved_for_second_factor)",
        &[now.into(), user.into()],
    )?;
    Ok(())
}
