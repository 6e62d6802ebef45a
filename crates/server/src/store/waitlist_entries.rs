//! The waitlist.

use ironclerk_api::id::{InvitationId, WaitlistEntryId};
use ironclerk_api::waitlist_entries::{ListWaitlistEntries, WaitlistEntry, WaitlistEntrySort};
use ironclerk_api::{Page, Sort};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

const COLUMNS: &str = "id, email_address, status, created_at, updated_at";

fn read(mut row: Row) -> Result<WaitlistEntry, DatabaseError> {
    Ok(WaitlistEntry {
        id: row.next()?,
        email_address: row.next()?,
        status: Some(row.next::<String>()?.into()),
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    })
}

/// An entry, by its id.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &WaitlistEntryId,
) -> Result<Option<WaitlistEntry>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM waitlist_entries WHERE id = $1");
    let row = transaction.query_one(sql, &[id.into()])?;
    row.map(read).transpose()
}

/// An entry, by its email address.
pub(crate) fn get_by_email_address(
    transaction: &mut Transaction<'_>,
    email_address: &str,
) -> Result<Option<WaitlistEntry>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM waitlist_entries WHERE email_address = $1");
    let row = transaction.query_one(sql, &[email_address.into()])?;
    row.map(read).transpose()
}

/// Lists entries.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    request: &ListWaitlistEntries,
    window: Window,
) -> Result<Page<WaitlistEntry>, DatabaseError> {
    let mut conditions = Conditions::default();
    if let Some(text) = &request.query {
        let id = conditions.value(text);
        let pattern = conditions.containing(text);
        conditions.and(&format!("(id = {id} OR email_address {pattern})"));
    }
    if let Some(status) = &request.status {
        conditions.equals("status", status.as_str());
    }
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(WaitlistEntrySort::CreatedAt));
    let key = match sort.key {
        WaitlistEntrySort::CreatedAt => "created_at",
        WaitlistEntrySort::EmailAddress => "email_address",
        WaitlistEntrySort::InvitedAt => "invited_at",
    };
    let order = order_by(key, sort.descending, "id");
    let from = (COLUMNS, "waitlist_entries");
    conditions.page(transaction, from, &order, window, read)
}

/// Stores an entry, unless its email address is there, and tells whether it was stored.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    entry: &WaitlistEntry,
) -> Result<bool, DatabaseError> {
    let status = entry.status.as_ref().map(ToString::to_string);
    let inserted = transaction.execute(
        "INSERT INTO waitlist_entries (id, email_address, status, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[
            (&entry.id).into(),
            (&entry.email_address).into(),
            status.into(),
            entry.created_at.into(),
            entry.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Keeps an entry from being changed by others until the transaction ends.
pub(crate) fn lock(
    transaction: &mut Transaction<'_>,
    id: &WaitlistEntryId,
) -> Result<(), DatabaseError> {
    let sql = "UPDATE waitlist_entries SET status = status WHERE id = $1";
    transaction.execute(sql, &[id.into()])?;
    Ok(())
}

/// Stores which invitation was sent, and when.
pub(crate) fn set_invitation(
    transaction: &mut Transaction<'_>,
    id: &WaitlistEntryId,
    invitation: &InvitationId,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE waitlist_entries SET invitation_id = $1, invited_at = $2 WHERE id = $3",
        &[invitation.into(), now.into(), id.into()],
    )?;
    Ok(())
}

/// Stores what has become of an entry.
pub(crate) fn set_status(
    transaction: &mut Transaction<'_>,
    entry: &WaitlistEntry,
) -> Result<(), DatabaseError> {
    let status = entry.status.as_ref().map(ToString::to_string);
    transaction.execute(
        "UPDATE waitlist_entries SET status = $1, updated_at = $2 WHERE id = $3",
        &[status.into(), entry.updated_at.into(), (&entry.id).into()],
    )?;
    Ok(())
}

/// Notes that whoever has this email address has signed up, if they are on the list.
pub(crate) fn complete(
    transaction: &mut Transaction<'_>,
    email_address: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE waitlist_entries SET status = 'completed', updated_at = $1
         WHERE email_address = $2",
        &[now.into(), email_address.into()],
    )?;
    Ok(())
}

/// Deletes an entry.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &WaitlistEntryId,
) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM waitlist_entries WHERE id = $1", &[id.into()])?;
    Ok(())
}
