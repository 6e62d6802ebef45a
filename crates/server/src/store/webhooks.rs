//! Where webhooks go, and those that have not arrived yet.

use ironclerk_api::Secret;

use crate::database::{DatabaseError, Row, Transaction};

/// Where events are sent.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub id: String,
    pub url: String,
    /// `whsec_…`, what events are signed with.
    pub secret: Secret,
    /// The events that it gets; all when there are none.
    pub event_types: Vec<String>,
}

/// How the deliveries to an endpoint stand.
#[derive(Debug)]
pub(crate) struct EndpointState {
    pub waiting: i64,
    pub failed: i64,
    /// Why the last attempt has failed that did.
    pub last_error: Option<String>,
}

/// An event on its way to an endpoint.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub id: String,
    pub message_id: String,
    pub body: String,
    /// How often it was tried.
    pub attempts: i64,
    pub url: String,
    pub secret: Secret,
}

fn read_endpoint(row: &mut Row) -> Result<Endpoint, DatabaseError> {
    let (id, url, secret): (_, _, String) = (row.next()?, row.next()?, row.next()?);
    let event_types: String = row.next()?;
    Ok(Endpoint {
        id,
        url,
        secret: secret.into(),
        event_types: event_types.split_whitespace().map(str::to_owned).collect(),
    })
}

/// All endpoints, the oldest first.
pub(crate) fn list(transaction: &mut Transaction<'_>) -> Result<Vec<Endpoint>, DatabaseError> {
    let sql = "SELECT id, url, secret, event_types FROM webhook_endpoints ORDER BY created_at, id";
    let rows = transaction.query(sql, &[])?;
    rows.into_iter()
        .map(|mut row| read_endpoint(&mut row))
        .collect()
}

/// The same, with how the deliveries to them stand.
pub(crate) fn list_with_state(
    transaction: &mut Transaction<'_>,
) -> Result<Vec<(Endpoint, EndpointState)>, DatabaseError> {
    let sql = "SELECT id, url, secret, event_types,
             (SELECT count(*) FROM webhook_deliveries
              WHERE endpoint_id = webhook_endpoints.id AND next_attempt_at IS NOT NULL),
             (SELECT count(*) FROM webhook_deliveries
              WHERE endpoint_id = webhook_endpoints.id AND next_attempt_at IS NULL),
             (SELECT last_error FROM webhook_deliveries
              WHERE endpoint_id = webhook_endpoints.id AND last_error IS NOT NULL
              ORDER BY created_at DESC, id LIMIT 1)
         FROM webhook_endpoints ORDER BY created_at, id";
    let rows = transaction.query(sql, &[])?;
    rows.into_iter()
        .map(|mut row| {
            let endpoint = read_endpoint(&mut row)?;
            let state = EndpointState {
                waiting: row.next()?,
                failed: row.next()?,
                last_error: row.next()?,
            };
            Ok((endpoint, state))
        })
        .collect()
}

/// Stores an endpoint.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    endpoint: &Endpoint,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO webhook_endpoints (id, url, secret, event_types, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            (&endpoint.id).into(),
            (&endpoint.url).into(),
            endpoint.secret.expose().into(),
            endpoint.event_types.join(" ").into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Deletes an endpoint, with what is on its way to it.
pub(crate) fn delete(transaction: &mut Transaction<'_>, id: &str) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM webhook_endpoints WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Deletes all endpoints, with what is on its way to them.
pub(crate) fn delete_all(transaction: &mut Transaction<'_>) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM webhook_endpoints", &[])?;
    Ok(())
}

/// Stores an event for an endpoint, to be sent at once.
pub(crate) fn queue(
    transaction: &mut Transaction<'_>,
    endpoint_id: &str,
    message_id: &str,
    body: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO webhook_deliveries (id, endpoint_id, message_id, body, attempts,
             next_attempt_at, created_at)
         VALUES ($1, $2, $3, $4, 0, $5, $6)",
        &[
            format!("{message_id}.{endpoint_id}").into(),
            endpoint_id.into(),
            message_id.into(),
            body.into(),
            now.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// Whether something is to be sent.
pub(crate) fn is_any_due(
    transaction: &mut Transaction<'_>,
    now: i64,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM webhook_deliveries WHERE next_attempt_at <= $1 LIMIT 1";
    Ok(transaction.query_one(sql, &[now.into()])?.is_some())
}

/// Takes what is to be sent, and puts it off until `later` for all others.
pub(crate) fn take_due(
    transaction: &mut Transaction<'_>,
    now: i64,
    later: i64,
    most: u32,
) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = "SELECT d.id, d.message_id, d.body, d.attempts, e.url, e.secret
         FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
         WHERE d.next_attempt_at <= $1 ORDER BY d.next_attempt_at, d.id LIMIT $2";
    let rows = transaction.query(sql, &[now.into(), most.into()])?;
    let mut taken = Vec::with_capacity(rows.len());
    for mut row in rows {
        let delivery = Delivery {
            id: row.next()?,
            message_id: row.next()?,
            body: row.next()?,
            attempts: row.next()?,
            url: row.next()?,
            secret: row.next::<String>()?.into(),
        };
        // Another server may have been faster.
        let changed = transaction.execute(
            "UPDATE webhook_deliveries SET next_attempt_at = $1
             WHERE id = $2 AND next_attempt_at <= $3",
            &[later.into(), (&delivery.id).into(), now.into()],
        )?;
        if changed > 0 {
            taken.push(delivery);
        }
    }
    Ok(taken)
}

/// Forgets what has arrived.
pub(crate) fn delivered(transaction: &mut Transaction<'_>, id: &str) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM webhook_deliveries WHERE id = $1", &[id.into()])?;
    Ok(())
}

/// Notes an attempt that has failed, and when the next one is, if there is one.
pub(crate) fn failed(
    transaction: &mut Transaction<'_>,
    id: &str,
    reason: &str,
    next: Option<i64>,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE webhook_deliveries
         SET attempts = attempts + 1, last_error = $1, next_attempt_at = $2 WHERE id = $3",
        &[reason.into(), next.into(), id.into()],
    )?;
    Ok(())
}

/// Forgets what will not be tried again and is older than this.
pub(crate) fn delete_old(
    transaction: &mut Transaction<'_>,
    before: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM webhook_deliveries WHERE next_attempt_at IS NULL AND created_at < $1",
        &[before.into()],
    )?;
    Ok(())
}
