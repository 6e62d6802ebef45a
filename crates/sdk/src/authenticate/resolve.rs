//! The way back from a handshake: what the Frontend API has to say to the browser.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, LOCATION,
};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::cookies::session_token_in;
use super::decision::{Missing, Request, Verified};
use super::facts::without_parameters;
use super::reason::AuthErrorReason;
use super::state::RequestState;
use crate::errors::{
    TokenCarrier, TokenVerificationError, TokenVerificationErrorReason as TokenReason,
};
use crate::internal::constants::query_parameters::{
    DEV_BROWSER, HANDSHAKE, HANDSHAKE_HELP, HANDSHAKE_NONCE,
};
use crate::jwt::{self, VerifyOptions};
use crate::session::{SessionAuth, is_of_session_category};

/// What is taken out of the URL of a development instance afterwards.
const TEMPORARY_PARAMETERS: [&str; 4] = [HANDSHAKE, HANDSHAKE_HELP, DEV_BROWSER, HANDSHAKE_NONCE];

/// A longer nonce is none of Clerk's.
const MAX_NONCE_LENGTH: usize = 1024;

/// How far the clock of a developer's machine may be off when a handshake is resolved.
const DEVELOPMENT_CLOCK_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// The state after a handshake. `None` when there is none, or it is of no use.
pub(super) fn resolve(request: &Request<'_>) -> Result<Option<RequestState>, Missing> {
    let nonce = temporary(request, HANDSHAKE_NONCE).filter(|it| it.len() <= MAX_NONCE_LENGTH);
    if let Some(nonce) = nonce {
        return match &request.answers.handshake_payload {
            None => Err(Missing::HandshakePayload(nonce.into_owned())),
            Some(Ok(directives)) => with_directives(request, directives),
            // Not the visitor's doing, so it does not look like a visitor without a session (D19).
            Some(Err(error)) => {
                super::warn(&format!("Clerk: {error}"));
                Ok(Some(RequestState::signed_out_with(
                    AuthErrorReason::UnexpectedError,
                    "The handshake payload could not be fetched.".to_owned(),
                    headers(request),
                )))
            }
        };
    }
    let Some(token) = temporary(request, HANDSHAKE) else {
        return Ok(None);
    };
    match directives_of(request, &token)? {
        Ok(directives) => with_directives(request, &directives),
        Err(error) => Ok(refused(request, &error)),
    }
}

/// A parameter of the URL, else a cookie of the same name.
fn temporary<'a>(request: &Request<'a>, name: &str) -> Option<Cow<'a, str>> {
    let in_query = request.facts.query_parameter(name);
    in_query
        .filter(|value| !value.is_empty())
        .or_else(|| request.cookies().get(name))
}

/// The cookies that a handshake token, if it is genuine, says are to be set.
fn directives_of(request: &Request<'_>, token: &str) -> Result<Verified<Vec<String>>, Missing> {
    let token = match jwt::decode(token) {
        Ok(token) => token,
        Err(error) => return Ok(Err(error)),
    };
    // Whoever may write a JWT template could otherwise have cookies set (N3b).
    if !is_of_session_category(&token) {
        return Ok(Err(TokenVerificationError::new(
            TokenReason::TokenInvalid,
            "Invalid handshake token category.",
        )));
    }
    let key = match request.key_of(&token)? {
        Ok(key) => key,
        Err(error) => return Ok(Err(error)),
    };
    if let Err(error) = token.verify_signature(key, &VerifyOptions::default().header_types) {
        return Ok(Err(error));
    }
    // Whoever has found an old address could otherwise have its cookies set again.
    let clock_skew = match request.settings.is_development() {
        true => DEVELOPMENT_CLOCK_SKEW,
        false => request.settings.verify.clock_skew,
    };
    if let Err(error) = token.check_expiry(clock_skew, request.now) {
        return Ok(Err(error));
    }
    let directives = token.unverified_claims().get("handshake");
    let directives = directives.and_then(Value::as_array);
    Ok(Ok(directives
        .into_iter()
        .flatten()
        .filter_map(|directive| directive.as_str().map(str::to_owned))
        .collect()))
}

/// In production the request is decided as if there were no handshake. A developer should know.
fn refused(request: &Request<'_>, error: &TokenVerificationError) -> Option<RequestState> {
    if !request.settings.is_development() {
        super::warn(&format!("Clerk: unable to resolve handshake: {error}"));
        return None;
    }
    let message = match error.reason {
        TokenReason::TokenInvalidSignature => "Clerk: Handshake token verification failed due to an invalid signature. If you have switched Clerk keys locally, clear your cookies and try again.".to_owned(),
        _ => format!(
            "Clerk: Handshake token verification failed: {}.",
            error.full_message()
        ),
    };
    super::warn(&message);
    Some(RequestState::signed_out(error.reason.into(), message))
}

fn with_directives(
    request: &Request<'_>,
    directives: &[String],
) -> Result<Option<RequestState>, Missing> {
    let Some(token) = session_token_in(directives) else {
        let state = RequestState::signed_out_with(
            AuthErrorReason::SessionTokenMissing,
            String::new(),
            headers(request),
        );
        return Ok(Some(state.with_cookies(directives)));
    };
    let claims = match request.verify(token, TokenCarrier::Cookie)? {
        Err(error) if request.settings.is_development() && is_about_time(&error) => {
            super::warn(&format!(
                "Clerk: Clock skew detected. This usually means that your system clock is inaccurate. Clerk will attempt to account for the clock skew in development. {}",
                error.with_carrier(TokenCarrier::Cookie).full_message()
            ));
            let mut options = request.settings.verify.clone();
            options.clock_skew = DEVELOPMENT_CLOCK_SKEW;
            request.verify_with(token, TokenCarrier::Cookie, &options)?
        }
        verified => verified,
    };
    match claims {
        Ok(claims) => {
            let session = SessionAuth::new(claims, token);
            let state = RequestState::signed_in_with(session, headers(request));
            Ok(Some(state.with_cookies(directives)))
        }
        Err(error) => {
            super::warn(&format!("Clerk: unable to resolve handshake: {error}"));
            Ok(None)
        }
    }
}

fn is_about_time(error: &TokenVerificationError) -> bool {
    matches!(
        error.reason,
        TokenReason::TokenExpired
            | TokenReason::TokenNotActiveYet
            | TokenReason::TokenIatInTheFuture
    )
}

/// The headers of every answer to a resolved handshake. In development the browser is sent on to
/// the URL without what the handshake has put there.
fn headers(request: &Request<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("null"),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    if request.settings.is_development()
        && let Some(url) = request.facts.url()
        && let Ok(location) =
            HeaderValue::try_from(without_parameters(&url, &TEMPORARY_PARAMETERS).as_str())
    {
        headers.insert(LOCATION, location);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers
}
