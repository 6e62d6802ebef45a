//! Sign-in tokens and actor tokens: tickets that sign somebody in, once.

use ironclerk_api::actor_tokens::{ActorToken, CreateActorToken, RevokeActorToken};
use ironclerk_api::id::{ActorTokenId, ClientId, SessionId, SignInTokenId};
use ironclerk_api::sessions::Session;
use ironclerk_api::sign_in_tokens::{
    CreateSignInToken, RevokeSignInToken, SignInToken, TicketStatus,
};
use ironclerk_api::{ApiError, ErrorCode, Metadata, Secret};
use serde_json::Value;

use crate::context::{Cx, check_range, not_found};
use crate::database::Transaction;
use crate::http::Routes;
use crate::sessions;
use crate::store::tickets::{self as store, Ticket};
use crate::store::users::{self, UniqueColumn};
use crate::store::{Images, clients, organizations, sessions as stored_sessions};
use crate::ticket;
use crate::users::no_user;
use crate::webhooks::Events;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(create_sign_in_token)
        .on(revoke_sign_in_token)
        .on(create_actor_token)
        .on(revoke_actor_token)
}

/// For how long a sign-in token can be used when nothing is said, in seconds.
const SIGN_IN_TOKEN_LIFETIME: u64 = 30 * 24 * 60 * 60;
/// For how long an actor token can be used when nothing is said, in seconds.
const ACTOR_TOKEN_LIFETIME: u64 = 60 * 60;
/// How long an impersonated session lives when nothing is said, in seconds.
const ACTOR_SESSION_LIFETIME: u64 = 30 * 60;
/// How long a ticket can be used at the most, in seconds: ten years.
const LIFETIMES: std::ops::RangeInclusive<u64> = 1..=315_360_000;

/// The kinds of tickets that are made here.
pub(crate) const SIGN_IN_TOKEN: &str = "sign_in_token";
pub(crate) const ACTOR_TOKEN: &str = "actor_token";

/// Signs in whomever a ticket of this kind is for, on a client of its own.
pub(crate) fn accept(
    transaction: &mut Transaction<'_>,
    id: &str,
    ids: (ClientId, SessionId),
    images: &Images,
    events: &Events,
) -> Result<Session, ApiError> {
    let now = images.now;
    let ticket = store::get(transaction, id)?.ok_or_else(|| not_found("ticket", id))?;
    if !store::settle(transaction, id, &TicketStatus::Accepted, now)? {
        return Err(ErrorCode::TicketInvalid.because("The ticket was used or revoked already."));
    }
    let user = users::get(transaction, &ticket.user_id, images)?
        .ok_or_else(|| no_user(&ticket.user_id))?;
    if user.banned {
        return Err(ErrorCode::UserBanned.because("The user is banned."));
    }
    if user.locked {
        return Err(ErrorCode::UserLocked.because("The user is locked for a while."));
    }
    let (client_id, id) = ids;
    let lifetime = ticket.session_lifetime.unwrap_or(sessions::LIFETIME);
    let session = Session {
        actor: ticket.actor,
        last_active_organization_id: ticket.organization_id,
        ..sessions::new(id, client_id, user.id, lifetime, now)
    };
    clients::insert(transaction, &session.client_id, Some("ticket"), now)?;
    stored_sessions::insert(transaction, &session)?;
    users::note_sign_in(transaction, &session.user_id, now)?;
    Ok(events.about(transaction, "session.created", session)?)
}

async fn create_sign_in_token(cx: Cx, request: CreateSignInToken) -> Result<SignInToken, ApiError> {
    let lifetime = lifetime(
        "expires_in_seconds",
        request.expires_in_seconds,
        SIGN_IN_TOKEN_LIFETIME,
    )?;
    let id: SignInTokenId = cx.new_id()?;
    let ticket = Ticket {
        id: id.to_string(),
        user_id: request.user_id,
        organization_id: request.org_id,
        actor: None,
        session_lifetime: None,
        status: TicketStatus::Pending,
        expires_at: cx.now + lifetime,
        created_at: cx.now,
        updated_at: cx.now,
    };
    let token = sign(&cx, SIGN_IN_TOKEN, &ticket)?;
    let url = ticket::url(&cx, &token);
    let ticket = keep(&cx, ticket).await?;
    Ok(SignInToken {
        token: Some(token.into()),
        url: Some(url),
        ..sign_in_token(ticket)
    })
}

async fn revoke_sign_in_token(cx: Cx, request: RevokeSignInToken) -> Result<SignInToken, ApiError> {
    let code = ErrorCode::SignInTokenCannotBeRevoked;
    let id = request.sign_in_token_id.into();
    revoke(&cx, id, "sign-in token", code)
        .await
        .map(sign_in_token)
}

