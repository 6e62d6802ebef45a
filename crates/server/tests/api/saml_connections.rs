//! Connections to identity providers that speak SAML.

use http::Method;
use serde_json::json;

use crate::harness::{PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    a_connection_is_made_changed_and_deleted,
    a_domain_leads_to_one_connection,
    connections_are_listed,
    domains_of_organizations_make_way_for_a_connection,
    d21_attribute_mappings_are_read_in_both_spellings,
}

const PATH: &str = "/v1/saml_connections";

async fn a_connection_is_made_changed_and_deleted(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let body = json!({
        "name": "Okta", "provider": "saml_okta", "domain": "Example.com",
        "idp_entity_id": "https://idp.example/entity", "organization_id": acme.id,
        // As @clerk/backend 1.34 sends it.
        "attribute_mapping": {"emailAddress": "mail", "firstName": "given", "lastName": "sn", "userId": "uid"},
    });
    let made = server.post(PATH, body).await.ok();
    let id = made["id"].as_str().unwrap();
    for (field, expected) in [
        ("object", json!("saml_connection")),
        ("provider", json!("saml_okta")),
        ("domain", json!("example.com")),
        ("domains", json!(["example.com"])),
        ("organization_id", json!(acme.id)),
        ("idp_sso_url", json!(null)),
        ("active", json!(false)),
        ("user_count", json!(0)),
        ("acs_url", json!(format!("{PUBLIC_URL}/v1/saml/acs/{id}"))),
        (
            "attribute_mapping",
            json!({"user_id": "uid", "email_address": "mail", "first_name": "given", "last_name": "sn"}),
        ),
        ("login_hint", json!({"mode": "email_address"})),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    let one = format!("{PATH}/{id}");
    let answer = server.patch(&one, json!({"active": true})).await;
    answer.refused(422, "saml_connection_cant_be_activated");
    let body = json!({
        "active": true, "idp_sso_url": "https://idp.example/sso", "idp_certificate": "MIIC",
        "organization_id": null, "domains": ["one.example", "two.example"],
        "allow_subdomains": true, "login_hint": {"mode": "custom_attribute", "source": "login"},
    });
    let changed = server.patch(&one, body).await.ok();
    assert_eq!(changed["active"], true);
    assert_eq!(changed["organization_id"], json!(null));
    assert_eq!(changed["domain"], "one.example");
    assert_eq!(server.get(&one).await.ok(), changed);
    for (body, status, code, parameter) in [
        (
            json!({"organization_id": "org_nothing"}),
            404,
            "resource_not_found",
            None,
        ),
        (
            json!({"idp_sso_url": "x"}),
            422,
            "form_param_format_invalid",
            Some("idp_sso_url"),
        ),
        (
            json!({"login_hint": {"mode": "custom_attribute"}}),
            422,
            "form_param_value_invalid",
            Some("login_hint"),
        ),
        (
            json!({"domain": "x"}),
            422,
            "form_param_format_invalid",
            Some("domain"),
        ),
    ] {
        let meta = server.patch(&one, body).await.refused(status, code);
        assert_eq!(
            meta.get("param_name").and_then(|name| name.as_str()),
            parameter
        );
    }
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(deleted["object"], "saml_connection");
    server.get(&one).await.refused(404, "resource_not_found");
    for (body, parameter) in [
        (json!({"name": "X", "provider": "saml_custom"}), "domains"),
        (json!({"name": "X", "domain": "a.example"}), "provider"),
        (
            json!({"provider": "saml_custom", "domain": "a.example"}),
            "name",
        ),
    ] {
        server
            .post(PATH, body)
            .await
            .refused_for(422, "form_param_missing", parameter);
    }
    let unknown = json!({"name": "X", "provider": "saml_x", "domain": "a.example"});
    server
        .post(PATH, unknown)
        .await
        .refused_for(422, "form_param_value_invalid", "provider");
}

async fn a_domain_leads_to_one_connection(server: &TestServer) {
    let make = async |domains: &[&str]| {
        let body = json!({"name": "X", "provider": "saml_custom", "domains": domains});
        server.post(PATH, body).await
    };
    let first = make(&["a.example", "b.example"]).await.ok();
    let second = make(&["c.example"]).await.ok();
    make(&["d.example", "B.example"])
        .await
        .refused_for(422, "form_identifier_exists", "domain");
    let of_second = format!("{PATH}/{}", second["id"].as_str().unwrap());
    let answer = server
        .patch(&of_second, json!({"domains": ["a.example"]}))
        .await;
    answer.refused_for(422, "form_identifier_exists", "domain");
    let of_first = format!("{PATH}/{}", first["id"].as_str().unwrap());
    server
        .patch(&of_first, json!({"domains": ["b.example"]}))
        .await
        .ok();
    server
        .patch(&of_second, json!({"domains": ["a.example", "c.example"]}))
        .await
        .ok();
    server.call(Method::DELETE, &of_first, None).await.ok();
    make(&["b.example"]).await.ok();
    assert_eq!(server.get(PATH).await.ok()["total_count"], 2);
}

async fn connections_are_listed(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await.id;
    for (name, organization) in [("Beta", None), ("Alpha", Some(&acme)), ("Gamma", None)] {
        let domain = format!("{}.example", name.to_lowercase());
        let body = json!({"name": name, "provider": "saml_custom", "domain": domain, "organization_id": organization});
        server.post(PATH, body).await.ok();
        server.advance(std::time::Duration::from_secs(1));
    }
    for (query, expected) in [
        (String::new(), "Gamma Alpha Beta"),
        ("order_by=name".into(), "Alpha Beta Gamma"),
        ("query=AMM".into(), "Gamma"),
        (format!("organization_id={acme}"), "Alpha"),
        (format!("organization_id=-{acme}"), "Gamma Beta"),
        ("limit=1&offset=1".into(), "Alpha"),
    ] {
        let page = server.get(&format!("{PATH}?{query}")).await.ok();
        assert_eq!(column(&page["data"], "name").join(" "), expected, "{query}");
    }
}

/// The official SDK sends the one, the description has the other.
async fn d21_attribute_mappings_are_read_in_both_spellings(server: &TestServer) {
    let as_described = json!({"user_id": "uid", "email_address": "mail", "first_name": "given", "last_name": "sn"});
    let as_sent =
        json!({"userId": "uid", "emailAddress": "mail", "firstName": "given", "lastName": "sn"});
    for (domain, mapping) in [("a.example", &as_described), ("b.example", &as_sent)] {
        let body = json!({
            "name": "X", "provider": "saml_custom", "domain": domain, "attribute_mapping": mapping,
        });
        let made = server.post(PATH, body).await.ok();
        assert_eq!(made["attribute_mapping"], as_described, "{mapping}");
    }
}

async fn domains_of_organizations_make_way_for_a_connection(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let domains = format!("/v1/organizations/{}/domains", acme.id);
    for (name, mode, verified) in [
        ("one.example", "automatic_invitation", true),
        ("two.example", "automatic_suggestion", true),
        ("three.example", "manual_invitation", true),
        ("four.example", "automatic_invitation", false),
        ("other.example", "automatic_invitation", true),
    ] {
        let body = json!({"name": name, "enrollment_mode": mode, "verified": verified});
        server.post(&domains, body).await.ok();
    }
    let body = json!({
        "name": "Okta", "provider": "saml_okta",
        "domains": ["one.example", "two.example", "three.example", "four.example"],
        "idp_entity_id": "https://idp.example/entity", "idp_sso_url": "https://idp.example/sso",
        "idp_certificate": "MIIC",
    });
    let made = server.post(PATH, body).await.ok();
    let one = format!("{PATH}/{}", made["id"].as_str().unwrap());
    for body in [
        json!({"active": true}),
        json!({"active": true, "consent_verified_domains_deletion": false}),
    ] {
        let in_the_way = server.patch(&one, body).await;
        in_the_way.refused(422, "organization_domain_exists_for_enterprise_connection");
    }
    assert_eq!(server.get(&one).await.ok()["active"], false);
    let consent = json!({"active": true, "consent_verified_domains_deletion": true});
    assert_eq!(server.patch(&one, consent).await.ok()["active"], true);
    let mut left = column(&server.get(&domains).await.ok()["data"], "name");
    left.sort();
    assert_eq!(left, ["four.example", "other.example", "three.example"]);
}
