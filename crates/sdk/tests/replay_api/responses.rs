//! What the client reads.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Response;
use ironclerk::api::accountless_applications::AccountlessApplication;
use ironclerk::api::actor_tokens::ActorToken;
use ironclerk::api::agent_tasks::AgentTask;
use ironclerk::api::allowlist_identifiers::{AllowlistIdentifier, BlocklistIdentifier};
use ironclerk::api::api_keys::ApiKey;
use ironclerk::api::billing::{Feature, Plan, Subscription, SubscriptionItem};
use ironclerk::api::clients::Client as ApiClient;
use ironclerk::api::domains::{Domain, ProxyCheck};
use ironclerk::api::instance::{
    Instance, InstanceRestrictions, InstanceSettings, OrganizationSettings,
};
use ironclerk::api::invitations::Invitation;
use ironclerk::api::jwt_templates::JwtTemplate;
use ironclerk::api::m2m_tokens::{M2mToken, M2mTokens};
use ironclerk::api::machines::{Machine, MachineScope, MachineSecretKey};
use ironclerk::api::messages::{Email, SmsMessage};
use ironclerk::api::oauth_access_tokens::IdpOAuthAccessToken;
use ironclerk::api::oauth_applications::OAuthApplication;
use ironclerk::api::organization_domains::OrganizationDomain;
use ironclerk::api::organization_invitations::OrganizationInvitation;
use ironclerk::api::organization_roles::{Permission, Role};
use ironclerk::api::organizations::{Organization, OrganizationMembership};
use ironclerk::api::redirect_urls::RedirectUrl;
use ironclerk::api::saml_connections::SamlConnection;
use ironclerk::api::sessions::{Cookies, Session, Token};
use ironclerk::api::sign_in_tokens::SignInToken;
use ironclerk::api::sign_ups::SignUp;
use ironclerk::api::testing_tokens::TestingToken;
use ironclerk::api::users::{
    EmailAddress, ExternalAccount, GetUser, OAuthAccessToken, PhoneNumber, SamlAccount, User,
    Web3Wallet,
};
use ironclerk::api::value::{DeletedObject, List, Page, TotalCount};
use ironclerk::api::waitlist_entries::WaitlistEntry;
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
    ("accountless_application", object::<AccountlessApplication>),
    ("actor_token", object::<ActorToken>),
    ("agent_task", object::<AgentTask>),
    ("allowlist_identifier", object::<AllowlistIdentifier>),
    ("api_key", object::<ApiKey>),
    ("blocklist_identifier", object::<BlocklistIdentifier>),
    (
        "clerk_idp_oauth_access_token",
        object::<IdpOAuthAccessToken>,
    ),
    ("client", object::<ApiClient>),
    ("commerce_plan", object::<Plan>),
    ("commerce_subscription", object::<Subscription>),
    ("commerce_subscription_item", object::<SubscriptionItem>),
    ("cookies", object::<Cookies>),
    ("domain", object::<Domain>),
    ("email", object::<Email>),
    ("email_address", object::<EmailAddress>),
    ("external_account", object::<ExternalAccount>),
    ("feature", object::<Feature>),
    ("instance", object::<Instance>),
    ("instance_restrictions", object::<InstanceRestrictions>),
    ("instance_settings", object::<InstanceSettings>),
    ("invitation", object::<Invitation>),
    ("jwt_template", object::<JwtTemplate>),
    ("machine", object::<Machine>),
    ("machine_scope", object::<MachineScope>),
    ("machine_secret_key", object::<MachineSecretKey>),
    ("machine_to_machine_token", object::<M2mToken>),
    ("oauth_access_token", object::<OAuthAccessToken>),
    ("oauth_application", object::<OAuthApplication>),
    ("organization", object::<Organization>),
    ("organization_domain", object::<OrganizationDomain>),
    ("organization_invitation", object::<OrganizationInvitation>),
    ("organization_membership", object::<OrganizationMembership>),
    ("organization_settings", object::<OrganizationSettings>),
    ("permission", object::<Permission>),
    ("phone_number", object::<PhoneNumber>),
    ("proxy_check", object::<ProxyCheck>),
    ("redirect_url", object::<RedirectUrl>),
    ("role", object::<Role>),
    ("saml_account", object::<SamlAccount>),
    ("saml_connection", object::<SamlConnection>),
    ("session", object::<Session>),
    ("sign_in_token", object::<SignInToken>),
    ("sign_up_attempt", object::<SignUp>),
    ("sms_message", object::<SmsMessage>),
    ("testing_token", object::<TestingToken>),
    ("token", object::<Token>),
    ("total_count", object::<TotalCount>),
    ("user", object::<User>),
    ("waitlist_entry", object::<WaitlistEntry>),
    ("web3_wallet", object::<Web3Wallet>),
];

/// The kinds of object that no operation of ours answers: JavaScript hands them on as they come.
const UNTYPED: &[&str] = &[
    "commerce_payer",
    "commerce_payment_attempt",
    "enterprise_account",
    "sign_in_attempt",
    "unknown_thing",
];

/// What JavaScript leaves out of an object and ours keeps as it came: case, property.
const KEPT: &[(&str, &str)] = &[
    // The keys and the machines of a machine within a machine.
    ("v2 machine full", "scopedMachines"),
];

/// Properties that are named otherwise on the wire, by the class that has them.
const RENAMED: &[(&str, &str, &str)] = &[
    ("ExternalAccount", "externalId", "provider_user_id"),
    ("OAuthApplication", "isPublic", "public"),
    ("SMSMessage", "id", "id"),
];

