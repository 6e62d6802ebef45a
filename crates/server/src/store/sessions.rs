//! Sessions and their refresh tokens.

use ironclerk_api::Page;
use ironclerk_api::id::{SessionId, UserId};
use ironclerk_api::sessions::{ListSessions, Session};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

/// The status at a moment: time ends a session without anybody writing it down. `{now}` stands
/// for the placeholder of the moment.
const STATUS: &str = "CASE WHEN status <> 'active' THEN status \
     WHEN expire_at <= {now} THEN 'expired' WHEN abandon_at <= {now} THEN 'abandoned' \
     ELSE 'active' END";

fn columns(now: &str) -> String {
    format!(
        "id, client_id, user_id, actor, {}, last_active_organization_id, last_active_at, \
         expire_at, abandon_at, created_at, updated_at",
        STATUS.replace("{now}", now)
    )
}

fn read(mut row: Row) -> Result<Session, DatabaseError> {
    Ok(Session {
        id: row.next()?,
        client_id: row.next()?,
        user_id: row.next()?,
        actor: row.next()?,
        status: Some(row.next::<String>()?.into()),
        last_active_organization_id: row.next()?,
        last_active_at: row.next()?,
        expire_at: row.next()?,
        abandon_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

/// Stores a session that is active.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    session: &Session,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO sessions (id, client_id, user_id, actor, status,
             last_active_organization_id, last_active_at, expire_at, abandon_at, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8, $9, $10)",
        &[
            (&session.id).into(),
            (&session.client_id).into(),
            (&session.user_id).into(),
            session.actor.as_ref().into(),
            session.last_active_organization_id.as_ref().into(),
            session.last_active_at.into(),
            session.expire_at.into(),
            session.abandon_at.into(),
            session.created_at.into(),
            session.updated_at.into(),
        ],
    )?;
    Ok(())
}

/// Notes that a session and its user are in use. To write on every request would cost more than
/// it tells, so that a time less than a minute old stands.
pub(crate) fn touch(
    transaction: &mut Transaction<'_>,
    session: &Session,
    abandon_at: i64,
    now: i64,
) -> Result<(), DatabaseError> {
    if session.last_active_at > now - 60_000 {
        return Ok(());
    }
    transaction.execute(
        "UPDATE sessions SET last_active_at = $1, abandon_at = $2, updated_at = $1 WHERE id = $3",
        &[now.into(), abandon_at.into(), (&session.id).into()],
    )?;
    transaction.execute(
        "UPDATE users SET last_active_at = $1 WHERE id = $2",
        &[now.into(), (&session.user_id).into()],
    )?;
    Ok(())
}

/// Stores the digest of a refresh token of a session, and forgets those that were used before a
/// time.
pub(crate) fn insert_refresh_token(
    transaction: &mut Transaction<'_>,
    digest: &str,
    session: &SessionId,
    used_before: i64,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM refresh_tokens WHERE session_id = $1 AND used_at < $2",
        &[session.into(), used_before.into()],
    )?;
    transaction.execute(
        "INSERT INTO refresh_tokens (digest, session_id, created_at) VALUES ($1, $2, $3)",
        &[digest.into(), session.into(), now.into()],
    )?;
    Ok(())
}

/// The session of a refresh token that was not used, or not before a time.
pub(crate) fn session_of_refresh_token(
    transaction: &mut Transaction<'_>,
    digest: &str,
    used_since: i64,
) -> Result<Option<SessionId>, DatabaseError> {
    let row = transaction.query_one(
        "SELECT session_id FROM refresh_tokens
         WHERE digest = $1 AND (used_at IS NULL OR used_at >= $2)",
        &[digest.into(), used_since.into()],
    )?;
    row.map(|mut row| row.next()).transpose()
}

/// Notes that a refresh token was used.
pub(crate) fn use_refresh_token(
    transaction: &mut Transaction<'_>,
    digest: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE refresh_tokens SET used_at = $1 WHERE digest = $2 AND used_at IS NULL",
        &[now.into(), digest.into()],
    )?;
    Ok(())
}

/// A session, with its status at the moment.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &SessionId,
    now: i64,
) -> Result<Option<Session>, DatabaseError> {
    let sql = format!("SELECT {} FROM sessions WHERE id = $2", columns("$1"));
    transaction
        .query_one(sql, &[now.into(), id.into()])?
        .map(read)
        .transpose()
}

/// Lists sessions, newest first.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    request: &ListSessions,
    window: Window,
    now: i64,
) -> Result<Page<Session>, DatabaseError> {
    let mut conditions = Conditions::default();
    let now = conditions.value(now);
    if let Some(client) = &request.client_id {
        conditions.equals("client_id", client);
    }
    if let Some(user) = &request.user_id {
        conditions.equals("user_id", user);
    }
    if let Some(status) = &request.status {
        conditions.equals(&STATUS.replace("{now}", &now), status.as_str());
    }
    let (rest, values) = conditions.counting();
    // The moment must be used whether or not there is a condition on the status.
    let sql = format!("SELECT count(*), CAST({now} AS BIGINT) FROM sessions{rest}");
    let total_count = match transaction.query_one(sql, values)? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let (rest, values) = conditions.listing(&order_by("created_at", true, "id"), window);
    let sql = format!("SELECT {} FROM sessions{rest}", columns(&now));
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

/// The active sessions on clients, the last used first.
pub(super) fn active_on(
    transaction: &mut Transaction<'_>,
    clients: &[String],
    now: i64,
) -> Result<Vec<Session>, DatabaseError> {
    let mut conditions = Conditions::default();
    let now = conditions.value(now);
    conditions.equals(&STATUS.replace("{now}", &now), "active");
    conditions.one_of("client_id", clients);
    let (rest, values) = conditions.counting();
    let sql = format!(
        "SELECT {} FROM sessions{rest} ORDER BY last_active_at DESC, id DESC",
        columns(&now)
    );
    transaction
        .query(sql, values)?
        .into_iter()
        .map(read)
        .collect()
}

/// Revokes all active sessions of a user, and tells how many.
pub(crate) fn revoke_all_of(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    now: i64,
) -> Result<u64, DatabaseError> {
    transaction.execute(
        "UPDATE sessions SET status = 'revoked', updated_at = $1
         WHERE user_id = $2 AND status = 'active'",
        &[now.into(), user.into()],
    )
}

/// Revokes a session.
pub(crate) fn revoke(
    transaction: &mut Transaction<'_>,
    id: &SessionId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE sessions SET status = 'revoked', updated_at = $1 WHERE id = $2",
        &[now.into(), id.into()],
    )?;
    Ok(())
}
