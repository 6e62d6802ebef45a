//! What the client reads.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Response;
use ironclerk::api::actor_tokens::ActorToken;
use ironclerk::api::clients::Client as ApiClient;
use ironclerk::api::invitations::Invitation;
use ironclerk::api::jwt_templates::JwtTemplate;
use ironclerk::api::organizations::{Organization, OrganizationMembership};
use ironclerk::api::sessions::{Session, Token};
use ironclerk::api::sign_in_tokens::SignInToken;
use ironclerk::api::testing_tokens::TestingToken;
use ironclerk::api::users::{EmailAddress, ExternalAccount, GetUser, OAuthAccessToken, User};
use ironclerk::api::value::{DeletedObject, TotalCount};
use ironclerk::client::ClientError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Recorder, cases, snake_case};

/// Reads a body and writes it again; the second value is what the type writes of itself.
type Read = fn(Value) -> Result<(Value, Value), serde_json::Error>;

fn object<T: Default + Serialize + DeserializeOwned>(
    body: Value,
) -> Result<(Value, Value), serde_json::Error> {
    Ok((
        serde_json::to_value(serde_json::from_value::<T>(body)?)?,
        serde_json::to_value(T::default())?,
    ))
}

/// The kinds of object, by their names on the wire.
const OBJECTS: &[(&str, Read)] = &[
    ("actor_token", object::<ActorToken>),
    ("client", object::<ApiClient>),
    ("email_address", object::<EmailAddress>),
    ("external_account", object::<ExternalAccount>),
    ("invitation", object::<Invitation>),
    ("jwt_template", object::<JwtTemplate>),
    ("organization", object::<Organization>),
    ("organization_membership", object::<OrganizationMembership>),
    ("oauth_access_token", object::<OAuthAccessToken>),
    ("session", object::<Session>),
    ("sign_in_token", object::<SignInToken>),
    ("testing_token", object::<TestingToken>),
    ("token", object::<Token>),
    ("total_count", object::<TotalCount>),
    ("user", object::<User>),
];

/// The kinds of object that the contract does not have.
const MISSING: &[&str] = &[
    "allowlist_identifier",
    "api_key",
    "blocklist_identifier",
    "clerk_idp_oauth_access_token",
    "commerce_payer",
    "commerce_payment_attempt",
    "commerce_plan",
    "commerce_subscription",
    "commerce_subscription_item",
    "enterprise_account",
    "feature",
    "instance",
    "instance_restrictions",
    "machine",
    "machine_scope",
    "machine_secret_key",
    "machine_to_machine_token",
    "oauth_application",
    "organization_domain",
    "organization_invitation",
    "organization_settings",
    "permission",
    "proxy_check",
    "redirect_url",
    "sms_message",
    "unknown_thing",
    "waitlist_entry",
];

/// Properties that are named otherwise on the wire, by the class that has them.
const RENAMED: &[(&str, &str, &str)] = &[
    ("ExternalAccount", "externalId", "provider_user_id"),
    ("OAuthApplication", "isPublic", "public"),
    ("SMSMessage", "id", "id"),
];

#[test]
fn objects_are_read_to_the_recorded_values() {
    let mut missing = BTreeSet::new();
    let mut read = 0;
    for case in cases("api_responses.json") {
        let (name, body, expected) = (&case["name"], &case["response"]["body"], &case["expect"]);
        let Some(kind) = body["object"].as_str() else {
            continue;
        };
        if body["deleted"].is_boolean() {
            let (ours, _) = object::<DeletedObject>(body.clone()).unwrap();
            compare(&expected["value"], &ours, &ours, name.as_str().unwrap());
            continue;
        }
        let Some((_, reader)) = OBJECTS.iter().find(|(known, _)| *known == kind) else {
            missing.insert(kind.to_owned());
            continue;
        };
        let result = reader(body.clone());
        // Where JavaScript fails for a field that is missing, ours has a default.
        let (ours, declared) = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        if expected["value"].is_object() {
            compare(&expected["value"], &ours, &declared, name.as_str().unwrap());
        }
        for (field, value) in body.as_object().unwrap() {
            contains(&ours[field], value, &format!("{name} {field}"));
        }
        read += 1;
    }
    assert!(read > 8, "{read} objects");
    let listed: BTreeSet<_> = MISSING.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(missing, listed, "the kinds of object that are missing");
}

