//! The instance: its keys, made once and kept in the database.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::constant_time;
use ironclerk::instance::{InstanceType, PublishableKey, SecretKey};
use ironclerk_api::Metadata;
use ironclerk_api::id::InstanceId;
use ironclerk_api::jwks::JsonWebKeySet;

use crate::context::Clock;
use crate::database::{Database, DatabaseError, Transaction};
use crate::domains;
use crate::organization_roles;
use crate::random::Random;
use crate::role_sets;
use crate::signing_keys::{self, READ_EVERY, SigningKeyError, SigningKeys};
use crate::store::identifications;
use crate::store::instance::{self as store, StoredInstance, StoredSigningKey};
use crate::{Config, ServerError};

/// The key of deterministic servers. It is public: nothing that it signs proves anything.
const INSECURE_SIGNING_KEY: &str = include_str!("insecure_signing_key.pem");

/// The one instance that a server serves: what its tokens are signed with, and by which keys
/// applications know it.
#[derive(Debug)]
pub struct Instance {
    id: InstanceId,
    secret_key: SecretKey,
    publishable_key: PublishableKey,
    issuer: String,
    clock: Clock,
    keys: RwLock<Arc<SigningKeys>>,
    /// When the keys were read, in ms since the epoch.
    keys_read_at: AtomicI64,
}

impl Instance {
    /// Reads the instance, or makes it in an empty database.
    pub(crate) async fn open(
        database: &Database,
        config: &Config,
        now: i64,
    ) -> Result<Self, ServerError> {
        let is_predictable = config.random.is_predictable();
        if is_predictable && config.instance_type == InstanceType::Production {
            return Err(ServerError::PredictableProduction);
        }
        let stored = database.read(store::get).await?;
        let stored = match stored {
            Some(_) if is_predictable => return Err(ServerError::PredictableRestart),
            Some(stored) => stored,
            None => create(database, config, now).await?,
        };
        database
            .write({
                let domain = config.frontend_api().to_owned();
                let random = config.random.clone();
                move |transaction| furnish(transaction, &domain, &random, now)
            })
            .await?;
        while database.write(identifications::fill_in_mailboxes).await? {}
        let instance_type = match stored.kind.as_str() {
            "production" => InstanceType::Production,
            _ => InstanceType::Development,
        };
        if instance_type != config.instance_type {
            return Err(ServerError::OtherKind { kind: stored.kind });
        }
        let secret_key = match &config.secret_key {
            None => SecretKey::new(stored.secret_key)?,
            Some(given) => {
                if given.expose() != stored.secret_key {
                    let text = given.expose().to_owned();
                    database
                        .write(move |transaction| store::set_secret_key(transaction, &text))
                        .await?;
                }
                given.clone()
            }
        };
        let keys = database.read(SigningKeys::read).await?;
        Ok(Self {
            id: stored.id,
            secret_key,
            publishable_key: PublishableKey::encode(instance_type, config.frontend_api())?,
            issuer: config.public_url.clone(),
            clock: config.clock.clone(),
            keys: RwLock::new(Arc::new(keys)),
            keys_read_at: AtomicI64::new(now),
        })
    }

    /// The id of the instance.
    pub fn id(&self) -> &InstanceId {
        &self.id
    }

    /// The key that gives full access to the Backend API.
    pub fn secret_key(&self) -> &SecretKey {
        &self.secret_key
    }

    /// The key that names the instance to browsers.
    pub fn publishable_key(&self) -> &PublishableKey {
        &self.publishable_key
    }

