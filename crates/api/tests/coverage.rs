//! The contract against the facts of Clerk's published descriptions (`testdata/openapi`).

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use ironclerk_api::accountless_applications::AccountlessApplication;
use ironclerk_api::actor_tokens::ActorToken;
use ironclerk_api::agent_tasks::AgentTask;
use ironclerk_api::allowlist_identifiers::{AllowlistIdentifier, BlocklistIdentifier};
use ironclerk_api::api_keys::{ApiKey, ApiKeySecret};
use ironclerk_api::billing::{Feature, Money, NextPayment, Plan, Subscription, SubscriptionItem};
use ironclerk_api::clients::Client;
use ironclerk_api::domains::{CnameTarget, Domain, ProxyCheck};
use ironclerk_api::endpoint::{BodyKind, PAGINATED, path_parameters};
use ironclerk_api::instance::{
    Instance, InstanceRestrictions, InstanceSettings, OrganizationSettings,
};
use ironclerk_api::invitations::Invitation;
use ironclerk_api::jwt_templates::JwtTemplate;
use ironclerk_api::m2m_tokens::{M2mToken, M2mTokens};
use ironclerk_api::machines::{Machine, MachineScope, MachineSecretKey};
use ironclerk_api::messages::{Email, SmsMessage};
use ironclerk_api::oauth_access_tokens::IdpOAuthAccessToken;
use ironclerk_api::oauth_applications::OAuthApplication;
use ironclerk_api::organization_domains::{OrganizationDomain, OrganizationDomainVerification};
use ironclerk_api::organization_invitations::OrganizationInvitation;
use ironclerk_api::organization_roles::{Permission, Role};
use ironclerk_api::organizations::{
    Organization, OrganizationMembership, PublicOrganizationData, PublicUserData,
};
use ironclerk_api::redirect_urls::RedirectUrl;
use ironclerk_api::role_sets::{RoleSet, RoleSetItem};
use ironclerk_api::saml_connections::SamlConnection;
use ironclerk_api::sessions::{Cookies, Session, SessionActivity, Token};
use ironclerk_api::sign_in_tokens::SignInToken;
use ironclerk_api::sign_ups::{SignUp, SignUpVerification, SignUpVerifications};
use ironclerk_api::testing_tokens::TestingToken;
use ironclerk_api::users::{
    EmailAddress, ExternalAccount, OAuthAccessToken, Passkey, PhoneNumber, SamlAccount,
    SamlAccountConnection, User, Verification, Web3Wallet,
};
use ironclerk_api::value::{DeletedObject, TotalCount};
use ironclerk_api::waitlist_entries::WaitlistEntry;
use ironclerk_api::webhooks::WebhooksUrl;
use ironclerk_api::{ENDPOINTS, EndpointInfo, NOT_SERVED};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, to_value};

const OPERATIONS: &str = include_str!("../../../testdata/openapi/operations.tsv");
const OBJECTS: &str = include_str!("../../../testdata/openapi/objects.tsv");
/// What the official SDK sends that is not documented.
const UNDOCUMENTED: &str = include_str!("../../../testdata/openapi/undocumented.tsv");
/// The documented parameters of our operations that the contract does not have.
const NOT_YET: &str = include_str!("../../../testdata/openapi/not_yet.tsv");

/// The cells of a table's lines, by the names in its head.
fn table(text: &'static str) -> Vec<HashMap<&'static str, &'static str>> {
    let mut lines = text.lines();
    let head: Vec<_> = lines.next().unwrap_or_default().split('\t').collect();
    lines
        .map(|line| head.iter().copied().zip(line.split('\t')).collect())
        .collect()
}

fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(',').filter(|name| !name.is_empty())
}

/// The names in a cell of `body_params`, without what it says about the kind of the body.
fn body_names(cell: &str) -> impl Iterator<Item = &str> {
    names(cell).map(|name| {
        let name = name.strip_prefix("[]").unwrap_or(name);
        name.strip_prefix("multipart:").unwrap_or(name)
    })
}

