//! Sessions, and the tokens that stand for them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, OrganizationId, SessionId, UserId};
use crate::value::{Metadata, ObjectTag, Page, Secret, Tagged};

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
        /// From where it was last used.
        #[serde(skip_serializing_if = "Option::is_none")]
        latest_activity: Option<SessionActivity>,
        /// What the user must do before a pending session becomes active.
        #[serde(skip_serializing_if = "Option::is_none")]
        tasks: Option<Vec<SessionTask>>,
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

resource! {
    /// From where a session was used. JavaScript: `SessionActivity`.
    struct SessionActivity "session_activity" {
        /// The id of the activity.
        id: String,
        /// The kind of device, such as `Macintosh`.
        device_type: Option<String>,
        /// Whether it is a telephone or a tablet.
        is_mobile: bool,
        /// The browser.
        browser_name: Option<String>,
        /// Its version.
        browser_version: Option<String>,
        /// The address.
        ip_address: Option<String>,
        /// The city that the address is in.
        city: Option<String>,
        /// The country that the address is in.
        country: Option<String>,
    }
}

/// What a user must do before their session becomes active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTask {
    /// The task, such as `choose-organization`.
    pub key: String,
}

/// Cookies for a browser. JavaScript: `Cookies`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookies {
    /// The kind of object: `cookies`.
    #[serde(default)]
    pub object: ObjectTag<Cookies>,
    /// The values of as many `Set-Cookie` headers.
    pub cookies: Vec<String>,
}

impl Tagged for Cookies {
    const OBJECT: &'static str = "cookies";
}

impl std::fmt::Debug for Cookies {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Cookies {{ cookies: [{} redacted] }}",
            self.cookies.len()
        )
    }
}

/// A session token that takes the place of an expired one, in the form that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RefreshedSession {
    /// The cookies to set, the session token among them.
    Cookies(Cookies),
    /// The token alone.
    Token(Token),
}

open_enum! {
    /// In what form a refreshed session is answered.
    enum RefreshFormat {
        /// The token alone.
        Token = "token",
        /// The cookies to set.
        Cookie = "cookie",
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
    /// Lists sessions, newest first.
    GET "/v1/sessions" ?paginated => Page<Session>,
    as Sessions::list(request) = "getSessionList",
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

    /// Creates an active session, for tests.
    POST "/v1/sessions" => Session,
    as Sessions::create(request) = "createSession",
    struct CreateSession {
        /// Whose session it becomes.
        user_id: UserId,
        /// The organization to make active in it. The user must be a member.
        active_organization_id: Option<OrganizationId>,
    }

    /// Fetches a session.
    GET "/v1/sessions/{session_id}" => Session,
    as Sessions::get(session_id: SessionId) = "getSession",
    struct GetSession {
        /// The session.
        session_id: SessionId,
    }

    /// Ends a session: no token is made for it any more.
    POST "/v1/sessions/{session_id}/revoke" => Session,
    as Sessions::revoke(session_id: SessionId) = "revokeSession",
    struct RevokeSession {
        /// The session.
        session_id: SessionId,
    }

    /// Checks a session token of a session, and answers the session.
    POST "/v1/sessions/{session_id}/verify" => Session,
    as Sessions::verify(session_id: SessionId, token: Secret) = "verifySession",
    struct VerifySession {
        /// The session.
        session_id: SessionId,
        /// A token of it that is still valid.
        token: Secret,
    }

    /// Makes a new session token for a browser whose last one has expired. A refusal (401) says
    /// why the browser must go through a handshake instead.
    POST "/v1/sessions/{session_id}/refresh" ?query(suffixed_cookies) => RefreshedSession,
    as Sessions::refresh(request) = "refreshSession",
    struct RefreshSession {
        /// The session.
        session_id: SessionId,
        /// The session token that has expired.
        expired_token: Secret,
        /// The browser's refresh token. A new one comes with the cookies.
        refresh_token: Secret,
        /// Scheme and host of the application that the browser asked.
        request_origin: String,
        /// The headers of the browser's request.
        request_headers: Option<BTreeMap<String, Vec<String>>>,
        /// The address of the browser.
        request_originating_ip: Option<String>,
        /// In what form to answer; as a token when absent.
        format: Option<RefreshFormat>,
        /// Whether to set the cookies whose names end with the suffix of the publishable key too.
        suffixed_cookies: Option<bool>,
    }

    /// Makes a session token.
    POST "/v1/sessions/{session_id}/tokens" => Token,
    as Sessions::create_token(request) = "getToken",
    struct CreateSessionToken {
        /// The session.
        session_id: SessionId,
        /// For how many seconds the token is valid, 30 to 315,360,000; 60 when absent.
        expires_in_seconds: Option<u64>,
    }

    /// Makes a token from a JWT template.
    POST "/v1/sessions/{session_id}/tokens/{template_name}" => Token,
    as Sessions::create_token_from_template(request) = "getToken",
    struct CreateSessionTokenFromTemplate {
        /// The session.
        session_id: SessionId,
        /// The name of the template.
        template_name: String,
        /// For how many seconds the token is valid; the template's lifetime when absent.
        expires_in_seconds: Option<u64>,
    }
}
