//! Replays one process's look-ups of keys, in their order: what is fetched, when, and what for.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::IntoResponse as _;
use http::{Request, StatusCode};
use ironclerk::api::jwks::JsonWebKeySet;
use ironclerk::authenticate::Authenticator;
use ironclerk::client::Client;
use ironclerk::errors::ConfigurationError;
use ironclerk::jwt::{self, SignOptions};
use ironclerk::keys::{FetchKeys, KeyFetchError, KeyFetchErrorKind, KeyFetchFuture, PrivateKey};
use ironclerk::{SecretKey, TokenType};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::authenticate::{NotAsked, compare};
use crate::{recorded, text};

const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

/// The recording names `main` for these, and only `other` can have signed them.
const SIGNED_BY_OTHER: [u64; 3] = [27, 30, 31];

/// What comes of a step: how many requests for keys are made, and who is signed in.
#[derive(Debug, PartialEq)]
struct Outcome {
    requests: usize,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    SignedIn,
    SignedOut {
        reason: String,
        message: String,
    },
    /// There is no such application.
    Configuration(String),
}

impl Outcome {
    fn recorded(step: &Value) -> Self {
        let error = &step["expect"]["error"];
        let state = match error.get("message") {
            None => State::SignedIn,
            Some(_) => {
                let reason = error["reason"].as_str().unwrap_or_default();
                let message = [
                    text(error, "/message"),
                    error["action"].as_str().unwrap_or(""),
                ];
                signed_out(reason, message.join(" ").trim_end())
            }
        };
        let requests = step["fetches"].as_u64().expect("a number") as usize;
        Self { requests, state }
    }
}

fn signed_out(reason: &str, message: &str) -> State {
    State::SignedOut {
        reason: reason.to_owned(),
        message: format!("{message} (reason={reason}, token-carrier=header)"),
    }
}

fn unknown_key(key_id: &str) -> State {
    signed_out(
        "jwk-kid-mismatch",
        &format!(
            "Unable to find a signing key in JWKS that matches the kid='{key_id}' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists."
        ),
    )
}

fn not_loaded(message: &str) -> State {
    let message = format!("{message} Contact support@clerk.com");
    signed_out("jwk-remote-failed-to-load", &message)
}

fn of_another_type() -> State {
    State::SignedOut {
        reason: "token-type-mismatch".to_owned(),
        message: String::new(),
    }
}

fn no_secret_key() -> State {
    State::Configuration(ConfigurationError::MissingSecretKey { old_name: None }.to_string())
}

/// Where we answer differently on purpose: step, why, our requests, our answer.
fn deviations() -> Vec<(u64, &'static str, usize, State)> {
    let status = |status| {
        not_loaded(&format!(
            "Error loading Clerk JWKS from https://api.clerk.com/v1/jwks with code={status}"
        ))
    };
    let wrong_key = signed_out(
        "secret-key-invalid",
        "The provided Clerk Secret Key is invalid. Contact support@clerk.com",
    );
    vec![
        (1, "found when the application starts", 0, no_secret_key()),
        (
            4,
            "D2: another secret key may be another instance",
            1,
            State::SignedIn,
        ),
        (6, "D12, D2b", 0, unknown_key("ins_2")),
        (7, "D12, D2b", 0, unknown_key("ins_2")),
        (8, "D12, D2b", 0, unknown_key("undefined")),
        (
            11,
            "D2: keys belong to their instance",
            1,
            unknown_key("ins_1"),
        ),
        (12, "D12: a wrong key stays wrong", 1, wrong_key),
        (
            13,
            "D12: only what passes by itself is asked again",
            1,
            status(500),
        ),
        (14, "D12", 3, status(429)),
        (
            15,
            "an answer that is no JSON is a failure like others",
            1,
            status(500),
        ),
        (
            16,
            "nobody has answered",
            0,
            not_loaded("Failed to load JWKS from Clerk Backend or Frontend API."),
        ),
        (22, "D3", 0, State::SignedIn),
        (
            25,
            "D3b: keys grow old whatever else is configured",
            1,
            State::SignedIn,
        ),
        (26, "D12, D2b", 0, unknown_key("zzz")),
        (28, "D3", 0, State::SignedIn),
        (30, "D3", 0, State::SignedIn),
        (31, "N12", 0, unknown_key("local-ins_b")),
        (32, "N12", 0, unknown_key("constructor")),
        (33, "N3", 0, of_another_type()),
        (
            34,
            "what it is comes before how it is written",
            0,
            of_another_type(),
        ),
        (35, "found when the application starts", 0, no_secret_key()),
    ]
}

