//! Whether a failed call is made again, and when.

use std::time::Duration;

use http::{Method, StatusCode};

use super::ClientError;

/// How many times a call is made at the most when nothing else is said.
pub(super) const ATTEMPTS: u32 = 3;
/// The wait before the second attempt; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(125);
/// The longest wait that a server can ask for. A call that should wait longer fails at once, so
/// that the caller decides.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failure {
    /// Whether the server may have got the request.
    pub was_sent: bool,
    pub error: ClientError,
}

/// How long to wait before the next attempt, if there is one.
///
/// A call that changes something is made again only when it surely was not carried out: it was
/// not sent, or the server says that it is at its limit. `jitter` is between 0 and 1.
pub(super) fn wait(
    method: &Method,
    failure: &Failure,
    attempt: u32,
    most: u32,
    jitter: f64,
) -> Option<Duration> {
    if attempt >= most {
        return None;
    }
    let is_harmless = method.is_idempotent();
    let asked = match &failure.error {
        ClientError::Unreachable { .. } if is_harmless || !failure.was_sent => None,
        ClientError::Api(error) => match error.status {
            StatusCode::TOO_MANY_REQUESTS => error.retry_after,
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
                if is_harmless =>
            {
                error.retry_after
            }
            _ => return None,
        },
        _ => return None,
    };
    match asked.map(Duration::from_secs) {
        Some(asked) if asked > LONGEST_WAIT => None,
        Some(asked) => Some(asked),
        None => {
            let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt - 1));
            Some(wait.min(LONGEST_WAIT).mul_f64(1.0 + jitter))
        }
    }
}

/// A random number between 0 and 1, so that clients that failed together do not return together.
pub(super) fn jitter() -> f64 {
    let mut byte = [0_u8];
    // Without random numbers there is no jitter; nothing else depends on it.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    f64::from(byte[0]) / 256.0
}

#[cfg(test)]
mod tests {
    use ironclerk_api::ApiError;

    use super::*;

    fn refused(status: u16, retry_after: Option<u64>) -> Failure {
        let error = ApiError {
            status: StatusCode::from_u16(status).expect("a status"),
            errors: Vec::new(),
            clerk_trace_id: None,
            retry_after,
        };
        Failure {
            was_sent: true,
            error: error.into(),
        }
    }

    fn unreachable(was_sent: bool) -> Failure {
        let error = ClientError::Unreachable {
            url: String::new(),
            reason: String::new(),
        };
        Failure { was_sent, error }
    }

    #[test]
    fn many_attempts_do_not_wait_for_ever() {
        let wait = wait(&Method::GET, &unreachable(true), 60, 100, 0.0);
        assert_eq!(wait, Some(LONGEST_WAIT));
    }

    #[test]
    fn only_what_does_no_harm_is_done_again() {
        let ms = |ms| Some(Duration::from_millis(ms));
        for (method, failure, attempt, expected) in [
            (Method::GET, unreachable(true), 1, ms(125)),
            (Method::GET, unreachable(true), 2, ms(250)),
            (Method::GET, unreachable(true), 3, None),
            (Method::POST, unreachable(true), 1, None),
            (Method::POST, unreachable(false), 1, ms(125)),
            (Method::GET, refused(503, None), 1, ms(125)),
            (Method::DELETE, refused(502, None), 1, ms(125)),
            (Method::POST, refused(503, None), 1, None),
            (Method::POST, refused(429, Some(2)), 1, ms(2000)),
            (Method::GET, refused(429, Some(11)), 1, None),
            (Method::GET, refused(500, None), 1, None),
            (Method::GET, refused(401, None), 1, None),
            (Method::GET, refused(404, None), 1, None),
        ] {
            assert_eq!(
                wait(&method, &failure, attempt, ATTEMPTS, 0.0),
                expected,
                "{method} {failure:?}"
            );
        }
        assert_eq!(
            wait(&Method::GET, &unreachable(true), 1, ATTEMPTS, 0.5),
            ms(187).map(|w| w + Duration::from_micros(500))
        );
    }
}
