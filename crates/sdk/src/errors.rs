//! What can go wrong, as values: token verification, signing, keys and configuration.

use std::fmt;

/// Why a token was refused.
///
/// JavaScript: `TokenVerificationErrorReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenVerificationErrorReason {
    /// The expiry date has passed.
    TokenExpired,
    /// The text is not a JWT that can be read.
    TokenInvalid,
    /// The token is signed by an algorithm other than RS256, RS384 and RS512.
    TokenInvalidAlgorithm,
    /// The token was issued to an application that is not an authorized party.
    TokenInvalidAuthorizedParties,
    /// The signature does not belong to the key.
    TokenInvalidSignature,
    /// The not-before date lies in the future.
    TokenNotActiveYet,
    /// The issued-at date lies in the future.
    TokenIatInTheFuture,
    /// A claim is missing, of the wrong type or not the expected one.
    TokenVerificationFailed,
    /// The token is genuine but of another kind: a machine token, or made from a JWT template.
    TokenTypeMismatch,
    /// Clerk does not know the secret key.
    SecretKeyInvalid,
    /// Networkless verification was asked for without a key.
    LocalJwkMissing,
    /// The instance's keys could not be fetched.
    RemoteJwkFailedToLoad,
    /// The instance's keys were fetched and could not be read.
    RemoteJwkInvalid,
    /// The instance has no key.
    RemoteJwkMissing,
    /// Neither a key nor a way to fetch one is configured.
    JwkFailedToResolve,
    /// The instance has no key of the id that the token names.
    JwkKidMismatch,
}

impl TokenVerificationErrorReason {
    /// The reason as it is written in headers and logs, such as `token-expired`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenExpired => "token-expired",
            Self::TokenInvalid => "token-invalid",
            Self::TokenInvalidAlgorithm => "token-invalid-algorithm",
            Self::TokenInvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::TokenInvalidSignature => "token-invalid-signature",
            Self::TokenNotActiveYet => "token-not-active-yet",
            Self::TokenIatInTheFuture => "token-iat-in-the-future",
            Self::TokenVerificationFailed => "token-verification-failed",
            Self::TokenTypeMismatch => "token-type-mismatch",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::LocalJwkMissing => "jwk-local-missing",
            Self::RemoteJwkFailedToLoad => "jwk-remote-failed-to-load",
            Self::RemoteJwkInvalid => "jwk-remote-invalid",
            Self::RemoteJwkMissing => "jwk-remote-missing",
            Self::JwkFailedToResolve => "jwk-failed-to-resolve",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
        }
    }
}

impl fmt::Display for TokenVerificationErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the developer can do about a refused token.
///
/// JavaScript: `TokenVerificationErrorAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenVerificationErrorAction {
    /// Ask Clerk.
    ContactSupport,
    /// The token is not one of Clerk's.
    EnsureClerkJwt,
    /// Configure the public key.
    SetClerkJwtKey,
    /// Configure the secret key.
    SetClerkSecretKey,
    /// Set the clock of this machine.
    EnsureClockSync,
    /// The secret key and the token belong to different instances.
    CheckKeys,
}

impl TokenVerificationErrorAction {
    /// The advice as a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ContactSupport => "Contact support@clerk.com",
            Self::EnsureClerkJwt => "Make sure that this is a valid Clerk-generated JWT.",
            Self::SetClerkJwtKey => "Set the CLERK_JWT_KEY environment variable.",
            Self::SetClerkSecretKey => "Set the CLERK_SECRET_KEY environment variable.",
            Self::EnsureClockSync => {
                "Make sure your system clock is in sync (e.g. turn off and on automatic time synchronization)."
            }
            Self::CheckKeys => {
                "Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists."
            }
        }
    }
}

impl fmt::Display for TokenVerificationErrorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the request a token came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenCarrier {
    /// The `Authorization` header.
    Header,
    /// The session cookie.
    Cookie,
}

impl TokenCarrier {
    /// `header` or `cookie`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// A token was refused, or could not be checked.
///
/// JavaScript: `TokenVerificationError`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenVerificationError {
    /// Why.
    pub reason: TokenVerificationErrorReason,
    /// Why, in words. May quote claims of the token, never its signature.
    pub message: String,
    /// What to do about it.
    pub action: Option<TokenVerificationErrorAction>,
    /// Where the token came from, once a request is being authenticated.
    pub token_carrier: Option<TokenCarrier>,
}

impl TokenVerificationError {
    pub(crate) fn new(reason: TokenVerificationErrorReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            action: None,
            token_carrier: None,
        }
    }

    pub(crate) fn with_action(mut self, action: TokenVerificationErrorAction) -> Self {
        self.action = Some(action);
        self
    }

    pub(crate) fn with_carrier(mut self, carrier: TokenCarrier) -> Self {
        self.token_carrier = Some(carrier);
        self
    }

    /// Message, advice, reason and carrier in one line: the text of `x-clerk-auth-message`.
    ///
    /// JavaScript: `error.getFullMessage()`.
    #[doc(alias = "getFullMessage")]
    pub fn full_message(&self) -> String {
        let mut text = self.message.clone();
        if let Some(action) = self.action {
            text.push(' ');
            text.push_str(action.as_str());
        }
        let carrier = self.token_carrier.map_or("undefined", TokenCarrier::as_str);
        text.push_str(&format!(
            " (reason={}, token-carrier={carrier})",
            self.reason
        ));
        text
    }
}

