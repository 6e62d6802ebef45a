//! The questions that only the Backend API can answer.

use std::future::{Future, ready};
use std::pin::Pin;

use serde_json::Value;

use super::answers::HandshakePayloadError;
use super::reason::RefreshFailure;
use super::refresh::RefreshSession;
use super::verify_machine_token::VerifyMachineToken;
use crate::errors::MachineTokenVerificationError;

/// What the methods of [`BackendApi`] return.
pub type BackendApiFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Asks the Backend API about sessions and tokens. [`Client`](crate::client::Client) does.
///
/// An implementation answers in bounded time. A method that it does not have answers that Clerk
/// cannot be asked, so that a test brings only what it needs.
pub trait BackendApi: Send + Sync + 'static {
    /// Replaces an expired session token: `POST /v1/sessions/{session_id}/refresh`. Answers
    /// `Set-Cookie` values.
    fn refresh_session(
        &self,
        _request: RefreshSession,
    ) -> BackendApiFuture<'_, Result<Vec<String>, RefreshFailure>> {
        Box::pin(ready(Err(RefreshFailure::MissingApiClient)))
    }

    /// What a handshake's nonce stands for: `GET /v1/clients/handshake_payload?nonce=…`. Answers
    /// `Set-Cookie` values.
    fn handshake_payload(
        &self,
        _nonce: String,
    ) -> BackendApiFuture<'_, Result<Vec<String>, HandshakePayloadError>> {
        Box::pin(ready(Err(HandshakePayloadError::no_client())))
    }

    /// What an opaque machine token stands for: `POST /api_keys/verify`,
    /// `POST /m2m_tokens/verify`, `POST /oauth_applications/access_tokens/verify`. Answers what
    /// Clerk says of the token; whether that is good enough is decided by
    /// [`decide`](super::decide).
    fn verify_machine_token(
        &self,
        _request: VerifyMachineToken,
    ) -> BackendApiFuture<'_, Result<Value, MachineTokenVerificationError>> {
        Box::pin(ready(Err(MachineTokenVerificationError::unexpected())))
    }
}
