//! Who makes a request? The decision over one HTTP request, and what to answer with.
//!
//! ```text
//! http::request::Parts ──► RequestFacts ──► decide ──► Step::Done(RequestState)
//!                                             ▲   └──► Step::NeedKey(id) ── look it up ──┐
//!                                             └──────────────────────────────────────────┘
//! ```
//!
//! [`decide`] is a plain function: it reads no clock and no network. [`Authenticator`] drives it.
//! What a visitor sends never makes it fail; it makes the visitor signed out, with a reason.

mod authenticator;
mod cookies;
mod facts;
mod handshake;
mod reason;
mod state;

use std::sync::Arc;
use std::time::SystemTime;

use http::Method;

use crate::errors::{
    TokenCarrier, TokenVerificationError, TokenVerificationErrorAction as Action,
    TokenVerificationErrorReason as TokenReason,
};
use crate::instance::{DEFAULT_API_URL, DEFAULT_API_VERSION, PublishableKey, SecretKey};
use crate::jwt::{self, VerifyOptions};
use crate::keys::{KeySet, PublicKey};
use crate::session::{SessionAuth, SessionClaims, is_session_token};

pub use authenticator::{Authenticator, AuthenticatorBuilder};
pub use facts::RequestFacts;
pub use reason::{AuthErrorReason, RefreshFailure};
pub use state::{AuthStatus, RequestState};

/// The version of the protocol that is spoken with Clerk's APIs, sent as `Clerk-API-Version`.
pub const API_VERSION_DATE: &str = "2025-11-10";

/// What an application has decided about authentication: its instance and its rules.
///
/// JavaScript: `AuthenticateRequestOptions`.
#[derive(Clone, Debug)]
#[doc(alias = "AuthenticateRequestOptions")]
#[non_exhaustive]
pub struct Settings {
    /// The instance. Default: none, it is always needed.
    pub publishable_key: PublishableKey,
    /// The key for Clerk's Backend API. Not needed to verify with a local key.
    pub secret_key: Option<SecretKey>,
    /// The address of the Backend API. Default: `https://api.clerk.com`.
    pub api_url: String,
    /// The version in the path of the Backend API. Default: `v1`.
    pub api_version: String,
    /// What a session token has to be.
    pub verify: VerifyOptions,
}

impl Settings {
    /// The defaults for an instance.
    pub fn new(publishable_key: PublishableKey) -> Self {
        Self {
            publishable_key,
            secret_key: None,
            api_url: DEFAULT_API_URL.to_owned(),
            api_version: DEFAULT_API_VERSION.to_owned(),
            verify: VerifyOptions::default(),
        }
    }
}

/// The keys that are at hand while a request is decided.
#[derive(Clone, Debug)]
pub enum Keys {
    /// The one key of the configuration. A token's key id is not looked at.
    Local(PublicKey),
    /// The keys of the instance as far as they are known.
    Remote {
        /// What was known at the beginning.
        known: Arc<KeySet>,
        /// What [`Step::NeedKey`] has been answered with since.
        answers: Vec<(Option<String>, Result<PublicKey, TokenVerificationError>)>,
    },
}

impl Keys {
    /// The keys of an instance as far as they are known, without any answer yet.
    pub fn remote(known: Arc<KeySet>) -> Self {
        Self::Remote {
            known,
            answers: Vec::new(),
        }
    }

    /// Adds the answer to a [`Step::NeedKey`]. A local key needs none.
    pub fn answer(
        &mut self,
        key_id: Option<String>,
        answer: Result<PublicKey, TokenVerificationError>,
    ) {
        if let Self::Remote { answers, .. } = self {
            answers.push((key_id, answer));
        }
    }

    /// `None` when nobody has asked for this key yet.
    fn find(&self, key_id: Option<&str>) -> Option<Result<&PublicKey, &TokenVerificationError>> {
        let (known, answers) = match self {
            Self::Local(key) => return Some(Ok(key)),
            Self::Remote { known, answers } => (known, answers),
        };
        if let Some(key) = key_id.and_then(|id| known.get(id)) {
            return Some(Ok(key));
        }
        answers
            .iter()
            .find(|(id, _)| id.as_deref() == key_id)
            .map(|(_, answer)| answer.as_ref())
    }
}

