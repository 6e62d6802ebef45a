//! The questions that only the Backend API can answer.

use std::future::Future;
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
/// An implementation answers in bounded time.
pub trait BackendApi: Send + Sync + 'static {
    /// Replaces an expired session token: `POST /v1/sessions/{session_id}/refresh`. Answers
    /// `Set-Cookie` values.
    fn refresh_session(
        &self,
        request: RefreshSession,
    ) -> BackendApiFuture<'_, Result<Vec<String>, RefreshFailure>>;

    /// What a handshake's nonce stands for: `GET /v1/clients/handshake_payload?nonce=…`. Answers
    /// `Set-Cookie` values.
    fn handshake_payload(
        &self,
        nonce: String,
    ) -> BackendApiFuture<'_, Result<Vec<String>, HandshakePayloadError>>;

    /// What an opaque machine token stands for: `POST /api_keys/verify`,
    /// `POST /m2m_tokens/verify`, `POST /oauth_applications/access_tokens/verify`. Answers what
    /// Clerk says of the token; whether that is good enough is decided by
    /// [`decide`](super::decide).
    fn verify_machine_token(
        &self,
        request: VerifyMachineToken,
    ) -> BackendApiFuture<'_, Result<Value, MachineTokenVerificationError>>;
}
