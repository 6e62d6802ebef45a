//! The decision with its surroundings: configuration, keys, clock.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::request::Parts;

#[cfg(feature = "client")]
use super::BackendApi;
use super::decision::Request;
#[cfg(feature = "client")]
use super::questions::Questions;
use super::settings::without_scheme;
use super::token_cache::TokenCache;
#[cfg(feature = "client")]
use super::verify_machine_token::verify_machine_token;
use super::{
    AcceptsToken, Answers, HandshakePayloadError, Keys, OrganizationSync, ProxyUrl, RefreshFailure,
    RequestFacts, RequestState, Settings, Step, decide, no_key_source,
};
#[cfg(feature = "client")]
use crate::client::Client;
use crate::environment;
use crate::errors::{ConfigurationError, MachineTokenVerificationError};
#[cfg(feature = "client")]
use crate::errors::{TokenCarrier, TokenVerificationError};
use crate::instance::SecretKey;
use crate::keys::PublicKey;
#[cfg(feature = "client")]
use crate::keys::{FetchKeys, KeyCache};
#[cfg(feature = "client")]
use crate::machine::{MachineAuth, Presented};
#[cfg(feature = "client")]
use crate::session::SessionClaims;
#[cfg(feature = "client")]
use crate::token_type::TokenType;

/// Authenticates requests to an application. Cheap to clone: clones share settings and keys.
///
/// ```
/// use std::time::SystemTime;
/// use ironclerk::authenticate::Authenticator;
/// # let jwt_key = ironclerk::keys::PrivateKey::generate()?.public_key().to_spki_pem();
///
/// let authenticator = Authenticator::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .jwt_key(jwt_key)
///     .authorized_parties(["https://app.example.com"])
///     .build()?;
///
/// let (parts, _body) = http::Request::get("/").body(())?.into_parts();
/// let state = authenticator.authenticate_local(&parts, SystemTime::now());
/// assert!(!state.auth().is_signed_in());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// JavaScript: `createClerkClient(options).authenticateRequest`.
#[derive(Clone, Debug)]
#[doc(alias = "createAuthenticateRequest")]
pub struct Authenticator(Arc<Shared>);

struct Shared {
    settings: Settings,
    /// What every decision begins with: the JWT key, or none, and the token cache.
    answers: Answers,
    /// Where the keys come from when there is no JWT key.
    #[cfg(feature = "client")]
    keys: Option<KeyCache>,
    #[cfg(feature = "client")]
    questions: Option<Arc<Questions>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("settings", &self.settings)
            .field("answers", &self.answers)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Whether there is a key to verify a JWT with.
    fn has_key_source(&self) -> bool {
        #[cfg(feature = "client")]
        let is_remote = self.keys.is_some();
        #[cfg(not(feature = "client"))]
        let is_remote = false;
        is_remote || matches!(self.answers.keys, Keys::Local(_))
    }
}

impl Authenticator {
    /// An authenticator to be configured.
    pub fn builder() -> AuthenticatorBuilder {
        AuthenticatorBuilder::default()
    }

    /// An authenticator configured by the environment, see [`AuthenticatorBuilder::from_env`].
    ///
    /// # Errors
    /// When a key is missing or unusable.
    pub fn from_env() -> Result<Self, ConfigurationError> {
        AuthenticatorBuilder::from_env()?.build()
    }

    /// What was configured.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Finds out who makes a request. With the keys in memory it does not wait, except for a
    /// browser that comes back from a handshake or brings an expired session, and for an opaque
    /// machine token: then it asks Clerk. Each question takes at most
    /// [`KeyCache::REQUEST_TIMEOUT`] per attempt, and waits as long for its turn: at most 64 are
    /// asked at a time, and one about the same machine token.
    ///
    /// Reads the system clock. Needs a tokio runtime.
    ///
    /// JavaScript: `authenticateRequest(request)`.
    #[cfg(feature = "client")]
    #[doc(alias = "authenticateRequest")]
    pub async fn authenticate(&self, parts: &Parts) -> RequestState {
        self.authenticate_at(parts, SystemTime::now()).await
    }

    /// As [`authenticate`](Self::authenticate), with the time given.
    #[cfg(feature = "client")]
    pub async fn authenticate_at(&self, parts: &Parts, now: SystemTime) -> RequestState {
        match self.authenticate_at_once(parts, now) {
            Some(state) => state,
            // Boxed, so that the future of the many requests that ask nothing stays small.
            None => Box::pin(self.authenticate_asking(parts, now)).await,
        }
    }

