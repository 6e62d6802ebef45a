//! Clients: browsers and devices, each with its sessions.

use serde::{Deserialize, Serialize};

use crate::id::{ClientId, SessionId};
use crate::sessions::Session;
use crate::value::{Page, Secret};

resource! {
    /// A browser or device that users are signed in on.
    struct Client "client" {
        /// The id of the client.
        id: ClientId,
        /// The sessions on it that can be used.
        session_ids: Vec<SessionId>,
        /// The same sessions.
        sessions: Vec<Session>,
        /// The sign-in that is under way.
        sign_in_id: Option<String>,
        /// The sign-up that is under way.
        sign_up_id: Option<String>,
        /// The session that was last used.
        last_active_session_id: Option<SessionId>,
        /// How a user last signed in, such as `ticket`.
        last_authentication_strategy: Option<String>,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
        /// When it was created, in ms since the epoch.
        created_at: i64,
    }
}

/// What a handshake's nonce stands for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandshakePayload {
    /// The values of as many `Set-Cookie` headers.
    #[serde(default)]
    pub directives: Vec<String>,
}

impl std::fmt::Debug for HandshakePayload {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.directives.len();
        write!(
            formatter,
            "HandshakePayload {{ directives: [{count} redacted] }}"
        )
    }
}

endpoints! {
    /// Lists clients, newest first.
    GET "/v1/clients" ?paginated => Page<Client>,
    as Clients::list(request) = "getClientList",
    struct ListClients {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Fetches the client that a token was made for.
    POST "/v1/clients/verify" => Client,
    as Clients::verify(token: Secret) = "verifyClient",
    struct VerifyClient {
        /// The value of the cookie `__client`, or a session token.
        token: Secret,
    }

    /// Fetches what a handshake's nonce stands for. It can be fetched once.
    GET "/v1/clients/handshake_payload" => HandshakePayload,
    as Clients::handshake_payload(nonce: String) = "getHandshakePayload",
    struct GetHandshakePayload {
        /// The nonce.
        nonce: String,
    }

    /// Fetches a client.
    GET "/v1/clients/{client_id}" => Client,
    as Clients::get(client_id: ClientId) = "getClient",
    struct GetClient {
        /// The client.
        client_id: ClientId,
    }
}
