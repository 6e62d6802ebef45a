//! The keys of a remote instance, fetched when needed and kept in memory.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use ironclerk_api::jwks::JsonWebKeySet;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{KeySet, PublicKey};
use crate::errors::{
    TokenVerificationError, TokenVerificationErrorAction as Action,
    TokenVerificationErrorReason as Reason,
};

/// What [`FetchKeys::fetch_keys`] returns.
pub type KeyFetchFuture<'a> =
    Pin<Box<dyn Future<Output = Result<JsonWebKeySet, KeyFetchError>> + Send + 'a>>;

/// Fetches the keys of one instance: `GET {api_url}/{api_version}/jwks` with its secret key.
///
/// One fetcher is one instance. Its keys are never mixed with those of another.
pub trait FetchKeys: Send + Sync + 'static {
    /// Makes one request. [`KeyCache`] adds the timeout, and decides when to ask again.
    fn fetch_keys(&self) -> KeyFetchFuture<'_>;
}

/// The keys could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFetchError {
    /// What happened.
    pub kind: KeyFetchErrorKind,
    /// How long Clerk asks to wait before the next attempt (`Retry-After`).
    pub retry_after: Option<Duration>,
}

/// The ways in which a fetch of keys fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFetchErrorKind {
    /// Clerk does not know the secret key (error code `clerk_key_invalid`).
    InvalidSecretKey {
        /// Clerk's own message.
        message: String,
    },
    /// The answer is not a success.
    Status {
        /// The address that was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// There was no answer, or it could not be read.
    Unreachable,
}

impl From<KeyFetchErrorKind> for KeyFetchError {
    fn from(kind: KeyFetchErrorKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }
}

/// The keys of one instance, from the network. Cheap to clone: clones share the keys.
///
/// - A key that is in memory is found without a lock and without waiting.
/// - Keys are fresh for [`FRESH_FOR`](Self::FRESH_FOR). Older ones are still used while one
///   background task replaces them, for at most [`USABLE_FOR`](Self::USABLE_FOR): an outage of
///   Clerk's API does not sign anyone out before that.
/// - At most one request is under way at a time; whoever needs its result waits for it.
/// - A token with an unknown key id causes a request only if the last one is at least
///   [`UNKNOWN_KEY_COOLDOWN`](Self::UNKNOWN_KEY_COOLDOWN) ago, so that invented ids do not turn
///   into traffic.
/// - After a failure the next attempt waits for
///   [`FAILURE_COOLDOWN`](Self::FAILURE_COOLDOWN), or for as long as Clerk asks, up to
///   [`MAX_RETRY_AFTER`](Self::MAX_RETRY_AFTER).
///
/// Needs a tokio runtime with time enabled.
///
/// JavaScript: `loadClerkJWKFromRemote`.
#[derive(Clone)]
#[doc(alias = "loadClerkJWKFromRemote")]
pub struct KeyCache(Arc<Shared>);

struct Shared {
    fetcher: Box<dyn FetchKeys>,
    known: ArcSwap<Snapshot>,
    /// Held during a request. The failure inside decides when the next one may be made.
    request: Mutex<Option<Failure>>,
}

#[derive(Default)]
struct Snapshot {
    keys: Arc<KeySet>,
    fetched_at: Option<Instant>,
}

impl Snapshot {
    fn age(&self, now: Instant) -> Duration {
        self.fetched_at.map_or(Duration::MAX, |fetched_at| {
            now.saturating_duration_since(fetched_at)
        })
    }
}

struct Failure {
    error: TokenVerificationError,
    until: Instant,
}

