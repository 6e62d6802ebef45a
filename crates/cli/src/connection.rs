//! Which Clerk a command talks to.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ironclerk::client::Client;
use ironclerk::instance::SecretKey;

/// Where `ironclerk dev` writes down how to reach it, under the folder it was started in.
pub const ENVIRONMENT_FILE: &str = ".ironclerk/env";

/// The Clerk to talk to.
#[derive(Debug, clap::Args)]
pub struct Connection {
    /// The address of the Backend API [default: the server of `ironclerk dev` in this folder or
    /// one above, else https://api.clerk.com]
    #[arg(long, env = "CLERK_API_URL", value_name = "URL")]
    api_url: Option<String>,
    /// The secret key of the instance [default: that of `ironclerk dev`]
    #[arg(
        long,
        env = "CLERK_SECRET_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    secret_key: Option<String>,
}

impl Connection {
    /// A client for it.
    pub fn client(&self) -> anyhow::Result<Client> {
        let (api_url, secret_key) = match (&self.api_url, &self.secret_key) {
            (api_url, Some(secret_key)) => (api_url.clone(), secret_key.clone()),
            (api_url, None) => {
                let Some(local) = local_environment()? else {
                    bail!(
                        "there is no Clerk to talk to: start one with `ironclerk dev` in this folder, or set CLERK_SECRET_KEY"
                    );
                };
                let value = |name| variable(&local, name);
                let key = value("CLERK_SECRET_KEY").with_context(|| {
                    format!(
                        "{ENVIRONMENT_FILE} has no CLERK_SECRET_KEY: start `ironclerk dev` again"
                    )
                })?;
                (api_url.clone().or_else(|| value("CLERK_API_URL")), key)
            }
        };
        let mut builder = Client::builder().secret_key(SecretKey::new(secret_key)?);
        if let Some(url) = api_url {
            builder = builder.api_url(url);
        }
        Ok(builder.build()?)
    }
}

/// What `ironclerk dev` wrote down in this folder or one above.
fn local_environment() -> anyhow::Result<Option<String>> {
    let here = std::env::current_dir().context("there is no current folder")?;
    let Some(path) = find(&here) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(text))
}

fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(ENVIRONMENT_FILE))
        .find(|path| path.is_file())
}

fn variable(environment: &str, name: &str) -> Option<String> {
    environment
        .lines()
        .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

/// Runs a command that waits for answers.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}
