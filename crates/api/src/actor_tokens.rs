//! Actor tokens: tickets with which one user acts in the place of another.

use crate::id::{ActorTokenId, UserId};
use crate::sign_in_tokens::TicketStatus;
use crate::value::{Metadata, Secret};

resource! {
    /// A token that signs an actor in as a user, once.
    struct ActorToken "actor_token" {
        /// The id of the token.
        id: ActorTokenId,
        /// Whom the actor becomes.
        user_id: UserId,
        /// Who the actor is: `sub` is their id. It becomes the claim `act` of the session's tokens.
        actor: Metadata,
        /// Where it is in its life.
        status: Option<TicketStatus>,
        /// The ticket itself. Only in the answer that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<Secret>,
        /// Where a browser uses it. Only in the answer that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Creates an actor token.
    POST "/v1/actor_tokens" => ActorToken,
    as ActorTokens::create(request) = "create",
    struct CreateActorToken {
        /// Whom the actor becomes.
        user_id: UserId,
        /// Who the actor is; `sub` is required.
        actor: Metadata,
        /// For how many seconds it can be used; an hour when absent.
        expires_in_seconds: Option<u64>,
        /// For how many seconds the session lives that it leads to; half an hour when absent.
        session_max_duration_in_seconds: Option<u64>,
    }

    /// Revokes an actor token that was not used.
    POST "/v1/actor_tokens/{actor_token_id}/revoke" => ActorToken,
    as ActorTokens::revoke(actor_token_id: ActorTokenId) = "revoke",
    struct RevokeActorToken {
        /// The token.
        actor_token_id: ActorTokenId,
    }
}
