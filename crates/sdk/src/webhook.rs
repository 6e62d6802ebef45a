//! Events that Clerk sends to an application: are they genuine, and what do they say?
//!
//! ```
//! use std::time::SystemTime;
//! use http::HeaderMap;
//! use ironclerk::webhook::{self, SigningSecret};
//!
//! # fn receive(headers: &HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let secret: SigningSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".parse()?;
//! let event = webhook::verify(headers, body, &[secret], SystemTime::now())?;
//! if event.event_type == "user.created" {
//!     println!("welcome, {}", event.data["id"]);
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::environment;
use crate::errors::ConfigurationError;

/// How far the date of a message may be from now, in seconds.
const TOLERANCE: u64 = 5 * 60;

/// The variable that holds the signing secret.
const VARIABLE: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

/// What a message is signed with, as the Clerk Dashboard shows it: `whsec_` and base64.
///
/// `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SigningSecret(hmac::Key);

impl SigningSecret {
    /// The secret in `CLERK_WEBHOOK_SIGNING_SECRET`.
    ///
    /// # Errors
    /// When it is missing or is no secret.
    pub fn from_env() -> Result<Self, WebhookError> {
        environment::read(VARIABLE)?.unwrap_or_default().parse()
    }

    /// The header `svix-signature` of a message, for whoever sends webhooks.
    ///
    /// `id` becomes the header `svix-id`, and `timestamp`, in seconds since the epoch,
    /// `svix-timestamp`.
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let signature = hmac::sign(&self.0, &signed_message(id, timestamp, body));
        format!("v1,{}", STANDARD.encode(signature.as_ref()))
    }
}

/// What a signature is over.
fn signed_message(id: &str, timestamp: u64, body: &[u8]) -> Vec<u8> {
    let mut message = format!("{id}.{timestamp}.").into_bytes();
    message.extend_from_slice(body);
    message
}

impl FromStr for SigningSecret {
    type Err = WebhookError;

    /// Reads a secret, with or without `whsec_`.
    fn from_str(text: &str) -> Result<Self, WebhookError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(WebhookError::MissingSecret);
        }
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| WebhookError::InvalidSecret)?;
        if bytes.is_empty() {
            return Err(WebhookError::EmptySecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(redacted)")
    }
}

/// The secrets that a message may be signed with: one, or while it is being replaced the new one
/// and the old one. Cheap to clone. The extractors of the `axum` and `actix` features ask for it.
#[derive(Clone, Debug)]
pub struct SigningSecrets(Arc<[SigningSecret]>);

impl SigningSecrets {
    /// These secrets.
    pub fn new(secrets: impl IntoIterator<Item = SigningSecret>) -> Self {
        Self(secrets.into_iter().collect())
    }

    /// The secret in `CLERK_WEBHOOK_SIGNING_SECRET`.
    ///
    /// # Errors
    /// When it is missing or is no secret.
    pub fn from_env() -> Result<Self, WebhookError> {
        SigningSecret::from_env().map(Self::from)
    }

    /// The secrets, to [`verify`] with.
    pub fn as_slice(&self) -> &[SigningSecret] {
        &self.0
    }
}

impl From<SigningSecret> for SigningSecrets {
    fn from(secret: SigningSecret) -> Self {
        Self::new([secret])
    }
}

/// Why a message is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No signing secret is set.
    #[error(
        "@clerk/backend: Missing webhook signing secret. Set the CLERK_WEBHOOK_SIGNING_SECRET environment variable with the webhook secret from the Clerk Dashboard."
    )]
    MissingSecret,
    /// The signing secret is not base64.
    #[error("Base64Coder: incorrect padding")]
    InvalidSecret,
    /// The signing secret has no content.
    #[error("Secret can't be empty.")]
    EmptySecret,
    /// The environment cannot be read.
    #[error(transparent)]
    Environment(#[from] ConfigurationError),
    /// Headers are missing or empty.
    #[error("@clerk/backend: Missing required webhook headers: {}", .0.join(", "))]
    MissingHeaders(Vec<&'static str>),
    /// The message was sent too long ago. It may have been recorded and sent again.
    #[error("@clerk/backend: Unable to verify incoming webhook: Message timestamp too old")]
    TooOld,
    /// The message comes from the future.
    #[error("@clerk/backend: Unable to verify incoming webhook: Message timestamp too new")]
    TooNew,
    /// The date of the message is no number.
    #[error("@clerk/backend: Unable to verify incoming webhook: Invalid Signature Headers")]
    InvalidTimestamp,
    /// None of the secrets has signed this message.
    #[error("@clerk/backend: Unable to verify incoming webhook: No matching signature found")]
    NoMatchingSignature,
    /// The message is genuine and is no event.
    #[error("@clerk/backend: Unable to verify incoming webhook: the body is not an event: {0}")]
    NotAnEvent(String),
}

/// A genuine event.
///
/// JavaScript: `WebhookEvent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// What has happened, such as `user.created`. JavaScript: `type`.
    #[serde(rename = "type")]
    #[doc(alias = "type")]
    pub event_type: String,
    /// Always `event`.
    #[serde(skip_deserializing)]
    pub object: EventTag,
    /// The resource that it has happened to. See [`data_as`](Self::data_as).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The circumstances.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub event_attributes: Value,
}

/// The text `event`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum EventTag {
    /// `event`
    #[default]
    #[serde(rename = "event")]
    Event,
}

impl WebhookEvent {
    /// Reads the resource into its type, such as `api::users::User` for `user.created`.
    ///
    /// # Errors
    /// When the data is of another type.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }

