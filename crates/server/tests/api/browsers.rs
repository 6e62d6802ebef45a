//! Browsers: tickets that sign them in, handshakes, and sessions that are refreshed.

use std::time::Duration;

use http::Method;
use ironclerk::api::actor_tokens::CreateActorToken;
use ironclerk::api::clients::ListClients;
use ironclerk::api::id::SessionId;
use ironclerk::api::sessions::{
    CreateSessionToken, RefreshFormat, RefreshSession, RefreshedSession,
};
use ironclerk::api::sign_in_tokens::CreateSignInToken;
use ironclerk::api::{ApiError, Metadata};
use ironclerk::client::ClientError;
use serde_json::{Value, json};

use crate::harness::{Answer, BEGINNING, PUBLIC_URL, TestServer, on_both_databases};

on_both_databases! {
    a_sign_in_token_signs_in_once,
    a_ticket_that_is_revoked_or_too_old_signs_nobody_in,
    who_is_banned_or_locked_is_not_signed_in,
    an_actor_acts_in_the_users_place,
    a_handshake_can_leave_its_cookies_behind_a_nonce,
    an_expired_token_is_refreshed,
    what_is_not_the_browsers_own_is_not_refreshed,
    clients_have_the_sessions_that_can_be_used,
    tokens_are_verified,
    testing_tokens_last_an_hour,
}

const APPLICATION: &str = "http://localhost:3000";

fn refusal(error: ClientError) -> ApiError {
    error.api_error().expect("a refusal").clone()
}

/// A browser without cookies goes to a page of the Frontend API.
async fn visit(server: &TestServer, url: &str) -> Answer {
    let path = url.strip_prefix(PUBLIC_URL).unwrap_or(url);
    server.request(Method::GET, path, &[], b"").await
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(found, _)| found == name);
    found.map(|(_, value)| value.into_owned())
}

fn claims(jwt: &str) -> Value {
    let decoded = ironclerk::jwt::decode(jwt).unwrap();
    decoded.unverified_claims().clone()
}

/// The cookies that a handshake gives to the browser with this id.
async fn handshake(server: &TestServer, browser: &str) -> Vec<String> {
    let url = format!(
        "/v1/client/handshake?redirect_url={APPLICATION}/page&__clerk_api_version=2025-04-10&__clerk_db_jwt={browser}"
    );
    let answer = visit(server, &url).await;
    assert_eq!(answer.status, 307);
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(APPLICATION), "{location}");
    let token = parameter(location, "__clerk_handshake").unwrap();
    let cookies = claims(&token)["handshake"].clone();
    serde_json::from_value(cookies).unwrap()
}

/// The value of a cookie, under its plain name or under the one with the suffix.
fn cookie(cookies: &[String], name: &str) -> Option<String> {
    cookies.iter().rev().find_map(|cookie| {
        let (found, rest) = cookie.split_once('=')?;
        let plain = found.split_once('_').map_or(found, |_| found);
        let is_it = plain == name
            || plain
                .strip_prefix(name)
                .is_some_and(|it| it.starts_with('_'));
        is_it.then(|| rest.split(';').next().unwrap_or_default().to_owned())
    })
}

/// A token of a session, as the Backend API makes it.
async fn token_of(server: &TestServer, session: &SessionId) -> String {
    let request = CreateSessionToken {
        session_id: session.clone(),
        ..Default::default()
    };
    let sessions = server.client.sessions();
    sessions.create_token(&request).await.unwrap().jwt
}

/// Signs a user in by a ticket, and answers the id of the browser.
async fn sign_in(server: &TestServer, url: &str) -> String {
    let answer = visit(server, &format!("{url}&redirect_url={APPLICATION}/welcome")).await;
    assert_eq!(answer.status, 307, "{answer:?}");
    let location = answer.header("location").unwrap();
    assert!(location.starts_with(APPLICATION), "{location}");
    parameter(location, "__clerk_db_jwt").unwrap()
}

