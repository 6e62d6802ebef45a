//! Roles of members of organizations, and what they permit.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{TestServer, column, on_both_databases};

on_both_databases! {
    an_instance_begins_with_two_roles,
    a_role_is_created_changed_and_deleted,
    a_role_in_use_is_not_deleted,
    permissions_are_created_changed_and_deleted,
    what_a_creator_needs_stays,
}

async fn role(server: &TestServer, key: &str) -> Value {
    let page = server
        .get(&format!("/v1/organization_roles?query={key}"))
        .await
        .ok();
    assert_eq!(page["total_count"], 1, "{key}");
    page["data"][0].clone()
}

async fn permission(server: &TestServer, key: &str) -> Value {
    let body = json!({"name": key, "key": key});
    server.post("/v1/organization_permissions", body).await.ok()
}

fn path(object: &Value) -> String {
    let folder = match object["object"].as_str().unwrap() {
        "role" => "organization_roles",
        _ => "organization_permissions",
    };
    format!("/v1/{folder}/{}", object["id"].as_str().unwrap())
}

async fn an_instance_begins_with_two_roles(server: &TestServer) {
    let roles = server.get("/v1/organization_roles?order_by=key").await.ok();
    assert_eq!(column(&roles["data"], "key"), ["org:admin", "org:member"]);
    let [admin, member] = [&roles["data"][0], &roles["data"][1]];
    assert_eq!(admin["is_creator_eligible"], true);
    assert_eq!(admin["permissions"].as_array().unwrap().len(), 8);
    assert_eq!(member["is_creator_eligible"], false);
    assert_eq!(
        column(&member["permissions"], "key"),
        ["org:sys_billing:read", "org:sys_memberships:read"]
    );
    assert_eq!(member["permissions"][0]["type"], "system");
    assert_eq!(server.get(&path(admin)).await.ok(), *admin);
    let permissions = server
        .get("/v1/organization_permissions?limit=3")
        .await
        .ok();
    assert_eq!(permissions["total_count"], 8);
    assert_eq!(permissions["data"].as_array().unwrap().len(), 3);
    let missing = server.get("/v1/organization_roles/role_nothing").await;
    missing.refused(404, "resource_not_found");
}

async fn a_role_is_created_changed_and_deleted(server: &TestServer) {
    let read = permission(server, "org:invoice:read").await;
    let body = json!({
        "name": "Billing", "key": "org:billing", "description": "Pays.", "permissions": [read["id"]],
    });
    let role = server
        .post("/v1/organization_roles", body.clone())
        .await
        .ok();
    assert_eq!(role["key"], "org:billing");
    assert_eq!(role["description"], "Pays.");
    assert_eq!(column(&role["permissions"], "key"), ["org:invoice:read"]);
    let taken = server.post("/v1/organization_roles", body).await;
    taken.refused_for(422, "form_identifier_exists", "key");
    for (key, code) in [
        ("billing", "form_param_format_invalid"),
        ("org:Billing", "form_param_format_invalid"),
        ("org:", "form_param_format_invalid"),
    ] {
        let body = json!({"name": "X", "key": key});
        let answer = server.post("/v1/organization_roles", body).await;
        answer.refused_for(422, code, "key");
    }
    let body = json!({"name": "X", "key": "org:x", "permissions": ["perm_nothing"]});
    let answer = server.post("/v1/organization_roles", body).await;
    answer.refused_for(404, "resource_not_found", "permissions");

    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let bob = server.user("bob@example.com").await;
    let members = format!("/v1/organizations/{}/memberships", acme.id);
    let body = json!({"user_id": bob.id, "role": "org:billing"});
    let member = server.post(&members, body).await.ok();
    assert_eq!(member["role_name"], "Billing");
    assert_eq!(member["permissions"], json!(["org:invoice:read"]));

    let write = permission(server, "org:invoice:write").await;
    let path = path(&role);
    let assign = format!("{path}/permissions/{}", write["id"].as_str().unwrap());
    let both = server.call(Method::POST, &assign, None).await.ok();
    assert_eq!(
        column(&both["permissions"], "key"),
        ["org:invoice:read", "org:invoice:write"]
    );
    let again = server.call(Method::POST, &assign, None).await;
    again.refused(409, "organization_role_permission_association_exists");
    server.call(Method::DELETE, &assign, None).await.ok();
    let again = server.call(Method::DELETE, &assign, None).await;
    again.refused(404, "organization_role_permission_association_not_found");

    let body = json!({"name": "Finance", "key": "org:finance", "permissions": [write["id"]], "description": null});
    let changed = server.patch(&path, body).await.ok();
    assert_eq!(changed["description"], json!(null));
    assert_eq!(
        column(&changed["permissions"], "key"),
        ["org:invoice:write"]
    );
    let list = server
        .get(&format!("{members}?role=org:finance"))
        .await
        .ok();
    assert_eq!(list["data"][0]["role_name"], "Finance");
    let taken = server.patch(&path, json!({"key": "org:admin"})).await;
    taken.refused_for(422, "form_identifier_exists", "key");

    let in_use = server.call(Method::DELETE, &path, None).await;
    in_use.refused(422, "organization_role_assigned_members");
    server.client.users().delete(bob.id).await.unwrap();
    let deleted = server.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "role", "id": role["id"], "deleted": true})
    );
    server.get(&path).await.refused(404, "resource_not_found");
}

