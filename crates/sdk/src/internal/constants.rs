//! The names that Clerk's browser code, its Frontend API and its SDKs have agreed on.
//!
//! JavaScript: `constants`.

/// Names of cookies. Some also exist with the instance's suffix, see
/// [`PublishableKey::suffixed`](crate::PublishableKey::suffixed).
pub mod cookies {
    /// The session token.
    pub const SESSION: &str = "__session";
    /// What an expired session is refreshed with. Only ever read with its suffix.
    pub const REFRESH: &str = "__refresh";
    /// When the client last changed, in seconds.
    pub const CLIENT_UAT: &str = "__client_uat";
    /// The outcome of a handshake, as a token.
    pub const HANDSHAKE: &str = "__clerk_handshake";
    /// The outcome of a handshake, as a name under which the Backend API keeps it.
    pub const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
    /// The token that identifies a browser to a development instance.
    pub const DEV_BROWSER: &str = "__clerk_db_jwt";
    /// Counts the redirects to the Frontend API, to notice when they go in circles.
    pub const REDIRECT_COUNT: &str = "__clerk_redirect_count";
}

/// Names of query parameters.
pub mod query_parameters {
    /// On a satellite: whether the primary domain has been asked.
    pub const CLERK_SYNCED: &str = "__clerk_synced";
    /// On the primary domain in development: the page of the satellite that asks.
    pub const CLERK_REDIRECT_URL: &str = "__clerk_redirect_url";
    /// Of a handshake: whether cookies have a suffix.
    pub const SUFFIXED_COOKIES: &str = "suffixed_cookies";
    /// The token that identifies a browser to a development instance.
    pub const DEV_BROWSER: &str = "__clerk_db_jwt";
    /// The same, as older versions had it.
    pub const LEGACY_DEV_BROWSER: &str = "__dev_session";
    /// The outcome of a handshake, as a token.
    pub const HANDSHAKE: &str = "__clerk_handshake";
    /// The outcome of a handshake, as a name under which the Backend API keeps it.
    pub const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
    /// A page that explains a handshake.
    pub const HANDSHAKE_HELP: &str = "__clerk_help";
    /// Of a handshake: why.
    pub const HANDSHAKE_REASON: &str = "__clerk_hs_reason";
    /// Of a handshake: how its outcome comes back.
    pub const HANDSHAKE_FORMAT: &str = "format";
    /// Of a handshake: the session token.
    pub const SESSION: &str = "__session";
}

/// Names of headers.
pub mod headers {
    /// Of a response: signed in, signed out, handshake.
    pub const AUTH_STATUS: &str = "x-clerk-auth-status";
    /// Of a response: why not signed in.
    pub const AUTH_REASON: &str = "x-clerk-auth-reason";
    /// Of a response: why not signed in, in words.
    pub const AUTH_MESSAGE: &str = "x-clerk-auth-message";
    /// The host that the visitor used.
    pub const FORWARDED_HOST: &str = "x-forwarded-host";
    /// The scheme that the visitor used.
    pub const FORWARDED_PROTO: &str = "x-forwarded-proto";
    /// What the browser wants the answer for.
    pub const SEC_FETCH_DEST: &str = "sec-fetch-dest";
}
