//! Any request is decided, whatever Clerk answers. One line of input is one part of the request.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::{Duration, UNIX_EPOCH};

use http::request::Parts;
use http::{HeaderValue, Request};
use ironclerk::authenticate::{
    AcceptsToken, Answers, AuthStatus, HandshakePayloadError, Keys, RefreshFailure, RequestFacts,
    Settings, Step, decide,
};
use ironclerk::errors::{MachineTokenVerificationError, MachineTokenVerificationErrorCode};
use ironclerk::keys::{KeySet, PublicKey};
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 8] = [
    "cookie",
    "authorization",
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "referer",
    "sec-fetch-dest",
    "accept",
];

/// An RSA key that has signed nothing.
static KEY: LazyLock<PublicKey> = LazyLock::new(|| include_str!("key.txt").parse().expect("a key"));

static SETTINGS: LazyLock<Vec<Settings>> = LazyLock::new(|| {
    const LIVE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
    const TEST: &str = "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk";
    let all = [
        (LIVE, false, AcceptsToken::default()),
        (LIVE, true, AcceptsToken::default()),
        (TEST, false, AcceptsToken::default()),
        (TEST, true, AcceptsToken::default()),
        (LIVE, false, AcceptsToken::Any),
    ];
    let all = all.into_iter().map(|(text, is_satellite, accepts_token)| {
        let mut settings = Settings::new(text.parse().expect("a key"));
        settings.is_satellite = is_satellite;
        settings.accepts_token = accepts_token;
        settings.domain = Some("satellite.com".to_owned());
        settings.sign_in_url = Some("https://primary.com/sign-in".to_owned());
        settings.satellite_domains = vec!["satellite.com".to_owned()];
        settings
    });
    all.collect()
});

fn parts(bytes: &[u8]) -> Option<Parts> {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let uri = lines.next()?;
    let (mut parts, ()) = Request::get(uri).body(()).ok()?.into_parts();
    for (name, value) in HEADERS.into_iter().zip(lines) {
        parts
            .headers
            .insert(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(parts)
}

fuzz_target!(|bytes: &[u8]| {
    let Some(parts) = parts(bytes) else {
        return;
    };
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for settings in SETTINGS.iter() {
        let facts = RequestFacts::from_parts(&parts);
        let mut answers = Answers::new(Keys::remote(Arc::new(KeySet::default())));
        let state = loop {
            match decide(&facts, settings, &answers, now) {
                Step::Done(state) => break state,
                Step::NeedKey(id) => answers.key(id, Ok(KEY.clone())),
                Step::NeedRefresh(_) => answers.refreshed(Err(RefreshFailure::FetchError)),
                Step::NeedHandshakePayload(nonce) => answers.handshake_payload(match nonce.len() {
                    0..10 => Err(HandshakePayloadError(nonce)),
                    _ => Ok(vec![nonce]),
                }),
                Step::NeedMachineToken(_) => {
                    let code = MachineTokenVerificationErrorCode::TokenInvalid;
                    answers.machine_token(Err(MachineTokenVerificationError::new(code, "no")));
                }
                _ => unreachable!("all steps are answered"),
            }
        };
        // Nobody has a token that this key has signed.
        assert_ne!(state.status(), AuthStatus::SignedIn);
    }
});
