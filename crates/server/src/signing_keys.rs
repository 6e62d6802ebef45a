//! The keys that tokens are signed with, and how one follows another.
//!
//! A key is published before it signs, so that whoever verifies knows it in time: all servers on a
//! database read the keys anew every few seconds. An old key goes on verifying what it has signed
//! until its time is over. When a key signs and verifies is decided by [`SigningKeys`] from the
//! time alone.

use std::time::Duration;

use ironclerk::jwt;
use ironclerk::keys::PrivateKey;
use ironclerk_api::Metadata;
use ironclerk_api::id::InstanceId;
use ironclerk_api::jwks::JsonWebKeySet;
use serde_json::Value;

use crate::database::{Database, DatabaseError, Transaction};
use crate::random::Random;
use crate::store::instance::{self as store, StoredSigningKey};

/// How old what a server knows of the keys can be, in ms.
pub(crate) const READ_EVERY: i64 = 5 * 1000;
/// How many keys there are at once at the most.
const MOST_KEYS: usize = 8;

/// Why the keys cannot be shown or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database has no instance.
    #[error("the database has no instance yet: start a server on it first")]
    NoInstance,
    /// There is no such key.
    #[error("there is no signing key {0}")]
    Unknown(String),
    /// The key is needed.
    #[error("the key {0} signs the tokens: rotate the keys first")]
    InUse(String),
    /// There are enough keys.
    #[error("there are {MOST_KEYS} signing keys already: remove one first")]
    TooMany,
    /// A key in the database cannot be read.
    #[error(
        "the signing key {0} in the database cannot be read: restore the database from a backup"
    )]
    Unreadable(String),
    /// No key could be made.
    #[error("the operating system gave no random numbers to make keys from")]
    Generation,
}

/// When the next key takes over.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// For how long the new key is only published before it signs. It should be longer than all
    /// servers need to learn of it, 5 s, and than verifiers keep what they know.
    pub sign_after: Duration,
    /// For how long after that the old keys still verify.
    pub keep_old: Duration,
}

impl Default for Rotation {
    /// After 30 seconds, and for 30 days: as long as an invitation stands.
    fn default() -> Self {
        Self {
            sign_after: Duration::from_secs(30),
            keep_old: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

/// What a signing key is good for at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is published and does not sign yet.
    Published,
    /// It signs.
    Signs,
    /// It verifies what it has signed.
    Verifies,
}

/// What can be told about a signing key.
#[derive(Clone, Debug)]
pub struct SigningKeyInfo {
    /// The `kid` of the tokens that it signs.
    pub id: String,
    /// What it is good for.
    pub r#use: Use,
    /// From when it signs, in ms since the epoch.
    pub signs_from: i64,
    /// Until when it verifies, in ms since the epoch; always when absent.
    pub verifies_until: Option<i64>,
    /// The public key for `CLERK_JWT_KEY`, in one line.
    pub jwt_key: String,
}

/// The signing keys that are good for something, the last first. The later key signs, or the
/// earlier while it is not yet time.
///
/// # Errors
/// When the database fails or has no instance.
pub async fn list(database: &Database, now: i64) -> Result<Vec<SigningKeyInfo>, SigningKeyError> {
    let keys = database
        .read(|transaction| {
            require_instance(transaction)?;
            SigningKeys::read(transaction)
        })
        .await?;
    Ok(keys.described(now))
}

/// Makes the next signing key.
///
/// # Errors
/// When the database fails or has no instance, or there are no random numbers.
pub async fn rotate(
    database: &Database,
    rotation: Rotation,
    now: i64,
) -> Result<SigningKeyInfo, SigningKeyError> {
    let pem = generate().await.ok_or(SigningKeyError::Generation)?;
    let random: [u8; 4] = Random::SYSTEM
        .bytes()
        .map_err(|_| SigningKeyError::Generation)?;
    let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4);
    let signs_from = now.saturating_add(milliseconds(rotation.sign_after));
    let verifies_until = signs_from.saturating_add(milliseconds(rotation.keep_old));
    database
        .write(move |transaction| {
            let instance = require_instance(transaction)?;
            store::lock(transaction)?;
            let keys = SigningKeys::read(transaction)?;
            let published = keys.described(now);
            if published.len() >= MOST_KEYS {
                return Err(SigningKeyError::TooMany);
            }
            for key in &keys.0 {
                if !published.iter().any(|kept| kept.id == key.id) {
                    store::delete_signing_key(transaction, &key.id)?;
                }
            }
            let suffix: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let id = format!("{instance}_{suffix}");
            let current = keys.current(now).map_or("", |key| &key.id);
            store::retire_signing_keys(transaction, verifies_until, current)?;
            store::insert_signing_key(
                transaction,
                &StoredSigningKey {
                    id: id.clone(),
                    private_key: pem,
                    signs_from,
                    verifies_until: None,
                },
                now,
            )?;
            let keys = SigningKeys::read(transaction)?;
            keys.described(now)
                .into_iter()
                .find(|key| key.id == id)
                .ok_or(SigningKeyError::Unknown(id))
        })
        .await
}

/// Removes a signing key that does not sign. What it has signed is worth nothing from then on.
///
/// # Errors
/// When there is no such key, when it is the one that signs, or when the database fails.
pub async fn remove(database: &Database, id: String, now: i64) -> Result<(), SigningKeyError> {
    database
        .write(move |transaction| {
            require_instance(transaction)?;
            store::lock(transaction)?;
            let keys = SigningKeys::read(transaction)?;
            match keys.described(now).iter().find(|key| key.id == id) {
                None => Err(SigningKeyError::Unknown(id)),
                Some(key) if key.r#use == Use::Signs => Err(SigningKeyError::InUse(id)),
                Some(_) => Ok(store::delete_signing_key(transaction, &id)?),
            }
        })
        .await
}

fn require_instance(transaction: &mut Transaction<'_>) -> Result<InstanceId, SigningKeyError> {
    store::get(transaction)?
        .map(|instance| instance.id)
        .ok_or(SigningKeyError::NoInstance)
}

/// A key that tokens are signed with.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pub id: String,
    pub key: PrivateKey,
    /// In ms since the epoch.
    signs_from: i64,
    /// In ms since the epoch.
    verifies_until: Option<i64>,
}

