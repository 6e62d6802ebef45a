//! Which Clerk instance an application belongs to: its publishable key and its secret key.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::errors::ConfigurationError;

/// The longest publishable key that is read, in bytes. A host name has at most 253 characters.
const MAX_PUBLISHABLE_KEY_LENGTH: usize = 1024;

/// Base64 as browsers read it: leftover bits are dropped. Padding is taken off before.
const FORGIVING_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Where Clerk's Backend API is.
pub const DEFAULT_API_URL: &str = "https://api.clerk.com";
/// The first segment of its paths.
pub const DEFAULT_API_VERSION: &str = "v1";

/// Whether an instance is for development or for production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceType {
    /// Keys with `test`. The Frontend API is on another site, so the browser is identified by a
    /// token in the URL.
    Development,
    /// Keys with `live`.
    Production,
}

/// The key that names an instance to browsers. It is not a secret.
///
/// `pk_test_` or `pk_live_`, followed by the base64 of the Frontend API host and `$`.
///
/// ```
/// use ironclerk::instance::{InstanceType, PublishableKey};
///
/// let key: PublishableKey = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k".parse()?;
/// assert_eq!(key.frontend_api_host(), "clerk.example.com");
/// assert_eq!(key.instance_type(), InstanceType::Production);
/// assert_eq!(key.suffixed("__session"), "__session_naoXFJnI");
/// # Ok::<(), ironclerk::errors::ConfigurationError>(())
/// ```
///
/// JavaScript: `parsePublishableKey(key)`.
#[derive(Clone, PartialEq, Eq, Hash)]
#[doc(alias = "parsePublishableKey")]
pub struct PublishableKey {
    text: String,
    instance_type: InstanceType,
    frontend_api: String,
    cookie_suffix: String,
}

impl PublishableKey {
    /// The key of an instance whose Frontend API answers at `host`, such as `clerk.example.com`
    /// or `127.0.0.1:4000`. Clerk's SDKs insist on a dot, so `localhost` alone will not do.
    ///
    /// # Errors
    /// When the host could not be read back from the key: no dot, a `$`, or characters that no
    /// host has.
    pub fn encode(instance_type: InstanceType, host: &str) -> Result<Self, ConfigurationError> {
        let prefix = match instance_type {
            InstanceType::Development => "pk_test_",
            InstanceType::Production => "pk_live_",
        };
        format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("{host}$"))).parse()
    }

    /// The key as it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Development or production.
    pub fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// Whether the key belongs to a production instance.
    pub fn is_production(&self) -> bool {
        self.instance_type == InstanceType::Production
    }

    /// The host of the instance's Frontend API.
    pub fn frontend_api_host(&self) -> &str {
        let text = self.frontend_api.as_str();
        text.strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or(text)
    }

    /// Eight characters that tell the cookies of instances on the same site apart.
    ///
    /// JavaScript: `getCookieSuffix(publishableKey)`.
    #[doc(alias = "getCookieSuffix")]
    pub fn cookie_suffix(&self) -> &str {
        &self.cookie_suffix
    }

    /// A cookie's name with the suffix of this instance: `__session` → `__session_naoXFJnI`.
    ///
    /// JavaScript: `getSuffixedCookieName(name, suffix)`.
    #[doc(alias = "getSuffixedCookieName")]
    pub fn suffixed(&self, cookie_name: &str) -> String {
        format!("{cookie_name}_{}", self.cookie_suffix)
    }
}

impl FromStr for PublishableKey {
    type Err = ConfigurationError;

    /// JavaScript: `parsePublishableKey(key)`.
    fn from_str(text: &str) -> Result<Self, ConfigurationError> {
        if text.is_empty() {
            return Err(ConfigurationError::MissingPublishableKey { old_name: None });
        }
        if text.len() > MAX_PUBLISHABLE_KEY_LENGTH {
            return Err(ConfigurationError::InvalidPublishableKey);
        }
        let parts: Vec<&str> = text.split('_').collect();
        let (instance_type, encoded) = match parts[..] {
            ["pk", "test", encoded] => (InstanceType::Development, encoded),
            ["pk", "live", encoded] => (InstanceType::Production, encoded),
            _ => return Err(ConfigurationError::InvalidPublishableKey),
        };
        let frontend_api =
            decode_frontend_api(encoded).ok_or(ConfigurationError::InvalidPublishableKey)?;
        Ok(Self {
            text: text.to_owned(),
            instance_type,
            frontend_api,
            cookie_suffix: cookie_suffix(text),
        })
    }
}

impl fmt::Display for PublishableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for PublishableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublishableKey").field(&self.text).finish()
    }
}

