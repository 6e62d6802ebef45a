//! The clock of a deterministic server, as tests see and move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use http::HeaderMap;
use ironclerk_api::{ApiError, ErrorCode};
use serde_json::json;

use crate::context::{Clock, State};
use crate::http::{authorise, refused, show};

/// By how many ms the clock can be moved at once: ten years.
const FARTHEST: i64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// The routes of a deterministic server, and none of any other.
pub(crate) fn routes(state: &Arc<State>) -> Router {
    let Clock::Ticking(time) = state.clock.clone() else {
        return Router::new();
    };
    let (reading, moving) = (state.clone(), state.clone());
    let read_time = time.clone();
    let read = move |headers: HeaderMap| async move {
        let now = authorise(&reading, &headers).map(|()| read_time.load(Ordering::Relaxed));
        answer(&reading, now)
    };
    let advance = move |RawQuery(query): RawQuery, headers: HeaderMap| async move {
        let now = authorise(&moving, &headers)
            .and_then(|()| advance(&time, query.as_deref().unwrap_or_default()));
        answer(&moving, now)
    };
    Router::new().route("/deterministic/clock", get(read).post(advance))
}

fn answer(state: &State, now: Result<i64, ApiError>) -> axum::response::Response {
    match now {
        Ok(now) => show(&json!({"now": now})),
        Err(error) => refused(error, &state.random),
    }
}

/// Moves the clock on, and answers the time.
fn advance(time: &AtomicI64, query: &str) -> Result<i64, ApiError> {
    let by = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "advance")
        .and_then(|(_, value)| value.parse::<i64>().ok())
        .filter(|by| (0..=FARTHEST).contains(by))
        .ok_or_else(|| {
            ErrorCode::FormParameterValueInvalid.for_parameter(
                "advance",
                format!("advance must be a number of milliseconds between 0 and {FARTHEST}."),
            )
        })?;
    Ok(time.fetch_add(by, Ordering::Relaxed) + by)
}
