//! From HTTP to a handler and back: the routes, who may call, what the body holds, how an answer
//! and an error are written.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{DefaultBodyLimit, Path, RawPathParams, RawQuery, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get, on, post};
use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use ironclerk_api::decode::{self, Form, Source};
use ironclerk_api::endpoint::{BodyKind, PAGINATED};
use ironclerk_api::{ApiError, ApiVersion, Endpoint, EndpointInfo, ErrorCode, File, NOT_SERVED};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::context::{Cx, GivenId, State};
use crate::random::Random;
use crate::{
    accountless_applications, allowlist_identifiers, clients, deterministic, domains,
    external_accounts, handshake, identifications, images, instance_settings, invitations, jwks,
    jwt_templates, oauth_applications, organization_domains, organization_invitations,
    organization_roles, organizations, redirect_urls, role_sets, saml_connections, second_factors,
    sessions, sign_in_tokens, sign_ups, testing_tokens, users, waitlist_entries, webhooks,
};

/// The largest body, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;
/// The largest body that carries a file, in bytes: the largest image and what is around it.
const LARGEST_FORM: usize = images::LARGEST + 64 * 1024;
/// The largest form of a page of ours, in bytes.
const LARGEST_PAGE_FORM: usize = 16 * 1024;
/// How many parts a form has at the most.
const MOST_PARTS: usize = 16;
/// For how long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// All routes of the server.
pub(crate) fn router(state: Arc<State>) -> Router {
    let random = state.random.clone();
    let not_found = move || async move {
        refused(
            ErrorCode::ResourceNotFound.because("There is no such path, or not with this method."),
            &random,
        )
    };
    let keys = state.clone();
    let health = state.clone();
    let pictures = state.clone();
    let handshake = browser_page(state.clone(), handshake::answer);
    let ticket = browser_page(state.clone(), handshake::accept_ticket)
        .merge(browser_form(state.clone(), handshake::sign_up));
    let webhook_page = browser_page(state.clone(), webhooks::show)
        .merge(browser_form(state.clone(), webhooks::change));
    let clock = deterministic::routes(&state);
    endpoints(state)
        .router
        .merge(clock)
        .route(
            "/.well-known/jwks.json",
            get(move || async move {
                keys.refresh().await;
                show(&keys.instance.jwks())
            }),
        )
        .route("/v1/client/handshake", handshake)
        .route("/v1/tickets/accept", ticket)
        .route(webhooks::PAGE, webhook_page)
        .route(
            domains::PROXY_HEALTH,
            get(move || async move {
                show(&serde_json::json!({"status": "healthy", "instance_id": health.instance.id()}))
            }),
        )
        .route(
            "/images/{id}",
            get(move |path: Path<String>| async move {
                let random = pictures.random.clone();
                let cx = Cx::new(pictures, ApiVersion::LATEST);
                images::show(cx, path)
                    .await
                    .unwrap_or_else(|error| refused(error, &random))
            }),
        )
        .route(
            "/health",
            get(|| async { show(&serde_json::json!({"status": "ok"})) }),
        )
        .method_not_allowed_fallback(not_found.clone())
        .fallback(not_found)
}

/// A page of the Frontend API that browsers are sent to.
fn browser_page<F>(
    state: Arc<State>,
    page: impl Fn(Cx, String) -> F + Clone + Send + Sync + 'static,
) -> MethodRouter
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    get(move |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        // A browser cannot help what an SDK that is newer than this server has asked for.
        let version = api_version(&HeaderMap::new(), &query).unwrap_or(ApiVersion::LATEST);
        state.refresh().await;
        let random = state.random.clone();
        page(Cx::new(state, version), query)
            .await
            .unwrap_or_else(|error| refused(error, &random))
    })
}

/// Where a page of a browser sends its form. What it says is small.
fn browser_form<F>(
    state: Arc<State>,
    page: impl Fn(Cx, String, Bytes) -> F + Clone + Send + Sync + 'static,
) -> MethodRouter
where
    F: Future<Output = Result<Response, ApiError>> + Send + 'static,
{
    let handler = move |RawQuery(query): RawQuery, form: Bytes| async move {
        state.clock.tick();
        let cx = Cx::new(state.clone(), ApiVersion::LATEST);
        let answer = page(cx, query.unwrap_or_default(), form).await;
        state.wake.after_commit();
        answer.unwrap_or_else(|error| refused(error, &state.random))
    };
    post(handler).layer(DefaultBodyLimit::max(LARGEST_PAGE_FORM))
}