impl KeyCache {
    /// How long fetched keys are used without asking again.
    pub const FRESH_FOR: Duration = Duration::from_secs(5 * 60);
    /// How long fetched keys are used when they cannot be replaced.
    pub const USABLE_FOR: Duration = Duration::from_secs(60 * 60);
    /// The least time between a fetch and another one on behalf of an unknown key id.
    pub const UNKNOWN_KEY_COOLDOWN: Duration = Duration::from_secs(10);
    /// The least time between a failed fetch and the next one.
    pub const FAILURE_COOLDOWN: Duration = Duration::from_secs(1);
    /// The longest wait that Clerk can ask for.
    pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);
    /// How long one request may take.
    pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

    /// An empty cache. Nothing is fetched before the first token arrives.
    pub fn new(fetcher: impl FetchKeys) -> Self {
        Self::boxed(Box::new(fetcher))
    }

    pub(crate) fn boxed(fetcher: Box<dyn FetchKeys>) -> Self {
        Self(Arc::new(Shared {
            fetcher,
            known: ArcSwap::default(),
            request: Mutex::new(None),
        }))
    }

    /// The keys in memory, empty if there are none that may be used. Never waits; starts a
    /// background request when the keys are no longer fresh.
    pub fn known_keys(&self) -> Arc<KeySet> {
        let known = self.0.known.load();
        let age = known.age(Instant::now());
        if age >= Self::USABLE_FOR {
            return Arc::default();
        }
        if age >= Self::FRESH_FOR {
            self.refresh_in_background();
        }
        known.keys.clone()
    }

    /// The key of this id, fetched if need be.
    ///
    /// # Errors
    /// [`Reason::JwkKidMismatch`] when the instance has no such key;
    /// [`Reason::RemoteJwkFailedToLoad`] or [`Reason::SecretKeyInvalid`] when that cannot be found
    /// out.
    pub async fn key(&self, key_id: Option<&str>) -> Result<PublicKey, TokenVerificationError> {
        let find = |keys: &KeySet| key_id.and_then(|id| keys.get(id)).cloned();
        if let Some(key) = find(&self.known_keys()) {
            return Ok(key);
        }
        let mut last_failure = self.0.request.lock().await;
        // Somebody else may have fetched it while this call waited for its turn.
        let known = self.0.known.load_full();
        let age = known.age(Instant::now());
        if age < Self::USABLE_FOR
            && let Some(key) = find(&known.keys)
        {
            return Ok(key);
        }
        if age < Self::UNKNOWN_KEY_COOLDOWN {
            return Err(unknown_key(key_id));
        }
        let keys = self.0.fetch(&mut last_failure).await?;
        find(&keys).ok_or_else(|| unknown_key(key_id))
    }

    /// Fetches the keys ahead of the first token, so that no visitor waits for them. Does nothing
    /// while the keys in memory are fresh.
    ///
    /// # Errors
    /// When they cannot be fetched. The first token is then tried all the same, after
    /// [`FAILURE_COOLDOWN`](Self::FAILURE_COOLDOWN).
    pub async fn warm_up(&self) -> Result<(), TokenVerificationError> {
        let mut last_failure = self.0.request.lock().await;
        if self.0.known.load().age(Instant::now()) < Self::FRESH_FOR {
            return Ok(());
        }
        self.0.fetch(&mut last_failure).await.map(|_| ())
    }

    fn refresh_in_background(&self) {
        // Whoever holds the lock is about to replace the keys already.
        match self.0.request.try_lock() {
            Ok(last_failure) if !is_waiting(&last_failure) => {}
            _ => return,
        }
        // Outside of a runtime nobody can do it in the background: the keys are then replaced when
        // they are no longer usable.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let shared = Arc::clone(&self.0);
        runtime.spawn(async move {
            let Ok(mut last_failure) = shared.request.try_lock() else {
                return;
            };
            if shared.known.load().age(Instant::now()) < Self::FRESH_FOR {
                return;
            }
            if let Err(error) = shared.fetch(&mut last_failure).await {
                tracing::warn!(reason = %error.reason, "keys could not be refreshed: {error}");
            }
        });
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache")
            .field("keys", &self.0.known.load().keys)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// One request, unless the last failure forbids it. `last_failure` is the guarded state: to
    /// have it is to be the only one here.
    async fn fetch(
        &self,
        last_failure: &mut Option<Failure>,
    ) -> Result<Arc<KeySet>, TokenVerificationError> {
        if is_waiting(last_failure)
            && let Some(failure) = last_failure
        {
            return Err(failure.error.clone());
        }
        let answer = tokio::time::timeout(KeyCache::REQUEST_TIMEOUT, self.fetcher.fetch_keys())
            .await
            .unwrap_or_else(|_| Err(KeyFetchErrorKind::Unreachable.into()));
        let now = Instant::now();
        let (error, retry_after) = match answer {
            Ok(jwks) => {
                let keys = Arc::new(KeySet::from_jwks(&jwks));
                if !keys.is_empty() {
                    *last_failure = None;
                    self.known.store(Arc::new(Snapshot {
                        keys: Arc::clone(&keys),
                        fetched_at: Some(now),
                    }));
                    return Ok(keys);
                }
                (no_keys(), None)
            }
            Err(error) => (not_loaded(error.kind), error.retry_after),
        };
        let wait = retry_after
            .unwrap_or_default()
            .clamp(KeyCache::FAILURE_COOLDOWN, KeyCache::MAX_RETRY_AFTER);
        *last_failure = Some(Failure {
            error: error.clone(),
            until: now + wait,
        });
        Err(error)
    }
}