/// That a JavaScript object's properties are fields of ours with the same values.
fn compare(expected: &Value, ours: &Value, declared: &Value, at: &str) {
    // Where JavaScript puts something empty for what is not there, ours says that it is not there.
    if ours.is_null() && [json!(""), json!({}), json!([])].contains(expected) {
        return;
    }
    match expected {
        Value::Object(properties) => {
            let class = properties.get("__class").and_then(Value::as_str);
            for (property, value) in properties {
                if property == "__class" || value == "<undefined>" || property == "raw" {
                    continue;
                }
                let at = format!("{at}.{property}");
                let field = match class {
                    // What has no class is free-form or as on the wire.
                    None => property.clone(),
                    Some(class) => RENAMED
                        .iter()
                        .find(|(known, from, _)| *known == class && from == property)
                        .map_or_else(|| snake_case(property), |(_, _, to)| (*to).to_owned()),
                };
                // A defect of JavaScript: a verification loses its message.
                let is_lost = class == Some("Verification") && property == "message";
                if is_computed(property) || is_lost {
                    continue;
                }
                if class.is_some() && declared.is_object() && !ours[&field].is_null() {
                    assert!(
                        declared.get(&field).is_some() || is_left_out(&field),
                        "{at} is no field of ours"
                    );
                }
                compare(value, &ours[&field], &Value::Null, &at);
            }
        }
        Value::Array(items) => {
            assert_eq!(ours.as_array().map(Vec::len), Some(items.len()), "{at}");
            for (index, item) in items.iter().enumerate() {
                compare(item, &ours[index], &Value::Null, &format!("{at}[{index}]"));
            }
        }
        // An address is an object of its own there.
        Value::String(text) if text.starts_with("URL:") => {
            assert_eq!(ours.as_str(), text.strip_prefix("URL:"), "{at}");
        }
        value => assert_eq!(ours, value, "{at}"),
    }
}

/// What JavaScript makes of other fields.
fn is_computed(property: &str) -> bool {
    matches!(
        property,
        "primaryEmailAddress" | "primaryPhoneNumber" | "primaryWeb3Wallet" | "fullName" | "_raw"
    )
}

/// Fields that are not written when they have no value.
fn is_left_out(field: &str) -> bool {
    [
        "created_by",
        "expires_at",
        "id",
        "id_token",
        "latest_activity",
        "members_count",
        "revoked",
        "scopes",
        "slug",
        "token",
        "token_secret",
        "url",
    ]
    .contains(&field)
}

/// That what was sent is still there, whatever we add.
fn contains(ours: &Value, sent: &Value, at: &str) {
    match (ours, sent) {
        (Value::Object(ours), Value::Object(sent)) => {
            for (name, value) in sent {
                let at = format!("{at}.{name}");
                contains(ours.get(name).unwrap_or(&Value::Null), value, &at);
            }
        }
        (Value::Array(ours), Value::Array(sent)) if ours.len() == sent.len() => {
            for (ours, sent) in ours.iter().zip(sent) {
                contains(ours, sent, at);
            }
        }
        (ours, sent) => assert_eq!(ours, sent, "{at}"),
    }
}

/// Refusals: status, codes, texts, trace and the time to wait. Where JavaScript loses the list of
/// errors because the content type has a charset, ours keeps it.
#[tokio::test]
async fn refusals_are_read_to_the_recorded_errors() {
    for case in cases("api_responses.json") {
        let name = case["name"].as_str().unwrap();
        let response = case["response"].clone();
        let Some(status) = response["status"].as_u64().filter(|status| *status >= 400) else {
            continue;
        };
        let recorder = Recorder::start(move |_| {
            let mut answer = Response::builder().status(status as u16);
            for (name, value) in response["headers"].as_object().into_iter().flatten() {
                // A wait would only make the test slow.
                answer = answer.header(name, value.as_str().unwrap());
            }
            let body = match response["text"].as_str() {
                Some(text) => text.to_owned(),
                None => response["body"].to_string(),
            };
            answer.body(Body::from(body)).unwrap()
        })
        .await;
        let request = GetUser {
            user_id: "user_1".into(),
        };
        tokio::time::pause();
        let result = recorder.client.send(&request).await;
        tokio::time::resume();
        let Err(ClientError::Api(error)) = result else {
            panic!("{name}: {result:?}");
        };
        let expected = &case["expect"]["error"];
        assert_eq!(u64::from(error.status.as_u16()), status, "{name}");
        let theirs = expected["errors"].as_array().unwrap();
        if theirs.is_empty() || theirs[0]["code"] == "unexpected_error" {
            continue;
        }
        assert_eq!(error.errors.len(), theirs.len(), "{name}");
        for (ours, theirs) in error.errors.iter().zip(theirs) {
            assert_eq!(theirs["code"], json!(ours.code), "{name}");
            assert_eq!(theirs["message"], json!(ours.message), "{name}");
            if let Some(long) = theirs["longMessage"]
                .as_str()
                .filter(|it| *it != "<undefined>")
            {
                assert_eq!(long, ours.long_message, "{name}");
            }
            if let Some(parameter) = theirs["meta"]["paramName"].as_str()
                && parameter != "<undefined>"
            {
                assert_eq!(Some(parameter), ours.parameter(), "{name}");
            }
        }
        if let Some(trace) = expected["clerkTraceId"]
            .as_str()
            .filter(|it| !it.is_empty())
        {
            assert_eq!(error.clerk_trace_id.as_deref(), Some(trace), "{name}");
        }
        if let Some(seconds) = expected["retryAfter"].as_u64() {
            assert_eq!(error.retry_after, Some(seconds), "{name}");
        }
    }
}