/// A request for keys as the client made it, and what came of it.
#[derive(Clone)]
struct Exchange {
    answer: Result<JsonWebKeySet, KeyFetchError>,
    requests: usize,
}

/// Has the client fetch keys from a server that answers as recorded.
async fn exchange(step: &Value, otherwise: &Value) -> Exchange {
    let responses = step["responses"].as_array().expect("a list");
    let mut responses: VecDeque<Value> = responses.iter().cloned().collect();
    if responses.is_empty() {
        responses.push_back(otherwise.clone());
    }
    let is_reachable = responses[0].get("networkError").is_none();
    let responses = Arc::new(Mutex::new(responses));
    let requests: Arc<Mutex<Vec<Value>>> = Arc::default();
    let log = Arc::clone(&requests);
    let answer = async move |method: Method, uri: Uri, headers: HeaderMap| {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        log.lock().expect("the log").push(json!([
            method.as_str(),
            uri.path(),
            header("authorization"),
            header("clerk-api-version"),
        ]));
        let mut responses = responses.lock().expect("the responses");
        // The last one is for all further requests.
        let response = match responses.len() {
            1 => responses[0].clone(),
            _ => responses.pop_front().expect("a response"),
        };
        let status = response["status"].as_u64().unwrap_or(200) as u16;
        let body = match response["text"].as_str() {
            Some(text) => text.to_owned(),
            None => response["body"].to_string(),
        };
        (StatusCode::from_u16(status).expect("a status"), body).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let here = match is_reachable {
        true => format!("http://{}", listener.local_addr().expect("an address")),
        // Nobody listens there.
        false => "http://127.0.0.1:1".to_owned(),
    };
    let router: Router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });

    let option = |name: &str| step["options"][name].as_str();
    let api_url = option("apiUrl").unwrap_or("https://api.clerk.com");
    let origin = api_url.split('/').take(3).collect::<Vec<_>>().join("/");
    let mut client = Client::builder()
        .secret_key(SecretKey::new(option("secretKey").unwrap_or("sk_test_x")).expect("a key"))
        .api_url(api_url.replace(&origin, &here));
    if let Some(version) = option("apiVersion") {
        client = client.api_version(version);
    }
    let mut answer = client.build().expect("a client").fetch_keys().await;
    if let Err(error) = &mut answer
        && let KeyFetchErrorKind::Status { url, .. } = &mut error.kind
    {
        *url = url.replace(&here, &origin);
    }
    let requests = requests.lock().expect("the log");
    if let Some(recorded) = step.get("request") {
        let path = text(recorded, "/url").strip_prefix(&origin);
        let expected = json!([
            "GET",
            path.expect("an address of the API"),
            recorded["headers"]["Authorization"],
            recorded["headers"]["Clerk-API-Version"],
        ]);
        for request in requests.iter() {
            assert_eq!(*request, expected, "{}", step["name"]);
        }
    }
    Exchange {
        answer,
        requests: requests.len(),
    }
}

/// Gives out what the step's exchange brought, and counts its requests.
#[derive(Clone)]
struct Clerk(Arc<Mutex<(Exchange, usize)>>);

impl Clerk {
    fn begin(&self, exchange: &Exchange) {
        *self.0.lock().expect("the exchange") = (exchange.clone(), 0);
    }

    fn requests(&self) -> usize {
        self.0.lock().expect("the exchange").1
    }
}

impl FetchKeys for Clerk {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        let mut now = self.0.lock().expect("the exchange");
        now.1 += now.0.requests;
        Box::pin(std::future::ready(now.0.answer.clone()))
    }
}

