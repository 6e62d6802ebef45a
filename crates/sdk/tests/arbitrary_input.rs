//! Whatever a visitor sends, a request is decided: no panic, no error, no oversized header.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use ironclerk::PublishableKey;
use ironclerk::authenticate::{
    AcceptsToken, Answers, AuthStatus, HandshakePayloadError, Keys, OrganizationSync,
    RefreshFailure, RequestFacts, RequestState, Settings, Step, TokenType, decide,
};
use ironclerk::errors::{MachineTokenVerificationError, MachineTokenVerificationErrorCode};
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use ironclerk::keys::{KeySet, PrivateKey};
use serde_json::json;

/// A sequence that looks random and is the same every time (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

struct World {
    key: PrivateKey,
    token: String,
    now: SystemTime,
}

impl World {
    fn new() -> Self {
        let key = PrivateKey::generate().expect("a key");
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let claims = json!({
            "sub": "user_1", "sid": "sess_1", "exp": 1_700_000_060, "handshake": ["__session=x"],
        });
        let options = SignOptions::new("ins_1", TokenCategory::Session);
        let token = jwt::sign(&claims, &key, &options, now).expect("a token");
        Self { key, token, now }
    }

    /// Answers every question, each time with a little of everything.
    fn decide(&self, parts: &Parts, settings: &Settings, random: &mut Random) -> RequestState {
        let facts = RequestFacts::from_parts(parts);
        let mut answers = Answers::new(Keys::remote(Arc::new(KeySet::default())));
        for _ in 0..10 {
            let directives = vec![
                format!("__session={}; Path=/", self.mutated(random)),
                "a=b\r\nx-injected: 1".to_owned(),
            ];
            match decide(&facts, settings, &answers, self.now) {
                Step::Done(state) => return *state,
                Step::NeedKey(id) => answers.key(id, Ok(self.key.public_key())),
                Step::NeedRefresh(_) => answers.refreshed(match random.below(2) {
                    0 => Ok(directives),
                    _ => Err(RefreshFailure::Api("\u{7f}\n".to_owned())),
                }),
                Step::NeedHandshakePayload(_) => answers.handshake_payload(match random.below(2) {
                    0 => Ok(directives),
                    _ => Err(HandshakePayloadError("\n".to_owned())),
                }),
                Step::NeedMachineToken(_) => {
                    let replies = [
                        json!({"id": "i", "subject": "user_1"}),
                        json!({"id": "i", "subject": "", "expiration": 1e308}),
                        json!({"id": 5, "subject": "user_1", "scopes": "x"}),
                        json!([{"active": true}]),
                    ];
                    answers.machine_token(match random.below(5) {
                        4 => Err(refused()),
                        at => Ok(replies[at].clone()),
                    });
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("the decision asks for ever");
    }

    /// The token, or nearly so.
    fn mutated(&self, random: &mut Random) -> String {
        let mut token: Vec<char> = self.token.chars().collect();
        for _ in 0..random.below(3) {
            let at = random.below(token.len());
            token[at] = ['.', 'A', '=', '%', ' '][random.below(5)];
        }
        token.into_iter().collect()
    }

    fn value(&self, random: &mut Random) -> Vec<u8> {
        let known = [
            "",
            "0",
            "1",
            "-5",
            "99999999999999999999",
            "document",
            "iframe",
            "text/html",
            "https",
            "Bearer",
            "Bearer ..",
            "Bearer ak_1",
            "mt_a.b.c",
            "oat_",
            "null",
            "%",
            "%ff",
            "%3B",
            "a.b.c",
            "bnVsbA.bnVsbA.",
            "//evil",
            "https://satellite.com/x?y#z",
            "https://satellite.com:99999",
            "localhost:1",
            "é",
            "[::1]",
        ];
        match random.below(4) {
            0 => (0..random.below(40)).map(|_| random.next() as u8).collect(),
            1 => self.mutated(random).into_bytes(),
            2 => format!("Bearer {}", self.mutated(random)).into_bytes(),
            _ => random.pick(&known).as_bytes().to_vec(),
        }
    }

    fn cookies(&self, suffix: &str, random: &mut Random) -> Vec<u8> {
        let names = [
            "__session",
            "__client_uat",
            "__clerk_db_jwt",
            "__refresh",
            "__clerk_handshake",
            "__clerk_handshake_nonce",
            "__clerk_redirect_count",
        ];
        let mut cookies = Vec::new();
        for _ in 0..random.below(8) {
            cookies.extend_from_slice(random.pick(&names).as_bytes());
            if random.below(2) == 0 {
                cookies.extend_from_slice(format!("_{suffix}").as_bytes());
            }
            cookies.push(b'=');
            cookies.extend(self.value(random));
            cookies.extend_from_slice(b"; ");
        }
        cookies
    }

    fn request(&self, settings: &Settings, random: &mut Random) -> Parts {
        let mut query = Vec::new();
        let names = [
            "__clerk_handshake",
            "__clerk_handshake_nonce",
            "__clerk_db_jwt",
            "__clerk_synced",
            "__clerk_redirect_url",
            "%ff",
            "a",
        ];
        for _ in 0..random.below(4) {
            let value: String = form_urlencoded::byte_serialize(&self.value(random)).collect();
            query.push(format!("{}={value}", random.pick(&names)));
        }
        let path = random.pick(&[
            "/",
            "//evil.example/x",
            "/orgs/a",
            "/orgs/%ff/..",
            "/me",
            "/%",
        ]);
        let method = random.pick(&["GET", "HEAD", "POST", "BREW"]);
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?{}", query.join("&")));
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        let names = [
            "authorization",
            "host",
            "x-forwarded-host",
            "x-forwarded-proto",
            "referer",
            "accept",
            "sec-fetch-dest",
            "origin",
        ];
        for _ in 0..random.below(6) {
            let name = HeaderName::from_bytes(random.pick(&names).as_bytes()).expect("a name");
            if let Ok(value) = HeaderValue::from_bytes(&self.value(random)) {
                parts.headers.append(name, value);
            }
        }
        if random.below(2) == 0 {
            let document = HeaderValue::from_static("document");
            parts.headers.insert("sec-fetch-dest", document);
            parts.headers.remove("authorization");
        }
        let cookies = self.cookies(
            settings
                .publishable_key
                .as_ref()
                .map_or("", PublishableKey::cookie_suffix),
            random,
        );
        if let Ok(value) = HeaderValue::from_bytes(&cookies) {
            parts.headers.append("cookie", value);
        }
        parts
    }
}

fn refused() -> MachineTokenVerificationError {
    MachineTokenVerificationError::new(MachineTokenVerificationErrorCode::UnexpectedError, "\n")
}

fn settings() -> Vec<Settings> {
    let sync = OrganizationSync::new(["/orgs/:id"], ["/me"]).expect("patterns");
    let mut all = Vec::new();
    for key in [
        "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
        "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk",
    ] {
        for (is_satellite, accepts_token) in [
            (false, AcceptsToken::default()),
            (true, AcceptsToken::default()),
            (false, AcceptsToken::Any),
            (false, TokenType::ApiKey.into()),
        ] {
            let mut settings = Settings::new(key.parse().expect("a key"));
            settings.is_satellite = is_satellite;
            settings.accepts_token = accepts_token;
            settings.domain = Some("satellite.com".to_owned());
            settings.sign_in_url = Some("https://primary.com/sign-in?a=%ff".to_owned());
            settings.satellite_domains = vec!["satellite.com".to_owned()];
            settings.organization_sync = sync.clone();
            all.push(settings);
        }
    }
    all
}

#[test]
fn every_request_is_decided() {
    let world = World::new();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let all = settings();
    let mut seen = [0_usize; 3];
    for round in 0..8_000 {
        let settings = &all[round % all.len()];
        let parts = world.request(settings, &mut random);
        let state = world.decide(&parts, settings, &mut random);
        seen[match state.status() {
            AuthStatus::SignedIn => 0,
            AuthStatus::SignedOut => 1,
            AuthStatus::Handshake => 2,
        }] += 1;
        let is_session = state.token_type() == Some(TokenType::SessionToken);
        assert_eq!(
            state.auth_with_pending().is_signed_in(),
            state.is_signed_in() && is_session
        );
        assert!(state.headers().get("x-injected").is_none());
        if state.status() == AuthStatus::Handshake {
            let location = state.location().expect("a location");
            let location = location.to_str().expect("text");
            let known = [
                "https://clerk.example.com/v1/client/handshake?",
                "https://clerk.satellite.com/v1/client/handshake?",
                "https://happy-hippo-1.clerk.accounts.dev/v1/client/handshake?",
                "https://primary.com/sign-in?",
                "https://satellite.com/",
            ];
            let is_known = known.iter().any(|it| location.starts_with(it));
            assert!(is_known, "{location}");
        }
    }
    // Otherwise the requests are too far off to say anything.
    assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
}

#[test]
fn no_header_grows_beyond_what_servers_accept() {
    let world = World::new();
    let settings = &settings()[0];
    let long = format!("Bearer e30.e30.{}", "A".repeat(1 << 20));
    let deep = format!("Bearer {}.e30.", "W1tb".repeat(10_000));
    let values: [&[u8]; 8] = [
        b"Bearer \xff\xfe",
        b"Bearer ..",
        b"Bearer .",
        b"Bearer bnVsbA.bnVsbA.",
        b"Bearer MQ.MQ.MQ",
        b"Bearer eyJraWQiOjF9.e30.",
        long.as_bytes(),
        deep.as_bytes(),
    ];
    for value in values {
        let request = Request::get("//evil.example/p?%ff=%")
            .header("host", "\u{e9}")
            .header("cookie", "%; =; a=%ff%; __session=\u{e9}")
            .header("authorization", value)
            .body(());
        let (parts, ()) = request.expect("a request").into_parts();
        let state = world.decide(&parts, settings, &mut Random(1));
        assert_eq!(state.status(), AuthStatus::SignedOut);
        let length: usize = state.headers().values().map(HeaderValue::len).sum();
        assert!(length < 2048, "{length}");
    }
}

/// An address and a cookie of the visitor's come back in the address of the handshake.
#[test]
fn a_browser_is_not_sent_to_endless_addresses() {
    let world = World::new();
    let settings = &settings()[0];
    let decide = |path_length: usize, token_length: usize| {
        let uri = format!("/{}", "%".repeat(path_length));
        let session = format!("e30.e30.{}", "A".repeat(token_length));
        let request = Request::get(uri)
            .header("host", "app.example.com")
            .header("sec-fetch-dest", "document")
            .header("cookie", format!("__session={session}"));
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        world.decide(&parts, settings, &mut Random(1))
    };
    for (path_length, token_length, status) in [
        (100, 4_000, AuthStatus::Handshake),
        (2_000, 20_000, AuthStatus::Handshake),
        (12_000, 0, AuthStatus::SignedOut),
        (0, 33_000, AuthStatus::SignedOut),
        (60_000, 60_000, AuthStatus::SignedOut),
    ] {
        let state = decide(path_length, token_length);
        assert_eq!(state.status(), status, "{path_length} {token_length}");
        let length: usize = state.headers().values().map(HeaderValue::len).sum();
        assert!(length < 34 * 1024, "{length}");
    }
}
