//! A typed client of Clerk's Backend API.
//!
//! ```no_run
//! use ironclerk::api::users::CreateUser;
//! use ironclerk::client::Client;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let clerk = Client::from_env()?;
//! let user = clerk
//!     .users()
//!     .create(&CreateUser {
//!         email_address: vec!["ada@example.com".into()],
//!         ..Default::default()
//!     })
//!     .await?;
//! println!("{}", user.id);
//! # Ok(())
//! # }
//! ```
//!
//! Every operation of the [contract](ironclerk_api) can be sent as it is with [`Client::send`];
//! the named methods are that with the names that Clerk gives them.

mod backend_api;
mod call;
mod items;
mod retry;
mod session_tokens;

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, InvalidHeaderValue, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use ironclerk_api::endpoint::{EncodeError, EncodedRequest, JSON};
use ironclerk_api::error::ErrorBody;
use ironclerk_api::jwks::GetJwks;
use ironclerk_api::{ApiError, ApiVersion, Endpoint, ErrorCode};
use serde::de::DeserializeOwned;
use tracing::Instrument;
use tracing::field::Empty;

use self::call::CallOptions;
use crate::environment;
use crate::errors::ConfigurationError;
use crate::instance::{DEFAULT_API_URL, DEFAULT_API_VERSION, SecretKey};
use crate::keys::{FetchKeys, KeyFetchError, KeyFetchErrorKind, KeyFetchFuture};

pub use call::{Call, CallWithTotalCount};
pub use items::Items;
pub use session_tokens::{GetToken, SessionTokens};

