//! Webhooks: what happens in the instance, told to addresses of the application.
//!
//! An event is stored in the transaction of the change that it tells of, once for each endpoint,
//! and [`deliver`] sends it, again and again until it arrives or its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use data_encoding::BASE64;
use futures_util::future::join_all;
use ironclerk::webhook::SigningSecret;
use ironclerk_api::id::{Id, UserId};
use ironclerk_api::webhooks::{CreateSvixApp, DeleteSvixApp, GenerateSvixAuthUrl, WebhooksUrl};
use ironclerk_api::{ApiError, ApiVersion, ErrorCode, Metadata, Secret};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;

use crate::Server;
use crate::context::{Cx, State};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::page::{self, escape, page};
use crate::store::webhooks::{self as store, Delivery, Endpoint};
use crate::store::{Images, instance, users};
use crate::ticket::{self, Ticket};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(create).on(delete).on(link)
}

/// Where the page is.
pub(crate) const PAGE: &str = "/webhooks";
/// The kind of ticket that opens the page.
const TICKET: &str = "webhooks";
/// For how long a link to the page can be used, in ms: an hour.
const LINK_LIFETIME: i64 = 60 * 60 * 1000;
/// How many endpoints there are at the most.
const MOST_ENDPOINTS: usize = 50;
/// The longest address of an endpoint, in bytes.
const LONGEST_URL: usize = 2048;
/// How many deliveries are under way at once.
const AT_ONCE: u32 = 16;
/// How long an endpoint may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// For how long nobody else tries a delivery that is under way, in ms.
const LEASE: i64 = 60 * 1000;
/// For how long nothing is looked for when nothing is known to be due.
const PAUSE: Duration = Duration::from_secs(5);
/// How long to wait after each attempt that has failed, in ms: when they are used up, it is over.
const RETRIES: [i64; 7] = [
    5 * 1000,
    5 * 60 * 1000,
    30 * 60 * 1000,
    2 * 60 * 60 * 1000,
    5 * 60 * 60 * 1000,
    10 * 60 * 60 * 1000,
    10 * 60 * 60 * 1000,
];
/// For how long a delivery is kept that is over, in ms: three days.
const KEPT: i64 = 3 * 24 * 60 * 60 * 1000;

/// Tells the worker that there may be something to send.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    is_queued: AtomicBool,
    notify: Notify,
}

impl Wake {
    /// Wakes the worker, if something was queued since it was last woken.
    pub(crate) fn after_commit(&self) {
        if self.is_queued.swap(false, Ordering::Relaxed) {
            self.notify.notify_one();
        }
    }
}

/// The id of what sends the webhooks of an instance.
struct AppId(String);

impl From<String> for AppId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl Id for AppId {
    const PREFIX: &'static str = "app_";
}

/// The id of an endpoint.
struct EndpointId(String);

impl From<String> for EndpointId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl Id for EndpointId {
    const PREFIX: &'static str = "ep_";
}

/// The id of an event, the same at all endpoints and in all attempts.
struct MessageId(String);

impl From<String> for MessageId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl Id for MessageId {
    const PREFIX: &'static str = "msg_";
}

async fn create(cx: Cx, _: CreateSvixApp) -> Result<WebhooksUrl, ApiError> {
    let app = cx.new_id::<AppId>()?.0;
    let new = app.clone();
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let mut settings = instance::settings(transaction)?;
            if settings.webhooks.is_some() {
                return Err(ErrorCode::SvixAppExists.because(
                    "The webhooks of this instance are turned on already. Ask for a link with POST /v1/webhooks/svix_url.",
                ));
            }
            settings.webhooks = Some(new);
            Ok(instance::set_settings(transaction, &settings)?)
        })
        .await?;
    url(&cx, &app)
}

async fn delete(cx: Cx, _: DeleteSvixApp) -> Result<(), ApiError> {
    cx.database()
        .write(|transaction| {
            instance::lock(transaction)?;
            let mut settings = instance::settings(transaction)?;
            if settings.webhooks.take().is_none() {
                return Err(missing());
            }
            store::delete_all(transaction)?;
            Ok(instance::set_settings(transaction, &settings)?)
        })
        .await
}