fn token(step: &Value, now: u64) -> String {
    let number = step["step"].as_u64().expect("a number");
    let signer = match SIGNED_BY_OTHER.contains(&number) {
        true => "other",
        false => text(step, "/signedBy"),
    };
    let pem = recorded("keys.json");
    let key: Result<PrivateKey, _> = text(&pem, &format!("/{signer}/privatePem")).parse();
    let mut options = SignOptions::default();
    if let Some(key_id) = step.get("tokenKid") {
        options.header.insert("kid".to_owned(), key_id.clone());
    }
    let mut claims = json!({"sub": "user_1", "sid": "sess_1", "exp": now + 60});
    let name = text(step, "/name");
    if name.contains("M2M JWT") {
        claims["sub"] = json!("mch_1");
    } else if name.contains("OAuth JWT") {
        options.header.insert("typ".to_owned(), json!("at+jwt"));
    }
    let now = UNIX_EPOCH + Duration::from_secs(now);
    jwt::sign(&claims, &key.expect("a key"), &options, now).expect("a token")
}

fn authenticator(step: &Value, clerk: &Clerk) -> Result<Authenticator, State> {
    let option = |name: &str| step["options"][name].as_str().unwrap_or_default();
    let jwt_key = match option("jwtKey").strip_prefix("pem:") {
        Some(name) => crate::public_key(name).to_spki_pem(),
        None => String::new(),
    };
    Authenticator::builder()
        .publishable_key(PUBLISHABLE_KEY)
        .accepts_token(TokenType::SessionToken)
        .secret_key(option("secretKey"))
        .machine_secret_key(option("machineSecretKey"))
        .jwt_key(jwt_key)
        .fetch_keys(clerk.clone())
        .backend_api(NotAsked)
        .build()
        .map_err(|error| State::Configuration(error.to_string()))
}

async fn replay(steps: &[(&Value, Exchange)], now: u64) {
    let clerk = Clerk(Arc::new(Mutex::new((steps[0].1.clone(), 0))));
    let mut authenticators: HashMap<String, Authenticator> = HashMap::new();
    let deviations = deviations();
    let begun = tokio::time::Instant::now();
    let mut failures = Vec::new();
    for (step, exchange) in steps {
        let at = Duration::from_millis(step["atMs"].as_u64().expect("a time"));
        tokio::time::advance(begun + at - tokio::time::Instant::now()).await;
        clerk.begin(exchange);
        // What is configured alike is one application, unless it wants no memory of keys.
        let name = step["options"].to_string();
        let known = authenticators.get(&name).cloned();
        let authenticator = known.map_or_else(|| authenticator(step, &clerk), Ok);
        let state = match authenticator {
            Err(state) => state,
            Ok(authenticator) => {
                let token = token(step, now + at.as_secs());
                let request = Request::get("/").header("authorization", format!("Bearer {token}"));
                let (parts, ()) = request.body(()).expect("a request").into_parts();
                let now = UNIX_EPOCH + Duration::from_secs(now) + at;
                let state = authenticator.authenticate_at(&parts, now).await;
                if step["options"]["skipJwksCache"] != true {
                    authenticators.insert(name, authenticator);
                }
                match state.reason() {
                    None => State::SignedIn,
                    Some(reason) => State::SignedOut {
                        reason: reason.to_string(),
                        message: state.message().unwrap_or_default().to_owned(),
                    },
                }
            }
        };
        // Lets a refresh in the background come to its end.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let ours = Outcome {
            requests: clerk.requests(),
            state,
        };
        let recorded = Outcome::recorded(step);
        let number = step["step"].as_u64().expect("a number");
        let deviation = deviations.iter().find(|it| it.0 == number);
        let compared = match deviation {
            None => compare("outcome", &ours, &recorded),
            Some((_, why, requests, state))
                if *requests == recorded.requests && *state == recorded.state =>
            {
                Err(format!("({why}) is no deviation"))
            }
            Some((_, why, requests, state)) => {
                compare(why, &(ours.requests, &ours.state), &(*requests, state))
            }
        };
        if let Err(failure) = compared {
            failures.push(format!("{number} {}: {failure}", step["name"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn key_cache() {
    let file = recorded("jwks_sequence.json");
    let steps = file["steps"].as_array().expect("a list");
    assert_eq!(steps.len(), 35);
    let now = file["now"].as_u64().expect("a time");
    // Over a socket and with its waits, so not while the clock stands still.
    let runtime = Builder::new_current_thread().enable_all().build();
    let exchanges = runtime.expect("a runtime").block_on(async {
        let otherwise = &steps[1]["responses"][0];
        let mut exchanges = Vec::new();
        for step in steps {
            exchanges.push((step, exchange(step, otherwise).await));
        }
        exchanges
    });
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build();
    runtime
        .expect("a runtime")
        .block_on(replay(&exchanges, now));
}
