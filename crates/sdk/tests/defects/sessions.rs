//! Session tokens, cookies, keys, and calls of the Backend API.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use http::request::Parts;
use http::{HeaderMap, Request, Uri};
use ironclerk::api::jwks::JsonWebKeySet;
use ironclerk::api::users::{GetUser, User};
use ironclerk::authenticate::{
    Answers, AuthenticatorBuilder, HandshakePayloadError, Keys, RequestFacts, Settings, Step,
    decide,
};
use ironclerk::errors::TokenVerificationErrorReason as Reason;
use ironclerk::internal;
use ironclerk::jwt::{self, SignOptions, TokenCategory, VerifyOptions};
use ironclerk::keys::{FetchKeys, KeyFetchFuture, KeySet, PrivateKey};
use ironclerk::session::{SessionAuth, SessionClaims};
use ironclerk::{
    Authenticator, Client, Has, PublishableKey, RequestState, Reverification, SecretKey, session,
};
use serde_json::{Value, json};

const NOW: u64 = 1_700_000_000;
const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
const DEVELOPMENT: &str = "pk_test_aGFwcHktaGlwcG8tMS5jbGVyay5hY2NvdW50cy5kZXYk";
const KEY_ID: &str = "ins_1";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The claims of a session that is good now, with these besides.
fn claims(others: Value) -> Value {
    let mut claims = json!({"sub": "user_1", "sid": "sess_1", "exp": NOW + 60});
    let members = claims.as_object_mut().unwrap();
    members.extend(others.as_object().unwrap().clone());
    claims
}

fn sign(key: &PrivateKey, key_id: &str, others: Value) -> String {
    let options = SignOptions::new(key_id, TokenCategory::Session);
    jwt::sign(&claims(others), key, &options, at(NOW)).unwrap()
}

fn verify_with(others: Value, options: &VerifyOptions) -> Result<SessionClaims, Reason> {
    let key = PrivateKey::generate().unwrap();
    let token = sign(&key, KEY_ID, others);
    session::verify(&token, &key.public_key(), options, at(NOW)).map_err(|error| error.reason)
}

fn session_of(others: Value) -> SessionAuth {
    SessionAuth::new(verify_with(others, &VerifyOptions::default()).unwrap(), "T")
}

fn parts(request: http::request::Builder) -> Parts {
    request.body(()).unwrap().into_parts().0
}

/// A page that a browser asks for.
fn page(url: &str) -> http::request::Builder {
    Request::get(url)
        .header("host", "app.example.com")
        .header("x-forwarded-proto", "https")
        .header("sec-fetch-dest", "document")
        .header("accept", "text/html")
}

struct Instance {
    key: PrivateKey,
    settings: Settings,
}

impl Instance {
    fn new(publishable_key: &str) -> Self {
        Self {
            key: PrivateKey::generate().unwrap(),
            settings: Settings::new(publishable_key.parse().unwrap()),
        }
    }

    fn token(&self, others: Value) -> String {
        sign(&self.key, KEY_ID, others)
    }

    fn decide(&self, request: http::request::Builder) -> RequestState {
        let mut answers = Answers::new(Keys::Local(self.key.public_key()));
        answers.handshake_payload(Err(HandshakePayloadError("no answer".to_owned())));
        let parts = parts(request);
        let facts = RequestFacts::from_parts(&parts);
        match decide(&facts, &self.settings, &answers, at(NOW)) {
            Step::Done(state) => *state,
            other => panic!("{other:?}"),
        }
    }

    fn bearer(&self, token: &str) -> RequestState {
        self.decide(Request::get("/").header("authorization", format!("Bearer {token}")))
    }
}

fn location(state: &RequestState) -> &str {
    state
        .location()
        .map_or("", |location| location.to_str().unwrap())
}

fn reason(state: &RequestState) -> String {
    state.reason().map(ToString::to_string).unwrap_or_default()
}

