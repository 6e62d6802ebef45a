//! Why a request is not signed in.

use std::borrow::Cow;
use std::fmt;

use crate::errors::{MachineTokenVerificationErrorCode, TokenVerificationErrorReason};

/// Why a request is signed out, or has to take a detour over the Frontend API.
///
/// JavaScript: `AuthErrorReason`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthErrorReason {
    /// The browser has a signed-in client and no session token.
    ClientUatWithoutSessionToken,
    /// The browser has not been identified to the development instance yet.
    DevBrowserMissing,
    /// The browser brings its identification for the development instance in the URL.
    DevBrowserSync,
    /// The page was opened from a satellite domain.
    PrimaryDomainCrossOriginSync,
    /// The primary domain answers a satellite domain.
    PrimaryRespondsToSyncing,
    /// The satellite domain has to ask the primary domain.
    SatelliteCookieNeedsSyncing,
    /// There is neither a session token nor a signed-in client.
    SessionTokenAndUatMissing,
    /// A handshake brought no session token.
    SessionTokenMissing,
    /// The session token has expired and was not refreshed.
    SessionTokenExpired(RefreshFailure),
    /// The session token is older than the last change of the client.
    SessionTokenIatBeforeClientUat,
    /// The session token is not valid yet.
    SessionTokenNbf,
    /// The session token was issued in the future.
    SessionTokenIatInTheFuture,
    /// There is a session token without a signed-in client.
    SessionTokenWithoutClientUat,
    /// The URL is that of another organization than the active one.
    ActiveOrganizationMismatch,
    /// The token is of a type that is not accepted here.
    TokenTypeMismatch,
    /// Something that is not the visitor's doing.
    UnexpectedError,
    /// The token did not pass verification.
    TokenVerification(TokenVerificationErrorReason),
    /// Only machine tokens are accepted, and there is none.
    NoTokenInHeader,
    /// The machine token did not pass verification.
    MachineTokenVerification(MachineTokenVerificationErrorCode),
}

impl AuthErrorReason {
    /// The reason as it is written in headers and logs, such as `session-token-and-uat-missing`.
    pub fn as_str(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::ClientUatWithoutSessionToken => "client-uat-but-no-session-token",
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::PrimaryDomainCrossOriginSync => "primary-domain-cross-origin-sync",
            Self::PrimaryRespondsToSyncing => "primary-responds-to-syncing",
            Self::SatelliteCookieNeedsSyncing => "satellite-needs-syncing",
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::SessionTokenMissing => "session-token-missing",
            Self::SessionTokenExpired(failure) => {
                return Cow::Owned(format!("session-token-expired-refresh-{failure}"));
            }
            Self::SessionTokenIatBeforeClientUat => "session-token-iat-before-client-uat",
            Self::SessionTokenNbf => "session-token-nbf",
            Self::SessionTokenIatInTheFuture => "session-token-iat-in-the-future",
            Self::SessionTokenWithoutClientUat => "session-token-but-no-client-uat",
            Self::ActiveOrganizationMismatch => "active-organization-mismatch",
            Self::TokenTypeMismatch => "token-type-mismatch",
            Self::UnexpectedError => "unexpected-error",
            Self::TokenVerification(reason) => reason.as_str(),
            Self::NoTokenInHeader => "No token in header",
            Self::MachineTokenVerification(code) => code.as_str(),
        })
    }
}

impl fmt::Display for AuthErrorReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}

impl From<TokenVerificationErrorReason> for AuthErrorReason {
    fn from(reason: TokenVerificationErrorReason) -> Self {
        match reason {
            TokenVerificationErrorReason::TokenTypeMismatch => Self::TokenTypeMismatch,
            other => Self::TokenVerification(other),
        }
    }
}

/// Why an expired session token was not replaced by a fresh one.
///
/// JavaScript: `RefreshTokenErrorReason`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "RefreshTokenErrorReason")]
#[non_exhaustive]
pub enum RefreshFailure {
    /// The request is not a `GET`.
    NonEligibleNonGet,
    /// The browser has nothing to refresh with.
    NonEligibleNoRefreshCookie,
    /// There is no way to ask Clerk.
    MissingApiClient,
    /// There is no expired token.
    MissingSessionToken,
    /// There is no refresh token.
    MissingRefreshToken,
    /// The expired token cannot be read.
    ExpiredSessionTokenDecodeFailed,
    /// The expired token has no session id.
    ExpiredSessionTokenMissingSidClaim,
    /// Clerk could not be reached.
    FetchError,
    /// Clerk answered with an error that has no code.
    UnexpectedBapiError,
    /// Clerk answered without a token.
    UnexpectedSdkError,
    /// The new token does not pass verification.
    InvalidSessionToken,
    /// Clerk answered with an error of this code.
    Api(String),
}

impl RefreshFailure {
    /// The failure as it is written behind `session-token-expired-refresh-`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NonEligibleNonGet => "non-eligible-non-get",
            Self::NonEligibleNoRefreshCookie => "non-eligible-no-refresh-cookie",
            Self::MissingApiClient => "missing-api-client",
            Self::MissingSessionToken => "missing-session-token",
            Self::MissingRefreshToken => "missing-refresh-token",
            Self::ExpiredSessionTokenDecodeFailed => "expired-session-token-decode-failed",
            Self::ExpiredSessionTokenMissingSidClaim => "expired-session-token-missing-sid-claim",
            Self::FetchError => "fetch-error",
            Self::UnexpectedBapiError => "unexpected-bapi-error",
            Self::UnexpectedSdkError => "unexpected-sdk-error",
            Self::InvalidSessionToken => "invalid-session-token",
            Self::Api(code) => code,
        }
    }
}

impl fmt::Display for RefreshFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
