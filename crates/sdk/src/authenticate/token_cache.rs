//! Session tokens that have been verified already.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use super::answers::Keys;
use crate::jwt::Validity;
use crate::session::SessionAuth;

/// A bounded memory of session tokens whose signature has been verified. A browser sends the same
/// token with every request of a minute, so most signatures need no second look.
///
/// A token is taken from here only while the keys are those that verified it and its dates are
/// still right. Everything else about a token cannot change.
pub(super) struct TokenCache(Cache<Token, Verified>);

/// The session stands for its token, so that the token is kept once.
struct Token(Arc<SessionAuth>);

/// Cloned by every look.
#[derive(Clone)]
struct Verified {
    session: Arc<SessionAuth>,
    keys: u64,
    validity: Validity,
}

impl TokenCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Cache::new(capacity))
    }

    pub(super) fn find(
        &self,
        token: &[u8],
        keys: &Keys,
        clock_skew: Duration,
        now: SystemTime,
    ) -> Option<Arc<SessionAuth>> {
        let found = self.0.get(&Sought(token))?;
        let is_usable = found.keys == keys.id() && found.validity.includes(now, clock_skew);
        is_usable.then_some(found.session)
    }

    /// Remembers a session that has just been verified with one of these keys.
    pub(super) fn keep(&self, session: &Arc<SessionAuth>, key_id: Option<&str>, keys: &Keys) {
        if keys.knows(key_id) {
            let verified = Verified {
                session: session.clone(),
                keys: keys.id(),
                validity: session.claims().validity(),
            };
            self.0.insert(Token(session.clone()), verified);
        }
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("capacity", &self.0.capacity())
            .finish_non_exhaustive()
    }
}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Sought(self.0.token().as_bytes()).hash(state);
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.0.token() == other.0.token()
    }
}

impl Eq for Token {}

/// What a request brings, which may or may not be a token.
struct Sought<'a>(&'a [u8]);

impl Hash for Sought<'_> {
    /// Tokens that were verified differ in the end of their signature.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let end = self.0.len().saturating_sub(64);
        self.0[end..].hash(state);
    }
}

impl Equivalent<Token> for Sought<'_> {
    fn equivalent(&self, token: &Token) -> bool {
        self.0 == token.0.token().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::json;

    use super::*;
    use crate::jwt::{self, SignOptions, TokenCategory, VerifyOptions};
    use crate::keys::{KeySet, PrivateKey};
    use crate::session;

    const NOW: u64 = 1_700_000_000;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn session(key: &PrivateKey, user_id: &str) -> Arc<SessionAuth> {
        let claims = json!({"sub": user_id, "exp": NOW + 60, "nbf": NOW - 10});
        let options = SignOptions::new("ins_1", TokenCategory::Session);
        let token = jwt::sign(&claims, key, &options, at(NOW)).expect("a token");
        let options = VerifyOptions::default();
        let claims = session::verify(&token, &key.public_key(), &options, at(NOW));
        Arc::new(SessionAuth::new(claims.expect("verified"), token))
    }

    fn keys(entries: &[(&str, &PrivateKey)]) -> Keys {
        let entries = entries.iter();
        let set: KeySet = entries
            .map(|(id, key)| ((*id).to_owned(), key.public_key()))
            .collect();
        Keys::remote(Arc::new(set))
    }

    #[test]
    fn a_remembered_token_is_accepted_as_long_as_a_new_one_would_be() {
        let (key, other) = (
            PrivateKey::generate().expect("a key"),
            PrivateKey::generate().expect("a key"),
        );
        let cache = TokenCache::new(10);
        let kept = session(&key, "user_1");
        let current = keys(&[("ins_1", &key), ("ins_2", &other)]);
        let skew = Duration::from_secs(5);
        let find = |token: &str, keys: &Keys, now| {
            let found = cache.find(token.as_bytes(), keys, skew, at(now));
            found.map(|session| session.user_id().to_owned())
        };
        assert_eq!(find(kept.token(), &current, NOW), None);
        cache.keep(&kept, Some("ins_2"), &keys(&[("ins_1", &key)]));
        assert_eq!(find(kept.token(), &current, NOW), None);
        cache.keep(&kept, Some("ins_1"), &current);
        let user = Some("user_1".to_owned());
        for (keys, now, found) in [
            (&current, NOW, &user),
            (&current, NOW + 64, &user),
            (&current, NOW + 65, &None),
            (&current, NOW - 15, &None),
            (&current.clone(), NOW, &user),
            (&Keys::Local(key.public_key()), NOW, &None),
            (&keys(&[("ins_1", &key)]), NOW, &None),
            (&keys(&[("ins_1", &other)]), NOW, &None),
            (&keys(&[]), NOW, &None),
        ] {
            assert_eq!(&find(kept.token(), keys, now), found, "{keys:?} {now}");
        }
        let local = Keys::Local(key.public_key());
        cache.keep(&kept, None, &local);
        assert_eq!(find(kept.token(), &local.clone(), NOW), user);
        assert_eq!(find(kept.token(), &current, NOW), None);
        let forged = format!("{}A", kept.token());
        assert_eq!(find(&forged, &current, NOW), None);
        let (head, _) = kept.token().rsplit_once('.').expect("a signature");
        assert_eq!(find(&format!("{head}."), &current, NOW), None);
    }

    #[test]
    fn no_more_tokens_are_kept_than_allowed() {
        let key = PrivateKey::generate().expect("a key");
        let cache = TokenCache::new(10);
        let keys = keys(&[("ins_1", &key)]);
        for user in 0..100 {
            let kept = session(&key, &format!("user_{user}"));
            cache.keep(&kept, Some("ins_1"), &keys);
        }
        assert!(cache.0.len() <= 10, "{}", cache.0.len());
        assert!(!format!("{cache:?}").contains("eyJ"));
    }
}
