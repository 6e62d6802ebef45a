//! The layer and the extractors in front of a real axum router.

use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, Response, StatusCode};
use ironclerk::authenticate::{Authenticator, RequestState};
use ironclerk::axum::SignedIn;
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use ironclerk::keys::PrivateKey;
use ironclerk::session::Auth;
use ironclerk::tower::ClerkLayer;
use serde_json::{Value, json};
use tower_service::Service as _;

struct App {
    router: Router,
    key: PrivateKey,
}

impl App {
    fn new() -> Self {
        let key = PrivateKey::generate().expect("a key");
        let authenticator = Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(key.public_key().to_spki_pem())
            .build()
            .expect("a configuration");
        let router = Router::new()
            .route(
                "/",
                get(async |auth: Auth| auth.user_id().unwrap_or("nobody").to_owned()),
            )
            .route(
                "/account",
                get(async |SignedIn(session): SignedIn| session.user_id().to_owned()),
            )
            .route(
                "/welcome",
                get(async |user: Option<SignedIn>| match user {
                    Some(SignedIn(session)) => session.user_id().to_owned(),
                    None => "stranger".to_owned(),
                }),
            )
            .route(
                "/reason",
                get(async |request: Request<Body>| {
                    let state = request.extensions().get::<RequestState>();
                    let reason = state.and_then(RequestState::reason);
                    reason.map(|reason| reason.to_string()).unwrap_or_default()
                }),
            )
            .layer(ClerkLayer::new(authenticator));
        Self { router, key }
    }

    /// A session token that expires so many seconds from now.
    fn token(&self, seconds: i64, status: &str) -> String {
        let now = SystemTime::now();
        let since = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .expect("after 1970");
        let expires_at = i64::try_from(since.as_secs()).expect("a date") + seconds;
        let claims =
            json!({"sub": "user_1", "sid": "sess_1", "exp": expires_at, "sts": status, "v": 2});
        let options = SignOptions::new("ins_1", TokenCategory::Session);
        jwt::sign(&claims, &self.key, &options, now).expect("a token")
    }

    async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> (Response<()>, String) {
        let mut request = Request::get(path).header("host", "app.example.com");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.call(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("text");
        (Response::from_parts(parts, ()), body)
    }
}

#[tokio::test]
async fn a_user_reaches_every_handler() {
    let mut app = App::new();
    let bearer = format!("Bearer {}", app.token(60, "active"));
    for path in ["/", "/account", "/welcome"] {
        let (response, body) = app.get(path, &[("authorization", &bearer)]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(body, "user_1");
        assert!(response.headers().get("x-clerk-auth-status").is_none());
    }
}

#[tokio::test]
async fn nobody_is_told_so_in_clerks_error_shape() {
    let mut app = App::new();
    let (response, body) = app.get("/", &[]).await;
    assert_eq!(
        (response.status(), body.as_str()),
        (StatusCode::OK, "nobody")
    );
    assert_eq!(app.get("/welcome", &[]).await.1, "stranger");
    let (_, body) = app.get("/reason", &[]).await;
    assert_eq!(body, "session-token-and-uat-missing");

    let pending = format!("Bearer {}", app.token(60, "pending"));
    let forged = format!("Bearer {}", App::new().token(60, "active"));
    for (header, reason) in [
        (None, Some("session-token-and-uat-missing")),
        (Some(&forged), Some("token-invalid-signature")),
        (Some(&pending), None),
    ] {
        let headers: Vec<_> = header
            .map(|value| ("authorization", value.as_str()))
            .into_iter()
            .collect();
        let (response, body) = app.get("/account", &headers).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(body["errors"][0]["code"], "authentication_invalid");
        let told = response.headers().get("x-clerk-auth-reason");
        assert_eq!(told.and_then(|value| value.to_str().ok()), reason);
    }
}

#[tokio::test]
async fn a_browser_with_an_expired_token_is_sent_to_the_frontend_api() {
    let mut app = App::new();
    let bearer = format!("Bearer {}", app.token(-60, "active"));
    let document = [
        ("authorization", bearer.as_str()),
        ("sec-fetch-dest", "document"),
    ];
    let (response, body) = app.get("/account", &document).await;
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(body, "");
    let location = response.headers()["location"].to_str().expect("text");
    let expected = "https://clerk.example.com/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example.com%2Faccount&";
    assert!(location.starts_with(expected), "{location}");
    let count = response.headers()["set-cookie"].to_str().expect("text");
    assert!(count.starts_with("__clerk_redirect_count=1;"), "{count}");

    let mut looping = document.to_vec();
    looping.push(("cookie", "__clerk_redirect_count=3"));
    let (response, _) = app.get("/account", &looping).await;
    assert_eq!(
        response.status(),
        StatusCode::UNAUTHORIZED,
        "not in circles"
    );
}

#[tokio::test]
async fn a_router_without_the_layer_is_a_mistake_that_explains_itself() {
    let router = Router::new().route("/", get(async |_: Auth| ""));
    let mut app = App::new();
    app.router = router;
    let (response, body) = app.get("/", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.contains("ClerkLayer::new"), "{body}");
}

/// In development the browser is sent on to the URL without the handshake's parameters, although
/// it is signed in by then.
#[tokio::test]
async fn a_resolved_handshake_redirects_and_sets_its_cookies() {
    let key = PrivateKey::generate().expect("a key");
    let now = SystemTime::now();
    let seconds = now.duration_since(SystemTime::UNIX_EPOCH);
    let expiry = seconds.expect("a date after 1970").as_secs() + 60;
    let sign = |claims: &Value| {
        let options = SignOptions::new("ins_1", TokenCategory::Session);
        jwt::sign(claims, &key, &options, now).expect("a token")
    };
    let session = sign(&json!({"sub": "user_1", "sid": "sess_1", "exp": expiry}));
    let cookies = [
        format!("__session={session}; Path=/"),
        "__client_uat=1; Path=/".to_owned(),
    ];
    let handshake = sign(&json!({ "handshake": cookies }));
    let authenticator = Authenticator::builder()
        .publishable_key("pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk")
        .jwt_key(key.public_key().to_spki_pem())
        .build()
        .expect("a configuration");
    let mut router: Router = Router::new()
        .route("/", get(async || "not reached"))
        .layer(ClerkLayer::new(authenticator));

    let request = Request::get(format!("/?a=1&__clerk_handshake={handshake}"))
        .header("host", "app.example.com")
        .body(Body::empty());
    let response = router.call(request.expect("a request")).await;
    let response: Response<Body> = response.expect("an answer");
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(
        response.headers()["location"],
        "http://app.example.com/?a=1"
    );
    let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(set, cookies.iter().collect::<Vec<_>>());
    let body = to_bytes(response.into_body(), 1024).await.expect("a body");
    assert!(body.is_empty());
}
