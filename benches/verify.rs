//! What it costs to verify a session token and to authenticate a request, as a ratio to the bare
//! RSA signature over the same bytes, beside other libraries.
//!
//! Every round times each of them in turn, so that whatever else the machine does slows all of
//! them; the ratios are medians over the rounds.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clerk_rs::validators::authorizer::validate_jwt_with_key;
use clerk_rs::validators::jwks::JwksKey;
use http::request::Parts;
use ironclerk::Authenticator;
use ironclerk::jwt::{self, SignOptions, TokenCategory, VerifyOptions};
use ironclerk::keys::PrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

const KEY_ID: &str = "ins_2b6fcd92dvf96q05x8e4a8xvt6a";
const ROUNDS: usize = 200;
/// How long each of them runs in a round.
const TURN: Duration = Duration::from_millis(4);

fn main() {
    let key = PrivateKey::generate().expect("a key");
    let now = SystemTime::now();
    let token = token(&key, now);
    let key = key.public_key();

    let bare = {
        let der = STANDARD.decode(key.to_spki_base64()).expect("base64");
        let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).expect("a key");
        let token = jwt::decode(&token).expect("a token");
        let signed = token.signed_part().as_bytes().to_vec();
        let signature = token.signature().to_vec();
        move || {
            assert!(
                key.verify_sig(black_box(&signed), black_box(&signature))
                    .is_ok()
            )
        }
    };
    let verify = {
        let (key, token, options) = (key.clone(), token.clone(), VerifyOptions::default());
        move || {
            black_box(jwt::verify(black_box(&token), &key, &options, now).expect("a valid token"));
        }
    };
    let authenticate = |token_cache: usize, authorization: Option<&str>| {
        let authenticator = Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(key.to_spki_pem())
            .token_cache(token_cache)
            .build()
            .expect("a configuration");
        let (parts, is_signed_in) = (request(authorization), authorization.is_some());
        move || {
            let state = authenticator.authenticate_local(black_box(&parts), now);
            assert_eq!(state.auth().is_signed_in(), is_signed_in);
            black_box(state);
        }
    };
    let with_jsonwebtoken = {
        let (pem, token) = (key.to_spki_pem(), token.clone());
        let key = DecodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
        let validation = Validation::new(Algorithm::RS256);
        move || {
            let claims =
                jsonwebtoken::decode::<Map<String, Value>>(black_box(&token), &key, &validation);
            black_box(claims.expect("a valid token"));
        }
    };
    let with_clerk_rs = {
        let (jwk, token) = (key.to_jwk(KEY_ID), token.clone());
        let key = JwksKey {
            use_key: "sig".to_owned(),
            kty: jwk.kty,
            kid: KEY_ID.to_owned(),
            alg: "RS256".to_owned(),
            n: jwk.n,
            e: jwk.e,
        };
        move || {
            black_box(validate_jwt_with_key(black_box(&token), &key).expect("a valid token"));
        }
    };

    let mut contenders: Vec<(&str, Box<dyn FnMut()>)> = vec![
        ("bare signature (aws-lc-rs)", Box::new(bare)),
        ("jwt::verify", Box::new(verify)),
        (
            "authenticate, bearer token",
            Box::new(authenticate(0, Some(&token))),
        ),
        (
            "authenticate, remembered token",
            Box::new(authenticate(100, Some(&token))),
        ),
        ("authenticate, nobody", Box::new(authenticate(0, None))),
        ("jsonwebtoken 11, into a map", Box::new(with_jsonwebtoken)),
        ("clerk-rs 0.5", Box::new(with_clerk_rs)),
    ];
    let mut rounds: Vec<Vec<f64>> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(
            contenders
                .iter_mut()
                .map(|(_, run)| nanoseconds(run))
                .collect(),
        );
    }

    println!(
        "{:<32} {:>10} {:>12} {:>8}",
        "", "ns", "per second", "ratio"
    );
    let line = |name: &str, time: f64, ratio: f64| {
        println!("{name:<32} {time:>10.0} {:>12.0} {ratio:>8.2}", 1e9 / time);
    };
    let bare = median(rounds.iter().map(|round| round[0]));
    for (index, (name, _)) in contenders.iter().enumerate() {
        let time = median(rounds.iter().map(|round| round[index]));
        let ratio = median(rounds.iter().map(|round| round[0] / round[index]));
        line(name, time, ratio);
    }
    match with_node(&token, &key.to_spki_pem()) {
        Ok(time) => line("@clerk/backend 1.34, verifyJwt", time, bare / time),
        Err(reason) => println!("@clerk/backend 1.34: skipped, {reason}"),
    }
}

/// A session token as Clerk makes it, with an organization and its permissions.
fn token(key: &PrivateKey, now: SystemTime) -> String {
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let claims = json!({
        "azp": "https://app.example.com",
        "exp": seconds + 3600,
        "fea": "o:articles,o:billing,u:export",
        "fva": [3, -1],
        "iat": seconds,
        "iss": "https://clerk.example.com",
        "jti": "b1c81bc5dc3f2d590418",
        "nbf": seconds - 10,
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
    let options = SignOptions::new(KEY_ID, TokenCategory::Session);
    jwt::sign(&claims, key, &options, now).expect("a token")
}

fn request(authorization: Option<&str>) -> Parts {
    let mut request = http::Request::get("/api/articles?page=2")
        .header("Host", "app.example.com")
        .header("Accept", "application/json")
        .header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
    if let Some(token) = authorization {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    request.body(()).expect("a request").into_parts().0
}

/// The time of one run, over as many as fit into a turn.
fn nanoseconds(run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    let mut runs = 0;
    while start.elapsed() < TURN {
        for _ in 0..20 {
            run();
        }
        runs += 20;
    }
    start.elapsed().as_nanos() as f64 / f64::from(runs)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The official SDK, as the conformance suite has installed it.
fn with_node(token: &str, pem: &str) -> Result<f64, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance");
    if !std::path::Path::new(folder).join("node_modules").exists() {
        return Err("run `npm ci` in conformance/ first".to_owned());
    }
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", include_str!("verify.mjs")])
        .env("TOKEN", token)
        .env("PEM", pem)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("Node.js cannot be started: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}
