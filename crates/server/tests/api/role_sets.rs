//! Role sets, and what they decide in organizations.

use http::Method;
use ironclerk::api::users::User;
use serde_json::{Value, json};

use crate::harness::{TestServer, column, on_both_databases};

on_both_databases! {
    an_instance_begins_with_a_set_of_all_roles,
    a_set_is_made_changed_and_listed,
    what_no_set_may_be_is_refused,
    organizations_have_the_roles_of_their_set,
    a_role_takes_the_place_of_another,
    a_set_takes_the_place_of_another,
}

const SETS: &str = "/v1/role_sets";

async fn role(server: &TestServer, key: &str, more: Value) -> Value {
    let mut body = json!({"name": key, "key": key});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    server.post("/v1/organization_roles", body).await.ok()
}

/// A role with all that whoever creates an organization needs.
async fn owner(server: &TestServer) -> Value {
    let admin = server
        .get("/v1/organization_roles?query=org:admin")
        .await
        .ok();
    let permissions = column(&admin["data"][0]["permissions"], "id");
    role(server, "org:owner", json!({"permissions": permissions})).await
}

async fn set(server: &TestServer, key: &str) -> Value {
    server.get(&format!("{SETS}/{key}")).await.ok()
}

async fn member(server: &TestServer, organization: &str, user: &User, role: &str) -> u16 {
    let path = format!("/v1/organizations/{organization}/memberships");
    let body = json!({"user_id": user.id, "role": role});
    server.post(&path, body).await.status
}

/// The roles of the members of an organization, in alphabetical order.
async fn roles_in(server: &TestServer, organization: &str) -> Vec<String> {
    let path = format!("/v1/organizations/{organization}/memberships");
    let mut roles = column(&server.get(&path).await.ok()["data"], "role");
    roles.sort();
    roles
}

async fn organization(server: &TestServer, creator: &User, key: Option<&str>) -> String {
    let body = json!({"name": "Acme", "created_by": creator.id, "role_set_key": key});
    let organization = server.post("/v1/organizations", body).await.ok();
    organization["id"].as_str().unwrap().to_owned()
}

async fn an_instance_begins_with_a_set_of_all_roles(server: &TestServer) {
    let page = server.get(SETS).await.ok();
    assert_eq!(page["total_count"], 1);
    let first = &page["data"][0];
    assert_eq!(
        (&first["object"], &first["key"]),
        (&json!("role_set"), &json!("role_set:default"))
    );
    assert_eq!(first["type"], "initial");
    assert_eq!(column(&first["roles"], "key"), ["org:admin", "org:member"]);
    assert_eq!(first["creator_role"]["key"], "org:admin");
    assert_eq!(first["default_role"]["key"], "org:member");
    assert_eq!(first["role_set_migration"], json!(null));
    assert_eq!(set(server, first["id"].as_str().unwrap()).await, *first);
    // A role is in it, unless it is not to be.
    role(server, "org:in", json!({})).await;
    role(
        server,
        "org:out",
        json!({"include_in_initial_role_set": false}),
    )
    .await;
    let now = set(server, "role_set:default").await;
    assert_eq!(
        column(&now["roles"], "key"),
        ["org:admin", "org:in", "org:member"]
    );
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = organization(server, &ada, None).await;
    assert_eq!(member(server, &acme, &bob, "org:out").await, 404);
    assert_eq!(member(server, &acme, &bob, "org:in").await, 200);
    let counted = set(server, "role_set:default").await;
    for (item, count) in counted["roles"].as_array().unwrap().iter().zip([1, 1, 0]) {
        assert_eq!(
            (&item["object"], &item["members_count"]),
            (&json!("role_set_item"), &json!(count))
        );
        assert_eq!(item["has_members"], count > 0);
    }
    server
        .get(&format!("{SETS}/nothing"))
        .await
        .refused(404, "resource_not_found");
}

