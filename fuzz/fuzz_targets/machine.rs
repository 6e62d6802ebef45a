//! A machine's token passes only with Clerk's word. The first line of input is the token, the rest
//! is what Clerk answers about it.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderValue, Request};
use ironclerk::authenticate::{AcceptsToken, Answers, Keys, RequestFacts, Settings, Step, decide};
use ironclerk::jwt::VerifyOptions;
use ironclerk::keys::{KeySet, PublicKey};
use ironclerk::machine;
use libfuzzer_sys::fuzz_target;

/// An RSA key that has signed nothing.
static KEY: LazyLock<PublicKey> = LazyLock::new(|| include_str!("key.txt").parse().expect("a key"));

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let token = lines.next().unwrap_or_default();
    let reply = lines.next().unwrap_or_default();
    let Ok(token) = str::from_utf8(token) else {
        return;
    };
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert!(machine::verify(token, &KEY, &VerifyOptions::default(), now).is_err());

    let Ok(value) = HeaderValue::try_from(format!("Bearer {token}")) else {
        return;
    };
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers.insert("authorization", value);
    let facts = RequestFacts::from_parts(&parts);
    let settings = Settings::for_machines(AcceptsToken::Any);
    let mut answers = Answers::new(Keys::remote(Arc::new(KeySet::default())));
    let mut has_asked_clerk = false;
    let state = loop {
        match decide(&facts, &settings, &answers, now) {
            Step::Done(state) => break state,
            Step::NeedKey(id) => answers.key(id, Ok(KEY.clone())),
            Step::NeedMachineToken(question) => {
                assert!(machine::is_machine_token_by_prefix(question.token()));
                has_asked_clerk = true;
                let Ok(reply) = serde_json::from_slice(reply) else {
                    return;
                };
                answers.machine_token(Ok(reply));
            }
            _ => unreachable!("there are no cookies"),
        }
    };
    assert!(has_asked_clerk || !state.is_signed_in());
    let shown = format!("{state:?}");
    assert!(token.len() < 20 || !shown.contains(token), "{shown}");
    serde_json::to_string(&state.auth_object()).expect("JSON");
});