fn endpoints() -> impl Iterator<Item = &'static EndpointInfo> {
    ENDPOINTS.iter().copied().flatten()
}

/// A path as the descriptions have it, whatever its parameters are called there. They put `/v1`
/// before every path.
fn shape(path: &str) -> String {
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "{}",
            false => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}

/// `apiKeyID` as `api_key_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.replace("ID", "Id").chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

type Line = HashMap<&'static str, &'static str>;

/// What the descriptions say of an operation.
fn documented(operations: &[Line], endpoint: &EndpointInfo) -> Option<Line> {
    let is_this = |line: &&Line| {
        line["method"] == endpoint.method.as_str() && shape(line["path"]) == shape(endpoint.path)
    };
    operations.iter().find(is_this).cloned()
}

/// The parameters that the official SDK sends all the same.
fn undocumented(endpoint: &EndpointInfo) -> Vec<&'static str> {
    table(UNDOCUMENTED)
        .into_iter()
        .filter(|line| line["method"] == endpoint.method.as_str() && line["path"] == endpoint.path)
        .map(|line| line["parameter"])
        .filter(|parameter| !parameter.is_empty())
        .collect()
}

#[test]
fn every_endpoint_and_parameter_is_documented() {
    let operations = table(OPERATIONS);
    for endpoint in endpoints() {
        let EndpointInfo { name, path, .. } = endpoint;
        let undocumented = undocumented(endpoint);
        let Some(operation) = documented(&operations, endpoint) else {
            assert_eq!((endpoint.parameters)(), undocumented, "{name}");
            continue;
        };
        let in_path: Vec<_> = names(operation["path_params"]).map(snake_case).collect();
        assert_eq!(path_parameters(path).collect::<Vec<_>>(), in_path, "{name}");
        let mut documented: BTreeSet<_> = in_path.iter().map(String::as_str).collect();
        match endpoint.has_body() {
            true => documented.extend(body_names(operation["body_params"])),
            false => documented.extend(names(operation["query_params"])),
        }
        let body = operation["body_params"];
        let kind = match body {
            body if body.starts_with("[]") => BodyKind::Array,
            body if body.starts_with("multipart:") => BodyKind::Multipart,
            _ => BodyKind::Object,
        };
        assert_eq!(endpoint.body, kind, "{name}");
        assert_eq!(endpoint.status.as_str(), operation["status"], "{name}");
        for parameter in (endpoint.parameters)() {
            assert!(
                documented.contains(parameter) || undocumented.contains(&parameter),
                "{name} {parameter}"
            );
        }
        assert_eq!(
            endpoint.paginated_on_request,
            documented.contains(PAGINATED) && !operation["response"].starts_with("page:"),
            "{name}: whether a page is answered only on request"
        );
    }
}

/// The documented parameters of our operations, and whether the contract has them.
fn documented_parameters() -> Vec<(&'static EndpointInfo, &'static str, bool)> {
    let operations = table(OPERATIONS);
    let mut parameters = Vec::new();
    for endpoint in endpoints() {
        let ours = (endpoint.parameters)();
        let Some(operation) = documented(&operations, endpoint) else {
            continue;
        };
        let documented = names(operation["query_params"]);
        for parameter in documented.chain(body_names(operation["body_params"])) {
            if parameter != PAGINATED {
                parameters.push((endpoint, parameter, ours.contains(&parameter)));
            }
        }
    }
    parameters
}

#[test]
fn the_parameters_that_are_missing_are_known() {
    let not_yet: BTreeSet<_> = documented_parameters()
        .into_iter()
        .filter(|(.., is_ours)| !is_ours)
        .map(|(endpoint, parameter, _)| {
            format!("{}\t{}\t{parameter}\n", endpoint.method, endpoint.path)
        })
        .collect();
    let not_yet: String = std::iter::once("method\tpath\tparameter\n".to_owned())
        .chain(not_yet)
        .collect();
    if std::env::var_os("IRONCLERK_UPDATE").is_some() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../testdata/openapi/not_yet.tsv"
        );
        std::fs::write(file, &not_yet).unwrap();
    }
    assert!(
        not_yet == NOT_YET,
        "testdata/openapi/not_yet.tsv is out of date; IRONCLERK_UPDATE=1 writes it anew:\n{not_yet}"
    );
}