    /// Finds out who makes a request, unless something has to be asked first. This is the path of
    /// nearly every request, so nothing is shared or copied that need not be.
    pub(crate) fn authenticate_at_once(
        &self,
        parts: &Parts,
        now: SystemTime,
    ) -> Option<RequestState> {
        let facts = RequestFacts::from_parts(parts);
        let with = |answers: &Answers| Request::new(&facts, self.settings(), answers, now).decide();
        #[cfg(feature = "client")]
        if self.0.keys.is_some() {
            return with(&self.answers()).ok();
        }
        with(&self.0.answers).ok()
    }

    #[cfg(feature = "client")]
    async fn authenticate_asking(&self, parts: &Parts, now: SystemTime) -> RequestState {
        let facts = RequestFacts::from_parts(parts);
        let mut answers = self.answers();
        loop {
            match decide(&facts, self.settings(), &answers, now) {
                Step::Done(state) => return *state,
                question => self.ask(question, &mut answers).await,
            }
        }
    }

    /// Verifies a session token that has not come with a request, such as one in a message.
    ///
    /// Reads the system clock. Needs a tokio runtime. [`session::verify`](crate::session::verify)
    /// does it with a key at hand.
    ///
    /// JavaScript: `verifyToken(token, { secretKey })`.
    ///
    /// # Errors
    /// When the text is no session token of this instance, or does not pass verification.
    #[cfg(feature = "client")]
    #[doc(alias = "verifyToken")]
    pub async fn verify_session_token(
        &self,
        token: &str,
    ) -> Result<SessionClaims, TokenVerificationError> {
        self.verify_session_token_at(token, SystemTime::now()).await
    }

