//! Seeds: objects that a new instance begins with.
//!
//! A seed is an object of lists. A list is named by the path of the API below `/v1/` where its
//! items are made, and each item is the body of a request: it is sent to the server's own routes,
//! so that a seed can say all that a request can, and nothing else.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use ironclerk_api::endpoint::BodyKind;
use ironclerk_api::error::ErrorBody;
use ironclerk_api::id::{InvitationId, UserId};
use ironclerk_api::users::{ExternalAccount, OAuthAccessToken, Passkey};
use ironclerk_api::{ApiError, ApiVersion, ENDPOINTS, EndpointInfo, Metadata};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_service::Service;

use crate::context::{Cx, GivenId, fingerprint};
use crate::database::DatabaseError;
use crate::store::instance as store;
use crate::{Server, identifications, instance, sign_ups};

/// The largest answer to an item, in bytes.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// The members by which other items can name an object in place of its id.
const NAMES: [&str; 6] = [
    "email_address",
    "external_id",
    "key",
    "phone_number",
    "slug",
    "username",
];
/// The parameters that are ids, and of what.
const REFERENCES: [(&str, &str); 9] = [
    ("active_organization_id", "organizations"),
    ("created_by", "users"),
    ("inviter_user_id", "users"),
    ("org_id", "organizations"),
    ("organization_id", "organizations"),
    ("permission_id", "organization_permissions"),
    ("permissions", "organization_permissions"),
    ("user_id", "users"),
    ("user_ids", "users"),
];
/// What a seed can make although no request does, and of which objects: browsers make it.
const MADE_IN_BROWSERS: [(&str, &str); 3] = [
    ("/v1/invitations", SIGN_UP),
    ("/v1/users", EXTERNAL_ACCOUNTS),
    ("/v1/users", "passkeys"),
];
const SIGN_UP: &str = "sign_up";
const EXTERNAL_ACCOUNTS: &str = "external_accounts";
/// The member of an external account with which an application acts there.
const ACCESS_TOKEN: &str = "oauth_access_token";

/// What has become of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeded {
    /// It was applied; so many requests were carried out.
    Applied(usize),
    /// It was applied by an earlier start, so that nothing was done.
    Already,
}

/// Why a seed was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The instance is not empty.
    #[error(
        "a seed is applied to an empty instance only, and this one has users or organizations: choose an empty database, or start without a seed"
    )]
    NotEmpty,
    /// Another seed was applied before.
    #[error(
        "the instance was made from another seed, or this one has changed since: choose an empty database, or start without a seed"
    )]
    Other,
    /// An earlier attempt did not end.
    #[error(
        "another server is applying a seed to this database, or was stopped while it did: if none is running, choose an empty database"
    )]
    Unfinished,
    /// An entry is not what it should be.
    #[error("the seed is not applied, because of {entry}: {reason}")]
    Entry {
        /// Where it is in the seed, such as `users[0].metadata`.
        entry: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Which seed an instance was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeedMark {
    /// The SHA-256 of its text.
    digest: String,
    finished: bool,
}

impl Server {
    /// Makes the objects of a seed, unless an earlier start has.
    ///
    /// # Errors
    /// When the instance is not empty, or an entry of the seed is refused. Then nothing of it is
    /// left.
    pub async fn seed(&self, seed: &Value) -> Result<Seeded, SeedError> {
        let digest = fingerprint(&seed.to_string());
        let state = self.state().clone();
        let is_needed = {
            let digest = digest.clone();
            state
                .database
                .write(move |transaction| {
                    store::lock(transaction)?;
                    let mut settings = store::settings(transaction)?;
                    match &settings.seed {
                        Some(mark) if !mark.finished => return Err(SeedError::Unfinished),
                        Some(mark) if mark.digest == digest => return Ok(false),
                        Some(_) => return Err(SeedError::Other),
                        None if !store::is_unused(transaction)? => {
                            return Err(SeedError::NotEmpty);
                        }
                        None => {}
                    }
                    let finished = false;
                    settings.seed = Some(SeedMark { digest, finished });
                    store::set_settings(transaction, &settings)?;
                    Ok(true)
                })
                .await?
        };
        if !is_needed {
            return Ok(Seeded::Already);
        }
        let applied = Seeding::new(self).apply(seed).await;
        let (random, now) = (state.random.clone(), state.clock.now());
        let domain = self.frontend_api();
        let is_applied = applied.is_ok();
        state
            .database
            .write(move |transaction| {
                if !is_applied {
                    store::clear(transaction)?;
                    return instance::furnish(transaction, &domain, &random, now);
                }
                store::lock(transaction)?;
                let mut settings = store::settings(transaction)?;
                let finished = true;
                settings.seed = Some(SeedMark { digest, finished });
                store::set_settings(transaction, &settings)
            })
            .await?;
        applied.map(Seeded::Applied)
    }
}

/// A seed that is being applied.
struct Seeding<'a> {
    server: &'a Server,
    router: Router,
    /// The ids of objects, by where they are made and what else they are called.
    ids: HashMap<(String, String), String>,
    requests: usize,
}