/// How far a decision has come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// It is made.
    Done(Box<RequestState>),
    /// It needs the instance's key of this id. Give the answer to [`Keys::answer`], decide again.
    NeedKey(Option<String>),
}

/// Decides who makes a request.
///
/// JavaScript: `authenticateRequest(request, options)`.
#[doc(alias = "authenticateRequest")]
pub fn decide(facts: &RequestFacts<'_>, settings: &Settings, keys: &Keys, now: SystemTime) -> Step {
    let request = Request {
        facts,
        settings,
        keys,
        now,
    };
    // A token in the header comes before every cookie.
    let decision = match facts.header_token() {
        Some(token) => request.with_header_token(token),
        None => Ok(RequestState::signed_out(
            AuthErrorReason::SessionTokenAndUatMissing,
            String::new(),
        )),
    };
    match decision {
        Ok(state) => Step::Done(Box::new(state)),
        Err(MissingKey(key_id)) => Step::NeedKey(key_id),
    }
}

/// The decision cannot go on without the key of this id.
struct MissingKey(Option<String>);

struct Request<'a> {
    facts: &'a RequestFacts<'a>,
    settings: &'a Settings,
    keys: &'a Keys,
    now: SystemTime,
}

impl Request<'_> {
    fn with_header_token(&self, token: &str) -> Result<RequestState, MissingKey> {
        Ok(match self.verify(token)? {
            Ok(claims) => RequestState::signed_in(SessionAuth::new(claims, token)),
            Err(error) => self.refused(error.with_carrier(TokenCarrier::Header)),
        })
    }

    fn verify(
        &self,
        token: &str,
    ) -> Result<Result<SessionClaims, TokenVerificationError>, MissingKey> {
        let token = match jwt::decode(token) {
            Ok(token) => token,
            Err(error) => return Ok(Err(error)),
        };
        if !is_session_token(&token) {
            return Ok(Err(TokenVerificationError::new(
                TokenReason::TokenTypeMismatch,
                "",
            )));
        }
        let key = match self.keys.find(token.key_id()) {
            Some(Ok(key)) => key,
            Some(Err(error)) => return Ok(Err(error.clone())),
            None => return Err(MissingKey(token.key_id().map(str::to_owned))),
        };
        let claims = token.verify(key, &self.settings.verify, self.now);
        Ok(claims.map(SessionClaims::from))
    }

    /// A token of the wrong moment can be replaced by the Frontend API; any other failure cannot.
    fn refused(&self, error: TokenVerificationError) -> RequestState {
        let message = match error.reason {
            TokenReason::TokenTypeMismatch => String::new(),
            _ => error.full_message(),
        };
        let reason = match error.reason {
            TokenReason::TokenExpired => {
                AuthErrorReason::SessionTokenExpired(self.refresh_failure())
            }
            TokenReason::TokenNotActiveYet => AuthErrorReason::SessionTokenNbf,
            TokenReason::TokenIatInTheFuture => AuthErrorReason::SessionTokenIatInTheFuture,
            other => return RequestState::signed_out(other.into(), message),
        };
        handshake::start_or_sign_out(self, reason, message)
    }

    fn refresh_failure(&self) -> RefreshFailure {
        let name = self
            .settings
            .publishable_key
            .suffixed(cookies::REFRESH_COOKIE);
        if self.facts.method() != Method::GET {
            RefreshFailure::NonEligibleNonGet
        } else if self.facts.cookies().get(&name).is_none() {
            RefreshFailure::NonEligibleNoRefreshCookie
        } else {
            RefreshFailure::MissingApiClient
        }
    }
}

/// The error of a verification for which no key is configured.
fn no_key_source() -> TokenVerificationError {
    TokenVerificationError::new(
        TokenReason::JwkFailedToResolve,
        "Failed to resolve JWK during verification.",
    )
    .with_action(Action::SetClerkJwtKey)
}