    /// As [`verify_session_token`](Self::verify_session_token), with the time given.
    ///
    /// # Errors
    /// As [`verify_session_token`](Self::verify_session_token).
    #[cfg(feature = "client")]
    pub async fn verify_session_token_at(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<SessionClaims, TokenVerificationError> {
        let (parts, ()) = http::Request::new(()).into_parts();
        let facts = RequestFacts::from_parts(&parts);
        let mut answers = self.answers();
        loop {
            let verified = Request::new(&facts, self.settings(), &answers, now)
                .verify(token, TokenCarrier::Header);
            match verified {
                Ok(verified) => return verified,
                Err(question) => self.ask(question.into(), &mut answers).await,
            }
        }
    }

    /// Verifies a machine token, of whichever type, that has not come with a request.
    ///
    /// Reads the system clock. Needs a tokio runtime.
    ///
    /// JavaScript: `verifyMachineAuthToken(token, options)`.
    ///
    /// # Errors
    /// When the text is no machine token, or does not pass verification.
    #[cfg(feature = "client")]
    #[doc(alias = "verifyMachineAuthToken")]
    pub async fn verify_machine_token(
        &self,
        token: &str,
    ) -> Result<MachineAuth, MachineTokenVerificationError> {
        self.verify_machine_token_at(token, SystemTime::now()).await
    }

    /// As [`verify_machine_token`](Self::verify_machine_token), with the time given.
    ///
    /// # Errors
    /// As [`verify_machine_token`](Self::verify_machine_token).
    #[cfg(feature = "client")]
    pub async fn verify_machine_token_at(
        &self,
        token: &str,
        now: SystemTime,
    ) -> Result<MachineAuth, MachineTokenVerificationError> {
        let mut answers = self.answers();
        loop {
            let presented = Presented::of(token);
            match verify_machine_token(presented, self.settings(), &answers, now) {
                Ok(verified) => return verified,
                Err(question) => self.ask(question.into(), &mut answers).await,
            }
        }
    }

    /// Fetches the instance's keys when the application starts, so that its first visitor does not
    /// wait for them. With a JWT key there is nothing to fetch.
    ///
    /// # Errors
    /// When they cannot be fetched. An application may start all the same: the keys are then
    /// fetched for the first token.
    #[cfg(feature = "client")]
    pub async fn warm_up(&self) -> Result<(), TokenVerificationError> {
        match &self.0.keys {
            Some(keys) => keys.warm_up().await,
            None => Ok(()),
        }
    }

    #[cfg(feature = "client")]
    async fn ask(&self, question: Step, answers: &mut Answers) {
        let api = self.0.questions.as_ref();
        match question {
            Step::Done(_) => {}
            Step::NeedKey(key_id) => {
                let key = match &self.0.keys {
                    None => Err(no_key_source()),
                    Some(cache) => cache.key(key_id.as_deref()).await,
                };
                answers.key(key_id, key);
            }
            Step::NeedRefresh(question) => answers.refreshed(match api {
                Some(api) => api.refresh_session(*question).await,
                None => Err(RefreshFailure::MissingApiClient),
            }),
            Step::NeedHandshakePayload(nonce) => answers.handshake_payload(match api {
                Some(api) => api.handshake_payload(nonce).await,
                None => Err(HandshakePayloadError::no_client()),
            }),
            Step::NeedMachineToken(question) => {
                let settings = self.settings();
                let key = match question.token_type() {
                    TokenType::M2mToken => settings.machine_secret_key.as_ref(),
                    _ => None,
                };
                answers.machine_token(match api {
                    Some(api) if key.or(settings.secret_key.as_ref()).is_some() => {
                        api.verify_machine_token(*question).await
                    }
                    _ => {
                        let token_type = question.token_type();
                        tracing::warn!("Clerk: there is no key to verify an {token_type} with");
                        Err(MachineTokenVerificationError::unexpected())
                    }
                });
            }
        }
    }

    /// The same authenticator for requests that come with these tokens. They share their keys.
    ///
    /// # Errors
    /// When a key is missing that these tokens need.
    pub fn accepting(&self, accepts: impl Into<AcceptsToken>) -> Result<Self, ConfigurationError> {
        let shared = &*self.0;
        let mut settings = shared.settings.clone();
        settings.accepts_token = accepts.into();
        settings.check_keys(shared.has_key_source())?;
        settings.check()?;
        Ok(Self(Arc::new(Shared {
            settings,
            answers: shared.answers.clone(),
            #[cfg(feature = "client")]
            keys: shared.keys.clone(),
            #[cfg(feature = "client")]
            questions: shared.questions.clone(),
        })))
    }

    /// Finds out who makes a request with what is in memory: the JWT key, or the keys fetched so
    /// far. Never waits. A token whose key is not at hand is answered with the reason
    /// `jwk-failed-to-resolve`; no session is refreshed, and no opaque machine token is accepted.
    pub fn authenticate_local(&self, parts: &Parts, now: SystemTime) -> RequestState {
        if let Some(state) = self.authenticate_at_once(parts, now) {
            return state;
        }
        let facts = RequestFacts::from_parts(parts);
        let mut answers = self.answers();
        loop {
            match decide(&facts, self.settings(), &answers, now) {
                Step::Done(state) => return *state,
                Step::NeedKey(key_id) => answers.key(key_id, Err(no_key_source())),
                Step::NeedRefresh(_) => answers.refreshed(Err(RefreshFailure::MissingApiClient)),
                Step::NeedHandshakePayload(_) => {
                    answers.handshake_payload(Err(HandshakePayloadError::no_client()))
                }
                Step::NeedMachineToken(_) => {
                    answers.machine_token(Err(MachineTokenVerificationError::unexpected()));
                }
            }
        }
    }

    fn answers(&self) -> Answers {
        let answers = self.0.answers.clone();
        #[cfg(feature = "client")]
        if let Some(cache) = &self.0.keys {
            let keys = Keys::remote(cache.known_keys());
            return Answers { keys, ..answers };
        }
        answers
    }
}

/// Which authenticator a request is for: always the same one, or the one that a function chooses,
/// for an application that serves several instances or domains.
///
/// ```
/// use http::request::Parts;
/// use ironclerk::Authenticator;
/// use ironclerk::authenticate::ChooseAuthenticator;
///
/// fn by_host(first: Authenticator, second: Authenticator) -> impl ChooseAuthenticator {
///     move |request: &Parts| match request.headers.get("host") {
///         Some(host) if host == "second.example.com" => second.clone(),
///         _ => first.clone(),
///     }
/// }
/// ```
///
/// JavaScript: `clerkMiddleware((request) => options)`.
pub trait ChooseAuthenticator: Clone {
    /// The authenticator for a request.
    fn choose(&self, request: &Parts) -> Cow<'_, Authenticator>;
}

impl ChooseAuthenticator for Authenticator {
    fn choose(&self, _: &Parts) -> Cow<'_, Authenticator> {
        Cow::Borrowed(self)
    }
}

impl<F: Fn(&Parts) -> Authenticator + Clone> ChooseAuthenticator for F {
    fn choose(&self, request: &Parts) -> Cow<'_, Authenticator> {
        Cow::Owned(self(request))
    }
}

