//! Extractors for axum handlers. They need [`ClerkLayer`](crate::tower::ClerkLayer) on the router.
//!
//! - [`Auth`] for a handler that serves everybody,
//! - [`SignedIn`] for one that serves users only.
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//! use ironclerk::authenticate::Authenticator;
//! use ironclerk::axum::SignedIn;
//! use ironclerk::session::Auth;
//! use ironclerk::tower::ClerkLayer;
//!
//! async fn home(auth: Auth) -> String {
//!     format!("Hello {}", auth.user_id().unwrap_or("stranger"))
//! }
//!
//! async fn account(SignedIn(session): SignedIn) -> String {
//!     format!("The account of {}", session.user_id())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let jwt_key = ironclerk::keys::PrivateKey::generate()?.public_key().to_spki_pem();
//! let authenticator = Authenticator::builder()
//!     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
//!     .jwt_key(jwt_key)
//!     .build()?;
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/account", get(account))
//!     .layer(ClerkLayer::new(authenticator));
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::session::{Auth, SessionAuth};

/// The session of a user who is signed in. Anybody else is answered with 401 and Clerk's own error
/// shape, before the handler runs.
///
/// JavaScript: `requireAuth()`.
#[derive(Clone, Debug)]
#[doc(alias = "requireAuth")]
pub struct SignedIn(pub Arc<SessionAuth>);

impl<S: Sync> FromRequestParts<S> for Auth {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let auth = parts.extensions.get::<Auth>().cloned();
        auth.ok_or(Rejection::LayerMissing)
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        match Auth::from_request_parts(parts, state).await? {
            Auth::SignedIn(session) => Ok(Self(session)),
            Auth::SignedOut { .. } => Err(Rejection::SignedOut),
        }
    }
}

/// Why an extractor gave the handler nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The router has no [`ClerkLayer`](crate::tower::ClerkLayer). Answered with 500.
    #[error(
        "ironclerk: this handler asks who is signed in, but the router has no ClerkLayer. Add `.layer(ClerkLayer::new(authenticator))` after its routes."
    )]
    LayerMissing,
    /// Nobody is signed in. Answered with 401.
    #[error("Unable to authenticate the request, you need to supply an active session")]
    SignedOut,
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, content_type, body) = match self {
            Self::LayerMissing => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "text/plain; charset=utf-8",
                self.to_string(),
            ),
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "application/json",
                json!({"errors": [{
                    "code": "authentication_invalid",
                    "message": "Invalid authentication",
                    "long_message": self.to_string(),
                }]})
                .to_string(),
            ),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}
