//! What the client sends.

use std::collections::BTreeSet;
use std::pin::Pin;

use axum::body::Body;
use http::{Method, Response};
use ironclerk::Client;
use ironclerk::api::actor_tokens::*;
use ironclerk::api::clients::{GetClient, ListClients, VerifyClient};
use ironclerk::api::decode;
use ironclerk::api::email_addresses::*;
use ironclerk::api::endpoint::EncodeError;
use ironclerk::api::invitations::*;
use ironclerk::api::jwks::GetJwks;
use ironclerk::api::jwt_templates::*;
use ironclerk::api::organizations::*;
use ironclerk::api::phone_numbers::*;
use ironclerk::api::sessions::*;
use ironclerk::api::sign_in_tokens::*;
use ironclerk::api::testing_tokens::*;
use ironclerk::api::users::*;
use ironclerk::api::{Endpoint, File};
use ironclerk::client::ClientError;
use serde_json::{Value, json};

use crate::{Recorded, Recorder, cases, snake_case};

type Sent = Pin<Box<dyn Future<Output = Result<(), ClientError>>>>;

/// How a JavaScript call is made with our client.
struct Call {
    /// The parameters that the JavaScript arguments stand for, where they are not objects.
    positional: &'static [&'static str],
    send: fn(Client, decode::Body) -> Sent,
}

const fn call<E: Endpoint>(positional: &'static [&'static str]) -> Call {
    Call {
        positional,
        send: |client, arguments| {
            Box::pin(async move {
                let request: E = read(arguments);
                client.send(&request).await.map(drop)
            })
        },
    }
}

fn read<E: Endpoint>(arguments: decode::Body) -> E {
    let arguments = match arguments {
        // JavaScript drops false, 0 and empty texts from queries; a Rust program leaves them out.
        decode::Body::Object(mut members) => {
            members.retain(|name, value| {
                let is_in_query = !E::INFO.has_body() || E::INFO.in_query.contains(&name.as_str());
                !is_in_query || ![json!(0), json!(false), json!("")].contains(value)
            });
            decode::Body::Object(members)
        }
        other => other,
    };
    decode::decode([], "", arguments).unwrap_or_else(|error| panic!("{}: {error}", E::INFO.name))
}

