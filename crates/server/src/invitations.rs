//! Invitations to sign up.

use ironclerk_api::invitations::{
    CreateInvitation, CreateInvitations, Invitation, InvitationSort, InvitationStatus,
    ListInvitations, RevokeInvitation,
};
use ironclerk_api::{ApiError, ErrorCode, Metadata, Page, Sort};

use crate::context::{Cx, check_range, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::store::identifications::{self, IdentificationKind};
use crate::store::invitations::{self as store, StoredInvitation};
use crate::ticket::Ticket;
use crate::{identifier, restrictions};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(create).on(create_many).on(revoke)
}

/// The kind of ticket that an invitation has.
pub(crate) const TICKET: &str = "invitation";
/// How many invitations can be made at once.
const MOST_AT_ONCE: usize = 10;
/// A day in ms.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// For how many days an invitation can be accepted when nothing is said.
const DAYS: u64 = 30;
/// The texts that can be sent.
const TEMPLATES: [&str; 2] = ["invitation", "waitlist_invitation"];

async fn list(cx: Cx, request: ListInvitations) -> Result<Page<Invitation>, ApiError> {
    let window = window(request.limit, request.offset)?;
    if let Some(InvitationStatus::Other(status)) = &request.status {
        let known = InvitationStatus::KNOWN.join(", ");
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "status",
            format!("status must be one of {known}, not {status}."),
        ));
    }
    let sort = request
        .order_by
        .unwrap_or(Sort::descending(InvitationSort::CreatedAt));
    let now = cx.now;
    let page = cx
        .database()
        .scan(move |transaction| {
            let (status, query) = (request.status.as_ref(), request.query.as_deref());
            store::list(transaction, status, query, sort, window, now).map_err(ApiError::from)
        })
        .await?;
    let data = page.data.into_iter().map(|stored| shown(&cx, stored));
    Ok(Page {
        data: data.collect::<Result<_, _>>()?,
        total_count: page.total_count,
    })
}

async fn create(cx: Cx, request: CreateInvitation) -> Result<Invitation, ApiError> {
    let mut invitations = make(cx, vec![request]).await?;
    invitations
        .pop()
        .ok_or_else(|| ErrorCode::Internal.because("The invitation was not made."))
}

async fn create_many(cx: Cx, request: CreateInvitations) -> Result<Vec<Invitation>, ApiError> {
    make(cx, request.invitations.0).await
}

/// Makes invitations: all of them or none.
async fn make(cx: Cx, requests: Vec<CreateInvitation>) -> Result<Vec<Invitation>, ApiError> {
    if requests.len() > MOST_AT_ONCE {
        return Err(ErrorCode::BulkSizeExceeded.because(format!(
            "At most {MOST_AT_ONCE} invitations can be made at once."
        )));
    }
    let mut new = Vec::with_capacity(requests.len());
    for request in requests {
        let ignore_existing = request.ignore_existing == Some(true);
        new.push((stored(&cx, request)?, ignore_existing));
    }
    let now = cx.now;
    let stored = cx
        .database()
        .write(move |transaction| {
            for (invitation, ignore_existing) in &new {
                insert(transaction, invitation, *ignore_existing, now)?;
            }
            Ok::<_, ApiError>(new)
        })
        .await?;
    stored
        .into_iter()
        .map(|(stored, _)| shown(&cx, stored))
        .collect()
}

/// Stores an invitation, unless there is one to the address or a user who has it.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    stored: &StoredInvitation,
    ignore_existing: bool,
    now: i64,
) -> Result<(), ApiError> {
    let address = &stored.invitation.email_address;
    let kind = IdentificationKind::EmailAddress;
    if !ignore_existing && identifications::is_taken(transaction, kind, address)? {
        return Err(ErrorCode::FormIdentifierExists.for_parameter(
            "email_address",
            format!("There is a user with the email address {address}."),
        ));
    }
    restrictions::check_invited(transaction, address)?;
    if !store::insert(transaction, stored, !ignore_existing, now)? {
        return Err(ErrorCode::DuplicateRecord.for_parameter(
            "email_address",
            format!("There is an invitation to {address} already."),
        ));
    }
    Ok(())
}

/// An invitation that may be stored.
pub(crate) fn stored(cx: &Cx, request: CreateInvitation) -> Result<StoredInvitation, ApiError> {
    let days = check_range(
        "expires_in_days",
        request.expires_in_days.unwrap_or(DAYS),
        1..=365,
    )?;
    if let Some(address) = &request.redirect_url {
        identifier::url("redirect_url", address)?;
    }
    if let Some(template) = &request.template_slug
        && !TEMPLATES.contains(&template.as_str())
    {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "template_slug",
            format!("template_slug must be one of {}.", TEMPLATES.join(", ")),
        ));
    }
    Ok(StoredInvitation {
        redirect_url: request.redirect_url,
        invitation: Invitation {
            id: cx.new_id()?,
            email_address: identifier::email_address("email_address", &request.email_address)?,
            public_metadata: request.public_metadata.unwrap_or_default(),
            revoked: Some(false),
            status: Some(InvitationStatus::Pending),
            expires_at: Some(cx.now + days.cast_signed() * DAY),
            created_at: cx.now,
            updated_at: cx.now,
            ..Default::default()
        },
    })
}

/// The invitation with its link, as long as that leads anywhere.
pub(crate) fn shown(cx: &Cx, stored: StoredInvitation) -> Result<Invitation, ApiError> {
    let mut invitation = stored.invitation;
    if invitation.status == Some(InvitationStatus::Pending) {
        let expires_at = invitation.expires_at.unwrap_or_default();
        let id = invitation.id.as_str();
        let ticket = Ticket {
            kind: TICKET,
            source: id,
            expires_at,
            redirect_url: stored.redirect_url.as_deref(),
            more: Metadata::new(),
        };
        invitation.url = Some(ticket.url(cx)?);
    }
    Ok(invitation)
}

async fn revoke(cx: Cx, request: RevokeInvitation) -> Result<Invitation, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let id = request.invitation_id;
            let found = store::get(transaction, &id, now)?;
            let mut invitation = found
                .ok_or_else(|| not_found("invitation", &id))?
                .invitation;
            if !store::settle(transaction, &id, &InvitationStatus::Revoked, now)? {
                return Err(match invitation.status {
                    Some(InvitationStatus::Accepted) => ErrorCode::InvitationAlreadyAccepted
                        .because("The invitation was accepted and can no longer be revoked."),
                    _ => ErrorCode::InvitationAlreadyRevoked
                        .because("The invitation was revoked already."),
                });
            }
            invitation.status = Some(InvitationStatus::Revoked);
            invitation.revoked = Some(true);
            invitation.updated_at = now;
            Ok(invitation)
        })
        .await
}
