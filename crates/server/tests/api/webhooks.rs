//! Webhooks: turned on and off, managed on a page, sent.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ironclerk::webhook::{self, SigningSecret};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::harness::{Answer, PUBLIC_URL, TestServer, on_both_databases};

on_both_databases! {
    webhooks_are_turned_on_and_off,
    endpoints_are_managed_on_a_page,
    what_happens_is_sent,
    what_does_not_arrive_is_sent_again,
}

/// Makes another link, and answers its path.
async fn link(server: &TestServer) -> String {
    let answer = server
        .call(Method::POST, "/v1/webhooks/svix_url", None)
        .await;
    path_of(&answer.ok())
}

fn path_of(body: &Value) -> String {
    let url = body["svix_url"].as_str().unwrap();
    let path = url.strip_prefix(PUBLIC_URL).unwrap();
    assert!(path.starts_with("/webhooks?token="), "{url}");
    path.to_owned()
}

async fn page(server: &TestServer, path: &str) -> Answer {
    server.request(Method::GET, path, &[], b"").await
}

async fn submit(server: &TestServer, path: &str, form: &str) -> String {
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let answer = server
        .request(Method::POST, path, &kind, form.as_bytes())
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    String::from_utf8(answer.body).unwrap()
}

async fn webhooks_are_turned_on_and_off(server: &TestServer) {
    let webhooks = server.client.webhooks();
    for (method, path) in [
        (Method::POST, "/v1/webhooks/svix_url"),
        (Method::DELETE, "/v1/webhooks/svix"),
    ] {
        let answer = server.call(method, path, None).await;
        answer.refused(400, "svix_app_missing");
    }
    let url = webhooks.create_svix_app().await.unwrap().svix_url;
    let first = url.strip_prefix(PUBLIC_URL).unwrap();
    assert_eq!(page(server, first).await.status, 200);
    let again = server.call(Method::POST, "/v1/webhooks/svix", None).await;
    again.refused(400, "svix_app_exists");
    let second = link(server).await;
    submit(server, &second, "add=http://localhost:9/hook").await;
    // A link is a key: nobody is let in without one, nor when its time is over.
    for wrong in ["/webhooks", "/webhooks?token=x", &first[..first.len() - 3]] {
        page(server, wrong)
            .await
            .refused(400, "ticket_invalid_code");
    }
    server.advance(Duration::from_secs(60 * 60 + 1));
    page(server, first)
        .await
        .refused(400, "ticket_expired_code");
    let third = link(server).await;
    webhooks.delete_svix_app().await.unwrap();
    page(server, &third)
        .await
        .refused(400, "ticket_invalid_code");
    // Whoever turns them on again begins anew.
    webhooks.create_svix_app().await.unwrap();
    page(server, &third)
        .await
        .refused(400, "ticket_invalid_code");
    let fourth = link(server).await;
    let shown = String::from_utf8(page(server, &fourth).await.body).unwrap();
    assert!(shown.contains("There are no endpoints yet."), "{shown}");
}

async fn endpoints_are_managed_on_a_page(server: &TestServer) {
    server.client.webhooks().create_svix_app().await.unwrap();
    let path = link(server).await;
    let answer = page(server, &path).await;
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let shown = submit(
        server,
        &path,
        "add=http%3A%2F%2Flocalhost%3A9%2F%3Fa%3D%3Cb%3E%26c&events=user.created+user.deleted",
    )
    .await;
    assert!(
        shown.contains("http://localhost:9/?a=&lt;b&gt;&amp;c"),
        "{shown}"
    );
    assert!(shown.contains("user.created, user.deleted"), "{shown}");
    let secret = secret(&shown);
    assert!(secret.parse::<SigningSecret>().is_ok(), "{secret}");
    for (form, problem) in [
        ("add=ftp://localhost", "must be an address"),
        (
            "add=http://localhost:9/2&events=everything",
            "Events are named like",
        ),
    ] {
        let shown = submit(server, &path, form).await;
        assert!(shown.contains(problem), "{shown}");
    }
    let id = shown.split_once("name=\"remove\" value=\"").unwrap().1;
    let id = id.split_once('"').unwrap().0;
    let shown = submit(server, &path, &format!("remove={id}")).await;
    assert!(shown.contains("There are no endpoints yet."), "{shown}");
}

/// The first secret on the page.
fn secret(page: &str) -> &str {
    let start = page.find("whsec_").expect("a secret");
    page[start..].split_once('<').unwrap().0
}

