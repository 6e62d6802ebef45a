//! Middleware and extractors for actix-web 4.
//!
//! - [`Auth`] for a handler that serves everybody,
//! - [`SignedIn`] for one that serves users only,
//! - [`Caller`] for one that serves machines too: whoever comes with a token that the middleware
//!   accepts,
//! - [`AuthObject`] for one that serves everybody, and machines as what they are.
//!
//! ```
//! use actix_web::{App, web};
//! use ironclerk::actix::{ClerkMiddleware, SignedIn};
//! use ironclerk::{Auth, Authenticator};
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
//! let app = move || {
//!     App::new()
//!         .route("/", web::get().to(home))
//!         .route("/account", web::get().to(account))
//!         .wrap(ClerkMiddleware::new(authenticator.clone()))
//! };
//! # let _ = app;
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::StatusCode as ActixStatus;
use actix_web::http::header::{HeaderName as ActixName, HeaderValue as ActixValue};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::authenticate::{
    AcceptsToken, AuthObject, Authenticator, Caller, ChooseAuthenticator, RequestFacts,
    RequestState,
};
use crate::errors::ConfigurationError;
use crate::require::{self, Refusal, Requirement};
use crate::session::{Auth, Guard, Has, SessionAuth};
use crate::webhook::{self, SigningSecrets, WebhookEvent};

type LocalFuture<T> = std::pin::Pin<Box<dyn Future<Output = T>>>;

/// Authenticates every request before it reaches a handler.
///
/// The request gets its [`RequestState`] as an extension, the response the state's headers. A
/// browser that has to visit Clerk's Frontend API first is redirected (307). A request of nobody
/// passes: [`SignedIn`] and [`RequireAuth`] refuse.
///
/// JavaScript: `clerkMiddleware()`, `ClerkExpressWithAuth()`.
#[derive(Clone, Debug)]
#[doc(alias = "clerkMiddleware", alias = "ClerkExpressWithAuth")]
pub struct ClerkMiddleware<A = Authenticator>(A);

impl<A: ChooseAuthenticator> ClerkMiddleware<A> {
    /// Middleware that asks this authenticator, or the one that a function of the request chooses.
    pub fn new(authenticator: A) -> Self {
        Self(authenticator)
    }
}

impl ClerkMiddleware {
    /// Accepts these tokens in place of those that the authenticator accepts.
    ///
    /// Whoever comes with a machine token is there for [`Caller`] and [`AuthObject`]; [`Auth`] has
    /// users with a session only.
    ///
    /// # Errors
    /// When the authenticator lacks a key that these tokens need.
    ///
    /// JavaScript: `acceptsToken`.
    #[doc(alias = "acceptsToken")]
    pub fn accepts_token(
        self,
        accepts: impl Into<AcceptsToken>,
    ) -> Result<Self, ConfigurationError> {
        self.0.accepting(accepts).map(Self)
    }
}

impl<S, A, B> Transform<S, ServiceRequest> for ClerkMiddleware<A>
where
    A: ChooseAuthenticator,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = ClerkService<S, A>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ClerkService {
            inner: Rc::new(service),
            authenticator: self.0.clone(),
        }))
    }
}

/// The service that [`ClerkMiddleware`] makes.
pub struct ClerkService<S, A = Authenticator> {
    inner: Rc<S>,
    authenticator: A,
}

impl<S, A> fmt::Debug for ClerkService<S, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClerkService")
            .finish_non_exhaustive()
    }
}

impl<S, A, B> Service<ServiceRequest> for ClerkService<S, A>
where
    A: ChooseAuthenticator,
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = LocalFuture<Result<Self::Response, Self::Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let inner = self.inner.clone();
        let parts = parts(request.request());
        let authenticator = self.authenticator.choose(&parts).into_owned();
        Box::pin(async move {
            let state = authenticator.authenticate(&parts).await;
            let headers = state.headers().clone();
            if headers.contains_key(LOCATION) {
                let redirect = HttpResponse::TemporaryRedirect().finish();
                let mut response = request.into_response(redirect);
                append(&mut response, &headers);
                return Ok(response.map_into_right_body());
            }
            request.extensions_mut().insert(state);
            let mut response = match inner.call(request).await {
                Ok(response) => response.map_into_left_body(),
                Err(error) => return Err(error),
            };
            append(&mut response, &headers);
            Ok(response)
        })
    }
}

/// Refuses requests that do not come with a session, or whose user may not do this. It belongs
/// within [`ClerkMiddleware`].
///
/// A refused request is answered with 401 or 403 and Clerk's error shape; a browser that is not
/// signed in is sent to the sign-in page if there is one (302).
///
/// JavaScript: `requireAuth()`, `ClerkExpressRequireAuth()`.
#[derive(Clone, Debug, Default)]
#[doc(alias = "requireAuth", alias = "ClerkExpressRequireAuth")]
pub struct RequireAuth(Rc<Requirement>);

impl RequireAuth {
    /// Asks for a session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a role, permission, feature, plan or reverification besides.
    #[must_use]
    pub fn with(mut self, has: Has) -> Self {
        Rc::make_mut(&mut self.0).has = Some(has);
        self
    }

    /// Asks for one of these tokens in place of a session. Roles and the like belong to sessions:
    /// with [`with`](Self::with) every machine token is refused.
    #[must_use]
    pub fn accepts_token(mut self, accepts: impl Into<AcceptsToken>) -> Self {
        Rc::make_mut(&mut self.0).accepts = accepts.into();
        self
    }