impl<'a> Seeding<'a> {
    fn new(server: &'a Server) -> Self {
        Self {
            server,
            router: server.router(),
            ids: HashMap::new(),
            requests: 0,
        }
    }

    async fn apply(mut self, seed: &Value) -> Result<usize, SeedError> {
        let Value::Object(sections) = seed else {
            let reason = "it must be an object, with a list of users under users and so on";
            return Err(refuse("the seed", reason));
        };
        self.learn_system_permissions().await?;
        for (name, section) in sections {
            let place = Place {
                pattern: format!("/v1/{name}"),
                path: format!("/v1/{name}"),
                entry: name.clone(),
            };
            if !place.is_known() {
                let known = lists().join(", ");
                let reason = format!("there is no such part of a seed; there are {known}");
                return Err(refuse(name, reason));
            }
            self.apply_at(place, section).await?;
        }
        Ok(self.requests)
    }

    /// Sends what stands at a place: the items of a list, or one object.
    async fn apply_at(&mut self, place: Place, value: &Value) -> Result<(), SeedError> {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let entry = format!("{}[{index}]{}", place.entry, label(item));
                    let Some(endpoint) = place.endpoint(&[Method::POST]) else {
                        return Err(refuse(&place.entry, "it must be an object, not a list"));
                    };
                    self.apply_item(&place, endpoint, entry, item).await?;
                }
                Ok(())
            }
            item => {
                let entry = place.entry.clone();
                let methods = [Method::PATCH, Method::PUT, Method::POST];
                match place.endpoint(&methods) {
                    Some(endpoint) => self.apply_item(&place, endpoint, entry, item).await,
                    None => Err(refuse(&entry, "nothing can be made or changed there")),
                }
            }
        }
    }

    /// Sends one item, and then what stands in it that belongs to what it has made.
    async fn apply_item(
        &mut self,
        place: &Place,
        endpoint: &EndpointInfo,
        entry: String,
        item: &Value,
    ) -> Result<(), SeedError> {
        let Value::Object(item) = item else {
            return Err(refuse(&entry, "it must be an object"));
        };
        if endpoint.body != BodyKind::Object {
            return Err(refuse(&entry, "a seed cannot hold files or bulk requests"));
        }
        let is_created = endpoint.method == Method::POST;
        let parameters = (endpoint.parameters)();
        let mut body = Metadata::new();
        let mut nested = Vec::new();
        let mut given_id = None;
        for (name, value) in item {
            let below = place.below(is_created, name);
            let is_made_in_browsers =
                MADE_IN_BROWSERS.contains(&(place.pattern.as_str(), name.as_str()));
            if name == "id" && is_created && !parameters.contains(&"id") {
                let Value::String(id) = value else {
                    return Err(refuse(&format!("{entry}.id"), "it must be a text"));
                };
                check_id(&format!("{entry}.id"), id)?;
                given_id = Some(id.clone());
            } else if !parameters.contains(&name.as_str())
                && (is_made_in_browsers || below.is_known())
            {
                nested.push((name, value));
            } else {
                body.insert(name.clone(), self.resolved(name, value));
            }
        }
        let request = (&endpoint.method, place.path.as_str());
        let answer = self
            .send(request, &body, given_id.as_deref(), &entry)
            .await?;
        let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
        if is_created {
            self.learn(&place.pattern, &answer, id);
        }
        for (name, value) in nested {
            if MADE_IN_BROWSERS.contains(&(place.pattern.as_str(), name.as_str())) {
                let entry = format!("{entry}.{name}");
                match name == SIGN_UP {
                    true => self.begin_sign_up(id, value, &entry).await?,
                    false => self.add_to_user(id, name, value, &entry).await?,
                }
                continue;
            }
            let mut below = place.below(is_created, name);
            below.path = match is_created {
                true => format!("{}/{id}/{name}", place.path),
                false => format!("{}/{name}", place.path),
            };
            below.entry = format!("{entry}.{name}");
            Box::pin(self.apply_at(below, value)).await?;
        }
        Ok(())
    }

    /// Makes the passkeys or the accounts elsewhere that a user would make in a browser.
    async fn add_to_user(
        &mut self,
        user: &str,
        name: &str,
        value: &Value,
        entry: &str,
    ) -> Result<(), SeedError> {
        let Value::Array(items) = value else {
            return Err(refuse(entry, "it must be a list"));
        };
        let user = UserId::from(user);
        for (index, item) in items.iter().enumerate() {
            let entry = format!("{entry}[{index}]");
            let Value::Object(mut item) = item.clone() else {
                return Err(refuse(&entry, "it must be an object"));
            };
            if item.contains_key("id") {
                return Err(refuse(&format!("{entry}.id"), "the server makes this id"));
            }
            // The objects of the contract have one.
            item.insert("id".to_owned(), "".into());
            let state = self.server.state().clone();
            state.clock.tick();
            let made = if name == EXTERNAL_ACCOUNTS {
                let token = item.shift_remove(ACCESS_TOKEN);
                let token: Option<OAuthAccessToken> = token
                    .map(|token| read(token, &format!("{entry}.{ACCESS_TOKEN}")))
                    .transpose()?;
                let account: ExternalAccount = read(Value::Object(item), &entry)?;
                refuse_unknown(&account.other, &entry)?;
                for (member, text) in [
                    ("provider", &account.provider),
                    ("provider_user_id", &account.provider_user_id),
                ] {
                    if text.is_empty() {
                        return Err(refuse(&format!("{entry}.{member}"), "it is missing"));
                    }
                }
                let connected = self.server.connect_account(&user, account, token).await;
                connected.map(drop)
            } else {
                let passkey: Passkey = read(Value::Object(item), &entry)?;
                refuse_unknown(&passkey.other, &entry)?;
                let cx = Cx::new(state, ApiVersion::LATEST);
                identifications::add_passkey(cx, user.clone(), passkey.name).await
            };
            made.map_err(|error| refuse(&entry, sentence(&error)))?;
            self.requests += 1;
        }
        Ok(())
    }

    /// Begins the sign-up that a browser would begin with the link of an invitation.
    async fn begin_sign_up(
        &mut self,
        invitation: &str,
        value: &Value,
        entry: &str,
    ) -> Result<(), SeedError> {
        let Value::Object(change) = value else {
            return Err(refuse(entry, "it must be an object"));
        };
        let mut change = change.clone();
        let given = match change.shift_remove("id") {
            Some(Value::String(id)) => {
                check_id(&format!("{entry}.id"), &id)?;
                GivenId::new(&id)
            }
            Some(_) => return Err(refuse(&format!("{entry}.id"), "it must be a text")),
            None => GivenId::default(),
        };
        let state = self.server.state().clone();
        state.clock.tick();
        let mut cx = Cx::new(state, ApiVersion::LATEST);
        cx.given_id = given.clone();
        let sign_up = sign_ups::begin(&cx, InvitationId::from(invitation))
            .await
            .map_err(|error| refuse(entry, sentence(&error)))?;
        check_used(&given, sign_up.id.as_str(), entry)?;
        let path = format!("/v1/sign_ups/{}", sign_up.id);
        self.send((&Method::PATCH, &path), &change, None, entry)
            .await
            .map(drop)
    }

    /// Sends a request to the server's own routes, and reads the answer.
    async fn send(
        &mut self,
        (method, path): (&Method, &str),
        body: &Metadata,
        given_id: Option<&str>,
        entry: &str,
    ) -> Result<Value, SeedError> {
        let key = self.server.instance().secret_key().expose();
        let given = given_id.map_or_else(GivenId::default, GivenId::new);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json")
            .header(ApiVersion::HEADER, ApiVersion::LATEST.as_str())
            .extension(given.clone())
            .body(Body::from(Value::Object(body.clone()).to_string()))
            .map_err(|_| refuse(entry, "its name cannot stand in an address"))?;
        let Ok(answer) = self.router.call(request).await;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), LARGEST_ANSWER).await;
        let bytes = bytes.map_err(|_| refuse(entry, "the answer to it is too large"))?;
        self.requests += usize::from(*method != Method::GET);
        if !status.is_success() {
            let refusal: ErrorBody = serde_json::from_slice(&bytes).unwrap_or_default();
            let error = ApiError {
                status,
                errors: refusal.errors,
                clerk_trace_id: None,
                retry_after: None,
            };
            let parameter = error.errors.first().and_then(|error| error.parameter());
            let entry = match parameter {
                Some(parameter) => format!("{entry}.{parameter}"),
                None => entry.to_owned(),
            };
            return Err(refuse(&entry, sentence(&error)));
        }
        if status == StatusCode::NO_CONTENT || status == StatusCode::ACCEPTED {
            return Ok(Value::Null);
        }
        let answer: Value = serde_json::from_slice(&bytes)
            .map_err(|_| refuse(entry, "the answer to it cannot be read"))?;
        let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
        check_used(&given, id, entry)?;
        Ok(answer)
    }

    /// The ids in place of the names, where a parameter is an id.
    fn resolved(&self, parameter: &str, value: &Value) -> Value {
        let Some((_, collection)) = REFERENCES.iter().find(|(name, _)| *name == parameter) else {
            return value.clone();
        };
        match value {
            Value::String(name) => {
                let known = self
                    .ids
                    .get(&((*collection).to_owned(), name.to_lowercase()));
                known.map_or_else(|| value.clone(), |id| id.clone().into())
            }
            Value::Array(items) => items
                .iter()
                .map(|item| self.resolved(parameter, item))
                .collect(),
            other => other.clone(),
        }
    }

    /// Remembers what an object is called.
    fn learn(&mut self, pattern: &str, object: &Value, id: &str) {
        let collection = pattern.trim_start_matches("/v1/").to_owned();
        let Value::Object(members) = object else {
            return;
        };
        let parts = members.values().filter_map(Value::as_array).flatten();
        let parts = parts.filter_map(Value::as_object);
        for part in parts.chain([members]) {
            for name in NAMES.iter().filter_map(|name| part.get(*name)?.as_str()) {
                let key = (collection.clone(), name.to_lowercase());
                self.ids.insert(key, id.to_owned());
            }
        }
    }

    /// Roles can name the permissions that every instance has.
    async fn learn_system_permissions(&mut self) -> Result<(), SeedError> {
        let (method, path) = (Method::GET, "/v1/organization_permissions?limit=500");
        let answer = self
            .send((&method, path), &Metadata::new(), None, "the seed")
            .await?;
        let permissions = answer.get("data").and_then(Value::as_array);
        for permission in permissions.into_iter().flatten() {
            let id = permission.get("id").and_then(Value::as_str);
            let pattern = "/v1/organization_permissions";
            self.learn(pattern, permission, id.unwrap_or_default());
        }
        Ok(())
    }
}

