//! What an application has decided about authentication.

use std::borrow::Cow;

use url::Url;

use super::OrganizationSync;
use crate::errors::{ConfigurationError, TokenVerificationError};
use crate::instance::{DEFAULT_API_URL, DEFAULT_API_VERSION, PublishableKey, SecretKey};
use crate::jwt::{self, Claims, VerifyOptions};
use crate::token_type::{AcceptsToken, TokenType};

/// What an application has decided about authentication: its instance and its rules.
///
/// JavaScript: `AuthenticateRequestOptions`.
#[derive(Clone, Debug)]
#[doc(alias = "AuthenticateRequestOptions")]
#[non_exhaustive]
pub struct Settings {
    /// The instance. Always there where session tokens are accepted.
    pub publishable_key: Option<PublishableKey>,
    /// The key for Clerk's Backend API. Not needed to verify with a local key.
    pub secret_key: Option<SecretKey>,
    /// The key with which this machine has machine-to-machine tokens verified. Default: the
    /// secret key.
    pub machine_secret_key: Option<SecretKey>,
    /// The id of this machine, `mch_…`. A machine-to-machine token that is a JWT must name it.
    /// Default: none, whom it names is not looked at.
    pub machine_id: Option<String>,
    /// Which tokens are accepted. Default: session tokens.
    pub accepts_token: AcceptsToken,
    /// The address of the Backend API. Default: `https://api.clerk.com`.
    pub api_url: String,
    /// The version in the path of the Backend API. Default: `v1`.
    pub api_version: String,
    /// What a session token, or a machine token that is a JWT, has to be.
    pub verify: VerifyOptions,
    /// Whether a session token that names its issuer (`iss`) must name this instance: the host of
    /// the publishable key, the proxy, or `clerk.` before the domain of a satellite. Not asked
    /// where [`VerifyOptions::issuer`] names one. Default: true.
    pub check_issuer: bool,
    /// Where the Frontend API is reached through the application's own domain. Default: not.
    pub proxy_url: Option<ProxyUrl>,
    /// Whether this application shares the users of a primary application on another domain.
    /// Default: false.
    pub is_satellite: bool,
    /// The domain of this satellite application, such as `satellite.com`. Default: none.
    pub domain: Option<String>,
    /// Whether a visitor without any cookie of Clerk's is sent to the primary domain, to find out
    /// whether they are signed in there. Default: true.
    pub satellite_auto_sync: bool,
    /// The domains of the satellite applications that this primary application serves. Only these
    /// are sent a development browser's identification, and only visitors that come from these
    /// are synchronised. Default: none.
    pub satellite_domains: Vec<String>,
    /// The page to sign in at. Of a satellite: on the primary domain. Default: none.
    pub sign_in_url: Option<String>,
    /// The page to sign up at. Default: none.
    pub sign_up_url: Option<String>,
    /// Which pages belong to which organization. Default: none do.
    pub organization_sync: OrganizationSync,
}

impl Settings {
    /// The defaults for an instance.
    pub fn new(publishable_key: PublishableKey) -> Self {
        Self {
            publishable_key: Some(publishable_key),
            ..Self::for_machines(AcceptsToken::default())
        }
    }

    /// The defaults for an application that accepts machine tokens only, which does not need to
    /// know its instance.
    pub fn for_machines(accepts_token: AcceptsToken) -> Self {
        Self {
            publishable_key: None,
            secret_key: None,
            machine_secret_key: None,
            machine_id: None,
            accepts_token,
            api_url: DEFAULT_API_URL.to_owned(),
            api_version: DEFAULT_API_VERSION.to_owned(),
            verify: VerifyOptions::default(),
            check_issuer: true,
            proxy_url: None,
            is_satellite: false,
            domain: None,
            satellite_auto_sync: true,
            satellite_domains: Vec::new(),
            sign_in_url: None,
            sign_up_url: None,
            organization_sync: OrganizationSync::default(),
        }
    }

    /// Whether cookies and the query do not matter, and so neither the instance's name.
    pub(super) fn reads_only_the_header(&self) -> bool {
        [TokenType::ApiKey, TokenType::M2mToken]
            .iter()
            .any(|it| self.accepts_token == (*it).into())
    }

