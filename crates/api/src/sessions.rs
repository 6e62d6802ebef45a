//! Sessions, and the tokens that stand for them.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, OrganizationId, SessionId, UserId};
use crate::value::{Metadata, ObjectTag, Page, Tagged};

open_enum! {
    /// Where a session is in its life.
    enum SessionStatus {
        /// It can be used.
        Active = "active",
        /// The user must finish a task before it can be used.
        Pending = "pending",
        /// An administrator ended it.
        Revoked = "revoked",
        /// The user signed out of it.
        Ended = "ended",
        /// Its time is over.
        Expired = "expired",
        /// The user signed out and removed it from the client.
        Removed = "removed",
        /// It was not used for too long.
        Abandoned = "abandoned",
        /// Another session took its place on the client.
        Replaced = "replaced",
    }
}

resource! {
    /// A user, signed in on a client.
    struct Session "session" {
        /// The id of the session; `sid` in its tokens.
        id: SessionId,
        /// Whose session it is.
        user_id: UserId,
        /// The client that it lives on.
        client_id: ClientId,
        /// Who acts in the user's place, when the session is impersonated.
        actor: Option<Metadata>,
        /// Where it is in its life.
        status: Option<SessionStatus>,
        /// The organization that is active in it.
        last_active_organization_id: Option<OrganizationId>,
        /// When it was last used, in ms since the epoch.
        last_active_at: i64,
        /// When it ends at the latest, in ms since the epoch.
        expire_at: i64,
        /// When it ends if it is not used, in ms since the epoch.
        abandon_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
        /// When it was created, in ms since the epoch.
        created_at: i64,
    }
}

/// A signed token. JavaScript: `Token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The kind of object: `token`.
    #[serde(default)]
    pub object: ObjectTag<Token>,
    /// The token itself, in compact form.
    pub jwt: String,
}

impl Tagged for Token {
    const OBJECT: &'static str = "token";
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token { jwt: [redacted] }")
    }
}

endpoints! {
    /// Lists sessions, newest first. JavaScript: `sessions.getSessionList`.
    #[doc(alias = "getSessionList")]
    GET "/v1/sessions" ?paginated => Page<Session>,
    struct ListSessions {
        /// Only those on this client.
        client_id: Option<ClientId>,
        /// Only those of this user.
        user_id: Option<UserId>,
        /// Only those with this status.
        status: Option<SessionStatus>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Creates an active session, for tests. JavaScript: `sessions.createSession`.
    #[doc(alias = "createSession")]
    POST "/v1/sessions" => Session,
    struct CreateSession {
        /// Whose session it becomes.
        user_id: UserId,
        /// The organization to make active in it. The user must be a member.
        active_organization_id: Option<OrganizationId>,
    }

    /// Fetches a session. JavaScript: `sessions.getSession`.
    #[doc(alias = "getSession")]
    GET "/v1/sessions/{session_id}" => Session,
    struct GetSession {
        /// The session.
        session_id: SessionId,
    }

    /// Ends a session: no token is made for it any more. JavaScript: `sessions.revokeSession`.
    #[doc(alias = "revokeSession")]
    POST "/v1/sessions/{session_id}/revoke" => Session,
    struct RevokeSession {
        /// The session.
        session_id: SessionId,
    }

    /// Makes a session token. JavaScript: `sessions.getToken(sessionId)`.
    #[doc(alias = "getToken")]
    POST "/v1/sessions/{session_id}/tokens" => Token,
    struct CreateSessionToken {
        /// The session.
        session_id: SessionId,
        /// For how many seconds the token is valid, 30 to 315,360,000; 60 when absent.
        expires_in_seconds: Option<u64>,
    }

    /// Makes a token from a JWT template. JavaScript: `sessions.getToken(sessionId, template)`.
    #[doc(alias = "getToken")]
    POST "/v1/sessions/{session_id}/tokens/{template_name}" => Token,
    struct CreateSessionTokenFromTemplate {
        /// The session.
        session_id: SessionId,
        /// The name of the template.
        template_name: String,
        /// For how many seconds the token is valid; the template's lifetime when absent.
        expires_in_seconds: Option<u64>,
    }
}
