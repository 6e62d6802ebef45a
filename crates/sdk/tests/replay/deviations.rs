//! Where we answer a recorded request differently on purpose.

/// Our answer.
pub enum Ours {
    /// Status, reason and message. Headers follow from them.
    State(&'static str, &'static str, &'static str),
    /// The same, but another place to go to.
    Location(&'static str),
    /// An error when the application starts, instead of one for every visitor.
    Configuration(&'static str),
}

/// Name, why, our answer.
pub const DEVIATIONS: &[(&str, &str, Ours)] = &[
    ("header/dev/kid", "D2b", unknown_key(UNKNOWN_IN_HEADER)),
    ("header/prod/kid", "D2b", unknown_key(UNKNOWN_IN_HEADER)),
    (
        "header/post-expired-doc",
        "D11b",
        Ours::State("signed-out", NON_GET, EXPIRED_IN_HEADER),
    ),
    (
        "header/jwks-network",
        "an unreachable API has a reason of its own",
        Ours::State(
            "signed-out",
            "jwk-remote-failed-to-load",
            "Failed to load JWKS from Clerk Backend or Frontend API. Contact support@clerk.com (reason=jwk-remote-failed-to-load, token-carrier=header)",
        ),
    ),
    (
        "cookie-token/dev/kid",
        "D2b",
        unknown_key(UNKNOWN_IN_COOKIE),
    ),
    (
        "cookie-malformed/badb64",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Invalid JWT form: the header is not base64url-encoded JSON. (reason=token-invalid, token-carrier=cookie)",
        ),
    ),
    (
        "handshake-token/dev/query/bad-signature",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid-signature",
            "Clerk: Handshake token verification failed due to an invalid signature. If you have switched Clerk keys locally, clear your cookies and try again.",
        ),
    ),
    (
        "handshake-token/dev/query/bad-alg",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid-algorithm",
            "Clerk: Handshake token verification failed: Invalid JWT algorithm \"none\". Supported: RS256,RS384,RS512. Make sure that this is a valid Clerk-generated JWT. (reason=token-invalid-algorithm, token-carrier=undefined).",
        ),
    ),
    (
        "handshake-token/dev/query/bad-typ",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Clerk: Handshake token verification failed: Invalid JWT type \"x\". Expected \"JWT\". Make sure that this is a valid Clerk-generated JWT. (reason=token-invalid, token-carrier=undefined).",
        ),
    ),
    (
        "handshake-token/dev/cookie/bad-typ",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Clerk: Handshake token verification failed: Invalid JWT type \"x\". Expected \"JWT\". Make sure that this is a valid Clerk-generated JWT. (reason=token-invalid, token-carrier=undefined).",
        ),
    ),
    (
        "handshake-token/dev/query/malformed",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Clerk: Handshake token verification failed: Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=undefined).",
        ),
    ),
    (
        "handshake-token/dev/cookie/malformed",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Clerk: Handshake token verification failed: Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=undefined).",
        ),
    ),
    (
        "handshake-token/dev/bad-signature-with-valid-session",
        "D6",
        Ours::State(
            "signed-out",
            "token-invalid-signature",
            "Clerk: Handshake token verification failed due to an invalid signature. If you have switched Clerk keys locally, clear your cookies and try again.",
        ),
    ),
    ("handshake-nonce/prod/error", "D19", PAYLOAD_ERROR),
    ("satellite/prod/doc/synced-query", "D13", NOBODY),
    (
        "satellite/prod/signInUrl-relative-no-origin",
        "found when the application starts",
        RELATIVE_SIGN_IN_URL,
    ),
    (
        "satellite/prod/signInUrl-same-origin",
        "the Origin header is the visitor's",
        Ours::State("handshake", "satellite-needs-syncing", ""),
    ),
    (
        "satellite/dev/signInUrl-relative-no-origin-doc",
        "found when the application starts",
        RELATIVE_SIGN_IN_URL,
    ),
    (
        "refresh/dev/post",
        "D11b",
        Ours::State("signed-out", NON_GET, EXPIRED_IN_COOKIE),
    ),
    (
        "refresh/prod/post",
        "D11b",
        Ours::State("signed-out", NON_GET, EXPIRED_IN_COOKIE),
    ),
    ("cross-origin/dev/sub-domain", "N8", SIGNED_IN),
    ("cross-origin/dev/scheme-differs", "N8", SIGNED_IN),
    ("cross-origin/dev/port-differs", "N8", SIGNED_IN),
    ("cross-origin/dev/clerk-accounts-dev", "N8", SIGNED_IN),
    ("cross-origin/dev/fapi-prod", "N8", SIGNED_IN),
    ("cross-origin/dev/accounts-suffix-only", "N8", SIGNED_IN),
    ("cross-origin/dev/google", "N8", SIGNED_IN),
    ("cross-origin/prod/sub-domain", "N8", SIGNED_IN),
    ("cross-origin/prod/scheme-differs", "N8", SIGNED_IN),
    ("cross-origin/prod/port-differs", "N8", SIGNED_IN),
    ("cross-origin/prod/clerk-accounts-dev", "N8", SIGNED_IN),
    ("cross-origin/prod/fapi-dev", "N8", SIGNED_IN),
    ("cross-origin/prod/google", "N8", SIGNED_IN),
    ("cross-origin-other/dev/post", "N8", SIGNED_IN),
    (
        "proxy-url/dev/relative/handshake",
        "a path is resolved against the application",
        Ours::Location(
            "https://app.example.com/api/__clerk/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Fdash%3Fa%3D1&__clerk_api_version=2025-11-10&suffixed_cookies=false&__clerk_hs_reason=client-uat-but-no-session-token&format=nonce&__clerk_db_jwt=dvb_1",
        ),
    ),
    (
        "proxy-url/dev/http-prefixed-host/handshake",
        "a host may begin with \"http\"",
        Ours::State("handshake", "client-uat-but-no-session-token", ""),
    ),
    (
        "order/dev/primary-redirect-url-other-origin",
        "D11",
        SIGNED_IN,
    ),
    (
        "handshake-strip/dev/nonce-query-and-db-jwt",
        "a request has no fragment",
        Ours::Location("https://app.example.com/dash?a=1"),
    ),
    ("handshake-nonce/dev/500", "D19", PAYLOAD_ERROR),
    ("handshake-nonce/dev/network", "D19", PAYLOAD_ERROR),
    ("machine-jwt-as-session/dev/handshake/m2m-jwt", "N3", NOBODY),
    ("cross-origin-other/prod/satellite-skips", "D13", SIGNED_IN),
    (
        "proxy-url/prod/relative/handshake",
        "a path is resolved against the application",
        Ours::Location(
            "https://app.example.com/api/__clerk/v1/client/handshake?redirect_url=https%3A%2F%2Fapp.example.com%2Fdash%3Fa%3D1&__clerk_api_version=2025-11-10&suffixed_cookies=false&__clerk_hs_reason=client-uat-but-no-session-token&format=nonce",
        ),
    ),
    ("handshake-nonce/prod/500", "D19", PAYLOAD_ERROR),
    ("handshake-nonce/prod/network", "D19", PAYLOAD_ERROR),
    (
        "post/prod/uat-without-session",
        "D11b",
        Ours::State("signed-out", "client-uat-but-no-session-token", ""),
    ),
    (
        "kid-prototype-name/constructor",
        "N12",
        unknown_key(CONSTRUCTOR),
    ),
    ("kid-prototype-name/__proto__", "N12", unknown_key(PROTO)),
    ("cat/dev/header/template", "N3b", OTHER_KIND),
    ("cat/dev/cookie/template", "N3b", OTHER_KIND),
    (
        "cat/dev/handshake-token/template",
        "N3b",
        HANDSHAKE_CATEGORY,
    ),
    ("cat/dev/cookie/m2m", "N3b", OTHER_KIND),
    ("cat/dev/handshake-token/m2m", "N3b", HANDSHAKE_CATEGORY),
    ("cat/dev/header/unknown", "N3b", OTHER_KIND),
    ("cat/dev/handshake-token/unknown", "N3b", HANDSHAKE_CATEGORY),
    ("cat/dev/header/number", "N3b", OTHER_KIND),
    ("cat/dev/cookie/number", "N3b", OTHER_KIND),
    ("cat/dev/handshake-token/number", "N3b", HANDSHAKE_CATEGORY),
    ("cat/prod/handshake-token/template", "N3b", NOBODY),
    ("cat/prod/header/m2m", "N3b", OTHER_KIND),
    ("cat/prod/header/unknown", "N3b", OTHER_KIND),
    ("cat/prod/cookie/unknown", "N3b", OTHER_KIND),
    ("cat/prod/handshake-token/unknown", "N3b", NOBODY),
    ("cat/prod/header/number", "N3b", OTHER_KIND),
    ("cat/prod/handshake-token/number", "N3b", NOBODY),
];

