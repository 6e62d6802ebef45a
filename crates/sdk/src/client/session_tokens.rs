//! Tokens of a session for other backends, made by the API and kept while they last.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ironclerk_api::sessions::{CreateSessionToken, CreateSessionTokenFromTemplate};

use super::{Client, ClientError};
use crate::jwt;
use crate::session::Auth;

/// How long before its expiry a kept token is no longer given out.
const MARGIN: Duration = Duration::from_secs(10);
/// How many tokens are kept at the most.
const MAX_KEPT: usize = 10_000;

/// Which token is wanted.
///
/// JavaScript: `GetTokenOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "GetTokenOptions")]
pub struct GetToken {
    /// The name of a JWT template. Default: none, a session token.
    pub template: Option<String>,
    /// For how long the token is to be valid, in seconds. Default: what the instance says.
    ///
    /// JavaScript: `expiresInSeconds`.
    #[doc(alias = "expiresInSeconds")]
    pub expires_in_seconds: Option<u64>,
}

impl GetToken {
    /// A token made from this JWT template.
    pub fn template(name: impl Into<String>) -> Self {
        Self {
            template: Some(name.into()),
            expires_in_seconds: None,
        }
    }
}

/// Gives out tokens of signed-in users. Cheap to clone: clones share what they keep.
///
/// ```no_run
/// use ironclerk::client::{Client, GetToken, SessionTokens};
/// use ironclerk::session::Auth;
///
/// # async fn run(auth: &Auth) -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = SessionTokens::new(Client::from_env()?);
/// let token = tokens.get_token(auth, &GetToken::template("supabase")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SessionTokens {
    client: Client,
    kept: Arc<Mutex<HashMap<(String, GetToken), Kept>>>,
}

struct Kept {
    token: String,
    until: SystemTime,
}

impl SessionTokens {
    /// Nothing is kept yet.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            kept: Arc::default(),
        }
    }

    /// The token that is wanted, `None` if nobody is signed in. Without a template and a lifetime
    /// that is the session token of the request; any other is made by the API, and given out
    /// again until shortly before it expires.
    ///
    /// Reads the system clock.
    ///
    /// JavaScript: `auth.getToken({ template, expiresInSeconds })`.
    ///
    /// # Errors
    /// When the API refuses or cannot be reached.
    #[doc(alias = "getToken")]
    pub async fn get_token(
        &self,
        auth: &Auth,
        wanted: &GetToken,
    ) -> Result<Option<String>, ClientError> {
        self.get_token_at(auth, wanted, SystemTime::now()).await
    }

    /// As [`get_token`](Self::get_token), with the time given.
    ///
    /// # Errors
    /// As [`get_token`](Self::get_token).
    pub async fn get_token_at(
        &self,
        auth: &Auth,
        wanted: &GetToken,
        now: SystemTime,
    ) -> Result<Option<String>, ClientError> {
        let Some((session, session_id)) =
            auth.session().and_then(|it| Some((it, it.session_id()?)))
        else {
            return Ok(None);
        };
        let expires_in_seconds = wanted.expires_in_seconds;
        let template = wanted.template.as_deref().filter(|name| !name.is_empty());
        if template.is_none() && expires_in_seconds.is_none() {
            return Ok(Some(session.token().to_owned()));
        }
        let key = (session_id.to_owned(), wanted.clone());
        if let Some(token) = self.kept(&key, now) {
            return Ok(Some(token));
        }
        let made = match template {
            Some(name) => {
                let request = CreateSessionTokenFromTemplate {
                    session_id: session_id.into(),
                    template_name: name.to_owned(),
                    expires_in_seconds,
                };
                self.client.send(&request).await?
            }
            None => {
                let request = CreateSessionToken {
                    session_id: session_id.into(),
                    expires_in_seconds,
                };
                self.client.send(&request).await?
            }
        };
        self.keep(key, &made.jwt, now);
        Ok(Some(made.jwt))
    }

    fn kept(&self, key: &(String, GetToken), now: SystemTime) -> Option<String> {
        // Nothing that is done under the lock can leave half a change behind.
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(key).filter(|kept| now < kept.until)?;
        Some(found.token.clone())
    }

    fn keep(&self, key: (String, GetToken), token: &str, now: SystemTime) {
        let Some(until) = usable_until(token).filter(|until| now < *until) else {
            return;
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, kept| now < kept.until);
        }
        // Whoever is not kept costs a call, no more.
        if kept.len() < MAX_KEPT {
            let token = token.to_owned();
            kept.insert(key, Kept { token, until });
        }
    }
}

/// A token that does not say when it expires is not kept.
fn usable_until(token: &str) -> Option<SystemTime> {
    let token = jwt::decode(token).ok()?;
    let expires_at = token.unverified_claims().get("exp")?.as_u64()?;
    UNIX_EPOCH
        .checked_add(Duration::from_secs(expires_at))?
        .checked_sub(MARGIN)
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionTokens")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