/// Reads a resource and writes it again.
type Read = fn(Value) -> Result<Value, serde_json::Error>;

fn read<T: Serialize + DeserializeOwned>(value: Value) -> Result<Value, serde_json::Error> {
    to_value(from_value::<T>(value)?)
}

/// Each type of resource, with what an empty one looks like.
fn types() -> Vec<(Value, Read)> {
    macro_rules! types {
        ($($type:ty),* $(,)?) => {
            vec![$((to_value(<$type>::default()).unwrap(), read::<$type> as Read)),*]
        };
    }
    types![
        AccountlessApplication,
        ActorToken,
        AgentTask,
        AllowlistIdentifier,
        ApiKey,
        BlocklistIdentifier,
        Client,
        CnameTarget,
        Domain,
        Email,
        EmailAddress,
        ExternalAccount,
        Feature,
        IdpOAuthAccessToken,
        Instance,
        InstanceRestrictions,
        InstanceSettings,
        Invitation,
        JwtTemplate,
        M2mToken,
        Machine,
        MachineScope,
        MachineSecretKey,
        Money,
        NextPayment,
        OAuthAccessToken,
        OAuthApplication,
        Organization,
        OrganizationDomain,
        OrganizationDomainVerification,
        OrganizationInvitation,
        OrganizationMembership,
        OrganizationSettings,
        Passkey,
        Permission,
        PhoneNumber,
        Plan,
        ProxyCheck,
        PublicOrganizationData,
        PublicUserData,
        RedirectUrl,
        Role,
        RoleSet,
        RoleSetItem,
        SamlAccount,
        SamlAccountConnection,
        SamlConnection,
        Session,
        SessionActivity,
        SignInToken,
        SignUp,
        SignUpVerification,
        SignUpVerifications,
        SmsMessage,
        Subscription,
        SubscriptionItem,
        User,
        Verification,
        WaitlistEntry,
        Web3Wallet,
    ]
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What Clerk adds to an object, or to an object in an object, is kept.
    #[test]
    fn unknown_fields_are_kept(
        unknown in prop::collection::hash_map("[a-z]{1,8}_later", any_json(), 1..4),
    ) {
        for (mut value, read) in types() {
            for (name, unknown) in &unknown {
                value[name] = unknown.clone();
            }
            prop_assert_eq!(&read(value.clone()).unwrap(), &value);
        }
        let mut user = to_value(User::default()).unwrap();
        let mut address = to_value(EmailAddress::default()).unwrap();
        address["verification"] = to_value(Verification::default()).unwrap();
        for (name, unknown) in &unknown {
            address[name] = unknown.clone();
            address["verification"][name] = unknown.clone();
        }
        user["email_addresses"] = Value::from(vec![address]);
        prop_assert_eq!(&read::<User>(user.clone()).unwrap(), &user);
    }

    /// An object with any of its fields left out, or null, is still read: all but its id are
    /// optional.
    #[test]
    fn missing_fields_are_tolerated(choice in prop::collection::vec(0..3_u8, 64)) {
        for (value, read) in types() {
            let mut members = value.as_object().unwrap().clone();
            let mut choices = choice.iter().cycle();
            members.retain(|name, value| {
                match choices.next() {
                    Some(0) if name != "id" => return false,
                    Some(1) if name != "id" => *value = Value::Null,
                    _ => {}
                }
                true
            });
            let members = Value::Object(members);
            prop_assert!(read(members.clone()).is_ok(), "{}", members);
        }
    }

    /// A value that is new to an enum is kept.
    #[test]
    fn enums_are_open(text in "[a-z_]{1,12}_later") {
        let session = Value::from_iter([("id", "sess_1"), ("status", text.as_str())]);
        prop_assert_eq!(&read::<Session>(session).unwrap()["status"], &text);
        let plan = Value::from_iter([("id", "cplan_1"), ("for_payer_type", text.as_str())]);
        prop_assert_eq!(&read::<Plan>(plan).unwrap()["for_payer_type"], &text);
    }
}

