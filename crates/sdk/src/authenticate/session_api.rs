//! The two questions about sessions that only the Backend API can answer.

use std::future::Future;
use std::pin::Pin;

use super::answers::HandshakePayloadError;
use super::reason::RefreshFailure;
use super::refresh::RefreshSession;

/// What the methods of [`SessionApi`] return: `Set-Cookie` values.
pub type SessionApiFuture<'a, E> =
    Pin<Box<dyn Future<Output = Result<Vec<String>, E>> + Send + 'a>>;

/// Asks the Backend API about sessions. [`Client`](crate::client::Client) does.
///
/// An implementation answers in bounded time.
pub trait SessionApi: Send + Sync + 'static {
    /// Replaces an expired session token: `POST /v1/sessions/{session_id}/refresh`.
    fn refresh_session(&self, request: RefreshSession) -> SessionApiFuture<'_, RefreshFailure>;

    /// What a handshake's nonce stands for: `GET /v1/clients/handshake_payload?nonce=…`.
    fn handshake_payload(&self, nonce: String) -> SessionApiFuture<'_, HandshakePayloadError>;
}
