//! The client against a server that answers by script, on a loopback socket.

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, Response};
use ironclerk::api::sessions::{CreateSessionToken, ListSessions};
use ironclerk::api::users::{CreateUser, ListUsers, UpdateUser, UserFilter, UserSort};
use ironclerk::api::{Patch, Sort};
use ironclerk::client::ClientError;
use ironclerk::errors::ConfigurationError;
use ironclerk::instance::SecretKey;
use ironclerk::keys::{FetchKeys, KeyFetchErrorKind};
use ironclerk::{Authenticator, Client, TokenType};
use serde_json::{Value, json};

const KEY: &str = "sk_test_very_secret";

/// A request as it came.
struct Recorded {
    method: Method,
    /// The path with its query.
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A server that answers what it was told, in turn, and keeps what it was asked.
struct Script {
    url: String,
    recorded: Arc<Mutex<Vec<Recorded>>>,
}

impl Script {
    async fn new(answers: impl IntoIterator<Item = Response<Body>>) -> Self {
        let answers = Arc::new(Mutex::new(VecDeque::from_iter(answers)));
        let recorded = Arc::new(Mutex::new(Vec::new()));
        let recording = recorded.clone();
        let router = Router::new().fallback(async move |request: Request<Body>| {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            recording.lock().unwrap().push(Recorded {
                method: parts.method,
                target: parts.uri.to_string(),
                headers: parts.headers,
                body,
            });
            let answer = answers.lock().unwrap().pop_front();
            answer.expect("more requests than answers")
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, recorded }
    }

    fn client(&self) -> Client {
        Client::builder()
            .secret_key(SecretKey::new(KEY).unwrap())
            .api_url(self.url.clone())
            .build()
            .unwrap()
    }

    /// What was asked since the last time.
    fn requests(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.recorded.lock().unwrap())
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.into()).unwrap()
}

fn ok(body: Value) -> Response<Body> {
    answer(
        200,
        &[("content-type", "application/json")],
        body.to_string(),
    )
}

fn user(id: &str) -> Value {
    json!({"id": id, "object": "user"})
}

#[tokio::test]
async fn requests_are_written_as_the_contract_says() {
    let script = Script::new([
        ok(user("user_1")),
        ok(user("user_1")),
        ok(user("user_1")),
        ok(json!([])),
        ok(json!({"data": [], "total_count": 0})),
        ok(json!({"object": "token", "jwt": "a.b.c"})),
        ok(json!({"object": "user", "id": "user_1", "deleted": true})),
    ])
    .await;
    let clerk = script.client();
    let create = CreateUser {
        email_address: vec!["ada@example.com".into()],
        ..Default::default()
    };
    let update = UpdateUser {
        user_id: "user_1".into(),
        first_name: Patch::Null,
        last_name: Patch::Set("King".into()),
        ..Default::default()
    };
    let list = ListUsers {
        order_by: Some(Sort::ascending(UserSort::LastName)),
        filter: UserFilter {
            user_id: vec!["-user_1".into(), "a&b".into()],
            ..Default::default()
        },
        ..Default::default()
    };
    let token = CreateSessionToken {
        session_id: "sess_1".into(),
        ..Default::default()
    };
    clerk.users().get("user/1 é").await.unwrap();
    clerk.users().create(&create).await.unwrap();
    clerk.users().update(&update).await.unwrap();
    clerk.send(&list).await.unwrap();
    clerk
        .sessions()
        .list(&ListSessions::default())
        .await
        .unwrap();
    assert_eq!(
        clerk.sessions().create_token(&token).await.unwrap().jwt,
        "a.b.c"
    );
    assert!(clerk.users().delete("user_1").await.unwrap().deleted);

    let expected = [
        (Method::GET, "/v1/users/user%2F1%20%C3%A9", None),
        (
            Method::POST,
            "/v1/users",
            Some(json!({"email_address": ["ada@example.com"]})),
        ),
        (
            Method::PATCH,
            "/v1/users/user_1",
            Some(json!({"first_name": null, "last_name": "King"})),
        ),
        (
            Method::GET,
            "/v1/users?order_by=%2Blast_name&user_id=-user_1&user_id=a%26b",
            None,
        ),
        (Method::GET, "/v1/sessions?paginated=true", None),
        (Method::POST, "/v1/sessions/sess_1/tokens", None),
        (Method::DELETE, "/v1/users/user_1", None),
    ];
    let requests = script.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (method, target, body)) in requests.iter().zip(expected) {
        assert_eq!(
            (&request.method, request.target.as_str()),
            (&method, target)
        );
        let header = |name| {
            request
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(header("authorization"), Some("Bearer sk_test_very_secret"));
        assert_eq!(header("clerk-api-version"), Some("2025-11-10"));
        let user_agent = concat!("ironclerk/", env!("CARGO_PKG_VERSION"));
        assert_eq!(header("user-agent"), Some(user_agent));
        match body {
            None => {
                assert_eq!(header("content-type"), None, "{target}");
                assert!(request.body.is_empty(), "{target}");
            }
            Some(body) => {
                assert_eq!(header("content-type"), Some("application/json"));
                assert_eq!(
                    serde_json::from_slice::<Value>(&request.body).unwrap(),
                    body
                );
            }
        }
    }
}

#[tokio::test]
async fn ids_that_would_change_the_path_are_not_sent() {
    let script = Script::new([]).await;
    for id in ["", ".", ".."] {
        let error = script.client().users().get(id).await.unwrap_err();
        assert!(matches!(error, ClientError::Request(_)), "{error:?}");
    }
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn raw_requests_go_where_they_say() {
    let script = Script::new([answer(200, &[], "anything"), answer(204, &[], "")]).await;
    let clerk = script.client();
    let body = clerk
        .send_raw(Method::GET, "/v1/domains?limit=1&x=%20", None)
        .await
        .unwrap();
    assert_eq!(body, b"anything");
    let body = Some(b"[1]".to_vec());
    let empty = clerk
        .send_raw(Method::PUT, "/.well-known/x", body)
        .await
        .unwrap();
    assert!(empty.is_empty());
    let requests = script.requests();
    assert_eq!(requests[0].target, "/v1/domains?limit=1&x=%20");
    assert_eq!(requests[1].target, "/.well-known/x");
    assert_eq!(requests[1].method, Method::PUT);
    assert_eq!(requests[1].body, b"[1]");
}

/// Calls that fail: each with the answers that the server has, and whether the method is GET.
#[tokio::test]
async fn only_what_does_no_harm_is_tried_again() {
    for (method, statuses, retry_after, calls, last) in [
        (Method::GET, &[429, 200][..], Some("0"), 2, 200),
        (Method::POST, &[429, 200], Some("0"), 2, 200),
        (Method::GET, &[503, 200], Some("0"), 2, 200),
        (Method::GET, &[503, 502, 504], None, 3, 504),
        (Method::DELETE, &[503, 200], Some("0"), 2, 200),
        (Method::POST, &[503], Some("0"), 1, 503),
        (Method::PATCH, &[503], Some("0"), 1, 503),
        (Method::GET, &[500], Some("0"), 1, 500),
        (Method::GET, &[404], Some("0"), 1, 404),
        (Method::GET, &[401], Some("0"), 1, 401),
        (Method::GET, &[422], Some("0"), 1, 422),
        // Whoever should wait that long decides for themselves.
        (Method::GET, &[429], Some("11"), 1, 429),
    ] {
        let answers = statuses.iter().map(|status| {
            let retry_after = retry_after.map(|seconds| ("retry-after", seconds));
            answer(*status, retry_after.as_slice(), "{}")
        });
        let script = Script::new(answers.collect::<Vec<_>>()).await;
        let result = script
            .client()
            .send_raw(method.clone(), "/v1/users", None)
            .await;
        let status = match &result {
            Ok(_) => 200,
            Err(error) => error.api_error().unwrap().status.as_u16(),
        };
        assert_eq!(
            (status, script.requests().len()),
            (last, calls),
            "{method} {statuses:?}"
        );
    }
}

#[tokio::test]
async fn a_client_waits_as_long_as_it_is_asked_to() {
    let script = Script::new([answer(429, &[("retry-after", "1")], "{}"), ok(json!([]))]).await;
    let begun = Instant::now();
    script.client().send(&ListUsers::default()).await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[tokio::test]
async fn refusals_are_read() {
    let body = json!({
        "errors": [
            {
                "code": "form_identifier_exists",
                "message": "taken",
                "long_message": "That email address is taken.",
                "meta": {"param_name": "email_address", "extra": [1]},
            },
            {"code": "form_param_missing"},
        ],
        "clerk_trace_id": "abc123",
        "something_new": true,
    });
    let script = Script::new([answer(422, &[("cf-ray", "not this one")], body.to_string())]).await;
    let error = script
        .client()
        .users()
        .create(&CreateUser::default())
        .await
        .unwrap_err();
    let error = error.api_error().expect("a refusal");
    assert_eq!(error.status, 422);
    assert_eq!(error.clerk_trace_id.as_deref(), Some("abc123"));
    assert_eq!(error.retry_after, None);
    assert!(error.has_code("form_identifier_exists") && error.has_code("form_param_missing"));
    assert_eq!(error.errors[0].parameter(), Some("email_address"));
    assert_eq!(error.errors[0].meta["extra"], json!([1]));
    assert_eq!(error.errors[1].parameter(), None);
    assert!(error.to_string().contains("That email address is taken."));

    let headers = [("retry-after", "30"), ("cf-ray", "ray-1")];
    let body = r#"{"errors": [{"code": "too_many_requests"}]}"#;
    let script = Script::new([answer(429, &headers, body)]).await;
    let error = script.client().users().get("user_1").await.unwrap_err();
    let error = error.api_error().expect("a refusal");
    assert_eq!(error.retry_after, Some(30));
    assert_eq!(error.clerk_trace_id.as_deref(), Some("ray-1"));
}

#[tokio::test]
async fn refusals_that_are_no_json_still_have_a_status() {
    for body in [
        "<html>Bad Gateway</html>",
        "",
        "null",
        "[]",
        "{\"errors\": 5}",
        "\u{feff}{}",
    ] {
        let script = Script::new([answer(500, &[("retry-after", "soon")], body)]).await;
        let error = script.client().users().get("user_1").await.unwrap_err();
        let error = error
            .api_error()
            .unwrap_or_else(|| panic!("{body:?}: {error:?}"));
        assert_eq!(
            (error.status.as_u16(), error.errors.len()),
            (500, 0),
            "{body:?}"
        );
        assert_eq!((error.retry_after, &error.clerk_trace_id), (None, &None));
    }
}

#[tokio::test]
async fn answers_that_are_not_the_contract_are_errors() {
    let secret = "someone@example.com";
    for body in ["<html>", "", "[]", "{\"object\": \"user\"}", "{\"id\": 5}"] {
        let script = Script::new([answer(200, &[], body)]).await;
        let error = script.client().users().get("user_1").await.unwrap_err();
        let ClientError::Answer { url, .. } = &error else {
            panic!("{body:?}: {error:?}");
        };
        assert_eq!(*url, format!("{}/v1/users/user_1", script.url));
    }
    let script = Script::new([ok(json!({"no": "list"}))]).await;
    let list = ListUsers {
        filter: UserFilter {
            email_address: vec![secret.into()],
            ..Default::default()
        },
        ..Default::default()
    };
    let error = script.client().send(&list).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("someone"), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    // More than the 32 MiB that are read, of what would be a fine answer.
    let body = format!("[{}]", " ".repeat(33 * 1024 * 1024));
    for status in [200, 400] {
        let script = Script::new([answer(status, &[], body.clone())]).await;
        let error = script
            .client()
            .send(&ListUsers::default())
            .await
            .unwrap_err();
        assert!(matches!(error, ClientError::Answer { .. }), "{error}");
        assert!(error.to_string().contains("more than"), "{error}");
        assert_eq!(script.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 307, 308] {
        let elsewhere = Script::new([ok(user("user_2"))]).await;
        let location = format!("{}/v1/users/user_2", elsewhere.url);
        let script = Script::new([answer(status, &[("location", &location)], "")]).await;
        let error = script.client().users().get("user_1").await.unwrap_err();
        assert_eq!(error.api_error().unwrap().status, status);
        assert_eq!(script.requests().len(), 1);
        assert!(elsewhere.requests().is_empty(), "the secret key stays here");
    }
}

#[tokio::test]
async fn no_answer_is_an_error_without_the_query() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let clerk = Client::builder()
        .secret_key(SecretKey::new(KEY).unwrap())
        .api_url(url.clone())
        .build()
        .unwrap();
    let error = clerk
        .send_raw(Method::GET, "/v1/users?query=ada", None)
        .await
        .unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        matches!(&error, ClientError::Unreachable { url: at, .. } if *at == format!("{url}/v1/users"))
    );
    assert!(!shown.contains("ada") && !shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn a_call_ends_when_its_time_is_over() {
    // Accepts connections, in the kernel, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let clerk = Client::builder()
        .secret_key(SecretKey::new(KEY).unwrap())
        .api_url(format!("http://{}", listener.local_addr().unwrap()))
        .timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let begun = Instant::now();
    let error = clerk
        .users()
        .create(&CreateUser::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_list_of_users_is_counted_only_when_that_is_asked_for() {
    // Whichever comes first: a list reads from the one, a count from the other.
    let both = || ok(json!({"object": "total_count", "total_count": 7}));
    let script = Script::new([both(), both()]).await;
    let request = ListUsers {
        limit: Some(2),
        filter: UserFilter {
            query: Some("ada".into()),
            ..Default::default()
        },
        ..Default::default()
    };
    let clerk = script.client();
    let counted = clerk.users().list(&request).with_total_count();
    let error = counted.await.unwrap_err();
    assert!(
        matches!(error, ClientError::Answer { .. }),
        "no list: {error}"
    );

    let router = Router::new()
        .route(
            "/v1/users",
            axum::routing::get(async || json!([user("user_1")]).to_string()),
        )
        .route(
            "/v1/users/count",
            axum::routing::get(async |request: Request<Body>| {
                assert_eq!(
                    request.uri().query(),
                    Some("query=ada"),
                    "a count has no limit"
                );
                json!({"object": "total_count", "total_count": 7}).to_string()
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let clerk = script.client().to_builder().api_url(url).build().unwrap();
    let page = clerk
        .users()
        .list(&request)
        .with_total_count()
        .await
        .unwrap();
    assert_eq!(page.total_count, 7);
    assert_eq!(page.data[0].id.as_str(), "user_1");

    let script = Script::new([ok(json!([user("user_1")]))]).await;
    let users = script.client().users().list(&request).await.unwrap();
    assert_eq!(users[0].id.as_str(), "user_1");
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test]
async fn a_changed_copy_keeps_what_was_not_changed() {
    let script = Script::new([ok(user("user_1")), ok(user("user_1"))]).await;
    let clerk = script.client();
    let changed = clerk
        .to_builder()
        .api_url(format!("{}/", script.url))
        .api_version("v9")
        .user_agent("my-app/2")
        .build()
        .unwrap();
    changed.users().get("user_1").await.unwrap();
    clerk.users().get("user_1").await.unwrap();
    let [of_changed, of_old] = script.requests().try_into().ok().unwrap();
    assert_eq!(of_changed.target, "/v9/users/user_1");
    assert_eq!(of_changed.headers["user-agent"], "my-app/2");
    assert_eq!(
        of_changed.headers["authorization"],
        "Bearer sk_test_very_secret"
    );
    assert_eq!(of_old.target, "/v1/users/user_1");
    assert_ne!(of_old.headers["user-agent"], "my-app/2");
}

#[tokio::test]
async fn an_http_client_of_ones_own_is_used_as_it_is() {
    let script = Script::new([ok(user("user_1"))]).await;
    let http = reqwest::Client::builder()
        .user_agent("own/1")
        .build()
        .unwrap();
    let clerk = script
        .client()
        .to_builder()
        .http_client(http)
        .build()
        .unwrap();
    clerk.users().get("user_1").await.unwrap();
    let headers = &script.requests()[0].headers;
    assert_eq!(headers["user-agent"], "own/1");
    assert_eq!(headers["authorization"], "Bearer sk_test_very_secret");
}

#[test]
fn nothing_shows_a_secret() {
    let builder = Client::builder().secret_key(SecretKey::new(KEY).unwrap());
    let create = CreateUser {
        username: Some("ada_l".into()),
        password: Some("correct horse".into()),
        password_digest: Some("$2a$10$digest".into()),
        ..Default::default()
    };
    let update = UpdateUser {
        password: Some("correct horse".into()),
        ..Default::default()
    };
    for shown in [
        format!("{builder:?}"),
        format!("{:?}", builder.build().unwrap()),
        format!("{create:?}"),
        format!("{update:#?}"),
    ] {
        for secret in [KEY, "very_secret", "correct horse", "digest\""] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert!(format!("{create:?}").contains("ada_l"), "the rest is shown");
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let builder = || Client::builder().secret_key(SecretKey::new(KEY).unwrap());
    assert!(matches!(
        Client::builder().build(),
        Err(ConfigurationError::MissingSecretKey { .. })
    ));
    for url in [
        "",
        "api.clerk.com",
        "ftp://api.clerk.com",
        "//api.clerk.com",
    ] {
        let error = builder().api_url(url).build().unwrap_err();
        assert!(matches!(&error, ConfigurationError::InvalidApiUrl(shown) if shown == url));
    }
    for key in ["sk_test_a\nb", "sk_test_\u{0}"] {
        let error = Client::builder()
            .secret_key(SecretKey::new(key).unwrap())
            .build()
            .unwrap_err();
        assert!(
            matches!(error, ConfigurationError::NotAHeader("secret key")),
            "{error}"
        );
        assert!(!error.to_string().contains("sk_test"), "{error}");
    }
    let error = builder().user_agent("a\r\nb: c").build().unwrap_err();
    assert!(matches!(
        error,
        ConfigurationError::NotAHeader("user agent")
    ));
}

#[tokio::test]
async fn failures_of_fetching_keys_tell_what_to_do() {
    let invalid = r#"{"errors": [{"code": "clerk_key_invalid", "message": "unknown secret key"}]}"#;
    let script = Script::new([
        ok(json!({"keys": [{"kty": "RSA", "kid": "ins_1", "n": "AQAB", "e": "AQAB"}]})),
        answer(401, &[], invalid),
        answer(429, &[("retry-after", "30")], "{}"),
        ok(json!("no keys")),
    ])
    .await;
    let clerk = script.client();
    assert_eq!(
        clerk.fetch_keys().await.unwrap().keys[0].kid.as_deref(),
        Some("ins_1")
    );
    let error = clerk.fetch_keys().await.unwrap_err();
    assert!(
        matches!(&error.kind, KeyFetchErrorKind::InvalidSecretKey { message } if message == "unknown secret key")
    );
    let error = clerk.fetch_keys().await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(30)));
    let url = format!("{}/v1/jwks", script.url);
    assert!(
        matches!(&error.kind, KeyFetchErrorKind::Status { url: at, status: 429 } if *at == url)
    );
    assert!(clerk.fetch_keys().await.is_err());
    assert!(
        script
            .requests()
            .iter()
            .all(|request| request.target == "/v1/jwks")
    );
}

#[tokio::test]
async fn a_machine_token_is_asked_about_once_and_the_answer_is_bounded() {
    let huge = format!(r#"{{"x": "{}"}}"#, "x".repeat(2 * 1024 * 1024));
    for (reply, status) in [
        (answer(429, &[("retry-after", "0")], "{}"), Some(429)),
        (answer(503, &[], "busy"), Some(503)),
        (answer(200, &[], huge), None),
    ] {
        let script = Script::new([reply]).await;
        let authenticator = Authenticator::builder()
            .machine_secret_key("ak_machine_very_secret")
            .accepts_token(TokenType::M2mToken)
            .api_url(script.url.clone())
            .build()
            .unwrap();
        assert!(!format!("{authenticator:?}").contains("very_secret"));
        let error = authenticator.verify_machine_token("mt_1").await;
        let error = error.unwrap_err();
        assert_eq!(error.code.as_str(), "unexpected-error");
        assert_eq!(error.status, status);
        let requests = script.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].target, "/m2m_tokens/verify");
        let key = &requests[0].headers["authorization"];
        assert_eq!(key, "Bearer ak_machine_very_secret");
    }
}

#[tokio::test]
async fn a_machine_token_that_nobody_answers_about_is_refused_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let client = Client::builder()
        .secret_key(SecretKey::new(KEY).unwrap())
        .api_url(url)
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let authenticator = Authenticator::builder()
        .secret_key(KEY)
        .accepts_token(TokenType::ApiKey)
        .backend_api(client)
        .build()
        .unwrap();
    let request = Request::get("/").header("authorization", "Bearer ak_1");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let start = Instant::now();
    let state = authenticator.authenticate(&parts).await;
    assert!(start.elapsed() < Duration::from_secs(4));
    assert!(!state.is_signed_in());
    assert_eq!(state.reason().unwrap().as_str(), "unexpected-error");
}

/// A list of users `user_0`, `user_1` and so on, of which some are deleted while it is read:
/// after a page was read, the users there are.
async fn list_of_users(sizes: &'static [usize]) -> (Client, Arc<Mutex<Vec<String>>>) {
    let recorded = Arc::new(Mutex::new(Vec::new()));
    let recording = recorded.clone();
    let router = Router::new().fallback(async move |request: Request<Body>| {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let number = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let value = pairs.find(|(known, _)| known == name);
            value.map(|(_, value)| value.parse::<usize>().unwrap())
        };
        let mut recording = recording.lock().unwrap();
        let size = sizes[recording.len().min(sizes.len() - 1)];
        let (limit, offset) = (number("limit").unwrap(), number("offset").unwrap_or(0));
        let users: Vec<_> = (offset..size.min(offset + limit))
            .map(|index| user(&format!("user_{index}")))
            .collect();
        recording.push(query);
        Value::from(users).to_string()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client::builder()
        .secret_key(SecretKey::new(KEY).unwrap())
        .api_url(url);
    (client.build().unwrap(), recorded)
}

#[tokio::test]
async fn a_stream_reads_page_after_page() {
    type Case = (
        &'static [usize],
        Option<u32>,
        Option<u32>,
        usize,
        &'static [&'static str],
    );
    let cases: [Case; 7] = [
        (&[0], Some(2), None, 0, &["limit=2"]),
        (&[1], Some(2), None, 1, &["limit=2"]),
        // A full page may be the last one.
        (&[2], Some(2), None, 2, &["limit=2", "limit=2&offset=2"]),
        (
            &[5],
            Some(2),
            None,
            5,
            &["limit=2", "limit=2&offset=2", "limit=2&offset=4"],
        ),
        (
            &[5],
            Some(2),
            Some(3),
            2,
            &["offset=3&limit=2", "limit=2&offset=5"],
        ),
        // The rest is deleted while the first page is looked at.
        (&[5, 1], Some(2), None, 2, &["limit=2", "limit=2&offset=2"]),
        (
            &[150],
            None,
            None,
            150,
            &["limit=100", "limit=100&offset=100"],
        ),
    ];
    for (sizes, limit, offset, count, queries) in cases {
        let (clerk, recorded) = list_of_users(sizes).await;
        let request = ListUsers {
            limit,
            offset,
            ..Default::default()
        };
        let mut users = clerk.users().list(&request).stream();
        let mut ids = Vec::new();
        while let Some(user) = users.next().await {
            ids.push(user.unwrap().id.to_string());
        }
        let first = offset.unwrap_or(0) as usize;
        let expected: Vec<_> = (first..first + count)
            .map(|index| format!("user_{index}"))
            .collect();
        assert_eq!(ids, expected, "{sizes:?}");
        assert_eq!(*recorded.lock().unwrap(), queries, "{sizes:?}");
        assert!(users.next().await.is_none(), "it has ended");
    }
}

#[tokio::test]
async fn a_page_of_a_stream_has_500_items_at_the_most() {
    let (clerk, recorded) = list_of_users(&[0]).await;
    for (limit, sent) in [
        (0, "limit=1"),
        (500, "limit=500"),
        (4_000_000_000, "limit=500"),
    ] {
        let request = ListUsers {
            limit: Some(limit),
            ..Default::default()
        };
        assert!(clerk.users().list(&request).stream().next().await.is_none());
        assert_eq!(
            recorded.lock().unwrap().drain(..).next_back().unwrap(),
            sent
        );
    }
}

#[tokio::test]
async fn an_error_ends_a_stream() {
    use futures_util::StreamExt;

    let full = ok(json!({"data": [{"id": "sess_1"}, {"id": "sess_2"}], "total_count": 9}));
    let script = Script::new([full, answer(422, &[], "{}")]).await;
    let clerk = script.client();
    let request = ListSessions {
        limit: Some(2),
        ..Default::default()
    };
    // As a stream of the ecosystem, too.
    let results: Vec<_> = clerk.sessions().list(&request).stream().collect().await;
    let shown: Vec<_> = results
        .iter()
        .map(|result| result.as_ref().map(|session| session.id.as_str()))
        .collect();
    assert!(
        matches!(shown[..], [Ok("sess_1"), Ok("sess_2"), Err(_)]),
        "{shown:?}"
    );
    let targets: Vec<_> = script.requests().into_iter().map(|it| it.target).collect();
    assert_eq!(
        targets,
        [
            "/v1/sessions?paginated=true&limit=2",
            "/v1/sessions?paginated=true&limit=2&offset=2",
        ]
    );
    let request = ironclerk::api::users::ListUserOAuthAccessTokens::default();
    let results: Vec<_> = clerk.send(&request).stream().collect().await;
    assert!(
        matches!(results[..], [Err(ClientError::Request(_))]),
        "{results:?}"
    );
}

#[tokio::test]
async fn a_list_without_pages_is_a_stream_too() {
    let script = Script::new([ok(json!({"data": [{"id": "dmn_1"}], "total_count": 1}))]).await;
    let clerk = script.client();
    let mut domains = clerk.domains().list().stream();
    assert_eq!(domains.next().await.unwrap().unwrap().id.as_str(), "dmn_1");
    assert!(domains.next().await.is_none());
    assert_eq!(script.requests()[0].target, "/v1/domains");
}

#[tokio::test]
async fn one_call_can_be_made_otherwise() {
    let machine = SecretKey::new("ak_machine").unwrap();
    let script = Script::new([
        ok(json!({"id": "mt_1"})),
        ok(json!({"id": "mt_1"})),
        answer(503, &[("retry-after", "0")], "{}"),
        answer(503, &[("retry-after", "0")], "{}"),
        answer(503, &[("retry-after", "0")], "{}"),
    ])
    .await;
    let clerk = script.client();
    clerk
        .m2m()
        .verify("mt_x")
        .secret_key(machine)
        .await
        .unwrap();
    let header = http::HeaderName::from_static("x-custom");
    clerk
        .m2m()
        .verify("mt_x")
        .header(header, "1".parse().unwrap())
        .await
        .unwrap();
    assert!(clerk.users().get("user_1").attempts(1).await.is_err());
    let patient = clerk.to_builder().attempts(2).build().unwrap();
    assert!(patient.users().get("user_1").await.is_err());
    let requests = script.requests();
    let keys: Vec<_> = requests
        .iter()
        .map(|it| &it.headers["authorization"])
        .collect();
    assert_eq!(keys[0], "Bearer ak_machine");
    assert!(
        keys[1..]
            .iter()
            .all(|key| *key == "Bearer sk_test_very_secret")
    );
    assert_eq!(requests[1].headers["x-custom"], "1");
    assert_eq!(requests.len(), 5);

    // Accepts connections, in the kernel, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let clerk = clerk.to_builder().api_url(url).build().unwrap();
    let begun = Instant::now();
    let call = clerk
        .users()
        .get("user_1")
        .timeout(Duration::from_millis(50));
    let error = call.attempts(1).await.unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_client_without_a_key_makes_the_calls_that_need_none() {
    let script = Script::new([ok(json!({"id": "accapp_1"})), ok(user("user_1"))]).await;
    let clerk = Client::builder()
        .without_secret_key()
        .api_url(script.url.clone())
        .build()
        .unwrap();
    clerk.accountless_applications().create().await.unwrap();
    let error = clerk.users().get("user_1").await.unwrap_err();
    assert!(matches!(error, ClientError::MissingSecretKey), "{error}");
    let call = clerk.users().get("user_1");
    call.secret_key(SecretKey::new("sk_other").unwrap())
        .await
        .unwrap();
    let call = clerk.users().get("user_1");
    let bad = call.secret_key(SecretKey::new("sk_a\nb").unwrap()).await;
    assert!(matches!(bad, Err(ClientError::InvalidSecretKey)), "{bad:?}");
    let requests = script.requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[0].headers.contains_key("authorization"));
    assert_eq!(requests[1].headers["authorization"], "Bearer sk_other");
}

#[test]
fn the_seconds_of_a_wait_are_read_from_a_fraction_too() {
    // Through the public door: a refusal.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        for (header, seconds) in [
            ("30", Some(30)),
            (" 30 ", Some(30)),
            ("1.9", Some(1)),
            ("-1", None),
            ("soon", None),
            ("30s", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ] {
            let script = Script::new([answer(422, &[("retry-after", header)], "{}")]).await;
            let error = script.client().users().get("user_1").await.unwrap_err();
            assert_eq!(error.api_error().unwrap().retry_after, seconds, "{header}");
        }
    });
}

/// A call is a span with what is known of it, and without what could be anybody's data.
#[tokio::test]
async fn a_call_is_a_span() {
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::fmt::format::FmtSpan;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl MakeWriter<'_> for Log {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // Whether anybody listens is remembered for the process, and the other tests do not.
    let script = Script::new([ok(json!([]))]).await;
    script.client().send(&ListUsers::default()).await.unwrap();
    tracing::callsite::rebuild_interest_cache();
    let refused = answer(404, &[], r#"{"errors": [], "clerk_trace_id": "trace_1"}"#);
    let script = Script::new([answer(429, &[("retry-after", "0")], "{}"), refused]).await;
    let request = ListUsers {
        filter: UserFilter {
            query: Some("someone".into()),
            ..Default::default()
        },
        ..Default::default()
    };
    script.client().users().list(&request).await.unwrap_err();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for part in [
        "clerk_api",
        "method=\"GET\"",
        "endpoint=\"/v1/users\"",
        "attempts=2",
        "status=404",
        "clerk_trace_id=\"trace_1\"",
    ] {
        assert!(log.contains(part), "{part} is not in {log}");
    }
    assert!(
        !log.contains("someone") && !log.contains("very_secret"),
        "{log}"
    );
}
