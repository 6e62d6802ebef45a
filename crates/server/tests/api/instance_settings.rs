//! The instance and its settings.

use serde_json::json;

use crate::harness::{TestServer, column, on_both_databases};

on_both_databases! {
    settings_are_changed,
    settings_of_organizations_have_effect,
    the_keys_are_shown_to_who_has_them,
}

async fn settings_are_changed(server: &TestServer) {
    let instance = server.get("/v1/instance").await.ok();
    assert_eq!(
        instance,
        json!({
            "id": server.server.instance().id(), "object": "instance",
            "environment_type": "development", "allowed_origins": null, "workspace_id": null,
        })
    );
    let body = json!({
        "test_mode": false, "hibp": false, "enhanced_email_deliverability": true,
        "support_email": "help@example.com", "clerk_js_version": "5",
        "development_origin": "http://localhost:3000",
        "allowed_origins": ["chrome-extension://abc", "http://localhost:1420"],
        "url_based_session_syncing": false,
        "preferred_sign_in_strategy_when_password_required": "otp",
    });
    let answer = server.patch("/v1/instance", body).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(answer.header("content-type"), None);
    let instance = server.get("/v1/instance").await.ok();
    assert_eq!(
        instance["allowed_origins"],
        json!(["chrome-extension://abc", "http://localhost:1420"])
    );
    for (body, code, parameter) in [
        (
            json!({"support_email": "x"}),
            "form_param_format_invalid",
            "support_email",
        ),
        (
            json!({"allowed_origins": ["x"]}),
            "form_param_format_invalid",
            "allowed_origins",
        ),
        (
            json!({"development_origin": "x"}),
            "form_param_format_invalid",
            "development_origin",
        ),
        (
            json!({"test_mode": "x"}),
            "form_param_type_invalid",
            "test_mode",
        ),
    ] {
        server
            .patch("/v1/instance", body)
            .await
            .refused_for(422, code, parameter);
    }
    let body = json!({"block_email_subaddresses": true, "ignore_dots_for_gmail_addresses": true});
    server.patch("/v1/instance/restrictions", body).await.ok();
    let restrictions = server
        .patch("/v1/instance/restrictions", json!({}))
        .await
        .ok();
    assert_eq!(
        restrictions,
        json!({
            "object": "instance_restrictions", "allowlist": false, "blocklist": false,
            "allowlist_blocklist_disabled_on_sign_in": false, "block_email_subaddresses": true,
            "block_disposable_email_domains": false, "ignore_dots_for_gmail_addresses": true,
        })
    );
}

async fn settings_of_organizations_have_effect(server: &TestServer) {
    let path = "/v1/instance/organization_settings";
    let settings = server.get(path).await.ok();
    for (field, expected) in [
        ("object", json!("organization_settings")),
        ("enabled", json!(true)),
        ("max_allowed_memberships", json!(5)),
        ("creator_role", json!("org:admin")),
        ("domains_default_role", json!("org:member")),
        ("admin_delete_enabled", json!(true)),
    ] {
        assert_eq!(settings[field], expected, "{field}");
    }
    let roles = server.get("/v1/organization_roles?order_by=key").await.ok();
    let ids = column(&roles["data"], "id");
    let member = json!({"creator_role_id": ids[1]});
    let answer = server.patch(path, member).await;
    answer.refused(422, "organization_missing_creator_role_permissions");
    let unknown = server
        .patch(path, json!({"domains_default_role_id": "role_nothing"}))
        .await;
    unknown.refused_for(404, "resource_not_found", "domains_default_role_id");
    let unknown = server
        .patch(path, json!({"domains_enrollment_modes": ["magic"]}))
        .await;
    unknown.refused_for(422, "form_param_value_invalid", "domains_enrollment_modes");

    let body = json!({
        "max_allowed_memberships": 2, "admin_delete_enabled": false, "slug_disabled": true,
        "domains_enrollment_modes": ["automatic_suggestion"],
        "creator_role_id": ids[0], "domains_default_role_id": ids[0],
    });
    let set = server.patch(path, body).await.ok();
    assert_eq!(server.get(path).await.ok(), set);
    assert_eq!(set["domains_default_role"], "org:admin");
    let named = json!({"name": "Acme", "slug": "acme"});
    let answer = server.post("/v1/organizations", named).await;
    answer.refused(403, "organization_slugs_disabled");
    let acme = server
        .post("/v1/organizations", json!({"name": "Acme"}))
        .await
        .ok();
    assert_eq!(acme["max_allowed_memberships"], 2);
    assert_eq!(acme["admin_delete_enabled"], false);
    let domains = format!("/v1/organizations/{}/domains", acme["id"].as_str().unwrap());
    let body = json!({"name": "a.example", "enrollment_mode": "automatic_invitation"});
    let answer = server.post(&domains, body).await;
    answer.refused_for(
        403,
        "organization_domain_enrollment_mode_not_enabled",
        "enrollment_mode",
    );
    let body = json!({"name": "a.example", "enrollment_mode": "automatic_suggestion"});
    server.post(&domains, body).await.ok();
    server
        .patch(path, json!({"domains_enabled": false}))
        .await
        .ok();
    let answer = server.post(&domains, json!({"name": "b.example"})).await;
    answer.refused(403, "organization_domains_not_enabled");

    server.patch(path, json!({"enabled": false})).await.ok();
    let code = "organization_not_enabled_in_instance";
    for path in [
        "/v1/organizations",
        "/v1/organizations/acme",
        "/v1/organization_memberships",
    ] {
        server.get(path).await.refused(403, code);
    }
    let answer = server
        .post("/v1/organizations", json!({"name": "Other"}))
        .await;
    answer.refused(403, code);
    server.patch(path, json!({"enabled": true})).await.ok();
    assert_eq!(server.get("/v1/organizations").await.ok()["total_count"], 1);
}

async fn the_keys_are_shown_to_who_has_them(server: &TestServer) {
    for path in [
        "/v1/accountless_applications",
        "/v1/accountless_applications/complete",
    ] {
        let application = server.post(path, json!({})).await.ok();
        assert_eq!(application["object"], "accountless_application");
        let instance = server.server.instance();
        assert_eq!(
            application["publishable_key"],
            instance.publishable_key().as_str()
        );
        assert_eq!(application["secret_key"], instance.secret_key().expose());
        let nobody = server.request(http::Method::POST, path, &[], b"").await;
        nobody.refused(401, "authentication_invalid");
    }
}