/// The routes of all endpoints of the contract.
fn endpoints(state: Arc<State>) -> Routes {
    [
        accountless_applications::routes,
        allowlist_identifiers::routes,
        clients::routes,
        domains::routes,
        external_accounts::routes,
        identifications::routes,
        instance_settings::routes,
        invitations::routes,
        jwks::routes,
        jwt_templates::routes,
        oauth_applications::routes,
        organization_domains::routes,
        organization_invitations::routes,
        organization_roles::routes,
        organizations::routes,
        redirect_urls::routes,
        role_sets::routes,
        saml_connections::routes,
        second_factors::routes,
        sessions::routes,
        sign_in_tokens::routes,
        sign_ups::routes,
        testing_tokens::routes,
        users::routes,
        waitlist_entries::routes,
        webhooks::routes,
    ]
    .iter()
    .fold(Routes::new(state), |routes, module| module(routes))
    .refuse_what_is_not_served()
}

/// Endpoints, each with its handler.
pub(crate) struct Routes {
    router: Router,
    state: Arc<State>,
    #[cfg(test)]
    names: Vec<&'static str>,
}

impl Routes {
    fn new(state: Arc<State>) -> Self {
        Self {
            router: Router::new(),
            state,
            #[cfg(test)]
            names: Vec::new(),
        }
    }

    /// Mounts a handler where the type of its request says.
    pub(crate) fn on<E, H, F>(self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Cx, E) -> F + Send + Sync + 'static,
        F: Future<Output = Result<E::Response, ApiError>> + Send + 'static,
    {
        self.on_encoded(move |cx, request: E| {
            let done = handler(cx, request);
            async move { encode(&done.await?) }
        })
    }

    /// The same, for a handler that answers the JSON of the response.
    pub(crate) fn on_encoded<E, H, F>(mut self, handler: H) -> Self
    where
        E: Endpoint,
        H: Fn(Cx, E) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, ApiError>> + Send + 'static,
    {
        let route = mount(
            self.state.clone(),
            Mounted {
                info: E::INFO,
                handler: Box::new(move |cx, parameters| {
                    Ok(Box::pin(handler(cx, parameters.take()?)))
                }),
            },
        );
        self.router = self.router.route(E::INFO.path, route);
        #[cfg(test)]
        self.names.push(E::INFO.name);
        self
    }

    /// Says of the operations that have no handler yet that this is so, to whoever has the key.
    fn refuse_what_is_not_served(mut self) -> Self {
        for endpoint in NOT_SERVED.iter().copied().flatten() {
            let state = self.state.clone();
            let route = on(
                method_filter(&endpoint.method),
                move |request: Request| async move {
                    let error = match authorise(&state, request.headers()) {
                        Err(error) => error,
                        Ok(()) => ErrorCode::FeatureNotImplemented.because(format!(
                            "This server does not have {} {} yet.",
                            endpoint.method, endpoint.path
                        )),
                    };
                    refused(error, &state.random)
                },
            );
            self.router = self.router.route(endpoint.path, route.clone());
            if !endpoint.has_version() {
                // The description has a version in every path, the SDKs leave it out of these.
                self.router = self.router.route(&format!("/v1{}", endpoint.path), route);
            }
        }
        self
    }
}

/// A handler, with the types of its request and its answer taken off: what is done for every
/// request is compiled once, not once for each endpoint.
struct Mounted {
    info: EndpointInfo,
    handler: Box<Handler>,
}

type Handler = dyn Fn(Cx, Source<'_>) -> Result<Answer, ApiError> + Send + Sync;
/// The body of an answer, in JSON.
type Answer = Pin<Box<dyn Future<Output = Result<Bytes, ApiError>> + Send>>;

fn mount(state: Arc<State>, mounted: Mounted) -> MethodRouter {
    let mounted = Arc::new(mounted);
    on(
        method_filter(&mounted.info.method),
        move |path: Result<RawPathParams, RawPathParamsRejection>, request: Request| {
            let (state, mounted) = (state.clone(), mounted.clone());
            async move {
                let begun = Instant::now();
                if mounted.info.method != Method::GET {
                    state.clock.tick();
                }
                let answer = answer(state.clone(), &mounted, path, request);
                // A defect in a handler must not take the connection, or the server, with it.
                let response = match AssertUnwindSafe(answer).catch_unwind().await {
                    Ok(Ok(response)) => response,
                    Ok(Err(error)) => refused(error, &state.random),
                    Err(_) => refused(
                        ErrorCode::Internal.because("The server failed. Its log has the details."),
                        &state.random,
                    ),
                };
                state.wake.after_commit();
                tracing::info!(
                    method = mounted.info.method.as_str(),
                    path = mounted.info.path,
                    status = response.status().as_u16(),
                    milliseconds = begun.elapsed().as_millis(),
                    "request"
                );
                response
            }
        },
    )
}

fn method_filter(method: &Method) -> MethodFilter {
    // The contract has no methods but these.
    MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET)
}

