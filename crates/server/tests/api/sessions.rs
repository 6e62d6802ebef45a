//! Sessions: their life, and the tokens that stand for them.

use std::time::Duration;

use ironclerk::api::Metadata;
use ironclerk::api::organizations::CreateOrganizationMembership;
use ironclerk::api::sessions::{CreateSession, CreateSessionToken, SessionStatus};
use ironclerk::jwt::{self, VerifyOptions};
use ironclerk::keys::KeySet;
use ironclerk::session::SessionAuth;
use ironclerk::{Auth, Has};
use serde_json::{Value, json};

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    a_session_begins_and_is_revoked,
    sessions_are_listed_as_an_array_or_as_a_page,
    sessions_are_filtered,
    a_session_ends_with_time,
    a_session_needs_its_user_and_organization,
    tokens_are_signed_and_live_for_a_minute,
    claims_follow_the_api_version,
    custom_permissions_are_in_the_token,
    lifetimes_have_bounds,
}

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

async fn a_session_begins_and_is_revoked(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let created = server
        .post("/v1/sessions", json!({"user_id": ada.id}))
        .await
        .ok();
    let week = 7 * 24 * 60 * 60 * 1000;
    for (field, expected) in [
        ("object", json!("session")),
        ("user_id", json!(ada.id)),
        ("status", json!("active")),
        ("actor", json!(null)),
        ("last_active_organization_id", json!(null)),
        ("last_active_at", json!(BEGINNING)),
        ("expire_at", json!(BEGINNING + week)),
        ("created_at", json!(BEGINNING)),
        ("updated_at", json!(BEGINNING)),
    ] {
        assert_eq!(created[field], expected, "{field}");
    }
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("sess_"));
    assert!(
        created["client_id"]
            .as_str()
            .unwrap()
            .starts_with("client_")
    );
    let path = format!("/v1/sessions/{id}");
    assert_eq!(server.get(&path).await.ok(), created);

    server.advance(Duration::from_secs(1));
    let revoked = server.post(&format!("{path}/revoke"), json!({})).await.ok();
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(revoked["updated_at"], BEGINNING + 1000);
    assert_eq!(server.get(&path).await.ok(), revoked);
    // Once more changes nothing.
    server.advance(Duration::from_secs(1));
    let again = server.client.sessions().revoke(id).await.unwrap();
    assert_eq!(again.updated_at, BEGINNING + 1000);
    let token = server.post(&format!("{path}/tokens"), json!({})).await;
    token.refused(400, "invalid_action_for_session");

    for path in [
        "/v1/sessions/sess_nothing/revoke",
        "/v1/sessions/sess_nothing/tokens",
    ] {
        server
            .post(path, json!({}))
            .await
            .refused(404, "resource_not_found");
    }
    server
        .get("/v1/sessions/sess_nothing")
        .await
        .refused(404, "resource_not_found");
}

async fn sessions_are_listed_as_an_array_or_as_a_page(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let mut newest_first = Vec::new();
    for _ in 0..3 {
        newest_first.insert(0, server.session(&ada).await.id.to_string());
        server.advance(Duration::from_secs(1));
    }
    for (query, is_page, expected) in [
        ("", false, &newest_first[..]),
        ("paginated=false", false, &newest_first[..]),
        ("paginated=true", true, &newest_first[..]),
        ("paginated=1", true, &newest_first[..]),
        ("limit=2", false, &newest_first[..2]),
        ("limit=2&offset=1&paginated=true", true, &newest_first[1..]),
        ("offset=3&paginated=true", true, &[]),
    ] {
        let answer = server.get(&format!("/v1/sessions?{query}")).await.ok();
        let list = match is_page {
            true => {
                assert_eq!(answer["total_count"], 3, "{query}");
                &answer["data"]
            }
            false => &answer,
        };
        assert_eq!(column(list, "id"), expected, "{query}");
    }
}

