//! What a handler is given: the database, the instance, the time, and who asks for what version.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use ironclerk_api::id::Id;
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ApiVersion, ErrorCode};

use crate::database::{Database, DatabaseError};
use crate::id;
use crate::instance::Instance;
use crate::random::{NoRandomness, Random};
use crate::rate_limits::RateLimiter;
use crate::session_token::WarnOnce;
use crate::store::{Images, Window};
use crate::webhooks::Wake;

/// After how many seconds a request that found no database may be sent again.
const RETRY_AFTER: u64 = 1;

/// Where the time comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is set, in ms since the epoch. For tests.
    Manual(Arc<AtomicI64>),
    /// One that also moves on by a millisecond with each request that may change something.
    Ticking(Arc<AtomicI64>),
}

impl Clock {
    /// The time, in ms since the epoch.
    pub fn now(&self) -> i64 {
        match self {
            Self::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(_) => 0,
            },
            Self::Manual(time) | Self::Ticking(time) => time.load(Ordering::Relaxed),
        }
    }

    /// Notes that a request has come that may change something.
    pub(crate) fn tick(&self) {
        if let Self::Ticking(time) = self {
            time.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What all requests share.
pub(crate) struct State {
    pub database: Database,
    pub instance: Instance,
    pub clock: Clock,
    pub random: Random,
    pub wake: Wake,
    /// The address of the server.
    pub public_url: Arc<str>,
    /// Counts the requests, where that was asked for.
    pub rate_limiter: Option<RateLimiter>,
    /// Whether it was said that session tokens are too large.
    pub size_warning: WarnOnce,
}

impl State {
    /// Learns what other servers on the database, and commands, have changed.
    pub(crate) async fn refresh(&self) {
        self.instance
            .refresh_keys(&self.database, self.clock.now())
            .await;
    }
}

/// The circumstances of one request.
#[derive(Clone)]
pub(crate) struct Cx {
    pub state: Arc<State>,
    pub version: ApiVersion,
    /// When the request came, in ms since the epoch: one time for all that it does.
    pub now: i64,
    /// The id that the object gets which the request makes.
    pub given_id: GivenId,
    /// What the caller says that it is.
    pub user_agent: Arc<str>,
}

/// The id that a seed gives to an object, until it is used. Requests from outside have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenId(Option<Arc<Mutex<Option<String>>>>);

impl GivenId {
    pub(crate) fn new(id: &str) -> Self {
        Self(Some(Arc::new(Mutex::new(Some(id.to_owned())))))
    }

    /// The id, if it is of this kind and was not used.
    fn take(&self, prefix: &str) -> Option<String> {
        let mut id = self
            .0
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        id.take_if(|id| id.starts_with(prefix))
    }

    /// Whether no id is left.
    pub(crate) fn is_used(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|id| id.lock().unwrap_or_else(PoisonError::into_inner).is_none())
    }
}

impl Cx {
    pub(crate) fn new(state: Arc<State>, version: ApiVersion) -> Self {
        let now = state.clock.now();
        Self {
            state,
            version,
            now,
            given_id: GivenId::default(),
            user_agent: Arc::default(),
        }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.state.database
    }

    pub(crate) fn instance(&self) -> &Instance {
        &self.state.instance
    }

    pub(crate) fn images(&self) -> Images {
        Images {
            base: self.state.public_url.clone(),
            now: self.now,
        }
    }

    /// The time of the request, for signing.
    pub(crate) fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.now).unwrap_or(0))
    }

    /// Makes an id.
    pub(crate) fn new_id<I: Id>(&self) -> Result<I, ApiError> {
        if let Some(given) = self.given_id.take(I::PREFIX) {
            return Ok(given.into());
        }
        Ok(id::new(self.now, self.random()?))
    }

    /// Random bytes that nobody can guess.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], ApiError> {
        Ok(self.state.random.bytes()?)
    }

    /// A secret that nobody can guess, in letters and digits.
    pub(crate) fn random_secret(&self) -> Result<String, ApiError> {
        Ok(self.state.random.secret()?)
    }
}

/// The SHA-256 of a secret, by which it is found again without being stored.
pub(crate) fn fingerprint(secret: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}

/// The part of a list that is asked for: 10 items from the start, unless the request says.
pub(crate) fn window(limit: Option<u32>, offset: Option<u32>) -> Result<Window, ApiError> {
    let limit = limit.unwrap_or(10);
    if !(1..=500).contains(&limit) {
        return Err(ErrorCode::FormParameterValueInvalid
            .for_parameter("limit", "limit must be between 1 and 500."));
    }
    Ok(Window {
        limit,
        offset: offset.unwrap_or(0),
    })
}

/// The answer for an object that is not there.
pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> ApiError {
    ErrorCode::ResourceNotFound.because(format!("There is no {what} with the id {id}."))
}

/// The answer for a value that another object has already.
pub(crate) fn taken(parameter: &str) -> ApiError {
    ErrorCode::FormIdentifierExists.for_parameter(
        parameter,
        format!(
            "That {} is taken. Try another.",
            parameter.replace('_', " ")
        ),
    )
}

/// What is left of an object.
pub(crate) fn deleted(kind: &str, id: impl Into<String>) -> DeletedObject {
    DeletedObject {
        object: kind.to_owned(),
        id: Some(id.into()),
        deleted: true,
        ..Default::default()
    }
}

/// Refuses a text that is not one of those that are known.
pub(crate) fn check_known(parameter: &str, text: &str, known: &[&str]) -> Result<(), ApiError> {
    if known.contains(&text) {
        return Ok(());
    }
    Err(ErrorCode::FormParameterValueInvalid.for_parameter(
        parameter,
        format!(
            "{parameter} must be one of {}, not {text}.",
            known.join(", ")
        ),
    ))
}

/// Refuses a number that is not within its bounds.
pub(crate) fn check_range(
    parameter: &str,
    value: u64,
    bounds: std::ops::RangeInclusive<u64>,
) -> Result<u64, ApiError> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = bounds.into_inner();
    Err(ErrorCode::FormParameterValueInvalid.for_parameter(
        parameter,
        format!("{parameter} must be between {least} and {most}."),
    ))
}

impl From<NoRandomness> for ApiError {
    fn from(_: NoRandomness) -> Self {
        ErrorCode::Internal.because("The operating system gave no random numbers.")
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unique(Some(parameter)) => taken(parameter),
            DatabaseError::Unique(None) => ErrorCode::FormIdentifierExists
                .because("Another object has this identifier already."),
            DatabaseError::Reference => ErrorCode::ResourceNotFound
                .because("An object that the request names was deleted in the meantime."),
            DatabaseError::Text => ErrorCode::FormParameterValueInvalid
                .because("A text has a character that cannot be stored."),
            DatabaseError::Unavailable(_) => {
                tracing::error!(%error, "database unavailable");
                ApiError {
                    retry_after: Some(RETRY_AFTER),
                    ..ErrorCode::ServiceUnavailable
                        .because("The database is not available. Try again later.")
                }
            }
            DatabaseError::Open(_) | DatabaseError::Failed(_) => {
                tracing::error!(%error, "database failed");
                ErrorCode::Internal.because("The server failed. Its log has the details.")
            }
        }
    }
}
