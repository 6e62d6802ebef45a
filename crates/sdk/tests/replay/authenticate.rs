use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{Request, StatusCode, header};
use ironclerk::SecretKey;
use ironclerk::authenticate::{
    AuthStatus, Authenticator, AuthenticatorBuilder, BackendApi, BackendApiFuture,
    HandshakePayloadError, OrganizationSync, RefreshFailure, RefreshSession, RequestState,
    TokenType, VerifyMachineToken,
};
use ironclerk::client::Client;
use ironclerk::errors::{ConfigurationError, MachineTokenVerificationError};
use ironclerk::keys::{FetchKeys, KeyFetchErrorKind, KeyFetchFuture};
use serde_json::{Value, json};

use crate::deviations::{DEVIATIONS, Ours};
use crate::{assert_known, cases, clock, names, recorded, text};

/// The recorded SDK takes every domain for a satellite's. Ours is told of the one that the cases
/// speak of.
const SATELLITE_DOMAIN: &str = "satellite.com";

/// Gives out keys as the recorded Clerk did, and counts.
#[derive(Clone)]
pub struct RecordedKeys {
    jwks: Value,
    fetches: Arc<AtomicUsize>,
}

impl RecordedKeys {
    pub fn of(case: &Value, file: &Value) -> Self {
        let jwks = case.pointer("/backend/jwks").cloned();
        Self {
            jwks: jwks.unwrap_or_else(|| json!({"status": 200, "body": file["jwks"]})),
            fetches: Arc::default(),
        }
    }

    pub fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl FetchKeys for RecordedKeys {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let answer = if self.jwks.get("networkError").is_some() {
            Err(KeyFetchErrorKind::Unreachable.into())
        } else if self.jwks["body"]["errors"][0]["code"] == "clerk_key_invalid" {
            let message = text(&self.jwks, "/body/errors/0/message").to_owned();
            Err(KeyFetchErrorKind::InvalidSecretKey { message }.into())
        } else if self.jwks["status"].as_u64().unwrap_or(200) != 200 {
            Err(KeyFetchErrorKind::Status {
                url: "https://api.clerk.com/v1/jwks".to_owned(),
                status: self.jwks["status"].as_u64().expect("a status") as u16,
            }
            .into())
        } else {
            Ok(serde_json::from_value(self.jwks["body"].clone()).expect("a JWKS"))
        };
        Box::pin(std::future::ready(answer))
    }
}

/// A Backend API that answers as recorded, and writes down what it is asked.
pub struct RecordedApi {
    url: String,
    now: Arc<Mutex<Conversation>>,
}

#[derive(Default)]
struct Conversation {
    routes: Value,
    requests: Vec<Value>,
}

impl RecordedApi {
    pub async fn start() -> Self {
        let now: Arc<Mutex<Conversation>> = Arc::default();
        let shared = Arc::clone(&now);
        let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let mut now = shared.lock().expect("the conversation");
            now.answer(&method, &uri, &headers, &body)
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router: Router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, now }
    }

    /// Begins a case. Returns the address that the case's client is to call.
    pub fn begin(&self, case: &Value) -> String {
        *self.now.lock().expect("the conversation") = Conversation {
            routes: case["backend"]["routes"].clone(),
            requests: Vec::new(),
        };
        match is_reachable(case) {
            true => self.url.clone(),
            // Nobody listens there.
            false => "http://127.0.0.1:1".to_owned(),
        }
    }

    pub fn requests(&self) -> Vec<Value> {
        self.now.lock().expect("the conversation").requests.clone()
    }
}

pub fn is_reachable(case: &Value) -> bool {
    let routes = case["backend"]["routes"].as_object();
    let mut routes = routes.into_iter().flatten();
    !routes.any(|(_, answer)| answer.get("networkError").is_some())
}

