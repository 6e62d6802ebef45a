//! What the client sends.
//!
//! A JavaScript call finds our endpoint by the name that its declaration has for it. Positional
//! arguments stand for the parameters in their order, those in the path first.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use axum::body::Body;
use http::{HeaderName, Method, Response};
use ironclerk::Client;
use ironclerk::api::endpoint::{EncodeError, Visitor, path_parameters};
use ironclerk::api::users::ListUsers;
use ironclerk::api::{Endpoint, EndpointInfo, File, decode, visit_endpoints};
use ironclerk::client::{Call, ClientError};
use ironclerk::instance::SecretKey;
use serde_json::{Map, Value, json};

use crate::{Recorded, Recorder, cases, snake_case, table};

type Sent = Pin<Box<dyn Future<Output = Result<(), ClientError>>>>;

/// An endpoint of ours that stands for a JavaScript method.
#[derive(Clone)]
struct Counterpart {
    info: EndpointInfo,
    send: fn(Client, Arguments) -> Sent,
}

/// The endpoints by the JavaScript methods that they stand for.
#[derive(Default)]
struct Counterparts(BTreeMap<String, Vec<Counterpart>>);

impl Visitor for Counterparts {
    fn endpoint<E: Endpoint>(&mut self) {
        for name in E::INFO.call.iter().flat_map(|call| call.javascript_calls()) {
            let counterpart = Counterpart {
                info: E::INFO,
                send: send::<E>,
            };
            self.0.entry(name).or_default().push(counterpart);
        }
    }
}

impl Counterparts {
    fn new() -> Self {
        let mut counterparts = Self::default();
        visit_endpoints(&mut counterparts);
        counterparts
    }

    /// The endpoint for a call: where a method has two, the one whose path takes more of the
    /// arguments.
    fn of(&self, name: &str, arguments: &Value) -> Option<(Counterpart, Arguments)> {
        let known = self.0.get(name)?.iter();
        let read = known.map(|it| (it.clone(), Arguments::read(&it.info, name, arguments)));
        // One that lacks an id comes last: it may be the only one.
        read.max_by_key(|(it, arguments)| {
            let wanted = path_parameters(it.info.path).count();
            (arguments.path.len() == wanted, wanted)
        })
    }
}

/// What a call is made with.
#[derive(Clone)]
struct Arguments {
    path: Vec<(String, String)>,
    body: decode::Body,
    key: Option<String>,
    headers: Vec<(String, String)>,
}

/// What the JavaScript client puts in where an argument is left out; ours leaves it out, or has a
/// field of a type with a default. The last one does so only without an object of options.
fn filled_in(name: &str, has_options: bool) -> Option<(&'static str, Value)> {
    match name {
        "organizations.createOrganizationDomain" => Some(("verified", json!(true))),
        "m2m.createToken" => Some(("token_format", json!("opaque"))),
        "users.setPasswordCompromised" if !has_options => {
            Some(("revoke_all_sessions", json!(false)))
        }
        _ => None,
    }
}

impl Arguments {
    fn read(info: &EndpointInfo, name: &str, given: &Value) -> Self {
        let in_path: Vec<_> = path_parameters(info.path).collect();
        let others = (info.parameters)();
        let others = others.into_iter().filter(|it| !in_path.contains(it));
        let mut positional = in_path.clone().into_iter().chain(others);
        let mut arguments = Self {
            path: Vec::new(),
            body: decode::Body::default(),
            key: None,
            headers: Vec::new(),
        };
        let (mut members, mut items, mut file) = (Map::new(), None, None);
        let given = given.as_array().unwrap();
        for argument in given {
            match argument {
                Value::Object(object) => {
                    for (name, value) in object {
                        match (name.as_str(), value) {
                            (_, Value::String(text)) if text == "<undefined>" => {}
                            (_, Value::String(text)) if text == "<file>" => file = Some(name),
                            ("machineSecretKey", Value::String(key)) => {
                                arguments.key = Some(key.clone());
                            }
                            ("requestHeaders", headers) => {
                                let pairs = headers["__headers"].clone();
                                arguments.headers = serde_json::from_value(pairs).unwrap();
                            }
                            _ => drop(members.insert(snake_case(name), value.clone())),
                        }
                    }
                }
                Value::Array(objects) => {
                    let objects = objects.iter().map(|object| {
                        let members = object.as_object().unwrap().iter();
                        members
                            .map(|(name, value)| (snake_case(name), value.clone()))
                            .collect::<Map<_, _>>()
                    });
                    items = Some(objects.map(Value::Object).collect());
                }
                value => {
                    let name = positional.next().expect("a name for the argument");
                    if value != "<undefined>" {
                        members.insert(name.to_owned(), value.clone());
                    }
                }
            }
        }
        if let Some((name, value)) = filled_in(name, given.iter().any(Value::is_object)) {
            members.entry(name).or_insert(value);
        }
        // What is deep in an object keeps its names, but for these.
        for parameter in ["on_behalf_of", "attribute_mapping"] {
            if let Some(Value::Object(inner)) = members.get_mut(parameter) {
                let renamed = inner
                    .iter()
                    .map(|(name, value)| (snake_case(name), value.clone()));
                *inner = renamed.collect();
            }
        }
        for name in in_path {
            if let Some(value) = members.shift_remove(name) {
                arguments.path.push((name.to_owned(), text(&value)));
            }
        }
        // JavaScript drops false, 0 and empty texts from queries; a Rust program leaves them out.
        members.retain(|name, value| {
            let is_in_query = !info.has_body() || info.in_query.contains(&name.as_str());
            !is_in_query || ![json!(0), json!(false), json!(""), Value::Null].contains(value)
        });
        arguments.body = match (items, file) {
            (Some(items), _) => decode::Body::Array(items),
            (None, None) => decode::Body::Object(members),
            (None, Some(name)) => decode::Body::Form(decode::Form {
                fields: members
                    .into_iter()
                    .map(|(name, value)| (name, text(&value)))
                    .collect(),
                files: vec![(
                    name.clone(),
                    File {
                        name: "a.png".to_owned(),
                        content_type: "image/png".to_owned(),
                        bytes: vec![1, 2, 3],
                    },
                )],
            }),
        };
        arguments
    }