/// The largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// Calls that a machine makes with a key of its own.
const M2M_TOKENS: [&str; 2] = ["/m2m_tokens", "/v1/m2m_tokens"];
/// Calls that need no key.
const OPEN: &str = "/v1/accountless_applications";
/// How long a call may take when nothing else is said, each attempt for itself.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls the Backend API. Cheap to clone: clones share their connections.
///
/// A client never changes; [`to_builder`](Self::to_builder) makes a changed copy.
///
/// JavaScript: `createClerkClient`.
#[derive(Clone, Debug)]
#[doc(alias = "createClerkClient", alias = "ClerkClient")]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    http: reqwest::Client,
    /// Sent with each request, whosever the HTTP client is.
    authorization: Option<HeaderValue>,
    /// Sent in its place with requests about machine-to-machine tokens.
    machine_authorization: Option<HeaderValue>,
    options: ClientBuilder,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The request cannot be sent as it is.
    #[error(transparent)]
    Request(#[from] EncodeError),
    /// The client has no key that the call could be made with.
    #[error("{}", ConfigurationError::MissingSecretKey { old_name: None })]
    MissingSecretKey,
    /// The key of the call has characters that a key does not have.
    #[error(
        "The secret key of the call cannot be sent: it has characters that a key does not have."
    )]
    InvalidSecretKey,
    /// The API refused. JavaScript: `ClerkAPIResponseError`.
    #[doc(alias = "ClerkAPIResponseError")]
    #[error(transparent)]
    Api(#[from] ApiError),
    /// There was no answer.
    #[error("no answer from {url}: {reason}")]
    Unreachable {
        /// The address that was called, without its query.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The answer is not what the contract says.
    #[error("the answer of {url} cannot be read: {reason}")]
    Answer {
        /// The address that was called, without its query.
        url: String,
        /// What went wrong.
        reason: String,
    },
}

impl ClientError {
    /// The refusal, if the API refused.
    pub fn api_error(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }
}

impl Client {
    /// Starts the configuration of a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The client that the environment describes: `CLERK_SECRET_KEY`, and if they are set
    /// `CLERK_MACHINE_SECRET_KEY`, `CLERK_API_URL` and `CLERK_API_VERSION`.
    ///
    /// # Errors
    /// When there is no secret key, or a value cannot be used.
    pub fn from_env() -> Result<Self, ConfigurationError> {
        ClientBuilder::from_env()?.build()
    }

    /// A configuration like this client's.
    pub fn to_builder(&self) -> ClientBuilder {
        self.0.options.clone()
    }

    ironclerk_api::namespace_methods!();

    /// Sends a request when the call is awaited.
    ///
    /// A call that may be made again without harm is made again when there is no answer or the
    /// server is at its limit, up to three times in all.
    ///
    /// # Errors
    /// When the API refuses, cannot be reached, or answers something else.
    pub fn send<E: Endpoint>(&self, request: &E) -> Call<'_, E> {
        Call::new(self, request)
    }

    /// Sends a request that is not in the contract, and answers the body as it is.
    ///
    /// `path` is everything behind the host, such as `/v1/users?limit=1`.
    ///
    /// # Errors
    /// When the API refuses or cannot be reached.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, ClientError> {
        let request = json_request(method, path, body);
        let options = CallOptions::default();
        Ok(self.exchange("", &request, &options).await?.1)
    }

    /// Makes the call, again if need be, and answers where it went and the body of a success.
    /// `endpoint` is the path as the contract has it, without ids, for the span.
    async fn exchange(
        &self,
        endpoint: &'static str,
        request: &EncodedRequest,
        options: &CallOptions,
    ) -> Result<(String, Vec<u8>), ClientError> {
        let span = tracing::debug_span!(
            "clerk_api",
            method = request.method.as_str(),
            endpoint,
            attempts = Empty,
            status = Empty,
            clerk_trace_id = Empty,
        );
        let url = self.url(&request.path);
        let most = options.attempts.unwrap_or(self.0.options.attempts);
        let calls = async {
            let mut attempt = 0;
            loop {
                let result = self.attempt(request, options, LARGEST_ANSWER).await;
                attempt += 1;
                tracing::Span::current().record("attempts", attempt);
                let failure = match result {
                    Ok(body) => return Ok((url, body)),
                    Err(failure) => failure,
                };
                let wait = retry::wait(&request.method, &failure, attempt, most, retry::jitter());
                let Some(wait) = wait else {
                    return Err(failure.error);
                };
                tracing::debug!(%url, attempt, ?wait, "trying again");
                tokio::time::sleep(wait).await;
            }
        };
        calls.instrument(span).await
    }

    /// Makes the call once, and reads an answer of at most so many bytes.
    async fn attempt(
        &self,
        request: &EncodedRequest,
        options: &CallOptions,
        largest_answer: usize,
    ) -> Result<Vec<u8>, retry::Failure> {
        let unsent = |error| retry::Failure {
            was_sent: false,
            error,
        };
        let url = &self.url(&request.path);
        let target = match request.query.as_str() {
            "" => url.to_owned(),
            query => format!("{url}?{query}"),
        };
        let mut outgoing = self.0.http.request(request.method.clone(), target).header(
            ApiVersion::HEADER,
            HeaderValue::from_static(ApiVersion::LATEST.as_str()),
        );
        if let Some(key) = self.authorization(&request.path, options).map_err(unsent)? {
            outgoing = outgoing.header(AUTHORIZATION, key);
        }
        if let Some(timeout) = options.timeout {
            outgoing = outgoing.timeout(timeout);
        }
        if let Some(body) = &request.body {
            outgoing = outgoing
                .header(CONTENT_TYPE, request.content_type.as_ref())
                .body(body.clone());
        }
        outgoing = outgoing.headers(options.headers.clone());
        let unreachable = |error: reqwest::Error| retry::Failure {
            was_sent: !error.is_connect(),
            error: ClientError::Unreachable {
                url: url.to_owned(),
                reason: reason(error),
            },
        };
        let mut response = outgoing.send().await.map_err(unreachable)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let span = tracing::Span::current();
        span.record("status", status.as_u16());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > largest_answer {
                let reason = format!("it has more than {largest_answer} bytes");
                let error = ClientError::Answer {
                    url: url.to_owned(),
                    reason,
                };
                return Err(retry::Failure {
                    was_sent: true,
                    error,
                });
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let refusal = refusal(status, &headers, &body);
        span.record("clerk_trace_id", refusal.clerk_trace_id.as_deref());
        Err(retry::Failure {
            was_sent: true,
            error: refusal.into(),
        })
    }

    /// The key that a call is made with: its own, else the machine's for what machines do, else
    /// the instance's. What machines do is for the API to refuse when there is none of them.
    fn authorization(
        &self,
        path: &str,
        options: &CallOptions,
    ) -> Result<Option<HeaderValue>, ClientError> {
        if let Some(key) = options.authorization()? {
            return Ok(Some(key));
        }
        let secret = self.0.authorization.as_ref();
        let machine = self.0.machine_authorization.as_ref();
        let is_of_machines = M2M_TOKENS.iter().any(|it| path.starts_with(it));
        let key = match path {
            _ if is_of_machines => machine.or(secret),
            // A machine verifies tokens too.
            path if path == GetJwks::INFO.path => secret.or(machine),
            _ => secret,
        };
        let may_be_missing =
            is_of_machines || path.starts_with(OPEN) || options.headers.contains_key(AUTHORIZATION);
        match key {
            None if !may_be_missing => Err(ClientError::MissingSecretKey),
            key => Ok(key.cloned()),
        }
    }

    /// The address of a path of the contract, in which `/v1` stands for the API version. Paths
    /// without it have no version at all.
    fn url(&self, path: &str) -> String {
        let ClientBuilder {
            api_url,
            api_version,
            ..
        } = &self.0.options;
        let base = api_url.trim_end_matches('/');
        match path.strip_prefix("/v1/") {
            Some(rest) => format!("{base}/{api_version}/{rest}"),
            None => format!("{base}{path}"),
        }
    }
}

