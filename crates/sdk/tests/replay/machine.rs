use std::time::Duration;

use http::{Request, header};
use ironclerk::authenticate::{
    Answers, AuthStatus, AuthenticatorBuilder, Keys, OrganizationSync, RequestFacts, RequestState,
    Settings, Step, decide,
};
use ironclerk::errors::{ConfigurationError, UnknownTokenType};
use ironclerk::internal::{is_machine_token, is_machine_token_by_prefix};
use ironclerk::machine::MachineAuth;
use ironclerk::session::{Auth, SessionAuth, SessionClaims};
use ironclerk::{AcceptsToken, AuthObject, Authenticator, Has, TokenType};
use serde_json::{Value, json};

use crate::authenticate::{
    NotAsked, RecordedApi, RecordedKeys, builder, compare, is_reachable, option, outgoing, parts,
    state_as_recorded,
};
use crate::deviations::{MACHINE_DEVIATIONS, Ours};
use crate::{cases, clock, names, recorded, text};

/// The address that the cases call; ours is another.
const API_URL: &str = "https://api.clerk.com";

/// A case that says in full what Clerk answers.
fn with_backend(case: &Value, file: &Value) -> Value {
    let mut case = case.clone();
    if case["backend"] == "default" {
        case["backend"] = file["defaultBackend"].clone();
    }
    case
}

/// What types cannot express (N6) is an error here already.
fn accepts_token(value: Option<&Value>) -> Result<AcceptsToken, UnknownTokenType> {
    match value {
        None | Some(Value::Null) => Ok(AcceptsToken::default()),
        Some(Value::String(any)) if any == "any" => Ok(AcceptsToken::Any),
        Some(Value::String(one)) => one.parse::<TokenType>().map(AcceptsToken::from),
        Some(list) => {
            let list: Result<Vec<TokenType>, _> =
                names(list).iter().map(|name| name.parse()).collect();
            list.map(AcceptsToken::from)
        }
    }
}

fn configured(case: &Value, api_url: &str) -> Result<AuthenticatorBuilder, ConfigurationError> {
    let sync = &case["options"]["organizationSyncOptions"];
    let sync = OrganizationSync::new(
        names(&sync["organizationPatterns"]),
        names(&sync["personalAccountPatterns"]),
    )?;
    let text = |name: &str| option(case, name).and_then(Value::as_str);
    let api_url = match text("apiUrl") {
        Some(url) => url.replace("https://api.example.com", api_url),
        None => api_url.to_owned(),
    };
    let mut builder = builder(case)
        .organization_sync(sync)
        .machine_secret_key(text("machineSecretKey").unwrap_or_default())
        .audience(names(&case["options"]["audience"]))
        .api_version(text("apiVersion").unwrap_or_default())
        .api_url(api_url);
    if let Some(skew) = option(case, "clockSkewInMs").and_then(Value::as_u64) {
        builder = builder.clock_skew(Duration::from_millis(skew));
    }
    Ok(builder)
}

fn authenticator(
    case: &Value,
    accepts: AcceptsToken,
    keys: &RecordedKeys,
    api_url: &str,
) -> Result<Authenticator, ConfigurationError> {
    let mut builder = configured(case, api_url)?.accepts_token(accepts);
    let is_deviation = deviation(text(case, "/name")).is_some();
    if outgoing(case).is_empty() && !is_deviation {
        builder = builder.backend_api(NotAsked);
    }
    builder.fetch_keys(keys.clone()).build()
}

fn deviation(name: &str) -> Option<&'static (&'static str, &'static str, Ours)> {
    MACHINE_DEVIATIONS.iter().find(|it| is_named(it.0, name))
}

/// Whether a pattern fits the name of a case.
fn is_named(pattern: &str, name: &str) -> bool {
    let fits = |(pattern, name): (&str, &str)| {
        let mut alternatives = pattern.split('|');
        alternatives.any(|it| it == "*" || it == name)
    };
    pattern.split('/').count() == name.split('/').count()
        && pattern.split('/').zip(name.split('/')).all(fits)
}

