use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::session::{Reverification, VerificationLevel};

/// Tells Clerk's browser code that the user has to verify a factor again before they may do this.
///
/// ```
/// use ironclerk::Reverification;
/// use ironclerk::internal::reverification_error;
///
/// let error = reverification_error(Some(Reverification::Strict));
/// assert_eq!(error["clerk_error"]["metadata"]["reverification"], "strict");
/// ```
///
/// JavaScript: `reverificationError(config)`.
#[doc(alias = "reverificationError")]
pub fn reverification_error(wanted: Option<Reverification>) -> Value {
    let metadata = match wanted.map(as_json) {
        Some(wanted) => json!({ "reverification": wanted }),
        None => json!({}),
    };
    json!({
        "clerk_error": {
            "type": "forbidden",
            "reason": "reverification-error",
            "metadata": metadata,
        }
    })
}

/// [`reverification_error`] as a response: 403.
///
/// JavaScript: `reverificationErrorResponse(config)`.
#[doc(alias = "reverificationErrorResponse")]
pub fn reverification_error_response(wanted: Option<Reverification>) -> Response<String> {
    let mut response = Response::new(reverification_error(wanted).to_string());
    *response.status_mut() = StatusCode::FORBIDDEN;
    let content_type = HeaderValue::from_static("text/plain;charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn as_json(wanted: Reverification) -> Value {
    match wanted {
        Reverification::StrictMfa => json!("strict_mfa"),
        Reverification::Strict => json!("strict"),
        Reverification::Moderate => json!("moderate"),
        Reverification::Lax => json!("lax"),
        Reverification::Custom {
            level,
            after_minutes,
        } => json!({
            "level": match level {
                VerificationLevel::FirstFactor => "first_factor",
                VerificationLevel::SecondFactor => "second_factor",
                VerificationLevel::MultiFactor => "multi_factor",
            },
            "afterMinutes": after_minutes,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_is_told_what_is_wanted() {
        let response = reverification_error_response(None);
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            response.body(),
            r#"{"clerk_error":{"type":"forbidden","reason":"reverification-error","metadata":{}}}"#
        );
        let wanted = Reverification::Custom {
            level: VerificationLevel::FirstFactor,
            after_minutes: 5,
        };
        let error = reverification_error(Some(wanted));
        assert_eq!(
            error["clerk_error"]["metadata"]["reverification"],
            json!({"level": "first_factor", "afterMinutes": 5})
        );
    }
}
