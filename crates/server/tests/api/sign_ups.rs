//! Sign-ups: who was invited becomes a user.

use std::time::Duration;

use http::Method;
use ironclerk::api::Patch;
use ironclerk::api::id::SignUpId;
use ironclerk::api::sign_ups::{SignUpStatus, UpdateSignUp};
use serde_json::{Value, json};

use crate::harness::{Answer, BEGINNING, PUBLIC_URL, TestServer, on_both_databases};

on_both_databases! {
    an_invitation_leads_to_a_user,
    an_application_goes_on_with_a_sign_up,
    what_is_over_stays_over,
    of_many_who_sign_up_at_once_one_does,
}

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

/// Invites somebody, and answers the path of the link.
async fn invite(server: &TestServer, mut invitation: Value) -> String {
    invitation["email_address"] = json!("ada@example.com");
    let answer = server.post("/v1/invitations", invitation).await.ok();
    let url = answer["url"].as_str().unwrap();
    url.strip_prefix(PUBLIC_URL).unwrap().to_owned()
}

async fn open(server: &TestServer, path: &str) -> Answer {
    server.request(Method::GET, path, &[], b"").await
}

async fn submit(server: &TestServer, path: &str, form: &str) -> Answer {
    server
        .request(Method::POST, path, &FORM, form.as_bytes())
        .await
}

/// The sign-up that is under way, which only its client knows of.
async fn under_way(server: &TestServer) -> SignUpId {
    let clients = server.get("/v1/clients").await.ok();
    clients[0]["sign_up_id"].as_str().expect("a sign-up").into()
}

async fn an_invitation_leads_to_a_user(server: &TestServer) {
    let waiting = json!({"email_address": "ada@example.com"});
    server.post("/v1/waitlist_entries", waiting).await.ok();
    let path = invite(server, json!({"public_metadata": {"team": 1}})).await;
    let shown = open(server, &path).await;
    assert_eq!(
        shown.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let page = String::from_utf8(shown.body).unwrap();
    assert!(
        page.contains("ada@example.com") && page.contains("name=\"password\""),
        "{page}"
    );
    let id = under_way(server).await;
    assert!(id.as_str().starts_with("sua_"), "{id}");
    // To look again begins nothing new.
    open(server, &path).await;
    assert_eq!(
        server
            .get("/v1/clients")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let sign_up = server.client.sign_ups().get(id.clone()).await.unwrap();
    assert_eq!(sign_up.status, Some(SignUpStatus::MissingRequirements));
    assert_eq!(sign_up.missing_fields, ["password"]);
    assert_eq!(sign_up.abandon_at, BEGINNING + 24 * 60 * 60 * 1000);
    let change = UpdateSignUp {
        id: id.clone(),
        external_id: Patch::Set("customer-1".into()),
        custom_action: Some(true),
    };
    let changed = server.client.sign_ups().update(&change).await.unwrap();
    assert_eq!(changed.external_id.as_deref(), Some("customer-1"));
    assert!(changed.custom_action);

    let page = submit(server, &path, "password=short").await;
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("at least 8 characters"), "{page}");
    assert_eq!(server.count_users().await, 0);
    let done = submit(
        server,
        &path,
        "password=correct+horse&first_name=Ada&last_name=",
    )
    .await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.head.contains("__clerk_db_jwt="), "{}", done.head);

    let sign_up = server.client.sign_ups().get(id.clone()).await.unwrap();
    assert_eq!(sign_up.status, Some(SignUpStatus::Complete));
    assert!(sign_up.missing_fields.is_empty() && sign_up.password_enabled);
    let user = sign_up.created_user_id.unwrap();
    let user = server.client.users().get(user).await.unwrap();
    assert_eq!(user.external_id.as_deref(), Some("customer-1"));
    assert_eq!(user.first_name.as_deref(), Some("Ada"));
    assert_eq!(user.public_metadata["team"], 1);
    assert!(user.password_enabled && user.last_sign_in_at == Some(BEGINNING));
    let verification = user.email_addresses[0].verification.as_ref().unwrap();
    assert_eq!(
        (verification.status.as_str(), verification.strategy.as_str()),
        ("verified", "ticket")
    );
    let session = sign_up.created_session_id.unwrap();
    let session = server.client.sessions().get(session).await.unwrap();
    assert_eq!(session.user_id, user.id);
    let client = server
        .get(&format!("/v1/clients/{}", session.client_id))
        .await
        .ok();
    assert_eq!(client["sign_up_id"], Value::Null);
    assert_eq!(client["last_authentication_strategy"], "ticket");
    let invitations = server.get("/v1/invitations").await.ok();
    assert_eq!(invitations[0]["status"], "accepted");
    let waiting = server.get("/v1/waitlist_entries").await.ok();
    assert_eq!(waiting["data"][0]["status"], "completed");
    // Neither the link nor the sign-up can be used again.
    open(server, &path)
        .await
        .refused(400, "ticket_invalid_code");
    submit(server, &path, "password=correct+horse")
        .await
        .refused(400, "ticket_invalid_code");
    let change = json!({"external_id": "x"});
    let refused = server.patch(&format!("/v1/sign_ups/{id}"), change).await;
    refused.refused(403, "sign_up_cannot_be_updated");
}