/// A Clerk that publishes one key and counts how often it is asked.
#[derive(Clone)]
struct Published {
    jwks: JsonWebKeySet,
    fetches: Arc<AtomicUsize>,
}

impl Published {
    fn new(key: &PrivateKey) -> Self {
        Self {
            jwks: JsonWebKeySet {
                keys: vec![key.public_key().to_jwk(KEY_ID)],
            },
            fetches: Arc::default(),
        }
    }

    fn authenticator(&self) -> Authenticator {
        let builder = builder().secret_key("sk_live_x");
        builder.fetch_keys(self.clone()).build().unwrap()
    }
}

impl FetchKeys for Published {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(self.jwks.clone())
        })
    }
}

fn builder() -> AuthenticatorBuilder {
    Authenticator::builder().publishable_key(PRODUCTION)
}

fn with_bearer(token: &str) -> Parts {
    parts(Request::get("/").header("authorization", format!("Bearer {token}")))
}

#[test]
fn d1_what_cannot_be_known_counts_as_no() {
    let member = json!({"v": 2, "o": {"id": "org_1", "rol": "admin"}, "fea": "u:export"});
    let session = session_of(member);
    assert!(session.has(Has::role("org:admin")));
    assert!(session.has(Has::feature("export")));
    for wanted in [
        Has::role("org:admin").and_reverification(Reverification::Strict),
        Has::feature("export").and_permission("org:posts:read"),
        Has::feature("export").and_plan("pro"),
        Has::role("org:admin").and_permission("org:posts:read"),
    ] {
        assert!(!session.has(&wanted), "{wanted:?}");
    }
}

#[tokio::test]
async fn d2_a_token_of_one_instance_is_no_token_of_another() {
    let (one, other) = (
        PrivateKey::generate().unwrap(),
        PrivateKey::generate().unwrap(),
    );
    let (first, second) = (
        Published::new(&one).authenticator(),
        Published::new(&other).authenticator(),
    );
    let request = with_bearer(&sign(&one, KEY_ID, json!({})));
    assert!(
        first
            .authenticate_at(&request, at(NOW))
            .await
            .is_signed_in()
    );
    let state = second.authenticate_at(&request, at(NOW)).await;
    assert_eq!(reason(&state), "token-invalid-signature");
    // The same for a token that comes by itself.
    let token = sign(&one, KEY_ID, json!({}));
    let claims = first.verify_session_token_at(&token, at(NOW)).await;
    assert_eq!(claims.unwrap().user_id(), "user_1");
    let refused = second.verify_session_token_at(&token, at(NOW)).await;
    assert_eq!(refused.unwrap_err().reason, Reason::TokenInvalidSignature);
}

#[tokio::test]
async fn d2b_an_unknown_key_id_is_not_answered_with_the_known_ones() {
    let key = PrivateKey::generate().unwrap();
    let authenticator = Published::new(&key).authenticator();
    let request = with_bearer(&sign(&key, "ins_other", json!({})));
    let state = authenticator.authenticate_at(&request, at(NOW)).await;
    assert_eq!(reason(&state), "jwk-kid-mismatch");
    assert!(!state.message().unwrap().contains(KEY_ID));
}

#[test]
fn d3_every_configured_key_is_used_where_it_was_configured() {
    let keys = [
        PrivateKey::generate().unwrap(),
        PrivateKey::generate().unwrap(),
    ];
    let authenticators = keys.each_ref().map(|key| {
        let pem = key.public_key().to_spki_pem();
        builder().jwt_key(pem).build().unwrap()
    });
    for (own, key) in keys.iter().enumerate() {
        let request = with_bearer(&sign(key, KEY_ID, json!({})));
        for (index, authenticator) in authenticators.iter().enumerate() {
            let state = authenticator.authenticate_local(&request, at(NOW));
            assert_eq!(state.is_signed_in(), index == own);
        }
    }
}

