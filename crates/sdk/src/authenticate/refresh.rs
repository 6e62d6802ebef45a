//! Replacing an expired session token without a detour of the browser.

use std::collections::BTreeMap;
use std::fmt;

use http::{HeaderMap, Method};
use serde::Serialize;

use super::decision::{Missing, Request};
use super::reason::RefreshFailure;
use crate::internal::constants::cookies::REFRESH;
use crate::jwt;

/// The longest session id that is asked about, in bytes. Clerk's have 32.
const MAX_ID_LENGTH: usize = 128;

/// What the Backend API wants to know to replace an expired session token:
/// `POST /v1/sessions/{session_id}/refresh`.
///
/// Serialises as the body of that request. `Debug` shows no token.
///
/// JavaScript: `sessions.refreshSession(sessionId, params)`.
#[derive(Clone, PartialEq, Serialize)]
#[doc(alias = "refreshSession")]
#[non_exhaustive]
pub struct RefreshSession {
    /// The session's id, from the expired token. **It is not verified**: anyone could have
    /// written it. It consists of letters, digits, `_` and `-`.
    #[serde(skip)]
    pub session_id: String,
    /// Whether the answer should set cookies with the instance's suffix.
    #[serde(skip)]
    pub suffixed_cookies: bool,
    format: &'static str,
    /// The expired session token.
    pub expired_token: String,
    /// The browser's refresh token.
    pub refresh_token: String,
    /// Scheme and host of the application.
    pub request_origin: String,
    /// All headers of the request.
    pub request_headers: BTreeMap<String, Vec<String>>,
}

impl fmt::Debug for RefreshSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshSession")
            .field("session_id", &self.session_id)
            .field("suffixed_cookies", &self.suffixed_cookies)
            .field("request_origin", &self.request_origin)
            .finish_non_exhaustive()
    }
}

/// The cookies of the refreshed session, or why there are none.
pub(super) fn cookies<'a>(
    request: &'a Request<'_>,
) -> Result<Result<&'a [String], RefreshFailure>, Missing> {
    let question = match question(request) {
        Ok(question) => question,
        Err(failure) => return Ok(Err(failure)),
    };
    match &request.answers.refreshed {
        None => Err(Missing::Refresh(Box::new(question))),
        Some(Ok(cookies)) if cookies.is_empty() => Ok(Err(RefreshFailure::UnexpectedSdkError)),
        Some(Ok(cookies)) => Ok(Ok(cookies)),
        Some(Err(failure)) => Ok(Err(failure.clone())),
    }
}

fn question(request: &Request<'_>) -> Result<RefreshSession, RefreshFailure> {
    let facts = request.facts;
    if facts.method() != Method::GET {
        return Err(RefreshFailure::NonEligibleNonGet);
    }
    let key = request.settings.publishable_key.as_ref();
    let refresh_token = key
        .and_then(|key| facts.cookie(&key.suffixed(REFRESH)))
        .ok_or(RefreshFailure::NonEligibleNoRefreshCookie)?;
    let client = request.client();
    let expired_token = client.session_token.as_deref();
    let expired_token = expired_token
        .or(facts.header_token())
        .ok_or(RefreshFailure::MissingSessionToken)?;
    let decoded =
        jwt::decode(expired_token).map_err(|_| RefreshFailure::ExpiredSessionTokenDecodeFailed)?;
    let session_id = decoded
        .unverified_text("sid")
        .filter(|id| is_id(id))
        .ok_or(RefreshFailure::ExpiredSessionTokenMissingSidClaim)?;
    Ok(RefreshSession {
        session_id: session_id.to_owned(),
        suffixed_cookies: client.is_suffixed,
        format: "cookie",
        expired_token: expired_token.to_owned(),
        refresh_token: refresh_token.into_owned(),
        request_origin: facts.origin(),
        request_headers: texts(facts.headers()),
    })
}

/// The id becomes part of a path, and whoever wrote the token chose it.
fn is_id(text: &str) -> bool {
    let is_allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-');
    (1..=MAX_ID_LENGTH).contains(&text.len()) && text.bytes().all(is_allowed)
}

fn texts(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = value.as_bytes().iter().copied().map(char::from).collect();
        texts.entry(name.to_string()).or_default().push(value);
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_lead_to_another_path() {
        assert!(is_id("sess_2aB-9"));
        for text in ["", ".", "..", "a/b", "a%2Fb", "a?b", "é"] {
            assert!(!is_id(text), "{text}");
        }
        assert!(!is_id(&"a".repeat(MAX_ID_LENGTH + 1)));
    }
}