    /// Whether there are the keys that the accepted tokens need. JWTs need a source of keys;
    /// opaque tokens can only be verified by the Backend API.
    pub(super) fn check_keys(&self, has_key_source: bool) -> Result<(), ConfigurationError> {
        let has_secret_key = self.secret_key.is_some();
        let has_machine_key = has_secret_key || self.machine_secret_key.is_some();
        let is_enough_for = |token_type: TokenType| match token_type {
            TokenType::SessionToken => has_key_source,
            TokenType::ApiKey | TokenType::OauthToken => has_secret_key,
            TokenType::M2mToken => has_machine_key,
        };
        if self.accepts_token.accepts(TokenType::SessionToken) && self.publishable_key.is_none() {
            return Err(ConfigurationError::MissingPublishableKey { old_name: None });
        }
        let is_enough = match &self.accepts_token {
            // Whatever comes that there is no key for is refused (N7).
            AcceptsToken::Any => has_machine_key,
            AcceptsToken::One(token_type) => is_enough_for(*token_type),
            AcceptsToken::List(list) => list.iter().copied().all(is_enough_for),
        };
        match self.accepts_token {
            _ if is_enough => Ok(()),
            AcceptsToken::One(TokenType::M2mToken) => {
                Err(ConfigurationError::MissingMachineSecretKey)
            }
            _ => Err(ConfigurationError::MissingSecretKey { old_name: None }),
        }
    }

    /// Whether a satellite has what it needs.
    pub(super) fn check(&self) -> Result<(), ConfigurationError> {
        // Machines make no difference between domains.
        if !self.is_satellite || self.accepts_token == TokenType::M2mToken.into() {
            return Ok(());
        }
        let sign_in_url = match &self.sign_in_url {
            Some(text) => {
                Some(Url::parse(text).map_err(|_| ConfigurationError::RelativeSignInUrl)?)
            }
            None if self.is_development() => return Err(ConfigurationError::MissingSignInUrl),
            None => None,
        };
        let Some(domain) = &self.domain else {
            return match self.proxy_url {
                Some(_) => Ok(()),
                None => Err(ConfigurationError::MissingDomainAndProxyUrl),
            };
        };
        if sign_in_url.is_some_and(|url| has_domain(&url, domain)) {
            return Err(ConfigurationError::SignInUrlOnSatellite);
        }
        Ok(())
    }

    pub(super) fn is_development(&self) -> bool {
        let key = self.publishable_key.as_ref();
        key.is_some_and(|key| !key.is_production())
    }

    /// The host that issues this application's tokens.
    pub(super) fn own_host(&self) -> Cow<'_, str> {
        match &self.domain {
            Some(domain) if self.is_satellite && !self.is_development() => {
                Cow::Owned(format!("clerk.{domain}"))
            }
            _ => Cow::Borrowed(match &self.publishable_key {
                Some(key) => key.frontend_api_host(),
                None => "",
            }),
        }
    }

    /// Where the browser reaches the Frontend API.
    pub(super) fn frontend_api(&self, own_origin: &Url) -> Option<Url> {
        match &self.proxy_url {
            Some(proxy) => proxy.resolve(own_origin),
            None => Url::parse(&format!("https://{}/", self.own_host())).ok(),
        }
    }

    /// Whether these are the claims of a token of this instance, as far as they say.
    pub(super) fn check_issuer(&self, claims: &Claims) -> Result<(), TokenVerificationError> {
        let Some(key) = &self.publishable_key else {
            return Ok(());
        };
        if !self.check_issuer || self.verify.issuer.is_some() || !claims.has("iss") {
            return Ok(());
        }
        let issuer = without_scheme(claims.get_str("iss").unwrap_or_default());
        match self.is_own(issuer.trim_end_matches('/'), key) {
            true => Ok(()),
            false => Err(jwt::wrong_issuer(
                claims,
                &format!("https://{}", key.frontend_api_host()),
            )),
        }
    }

    fn is_own(&self, issuer: &str, key: &PublishableKey) -> bool {
        let domain_of_clerk = issuer.strip_prefix("clerk.");
        let mut domains = self.domain.iter().chain(&self.satellite_domains);
        issuer == key.frontend_api_host()
            || domain_of_clerk.is_some_and(|domain| domains.any(|known| known == domain))
            || self.proxy_url.as_ref().is_some_and(|proxy| {
                let proxy = without_scheme(proxy.as_str()).trim_end_matches('/');
                issuer == proxy || proxy.starts_with('/') && issuer.ends_with(proxy)
            })
    }

    pub(super) fn is_known_satellite(&self, url: &Url) -> bool {
        let mut domains = self.satellite_domains.iter();
        domains.any(|domain| has_domain(url, domain))
    }
}

