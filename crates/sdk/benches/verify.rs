//! How much a verification costs beyond its signature: everything here is to be read as a ratio
//! to `signature_alone`.

use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use divan::{Bencher, black_box};
use http::request::Parts;
use ironclerk::Authenticator;
use ironclerk::jwt::{self, SignOptions, TokenCategory, VerifyOptions};
use ironclerk::keys::{PrivateKey, PublicKey};
use serde_json::json;

fn main() {
    divan::main();
}

struct Case {
    key: PublicKey,
    token: String,
    now: SystemTime,
}

impl Case {
    /// A session token as Clerk makes it, with an organization and its permissions.
    fn new() -> Self {
        let key = PrivateKey::generate().expect("a key");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let claims = json!({
            "azp": "https://app.example.com",
            "exp": 1_700_000_060,
            "fea": "o:articles,o:billing,u:export",
            "fva": [3, -1],
            "iss": "https://clerk.example.com",
            "jti": "b1c81bc5dc3f2d590418",
            "nbf": 1_699_999_990,
            "o": {
                "fpm": "3,1",
                "id": "org_2b6fcd92dvf96q05x8e4a8xvt6a",
                "per": "read,manage",
                "rol": "admin",
                "slg": "acme",
            },
            "pla": "o:pro",
            "sid": "sess_2b6fcd92dvf96q05x8e4a8xvt6a",
            "sts": "active",
            "sub": "user_2b6fcd92dvf96q05x8e4a8xvt6a",
            "v": 2,
        });
        let options = SignOptions::new("ins_2b6fcd92dvf96q05x8e4a8xvt6a", TokenCategory::Session);
        let token = jwt::sign(&claims, &key, &options, now).expect("a token");
        Self {
            key: key.public_key(),
            token,
            now,
        }
    }

    fn authenticator(&self) -> Authenticator {
        Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(self.key.to_spki_pem())
            .build()
            .expect("a configuration")
    }

    fn request(&self, authorization: Option<&str>) -> Parts {
        let mut request = http::Request::get("/api/articles?page=2")
            .header("Host", "app.example.com")
            .header("Accept", "application/json")
            .header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
        if let Some(token) = authorization {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.body(()).expect("a request").into_parts().0
    }
}

/// The physical limit: the RSA signature over the same bytes, with a key that is parsed already.
#[divan::bench]
fn signature_alone(bencher: Bencher<'_, '_>) {
    let case = Case::new();
    let der = STANDARD.decode(case.key.to_spki_base64()).expect("base64");
    let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).expect("a key");
    let token = jwt::decode(&case.token).expect("a token");
    let (signed, signature) = (token.signed_part().as_bytes(), token.signature());
    bencher.bench_local(|| {
        key.verify_sig(black_box(signed), black_box(signature))
            .is_ok()
    });
}

#[divan::bench]
fn verify_jwt(bencher: Bencher<'_, '_>) {
    let case = Case::new();
    let options = VerifyOptions::default();
    bencher.bench_local(|| {
        jwt::verify(black_box(&case.token), &case.key, &options, case.now).expect("a valid token")
    });
}

#[divan::bench]
fn authenticate_bearer_token(bencher: Bencher<'_, '_>) {
    let case = Case::new();
    let (authenticator, parts) = (case.authenticator(), case.request(Some(&case.token)));
    bencher.bench_local(|| {
        let state = authenticator.authenticate_local(black_box(&parts), case.now);
        assert!(state.auth().is_signed_in());
        state
    });
}

#[divan::bench]
fn authenticate_nobody(bencher: Bencher<'_, '_>) {
    let case = Case::new();
    let (authenticator, parts) = (case.authenticator(), case.request(None));
    bencher.bench_local(|| authenticator.authenticate_local(black_box(&parts), case.now));
}
