//! What was acknowledged is there after the server was killed in the middle of its work.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use ironclerk::Client;
use ironclerk::api::id::UserId;
use ironclerk::api::users::CreateUser;
use ironclerk_test_support::{Backend, TestDatabase};

use crate::process::{Process, all_users};

const ROUNDS: usize = 6;
const WRITERS: usize = 6;

/// Creates users on a connection of its own until the server is gone, and answers those of which
/// the server has said that they are created.
async fn write(client: Client, name: String) -> Vec<UserId> {
    let mut acknowledged = Vec::new();
    loop {
        let number = acknowledged.len();
        let user = CreateUser {
            username: Some(format!("{name}_{number}")),
            email_address: vec![
                format!("{name}_{number}@example.com"),
                format!("{name}_{number}@example.org"),
            ],
            ..Default::default()
        };
        match client.users().create(&user).await {
            Ok(user) => acknowledged.push(user.id),
            Err(error) => {
                assert!(error.api_error().is_none(), "{error}");
                return acknowledged;
            }
        }
    }
}

async fn check(process: &Process, acknowledged: &[UserId]) {
    let users = all_users(&process.client()).await;
    let there: std::collections::HashSet<_> = users.iter().map(|user| &user.id).collect();
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| !there.contains(id))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost",
        lost.len(),
        acknowledged.len()
    );
    for user in &users {
        // Rows in two tables: all of them or none.
        let name = user.username.as_deref().unwrap();
        let mut addresses: Vec<_> = user
            .email_addresses
            .iter()
            .map(|address| address.email_address.as_str())
            .collect();
        addresses.sort_unstable();
        assert_eq!(
            addresses,
            [format!("{name}@example.com"), format!("{name}@example.org")]
        );
    }
    // Each writer may have had one write under way that was done and not acknowledged.
    assert!(users.len() <= acknowledged.len() + ROUNDS * WRITERS);
}

/// Kills the server again and again while it writes.
fn survives(backend: Backend) {
    let Some(database) = TestDatabase::new(backend) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let process = Process::start(&database.url());
        runtime.block_on(check(&process, &acknowledged));
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| runtime.spawn(write(process.client(), format!("r{round}_w{writer}"))))
            .collect();
        let random = RandomState::new().build_hasher().finish();
        std::thread::sleep(Duration::from_millis(100 + random % 400));
        process.kill();
        for writer in writers {
            acknowledged.extend(runtime.block_on(writer).unwrap());
        }
        if database.file().is_some() {
            assert_eq!(database.sql("PRAGMA integrity_check").unwrap(), "ok");
            assert_eq!(database.sql("PRAGMA foreign_key_check"), None);
        }
    }
    assert!(
        acknowledged.len() > ROUNDS * WRITERS,
        "hardly anything was written"
    );
    let process = Process::start(&database.url());
    runtime.block_on(check(&process, &acknowledged));
    process.kill();
}

#[test]
fn what_sqlite_has_acknowledged_survives() {
    survives(Backend::Sqlite);
}

#[test]
fn what_postgres_has_acknowledged_survives() {
    survives(Backend::Postgres);
}
