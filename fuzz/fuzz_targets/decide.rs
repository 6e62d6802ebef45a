//! Any request is decided, whatever Clerk answers. One line of input is one part of the request.
#![no_main]

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http::request::Parts;
use http::{HeaderValue, Request};
use ironclerk::authenticate::{
    AcceptsToken, Answers, AuthStatus, HandshakePayloadError, Keys, RefreshFailure, RequestFacts,
    Settings, Step, decide,
};
use ironclerk::errors::{
    KeyError, MachineTokenVerificationError, MachineTokenVerificationErrorCode,
};
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
const KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvP7p2ltzeulDjyWIdOhIxf7IlgrVXu0JET8Fx45618lxojNz0zMhbvyHbpgyxAFDvrmOJ8lMuwLm+1fccQrjljsPpq0sRgsmRAOVSvJDP5Wv+h+bVfZvnEX/CAH3F9A86YA+9DiV4r/kG/BLUtd8MyV3M4arSDk1R/VRPJbzg/0/2N9Ihyn98mxRWy3zJE7ArMczWxDRs1hFwRc1MHgEmIbWH+4zF6MO6biGg7LYNbBZg07mh6hCjYubLQb+YYlpP8jwH4yj3xlIt6XcDzxJl8bEp023xnKHjCzqpTkhtJhN+Eq1sX3MQkzHuIT1NLHZH9ywYcXhcGkrAahyaXC3bQIDAQAB";

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
    let key: Result<PublicKey, KeyError> = KEY.parse();
    let key = key.expect("a key");
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    const LIVE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
    const TEST: &str = "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk";
    for (text, is_satellite, accepts_token) in [
        (LIVE, false, AcceptsToken::default()),
        (LIVE, true, AcceptsToken::default()),
        (TEST, false, AcceptsToken::default()),
        (TEST, true, AcceptsToken::default()),
        (LIVE, false, AcceptsToken::Any),
    ] {
        let mut settings = Settings::new(text.parse().expect("a key"));
        settings.is_satellite = is_satellite;
        settings.accepts_token = accepts_token;
        settings.domain = Some("satellite.com".to_owned());
        settings.sign_in_url = Some("https://primary.com/sign-in".to_owned());
        settings.satellite_domains = vec!["satellite.com".to_owned()];
        let facts = RequestFacts::from_parts(&parts);
        let mut answers = Answers::new(Keys::remote(Arc::new(KeySet::default())));
        let state = loop {
            match decide(&facts, &settings, &answers, now) {
                Step::Done(state) => break state,
                Step::NeedKey(id) => answers.key(id, Ok(key.clone())),
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
