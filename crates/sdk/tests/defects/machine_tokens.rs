//! Tokens of machines, API keys and OAuth clients.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Request;
use ironclerk::authenticate::{Answers, Keys, RequestFacts, Settings, Step, decide};
use ironclerk::errors::{
    ConfigurationError, MachineTokenVerificationErrorCode as Code,
    TokenVerificationErrorReason as Reason,
};
use ironclerk::jwt::{self, Algorithm, SignOptions, TokenCategory, VerifyOptions};
use ironclerk::keys::PrivateKey;
use ironclerk::machine::{self, MachineAuth};
use ironclerk::{
    AcceptsToken, AuthObject, Authenticator, Caller, RequestState, TokenType, session,
};
use serde_json::{Map, Value, json};

const PUBLISHABLE_KEY: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
const NOW: u64 = 1_700_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn settings(accepts: impl Into<AcceptsToken>) -> Settings {
    let mut settings = Settings::new(PUBLISHABLE_KEY.parse().unwrap());
    settings.accepts_token = accepts.into();
    settings
}

struct World {
    key: PrivateKey,
}

impl World {
    fn new() -> Self {
        Self {
            key: PrivateKey::generate().unwrap(),
        }
    }

    fn sign(&self, header: Value, claims: &Value) -> String {
        let options = SignOptions {
            algorithm: Algorithm::Rs256,
            header: header.as_object().unwrap().clone(),
        };
        jwt::sign(claims, &self.key, &options, now()).unwrap()
    }

    fn m2m(&self, claims: Value) -> String {
        let mut all = json!({"sub": "mch_1", "exp": NOW + 60});
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        self.sign(json!({"typ": "JWT"}), &all)
    }

