//! Replays what `@clerk/backend` 2.33.8 was seen to do (`testdata/sdk`).
//!
//! Where IronClerk answers differently on purpose, the case stands in that file's list of
//! deviations with the defect's number and our answer, and is held to it.

mod authenticate;
mod deviations;
mod get_token;
mod internal;
mod jwks;
mod jwt;
mod machine;
mod session;
mod webhook;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ironclerk::keys::{PrivateKey, PublicKey};
use serde_json::Value;

/// Reads a file of recorded behaviour.
fn recorded(file: &str) -> Value {
    let path = format!("{}/../../testdata/sdk/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cases of a file, of which there is at least one.
fn cases(file: &Value) -> &[Value] {
    let cases = file["cases"].as_array().expect("a list of cases");
    assert!(!cases.is_empty());
    cases
}

fn text<'a>(case: &'a Value, pointer: &str) -> &'a str {
    case.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} of {case}"))
}

fn names(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many
            .iter()
            .map(|name| name.as_str().expect("a name").to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

/// The frozen clock of a case.
fn clock(case: &Value) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(case["now"].as_u64().expect("a time"))
}

fn public_key(name: &str) -> PublicKey {
    let pem = recorded("keys.json");
    let pem = text(&pem, &format!("/{name}/publicPem"));
    pem.parse().expect("a public key")
}

fn private_key() -> PrivateKey {
    let pem = recorded("keys.json");
    let pem = text(&pem, "/main/privatePem");
    pem.parse().expect("a private key")
}

/// A list of deviations must speak of cases that exist.
fn assert_known<'a>(deviations: impl Iterator<Item = &'a str>, cases: &[Value]) {
    let known: BTreeSet<&str> = cases.iter().map(|case| text(case, "/name")).collect();
    for name in deviations {
        assert!(known.contains(name), "{name} is not a recorded case");
    }
}