/// The calls of the JavaScript client, by their names.
const CALLS: &[(&str, Call)] = &[
    ("jwks.getJwks", call::<GetJwks>(&[])),
    ("jwtTemplates.create", call::<CreateJwtTemplate>(&[])),
    (
        "jwtTemplates.delete",
        call::<DeleteJwtTemplate>(&["template_id"]),
    ),
    ("jwtTemplates.get", call::<GetJwtTemplate>(&["template_id"])),
    (
        "organizations.createOrganization",
        call::<CreateOrganization>(&[]),
    ),
    (
        "organizations.createOrganizationMembership",
        call::<CreateOrganizationMembership>(&[]),
    ),
    (
        "organizations.getOrganization",
        call::<GetOrganization>(&[]),
    ),
    (
        "organizations.getOrganizationList",
        call::<ListOrganizations>(&[]),
    ),
    ("sessions.createSession", call::<CreateSession>(&[])),
    ("sessions.getSession", call::<GetSession>(&["session_id"])),
    ("sessions.getSessionList", call::<ListSessions>(&[])),
    (
        "sessions.getToken",
        Call {
            positional: &["session_id", "template_name"],
            send: |client, arguments| match &arguments {
                decode::Body::Object(members) if members.contains_key("template_name") => {
                    (call::<CreateSessionTokenFromTemplate>(&[]).send)(client, arguments)
                }
                _ => (call::<CreateSessionToken>(&[]).send)(client, arguments),
            },
        },
    ),
    (
        "users.deleteUserProfileImage",
        call::<DeleteUserProfileImage>(&["user_id"]),
    ),
    ("users.getCount", call::<CountUsers>(&[])),
    (
        "users.getOrganizationMembershipList",
        call::<ListUserOrganizationMemberships>(&[]),
    ),
    ("users.getUser", call::<GetUser>(&["user_id"])),
    ("users.updateUser", call::<UpdateUser>(&["user_id"])),
    ("actorTokens.create", call::<CreateActorToken>(&[])),
    ("clients.getClient", call::<GetClient>(&["client_id"])),
    ("clients.getClientList", call::<ListClients>(&[])),
    ("clients.verifyClient", call::<VerifyClient>(&["token"])),
    (
        "emailAddresses.getEmailAddress",
        call::<GetEmailAddress>(&["email_address_id"]),
    ),
    (
        "emailAddresses.updateEmailAddress",
        call::<UpdateEmailAddress>(&["email_address_id"]),
    ),
    (
        "invitations.createInvitation",
        call::<CreateInvitation>(&[]),
    ),
    (
        "invitations.createInvitationBulk",
        call::<CreateInvitations>(&[]),
    ),
    (
        "invitations.getInvitationList",
        call::<ListInvitations>(&[]),
    ),
    (
        "invitations.revokeInvitation",
        call::<RevokeInvitation>(&["invitation_id"]),
    ),
    (
        "phoneNumbers.createPhoneNumber",
        call::<CreatePhoneNumber>(&[]),
    ),
    (
        "phoneNumbers.deletePhoneNumber",
        call::<DeletePhoneNumber>(&["phone_number_id"]),
    ),
    (
        "phoneNumbers.updatePhoneNumber",
        call::<UpdatePhoneNumber>(&["phone_number_id"]),
    ),
    (
        "sessions.refreshSession",
        call::<RefreshSession>(&["session_id"]),
    ),
    (
        "signInTokens.revokeSignInToken",
        call::<RevokeSignInToken>(&["sign_in_token_id"]),
    ),
    (
        "testingTokens.createTestingToken",
        call::<CreateTestingToken>(&[]),
    ),
    ("users.banUser", call::<BanUser>(&["user_id"])),
    ("users.createUser", call::<CreateUser>(&[])),
    (
        "users.deleteUserBackupCodes",
        call::<DeleteUserBackupCodes>(&["user_id"]),
    ),
    ("users.deleteUserTOTP", call::<DeleteUserTotp>(&["user_id"])),
    (
        "users.deleteUserWeb3Wallet",
        call::<DeleteUserWeb3Wallet>(&[]),
    ),
    ("users.disableUserMFA", call::<DisableUserMfa>(&["user_id"])),
    (
        "users.getUserOauthAccessToken",
        call::<ListUserOAuthAccessTokens>(&["user_id", "provider"]),
    ),
    ("users.lockUser", call::<LockUser>(&["user_id"])),
    ("users.unlockUser", call::<UnlockUser>(&["user_id"])),
    (
        "users.updateUserMetadata",
        call::<MergeUserMetadata>(&["user_id"]),
    ),
    ("users.verifyPassword", call::<VerifyPassword>(&[])),
    ("users.verifyTOTP", call::<VerifyTotp>(&[])),
    (
        "users.getUserList",
        Call {
            positional: &[],
            send: |client, arguments| {
                Box::pin(async move { client.users().list(&read(arguments)).await.map(drop) })
            },
        },
    ),
];

/// The namespaces of which calls are missing in our client.
const INCOMPLETE: &[&str] = &[
    "__experimental_accountlessApplications",
    "agentTasks",
    "allowlistIdentifiers",
    "apiKeys",
    "betaFeatures",
    "billing",
    "blocklistIdentifiers",
    "domains",
    "idPOAuthAccessToken",
    "instance",
    "m2m",
    "machines",
    "oauthApplications",
    "organizations",
    "proxyChecks",
    "redirectUrls",
    "samlConnections",
    "signUps",
    "users",
    "waitlistEntries",
    "webhooks",
];