async fn a_role_in_use_is_not_deleted(server: &TestServer) {
    for (key, code) in [
        ("org:admin", "organization_role_default_creator_role"),
        ("org:member", "organization_role_domain_default_role"),
    ] {
        let role = role(server, key).await;
        server
            .call(Method::DELETE, &path(&role), None)
            .await
            .refused(422, code);
    }
    let guest = json!({"name": "Guest", "key": "org:guest"});
    let guest = server.post("/v1/organization_roles", guest).await.ok();
    let acme = server
        .post("/v1/organizations", json!({"name": "Acme"}))
        .await
        .ok();
    let invitations = format!(
        "/v1/organizations/{}/invitations",
        acme["id"].as_str().unwrap()
    );
    let body = json!({"email_address": "bob@example.com", "role": "org:guest"});
    server.post(&invitations, body).await.ok();
    let answer = server.call(Method::DELETE, &path(&guest), None).await;
    answer.refused(422, "organization_role_exists_in_invitations");
    for number in 0..7 {
        let body = json!({"name": "X", "key": format!("org:x{number}")});
        server.post("/v1/organization_roles", body).await.ok();
    }
    let body = json!({"name": "X", "key": "org:y"});
    let answer = server.post("/v1/organization_roles", body).await;
    answer.refused(403, "organization_instance_roles_quota_exceeded");
}

async fn permissions_are_created_changed_and_deleted(server: &TestServer) {
    let body =
        json!({"name": "Read invoices", "key": "org:invoice:read", "description": "See them."});
    let created = server
        .post("/v1/organization_permissions", body.clone())
        .await
        .ok();
    assert_eq!(created["type"], "user");
    assert!(created["id"].as_str().unwrap().starts_with("perm_"));
    let created_path = path(&created);
    assert_eq!(server.get(&created_path).await.ok(), created);
    let taken = server.post("/v1/organization_permissions", body).await;
    taken.refused_for(422, "form_identifier_exists", "key");
    for key in [
        "org:sys_x:read",
        "org:invoice",
        "invoice:read",
        "org:a:b:c",
        "org:A:b",
    ] {
        let body = json!({"name": "X", "key": key});
        let answer = server.post("/v1/organization_permissions", body).await;
        answer.refused_for(422, "form_param_format_invalid", "key");
    }
    let changed = server
        .patch(&created_path, json!({"name": "See invoices"}))
        .await
        .ok();
    assert_eq!(changed["name"], "See invoices");
    assert_eq!(changed["key"], "org:invoice:read");
    let system = server
        .get("/v1/organization_permissions?query=org:sys_profile:manage")
        .await
        .ok();
    let system = path(&system["data"][0]);
    let code = "organization_system_permission_not_modifiable";
    server
        .patch(&system, json!({"name": "X"}))
        .await
        .refused(403, code);
    server
        .call(Method::DELETE, &system, None)
        .await
        .refused(403, code);
    let deleted = server.call(Method::DELETE, &created_path, None).await.ok();
    assert_eq!(deleted["deleted"], true);
    server
        .get(&created_path)
        .await
        .refused(404, "resource_not_found");
}

async fn what_a_creator_needs_stays(server: &TestServer) {
    let admin = role(server, "org:admin").await;
    let code = "organization_missing_creator_role_permissions";
    let answer = server
        .patch(&path(&admin), json!({"permissions": []}))
        .await;
    answer.refused(422, code);
    let manage = admin["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|permission| permission["key"] == "org:sys_memberships:manage")
        .unwrap();
    let one = format!(
        "{}/permissions/{}",
        path(&admin),
        manage["id"].as_str().unwrap()
    );
    server
        .call(Method::DELETE, &one, None)
        .await
        .refused(422, code);
    assert_eq!(
        role(server, "org:admin").await["permissions"],
        admin["permissions"]
    );
    // Its key may change: whoever creates an organization has it under the new one.
    server
        .patch(&path(&admin), json!({"key": "org:owner"}))
        .await
        .ok();
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let members = server
        .get(&format!("/v1/organizations/{}/memberships", acme.id))
        .await
        .ok();
    assert_eq!(members["data"][0]["role"], "org:owner");
}
