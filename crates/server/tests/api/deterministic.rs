//! A server whose answers are the same each time.

use http::Method;
use ironclerk::instance::InstanceType;
use ironclerk_server::{Config, Server, ServerError};
use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::{Value, json};

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, on_both_databases, run_on_database};

fn config(database: &TestDatabase) -> Config {
    Config::new(database.url(), PUBLIC_URL).deterministic(BEGINNING)
}

mod two_servers_give_the_same_answers {
    use super::*;

    #[test]
    fn on_sqlite() {
        compare(Backend::Sqlite);
    }

    #[test]
    fn on_postgres() {
        compare(Backend::Postgres);
    }

    fn compare(backend: Backend) {
        let mut answers = Vec::new();
        for _ in 0..2 {
            run_on_database(backend, async |database| {
                let server = TestServer::start_as_configured(config(database)).await;
                answers.push(walk(&server).await);
                server.stop().await;
            });
        }
        let Ok([first, second]) = <[Vec<String>; 2]>::try_from(answers) else {
            return;
        };
        assert_eq!(first, second);
        // Where nothing were drawn and no time went by, they would be the same as well.
        assert!(
            first[2].contains(&(BEGINNING + 1).to_string()),
            "{}",
            first[2]
        );
    }

    /// Goes through what has ids, secrets, signatures and times in it, refusals too.
    async fn walk(server: &TestServer) -> Vec<String> {
        let instance = server.server.instance();
        let mut answers = vec![
            instance.secret_key().expose().to_owned(),
            instance.jwt_key(),
        ];
        let mut ids: Vec<String> = Vec::new();
        for (method, path, body) in [
            (
                Method::POST,
                "/v1/users",
                json!({"email_address": ["ada@example.com"], "password": "correct horse"}),
            ),
            (
                Method::POST,
                "/v1/organizations",
                json!({"name": "Acme", "created_by": "$0"}),
            ),
            (
                Method::POST,
                "/v1/sessions",
                json!({"user_id": "$0", "active_organization_id": "$1"}),
            ),
            (Method::GET, "/v1/users/user_nobody", Value::Null),
            (Method::POST, "/v1/sessions/$2/tokens", json!({})),
            (Method::POST, "/v1/sessions/$2/tokens", json!({})),
            (Method::POST, "/v1/sign_in_tokens", json!({"user_id": "$0"})),
            (Method::POST, "/v1/testing_tokens", json!({})),
            (
                Method::POST,
                "/v1/oauth_applications",
                json!({"name": "A", "redirect_uris": ["https://a.example"]}),
            ),
            (
                Method::POST,
                "/deterministic/clock?advance=60000",
                Value::Null,
            ),
            (Method::GET, "/v1/organization_roles", Value::Null),
            (Method::GET, "/v1/jwks", Value::Null),
            (Method::GET, "/v1/instance", Value::Null),
            (Method::GET, "/v1/domains", Value::Null),
            (
                Method::GET,
                "/v1/client/handshake?redirect_url=http://localhost:3000",
                Value::Null,
            ),
        ] {
            let mut text = body.to_string();
            let mut path = path.to_owned();
            for (index, id) in ids.iter().enumerate() {
                text = text.replace(&format!("${index}"), id);
                path = path.replace(&format!("${index}"), id);
            }
            let body = serde_json::from_str::<Option<Value>>(&text).unwrap();
            let answer = server.call(method, &path, body).await;
            if let Ok(object) = serde_json::from_slice::<Value>(&answer.body) {
                ids.push(object["id"].as_str().unwrap_or_default().to_owned());
            }
            // All of it but for the date of the day.
            let head = answer
                .head
                .lines()
                .filter(|line| !line.starts_with("date:"));
            let head: Vec<_> = head.collect();
            answers.push(format!(
                "{}\n{}",
                head.join("\n"),
                String::from_utf8_lossy(&answer.body)
            ));
        }
        answers
    }
}

on_both_databases! {
    the_clock_of_other_servers_cannot_be_moved,
}

async fn the_clock_of_other_servers_cannot_be_moved(server: &TestServer) {
    let path = "/deterministic/clock?advance=60000";
    let answer = server.call(Method::POST, path, None).await;
    answer.refused(404, "resource_not_found");
    server.get(path).await.refused(404, "resource_not_found");
}

#[test]
fn the_clock_moves_with_writes_and_when_told() {
    run_on_database(Backend::Sqlite, async |database| {
        let server = TestServer::start_as_configured(config(database)).await;
        let clock = async || server.get("/deterministic/clock").await.ok()["now"].clone();
        assert_eq!(clock().await, json!(BEGINNING));
        server.get("/v1/users").await.ok();
        assert_eq!(clock().await, json!(BEGINNING));
        server.user("ada@example.com").await;
        assert_eq!(clock().await, json!(BEGINNING + 1));
        let path = "/deterministic/clock?advance=60000";
        let moved = server.call(Method::POST, path, None).await.ok();
        assert_eq!(moved, json!({"now": BEGINNING + 60_001}));
        let bob = server.user("bob@example.com").await;
        assert_eq!(bob.created_at, BEGINNING + 60_002);
        for wrong in [
            "",
            "?advance=-1",
            "?advance=x",
            "?advance=9223372036854775807",
        ] {
            let path = format!("/deterministic/clock{wrong}");
            let answer = server.call(Method::POST, &path, None).await;
            answer.refused_for(422, "form_param_value_invalid", "advance");
        }
        let stranger = server.request(Method::POST, path, &[], b"").await;
        stranger.refused(401, "authentication_invalid");
        let stranger = server.request(Method::GET, path, &[], b"").await;
        stranger.refused(401, "authentication_invalid");
    });
}

#[test]
fn it_is_for_development_and_for_an_empty_database() {
    run_on_database(Backend::Sqlite, async |database| {
        let production = Config {
            instance_type: InstanceType::Production,
            ..config(database)
        };
        let refused = Server::open(production).await.err().unwrap();
        assert!(
            matches!(refused, ServerError::PredictableProduction),
            "{refused}"
        );
        drop(Server::open(config(database)).await.unwrap());
        let refused = Server::open(config(database)).await.err().unwrap();
        assert!(
            matches!(refused, ServerError::PredictableRestart),
            "{refused}"
        );
    });
}
