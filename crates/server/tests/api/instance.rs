//! The instance and its data: across restarts, between servers, and with other versions.

use ironclerk::instance::{InstanceType, SecretKey};
use ironclerk_server::{Config, Server, ServerError};
use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::json;

use crate::harness::{PUBLIC_URL, TestServer, run_on_database};

/// Makes a test on SQLite and a test on PostgreSQL of each scenario with an empty database.
macro_rules! on_both_empty_databases {
    ($($scenario:ident,)*) => {
        mod on_sqlite {
            $(#[test] fn $scenario() {
                super::run_on_database(super::Backend::Sqlite, super::$scenario);
            })*
        }
        mod on_postgres {
            $(#[test] fn $scenario() {
                super::run_on_database(super::Backend::Postgres, super::$scenario);
            })*
        }
    };
}

on_both_empty_databases! {
    a_restart_keeps_everything,
    a_second_server_has_the_same_instance,
    servers_that_start_at_once_make_one_instance,
    a_given_secret_key_takes_the_place_of_the_old_one,
    an_instance_keeps_its_kind,
    tables_of_a_newer_version_are_left_alone,
    what_one_server_writes_another_reads,
}

fn config(database: &TestDatabase) -> Config {
    Config::new(database.url(), PUBLIC_URL)
}

/// What applications know an instance by.
fn keys(server: &Server) -> [String; 4] {
    let instance = server.instance();
    [
        instance.id().to_string(),
        instance.secret_key().expose().to_owned(),
        instance.publishable_key().to_string(),
        instance.jwt_key(),
    ]
}

async fn a_restart_keeps_everything(database: &TestDatabase) {
    let first = TestServer::start(database.url()).await;
    let known = keys(&first.server);
    assert!(known[0].starts_with("ins_"));
    assert!(
        known[1].starts_with("sk_test_") && known[1].len() > 40,
        "{}",
        known[1].len()
    );
    assert!(known[2].starts_with("pk_test_"));
    let ada = first.user("ada@example.com").await;
    let acme = first.organization("Acme", &ada).await;
    let session = first.session(&ada).await;
    let template = json!({"name": "a", "claims": {"z": 1, "a": {"c": 1, "b": 2}}});
    first.post("/v1/jwt_templates", template).await.ok();
    let paths = [
        format!("/v1/users/{}", ada.id),
        format!("/v1/organizations/{}", acme.id),
        format!("/v1/organizations/{}/memberships", acme.id),
        format!("/v1/sessions/{}", session.id),
        "/v1/jwt_templates".to_owned(),
        "/v1/jwks".to_owned(),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(first.get(path).await.ok());
    }
    first.stop().await;

    let second = TestServer::start(database.url()).await;
    assert_eq!(keys(&second.server), known);
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(
            second.get(path).await.ok().to_string(),
            before.to_string(),
            "{path}"
        );
    }
}

async fn a_second_server_has_the_same_instance(database: &TestDatabase) {
    let first = Server::open(config(database)).await.unwrap();
    let second = Server::open(config(database)).await.unwrap();
    assert_eq!(keys(&first), keys(&second));
    assert_eq!(first.instance().jwks(), second.instance().jwks());
}

async fn servers_that_start_at_once_make_one_instance(database: &TestDatabase) {
    let servers = (0..4).map(|_| tokio::spawn(Server::open(config(database))));
    let mut all = Vec::new();
    for server in servers.collect::<Vec<_>>() {
        all.push(keys(&server.await.unwrap().unwrap()));
    }
    for other in &all[1..] {
        assert_eq!(*other, all[0]);
    }
    assert_eq!(database.sql("SELECT count(*) FROM instance").unwrap(), "1");
    assert_eq!(
        database.sql("SELECT count(*) FROM signing_keys").unwrap(),
        "1"
    );
}

