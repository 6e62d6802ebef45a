//! What a server begins with: seeds, determinism, webhooks. The same for `dev` and `serve`.

use std::path::PathBuf;

use anyhow::{Context, bail};
use ironclerk_server::{Config, SeedError, Seeded, Server};
use serde_json::Value;

/// When the clock of a deterministic server begins, unless something else is said.
const START: &str = "2026-01-01T00:00:00Z";

#[derive(Debug, clap::Args)]
pub struct Options {
    /// A YAML or JSON file with users, organizations and so on that an empty database begins with
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Send what happens to this address, signed as Clerk's webhooks are; can be repeated
    #[arg(long = "webhook", value_name = "URL")]
    webhooks: Vec<String>,
    /// Make ids, keys and times that are the same each time, for tests: anybody can guess them.
    /// Needs an empty database
    #[arg(long)]
    deterministic: bool,
    /// When the clock of a deterministic server begins
    #[arg(long, value_name = "TIME", default_value = START, requires = "deterministic")]
    start_time: jiff::Timestamp,
}

/// What was done, for the log.
pub struct Begun {
    /// In a sentence, what has become of the seed, if there is one.
    pub seed: Option<String>,
    /// Addresses that events are sent to, with the secrets that they are signed with.
    pub webhooks: Vec<(String, String)>,
}

impl Options {
    /// The configuration with what these options say.
    pub fn configure(&self, config: Config) -> Config {
        match self.deterministic {
            true => config.deterministic(self.start_time.as_millisecond()),
            false => config,
        }
    }

    /// Gives a server what it begins with.
    pub async fn begin(&self, server: &Server) -> anyhow::Result<Begun> {
        let mut begun = Begun {
            seed: None,
            webhooks: Vec::new(),
        };
        // Before the seed, so that they are told of it as well.
        for url in &self.webhooks {
            let secret = server.add_webhook(url).await.map_err(|error| {
                anyhow::anyhow!("cannot send webhooks to {url}: {}", long_message(&error))
            })?;
            begun
                .webhooks
                .push((url.clone(), secret.expose().to_owned()));
        }
        if let Some(file) = &self.seed {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the seed {}", file.display()))?;
            let seed = parse(&text)
                .with_context(|| format!("the seed {} is neither YAML nor JSON", file.display()))?;
            begun.seed = Some(match server.seed(&seed).await {
                Ok(Seeded::Applied(requests)) => {
                    format!("applied {}, {requests} requests", file.display())
                }
                Ok(Seeded::Already) => {
                    format!("{} was applied by an earlier start", file.display())
                }
                Err(error @ SeedError::Entry { .. }) => {
                    bail!("{}: {error}", file.display())
                }
                Err(error) => return Err(error.into()),
            });
        }
        Ok(begun)
    }
}

/// Reads YAML, of which JSON is a part.
fn parse(text: &str) -> anyhow::Result<Value> {
    Ok(serde_saphyr::from_str(text)?)
}

fn long_message(error: &ironclerk::api::ApiError) -> String {
    let text = error.errors.first().map(|error| error.long_message.clone());
    text.unwrap_or_else(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = "users:\n  - email_address: [ada@example.com]\n    phone_number: ['+15555550100']\n    public_metadata: {plan: pro, seats: 3, beta: true, note: ~}\n";
        let json = r#"{"users":[{"email_address":["ada@example.com"],"phone_number":["+15555550100"],"public_metadata":{"plan":"pro","seats":3,"beta":true,"note":null}}]}"#;
        assert_eq!(parse(yaml).unwrap(), parse(json).unwrap());
        assert_eq!(parse(yaml).unwrap().to_string(), json);
        assert!(parse("users: [").is_err());
    }

    #[test]
    fn the_example_in_the_documentation_is_accepted() {
        let text = include_str!("../../../docs/seed.yaml");
        let seed = parse(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("clerk.db").display().to_string();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let config = Config::new(database, "http://127.0.0.1:4010");
            let server = Server::open(config).await.unwrap();
            let seeded = server.seed(&seed).await.unwrap();
            assert!(
                matches!(seeded, Seeded::Applied(requests) if requests > 20),
                "{seeded:?}"
            );
            assert_eq!(server.seed(&seed).await.unwrap(), Seeded::Already);
        });
    }
}
