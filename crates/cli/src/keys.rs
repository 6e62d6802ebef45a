//! `ironclerk keys`

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::bail;
use clap::Subcommand;
use ironclerk_server::Clock;
use ironclerk_server::database::{Database, sqlite_file};
use ironclerk_server::signing_keys::{self, Rotation, SigningKeyInfo, Use};

use crate::connection::block_on;
use crate::{dev, output};

/// Show and rotate the keys that tokens are signed with.
///
/// The keys are in the database, and servers that use it learn of a change within 5 seconds: none
/// of them needs to be restarted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Where the data is: an SQLite file or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        global = true,
        env = "IRONCLERK_DATABASE_URL",
        hide_env_values = true,
        default_value = dev::DATABASE,
        value_name = "URL"
    )]
    database_url: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which key signs, and which others verify
    List,
    /// Make a key that signs from now on
    ///
    /// The key is published at once and signs a little later, so that everybody who verifies has
    /// it by then. What the old key has signed is valid until the end of --keep-old.
    ///
    /// If a key has leaked: --sign-after 0 --keep-old 0.
    Rotate {
        /// For how many seconds the key is only published
        #[arg(long, default_value_t = Rotation::default().sign_after.as_secs(), value_name = "SECONDS")]
        sign_after: u64,
        /// For how many seconds after that the old key still verifies [default: 30 days, as long
        /// as an invitation stands]
        #[arg(long, value_name = "SECONDS")]
        keep_old: Option<u64>,
    },
    /// Remove a key that does not sign: what it has signed is no longer valid
    Remove {
        /// The id of the key, the kid of its tokens
        key: String,
    },
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let url = &arguments.database_url;
    if let Some(file) = sqlite_file(url)
        && !file.exists()
    {
        bail!(
            "there is no database {}: start `ironclerk dev` in this folder, or name the database with --database-url",
            file.display()
        );
    }
    let now = Clock::System.now();
    let text = block_on(async {
        let database = Database::open(url).await?;
        Ok(match &arguments.command {
            Command::List => table(&signing_keys::list(&database, now).await?, now),
            Command::Rotate {
                sign_after,
                keep_old,
            } => {
                let usual = Rotation::default();
                let rotation = Rotation {
                    sign_after: Duration::from_secs(*sign_after),
                    keep_old: keep_old.map_or(usual.keep_old, Duration::from_secs),
                };
                let key = signing_keys::rotate(&database, rotation, now).await?;
                let keys = signing_keys::list(&database, now).await?;
                format!("{}\nCLERK_JWT_KEY={}\n", table(&keys, now), key.jwt_key)
            }
            Command::Remove { key } => {
                signing_keys::remove(&database, key.clone(), now).await?;
                table(&signing_keys::list(&database, now).await?, now)
            }
        })
    })?;
    output::bytes(text.as_bytes())
}

/// The keys, one a line.
fn table(keys: &[SigningKeyInfo], now: i64) -> String {
    let mut text = String::new();
    for key in keys {
        let end = key.verifies_until.map(|end| seconds(end - now));
        let what = match (key.r#use, end) {
            (Use::Published, _) => format!("signs in {}", seconds(key.signs_from - now)),
            (Use::Signs, None) => "signs".to_owned(),
            (Use::Signs, Some(end)) => format!("signs, and verifies for {end}"),
            (Use::Verifies, None) => "verifies".to_owned(),
            (Use::Verifies, Some(end)) => format!("verifies for {end}"),
        };
        let _ = writeln!(text, "{}  {what}", key.id);
    }
    text
}

fn seconds(milliseconds: i64) -> String {
    format!("{} s", (milliseconds.max(0) + 999) / 1000)
}
