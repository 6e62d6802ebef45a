//! Applications that sign their users in with ours.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    an_application_is_made_changed_and_deleted,
    a_secret_is_shown_once,
    applications_are_listed,
}

const PATH: &str = "/v1/oauth_applications";

async fn an_application_is_made_changed_and_deleted(server: &TestServer) {
    let body = json!({"name": "App", "redirect_uris": ["https://a.example/cb", "app://cb"], "scopes": "profile  email public_metadata"});
    let made = server.post(PATH, body).await.ok();
    for (field, expected) in [
        ("object", json!("oauth_application")),
        ("name", json!("App")),
        ("instance_id", json!(server.server.instance().id())),
        ("redirect_uris", json!(["https://a.example/cb", "app://cb"])),
        ("callback_url", json!("https://a.example/cb")),
        ("scopes", json!("profile email public_metadata")),
        ("public", json!(false)),
        ("pkce_required", json!(false)),
        ("consent_screen_enabled", json!(true)),
        ("dynamically_registered", json!(false)),
        (
            "authorize_url",
            json!(format!("{PUBLIC_URL}/oauth/authorize")),
        ),
        ("created_at", json!(BEGINNING)),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    let one = format!("{PATH}/{}", made["id"].as_str().unwrap());
    server.advance(std::time::Duration::from_secs(1));
    let body = json!({"name": "Other", "callback_url": "https://b.example", "scopes": "email", "consent_screen_enabled": false, "pkce_required": true});
    let changed = server.patch(&one, body).await.ok();
    assert_eq!(changed["name"], "Other");
    assert_eq!(changed["redirect_uris"], json!(["https://b.example"]));
    assert_eq!(changed["consent_screen_enabled"], false);
    assert_eq!(changed["updated_at"], BEGINNING + 1000);
    assert_eq!(changed.get("client_secret"), None);
    assert_eq!(server.get(&one).await.ok(), changed);
    for (body, status, code, parameter) in [
        (json!({"name": ""}), 422, "form_param_value_invalid", "name"),
        (
            json!({"scopes": "everything"}),
            422,
            "form_param_value_invalid",
            "scopes",
        ),
        (
            json!({"redirect_uris": ["nowhere"]}),
            422,
            "form_param_format_invalid",
            "redirect_uris",
        ),
        (
            json!({"redirect_uris": ["a://b", "a://b"]}),
            400,
            "duplicate_record",
            "redirect_uris",
        ),
    ] {
        server
            .patch(&one, body)
            .await
            .refused_for(status, code, parameter);
    }
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(deleted["object"], "oauth_application");
    for method in [Method::GET, Method::DELETE] {
        server
            .call(method, &one, None)
            .await
            .refused(404, "resource_not_found");
    }
}

async fn a_secret_is_shown_once(server: &TestServer) {
    let made = server.post(PATH, json!({"name": "App"})).await.ok();
    let first = made["client_secret"].as_str().unwrap();
    assert_eq!(first.len(), 48);
    let one = format!("{PATH}/{}", made["id"].as_str().unwrap());
    assert_eq!(server.get(&one).await.ok().get("client_secret"), None);
    let rotated = server
        .post(&format!("{one}/rotate_secret"), json!({}))
        .await
        .ok();
    assert_ne!(rotated["client_secret"], first);
    assert_eq!(rotated["client_id"], made["client_id"]);

    let public = json!({"name": "Public", "public": true});
    let public = server.post(PATH, public).await.ok();
    assert_eq!(public.get("client_secret"), None);
    let one = format!("{PATH}/{}", public["id"].as_str().unwrap());
    let rotated = server
        .post(&format!("{one}/rotate_secret"), json!({}))
        .await
        .ok();
    assert_eq!(rotated.get("client_secret"), None);
    let unknown = format!("{PATH}/oauthapp_nothing/rotate_secret");
    server
        .post(&unknown, json!({}))
        .await
        .refused(404, "resource_not_found");
}

async fn applications_are_listed(server: &TestServer) {
    let mut client_ids = Vec::new();
    for name in ["Beta", "Alpha", "Gamma"] {
        let made = server.post(PATH, json!({"name": name})).await.ok();
        client_ids.push(made["client_id"].as_str().unwrap().to_owned());
        server.advance(std::time::Duration::from_secs(1));
    }
    for (query, expected) in [
        (String::new(), "Gamma Alpha Beta"),
        ("order_by=created_at".into(), "Beta Alpha Gamma"),
        ("order_by=name&limit=2".into(), "Alpha Beta"),
        ("name_query=ALPH".into(), "Alpha"),
        (format!("name_query={}", client_ids[0]), "Beta"),
        ("limit=1&offset=1".into(), "Alpha"),
    ] {
        let page = server.get(&format!("{PATH}?{query}")).await.ok();
        assert_eq!(column(&page["data"], "name").join(" "), expected, "{query}");
    }
}
