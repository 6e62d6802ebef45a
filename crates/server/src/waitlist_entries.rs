//! Who waits for being let in.

use ironclerk_api::id::WaitlistEntryId;
use ironclerk_api::value::DeletedObject;
use ironclerk_api::waitlist_entries::{
    CreateWaitlistEntry, DeleteWaitlistEntry, ListWaitlistEntries, RejectWaitlistEntry,
    WaitlistEntry, WaitlistEntryStatus,
};
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, check_known, deleted, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::identifier;
use crate::store::waitlist_entries as store;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(create).on(delete).on(reject)
}

async fn list(cx: Cx, request: ListWaitlistEntries) -> Result<Page<WaitlistEntry>, ApiError> {
    let window = window(request.limit, request.offset)?;
    if let Some(status) = &request.status {
        check_known("status", status.as_str(), WaitlistEntryStatus::KNOWN)?;
    }
    cx.database()
        .scan(move |transaction| Ok(store::list(transaction, &request, window)?))
        .await
}

async fn create(cx: Cx, request: CreateWaitlistEntry) -> Result<WaitlistEntry, ApiError> {
    let entry = WaitlistEntry {
        id: cx.new_id()?,
        email_address: identifier::email_address("email_address", &request.email_address)?,
        status: Some(WaitlistEntryStatus::Pending),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    cx.database()
        .write(move |transaction| {
            store::insert(transaction, &entry)?;
            store::get_by_email_address(transaction, &entry.email_address)?
                .ok_or_else(|| not_found("waitlist entry", &entry.id))
        })
        .await
}

async fn delete(cx: Cx, request: DeleteWaitlistEntry) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let entry = find_waiting(transaction, &request.waitlist_entry_id, &[])?;
            store::delete(transaction, &entry.id)?;
            Ok(deleted("waitlist_entry", entry.id))
        })
        .await
}

async fn reject(cx: Cx, request: RejectWaitlistEntry) -> Result<WaitlistEntry, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            // Who was invited may still be turned away.
            let invited = [WaitlistEntryStatus::Invited];
            let mut entry = find_waiting(transaction, &request.waitlist_entry_id, &invited)?;
            entry.status = Some(WaitlistEntryStatus::Rejected);
            entry.updated_at = now;
            store::set_status(transaction, &entry)?;
            Ok(entry)
        })
        .await
}

/// An entry of which nothing has become yet, or only what is said.
fn find_waiting(
    transaction: &mut Transaction<'_>,
    id: &WaitlistEntryId,
    but_for: &[WaitlistEntryStatus],
) -> Result<WaitlistEntry, ApiError> {
    let entry = store::get(transaction, id)?.ok_or_else(|| not_found("waitlist entry", id))?;
    let Some(status) = entry
        .status
        .as_ref()
        .filter(|status| !but_for.contains(status))
    else {
        return Ok(entry);
    };
    let (code, reason) = match status {
        WaitlistEntryStatus::Invited => (
            ErrorCode::WaitlistEntryAlreadyInvited,
            "was invited already",
        ),
        WaitlistEntryStatus::Rejected => (
            ErrorCode::WaitlistEntryAlreadyRejected,
            "was rejected already",
        ),
        WaitlistEntryStatus::Completed => (
            ErrorCode::WaitlistEntryAlreadyCompleted,
            "has signed up already",
        ),
        _ => return Ok(entry),
    };
    Err(code.because(format!("{} {reason}.", entry.email_address)))
}
