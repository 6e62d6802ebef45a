//! Our client against what `@clerk/backend` was seen to send and to read
//! (`testdata/sdk/api_requests.json`, `api_responses.json`).
//!
//! To add a kind of object: one line in `responses.rs`.

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

mod requests;
mod responses;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, Response};
use ironclerk::Client;
use ironclerk::instance::SecretKey;
use serde_json::Value;

/// The cases of a file.
fn cases(file: &str) -> Vec<Value> {
    table(file, "cases")
}

/// A list in a file.
fn table(file: &str, name: &str) -> Vec<Value> {
    let path = format!("{}/../../testdata/sdk/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut file: Value = serde_json::from_str(&text).unwrap();
    match file[name].take() {
        Value::Array(lines) if !lines.is_empty() => lines,
        other => panic!("{path} has no {name} but {other}"),
    }
}

/// A property of a JavaScript object as the wire names it: `primaryEmailAddressID` becomes
/// `primary_email_address_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut previous = '_';
    for c in name.chars() {
        if c.is_ascii_uppercase() && previous.is_ascii_lowercase()
            || c.is_ascii_uppercase() && previous.is_ascii_digit()
        {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        previous = c;
    }
    snake
}

/// A server that answers each path in its way and keeps what it was asked.
struct Recorder {
    client: Client,
    url: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
}

/// A request as it came.
#[derive(Debug)]
struct Recorded {
    head: http::request::Parts,
    body: Vec<u8>,
}

impl Recorder {
    async fn start(
        answer: impl Fn(&str) -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recording = requests.clone();
        let router = Router::new().fallback(async move |request: Request<Body>| {
            let (head, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
            let answer = answer(head.uri.path());
            recording.lock().unwrap().push(Recorded { head, body });
            answer
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::builder()
            .secret_key(SecretKey::new("sk_test_abc").unwrap())
            .api_url(url.clone())
            .build()
            .unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            client,
            url,
            requests,
        }
    }

    /// What was asked since the last time.
    fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

#[test]
fn properties_are_named_as_on_the_wire() {
    for (property, name) in [
        ("emailAddress", "email_address"),
        ("primaryEmailAddressID", "primary_email_address_id"),
        ("web3Wallet", "web3_wallet"),
        ("already_snake", "already_snake"),
    ] {
        assert_eq!(snake_case(property), name);
    }
}
