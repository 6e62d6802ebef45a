//! Many requests at once, and what Clerk notices of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::request::Parts;
use ironclerk::Authenticator;
use ironclerk::api::jwks::JsonWebKeySet;
use ironclerk::authenticate::RequestState;
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use ironclerk::keys::{FetchKeys, KeyCache, KeyFetchFuture, PrivateKey};
use serde_json::json;

const NOW: u64 = 1_700_000_000;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// Answers after 50 ms, and counts.
#[derive(Clone)]
struct Clerk {
    keys: JsonWebKeySet,
    fetches: Arc<AtomicUsize>,
}

impl Clerk {
    fn new(key: &PrivateKey) -> Self {
        let keys = JsonWebKeySet {
            keys: vec![key.public_key().to_jwk("ins_1")],
        };
        let fetches = Arc::default();
        Self { keys, fetches }
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn authenticator(&self) -> Authenticator {
        Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_x")
            .fetch_keys(self.clone())
            .build()
            .expect("a configuration")
    }
}

impl FetchKeys for Clerk {
    fn fetch_keys(&self) -> KeyFetchFuture<'_> {
        Box::pin(async {
            self.fetches.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(self.keys.clone())
        })
    }
}

fn parts(token: &str) -> Parts {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    request.body(()).expect("a request").into_parts().0
}

fn genuine(key: &PrivateKey) -> Parts {
    let claims = json!({"sub": "user_1", "sid": "sess_1", "exp": NOW + 60});
    let options = SignOptions::new("ins_1", TokenCategory::Session);
    parts(&jwt::sign(&claims, key, &options, now()).expect("a token"))
}

/// All at once.
async fn authenticate(
    authenticator: &Authenticator,
    requests: impl IntoIterator<Item = Parts>,
) -> Vec<RequestState> {
    let mut tasks = tokio::task::JoinSet::new();
    for parts in requests {
        let authenticator = authenticator.clone();
        tasks.spawn(async move { authenticator.authenticate_at(&parts, now()).await });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_requests_on_a_cold_cache_make_one_request() {
    let key = PrivateKey::generate().expect("a key");
    let clerk = Clerk::new(&key);
    let authenticator = clerk.authenticator();
    let request = genuine(&key);
    let states = authenticate(&authenticator, vec![request; 1_000]).await;
    assert_eq!(states.len(), 1_000);
    assert!(states.iter().all(RequestState::is_signed_in));
    assert_eq!(clerk.fetches(), 1);
}

#[tokio::test]
async fn keys_are_there_before_the_first_request() {
    let key = PrivateKey::generate().expect("a key");
    let clerk = Clerk::new(&key);
    let authenticator = clerk.authenticator();
    assert_eq!(clerk.fetches(), 0);
    let starts = (0..10).map(|_| authenticator.warm_up());
    for start in futures_util::future::join_all(starts).await {
        assert_eq!(start, Ok(()));
    }
    assert_eq!(clerk.fetches(), 1);
    let state = authenticator.authenticate_local(&genuine(&key), now());
    assert!(state.is_signed_in());
    assert_eq!(clerk.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_invented_key_ids_make_one_request_per_cooldown() {
    let key = PrivateKey::generate().expect("a key");
    let clerk = Clerk::new(&key);
    let authenticator = clerk.authenticator();
    let genuine = genuine(&key);
    let mut number = 0;
    for (round, requests) in [(1, 10_000), (2, 100), (3, 100)] {
        let invented = (0..requests).map(|_| {
            number += 1;
            unsigned(&format!("ins_invented_{number}"))
        });
        let states = authenticate(&authenticator, invented).await;
        for state in &states {
            let reason = state.reason().map(ToString::to_string);
            assert_eq!(reason.as_deref(), Some("jwk-kid-mismatch"));
        }
        assert_eq!(states.len(), requests);
        assert_eq!(clerk.fetches(), round);
        // Whoever has a genuine token notices nothing.
        let state = authenticator.authenticate_at(&genuine, now()).await;
        assert!(state.is_signed_in());
        tokio::time::advance(KeyCache::UNKNOWN_KEY_COOLDOWN).await;
    }
    assert_eq!(clerk.fetches(), 3);
}

/// Nobody gets to the point of looking at the signature.
fn unsigned(key_id: &str) -> Parts {
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "RS256", "kid": key_id}).to_string());
    let payload = URL_SAFE_NO_PAD.encode(json!({"sub": "user_1", "exp": NOW + 60}).to_string());
    parts(&format!("{header}.{payload}.AAAA"))
}