#[test]
fn d4_one_audience_in_common_is_needed_and_enough() {
    let refused = Err(Reason::TokenVerificationFailed);
    for (aud, accepted, expected) in [
        (json!("a"), vec!["a", "b"], Ok(())),
        (json!(["x", "b"]), vec!["a", "b"], Ok(())),
        (json!(["x", "y"]), vec!["a", "b"], refused),
        (json!(["x"]), vec!["a"], refused),
        (json!("x"), vec!["a", "b"], refused),
    ] {
        let options = VerifyOptions {
            audience: accepted.into_iter().map(str::to_owned).collect(),
            ..VerifyOptions::default()
        };
        let outcome = verify_with(json!({"aud": aud}), &options).map(|_| ());
        assert_eq!(outcome, expected, "{aud}");
    }
}

#[test]
fn d5_a_token_without_authorized_party_is_refused() {
    let mut options = VerifyOptions {
        authorized_parties: vec!["https://app.example.com".to_owned()],
        ..VerifyOptions::default()
    };
    for azp in [json!({}), json!({"azp": ""}), json!({"azp": null})] {
        let outcome = verify_with(azp, &options).map(|_| ());
        assert_eq!(outcome, Err(Reason::TokenInvalidAuthorizedParties));
    }
    options.require_authorized_party = false;
    assert!(verify_with(json!({}), &options).is_ok());
}

#[test]
fn d6_a_token_that_cannot_be_read_is_an_invalid_token() {
    let instance = Instance::new(PRODUCTION);
    for token in ["a.b.c", "!.!.!", "bnVsbA.bnVsbA.AA", "..", "e30.e30.e30"] {
        assert!(!instance.bearer(token).is_signed_in(), "{token}");
        let cookie = format!("__client_uat=1; __session={token}");
        let state = instance.decide(Request::get("/").header("cookie", cookie));
        assert!(reason(&state).starts_with("token-"), "{token}");
        let query = format!("/?__clerk_handshake={token}");
        assert!(!instance.decide(page(&query)).is_signed_in(), "{token}");
    }
}

#[test]
fn d7_cookies_are_split_before_they_are_decoded_and_nothing_throws() {
    let instance = Instance::new(PRODUCTION);
    let token = instance.token(json!({}));
    let injected = format!("theme=x%3B%20__client_uat=1%3B%20__session={token}");
    let state = instance.decide(Request::get("/").header("cookie", injected));
    assert_eq!(reason(&state), "session-token-and-uat-missing");

    let broken = format!("u=%ZZ; __client_uat=1; __session={token}");
    let state = instance.decide(Request::get("/").header("cookie", broken));
    assert!(state.is_signed_in());

    for host in ["a b", "[", "a.com:99999", ":"] {
        let request = Request::get("/").header("host", host);
        assert!(!instance.decide(request).is_signed_in(), "{host}");
    }
    let numeric = instance.token(json!({"iss": 5}));
    let cookie = format!("__client_uat=1; __session={numeric}");
    let state = instance.decide(Request::get("/").header("cookie", cookie));
    assert_eq!(reason(&state), "token-verification-failed");
}

#[test]
fn d8_a_clock_skew_of_zero_is_zero() {
    let mut options = VerifyOptions {
        clock_skew: Duration::ZERO,
        ..VerifyOptions::default()
    };
    let outcome = verify_with(json!({"exp": NOW - 1}), &options).map(|_| ());
    assert_eq!(outcome, Err(Reason::TokenExpired));
    options.clock_skew = Duration::from_secs(5);
    assert!(verify_with(json!({"exp": NOW - 1}), &options).is_ok());
}

#[test]
fn d9_the_signature_comes_before_the_claims() {
    let instance = Instance::new(PRODUCTION);
    let forger = PrivateKey::generate().unwrap();
    for others in [
        json!({"exp": NOW - 3600}),
        json!({"sub": 5}),
        json!({"nbf": NOW + 3600}),
    ] {
        let state = instance.bearer(&sign(&forger, KEY_ID, others));
        assert_eq!(reason(&state), "token-invalid-signature");
    }
}