    /// The address of the visitor who caused the event.
    pub fn client_ip(&self) -> Option<&str> {
        self.event_attributes["http_request"]["client_ip"].as_str()
    }

    /// The browser of the visitor who caused the event.
    pub fn user_agent(&self) -> Option<&str> {
        self.event_attributes["http_request"]["user_agent"].as_str()
    }
}

/// Verifies that a message comes from Clerk, and reads it.
///
/// `body` is the body of the request as it arrived. It is enough that one of the secrets fits, so
/// that a secret can be replaced without losing messages. Looks at the headers `svix-id`,
/// `svix-timestamp` and `svix-signature`; if none of them is there, at `webhook-id`,
/// `webhook-timestamp` and `webhook-signature`.
///
/// A message can be sent more than once: the id in the header tells.
///
/// JavaScript: `verifyWebhook(request, { signingSecret })`.
///
/// # Errors
/// The first check that fails: headers, date, signature, content.
#[doc(alias = "verifyWebhook")]
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SigningSecret],
    now: SystemTime,
) -> Result<WebhookEvent, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::MissingSecret);
    }
    let [id, timestamp, signatures] = required(headers)?;
    let timestamp = whole_number(timestamp).ok_or(WebhookError::InvalidTimestamp)?;
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    if timestamp < now.saturating_sub(TOLERANCE) {
        return Err(WebhookError::TooOld);
    }
    if timestamp > now.saturating_add(TOLERANCE) {
        return Err(WebhookError::TooNew);
    }
    let message = signed_message(id, timestamp, body);
    let is_genuine = signatures
        .split(' ')
        .filter_map(|item| STANDARD.decode(item.strip_prefix("v1,")?).ok())
        .any(|signature| {
            let mut secrets = secrets.iter();
            // Compares in constant time.
            secrets.any(|secret| hmac::verify(&secret.0, &message, &signature).is_ok())
        });
    if !is_genuine {
        return Err(WebhookError::NoMatchingSignature);
    }
    serde_json::from_slice::<Value>(body)
        .and_then(|event| match event {
            // A list would pass for an event whose members it has in order.
            Value::Object(_) => serde_json::from_value(event),
            _ => Err(serde::de::Error::custom("it is no JSON object")),
        })
        .map_err(|error| WebhookError::NotAnEvent(error.to_string()))
}

const SVIX: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];
const STANDARD_WEBHOOKS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

fn required(headers: &HeaderMap) -> Result<[&str; 3], WebhookError> {
    let find = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?.trim();
        (!value.is_empty()).then_some(value)
    };
    let has_any = |names: [&str; 3]| names.iter().any(|name| headers.contains_key(*name));
    let names = match !has_any(SVIX) && has_any(STANDARD_WEBHOOKS) {
        true => STANDARD_WEBHOOKS,
        false => SVIX,
    };
    match names.map(find) {
        [Some(id), Some(timestamp), Some(signatures)] => Ok([id, timestamp, signatures]),
        found => Err(WebhookError::MissingHeaders(
            names
                .into_iter()
                .zip(found)
                .filter_map(|(name, value)| value.is_none().then_some(name))
                .collect(),
        )),
    }
}

/// The number at the beginning, as JavaScript's `parseInt` finds it.
fn whole_number(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NEW: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn message(family: [&'static str; 3], signature: &str) -> HeaderMap {
        let values = ["msg_1", "1700000000", signature];
        let mut headers = HeaderMap::new();
        for (name, value) in family.into_iter().zip(values) {
            let value = http::HeaderValue::from_bytes(value.as_bytes());
            headers.insert(name, value.expect("a value"));
        }
        headers
    }

    #[test]
    fn one_of_several_secrets_is_enough_and_both_families_of_headers_are_known() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let signature = "v1,WNIeI0lawVABXWqZ05GN++uDuzQXwg8D5UnnxF+grb8=";
        let old: SigningSecret = "b2xk".parse().expect("a secret");
        let new: SigningSecret = NEW.parse().expect("a secret");
        for family in [SVIX, STANDARD_WEBHOOKS] {
            let headers = message(family, signature);
            let verify =
                |secrets: &[SigningSecret]| verify(&headers, br#"{"type":"t"}"#, secrets, now);
            assert_eq!(verify(&[]), Err(WebhookError::MissingSecret));
            let refused = Err(WebhookError::NoMatchingSignature);
            assert_eq!(verify(std::slice::from_ref(&old)), refused);
            let event = verify(&[old.clone(), new.clone()]).expect("an event");
            assert_eq!(event.event_type, "t");
            assert_eq!(event.client_ip(), None);
        }
        assert!(!format!("{new:?}").contains("MDEy"));
    }

    #[test]
    fn no_message_makes_it_panic() {
        let secret = [NEW.parse().expect("a secret")];
        for timestamp in [
            "",
            "é",
            "-1",
            "+",
            "99999999999999999999999",
            "18446744073709551615",
        ] {
            for signature in [
                "",
                " ",
                "v1,",
                "v1",
                "v1,=",
                "v1,é v1,AAAA",
                ",,,",
                "v2,AAAA",
            ] {
                let mut headers = message(SVIX, "");
                let value = |text: &str| http::HeaderValue::from_bytes(text.as_bytes());
                headers.insert("svix-signature", value(signature).expect("a value"));
                headers.insert("svix-timestamp", value(timestamp).expect("a value"));
                for now in [UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(u64::MAX >> 2)] {
                    assert!(verify(&headers, b"\xff", &secret, now).is_err());
                }
            }
        }
    }
}
