//! The outcome of a decision.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::auth_object::{AuthObject, Caller};
use super::reason::AuthErrorReason;
use crate::internal::constants::headers::{AUTH_MESSAGE, AUTH_REASON, AUTH_STATUS};
use crate::machine::MachineAuth;
use crate::session::{Auth, SessionAuth};
use crate::token_type::TokenType;

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
    /// Somebody with a verified token.
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
    caller: Option<Caller>,
    token_type: Option<TokenType>,
    /// Most requests have a session and nothing else, and the state goes from hand to hand.
    details: Option<Box<Details>>,
}

#[derive(Clone, Default)]
struct Details {
    reason: Option<AuthErrorReason>,
    message: String,
    headers: HeaderMap,
}

impl fmt::Debug for RequestState {
    /// Shows no token: not that of the session, and none of the headers, which can hold new ones
    /// (D15).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers().keys().map(HeaderName::as_str).collect();
        f.debug_struct("RequestState")
            .field("status", &self.status)
            .field("reason", &self.reason())
            .field("message", &self.message().unwrap_or_default())
            .field("headers", &names)
            .field("caller", &self.caller)
            .field("token_type", &self.token_type)
            .finish()
    }
}

impl RequestState {
    pub(super) fn signed_in(session: impl Into<Arc<SessionAuth>>) -> Self {
        Self::signed_in_as(Caller::Session(session.into()))
    }

    pub(super) fn signed_in_with(session: impl Into<Arc<SessionAuth>>, headers: HeaderMap) -> Self {
        let mut state = Self::signed_in(session);
        state.details.get_or_insert_default().headers = headers;
        state
    }

    pub(super) fn machine(machine: MachineAuth) -> Self {
        Self::signed_in_as(Caller::Machine(Arc::new(machine)))
    }

    fn signed_in_as(caller: Caller) -> Self {
        Self {
            status: AuthStatus::SignedIn,
            token_type: Some(caller.token_type()),
            caller: Some(caller),
            details: None,
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
        Self::without_caller(AuthStatus::SignedOut, reason, message, headers)
    }

    pub(super) fn handshake(reason: AuthErrorReason, message: String, headers: HeaderMap) -> Self {
        Self::without_caller(AuthStatus::Handshake, reason, message, headers)
    }

    /// The same, where a token of this type was looked for; `None` for a token of no accepted type.
    pub(super) fn for_token_type(mut self, token_type: Option<TokenType>) -> Self {
        self.token_type = token_type;
        self
    }

    /// The same, with these `Set-Cookie` values. What cannot stand in a header is left out.
    pub(super) fn with_cookies(mut self, directives: &[String]) -> Self {
        for directive in directives {
            if let Ok(value) = HeaderValue::try_from(directive) {
                let details = self.details.get_or_insert_default();
                details.headers.append(SET_COOKIE, value);
            }
        }
        self
    }

    fn without_caller(
        status: AuthStatus,
        reason: AuthErrorReason,
        message: String,
        mut headers: HeaderMap,
    ) -> Self {
        headers.insert(STATUS_HEADER, HeaderValue::from_static(status.as_str()));
        let reason_value = match reason.as_str() {
            Cow::Borrowed(name) => Some(HeaderValue::from_static(name)),
            Cow::Owned(name) => header_value(&name),
        };
        if let Some(value) = reason_value {
            headers.insert(REASON_HEADER, value);
        }
        if let Some(value) = header_value(&message) {
            headers.insert(MESSAGE_HEADER, value);
        }
        Self {
            status,
            caller: None,
            token_type: Some(TokenType::SessionToken),
            details: Some(Box::new(Details {
                reason: Some(reason),
                message,
                headers,
            })),
        }
    }

    /// Signed in, signed out, or on the way to a handshake.
    pub fn status(&self) -> AuthStatus {
        self.status
    }

    /// Whether there is a verified token, that of a pending session included.
    ///
    /// JavaScript: `isAuthenticated`.
    #[doc(alias = "isAuthenticated")]
    pub fn is_signed_in(&self) -> bool {
        self.status == AuthStatus::SignedIn
    }

    /// Why the request is not signed in.
    pub fn reason(&self) -> Option<&AuthErrorReason> {
        self.details.as_ref()?.reason.as_ref()
    }

    /// Why, in words. `None` when signed in, empty when the reason says it all. May quote claims
    /// of the token.
    pub fn message(&self) -> Option<&str> {
        let details = self.details.as_ref()?;
        details.reason.as_ref().map(|_| details.message.as_str())
    }

    /// The headers to add to the response.
    pub fn headers(&self) -> &HeaderMap {
        static NONE: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);
        match &self.details {
            Some(details) => &details.headers,
            None => &NONE,
        }
    }

    /// Where to send the browser.
    pub fn location(&self) -> Option<&HeaderValue> {
        self.details.as_ref()?.headers.get(LOCATION)
    }

    /// The verified token. **It is a credential.**
    pub fn token(&self) -> Option<&str> {
        self.caller.as_ref().map(Caller::token)
    }

    /// The type of the token, or of the one that was looked for. `None` when there is a token of a
    /// type that is not among several accepted ones.
    ///
    /// JavaScript: `tokenType`.
    #[doc(alias = "tokenType")]
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// Which user makes the request. A pending session and every machine token count as nobody:
    /// see [`auth_object`](Self::auth_object).
    ///
    /// JavaScript: `toAuth()` where session tokens are accepted.
    #[doc(alias = "toAuth")]
    pub fn auth(&self) -> Auth {
        match &self.caller {
            Some(Caller::Session(session)) => Auth::new(Arc::clone(session)),
            _ => Auth::signed_out(),
        }
    }

    /// Which user makes the request, a pending session included.
    ///
    /// JavaScript: `toAuth({ treatPendingAsSignedOut: false })`.
    pub fn auth_with_pending(&self) -> Auth {
        match &self.caller {
            Some(Caller::Session(session)) => Auth::SignedIn(Arc::clone(session)),
            _ => Auth::signed_out(),
        }
    }

    /// Who makes the request, with whichever token. A pending session counts as nobody.
    ///
    /// JavaScript: `toAuth()`.
    #[doc(alias = "toAuth")]
    pub fn auth_object(&self) -> AuthObject {
        match &self.caller {
            Some(Caller::Session(session)) => Auth::new(Arc::clone(session)).into(),
            Some(machine) => AuthObject::SignedIn(machine.clone()),
            None => AuthObject::signed_out(self.token_type),
        }
    }
}

/// A text as a header value in Latin-1, cut to [`MAX_MESSAGE_LENGTH`]. `None` for an empty text and
/// for one with characters that no header can carry.
fn header_value(text: &str) -> Option<HeaderValue> {
    if text.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = text
        .chars()
        .take(MAX_MESSAGE_LENGTH)
        .map(|character| u8::try_from(u32::from(character)))
        .collect::<Result<_, _>>()
        .ok()?;
    HeaderValue::from_bytes(&bytes).ok()
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