    /// Where a browser is sent that is not signed in.
    ///
    /// # Errors
    /// When the address cannot stand in a header.
    pub fn redirect_to(mut self, sign_in_url: &str) -> Result<Self, ConfigurationError> {
        Rc::make_mut(&mut self.0).redirect_to(sign_in_url)?;
        Ok(self)
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequireAuth
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Transform = RequireAuthService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequireAuthService {
            inner,
            requirement: self.0.clone(),
        }))
    }
}

/// The service that [`RequireAuth`] makes.
pub struct RequireAuthService<S> {
    inner: S,
    requirement: Rc<Requirement>,
}

impl<S> fmt::Debug for RequireAuthService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequireAuthService")
            .finish_non_exhaustive()
    }
}

impl<S, B> Service<ServiceRequest> for RequireAuthService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = LocalFuture<Result<Self::Response, Self::Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let parts = parts(request.request());
        let is_navigation = RequestFacts::from_parts(&parts).is_navigation();
        let checked = {
            let extensions = request.extensions();
            self.requirement.check(extensions.get(), is_navigation)
        };
        match checked {
            Err(refusal) => {
                let response = request.into_response(response(&refusal));
                Box::pin(ready(Ok(response.map_into_right_body())))
            }
            Ok(()) => {
                let answer = self.inner.call(request);
                Box::pin(async move { Ok(answer.await?.map_into_left_body()) })
            }
        }
    }
}

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
/// use ironclerk::actix::Allowed;
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

impl FromRequest for Auth {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(require::auth(request.extensions().get()).map_err(Refused))
    }
}

impl FromRequest for SignedIn {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let auth = Auth::from_request(request, payload).into_inner();
        ready(auth.and_then(|auth| match auth {
            Auth::SignedIn(session) => Ok(Self(session)),
            Auth::SignedOut { .. } => Err(Refused(Refusal::signed_out())),
        }))
    }
}

impl<G: Guard> FromRequest for Allowed<G> {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let checked = require::session(request.extensions().get(), &G::has());
        ready(checked.map(Self::new).map_err(Refused))
    }
}

impl FromRequest for AuthObject {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let auth = extensions.get().map(RequestState::auth_object);
        ready(auth.ok_or_else(|| Refused(Refusal::layer_missing())))
    }
}

impl FromRequest for Caller {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let auth = AuthObject::from_request(request, payload).into_inner();
        ready(auth.and_then(|auth| match auth {
            AuthObject::SignedIn(caller) => Ok(caller),
            AuthObject::SignedOut { .. } => Err(Refused(Refusal::no_accepted_token())),
        }))
    }
}

/// A webhook of Clerk's that has been verified over the bytes of its body. Anything else is
/// answered with 400 before the handler runs. The application's data has the [`SigningSecrets`]:
/// `.app_data(web::Data::new(SigningSecrets::from_env()?))`.
///
/// JavaScript: `verifyWebhook(request)`.
impl FromRequest for WebhookEvent {
    type Error = Refused;
    type Future = LocalFuture<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let secrets = request.app_data::<Data<SigningSecrets>>().cloned();
        let headers = parts(request).headers;
        let body = Bytes::from_request(request, payload);
        Box::pin(async move {
            let secrets = secrets.ok_or_else(|| Refused(Refusal::secrets_missing()))?;
            let body = body.await.map_err(|error| {
                let status = error.as_response_error().status_code().as_u16();
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
                Refused(Refusal::body(status, "The body cannot be read."))
            })?;
            webhook::verify(&headers, &body, secrets.as_slice(), SystemTime::now())
                .map_err(|error| Refused(Refusal::webhook(&error)))
        })
    }
}

/// Why an extractor gave the handler nothing: nobody is signed in (401), or the application has
/// no [`ClerkMiddleware`] (500).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(Refusal);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.body)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> ActixStatus {
        status(self.0.status)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        response(&self.0)
    }
}

fn response(refusal: &Refusal) -> HttpResponse<BoxBody> {
    let mut response = HttpResponse::build(status(refusal.status));
    let (name, value) = &refusal.header;
    if let Some(header) = to_actix(name, value) {
        response.append_header(header);
    }
    response.body(refusal.body.clone())
}

fn append<B>(response: &mut ServiceResponse<B>, headers: &HeaderMap) {
    for (name, value) in headers {
        if let Some((name, value)) = to_actix(name, value) {
            response.headers_mut().append(name, value);
        }
    }
}

// actix-web 4 has the types of http 0.2, which say the same in another version.

fn to_actix(name: &HeaderName, value: &HeaderValue) -> Option<(ActixName, ActixValue)> {
    let name = ActixName::from_bytes(name.as_str().as_bytes()).ok()?;
    Some((name, ActixValue::from_bytes(value.as_bytes()).ok()?))
}

fn status(status: StatusCode) -> ActixStatus {
    ActixStatus::from_u16(status.as_u16()).unwrap_or(ActixStatus::INTERNAL_SERVER_ERROR)
}

/// The request as the decision reads it. What http 1 does not accept is left out.
fn parts(request: &HttpRequest) -> Parts {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or(Method::GET);
    let connection = request.connection_info();
    // The scheme of the connection itself; what proxies say is read from their headers.
    let scheme = if request.app_config().secure() {
        "https"
    } else {
        "http"
    };
    let target = request.uri();
    let path = target.path_and_query().map_or("/", |path| path.as_str());
    let host = target
        .host()
        .map_or_else(|| connection.host().to_owned(), str::to_owned);
    parts.uri = Uri::builder()
        .scheme(scheme)
        .authority(host.as_str())
        .path_and_query(path)
        .build()
        .or_else(|_| path.parse())
        .unwrap_or_default();
    for (name, value) in request.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            parts.headers.append(name, value);
        }
    }
    parts
}