#[test]
fn d10_a_path_does_not_change_the_host() {
    let mut parts = parts(page("/"));
    parts.uri = Uri::from_static("//evil.example/p");
    let facts = RequestFacts::from_parts(&parts);
    assert_eq!(facts.origin(), "https://app.example.com");
    assert_eq!(facts.clerk_url(), "https://app.example.com//evil.example/p");
}

#[test]
fn d11_only_known_satellites_are_sent_a_development_browser() {
    let mut instance = Instance::new(DEVELOPMENT);
    instance.settings.satellite_domains = vec!["satellite.com".to_owned()];
    let ask = |from: &str| {
        let url = format!("/?__clerk_redirect_url={from}");
        let request = page(&url).header("cookie", "__clerk_db_jwt=dvb_1");
        location(&instance.decide(request)).to_owned()
    };
    let answer = ask("https://satellite.com/x");
    assert!(answer.starts_with("https://satellite.com/x?"), "{answer}");
    assert!(answer.contains("__clerk_db_jwt=dvb_1"), "{answer}");
    for elsewhere in [
        "https://evil.example/",
        "https://satellite.com.evil.example/",
        "https://satellite.com@evil.example/",
        "javascript:alert(1)//satellite.com",
    ] {
        let answer = ask(elsewhere);
        assert!(!answer.contains("evil.example/?"), "{answer}");
        assert!(!answer.starts_with("javascript"), "{answer}");
    }
}

#[test]
fn d11b_a_form_that_is_sent_is_not_redirected() {
    let instance = Instance::new(PRODUCTION);
    for (method, is_redirected) in [
        ("GET", true),
        ("HEAD", true),
        ("POST", false),
        ("PUT", false),
    ] {
        let request = page("/").method(method).header("cookie", "__client_uat=1");
        let state = instance.decide(request);
        assert_eq!(state.location().is_some(), is_redirected, "{method}");
    }
}