async fn sessions_are_filtered(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let old = server.session(&ada).await;
    server.advance(WEEK);
    let revoked = server.session(&ada).await;
    server
        .client
        .sessions()
        .revoke(revoked.id.clone())
        .await
        .unwrap();
    server.advance(Duration::from_secs(1));
    let active = server.session(&ada).await;
    server.advance(Duration::from_secs(1));
    let of_bob = server.session(&bob).await;
    for (query, expected) in [
        (format!("user_id={}", ada.id), vec![&active, &revoked, &old]),
        ("status=active".into(), vec![&of_bob, &active]),
        ("status=revoked".into(), vec![&revoked]),
        ("status=expired".into(), vec![&old]),
        ("status=ended".into(), vec![]),
        (format!("client_id={}", old.client_id), vec![&old]),
        (format!("user_id={}&status=active", bob.id), vec![&of_bob]),
        ("user_id=user_nobody".into(), vec![]),
    ] {
        let page = server
            .get(&format!("/v1/sessions?paginated=true&{query}"))
            .await
            .ok();
        let ids: Vec<_> = expected
            .iter()
            .map(|session| session.id.to_string())
            .collect();
        assert_eq!(column(&page["data"], "id"), ids, "{query}");
        assert_eq!(page["total_count"], ids.len(), "{query}");
    }
    let answer = server.get("/v1/sessions?status=asleep").await;
    answer.refused_for(422, "form_param_value_invalid", "status");
}

async fn a_session_ends_with_time(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await;
    let status = async || {
        let session = server
            .client
            .sessions()
            .get(session.id.clone())
            .await
            .unwrap();
        session.status.unwrap()
    };
    server.advance(WEEK - Duration::from_millis(1));
    assert_eq!(status().await, SessionStatus::Active);
    server.advance(Duration::from_millis(1));
    assert_eq!(status().await, SessionStatus::Expired);
    let path = format!("/v1/sessions/{}", session.id);
    let token = server.post(&format!("{path}/tokens"), json!({})).await;
    token.refused(400, "invalid_action_for_session");
    let revoked = server.post(&format!("{path}/revoke"), json!({})).await.ok();
    assert_eq!(revoked["status"], "expired", "it stays as it ended");
}

async fn a_session_needs_its_user_and_organization(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &bob).await;
    let create = async |body| server.post("/v1/sessions", body).await;
    create(json!({}))
        .await
        .refused_for(422, "form_param_missing", "user_id");
    create(json!({"user_id": "user_nobody"}))
        .await
        .refused(404, "resource_not_found");
    for organization in [acme.id.as_str(), "org_nothing"] {
        let body = json!({"user_id": ada.id, "active_organization_id": organization});
        let answer = create(body).await;
        answer.refused_for(
            403,
            "not_a_member_in_organization",
            "active_organization_id",
        );
    }
    let none = server.get("/v1/sessions?paginated=true").await.ok();
    assert_eq!(none, json!({"data": [], "total_count": 0}));
    let body = json!({"user_id": bob.id, "active_organization_id": acme.id});
    let session = create(body).await.ok();
    assert_eq!(session["last_active_organization_id"], json!(acme.id));
}

/// The claims of a token, once its signature and dates are verified with the server's keys.
pub async fn verified(server: &TestServer, token: &str) -> Metadata {
    let keys = KeySet::from_jwks(&server.client.jwks().get().await.unwrap());
    let key_id = jwt::decode(token).unwrap().key_id().unwrap().to_owned();
    let options = VerifyOptions {
        clock_skew: Duration::ZERO,
        issuer: Some(PUBLIC_URL.to_owned()),
        ..Default::default()
    };
    let key = keys.get(&key_id).expect("a key of the instance");
    jwt::verify(token, key, &options, server.now())
        .unwrap()
        .as_value()
        .as_object()
        .unwrap()
        .clone()
}

async fn tokens_are_signed_and_live_for_a_minute(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await;
    let token = CreateSessionToken {
        session_id: session.id.clone(),
        ..Default::default()
    };
    let token = server
        .client
        .sessions()
        .create_token(&token)
        .await
        .unwrap()
        .jwt;
    let claims = verified(server, &token).await;
    assert_eq!(claims["sub"], json!(ada.id));
    let decoded = jwt::decode(&token).unwrap();
    assert_eq!(
        decoded.key_id(),
        Some(server.server.instance().id().as_str())
    );
    assert_eq!(decoded.header()["cat"], "cl_B7d4PD111AAA");

    let keys = KeySet::from_jwks(&server.server.instance().jwks());
    let key = keys.get(server.server.instance().id().as_str()).unwrap();
    let options = VerifyOptions {
        clock_skew: Duration::ZERO,
        ..Default::default()
    };
    for (age, is_valid) in [(0, true), (59, true), (60, false)] {
        let now = server.now() + Duration::from_secs(age);
        let result = jwt::verify(&token, key, &options, now);
        assert_eq!(result.is_ok(), is_valid, "after {age} s: {result:?}");
    }
    let mut forged = token.clone();
    let last = forged.pop().unwrap();
    forged.insert(forged.len() - 20, last);
    let forged = jwt::verify(&forged, key, &options, server.now());
    assert!(forged.is_err());
    // The public keys are there for everybody.
    let request = server.request(http::Method::GET, "/.well-known/jwks.json", &[], b"");
    let public = request.await.ok();
    assert_eq!(public, json!(server.server.instance().jwks()));
    assert_eq!(server.get("/v1/jwks").await.ok(), public);
}