async fn link(cx: Cx, _: GenerateSvixAuthUrl) -> Result<WebhooksUrl, ApiError> {
    let app = cx
        .database()
        .read(|transaction| {
            let settings = instance::settings(transaction)?;
            settings.webhooks.ok_or_else(missing)
        })
        .await?;
    url(&cx, &app)
}

fn missing() -> ApiError {
    ErrorCode::SvixAppMissing.because(
        "The webhooks of this instance are turned off. Turn them on with POST /v1/webhooks/svix.",
    )
}

fn url(cx: &Cx, app: &str) -> Result<WebhooksUrl, ApiError> {
    let token = Ticket {
        kind: TICKET,
        source: app,
        expires_at: cx.now + LINK_LIFETIME,
        redirect_url: None,
        more: Metadata::new(),
    };
    let token = token.sign(cx)?;
    Ok(WebhooksUrl {
        svix_url: format!("{}{PAGE}?token={token}", cx.instance().issuer()),
    })
}

/// Answers `GET /webhooks`: the endpoints, to whoever has a link.
pub(crate) async fn show(cx: Cx, query: String) -> Result<Response, ApiError> {
    check_link(&cx, &query).await?;
    list(&cx, None).await
}

/// Answers `POST /webhooks`: adds or removes an endpoint.
pub(crate) async fn change(cx: Cx, query: String, form: Bytes) -> Result<Response, ApiError> {
    check_link(&cx, &query).await?;
    let field = |name| page::field(&form, name);
    let done = match (field("add"), field("remove")) {
        (Some(url), _) => add(&cx, url.trim(), event_types(field("events")))
            .await
            .map(drop),
        (None, Some(id)) => {
            cx.database()
                .write(move |transaction| Ok::<_, ApiError>(store::delete(transaction, &id)?))
                .await
        }
        (None, None) => Ok(()),
    };
    match done {
        Ok(()) => list(&cx, None).await,
        Err(error) if error.status.is_client_error() => list(&cx, Some(error)).await,
        Err(error) => Err(error),
    }
}

/// The types of events in a text with spaces or commas between them.
fn event_types(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let types = text.split([',', ' ']).filter(|kind| !kind.is_empty());
    types.map(str::to_owned).collect()
}

/// Refuses who has no link to the page that is valid.
async fn check_link(cx: &Cx, query: &str) -> Result<(), ApiError> {
    let token = page::field(query.as_bytes(), "token").unwrap_or_default();
    let presented = ticket::read(cx, &token)?;
    let app = cx
        .database()
        .read(|transaction| Ok::<_, ApiError>(instance::settings(transaction)?.webhooks))
        .await?;
    if presented.kind != TICKET || app != Some(presented.source) {
        return Err(ErrorCode::TicketInvalid
            .because("The link is not one to the webhooks of this instance. Ask for another."));
    }
    Ok(())
}

async fn list(cx: &Cx, problem: Option<ApiError>) -> Result<Response, ApiError> {
    let endpoints = cx
        .database()
        .read(|transaction| Ok::<_, ApiError>(store::list_with_state(transaction)?))
        .await?;
    let mut rows = String::new();
    for (endpoint, state) in endpoints {
        let events = match endpoint.event_types.as_slice() {
            [] => "all events".to_owned(),
            types => types.join(", "),
        };
        let (url, id) = (escape(&endpoint.url), escape(&endpoint.id));
        let (secret, events) = (escape(endpoint.secret.expose()), escape(&events));
        let (waiting, failed) = (state.waiting, state.failed);
        let last = state
            .last_error
            .as_deref()
            .map_or_else(String::new, |error| {
                format!("<br><span class=\"error\">{}</span>", escape(error))
            });
        rows.push_str(&format!(
            "<tr><td>{url}<br>{events}</td><td><code>{secret}</code></td>\
             <td>{waiting} waiting, {failed} failed{last}</td>\
             <td><form method=\"post\"><button name=\"remove\" value=\"{id}\">Remove</button></form></td></tr>"
        ));
    }
    let problem = problem.map_or_else(String::new, |error| {
        let text = error
            .errors
            .first()
            .map(|error| error.long_message.as_str());
        format!(
            "<p class=\"error\">{}</p>",
            escape(text.unwrap_or_default())
        )
    });
    let table = match rows.is_empty() {
        true => "<p>There are no endpoints yet.</p>".to_owned(),
        false => format!(
            "<table><tr><th>Endpoint</th><th>Signing secret</th><th>Deliveries</th><th></th></tr>{rows}</table>"
        ),
    };
    Ok(page(
        "Webhooks",
        &format!(
            "{problem}{table}<h2>Add an endpoint</h2><form method=\"post\">\
             <label>Address <input name=\"add\" type=\"url\" size=\"50\" required \
             placeholder=\"http://localhost:3000/api/webhooks\"></label>\
             <label>Events <input name=\"events\" size=\"50\" \
             placeholder=\"all, or user.created user.deleted\"></label><button>Add</button></form>"
        ),
    ))
}