/// The cases in which ours is the better behaviour: an id that would lead to another path is
/// encoded, an empty one is not sent.
const DEVIATIONS: &[(&str, &str)] = &[
    (r#"users.getUser["../x"]"#, "/v1/users/..%2Fx"),
    (
        r#"organizations.getOrganization[{"organizationId":"../x"}]"#,
        "/v1/organizations/..%2Fx",
    ),
];

#[tokio::test]
async fn calls_are_sent_as_recorded() {
    // Only the call that makes two requests at once needs answers that it can read.
    let answer = |path: &str| {
        let body = match path {
            "/v1/users" => "[]",
            "/v1/users/count" => r#"{"total_count":0}"#,
            _ => "null",
        };
        Response::builder()
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    let recorder = Recorder::start(answer).await;
    let mut incomplete = BTreeSet::new();
    let mut sent = 0;
    for case in cases("api_requests.json") {
        let name = case["call"].as_str().unwrap();
        let Some((_, call)) = CALLS.iter().find(|(known, _)| *known == name) else {
            incomplete.insert(name.split('.').next().unwrap().to_owned());
            continue;
        };
        let shown = format!("{name}{}", case["args"]);
        let arguments = arguments(&case["args"], call.positional);
        let result = (call.send)(recorder.client.clone(), arguments).await;
        let requests = recorder.take();
        if case["error"].is_object() {
            let missing = matches!(result, Err(ClientError::Request(EncodeError::MissingId)));
            assert!(missing && requests.is_empty(), "{shown}: {result:?}");
            continue;
        }
        let deviation = DEVIATIONS.iter().find(|(known, _)| *known == shown);
        let mut expected = case["requests"].as_array().unwrap().clone();
        if let Some((_, path)) = deviation {
            expected[0]["pathAndQuery"] = json!(path);
        }
        let mut ours: Vec<_> = requests.iter().map(summary).collect();
        let mut theirs: Vec<_> = expected.iter().map(recorded_summary).collect();
        // Calls that are made at once come in any order.
        ours.sort_by_key(Value::to_string);
        theirs.sort_by_key(Value::to_string);
        assert_eq!(ours, theirs, "{shown}");
        sent += 1;
    }
    assert!(sent > 20, "{sent} cases");
    let listed: BTreeSet<_> = INCOMPLETE.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        incomplete, listed,
        "the namespaces of which calls are missing"
    );
}

#[test]
fn each_call_is_a_recorded_one() {
    let cases = cases("api_requests.json");
    for (name, _) in CALLS {
        assert!(
            cases.iter().any(|case| case["call"] == *name),
            "{name} was not recorded"
        );
    }
}

/// The parameters that JavaScript arguments stand for.
fn arguments(arguments: &Value, positional: &[&str]) -> decode::Body {
    let mut members = serde_json::Map::new();
    let mut file = None;
    let mut positional = positional.iter();
    for argument in arguments.as_array().unwrap() {
        match argument {
            Value::Object(object) => {
                for (name, value) in object {
                    match value.as_str() {
                        Some("<file>") => file = Some(name.clone()),
                        Some("<undefined>") => {}
                        _ => drop(members.insert(snake_case(name), value.clone())),
                    }
                }
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| {
                    let members = item.as_object().unwrap().iter();
                    members
                        .map(|(name, value)| (snake_case(name), value.clone()))
                        .collect()
                });
                return decode::Body::Array(items.collect());
            }
            value => {
                let name = positional.next().expect("a name for the argument");
                members.insert((*name).to_owned(), value.clone());
            }
        }
    }
    let Some(name) = file else {
        return decode::Body::Object(members);
    };
    let text = |value: Value| value.as_str().unwrap().to_owned();
    let file = File {
        name: "a.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: vec![1, 2, 3],
    };
    decode::Body::Form(decode::Form {
        fields: members
            .into_iter()
            .map(|(name, value)| (name, text(value)))
            .collect(),
        files: vec![(name, file)],
    })
}

/// What matters of a request: method, path, query in any order, body.
fn summary(request: &Recorded) -> Value {
    let header = |name: &str| {
        let value = request.head.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    };
    assert_eq!(header("authorization"), "Bearer sk_test_abc");
    assert_eq!(header("clerk-api-version"), "2025-11-10");
    let content_type = header("content-type");
    let body = match content_type.split_once("boundary=") {
        Some((_, boundary)) => form(&request.body, boundary),
        None if request.body.is_empty() => Value::Null,
        None => {
            assert_eq!(content_type, "application/json");
            serde_json::from_slice(&request.body).unwrap()
        }
    };
    let target = request.head.uri.to_string();
    described(&request.head.method, &target, body)
}

/// The same of a recorded request.
fn recorded_summary(request: &Value) -> Value {
    let method: Method = request["method"].as_str().unwrap_or("GET").parse().unwrap();
    let body = match &request["body"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    };
    described(&method, request["pathAndQuery"].as_str().unwrap(), body)
}

fn described(method: &Method, target: &str, body: Value) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    query.sort();
    json!({"method": method.as_str(), "path": path, "query": query, "body": body})
}

/// A form as the recording describes it.
fn form(body: &[u8], boundary: &str) -> Value {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let delimiter = format!("--{boundary}");
    let parts: Vec<_> = body.split(&delimiter).collect();
    assert_eq!((parts[0], *parts.last().unwrap()), ("", "--\r\n"));
    let attribute = |head: &str, name: &str| {
        let start = head.split_once(&format!("{name}=\""))?.1;
        Some(start.split_once('"')?.0.to_owned())
    };
    let described = parts[1..parts.len() - 1].iter().map(|part| {
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        let content = content.strip_suffix("\r\n").unwrap();
        let content = match attribute(head, "filename") {
            Some(name) => {
                let kind = head.split_once("content-type: ").unwrap().1;
                format!("<blob name={name} type={kind} size={}>", content.len())
            }
            None => content.to_owned(),
        };
        json!([attribute(head, "; name"), content])
    });
    json!({"__formData": described.collect::<Vec<_>>()})
}