    /// `development` or `production`.
    pub(crate) fn environment_type(&self) -> &'static str {
        match self.publishable_key.instance_type() {
            InstanceType::Production => "production",
            InstanceType::Development => "development",
        }
    }

    /// The `iss` of the tokens: the address of the Frontend API.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public keys that verify the tokens at the moment.
    pub fn jwks(&self) -> JsonWebKeySet {
        self.keys().jwks(self.clock.now())
    }

    /// The public key for `CLERK_JWT_KEY`, in one line: that of the tokens that are signed now.
    pub fn jwt_key(&self) -> String {
        self.keys()
            .current(self.clock.now())
            .map(|signing| signing.key.public_key().to_spki_base64())
            .unwrap_or_default()
    }

    /// The signing keys.
    pub(crate) fn keys(&self) -> Arc<SigningKeys> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the signing keys anew when it is time: another server, or the command that rotates
    /// them, may have changed them. When they cannot be read, those that are known stay.
    pub(crate) async fn refresh_keys(&self, database: &Database, now: i64) {
        let last = self.keys_read_at.load(Ordering::Relaxed);
        let is_due = now - last >= READ_EVERY
            && self
                .keys_read_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !is_due {
            return;
        }
        let keys = match database.read(SigningKeys::read).await {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(%error, "cannot read the signing keys anew");
                return;
            }
        };
        let before = std::mem::replace(
            &mut *self.keys.write().unwrap_or_else(PoisonError::into_inner),
            Arc::new(keys),
        );
        let signing = |keys: &SigningKeys, time| keys.current(time).map(|key| key.id.clone());
        let key_id = signing(&self.keys(), now);
        if key_id != signing(&before, last) {
            tracing::info!(key_id, jwt_key = self.jwt_key(), "signing with another key");
        }
    }

    /// The claims of a token that one of the instance's keys has signed, whatever its times.
    pub(crate) fn signed_claims(&self, token: &str) -> Option<Metadata> {
        self.keys().signed_claims(token, self.clock.now())
    }

    /// Whether this is the instance's secret key. Takes as long for any key of its length.
    pub(crate) fn accepts(&self, secret_key: &str) -> bool {
        constant_time::verify_slices_are_equal(
            secret_key.as_bytes(),
            self.secret_key.expose().as_bytes(),
        )
        .is_ok()
    }
}

/// Makes what every instance has, unless it is there.
pub(crate) fn furnish(
    transaction: &mut Transaction<'_>,
    domain: &str,
    random: &Random,
    now: i64,
) -> Result<(), DatabaseError> {
    organization_roles::make_defaults(transaction, random, now)?;
    role_sets::make_initial(transaction, random, now)?;
    domains::make_primary(transaction, domain, random, now)
}

/// Makes the instance. When two servers do so at once on one database, both get the same.
async fn create(
    database: &Database,
    config: &Config,
    now: i64,
) -> Result<StoredInstance, ServerError> {
    let pem = match config.random.is_predictable() {
        true => INSECURE_SIGNING_KEY.to_owned(),
        false => signing_keys::generate()
            .await
            .ok_or(SigningKeyError::Generation)?,
    };
    let random = || {
        config
            .random
            .bytes()
            .map_err(|_| SigningKeyError::Generation)
    };
    let (kind, key_prefix) = match config.instance_type {
        InstanceType::Production => ("production", "sk_live_"),
        InstanceType::Development => ("development", "sk_test_"),
    };
    let id: InstanceId = crate::id::new(now, random()?);
    let secret_key = match &config.secret_key {
        Some(given) => given.expose().to_owned(),
        // Two ids' worth of random characters, without their prefixes and times.
        None => {
            let part = || -> Result<String, ServerError> {
                let id: InstanceId = crate::id::new(now, random()?);
                Ok(id.as_str()[id.as_str().len() - 21..].to_owned())
            };
            format!("{key_prefix}{}{}", part()?, part()?)
        }
    };
    let new = StoredInstance {
        id,
        kind: kind.to_owned(),
        secret_key,
    };
    let stored = database
        .write(move |transaction| {
            store::insert(transaction, &new, now)?;
            let stored = store::get(transaction)?
                .ok_or_else(|| DatabaseError::Failed("the instance was not stored".to_owned()))?;
            // The key's id is the instance's, so that whoever lost the race stores no key.
            let key = StoredSigningKey {
                id: stored.id.to_string(),
                private_key: pem,
                signs_from: 0,
                verifies_until: None,
            };
            store::insert_signing_key(transaction, &key, now)?;
            Ok::<_, DatabaseError>(stored)
        })
        .await?;
    Ok(stored)
}
