//! Clients, the browsers that they are, and what handshakes leave for them.

use ironclerk_api::Page;
use ironclerk_api::clients::Client;
use ironclerk_api::id::{ClientId, SignUpId};

use super::{Conditions, Window, order_by, sessions};
use crate::database::{DatabaseError, Row, Transaction};

const COLUMNS: &str = "id, last_authentication_strategy, sign_up_id, created_at, updated_at";

fn read(mut row: Row) -> Result<Client, DatabaseError> {
    Ok(Client {
        id: row.next()?,
        last_authentication_strategy: row.next()?,
        sign_up_id: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

/// Stores a client.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    id: &ClientId,
    strategy: Option<&str>,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO clients (id, last_authentication_strategy, created_at, updated_at)
         VALUES ($1, $2, $3, $4)",
        &[id.into(), strategy.into(), now.into(), now.into()],
    )?;
    Ok(())
}

/// Notes the sign-up that is under way on a client, or that it has led to a session.
pub(crate) fn set_sign_up(
    transaction: &mut Transaction<'_>,
    id: &ClientId,
    sign_up: Option<&SignUpId>,
    now: i64,
) -> Result<(), DatabaseError> {
    let strategy = sign_up.is_none().then_some("ticket");
    transaction.execute(
        "UPDATE clients SET sign_up_id = $1, last_authentication_strategy = $2, updated_at = $3
         WHERE id = $4",
        &[
            sign_up.map(SignUpId::as_str).into(),
            strategy.into(),
            now.into(),
            id.into(),
        ],
    )?;
    Ok(())
}

/// A client with its sessions.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &ClientId,
    now: i64,
) -> Result<Option<Client>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM clients WHERE id = $1");
    let Some(row) = transaction.query_one(sql, &[id.into()])? else {
        return Ok(None);
    };
    let mut clients = [read(row)?];
    add_sessions(transaction, &mut clients, now)?;
    let [client] = clients;
    Ok(Some(client))
}

/// Lists clients, newest first.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    window: Window,
    now: i64,
) -> Result<Page<Client>, DatabaseError> {
    let total_count = match transaction.query_one("SELECT count(*) FROM clients", &[])? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let order = order_by("created_at", true, "id");
    let (rest, values) = Conditions::default().listing(&order, window);
    let rows = transaction.query(format!("SELECT {COLUMNS} FROM clients{rest}"), &values)?;
    let data: Result<Vec<_>, _> = rows.into_iter().map(read).collect();
    let mut data = data?;
    add_sessions(transaction, &mut data, now)?;
    Ok(Page { data, total_count })
}

fn add_sessions(
    transaction: &mut Transaction<'_>,
    clients: &mut [Client],
    now: i64,
) -> Result<(), DatabaseError> {
    if clients.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = clients.iter().map(|client| client.id.to_string()).collect();
    for session in sessions::active_on(transaction, &ids, now)? {
        let of_session = |client: &&mut Client| client.id == session.client_id;
        if let Some(client) = clients.iter_mut().find(of_session) {
            client.session_ids.push(session.id.clone());
            client
                .last_active_session_id
                .get_or_insert_with(|| session.id.clone());
            client.sessions.push(session);
        }
    }
    Ok(())
}

/// The client of a development browser, if somebody has signed in on it.
pub(crate) fn of_dev_browser(
    transaction: &mut Transaction<'_>,
    browser: &str,
) -> Result<Option<ClientId>, DatabaseError> {
    let sql = "SELECT client_id FROM dev_browsers WHERE id = $1";
    let row = transaction.query_one(sql, &[browser.into()])?;
    row.map(|mut row| row.next()).transpose()
}

/// Ties a development browser to a client.
pub(crate) fn set_dev_browser(
    transaction: &mut Transaction<'_>,
    browser: &str,
    client: &ClientId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO dev_browsers (id, client_id, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET client_id = EXCLUDED.client_id",
        &[browser.into(), client.into(), now.into()],
    )?;
    Ok(())
}

/// Leaves cookies to be fetched by the digest of a nonce, and forgets what nobody has fetched.
pub(crate) fn insert_handshake_payload(
    transaction: &mut Transaction<'_>,
    digest: &str,
    directives: &str,
    expires_at: i64,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM handshake_payloads WHERE expires_at <= $1",
        &[now.into()],
    )?;
    transaction.execute(
        "INSERT INTO handshake_payloads (digest, directives, expires_at) VALUES ($1, $2, $3)",
        &[digest.into(), directives.into(), expires_at.into()],
    )?;
    Ok(())
}

/// Fetches what was left under the digest of a nonce, which is gone then.
pub(crate) fn take_handshake_payload(
    transaction: &mut Transaction<'_>,
    digest: &str,
    now: i64,
) -> Result<Option<String>, DatabaseError> {
    let row = transaction.query_one(
        "DELETE FROM handshake_payloads WHERE digest = $1 AND expires_at > $2 RETURNING directives",
        &[digest.into(), now.into()],
    )?;
    row.map(|mut row| row.next()).transpose()
}
