use http::{HeaderMap, HeaderName, HeaderValue};
use ironclerk::webhook::{self, SigningSecret, WebhookError, WebhookEvent};
use serde_json::Value;

use crate::{assert_known, cases, clock, recorded, text};

const NO_EVENT: &str =
    "@clerk/backend: Unable to verify incoming webhook: the body is not an event";

/// Name, why, how our answer begins: an error, or nothing.
const DEVIATIONS: &[(&str, &str, &str)] = &[
    ("v2/missing type and data", "an event has a type", NO_EVENT),
    ("v2/array body", "an event is an object", NO_EVENT),
    ("v2/number body", "an event is an object", NO_EVENT),
    (
        "webhook-* headers not accepted",
        "both families of headers are accepted",
        "",
    ),
];

fn verify(case: &Value) -> Result<WebhookEvent, WebhookError> {
    let secret: SigningSecret = text(case, "/options/signingSecret").parse()?;
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().expect("headers") {
        let name: HeaderName = name.parse().expect("a name");
        let value = HeaderValue::from_str(value.as_str().expect("a value"));
        headers.append(name, value.expect("a value"));
    }
    let body = text(case, "/body").as_bytes();
    webhook::verify(&headers, body, &[secret], clock(case))
}

#[test]
fn messages() {
    let file = recorded("webhook.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let ours = match verify(case) {
            Ok(event) => Ok(serde_json::to_value(event).expect(name)),
            Err(error) => Err(error.to_string()),
        };
        let recorded = &case["expect"];
        if let Some((_, why, beginning)) = DEVIATIONS.iter().find(|it| it.0 == name) {
            let error = ours.as_ref().err().map_or("", String::as_str);
            assert!(error.starts_with(beginning), "{name} ({why}): {error}");
            assert_eq!(ours.is_ok(), recorded.get("event").is_none(), "{name}");
            continue;
        }
        match ours {
            Ok(event) => assert_eq!(event, recorded["event"], "{name}"),
            Err(message) => assert_eq!(message, recorded["error"]["message"], "{name}"),
        }
    }
}
