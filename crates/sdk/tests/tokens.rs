//! Tokens that somebody has made up or tampered with, and the one that is genuine.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Request;
use ironclerk::Authenticator;
use ironclerk::errors::{
    TokenVerificationError, TokenVerificationErrorAction as Action,
    TokenVerificationErrorReason as Reason,
};
use ironclerk::jwt::{
    self, Algorithm, MAX_TOKEN_LENGTH, SignOptions, TokenCategory, VerifyOptions,
};
use ironclerk::keys::{PrivateKey, PublicKey};
use ironclerk::machine;
use ironclerk::session::{self, Auth, Has, Reverification, SessionAuth};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: u64 = 1_700_000_000;

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().expect("a key"));
static OTHER: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().expect("a key"));

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn claims() -> Value {
    json!({"sub": "user_1", "sid": "sess_1", "exp": NOW + 60, "nbf": NOW - 10, "iat": NOW})
}

/// What a session token of the instance looks like.
fn genuine() -> String {
    let options = SignOptions::new("ins_1", TokenCategory::Session);
    jwt::sign(&claims(), &KEY, &options, now()).expect("a token")
}

fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// A token of these two texts with the signature of an RSA key over them.
fn signed(key: &PrivateKey, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let parts = format!("{}.{}", encoded(header), encoded(payload));
    signature_of(key, &parts)
}

/// The parts with a genuine signature, which the SDK's own signing would not put there: header and
/// payload are the caller's to the byte.
fn signature_of(key: &PrivateKey, parts: &str) -> String {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

    let pem = key.to_pem().expect("PEM");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a key");
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        parts.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    format!("{parts}.{}", encoded(signature))
}

/// A token with an HMAC in place of the signature.
fn with_hmac(header: &Value, secret: &[u8]) -> String {
    let parts = format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(claims().to_string())
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, parts.as_bytes());
    format!("{parts}.{}", encoded(tag.as_ref()))
}

fn verify(token: &str) -> Result<jwt::Claims, TokenVerificationError> {
    jwt::verify(token, &KEY.public_key(), &VerifyOptions::default(), now())
}

fn authenticator() -> Authenticator {
    Authenticator::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(KEY.public_key().to_spki_pem())
        .build()
        .expect("a configuration")
}

/// Whether any of the ways to present a token lets it pass.
fn signs_in(authenticator: &Authenticator, token: &str) -> bool {
    let key = KEY.public_key();
    let options = VerifyOptions::default();
    let with = |name: &str, value: String| {
        let request = Request::get("/").header("host", "app.example.com");
        let Ok(request) = request.header(name, value).body(()) else {
            return false;
        };
        let state = authenticator.authenticate_local(&request.into_parts().0, now());
        state.is_signed_in()
    };
    session::verify(token, &key, &options, now()).is_ok()
        || machine::verify(token, &key, &options, now()).is_ok()
        || with("authorization", format!("Bearer {token}"))
        || with("cookie", format!("__session={token}; __client_uat=1"))
}

#[test]
fn the_genuine_token_passes_every_way() {
    let authenticator = authenticator();
    let token = genuine();
    assert!(verify(&token).is_ok());
    assert!(signs_in(&authenticator, &token));
    let same = signed(
        &KEY,
        r#"{"alg":"RS256","kid":"ins_1","typ":"JWT"}"#,
        claims().to_string(),
    );
    assert!(signs_in(&authenticator, &same));
}

