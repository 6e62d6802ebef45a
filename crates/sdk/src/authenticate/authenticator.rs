//! The decision with its surroundings: configuration, keys, clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::request::Parts;

use super::{Keys, RequestFacts, RequestState, Settings, Step, decide, no_key_source};
#[cfg(feature = "client")]
use crate::client::Client;
use crate::environment;
use crate::errors::ConfigurationError;
use crate::instance::{PublishableKey, SecretKey};
use crate::keys::PublicKey;
#[cfg(feature = "client")]
use crate::keys::{FetchKeys, KeyCache};

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

#[derive(Debug)]
struct Shared {
    settings: Settings,
    keys: KeySource,
}

#[derive(Debug)]
enum KeySource {
    Local(PublicKey),
    #[cfg(feature = "client")]
    Remote(KeyCache),
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

    /// Finds out who makes a request. With the keys in memory it does not wait; otherwise it
    /// waits for one request to Clerk, at most [`KeyCache::REQUEST_TIMEOUT`] once its turn comes.
    ///
    /// Reads the system clock. Needs a tokio runtime, unless a JWT key is set.
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
        let facts = RequestFacts::from_parts(parts);
        let cache = match &self.0.keys {
            KeySource::Local(key) => return self.decide_with(key, &facts, now),
            KeySource::Remote(cache) => cache,
        };
        let mut keys = Keys::remote(cache.known_keys());
        loop {
            match decide(&facts, self.settings(), &keys, now) {
                Step::Done(state) => return *state,
                Step::NeedKey(key_id) => {
                    let answer = cache.key(key_id.as_deref()).await;
                    keys.answer(key_id, answer);
                }
            }
        }
    }

    /// Finds out who makes a request with what is in memory: the JWT key, or the keys fetched so
    /// far. Never waits. A token whose key is not at hand is answered with the reason
    /// `jwk-failed-to-resolve`.
    pub fn authenticate_local(&self, parts: &Parts, now: SystemTime) -> RequestState {
        let facts = RequestFacts::from_parts(parts);
        match &self.0.keys {
            KeySource::Local(key) => self.decide_with(key, &facts, now),
            #[cfg(feature = "client")]
            KeySource::Remote(cache) => {
                self.decide_without_waiting(Keys::remote(cache.known_keys()), &facts, now)
            }
        }
    }

    fn decide_with(
        &self,
        key: &PublicKey,
        facts: &RequestFacts<'_>,
        now: SystemTime,
    ) -> RequestState {
        self.decide_without_waiting(Keys::Local(key.clone()), facts, now)
    }

    fn decide_without_waiting(
        &self,
        mut keys: Keys,
        facts: &RequestFacts<'_>,
        now: SystemTime,
    ) -> RequestState {
        loop {
            match decide(facts, self.settings(), &keys, now) {
                Step::Done(state) => return *state,
                Step::NeedKey(key_id) => keys.answer(key_id, Err(no_key_source())),
            }
        }
    }
}

/// Configures an [`Authenticator`]. An empty text counts as not set.
#[derive(Default)]
pub struct AuthenticatorBuilder {
    publishable_key: Option<String>,
    secret_key: Option<String>,
    jwt_key: Option<String>,
    api_url: Option<String>,
    api_version: Option<String>,
    audience: Vec<String>,
    authorized_parties: Vec<String>,
    require_authorized_party: Option<bool>,
    clock_skew: Option<Duration>,
    issuer: Option<String>,
    /// Variables of older SDKs that are set, to name them in an error.
    old_secret_key: Option<&'static str>,
    old_publishable_key: Option<&'static str>,
    #[cfg(feature = "client")]
    fetcher: Option<Box<dyn FetchKeys>>,
}

impl AuthenticatorBuilder {
    /// Reads `CLERK_PUBLISHABLE_KEY`, `CLERK_SECRET_KEY`, `CLERK_JWT_KEY`, `CLERK_API_URL` and
    /// `CLERK_API_VERSION`, once, now.
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
            jwt_key: read("CLERK_JWT_KEY")?,
            api_url: read("CLERK_API_URL")?,
            api_version: read("CLERK_API_VERSION")?,
            old_secret_key: is_set("CLERK_API_KEY")?,
            old_publishable_key: is_set("CLERK_FRONTEND_API")?,
            ..Self::default()
        })
    }

    /// The publishable key. Always needed.
    #[must_use]
    pub fn publishable_key(mut self, key: impl Into<String>) -> Self {
        self.publishable_key = Some(key.into());
        self
    }

    /// The secret key. Needed unless there is a JWT key.
    #[must_use]
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_key = Some(key.into());
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

    /// The only accepted issuer (`iss`). Default: any.
    #[must_use]
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
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
    /// When the publishable key is missing or malformed, when the JWT key is not a public key, or
    /// when there is neither a JWT key nor a secret key with a way to fetch the keys.
    pub fn build(self) -> Result<Authenticator, ConfigurationError> {
        let publishable_key: PublishableKey = match set(self.publishable_key) {
            Some(key) => key.parse()?,
            None => {
                return Err(ConfigurationError::MissingPublishableKey {
                    old_name: self.old_publishable_key,
                });
            }
        };
        let mut settings = Settings::new(publishable_key);
        settings.secret_key = set(self.secret_key).map(SecretKey::new).transpose()?;
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

        let keys = if let Some(key) = set(self.jwt_key) {
            KeySource::Local(key.parse().map_err(ConfigurationError::InvalidJwtKey)?)
        } else if settings.secret_key.is_none() {
            return Err(ConfigurationError::MissingSecretKey {
                old_name: self.old_secret_key,
            });
        } else {
            #[cfg(feature = "client")]
            {
                let fetcher = match self.fetcher {
                    Some(fetcher) => fetcher,
                    None => Box::new(client_of(&settings)?),
                };
                KeySource::Remote(KeyCache::boxed(fetcher))
            }
            #[cfg(not(feature = "client"))]
            return Err(ConfigurationError::MissingKeySource);
        };
        Ok(Authenticator(Arc::new(Shared { settings, keys })))
    }
}

/// The client that fetches the instance's keys.
#[cfg(feature = "client")]
fn client_of(settings: &Settings) -> Result<Client, ConfigurationError> {
    let mut builder = Client::builder()
        .api_url(&settings.api_url)
        .api_version(&settings.api_version)
        .timeout(KeyCache::REQUEST_TIMEOUT);
    if let Some(key) = &settings.secret_key {
        builder = builder.secret_key(key.clone());
    }
    builder.build()
}

fn set(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
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
            ("CLERK_JWT_KEY", &one_line),
            ("CLERK_API_URL", "http://localhost:3000"),
            ("CLERK_API_VERSION", ""),
        ])
        .expect("a configuration");
        let settings = authenticator.settings();
        assert_eq!(settings.publishable_key.as_str(), PUBLISHABLE_KEY);
        assert_eq!(settings.api_url, "http://localhost:3000");
        assert_eq!(settings.api_version, "v1");
        let key = settings.secret_key.as_ref().map(SecretKey::expose);
        assert_eq!(key, Some("sk_live_x"));
        assert!(!format!("{authenticator:?}").contains("sk_live_x"));
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
