//! A PostgreSQL that cannot be reached for a while.

use std::net::SocketAddr;
use std::time::Duration;

use ironclerk::Client;
use ironclerk::api::id::UserId;
use ironclerk::api::users::CreateUser;
use ironclerk_test_support::{Backend, TestDatabase};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_postgres::config::Host;

use crate::process::{Process, all_users, assert_unavailable};

/// A way to the database that can be cut.
struct Way {
    is_open: watch::Sender<bool>,
    url: String,
}

impl Way {
    async fn to(database: &TestDatabase) -> Self {
        let config: tokio_postgres::Config = database.url().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = through(listener.local_addr().unwrap(), &config);
        let (is_open, state) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() {
                    tokio::spawn(carry(client, config.clone(), state.clone()));
                }
            }
        });
        Self { is_open, url }
    }
}

fn through(address: SocketAddr, config: &tokio_postgres::Config) -> String {
    let user = config.get_user().unwrap_or("postgres");
    let password = config.get_password().map(String::from_utf8_lossy);
    let password = password.map(|password| format!(":{password}"));
    let database = config.get_dbname().unwrap();
    format!(
        "postgres://{user}{}@{address}/{database}",
        password.unwrap_or_default()
    )
}

async fn carry(client: TcpStream, config: tokio_postgres::Config, state: watch::Receiver<bool>) {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match &config.get_hosts()[0] {
        Host::Tcp(host) => {
            let server = TcpStream::connect((host.as_str(), port)).await.unwrap();
            carry_to(client, server, state).await;
        }
        Host::Unix(folder) => {
            let socket = folder.join(format!(".s.PGSQL.{port}"));
            let server = UnixStream::connect(socket).await.unwrap();
            carry_to(client, server, state).await;
        }
    }
}

async fn carry_to(
    mut client: TcpStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    mut state: watch::Receiver<bool>,
) {
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = state.wait_for(|is_open| !is_open) => {}
    }
}

fn user(name: String) -> CreateUser {
    CreateUser {
        username: Some(name),
        ..Default::default()
    }
}

#[test]
fn a_server_outlives_the_absence_of_its_database() {
    let Some(database) = TestDatabase::new(Backend::Postgres) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let way = Way::to(&database).await;
        let mut process = Process::start(&way.url);
        let client = process.client();
        let mut acknowledged = Vec::new();
        for round in 0..2 {
            let created = client
                .users()
                .create(&user(format!("before_{round}")))
                .await;
            let there = created.expect("the database is there").id;
            acknowledged.push(there.clone());

            let writers: Vec<_> = (0..4)
                .map(|writer| format!("r{round}_w{writer}"))
                .map(|name| tokio::spawn(write(client.clone(), name)))
                .collect();
            tokio::time::sleep(Duration::from_millis(200)).await;
            way.is_open.send_replace(false);
            for writer in writers {
                acknowledged.extend(writer.await.unwrap());
            }
            for number in 0..5 {
                let refused = client.users().create(&user(format!("no_{number}"))).await;
                assert_unavailable(refused.unwrap_err());
            }
            assert_unavailable(client.users().get(there.clone()).await.unwrap_err());
            assert!(process.is_alive());
            way.is_open.send_replace(true);
        }
        let created = client.users().create(&user("after".to_owned())).await;
        acknowledged.push(created.expect("the database is back").id);
        let users = all_users(&client).await;
        for id in &acknowledged {
            assert!(users.iter().any(|user| user.id == *id), "{id} is lost");
        }
        assert!(!users.iter().any(|user| {
            let name = user.username.as_deref();
            name.is_some_and(|name| name.starts_with("no_"))
        }));
        process.kill();
    });
}

/// Creates users until the database is gone, and answers those that were acknowledged.
async fn write(client: Client, name: String) -> Vec<UserId> {
    let mut acknowledged = Vec::new();
    loop {
        let user = user(format!("{name}_{}", acknowledged.len()));
        match client.users().create(&user).await {
            Ok(user) => acknowledged.push(user.id),
            Err(error) => {
                assert_unavailable(error);
                return acknowledged;
            }
        }
    }
}