/// Configures an [`Authenticator`]. An empty text counts as not set.
#[derive(Default)]
pub struct AuthenticatorBuilder {
    publishable_key: Option<String>,
    secret_key: Option<String>,
    machine_secret_key: Option<String>,
    machine_id: Option<String>,
    accepts_token: AcceptsToken,
    jwt_key: Option<String>,
    api_url: Option<String>,
    api_version: Option<String>,
    audience: Vec<String>,
    authorized_parties: Vec<String>,
    require_authorized_party: Option<bool>,
    clock_skew: Option<Duration>,
    issuer: Option<String>,
    check_issuer: Option<bool>,
    proxy_url: Option<String>,
    domain: Option<String>,
    is_satellite: bool,
    satellite_auto_sync: Option<bool>,
    satellite_domains: Vec<String>,
    sign_in_url: Option<String>,
    sign_up_url: Option<String>,
    organization_sync: OrganizationSync,
    token_cache_capacity: usize,
    /// Variables of older SDKs that are set, to name them in an error.
    old_secret_key: Option<&'static str>,
    old_publishable_key: Option<&'static str>,
    #[cfg(feature = "client")]
    fetcher: Option<Box<dyn FetchKeys>>,
    #[cfg(feature = "client")]
    backend_api: Option<Arc<dyn BackendApi>>,
}

impl AuthenticatorBuilder {
    /// Reads the environment, once, now:
    ///
    /// | variable | setting |
    /// |---|---|
    /// | `CLERK_PUBLISHABLE_KEY` | [`publishable_key`](Self::publishable_key) |
    /// | `CLERK_SECRET_KEY` | [`secret_key`](Self::secret_key) |
    /// | `CLERK_MACHINE_SECRET_KEY` | [`machine_secret_key`](Self::machine_secret_key) |
    /// | `CLERK_JWT_KEY` | [`jwt_key`](Self::jwt_key) |
    /// | `CLERK_API_URL` | [`api_url`](Self::api_url) |
    /// | `CLERK_API_VERSION` | [`api_version`](Self::api_version) |
    /// | `CLERK_PROXY_URL` | [`proxy_url`](Self::proxy_url) |
    /// | `CLERK_DOMAIN` | [`domain`](Self::domain) |
    /// | `CLERK_IS_SATELLITE` | [`is_satellite`](Self::is_satellite): `true` in any case, or a number above 0 |
    /// | `CLERK_SIGN_IN_URL` | [`sign_in_url`](Self::sign_in_url) |
    ///
    /// # Errors
    /// When a variable is not Unicode. Missing keys are found by [`build`](Self::build).
    pub fn from_env() -> Result<Self, ConfigurationError> {
        Self::from_variables(environment::read)
    }

    fn from_variables(
        read: impl Fn(&'static str) -> Result<Option<String>, ConfigurationError>,
    ) -> Result<Self, ConfigurationError> {
        let read = |name| Ok(read(name)?.filter(|value| !value.trim().is_empty()));
        let is_set = |name| Ok(read(name)?.map(|_| name));
        Ok(Self {
            publishable_key: read("CLERK_PUBLISHABLE_KEY")?,
            secret_key: read("CLERK_SECRET_KEY")?,
            machine_secret_key: read("CLERK_MACHINE_SECRET_KEY")?,
            jwt_key: read("CLERK_JWT_KEY")?,
            api_url: read("CLERK_API_URL")?,
            api_version: read("CLERK_API_VERSION")?,
            proxy_url: read("CLERK_PROXY_URL")?,
            domain: read("CLERK_DOMAIN")?,
            is_satellite: read("CLERK_IS_SATELLITE")?.is_some_and(|text| is_truthy(&text)),
            sign_in_url: read("CLERK_SIGN_IN_URL")?,
            old_secret_key: is_set("CLERK_API_KEY")?,
            old_publishable_key: is_set("CLERK_FRONTEND_API")?,
            ..Self::default()
        })
    }

    /// The publishable key. Needed where session tokens are accepted.
    #[must_use]
    pub fn publishable_key(mut self, key: impl Into<String>) -> Self {
        self.publishable_key = Some(key.into());
        self
    }

    /// The secret key. Needed unless only session tokens are accepted and there is a JWT key, or
    /// only machine-to-machine tokens and there is a machine secret key.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_key = Some(key.into());
        self
    }

    /// The secret key of this machine, with which it has machine-to-machine tokens verified.
    /// Clerk then refuses those that may not be sent to this machine. Default: the secret key.
    ///
    /// JavaScript: `machineSecretKey`.
    #[must_use]
    #[doc(alias = "machineSecretKey")]
    pub fn machine_secret_key(mut self, key: impl Into<String>) -> Self {
        self.machine_secret_key = Some(key.into());
        self
    }

    /// The id of this machine, `mch_…`. **Set this** where machine-to-machine tokens are accepted
    /// that are JWTs: they are verified here, so that Clerk cannot refuse those that may not be
    /// sent to this machine. Default: none, tokens for other machines are accepted (N11).
    #[must_use]
    pub fn machine_id(mut self, id: impl Into<String>) -> Self {
        self.machine_id = Some(id.into());
        self
    }

