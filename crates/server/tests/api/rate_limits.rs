//! Clerk's rate limits: who is turned away, for how long, and what servers on one database share.

use std::time::Duration;

use http::Method;
use ironclerk_server::{Config, RateLimits};
use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::{Value, json};

use crate::harness::{Answer, PUBLIC_URL, TestServer, run_on_database};

/// Makes a test on SQLite and a test on PostgreSQL of each scenario, with Clerk's limits.
macro_rules! with_limits_on_both_databases {
    ($($scenario:ident,)*) => {
        mod on_sqlite {
            $(#[test] fn $scenario() {
                super::run(super::Backend::Sqlite, super::$scenario);
            })*
        }
        mod on_postgres {
            $(#[test] fn $scenario() {
                super::run(super::Backend::Postgres, super::$scenario);
            })*
        }
    };
}

with_limits_on_both_databases! {
    a_secret_key_has_a_limit,
    the_changes_of_an_object_have_a_limit,
    invitations_have_limits,
}

fn run(backend: Backend, scenario: impl AsyncFnOnce(&TestServer)) {
    run_on_database(backend, async |database| {
        let server = start(database, RateLimits::Clerk).await;
        scenario(&server).await;
    });
}

async fn start(database: &TestDatabase, rate_limits: RateLimits) -> TestServer {
    let config = Config {
        rate_limits,
        ..Config::new(database.url(), PUBLIC_URL)
    };
    TestServer::start_with(config).await
}

#[track_caller]
fn turned_away(answer: &Answer, seconds: u64) {
    answer.refused(429, "too_many_requests");
    assert_eq!(
        answer.header("retry-after"),
        Some(seconds.to_string().as_str())
    );
}

async fn a_secret_key_has_a_limit(server: &TestServer) {
    let count = "/v1/users/count";
    // Whoever does not have the key uses nothing up.
    for _ in 0..5 {
        let unknown = [("authorization", "Bearer sk_test_unknown")];
        let answer = server.request(Method::GET, count, &unknown, b"").await;
        answer.refused(401, "clerk_key_invalid");
    }
    server.advance(Duration::from_millis(6500));
    for _ in 0..99 {
        server.get(count).await.ok();
    }
    // What is refused for another reason counts too.
    server
        .get("/v1/users/user_nobody")
        .await
        .refused(404, "resource_not_found");
    for _ in 0..3 {
        turned_away(&server.get(count).await, 4);
    }
    // Whoever verifies tokens is never turned away, nor is a browser.
    server.get("/v1/jwks").await.ok();
    server
        .request(Method::GET, "/.well-known/jwks.json", &[], b"")
        .await
        .ok();
    server.advance(Duration::from_millis(3499));
    turned_away(&server.get(count).await, 1);
    server.advance(Duration::from_millis(1));
    server.get(count).await.ok();
}

async fn the_changes_of_an_object_have_a_limit(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let user = format!("/v1/users/{}", ada.id);
    let organization = format!("/v1/organizations/{}", acme.id);
    let membership = format!("{organization}/memberships/{}", ada.id);
    let metadata = json!({"public_metadata": {"a": 1}});
    for (path, body) in [
        (&user, json!({"first_name": "Ada"})),
        (&organization, json!({"name": "Acme"})),
        (&membership, json!({"role": "org:admin"})),
    ] {
        // Changes of the object and of its metadata count together.
        let with_metadata = format!("{path}/metadata");
        for _ in 0..5 {
            server.patch(path, body.clone()).await.ok();
            server.patch(&with_metadata, metadata.clone()).await.ok();
        }
        turned_away(&server.patch(path, body).await, 10);
        turned_away(&server.patch(&with_metadata, metadata.clone()).await, 10);
    }
    // Others can be changed, and this one can be read.
    let other = format!("/v1/users/{}", bob.id);
    server
        .patch(&other, json!({"first_name": "Bob"}))
        .await
        .ok();
    server.get(&user).await.ok();
    server.advance(Duration::from_secs(10));
    server.patch(&user, json!({"first_name": "Ada"})).await.ok();
}

async fn invitations_have_limits(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let of_acme = format!("/v1/organizations/{}/invitations", acme.id);
    let to = |index: usize| json!({"email_address": format!("guest{index}@example.com"), "ignore_existing": true});
    let to_acme = |index: usize| json!({"email_address": format!("guest{index}@example.com"), "role": "org:member"});
    // Every limit of the secret key is far away.
    let mut minutes = 0;
    type Body<'a> = &'a dyn Fn(usize) -> Value;
    let cases: [(&str, usize, Body<'_>); 4] = [
        ("/v1/invitations", 100, &to),
        ("/v1/invitations/bulk", 25, &|index| {
            json!([to(1000 + index)])
        }),
        (&of_acme, 250, &to_acme),
        (&format!("{of_acme}/bulk"), 50, &|index| {
            json!([to_acme(1000 + index)])
        }),
    ];
    server
        .patch(
            &format!("/v1/organizations/{}", acme.id),
            json!({"max_allowed_memberships": 0}),
        )
        .await
        .ok();
    for (path, most, body) in cases {
        for index in 0..most {
            if index % 50 == 0 {
                server.advance(Duration::from_secs(60));
                minutes += 1;
            }
            server.post(path, body(index)).await.ok();
        }
        // The scenarios begin 800 s after the full hour.
        turned_away(
            &server.post(path, body(most)).await,
            3600 - 800 - 60 * minutes,
        );
    }
    server.advance(Duration::from_secs(3600));
    server.post("/v1/invitations", to(2000)).await.ok();
}

#[test]
fn there_are_no_limits_unless_asked_for() {
    run_on_database(Backend::Sqlite, async |database| {
        let server = start(database, RateLimits::default()).await;
        for _ in 0..150 {
            server.get("/v1/users/count").await.ok();
        }
    });
}

#[test]
fn servers_on_one_postgresql_share_the_limits() {
    run_on_database(Backend::Postgres, async |database| {
        let one = start(database, RateLimits::Clerk).await;
        let other = start(database, RateLimits::Clerk).await;
        let count = "/v1/users/count";
        for _ in 0..50 {
            let (first, second) = tokio::join!(one.get(count), other.get(count));
            first.ok();
            second.ok();
        }
        turned_away(&one.get(count).await, 10);
        turned_away(&other.get(count).await, 10);
        let rows = || database.sql("SELECT count(*) FROM rate_limits").unwrap();
        assert_eq!(rows(), "1");
        for server in [&one, &other] {
            server.advance(Duration::from_secs(120));
            server.get(count).await.ok();
        }
        // What is over is thrown away.
        assert_eq!(rows(), "1");
    });
}