/// What kind of failure a machine token met.
///
/// JavaScript: `MachineTokenVerificationErrorCode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MachineTokenVerificationErrorCode {
    /// Clerk does not know the token, or it has been revoked or has expired.
    TokenInvalid,
    /// Clerk does not know the key that the token was to be verified with.
    SecretKeyInvalid,
    /// Clerk could not be asked, or its answer could not be read.
    UnexpectedError,
    /// The token is a JWT that does not pass its checks.
    TokenVerificationFailed,
}

impl MachineTokenVerificationErrorCode {
    /// The code as it is written in headers and logs, such as `token-invalid`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenInvalid => "token-invalid",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::UnexpectedError => "unexpected-error",
            Self::TokenVerificationFailed => "token-verification-failed",
        }
    }
}

impl fmt::Display for MachineTokenVerificationErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A machine token was refused, or could not be checked.
///
/// JavaScript: `MachineTokenVerificationError`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MachineTokenVerificationError {
    /// What kind of failure.
    pub code: MachineTokenVerificationErrorCode,
    /// Why, in words. May quote claims of the token, never its signature.
    pub message: String,
    /// The HTTP status of Clerk's answer, where it was one.
    pub status: Option<u16>,
    /// What to do about it.
    pub action: Option<TokenVerificationErrorAction>,
}

impl MachineTokenVerificationError {
    /// A failure of this kind. Implementations of `authenticate::BackendApi` make them.
    pub fn new(code: MachineTokenVerificationErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            status: None,
            action: None,
        }
    }

    /// Clerk could not be asked, or its answer could not be read.
    pub(crate) fn unexpected() -> Self {
        Self::new(
            MachineTokenVerificationErrorCode::UnexpectedError,
            "Unexpected error",
        )
    }

    /// Message, code and status in one line: the text of `x-clerk-auth-message`.
    ///
    /// JavaScript: `error.getFullMessage()`.
    #[doc(alias = "getFullMessage")]
    pub fn full_message(&self) -> String {
        let status = self.status.map(|status| status.to_string());
        let status = status.as_deref().unwrap_or("n/a");
        format!("{} (code={}, status={status})", self.message, self.code)
    }
}

impl From<TokenVerificationError> for MachineTokenVerificationError {
    /// A JWT that does not pass, for whichever reason.
    fn from(error: TokenVerificationError) -> Self {
        Self {
            action: error.action,
            ..Self::new(
                MachineTokenVerificationErrorCode::TokenVerificationFailed,
                error.message,
            )
        }
    }
}

/// A text names none of the token types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of session_token, api_key, m2m_token, oauth_token")]
pub struct UnknownTokenType;

/// A JWT could not be made.
///
/// JavaScript: `SignJWTError`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignJwtError {
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(#[from] serde_json::Error),
    /// The claims are JSON, but not an object.
    #[error("the claims are not a JSON object")]
    ClaimsNotAnObject,
    /// The private key refused to sign.
    #[error("the private key could not sign")]
    Signing,
}

/// A JWT algorithm that Clerk does not use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unsupported algorithm {0}, expected one of RS256,RS384,RS512.")]
pub struct UnsupportedAlgorithm(pub String);

/// A text or JWK is not an RSA key that can be used here.
///
/// The message never quotes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is larger than any RSA key of the supported sizes.
    #[error("the key is longer than 64 KiB")]
    TooLong,
    /// The text is neither PEM nor base64.
    #[error("the key is not PEM and not base64")]
    Encoding,
    /// The bytes are not an RSA key of 2048 to 8192 bits.
    #[error("the key is not an RSA key of 2048 to 8192 bits")]
    NotRsa,
    /// A private key stands where a public key belongs, or the reverse.
    #[error("a {found} stands where a {expected} belongs")]
    WrongKind {
        /// The kind of key that belongs there.
        expected: &'static str,
        /// The label of the PEM block that was found.
        found: &'static str,
    },
    /// The JWK is bound to an algorithm that Clerk does not use.
    #[error("the JWK is bound to an algorithm other than RS256, RS384 and RS512")]
    Algorithm,
    /// The JWK is meant for something other than signatures (`use`).
    #[error("the JWK is not meant for signatures")]
    Use,
    /// The system's source of randomness failed, or the key could not be encoded.
    #[error("the key could not be generated or encoded")]
    Unavailable,
}