/// Reads base64 the way `atob` does, since that is what every other Clerk SDK uses: white space is
/// ignored, padding may be missing but not wrong.
fn decode_frontend_api(encoded: &str) -> Option<String> {
    let mut text: String = encoded
        .chars()
        .filter(|character| !matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0c'))
        .collect();
    if text.len().is_multiple_of(4) {
        let padding = text.chars().rev().take(2).take_while(|c| *c == '=').count();
        text.truncate(text.len() - padding);
    }
    let decoded = String::from_utf8(FORGIVING_BASE64.decode(text).ok()?).ok()?;
    let host = decoded.strip_suffix('$')?;
    let is_host_like = host.contains('.')
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/'));
    is_host_like.then(|| host.to_owned())
}

/// The first 8 characters of base64url(SHA-1(key)). SHA-1 only names cookies here.
fn cookie_suffix(publishable_key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    let mut suffix = URL_SAFE_NO_PAD.encode(hash);
    suffix.truncate(8);
    suffix
}

/// The key that gives an application full access to its instance.
///
/// `Debug` shows nothing of it, and two keys are compared in constant time.
#[derive(Clone)]
pub struct SecretKey(String);

impl SecretKey {
    /// Takes the key as it is: whether it is valid, only Clerk can say.
    ///
    /// # Errors
    /// When the key is empty or blank.
    pub fn new(key: impl Into<String>) -> Result<Self, ConfigurationError> {
        let key = key.into();
        if key.trim().is_empty() {
            return Err(ConfigurationError::MissingSecretKey { old_name: None });
        }
        Ok(Self(key))
    }

    /// The key itself, for an `Authorization` header. **Keep it out of logs.**
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Development (`sk_test_`, or `test_` in old keys), production (`sk_live_`, `live_`), or
    /// neither.
    pub fn instance_type(&self) -> Option<InstanceType> {
        let starts = |prefix| self.0.starts_with(prefix);
        if starts("sk_test_") || starts("test_") {
            Some(InstanceType::Development)
        } else if starts("sk_live_") || starts("live_") {
            Some(InstanceType::Production)
        } else {
            None
        }
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for SecretKey {}

impl FromStr for SecretKey {
    type Err = ConfigurationError;

    fn from_str(text: &str) -> Result<Self, ConfigurationError> {
        Self::new(text)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_key_reads_back() {
        let key = PublishableKey::encode(InstanceType::Development, "happy.clerk.accounts.dev")
            .expect("a key");
        assert!(key.as_str().starts_with("pk_test_"));
        assert_eq!(key.frontend_api_host(), "happy.clerk.accounts.dev");
        assert!(!key.is_production());
        for host in ["", "localhost", "a b.c", "a.b$c", "é.example.com"] {
            assert!(
                PublishableKey::encode(InstanceType::Production, host).is_err(),
                "{host}"
            );
        }
    }

    /// What the official SDK accepts, and the suffixes that it gives.
    const RECORDED: &str = include_str!("../../../testdata/sdk/publishable_key.json");

    #[test]
    fn keys_are_accepted_as_recorded() {
        let recorded: serde_json::Value = serde_json::from_str(RECORDED).expect("JSON");
        let list = |name: &str| recorded[name].as_array().expect("a list").clone();
        for case in list("publishableKeyAccepted") {
            let (text, expected) = (case[0].as_str().expect("a key"), &case[1]);
            match text.parse::<PublishableKey>() {
                Ok(key) => {
                    let host = expected["handshakeHost"].as_str().expect(text);
                    let authority = key.frontend_api_host().split('/').next();
                    assert_eq!(authority, Some(host), "{text}");
                }
                // With white space in its host a key passes there and fails at the first URL.
                Err(error) if expected["message"] == "Invalid URL" => {
                    assert_eq!(error, ConfigurationError::InvalidPublishableKey, "{text}");
                }
                Err(error) => assert_eq!(error.to_string(), expected["message"], "{text}"),
            }
        }
        for case in list("cookieSuffix") {
            let text = case[0].as_str().expect("a key");
            assert_eq!(cookie_suffix(text), case[1], "{text}");
        }
    }

    #[test]
    fn a_secret_key_knows_its_instance_and_hides_itself() {
        for (text, kind) in [
            ("sk_test_a", Some(InstanceType::Development)),
            ("test_a", Some(InstanceType::Development)),
            ("sk_live_a", Some(InstanceType::Production)),
            ("live_a", Some(InstanceType::Production)),
            ("sk_a", None),
        ] {
            let key = SecretKey::new(text).expect("a key");
            assert_eq!(key.instance_type(), kind);
            assert_eq!(format!("{key:?}"), "SecretKey(redacted)");
            assert_eq!(key, text.parse().expect("a key"));
        }
        assert_ne!(SecretKey::new("sk_a"), SecretKey::new("sk_b"));
        assert!(SecretKey::new(" ").is_err());
    }
}
