//! Writers that want the same: one gets it, the others learn which parameter is at fault.

use ironclerk::Client;
use ironclerk::api::jwt_templates::{CreateJwtTemplate, JwtTemplateFields};
use ironclerk::api::organizations::CreateOrganization;
use ironclerk::api::users::{CreateUser, UpdateUser};
use ironclerk::api::{Metadata, Patch};
use ironclerk::client::ClientError;
use ironclerk_test_support::{Backend, TestDatabase};

use crate::process::{Process, refusal};

const ROUNDS: usize = 3;
const WRITERS: usize = 8;

/// What the writers do, and the parameter that only one of them can have.
const RACES: [(Race, &str); 6] = [
    (Race::EmailAddress, "email_address"),
    (Race::Username, "username"),
    (Race::ExternalId, "external_id"),
    (Race::ChangedUsername, "username"),
    (Race::Slug, "slug"),
    (Race::TemplateName, "name"),
];

#[derive(Clone, Copy, Debug)]
enum Race {
    EmailAddress,
    Username,
    ExternalId,
    ChangedUsername,
    Slug,
    TemplateName,
}

/// One writer's try. `same` is what all of them want, `own` is what only this one has.
async fn run(race: Race, client: Client, same: String, own: String) -> Result<(), ClientError> {
    let user = CreateUser {
        username: Some(own.clone()),
        ..Default::default()
    };
    match race {
        Race::EmailAddress => {
            let user = CreateUser {
                email_address: vec![format!("{own}@example.com"), format!("{same}@example.com")],
                ..user
            };
            client.users().create(&user).await.map(drop)
        }
        Race::Username => {
            let user = CreateUser {
                username: Some(same),
                email_address: vec![format!("{own}@example.com")],
                ..user
            };
            client.users().create(&user).await.map(drop)
        }
        Race::ExternalId => {
            let user = CreateUser {
                external_id: Some(same),
                ..user
            };
            client.users().create(&user).await.map(drop)
        }
        Race::ChangedUsername => {
            let user = client.users().create(&user).await?;
            let change = UpdateUser {
                user_id: user.id,
                username: Patch::Set(same),
                ..Default::default()
            };
            client.send(&change).await.map(drop)
        }
        Race::Slug => {
            let organization = CreateOrganization {
                name: own,
                slug: Some(same),
                ..Default::default()
            };
            client.organizations().create(&organization).await.map(drop)
        }
        Race::TemplateName => {
            let template = CreateJwtTemplate {
                fields: JwtTemplateFields {
                    name: same,
                    claims: Metadata::new(),
                    ..Default::default()
                },
            };
            client.send(&template).await.map(drop)
        }
    }
}

/// `servers` on one database, with the writers spread over them.
fn one_wins(backend: Backend, servers: usize) {
    let Some(database) = TestDatabase::new(backend) else {
        return;
    };
    let servers: Vec<_> = (0..servers)
        .map(|_| Process::start(&database.url()))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (number, (race, parameter)) in RACES.into_iter().enumerate() {
        for round in 0..ROUNDS {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let client = servers[writer % servers.len()].client();
                    let same = format!("race{number}_{round}");
                    let own = format!("{same}_{writer}");
                    runtime.spawn(run(race, client, same.replace('_', "-"), own))
                })
                .collect();
            let done: Vec<_> = writers
                .into_iter()
                .map(|writer| runtime.block_on(writer).unwrap())
                .collect();
            let winners = done.iter().filter(|done| done.is_ok()).count();
            assert_eq!(winners, 1, "{race:?}: {done:?}");
            for error in done.into_iter().filter_map(Result::err) {
                let refusal = refusal(error);
                assert_eq!(refusal.status.as_u16(), 422, "{race:?}: {refusal}");
                assert!(
                    refusal.has_code("form_identifier_exists"),
                    "{race:?}: {refusal}"
                );
                assert_eq!(refusal.errors[0].parameter(), Some(parameter), "{race:?}");
            }
        }
    }
}

#[test]
fn one_writer_wins_on_sqlite() {
    one_wins(Backend::Sqlite, 1);
}

#[test]
fn one_writer_wins_on_two_servers_of_one_postgres() {
    one_wins(Backend::Postgres, 2);
}