/// The answer of a call.
fn read<T: DeserializeOwned>(url: String, body: &[u8]) -> Result<T, ClientError> {
    // An answer without a body stands for nothing at all.
    let body = if body.is_empty() { b"null" } else { body };
    serde_json::from_slice(body).map_err(|error| ClientError::Answer {
        url,
        reason: error.to_string(),
    })
}

/// The header that carries a key.
fn bearer(key: &SecretKey) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut header = HeaderValue::from_str(&format!("Bearer {}", key.expose().trim()))?;
    header.set_sensitive(true);
    Ok(header)
}

/// A request that is not in the contract.
fn json_request(method: Method, path: &str, body: Option<Vec<u8>>) -> EncodedRequest {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    EncodedRequest {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        body,
        content_type: JSON.into(),
    }
}

/// What a refusal says, in the contract's terms. A body that is no error list still gives a
/// status.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ApiError {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    ApiError {
        status,
        errors: body.errors,
        clerk_trace_id: body
            .clerk_trace_id
            .or_else(|| text("cf-ray").map(str::to_owned)),
        retry_after: text(RETRY_AFTER.as_str()).and_then(whole_seconds),
    }
}

/// The whole seconds of `30` or `1.9`. A date is not understood, as in Clerk's own clients.
fn whole_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit());
    match end.map(|end| text.split_at(end)) {
        None => text.parse().ok(),
        Some((whole, rest)) if rest.starts_with('.') => whole.parse().ok(),
        Some(_) => None,
    }
}

/// The error with its causes, and without the address, whose query may hold personal data.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

impl FetchKeys for Client {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        Box::pin(async {
            self.send(&GetJwks {}).await.map_err(|error| match error {
                ClientError::Api(error) => {
                    let invalid_key = ErrorCode::ClerkKeyInvalid.as_str();
                    let message = error.errors.iter().find(|item| item.code == invalid_key);
                    KeyFetchError {
                        retry_after: error.retry_after.map(Duration::from_secs),
                        kind: match message {
                            Some(item) => KeyFetchErrorKind::InvalidSecretKey {
                                message: item.message.clone(),
                            },
                            None => KeyFetchErrorKind::Status {
                                url: self.url(GetJwks::INFO.path),
                                status: error.status.as_u16(),
                            },
                        },
                    }
                }
                _ => KeyFetchErrorKind::Unreachable.into(),
            })
        })
    }
}

/// The configuration of a [`Client`].
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    secret_key: Option<SecretKey>,
    machine_secret_key: Option<SecretKey>,
    may_have_no_key: bool,
    old_secret_key: Option<&'static str>,
    api_url: String,
    api_version: String,
    user_agent: String,
    timeout: Duration,
    attempts: u32,
    http: Option<reqwest::Client>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            secret_key: None,
            machine_secret_key: None,
            may_have_no_key: false,
            old_secret_key: None,
            api_url: DEFAULT_API_URL.to_owned(),
            api_version: DEFAULT_API_VERSION.to_owned(),
            user_agent: concat!("ironclerk/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeout: TIMEOUT,
            attempts: retry::ATTEMPTS,
            http: None,
        }
    }
}

