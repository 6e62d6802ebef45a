//! Recorded signatures, most of them forged: how many of them a key takes for genuine.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ironclerk_api::jwks::JsonWebKey;
use serde_json::Value;

use super::PublicKey;
use crate::errors::TokenVerificationErrorReason as Reason;
use crate::jwt::{self, Algorithm, VerifyOptions};

fn read(path: &Path) -> Value {
    let shown = path.display();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{shown}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{shown}: {error}"))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}"))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    let list = value[name].as_array().expect("a list");
    assert!(!list.is_empty(), "no {name}");
    list
}

fn rsa_key(value: &Value) -> JsonWebKey {
    JsonWebKey {
        kty: "RSA".to_owned(),
        n: text(value, "n").to_owned(),
        e: text(value, "e").to_owned(),
        ..JsonWebKey::default()
    }
}

#[test]
fn only_genuine_signatures_verify() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/jose/rsa_signatures.json"
    );
    let file = read(Path::new(path));
    for weak in list(&file, "unusableKeys") {
        let key = PublicKey::from_jwk(&rsa_key(weak));
        assert!(key.is_err(), "{}", weak["what"]);
    }
    for case in list(&file, "cases") {
        let key = PublicKey::from_jwk(&rsa_key(&file["keys"][text(case, "key")]));
        let algorithm: Algorithm = text(case, "algorithm").parse().expect("an algorithm");
        let signature = URL_SAFE_NO_PAD.decode(text(case, "signature"));
        let is_genuine = key.expect("a key").verify(
            algorithm,
            text(case, "message").as_bytes(),
            &signature.expect("base64url"),
        );
        assert_eq!(case["valid"], is_genuine, "{case}");
    }
}

/// The variable that names a checkout of <https://github.com/C2SP/wycheproof>.
const WYCHEPROOF: &str = "WYCHEPROOF";

fn wycheproof(file: &str) -> Value {
    let checkout = std::env::var(WYCHEPROOF);
    let checkout = PathBuf::from(checkout.expect("the variable WYCHEPROOF names a checkout"));
    read(&checkout.join("testvectors_v1").join(file))
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
    let bytes = digits.map(|digits| u8::from_str_radix(digits, 16).expect("hexadecimal"));
    bytes.collect()
}

#[test]
#[ignore = "needs the vectors of project Wycheproof, see testdata/jose/README.md"]
fn wycheproof_signatures() {
    let (mut valid, mut invalid) = (0, 0);
    for (algorithm, digest, sizes) in [
        (
            Algorithm::Rs256,
            "sha256",
            [2048, 3072, 4096, 8192].as_slice(),
        ),
        (Algorithm::Rs384, "sha384", &[2048, 3072, 4096, 8192]),
        (Algorithm::Rs512, "sha512", &[2048, 3072, 4096, 8192]),
    ] {
        for size in sizes {
            let file = wycheproof(&format!("rsa_signature_{size}_{digest}_test.json"));
            for group in list(&file, "testGroups") {
                let key: Result<PublicKey, _> = text(group, "publicKeyPem").parse();
                let key = key.expect("a key");
                for case in list(group, "tests") {
                    let (message, signature) = (bytes(text(case, "msg")), bytes(text(case, "sig")));
                    let is_genuine = key.verify(algorithm, &message, &signature);
                    // "Acceptable" is an encoding without a null, which RFC 8017 forbids.
                    assert_eq!(is_genuine, case["result"] == "valid", "{size} {case}");
                    match is_genuine {
                        true => valid += 1,
                        false => invalid += 1,
                    }
                }
            }
        }
    }
    assert!(valid > 80 && invalid > 2900, "{valid} {invalid}");
}

/// What is refused by others and not here: the comment of the case, and why.
const WYCHEPROOF_ACCEPTED: &[(&str, &str)] = &[
    (
        "rejectsKeyWithRocaVulnerability",
        "a key is Clerk's own, and Clerk has not made it on such a chip",
    ),
    ("key_ops", "is not read: an instance's keys do not have it"),
];

/// Their payloads are no JSON, so of the genuine ones only the signature is asked.
#[test]
#[ignore = "needs the vectors of project Wycheproof, see testdata/jose/README.md"]
fn wycheproof_tokens() {
    let (mut valid, mut invalid) = (0, 0);
    for file in [
        "json_web_signature_test.json",
        "json_web_crypto_test.json",
        "json_web_key_test.json",
    ] {
        for group in list(&wycheproof(file), "testGroups") {
            let keys = match group["public"].get("keys") {
                Some(Value::Array(keys)) => keys.clone(),
                _ => vec![group["public"].clone()],
            };
            let key = keys.iter().find_map(|jwk| {
                let jwk: JsonWebKey = serde_json::from_value(jwk.clone()).ok()?;
                PublicKey::from_jwk(&jwk).ok()
            });
            for case in group["tests"].as_array().into_iter().flatten() {
                let Some(token) = case["jws"].as_str() else {
                    // JSON serialisation is no text with dots.
                    let token = case["jws"].to_string();
                    assert!(jwt::decode(&token).is_err(), "{case}");
                    continue;
                };
                let Some(key) = &key else {
                    let is_rsa = keys.iter().any(|key| key["kty"] == "RSA");
                    let is_ours = is_rsa
                        && keys
                            .iter()
                            .all(|key| !key["alg"].to_string().contains("PS"));
                    assert!(!is_ours || case["result"] == "invalid", "{case}");
                    continue;
                };
                let is_accepted = WYCHEPROOF_ACCEPTED.iter().any(|(name, _)| {
                    case["comment"] == *name || keys.iter().any(|key| key.get(name).is_some())
                });
                let is_valid = case["result"] == "valid" || is_accepted;
                let parts: Vec<&str> = token.split('.').collect();
                let is_genuine = match parts[..] {
                    [header, payload, signature] => {
                        let header = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
                        let header: Value = serde_json::from_slice(&header).unwrap_or_default();
                        let algorithm: Option<Algorithm> =
                            header["alg"].as_str().and_then(|name| name.parse().ok());
                        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
                        let signed = &token[..parts[0].len() + 1 + payload.len()];
                        algorithm.is_some_and(|algorithm| {
                            key.is_usable_with(algorithm)
                                && key.verify(algorithm, signed.as_bytes(), &signature)
                        })
                    }
                    _ => false,
                };
                assert_eq!(is_genuine, is_valid, "{} {case}", group["comment"]);
                let options = VerifyOptions::default();
                let error = jwt::verify(token, key, &options, std::time::UNIX_EPOCH);
                let error = error.expect_err("no claims");
                assert_ne!(error.reason, Reason::TokenExpired, "{case}");
                match is_valid {
                    true => valid += 1,
                    false => invalid += 1,
                }
            }
        }
    }
    assert!(valid > 10 && invalid > 200, "{valid} {invalid}");
}