/// An address without `https://` or `http://`.
pub(super) fn without_scheme(url: &str) -> &str {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.unwrap_or(url)
}

/// A domain may name a port; one that does not stands for any.
fn has_domain(url: &Url, domain: &str) -> bool {
    let Some(host) = url.host_str().filter(|_| is_web(url)) else {
        return false;
    };
    let domain = domain.to_ascii_lowercase();
    host == domain
        || url
            .port_or_known_default()
            .is_some_and(|port| domain == format!("{host}:{port}"))
}

pub(super) fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Where the Frontend API is reached through the application's own domain: an absolute address,
/// or a path that begins with `/`.
///
/// JavaScript: `proxyUrl`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "proxyUrl")]
pub struct ProxyUrl(String);

impl ProxyUrl {
    /// Reads an address such as `https://app.example.com/__clerk` or `/__clerk`. Without a scheme
    /// it is `https`.
    ///
    /// # Errors
    /// When it is no address.
    pub fn new(text: &str) -> Result<Self, ConfigurationError> {
        let has_scheme = text.starts_with("http://") || text.starts_with("https://");
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let text = match has_scheme || is_path {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let invalid = || ConfigurationError::InvalidProxyUrl(text.clone());
        if !is_path {
            // Reading a URL skips any number of slashes before the host.
            if text.contains(":///") {
                return Err(invalid());
            }
            let url = Url::parse(&text).map_err(|_| invalid())?;
            url.host_str().ok_or_else(invalid)?;
        }
        Ok(Self(text))
    }

    /// The address, as it is used.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, with one slash at its end.
    fn resolve(&self, own_origin: &Url) -> Option<Url> {
        own_origin
            .join(&format!("{}/", self.0.trim_end_matches('/')))
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_url_is_absolute_or_a_path() {
        let own: Url = "https://app.example.com/a/b?c".parse().expect("a URL");
        for (text, resolved) in [
            ("https://a.com/c///", "https://a.com/c/"),
            ("http://a.com", "http://a.com/"),
            ("a.com/c", "https://a.com/c/"),
            ("httpbin.org/c", "https://httpbin.org/c/"),
            ("/__clerk", "https://app.example.com/__clerk/"),
        ] {
            let proxy = ProxyUrl::new(text).expect(text);
            assert_eq!(proxy.resolve(&own).expect(text).as_str(), resolved);
        }
        for text in ["", "//evil.example", "https://", "https://a b", "a b"] {
            assert!(ProxyUrl::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn domains_are_compared_whole() {
        for (url, domain, expected) in [
            ("https://a.com/p", "a.com", true),
            ("https://A.com:8443/", "a.com", true),
            ("https://a.com:8443/", "a.com:8443", true),
            ("https://a.com:8444/", "a.com:8443", false),
            ("https://a.com/", "a.com:443", true),
            ("https://www.a.com/", "a.com", false),
            ("https://evila.com/", "a.com", false),
            ("https://a.com.evil/", "a.com", false),
            ("https://a.com@evil/", "a.com", false),
            ("javascript:a.com", "a.com", false),
            ("ftp://a.com/", "a.com", false),
        ] {
            let url = Url::parse(url).expect("a URL");
            assert_eq!(has_domain(&url, domain), expected, "{url} {domain}");
        }
    }
}