async fn a_set_is_made_changed_and_listed(server: &TestServer) {
    owner(server).await;
    let body = json!({
        "name": "Enterprise & Co.", "description": "For large ones",
        "roles": ["org:owner", "org:member"],
        "default_role_key": "org:member", "creator_role_key": "org:owner",
    });
    let made = server.post(SETS, body.clone()).await.ok();
    assert_eq!(made["key"], "role_set:enterprise_co");
    assert_eq!(
        (&made["type"], &made["description"]),
        (&json!("custom"), &json!("For large ones"))
    );
    assert_eq!(column(&made["roles"], "key"), ["org:member", "org:owner"]);
    // A name may be there twice, a key that was chosen may not.
    let other = server.post(SETS, body.clone()).await.ok();
    assert!(
        other["key"]
            .as_str()
            .unwrap()
            .starts_with("role_set:enterprise_co_")
    );
    let mut taken = body;
    taken["key"] = json!("role_set:default");
    server
        .post(SETS, taken)
        .await
        .refused_for(422, "form_identifier_exists", "key");

    let path = format!("{SETS}/{}", made["id"].as_str().unwrap());
    let change = json!({
        "name": "Large", "key": "role_set:large", "description": null, "type": "initial",
        "default_role_key": "org:owner",
    });
    let changed = server.patch(&path, change).await.ok();
    assert_eq!(
        (&changed["name"], &changed["key"]),
        (&json!("Large"), &json!("role_set:large"))
    );
    assert_eq!(
        (&changed["type"], &changed["description"]),
        (&json!("initial"), &json!(null))
    );
    assert_eq!(changed["default_role"]["key"], "org:owner");
    assert_eq!(set(server, "role_set:default").await["type"], "custom");
    assert_eq!(set(server, "role_set:large").await, changed);
    // It is what organizations get now, and what the settings show.
    let settings = server.get("/v1/instance/organization_settings").await.ok();
    assert_eq!(settings["creator_role"], "org:owner");
    let ada = server.user("ada@example.com").await;
    let acme = organization(server, &ada, None).await;
    assert_eq!(roles_in(server, &acme).await, ["org:owner"]);

    for (query, expected) in [
        (
            "order_by=key",
            "role_set:default role_set:enterprise_co_ role_set:large",
        ),
        ("query=LARGE", "role_set:large"),
        ("query=role_set:d&limit=1", "role_set:default"),
        ("offset=5", ""),
    ] {
        let page = server.get(&format!("{SETS}?{query}")).await.ok();
        let keys = column(&page["data"], "key").join(" ");
        let digits = |c: char| c.is_ascii_digit();
        assert_eq!(keys.replace(digits, ""), expected, "{query}");
    }
}

async fn what_no_set_may_be_is_refused(server: &TestServer) {
    let right = json!({
        "name": "A", "roles": ["org:admin", "org:member"],
        "default_role_key": "org:member", "creator_role_key": "org:admin",
    });
    for (field, value, status, code, parameter) in [
        ("name", json!(""), 422, "form_param_value_invalid", "name"),
        ("name", json!(null), 422, "form_param_nil", "name"),
        (
            "key",
            json!("default"),
            422,
            "form_param_format_invalid",
            "key",
        ),
        (
            "key",
            json!("role_set:A"),
            422,
            "form_param_format_invalid",
            "key",
        ),
        (
            "type",
            json!("other"),
            422,
            "form_param_value_invalid",
            "type",
        ),
        ("roles", json!([]), 422, "form_param_value_invalid", "roles"),
        (
            "roles",
            json!(["org:nothing"]),
            404,
            "resource_not_found",
            "roles",
        ),
        (
            "default_role_key",
            json!("org:x"),
            422,
            "form_param_value_invalid",
            "default_role_key",
        ),
        (
            "creator_role_key",
            json!("org:x"),
            422,
            "form_param_value_invalid",
            "creator_role_key",
        ),
    ] {
        let mut body = right.clone();
        body[field] = value;
        let answer = server.post(SETS, body).await;
        answer.refused_for(status, code, parameter);
    }
    let mut body = right.clone();
    body["creator_role_key"] = json!("org:member");
    let answer = server.post(SETS, body).await;
    answer.refused(422, "organization_missing_creator_role_permissions");
    for index in 0..9 {
        let mut body = right.clone();
        body["key"] = json!(format!("role_set:number_{index}"));
        server.post(SETS, body).await.ok();
    }
    let answer = server.post(SETS, right).await;
    answer.refused(403, "organization_instance_role_sets_quota_exceeded");
    let default = format!("{SETS}/role_set:default");
    for (body, parameter) in [
        (json!({"type": "custom"}), "type"),
        (json!({"default_role_key": "org:x"}), "default_role_key"),
    ] {
        let answer = server.patch(&default, body).await;
        answer.refused_for(422, "form_param_value_invalid", parameter);
    }
}

