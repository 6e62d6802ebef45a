//! Machine-to-machine tokens. Their paths have no version, and a machine calls them with a key of
//! its own.

use serde::{Deserialize, Serialize};

use crate::id::M2mTokenId;
use crate::value::{List, Metadata, Nullable, Secret};

resource! {
    /// A token with which one machine proves itself to others. JavaScript: `M2MToken`.
    struct M2mToken "machine_to_machine_token" {
        /// The id of the token.
        id: M2mTokenId,
        /// The machine that it stands for.
        subject: String,
        /// The machines that may accept it.
        scopes: Vec<String>,
        /// What the machine says with it.
        claims: Option<Metadata>,
        /// Whether it was revoked.
        revoked: bool,
        /// Why it was revoked.
        revocation_reason: Option<String>,
        /// Whether its time is over.
        expired: bool,
        /// When its time is over, in ms since the epoch.
        expiration: Option<i64>,
        /// When it was last used, in ms since the epoch.
        last_used_at: Option<i64>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
        /// The token itself: only when it was just made.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<Secret>,
    }
}

/// A page of tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct M2mTokens {
    /// The tokens of this page.
    #[doc(alias = "data")]
    pub m2m_tokens: Vec<M2mToken>,
    /// The number of tokens over all pages.
    #[serde(default)]
    #[doc(alias = "totalCount")]
    pub total_count: u64,
}

impl List for M2mTokens {
    type Item = M2mToken;

    fn into_items(self) -> Vec<M2mToken> {
        self.m2m_tokens
    }
}

open_enum! {
    /// What a token looks like.
    #[derive(Default)]
    enum M2mTokenFormat {
        /// `mt_` and random letters: whoever gets it asks the API what it stands for.
        #[default]
        Opaque = "opaque",
        /// A JWT, which anybody can verify.
        Jwt = "jwt",
    }
}

endpoints! {
    /// Lists the tokens of a machine, newest first.
    GET "/m2m_tokens" => M2mTokens,
    as M2m::list(request) = "list",
    struct ListM2mTokens {
        /// The machine.
        subject: String,
        /// Whether to list revoked tokens too.
        revoked: Option<bool>,
        /// Whether to list expired tokens too.
        expired: Option<bool>,
        /// At most this many, 1 to 100; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes a token of the machine whose key the call is made with. Only this answer has the
    /// token itself.
    POST "/m2m_tokens" ?created => M2mToken,
    as M2m::create_token(request) = "createToken",
    struct CreateM2mToken {
        /// For how long it is valid, in seconds; what the machine's settings say when null.
        seconds_until_expiration: Nullable<u64>,
        /// What to say with it.
        claims: Nullable<Metadata>,
        /// What it looks like.
        token_format: M2mTokenFormat,
        /// Gives the last token out again if it is valid for as many seconds more.
        min_remaining_ttl_seconds: Option<u64>,
    }

    /// Ends a token.
    POST "/m2m_tokens/{m2m_token_id}/revoke" => M2mToken,
    as M2m::revoke_token(request) = "revokeToken",
    struct RevokeM2mToken {
        /// The token.
        m2m_token_id: M2mTokenId,
        /// Why.
        revocation_reason: Nullable<String>,
    }

    /// Says which machine an opaque token stands for; refuses one that is not valid. A JWT needs
    /// no call: `Authenticator::verify_machine_token` of the SDK takes both.
    POST "/m2m_tokens/verify" => M2mToken,
    as M2m::verify(token: Secret) = "verify", "verifyToken",
    struct VerifyM2mToken {
        /// The token itself.
        token: Secret,
    }
}