async fn answer(
    state: Arc<State>,
    mounted: &Mounted,
    path: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    authorise(&state, &parts.headers)?;
    let path = path.map_err(|_| {
        ErrorCode::MalformedRequestParameters.because("The path is not percent-encoded UTF-8.")
    })?;
    // Only the requests of a seed have one: they come from no application.
    let given_id = parts.extensions.get::<GivenId>();
    if let Some(limiter) = &state.rate_limiter
        && given_id.is_none()
    {
        let object = || {
            let names: Vec<_> = path.iter().map(|(_, name)| name).collect();
            names.join("/")
        };
        let now = state.clock.now();
        limiter.admit(&mounted.info, object, now).await?;
    }
    let version = api_version(&parts.headers, query)?;
    let body = read_body(&parts.headers, body, &mounted.info).await?;
    let parameters = Source::new(&mut path.iter(), query, body);
    state.refresh().await;
    let mut cx = Cx::new(state, version);
    if let Some(name) = parts
        .headers
        .get(USER_AGENT)
        .and_then(|name| name.to_str().ok())
    {
        cx.user_agent = name.into();
    }
    if let Some(given) = given_id {
        cx.given_id = given.clone();
    }
    let done = (mounted.handler)(cx, parameters)?;
    let mut answer = done.await?;
    if mounted.info.paginated_on_request && !asks_for_page(query) {
        answer = items_of(&answer)?;
    }
    Ok(match mounted.info.status {
        // These have no body, and the official SDK reads none without a content type.
        status @ (StatusCode::ACCEPTED | StatusCode::NO_CONTENT) => status.into_response(),
        status => json(status, answer),
    })
}

/// The items of a page, without the page.
fn items_of(page: &[u8]) -> Result<Bytes, ApiError> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    let page: Page<'_> = serde_json::from_slice(page).map_err(no_json)?;
    Ok(page.data.get().to_owned().into())
}

/// The Backend API is open to whoever has the instance's secret key.
pub(crate) fn authorise(state: &State, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Err(ErrorCode::AuthenticationInvalid
            .because("The request needs the header Authorization: Bearer, with the secret key."));
    };
    let key = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, key)| scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty())
        .map(|(_, key)| key.trim());
    match key {
        None => Err(ErrorCode::AuthorizationHeaderFormatInvalid
            .because("The Authorization header must be Bearer, a space, and the secret key.")),
        Some(key) if state.instance.accepts(key) => Ok(()),
        Some(_) => Err(ErrorCode::ClerkKeyInvalid
            .because("The secret key is not one of this instance. Check CLERK_SECRET_KEY.")),
    }
}

/// The version of the API that a request asks for, in its header or its query.
fn api_version(headers: &HeaderMap, query: &str) -> Result<ApiVersion, ApiError> {
    let refuse = |reason: String| Err(ErrorCode::ApiVersionInvalid.because(reason));
    let in_header = headers
        .get(ApiVersion::HEADER)
        .map(|header| header.to_str().unwrap_or_default());
    let in_query = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "__clerk_api_version")
        .map(|(_, version)| version);
    let asked = match (in_header, &in_query) {
        (None, None) => return Ok(ApiVersion::V2021_02_05),
        (Some(_), Some(_)) => {
            return refuse(
                "The API version must be in the header or in the query, not in both.".to_owned(),
            );
        }
        (Some(version), None) => version,
        (None, Some(version)) => version,
    };
    match ApiVersion::parse(asked) {
        Some(version) => Ok(version),
        None => {
            let known = ApiVersion::ALL.map(ApiVersion::as_str).join(", ");
            refuse(format!(
                "There is no API version {asked:?}. There are {known}."
            ))
        }
    }
}

fn asks_for_page(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == PAGINATED && matches!(&*value, "true" | "1"))
}

/// The body, taken apart. No body is an empty one.
async fn read_body(
    headers: &HeaderMap,
    body: Body,
    endpoint: &EndpointInfo,
) -> Result<decode::Body, ApiError> {
    if !endpoint.has_body() {
        return Ok(decode::Body::default());
    }
    let largest = match endpoint.body {
        BodyKind::Object | BodyKind::Array => LARGEST_BODY,
        BodyKind::Multipart => LARGEST_FORM,
    };
    let too_large = || {
        ErrorCode::RequestBodyTooLarge
            .because(format!("The body must have {largest} bytes at the most."))
    };
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > largest as u64) {
        return Err(too_large());
    }
    let body: Bytes = match tokio::time::timeout(BODY_TIME, to_bytes(body, largest)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => {
            return Err(
                match error.into_inner().is::<http_body_util::LengthLimitError>() {
                    true => too_large(),
                    false => ErrorCode::BadRequest.because("The body did not arrive whole."),
                },
            );
        }
        Err(_) => return Err(ErrorCode::BadRequest.because("The body took too long to arrive.")),
    };
    if body.is_empty() {
        return Ok(decode::Body::default());
    }
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    if endpoint.body == BodyKind::Multipart {
        return read_form(content_type, body).await.map(decode::Body::Form);
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ErrorCode::UnsupportedContentType
            .because("The body must be JSON, with the header Content-Type: application/json."));
    }
    let refuse = |reason: String| Err(ErrorCode::RequestBodyInvalid.because(reason));
    match (serde_json::from_slice(&body), endpoint.body) {
        (Ok(Value::Array(items)), BodyKind::Array) => Ok(decode::Body::Array(items)),
        (Ok(Value::Object(members)), BodyKind::Object) => Ok(decode::Body::Object(members)),
        (Ok(_), BodyKind::Array) => refuse("The body must be a JSON array.".to_owned()),
        (Ok(_), _) => refuse("The body must be a JSON object.".to_owned()),
        (Err(error), _) => refuse(format!("The body is not JSON: {error}.")),
    }
}