#[test]
fn objects_are_read_to_the_recorded_values() {
    let mut untyped = BTreeSet::new();
    let mut read = 0;
    for case in cases("api_responses.json") {
        let (name, body, expected) = (&case["name"], &case["response"]["body"], &case["expect"]);
        let name = name.as_str().unwrap();
        let Some(kind) = body["object"].as_str() else {
            continue;
        };
        if body["deleted"].is_boolean() {
            let (ours, _) = object::<DeletedObject>(body.clone()).unwrap();
            compare(&expected["value"], &ours, &ours, name);
            read += 1;
            continue;
        }
        let Some((_, reader)) = OBJECTS.iter().find(|(known, _)| *known == kind) else {
            untyped.insert(kind.to_owned());
            continue;
        };
        let result = reader(body.clone());
        // Where JavaScript fails for a field that is missing, ours has a default.
        let (ours, declared) = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut expected = expected["value"].clone();
        if let Some(properties) = expected.as_object_mut() {
            properties.retain(|property, _| !KEPT.contains(&(name, property)));
            compare(&expected, &ours, &declared, name);
        }
        for (field, value) in body.as_object().unwrap() {
            contains(&ours[field], value, &format!("{name} {field}"));
        }
        read += 1;
    }
    println!("{read} objects read, these kinds have no type: {untyped:?}");
    assert!(read > 40, "{read} objects");
    let listed: BTreeSet<_> = UNTYPED.iter().map(|name| (*name).to_owned()).collect();
    assert!(untyped.is_subset(&listed), "without a type: {untyped:?}");
}

/// Lists, in the three forms in which they come.
#[test]
fn lists_are_read_to_the_recorded_values() {
    let mut read = 0;
    for case in cases("api_responses.json") {
        let (name, body) = (case["name"].as_str().unwrap(), &case["response"]["body"]);
        let (ours, total) = if body["m2m_tokens"].is_array() {
            let page: M2mTokens = serde_json::from_value(body.clone()).unwrap();
            let total = page.total_count;
            let items = page.into_items().into_iter();
            (
                items.map(|it| serde_json::to_value(it).unwrap()).collect(),
                total,
            )
        } else if body.is_array() || body["data"].is_array() {
            let page: Page<Value> = serde_json::from_value(body.clone()).unwrap();
            (page.data, page.total_count)
        } else {
            continue;
        };
        let expected = &case["expect"]["value"];
        let items = match expected {
            Value::Array(items) => items,
            page => {
                assert_eq!(page["totalCount"], total, "{name}");
                page["data"].as_array().unwrap()
            }
        };
        assert_eq!(ours.len(), items.len(), "{name}");
        for (ours, expected) in ours.iter().zip(items) {
            let declared = OBJECTS.iter().find(|(known, _)| ours["object"] == *known);
            let Some((_, reader)) = declared else {
                compare(expected, ours, &Value::Null, name);
                continue;
            };
            let (ours, declared) = reader(ours.clone()).unwrap();
            compare(expected, &ours, &declared, name);
        }
        read += 1;
    }
    assert!(read > 5, "{read} lists");
}

/// What is no object, no list and no refusal: JavaScript hands some of it on; ours says that the
/// answer cannot be read, as the caller was promised a user.
#[tokio::test]
async fn answers_of_another_kind_are_errors() {
    let mut read = 0;
    for case in cases("api_responses.json") {
        let (name, response) = (case["name"].as_str().unwrap(), case["response"].clone());
        let body = &response["body"];
        let is_read_elsewhere = body["object"].is_string()
            || body.is_array()
            || body["data"].is_array()
            || body["m2m_tokens"].is_array()
            || response["status"]
                .as_u64()
                .is_some_and(|status| status >= 400)
            || response["networkError"].is_string();
        if is_read_elsewhere {
            continue;
        }
        let recorder = Recorder::start(move |_| {
            let text = match (&response["text"], &response["body"]) {
                (Value::String(text), _) => text.clone(),
                // A field that is not there and a body that is null look alike: neither is read.
                (_, Value::Null) => String::new(),
                (_, body) => body.to_string(),
            };
            let status = response["status"].as_u64().unwrap_or(200);
            let answer = Response::builder().status(status as u16);
            answer.body(Body::from(text)).unwrap()
        })
        .await;
        let result = recorder.client.users().get("user_1").await;
        assert!(
            matches!(result, Err(ClientError::Answer { .. })),
            "{name}: {result:?}"
        );
        read += 1;
    }
    assert!(read > 3, "{read} cases");
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
                    // What has no class is free-form or as on the wire, but for money.
                    None if ours.get(property).is_none() => snake_case(property),
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
        "alg",
        "avatar_url",
        "clerk_trace_id",
        "client_secret",
        "created_at",
        "created_by",
        "deleted",
        "domains",
        "email_address_verified",
        "expires_at",
        "external_id",
        "external_verification_redirect_url",
        "id",
        "id_token",
        "identifier",
        "identifier_type",
        "invitation",
        "invitation_id",
        "kid",
        "latest_activity",
        "members_count",
        "message",
        "meta",
        "missing_member_with_elevated_permissions",
        "nonce",
        "object",
        "organization_memberships",
        "pending_invitations_count",
        "provider_user_id",
        "public_organization_data",
        "revoked",
        "scopes",
        "secret",
        "secret_key",
        "slug",
        "source",
        "tasks",
        "token",
        "token_secret",
        "url",
        "use_",
        "user_id",
        "verified_at_client",
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