/// The instance's keys and addresses are missing or unusable.
///
/// Returned when an application starts, never for what a visitor sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// No publishable key is set.
    #[error("Publishable key is missing. Ensure that your publishable key is correctly configured. Double-check your environment configuration for your keys, or access them here: https://dashboard.clerk.com/last-active?path=api-keys{}", rename_hint(*.old_name, "CLERK_PUBLISHABLE_KEY"))]
    MissingPublishableKey {
        /// The environment variable of an older SDK that is set in its place.
        old_name: Option<&'static str>,
    },
    /// The publishable key is not `pk_test_…` or `pk_live_…` followed by the encoded host.
    #[error("Publishable key not valid.")]
    InvalidPublishableKey,
    /// Neither a secret key nor a public key is set.
    #[error("Missing Clerk Secret Key. Go to https://dashboard.clerk.com and get your key for your instance.{}", rename_hint(*.old_name, "CLERK_SECRET_KEY"))]
    MissingSecretKey {
        /// The environment variable of an older SDK that is set in its place.
        old_name: Option<&'static str>,
    },
    /// Machine-to-machine tokens are accepted, and there is no key to verify them with.
    #[error(
        "Machine token authentication requires either a Machine secret key or a Clerk secret key. Ensure a Clerk secret key or Machine secret key is set."
    )]
    MissingMachineSecretKey,
    /// `CLERK_JWT_KEY` is not a public key.
    #[error("The JWT key (CLERK_JWT_KEY) is not valid: {0}.")]
    InvalidJwtKey(KeyError),
    /// There is a secret key, but nothing that could fetch the instance's keys with it.
    #[error(
        "No source of signing keys: set a JWT key (CLERK_JWT_KEY), or give the authenticator a way to fetch the instance's keys."
    )]
    MissingKeySource,
    /// The address of the API is not an absolute HTTP address.
    #[error("The API URL (CLERK_API_URL) must begin with http:// or https://, unlike {0:?}.")]
    InvalidApiUrl(String),
    /// The address of the proxy is no address.
    #[error(
        "The proxy URL (CLERK_PROXY_URL) must be an absolute URL or begin with /, unlike {0:?}."
    )]
    InvalidProxyUrl(String),
    /// A satellite of a development instance has no page to sign in at.
    #[error("Missing signInUrl. Pass a signInUrl for dev instances if an app is satellite")]
    MissingSignInUrl,
    /// The page to sign in at is no absolute address.
    #[error("The signInUrl needs to have a absolute url format.")]
    RelativeSignInUrl,
    /// The page to sign in at is on the satellite itself.
    #[error("The signInUrl needs to be on a different origin than your satellite application.")]
    SignInUrlOnSatellite,
    /// A satellite has neither a domain nor a proxy.
    #[error(
        "Missing domain and proxyUrl. A satellite application needs to specify a domain or a proxyUrl"
    )]
    MissingDomainAndProxyUrl,
    /// A pattern of organization or personal account pages cannot be read.
    #[error(
        "Invalid pattern \"{patterns}\": Error: Invalid path and options: Consult the documentation of path-to-regexp here: https://github.com/pillarjs/path-to-regexp/tree/6.x\n{detail}"
    )]
    InvalidPathPattern {
        /// The patterns, one of which it is.
        patterns: String,
        /// What is wrong, and where.
        detail: String,
    },
    /// A value cannot stand in an HTTP header.
    #[error("The {0} has a character that cannot stand in an HTTP header.")]
    NotAHeader(&'static str),
    /// The HTTP client cannot be set up.
    #[error("The HTTP client cannot be set up: {0}.")]
    HttpClient(String),
    /// An environment variable is not Unicode.
    #[error("The environment variable {0} is not valid Unicode.")]
    NotUnicode(&'static str),
}

fn rename_hint(old_name: Option<&'static str>, new_name: &'static str) -> String {
    old_name
        .map(|old| format!(" {old} is set, but no longer read: rename it to {new_name}."))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_message_names_action_reason_and_carrier() {
        let error = TokenVerificationError::new(TokenVerificationErrorReason::TokenInvalid, "No.");
        assert_eq!(
            error.full_message(),
            "No. (reason=token-invalid, token-carrier=undefined)"
        );
        let error = error
            .with_action(TokenVerificationErrorAction::EnsureClerkJwt)
            .with_carrier(TokenCarrier::Cookie);
        assert_eq!(error.to_string(), "No.");
        assert_eq!(
            error.full_message(),
            "No. Make sure that this is a valid Clerk-generated JWT. (reason=token-invalid, token-carrier=cookie)"
        );
    }

    #[test]
    fn a_missing_key_names_the_new_variable_when_the_old_one_is_set() {
        let error = ConfigurationError::MissingSecretKey {
            old_name: Some("CLERK_API_KEY"),
        };
        assert!(
            error.to_string().ends_with(
                "CLERK_API_KEY is set, but no longer read: rename it to CLERK_SECRET_KEY."
            )
        );
        let error = ConfigurationError::MissingSecretKey { old_name: None };
        assert!(error.to_string().ends_with("for your instance."));
    }
}
