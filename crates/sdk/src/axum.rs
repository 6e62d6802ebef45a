//! Extractors for axum handlers. They need [`ClerkLayer`](crate::tower::ClerkLayer) on the router.
//!
//! - [`Auth`] for a handler that serves everybody,
//! - [`WebhookEvent`] for one that receives Clerk's webhooks,
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

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use axum_core::body::Body;
use axum_core::extract::{FromRef, FromRequest, FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::Request;
use http::request::Parts;

use crate::authenticate::{AuthObject, Caller, RequestState};
use crate::require::{self, Refusal};
use crate::session::{Auth, Guard, SessionAuth};
use crate::webhook::{self, SigningSecrets, WebhookEvent};

/// The session of a user who is signed in. Anybody else is answered with 401 and Clerk's own error
/// shape, before the handler runs.
///
/// JavaScript: `requireAuth()`.
#[derive(Clone, Debug)]
#[doc(alias = "requireAuth")]
pub struct SignedIn(pub Arc<SessionAuth>);

/// The session of a user who has what a [`Guard`] asks. Nobody is answered with 401, a user
/// without it with 403, both in Clerk's own error shape, before the handler runs.
///
/// ```
/// use ironclerk::Has;
/// use ironclerk::axum::Allowed;
/// use ironclerk::session::Guard;
///
/// struct Administrator;
///
/// impl Guard for Administrator {
///     fn has() -> Has {
///         Has::role("org:admin")
///     }
/// }
///
/// async fn settings(user: Allowed<Administrator>) -> String {
///     format!("The settings, for {}", user.session.user_id())
/// }
/// ```
pub struct Allowed<G> {
    /// The session.
    pub session: Arc<SessionAuth>,
    guard: PhantomData<fn() -> G>,
}

impl<G> Allowed<G> {
    fn new(session: Arc<SessionAuth>) -> Self {
        Self {
            session,
            guard: PhantomData,
        }
    }
}

impl<G> fmt::Debug for Allowed<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Allowed").field(&self.session).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Auth {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        require::auth(parts.extensions.get()).map_err(Rejection)
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

/// `Option<SignedIn>`, for a handler that serves everybody and greets users. [`Auth`] says more.
impl<S: Sync> OptionalFromRequestParts<S> for SignedIn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejection> {
        match Auth::from_request_parts(parts, state).await? {
            Auth::SignedIn(session) => Ok(Some(Self(session))),
            Auth::SignedOut { .. } => Ok(None),
        }
    }
}

impl<S: Sync, G: Guard> FromRequestParts<S> for Allowed<G> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let checked = require::session(parts.extensions.get(), &G::has());
        checked.map(Self::new).map_err(Rejection)
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

/// A webhook of Clerk's that has been verified over the bytes of its body. Anything else is
/// answered with 400 before the handler runs. The router's state has the [`SigningSecrets`].
///
/// ```
/// use axum::Router;
/// use axum::routing::post;
/// use ironclerk::webhook::{SigningSecrets, WebhookEvent};
///
/// async fn receive(event: WebhookEvent) {
///     println!("{}: {}", event.event_type, event.data["id"]);
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secrets: SigningSecrets =
/// #     "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".parse::<ironclerk::webhook::SigningSecret>()?.into();
/// let app: Router = Router::new()
///     .route("/webhooks/clerk", post(receive))
///     .with_state(secrets); // SigningSecrets::from_env()?
/// # Ok(())
/// # }
/// ```
///
/// JavaScript: `verifyWebhook(request)`.
impl<S> FromRequest<S> for WebhookEvent
where
    S: Send + Sync,
    SigningSecrets: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Rejection> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(|error| {
            let response = error.into_response();
            Rejection(Refusal::body(response.status(), "The body cannot be read."))
        })?;
        let secrets = SigningSecrets::from_ref(state);
        webhook::verify(&headers, &body, secrets.as_slice(), SystemTime::now())
            .map_err(|error| Rejection(Refusal::webhook(&error)))
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