async fn a_sign_in_token_signs_in_once(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let tokens = server.client.sign_in_tokens();
    let request = CreateSignInToken {
        user_id: ada.id.clone(),
        ..Default::default()
    };
    let token = tokens.create(&request).await.unwrap();
    assert!(token.id.as_str().starts_with("sit_"));
    let raw = serde_json::to_value(&token).unwrap();
    assert_eq!(
        (&raw["object"], &raw["status"]),
        (&json!("sign_in_token"), &json!("pending"))
    );
    let url = token.url.unwrap();
    assert!(url.contains(token.token.unwrap().expose()));

    let browser = sign_in(server, &url).await;
    let cookies = handshake(server, &browser).await;
    let session_token = claims(&cookie(&cookies, "__session").unwrap());
    assert_eq!(session_token["sub"], json!(ada.id));
    assert_eq!(session_token["azp"], APPLICATION);
    assert_eq!(session_token["v"], 2);
    let since = cookie(&cookies, "__client_uat").unwrap();
    assert_eq!(since, (BEGINNING / 1000).to_string());
    let user = server.client.users().get(ada.id.clone()).await.unwrap();
    assert_eq!(user.last_sign_in_at, Some(BEGINNING));
    // A browser that nobody knows is signed out.
    let stranger = handshake(server, "dvb_2aaaaaaaaaaaaaaaaaaaaaaaaaa").await;
    assert_eq!(cookie(&stranger, "__client_uat").as_deref(), Some("0"));

    visit(server, &url)
        .await
        .refused(400, "ticket_invalid_code");
    let error = refusal(tokens.revoke(token.id).await.unwrap_err());
    assert!(
        error.has_code("sign_in_token_cannot_be_revoked_code"),
        "{error}"
    );
}

async fn a_ticket_that_is_revoked_or_too_old_signs_nobody_in(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let tokens = server.client.sign_in_tokens();
    let request = CreateSignInToken {
        user_id: ada.id.clone(),
        expires_in_seconds: Some(60),
        ..Default::default()
    };
    let token = tokens.create(&request).await.unwrap();
    let revoked = tokens.revoke(token.id.clone()).await.unwrap();
    assert_eq!(revoked.status.unwrap().as_str(), "revoked");
    assert_eq!(revoked.token, None);
    let url = token.url.unwrap();
    visit(server, &url)
        .await
        .refused(400, "ticket_invalid_code");
    let late = tokens.create(&request).await.unwrap().url.unwrap();
    server.advance(Duration::from_secs(60));
    visit(server, &late)
        .await
        .refused(400, "ticket_expired_code");
    for ticket in ["", "x", "a.b.c"] {
        let url = format!("/v1/tickets/accept?ticket={ticket}");
        visit(server, &url)
            .await
            .refused(400, "ticket_invalid_code");
    }
    let unknown = server
        .post("/v1/sign_in_tokens", json!({"user_id": "user_none"}))
        .await;
    unknown.refused(404, "resource_not_found");
    let body = json!({"user_id": ada.id, "expires_in_seconds": 0});
    let refused = server.post("/v1/sign_in_tokens", body).await;
    refused.refused_for(422, "form_param_value_invalid", "expires_in_seconds");
    let body = json!({"user_id": ada.id, "org_id": "org_none"});
    let refused = server.post("/v1/sign_in_tokens", body).await;
    refused.refused_for(403, "not_a_member_in_organization", "org_id");
}

async fn who_is_banned_or_locked_is_not_signed_in(server: &TestServer) {
    for (action, code) in [("ban", "user_banned"), ("lock", "user_locked")] {
        let user = server.user(&format!("{action}@example.com")).await;
        let request = CreateSignInToken {
            user_id: user.id.clone(),
            ..Default::default()
        };
        let token = server
            .client
            .sign_in_tokens()
            .create(&request)
            .await
            .unwrap();
        let path = format!("/v1/users/{}/{action}", user.id);
        server.post(&path, json!({})).await.ok();
        let url = token.url.unwrap();
        visit(server, &url).await.refused(403, code);
        // The ticket was not used up by that.
        let path = format!("/v1/users/{}/un{action}", user.id);
        server.post(&path, json!({})).await.ok();
        sign_in(server, &url).await;
    }
}

async fn an_actor_acts_in_the_users_place(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let actor = json!({"sub": "user_admin", "camelCase": {"a": 1}});
    let request = CreateActorToken {
        user_id: ada.id.clone(),
        actor: actor.as_object().unwrap().clone(),
        session_max_duration_in_seconds: Some(120),
        ..Default::default()
    };
    let tokens = server.client.actor_tokens();
    let token = tokens.create(&request).await.unwrap();
    assert!(token.id.as_str().starts_with("act_"));
    let browser = sign_in(server, &token.url.unwrap()).await;
    let cookies = handshake(server, &browser).await;
    let session_token = claims(&cookie(&cookies, "__session").unwrap());
    assert_eq!(session_token["sub"], json!(ada.id));
    assert_eq!(session_token["act"], actor);
    let session = session_token["sid"].as_str().unwrap();
    let session = server.client.sessions().get(session).await.unwrap();
    assert_eq!(session.expire_at, BEGINNING + 120_000);
    assert_eq!(session.actor, Some(request.actor.clone()));
    let error = refusal(tokens.revoke(token.id).await.unwrap_err());
    assert!(
        error.has_code("actor_token_cannot_be_revoked_code"),
        "{error}"
    );

    let other = tokens.create(&request).await.unwrap();
    // A sign-in token is another thing.
    let sign_in_tokens = server.client.sign_in_tokens();
    let error = refusal(sign_in_tokens.revoke(other.id.as_str()).await.unwrap_err());
    assert!(error.has_code("resource_not_found"));
    let revoked = tokens.revoke(other.id).await.unwrap();
    assert_eq!(revoked.status.unwrap().as_str(), "revoked");
    let nobody = CreateActorToken {
        actor: Metadata::new(),
        ..request
    };
    let error = refusal(tokens.create(&nobody).await.unwrap_err());
    assert!(error.has_code("form_param_missing"), "{error}");
}

