//! The contract against the facts of Clerk's published descriptions (`testdata/openapi`).

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use ironclerk_api::actor_tokens::ActorToken;
use ironclerk_api::allowlist_identifiers::{AllowlistIdentifier, BlocklistIdentifier};
use ironclerk_api::clients::Client;
use ironclerk_api::domains::{Domain, ProxyCheck};
use ironclerk_api::endpoint::{BodyKind, PAGINATED, path_parameters};
use ironclerk_api::instance::{Instance, OrganizationSettings};
use ironclerk_api::invitations::Invitation;
use ironclerk_api::jwt_templates::JwtTemplate;
use ironclerk_api::oauth_applications::OAuthApplication;
use ironclerk_api::organization_domains::OrganizationDomain;
use ironclerk_api::organization_invitations::OrganizationInvitation;
use ironclerk_api::organization_roles::{Permission, Role};
use ironclerk_api::organizations::{Organization, OrganizationMembership};
use ironclerk_api::redirect_urls::RedirectUrl;
use ironclerk_api::role_sets::{RoleSet, RoleSetItem};
use ironclerk_api::saml_connections::SamlConnection;
use ironclerk_api::sessions::{Cookies, Session, Token};
use ironclerk_api::sign_in_tokens::SignInToken;
use ironclerk_api::sign_ups::{SignUp, SignUpVerifications};
use ironclerk_api::testing_tokens::TestingToken;
use ironclerk_api::users::{
    EmailAddress, ExternalAccount, Passkey, PhoneNumber, SamlAccount, User, Web3Wallet,
};
use ironclerk_api::value::{DeletedObject, TotalCount};
use ironclerk_api::waitlist_entries::WaitlistEntry;
use ironclerk_api::webhooks::WebhooksUrl;
use ironclerk_api::{ENDPOINTS, EndpointInfo};
use serde_json::{Value, to_value};

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

/// The parameters that the official SDK sends all the same.
fn undocumented(endpoint: &EndpointInfo) -> Vec<&'static str> {
    table(UNDOCUMENTED)
        .into_iter()
        .filter(|line| line["method"] == endpoint.method.as_str() && line["path"] == endpoint.path)
        .map(|line| line["parameter"])
        .filter(|parameter| !parameter.is_empty())
        .collect()
}

fn is_documented(endpoint: &EndpointInfo) -> bool {
    let operations = table(OPERATIONS);
    let is_this = |line: &HashMap<_, _>| {
        line["method"] == endpoint.method.as_str() && line["path"] == endpoint.path
    };
    operations.iter().any(is_this)
}

#[test]
fn every_endpoint_and_parameter_is_documented() {
    let operations = table(OPERATIONS);
    for endpoint in endpoints() {
        let EndpointInfo {
            name, method, path, ..
        } = endpoint;
        let undocumented = undocumented(endpoint);
        if !is_documented(endpoint) {
            assert_eq!((endpoint.parameters)(), undocumented, "{name}");
            continue;
        }
        let operation = operations
            .iter()
            .find(|line| line["method"] == method.as_str() && line["path"] == *path)
            .unwrap_or_else(|| panic!("{name}: {method} {path} is not documented"));
        assert_eq!(
            path_parameters(path).collect::<Vec<_>>(),
            names(operation["path_params"]).collect::<Vec<_>>(),
            "{name}"
        );
        let mut documented: BTreeSet<_> = names(operation["path_params"]).collect();
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
            documented.contains(PAGINATED),
            "{name}: whether a page is answered only on request"
        );
    }
}

#[test]
fn the_parameters_that_are_missing_are_known() {
    let mut not_yet = BTreeSet::new();
    let operations = table(OPERATIONS);
    for EndpointInfo {
        method,
        path,
        parameters,
        ..
    } in endpoints()
    {
        let ours = parameters();
        for operation in &operations {
            if operation["method"] != method.as_str() || operation["path"] != *path {
                continue;
            }
            let documented = names(operation["query_params"]);
            for parameter in documented.chain(body_names(operation["body_params"])) {
                if !ours.contains(&parameter) && parameter != PAGINATED {
                    not_yet.insert(format!("{method}\t{path}\t{parameter}\n"));
                }
            }
        }
    }
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

#[test]
fn resources_have_the_documented_fields() {
    let objects = table(OBJECTS);
    for (schema, resource) in [
        ("ActorToken", to_value(ActorToken::default())),
        ("Client", to_value(Client::default())),
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
        ("RoleSet", to_value(RoleSet::default())),
        ("RoleSetItem", to_value(RoleSetItem::default())),
        ("SAMLConnection", to_value(SamlConnection::default())),
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
    ] {
        let resource = resource.unwrap();
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

/// Says how far we are, where it is seen although the test passes.
#[test]
fn coverage_is_reported() {
    let operations = table(OPERATIONS);
    let documented: BTreeSet<_> = operations
        .iter()
        .map(|line| (line["method"], line["path"]))
        .collect();
    let ours: BTreeSet<_> = endpoints()
        .map(|endpoint| (endpoint.method.as_str(), endpoint.path))
        .collect();
    let covered = ours.intersection(&documented).count();
    assert_eq!(
        covered,
        endpoints()
            .filter(|endpoint| is_documented(endpoint))
            .count(),
        "each operation is declared once"
    );
    let missing = table(NOT_YET).len();
    writeln!(
        std::io::stderr(),
        "Backend API coverage: {covered} of {} documented operations, without {missing} of their parameters",
        documented.len()
    )
    .unwrap();
}