/// A place in a seed, and in the API.
struct Place {
    /// The path as the contract has it, but for the names of path parameters.
    pattern: String,
    /// The path with the ids of the objects that it leads through.
    path: String,
    /// Where it is in the seed.
    entry: String,
}

impl Place {
    /// The operation of the place with the first of these methods that there is.
    fn endpoint(&self, methods: &[Method]) -> Option<&'static EndpointInfo> {
        methods.iter().find_map(|method| {
            endpoints().find(|endpoint| {
                endpoint.method == *method && anonymous(endpoint.path) == self.pattern
            })
        })
    }

    /// Whether something can be made or changed here.
    fn is_known(&self) -> bool {
        let methods = [Method::POST, Method::PATCH, Method::PUT];
        self.endpoint(&methods).is_some()
    }

    /// The place of what belongs to what is made here, or to the place itself.
    fn below(&self, is_created: bool, name: &str) -> Self {
        let between = if is_created { "/{}" } else { "" };
        Self {
            pattern: format!("{}{between}/{name}", self.pattern),
            path: String::new(),
            entry: String::new(),
        }
    }
}

fn endpoints() -> impl Iterator<Item = &'static EndpointInfo> {
    ENDPOINTS.iter().copied().flatten()
}

/// A path without the names of its parameters.
fn anonymous(path: &str) -> String {
    let segments = path.split('/');
    let segments = segments.map(|segment| match segment.starts_with('{') {
        true => "{}",
        false => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The parts that a seed can have.
fn lists() -> Vec<&'static str> {
    let mut names: Vec<_> = endpoints()
        .filter(|endpoint| {
            [Method::POST, Method::PATCH].contains(&endpoint.method)
                && endpoint.body == BodyKind::Object
        })
        .filter_map(|endpoint| endpoint.path.strip_prefix("/v1/"))
        .filter(|name| !name.contains(['{', '/']))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What an item is called, for whoever reads a message about it.
fn label(item: &Value) -> String {
    let names = [
        "email_address",
        "slug",
        "key",
        "name",
        "identifier",
        "username",
    ];
    let name = names.iter().find_map(|name| match item.get(*name)? {
        Value::Array(items) => items.first()?.as_str(),
        value => value.as_str(),
    });
    name.map_or_else(String::new, |name| format!(" ({name})"))
}

/// Refuses an id that could not stand in a path.
fn check_id(entry: &str, id: &str) -> Result<(), SeedError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=64).contains(&id.len()) && id.bytes().all(is_plain) {
        return Ok(());
    }
    let reason = "an id has 1 to 64 letters, digits and underscores";
    Err(refuse(entry, reason))
}

/// Refuses an id that belongs to another kind of object.
fn check_used(given: &GivenId, id: &str, entry: &str) -> Result<(), SeedError> {
    if given.is_used() {
        return Ok(());
    }
    let prefix = id.rfind('_').map_or("", |end| &id[..=end]);
    let reason = format!("the id must begin with {prefix}");
    Err(refuse(&format!("{entry}.id"), reason))
}

/// An object of the contract that stands in a seed.
fn read<T: DeserializeOwned>(value: Value, entry: &str) -> Result<T, SeedError> {
    serde_json::from_value(value).map_err(|error| refuse(entry, error.to_string()))
}

fn refuse_unknown(unknown: &Metadata, entry: &str) -> Result<(), SeedError> {
    match unknown.keys().next() {
        None => Ok(()),
        Some(name) => Err(refuse(
            &format!("{entry}.{name}"),
            "there is no such member",
        )),
    }
}

fn sentence(error: &ApiError) -> String {
    let texts = error.errors.iter().map(|error| error.long_message.as_str());
    let text = texts.collect::<Vec<_>>().join(" ");
    text.trim_end_matches('.').to_owned()
}

fn refuse(entry: &str, reason: impl Into<String>) -> SeedError {
    SeedError::Entry {
        entry: entry.to_owned(),
        reason: reason.into(),
    }
}
