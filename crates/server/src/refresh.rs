//! New session tokens for browsers whose last one has expired, without a handshake.

use ironclerk_api::sessions::{
    Cookies, RefreshFormat, RefreshSession, RefreshedSession, Session, SessionStatus,
};
use ironclerk_api::{ApiError, ErrorCode, Metadata};
use serde_json::Value;

use crate::context::{Cx, fingerprint};
use crate::database::{DatabaseError, Transaction};
use crate::handshake::{self, SignedIn};
use crate::identifier;
use crate::session_token;
use crate::sessions;
use crate::store::{sessions as store, users};

/// For how long a refresh token that was used is accepted again, in ms: a browser sends several
/// requests at once, all with the same one.
const GRACE: i64 = 60 * 1000;

pub(crate) async fn refresh(cx: Cx, request: RefreshSession) -> Result<RefreshedSession, ApiError> {
    let format = match request.format {
        None | Some(RefreshFormat::Token) => RefreshFormat::Token,
        Some(RefreshFormat::Cookie) => RefreshFormat::Cookie,
        Some(format) => {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "format",
                format!("format must be token or cookie, not {format}."),
            ));
        }
    };
    let claims = cx.instance().signed_claims(request.expired_token.expose());
    check_token(&cx, claims, &request)?;

    let next = match format {
        RefreshFormat::Cookie => Some(cx.random_secret()?),
        // There is no place for it in the answer.
        _ => None,
    };
    let (images, now) = (cx.images(), cx.now);
    let (id, old) = (
        request.session_id,
        fingerprint(request.refresh_token.expose()),
    );
    let new = next.clone();
    let content = cx
        .database()
        .write(move |transaction| {
            let session = store::get(transaction, &id, now)?.ok_or_else(|| {
                ErrorCode::SessionRefreshNotFound
                    .because(format!("There is no session with the id {id}."))
            })?;
            if session.status != Some(SessionStatus::Active) {
                return Err(ErrorCode::SessionRefreshInactive
                    .because("The session has ended: the user must sign in again."));
            }
            let user = users::get(transaction, &session.user_id, &images)?;
            if user.is_none_or(|user| user.banned) {
                return Err(ErrorCode::SessionRefreshUserNotFound
                    .because("The user of the session is gone or banned."));
            }
            let owner = store::session_of_refresh_token(transaction, &old, now - GRACE)?;
            if owner.as_ref() != Some(&session.id) {
                return Err(ErrorCode::RefreshTokenNotFound
                    .because("The refresh token is not one of the session, or was used before."));
            }
            if let Some(new) = &new {
                store::use_refresh_token(transaction, &old, now)?;
                insert_refresh_token(transaction, &session, new, now)?;
            }
            store::touch(transaction, &session, now + sessions::ABANDONED_AFTER, now)?;
            session_token::content(transaction, session, &images)
        })
        .await?;
    let origin = request.request_origin;
    let token = session_token::token(&cx, &content, None, Some(&origin))?;
    let Some(refresh_token) = next else {
        return Ok(RefreshedSession::Token(token));
    };
    let signed_in = SignedIn {
        session: &content.session,
        token: &token.jwt,
        refresh_token: &refresh_token,
    };
    let is_suffixed = request.suffixed_cookies == Some(true);
    Ok(RefreshedSession::Cookies(Cookies {
        cookies: handshake::signed_in_cookies(&cx, &signed_in, is_suffixed),
        ..Default::default()
    }))
}

/// Stores a refresh token of a session.
pub(crate) fn insert_refresh_token(
    transaction: &mut Transaction<'_>,
    session: &Session,
    token: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    let digest = fingerprint(token);
    store::insert_refresh_token(transaction, &digest, &session.id, now - GRACE, now)
}

/// Refuses an expired token that was not made for this session and this application.
fn check_token(
    cx: &Cx,
    claims: Option<Metadata>,
    request: &RefreshSession,
) -> Result<(), ApiError> {
    let origin = &request.request_origin;
    if !identifier::is_web_address(origin) {
        return Err(ErrorCode::RefreshRequestOriginInvalid.for_parameter(
            "request_origin",
            "request_origin must be the scheme and the host of the application.",
        ));
    }
    let refuse = |code: ErrorCode, reason: &str| Err(code.because(reason));
    let Some(claims) = claims else {
        return refuse(
            ErrorCode::ExpiredSessionTokenInvalid,
            "The expired token is not one that this instance has made.",
        );
    };
    let text = |name| claims.get(name).and_then(Value::as_str);
    match text("sid") {
        None => {
            return refuse(
                ErrorCode::ExpiredSessionTokenMissingSid,
                "The expired token has no session.",
            );
        }
        Some(id) if id != request.session_id.as_str() => {
            return refuse(
                ErrorCode::RefreshSidMismatch,
                "The expired token is of another session.",
            );
        }
        Some(_) => {}
    }
    match claims.get("iat").and_then(Value::as_i64) {
        None => {
            return refuse(
                ErrorCode::SessionRefreshMissingIat,
                "The expired token does not say when it was made.",
            );
        }
        // Older than any session can be.
        Some(iat) if iat.saturating_mul(1000) < cx.now - sessions::LIFETIME => {
            return refuse(
                ErrorCode::SessionRefreshTooOld,
                "The expired token was made too long ago.",
            );
        }
        Some(_) => {}
    }
    match text("azp") {
        None => refuse(
            ErrorCode::ExpiredSessionTokenMissingAzp,
            "The expired token does not say for which application it was made.",
        ),
        Some(azp) if azp != origin => refuse(
            ErrorCode::RefreshRequestOriginAzpMismatch,
            "The expired token was made for another application.",
        ),
        Some(_) => Ok(()),
    }
}
