//! Where we answer a recorded request differently on purpose.

/// Our answer.
pub enum Ours {
    /// Status, reason and message. Headers follow from them.
    State(&'static str, &'static str, &'static str),
    /// The same, but another place to go to.
    Location(&'static str),
    /// An error when the application starts, instead of one for every visitor.
    Configuration(&'static str),
    /// Signed in, and these members of the auth object are other ones.
    Auth(&'static str),
    /// Signed in, with the auth object of the case of this name beside it.
    AsIn(&'static str),
    /// Our types do not let it be asked for.
    Inexpressible,
}

/// Name, why, our answer.
pub const DEVIATIONS: &[(&str, &str, Ours)] = &[
    ("header/dev/kid", "D2b", unknown_key(UNKNOWN_IN_HEADER)),
    ("header/prod/kid", "D2b", unknown_key(UNKNOWN_IN_HEADER)),
    (
        "header/dev/foreign",
        "the issuer is checked",
        Ours::State(
            "signed-out",
            "token-verification-failed",
            "Invalid JWT issuer claim (iss) \"https://clerk.other-app.com\". Expected \"https://happy-hippo-1.clerk.accounts.dev\". Make sure that this is a valid Clerk-generated JWT. (reason=token-verification-failed, token-carrier=header)",
        ),
    ),
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
            "Invalid JWT form: the header is not a base64url-encoded JSON object. (reason=token-invalid, token-carrier=cookie)",
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

/// The same for requests with machine tokens. In a name, `*` stands for anything and `|` is
/// between alternatives.
pub const MACHINE_DEVIATIONS: &[(&str, &str, Ours)] = &[
    ("accepts/unknown|[any]/*", "N6", Ours::Inexpressible),
    (
        "malformed/session|any|[session,api_key]/b64-invalid|json-invalid|header-null",
        "D6, N1",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Invalid JWT form: the header is not a base64url-encoded JSON object. (reason=token-invalid, token-carrier=header)",
        ),
    ),
    (
        "malformed/session|any|[session,api_key]/payload-null",
        "D2b",
        unknown_key(
            "Unable to find a signing key in JWKS that matches the kid='undefined' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)",
        ),
    ),
    (
        "reply/*/204|200-empty-object|ok-other-object|ok-subject-missing",
        "N4",
        Ours::State(
            "signed-out",
            "unexpected-error",
            "Unexpected error (code=unexpected-error, status=n/a)",
        ),
    ),
    (
        "reply/*/ok-revoked-flag",
        "N4",
        Ours::State(
            "signed-out",
            "token-invalid",
            "The token has been revoked. (code=token-invalid, status=n/a)",
        ),
    ),
    (
        "reply/*/ok-expired-flag|ok-expiration-past-flag-false",
        "N4",
        Ours::State(
            "signed-out",
            "token-invalid",
            "The token has expired. (code=token-invalid, status=n/a)",
        ),
    ),
    (
        "reply/*/200-charset-not-parsed|ok-deleted-key",
        "N4",
        Ours::AsIn("ok"),
    ),
    (
        "reply/oauth_token/ok-without-object",
        "what is asked about is known without the `object` of the answer",
        Ours::AsIn("ok"),
    ),
    (
        "reply/*/ok-scopes-missing",
        "a list that is missing is empty",
        Ours::Auth(r#"{"scopes":[]}"#),
    ),
    (
        "keys/machine-secret-only/any|[m2m_token]/mt",
        "N7",
        SIGNED_IN,
    ),
    (
        "pk-missing/[api_key]|[m2m_token]|oauth_token",
        "N7",
        SIGNED_IN,
    ),
    ("bad-session-cookie/*", "N7", SIGNED_IN),
    ("bad-cookie-header/*", "D7", SIGNED_IN),
    ("header-form/*/ak-with-dots-jwt-form", "N5", SIGNED_IN),
    ("header-form/any/mt-with-dots-jwt-form", "N5", SIGNED_IN),
    (
        "header-form/any/oat-with-dots-valid-json",
        "D2b",
        refused_jwt(NO_KEY_ID),
    ),
    (
        "jwt/*/m2m-no-kid|oauth-no-kid",
        "D2b",
        refused_jwt(NO_KEY_ID),
    ),
    (
        "jwt/*/m2m-unknown-kid|oauth-unknown-kid",
        "D2b",
        refused_jwt(
            "Unable to find a signing key in JWKS that matches the kid='ins_zzz' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. (code=token-verification-failed, status=n/a)",
        ),
    ),
    (
        "jwt/*/m2m-skew-0-means-5000|oauth-skew-0-means-5000",
        "D8",
        refused_jwt(
            "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:13:16 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT. (code=token-verification-failed, status=n/a)",
        ),
    ),
    (
        "jwt/*/m2m-aud-array-not-enforced|oauth-aud-array-not-enforced",
        "D4",
        refused_jwt(
            r#"Invalid JWT audience claim array (aud) ["x"]. Is not included in "["y"]". (code=token-verification-failed, status=n/a)"#,
        ),
    ),
    (
        "jwt/*/m2m-aud-string-mismatch|oauth-aud-string-mismatch",
        "D4",
        refused_jwt(
            r#"Invalid JWT audience claim (aud) "x". Is not included in "["y"]". (code=token-verification-failed, status=n/a)"#,
        ),
    ),
    (
        "jwt/*/m2m-RS512|oauth-RS512",
        "the text is that of a JavaScript engine",
        refused_jwt(
            "Error verifying JWT signature. Error: the key is bound to an algorithm other than RS512 (code=token-verification-failed, status=n/a)",
        ),
    ),
    (
        "jwt/*/m2m-jwks-network|oauth-jwks-network",
        "an unreachable API has a text of its own",
        refused_jwt(
            "Failed to load JWKS from Clerk Backend or Frontend API. (code=token-verification-failed, status=n/a)",
        ),
    ),
    (
        "jwt/m2m_token/m2m-claims-scopes-array",
        "N2",
        refused_jwt(
            r#"Invalid JWT scopes claim (scopes) ["a"]. Expected string. (code=token-verification-failed, status=n/a)"#,
        ),
    ),
    (
        "jwt/*/oauth-no-sub",
        "N2",
        refused_jwt(
            "Subject claim (sub) is required and must be a string. Received undefined. (code=token-verification-failed, status=n/a)",
        ),
    ),
    (
        "jwt/m2m_token/m2m-cat-session|m2m-cat-template|m2m-cat-unknown",
        "N3b",
        Ours::State(
            "signed-out",
            "token-invalid",
            "Invalid M2M JWT category. (code=token-invalid, status=n/a)",
        ),
    ),
    (
        "jwt/*/m2m-claims-scopes-empty|oauth-claims-scope-empty",
        "N10",
        Ours::Auth(r#"{"scopes":[]}"#),
    ),
    (
        "jwt/m2m_token/m2m-custom-claims",
        "N10",
        Ours::Auth(r#"{"claims":{"role":"admin","permissions":["a"]}}"#),
    ),
];

const NO_KEY_ID: &str = "Unable to find a signing key in JWKS that matches the kid='undefined' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. (code=token-verification-failed, status=n/a)";

const fn refused_jwt(message: &'static str) -> Ours {
    Ours::State("signed-out", "token-verification-failed", message)
}

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
