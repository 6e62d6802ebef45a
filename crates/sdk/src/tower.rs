//! Authentication as a layer for any tower-based server: axum, hyper, tonic.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready as ready_or_wait};
use std::time::SystemTime;

use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::authenticate::{
    AcceptsToken, Authenticator, ChooseAuthenticator, RequestFacts, RequestState,
};
use crate::errors::ConfigurationError;
use crate::require::Requirement;
use crate::session::Has;

/// Authenticates every request before it reaches the inner service.
///
/// The request gets its [`RequestState`] as an extension, the response the state's headers. A
/// browser that has to visit Clerk's Frontend API first is redirected (307) and the inner service
/// is not called. A request of nobody passes: whether that is enough is for the inner service to
/// say.
///
/// ```
/// use http::{Request, Response};
/// use ironclerk::authenticate::{Authenticator, RequestState};
/// use ironclerk::tower::ClerkLayer;
/// use tower_layer::Layer as _;
/// # use std::convert::Infallible;
/// # use std::future::{Ready, ready};
/// # use std::task::{Context, Poll};
/// use tower_service::Service;
///
/// /// Answers with the id of the user.
/// #[derive(Clone)]
/// struct WhoAmI;
///
/// impl Service<Request<String>> for WhoAmI {
///     type Response = Response<String>;
/// #   type Error = Infallible;
/// #   type Future = Ready<Result<Response<String>, Infallible>>;
/// #   fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
/// #       Poll::Ready(Ok(()))
/// #   }
///     // …
///     fn call(&mut self, request: Request<String>) -> Self::Future {
///         let auth = request.extensions().get().map(RequestState::auth);
///         let user_id = auth.as_ref().and_then(|auth| auth.user_id());
///         ready(Ok(Response::new(user_id.unwrap_or("nobody").to_owned())))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let jwt_key = ironclerk::keys::PrivateKey::generate()?.public_key().to_spki_pem();
/// let authenticator = Authenticator::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .jwt_key(jwt_key)
///     .build()?;
/// let mut service = ClerkLayer::new(authenticator).layer(WhoAmI);
///
/// let response = service.call(Request::new(String::new())).await?;
/// assert_eq!(response.headers()["x-clerk-auth-status"], "signed-out");
/// assert_eq!(response.body(), "nobody");
/// # Ok(())
/// # }
/// ```
///
/// JavaScript: `clerkMiddleware()`.
#[derive(Clone, Debug)]
#[doc(alias = "clerkMiddleware", alias = "ClerkExpressWithAuth")]
pub struct ClerkLayer<A = Authenticator> {
    authenticator: A,
}

impl<A: ChooseAuthenticator> ClerkLayer<A> {
    /// A layer that asks this authenticator, or the one that a function of the request chooses.
    pub fn new(authenticator: A) -> Self {
        Self { authenticator }
    }
}

impl ClerkLayer {
    /// Accepts these tokens in place of those that the authenticator accepts.
    ///
    /// Whoever comes with a machine token is in [`RequestState::auth_object`];
    /// [`RequestState::auth`] has users with a session only.
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
        self.authenticator.accepting(accepts).map(Self::new)
    }
}

impl<S, A: Clone> Layer<S> for ClerkLayer<A> {
    type Service = ClerkService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        ClerkService {
            inner,
            authenticator: self.authenticator.clone(),
        }
    }
}

/// The service that [`ClerkLayer`] makes.
#[derive(Clone)]
pub struct ClerkService<S, A = Authenticator> {
    inner: S,
    authenticator: A,
}

impl<S: fmt::Debug, A> fmt::Debug for ClerkService<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, A, RequestBody, ResponseBody> Service<Request<RequestBody>> for ClerkService<S, A>
where
    A: ChooseAuthenticator,
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>> + Clone + Send + 'static,
    S::Future: Send,
    RequestBody: Send + 'static,
    ResponseBody: Default,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = ClerkFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let authenticator = self.authenticator.choose(&parts);
        if let Some(state) = authenticator.authenticate_at_once(&parts, SystemTime::now()) {
            if state.location().is_some() {
                return ClerkFuture::asking(Box::pin(async move { Ok(redirect(&state)) }));
            }
            let headers = pass_on(state, &mut parts);
            let answer = self.inner.call(Request::from_parts(parts, body));
            return ClerkFuture::decided(answer, headers);
        }
        let authenticator = authenticator.into_owned();
        // The service that was found ready must be the one that is called; a clone takes its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        ClerkFuture::asking(Box::pin(async move {
            let state = authenticator.authenticate(&parts).await;
            if state.location().is_some() {
                return Ok(redirect(&state));
            }
            let headers = pass_on(state, &mut parts);
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            if let Some(headers) = headers {
                append(response.headers_mut(), &headers);
            }
            Ok(response)
        }))
    }
}