async fn an_application_goes_on_with_a_sign_up(server: &TestServer) {
    let path = invite(
        server,
        json!({"redirect_url": "http://localhost:3000/join"}),
    )
    .await;
    let sent_on = open(server, &path).await;
    assert_eq!(sent_on.status, 307);
    let id = under_way(server).await;
    let path = format!("/v1/sign_ups/{id}");
    let changed = server
        .patch(&path, json!({"external_id": "a", "custom_action": null}))
        .await;
    assert_eq!(changed.ok()["external_id"], "a");
    let cleared = server.patch(&path, json!({"external_id": null})).await.ok();
    assert_eq!(cleared["external_id"], Value::Null);
    let long = json!({"external_id": "x".repeat(257)});
    let refused = server.patch(&path, long).await;
    refused.refused_for(422, "form_param_max_length_exceeded", "external_id");
    let refused = server.patch(&path, json!({"custom_action": "yes"})).await;
    refused.refused_for(422, "form_param_type_invalid", "custom_action");
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({})))] {
        let answer = server.call(method, "/v1/sign_ups/sua_nobody", body).await;
        answer.refused(404, "resource_not_found");
    }
}

async fn what_is_over_stays_over(server: &TestServer) {
    let path = invite(server, json!({})).await;
    open(server, &path).await;
    let first = under_way(server).await;
    server.advance(Duration::from_secs(24 * 60 * 60));
    let sign_up = server.client.sign_ups().get(first.clone()).await.unwrap();
    assert_eq!(sign_up.status, Some(SignUpStatus::Abandoned));
    let refused = server
        .patch(&format!("/v1/sign_ups/{first}"), json!({}))
        .await;
    refused.refused(403, "sign_up_cannot_be_updated");
    // The invitation still stands: whoever comes back begins anew.
    let done = submit(server, &path, "password=correct+horse").await;
    assert_eq!(done.status, 200, "{done:?}");
    let gone = server.get(&format!("/v1/sign_ups/{first}")).await;
    gone.refused(404, "resource_not_found");
    assert_eq!(server.count_users().await, 1);
}

async fn of_many_who_sign_up_at_once_one_does(server: &TestServer) {
    let path = invite(server, json!({})).await;
    let form = "password=correct+horse";
    let all = futures_util::future::join_all((0..4).map(|_| submit(server, &path, form))).await;
    let done = all.iter().filter(|one| {
        one.status == 200 && String::from_utf8_lossy(&one.body).starts_with("You are signed in")
    });
    assert_eq!(done.count(), 1, "{all:?}");
    assert_eq!(server.count_users().await, 1);
    let sessions = server.get("/v1/sessions?status=active").await.ok();
    assert_eq!(sessions.as_array().unwrap().len(), 1);
}