async fn a_handshake_can_leave_its_cookies_behind_a_nonce(server: &TestServer) {
    let url = format!("/v1/client/handshake?redirect_url={APPLICATION}&format=nonce");
    let answer = visit(server, &url).await;
    let location = answer.header("location").unwrap().to_owned();
    let nonce = parameter(&location, "__clerk_handshake_nonce").unwrap();
    let clients = server.client.clients();
    let payload = clients.handshake_payload(nonce.clone()).await.unwrap();
    assert!(
        payload
            .directives
            .iter()
            .any(|it| it.starts_with("__client_uat=0;"))
    );
    let again = clients.handshake_payload(nonce).await.unwrap_err();
    assert!(refusal(again).has_code("resource_not_found"));
    // Nor after its time.
    let location = visit(server, &url)
        .await
        .header("location")
        .unwrap()
        .to_owned();
    let nonce = parameter(&location, "__clerk_handshake_nonce").unwrap();
    server.advance(Duration::from_secs(60));
    let late = clients.handshake_payload(nonce).await.unwrap_err();
    assert!(refusal(late).has_code("resource_not_found"));
}

/// A user who is signed in, and what is needed to refresh their session.
async fn refreshable(server: &TestServer) -> RefreshSession {
    let user = server.user("ada@example.com").await;
    let request = CreateSignInToken {
        user_id: user.id,
        ..Default::default()
    };
    let token = server
        .client
        .sign_in_tokens()
        .create(&request)
        .await
        .unwrap();
    let browser = sign_in(server, &token.url.unwrap()).await;
    let cookies = handshake(server, &browser).await;
    let token = cookie(&cookies, "__session").unwrap();
    RefreshSession {
        session_id: claims(&token)["sid"].as_str().unwrap().into(),
        expired_token: token.into(),
        refresh_token: cookie(&cookies, "__refresh").unwrap().into(),
        request_origin: APPLICATION.to_owned(),
        format: Some(RefreshFormat::Cookie),
        suffixed_cookies: Some(true),
        ..Default::default()
    }
}

async fn an_expired_token_is_refreshed(server: &TestServer) {
    let first = refreshable(server).await;
    server.advance(Duration::from_secs(3600));
    let sessions = server.client.sessions();
    let cookies = async |request: &RefreshSession| match sessions.refresh(request).await.unwrap() {
        RefreshedSession::Cookies(cookies) => cookies.cookies,
        other => panic!("{other:?}"),
    };
    let refreshed = cookies(&first).await;
    let token = claims(&cookie(&refreshed, "__session").unwrap());
    assert_eq!(token["sid"], json!(first.session_id));
    assert_eq!(token["iat"], BEGINNING / 1000 + 3600);
    assert_eq!(token["azp"], APPLICATION);
    let suffixed = refreshed.iter().filter(|it| it.starts_with("__session_"));
    assert_eq!(suffixed.count(), 1, "{refreshed:?}");
    let session = sessions.get(first.session_id.clone()).await.unwrap();
    assert_eq!(session.last_active_at, BEGINNING + 3_600_000);

    // The refresh token rotates. The old one stands for a while, since a browser sends several
    // requests at once.
    let second = RefreshSession {
        refresh_token: cookie(&refreshed, "__refresh").unwrap().into(),
        ..first.clone()
    };
    assert_ne!(second.refresh_token, first.refresh_token);
    cookies(&first).await;
    server.advance(Duration::from_secs(61));
    let error = refusal(sessions.refresh(&first).await.unwrap_err());
    assert_eq!(error.status.as_u16(), 401);
    assert!(error.has_code("refresh_token_not_found"), "{error}");
    cookies(&second).await;

    // As a token alone, which takes the place of no refresh token.
    let as_token = RefreshSession {
        format: None,
        suffixed_cookies: None,
        ..second.clone()
    };
    match sessions.refresh(&as_token).await.unwrap() {
        RefreshedSession::Token(token) => assert_eq!(claims(&token.jwt)["azp"], APPLICATION),
        other => panic!("{other:?}"),
    }
}

