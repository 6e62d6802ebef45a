//! What was acknowledged is there after the server was killed in the middle of its work.
//!
//! The server is this test program itself, started once more: see [`server_process`].

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ironclerk::Client;
use ironclerk::api::Sort;
use ironclerk::api::id::UserId;
use ironclerk::api::users::{CreateUser, ListUsers, User, UserSort};
use ironclerk::instance::SecretKey;
use ironclerk_server::{Config, Server};
use ironclerk_test_support::{Backend, TestDatabase};

const DATABASE: &str = "IRONCLERK_TEST_SERVE";
const SECRET_KEY: &str = "sk_test_durability";
const ROUNDS: usize = 6;
const WRITERS: usize = 6;

/// The process that is killed: serves the database that the environment names.
#[test]
#[ignore = "the other tests run it, as a process of its own"]
fn server_process() {
    let Ok(database_url) = std::env::var(DATABASE) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::open(Config {
            secret_key: Some(SecretKey::new(SECRET_KEY).unwrap()),
            ..Config::new(database_url, "http://127.0.0.1:4010")
        })
        .await
        .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("\nlistening on {}", listener.local_addr().unwrap());
        // Whoever has started it holds the other end; it must not outlive them.
        let orphaned = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        let stop = async {
            let _ = orphaned.await;
        };
        server.serve(listener, stop).await;
    });
}

/// The server in a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(database: &TestDatabase) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["server_process", "--exact", "--ignored", "--nocapture"])
            .env(DATABASE, database.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()))
            .expect("the server starts");
        Self {
            child,
            url: format!("http://{address}"),
        }
    }

    fn client(&self) -> Client {
        Client::builder()
            .secret_key(SecretKey::new(SECRET_KEY).unwrap())
            .api_url(self.url.clone())
            .build()
            .unwrap()
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

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

/// Every user that there is.
async fn all_users(client: &Client) -> Vec<User> {
    let mut users = Vec::new();
    loop {
        let request = ListUsers {
            limit: Some(500),
            offset: Some(u32::try_from(users.len()).unwrap()),
            order_by: Some(Sort::ascending(UserSort::Username)),
            ..Default::default()
        };
        let page = client.send(&request).await.unwrap();
        if page.is_empty() {
            return users;
        }
        users.extend(page);
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
        let process = Process::start(&database);
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
    let process = Process::start(&database);
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