/// Our resources by the names of the schemas that describe them.
fn resources() -> Vec<(&'static str, Value)> {
    [
        ("ActorToken", to_value(ActorToken::default())),
        ("AgentTask", to_value(AgentTask::default())),
        ("Client", to_value(Client::default())),
        ("CommerceMoneyResponse", to_value(Money::default())),
        ("CommercePlan", to_value(Plan::default())),
        ("CommerceSubscription", to_value(Subscription::default())),
        (
            "CommerceSubscriptionItem",
            to_value(SubscriptionItem::default()),
        ),
        ("FeatureResponse", to_value(Feature::default())),
        ("Machine", to_value(Machine::default())),
        (
            "MachineScope",
            to_value(MachineScope {
                created_at: Some(1),
                ..Default::default()
            }),
        ),
        ("Cookies", to_value(Cookies::default())),
        (
            "AllowlistIdentifier",
            to_value(AllowlistIdentifier::default()),
        ),
        (
            "BlocklistIdentifier",
            to_value(BlocklistIdentifier::default()),
        ),
        ("DeletedObject", to_value(DeletedObject::default())),
        ("Domain", to_value(Domain::default())),
        ("EmailAddress", to_value(EmailAddress::default())),
        (
            "ExternalAccountWithVerification",
            to_value(ExternalAccount::default()),
        ),
        ("Invitation", to_value(Invitation::default())),
        ("Instance", to_value(Instance::default())),
        ("JWTTemplate", to_value(JwtTemplate::default())),
        ("OAuthApplication", to_value(OAuthApplication::default())),
        ("Organization", to_value(Organization::default())),
        (
            "OrganizationDomain",
            to_value(OrganizationDomain::default()),
        ),
        (
            "OrganizationInvitation",
            to_value(OrganizationInvitation::default()),
        ),
        (
            "OrganizationMembership",
            to_value(OrganizationMembership::default()),
        ),
        ("Passkey", to_value(Passkey::default())),
        ("Permission", to_value(Permission::default())),
        (
            "OrganizationSettings",
            to_value(OrganizationSettings::default()),
        ),
        ("PhoneNumber", to_value(PhoneNumber::default())),
        ("ProxyCheck", to_value(ProxyCheck::default())),
        ("RedirectURL", to_value(RedirectUrl::default())),
        ("Role", to_value(Role::default())),
        ("SAMLAccount", to_value(SamlAccount::default())),
        (
            "SAMLAccountConnection",
            to_value(SamlAccountConnection::default()),
        ),
        (
            "SessionActivityResponse",
            to_value(SessionActivity::default()),
        ),
        ("SAMLConnection", to_value(SamlConnection::default())),
        ("RoleSet", to_value(RoleSet::default())),
        ("RoleSetItem", to_value(RoleSetItem::default())),
        ("Session", to_value(Session::default())),
        ("SignInToken", to_value(SignInToken::default())),
        ("SignUp", to_value(SignUp::default())),
        (
            "SignUpVerifications",
            to_value(SignUpVerifications::default()),
        ),
        ("SvixURL", to_value(WebhooksUrl::default())),
        ("TestingToken", to_value(TestingToken::default())),
        ("Token", to_value(Token::default())),
        ("TotalCount", to_value(TotalCount::default())),
        ("WaitlistEntry", to_value(WaitlistEntry::default())),
        ("User", to_value(User::default())),
        ("Web3Wallet", to_value(Web3Wallet::default())),
    ]
    .into_iter()
    .map(|(schema, resource): (_, Result<Value, _>)| (schema, resource.expect("a resource")))
    .collect()
}