async fn what_is_not_the_browsers_own_is_not_refreshed(server: &TestServer) {
    let own = refreshable(server).await;
    let other = server.session(&server.user("bob@example.com").await).await;
    let without_azp = token_of(server, &own.session_id).await;
    for (request, code) in [
        (
            RefreshSession {
                refresh_token: "x".into(),
                ..own.clone()
            },
            "refresh_token_not_found",
        ),
        (
            RefreshSession {
                session_id: other.id,
                ..own.clone()
            },
            "refresh_sid_mismatch",
        ),
        (
            RefreshSession {
                expired_token: "a.b.c".into(),
                ..own.clone()
            },
            "expired_session_token_invalid",
        ),
        (
            RefreshSession {
                expired_token: without_azp.into(),
                ..own.clone()
            },
            "expired_session_token_missing_azp",
        ),
        (
            RefreshSession {
                request_origin: "https://evil.example".into(),
                ..own.clone()
            },
            "refresh_request_origin_azp_mismatch",
        ),
        (
            RefreshSession {
                request_origin: "localhost".into(),
                ..own.clone()
            },
            "refresh_request_origin_invalid",
        ),
    ] {
        let error = refusal(
            server
                .client
                .sessions()
                .refresh(&request)
                .await
                .unwrap_err(),
        );
        assert_eq!(error.status.as_u16(), 401, "{code}");
        assert!(error.has_code(code), "{code}: {error}");
    }
    let revoked = server
        .client
        .sessions()
        .revoke(own.session_id.clone())
        .await;
    revoked.unwrap();
    let error = refusal(server.client.sessions().refresh(&own).await.unwrap_err());
    assert!(
        error.has_code("session_refresh_inactive_session"),
        "{error}"
    );
}

async fn clients_have_the_sessions_that_can_be_used(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let first = server.session(&ada).await;
    server.advance(Duration::from_secs(1));
    let second = server.session(&ada).await;
    let clients = server.client.clients();
    let page = clients.list(&ListClients::default()).await.unwrap();
    assert_eq!(page.total_count, 2);
    let ids: Vec<_> = page.data.iter().map(|client| &client.id).collect();
    assert_eq!(ids, [&second.client_id, &first.client_id]);
    assert_eq!(page.data[0].session_ids, std::slice::from_ref(&second.id));
    assert_eq!(page.data[0].sessions, std::slice::from_ref(&second));
    assert_eq!(page.data[0].last_active_session_id, Some(second.id.clone()));
    let bare = server.get("/v1/clients?limit=1").await.ok();
    assert_eq!(bare.as_array().unwrap().len(), 1);

    let token = token_of(server, &second.id).await;
    let verified = clients.verify(token).await.unwrap();
    assert_eq!(verified, page.data[0]);
    server.client.sessions().revoke(second.id).await.unwrap();
    let client = clients.get(second.client_id).await.unwrap();
    assert!(client.session_ids.is_empty() && client.last_active_session_id.is_none());
    let error = refusal(clients.get("client_none").await.unwrap_err());
    assert!(error.has_code("resource_not_found"));
    let error = refusal(clients.verify("a.b.c").await.unwrap_err());
    assert!(error.has_code("client_not_found"));
    server.client.users().delete(ada.id).await.unwrap();
    let page = clients.list(&ListClients::default()).await.unwrap();
    assert_eq!(page.total_count, 0);
}

async fn tokens_are_verified(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await;
    let other = server.session(&ada).await;
    let sessions = server.client.sessions();
    let token = token_of(server, &session.id).await;
    let verified = sessions
        .verify(session.id.clone(), token.clone())
        .await
        .unwrap();
    assert_eq!(verified, session);
    for (id, token) in [(&other.id, token.as_str()), (&session.id, "a.b.c")] {
        let error = refusal(sessions.verify(id.clone(), token).await.unwrap_err());
        assert!(error.has_code("invalid_session_token"), "{error}");
    }
    server.advance(Duration::from_secs(60));
    let error = refusal(sessions.verify(session.id, token).await.unwrap_err());
    assert!(error.has_code("invalid_session_token"), "{error}");
}

async fn testing_tokens_last_an_hour(server: &TestServer) {
    let token = server.client.testing_tokens().create().await.unwrap();
    assert_eq!(token.expires_at, BEGINNING / 1000 + 3600);
    let other = server.client.testing_tokens().create().await.unwrap();
    assert_ne!(token.token, other.token);
}
