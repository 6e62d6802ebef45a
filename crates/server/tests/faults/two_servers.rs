//! Two servers on one PostgreSQL are one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ironclerk::Client;
use ironclerk::api::id::{SessionId, UserId};
use ironclerk::api::sessions::{CreateSession, CreateSessionToken, SessionStatus};
use ironclerk::api::sign_in_tokens::CreateSignInToken;
use ironclerk::api::users::{CreateUser, MergeUserMetadata};
use ironclerk::jwt;
use ironclerk_server::RateLimits;
use ironclerk_server::database::Database;
use ironclerk_server::signing_keys::{self, Rotation};
use ironclerk_test_support::{Backend, TestDatabase};

use crate::process::{Process, refusal};

/// The status of a GET, as a browser sends it.
fn visit(server: &Process, path: &str) -> u16 {
    let address = server.url().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn what_one_server_does_the_other_knows() {
    let Some(database) = TestDatabase::new(Backend::Postgres) else {
        return;
    };
    // Both find an empty database, and make one instance.
    let url = database.url();
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Process::start(&url));
        let other = scope.spawn(|| Process::start(&url));
        (one.join().unwrap(), other.join().unwrap())
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (here, there) = (one.client(), other.client());
        let keys = here.jwks().get().await.unwrap();
        assert_eq!(keys, there.jwks().get().await.unwrap());
        assert_eq!(keys.keys.len(), 1);

        let user = CreateUser {
            username: Some("ada_l".to_owned()),
            ..Default::default()
        };
        let user = here.users().create(&user).await.unwrap();
        let session = CreateSession {
            user_id: user.id.clone(),
            ..Default::default()
        };
        let session = here.sessions().create(&session).await.unwrap();
        let create_token = CreateSessionToken {
            session_id: session.id.clone(),
            ..Default::default()
        };
        let token = there.sessions().create_token(&create_token).await.unwrap();
        let verified = here.sessions().verify(session.id.clone(), token.jwt).await;
        assert_eq!(verified.unwrap().id, session.id);

        there.sessions().revoke(session.id.clone()).await.unwrap();
        let revoked = here.sessions().get(session.id.clone()).await.unwrap();
        assert_eq!(revoked.status, Some(SessionStatus::Revoked));
        let refused = here
            .sessions()
            .create_token(&create_token)
            .await
            .unwrap_err();
        assert_eq!(refusal(refused).status.as_u16(), 400);

        // Whoever comes first, wherever: a ticket is used once.
        for _ in 0..4 {
            let ticket = CreateSignInToken {
                user_id: user.id.clone(),
                ..Default::default()
            };
            let ticket = here.send(&ticket).await.unwrap();
            let url = ticket.url.unwrap();
            let path = url.strip_prefix("http://127.0.0.1:4010").unwrap();
            let visits = std::thread::scope(|scope| {
                [&one, &other, &one, &other]
                    .map(|server| scope.spawn(|| visit(server, path)))
                    .map(|visit| visit.join().unwrap())
            });
            let accepted = visits.iter().filter(|status| **status == 200).count();
            assert_eq!(accepted, 1, "{visits:?}");
        }
    });
}

async fn new_user(client: &Client) -> UserId {
    let user = CreateUser {
        username: Some("ada_l".to_owned()),
        ..Default::default()
    };
    client.users().create(&user).await.unwrap().id
}

/// How many ms it is since the epoch.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// How much is left of the ten seconds in which requests are counted together, in ms.
fn rest_of_window() -> u64 {
    10_000 - u64::try_from(now()).unwrap() % 10_000
}

#[test]
fn what_is_counted_at_one_server_counts_at_the_other() {
    let Some(database) = TestDatabase::new(Backend::Postgres) else {
        return;
    };
    let servers = [(); 2].map(|()| Process::start_with(&database.url(), RateLimits::Clerk));
    let clients = servers.each_ref().map(|server| {
        let client = server.client().to_builder();
        client.attempts(1).build().unwrap()
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let user_id = new_user(&clients[0]).await;
        if rest_of_window() < 5_000 {
            tokio::time::sleep(Duration::from_millis(rest_of_window())).await;
        }
        let begun_in = now() / 10_000;
        let requests = (0..30).map(|number| {
            let client = clients[number % 2].clone();
            let change = MergeUserMetadata {
                user_id: user_id.clone(),
                ..Default::default()
            };
            tokio::spawn(async move { client.send(&change).await })
        });
        let mut admitted = 0;
        for request in requests.collect::<Vec<_>>() {
            match request.await.unwrap() {
                Ok(_) => admitted += 1,
                Err(error) => assert_eq!(refusal(error).status.as_u16(), 429),
            }
        }
        assert_eq!(now() / 10_000, begun_in, "the machine is too slow for this");
        assert_eq!(admitted, 10);
    });
}

#[test]
fn a_key_that_is_rotated_signs_at_both_servers() {
    let Some(database) = TestDatabase::new(Backend::Postgres) else {
        return;
    };
    let servers = [(); 2].map(|()| Process::start(&database.url()));
    let clients = servers.each_ref().map(Process::client);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let session = CreateSession {
            user_id: new_user(&clients[0]).await,
            ..Default::default()
        };
        let session = clients[0].sessions().create(&session).await.unwrap().id;
        let old = token(&clients[1], &session).await;

        // As a command does, past the servers.
        let store = Database::open(&database.url()).await.unwrap();
        let rotation = Rotation {
            sign_after: Duration::from_secs(6),
            ..Rotation::default()
        };
        let next = signing_keys::rotate(&store, rotation, now()).await.unwrap();
        while now() < next.signs_from {
            for client in &clients {
                let token = token(client, &session).await;
                if now() < next.signs_from {
                    assert_ne!(key_id(&token), next.id);
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        for client in &clients {
            let published = client.jwks().get().await.unwrap().keys;
            assert!(
                published
                    .iter()
                    .any(|key| key.kid.as_ref() == Some(&next.id))
            );
            let new = token(client, &session).await;
            assert_eq!(key_id(&new), next.id);
            for verifier in &clients {
                for token in [&old, &new] {
                    let verified = verifier.sessions().verify(session.clone(), token.clone());
                    assert_eq!(verified.await.unwrap().id, session);
                }
            }
        }
    });
}

async fn token(client: &Client, session_id: &SessionId) -> String {
    let create = CreateSessionToken {
        session_id: session_id.clone(),
        ..Default::default()
    };
    client.sessions().create_token(&create).await.unwrap().jwt
}

fn key_id(token: &str) -> String {
    jwt::decode(token).unwrap().key_id().unwrap().to_owned()
}
