//! The allowlist and the blocklist, and whom they keep out.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    identifiers_are_listed_once,
    the_lists_keep_people_out,
}

async fn identifiers_are_listed_once(server: &TestServer) {
    for (path, object) in [
        ("/v1/allowlist_identifiers", "allowlist_identifier"),
        ("/v1/blocklist_identifiers", "blocklist_identifier"),
    ] {
        for (text, identifier, kind) in [
            ("Ada@Example.com", "ada@example.com", "email_address"),
            ("*@Example.org", "*@example.org", "email_address"),
            ("+1 (555) 555-0100", "+15555550100", "phone_number"),
            (
                "0x71C7656EC7ab88b098defB751B7401B5f6d8976F",
                "0x71c7656ec7ab88b098defb751b7401b5f6d8976f",
                "web3_wallet",
            ),
        ] {
            let entry = server.post(path, json!({"identifier": text})).await.ok();
            let id = entry["id"].as_str().unwrap();
            assert_eq!(
                entry,
                json!({
                    "id": id, "object": object, "identifier": identifier, "identifier_type": kind,
                    "instance_id": server.server.instance().id(), "created_at": BEGINNING,
                    "updated_at": BEGINNING,
                })
            );
            let again = server.post(path, json!({"identifier": identifier})).await;
            again.refused_for(400, "duplicate_record", "identifier");
        }
        for text in ["", "ada", "*@example", "0x12", "+12"] {
            let answer = server.post(path, json!({"identifier": text})).await;
            answer.refused_for(422, "form_param_format_invalid", "identifier");
        }
        let page = server.get(&format!("{path}?paginated=true")).await.ok();
        assert_eq!(page["total_count"], 4);
        let id = column(&page["data"], "id").remove(0);
        let one = format!("{path}/{id}");
        let deleted = server.call(Method::DELETE, &one, None).await.ok();
        assert_eq!(
            deleted,
            json!({"object": object, "id": id, "deleted": true})
        );
        server
            .call(Method::DELETE, &one, None)
            .await
            .refused(404, "resource_not_found");
        let page = server
            .get(&format!("{path}?paginated=true&limit=2"))
            .await
            .ok();
        assert_eq!(page["total_count"], 3);
        assert_eq!(page["data"].as_array().unwrap().len(), 2);
    }
    // Only the allowlist has two shapes.
    assert!(
        server
            .get("/v1/allowlist_identifiers")
            .await
            .ok()
            .is_array()
    );
    assert!(
        server
            .get("/v1/blocklist_identifiers")
            .await
            .ok()
            .is_object()
    );
}

async fn the_lists_keep_people_out(server: &TestServer) {
    let try_user = async |address: &str| {
        let body = json!({"email_address": [address]});
        server.post("/v1/users", body).await
    };
    for (list, identifier) in [
        ("allowlist", "*@example.com"),
        ("allowlist", "bob@other.org"),
        ("blocklist", "eve@example.com"),
        ("blocklist", "*@bad.example"),
    ] {
        let path = format!("/v1/{list}_identifiers");
        server
            .post(&path, json!({"identifier": identifier}))
            .await
            .ok();
    }
    // They do nothing until they are turned on.
    try_user("eve@example.com").await.ok();
    let restrictions = "/v1/instance/restrictions";
    let set = server
        .patch(restrictions, json!({"allowlist": true, "blocklist": true}))
        .await
        .ok();
    assert_eq!(set["object"], "instance_restrictions");
    assert_eq!(
        (&set["allowlist"], &set["blocklist"]),
        (&json!(true), &json!(true))
    );
    for address in ["eve@example.com", "ada@bad.example", "cyd@other.org"] {
        let meta = try_user(address).await.refused(403, "not_allowed_access");
        assert_eq!(meta, json!({"identifiers": [address]}));
    }
    for address in ["ada@example.com", "bob@other.org"] {
        try_user(address).await.ok();
    }
    server
        .patch(restrictions, json!({"allowlist": false}))
        .await
        .ok();
    try_user("cyd@other.org").await.ok();
    try_user("ada@bad.example")
        .await
        .refused(403, "not_allowed_access");
    assert_eq!(server.count_users().await, 4);
}
