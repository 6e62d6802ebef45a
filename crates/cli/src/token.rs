//! `ironclerk token`

use anyhow::{Context, bail};
use ironclerk::api::Sort;
use ironclerk::api::id::{OrganizationId, UserId};
use ironclerk::api::sessions::{CreateSession, CreateSessionToken, CreateSessionTokenFromTemplate};
use ironclerk::api::users::{ListUsers, UserFilter, UserSort};
use ironclerk::client::Client;

use crate::connection::{Connection, block_on};
use crate::output;

const EXAMPLES: &str = "\
Examples:
  ironclerk token --user ada@example.com --org acme --ttl 3600
  curl -H \"Authorization: Bearer $(ironclerk token)\" http://127.0.0.1:4011/api/me";

/// Print a session token for a user.
///
/// A session is created for the user, as Clerk allows in development instances, and a token is
/// made for it: by default a plain session token that is valid for a minute.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The user: an id or an email address [default: the first user of the instance]
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The organization that is active in the session: an id or a slug [default: none]
    #[arg(long, value_name = "ORGANIZATION")]
    org: Option<String>,
    /// The name of the JWT template to make the token from [default: a session token]
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// For how many seconds the token is valid, at least 30 [default: 60, or the template's]
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
    #[command(flatten)]
    connection: Connection,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let client = arguments.connection.client()?;
    let token = block_on(async {
        let user_id = find_user(&client, arguments.user.as_deref()).await?;
        let active_organization_id = match &arguments.org {
            None => None,
            Some(org) => Some(find_organization(&client, org).await?),
        };
        let session = client
            .sessions()
            .create(&CreateSession {
                user_id,
                active_organization_id,
            })
            .await?;
        let token = match &arguments.template {
            None => {
                let request = CreateSessionToken {
                    session_id: session.id,
                    expires_in_seconds: arguments.ttl,
                };
                client.sessions().create_token(&request).await?
            }
            Some(name) => {
                let request = CreateSessionTokenFromTemplate {
                    session_id: session.id,
                    template_name: name.clone(),
                    expires_in_seconds: arguments.ttl,
                };
                client
                    .sessions()
                    .create_token_from_template(&request)
                    .await?
            }
        };
        Ok(token.jwt)
    })?;
    output::line(&token)
}

async fn find_user(client: &Client, named: Option<&str>) -> anyhow::Result<UserId> {
    let mut request = ListUsers {
        limit: Some(1),
        order_by: Some(Sort::ascending(UserSort::CreatedAt)),
        ..Default::default()
    };
    match named {
        Some(address) if address.contains('@') => {
            request.filter = UserFilter {
                email_address: vec![address.to_owned()],
                ..Default::default()
            };
        }
        Some(id) => return Ok(id.into()),
        None => {}
    }
    let users = client.send(&request).await?;
    match (users.into_iter().next(), named) {
        (Some(user), _) => Ok(user.id),
        (None, Some(address)) => bail!("there is no user with the email address {address}"),
        (None, None) => bail!(
            "the instance has no users: create one with `ironclerk api POST /users -d '{{\"email_address\": [\"ada@example.com\"]}}'`"
        ),
    }
}

async fn find_organization(client: &Client, named: &str) -> anyhow::Result<OrganizationId> {
    let organization = client
        .organizations()
        .get(named)
        .await
        .with_context(|| format!("cannot find the organization {named}"))?;
    Ok(organization.id)
}