/// A token as a caller with this API version gets it.
async fn token(server: &TestServer, session: &str, version: Option<&str>) -> Metadata {
    let key = format!("Bearer {}", server.server.instance().secret_key().expose());
    let mut headers = vec![("authorization", key.as_str())];
    headers.extend(version.map(|version| ("clerk-api-version", version)));
    let path = format!("/v1/sessions/{session}/tokens");
    let answer = server
        .request(http::Method::POST, &path, &headers, b"")
        .await
        .ok();
    assert_eq!(answer["object"], "token");
    verified(server, answer["jwt"].as_str().unwrap()).await
}

fn names(claims: &Metadata) -> Vec<&str> {
    let mut names: Vec<_> = claims.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

async fn claims_follow_the_api_version(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let member = CreateOrganizationMembership {
        organization_id: acme.id.clone(),
        user_id: bob.id.clone(),
        role: "org:member".to_owned(),
        ..Default::default()
    };
    server
        .client
        .organizations()
        .create_membership(&member)
        .await
        .unwrap();
    let mut sessions = Vec::new();
    for (user, organization) in [(&ada, None), (&ada, Some(&acme)), (&bob, Some(&acme))] {
        let session = CreateSession {
            user_id: user.id.clone(),
            active_organization_id: organization.map(|organization| organization.id.clone()),
        };
        sessions.push(server.client.sessions().create(&session).await.unwrap());
    }
    server.advance(Duration::from_secs(150));
    let now = BEGINNING / 1000 + 150;
    const COMMON: &[&str] = &["exp", "fva", "iat", "iss", "nbf", "sid", "sub"];
    for (version, is_v2) in [
        (None, false),
        (Some("2021-02-05"), false),
        (Some("2024-10-01"), false),
        (Some("2025-04-10"), true),
        (Some("2025-11-10"), true),
    ] {
        for (session, role) in sessions.iter().zip([None, Some("admin"), Some("member")]) {
            let claims = token(server, session.id.as_str(), version).await;
            let mut expected = COMMON.to_vec();
            match (is_v2, role) {
                (false, None) => {}
                (false, Some(_)) => {
                    expected.extend(["org_id", "org_permissions", "org_role", "org_slug"]);
                }
                (true, None) => expected.extend(["jti", "sts", "v"]),
                (true, Some(_)) => expected.extend(["jti", "o", "sts", "v"]),
            }
            expected.sort_unstable();
            assert_eq!(names(&claims), expected, "{version:?}");
            for (name, value) in [
                ("exp", json!(now + 60)),
                ("iat", json!(now)),
                ("nbf", json!(now - 10)),
                ("iss", json!(PUBLIC_URL)),
                ("sid", json!(session.id)),
                ("sub", json!(session.user_id)),
                ("fva", json!([2, -1])),
            ] {
                assert_eq!(claims[name], value, "{version:?} {name}");
            }
            match (is_v2, role) {
                (true, role) => {
                    assert_eq!(
                        (&claims["v"], &claims["sts"]),
                        (&json!(2), &json!("active"))
                    );
                    if let Some(role) = role {
                        assert_eq!(
                            claims["o"],
                            json!({"id": acme.id, "rol": role, "slg": "acme"})
                        );
                    }
                }
                (false, Some(role)) => {
                    assert_eq!(claims["org_id"], json!(acme.id));
                    assert_eq!(claims["org_role"], json!(format!("org:{role}")));
                    assert_eq!(claims["org_slug"], "acme");
                }
                (false, None) => {}
            }
        }
    }
}

async fn custom_permissions_are_in_the_token(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let mut permissions = Vec::new();
    for key in [
        "org:billing:manage",
        "org:billing:read",
        "org:teams:read",
        "org:unused:read",
    ] {
        let body = json!({"name": key, "key": key});
        let permission = server.post("/v1/organization_permissions", body).await.ok();
        permissions.push(permission["id"].clone());
    }
    let admin = server
        .get("/v1/organization_roles?query=org:admin")
        .await
        .ok();
    let admin = admin["data"][0]["id"].as_str().unwrap();
    for permission in &permissions[..3] {
        let permission = permission.as_str().unwrap();
        let path = format!("/v1/organization_roles/{admin}/permissions/{permission}");
        server.post(&path, json!({})).await.ok();
    }
    let session = CreateSession {
        user_id: ada.id.clone(),
        active_organization_id: Some(acme.id.clone()),
    };
    let session = server.client.sessions().create(&session).await.unwrap();
    let alone = server.session(&ada).await;
    let one = token(server, session.id.as_str(), None).await;
    assert_eq!(
        one["org_permissions"],
        json!(["org:billing:manage", "org:billing:read", "org:teams:read"])
    );
    let two = token(server, session.id.as_str(), Some("2025-04-10")).await;
    assert_eq!(two["fea"], "o:billing,o:teams");
    assert_eq!(
        two["o"],
        json!({"id": acme.id, "rol": "admin", "slg": "acme", "per": "manage,read", "fpm": "3,2"})
    );
    let none = token(server, alone.id.as_str(), Some("2025-04-10")).await;
    assert_eq!(none.get("fea"), None);

    // The SDK finds them, in either version.
    let keys = KeySet::from_jwks(&server.client.jwks().get().await.unwrap());
    for version in ["2024-10-01", "2025-11-10"] {
        let key = format!("Bearer {}", server.server.instance().secret_key().expose());
        let headers = [
            ("authorization", key.as_str()),
            ("clerk-api-version", version),
        ];
        let path = format!("/v1/sessions/{}/tokens", session.id);
        let answer = server
            .request(http::Method::POST, &path, &headers, b"")
            .await
            .ok();
        let token = answer["jwt"].as_str().unwrap();
        let key = keys
            .get(jwt::decode(token).unwrap().key_id().unwrap())
            .unwrap();
        let claims = jwt::verify(token, key, &VerifyOptions::default(), server.now()).unwrap();
        let auth = Auth::new(SessionAuth::new(claims.into(), token));
        for (permission, is_permitted) in [
            ("org:billing:manage", true),
            ("org:billing:read", true),
            ("org:teams:read", true),
            ("org:teams:manage", false),
            ("org:unused:read", false),
            // Those of the system are never in a token.
            ("org:sys_memberships:manage", false),
        ] {
            assert_eq!(
                auth.has(Has::permission(permission)),
                is_permitted,
                "{version} {permission}"
            );
        }
    }
}

async fn lifetimes_have_bounds(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await;
    let template = json!({"name": "supabase", "claims": {}});
    server.post("/v1/jwt_templates", template).await.ok();
    for path in ["tokens", "tokens/supabase"] {
        let path = format!("/v1/sessions/{}/{path}", session.id);
        for seconds in [30_u64, 315_360_000] {
            let answer = server
                .post(&path, json!({"expires_in_seconds": seconds}))
                .await
                .ok();
            let claims = verified(server, answer["jwt"].as_str().unwrap()).await;
            let expected = BEGINNING / 1000 + i64::try_from(seconds).unwrap();
            assert_eq!(claims["exp"], expected);
        }
        for (value, code) in [
            (json!(29), "form_param_value_invalid"),
            (json!(315_360_001), "form_param_value_invalid"),
            (json!(u64::MAX), "form_param_value_invalid"),
            (json!(-1), "form_param_value_invalid"),
            (json!(30.5), "form_param_type_invalid"),
            (json!("30"), "form_param_type_invalid"),
            (json!([30]), "form_param_type_invalid"),
        ] {
            let body = json!({"expires_in_seconds": value});
            let answer = server.post(&path, body).await;
            answer.refused_for(422, code, "expires_in_seconds");
        }
        let absent: Value = json!({"expires_in_seconds": null});
        server.post(&path, absent).await.ok();
    }
}