/// Adds an endpoint, or finds the one with this address. Answers its secret.
async fn add(cx: &Cx, url: &str, event_types: Vec<String>) -> Result<Secret, ApiError> {
    identifier::web_address("url", url)?;
    identifier::check_length("url", url, LONGEST_URL)?;
    let known = event_types
        .iter()
        .all(|kind| kind.len() <= 64 && kind.contains('.'));
    if !known || event_types.len() > MOST_ENDPOINTS {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "events",
            "Events are named like user.created, with spaces between them.",
        ));
    }
    let key: [u8; 24] = cx.random()?;
    let endpoint = Endpoint {
        id: cx.new_id::<EndpointId>()?.0,
        url: url.to_owned(),
        secret: format!("whsec_{}", BASE64.encode(&key)).into(),
        event_types,
    };
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            instance::lock(transaction)?;
            let endpoints = store::list(transaction)?;
            if let Some(known) = endpoints.iter().find(|known| known.url == endpoint.url) {
                return Ok(known.secret.clone());
            }
            if endpoints.len() >= MOST_ENDPOINTS {
                return Err(ErrorCode::BadRequest.because(format!(
                    "There can be {MOST_ENDPOINTS} endpoints at the most: remove one first."
                )));
            }
            store::insert(transaction, &endpoint, now)?;
            Ok(endpoint.secret)
        })
        .await
}

impl Server {
    /// Sends the events of the instance to an address, also after this start. Answers the secret
    /// that they are signed with, the same each time for an address.
    ///
    /// # Errors
    /// When it is no address on the web, or the database fails.
    pub async fn add_webhook(&self, url: &str) -> Result<Secret, ApiError> {
        let cx = Cx::new(self.state().clone(), ApiVersion::LATEST);
        match create(cx.clone(), CreateSvixApp {}).await {
            Err(error) if !error.has_code(ErrorCode::SvixAppExists.as_str()) => return Err(error),
            _ => {}
        }
        add(&cx, url, Vec::new()).await
    }
}

/// Stores the events of a request.
#[derive(Clone)]
pub(crate) struct Events {
    state: Arc<State>,
    now: i64,
    user_agent: Arc<str>,
}

impl Cx {
    /// What tells the endpoints of webhooks about the changes of this request.
    pub(crate) fn events(&self) -> Events {
        Events {
            state: self.state.clone(),
            now: self.now,
            user_agent: self.user_agent.clone(),
        }
    }
}

impl Events {
    /// Stores an event about an object, and answers the object.
    pub(crate) fn about<T: Serialize>(
        &self,
        transaction: &mut Transaction<'_>,
        kind: &'static str,
        object: T,
    ) -> Result<T, DatabaseError> {
        self.queue(transaction, kind, &object)?;
        Ok(object)
    }

    /// Stores that something of a user has changed.
    pub(crate) fn user_updated(
        &self,
        transaction: &mut Transaction<'_>,
        user: &UserId,
    ) -> Result<(), DatabaseError> {
        if store::list(transaction)?.is_empty() {
            return Ok(());
        }
        let images = Images {
            base: self.state.public_url.clone(),
            now: self.now,
        };
        match users::get(transaction, user, &images)? {
            Some(user) => self.queue(transaction, "user.updated", &user),
            None => Ok(()),
        }
    }

