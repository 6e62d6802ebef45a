//! A server that speaks Clerk's Backend API on one machine: no account, no network.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use ironclerk_server::{Config, Server};
//!
//! let server = Server::open(Config::new("clerk.db", "http://127.0.0.1:4010")).await?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:4010").await?;
//! println!("CLERK_SECRET_KEY={}", server.instance().secret_key().expose());
//! server.serve(listener, std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! A request goes through these rooms, from the outside in:
//!
//! | module | does |
//! |---|---|
//! | `serve` | connections, time limits, the orderly end |
//! | `http` | routes from the contract, who may call, bodies, answers, errors |
//! | `users`, `organizations`, `sessions`, … | the handlers: what is allowed, what happens |
//! | `handshake`, `refresh`, `ticket` | sends browsers back with the cookies that an SDK asks for |
//! | `token`, `session_token`, `shortcode` | the claims of tokens |
//! | [`signing_keys`] | which key signs, and which verify |
//! | `rate_limits` | how often one may call |
//! | `webhooks` | events: stored with the change that they tell of, then sent |
//! | `sign_ups`, `page` | who was invited becomes a user, and the pages for it |
//! | `seed`, `deterministic`, `random` | what a new server begins with; the same answers each time, for tests |
//! | `images` | the pictures of users and organizations |
//! | `identifier`, `restrictions`, `password`, `id` | what identifiers and passwords are accepted, how ids are made |
//! | `store` | the SQL |
//! | [`database`] | one door to SQLite and PostgreSQL |

pub mod database;
pub mod signing_keys;

mod accountless_applications;
mod allowlist_identifiers;
mod clients;
mod context;
mod demo;
mod deterministic;
mod domains;
mod external_accounts;
mod handshake;
mod http;
mod id;
mod identifications;
mod identifier;
mod images;
mod instance;
mod instance_settings;
mod invitations;
mod jwks;
mod jwt_templates;
mod metadata;
mod oauth_applications;
mod organization_domains;
mod organization_invitations;
mod organization_roles;
mod organizations;
mod page;
mod password;
mod random;
mod rate_limits;
mod redirect_urls;
mod refresh;
mod restrictions;
mod role_sets;
mod saml_connections;
mod second_factors;
mod seed;
mod serve;
mod session_token;
mod sessions;
mod settings;
mod shortcode;
mod sign_in_tokens;
mod sign_ups;
mod store;
mod testing_tokens;
mod ticket;
mod token;
mod totp;
mod users;
mod waitlist_entries;
mod webhooks;

use std::sync::Arc;

use ironclerk::errors::ConfigurationError;
use ironclerk::instance::{InstanceType, SecretKey};
use tokio::net::TcpListener;

pub use context::Clock;
pub use demo::Demo;
pub use instance::Instance;
pub use random::Random;
pub use rate_limits::RateLimits;
pub use seed::{SeedError, Seeded};

use context::State;
use database::{Database, DatabaseError};
use rate_limits::RateLimiter;
use signing_keys::SigningKeyError;

/// What a server needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is: an SQLite file or `postgres://…`.
    pub database_url: String,
    /// Where browsers and applications reach the server, such as `http://127.0.0.1:4010`. It is
    /// the `iss` of the tokens, and its host is in the publishable key.
    pub public_url: String,
    /// The key for the Backend API. When absent, the one in the database; a new database gets a
    /// new one.
    pub secret_key: Option<SecretKey>,
    /// Whether this is for development or production: it decides the prefixes of the keys, and
    /// with them how SDKs treat cookies.
    pub instance_type: InstanceType,
    /// Where the time comes from.
    pub clock: Clock,
    /// How often the Backend API may be called.
    pub rate_limits: RateLimits,
    /// Where ids, keys and secrets come from.
    pub random: Random,
}

impl Config {
    /// A development instance with the machine's clock.
    pub fn new(database_url: impl Into<String>, public_url: impl Into<String>) -> Self {
        Self {
            database_url: database_url.into(),
            public_url: public_url.into().trim_end_matches('/').to_owned(),
            secret_key: None,
            instance_type: InstanceType::Development,
            clock: Clock::System,
            random: Random::SYSTEM,
            rate_limits: RateLimits::Off,
        }
    }

    /// The same, with ids, keys, secrets and times that are the same each time: two servers with
    /// an empty database give the same answers to the same requests, one after the other.
    ///
    /// The clock begins at `start`, in ms since the epoch. It moves on by a millisecond with each
    /// request that may change something, and as `POST /deterministic/clock` says. Anybody can
    /// guess the keys: this is for tests, and [`Server::open`] refuses it for production.
    #[must_use]
    pub fn deterministic(self, start: i64) -> Self {
        Self {
            clock: Clock::Ticking(Arc::new(start.into())),
            random: Random::predictable("ironclerk"),
            ..self
        }
    }

    /// The host of the public URL, with its port.
    fn frontend_api(&self) -> &str {
        host_of(&self.public_url)
    }
}

fn host_of(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, host)| host)
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The database cannot be opened or read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A key cannot be made from what was configured.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The database holds an instance of the other kind.
    #[error(
        "the database holds a {kind} instance, and the server was started as the other kind: choose another database or kind"
    )]
    OtherKind {
        /// `development` or `production`.
        kind: String,
    },
    /// A production instance with keys that anybody can guess.
    #[error(
        "a deterministic server has keys that anybody can guess, so it cannot be a production instance: leave out one of the two"
    )]
    PredictableProduction,
    /// The ids that a deterministic server would make are taken.
    #[error(
        "a deterministic server begins with an empty database, and this one holds an instance already: delete it or choose another"
    )]
    PredictableRestart,
    /// The signing keys cannot be made or read.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
}

/// A server with its database open. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<State>);

impl Server {
    /// Opens the database and reads the instance, or makes it in an empty database.
    ///
    /// # Errors
    /// When the database cannot be opened or holds an instance of another kind, and when a
    /// deterministic server is for production or its database is not empty.
    pub async fn open(config: Config) -> Result<Self, ServerError> {
        let database = Database::open(&config.database_url).await?;
        let instance = Instance::open(&database, &config, config.clock.now()).await?;
        let rate_limiter = match config.rate_limits {
            RateLimits::Off => None,
            RateLimits::Clerk => Some(RateLimiter::new(config.instance_type, &database)),
        };
        Ok(Self(Arc::new(State {
            database,
            rate_limiter,
            instance,
            clock: config.clock,
            random: config.random,
            public_url: config.public_url.into(),
            size_warning: Default::default(),
            wake: webhooks::Wake::default(),
        })))
    }

    /// The keys of the instance.
    pub fn instance(&self) -> &Instance {
        &self.0.instance
    }

    /// Serves connections and sends webhooks until `stop` is done, then lets requests that are under way finish, for
    /// ten seconds at the most.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        // What is cut off is sent again by the next start.
        let deliveries = tokio::spawn(webhooks::deliver(self.0.clone()));
        serve::serve(http::router(self.0.clone()), listener, stop).await;
        deliveries.abort();
    }

    /// The routes, for a caller with a listener of its own.
    pub fn router(&self) -> axum::Router {
        http::router(self.0.clone())
    }

    /// The host of the public URL, with its port.
    pub(crate) fn frontend_api(&self) -> String {
        host_of(&self.0.public_url).to_owned()
    }

    pub(crate) fn state(&self) -> &Arc<State> {
        &self.0
    }
}