#[tokio::test]
async fn every_recorded_request_with_a_machine_token() {
    let file = recorded("machine_auth.json");
    for (pattern, why, _) in MACHINE_DEVIATIONS {
        let mut names = cases(&file).iter().map(|case| text(case, "/name"));
        assert!(names.any(|it| is_named(pattern, it)), "{why}: {pattern}");
    }
    let api = RecordedApi::start().await;
    let mut failures = Vec::new();
    for case in cases(&file) {
        let case = with_backend(case, &file);
        if let Err(failure) = replay(&case, &file, &api).await {
            failures.push(format!("{}: {failure}", case["name"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn replay(case: &Value, file: &Value, api: &RecordedApi) -> Result<(), String> {
    let deviation = deviation(text(case, "/name"));
    let ours = deviation.map(|(_, why, ours)| (why, ours));
    let recorded = &case["expect"];
    let Ok(accepts) = accepts_token(option(case, "acceptsToken")) else {
        return match ours {
            Some((_, Ours::Inexpressible)) => Ok(()),
            _ => Err("cannot be expressed".to_owned()),
        };
    };
    let keys = RecordedKeys::of(case, file);
    let authenticator = authenticator(case, accepts, &keys, &api.begin(case));
    let state = match (authenticator, ours) {
        (Ok(authenticator), _) => {
            let parts = parts(case);
            authenticator.authenticate_at(&parts, clock(case)).await
        }
        (Err(error), Some((_, Ours::Configuration(ours)))) => {
            return compare("configuration error", &error.to_string(), ours);
        }
        (Err(error), _) => {
            let error = json!(error.to_string());
            return compare(
                "configuration error",
                &error,
                &recorded["throws"]["message"],
            );
        }
    };
    match ours {
        Some((why, Ours::Auth(auth))) => {
            let auth: Value = serde_json::from_str(auth).expect("JSON");
            let found = serde_json::to_value(state.auth_object()).expect("JSON");
            for (member, value) in auth.as_object().expect("an object") {
                compare(member, &found[member], value).map_err(|it| format!("({why}) {it}"))?;
                if recorded["auth"][member] == *value {
                    return Err(format!("{member} is no deviation"));
                }
            }
            return compare("signed in", &state.is_signed_in(), &true);
        }
        Some((_, Ours::AsIn(other))) => {
            let (group, _) = text(case, "/name").rsplit_once('/').expect("a group");
            let name = format!("{group}/{other}");
            let mut like = cases(file).iter().filter(|case| case["name"] == *name);
            return auth_as_recorded(&state, &like.next().expect("a case")["expect"]);
        }
        Some((why, ours)) => {
            return ours
                .compare(&state, recorded)
                .map_err(|it| format!("({why}) {it}"));
        }
        None => state_as_recorded(&state, recorded)?,
    }
    auth_as_recorded(&state, recorded)?;
    let fetches = case["jwksFetches"].as_u64().expect("a number").min(1);
    compare("fetches", &(keys.fetches() as u64), &fetches)?;
    match is_reachable(case) {
        true => compare("outgoing", &api.requests(), &outgoing_to_us(case)),
        false => Ok(()),
    }
}

fn outgoing_to_us(case: &Value) -> Vec<Value> {
    let mut requests = outgoing(case);
    for request in &mut requests {
        let url = text(request, "/url").replace("https://api.example.com", API_URL);
        request["url"] = json!(url);
    }
    requests
}

fn auth_as_recorded(state: &RequestState, recorded: &Value) -> Result<(), String> {
    let auth = state.auth_object();
    let Some(expected) = recorded["auth"].as_object() else {
        return compare("signed in", &auth.is_signed_in(), &false);
    };
    let mut expected = expected.clone();
    expected.retain(|_, value| *value != "<undefined>");
    let found = serde_json::to_value(&auth).expect("JSON");
    compare("auth", &found, &Value::Object(expected))?;
    // The official SDK has no token to give for a session without an id.
    let is_nameless = found.get("sessionId").is_none_or(Value::is_null)
        && auth.token_type() == Some(TokenType::SessionToken);
    if !is_nameless {
        compare("getToken", &json!(auth.token()), &recorded["getToken"])?;
    }
    let is_session = auth.token_type() == Some(TokenType::SessionToken);
    let has = [Has::role("org:admin"), Has::feature("a"), Has::default()];
    let has_any = has.iter().any(|has| auth.has(has));
    compare("has", &(has_any && !is_session), &false)
}

/// The auth objects of the helpers' cases, by their names.
fn auth_object(name: &str) -> AuthObject {
    let reply = |token: &str, members: Value| signed_in(token, &members);
    match name {
        "session in" => Auth::new(session(None)).into(),
        "session out" => Auth::signed_out().into(),
        "api_key in" => reply(
            "ak_1",
            json!({"id": "i", "subject": "user_1", "name": "n", "claims": {"a": 1}, "scopes": ["s"]}),
        ),
        "m2m in" => reply(
            "mt_1",
            json!({"id": "i", "subject": "mch_1", "scopes": ["s"]}),
        ),
        "oauth in" => reply(
            "oat_1",
            json!({"id": "i", "subject": "user_1", "client_id": "c", "scopes": ["s"]}),
        ),
        "api_key out" => AuthObject::signed_out(Some(TokenType::ApiKey)),
        "m2m out" => AuthObject::signed_out(Some(TokenType::M2mToken)),
        "oauth out" => AuthObject::signed_out(Some(TokenType::OauthToken)),
        "invalid" => AuthObject::signed_out(None),
        other => panic!("{other}"),
    }
}

fn session(status: Option<&str>) -> SessionAuth {
    let mut claims = json!({
        "azp": "https://app.example.com", "exp": 1_700_000_060, "iat": 1_700_000_000,
        "iss": "https://clerk.example.com", "nbf": 1_699_999_990, "sid": "sess_1", "sub": "user_1",
    });
    if let Some(status) = status {
        claims["sts"] = json!(status);
    }
    let claims = crate::session::verified(&claims);
    SessionAuth::new(SessionClaims::from(claims), "TOKEN")
}

/// Whoever a token stands for of which Clerk says this.
fn signed_in(token: &str, reply: &Value) -> AuthObject {
    let settings = Settings::for_machines(AcceptsToken::Any);
    let request = Request::get("/").header("authorization", token);
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let mut answers = Answers::new(Keys::Local(crate::public_key("main")));
    answers.machine_token(Ok(reply.clone()));
    let now = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    match decide(&RequestFacts::from_parts(&parts), &settings, &answers, now) {
        Step::Done(state) => state.auth_object(),
        other => panic!("{other:?}"),
    }
}

/// What the helpers of `@clerk/backend/internal` answer. What types do not let be asked for is
/// held to that.
#[test]
fn helpers() {
    let file = recorded("machine_helpers.json");
    let mut inexpressible = Vec::new();
    for case in cases(&file) {
        let argument = |at: usize| &case["args"][at];
        let argument_text = |at: usize| argument(at).as_str().unwrap_or_default();
        let mut expected = case["expect"]["value"].clone();
        let ours = match text(case, "/call") {
            "isMachineTokenByPrefix" => json!(is_machine_token_by_prefix(argument_text(0))),
            "isMachineToken" => json!(is_machine_token(argument_text(0))),
            "isTokenTypeAccepted" => {
                let token_type = argument_text(0).parse::<TokenType>();
                match (token_type, accepts_token(Some(argument(1)))) {
                    (Ok(token_type), Ok(accepts)) => json!(accepts.accepts(token_type)),
                    _ => {
                        inexpressible.push(case);
                        continue;
                    }
                }
            }
            "authObject" | "makeAuthObjectSerializable" => {
                serde_json::to_value(auth_object(argument_text(0))).expect("JSON")
            }
            "getAuthObjectForAcceptedToken" => {
                let given = auth_object(argument_text(0));
                let wanted = Some(argument(1)).filter(|it| **it != "<undefined>");
                let Ok(accepts) = accepts_token(wanted) else {
                    inexpressible.push(case);
                    continue;
                };
                let ours = given.accepting(accepts);
                assert!(ours == given || expected["same"] == false, "{case}");
                serde_json::to_value(ours).expect("JSON")
            }
            "getAuthObjectFromJwt" => {
                let session = session(Some(argument_text(0)).filter(|it| *it != "none"));
                let auth = match argument(1)["treatPendingAsSignedOut"] == false {
                    true => Auth::SignedIn(session.into()),
                    false => Auth::new(session),
                };
                serde_json::to_value(auth).expect("JSON")
            }
            "TokenType" => json!({
                "SessionToken": TokenType::SessionToken.as_str(),
                "ApiKey": TokenType::ApiKey.as_str(),
                "M2MToken": TokenType::M2mToken.as_str(),
                "OAuthToken": TokenType::OauthToken.as_str(),
            }),
            "AuthStatus" => json!({
                "SignedIn": AuthStatus::SignedIn.as_str(),
                "SignedOut": AuthStatus::SignedOut.as_str(),
                "Handshake": AuthStatus::Handshake.as_str(),
            }),
            "constants" => {
                for (group, constants) in expected.as_object().expect("groups") {
                    let names = constants.as_object().expect("names").values();
                    for name in names.filter_map(Value::as_str) {
                        assert!(is_constant(group, name), "{group} {name}");
                    }
                }
                continue;
            }
            // The constructors take no other type.
            "authenticatedMachineObject" | "unauthenticatedMachineObject" => continue,
            other => panic!("{other}"),
        };
        if let Some(members) = expected.as_object_mut() {
            members.retain(|name, value| {
                *value != "<undefined>" && !matches!(name.as_str(), "same" | "debug")
            });
        }
        assert_eq!(ours, expected, "{case}");
    }
    for case in inexpressible {
        let types: Result<AcceptsToken, _> = accepts_token(Some(&case["args"][1]));
        let is_unknown = case["args"][0] == "foo" || case["args"][0].is_null();
        assert!(types.is_err() || is_unknown, "{case}");
    }
}

/// Whether we have a constant for this name: our own, or one of the standard headers.
fn is_constant(group: &str, name: &str) -> bool {
    use ironclerk::internal::constants::{attributes, cookies, headers, query_parameters};
    let ours: &[&str] = match group {
        "Attributes" => &[
            attributes::AUTH_TOKEN,
            attributes::AUTH_SIGNATURE,
            attributes::AUTH_STATUS,
            attributes::AUTH_REASON,
            attributes::AUTH_MESSAGE,
            attributes::CLERK_URL,
        ],
        "Cookies" => &[
            cookies::SESSION,
            cookies::REFRESH,
            cookies::CLIENT_UAT,
            cookies::HANDSHAKE,
            cookies::HANDSHAKE_NONCE,
            cookies::DEV_BROWSER,
            cookies::REDIRECT_COUNT,
        ],
        "Headers" => &[
            headers::AUTH_STATUS,
            headers::AUTH_REASON,
            headers::AUTH_MESSAGE,
            headers::AUTH_TOKEN,
            headers::AUTH_SIGNATURE,
            headers::CLERK_URL,
            headers::CLERK_REQUEST_DATA,
            headers::CLERK_REDIRECT_TO,
            headers::ENABLE_DEBUG,
            headers::NONCE,
            headers::FORWARDED_HOST,
            headers::FORWARDED_PORT,
            headers::FORWARDED_PROTO,
            headers::CLOUD_FRONT_FORWARDED_PROTO,
            headers::SEC_FETCH_DEST,
            headers::SEC_FETCH_SITE,
            "reporting-endpoints",
        ],
        "QueryParameters" => &[
            query_parameters::CLERK_SYNCED,
            query_parameters::CLERK_REDIRECT_URL,
            query_parameters::SUFFIXED_COOKIES,
            query_parameters::DEV_BROWSER,
            query_parameters::LEGACY_DEV_BROWSER,
            query_parameters::HANDSHAKE,
            query_parameters::HANDSHAKE_NONCE,
            query_parameters::HANDSHAKE_HELP,
            query_parameters::HANDSHAKE_REASON,
            query_parameters::HANDSHAKE_FORMAT,
            query_parameters::SESSION,
        ],
        _ => &["application/json"],
    };
    let standard = [
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CACHE_CONTROL,
        header::CONTENT_TYPE,
        header::CONTENT_SECURITY_POLICY,
        header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
        header::HOST,
        header::LOCATION,
        header::ORIGIN,
        header::REFERER,
        header::USER_AGENT,
    ];
    ours.contains(&name) || standard.iter().any(|it| it == name)
}

/// Name, why, code and message of our refusal; an empty code where the token is good.
const DIRECT_DEVIATIONS: &[(&str, &str, &str, &str)] = &[
    (
        "ak|mt|oat/204",
        "N4",
        "unexpected-error",
        "Unexpected error",
    ),
    (
        "mt/no-secret",
        "N13",
        "unexpected-error",
        "Unexpected error",
    ),
    (
        "three-parts-undecodable",
        "the text is that of a JavaScript engine",
        "token-invalid",
        "Invalid JWT form: the header is not a base64url-encoded JSON object.",
    ),
    ("ak-dots", "N5", "", ""),
    (
        "no-sub",
        "N2",
        "token-verification-failed",
        "Subject claim (sub) is required and must be a string. Received undefined.",
    ),
    (
        "m2m-jwt|oauth-jwt/skew-0",
        "D8",
        "token-verification-failed",
        "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:13:16 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT.",
    ),
];

#[tokio::test]
async fn direct_calls() {
    let file = recorded("machine_helpers.json");
    let cases = file["verifyMachineAuthToken"].as_array().expect("a list");
    for (pattern, why, ..) in DIRECT_DEVIATIONS {
        let mut names = cases.iter().map(|case| text(case, "/name"));
        assert!(names.any(|it| is_named(pattern, it)), "{why}: {pattern}");
    }
    let api = RecordedApi::start().await;
    for case in cases {
        let name = text(case, "/name");
        let case = with_backend(case, &file);
        let keys = RecordedKeys::of(&case, &file);
        let builder = configured(&case, &api.begin(&case)).expect(name);
        let builder = builder.accepts_token(Vec::new()).fetch_keys(keys.clone());
        let authenticator = builder.build().expect(name);
        let token = text(&case, "/token");
        let ours = authenticator
            .verify_machine_token_at(token, clock(&file))
            .await;
        let recorded = &case["expect"];
        if let Some((_, _, code, message)) =
            DIRECT_DEVIATIONS.iter().find(|it| is_named(it.0, name))
        {
            match ours {
                Ok(_) => assert_eq!(*code, "", "{name}"),
                Err(error) => {
                    assert_eq!((error.code.as_str(), &*error.message), (*code, *message));
                    let is_recorded = recorded["errors"][0]["message"] == error.message
                        && recorded["errors"][0]["code"] == *code;
                    assert!(!is_recorded, "{name} is no deviation");
                }
            }
            continue;
        }
        match ours {
            Ok(machine) => {
                let token_type = machine.token_type().as_str();
                assert_eq!(recorded["tokenType"], token_type, "{name}");
                assert_data(&machine, &recorded["data"], name);
            }
            Err(error) => match recorded.get("throws") {
                Some(thrown) => assert_eq!(thrown["message"], error.message, "{name}"),
                None => {
                    let expected = &recorded["errors"][0];
                    let absent = || json!("<undefined>");
                    let status = error.status.map_or_else(absent, |it| json!(it));
                    let action = error.action.map_or_else(absent, |it| json!(it.as_str()));
                    assert_eq!(expected["code"], error.code.as_str(), "{name}");
                    assert_eq!(expected["message"], error.message, "{name}");
                    assert_eq!(expected["status"], status, "{name}");
                    assert_eq!(expected["action"], action, "{name}");
                    assert_eq!(expected["full"], error.full_message(), "{name}");
                }
            },
        }
        let fetches = case["jwksFetches"].as_u64().expect(name).min(1);
        assert_eq!(keys.fetches() as u64, fetches, "{name}");
        if is_reachable(&case) {
            assert_eq!(api.requests(), outgoing_to_us(&case), "{name}");
        }
    }
}

fn assert_data(machine: &MachineAuth, expected: &Value, name: &str) {
    // Dates of a JWT are in ms here, whichever its type (N10).
    let is_oauth_jwt = name.starts_with("oauth-jwt/");
    let in_ms = |date: &Value| match date.as_i64() {
        Some(date) if is_oauth_jwt => json!(date * 1000),
        _ => date.clone(),
    };
    assert_eq!(json!(machine.id()), expected["id"], "{name}");
    assert_eq!(json!(machine.subject()), expected["subject"], "{name}");
    assert_eq!(json!(machine.scopes()), expected["scopes"], "{name}");
    let expiration = in_ms(&expected["expiration"]);
    assert_eq!(json!(machine.expires_at()), expiration, "{name}");
    let created_at = in_ms(&expected["createdAt"]);
    assert_eq!(json!(machine.created_at()), created_at, "{name}");
    if let Some(client_id) = expected.get("clientId") {
        assert_eq!(json!(machine.client_id()), *client_id, "{name}");
    } else {
        assert_eq!(json!(machine.claims()), expected["claims"], "{name}");
    }
    for (member, in_reply) in [
        ("name", "name"),
        ("createdBy", "created_by"),
        ("description", "description"),
        ("lastUsedAt", "last_used_at"),
    ] {
        if let Some(value) = expected.get(member) {
            let ours = machine.get(in_reply).cloned().unwrap_or_default();
            assert_eq!(ours, *value, "{name} {member}");
        }
    }
}
