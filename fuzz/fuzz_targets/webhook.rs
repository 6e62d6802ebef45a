//! Any message is refused: nobody has signed it.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use ironclerk::webhook::{self, SigningSecret};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut pieces = bytes.splitn(4, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in ["svix-id", "svix-timestamp", "svix-signature"] {
        if let Ok(value) = HeaderValue::from_bytes(pieces.next().unwrap_or_default()) {
            headers.insert(name, value);
        }
    }
    let body = pieces.next().unwrap_or_default();
    let secret: SigningSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
        .parse()
        .expect("a secret");
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert!(webhook::verify(&headers, body, &[secret], now).is_err());
});
