//! The waitlist.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    who_waits_is_on_the_list_once,
    who_was_rejected_stays_so,
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
