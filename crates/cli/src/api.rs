//! `ironclerk api`

use std::io::Read;

use anyhow::{Context, bail};
use http::Method;
use ironclerk::api::ENDPOINTS;
use ironclerk::client::ClientError;
use serde_json::Value;

use crate::connection::{Connection, block_on};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  ironclerk api ls
  ironclerk api GET '/users?limit=2'
  ironclerk api POST /users -d '{\"email_address\": [\"ada@example.com\"]}'";

/// Call the Backend API and print the answer.
///
/// `/v1` can be left out of the path. A refusal is printed like an answer, and the exit status
/// is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The HTTP method, or `ls` to list the operations
    method: String,
    /// The path, with its query [required unless the method is `ls`]
    path: Option<String>,
    /// The body in JSON, @FILE to read it from a file, or - to read it from standard input
    #[arg(short, long, value_name = "JSON")]
    data: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.method == "ls" {
        return list();
    }
    let method: Method = arguments
        .method
        .to_uppercase()
        .parse()
        .with_context(|| format!("{} is not an HTTP method", arguments.method))?;
    let Some(path) = &arguments.path else {
        bail!("the path is missing: try `ironclerk api GET /users`");
    };
    let body = arguments.data.as_deref().map(read_body).transpose()?;
    let client = arguments.connection.client()?;
    let answer = block_on(async { Ok(client.send_raw(method, &full_path(path), body).await) })?;
    match answer {
        Ok(body) => print(&body),
        Err(ClientError::Api(refusal)) => {
            print(&serde_json::to_vec(&refusal.body())?)?;
            Err(refusal.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The operations of the contract, as a table.
fn list() -> anyhow::Result<()> {
    let mut lines: Vec<_> = ENDPOINTS
        .iter()
        .copied()
        .flatten()
        .map(|endpoint| format!("{:<7} {}", endpoint.method.as_str(), endpoint.path))
        .collect();
    lines.sort_by(|a, b| a[8..].cmp(&b[8..]));
    output::line(&lines.join("\n"))
}

/// The path with a slash before it and the version that every operation of the API has.
fn full_path(path: &str) -> String {
    let path = path.trim_start_matches('/');
    if path == "v1" || path.starts_with("v1/") {
        format!("/{path}")
    } else {
        format!("/v1/{path}")
    }
}

fn read_body(data: &str) -> anyhow::Result<Vec<u8>> {
    let text = match data.strip_prefix('@') {
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?
        }
        None if data == "-" => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read the body from standard input")?;
            text
        }
        None => data.to_owned(),
    };
    serde_json::from_str::<Value>(&text).context("the body is not JSON")?;
    Ok(text.into_bytes())
}

/// Prints JSON so that a person can read it, and anything else as it is.
fn print(body: &[u8]) -> anyhow::Result<()> {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => output::line(&format!("{json:#}")),
        Err(_) => output::bytes(body),
    }
}

#[cfg(test)]
mod tests {
    use super::full_path;

    #[test]
    fn paths_get_their_version() {
        for (given, full) in [
            ("users", "/v1/users"),
            ("/users?limit=1", "/v1/users?limit=1"),
            ("/v1/users", "/v1/users"),
            ("v1", "/v1"),
            ("/v1beta", "/v1/v1beta"),
        ] {
            assert_eq!(full_path(given), full);
        }
    }
}
