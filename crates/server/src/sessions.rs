//! Sessions and their tokens.

use ironclerk_api::id::{ClientId, SessionId, UserId};
use ironclerk_api::organizations::OrganizationMembership;
use ironclerk_api::sessions::{
    CreateSession, CreateSessionToken, CreateSessionTokenFromTemplate, GetSession, ListSessions,
    RevokeSession, Session, SessionStatus, Token, VerifySession,
};
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, check_range, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::store::Images;
use crate::store::users::{self, UniqueColumn};
use crate::store::{clients, jwt_templates as templates, organizations, sessions as store};
use crate::token::{self, Subject};
use crate::users::no_user;
use crate::{jwt_templates, refresh, session_token};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(get)
        .on(revoke)
        .on(verify)
        .on(refresh::refresh)
        .on(create_token)
        .on(create_token_from_template)
}

/// How long a session lives, in ms: a week, Clerk's default.
pub(crate) const LIFETIME: i64 = 7 * 24 * 60 * 60 * 1000;
/// After how long without use a session is abandoned, in ms: 30 days.
pub(crate) const ABANDONED_AFTER: i64 = 30 * 24 * 60 * 60 * 1000;

async fn list(cx: Cx, request: ListSessions) -> Result<Page<Session>, ApiError> {
    let window = window(request.limit, request.offset)?;
    if let Some(SessionStatus::Other(status)) = &request.status {
        let known = SessionStatus::KNOWN.join(", ");
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "status",
            format!("status must be one of {known}, not {status}."),
        ));
    }
    let now = cx.now;
    cx.database()
        .scan(move |transaction| Ok(store::list(transaction, &request, window, now)?))
        .await
}

/// A session that begins, and lives for so many ms.
pub(crate) fn new(
    id: SessionId,
    client_id: ClientId,
    user_id: UserId,
    lifetime: i64,
    now: i64,
) -> Session {
    Session {
        id,
        client_id,
        user_id,
        status: Some(SessionStatus::Active),
        last_active_at: now,
        expire_at: now + lifetime,
        abandon_at: now + ABANDONED_AFTER,
        created_at: now,
        updated_at: now,
        ..Default::default()
    }
}

pub(crate) async fn create(cx: Cx, request: CreateSession) -> Result<Session, ApiError> {
    let ids = (cx.new_id()?, cx.new_id()?);
    let session = Session {
        last_active_organization_id: request.active_organization_id,
        ..new(ids.0, ids.1, request.user_id, LIFETIME, cx.now)
    };
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            let user = &session.user_id;
            if !users::exists(transaction, UniqueColumn::Id, user.as_str())? {
                return Err(no_user(user));
            }
            if let Some(organization) = &session.last_active_organization_id
                && organizations::get_membership(transaction, organization, user, &images)?
                    .is_none()
            {
                return Err(ErrorCode::NotAMember.for_parameter(
                    "active_organization_id",
                    format!(
                        "The user is not a member of an organization with the id {organization}."
                    ),
                ));
            }
            clients::insert(transaction, &session.client_id, None, session.created_at)?;
            store::insert(transaction, &session)?;
            Ok(events.about(transaction, "session.created", session)?)
        })
        .await
}

async fn get(cx: Cx, request: GetSession) -> Result<Session, ApiError> {
    let now = cx.now;
    cx.database()
        .read(move |transaction| find(transaction, &request.session_id, now))
        .await
}

async fn revoke(cx: Cx, request: RevokeSession) -> Result<Session, ApiError> {
    let (now, events) = (cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let mut session = find(transaction, &request.session_id, now)?;
            // A session that has ended some other way stays as it ended.
            if session.status == Some(SessionStatus::Active) {
                store::revoke(transaction, &session.id, now)?;
                session.status = Some(SessionStatus::Revoked);
                session.updated_at = now;
                events.queue(transaction, "session.revoked", &session)?;
            }
            Ok(session)
        })
        .await
}

