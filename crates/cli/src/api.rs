//! `ironclerk api`

use std::io::Read;

use anyhow::{Context, bail};
use http::Method;
use ironclerk::api::ENDPOINTS;
use ironclerk::client::{Client, ClientError};
use serde_json::Value;

use crate::connection::{Connection, block_on};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  ironclerk api ls
  ironclerk api ls sessions
  ironclerk api GET '/users?limit=2'
  ironclerk api GET /users -q query='Ada & Co' --paginate
  ironclerk api POST /users -d '{\"email_address\": [\"ada@example.com\"]}'";

/// How many items a page has when all pages are fetched: what every list allows.
const PAGE: usize = 100;

/// Call the Backend API and print the answer.
///
/// `/v1` can be left out of the path. A refusal is printed like an answer, and the exit status
/// is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The HTTP method, or `ls` to list the operations
    method: String,
    /// The path, with its query; for `ls` a part of what to list [required unless the method is
    /// `ls`]
    path: Option<String>,
    /// A parameter of the query, which needs no encoding; may be given more than once
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = parameter)]
    query: Vec<(String, String)>,
    /// The body in JSON, @FILE to read it from a file, or - to read it from standard input
    #[arg(short, long, value_name = "JSON")]
    data: Option<String>,
    /// Fetch all pages of a list and print its items as one array
    #[arg(long, conflicts_with = "data")]
    paginate: bool,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.method == "ls" {
        return list(arguments.path.as_deref().unwrap_or_default());
    }
    let method: Method = arguments
        .method
        .to_uppercase()
        .parse()
        .with_context(|| format!("{} is not an HTTP method", arguments.method))?;
    let Some(path) = &arguments.path else {
        bail!("the path is missing: try `ironclerk api GET /users`");
    };
    if arguments.paginate && method != Method::GET {
        bail!("--paginate is for lists: their method is GET");
    }
    let path = full_path(path, &arguments.query);
    let body = arguments.data.as_deref().map(read_body).transpose()?;
    let client = arguments.connection.client()?;
    let answer = block_on(async {
        Ok(match arguments.paginate {
            true => all_pages(&client, &path).await,
            false => client.send_raw(method, &path, body).await,
        })
    })?;
    match answer {
        Ok(body) => print(&body),
        Err(ClientError::Api(refusal)) => {
            print(&serde_json::to_vec(&refusal.body())?)?;
            Err(refusal.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The items of all pages of a list, as one array. What is no list is answered as it is.
async fn all_pages(client: &Client, path: &str) -> Result<Vec<u8>, ClientError> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut all = Vec::new();
    loop {
        let page = format!("{path}{separator}limit={PAGE}&offset={}", all.len());
        let body = client.send_raw(Method::GET, &page, None).await?;
        let mut answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let items = match &mut answer {
            Value::Array(items) => items,
            Value::Object(members) => {
                let list = ["data", "m2m_tokens"]
                    .into_iter()
                    .find(|it| members.contains_key(*it));
                match list.and_then(|list| members.get_mut(list)?.as_array_mut()) {
                    Some(items) => items,
                    None => return Ok(body),
                }
            }
            _ => return Ok(body),
        };
        let is_last = items.len() != PAGE;
        all.append(items);
        if is_last {
            return Ok(Value::Array(all).to_string().into_bytes());
        }
    }
}

/// The operations of the contract in which the text is found, as a table.
fn list(part: &str) -> anyhow::Result<()> {
    let mut lines: Vec<_> = ENDPOINTS
        .iter()
        .copied()
        .flatten()
        .map(|endpoint| {
            let call = endpoint
                .call
                .map(|call| call.rust_call())
                .unwrap_or_default();
            let javascript = endpoint
                .call
                .iter()
                .flat_map(|call| call.javascript_calls());
            let javascript = javascript.collect::<Vec<_>>().join(", ");
            let not_served = if endpoint.is_served() {
                ""
            } else {
                "  (not served yet)"
            };
            let method = endpoint.method.as_str();
            let path = endpoint.path;
            let line = format!("{method:<7} {path:<75} {call:<46} {javascript}{not_served}");
            (path, line.trim_end().to_owned())
        })
        .filter(|(_, line)| line.to_lowercase().contains(&part.to_lowercase()))
        .collect();
    if lines.is_empty() {
        bail!("no operation has {part:?} in its path or its names: see `ironclerk api ls`");
    }
    lines.sort_by_key(|(path, _)| *path);
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    output::line(&lines.join("\n"))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// The path with a slash before it, the version that every operation of the API has, and the
/// parameters in its query.
fn full_path(path: &str, query: &[(String, String)]) -> String {
    let path = path.trim_start_matches('/');
    let mut full = if path == "v1" || path.starts_with("v1/") {
        format!("/{path}")
    } else {
        format!("/v1/{path}")
    };
    for (name, value) in query {
        let encode =
            |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
        full.push(if full.contains('?') { '&' } else { '?' });
        full.push_str(&format!("{}={}", encode(name), encode(value)));
    }
    full
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
            assert_eq!(full_path(given, &[]), full);
        }
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = [pair("query", "Ada & Co"), pair("order_by", "+name")];
        for (given, full) in [
            ("users", "/v1/users?query=Ada+%26+Co&order_by=%2Bname"),
            (
                "users?limit=1",
                "/v1/users?limit=1&query=Ada+%26+Co&order_by=%2Bname",
            ),
        ] {
            assert_eq!(full_path(given, &query), full);
        }
    }
}