async fn create_actor_token(cx: Cx, request: CreateActorToken) -> Result<ActorToken, ApiError> {
    let subject = request.actor.get("sub").and_then(Value::as_str);
    if subject.is_none_or(str::is_empty) {
        return Err(ErrorCode::FormParameterMissing
            .for_parameter("actor", "actor must have a text sub, the id of the actor."));
    }
    let expires = lifetime(
        "expires_in_seconds",
        request.expires_in_seconds,
        ACTOR_TOKEN_LIFETIME,
    )?;
    let session_lifetime = lifetime(
        "session_max_duration_in_seconds",
        request.session_max_duration_in_seconds,
        ACTOR_SESSION_LIFETIME,
    )?;
    let id: ActorTokenId = cx.new_id()?;
    let ticket = Ticket {
        id: id.to_string(),
        user_id: request.user_id,
        organization_id: None,
        actor: Some(request.actor),
        session_lifetime: Some(session_lifetime),
        status: TicketStatus::Pending,
        expires_at: cx.now + expires,
        created_at: cx.now,
        updated_at: cx.now,
    };
    let token = sign(&cx, ACTOR_TOKEN, &ticket)?;
    let url = ticket::url(&cx, &token);
    let ticket = keep(&cx, ticket).await?;
    Ok(ActorToken {
        token: Some(Secret::from(token)),
        url: Some(url),
        ..actor_token(ticket)
    })
}

async fn revoke_actor_token(cx: Cx, request: RevokeActorToken) -> Result<ActorToken, ApiError> {
    let code = ErrorCode::ActorTokenCannotBeRevoked;
    let id = request.actor_token_id.into();
    revoke(&cx, id, "actor token", code).await.map(actor_token)
}

fn sign(cx: &Cx, kind: &'static str, stored: &Ticket) -> Result<String, ApiError> {
    ticket::Ticket {
        kind,
        source: &stored.id,
        expires_at: stored.expires_at,
        redirect_url: None,
        more: Metadata::new(),
    }
    .sign(cx)
}

/// A duration in ms.
fn lifetime(parameter: &str, seconds: Option<u64>, otherwise: u64) -> Result<i64, ApiError> {
    let seconds = check_range(parameter, seconds.unwrap_or(otherwise), LIFETIMES)?;
    Ok(seconds.cast_signed() * 1000)
}

async fn keep(cx: &Cx, ticket: Ticket) -> Result<Ticket, ApiError> {
    let images = cx.images();
    cx.database()
        .write(move |transaction| {
            let user = &ticket.user_id;
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(user));
            }
            if let Some(organization) = &ticket.organization_id
                && organizations::get_membership(transaction, organization, user, &images)?
                    .is_none()
            {
                return Err(ErrorCode::NotAMember.for_parameter(
                    "org_id",
                    format!(
                        "The user is not a member of an organization with the id {organization}."
                    ),
                ));
            }
            store::insert(transaction, &ticket)?;
            Ok(ticket)
        })
        .await
}

async fn revoke(
    cx: &Cx,
    id: String,
    what: &'static str,
    refusal: ErrorCode,
) -> Result<Ticket, ApiError> {
    let now = cx.now;
    // The two kinds are in one table, and neither is found by an id of the other.
    let is_actor_token = what == "actor token";
    cx.database()
        .write(move |transaction| {
            let found = store::get(transaction, &id)?;
            let mut ticket = found
                .filter(|ticket| ticket.actor.is_some() == is_actor_token)
                .ok_or_else(|| not_found(what, &id))?;
            if !store::settle(transaction, &id, &TicketStatus::Revoked, now)? {
                return Err(refusal.because(format!(
                    "The {what} is {} and can no longer be revoked.",
                    ticket.status
                )));
            }
            ticket.status = TicketStatus::Revoked;
            ticket.updated_at = now;
            Ok(ticket)
        })
        .await
}

fn sign_in_token(ticket: Ticket) -> SignInToken {
    SignInToken {
        id: ticket.id.into(),
        user_id: ticket.user_id,
        status: Some(ticket.status),
        created_at: ticket.created_at,
        updated_at: ticket.updated_at,
        ..Default::default()
    }
}

fn actor_token(ticket: Ticket) -> ActorToken {
    ActorToken {
        id: ticket.id.into(),
        user_id: ticket.user_id,
        actor: ticket.actor.unwrap_or_default(),
        status: Some(ticket.status),
        created_at: ticket.created_at,
        updated_at: ticket.updated_at,
        ..Default::default()
    }
}