async fn verify(cx: Cx, request: VerifySession) -> Result<Session, ApiError> {
    let claims = cx.instance().signed_claims(request.token.expose());
    let is_of_session = claims.as_ref().is_some_and(|claims| {
        let number = |name| claims.get(name).and_then(serde_json::Value::as_i64);
        let now = cx.now.div_euclid(1000);
        claims.get("sid").and_then(serde_json::Value::as_str) == Some(request.session_id.as_str())
            && number("exp").is_some_and(|exp| now < exp)
            && number("nbf").is_none_or(|nbf| nbf <= now)
    });
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let session = find_active(transaction, &request.session_id, now)?;
            if !is_of_session {
                return Err(ErrorCode::InvalidSessionToken.for_parameter(
                    "token",
                    "The token is not a valid session token of this session.",
                ));
            }
            store::touch(transaction, &session, now + ABANDONED_AFTER, now)?;
            find(transaction, &session.id, now)
        })
        .await
}

pub(crate) async fn create_token(cx: Cx, request: CreateSessionToken) -> Result<Token, ApiError> {
    let lifetime = lifetime(request.expires_in_seconds)?;
    let (images, now) = (cx.images(), cx.now);
    let content = cx
        .database()
        .read(move |transaction| {
            let session = find_active(transaction, &request.session_id, now)?;
            session_token::content(transaction, session, &images)
        })
        .await?;
    session_token::token(&cx, &content, lifetime, None)
}

async fn create_token_from_template(
    cx: Cx,
    request: CreateSessionTokenFromTemplate,
) -> Result<Token, ApiError> {
    let lifetime = lifetime(request.expires_in_seconds)?;
    let (images, now) = (cx.images(), cx.now);
    let (template, subject) = cx
        .database()
        .read(move |transaction| {
            let session = find_active(transaction, &request.session_id, now)?;
            let name = &request.template_name;
            let template = templates::get_by_name(transaction, name)?.ok_or_else(|| {
                ErrorCode::ResourceNotFound
                    .because(format!("There is no JWT template with the name {name}."))
            })?;
            let subject = subject(transaction, session, &images)?;
            Ok::<_, ApiError>((template, subject))
        })
        .await?;
    let claims = token::template_claims(
        &cx,
        &template.template,
        &subject,
        lifetime,
        token::jti(&cx)?,
    );
    token::sign_template_token(&cx, &template, &claims)
}

fn lifetime(seconds: Option<u64>) -> Result<Option<u64>, ApiError> {
    seconds
        .map(|seconds| check_range("expires_in_seconds", seconds, jwt_templates::LIFETIME))
        .transpose()
}

/// Whom the tokens of a session are about.
pub(crate) fn subject(
    transaction: &mut Transaction<'_>,
    session: Session,
    images: &Images,
) -> Result<Subject, ApiError> {
    let user = users::get(transaction, &session.user_id, images)?
        .ok_or_else(|| no_user(&session.user_id))?;
    let active_membership = active_membership(transaction, &session, images)?;
    let memberships =
        organizations::list_of_user(transaction, &user.id, token::MOST_MEMBERSHIPS, images)?.data;
    Ok(Subject {
        user,
        session,
        active_membership,
        memberships,
    })
}

/// The user's membership of the organization that is active in the session.
pub(crate) fn active_membership(
    transaction: &mut Transaction<'_>,
    session: &Session,
    images: &Images,
) -> Result<Option<OrganizationMembership>, ApiError> {
    let Some(organization) = &session.last_active_organization_id else {
        return Ok(None);
    };
    Ok(organizations::get_membership(
        transaction,
        organization,
        &session.user_id,
        images,
    )?)
}

fn find(
    transaction: &mut Transaction<'_>,
    id: &ironclerk_api::id::SessionId,
    now: i64,
) -> Result<Session, ApiError> {
    store::get(transaction, id, now)?.ok_or_else(|| not_found("session", id))
}

fn find_active(
    transaction: &mut Transaction<'_>,
    id: &ironclerk_api::id::SessionId,
    now: i64,
) -> Result<Session, ApiError> {
    let session = find(transaction, id, now)?;
    match &session.status {
        Some(SessionStatus::Active) => Ok(session),
        status => Err(ErrorCode::InvalidActionForSession.because(format!(
            "The session is {}, so that it can no longer be used.",
            status.as_ref().map_or("gone", SessionStatus::as_str)
        ))),
    }
}
