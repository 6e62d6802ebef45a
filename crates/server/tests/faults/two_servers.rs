//! Two servers on one PostgreSQL are one.

use std::io::{Read, Write};
use std::net::TcpStream;

use ironclerk::api::sessions::{CreateSession, CreateSessionToken, SessionStatus};
use ironclerk::api::sign_in_tokens::CreateSignInToken;
use ironclerk::api::users::CreateUser;
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