/// The keys of an instance, the last first.
#[derive(Debug, Default)]
pub(crate) struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    pub(crate) fn read(transaction: &mut Transaction<'_>) -> Result<Self, SigningKeyError> {
        let read = |stored: StoredSigningKey| match stored.private_key.parse() {
            Ok(key) => Ok(SigningKey {
                key,
                id: stored.id,
                signs_from: stored.signs_from,
                verifies_until: stored.verifies_until,
            }),
            Err(_) => Err(SigningKeyError::Unreadable(stored.id)),
        };
        let keys = store::signing_keys(transaction)?.into_iter().map(read);
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// The key that tokens are signed with: the last whose time has come.
    pub(crate) fn current(&self, now: i64) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.signs_from <= now)
    }

    /// The keys that are published: all but those whose time is over.
    fn published(&self, now: i64) -> impl Iterator<Item = &SigningKey> {
        let current = self.current(now).map(|key| key.id.as_str());
        self.0.iter().filter(move |key| {
            Some(key.id.as_str()) == current || key.verifies_until.is_none_or(|end| now < end)
        })
    }

    /// The public keys.
    pub(crate) fn jwks(&self, now: i64) -> JsonWebKeySet {
        let keys = self.published(now);
        JsonWebKeySet {
            keys: keys
                .map(|key| key.key.public_key().to_jwk(&key.id))
                .collect(),
        }
    }

    /// The claims of a token that one of the keys has signed, whatever the token's times.
    pub(crate) fn signed_claims(&self, token: &str, now: i64) -> Option<Metadata> {
        let decoded = jwt::decode(token).ok()?;
        let key_id = decoded.key_id()?;
        let signing = self.published(now).find(|signing| signing.id == key_id)?;
        let is_ours = jwt::has_valid_signature(&decoded, &signing.key.public_key());
        match decoded.unverified_claims() {
            Value::Object(claims) if is_ours.ok()? => Some(claims.clone()),
            _ => None,
        }
    }

    fn described(&self, now: i64) -> Vec<SigningKeyInfo> {
        let current = self.current(now).map(|key| key.id.as_str());
        let describe = |key: &SigningKey| SigningKeyInfo {
            id: key.id.clone(),
            r#use: if Some(key.id.as_str()) == current {
                Use::Signs
            } else if key.signs_from > now {
                Use::Published
            } else {
                Use::Verifies
            },
            signs_from: key.signs_from,
            verifies_until: key.verifies_until,
            jwt_key: key.key.public_key().to_spki_base64(),
        };
        self.published(now).map(describe).collect()
    }
}

/// Makes an RSA key, as PEM. How long the search for its primes takes is a matter of luck, between
/// 30 ms and 300 ms: of two searches at once the first to end is seldom late.
pub(crate) async fn generate() -> Option<String> {
    let search = || tokio::task::spawn_blocking(|| PrivateKey::generate()?.to_pem());
    let found = tokio::select! {
        found = search() => found,
        found = search() => found,
    };
    found.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_whose_time_has_come_signs() {
        let key: PrivateKey = PrivateKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        let keys = |keys: &[(&str, i64, Option<i64>)]| {
            SigningKeys(
                keys.iter()
                    .map(|(id, signs_from, verifies_until)| SigningKey {
                        id: (*id).to_owned(),
                        key: pem.parse().unwrap(),
                        signs_from: *signs_from,
                        verifies_until: *verifies_until,
                    })
                    .collect(),
            )
        };
        let one = keys(&[("a", 0, None)]);
        let two = keys(&[("b", 30, None), ("a", 0, Some(100))]);
        let three = keys(&[("c", 50, None), ("b", 30, Some(150)), ("a", 0, Some(100))]);
        for (keys, now, signs, published) in [
            (&one, 0, "a", "a"),
            (&two, 29, "a", "b a"),
            (&two, 30, "b", "b a"),
            (&two, 99, "b", "b a"),
            (&two, 100, "b", "b"),
            (&three, 29, "a", "c b a"),
            (&three, 49, "b", "c b a"),
            (&three, 50, "c", "c b a"),
            (&three, 120, "c", "c b"),
            (&three, 1000, "c", "c"),
            // However late: a key that signs is published.
            (&keys(&[("a", 0, Some(10))]), 20, "a", "a"),
        ] {
            assert_eq!(keys.current(now).unwrap().id, signs, "{now}");
            let ids: Vec<_> = keys.published(now).map(|key| key.id.as_str()).collect();
            assert_eq!(ids.join(" "), published, "{now}");
            assert_eq!(keys.jwks(now).keys.len(), ids.len());
        }
        assert!(SigningKeys::default().current(0).is_none());
        let info = &two.described(10)[0];
        assert_eq!(info.r#use, Use::Published);
        assert_eq!(info.jwt_key, key.public_key().to_spki_base64());
        assert!(!format!("{two:?}").contains("PRIVATE"));
    }
}
