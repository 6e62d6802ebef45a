use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use http::request::Parts;
use ironclerk::authenticate::{AuthStatus, Authenticator, RequestState};
use ironclerk::keys::{FetchKeys, KeyFetchErrorKind, KeyFetchFuture};
use serde_json::{Value, json};

use crate::{assert_known, cases, clock, names, recorded, text};

/// Our answer to a case that the official SDK answers differently.
struct Ours {
    status: &'static str,
    reason: Option<&'static str>,
    message: &'static str,
}

const fn signed_out(reason: &'static str, message: &'static str) -> Ours {
    Ours {
        status: "signed-out",
        reason: Some(reason),
        message,
    }
}

const OTHER_CATEGORY: Ours = signed_out("token-type-mismatch", "");

const fn unknown_key(message: &'static str) -> Ours {
    signed_out("jwk-kid-mismatch", message)
}

/// Name, why, our answer. Headers follow from the answer.
const DEVIATIONS: &[(&str, &str, Ours)] = &[
    ("cat/dev/header/template", "N3b", OTHER_CATEGORY),
    ("cat/dev/header/unknown", "N3b", OTHER_CATEGORY),
    ("cat/dev/header/number", "N3b", OTHER_CATEGORY),
    ("cat/prod/header/m2m", "N3b", OTHER_CATEGORY),
    ("cat/prod/header/unknown", "N3b", OTHER_CATEGORY),
    ("cat/prod/header/number", "N3b", OTHER_CATEGORY),
    (
        "header/post-expired-doc",
        "D11b",
        signed_out(
            "session-token-expired-refresh-non-eligible-non-get",
            "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:12:20 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT. (reason=token-expired, token-carrier=header)",
        ),
    ),
    (
        "header/jwks-network",
        "an unreachable API has a reason of its own",
        signed_out(
            "jwk-remote-failed-to-load",
            "Failed to load JWKS from Clerk Backend or Frontend API. Contact support@clerk.com (reason=jwk-remote-failed-to-load, token-carrier=header)",
        ),
    ),
    ("header/dev/kid", "D2b", unknown_key(UNKNOWN)),
    ("header/prod/kid", "D2b", unknown_key(UNKNOWN)),
    (
        "kid-prototype-name/constructor",
        "N12",
        unknown_key(CONSTRUCTOR),
    ),
    ("kid-prototype-name/__proto__", "N12", unknown_key(PROTO)),
];

const UNKNOWN: &str = "Unable to find a signing key in JWKS that matches the kid='ins_unknown' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";
const CONSTRUCTOR: &str = "Unable to find a signing key in JWKS that matches the kid='constructor' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";
const PROTO: &str = "Unable to find a signing key in JWKS that matches the kid='__proto__' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT. Go to your Dashboard and validate your secret and public keys are correct. Contact support@clerk.com if the issue persists. (reason=jwk-kid-mismatch, token-carrier=header)";

/// Answers as the recorded Clerk did, and counts.
#[derive(Clone)]
struct RecordedClerk {
    jwks: Value,
    fetches: Arc<AtomicUsize>,
}