    /// Which tokens are accepted. Default: session tokens.
    ///
    /// ```
    /// use ironclerk::{Authenticator, TokenType};
    ///
    /// let authenticator = Authenticator::builder()
    ///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    ///     .secret_key("sk_live_…")
    ///     .accepts_token([TokenType::SessionToken, TokenType::ApiKey]);
    /// ```
    ///
    /// JavaScript: `acceptsToken`.
    #[must_use]
    #[doc(alias = "acceptsToken")]
    pub fn accepts_token(mut self, accepts: impl Into<AcceptsToken>) -> Self {
        self.accepts_token = accepts.into();
        self
    }

    /// The instance's public key (PEM, or its base64): tokens are then verified without any
    /// network, and their key id is not looked at.
    ///
    /// JavaScript: `jwtKey`.
    #[must_use]
    #[doc(alias = "jwtKey")]
    pub fn jwt_key(mut self, key: impl Into<String>) -> Self {
        self.jwt_key = Some(key.into());
        self
    }

    /// The address of the Backend API. Default: `https://api.clerk.com`.
    #[must_use]
    pub fn api_url(mut self, url: impl Into<String>) -> Self {
        self.api_url = Some(url.into());
        self
    }

    /// The version in the path of the Backend API. Default: `v1`.
    #[must_use]
    pub fn api_version(mut self, version: impl Into<String>) -> Self {
        self.api_version = Some(version.into());
        self
    }

