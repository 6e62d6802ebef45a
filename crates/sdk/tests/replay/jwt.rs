use std::time::Duration;

use ironclerk::errors::TokenVerificationErrorReason as Reason;
use ironclerk::jwt::{self, SignOptions, VerifyOptions};
use ironclerk::keys::PublicKey;
use serde_json::{Value, json};

use crate::{assert_known, cases, clock, names, private_key, public_key, recorded, text};

enum Ours {
    Accepted,
    Refused(Reason, &'static str),
    /// The key itself is refused, before there is a token.
    KeyRefused,
}
use Ours::{Accepted, KeyRefused, Refused};

/// Name, why, our answer.
const VERIFY_DEVIATIONS: &[(&str, &str, Ours)] = &[
    (
        "aud-str!=audience-str",
        "D4: the message shows the claim as it is",
        Refused(
            Reason::TokenVerificationFailed,
            r#"Invalid JWT audience claim (aud) "x". Is not included in "["y"]"."#,
        ),
    ),
    ("aud-str in audience-array", "D4", Accepted),
    (
        "aud-array lacks audience-str",
        "D4",
        Refused(
            Reason::TokenVerificationFailed,
            r#"Invalid JWT audience claim array (aud) ["x","z"]. Is not included in "["y"]"."#,
        ),
    ),
    (
        "aud-array lacks audience-array",
        "D4",
        Refused(
            Reason::TokenVerificationFailed,
            r#"Invalid JWT audience claim array (aud) ["x","z"]. Is not included in "["y"]"."#,
        ),
    ),
    (
        "order: aud before azp",
        "D4: the message shows the claim as it is",
        Refused(
            Reason::TokenVerificationFailed,
            r#"Invalid JWT audience claim (aud) "x". Is not included in "["y"]"."#,
        ),
    ),
    (
        "azp missing",
        "D5",
        Refused(
            Reason::TokenInvalidAuthorizedParties,
            r#"Invalid JWT Authorized party claim (azp) undefined. Expected "http://b"."#,
        ),
    ),
    (
        "azp empty",
        "D5",
        Refused(
            Reason::TokenInvalidAuthorizedParties,
            r#"Invalid JWT Authorized party claim (azp) "". Expected "http://b"."#,
        ),
    ),
    (
        "exp=now-4 skew0 (falsy->default)",
        "D8",
        Refused(
            Reason::TokenExpired,
            "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:13:16 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT.",
        ),
    ),
    (
        "order: claims before signature",
        "D9",
        Refused(Reason::TokenInvalidSignature, "JWT signature is invalid."),
    ),
    (
        "RS512 jwk with alg RS256",
        "the text comes from the JavaScript engine",
        Refused(
            Reason::TokenVerificationFailed,
            "Error verifying JWT signature. Error: the key is bound to an algorithm other than RS512",
        ),
    ),
    (
        "jwk empty",
        "a key is read once, before any token",
        KeyRefused,
    ),
    (
        "bad base64 char",
        "D6",
        Refused(Reason::TokenInvalid, HEADER),
    ),
    (
        "header not json",
        "D6",
        Refused(Reason::TokenInvalid, HEADER),
    ),
    (
        "payload not json",
        "D6",
        Refused(Reason::TokenInvalid, PAYLOAD),
    ),
    (
        "signature std alphabet",
        "D6",
        Refused(Reason::TokenInvalid, SIGNATURE),
    ),
    (
        "signature truncated 1 char",
        "D6",
        Refused(Reason::TokenInvalid, SIGNATURE),
    ),
    (
        "one char parts",
        "D6",
        Refused(Reason::TokenInvalid, HEADER),
    ),
    ("leading space", "D6", Refused(Reason::TokenInvalid, HEADER)),
    (
        "payload null",
        "D6",
        Refused(
            Reason::TokenVerificationFailed,
            "Subject claim (sub) is required and must be a string. Received undefined.",
        ),
    ),
];

const DECODE_DEVIATIONS: &[(&str, &str, Ours)] = &[
    ("odd", "D6", Refused(Reason::TokenInvalid, HEADER)),
    ("bad char", "D6", Refused(Reason::TokenInvalid, HEADER)),
];

const HEADER: &str = "Invalid JWT form: the header is not a base64url-encoded JSON object.";
const PAYLOAD: &str = "Invalid JWT form: the payload is not base64url-encoded JSON.";
const SIGNATURE: &str = "Invalid JWT form: the signature is not base64url.";

fn key(name: &Value) -> Option<PublicKey> {
    let Some(name) = name.as_str() else {
        let jwk = serde_json::from_value(name.clone()).expect("a JWK");
        return PublicKey::from_jwk(&jwk).ok();
    };
    match name {
        "jwk:main" | "jwk:main+alg" => {
            let keys = recorded("keys.json");
            let mut jwk = keys["main"]["publicJwk"].clone();
            let members = jwk.as_object_mut().expect("an object");
            members.remove("alg");
            if name.ends_with("+alg") {
                members.insert("alg".to_owned(), json!("RS256"));
            }
            let jwk = serde_json::from_value(jwk).expect("a JWK");
            PublicKey::from_jwk(&jwk).ok()
        }
        "pem:main" => Some(public_key("main")),
        "pem:other" => Some(public_key("other")),
        other => other.parse().ok(),
    }
}

fn verify_options(case: &Value) -> VerifyOptions {
    let options = &case["options"];
    let mut verify = VerifyOptions {
        audience: names(&options["audience"]),
        authorized_parties: names(&options["authorizedParties"]),
        ..VerifyOptions::default()
    };
    if let Some(skew) = options["clockSkewInMs"].as_u64() {
        verify.clock_skew = Duration::from_millis(skew);
    }
    if options.get("headerType").is_some() {
        verify.header_types = names(&options["headerType"]);
    }
    verify
}

#[test]
fn verify() {
    let file = recorded("jwt_verify.json");
    assert_known(VERIFY_DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let ours = VERIFY_DEVIATIONS.iter().find(|it| it.0 == name);
        let Some(key) = key(&case["options"]["key"]) else {
            assert!(matches!(ours, Some((_, _, KeyRefused))), "{name}");
            continue;
        };
        let token = text(case, "/token");
        let outcome = jwt::verify(token, &key, &verify_options(case), clock(case));
        let recorded = &case["expect"];
        match (ours, outcome) {
            (Some((_, why, Accepted)), outcome) => {
                assert!(recorded.get("error").is_some(), "{name} is no deviation");
                outcome.unwrap_or_else(|error| panic!("{name} ({why}): {error}"));
            }
            (Some((_, why, Refused(reason, message))), outcome) => {
                let error = outcome.expect_err(name);
                assert_eq!(
                    (error.reason, error.message.as_str()),
                    (*reason, *message),
                    "{name} ({why})"
                );
                assert_ne!(
                    recorded["error"]["message"], *message,
                    "{name} is no deviation"
                );
            }
            (Some((_, _, KeyRefused)), _) => panic!("{name}: the key was read"),
            (None, Ok(claims)) => {
                assert_eq!(json!(claims), recorded["payload"], "{name}");
                assert_eq!(
                    json!(claims).to_string(),
                    recorded["payload"].to_string(),
                    "{name}: order"
                );
            }
            (None, Err(error)) => {
                let recorded = &recorded["error"];
                assert_eq!(error.message, recorded["message"], "{name}");
                assert_eq!(error.reason.as_str(), recorded["reason"], "{name}");
                let action = error.action.map(|action| action.as_str());
                assert_eq!(json!(action), recorded["action"], "{name}");
            }
        }
    }
}

#[test]
fn decode() {
    let file = recorded("jwt_decode.json");
    assert_known(DECODE_DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let recorded = &case["expect"];
        let outcome = jwt::decode(text(case, "/token"));
        if let Some((_, why, Refused(reason, message))) =
            DECODE_DEVIATIONS.iter().find(|it| it.0 == name)
        {
            let error = outcome.expect_err(name);
            assert_eq!(
                (error.reason, error.message.as_str()),
                (*reason, *message),
                "{name} ({why})"
            );
            continue;
        }
        match outcome {
            Ok(token) => {
                assert_eq!(*token.header(), recorded["header"], "{name}");
                assert_eq!(*token.unverified_claims(), recorded["payload"], "{name}");
                let hex: String = token
                    .signature()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                assert_eq!(hex, recorded["signatureHex"], "{name}");
                assert_eq!(token.as_str(), recorded["raw"]["text"], "{name}");
                let signed = format!(
                    "{}.{}",
                    text(recorded, "/raw/header"),
                    text(recorded, "/raw/payload")
                );
                assert_eq!(token.signed_part(), signed, "{name}");
            }
            Err(error) => {
                assert_eq!(error.message, recorded["error"]["message"], "{name}");
                assert_eq!(error.reason.as_str(), recorded["error"]["reason"], "{name}");
                assert_eq!(error.action, None, "{name}");
            }
        }
    }
}

/// Name, and why it cannot be asked here. All are refused by the types or while the key is read.
const SIGN_DEVIATIONS: &[(&str, &str)] = &[
    (
        "jwk key",
        "private keys are read from PEM; the same key as PEM gives the same token",
    ),
    (
        "no algorithm",
        "there is always an algorithm, RS256 unless another is chosen",
    ),
    ("public pem", "a public key is no `PrivateKey`"),
];

#[test]
fn sign() {
    let file = recorded("jwt_sign.json");
    assert_known(SIGN_DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let recorded = &case["expect"];
        let mut options = SignOptions::default();
        match name {
            "no algorithm" => {
                assert_eq!(options.algorithm, jwt::Algorithm::Rs256);
                continue;
            }
            "public pem" => {
                let pem = public_key("main").to_spki_pem();
                assert!(pem.parse::<ironclerk::keys::PrivateKey>().is_err());
                continue;
            }
            _ => {}
        }
        match text(case, "/options/algorithm").parse() {
            Ok(algorithm) => options.algorithm = algorithm,
            Err(error) => {
                let error: ironclerk::errors::UnsupportedAlgorithm = error;
                assert_eq!(
                    error.to_string(),
                    text(recorded, "/error/message"),
                    "{name}"
                );
                continue;
            }
        }
        if let Some(header) = case["options"]["header"].as_object() {
            options.header = header.clone();
        }
        let key = private_key();
        let token = jwt::sign(&case["payload"], &key, &options, clock(case)).expect(name);
        assert_eq!(token, text(recorded, "/token"), "{name}");
        let decoded = jwt::decode(&token).expect(name);
        assert_eq!(
            decoded.header().to_string(),
            text(recorded, "/header"),
            "{name}"
        );
        assert_eq!(
            decoded.unverified_claims().to_string(),
            text(recorded, "/payload"),
            "{name}"
        );
        assert_eq!(
            jwt::has_valid_signature(&decoded, &key.public_key()),
            Ok(true),
            "{name}"
        );
        assert_eq!(
            jwt::has_valid_signature(&decoded, &public_key("other")),
            Ok(false),
            "{name}"
        );
    }
}