async fn a_given_secret_key_takes_the_place_of_the_old_one(database: &TestDatabase) {
    let made = Server::open(config(database)).await.unwrap();
    let given = Config {
        secret_key: Some(SecretKey::new("sk_test_given").unwrap()),
        ..config(database)
    };
    let server = TestServer::start_with(given).await;
    assert_eq!(server.server.instance().id(), made.instance().id());
    server.get("/v1/users").await.ok();
    let old = format!("Bearer {}", made.instance().secret_key().expose());
    let answer = server
        .request(
            http::Method::GET,
            "/v1/users",
            &[("authorization", &old)],
            b"",
        )
        .await;
    answer.refused(401, "clerk_key_invalid");
    server.stop().await;
    // It is remembered.
    let later = Server::open(config(database)).await.unwrap();
    assert_eq!(later.instance().secret_key().expose(), "sk_test_given");
}

async fn an_instance_keeps_its_kind(database: &TestDatabase) {
    let production = Config {
        instance_type: InstanceType::Production,
        ..config(database)
    };
    let server = Server::open(production.clone()).await.unwrap();
    assert!(
        server
            .instance()
            .secret_key()
            .expose()
            .starts_with("sk_live_")
    );
    assert!(
        server
            .instance()
            .publishable_key()
            .as_str()
            .starts_with("pk_live_")
    );
    let other = Server::open(config(database)).await.err().unwrap();
    assert!(
        matches!(&other, ServerError::OtherKind { kind } if kind == "production"),
        "{other}"
    );
    assert!(other.to_string().contains("production"));
    Server::open(production).await.unwrap();
}

async fn tables_of_a_newer_version_are_left_alone(database: &TestDatabase) {
    drop(Server::open(config(database)).await.unwrap());
    database.sql("INSERT INTO schema_migrations (version) VALUES (9000)");
    let error = Server::open(config(database))
        .await
        .err()
        .unwrap()
        .to_string();
    for part in ["newer IronClerk", "9000", "update IronClerk"] {
        assert!(error.contains(part), "{error}");
    }
    database.sql("DELETE FROM schema_migrations WHERE version = 9000");
    Server::open(config(database)).await.unwrap();
}

async fn what_one_server_writes_another_reads(database: &TestDatabase) {
    let first = TestServer::start(database.url()).await;
    let second = TestServer::start(database.url()).await;
    let ada = first.user("ada@example.com").await;
    assert_eq!(
        second.client.users().get(ada.id.clone()).await.unwrap(),
        ada
    );
    let taken = second
        .post("/v1/users", json!({"email_address": ["ada@example.com"]}))
        .await;
    taken.refused_for(422, "form_identifier_exists", "email_address");

    // A token of the one is good at the other, and a session that ends there has ended here.
    let session = first.session(&ada).await;
    let tokens = format!("/v1/sessions/{}/tokens", session.id);
    let token = first.post(&tokens, json!({})).await.ok();
    let verify = format!("/v1/sessions/{}/verify", session.id);
    let verified = second.post(&verify, json!({"token": token["jwt"]})).await;
    assert_eq!(verified.ok()["id"], json!(session.id));
    second.client.sessions().revoke(session.id).await.unwrap();
    let refused = first.post(&tokens, json!({})).await;
    refused.refused(400, "invalid_action_for_session");

    // What can be used once is used at one of them.
    let path = format!("/v1/users/{}", ada.id);
    let codes = json!({"backup_codes": ["abcd1234"]});
    first.patch(&path, codes).await.ok();
    let (path, code) = (format!("{path}/verify_totp"), json!({"code": "abcd1234"}));
    let (one, other) = tokio::join!(
        first.post(&path, code.clone()),
        second.post(&path, code.clone())
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(statuses[0] == 200 && statuses[1] >= 400, "{statuses:?}");
    second.client.users().delete(ada.id.clone()).await.unwrap();
    first
        .get(&format!("/v1/users/{}", ada.id))
        .await
        .refused(404, "resource_not_found");
}
