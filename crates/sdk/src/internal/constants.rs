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

/// Names of headers that are Clerk's own, or that proxies and browsers set. The standard ones are
/// in [`http::header`].
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
    /// The port that the visitor used.
    pub const FORWARDED_PORT: &str = "x-forwarded-port";
    /// The scheme that the visitor used, from one network of proxies. Not read here.
    pub const CLOUD_FRONT_FORWARDED_PROTO: &str = "cloudfront-forwarded-proto";
    /// What the browser wants the answer for.
    pub const SEC_FETCH_DEST: &str = "sec-fetch-dest";
    /// From which site the browser comes. Not read here.
    pub const SEC_FETCH_SITE: &str = "sec-fetch-site";
    /// Between a middleware and the application behind it: the session token.
    pub const AUTH_TOKEN: &str = "x-clerk-auth-token";
    /// Between a middleware and the application behind it: proves who wrote the others.
    pub const AUTH_SIGNATURE: &str = "x-clerk-auth-signature";
    /// Between a middleware and the application behind it: the address of the request.
    pub const CLERK_URL: &str = "x-clerk-clerk-url";
    /// Between a middleware and the application behind it: options, encrypted.
    pub const CLERK_REQUEST_DATA: &str = "x-clerk-request-data";
    /// Of a response: where the browser is sent by Clerk.
    pub const CLERK_REDIRECT_TO: &str = "x-clerk-redirect-to";
    /// Of a request: that the answer should tell more.
    pub const ENABLE_DEBUG: &str = "x-clerk-debug";
    /// Of a response: which scripts the page may run.
    pub const NONCE: &str = "x-nonce";
}

/// Names under which a framework may keep what is known about a request.
pub mod attributes {
    /// The session token.
    pub const AUTH_TOKEN: &str = "__clerkAuthToken";
    /// Proves who wrote the others.
    pub const AUTH_SIGNATURE: &str = "__clerkAuthSignature";
    /// Signed in, signed out, handshake.
    pub const AUTH_STATUS: &str = "__clerkAuthStatus";
    /// Why not signed in.
    pub const AUTH_REASON: &str = "__clerkAuthReason";
    /// Why not signed in, in words.
    pub const AUTH_MESSAGE: &str = "__clerkAuthMessage";
    /// The address of the request.
    pub const CLERK_URL: &str = "__clerkUrl";
}
