//! Who makes a request? The decision over one HTTP request, and what to answer with.
//!
//! ```text
//! http::request::Parts ──► RequestFacts ──► decide ──► Step::Done(RequestState)
//!                                             ▲   └──► Step::Need… ── ask Clerk ──┐
//!                                             └────────────── Answers ────────────┘
//! ```
//!
//! [`decide`] is a plain function: it reads no clock and no network. [`Authenticator`] drives it.
//! What a visitor sends never makes it fail; it makes the visitor signed out, with a reason.

mod answers;
mod auth_object;
mod authenticator;
#[cfg(feature = "client")]
mod backend_api;
mod cookies;
mod decision;
mod facts;
mod handshake;
mod organization_sync;
#[cfg(feature = "client")]
mod questions;
mod reason;
mod refresh;
mod resolve;
mod satellite;
mod settings;
mod state;
mod token_cache;
mod verify_machine_token;

use std::fmt;
use std::time::SystemTime;

use decision::{Missing, Request};

use crate::errors::{
    TokenVerificationError, TokenVerificationErrorAction as Action,
    TokenVerificationErrorReason as TokenReason,
};

pub use answers::{Answers, HandshakePayloadError, Keys};
pub use auth_object::{AuthObject, Caller};
pub use authenticator::{Authenticator, AuthenticatorBuilder, ChooseAuthenticator};
#[cfg(feature = "client")]
pub use backend_api::{BackendApi, BackendApiFuture};
pub use facts::RequestFacts;
pub(crate) use facts::without_parameters;
pub use organization_sync::OrganizationSync;
pub use reason::{AuthErrorReason, RefreshFailure};
pub use refresh::RefreshSession;
pub use settings::{ProxyUrl, Settings};
pub use state::{AuthStatus, RequestState};
pub use verify_machine_token::VerifyMachineToken;

pub use crate::token_type::{AcceptsToken, TokenType};

/// The version of the protocol that is spoken with Clerk's APIs, sent as `Clerk-API-Version`.
pub const API_VERSION_DATE: &str = ironclerk_api::ApiVersion::LATEST.as_str();

/// How far a decision has come.
#[derive(Clone)]
#[non_exhaustive]
pub enum Step {
    /// It is made.
    Done(Box<RequestState>),
    /// It needs the instance's key of this id. Answer with [`Answers::key`], decide again.
    NeedKey(Option<String>),
    /// It needs an expired session refreshed. Answer with [`Answers::refreshed`], decide again.
    NeedRefresh(Box<RefreshSession>),
    /// It needs what the Backend API keeps under this nonce: the cookies of a handshake. Answer
    /// with [`Answers::handshake_payload`], decide again.
    NeedHandshakePayload(String),
    /// It needs to know what an opaque machine token stands for. Answer with
    /// [`Answers::machine_token`], decide again.
    NeedMachineToken(Box<VerifyMachineToken>),
}

impl fmt::Debug for Step {
    /// Does not show a nonce: it stands for a session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(state) => f.debug_tuple("Done").field(state).finish(),
            Self::NeedKey(key_id) => f.debug_tuple("NeedKey").field(key_id).finish(),
            Self::NeedRefresh(question) => f.debug_tuple("NeedRefresh").field(question).finish(),
            Self::NeedHandshakePayload(_) => f.write_str("NeedHandshakePayload(redacted)"),
            Self::NeedMachineToken(question) => {
                f.debug_tuple("NeedMachineToken").field(question).finish()
            }
        }
    }
}

/// Decides who makes a request.
///
/// JavaScript: `authenticateRequest(request, options)`.
#[doc(alias = "authenticateRequest")]
pub fn decide(
    facts: &RequestFacts<'_>,
    settings: &Settings,
    answers: &Answers,
    now: SystemTime,
) -> Step {
    match Request::new(facts, settings, answers, now).decide() {
        Ok(state) => Step::Done(Box::new(state)),
        Err(missing) => missing.into(),
    }
}

impl From<Missing> for Step {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Key(key_id) => Self::NeedKey(key_id),
            Missing::Refresh(question) => Self::NeedRefresh(question),
            Missing::HandshakePayload(nonce) => Self::NeedHandshakePayload(nonce),
            Missing::MachineToken(question) => Self::NeedMachineToken(question),
        }
    }
}

/// Tells the developer. Without the feature `client` there is nothing to tell them with.
fn warn(message: &str) {
    #[cfg(feature = "client")]
    tracing::warn!("{message}");
    #[cfg(not(feature = "client"))]
    let _ = message;
}

/// The error of a verification for which no key is configured.
fn no_key_source() -> TokenVerificationError {
    TokenVerificationError::new(
        TokenReason::JwkFailedToResolve,
        "Failed to resolve JWK during verification.",
    )
    .with_action(Action::SetClerkJwtKey)
}