impl Conversation {
    fn answer(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut request = json!({
            "method": method.as_str(),
            "url": format!("https://api.clerk.com{uri}"),
            "authorization": header("authorization"),
            "version": header("clerk-api-version"),
        });
        if !body.is_empty() {
            request["body"] = serde_json::from_slice(body).expect("JSON");
        }
        self.requests.push(request);
        let route = &self.routes[format!("{method} {}", uri.path())];
        let status = match route {
            Value::Null => 404,
            route => route["status"].as_u64().unwrap_or(200),
        };
        let body = match &route["text"] {
            Value::String(text) => text.clone(),
            _ => route["body"].to_string(),
        };
        let status = StatusCode::from_u16(status as u16).expect("a status");
        (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

/// The Backend API in the cases that do not ask it.
pub struct NotAsked;

impl BackendApi for NotAsked {
    fn refresh_session(
        &self,
        _: RefreshSession,
    ) -> BackendApiFuture<'_, Result<Vec<String>, RefreshFailure>> {
        panic!("a session is refreshed")
    }

    fn handshake_payload(
        &self,
        _: String,
    ) -> BackendApiFuture<'_, Result<Vec<String>, HandshakePayloadError>> {
        panic!("a handshake payload is asked for")
    }

    fn verify_machine_token(
        &self,
        _: VerifyMachineToken,
    ) -> BackendApiFuture<'_, Result<Value, MachineTokenVerificationError>> {
        panic!("a machine token is verified")
    }
}

pub fn option<'a>(case: &'a Value, name: &str) -> Option<&'a Value> {
    let of_call = case["options"].get(name);
    of_call.or_else(|| case["client"].get(name))
}

pub fn builder(case: &Value) -> AuthenticatorBuilder {
    let text = |name: &str| {
        option(case, name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Authenticator::builder()
        .publishable_key(text("publishableKey"))
        .secret_key(text("secretKey"))
        .jwt_key(text("jwtKey"))
        .authorized_parties(names(&case["options"]["authorizedParties"]))
        .proxy_url(text("proxyUrl"))
        .domain(text("domain"))
        .sign_in_url(text("signInUrl"))
        .is_satellite(option(case, "isSatellite") == Some(&json!(true)))
        .satellite_domains([SATELLITE_DOMAIN])
}

fn authenticator(
    case: &Value,
    keys: &RecordedKeys,
    api_url: &str,
) -> Result<Authenticator, ConfigurationError> {
    let sync = &case["options"]["organizationSyncOptions"];
    let sync = OrganizationSync::new(
        names(&sync["organizationPatterns"]),
        names(&sync["personalAccountPatterns"]),
    )?;
    let mut builder = builder(case).organization_sync(sync);
    let secret_key = option(case, "secretKey").and_then(Value::as_str);
    builder = match secret_key.filter(|key| !key.is_empty()) {
        Some(key) if case["backend"].get("routes").is_some() => {
            let client = Client::builder()
                .secret_key(SecretKey::new(key)?)
                .api_url(api_url);
            builder.backend_api(client.build()?)
        }
        _ => builder.backend_api(NotAsked),
    };
    builder.fetch_keys(keys.clone()).build()
}

pub fn parts(case: &Value) -> Parts {
    let mut request = Request::builder()
        .method(text(case, "/request/method"))
        .uri(text(case, "/request/url"));
    for (name, value) in case["request"]["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a value"));
    }
    request.body(()).expect("a request").into_parts().0
}

/// Name and value of every header, sorted, values as Latin-1. The order of cookies is kept.
fn headers(state: &RequestState) -> Vec<(String, String)> {
    let latin_1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    let mut headers: Vec<_> = state
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), latin_1(value.as_bytes())))
        .collect();
    headers.sort_by(|one, other| one.0.cmp(&other.0));
    headers
}