/// The parts of a form that carries files.
async fn read_form(content_type: &str, body: Bytes) -> Result<Form, ApiError> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        ErrorCode::UnsupportedContentType
            .because("The body must be a form, with the header Content-Type: multipart/form-data.")
    })?;
    let malformed = |error: multer::Error| {
        ErrorCode::RequestBodyInvalid.because(format!("The form cannot be read: {error}."))
    };
    let whole = futures_util::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut form = Form::default();
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(str::to_owned);
        let content_type = part.content_type().map(ToString::to_string);
        if file_name.is_none() && content_type.is_none() {
            let text = part.text().await.map_err(malformed)?;
            form.fields.push((name, text));
        } else {
            let file = File {
                name: file_name.unwrap_or_default(),
                content_type: content_type.unwrap_or_default(),
                bytes: part.bytes().await.map_err(malformed)?.into(),
            };
            form.files.push((name, file));
        }
        if form.fields.len() + form.files.len() > MOST_PARTS {
            return Err(ErrorCode::RequestBodyInvalid.because(format!(
                "The form must have {MOST_PARTS} parts at the most."
            )));
        }
    }
    Ok(form)
}

pub(crate) fn encode(answer: &impl serde::Serialize) -> Result<Bytes, ApiError> {
    // Most objects fit into this.
    let mut json = Vec::with_capacity(2048);
    serde_json::to_writer(&mut json, answer).map_err(no_json)?;
    Ok(json.into())
}

fn no_json(error: serde_json::Error) -> ApiError {
    tracing::error!(%error, "an answer has no JSON form");
    ErrorCode::Internal.because("The server failed. Its log has the details.")
}

/// An answer in JSON. The content type has no charset: `@clerk/backend` compares it letter by
/// letter.
fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let content_type = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, body.into()).into_response()
}

/// An answer of one of the few pages that no endpoint of the contract stands for.
pub(crate) fn show(body: &impl serde::Serialize) -> Response {
    match encode(body) {
        Ok(body) => json(StatusCode::OK, body),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An error, with an id by which the log can be searched.
pub(crate) fn refused(mut error: ApiError, random: &Random) -> Response {
    let trace = random.bytes::<16>().unwrap_or_default();
    let trace: String = trace.iter().map(|byte| format!("{byte:02x}")).collect();
    tracing::debug!(
        trace,
        status = error.status.as_u16(),
        code = error.errors.first().map(|e| e.code.as_str()),
        "refused"
    );
    if error.status.is_server_error() {
        tracing::error!(trace, %error, "request failed");
    }
    error.clerk_trace_id = Some(trace);
    // The body of an error always has a JSON form.
    let body = serde_json::to_vec(&error.body()).unwrap_or_default();
    let mut response = json(error.status, body);
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Server};

    #[tokio::test]
    async fn every_endpoint_of_the_contract_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let database_url = folder.path().join("clerk.db").display().to_string();
        let server = Server::open(Config::new(database_url, "http://127.0.0.1:4010"))
            .await
            .unwrap();
        let mounted = endpoints(server.state().clone()).names;
        let names = |endpoints: &[&[EndpointInfo]]| -> Vec<_> {
            let endpoints = endpoints.iter().copied().flatten();
            endpoints.map(|endpoint| endpoint.name).collect()
        };
        let not_served = names(NOT_SERVED);
        let mut missing = names(ironclerk_api::ENDPOINTS);
        missing.retain(|name| !mounted.contains(name) && !not_served.contains(name));
        assert!(missing.is_empty(), "without a handler: {missing:?}");
        let served: Vec<_> = not_served
            .iter()
            .filter(|it| mounted.contains(it))
            .collect();
        assert!(served.is_empty(), "has a handler all the same: {served:?}");
    }
}