    /// Stores an event for each endpoint that wants it.
    pub(crate) fn queue(
        &self,
        transaction: &mut Transaction<'_>,
        kind: &'static str,
        data: &impl Serialize,
    ) -> Result<(), DatabaseError> {
        let endpoints = store::list(transaction)?;
        let wants = |endpoint: &&Endpoint| {
            endpoint.event_types.is_empty() || endpoint.event_types.iter().any(|one| one == kind)
        };
        let mut wanting = endpoints.iter().filter(wants).peekable();
        if wanting.peek().is_none() {
            return Ok(());
        }
        let data = serde_json::to_value(data)
            .map_err(|error| DatabaseError::Failed(format!("an event has no form: {error}")))?;
        let body = json!({
            "data": data,
            "event_attributes": {
                "http_request": {"client_ip": "", "user_agent": &*self.user_agent}
            },
            "instance_id": self.state.instance.id(),
            "object": "event",
            "timestamp": self.now,
            "type": kind,
        })
        .to_string();
        let message: MessageId = crate::id::new(self.now, self.state.random.bytes()?);
        for endpoint in wanting {
            store::queue(transaction, &endpoint.id, &message.0, &body, self.now)?;
        }
        self.state.wake.is_queued.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Sends what is due, for as long as the server runs.
pub(crate) async fn deliver(state: Arc<State>) {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_TIME)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("IronClerk-Webhooks/", env!("CARGO_PKG_VERSION")))
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent");
            return;
        }
    };
    loop {
        match due(&state).await {
            Ok(due) if due.is_empty() => {
                let _ = tokio::time::timeout(PAUSE, state.wake.notify.notified()).await;
            }
            Ok(due) => {
                join_all(due.into_iter().map(|one| send(&state, &client, one))).await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for webhooks to send");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What is to be sent, kept from other servers on the database for a while.
async fn due(state: &State) -> Result<Vec<Delivery>, DatabaseError> {
    let now = state.clock.now();
    let is_any = state
        .database
        .read(move |transaction| store::is_any_due(transaction, now))
        .await?;
    if !is_any {
        return Ok(Vec::new());
    }
    state
        .database
        .write(move |transaction| {
            store::delete_old(transaction, now - KEPT)?;
            store::take_due(transaction, now, now + LEASE, AT_ONCE)
        })
        .await
}

/// Makes one attempt, and writes down what has become of it.
async fn send(state: &State, client: &reqwest::Client, delivery: Delivery) {
    let now = state.clock.now();
    let attempt = attempt(client, &delivery, now).await;
    let failure = attempt.err();
    match &failure {
        None => tracing::info!(
            url = delivery.url,
            id = delivery.message_id,
            "webhook delivered"
        ),
        Some(reason) => {
            tracing::warn!(
                url = delivery.url,
                id = delivery.message_id,
                reason,
                "webhook failed"
            );
        }
    }
    let next = usize::try_from(delivery.attempts)
        .ok()
        .and_then(|attempts| RETRIES.get(attempts))
        .map(|pause| now + pause);
    let written = state
        .database
        .write(move |transaction| match failure {
            None => store::delivered(transaction, &delivery.id),
            Some(reason) => store::failed(transaction, &delivery.id, &reason, next),
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, "what has become of a webhook was not written down");
    }
}

async fn attempt(client: &reqwest::Client, delivery: &Delivery, now: i64) -> Result<(), String> {
    let secret: SigningSecret = delivery
        .secret
        .expose()
        .parse()
        .map_err(|_| "the signing secret of the endpoint cannot be read".to_owned())?;
    let timestamp = u64::try_from(now.div_euclid(1000)).unwrap_or(0);
    let signature = secret.sign(&delivery.message_id, timestamp, delivery.body.as_bytes());
    let answer = client
        .post(&delivery.url)
        .header("content-type", "application/json")
        .header("svix-id", &delivery.message_id)
        .header("svix-timestamp", timestamp.to_string())
        .header("svix-signature", signature)
        .body(delivery.body.clone())
        .send()
        .await
        .map_err(|error| {
            if error.is_timeout() {
                "the endpoint did not answer in time".to_owned()
            } else {
                "the endpoint cannot be reached".to_owned()
            }
        })?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("the endpoint answered {status}")),
    }
}