    fn has_id(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.path.iter().any(|(_, id)| is_such(id))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn send<E: Endpoint>(client: Client, arguments: Arguments) -> Sent {
    Box::pin(async move {
        let path = arguments.path.iter();
        let path = path.map(|(name, value)| (name.as_str(), value.as_str()));
        let request: E = decode::decode(path, "", arguments.body.clone())
            .unwrap_or_else(|error| panic!("{}: {error}", E::INFO.name));
        with_options(client.send(&request), &arguments)
            .await
            .map(drop)
    })
}

fn with_options<'client, E: Endpoint>(
    mut call: Call<'client, E>,
    arguments: &Arguments,
) -> Call<'client, E> {
    if let Some(key) = &arguments.key {
        call = call.secret_key(SecretKey::new(key.clone()).unwrap());
    }
    for (name, value) in &arguments.headers {
        let name: HeaderName = name.parse().unwrap();
        call = call.header(name, value.parse().unwrap());
    }
    call
}

/// The one JavaScript method that makes two calls.
fn send_list_of_users(client: Client, arguments: Arguments) -> Sent {
    Box::pin(async move {
        let request: ListUsers = decode::decode([], "", arguments.body).unwrap();
        client
            .users()
            .list(&request)
            .with_total_count()
            .await
            .map(drop)
    })
}

/// Methods that check no id and would call another path with an empty one.
/// Ours refuses an empty id everywhere, and percent-encodes one that would lead to another path
/// (defect D20); every case that shows either is a deviation, and asserted as that.
#[derive(Debug, PartialEq)]
enum Deviation {
    None,
    EmptyId,
    EncodedId,
}

impl Deviation {
    fn of(case: &Value, arguments: &Arguments) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if case["error"].is_null() && arguments.has_id(str::is_empty) {
            Self::EmptyId
        } else if arguments.has_id(|id| !id.chars().all(is_plain)) {
            Self::EncodedId
        } else {
            Self::None
        }
    }
}

