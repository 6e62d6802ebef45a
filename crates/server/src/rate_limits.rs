//! How often the Backend API may be called: Clerk's limits, for those who ask for them.
//!
//! Time is cut into windows, and the requests of each window are counted. A server that has its
//! database for itself counts in memory; servers that share one count in it, so that they share
//! the limits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use ironclerk::instance::InstanceType;
use ironclerk_api::{ApiError, EndpointInfo, ErrorCode};

use crate::context::fingerprint;
use crate::database::Database;
use crate::store::rate_limits as store;

/// How often the Backend API may be called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimits {
    /// As often as the caller likes: whoever calls has the secret key.
    #[default]
    Off,
    /// As often as Clerk lets one call.
    Clerk,
}

/// How many requests there may be in how much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limit {
    requests: i64,
    /// In ms.
    window: i64,
}

const fn in_ten_seconds(requests: i64) -> Limit {
    let window = 10 * 1000;
    Limit { requests, window }
}

const fn in_an_hour(requests: i64) -> Limit {
    let window = 60 * 60 * 1000;
    Limit { requests, window }
}

/// What counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// All requests to these operations.
    Instance,
    /// The requests to these operations that name the same object.
    Object,
}

/// Operations that have a limit of their own: what they are called together, the limit, and each
/// with its method and path.
type Rule = (
    &'static str,
    Scope,
    Limit,
    &'static [(&'static str, &'static str)],
);

const RULES: &[Rule] = &[
    (
        "invitations",
        Scope::Instance,
        in_an_hour(100),
        &[("POST", "/v1/invitations")],
    ),
    (
        "invitations in bulk",
        Scope::Instance,
        in_an_hour(25),
        &[("POST", "/v1/invitations/bulk")],
    ),
    (
        "invitations to organizations",
        Scope::Instance,
        in_an_hour(250),
        &[("POST", "/v1/organizations/{organization_id}/invitations")],
    ),
    (
        "invitations to organizations in bulk",
        Scope::Instance,
        in_an_hour(50),
        &[(
            "POST",
            "/v1/organizations/{organization_id}/invitations/bulk",
        )],
    ),
    (
        "changes of the same user",
        Scope::Object,
        in_ten_seconds(10),
        &[
            ("PATCH", "/v1/users/{user_id}"),
            ("PATCH", "/v1/users/{user_id}/metadata"),
            ("PUT", "/v1/users/{user_id}/metadata"),
        ],
    ),
    (
        "changes of the same organization",
        Scope::Object,
        in_ten_seconds(10),
        &[
            ("PATCH", "/v1/organizations/{organization_id}"),
            ("PATCH", "/v1/organizations/{organization_id}/metadata"),
            ("PUT", "/v1/organizations/{organization_id}/metadata"),
        ],
    ),
    (
        "changes of the same membership",
        Scope::Object,
        in_ten_seconds(10),
        &[
            (
                "PATCH",
                "/v1/organizations/{organization_id}/memberships/{user_id}",
            ),
            (
                "PATCH",
                "/v1/organizations/{organization_id}/memberships/{user_id}/metadata",
            ),
        ],
    ),
];

/// The operations that may be called as often as one likes.
const UNLIMITED: &[(&str, &str)] = &[("GET", "/v1/jwks")];

/// How often counts that are over are thrown away, in ms.
const SWEEP: i64 = 60 * 1000;

fn is_in(operations: &[(&str, &str)], endpoint: &EndpointInfo) -> bool {
    operations.contains(&(endpoint.method.as_str(), endpoint.path))
}

/// The end of the window that a time is in.
fn window_end(limit: Limit, now: i64) -> i64 {
    now - now.rem_euclid(limit.window) + limit.window
}

/// Whether a request goes through that is the `count`th of its window, or in how many seconds the
/// next window begins.
fn decide(limit: Limit, count: i64, now: i64) -> Result<(), u64> {
    if count <= limit.requests {
        return Ok(());
    }
    let seconds = (window_end(limit, now) - now + 999) / 1000;
    Err(u64::try_from(seconds).unwrap_or(1).max(1))
}

/// Counts requests and turns away those that are too many.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// The limit of the secret key.
    overall: Limit,
    counts: Counts,
    swept_at: AtomicI64,
}

#[derive(Debug)]
enum Counts {
    /// By counter and end of the window.
    Own(Mutex<HashMap<(String, i64), i64>>),
    /// In the database.
    Shared {
        database: Database,
        /// The counters that are over their limit, and until when. A server counts one request
        /// after the other, and asks nobody about these: whoever calls too often must not keep
        /// others from the database.
        full: tokio::sync::Mutex<HashMap<String, i64>>,
    },
}