impl ClientBuilder {
    /// The configuration in the environment: `CLERK_SECRET_KEY`, `CLERK_MACHINE_SECRET_KEY`,
    /// `CLERK_API_URL`, `CLERK_API_VERSION`.
    ///
    /// # Errors
    /// When a value is not text.
    pub fn from_env() -> Result<Self, ConfigurationError> {
        let mut builder = Self::default();
        let read = environment::read;
        if let Some(key) = read("CLERK_SECRET_KEY")? {
            builder = builder.secret_key(SecretKey::new(key)?);
        } else if read("CLERK_API_KEY")?.is_some() {
            builder.old_secret_key = Some("CLERK_API_KEY");
        }
        if let Some(key) = read("CLERK_MACHINE_SECRET_KEY")? {
            builder = builder.machine_secret_key(SecretKey::new(key)?);
        }
        if let Some(url) = read("CLERK_API_URL")? {
            builder = builder.api_url(url);
        }
        if let Some(version) = read("CLERK_API_VERSION")? {
            builder = builder.api_version(version);
        }
        Ok(builder)
    }

    /// The secret key of the instance. JavaScript: `secretKey`.
    #[must_use]
    pub fn secret_key(mut self, key: SecretKey) -> Self {
        self.secret_key = Some(key);
        self
    }

    /// The machine's own secret key, `ak_…`, for calls about machine-to-machine tokens. Default:
    /// the secret key. A client that has no other key makes those calls, and fetches keys.
    /// JavaScript: `machineSecretKey`.
    #[must_use]
    #[doc(alias = "machineSecretKey")]
    pub fn machine_secret_key(mut self, key: SecretKey) -> Self {
        self.machine_secret_key = Some(key);
        self
    }

    /// Allows a client without a key: for calls that [bring their own](Call::secret_key), and the
    /// few that need none. Any other fails with [`ClientError::MissingSecretKey`].
    #[must_use]
    pub fn without_secret_key(mut self) -> Self {
        self.may_have_no_key = true;
        self
    }

    /// Where the API is. Default: `https://api.clerk.com`. JavaScript: `apiUrl`.
    #[must_use]
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = url.into();
        self
    }

    /// The first segment of the API's paths. Default: `v1`. JavaScript: `apiVersion`.
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = version.into();
        self
    }

    /// How the client names itself. JavaScript: `userAgent`.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// How long one attempt of a call may take. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a call is made at the most, where it may be made again. Default: 3.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The HTTP client to use, with its proxies, certificates, limits and redirects. User agent and
    /// timeout are then its own to set.
    #[must_use]
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// When there is no secret key, the API URL is not an absolute HTTP URL, or a value cannot
    /// stand in a header.
    pub fn build(self) -> Result<Client, ConfigurationError> {
        let has_key = self.secret_key.is_some() || self.machine_secret_key.is_some();
        if !has_key && !self.may_have_no_key {
            return Err(ConfigurationError::MissingSecretKey {
                old_name: self.old_secret_key,
            });
        }
        if !self.api_url.starts_with("http://") && !self.api_url.starts_with("https://") {
            return Err(ConfigurationError::InvalidApiUrl(self.api_url));
        }
        let invalid = |what| ConfigurationError::NotAHeader(what);
        let header = |key: &SecretKey| bearer(key).map_err(|_| invalid("secret key"));
        let authorization = self.secret_key.as_ref().map(header).transpose()?;
        let machine_authorization = self.machine_secret_key.as_ref().map(header).transpose()?;
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_str(&self.user_agent).map_err(|_| invalid("user agent"))?,
        );
        let http = match &self.http {
            Some(http) => http.clone(),
            None => reqwest::Client::builder()
                .default_headers(headers)
                .timeout(self.timeout)
                // A redirect would carry the secret key to another address.
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|error| ConfigurationError::HttpClient(reason(error)))?,
        };
        Ok(Client(Arc::new(Shared {
            http,
            authorization,
            machine_authorization,
            options: self,
        })))
    }
}
