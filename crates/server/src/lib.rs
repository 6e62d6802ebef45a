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
//! | `token`, `shortcode` | the claims of tokens |
//! | `images` | the pictures of users and organizations |
//! | `identifier`, `password`, `id` | what identifiers and passwords are accepted, how ids are made |
//! | `store` | the SQL |
//! | [`database`] | one door to SQLite and PostgreSQL |

pub mod database;

mod accountless_applications;
mod allowlist_identifiers;
mod clients;
mod context;
mod demo;
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
mod password;
mod redirect_urls;
mod refresh;
mod saml_connections;
mod second_factors;
mod serve;
mod sessions;
mod settings;
mod shortcode;
mod sign_in_tokens;
mod store;
mod testing_tokens;
mod ticket;
mod token;
mod totp;
mod users;
mod waitlist_entries;

use std::sync::Arc;

use ironclerk::errors::ConfigurationError;
use ironclerk::instance::{InstanceType, SecretKey};
use tokio::net::TcpListener;

pub use context::Clock;
pub use demo::Demo;
pub use instance::Instance;

use context::State;
use database::{Database, DatabaseError};

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
        }
    }

    /// The host of the public URL, with its port.
    fn frontend_api(&self) -> &str {
        self.public_url
            .split_once("://")
            .map_or(self.public_url.as_str(), |(_, host)| host)
    }
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
    /// The signing key in the database cannot be read.
    #[error(
        "the signing key {0} in the database cannot be read: restore the database from a backup"
    )]
    SigningKey(String),
    /// No key could be made.
    #[error("the operating system gave no random numbers to make keys from")]
    KeyGeneration,
}

/// A server with its database open. Cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<State>);

impl Server {
    /// Opens the database and reads the instance, or makes it in an empty database.
    ///
    /// # Errors
    /// When the database cannot be opened or holds an instance of another kind.
    pub async fn open(config: Config) -> Result<Self, ServerError> {
        let database = Database::open(&config.database_url).await?;
        let instance = Instance::open(&database, &config, config.clock.now()).await?;
        Ok(Self(Arc::new(State {
            database,
            instance,
            clock: config.clock,
            public_url: config.public_url.into(),
        })))
    }

    /// The keys of the instance.
    pub fn instance(&self) -> &Instance {
        &self.0.instance
    }

    /// Serves connections until `stop` is done, then lets requests that are under way finish, for
    /// ten seconds at the most.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) {
        serve::serve(http::router(self.0.clone()), listener, stop).await;
    }

    /// The routes, for a caller with a listener of its own.
    pub fn router(&self) -> axum::Router {
        http::router(self.0.clone())
    }

    pub(crate) fn state(&self) -> &Arc<State> {
        &self.0
    }
}