#[tokio::test]
async fn every_recorded_request() {
    let file = recorded("authenticate_request.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    let api = RecordedApi::start().await;
    let mut failures = Vec::new();
    for case in cases(&file) {
        if let Err(failure) = replay(case, &file, &api).await {
            failures.push(format!("{}: {failure}", case["name"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn replay(case: &Value, file: &Value, api: &RecordedApi) -> Result<(), String> {
    let name = text(case, "/name");
    let keys = RecordedKeys::of(case, file);
    let authenticator = authenticator(case, &keys, &api.begin(case));
    let deviation = DEVIATIONS.iter().find(|it| it.0 == name);
    let recorded = &case["expect"];
    let state = match (authenticator, deviation) {
        (Ok(authenticator), _) => {
            let parts = parts(case);
            authenticator.authenticate_at(&parts, clock(case)).await
        }
        (Err(error), Some((_, _, Ours::Configuration(ours)))) => {
            return compare("configuration error", &error.to_string(), ours);
        }
        (Err(error), _) => {
            let error = json!(error.to_string());
            return compare(
                "configuration error",
                &error,
                &recorded["throws"]["message"],
            );
        }
    };
    if let Some((_, why, ours)) = deviation {
        return ours
            .compare(&state, recorded)
            .map_err(|it| format!("({why}) {it}"));
    }
    as_recorded(&state, recorded)?;
    // The official SDK asks up to five times, and again for every token (D12).
    let fetches = case["jwksFetches"].as_u64().expect("a number").min(1);
    compare("fetches", &(keys.fetches() as u64), &fetches)?;
    if is_reachable(case) {
        compare("outgoing", &api.requests(), &outgoing(case))?;
    }
    Ok(())
}

pub fn outgoing(case: &Value) -> Vec<Value> {
    let requests = case["outgoing"].as_array().into_iter().flatten();
    requests
        .map(|request| {
            let mut expected = json!({
                "method": request["method"],
                "url": request["url"],
                "authorization": request["headers"]["authorization"],
                "version": request["headers"]["clerk-api-version"],
            });
            if let Some(body) = request.get("body") {
                expected["body"] = body.clone();
            }
            expected
        })
        .collect()
}

pub fn compare<T: PartialEq<U> + fmt::Debug, U: fmt::Debug>(
    what: &str,
    ours: &T,
    recorded: &U,
) -> Result<(), String> {
    if ours == recorded {
        return Ok(());
    }
    Err(format!(
        "{what}:\n  ours     {ours:?}\n  recorded {recorded:?}"
    ))
}

/// Compares everything but the auth object.
pub fn state_as_recorded(state: &RequestState, recorded: &Value) -> Result<(), String> {
    if let Some(throws) = recorded.get("throws") {
        let (reason, message) = (state.reason(), state.message());
        return Err(format!("throws {throws}, ours {reason:?} {message:?}"));
    }
    let reason = state.reason().map(|reason| reason.as_str());
    let status = state.status().as_str();
    compare("reason", &json!(reason), &recorded["reason"])?;
    compare("message", &json!(state.message()), &recorded["message"])?;
    compare("status", &json!(status), &recorded["status"])?;
    compare("token", &json!(state.token()), &recorded["token"])?;
    let is_signed_in = json!(state.is_signed_in());
    compare(
        "isAuthenticated",
        &is_signed_in,
        &recorded["isAuthenticated"],
    )?;
    let mut expected: Vec<(String, String)> =
        serde_json::from_value(recorded["headers"].clone()).expect("headers");
    expected.sort_by(|one, other| one.0.cmp(&other.0));
    compare("headers", &headers(state), &expected)?;
    let token_type = state.token_type().map(TokenType::as_str);
    compare("token type", &json!(token_type), &recorded["tokenType"])
}

fn as_recorded(state: &RequestState, recorded: &Value) -> Result<(), String> {
    state_as_recorded(state, recorded)?;
    let auth = state.auth();
    let Some(recorded) = recorded["auth"].as_object() else {
        compare("status", &state.status(), &AuthStatus::Handshake)?;
        return compare("signed in", &auth.is_signed_in(), &false);
    };
    let mut recorded = recorded.clone();
    recorded.retain(|_, value| *value != "<undefined>");
    let token = recorded.shift_remove("token").expect("a token");
    compare("auth.token", &json!(auth.token()), &token)?;
    if let Some(with_pending) = recorded.shift_remove("__withPending") {
        let ours = serde_json::to_value(state.auth_with_pending()).expect("JSON");
        for (member, value) in with_pending.as_object().expect("an object") {
            compare(member, &ours[member], value)?;
        }
    }
    let ours = serde_json::to_value(&auth).expect("JSON");
    compare("auth", &ours, &Value::Object(recorded))
}

impl Ours {
    /// Compares the state with our own answer, which is not the recorded one.
    pub fn compare(&self, state: &RequestState, recorded: &Value) -> Result<(), String> {
        let (status, reason, message) = match *self {
            Self::State(status, reason, message) => (status, reason, message),
            Self::Location(location) => {
                let found = state.location().and_then(|it| it.to_str().ok());
                return compare("location", &found, &Some(location));
            }
            Self::Configuration(message) => {
                return Err(format!("no configuration error {message}"));
            }
            Self::Auth(_) | Self::AsIn(_) | Self::Inexpressible => {
                return Err("is for machine tokens".to_owned());
            }
        };
        compare("status", &state.status().as_str(), &status)?;
        let found = state.reason().map(ToString::to_string).unwrap_or_default();
        compare("reason", &found.as_str(), &reason)?;
        compare("message", &state.message().unwrap_or_default(), &message)?;
        if recorded["status"] == status
            && recorded["reason"].as_str().unwrap_or_default() == reason
            && recorded["message"].as_str().unwrap_or_default() == message
        {
            return Err("is no deviation".to_owned());
        }
        let has = |header: &str| state.headers().contains_key(header);
        let is_signed_in = status == "signed-in";
        compare("signed in", &state.is_signed_in(), &is_signed_in)?;
        for (header, is_there) in [
            ("x-clerk-auth-status", !is_signed_in),
            ("x-clerk-auth-reason", !is_signed_in),
            ("x-clerk-auth-message", !message.is_empty()),
        ] {
            compare(header, &has(header), &is_there)?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn without_waiting_only_known_keys_count() {
    let file = recorded("authenticate_request.json");
    let case = cases(&file)
        .iter()
        .find(|case| case["name"] == "header/prod/older");
    let case = case.expect("a case of a valid token");
    let keys = RecordedKeys::of(case, &file);
    let authenticator = authenticator(case, &keys, "http://127.0.0.1:1").expect("a configuration");
    let parts = parts(case);

    let state = authenticator.authenticate_local(&parts, clock(case));
    let reason = state.reason().map(ToString::to_string);
    assert_eq!(reason.as_deref(), Some("jwk-failed-to-resolve"));
    assert_eq!(keys.fetches(), 0);

    let state = authenticator.authenticate_at(&parts, clock(case)).await;
    assert!(state.is_signed_in());
    let state = authenticator.authenticate_local(&parts, clock(case));
    assert!(state.is_signed_in());
    assert_eq!(keys.fetches(), 1);
}

#[test]
fn organization_patterns() {
    let file = recorded("org_match.json");
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    for case in cases(&file) {
        let options = &case["options"];
        let sync = OrganizationSync::new(
            names(&options["organizationPatterns"]),
            names(&options["personalAccountPatterns"]),
        );
        let authenticator = Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(crate::public_key("main").to_spki_pem())
            .organization_sync(sync.expect("patterns"))
            .build()
            .expect("a configuration");
        // Any handshake says whose page it is.
        let request = Request::get(text(case, "/path"))
            .header("host", "app.example.com")
            .header("sec-fetch-dest", "document")
            .header("cookie", "__client_uat=1");
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let state = authenticator.authenticate_local(&parts, std::time::SystemTime::now());
        let location = state.location().and_then(|it| it.to_str().ok());
        let (_, query) = location
            .expect("a handshake")
            .split_once('?')
            .expect("a query");
        let found = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == "organization_id")
            .map_or_else(|| "<absent>".to_owned(), |(_, value)| value.into_owned());
        if found != text(case, "/expect/organization_id") {
            failures.insert(text(case, "/name"), found);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