/// An endpoint that answers with these statuses in turn, and what it gets.
struct Receiver {
    listener: TcpListener,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.listener.local_addr().unwrap())
    }

    /// The next message, answered with this status.
    async fn next(&self, status: u16) -> (HeaderMap, Vec<u8>) {
        let next = async {
            let (mut stream, _) = self.listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let (head, body) = loop {
                assert!(stream.read_buf(&mut bytes).await.unwrap() > 0);
                let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
                    continue;
                };
                let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>().unwrap())
                });
                if bytes.len() - end - 4 >= length.unwrap() {
                    break (head, bytes[end + 4..].to_vec());
                }
            };
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let mut headers = HeaderMap::new();
            for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(':')) {
                headers.insert(
                    name.parse::<HeaderName>().unwrap(),
                    HeaderValue::from_str(value.trim()).unwrap(),
                );
            }
            (headers, body)
        };
        let waiting = tokio::time::timeout(Duration::from_secs(30), next);
        waiting.await.expect("a message in time")
    }
}

async fn what_happens_is_sent(server: &TestServer) {
    let receiver = Receiver::start().await;
    let secret = server.server.add_webhook(&receiver.url()).await.unwrap();
    let again = server.server.add_webhook(&receiver.url()).await.unwrap();
    assert_eq!(secret.expose(), again.expose());
    let secrets: [SigningSecret; 1] = [secret.expose().parse().unwrap()];
    let verified = async |kind: &str| {
        let (headers, body) = receiver.next(200).await;
        let event = webhook::verify(&headers, &body, &secrets, server.now()).unwrap();
        assert_eq!(event.event_type, kind);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["object"], "event");
        assert_eq!(body["instance_id"], json!(server.server.instance().id()));
        body["data"].clone()
    };
    let user = server.user("ada@example.com").await;
    let data = verified("user.created").await;
    assert_eq!(data, serde_json::to_value(&user).unwrap());
    let path = format!("/v1/users/{}", user.id);
    server.patch(&path, json!({"first_name": "Ada"})).await.ok();
    assert_eq!(verified("user.updated").await["first_name"], "Ada");
    // What is refused has not happened.
    let taken = json!({"email_address": ["ada@example.com"]});
    server
        .post("/v1/users", taken)
        .await
        .refused(422, "form_identifier_exists");
    let organization = server.organization("Acme", &user).await;
    let mut kinds = Vec::new();
    for _ in 0..2 {
        let (headers, body) = receiver.next(204).await;
        let event = webhook::verify(&headers, &body, &secrets, server.now()).unwrap();
        kinds.push(event.event_type);
    }
    kinds.sort();
    assert_eq!(
        kinds,
        ["organization.created", "organizationMembership.created"]
    );
    let session = server.session(&user).await;
    let data = verified("session.created").await;
    assert_eq!(data["id"], json!(session.id));
    server.client.sessions().revoke(session.id).await.unwrap();
    assert_eq!(verified("session.revoked").await["status"], "revoked");
    let organizations = server.client.organizations();
    organizations.delete(organization.id.clone()).await.unwrap();
    let data = verified("organization.deleted").await;
    assert_eq!(data["id"], json!(organization.id));
    server.client.users().delete(user.id.clone()).await.unwrap();
    let data = verified("user.deleted").await;
    assert_eq!(
        data,
        json!({"object": "user", "id": user.id, "deleted": true})
    );
}

async fn what_does_not_arrive_is_sent_again(server: &TestServer) {
    let receiver = Receiver::start().await;
    server.server.add_webhook(&receiver.url()).await.unwrap();
    let path = link(server).await;
    server.user("ada@example.com").await;
    let (first, body) = receiver.next(500).await;
    let waiting = async |text: &str| {
        for _ in 0..200 {
            let shown = String::from_utf8(page(server, &path).await.body).unwrap();
            if shown.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the page does not say {text}");
    };
    waiting("the endpoint answered 500").await;
    waiting("1 waiting, 0 failed").await;
    server.advance(Duration::from_secs(5));
    let (second, again) = receiver.next(200).await;
    assert_eq!(first["svix-id"], second["svix-id"]);
    assert_ne!(first["svix-timestamp"], second["svix-timestamp"]);
    assert_eq!(body, again);
    waiting("0 waiting, 0 failed").await;
}