/// The path of a call with its ids, each of which stays within its segment.
fn encoded_path(info: &EndpointInfo, arguments: &Arguments) -> String {
    let mut path = info.path.to_owned();
    for (name, id) in &arguments.path {
        let encoded: String = id
            .bytes()
            .map(|byte| match byte {
                b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        path = path.replace(&format!("{{{name}}}"), &encoded);
    }
    path
}

/// Only the call that makes two requests at once needs answers that it can read.
fn answer(path: &str) -> Response<Body> {
    let body = match path {
        "/v1/users" => "[]",
        "/v1/users/count" => r#"{"total_count":0}"#,
        _ => "null",
    };
    Response::builder()
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn calls_are_sent_as_recorded() {
    let recorder = Recorder::start(answer).await;
    let counterparts = Counterparts::new();
    let (mut sent, mut refused, mut deviations) = (0, 0, 0);
    for case in cases("api_requests.json") {
        let name = case["call"].as_str().unwrap();
        let shown = format!("{name}{}", case["args"]);
        let found = counterparts.of(name, &case["args"]);
        let (counterpart, arguments) = found.unwrap_or_else(|| panic!("{name} is missing"));
        let send = match name {
            "users.getUserList" => send_list_of_users,
            _ => counterpart.send,
        };
        let deviation = Deviation::of(&case, &arguments);
        let result = send(recorder.client.clone(), arguments.clone()).await;
        let requests = recorder.take();
        deviations += usize::from(deviation != Deviation::None);
        if case["error"].is_object() || deviation == Deviation::EmptyId {
            let is_missing = matches!(result, Err(ClientError::Request(EncodeError::MissingId)));
            assert!(is_missing && requests.is_empty(), "{shown}: {result:?}");
            refused += 1;
            continue;
        }
        let mut expected = case["requests"].as_array().unwrap().clone();
        if deviation == Deviation::EncodedId {
            expected[0]["pathAndQuery"] = json!(encoded_path(&counterpart.info, &arguments));
        }
        let mut ours: Vec<_> = requests.iter().map(summary).collect();
        let mut theirs: Vec<_> = expected.iter().map(recorded_summary).collect();
        // Calls that are made at once come in any order.
        ours.sort_by_key(Value::to_string);
        theirs.sort_by_key(Value::to_string);
        assert_eq!(ours, theirs, "{shown}");
        sent += 1;
    }
    println!("{sent} calls sent, {refused} refused, of these {deviations} deviations");
    assert!(sent > 100, "{sent} cases");
}

/// Which key a call is made with: its own, the machine's, the instance's, none.
#[tokio::test]
async fn calls_are_made_with_the_recorded_keys() {
    let recorder = Recorder::start(answer).await;
    let counterparts = Counterparts::new();
    let key = |key: &Value| key.as_str().map(|key| SecretKey::new(key).unwrap());
    let mut count = 0;
    for case in table("api_requests.json", "keyMatrix") {
        let options = &case["client"]["options"];
        let name = case["call"].as_str().unwrap();
        let shown = format!("{} {name}{}", case["client"]["name"], case["args"]);
        let mut builder = Client::builder().without_secret_key();
        if let Some(key) = key(&options["secretKey"]) {
            builder = builder.secret_key(key);
        }
        if let Some(key) = key(&options["machineSecretKey"]) {
            builder = builder.machine_secret_key(key);
        }
        let mut url = recorder.url.clone();
        if let Some(given) = options["apiUrl"].as_str() {
            url += given.split_once("api.example.com").unwrap().1;
        }
        if let Some(version) = options["apiVersion"].as_str() {
            builder = builder.api_version(version);
        }
        let client = builder.api_url(url).build().unwrap();
        let (counterpart, arguments) = counterparts.of(name, &case["args"]).unwrap();
        let result = (counterpart.send)(client, arguments).await;
        let requests = recorder.take();
        if case["error"].is_object() {
            let is_missing = matches!(result, Err(ClientError::MissingSecretKey));
            assert!(is_missing && requests.is_empty(), "{shown}: {result:?}");
            assert_eq!(case["error"]["message"], result.unwrap_err().to_string());
        } else {
            let expected = case["requests"].as_array().unwrap();
            let ours: Vec<_> = requests.iter().map(summary).collect();
            let theirs: Vec<_> = expected.iter().map(recorded_summary).collect();
            assert_eq!(ours, theirs, "{shown}");
        }
        count += 1;
    }
    assert!(count > 20, "{count} cases");
}

/// Every method of the SDK that the upgrade leads to, and of the last one of Core 2, has its
/// counterpart, which goes where the method goes.
#[test]
fn no_method_is_missing() {
    let counterparts = Counterparts::new();
    let text = include_str!("../../../../testdata/sdk/methods_1.34.tsv");
    let mut names = BTreeSet::new();
    for line in text.lines().skip(1) {
        let [name, method, path] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        names.insert(name.to_owned());
        let known = counterparts.0.get(name);
        let known = known.unwrap_or_else(|| panic!("{name} has no counterpart"));
        let goes_there = |info: &EndpointInfo| {
            let (ours, theirs) = (info.path.split('/'), path.split('/'));
            info.method.as_str() == method
                && ours.clone().count() == theirs.clone().count()
                && ours
                    .zip(theirs)
                    .all(|(ours, theirs)| ours.starts_with('{') || ours == theirs)
        };
        let count_of_the_list = name == "users.getUserList" && path == "/v1/users/count";
        assert!(
            count_of_the_list || known.iter().any(|it| goes_there(&it.info)),
            "{name} goes to {method} {path}"
        );
    }
    assert_eq!(names.len(), 121);
    let later = table("api_requests.json", "methods");
    assert_eq!(later.len(), 160);
    for name in later {
        let name = name.as_str().unwrap();
        assert!(
            counterparts.0.contains_key(name),
            "{name} has no counterpart"
        );
    }
}

/// What matters of a request: method, path, query in any order, body.
fn summary(request: &Recorded) -> Value {
    let header = |name: &str| {
        let value = request.head.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    };
    assert_eq!(header("clerk-api-version"), "2025-11-10");
    let authorization = header("authorization").to_owned();
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
    described(&request.head.method, &target, &authorization, body)
}

/// The same of a recorded request.
fn recorded_summary(request: &Value) -> Value {
    let method: Method = request["method"].as_str().unwrap_or("GET").parse().unwrap();
    let body = match &request["body"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    };
    let target = match &request["url"] {
        Value::String(url) => url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")),
        _ => request["pathAndQuery"].as_str().map(str::to_owned),
    };
    let authorization = &request["authorization"];
    let authorization = authorization.as_str().or_else(|| {
        let headers = &request["headers"];
        headers["authorization"].as_str()
    });
    described(
        &method,
        &target.unwrap(),
        authorization.unwrap_or_default(),
        body,
    )
}

fn described(method: &Method, target: &str, authorization: &str, body: Value) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    query.sort();
    json!({
        "method": method.as_str(),
        "path": path,
        "query": query,
        "authorization": authorization,
        "body": body,
    })
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
