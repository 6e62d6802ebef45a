//! Email domains of organizations.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    a_domain_is_added_changed_and_removed,
    a_domain_is_verified_for_one_organization_only,
    domains_are_listed_and_filtered,
}

async fn organization(server: &TestServer, name: &str) -> String {
    let organization = server
        .post("/v1/organizations", json!({"name": name}))
        .await
        .ok();
    format!("/v1/organizations/{}", organization["id"].as_str().unwrap())
}

async fn a_domain_is_added_changed_and_removed(server: &TestServer) {
    let acme = organization(server, "Acme").await;
    let path = format!("{acme}/domains");
    let body = json!({"name": "Example.COM", "enrollment_mode": "automatic_invitation"});
    let domain = server.post(&path, body).await.ok();
    let id = domain["id"].as_str().unwrap();
    let verified =
        json!({"status": "verified", "strategy": "from_api", "attempts": null, "expires_at": null});
    assert_eq!(
        domain,
        json!({
            "id": id,
            "object": "organization_domain",
            "organization_id": &acme["/v1/organizations/".len()..],
            "name": "example.com",
            "enrollment_mode": "automatic_invitation",
            "affiliation_email_address": null,
            "affiliation_verification": verified,
            "ownership_verification": null,
            "verification": verified,
            "total_pending_invitations": 0,
            "total_pending_suggestions": 0,
            "created_at": BEGINNING,
            "updated_at": BEGINNING,
        })
    );
    assert!(id.starts_with("orgdmn_"));
    for (body, status, code, parameter) in [
        (
            json!({"name": "example.com"}),
            422,
            "organization_domain_already_exists_same_organization",
            "name",
        ),
        (
            json!({"name": "gmail.com"}),
            422,
            "organization_domain_common",
            "name",
        ),
        (
            json!({"name": "nonsense"}),
            422,
            "form_param_format_invalid",
            "name",
        ),
        (json!({}), 422, "form_param_missing", "name"),
        (
            json!({"name": "a.example", "enrollment_mode": "magic"}),
            422,
            "form_param_value_invalid",
            "enrollment_mode",
        ),
    ] {
        server
            .post(&path, body)
            .await
            .refused_for(status, code, parameter);
    }
    let one = format!("{path}/{id}");
    let body = json!({"enrollment_mode": "manual_invitation", "verified": false});
    let changed = server.patch(&one, body).await.ok();
    assert_eq!(changed["enrollment_mode"], "manual_invitation");
    assert_eq!(changed["verification"]["status"], "unverified");
    let unchanged = server.patch(&one, json!({})).await.ok();
    assert_eq!(unchanged["verification"]["status"], "unverified");
    for _ in 0..2 {
        let owned = server
            .post(&format!("{one}/verify_ownership"), json!({}))
            .await
            .ok();
        assert_eq!(owned["ownership_verification"]["status"], "verified");
        assert_eq!(
            owned["ownership_verification"]["strategy"],
            "manual_override"
        );
    }
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "organization_domain", "id": id, "deleted": true})
    );
    server
        .call(Method::DELETE, &one, None)
        .await
        .refused(404, "resource_not_found");
    assert_eq!(
        server.get(&path).await.ok(),
        json!({"data": [], "total_count": 0})
    );
}

async fn a_domain_is_verified_for_one_organization_only(server: &TestServer) {
    let acme = format!("{}/domains", organization(server, "Acme").await);
    let other = format!("{}/domains", organization(server, "Other").await);
    server
        .post(&acme, json!({"name": "example.com"}))
        .await
        .ok();
    let code = "organization_domain_already_exists";
    let answer = server.post(&other, json!({"name": "example.com"})).await;
    answer.refused_for(422, code, "name");
    let body = json!({"name": "example.com", "verified": false});
    let domain = server.post(&other, body).await.ok();
    let path = format!("{other}/{}", domain["id"].as_str().unwrap());
    server
        .patch(&path, json!({"verified": true}))
        .await
        .refused_for(422, code, "name");
    for number in 0..9 {
        let body = json!({"name": format!("{number}.example.com")});
        server.post(&acme, body).await.ok();
    }
    let answer = server.post(&acme, json!({"name": "10.example.com"})).await;
    answer.refused(403, "organization_domain_quota_exceeded");
}

async fn domains_are_listed_and_filtered(server: &TestServer) {
    let acme = organization(server, "Acme").await;
    let other = organization(server, "Other").await;
    for (organization, name, mode, verified) in [
        (&acme, "a.example", "manual_invitation", true),
        (&acme, "b.example", "automatic_suggestion", false),
        (&other, "c.example", "manual_invitation", false),
    ] {
        let body = json!({"name": name, "enrollment_mode": mode, "verified": verified});
        server
            .post(&format!("{organization}/domains"), body)
            .await
            .ok();
        server.advance(std::time::Duration::from_secs(1));
    }
    let all = "/v1/organization_domains".to_owned();
    let of_acme = format!("{acme}/domains");
    let id = &acme["/v1/organizations/".len()..];
    for (path, query, expected) in [
        (&of_acme, String::new(), "b.example a.example"),
        (&of_acme, "verified=true".into(), "a.example"),
        (&of_acme, "verified=false".into(), "b.example"),
        (
            &of_acme,
            "enrollment_mode=manual_invitation".into(),
            "a.example",
        ),
        (
            &of_acme,
            "enrollment_mode=-manual_invitation".into(),
            "b.example",
        ),
        (&all, String::new(), "c.example b.example a.example"),
        (&all, format!("organization_id={id}"), "b.example a.example"),
        (&all, format!("query={id}"), "b.example a.example"),
        (&all, "query=C.EX".into(), "c.example"),
        (
            &all,
            "domains=a.example&domains=c.example&order_by=name".into(),
            "a.example c.example",
        ),
    ] {
        let page = server.get(&format!("{path}?{query}")).await.ok();
        assert_eq!(
            column(&page["data"], "name").join(" "),
            expected,
            "{path} {query}"
        );
        assert_eq!(page["total_count"], expected.split(' ').count(), "{query}");
        let has_organization = page["data"][0].get("public_organization_data").is_some();
        assert_eq!(has_organization, *path == all);
    }
    for (query, parameter) in [
        ("query=%20", "query"),
        ("enrollment_mode=magic", "enrollment_mode"),
    ] {
        let answer = server.get(&format!("{all}?{query}")).await;
        answer.refused_for(422, "form_param_value_invalid", parameter);
    }
}