#[test]
fn resources_have_the_documented_fields() {
    let objects = table(OBJECTS);
    for (schema, resource) in resources() {
        let documented: Vec<_> = objects
            .iter()
            .filter(|line| line["schema"] == schema)
            .collect();
        assert!(!documented.is_empty(), "{schema} is not documented");
        for line in &documented {
            let field = line["field"];
            let value = resource.get(field);
            assert!(
                value.is_some() || line["required"] != "yes",
                "{schema}.{field} is required and missing"
            );
            // The kind of a deleted object is that of the object.
            if field == "object" && !line["object"].is_empty() {
                let allowed: Vec<_> = line["object"].split('|').map(Value::from).collect();
                assert!(
                    allowed.contains(value.unwrap()),
                    "{schema}.object: {value:?}"
                );
            }
        }
        for field in resource.as_object().unwrap().keys() {
            assert!(
                documented.iter().any(|line| line["field"] == field),
                "{schema}.{field} is not documented"
            );
        }
    }
}

/// The fields of the answers whose schemas have no name, and of those that are a schema and more.
#[test]
fn resources_without_a_schema_have_the_documented_fields() {
    let operations = table(OPERATIONS);
    let secret = |mut value: Value, name: &str| {
        value[name] = Value::from("secret");
        value
    };
    let key = to_value(ApiKey::default()).unwrap();
    let token = to_value(M2mToken::default()).unwrap();
    for (method, path, resource) in [
        ("GET", "/v1/api_keys/{apiKeyID}", key.clone()),
        ("POST", "/v1/api_keys", secret(key, "secret")),
        ("POST", "/v1/m2m_tokens/verify", token.clone()),
        ("POST", "/v1/m2m_tokens", secret(token, "token")),
        (
            "GET",
            "/v1/api_keys/{apiKeyID}/secret",
            to_value(ApiKeySecret::default()).unwrap(),
        ),
        (
            "GET",
            "/v1/machines/{machine_id}/secret_key",
            to_value(MachineSecretKey::default()).unwrap(),
        ),
        (
            "GET",
            "/v1/m2m_tokens",
            to_value(M2mTokens::default()).unwrap(),
        ),
    ] {
        let operation = operations
            .iter()
            .find(|line| line["method"] == method && line["path"] == path)
            .unwrap_or_else(|| panic!("{method} {path} is not documented"));
        let documented: BTreeSet<_> = operation["response"]
            .trim_matches(['{', '}'])
            .split(',')
            .collect();
        let ours: BTreeSet<_> = resource
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(ours, documented, "{method} {path}");
    }
}

/// Says how far we are, where it is seen although the test passes.
#[test]
fn coverage_is_reported() {
    let operations = table(OPERATIONS);
    let ours: BTreeSet<_> = endpoints()
        .filter(|endpoint| documented(&operations, endpoint).is_some())
        .map(|endpoint| (endpoint.method.as_str(), shape(endpoint.path)))
        .collect();
    assert_eq!(
        ours.len(),
        endpoints()
            .filter(|endpoint| documented(&operations, endpoint).is_some())
            .count(),
        "each operation is declared once"
    );
    let parameters = documented_parameters();
    let known_parameters = parameters.iter().filter(|(.., is_ours)| *is_ours).count();
    let objects = table(OBJECTS);
    let (mut fields, mut known_fields) = (0, 0);
    for (schema, resource) in resources() {
        for line in objects.iter().filter(|line| line["schema"] == schema) {
            fields += 1;
            known_fields += usize::from(resource.get(line["field"]).is_some());
        }
    }
    writeln!(
        std::io::stderr(),
        "Backend API coverage: {} of {} documented operations ({} not served yet), {known_parameters} of {} of their parameters, {known_fields} of {fields} fields of {} resources (the others are kept, without a type)",
        ours.len(),
        operations.len(),
        NOT_SERVED.iter().copied().flatten().count(),
        parameters.len(),
        resources().len(),
    )
    .unwrap();
}