    /// The state of a request, and what Clerk was asked, which it answers with this.
    fn decide(
        &self,
        settings: &Settings,
        header: (&str, &str),
        reply: &Value,
    ) -> (RequestState, Option<TokenType>) {
        let request = Request::get("/").header(header.0, header.1);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let facts = RequestFacts::from_parts(&parts);
        let mut answers = Answers::new(Keys::Local(self.key.public_key()));
        let mut asked = None;
        loop {
            match decide(&facts, settings, &answers, now()) {
                Step::Done(state) => return (*state, asked),
                Step::NeedMachineToken(question) => {
                    asked = Some(question.token_type());
                    answers.machine_token(Ok(reply.clone()));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn bearer(&self, accepts: impl Into<AcceptsToken>, token: &str) -> RequestState {
        let header = format!("Bearer {token}");
        let settings = settings(accepts);
        self.decide(&settings, ("authorization", &header), &good())
            .0
    }

    fn verify(&self, token: &str) -> Result<MachineAuth, Code> {
        let key = self.key.public_key();
        machine::verify(token, &key, &VerifyOptions::default(), now()).map_err(|error| error.code)
    }
}

fn good() -> Value {
    json!({"id": "id_1", "subject": "user_1", "scopes": ["read"]})
}

fn reason(state: &RequestState) -> String {
    state.reason().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn n1_malformed_machine_token_is_signed_out() {
    let world = World::new();
    let list = vec![TokenType::SessionToken, TokenType::ApiKey];
    for accepts in [AcceptsToken::Any, list.into()] {
        for token in [
            "a.a.a",
            "eA.eQ.z",
            "bnVsbA.e30.AAAA",
            "..",
            "a.b.c",
            "\u{e9}",
        ] {
            let state = world.bearer(accepts.clone(), token);
            assert!(!state.is_signed_in(), "{token}");
            assert_eq!(reason(&state), "token-invalid", "{token}");
            assert_eq!(state.token_type(), Some(TokenType::SessionToken));
        }
    }
}

#[test]
fn n2_claims_of_the_wrong_type_are_refused() {
    let world = World::new();
    let oauth = |claims: &Value| world.sign(json!({"typ": "at+jwt"}), claims);
    for token in [
        oauth(&json!({"exp": NOW + 60})),
        oauth(&json!({"exp": NOW + 60, "sub": 5})),
        oauth(&json!({"exp": NOW + 60, "sub": null})),
        world.m2m(json!({"scopes": ["mch_2"]})),
        world.m2m(json!({"scopes": 5})),
    ] {
        let state = world.bearer(AcceptsToken::Any, &token);
        assert!(!state.is_signed_in());
        assert_eq!(reason(&state), "token-verification-failed");
        assert_eq!(world.verify(&token), Err(Code::TokenVerificationFailed));
    }
}

#[test]
fn n3_a_token_of_a_machine_is_no_session() {
    let world = World::new();
    let token = world.m2m(json!({}));
    assert!(world.verify(&token).is_ok());
    let cookie = format!("__client_uat=1; __session={token}");
    let handshake = json!({"handshake": [format!("__session={token}; Path=/")]});
    let handshake = world.sign(json!({"typ": "JWT"}), &handshake);
    let handshake = format!("__clerk_handshake={handshake}");
    for accepts in [TokenType::SessionToken.into(), AcceptsToken::Any] {
        for cookie in [&cookie, &handshake] {
            let header = ("cookie", cookie.as_str());
            let (state, _) = world.decide(&settings(accepts.clone()), header, &good());
            assert!(!state.is_signed_in());
            assert_eq!(state.auth().user_id(), None);
        }
    }
    let state = world.bearer(TokenType::SessionToken, &token);
    assert_eq!(reason(&state), "token-type-mismatch");
    let key = world.key.public_key();
    let error = session::verify(&token, &key, &VerifyOptions::default(), now());
    assert_eq!(error.unwrap_err().reason, Reason::TokenTypeMismatch);
    // Where machines are welcome it is a machine, never a user.
    let state = world.bearer(AcceptsToken::Any, &token);
    assert!(state.is_signed_in() && !state.auth().is_signed_in());
    assert!(matches!(
        state.auth_object(),
        AuthObject::SignedIn(Caller::Machine(_))
    ));
}

#[test]
fn n3b_a_machine_token_of_another_category_is_refused() {
    let world = World::new();
    let claims = json!({"sub": "mch_1", "exp": NOW + 60});
    for (category, is_good) in [
        (json!(TokenCategory::MachineToMachine.as_str()), true),
        (json!(TokenCategory::Unspecified.as_str()), true),
        (json!(TokenCategory::Session.as_str()), false),
        (json!(TokenCategory::JwtTemplate.as_str()), false),
        (json!("else"), false),
        (json!(1), false),
        (json!(null), false),
    ] {
        let token = world.sign(json!({"typ": "JWT", "cat": category}), &claims);
        let state = world.bearer(TokenType::M2mToken, &token);
        assert_eq!(state.is_signed_in(), is_good, "{category}");
        if !is_good {
            assert_eq!(reason(&state), "token-invalid");
            assert_eq!(world.verify(&token), Err(Code::TokenInvalid));
        }
    }
}

#[test]
fn n4_what_clerk_says_of_a_token_is_read() {
    let world = World::new();
    let with = |members: Value| {
        let mut reply = good();
        let all = reply.as_object_mut().unwrap();
        all.extend(members.as_object().unwrap().clone());
        reply
    };
    let without = |name: &str| {
        let mut reply: Map<String, Value> = good().as_object().unwrap().clone();
        reply.shift_remove(name);
        Value::Object(reply)
    };
    let later = (NOW + 1) * 1000;
    let header = ("authorization", "Bearer ak_1");
    for (reply, reason_or_good) in [
        (good(), ""),
        (
            with(json!({"revoked": false, "expired": false, "deleted": false})),
            "",
        ),
        (with(json!({"object": "api_key", "expiration": null})), ""),
        (with(json!({"expiration": later})), ""),
        (with(json!({"expiration": NOW + 1})), ""),
        (with(json!({"revoked": true})), "token-invalid"),
        (with(json!({"expired": true})), "token-invalid"),
        (with(json!({"deleted": true})), "token-invalid"),
        (with(json!({"expiration": NOW * 1000})), "token-invalid"),
        (with(json!({"expiration": NOW})), "token-invalid"),
        (json!({"active": false}), "token-invalid"),
        (with(json!({"expiration": "never"})), "unexpected-error"),
        (with(json!({"object": "user"})), "unexpected-error"),
        (without("subject"), "unexpected-error"),
        (without("id"), "unexpected-error"),
        (json!({}), "unexpected-error"),
        (json!(null), "unexpected-error"),
        (json!([]), "unexpected-error"),
        (json!("yes"), "unexpected-error"),
    ] {
        let (state, asked) = world.decide(&settings(TokenType::ApiKey), header, &reply);
        assert_eq!(asked, Some(TokenType::ApiKey));
        assert_eq!(reason(&state), reason_or_good, "{reply}");
        assert_eq!(state.is_signed_in(), reason_or_good.is_empty(), "{reply}");
    }
}

#[test]
fn n5_the_prefix_comes_before_the_form() {
    let world = World::new();
    for (token, token_type) in [
        ("ak_a.b.c", TokenType::ApiKey),
        ("mt_e30.e30.AA", TokenType::M2mToken),
        ("oat_a.b.c", TokenType::OauthToken),
    ] {
        for accepts in [AcceptsToken::Any, token_type.into()] {
            let header = format!("Bearer {token}");
            let header = ("authorization", header.as_str());
            let (state, asked) = world.decide(&settings(accepts), header, &good());
            assert_eq!(asked, Some(token_type));
            assert_eq!(state.token_type(), Some(token_type));
        }
    }
}

#[test]
fn n6_only_token_types_can_be_accepted() {
    for text in ["any", "foo_token", "", "API_KEY"] {
        assert!(text.parse::<TokenType>().is_err(), "{text}");
    }
    let world = World::new();
    for accepts in [AcceptsToken::Any, [TokenType::ApiKey].into()] {
        assert!(world.bearer(accepts, "ak_1").is_signed_in());
    }
}

#[test]
fn n7_only_the_keys_that_are_used_are_needed() {
    let machine = || Authenticator::builder().machine_secret_key("ak_machine");
    for accepts in [TokenType::M2mToken.into(), [TokenType::M2mToken].into()] {
        let accepts: AcceptsToken = accepts;
        assert!(machine().accepts_token(accepts).build().is_ok());
    }
    let any = machine().publishable_key(PUBLISHABLE_KEY);
    assert!(any.accepts_token(AcceptsToken::Any).build().is_ok());
    // A cookie that nobody asks for cannot break the request of a machine.
    let world = World::new();
    let request = Request::get("/")
        .header("cookie", "__session=a.a.a; u=%ZZ")
        .header("authorization", "Bearer oat_1");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let mut answers = Answers::new(Keys::Local(world.key.public_key()));
    answers.machine_token(Ok(good()));
    let facts = RequestFacts::from_parts(&parts);
    match decide(&facts, &settings(AcceptsToken::Any), &answers, now()) {
        Step::Done(state) => assert!(state.is_signed_in()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn n10_jwts_say_the_same_as_opaque_tokens() {
    let world = World::new();
    let token = world.m2m(json!({"aud": "mch_2", "role": "admin"}));
    let machine = world.verify(&token).unwrap();
    assert_eq!(machine.scopes(), ["mch_2"]);
    assert_eq!(machine.claims().unwrap()["role"], "admin");
    assert_eq!(machine.claims().unwrap().len(), 1);
    assert_eq!(machine.expires_at(), Some((NOW as i64 + 60) * 1000));
    let token = world.m2m(json!({"aud": ["mch_2"], "scopes": ""}));
    let machine = world.verify(&token).unwrap();
    assert!(machine.scopes().is_empty());
    assert_eq!(machine.claims(), None);

    let claims = json!({"sub": "user_1", "exp": NOW + 60, "client_id": "c", "scope": ""});
    let token = world.sign(json!({"typ": "at+jwt"}), &claims);
    let oauth = world.verify(&token).unwrap();
    assert!(oauth.scopes().is_empty());
    assert_eq!(oauth.expires_at(), Some((NOW as i64 + 60) * 1000));
    assert_eq!(oauth.created_at(), Some(NOW as i64 * 1000));
}

#[test]
fn n11_a_token_for_another_machine_is_refused() {
    let world = World::new();
    let mut settings = settings(TokenType::M2mToken);
    settings.machine_id = Some("mch_2".to_owned());
    for (claims, is_good) in [
        (json!({"aud": ["mch_2", "mch_3"]}), true),
        (json!({"scopes": "mch_3 mch_2"}), true),
        (json!({"aud": "mch_2", "scopes": "mch_3"}), true),
        (json!({"aud": ["mch_3"], "scopes": "mch_3"}), false),
        (json!({"aud": ["mch_22"]}), false),
        (json!({}), false),
    ] {
        let header = format!("Bearer {}", world.m2m(claims.clone()));
        let header = ("authorization", header.as_str());
        let (state, _) = world.decide(&settings, header, &good());
        assert_eq!(state.is_signed_in(), is_good, "{claims}");
    }
}

#[test]
fn n13_a_missing_key_is_said_at_the_start() {
    let build = |accepts: AcceptsToken| {
        let builder = Authenticator::builder().publishable_key(PUBLISHABLE_KEY);
        builder.accepts_token(accepts).build().unwrap_err()
    };
    assert_eq!(
        build(TokenType::M2mToken.into()),
        ConfigurationError::MissingMachineSecretKey
    );
    let missing = ConfigurationError::MissingSecretKey { old_name: None };
    for accepts in [
        AcceptsToken::Any,
        TokenType::ApiKey.into(),
        TokenType::OauthToken.into(),
        [TokenType::SessionToken].into(),
    ] {
        assert_eq!(build(accepts), missing);
    }
}
