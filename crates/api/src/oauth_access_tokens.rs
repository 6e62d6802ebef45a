//! The access tokens that other applications got from ours. Their path has no version.

use crate::id::OAuthAccessTokenId;
use crate::value::Secret;

resource! {
    /// What an access token stands for. JavaScript: `IdPOAuthAccessToken`.
    struct IdpOAuthAccessToken "clerk_idp_oauth_access_token" {
        /// The id of the token.
        id: OAuthAccessTokenId,
        /// The application that has it.
        client_id: String,
        /// The kind of token: `oauth:access_token`.
        r#type: String,
        /// The user it was given by.
        subject: String,
        /// What it allows.
        scopes: Vec<String>,
        /// Whether it was revoked.
        revoked: bool,
        /// Why it was revoked.
        revocation_reason: Option<String>,
        /// Whether its time is over.
        expired: bool,
        /// When its time is over, in ms since the epoch.
        expiration: Option<i64>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Says what an access token stands for; refuses one that is not valid.
    POST "/oauth_applications/access_tokens/verify" => IdpOAuthAccessToken,
    as IdpOAuthAccessTokens::verify(access_token: Secret) = "verify", "verifyAccessToken",
    struct VerifyIdpOAuthAccessToken {
        /// The token itself.
        access_token: Secret,
        /// The older name of `access_token`.
        secret: Option<Secret>,
    }
}
