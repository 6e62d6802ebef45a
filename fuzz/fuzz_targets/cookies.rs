//! Any `Cookie` header can be read, and no cookie brings in another one.
#![no_main]

use http::{HeaderValue, Request};
use ironclerk::authenticate::RequestFacts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (mut parts, ()) = Request::new(()).into_parts();
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    parts.headers.insert("cookie", value);
    let facts = RequestFacts::from_parts(&parts);
    let pairs = bytes.split(|byte| *byte == b';').count();
    assert!(facts.cookies().count() <= pairs);
    for (name, _) in facts.cookies() {
        let _ = facts.cookie(name);
    }
});