/// Whether the last failure forbids another attempt for now.
fn is_waiting(last_failure: &Option<Failure>) -> bool {
    last_failure
        .as_ref()
        .is_some_and(|failure| Instant::now() < failure.until)
}

fn unknown_key(key_id: Option<&str>) -> TokenVerificationError {
    // An id is chosen by whoever wrote the token and ends up in a header: show the beginning.
    let shown: String = key_id.unwrap_or("undefined").chars().take(64).collect();
    TokenVerificationError::new(
        Reason::JwkKidMismatch,
        format!(
            "Unable to find a signing key in JWKS that matches the kid='{shown}' of the provided session token. Please make sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT."
        ),
    )
    .with_action(Action::CheckKeys)
}

fn no_keys() -> TokenVerificationError {
    TokenVerificationError::new(
        Reason::RemoteJwkFailedToLoad,
        "The JWKS endpoint did not contain any signing keys. Contact support@clerk.com.",
    )
    .with_action(Action::ContactSupport)
}

fn not_loaded(kind: KeyFetchErrorKind) -> TokenVerificationError {
    let (reason, message) = match kind {
        KeyFetchErrorKind::InvalidSecretKey { message } => (Reason::SecretKeyInvalid, message),
        KeyFetchErrorKind::Status { url, status } => (
            Reason::RemoteJwkFailedToLoad,
            format!("Error loading Clerk JWKS from {url} with code={status}"),
        ),
        KeyFetchErrorKind::Unreachable => (
            Reason::RemoteJwkFailedToLoad,
            "Failed to load JWKS from Clerk Backend or Frontend API.".to_owned(),
        ),
    };
    TokenVerificationError::new(reason, message).with_action(Action::ContactSupport)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as StdMutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::keys::PrivateKey;

    type Answer = Result<JsonWebKeySet, KeyFetchError>;

    /// Answers after 20 ms, and counts.
    #[derive(Clone)]
    struct Fake {
        answer: Arc<StdMutex<Answer>>,
        fetches: Arc<AtomicUsize>,
        delay: Duration,
    }

    impl Fake {
        fn new(answer: Answer) -> Self {
            Self {
                answer: Arc::new(StdMutex::new(answer)),
                fetches: Arc::default(),
                delay: Duration::from_millis(20),
            }
        }

        fn answer(&self, answer: Answer) {
            *self.answer.lock().expect("not poisoned") = answer;
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::SeqCst)
        }
    }

    impl FetchKeys for Fake {
        fn fetch_keys(&self) -> KeyFetchFuture<'_> {
            Box::pin(async {
                self.fetches.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(self.delay).await;
                self.answer.lock().expect("not poisoned").clone()
            })
        }
    }

    fn key_set(key_id: &str) -> JsonWebKeySet {
        let key = PrivateKey::generate().expect("a key").public_key();
        JsonWebKeySet {
            keys: vec![key.to_jwk(key_id)],
        }
    }

    fn failure(retry_after: Option<Duration>) -> Answer {
        Err(KeyFetchError {
            kind: KeyFetchErrorKind::Status {
                url: "https://api.clerk.com/v1/jwks".to_owned(),
                status: 429,
            },
            retry_after,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_lookups_on_a_cold_cache_make_one_request() {
        let fake = Fake::new(Ok(key_set("ins_1")));
        let cache = KeyCache::new(fake.clone());
        let lookups: Vec<_> = (0..1000)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { cache.key(Some("ins_1")).await.is_ok() })
            })
            .collect();
        for lookup in lookups {
            assert!(lookup.await.expect("no panic"));
        }
        assert_eq!(fake.fetches(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_lookups_share_one_failure_too() {
        let fake = Fake::new(failure(None));
        let cache = KeyCache::new(fake.clone());
        let lookups: Vec<_> = (0..1000)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { cache.key(Some("ins_1")).await })
            })
            .collect();
        for lookup in lookups {
            let error = lookup.await.expect("no panic").expect_err("no keys");
            assert_eq!(error.reason, Reason::RemoteJwkFailedToLoad);
            assert_eq!(
                error.message,
                "Error loading Clerk JWKS from https://api.clerk.com/v1/jwks with code=429"
            );
        }
        assert_eq!(fake.fetches(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn invented_key_ids_make_one_request_per_cooldown() {
        let fake = Fake::new(Ok(key_set("ins_1")));
        let cache = KeyCache::new(fake.clone());
        for round in 1..=3 {
            for id in 0..100 {
                let error = cache
                    .key(Some(&format!("random_{round}_{id}")))
                    .await
                    .expect_err("unknown");
                assert_eq!(error.reason, Reason::JwkKidMismatch);
            }
            assert!(cache.key(None).await.is_err());
            assert_eq!(fake.fetches(), round);
            tokio::time::advance(KeyCache::UNKNOWN_KEY_COOLDOWN).await;
        }
        assert!(cache.key(Some("ins_1")).await.is_ok());
        assert_eq!(fake.fetches(), 3, "the known key never needed a request");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rotated_key_is_found() {
        let fake = Fake::new(Ok(key_set("ins_1")));
        let cache = KeyCache::new(fake.clone());
        assert!(cache.key(Some("ins_1")).await.is_ok());
        fake.answer(Ok(key_set("ins_2")));
        tokio::time::advance(KeyCache::UNKNOWN_KEY_COOLDOWN).await;
        assert!(cache.key(Some("ins_2")).await.is_ok());
        assert!(cache.key(Some("ins_1")).await.is_err(), "it was withdrawn");
    }

    #[tokio::test(start_paused = true)]
    async fn stale_keys_are_served_while_one_task_replaces_them() {
        let fake = Fake::new(Ok(key_set("ins_1")));
        let cache = KeyCache::new(fake.clone());
        assert!(cache.key(Some("ins_1")).await.is_ok());
        tokio::time::advance(KeyCache::FRESH_FOR).await;
        let before = tokio::time::Instant::now();
        for _ in 0..100 {
            assert!(cache.key(Some("ins_1")).await.is_ok());
        }
        assert_eq!(before.elapsed(), Duration::ZERO, "nobody waited");
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(fake.fetches(), 2);
        assert!(cache.key(Some("ins_1")).await.is_ok());
        assert_eq!(fake.fetches(), 2, "fresh again");
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_survived_for_an_hour_and_not_longer() {
        let fake = Fake::new(Ok(key_set("ins_1")));
        let cache = KeyCache::new(fake.clone());
        assert!(cache.key(Some("ins_1")).await.is_ok());
        fake.answer(Err(KeyFetchErrorKind::Unreachable.into()));
        tokio::time::advance(KeyCache::USABLE_FOR - Duration::from_secs(60)).await;
        assert!(cache.key(Some("ins_1")).await.is_ok());
        tokio::time::sleep(Duration::from_secs(60)).await;
        let error = cache.key(Some("ins_1")).await.expect_err("too old");
        assert_eq!(error.reason, Reason::RemoteJwkFailedToLoad);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_honoured_within_its_bound() {
        let fake = Fake::new(failure(Some(Duration::from_secs(30))));
        let cache = KeyCache::new(fake.clone());
        assert!(cache.key(Some("ins_1")).await.is_err());
        tokio::time::advance(Duration::from_secs(29)).await;
        assert!(cache.key(Some("ins_1")).await.is_err());
        assert_eq!(fake.fetches(), 1);
        fake.answer(failure(Some(Duration::from_secs(86_400))));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(cache.key(Some("ins_1")).await.is_err());
        assert_eq!(fake.fetches(), 2);
        fake.answer(Ok(key_set("ins_1")));
        tokio::time::advance(KeyCache::MAX_RETRY_AFTER).await;
        assert!(cache.key(Some("ins_1")).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_given_up() {
        let mut fake = Fake::new(Ok(key_set("ins_1")));
        fake.delay = Duration::from_secs(3600);
        let started = tokio::time::Instant::now();
        let error = KeyCache::new(fake)
            .key(Some("ins_1"))
            .await
            .expect_err("timeout");
        assert_eq!(error.reason, Reason::RemoteJwkFailedToLoad);
        assert!(started.elapsed() < Duration::from_secs(6));
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_set_and_a_wrong_secret_key_have_their_own_reasons() {
        let cache = KeyCache::new(Fake::new(Ok(JsonWebKeySet::default())));
        let error = cache.key(Some("ins_1")).await.expect_err("no keys");
        assert_eq!(error.reason, Reason::RemoteJwkFailedToLoad);
        assert!(error.message.contains("did not contain any signing keys"));
        let cache = KeyCache::new(Fake::new(Err(KeyFetchErrorKind::InvalidSecretKey {
            message: "The provided Clerk Secret Key is invalid.".to_owned(),
        }
        .into())));
        let error = cache.key(Some("ins_1")).await.expect_err("wrong key");
        assert_eq!(error.reason, Reason::SecretKeyInvalid);
        assert_eq!(error.message, "The provided Clerk Secret Key is invalid.");
    }
}
