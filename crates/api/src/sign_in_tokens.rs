//! Sign-in tokens: tickets that sign a user in without a password.

use crate::id::{OrganizationId, SignInTokenId, UserId};
use crate::value::Secret;

open_enum! {
    /// Where a ticket is in its life.
    enum TicketStatus {
        /// It can be used.
        Pending = "pending",
        /// It was used.
        Accepted = "accepted",
        /// It was revoked.
        Revoked = "revoked",
    }
}

resource! {
    /// A token that signs a user in, once.
    struct SignInToken "sign_in_token" {
        /// The id of the token.
        id: SignInTokenId,
        /// Whom it signs in.
        user_id: UserId,
        /// Where it is in its life.
        status: Option<TicketStatus>,
        /// The ticket itself. Only in the answer that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<Secret>,
        /// Where a browser uses it. Only in the answer that made it.
        url: Option<String>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Creates a sign-in token.
    POST "/v1/sign_in_tokens" => SignInToken,
    as SignInTokens::create(request) = "createSignInToken",
    struct CreateSignInToken {
        /// Whom it signs in.
        user_id: UserId,
        /// The organization to make active then. The user must be a member.
        org_id: Option<OrganizationId>,
        /// For how many seconds it can be used; 30 days when absent.
        expires_in_seconds: Option<u64>,
    }

    /// Revokes a sign-in token that was not used.
    POST "/v1/sign_in_tokens/{sign_in_token_id}/revoke" => SignInToken,
    as SignInTokens::revoke(sign_in_token_id: SignInTokenId) = "revokeSignInToken",
    struct RevokeSignInToken {
        /// The token.
        sign_in_token_id: SignInTokenId,
    }
}