async fn organizations_have_the_roles_of_their_set(server: &TestServer) {
    owner(server).await;
    role(server, "org:guest", json!({})).await;
    let body = json!({
        "name": "Large", "key": "role_set:large", "roles": ["org:owner", "org:guest"],
        "default_role_key": "org:guest", "creator_role_key": "org:owner",
    });
    server.post(SETS, body).await.ok();
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = organization(server, &ada, Some("role_set:large")).await;
    assert_eq!(roles_in(server, &acme).await, ["org:owner"]);
    let path = format!("/v1/organizations/{acme}");
    for role in ["org:member", "org:nothing"] {
        let body = json!({"user_id": bob.id, "role": role});
        let refused = server.post(&format!("{path}/memberships"), body).await;
        refused.refused_for(404, "resource_not_found", "role");
        let body = json!({"email_address": "cyd@example.com", "role": role});
        let refused = server.post(&format!("{path}/invitations"), body).await;
        refused.refused_for(404, "resource_not_found", "role");
    }
    assert_eq!(member(server, &acme, &bob, "org:guest").await, 200);
    let of_bob = format!("{path}/memberships/{}", bob.id);
    let refused = server.patch(&of_bob, json!({"role": "org:admin"})).await;
    refused.refused_for(404, "resource_not_found", "role");
    // To another set only with roles that both have.
    let body = json!({"role_set_key": "role_set:nothing"});
    server
        .patch(&path, body.clone())
        .await
        .refused_for(404, "resource_not_found", "role_set_key");
    let mut new = json!({"name": "x"});
    new["role_set_key"] = body["role_set_key"].clone();
    server.post("/v1/organizations", new).await.refused_for(
        404,
        "resource_not_found",
        "role_set_key",
    );
    let body = json!({
        "name": "Small", "key": "role_set:small", "roles": ["org:owner"],
        "default_role_key": "org:owner", "creator_role_key": "org:owner",
    });
    server.post(SETS, body).await.ok();
    let small = json!({"role_set_key": "role_set:small"});
    let refused = server.patch(&path, small.clone()).await;
    refused.refused_for(
        422,
        "organization_role_on_set_assigned_to_user",
        "role_set_key",
    );
    server
        .patch(&path, json!({"role_set_key": "role_set:default"}))
        .await
        .ok();
    assert_eq!(
        server
            .patch(&of_bob, json!({"role": "org:owner"}))
            .await
            .status,
        200
    );
    server.patch(&path, small).await.ok();
    // What sets need is not deleted.
    for (key, code) in [
        ("org:owner", "organization_role_default_creator_role"),
        ("org:guest", "organization_role_domain_default_role"),
    ] {
        let page = server
            .get(&format!("/v1/organization_roles?query={key}"))
            .await
            .ok();
        let role = page["data"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/organization_roles/{role}");
        server
            .call(Method::DELETE, &path, None)
            .await
            .refused(422, code);
    }
}

async fn a_role_takes_the_place_of_another(server: &TestServer) {
    owner(server).await;
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = organization(server, &ada, None).await;
    member(server, &acme, &bob, "org:member").await;
    let default = format!("{SETS}/role_set:default");
    let more = json!({"role_keys": ["org:owner"], "creator_role_key": "org:member"});
    let refused = server.post(&format!("{default}/roles"), more).await;
    refused.refused_for(422, "form_param_value_invalid", "creator_role_key");
    let more = json!({"role_keys": ["org:owner"], "creator_role_key": "org:owner"});
    let set = server.post(&format!("{default}/roles"), more).await.ok();
    assert_eq!(set["creator_role"]["key"], "org:owner");
    let replace = format!("{default}/roles/replace");
    for (from, to, parameter) in [
        ("org:nothing", "org:owner", "role_key"),
        ("org:admin", "org:nothing", "to_role_key"),
        ("org:admin", "org:admin", "to_role_key"),
    ] {
        let body = json!({"role_key": from, "to_role_key": to});
        let refused = server.post(&replace, body).await;
        refused.refused_for(422, "form_param_value_invalid", parameter);
    }
    let body = json!({"role_key": "org:owner", "to_role_key": "org:member"});
    let refused = server.post(&replace, body).await;
    refused.refused(422, "organization_missing_creator_role_permissions");
    let body = json!({"role_key": "org:admin", "to_role_key": "org:owner"});
    let set = server.post(&replace, body).await.ok();
    assert_eq!(column(&set["roles"], "key"), ["org:member", "org:owner"]);
    assert_eq!(roles_in(server, &acme).await, ["org:member", "org:owner"]);
}

async fn a_set_takes_the_place_of_another(server: &TestServer) {
    owner(server).await;
    role(server, "org:guest", json!({})).await;
    for (key, roles, default) in [
        (
            "role_set:one",
            json!(["org:owner", "org:admin", "org:guest"]),
            "org:guest",
        ),
        (
            "role_set:two",
            json!(["org:owner", "org:admin", "org:member"]),
            "org:member",
        ),
    ] {
        let body = json!({
            "name": key, "key": key, "roles": roles,
            "default_role_key": default, "creator_role_key": "org:admin",
        });
        server.post(SETS, body).await.ok();
    }
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = organization(server, &ada, Some("role_set:one")).await;
    let other = organization(server, &ada, Some("role_set:two")).await;
    member(server, &acme, &bob, "org:owner").await;
    let invitation = json!({"email_address": "cyd@example.com", "role": "org:guest"});
    let invitations = format!("/v1/organizations/{acme}/invitations");
    server.post(&invitations, invitation).await.ok();
    let replace = format!("{SETS}/role_set:one/replace");
    let to = |key: &str, mappings: Value| json!({"dest_role_set_key": key, "reassignment_mappings": mappings});
    for (body, status, code, parameter) in [
        (
            to("role_set:nothing", json!({})),
            404,
            "resource_not_found",
            "dest_role_set_key",
        ),
        (
            to("role_set:one", json!({})),
            422,
            "form_param_value_invalid",
            "dest_role_set_key",
        ),
        (
            to("role_set:two", json!({})),
            422,
            "organization_role_set_reassignment_mappings_missing",
            "reassignment_mappings",
        ),
        (
            to("role_set:two", json!({"org:guest": "org:guest"})),
            422,
            "organization_role_set_reassignment_mappings_invalid",
            "reassignment_mappings",
        ),
        (
            to("role_set:two", json!({"org:guest": 1})),
            422,
            "organization_role_set_reassignment_mappings_invalid",
            "reassignment_mappings",
        ),
    ] {
        server
            .post(&replace, body)
            .await
            .refused_for(status, code, parameter);
    }
    let initial = format!("{SETS}/role_set:default/replace");
    let refused = server.post(&initial, to("role_set:one", json!({}))).await;
    refused.refused(403, "cannot_delete_initial_role_set");
    // Two roles change places.
    let mappings =
        json!({"org:guest": "org:member", "org:owner": "org:admin", "org:admin": "org:owner"});
    let before = set(server, "role_set:one").await;
    let gone = server
        .post(&replace, to("role_set:two", mappings))
        .await
        .ok();
    assert_eq!(
        gone,
        json!({"object": "role_set", "id": before["id"], "deleted": true})
    );
    server
        .get(&format!("{SETS}/role_set:one"))
        .await
        .refused(404, "resource_not_found");
    let path = format!("/v1/organizations/{acme}/memberships");
    let page = server.get(&path).await.ok();
    for membership in page["data"].as_array().unwrap() {
        let is_ada = membership["public_user_data"]["user_id"] == json!(ada.id);
        assert_eq!(
            membership["role"],
            if is_ada { "org:owner" } else { "org:admin" }
        );
    }
    assert_eq!(
        server.get(&invitations).await.ok()["data"][0]["role"],
        "org:member"
    );
    // Other organizations keep what they have.
    assert_eq!(roles_in(server, &other).await, ["org:admin"]);
    let two = set(server, "role_set:two").await;
    let count = |key: &str| {
        let items = two["roles"].as_array().unwrap();
        items.iter().find(|item| item["key"] == key).unwrap()["members_count"].clone()
    };
    assert_eq!(
        (count("org:admin"), count("org:owner")),
        (json!(2), json!(1))
    );
}
