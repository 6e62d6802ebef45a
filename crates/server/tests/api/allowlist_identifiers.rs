//! The allowlist and the blocklist, and whom they keep out.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    a_mailbox_has_one_address_if_the_instance_says_so,
    addresses_to_be_thrown_away_are_refused,
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

async fn a_mailbox_has_one_address_if_the_instance_says_so(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    server.user("a.da@gmail.com").await;
    let user = async |address: &str| {
        let body = json!({"email_address": [address]});
        server.post("/v1/users", body).await
    };
    let restrict = async |body| {
        server.patch("/v1/instance/restrictions", body).await.ok();
    };
    user("ada+1@example.com").await.ok();
    restrict(json!({"block_email_subaddresses": true})).await;
    let second = user("ada+2@example.com").await;
    let meta = second.refused(403, "not_allowed_access");
    assert_eq!(meta, json!({"identifiers": ["ada+2@example.com"]}));
    user("ada@example.com")
        .await
        .refused_for(422, "form_identifier_exists", "email_address");
    // Whose mailbox has no other address may have one with a tag.
    user("bob+1@example.com").await.ok();
    user("bob@example.com")
        .await
        .refused(403, "not_allowed_access");
    let both = json!({"email_address": ["eve@example.com", "eve+1@example.com"]});
    server
        .post("/v1/users", both)
        .await
        .refused(403, "not_allowed_access");
    let added = json!({"user_id": ada.id, "email_address": "ada#3@example.com"});
    server
        .post("/v1/email_addresses", added)
        .await
        .refused(403, "not_allowed_access");
    let acme = server.organization("Acme", &ada).await;
    let of_acme = format!("/v1/organizations/{}/invitations", acme.id);
    for path in ["/v1/invitations", &of_acme] {
        for (address, is_allowed) in [("ada+4@example.com", false), ("cyd+1@example.com", true)] {
            let mut body = json!({"email_address": address});
            if path == of_acme {
                body["role"] = json!("org:member");
            }
            let answer = server.post(path, body).await;
            match is_allowed {
                true => drop(answer.ok()),
                false => drop(answer.refused(403, "not_allowed_access")),
            }
        }
    }
    // Dots count until the instance says otherwise.
    user("ada@gmail.com").await.ok();
    restrict(json!({"ignore_dots_for_gmail_addresses": true})).await;
    user("ad.a@gmail.com")
        .await
        .refused(403, "not_allowed_access");
    user("ad.a@example.com").await.ok();
    restrict(json!({"block_email_subaddresses": false})).await;
    user("ada+5@example.com").await.ok();
    user("ada+5@gmail.com").await.ok();
    user("a.da+5@gmail.com")
        .await
        .refused(403, "not_allowed_access");
}

async fn addresses_to_be_thrown_away_are_refused(server: &TestServer) {
    let ada = server.user("ada@mailinator.com").await;
    let body = json!({"block_disposable_email_domains": true});
    server.patch("/v1/instance/restrictions", body).await.ok();
    let address = "eve@x.mailinator.com";
    for (path, body) in [
        ("/v1/users", json!({"email_address": [address]})),
        (
            "/v1/email_addresses",
            json!({"user_id": ada.id, "email_address": address}),
        ),
        ("/v1/invitations", json!({"email_address": address})),
    ] {
        let meta = server
            .post(path, body)
            .await
            .refused(403, "not_allowed_access");
        assert_eq!(meta, json!({"identifiers": [address]}), "{path}");
    }
    server.user("eve@example.com").await;
}