impl RateLimiter {
    pub(crate) fn new(instance_type: InstanceType, database: &Database) -> Self {
        Self {
            overall: in_ten_seconds(match instance_type {
                InstanceType::Production => 1000,
                InstanceType::Development => 100,
            }),
            counts: match database.is_shared() {
                true => Counts::Shared {
                    database: database.clone(),
                    full: Default::default(),
                },
                false => Counts::Own(Mutex::default()),
            },
            swept_at: AtomicI64::new(0),
        }
    }

    /// Counts a request to an endpoint and refuses it when there were too many. `object` is what
    /// the path names.
    pub(crate) async fn admit(
        &self,
        endpoint: &EndpointInfo,
        object: impl Fn() -> String,
        now: i64,
    ) -> Result<(), ApiError> {
        if is_in(UNLIMITED, endpoint) {
            return Ok(());
        }
        self.sweep(now).await?;
        self.count("requests", "requests".to_owned(), self.overall, now)
            .await?;
        for (name, scope, limit, operations) in RULES {
            if is_in(operations, endpoint) {
                let counter = match scope {
                    Scope::Instance => (*name).to_owned(),
                    // Of one length, however long what was sent.
                    Scope::Object => format!("{name} {}", fingerprint(&object())),
                };
                self.count(name, counter, *limit, now).await?;
            }
        }
        Ok(())
    }

    async fn count(
        &self,
        name: &str,
        counter: String,
        limit: Limit,
        now: i64,
    ) -> Result<(), ApiError> {
        let ends_at = window_end(limit, now);
        let count = match &self.counts {
            Counts::Own(counts) => {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                let count = counts.entry((counter, ends_at)).or_default();
                *count += 1;
                *count
            }
            Counts::Shared { database, full } => {
                let mut full = full.lock().await;
                if full.get(&counter) == Some(&ends_at) {
                    i64::MAX
                } else {
                    let counted = counter.clone();
                    let count = database
                        .write_soon(move |transaction| store::count(transaction, &counted, ends_at))
                        .await?;
                    if count > limit.requests {
                        full.insert(counter, ends_at);
                    }
                    count
                }
            }
        };
        decide(limit, count, now).map_err(|seconds| {
            let error = ErrorCode::TooManyRequests.because(format!(
                "There may be {} {name} in {} s. Try again in {seconds} s.",
                limit.requests,
                limit.window / 1000
            ));
            ApiError {
                retry_after: Some(seconds),
                ..error
            }
        })
    }

    /// Throws away the counts of windows that are over.
    async fn sweep(&self, now: i64) -> Result<(), ApiError> {
        let last = self.swept_at.load(Ordering::Relaxed);
        let is_due = now - last >= SWEEP
            && self
                .swept_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !is_due {
            return Ok(());
        }
        match &self.counts {
            Counts::Own(counts) => {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                counts.retain(|(_, ends_at), _| *ends_at > now);
            }
            Counts::Shared { database, full } => {
                full.lock().await.retain(|_, ends_at| *ends_at > now);
                database
                    .write_soon(move |transaction| store::delete_old(transaction, now))
                    .await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lets_so_many_through_and_says_when_the_next_begins() {
        let ten = in_ten_seconds(10);
        for (count, now, expected) in [
            (1, 0, Ok(())),
            (10, 0, Ok(())),
            (11, 0, Err(10)),
            (11, 1, Err(10)),
            (11, 9_000, Err(1)),
            (11, 9_999, Err(1)),
            (1_000_000, 10_000, Err(10)),
        ] {
            assert_eq!(decide(ten, count, now), expected, "{count} at {now}");
        }
        assert_eq!(decide(in_an_hour(25), 26, 1_800_000), Err(1800));
        assert_eq!(window_end(ten, 9_999), 10_000);
        assert_eq!(window_end(ten, 10_000), 20_000);
    }

    #[test]
    fn every_operation_with_a_rule_is_served() {
        let served: Vec<_> = ironclerk_api::ENDPOINTS
            .iter()
            .copied()
            .flatten()
            .map(|endpoint| (endpoint.method.as_str(), endpoint.path))
            .collect();
        for (name, _, _, operations) in RULES {
            for operation in *operations {
                assert!(served.contains(operation), "{name}: {operation:?}");
            }
        }
        assert!(served.contains(&UNLIMITED[0]));
    }
}
