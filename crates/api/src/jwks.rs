//! The keys that verify an instance's tokens.

use serde::{Deserialize, Serialize};

/// One public RSA key, as a JSON Web Key (RFC 7517).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JsonWebKey {
    /// What the key is for: `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The key type: `RSA`.
    pub kty: String,
    /// The id by which a token's header names this key. Clerk uses the instance id (`ins_…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm that the key is bound to, such as `RS256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// The modulus, base64url without padding.
    pub n: String,
    /// The public exponent, base64url without padding.
    pub e: String,
}

/// The signing keys of an instance. More than one while keys are rotated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JsonWebKeySet {
    /// The keys.
    pub keys: Vec<JsonWebKey>,
}

endpoints! {
    /// Fetches the keys that verify the instance's tokens.
    GET "/v1/jwks" => JsonWebKeySet,
    as Jwks::get() = "getJwks",
    struct GetJwks {}
}
