//! `ironclerk dev`

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, bail};
use ironclerk::Authenticator;
use ironclerk_server::database::sqlite_file;
use ironclerk_server::{Config, Demo, Instance, Server};
use tokio::sync::watch;

use crate::connection::ENVIRONMENT_FILE;
use crate::serve::{interrupted, listen, runtime};
use crate::{beginning, instance_lock, output};

/// Where the data is when nothing else is said.
pub const DATABASE: &str = ".ironclerk/clerk.db";
/// Keeps the folder out of git.
const IGNORE_FILE: &str = ".ironclerk/.gitignore";
/// For how many seconds the token in the example is valid: a day's work.
const TOKEN_LIFETIME: u64 = 24 * 60 * 60;

/// Start a local Clerk with demo data, and an application that it protects.
///
/// Nothing needs to be configured, and nothing leaves this machine. The first start makes the
/// keys of the instance, a user and an organization; later starts find them again.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The port of the Clerk API
    #[arg(long, default_value_t = 4010)]
    port: u16,
    /// The port of the example application [default: the one after --port]
    #[arg(long, value_name = "PORT")]
    app_port: Option<u16>,
    /// Where the data is: an SQLite file or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, default_value = DATABASE, value_name = "URL")]
    database_url: String,
    /// Delete all data of the SQLite file first
    #[arg(long)]
    reset: bool,
    #[command(flatten)]
    beginning: beginning::Options,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = sqlite_file(&arguments.database_url);
    let lock = file.map(instance_lock::lock).transpose()?;
    runtime()?.block_on(async {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let api = listen(loopback(arguments.port), "--port").await?;
        let app_port = match (arguments.app_port, arguments.port) {
            (Some(port), _) => port,
            // Any port for the one, any port for the other.
            (None, 0) => 0,
            (None, port) => port.checked_add(1).context("there is no port after 65535: choose one with --app-port")?,
        };
        let app = listen(loopback(app_port), "--app-port").await?;
        if arguments.reset {
            match file {
                Some(file) => delete_database(file)?,
                None => bail!("--reset deletes an SQLite file; a PostgreSQL database must be emptied with its own tools"),
            }
        }

        let api_url = format!("http://{}", api.local_addr()?);
        let app_url = format!("http://{}", app.local_addr()?);
        let config = Config::new(&arguments.database_url, &api_url);
        let server = Server::open(arguments.beginning.configure(config)).await?;
        let begun = arguments.beginning.begin(&server).await?;
        let environment = environment(server.instance(), &api_url);
        write_private(Path::new(ENVIRONMENT_FILE), &environment)?;
        // The folder holds keys: it must not get into a repository.
        write_private(Path::new(IGNORE_FILE), "*\n")?;
        let authenticator = Authenticator::builder()
            .publishable_key(server.instance().publishable_key().as_str())
            .secret_key(server.instance().secret_key().expose())
            .api_url(&api_url)
            // Browsers reach the Frontend API without TLS here.
            .proxy_url(&api_url)
            .build()?;

        let (stop, stopped) = watch::channel(());
        let wait = |mut stopped: watch::Receiver<()>| async move {
            let _ = stopped.changed().await;
        };
        let serve_api = {
            let (server, stop) = (server.clone(), wait(stopped.clone()));
            tokio::spawn(async move { server.serve(api, stop).await })
        };
        let serve_app = {
            let app_router = ironclerk_example_axum::app(authenticator);
            let serving = axum::serve(app, app_router).with_graceful_shutdown(wait(stopped));
            tokio::spawn(async move { serving.await })
        };

        let demo = server.demo().await?;
        let token = server.demo_token(&demo, TOKEN_LIFETIME).await?;
        output::bytes(
            greeting(&arguments.database_url, &api_url, &app_url, &environment, &demo, &token, &begun)
                .as_bytes(),
        )?;
        interrupted().await;
        drop(stop);
        serve_api.await?;
        serve_app.await?.context("the example application has failed")?;
        Ok::<_, anyhow::Error>(())
    })?;
    drop(lock);
    output::line("\nStopped.")
}

fn greeting(
    database: &str,
    api_url: &str,
    app_url: &str,
    environment: &str,
    demo: &Demo,
    token: &str,
    begun: &beginning::Begun,
) -> String {
    let mut text = String::new();
    let mut more = String::new();
    if let Some(seed) = &begun.seed {
        let _ = writeln!(more, "Seed          {seed}");
    }
    for (url, secret) in &begun.webhooks {
        let _ = writeln!(more, "Webhooks      {url}  signed with {secret}");
    }
    let role = match &demo.organization_slug {
        Some(slug) => format!(", member of {slug}"),
        None => String::new(),
    };
    let database = match database.split_once('@') {
        // The part before it has a password in it.
        Some((_, place)) => format!("PostgreSQL at {place}"),
        None => database.to_owned(),
    };
    let _ = write!(
        text,
        "IronClerk {version}: Clerk on this machine\n\
         \n\
         Backend API   {api_url}\n\
         Example app   {app_url}  with /protected, /api/me, /api/admin\n\
         Data          {database}\n\
         Demo user     {user}{role}\n\
         {more}\
         \n\
         Environment for your application, also in {ENVIRONMENT_FILE}:\n\
         \n\
         {environment}\n\
         Try it. Without a token the answer is 401, with one it is 200:\n\
         \n\
         curl -i {app_url}/api/me\n\
         curl -i {app_url}/api/me -H 'Authorization: Bearer {token}'\n\
         \n\
         More tokens: {program} token --help\n\
         Ctrl-C stops.\n",
        version = env!("CARGO_PKG_VERSION"),
        user = demo.user_name,
        program = program(),
    );
    text
}

/// How this program was called, for commands to copy.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "ironclerk".to_owned())
}

/// The variables by which Clerk's SDKs are configured, ready for a `.env` file.
fn environment(instance: &Instance, api_url: &str) -> String {
    let secret_key = instance.secret_key().expose();
    let publishable_key = instance.publishable_key().as_str();
    let jwt_key = instance.jwt_key();
    format!(
        "CLERK_SECRET_KEY={secret_key}\n\
         CLERK_PUBLISHABLE_KEY={publishable_key}\n\
         CLERK_API_URL={api_url}\n\
         CLERK_API_VERSION=v1\n\
         CLERK_PROXY_URL={api_url}\n\
         CLERK_JWT_KEY={jwt_key}\n"
    )
}

/// Writes a file that only its owner can read: it holds a secret key.
fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Deletes an SQLite database with the files that SQLite keeps beside it.
fn delete_database(file: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot delete {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}
