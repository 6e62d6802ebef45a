//! `ironclerk serve`

use std::net::SocketAddr;

use anyhow::{Context, bail};
use ironclerk::instance::{InstanceType, SecretKey};
use ironclerk_server::database::sqlite_file;
use ironclerk_server::{Config, RateLimits, Server};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{beginning, instance_lock};

/// Start a server with explicit configuration and no demo data.
///
/// The server speaks Clerk's Backend API. Applications reach it with the secret key that is given
/// here; the publishable key is in the log when the server has started. What happens is logged on
/// standard error; RUST_LOG chooses how much.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The address to listen on
    #[arg(
        long,
        env = "IRONCLERK_LISTEN",
        default_value = "127.0.0.1:4010",
        value_name = "ADDRESS"
    )]
    listen: SocketAddr,
    /// Where the data is: an SQLite file or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        env = "IRONCLERK_DATABASE_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    database_url: String,
    /// The secret key that applications call with: sk_test_… or, with --production, sk_live_…
    #[arg(
        long,
        env = "CLERK_SECRET_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    secret_key: String,
    /// Where browsers and applications reach the server; it is the issuer of the tokens
    /// [default: http:// and the address to listen on]
    #[arg(long, env = "IRONCLERK_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Make a production instance, whose keys begin with pk_live_ and sk_live_
    #[arg(long)]
    production: bool,
    /// How often applications may call the Backend API
    #[arg(
        long,
        env = "IRONCLERK_RATE_LIMITS",
        default_value = "off",
        value_name = "LIMITS"
    )]
    rate_limits: Limits,
    /// How the log is written
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
    #[command(flatten)]
    beginning: beginning::Options,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Limits {
    /// As often as they like
    Off,
    /// As often as Clerk lets them: 100 requests in 10 s, or 1000 with --production, and less for
    /// some operations
    Clerk,
}

impl From<Limits> for RateLimits {
    fn from(limits: Limits) -> Self {
        match limits {
            Limits::Off => Self::Off,
            Limits::Clerk => Self::Clerk,
        }
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LogFormat {
    /// A line for people
    Text,
    /// A JSON object on each line
    Json,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    start_log(arguments.log_format);
    let secret_key = SecretKey::new(arguments.secret_key.trim())?;
    let instance_type = match arguments.production {
        true => InstanceType::Production,
        false => InstanceType::Development,
    };
    if secret_key.instance_type() != Some(instance_type) {
        let prefix = if arguments.production {
            "sk_live_"
        } else {
            "sk_test_"
        };
        bail!("the secret key must begin with {prefix}");
    }
    if secret_key.expose().len() < 32 {
        bail!("the secret key must have at least 32 characters, so that it cannot be guessed");
    }
    let lock = sqlite_file(&arguments.database_url)
        .map(instance_lock::lock)
        .transpose()?;
    runtime()?.block_on(async {
        let listener = listen(arguments.listen, "--listen").await?;
        let address = listener.local_addr()?;
        let public_url = arguments
            .public_url
            .clone()
            .unwrap_or_else(|| format!("http://{address}"));
        let config = arguments.beginning.configure(Config {
            secret_key: Some(secret_key),
            instance_type,
            rate_limits: arguments.rate_limits.into(),
            ..Config::new(&arguments.database_url, public_url)
        });
        let server = Server::open(config).await?;
        let begun = arguments.beginning.begin(&server).await?;
        if let Some(seed) = &begun.seed {
            tracing::info!(seed, "seeded");
        }
        for (url, _) in &begun.webhooks {
            tracing::info!(url, "sending webhooks");
        }
        tracing::info!(
            %address,
            instance = server.instance().id().as_str(),
            publishable_key = server.instance().publishable_key().as_str(),
            jwt_key = server.instance().jwt_key(),
            "serving"
        );
        server.serve(listener, interrupted()).await;
        tracing::info!("stopped");
        Ok::<_, anyhow::Error>(())
    })?;
    drop(lock);
    Ok(())
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
}

/// The runtime of a server.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Listens on an address, or says what to do when another program does.
pub async fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "port {} is taken by another program: stop it, or choose another port with {option}",
            address.port()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Waits for Ctrl-C, or for the signal by which services are stopped.
pub async fn interrupted() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
