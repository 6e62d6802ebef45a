//! Who waits for being let in.

use ironclerk_api::id::WaitlistEntryId;
use ironclerk_api::invitations::CreateInvitation;
use ironclerk_api::value::DeletedObject;
use ironclerk_api::waitlist_entries::{
    CreateBulkWaitlistEntries, CreateWaitlistEntry, DeleteWaitlistEntry, InviteWaitlistEntry,
    ListWaitlistEntries, RejectWaitlistEntry, WaitlistEntry, WaitlistEntryStatus,
};
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, check_known, deleted, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::identifier;
use crate::invitations;
use crate::store::waitlist_entries as store;

/// How many entries can be made at once.
const MOST_AT_ONCE: usize = 50;
/// Who was turned away may be invited after all.
const TO_INVITE: [WaitlistEntryStatus; 1] = [WaitlistEntryStatus::Rejected];

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(create_many)
        .on(invite)
        .on(delete)
        .on(reject)
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
    let mut entries = make(cx, vec![request]).await?;
    entries
        .pop()
        .ok_or_else(|| ErrorCode::Internal.because("The entry was not made."))
}

async fn create_many(
    cx: Cx,
    request: CreateBulkWaitlistEntries,
) -> Result<Vec<WaitlistEntry>, ApiError> {
    let entries = request.entries.0;
    if entries.is_empty() {
        return Err(ErrorCode::FormParameterMissing
            .for_parameter("email_address", "There must be at least one email address."));
    }
    if entries.len() > MOST_AT_ONCE {
        return Err(ErrorCode::BulkSizeExceeded.because(format!(
            "At most {MOST_AT_ONCE} email addresses can be put on the waitlist at once."
        )));
    }
    make(cx, entries).await
}

/// Makes entries, or finds those that are there: all of them or none.
async fn make(cx: Cx, requests: Vec<CreateWaitlistEntry>) -> Result<Vec<WaitlistEntry>, ApiError> {
    let mut entries: Vec<WaitlistEntry> = Vec::with_capacity(requests.len());
    for request in requests {
        let email_address = identifier::email_address("email_address", &request.email_address)?;
        if entries.iter().any(|one| one.email_address == email_address) {
            return Err(ErrorCode::FormParameterDuplicate
                .for_parameter("email_address", format!("{email_address} is given twice.")));
        }
        entries.push(WaitlistEntry {
            id: cx.new_id()?,
            email_address,
            status: Some(WaitlistEntryStatus::Pending),
            created_at: cx.now,
            updated_at: cx.now,
            ..Default::default()
        });
    }
    let events = cx.events();
    cx.database()
        .write(move |transaction| {
            let mut made = Vec::with_capacity(entries.len());
            for entry in entries {
                if store::insert(transaction, &entry)? {
                    events.queue(transaction, "waitlistEntry.created", &entry)?;
                }
                let found = store::get_by_email_address(transaction, &entry.email_address)?;
                made.push(found.ok_or_else(|| not_found("waitlist entry", &entry.id))?);
            }
            Ok(made)
        })
        .await
}

async fn invite(cx: Cx, request: InviteWaitlistEntry) -> Result<WaitlistEntry, ApiError> {
    let (id, ignore_existing) = (request.waitlist_entry_id, request.ignore_existing);
    let asked = id.clone();
    let waiting = cx
        .database()
        .read(move |transaction| find_waiting(transaction, &asked, &TO_INVITE))
        .await?;
    let invitation = invitations::stored(
        &cx,
        CreateInvitation {
            email_address: waiting.email_address,
            ..Default::default()
        },
    )?;
    let (now, events) = (cx.now, cx.events());
    let (mut entry, invitation) = cx
        .database()
        .write(move |transaction| {
            store::lock(transaction, &id)?;
            let mut entry = find_waiting(transaction, &id, &TO_INVITE)?;
            let ignore_existing = ignore_existing == Some(true);
            invitations::insert(transaction, &invitation, ignore_existing, now)?;
            entry.status = Some(WaitlistEntryStatus::Invited);
            entry.updated_at = now;
            store::set_status(transaction, &entry)?;
            store::set_invitation(transaction, &id, &invitation.invitation.id, now)?;
            events.queue(transaction, "waitlistEntry.updated", &entry)?;
            Ok::<_, ApiError>((entry, invitation))
        })
        .await?;
    entry.invitation = Some(invitations::shown(&cx, invitation)?);
    Ok(entry)
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
    let (now, events) = (cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            // Who was invited may still be turned away.
            let invited = [WaitlistEntryStatus::Invited];
            let mut entry = find_waiting(transaction, &request.waitlist_entry_id, &invited)?;
            entry.status = Some(WaitlistEntryStatus::Rejected);
            entry.updated_at = now;
            store::set_status(transaction, &entry)?;
            Ok(events.about(transaction, "waitlistEntry.updated", entry)?)
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
