//! Sessions and the clients that they live on.

use ironclerk_api::Page;
use ironclerk_api::id::{ClientId, SessionId, UserId};
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
        "id, client_id, user_id, {}, last_active_organization_id, last_active_at, expire_at, \
         abandon_at, created_at, updated_at",
        STATUS.replace("{now}", now)
    )
}

fn read(mut row: Row) -> Result<Session, DatabaseError> {
    Ok(Session {
        id: row.next()?,
        client_id: row.next()?,
        user_id: row.next()?,
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

/// Stores a client.
pub(crate) fn insert_client(
    transaction: &mut Transaction<'_>,
    id: &ClientId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO clients (id, created_at, updated_at) VALUES ($1, $2, $3)",
        &[id.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// Stores a session that is active.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    session: &Session,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO sessions (id, client_id, user_id, status, last_active_organization_id,
             last_active_at, expire_at, abandon_at, created_at, updated_at)
         VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $9)",
        &[
            (&session.id).into(),
            (&session.client_id).into(),
            (&session.user_id).into(),
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