#[tokio::test]
async fn d12_keys_are_fetched_once_for_all_who_wait_and_not_for_every_unknown_id() {
    let key = PrivateKey::generate().unwrap();
    let published = Published::new(&key);
    let authenticator = published.authenticator();
    let request = with_bearer(&sign(&key, KEY_ID, json!({})));
    let all = (0..100).map(|_| authenticator.authenticate_at(&request, at(NOW)));
    for state in futures_util::future::join_all(all).await {
        assert!(state.is_signed_in());
    }
    assert_eq!(published.fetches.load(Ordering::SeqCst), 1);
    for unknown in 0..100 {
        let request = with_bearer(&sign(&key, &format!("ins_x{unknown}"), json!({})));
        let state = authenticator.authenticate_at(&request, at(NOW)).await;
        assert_eq!(reason(&state), "jwk-kid-mismatch");
    }
    assert_eq!(published.fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn d13_a_satellite_asks_once_and_not_for_every_page() {
    let mut instance = Instance::new(PRODUCTION);
    instance.settings.is_satellite = true;
    instance.settings.domain = Some("satellite.com".to_owned());
    let state = instance.decide(page("/"));
    assert_eq!(reason(&state), "satellite-needs-syncing");
    let state = instance.decide(page("/").header("cookie", "__client_uat=0"));
    assert_eq!(reason(&state), "session-token-and-uat-missing");
    instance.settings.satellite_auto_sync = false;
    let state = instance.decide(page("/"));
    assert_eq!(reason(&state), "session-token-and-uat-missing");
}

#[test]
fn d14_behind_a_proxy_a_token_is_still_of_its_instance() {
    let pem = |instance: &Instance| instance.key.public_key().to_spki_pem();
    let instance = Instance::new(PRODUCTION);
    let suffix = instance
        .settings
        .publishable_key
        .as_ref()
        .map(|key| key.suffixed("__session"));
    let suffix = suffix.unwrap();
    let authenticator = builder()
        .jwt_key(pem(&instance))
        .proxy_url("https://app.example.com/__clerk/")
        .build()
        .unwrap();
    let token = instance.token(json!({"iss": "https://clerk.example.com", "iat": NOW}));
    let cookie = format!("__client_uat=1; __session={token}; {suffix}=a.b.c");
    let request = parts(page("/").header("cookie", cookie));
    assert!(
        authenticator
            .authenticate_local(&request, at(NOW))
            .is_signed_in()
    );
    let request = parts(page("/").header("cookie", "__client_uat=1"));
    let state = authenticator.authenticate_local(&request, at(NOW));
    let start = "https://app.example.com/__clerk/v1/client/handshake?";
    assert!(location(&state).starts_with(start), "{}", location(&state));
}

#[test]
fn d15_debug_output_shows_no_token_and_no_secret() {
    let instance = Instance::new(PRODUCTION);
    let token = instance.token(json!({}));
    let (_, signature) = token.rsplit_once('.').unwrap();
    let authenticator = builder()
        .secret_key("sk_live_hush")
        .machine_secret_key("ak_hush")
        .jwt_key(instance.key.public_key().to_spki_pem())
        .build()
        .unwrap();
    let request = parts(
        page("/?__clerk_handshake_nonce=hush")
            .header("authorization", format!("Bearer {token}"))
            .header("cookie", "__session=hush; __refresh_x=hush"),
    );
    let facts = RequestFacts::from_parts(&request);
    let state = authenticator.authenticate_local(&request, at(NOW));
    assert!(state.is_signed_in());
    for shown in [
        format!("{authenticator:?}"),
        format!("{facts:?}"),
        format!("{state:?}"),
        format!("{:?}", state.auth()),
        serde_json::to_string(&state.auth()).unwrap(),
    ] {
        assert!(
            !shown.contains("hush") && !shown.contains(signature),
            "{shown}"
        );
    }
}

#[test]
fn d16_a_permission_bit_without_a_name_is_no_permission() {
    let session = session_of(json!({
        "v": 2, "fea": "o:posts", "o": {"id": "org_1", "per": "read", "fpm": "7"},
    }));
    let organization = session.organization().unwrap();
    assert_eq!(
        organization.permissions.as_deref(),
        Some(&["org:posts:read".to_owned()][..])
    );
}

#[test]
fn d17_private_data_is_taken_out_wherever_it_stands() {
    let user: User = serde_json::from_value(json!({
        "id": "user_1",
        "private_metadata": {"note": "secret"},
        "public_metadata": {"private_metadata": "the user's own"},
        "organization_memberships": [
            {"id": "orgmem_1", "private_metadata": {"note": "secret"},
             "organization": {"id": "org_1", "private_metadata": {"note": "secret"}}},
        ],
        "_raw": {"private_metadata": {"note": "secret"}},
    }))
    .unwrap();
    let stripped = internal::without_private_metadata(&user).unwrap();
    assert!(!stripped.to_string().contains("secret"), "{stripped}");
    assert_eq!(stripped["id"], "user_1");
    assert_eq!(
        stripped["public_metadata"]["private_metadata"],
        "the user's own"
    );
}

/// What a Backend API was asked, by path and headers.
async fn backend() -> (
    String,
    tokio::sync::mpsc::UnboundedReceiver<(Uri, HeaderMap)>,
) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let router = Router::new().fallback(async move |request: Request<Body>| {
        let (parts, _) = request.into_parts();
        sender.send((parts.uri, parts.headers)).unwrap();
        http::StatusCode::NOT_FOUND
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, receiver)
}

#[tokio::test]
async fn d18_calls_carry_the_clients_own_user_agent() {
    let (url, mut asked) = backend().await;
    let key = PrivateKey::generate().unwrap();
    let authenticator = builder()
        .secret_key("sk_live_x")
        .api_url(url)
        .jwt_key(key.public_key().to_spki_pem())
        .build()
        .unwrap();
    let suffixed = PRODUCTION
        .parse::<PublishableKey>()
        .unwrap()
        .suffixed("__refresh");
    let expired = sign(&key, KEY_ID, json!({"exp": NOW - 60, "iat": NOW - 120}));
    let cookie = format!("__client_uat=1; __session={expired}; {suffixed}=rt_1");
    let request = parts(
        page("/")
            .header("cookie", cookie)
            .header("user-agent", "Browser/1"),
    );
    authenticator.authenticate_at(&request, at(NOW)).await;
    let (uri, headers) = asked.recv().await.unwrap();
    assert!(uri.path().ends_with("/refresh"), "{uri}");
    let agent = headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("ironclerk/"), "{agent}");
}

#[test]
fn d19_a_handshake_that_cannot_be_fetched_is_not_nobody() {
    let instance = Instance::new(PRODUCTION);
    let state = instance.decide(page("/?__clerk_handshake_nonce=n"));
    assert_eq!(reason(&state), "unexpected-error");
    assert!(!state.message().unwrap().is_empty());
}

#[test]
fn d19b_the_nonce_does_not_stay_in_the_address() {
    let instance = Instance::new(DEVELOPMENT);
    let state = instance.decide(page("/p?a=1&__clerk_handshake_nonce=n"));
    assert_eq!(location(&state), "https://app.example.com/p?a=1");
}

#[test]
fn a_handshake_is_of_no_use_when_its_token_has_expired() {
    for (publishable_key, expires_at, is_of_use) in [
        (PRODUCTION, NOW + 60, true),
        (PRODUCTION, NOW - 4, true),
        (PRODUCTION, NOW - 5, false),
        // The clock of a developer's machine may be a day off.
        (DEVELOPMENT, NOW - 5, true),
        (DEVELOPMENT, NOW - 86_399, true),
        (DEVELOPMENT, NOW - 86_400, false),
    ] {
        let instance = Instance::new(publishable_key);
        let directive = format!("__session={}; Path=/", instance.token(json!({})));
        let handshake = instance.token(json!({"exp": expires_at, "handshake": [directive]}));
        let state = instance.decide(page(&format!("/?__clerk_handshake={handshake}")));
        let what = format!("{publishable_key} {expires_at}");
        assert_eq!(state.is_signed_in(), is_of_use, "{what}");
        let sets_cookies = state.headers().get_all("set-cookie").iter();
        assert_eq!(sets_cookies.count(), usize::from(is_of_use), "{what}");
    }
}

#[test]
fn the_counter_of_redirects_is_read_as_any_number() {
    let instance = Instance::new(PRODUCTION);
    for (count, next) in [
        ("", Some("1")),
        ("2", Some("3")),
        ("3", None),
        ("03", None),
        ("3.0", None),
        ("4", Some("5")),
        ("1.5", Some("2.5")),
        ("-1", Some("0")),
        ("abc", Some("1")),
        ("NaN", Some("1")),
        ("inf", Some("1")),
        ("1e300", Some("1")),
    ] {
        let cookie = format!("__client_uat=1; __clerk_redirect_count={count}");
        let state = instance.decide(page("/").header("cookie", cookie));
        let cookie = state.headers().get("set-cookie");
        let cookie = cookie.map(|cookie| cookie.to_str().unwrap());
        let expected = next.map(|next| {
            format!("__clerk_redirect_count={next}; SameSite=Lax; HttpOnly; Max-Age=2")
        });
        assert_eq!(cookie, expected.as_deref(), "{count}");
        assert_eq!(location(&state).is_empty(), next.is_none(), "{count}");
    }
}

#[tokio::test]
async fn d20_an_id_stays_one_segment_of_the_path() {
    let (url, mut asked) = backend().await;
    let client = Client::builder()
        .secret_key(SecretKey::new("sk_test_x").unwrap())
        .api_url(url)
        .build()
        .unwrap();
    let get = |id: &str| GetUser { user_id: id.into() };
    let _ = client.send(&get("a/../b?c#d")).await;
    let (uri, _) = asked.recv().await.unwrap();
    assert_eq!(uri.to_string(), "/v1/users/a%2F..%2Fb%3Fc%23d");
    for id in ["..", ".", ""] {
        assert!(client.send(&get(id)).await.is_err(), "{id}");
    }
    assert!(asked.try_recv().is_err(), "nothing was sent");
}

#[test]
fn n8_only_visitors_from_satellites_are_synchronised() {
    let mut instance = Instance::new(PRODUCTION);
    let token = instance.token(json!({}));
    let ask = |instance: &Instance, referrer: &str| {
        let cookie = format!("__client_uat=1; __session={token}");
        let request = page("/")
            .header("cookie", cookie)
            .header("referer", referrer);
        reason(&instance.decide(request))
    };
    for referrer in [
        "https://www.google.com/",
        "https://satellite.com/",
        "https://sub.app.example.com/",
        "http://app.example.com/",
    ] {
        assert_eq!(ask(&instance, referrer), "", "{referrer}");
    }
    instance.settings.satellite_domains = vec!["satellite.com".to_owned()];
    assert_eq!(ask(&instance, "https://www.google.com/"), "");
    let from_satellite = ask(&instance, "https://satellite.com/");
    assert_eq!(from_satellite, "primary-domain-cross-origin-sync");
}

#[test]
fn n9_the_session_token_travels_to_the_frontend_api_and_nowhere_else() {
    let instance = Instance::new(DEVELOPMENT);
    let expired = instance.token(json!({"exp": NOW - 60, "iat": NOW - 120}));
    let cookie = format!("__clerk_db_jwt=dvb_1; __client_uat=1; __session={expired}");
    let state = instance.decide(page("/").header("cookie", cookie));
    let start = "https://happy-hippo-1.clerk.accounts.dev/v1/client/handshake?";
    assert!(location(&state).starts_with(start), "{}", location(&state));
    assert_eq!(location(&state).matches(&expired).count(), 1);
}

#[test]
fn n12_no_key_id_has_a_meaning_of_its_own() {
    let key = PrivateKey::generate().unwrap();
    let known: KeySet = [(KEY_ID.to_owned(), key.public_key())]
        .into_iter()
        .collect();
    let known = Arc::new(known);
    for key_id in [
        "constructor",
        "__proto__",
        "toString",
        "local-ins_1",
        "local",
    ] {
        let request = with_bearer(&sign(&key, key_id, json!({})));
        let facts = RequestFacts::from_parts(&request);
        let settings = Settings::new(PRODUCTION.parse().unwrap());
        let answers = Answers::new(Keys::remote(known.clone()));
        match decide(&facts, &settings, &answers, at(NOW)) {
            Step::NeedKey(asked) => assert_eq!(asked.as_deref(), Some(key_id)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_issuer_is_this_instance() {
    let mut instance = Instance::new(PRODUCTION);
    instance.settings.satellite_domains = vec!["satellite.com".to_owned()];
    for (iss, is_own) in [
        (json!("https://clerk.example.com"), true),
        (json!("https://clerk.satellite.com"), true),
        (json!("https://clerk.other-app.com"), false),
        (json!("https://clerk.example.com.evil.example"), false),
        (json!(5), false),
    ] {
        let token = instance.token(json!({"iss": iss}));
        assert_eq!(instance.bearer(&token).is_signed_in(), is_own, "{iss}");
    }
    assert!(instance.bearer(&instance.token(json!({}))).is_signed_in());
    instance.settings.check_issuer = false;
    let token = instance.token(json!({"iss": "https://clerk.other-app.com"}));
    assert!(instance.bearer(&token).is_signed_in());
}
