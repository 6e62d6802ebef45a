//! Which kinds of tokens there are, and which of them are accepted.

use std::fmt;
use std::str::FromStr;

use crate::errors::UnknownTokenType;

/// What a request can come with.
///
/// JavaScript: `TokenType`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// The session of a user.
    #[default]
    SessionToken,
    /// An API key of a user or an organization, `ak_…`.
    ApiKey,
    /// A machine-to-machine token, `mt_…` or a JWT.
    M2mToken,
    /// An access token that a user has given to an OAuth client, `oat_…` or a JWT.
    OauthToken,
}

impl TokenType {
    /// The name that Clerk's SDKs share, such as `api_key`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
            Self::ApiKey => "api_key",
            Self::M2mToken => "m2m_token",
            Self::OauthToken => "oauth_token",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenType {
    type Err = UnknownTokenType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [
            Self::SessionToken,
            Self::ApiKey,
            Self::M2mToken,
            Self::OauthToken,
        ];
        let mut all = all.into_iter();
        all.find(|it| it.as_str() == text).ok_or(UnknownTokenType)
    }
}

/// Which tokens are accepted. Default: session tokens.
///
/// A type and a list that has only this type accept the same. They differ in what is said of a
/// request that comes with something else: that it is signed out *for this type*, or that its
/// token is of no accepted type.
///
/// ```
/// use ironclerk::{AcceptsToken, TokenType};
///
/// let accepts = AcceptsToken::from([TokenType::SessionToken, TokenType::ApiKey]);
/// assert!(accepts.accepts(TokenType::ApiKey));
/// assert!(!accepts.accepts(TokenType::M2mToken));
/// ```
///
/// JavaScript: `acceptsToken`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "acceptsToken")]
pub enum AcceptsToken {
    /// Tokens of every type.
    Any,
    /// Tokens of this type.
    One(TokenType),
    /// Tokens of these types.
    List(Vec<TokenType>),
}

impl AcceptsToken {
    /// Whether tokens of this type are accepted.
    ///
    /// JavaScript: `isTokenTypeAccepted(tokenType, acceptsToken)`.
    #[doc(alias = "isTokenTypeAccepted")]
    pub fn accepts(&self, token_type: TokenType) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => *one == token_type,
            Self::List(list) => list.contains(&token_type),
        }
    }
}

impl Default for AcceptsToken {
    fn default() -> Self {
        Self::One(TokenType::default())
    }
}

impl From<TokenType> for AcceptsToken {
    fn from(one: TokenType) -> Self {
        Self::One(one)
    }
}

impl From<Vec<TokenType>> for AcceptsToken {
    fn from(list: Vec<TokenType>) -> Self {
        Self::List(list)
    }
}

impl<const N: usize> From<[TokenType; N]> for AcceptsToken {
    fn from(list: [TokenType; N]) -> Self {
        Self::List(list.into())
    }
}
