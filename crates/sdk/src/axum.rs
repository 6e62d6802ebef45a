//! Extractors for axum handlers. They need [`ClerkLayer`](crate::tower::ClerkLayer) on the router.
//!
//! - [`Auth`] for a handler that serves everybody,
//! - [`SignedIn`] for one that serves users only,
//! - [`Caller`] for one that serves machines too: whoever comes with a token that the layer
//!   accepts,
//! - [`AuthObject`] for one that serves everybody, and machines as what they are.
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

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::authenticate::{AuthObject, Caller, RequestState};
use crate::require::Refusal;
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
        auth.ok_or_else(|| Rejection(Refusal::layer_missing()))
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        match Auth::from_request_parts(parts, state).await? {
            Auth::SignedIn(session) => Ok(Self(session)),
            Auth::SignedOut { .. } => Err(Rejection(Refusal::signed_out())),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for AuthObject {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let state = parts.extensions.get::<RequestState>();
        let auth = state.map(RequestState::auth_object);
        auth.ok_or_else(|| Rejection(Refusal::layer_missing()))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        match AuthObject::from_request_parts(parts, state).await? {
            AuthObject::SignedIn(caller) => Ok(caller),
            AuthObject::SignedOut { .. } => Err(Rejection(Refusal::no_accepted_token())),
        }
    }
}

/// Why an extractor gave the handler nothing: nobody is signed in (401), or the router has no
/// [`ClerkLayer`](crate::tower::ClerkLayer) (500).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Refusal);

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0.response()
    }
}