#[test]
fn no_algorithm_but_the_three_is_known() {
    let authenticator = authenticator();
    let public = KEY.public_key();
    let pem = public.to_spki_pem();
    let jwk = public.to_jwk("ins_1");
    let der = STANDARD.decode(public.to_spki_base64()).expect("base64");
    let modulus = URL_SAFE_NO_PAD.decode(&jwk.n).expect("base64url");
    let hs256 = json!({"alg": "HS256", "kid": "ins_1", "typ": "JWT"});
    let mut forged: Vec<String> = [
        pem.as_bytes(),
        pem.trim_end().as_bytes(),
        public.to_spki_base64().as_bytes(),
        &der,
        jwk.n.as_bytes(),
        &modulus,
        serde_json::to_string(&jwk).expect("JSON").as_bytes(),
        b"",
    ]
    .into_iter()
    .map(|secret| with_hmac(&hs256, secret))
    .collect();
    let genuine = genuine();
    let (_, signature) = genuine.rsplit_once('.').expect("a signature");
    for algorithm in [
        "\"none\"",
        "\"None\"",
        "\"nOnE\"",
        "\"NONE\"",
        "\"\"",
        "\"rs256\"",
        "\"RS256 \"",
        "\" RS256\"",
        "\"RS256\\u0000\"",
        "\"RS1\"",
        "\"PS256\"",
        "\"ES256\"",
        "\"EdDSA\"",
        "\"HS256\"",
        "null",
        "0",
        "true",
        "[\"RS256\"]",
        "{\"RS256\":1}",
    ] {
        let header = format!(r#"{{"alg":{algorithm},"kid":"ins_1","typ":"JWT"}}"#);
        let parts = format!("{}.{}", encoded(&header), encoded(claims().to_string()));
        forged.push(format!("{parts}."));
        forged.push(format!("{parts}.{signature}"));
        // Even Clerk itself could not make this one.
        forged.push(signature_of(&KEY, &parts));
    }
    forged.push(signed(
        &KEY,
        r#"{"kid":"ins_1","typ":"JWT"}"#,
        claims().to_string(),
    ));
    for token in &forged {
        let error = verify(token).expect_err(token);
        assert_eq!(error.reason, Reason::TokenInvalidAlgorithm, "{token}");
        assert!(!signs_in(&authenticator, token), "{token}");
    }
}

#[test]
fn a_token_does_not_bring_its_own_key() {
    let authenticator = authenticator();
    let jwk = serde_json::to_value(OTHER.public_key().to_jwk("ins_1")).expect("JSON");
    let certificate = OTHER.public_key().to_spki_base64();
    for extra in [
        json!({}),
        json!({"jwk": jwk}),
        json!({"jku": "https://evil.example/jwks.json"}),
        json!({"x5u": "https://evil.example/key.pem"}),
        json!({"x5c": [certificate]}),
        json!({"kid": OTHER.public_key().to_spki_pem()}),
        json!({"kid": "../../../dev/null"}),
    ] {
        let mut header = json!({"alg": "RS256", "typ": "JWT", "kid": "ins_1"});
        let members = header.as_object_mut().expect("an object");
        members.extend(extra.as_object().expect("an object").clone());
        let token = signed(&OTHER, header.to_string(), claims().to_string());
        let error = verify(&token).expect_err("another key");
        assert_eq!(error.reason, Reason::TokenInvalidSignature, "{header}");
        assert!(!signs_in(&authenticator, &token), "{header}");
        // The same header under Clerk's signature does no harm: it is not read.
        let token = signed(&KEY, header.to_string(), claims().to_string());
        assert!(verify(&token).is_ok(), "{header}");
    }
}

#[test]
fn what_a_token_declares_critical_is_not_passed_over() {
    let authenticator = authenticator();
    for crit in [
        json!(["b64"]),
        json!(["exp"]),
        json!(["http://example.com/extension"]),
        json!([]),
        json!(null),
        json!("b64"),
        json!({}),
    ] {
        let header = json!({"alg": "RS256", "typ": "JWT", "crit": crit, "b64": false});
        let token = signed(&KEY, header.to_string(), claims().to_string());
        let error = verify(&token).expect_err("an extension");
        assert_eq!(error.reason, Reason::TokenInvalid);
        assert_eq!(error.action, Some(Action::EnsureClerkJwt));
        assert_eq!(
            error.message,
            format!("Invalid JWT critical extensions (crit) {crit}. None is supported.")
        );
        assert!(!signs_in(&authenticator, &token), "{header}");
    }
    // Without `crit` an unknown member means nothing, and a payload is base64url all the same.
    let header = r#"{"alg":"RS256","typ":"JWT","b64":false}"#;
    assert!(verify(&signed(&KEY, header, claims().to_string())).is_ok());
    let unencoded = format!("{}.{}", encoded(header), "$.02");
    assert!(verify(&signature_of(&KEY, &unencoded)).is_err());
}

#[test]
fn of_members_with_one_name_the_last_counts() {
    let payload = claims().to_string();
    for (header, reason) in [
        (r#"{"alg":"none","alg":"RS256"}"#, None),
        (r#"{"alg":"HS256","al\u0067":"RS256"}"#, None),
        (
            r#"{"alg":"RS256","alg":"none"}"#,
            Some(Reason::TokenInvalidAlgorithm),
        ),
        (
            r#"{"alg":"RS256","al\u0067":"HS256"}"#,
            Some(Reason::TokenInvalidAlgorithm),
        ),
        (
            r#"{"alg":"RS256","typ":"JWT","typ":"x"}"#,
            Some(Reason::TokenInvalid),
        ),
        (
            r#"{"alg":"RS256","crit":["x"],"crit":null}"#,
            Some(Reason::TokenInvalid),
        ),
        (r#"{"ALG":"none","alg":"RS256"}"#, None),
    ] {
        let found = verify(&signed(&KEY, header, &payload)).err();
        assert_eq!(found.map(|error| error.reason), reason, "{header}");
    }
    let header = r#"{"alg":"RS256"}"#;
    let (past, future) = (NOW - 60, NOW + 60);
    for (payload, outcome) in [
        (
            format!(r#"{{"sub":"user_2","exp":{past},"sub":"user_1","exp":{future}}}"#),
            Ok("user_1"),
        ),
        (
            format!(r#"{{"sub":"user_1","exp":{future},"exp":{past}}}"#),
            Err(Reason::TokenExpired),
        ),
        (
            format!(r#"{{"sub":"user_1","exp":{future},"sub":7}}"#),
            Err(Reason::TokenVerificationFailed),
        ),
        (
            format!(r#"{{"sub":"user_1","\u0073ub":"user_2","exp":{future}}}"#),
            Ok("user_2"),
        ),
    ] {
        let found = verify(&signed(&KEY, header, &payload));
        let found = found.as_ref().map(jwt::Claims::subject);
        assert_eq!(found.map_err(|error| error.reason), outcome, "{payload}");
    }
}

/// All of them carry the genuine signature of what they are.
#[test]
fn a_token_has_one_form() {
    let authenticator = authenticator();
    let token = genuine();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let standard = signature.replace('-', "+").replace('_', "/");
    let last_bits = |text: &str| {
        // Of the last character of 256 bytes, only two bits count.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = text
            .chars()
            .last()
            .and_then(|it| alphabet.find(it))
            .expect("a character");
        let next = alphabet.chars().nth(last + 1).expect("a character");
        format!("{}{next}", &text[..text.len() - 1])
    };
    let json = json!({"payload": payload, "protected": header, "signature": signature});
    let general = json!({
        "payload": payload,
        "signatures": [{"protected": header, "signature": signature}],
    });
    let mut forged = vec![
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "....".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{payload}.{header}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature},{signature}"),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}.{payload} .{signature}"),
        format!("{header}.\n{payload}.{signature}"),
        format!("{header}.{payload}\0.{signature}"),
        format!(
            "{header}.{payload}.{}\r\n{}",
            &signature[..64],
            &signature[64..]
        ),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{header}.{payload}.={signature}"),
        format!("{header}%2e{payload}%2e{signature}"),
        format!("{header}\u{ff0e}{payload}\u{ff0e}{signature}"),
        format!("Bearer {token}"),
        format!("\"{token}\""),
        format!("{header}.{payload}.{}", last_bits(signature)),
        format!("{header}.{payload}.{}", &signature[..signature.len() - 1]),
        format!("{header}.{payload}.{signature}A"),
        format!("{header}.{payload}.{}", signature.to_lowercase()),
        json.to_string(),
        general.to_string(),
        encoded(&token),
        "\u{feff}".to_owned() + &token,
    ];
    if standard != signature {
        forged.push(format!("{header}.{payload}.{standard}"));
    }
    for token in &forged {
        assert!(verify(token).is_err(), "{token}");
    }
    for token in &forged {
        // Whitespace around a header's value is no part of the value, nor is a second word, and
        // the value of a cookie is percent-encoded.
        if token.trim().replace("%2e", ".") == genuine() || token.starts_with("Bearer") {
            continue;
        }
        assert!(!signs_in(&authenticator, token), "{token}");
    }
    // Padding of the signature is tolerated, as it is by the official SDK.
    assert!(verify(&format!("{token}==")).is_ok());
}

/// All of them carry the genuine signature of what they are.
#[test]
fn only_a_json_object_with_a_subject_is_a_token() {
    let header = r#"{"alg":"RS256","typ":"JWT"}"#;
    let exp = NOW + 60;
    let object = |claims: &str| format!(r#"{{"sub":"user_1","exp":{exp},{claims}}}"#);
    let deep = |depth: usize| {
        let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        object(&format!(r#""x":{value}"#)).into_bytes()
    };
    let failed = Some(Reason::TokenVerificationFailed);
    let invalid = Some(Reason::TokenInvalid);
    let cases: Vec<(&str, Vec<u8>, Option<Reason>)> = vec![
        ("null", b"null".to_vec(), failed),
        ("a number", b"7".to_vec(), failed),
        ("a list", b"[]".to_vec(), failed),
        ("a string", b"\"user_1\"".to_vec(), failed),
        ("nothing", Vec::new(), invalid),
        ("not JSON", b"sub=user_1".to_vec(), invalid),
        ("two objects", b"{}{}".to_vec(), invalid),
        ("a comma too many", object("").into_bytes(), invalid),
        ("single quotes", object("'x':1").into_bytes(), invalid),
        ("not a number", object(r#""x":NaN"#).into_bytes(), invalid),
        (
            "a number that overflows",
            object(r#""x":1e999"#).into_bytes(),
            invalid,
        ),
        (
            "a long number",
            object(&format!(r#""x":{}"#, "9".repeat(300))).into_bytes(),
            None,
        ),
        (
            "an expiry date that overflows",
            br#"{"sub":"user_1","exp":1e308}"#.to_vec(),
            None,
        ),
        (
            "an expiry date in the past that overflows",
            br#"{"sub":"user_1","exp":-1e18}"#.to_vec(),
            None,
        ),
        (
            "a text as expiry date",
            br#"{"sub":"user_1","exp":"9999999999"}"#.to_vec(),
            failed,
        ),
        ("no expiry date", br#"{"sub":"user_1"}"#.to_vec(), failed),
        (
            "null as expiry date",
            br#"{"sub":"user_1","exp":null}"#.to_vec(),
            failed,
        ),
        ("some depth", deep(100), None),
        ("too much depth", deep(128), invalid),
        ("endless depth", deep(20_000), invalid),
        (
            "half a character",
            object(r#""x":"\ud800""#).into_bytes(),
            invalid,
        ),
        (
            "a list of subjects",
            format!(r#"{{"sub":["user_1"],"exp":{exp}}}"#).into_bytes(),
            failed,
        ),
    ];
    for (name, payload, reason) in cases {
        let found = verify(&signed(&KEY, header, payload)).err();
        assert_eq!(found.map(|error| error.reason), reason, "{name}");
    }
    // Bytes that are no text are replaced, as in the official SDK, and not what they were.
    let mut payload = object(r#""x":"?""#).into_bytes();
    let at = payload
        .iter()
        .position(|byte| *byte == b'?')
        .expect("a mark");
    payload[at] = 0xff;
    let claims = verify(&signed(&KEY, header, payload)).expect("a token");
    assert_eq!(claims.get_str("x"), Some("\u{fffd}"));
    for header in [
        &b"null"[..],
        b"[]",
        b"\"RS256\"",
        b"",
        b"{\"alg\":\"RS256\"",
        b"\xff",
    ] {
        let error = verify(&signed(&KEY, header, claims.as_value().to_string()));
        assert_eq!(error.expect_err("no header").reason, Reason::TokenInvalid);
    }
}

/// The longest token that is read, and one that is longer by as little as can be.
#[test]
fn a_token_is_read_up_to_its_limit() {
    let with = |length: usize| {
        let claims = json!({"sub": "user_1", "exp": NOW + 60, "x": "x".repeat(length)});
        let options = SignOptions::default();
        jwt::sign(&claims, &KEY, &options, now()).expect("a token")
    };
    let spare = MAX_TOKEN_LENGTH - with(0).len();
    let (fitting, longer) = (with(spare / 4 * 3 - 2), with(spare / 4 * 3 + 4));
    assert!((MAX_TOKEN_LENGTH - 8..=MAX_TOKEN_LENGTH).contains(&fitting.len()));
    assert!((MAX_TOKEN_LENGTH + 1..MAX_TOKEN_LENGTH + 9).contains(&longer.len()));
    assert!(verify(&fitting).is_ok());
    let error = verify(&longer).expect_err("too long");
    assert_eq!(error.reason, Reason::TokenInvalid);
    let authenticator = authenticator();
    assert!(signs_in(&authenticator, &fitting));
    assert!(!signs_in(&authenticator, &longer));
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15..1e15_f64).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop::sample::select(&[Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512][..])
}

/// What may become of a token on its way.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(usize, char),
    Insert(usize, char),
    Remove(usize),
    FlipBit(usize, u8),
    Truncate(usize),
    Swap(usize, usize),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    let at = 0..1024_usize;
    let characters = prop_oneof!["[A-Za-z0-9_.=+/ -]", "."]
        .prop_map(|text| text.chars().next().expect("a character"));
    prop_oneof![
        (at.clone(), characters.clone()).prop_map(|(at, it)| Mutation::Replace(at, it)),
        (at.clone(), characters).prop_map(|(at, it)| Mutation::Insert(at, it)),
        at.clone().prop_map(Mutation::Remove),
        (at.clone(), 0..7_u8).prop_map(|(at, bit)| Mutation::FlipBit(at, bit)),
        at.clone().prop_map(Mutation::Truncate),
        (at.clone(), at).prop_map(|(one, other)| Mutation::Swap(one, other)),
    ]
}

fn mutated(token: &str, mutation: &Mutation) -> String {
    let mut token: Vec<char> = token.chars().collect();
    let length = token.len();
    match *mutation {
        Mutation::Replace(at, character) => token[at % length] = character,
        Mutation::Insert(at, character) => token.insert(at % (length + 1), character),
        Mutation::Remove(at) => {
            token.remove(at % length);
        }
        Mutation::FlipBit(at, bit) => {
            let flipped = token[at % length] as u32 ^ 1 << bit;
            token[at % length] = char::from_u32(flipped).expect("ASCII");
        }
        Mutation::Truncate(at) => token.truncate(at % length),
        Mutation::Swap(one, other) => token.swap(one % length, other % length),
    }
    token.into_iter().collect()
}

/// Claims that have a meaning, with values nearly as Clerk writes them, or not at all.
fn session_claims() -> impl Strategy<Value = Value> {
    let value =
        |pattern: &'static str| prop_oneof![3 => pattern.prop_map(Value::from), 1 => values()];
    let organization = prop_oneof![
        3 => (value("org_[a-z]{0,3}"), value("(org:)?[a-b]{0,2}"), value("[a-b,]{0,6}"), value("[0-9,]{0,6}"))
            .prop_map(|(id, role, permissions, bits)| {
                json!({"id": id, "rol": role, "slg": "a", "per": permissions, "fpm": bits})
            }),
        1 => values(),
    ];
    let versions = prop::sample::select(vec![
        json!(1),
        json!(2),
        json!(2.0),
        json!("2"),
        json!(null),
    ]);
    let ages = prop_oneof![
        prop::collection::vec(-2..20_i64, 0..4).prop_map(Value::from),
        values(),
    ];
    let old = (
        value("org_[a-z]{0,3}"),
        value("(org:)?[a-b]{0,2}"),
        values(),
    );
    let lists = (
        value("([ou]{1,2}:[a-b]{0,1},?){0,3}"),
        value("([ou]{1,2}:[a-b]{0,1},?){0,3}"),
    );
    (versions, organization, ages, lists, old, value("(active|pending)")).prop_map(
        |(version, organization, ages, (features, plans), (id, role, permissions), status)| {
            json!({
                "sub": "user_1", "sid": "sess_1", "exp": NOW + 60, "v": version, "o": organization,
                "fva": ages, "fea": features, "pla": plans, "org_id": id, "org_role": role,
                "org_permissions": permissions, "sts": status, "act": organization,
            })
        },
    )
}

proptest! {
    #[test]
    fn whatever_clerk_has_signed_can_be_asked(claims in session_claims()) {
        let options = SignOptions::new("ins_1", TokenCategory::Session);
        let token = jwt::sign(&claims, &KEY, &options, now()).expect("a token");
        let claims = session::verify(&token, &KEY.public_key(), &VerifyOptions::default(), now());
        let session = SessionAuth::new(claims.expect("a session"), token);
        let single = [
            Has::role("org:a"),
            Has::permission("org:a:a"),
            Has::feature("a"),
            Has::plan("org:a"),
            Has::reverification(Reverification::Strict),
        ];
        // Whoever asks for two things gets no more than by asking for each of them.
        let both = [
            (0, 1, Has::role("org:a").and_permission("org:a:a")),
            (0, 2, Has::role("org:a").and_feature("a")),
            (1, 3, Has::permission("org:a:a").and_plan("org:a")),
            (2, 3, Has::feature("a").and_plan("org:a")),
            (1, 4, Has::permission("org:a:a").and_reverification(Reverification::Strict)),
        ];
        for (one, other, both) in both {
            let each = session.has(&single[one]) && session.has(&single[other]);
            prop_assert_eq!(session.has(&both), each, "{:?}", both);
        }
        prop_assert!(!session.has(Has::default()));
        let pending = session.is_pending();
        let auth = Auth::new(session);
        prop_assert_eq!(auth.is_signed_in(), !pending);
        let shown = format!("{auth:?}");
        prop_assert!(!shown.contains("eyJ"), "{}", shown);
        prop_assert!(serde_json::to_string(&auth).is_ok());
    }

    #[test]
    fn what_is_signed_verifies_and_is_the_same(
        custom in prop::collection::btree_map("[a-z]{4,8}|.{0,4}", values(), 0..6),
        subject in ".{0,20}",
        algorithm in algorithms(),
    ) {
        let mut claims: serde_json::Map<String, Value> = custom.into_iter().collect();
        for reserved in ["nbf", "aud", "azp", "iss"] {
            claims.remove(reserved);
        }
        claims.insert("sub".to_owned(), json!(subject));
        claims.insert("exp".to_owned(), json!(NOW + 60));
        let options = SignOptions { algorithm, ..SignOptions::default() };
        let token = jwt::sign(&claims, &KEY, &options, now()).expect("a token");
        claims.insert("iat".to_owned(), json!(NOW));
        let verified = verify(&token).expect("verified");
        prop_assert_eq!(verified.subject(), subject);
        // As any reader of JSON would read them.
        let expected: Value = serde_json::from_str(&json!(claims).to_string()).expect("JSON");
        prop_assert_eq!(verified.as_value(), &expected);
        let other = OTHER.public_key();
        prop_assert!(jwt::verify(&token, &other, &VerifyOptions::default(), now()).is_err());
        // The same key, bound to another algorithm.
        let mut bound = KEY.public_key().to_jwk("ins_1");
        bound.alg = Some(match algorithm {
            Algorithm::Rs256 => "RS512",
            _ => "RS256",
        }.to_owned());
        let bound = PublicKey::from_jwk(&bound).expect("a key");
        prop_assert!(jwt::verify(&token, &bound, &VerifyOptions::default(), now()).is_err());
    }

    #[test]
    fn no_change_of_a_token_is_accepted(changes in prop::collection::vec(mutations(), 1..4)) {
        let genuine = genuine();
        let token = changes.iter().fold(genuine.clone(), |token, it| match token.len() {
            0 => token,
            _ => mutated(&token, it),
        });
        // Padding of the signature is tolerated and stands for nothing.
        if token.trim_end_matches('=') != genuine {
            prop_assert!(verify(&token).is_err(), "{}", token);
        }
    }

    #[test]
    fn anything_is_a_token_or_an_error(text in prop_oneof![
        ".{0,200}",
        "[A-Za-z0-9_=-]{0,60}(\\.[A-Za-z0-9_=-]{0,60}){0,5}",
        ("\\PC{0,40}", "\\PC{0,40}", prop::collection::vec(any::<u8>(), 0..40)).prop_map(
            |(header, payload, signature)| {
                [encoded(header), encoded(payload), encoded(signature)].join(".")
            },
        ),
        (values(), values()).prop_map(|(header, payload)| {
            format!("{}.{}.", encoded(header.to_string()), encoded(payload.to_string()))
        }),
    ]) {
        if let Ok(token) = jwt::decode(&text) {
            prop_assert!(text.starts_with(token.signed_part()));
            prop_assert!(token.header().is_object());
            let _ = (token.key_id(), token.unverified_claims(), format!("{token:?}"));
        }
        prop_assert!(verify(&text).is_err());
        let _ = machine::is_machine_token(&text);
    }
}
