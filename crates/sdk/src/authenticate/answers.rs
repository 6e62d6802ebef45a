//! What a decision has been told so far.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::reason::RefreshFailure;
use super::token_cache::TokenCache;
use crate::errors::{MachineTokenVerificationError, TokenVerificationError};
use crate::keys::{KeySet, PublicKey};

/// The keys that are at hand while a request is decided.
#[derive(Clone, Debug)]
pub enum Keys {
    /// The one key of the configuration. A token's key id is not looked at.
    Local(PublicKey),
    /// The keys of the instance as far as they are known.
    Remote {
        /// What was known at the beginning.
        known: Arc<KeySet>,
        /// What [`Step::NeedKey`](super::Step::NeedKey) has been answered with since.
        answers: Vec<(Option<String>, Result<PublicKey, TokenVerificationError>)>,
    },
}

impl Keys {
    /// The keys of an instance as far as they are known, without any answer yet.
    pub fn remote(known: Arc<KeySet>) -> Self {
        Self::Remote {
            known,
            answers: Vec::new(),
        }
    }

    /// What tells these keys from any others, later ones of the instance included.
    pub(super) fn id(&self) -> u64 {
        match self {
            Self::Local(key) => key.id(),
            Self::Remote { known, .. } => known.id(),
        }
    }

    /// Whether the key is one that was known at the beginning.
    pub(super) fn knows(&self, key_id: Option<&str>) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Remote { known, .. } => key_id.is_some_and(|id| known.get(id).is_some()),
        }
    }

    /// `None` when nobody has asked for this key yet.
    pub(super) fn find(
        &self,
        key_id: Option<&str>,
    ) -> Option<Result<&PublicKey, &TokenVerificationError>> {
        let (known, answers) = match self {
            Self::Local(key) => return Some(Ok(key)),
            Self::Remote { known, answers } => (known, answers),
        };
        if let Some(key) = key_id.and_then(|id| known.get(id)) {
            return Some(Ok(key));
        }
        answers
            .iter()
            .find(|(id, _)| id.as_deref() == key_id)
            .map(|(_, answer)| answer.as_ref())
    }
}

/// Everything that a decision has been told so far. It grows by one answer with each
/// [`Step`](super::Step) that is not the last.
#[derive(Clone)]
pub struct Answers {
    pub(super) keys: Keys,
    pub(super) token_cache: Option<Arc<TokenCache>>,
    pub(super) refreshed: Option<Result<Vec<String>, RefreshFailure>>,
    pub(super) handshake_payload: Option<Result<Vec<String>, HandshakePayloadError>>,
    pub(super) machine_token: Option<Result<Value, MachineTokenVerificationError>>,
}

/// The Backend API did not give out what a handshake's nonce stands for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HandshakeService: error getting handshake payload: {0}")]
pub struct HandshakePayloadError(pub String);

impl HandshakePayloadError {
    pub(super) fn no_client() -> Self {
        Self("there is no client of the Backend API".to_owned())
    }
}

impl Answers {
    /// Nothing but the keys that are at hand.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            token_cache: None,
            refreshed: None,
            handshake_payload: None,
            machine_token: None,
        }
    }

    /// Answers [`Step::NeedKey`](super::Step::NeedKey). A local key needs no answer.
    pub fn key(
        &mut self,
        key_id: Option<String>,
        answer: Result<PublicKey, TokenVerificationError>,
    ) {
        if let Keys::Remote { answers, .. } = &mut self.keys {
            answers.push((key_id, answer));
        }
    }

    /// Answers [`Step::NeedRefresh`](super::Step::NeedRefresh) with `Set-Cookie` values.
    pub fn refreshed(&mut self, answer: Result<Vec<String>, RefreshFailure>) {
        self.refreshed = Some(answer);
    }

    /// Answers [`Step::NeedHandshakePayload`](super::Step::NeedHandshakePayload) with `Set-Cookie`
    /// values.
    pub fn handshake_payload(&mut self, answer: Result<Vec<String>, HandshakePayloadError>) {
        self.handshake_payload = Some(answer);
    }

    /// Answers [`Step::NeedMachineToken`](super::Step::NeedMachineToken) with what Clerk says of
    /// the token.
    pub fn machine_token(&mut self, answer: Result<Value, MachineTokenVerificationError>) {
        self.machine_token = Some(answer);
    }
}

impl fmt::Debug for Answers {
    /// Shows the keys only: the rest are credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
