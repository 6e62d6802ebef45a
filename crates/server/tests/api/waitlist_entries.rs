//! The waitlist.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    who_waits_is_on_the_list_once,
    who_was_rejected_stays_so,
    who_waits_is_invited,
    many_are_put_on_the_list_or_none,
}

const PATH: &str = "/v1/waitlist_entries";

async fn who_waits_is_on_the_list_once(server: &TestServer) {
    let entry = server
        .post(
            PATH,
            json!({"email_address": "Ada@example.com", "notify": false}),
        )
        .await
        .ok();
    assert_eq!(entry["object"], "waitlist_entry");
    assert_eq!(entry["email_address"], "ada@example.com");
    assert_eq!(entry["status"], "pending");
    assert_eq!(entry["created_at"], BEGINNING);
    server.advance(std::time::Duration::from_secs(1));
    let again = server
        .post(PATH, json!({"email_address": "ada@example.com"}))
        .await
        .ok();
    assert_eq!(again, entry);
    server
        .post(PATH, json!({"email_address": "bob@example.com"}))
        .await
        .ok();
    let bad = server.post(PATH, json!({"email_address": "x"})).await;
    bad.refused_for(422, "form_param_format_invalid", "email_address");
    for (query, expected) in [
        ("", "bob@example.com ada@example.com"),
        ("?order_by=created_at", "ada@example.com bob@example.com"),
        (
            "?order_by=-email_address",
            "bob@example.com ada@example.com",
        ),
        ("?query=ADA", "ada@example.com"),
        ("?status=pending&limit=1", "bob@example.com"),
        ("?status=invited", ""),
        ("?order_by=invited_at", "ada@example.com bob@example.com"),
    ] {
        let page = server.get(&format!("{PATH}{query}")).await.ok();
        let mut addresses = column(&page["data"], "email_address");
        if query.contains("invited_at") {
            // Nobody was invited: any order will do.
            addresses.sort();
        }
        assert_eq!(addresses.join(" "), expected, "{query}");
    }
    let bad = server.get(&format!("{PATH}?status=lost")).await;
    bad.refused_for(422, "form_param_value_invalid", "status");
}

async fn who_was_rejected_stays_so(server: &TestServer) {
    let entry = server
        .post(PATH, json!({"email_address": "ada@example.com"}))
        .await
        .ok();
    let one = format!("{PATH}/{}", entry["id"].as_str().unwrap());
    let rejected = server.post(&format!("{one}/reject"), json!({})).await.ok();
    assert_eq!(rejected["status"], "rejected");
    let again = server.post(&format!("{one}/reject"), json!({})).await;
    again.refused(409, "waitlist_entry_already_rejected");
    let kept = server.call(Method::DELETE, &one, None).await;
    kept.refused(409, "waitlist_entry_already_rejected");
    let other = server
        .post(PATH, json!({"email_address": "bob@example.com"}))
        .await
        .ok();
    let one = format!("{PATH}/{}", other["id"].as_str().unwrap());
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "waitlist_entry", "id": other["id"], "deleted": true})
    );
    server
        .call(Method::DELETE, &one, None)
        .await
        .refused(404, "resource_not_found");
}

async fn who_waits_is_invited(server: &TestServer) {
    let entry = server
        .post(PATH, json!({"email_address": "ada@example.com"}))
        .await
        .ok();
    let path = format!("{PATH}/{}", entry["id"].as_str().unwrap());
    let invited = server.post(&format!("{path}/invite"), json!({})).await.ok();
    assert_eq!(invited["status"], "invited");
    assert_eq!(invited["invitation"]["status"], "pending");
    assert_eq!(invited["invitation"]["email_address"], "ada@example.com");
    let link = invited["invitation"]["url"].as_str().unwrap();
    let link = link.strip_prefix(PUBLIC_URL).unwrap();
    assert_eq!(
        server.request(Method::GET, link, &[], b"").await.status,
        200
    );
    let invitations = server.get("/v1/invitations").await.ok();
    assert_eq!(invitations[0]["id"], invited["invitation"]["id"]);
    let again = server.post(&format!("{path}/invite"), json!({})).await;
    again.refused(409, "waitlist_entry_already_invited");
    let listed = server.get(&format!("{PATH}?status=invited")).await.ok();
    assert_eq!(listed["total_count"], 1);

    // Who has an account is not invited unless that is wanted.
    server.user("bob@example.com").await;
    let entry = server
        .post(PATH, json!({"email_address": "bob@example.com"}))
        .await
        .ok();
    let path = format!("{PATH}/{}", entry["id"].as_str().unwrap());
    let refused = server.post(&format!("{path}/invite"), json!({})).await;
    refused.refused_for(422, "form_identifier_exists", "email_address");
    server.post(&format!("{path}/reject"), json!({})).await.ok();
    let all_the_same = json!({"ignore_existing": true});
    let invited = server.post(&format!("{path}/invite"), all_the_same).await;
    assert_eq!(invited.ok()["status"], "invited");
    let missing = server
        .post(&format!("{PATH}/wle_nobody/invite"), json!({}))
        .await;
    missing.refused(404, "resource_not_found");
}

async fn many_are_put_on_the_list_or_none(server: &TestServer) {
    let path = format!("{PATH}/bulk");
    let one = |name: &str| json!({"email_address": format!("{name}@example.com")});
    let first = server.post(PATH, one("ada")).await.ok();
    let both = server
        .post(&path, json!([one("ada"), one("bob")]))
        .await
        .ok();
    assert_eq!(both[0]["id"], first["id"]);
    assert_eq!(both[1]["email_address"], "bob@example.com");
    for (body, code, parameter) in [
        (json!([]), "form_param_missing", "email_address"),
        (
            json!([one("carl"), one("Carl")]),
            "form_param_duplicate",
            "email_address",
        ),
        (
            json!([one("carl"), {"email_address": "x"}]),
            "form_param_format_invalid",
            "email_address",
        ),
        (
            json!([one("carl"), {"email_address": "d@x.co", "status": "invited"}]),
            "form_param_unknown",
            "status",
        ),
    ] {
        let refused = server.post(&path, body).await;
        refused.refused_for(422, code, parameter);
    }
    let many: Vec<_> = (0..51).map(|number| one(&format!("u{number}"))).collect();
    server
        .post(&path, json!(many))
        .await
        .refused(400, "bulk_size_exceeded");
    let listed = server.get(PATH).await.ok();
    assert_eq!(listed["total_count"], 2);
}