    /// The audiences of which a token's `aud`, if it has one, must name one. Default: any.
    #[must_use]
    pub fn audience<T: Into<String>>(mut self, audience: impl IntoIterator<Item = T>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// The origins whose tokens are accepted (`azp`), such as `https://app.example.com`.
    /// **Set this in production**, against tokens that another application on the same site has
    /// got hold of. Default: any.
    #[must_use]
    pub fn authorized_parties<T: Into<String>>(
        mut self,
        parties: impl IntoIterator<Item = T>,
    ) -> Self {
        self.authorized_parties = parties.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a token without `azp` is refused when authorized parties are set. Default: true.
    #[must_use]
    pub fn require_authorized_party(mut self, is_required: bool) -> Self {
        self.require_authorized_party = Some(is_required);
        self
    }

    /// How far the clocks of Clerk and of this machine may differ. Default: 5 s.
    #[must_use]
    pub fn clock_skew(mut self, clock_skew: Duration) -> Self {
        self.clock_skew = Some(clock_skew);
        self
    }

    /// Whether a session token that names its issuer must name this instance, by the publishable
    /// key's host, the proxy, or `clerk.` before a satellite's domain. Default: true.
    #[must_use]
    pub fn check_issuer(mut self, is_checked: bool) -> Self {
        self.check_issuer = Some(is_checked);
        self
    }

    /// The only accepted issuer (`iss`). Default: this instance, see
    /// [`check_issuer`](Self::check_issuer).
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where the Frontend API is reached through the application's own domain: an absolute URL,
    /// or a path that begins with `/`.
    ///
    /// JavaScript: `proxyUrl`.
    #[must_use]
    #[doc(alias = "proxyUrl")]
    pub fn proxy_url(mut self, url: impl Into<String>) -> Self {
        self.proxy_url = Some(url.into());
        self
    }

    /// The domain of a satellite application, such as `satellite.com`.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Whether this application shares the users of a primary application on another domain. It
    /// then needs a domain or a proxy URL, and in development a sign-in URL. Default: false.
    ///
    /// JavaScript: `isSatellite`.
    #[must_use]
    #[doc(alias = "isSatellite")]
    pub fn is_satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Whether a visitor of this satellite who has no cookie of Clerk's yet is sent to the primary
    /// domain once, to find out whether they are signed in there. Default: true.
    ///
    /// JavaScript: `satelliteAutoSync`.
    #[must_use]
    #[doc(alias = "satelliteAutoSync")]
    pub fn satellite_auto_sync(mut self, is_on: bool) -> Self {
        self.satellite_auto_sync = Some(is_on);
        self
    }

    /// The domains of the satellite applications that this primary application serves, such as
    /// `satellite.com` or `localhost:3001`. A primary application with satellites **must** name
    /// them: it answers no others. Default: none.
    #[must_use]
    pub fn satellite_domains<T: Into<String>>(
        mut self,
        domains: impl IntoIterator<Item = T>,
    ) -> Self {
        self.satellite_domains = domains.into_iter().map(Into::into).collect();
        self
    }

    /// The page to sign in at. A satellite's is on the primary domain, so it is absolute.
    ///
    /// JavaScript: `signInUrl`.
    #[must_use]
    #[doc(alias = "signInUrl")]
    pub fn sign_in_url(mut self, url: impl Into<String>) -> Self {
        self.sign_in_url = Some(url.into());
        self
    }

    /// The page to sign up at.
    ///
    /// JavaScript: `signUpUrl`.
    #[must_use]
    #[doc(alias = "signUpUrl")]
    pub fn sign_up_url(mut self, url: impl Into<String>) -> Self {
        self.sign_up_url = Some(url.into());
        self
    }

    /// Which pages belong to which organization. Default: none do.
    ///
    /// JavaScript: `organizationSyncOptions`.
    #[must_use]
    #[doc(alias = "organizationSyncOptions")]
    pub fn organization_sync(mut self, sync: OrganizationSync) -> Self {
        self.organization_sync = sync;
        self
    }

    /// How many verified session tokens are remembered, so that the same token is not verified
    /// again with every request of its minute. A remembered token is accepted only while the keys
    /// are those that verified it and its dates are right. An entry takes a few KiB. Default: 0,
    /// none.
    #[must_use]
    pub fn token_cache(mut self, capacity: usize) -> Self {
        self.token_cache_capacity = capacity;
        self
    }

    /// How sessions are refreshed, handshakes resolved and opaque machine tokens verified.
    /// Default: by the Backend API, with the secret key or the machine secret key; without one
    /// not at all.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn backend_api(mut self, api: impl BackendApi) -> Self {
        self.backend_api = Some(Arc::new(api));
        self
    }

    /// How the instance's keys are fetched when there is no JWT key. Default: from the Backend
    /// API, with the secret key.
    #[cfg(feature = "client")]
    #[must_use]
    pub fn fetch_keys(mut self, fetcher: impl FetchKeys) -> Self {
        self.fetcher = Some(Box::new(fetcher));
        self
    }

    /// Checks the configuration.
    ///
    /// # Errors
    /// When a key is missing that the accepted tokens need, when the publishable key is malformed,
    /// when the JWT key is not a public key, when there is a secret key but no way to fetch the
    /// instance's keys with it, or when a satellite lacks what it needs.
    pub fn build(self) -> Result<Authenticator, ConfigurationError> {
        let mut settings = Settings::for_machines(self.accepts_token);
        settings.publishable_key = match set(self.publishable_key) {
            Some(key) if settings.reads_only_the_header() => key.parse().ok(),
            Some(key) => Some(key.parse()?),
            None => None,
        };
        settings.secret_key = set(self.secret_key).map(SecretKey::new).transpose()?;
        let machine_secret_key = set(self.machine_secret_key).map(SecretKey::new);
        settings.machine_secret_key = machine_secret_key.transpose()?;
        settings.machine_id = set(self.machine_id);
        settings.api_url = set(self.api_url).unwrap_or(settings.api_url);
        settings.api_version = set(self.api_version).unwrap_or(settings.api_version);

        let verify = &mut settings.verify;
        verify.audience = self.audience;
        verify.authorized_parties = self.authorized_parties;
        verify.issuer = set(self.issuer);
        verify.require_authorized_party = self
            .require_authorized_party
            .unwrap_or(verify.require_authorized_party);
        verify.clock_skew = self.clock_skew.unwrap_or(verify.clock_skew);

        settings.check_issuer = self.check_issuer.unwrap_or(settings.check_issuer);
        settings.proxy_url = match set(self.proxy_url) {
            Some(url) => Some(ProxyUrl::new(&url)?),
            None => None,
        };
        settings.domain = set(self.domain).map(|domain| bare_domain(&domain));
        settings.is_satellite = self.is_satellite;
        settings.satellite_auto_sync = self
            .satellite_auto_sync
            .unwrap_or(settings.satellite_auto_sync);
        let domains = self.satellite_domains.iter();
        settings.satellite_domains = domains.map(|domain| bare_domain(domain)).collect();
        settings.sign_in_url = set(self.sign_in_url);
        settings.sign_up_url = set(self.sign_up_url);
        settings.organization_sync = self.organization_sync;

        #[cfg(feature = "client")]
        let client = match settings.secret_key.is_some() || settings.machine_secret_key.is_some() {
            true if self.fetcher.is_none() || self.backend_api.is_none() => {
                Some(client_of(&settings)?)
            }
            _ => None,
        };
        let jwt_key = set(self.jwt_key).map(|key| key.parse());
        let jwt_key = jwt_key.transpose();
        let jwt_key: Option<PublicKey> = jwt_key.map_err(ConfigurationError::InvalidJwtKey)?;
        // Without any key only opaque tokens can be verified.
        let is_remote = jwt_key.is_none() && settings.secret_key.is_some();
        #[cfg(feature = "client")]
        let keys = match is_remote {
            true => {
                let of_client = || Some(Box::new(client.clone()?) as Box<dyn FetchKeys>);
                let fetcher = self.fetcher.or_else(of_client);
                Some(KeyCache::boxed(
                    fetcher.ok_or(ConfigurationError::MissingKeySource)?,
                ))
            }
            false => None,
        };
        #[cfg(not(feature = "client"))]
        if is_remote {
            return Err(ConfigurationError::MissingKeySource);
        }
        settings
            .check_keys(is_remote || jwt_key.is_some())
            .map_err(|error| match error {
                ConfigurationError::MissingPublishableKey { .. } => {
                    ConfigurationError::MissingPublishableKey {
                        old_name: self.old_publishable_key,
                    }
                }
                ConfigurationError::MissingSecretKey { .. } => {
                    ConfigurationError::MissingSecretKey {
                        old_name: self.old_secret_key,
                    }
                }
                other => other,
            })?;
        settings.check()?;
        let mut answers = Answers::new(match jwt_key {
            Some(key) => Keys::Local(key),
            None => Keys::remote(Arc::default()),
        });
        answers.token_cache = (self.token_cache_capacity > 0)
            .then(|| Arc::new(TokenCache::new(self.token_cache_capacity)));
        #[cfg(feature = "client")]
        let backend_api = self
            .backend_api
            .or_else(|| Some(Arc::new(client?) as Arc<dyn BackendApi>));
        Ok(Authenticator(Arc::new(Shared {
            settings,
            answers,
            #[cfg(feature = "client")]
            keys,
            #[cfg(feature = "client")]
            questions: backend_api.map(|api| Arc::new(Questions::new(api))),
        })))
    }
}

/// The client that fetches the instance's keys and asks about sessions.
#[cfg(feature = "client")]
fn client_of(settings: &Settings) -> Result<Client, ConfigurationError> {
    let mut builder = Client::builder()
        .api_url(&settings.api_url)
        .api_version(&settings.api_version)
        .timeout(KeyCache::REQUEST_TIMEOUT);
    if let Some(key) = &settings.secret_key {
        builder = builder.secret_key(key.clone());
    }
    if let Some(key) = &settings.machine_secret_key {
        builder = builder.machine_secret_key(key.clone());
    }
    builder.build()
}

/// A domain as people write it, without scheme and without a slash at its end.
fn bare_domain(text: &str) -> String {
    let text = text.trim().trim_end_matches('/');
    without_scheme(text).to_owned()
}

/// The rule of Clerk's SDKs: `true` in any case, or a number above 0 at the beginning.
fn is_truthy(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let mut number = digits.bytes().take_while(u8::is_ascii_digit);
    text.eq_ignore_ascii_case("true") || number.any(|digit| digit != b'0')
}

fn set(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::PublishableKey;
    use crate::keys::PrivateKey;

    const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

    fn from_variables(
        variables: &[(&'static str, &str)],
    ) -> Result<Authenticator, ConfigurationError> {
        AuthenticatorBuilder::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })?
        .build()
    }

    #[test]
    fn the_environment_configures_everything() {
        let key = PrivateKey::generate().expect("a key").public_key();
        let one_line = key.to_spki_pem().replace('\n', "\\n");
        let authenticator = from_variables(&[
            ("CLERK_PUBLISHABLE_KEY", PUBLISHABLE_KEY),
            ("CLERK_SECRET_KEY", "sk_live_x"),
            ("CLERK_MACHINE_SECRET_KEY", "ak_x"),
            ("CLERK_JWT_KEY", &one_line),
            ("CLERK_API_URL", "http://localhost:3000"),
            ("CLERK_API_VERSION", ""),
        ])
        .expect("a configuration");
        let settings = authenticator.settings();
        let key = settings.publishable_key.as_ref();
        assert_eq!(key.map(PublishableKey::as_str), Some(PUBLISHABLE_KEY));
        assert_eq!(settings.api_url, "http://localhost:3000");
        assert_eq!(settings.api_version, "v1");
        let key = settings.secret_key.as_ref().map(SecretKey::expose);
        assert_eq!(key, Some("sk_live_x"));
        let key = settings.machine_secret_key.as_ref().map(SecretKey::expose);
        assert_eq!(key, Some("ak_x"));
        assert!(!format!("{authenticator:?}").contains("ak_x"));
        assert!(!format!("{authenticator:?}").contains("sk_live_x"));
    }

    #[test]
    fn a_satellite_has_what_it_needs() {
        const DEVELOPMENT: &str = "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk";
        let key = PrivateKey::generate().expect("a key").public_key();
        let build = |publishable_key, variables: &[(&'static str, &str)]| {
            let pem = key.to_spki_pem();
            let mut all = vec![
                ("CLERK_PUBLISHABLE_KEY", publishable_key),
                ("CLERK_JWT_KEY", pem.as_str()),
            ];
            all.extend_from_slice(variables);
            from_variables(&all).map(|authenticator| authenticator.settings().clone())
        };
        let satellite = ("CLERK_IS_SATELLITE", "TRUE");
        let domain = ("CLERK_DOMAIN", "https://satellite.com/");
        let at = |url| ("CLERK_SIGN_IN_URL", url);
        for (publishable_key, variables, error) in [
            (
                DEVELOPMENT,
                vec![satellite, domain],
                ConfigurationError::MissingSignInUrl,
            ),
            (
                DEVELOPMENT,
                vec![satellite, domain, at("/sign-in")],
                ConfigurationError::RelativeSignInUrl,
            ),
            (
                PUBLISHABLE_KEY,
                vec![satellite, domain, at("https://satellite.com/sign-in")],
                ConfigurationError::SignInUrlOnSatellite,
            ),
            (
                PUBLISHABLE_KEY,
                vec![("CLERK_IS_SATELLITE", "1")],
                ConfigurationError::MissingDomainAndProxyUrl,
            ),
            (
                PUBLISHABLE_KEY,
                vec![("CLERK_PROXY_URL", "a b")],
                ConfigurationError::InvalidProxyUrl("https://a b".to_owned()),
            ),
        ] {
            let found = build(publishable_key, &variables).expect_err("an error");
            assert_eq!(found, error);
        }
        let proxy = ("CLERK_PROXY_URL", "/__clerk");
        let settings = build(PUBLISHABLE_KEY, &[satellite, domain, proxy]);
        let settings = settings.expect("a configuration");
        assert_eq!(settings.own_host(), "clerk.satellite.com");
        assert!(settings.is_satellite);
        for text in ["yes", "0", "-1", "false", ""] {
            let settings = build(PUBLISHABLE_KEY, &[("CLERK_IS_SATELLITE", text)]);
            assert!(!settings.expect("a configuration").is_satellite, "{text}");
        }
    }

    /// In JavaScript an option that is false or empty loses against the environment.
    #[test]
    fn what_the_code_says_comes_before_the_environment() {
        let environment = |name| {
            let value = match name {
                "CLERK_PUBLISHABLE_KEY" => PUBLISHABLE_KEY,
                "CLERK_SECRET_KEY" => "sk_live_environment",
                "CLERK_IS_SATELLITE" => "true",
                "CLERK_DOMAIN" => "satellite.com",
                "CLERK_PROXY_URL" => "https://satellite.com/__clerk",
                "CLERK_API_URL" => "http://localhost:3000",
                _ => return Ok(None),
            };
            Ok(Some(value.to_owned()))
        };
        let builder = AuthenticatorBuilder::from_variables(environment).expect("variables");
        let key = PrivateKey::generate().expect("a key").public_key();
        let authenticator = builder
            .is_satellite(false)
            .domain("")
            .proxy_url("")
            .secret_key("sk_live_code")
            .api_url("http://localhost:4000")
            .jwt_key(key.to_spki_pem())
            .build()
            .expect("a configuration");
        let settings = authenticator.settings();
        assert!(!settings.is_satellite);
        assert_eq!((&settings.domain, &settings.proxy_url), (&None, &None));
        let key = settings.secret_key.as_ref().map(SecretKey::expose);
        assert_eq!(key, Some("sk_live_code"));
        assert_eq!(settings.api_url, "http://localhost:4000");
    }

    #[test]
    fn what_is_missing_is_named_by_its_new_name() {
        let error = from_variables(&[("CLERK_FRONTEND_API", "clerk.example.com")])
            .expect_err("no publishable key");
        assert!(error.to_string().starts_with("Publishable key is missing."));
        assert!(error.to_string().contains("CLERK_FRONTEND_API"));
        assert!(error.to_string().contains("CLERK_PUBLISHABLE_KEY"));
        let publishable = ("CLERK_PUBLISHABLE_KEY", PUBLISHABLE_KEY);
        let error =
            from_variables(&[publishable, ("CLERK_API_KEY", "live_x")]).expect_err("no secret key");
        assert!(error.to_string().contains("Missing Clerk Secret Key."));
        assert!(error.to_string().contains("CLERK_API_KEY"));
        assert!(error.to_string().contains("CLERK_SECRET_KEY"));
        let error =
            from_variables(&[publishable, ("CLERK_JWT_KEY", "sk_live_x")]).expect_err("not a key");
        assert!(matches!(error, ConfigurationError::InvalidJwtKey(_)));
    }
}