/// Tells the inner service who makes the request. Returns the headers for the response, if there
/// are any.
fn pass_on(state: RequestState, parts: &mut Parts) -> Option<Box<HeaderMap>> {
    let headers = state.headers();
    let headers = (!headers.is_empty()).then(|| Box::new(headers.clone()));
    parts.extensions.insert(state);
    headers
}

pin_project! {
    /// The answer of a [`ClerkService`].
    #[must_use = "futures do nothing unless they are polled"]
    pub struct ClerkFuture<F: Future> {
        // The answer of the inner service to a request about which nothing had to be asked.
        #[pin]
        decided: Option<F>,
        // What is added to its headers.
        headers: Option<Box<HeaderMap>>,
        // The whole way of any other request.
        asking: Option<Pin<Box<dyn Future<Output = F::Output> + Send>>>,
    }
}

impl<F: Future> ClerkFuture<F> {
    fn decided(answer: F, headers: Option<Box<HeaderMap>>) -> Self {
        Self {
            decided: Some(answer),
            headers,
            asking: None,
        }
    }

    fn asking(answer: Pin<Box<dyn Future<Output = F::Output> + Send>>) -> Self {
        Self {
            decided: None,
            headers: None,
            asking: Some(answer),
        }
    }
}

impl<F, Body, E> Future for ClerkFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(asking) = this.asking {
            return asking.as_mut().poll(context);
        }
        let Some(answer) = this.decided.as_pin_mut() else {
            return Poll::Pending;
        };
        let mut answer = ready_or_wait!(answer.poll(context));
        if let (Ok(response), Some(headers)) = (&mut answer, this.headers) {
            append(response.headers_mut(), headers);
        }
        Poll::Ready(answer)
    }
}

impl<F: Future> fmt::Debug for ClerkFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkFuture").finish_non_exhaustive()
    }
}

/// Refuses requests that do not come with a session, or whose user may not do this. It belongs
/// within [`ClerkLayer`]; with axum, as a `route_layer` of the routes that it guards.
///
/// A refused request is answered with 401 or 403 and Clerk's error shape; a browser that is not
/// signed in is sent to the sign-in page if there is one (302).
///
/// ```
/// use ironclerk::Has;
/// use ironclerk::tower::RequireAuthLayer;
///
/// let members = RequireAuthLayer::new().redirect_to("/sign-in")?;
/// let administrators = RequireAuthLayer::new().with(Has::role("org:admin"));
/// # Ok::<(), ironclerk::errors::ConfigurationError>(())
/// ```
///
/// JavaScript: `requireAuth()`, `ClerkExpressRequireAuth()`.
#[derive(Clone, Debug, Default)]
#[doc(alias = "requireAuth", alias = "ClerkExpressRequireAuth")]
pub struct RequireAuthLayer(Arc<Requirement>);

impl RequireAuthLayer {
    /// Asks for a session.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a role, permission, feature, plan or reverification besides.
    #[must_use]
    pub fn with(mut self, has: Has) -> Self {
        Arc::make_mut(&mut self.0).has = Some(has);
        self
    }

    /// Asks for one of these tokens in place of a session. Roles and the like belong to sessions:
    /// with [`with`](Self::with) every machine token is refused.
    #[must_use]
    pub fn accepts_token(mut self, accepts: impl Into<AcceptsToken>) -> Self {
        Arc::make_mut(&mut self.0).accepts = accepts.into();
        self
    }

    /// Where a browser is sent that is not signed in.
    ///
    /// # Errors
    /// When the address cannot stand in a header.
    pub fn redirect_to(mut self, sign_in_url: &str) -> Result<Self, ConfigurationError> {
        Arc::make_mut(&mut self.0).redirect_to(sign_in_url)?;
        Ok(self)
    }
}

impl<S> Layer<S> for RequireAuthLayer {
    type Service = RequireAuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireAuthService {
            inner,
            requirement: self.0.clone(),
        }
    }
}

/// The service that [`RequireAuthLayer`] makes.
#[derive(Clone, Debug)]
pub struct RequireAuthService<S> {
    inner: S,
    requirement: Arc<Requirement>,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for RequireAuthService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    ResponseBody: From<String> + Send + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let is_navigation = RequestFacts::from_parts(&parts).is_navigation();
        match (self.requirement).check(parts.extensions.get(), is_navigation) {
            Ok(()) => Box::pin(self.inner.call(Request::from_parts(parts, body))),
            Err(refusal) => Box::pin(ready(Ok(refusal.response()))),
        }
    }
}

fn redirect<Body: Default>(state: &RequestState) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    append(response.headers_mut(), state.headers());
    response
}

fn append(response: &mut HeaderMap, headers: &HeaderMap) {
    for (name, value) in headers {
        response.append(name, value.clone());
    }
}
