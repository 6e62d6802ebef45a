//! How one signing key follows another while servers run.

use std::time::Duration;

use ironclerk::jwt;
use ironclerk_server::database::Database;
use ironclerk_server::signing_keys::{self, Rotation, SigningKeyError, Use};
use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::{Value, json};

use crate::harness::{BEGINNING, TestServer, column, run_on_database};
use crate::sessions::verified;

/// Makes a test on SQLite and a test on PostgreSQL of each scenario.
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
    a_new_key_signs_and_the_old_one_verifies_for_a_while,
    a_leaked_key_is_out_of_use_at_once,
    a_key_that_is_needed_stays,
}

const ROTATION: Rotation = Rotation {
    sign_after: Duration::from_secs(30),
    keep_old: Duration::from_secs(3600),
};

async fn token(server: &TestServer, session: &str) -> String {
    let path = format!("/v1/sessions/{session}/tokens");
    let body = json!({"expires_in_seconds": 7200});
    let answer = server.post(&path, body).await.ok();
    answer["jwt"].as_str().unwrap().to_owned()
}

fn key_id(token: &str) -> String {
    jwt::decode(token).unwrap().key_id().unwrap().to_owned()
}

async fn published(server: &TestServer) -> Vec<String> {
    column(&server.get("/v1/jwks").await.ok()["keys"], "kid")
}

async fn verification(server: &TestServer, session: &str, token: &str) -> u16 {
    let path = format!("/v1/sessions/{session}/verify");
    server.post(&path, json!({"token": token})).await.status
}

async fn a_new_key_signs_and_the_old_one_verifies_for_a_while(database: &TestDatabase) {
    let one = TestServer::start(database.url()).await;
    let other = TestServer::start(database.url()).await;
    let servers = [&one, &other];
    let advance = |seconds| {
        for server in servers {
            server.advance(Duration::from_secs(seconds));
        }
    };
    let ada = one.user("ada@example.com").await;
    let session = one.session(&ada).await.id.to_string();
    let first = one.server.instance().id().to_string();
    let old = token(&one, &session).await;
    let ticket = json!({"user_id": ada.id, "expires_in_seconds": 86400});
    let ticket: Value = one.post("/v1/sign_in_tokens", ticket).await.ok();
    assert_eq!(key_id(&old), first);

    let database_url = database.url();
    let database = Database::open(&database_url).await.unwrap();
    let next = signing_keys::rotate(&database, ROTATION, BEGINNING)
        .await
        .unwrap();
    assert!(next.id.starts_with(&first) && next.id != first);
    assert_eq!(next.r#use, Use::Published);
    // All servers publish it before it signs.
    advance(5);
    for server in servers {
        assert_eq!(published(server).await, [next.id.as_str(), &first]);
        assert_eq!(key_id(&token(server, &session).await), first);
        assert_ne!(server.server.instance().jwt_key(), next.jwt_key);
    }
    advance(25);
    for server in servers {
        let new = token(server, &session).await;
        assert_eq!(key_id(&new), next.id);
        for verifier in servers {
            for token in [&old, &new] {
                assert_eq!(verified(verifier, token).await["sid"], json!(session));
                assert_eq!(verification(verifier, &session, token).await, 200);
            }
        }
        assert_eq!(server.server.instance().jwt_key(), next.jwt_key);
    }
    // What else was signed by the old key holds as well.
    let url = ticket["url"].as_str().unwrap();
    let path = url.strip_prefix(one.server.instance().issuer()).unwrap();
    let accepted = other.request(http::Method::GET, path, &[], b"").await;
    assert_eq!(accepted.status, 200, "{accepted:?}");

    advance(3600);
    for server in servers {
        assert_eq!(published(server).await, [next.id.as_str()]);
        assert_eq!(verification(server, &session, &old).await, 400);
    }
    // A server that starts knows the same.
    let late = TestServer::start(database_url).await;
    late.advance(Duration::from_secs(3630));
    assert_eq!(published(&late).await, [next.id.as_str()]);
}

async fn a_leaked_key_is_out_of_use_at_once(database: &TestDatabase) {
    let server = TestServer::start(database.url()).await;
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await.id.to_string();
    let old = token(&server, &session).await;
    let now = Rotation {
        sign_after: Duration::ZERO,
        keep_old: Duration::ZERO,
    };
    let database = Database::open(&database.url()).await.unwrap();
    let next = signing_keys::rotate(&database, now, BEGINNING)
        .await
        .unwrap();
    assert_eq!(next.r#use, Use::Signs);
    server.advance(Duration::from_secs(5));
    assert_eq!(published(&server).await, [next.id.as_str()]);
    assert_eq!(verification(&server, &session, &old).await, 400);
    assert_eq!(key_id(&token(&server, &session).await), next.id);
}

async fn a_key_that_is_needed_stays(database: &TestDatabase) {
    let url = database.url();
    let empty = Database::open(&url).await.unwrap();
    assert!(matches!(
        signing_keys::list(&empty, BEGINNING).await,
        Err(SigningKeyError::NoInstance)
    ));
    let server = TestServer::start(url).await;
    let first = server.server.instance().id().to_string();
    let remove = async |id: &str, now| signing_keys::remove(&empty, id.to_owned(), now).await;
    assert!(matches!(
        remove(&first, BEGINNING).await,
        Err(SigningKeyError::InUse(_))
    ));
    assert!(matches!(
        remove("nothing", BEGINNING).await,
        Err(SigningKeyError::Unknown(_))
    ));
    let next = signing_keys::rotate(&empty, ROTATION, BEGINNING)
        .await
        .unwrap();
    assert!(matches!(
        remove(&first, BEGINNING).await,
        Err(SigningKeyError::InUse(_))
    ));
    let later = BEGINNING + 30_000;
    assert!(matches!(
        remove(&next.id, later).await,
        Err(SigningKeyError::InUse(_))
    ));
    remove(&first, later).await.unwrap();
    let left = signing_keys::list(&empty, later).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].id.as_str(), left[0].r#use),
        (next.id.as_str(), Use::Signs)
    );
    // There is an end to how many there can be.
    for _ in 0..7 {
        signing_keys::rotate(&empty, ROTATION, later).await.unwrap();
    }
    let refused = signing_keys::rotate(&empty, ROTATION, later).await;
    assert!(matches!(refused, Err(SigningKeyError::TooMany)));
}
