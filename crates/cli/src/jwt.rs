//! `ironclerk jwt`

use std::io::Read;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use clap::Subcommand;
use ironclerk::api::jwks::JsonWebKeySet;
use ironclerk::jwt::{self, VerifyOptions};
use ironclerk::keys::{KeySet, PublicKey};
use serde_json::json;

use crate::connection::{Connection, block_on};
use crate::output;

/// The longest token that is read from standard input, in bytes.
const LONGEST: u64 = jwt::MAX_TOKEN_LENGTH as u64 + 2;

/// Take tokens apart and verify them.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the header and the claims of a token, without verifying it
    Decode {
        /// The token, or - to read it from standard input
        token: String,
    },
    /// Verify a token and print its claims
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The token, or - to read it from standard input
    token: String,
    /// The public key, in PEM or as bare base64, or @FILE to read it from a file [default: the
    /// key of the instance, which is asked for it]
    #[arg(long, env = "CLERK_JWT_KEY", value_name = "KEY")]
    key: Option<String>,
    /// The audience that the token must be for; can be given several times
    #[arg(long, value_name = "AUDIENCE")]
    audience: Vec<String>,
    /// The origin that the token must be from (`azp`); can be given several times
    #[arg(long, value_name = "ORIGIN")]
    authorized_party: Vec<String>,
    /// By how many ms clocks may differ
    #[arg(long, default_value_t = 5000, value_name = "MS")]
    clock_skew: u64,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Decode { token } => decode(&read(token)?),
        Command::Verify(arguments) => verify(arguments),
    }
}

fn decode(token: &str) -> anyhow::Result<()> {
    let token = jwt::decode(token)?;
    let parts = json!({"header": token.header(), "payload": token.unverified_claims()});
    output::line(&format!("{parts:#}"))
}

fn verify(arguments: &Verify) -> anyhow::Result<()> {
    let token = read(&arguments.token)?;
    let key = match &arguments.key {
        Some(key) => local_key(key)?,
        None => remote_key(&arguments.connection, &token)?,
    };
    let options = VerifyOptions {
        audience: arguments.audience.clone(),
        authorized_parties: arguments.authorized_party.clone(),
        clock_skew: Duration::from_millis(arguments.clock_skew),
        ..Default::default()
    };
    let claims = jwt::verify(&token, &key, &options, SystemTime::now())
        .map_err(|error| anyhow::anyhow!("the token is not valid: {}", error.full_message()))?;
    output::line(&serde_json::to_string_pretty(claims.as_value())?)
}

fn local_key(key: &str) -> anyhow::Result<PublicKey> {
    let text = match key.strip_prefix('@') {
        None => key.to_owned(),
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?
        }
    };
    text.trim().parse().context("the public key cannot be used")
}

fn remote_key(connection: &Connection, token: &str) -> anyhow::Result<PublicKey> {
    let key_id = jwt::decode(token)?.key_id().map(str::to_owned);
    let client = connection.client()?;
    let jwks: JsonWebKeySet = block_on(async { Ok(client.jwks().get().await?) })?;
    let Some(key_id) = key_id else {
        bail!("the token names no key: give one with --key")
    };
    KeySet::from_jwks(&jwks)
        .get(&key_id)
        .cloned()
        .with_context(|| {
            format!("the token is signed with the key {key_id}, which the instance does not have")
        })
}

fn read(token: &str) -> anyhow::Result<String> {
    if token != "-" {
        return Ok(token.trim().to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_string(&mut text)
        .context("cannot read the token from standard input")?;
    Ok(text.trim().to_owned())
}
