//! The outcome of a decision.

use std::fmt;
use std::sync::Arc;

use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::reason::AuthErrorReason;
use crate::internal::constants::headers::{AUTH_MESSAGE, AUTH_REASON, AUTH_STATUS};
use crate::session::{Auth, SessionAuth};

const STATUS_HEADER: HeaderName = HeaderName::from_static(AUTH_STATUS);
const REASON_HEADER: HeaderName = HeaderName::from_static(AUTH_REASON);
const MESSAGE_HEADER: HeaderName = HeaderName::from_static(AUTH_MESSAGE);

/// The longest `x-clerk-auth-message`, in bytes. A message quotes claims of the visitor's choosing,
/// and many servers refuse a response whose headers exceed 8 KiB.
const MAX_MESSAGE_LENGTH: usize = 1024;

/// What was found out about a request.
///
/// JavaScript: `AuthStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthStatus {
    /// A user with a verified session.
    SignedIn,
    /// Nobody.
    SignedOut,
    /// Not known yet: the browser has to visit the Frontend API first.
    Handshake,
}

impl AuthStatus {
    /// `signed-in`, `signed-out` or `handshake`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::Handshake => "handshake",
        }
    }
}

/// The outcome of authenticating a request, and the headers that the response to it must carry.
///
/// An adapter for a web framework copies [`headers`](Self::headers) to the response; if there is a
/// [`location`](Self::location) it answers 307 with an empty body, whatever the status; otherwise
/// it hands [`auth`](Self::auth) to the application. The `tower` feature does so.
///
/// JavaScript: `RequestState`.
#[derive(Clone)]
pub struct RequestState {
    status: AuthStatus,
    reason: Option<AuthErrorReason>,
    message: String,
    headers: HeaderMap,
    session: Option<Arc<SessionAuth>>,
}

impl fmt::Debug for RequestState {
    /// Shows no token: not that of the session, and none of the headers, which can hold new ones
    /// (D15).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("RequestState")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("message", &self.message)
            .field("headers", &names)
            .field("session", &self.session)
            .finish()
    }
}

impl RequestState {
    pub(super) fn signed_in(session: SessionAuth) -> Self {
        Self::signed_in_with(session, HeaderMap::new())
    }

    pub(super) fn signed_in_with(session: SessionAuth, headers: HeaderMap) -> Self {
        Self {
            status: AuthStatus::SignedIn,
            reason: None,
            message: String::new(),
            headers,
            session: Some(Arc::new(session)),
        }
    }

    pub(super) fn signed_out(reason: AuthErrorReason, message: String) -> Self {
        Self::signed_out_with(reason, message, HeaderMap::new())
    }

    pub(super) fn signed_out_with(
        reason: AuthErrorReason,
        message: String,
        headers: HeaderMap,
    ) -> Self {
        Self::without_session(AuthStatus::SignedOut, reason, message, headers)
    }

    pub(super) fn handshake(reason: AuthErrorReason, message: String, headers: HeaderMap) -> Self {
        Self::without_session(AuthStatus::Handshake, reason, message, headers)
    }

    /// The same, with these `Set-Cookie` values. What cannot stand in a header is left out.
    pub(super) fn with_cookies(mut self, directives: &[String]) -> Self {
        for directive in directives {
            if let Ok(value) = HeaderValue::try_from(directive) {
                self.headers.append(SET_COOKIE, value);
            }
        }
        self
    }

    fn without_session(
        status: AuthStatus,
        reason: AuthErrorReason,
        message: String,
        mut headers: HeaderMap,
    ) -> Self {
        headers.insert(STATUS_HEADER, HeaderValue::from_static(status.as_str()));
        if let Some(value) = header_value(&reason.as_str()) {
            headers.insert(REASON_HEADER, value);
        }
        if let Some(value) = header_value(&message) {
            headers.insert(MESSAGE_HEADER, value);
        }
        Self {
            status,
            reason: Some(reason),
            message,
            headers,
            session: None,
        }
    }

    /// Signed in, signed out, or on the way to a handshake.
    pub fn status(&self) -> AuthStatus {
        self.status
    }

    /// Whether there is a verified session, a pending one included.
    ///
    /// JavaScript: `isAuthenticated`.
    #[doc(alias = "isAuthenticated")]
    pub fn is_signed_in(&self) -> bool {
        self.status == AuthStatus::SignedIn
    }

    /// Why the request is not signed in.
    pub fn reason(&self) -> Option<&AuthErrorReason> {
        self.reason.as_ref()
    }

    /// Why, in words. `None` when signed in, empty when the reason says it all. May quote claims
    /// of the token.
    pub fn message(&self) -> Option<&str> {
        self.reason.as_ref().map(|_| self.message.as_str())
    }

    /// The headers to add to the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Where to send the browser.
    pub fn location(&self) -> Option<&HeaderValue> {
        self.headers.get(LOCATION)
    }

    /// The verified session token. **It is a credential.**
    pub fn token(&self) -> Option<&str> {
        self.session.as_deref().map(SessionAuth::token)
    }

    /// Who makes the request. A pending session counts as nobody.
    ///
    /// JavaScript: `toAuth()`.
    #[doc(alias = "toAuth")]
    pub fn auth(&self) -> Auth {
        match &self.session {
            Some(session) if session.is_pending() => Auth::SignedOut { is_pending: true },
            _ => self.auth_with_pending(),
        }
    }

    /// Who makes the request, a pending session included.
    ///
    /// JavaScript: `toAuth({ treatPendingAsSignedOut: false })`.
    pub fn auth_with_pending(&self) -> Auth {
        match &self.session {
            Some(session) => Auth::SignedIn(Arc::clone(session)),
            None => Auth::signed_out(),
        }
    }
}

/// A text as a header value in Latin-1, cut to [`MAX_MESSAGE_LENGTH`]. `None` for an empty text and
/// for one with characters that no header can carry.
fn header_value(text: &str) -> Option<HeaderValue> {
    let bytes: Vec<u8> = text
        .chars()
        .take(MAX_MESSAGE_LENGTH)
        .map(|character| u8::try_from(u32::from(character)))
        .collect::<Result<_, _>>()
        .ok()?;
    HeaderValue::from_bytes(&bytes)
        .ok()
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_token() {
        let directives = ["__session=secret; Path=/".to_owned()];
        let state = RequestState::signed_out(AuthErrorReason::SessionTokenMissing, String::new());
        let shown = format!("{:?}", state.with_cookies(&directives));
        assert!(shown.contains("set-cookie"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_message_that_no_header_can_carry_is_left_out() {
        let headers = |message: &str| {
            RequestState::signed_out(AuthErrorReason::UnexpectedError, message.to_owned())
                .headers()
                .clone()
        };
        for message in ["", "a\nb", "漢"] {
            let headers = headers(message);
            assert_eq!(headers.get(MESSAGE_HEADER), None, "{message}");
            assert_eq!(headers[REASON_HEADER], "unexpected-error");
            assert_eq!(headers[STATUS_HEADER], "signed-out");
        }
        assert_eq!(headers("\u{e9}")[MESSAGE_HEADER].as_bytes(), b"\xe9");
        let long = headers(&"x".repeat(10_000));
        assert_eq!(long[MESSAGE_HEADER].len(), MAX_MESSAGE_LENGTH);
    }
}
