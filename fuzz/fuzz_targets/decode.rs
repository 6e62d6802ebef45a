//! Any text is a token or an error.
#![no_main]

use ironclerk::jwt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(token) = jwt::decode(text) {
        assert!(text.starts_with(token.signed_part()));
        let _ = (token.key_id(), format!("{token:?}"));
    }
});