const SIGNED_IN: Ours = Ours::State("signed-in", "", "");
const NOBODY: Ours = Ours::State("signed-out", "session-token-and-uat-missing", "");
const OTHER_KIND: Ours = Ours::State("signed-out", "token-type-mismatch", "");
const HANDSHAKE_CATEGORY: Ours = Ours::State(
    "signed-out",
    "token-invalid",
    "Clerk: Handshake token verification failed: Invalid handshake token category. (reason=token-invalid, token-carrier=undefined).",
);
const PAYLOAD_ERROR: Ours = Ours::State(
    "signed-out",
    "unexpected-error",
    "The handshake payload could not be fetched.",
);
const RELATIVE_SIGN_IN_URL: Ours =
    Ours::Configuration("The signInUrl needs to have a absolute url format.");

const fn unknown_key(message: &'static str) -> Ours {
    Ours::State("signed-out", "jwk-kid-mismatch", message)
}

const NON_GET: &str = "session-token-expired-refresh-non-eligible-non-get";
const UNKNOWN_IN_HEADER: &str = "Unable to find a signing key in JWKS that matches the kid='ins_unknown' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";
const UNKNOWN_IN_COOKIE: &str = "Unable to find a signing key in JWKS that matches the kid='ins_unknown' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=cookie)";
const CONSTRUCTOR: &str = "Unable to find a signing key in JWKS that matches the kid='constructor' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";
const PROTO: &str = "Unable to find a signing key in JWKS that matches the kid='__proto__' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";
const EXPIRED_IN_HEADER: &str = "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:12:20 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT. (reason=token-expired, token-carrier=header)";
const EXPIRED_IN_COOKIE: &str = "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:12:20 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT. (reason=token-expired, token-carrier=cookie)";