impl FetchKeys for RecordedClerk {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let answer = if self.jwks.get("networkError").is_some() {
            Err(KeyFetchErrorKind::Unreachable.into())
        } else if self.jwks["status"] != 200 {
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

fn authenticator(case: &Value, clerk: &RecordedClerk) -> Authenticator {
    let option = |name: &str| {
        let of_call = case["options"].get(name);
        let of_client = case["client"].get(name);
        of_call
            .or(of_client)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Authenticator::builder()
        .publishable_key(option("publishableKey"))
        .secret_key(option("secretKey"))
        .jwt_key(option("jwtKey"))
        .authorized_parties(names(&case["options"]["authorizedParties"]))
        .fetch_keys(clerk.clone())
        .build()
        .unwrap_or_else(|error| panic!("{}: {error}", case["name"]))
}

fn parts(case: &Value) -> Parts {
    let mut request = Request::builder()
        .method(text(case, "/request/method"))
        .uri(text(case, "/request/url"));
    for (name, value) in case["request"]["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("a value"));
    }
    request.body(()).expect("a request").into_parts().0
}

/// Name and value of every header, sorted, values as Latin-1.
fn headers(state: &RequestState) -> Vec<(String, String)> {
    let latin_1 = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    let mut headers: Vec<_> = state
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), latin_1(value.as_bytes())))
        .collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn bearer_tokens_and_no_token() {
    let file = recorded("authenticate_bearer.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let fetches = Arc::new(AtomicUsize::new(0));
        let jwks = match case.pointer("/backend/jwks") {
            Some(jwks) => jwks.clone(),
            None => json!({"status": 200, "body": file["jwks"]}),
        };
        let clerk = RecordedClerk {
            jwks,
            fetches: Arc::clone(&fetches),
        };
        let authenticator = authenticator(case, &clerk);
        let state = authenticator
            .authenticate_at(&parts(case), clock(case))
            .await;

        if let Some((_, why, ours)) = DEVIATIONS.iter().find(|it| it.0 == name) {
            assert_deviates(name, why, ours, &state, &case["expect"]);
            continue;
        }
        assert_as_recorded(name, &state, &case["expect"]);
        // The official SDK asks up to five times, and again for every request (D12).
        let recorded = case["jwksFetches"].as_u64().expect("a number").min(1);
        assert_eq!(
            fetches.load(Ordering::SeqCst) as u64,
            recorded,
            "{name}: fetches"
        );
    }
}

fn assert_as_recorded(name: &str, state: &RequestState, recorded: &Value) {
    let reason = state.reason().map(|reason| reason.as_str());
    assert_eq!(json!(reason), recorded["reason"], "{name}");
    assert_eq!(json!(state.message()), recorded["message"], "{name}");
    assert_eq!(state.status().as_str(), text(recorded, "/status"), "{name}");
    assert_eq!(json!(state.token()), recorded["token"], "{name}");
    assert_eq!(
        json!(state.is_signed_in()),
        recorded["isAuthenticated"],
        "{name}"
    );

    let mut expected: Vec<(String, String)> =
        serde_json::from_value(recorded["headers"].clone()).expect(name);
    expected.sort();
    assert_eq!(headers(state), expected, "{name}");

    let auth = state.auth();
    let Some(recorded) = recorded["auth"].as_object() else {
        assert_eq!(state.status(), AuthStatus::Handshake, "{name}");
        assert!(!auth.is_signed_in(), "{name}");
        return;
    };
    let mut recorded = recorded.clone();
    recorded.retain(|_, value| *value != "<undefined>");
    let token = recorded.shift_remove("token").expect("a token");
    assert_eq!(json!(auth.token()), token, "{name}");
    if let Some(with_pending) = recorded.shift_remove("__withPending") {
        let ours = serde_json::to_value(state.auth_with_pending()).expect(name);
        for (member, value) in with_pending.as_object().expect(name) {
            assert_eq!(ours[member], *value, "{name}: {member}");
        }
    }
    let ours = serde_json::to_value(&auth).expect(name);
    assert_eq!(ours, Value::Object(recorded), "{name}");
}

fn assert_deviates(name: &str, why: &str, ours: &Ours, state: &RequestState, recorded: &Value) {
    assert_eq!(state.status().as_str(), ours.status, "{name} ({why})");
    let reason = state.reason().map(|reason| reason.as_str());
    assert_eq!(reason.as_deref(), ours.reason, "{name} ({why})");
    assert_eq!(state.message(), Some(ours.message), "{name} ({why})");
    assert!(
        !state.auth().is_signed_in() && state.location().is_none(),
        "{name} ({why})"
    );
    let is_same = recorded["status"] == ours.status
        && recorded["reason"] == json!(ours.reason)
        && recorded["message"] == ours.message;
    assert!(!is_same, "{name} is no deviation");
    let has = |header: &str| state.headers().contains_key(header);
    assert!(
        has("x-clerk-auth-status") && has("x-clerk-auth-reason"),
        "{name}"
    );
    assert_eq!(
        has("x-clerk-auth-message"),
        !ours.message.is_empty(),
        "{name}"
    );
}

#[tokio::test]
async fn without_waiting_only_known_keys_count() {
    let file = recorded("authenticate_bearer.json");
    let case = cases(&file)
        .iter()
        .find(|case| case["name"] == "header/prod/older");
    let case = case.expect("a case of a valid token");
    let fetches = Arc::new(AtomicUsize::new(0));
    let clerk = RecordedClerk {
        jwks: json!({"status": 200, "body": file["jwks"]}),
        fetches: Arc::clone(&fetches),
    };
    let (authenticator, parts) = (authenticator(case, &clerk), parts(case));

    let state = authenticator.authenticate_local(&parts, clock(case));
    let reason = state.reason().map(|reason| reason.to_string());
    assert_eq!(reason.as_deref(), Some("jwk-failed-to-resolve"));
    assert_eq!(fetches.load(Ordering::SeqCst), 0);

    assert!(
        authenticator
            .authenticate_at(&parts, clock(case))
            .await
            .is_signed_in()
    );
    assert!(
        authenticator
            .authenticate_local(&parts, clock(case))
            .is_signed_in()
    );
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_visitor_can_make_it_fail() {
    let file = recorded("authenticate_bearer.json");
    let case = &cases(&file)[0];
    let clerk = RecordedClerk {
        jwks: json!({"status": 200, "body": file["jwks"]}),
        fetches: Arc::default(),
    };
    let authenticator = authenticator(case, &clerk);
    let long = format!("Bearer e30.e30.{}", "A".repeat(1 << 20));
    let deep = format!("Bearer {}.e30.", "W1tb".repeat(10_000));
    let values: [&[u8]; 8] = [
        b"Bearer \xff\xfe",
        b"Bearer ..",
        b"Bearer .",
        b"Bearer bnVsbA.bnVsbA.",
        b"Bearer MQ.MQ.MQ",
        b"Bearer eyJraWQiOjF9.e30.",
        long.as_bytes(),
        deep.as_bytes(),
    ];
    for value in values {
        let request = Request::get("//evil.example/p?%ff=%")
            .header("host", "\u{e9}")
            .header("cookie", "%; =; a=%ff%; __session=\u{e9}")
            .header("authorization", value)
            .body(());
        let (parts, ()) = request.expect("a request").into_parts();
        let state = authenticator.authenticate_at(&parts, clock(case)).await;
        assert_eq!(state.status(), AuthStatus::SignedOut);
        let length: usize = state.headers().values().map(http::HeaderValue::len).sum();
        assert!(length < 2048, "{length}");
    }
}
