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
async fn a_list_of_users_takes_two_calls() {
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
    let error = script.client().users().list(&request).await.unwrap_err();
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
    let page = clerk.users().list(&request).await.unwrap();
    assert_eq!(page.total_count, 7);
    assert_eq!(page.data[0].id.as_str(), "user_1");
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
