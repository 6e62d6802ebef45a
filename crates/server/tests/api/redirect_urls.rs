//! Addresses to which native applications may be sent back.

use http::Method;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    a_redirect_url_is_added_and_removed,
}

async fn a_redirect_url_is_added_and_removed(server: &TestServer) {
    let path = "/v1/redirect_urls";
    let url = json!({"url": "myapp://callback"});
    let added = server.post(path, url.clone()).await.ok();
    let id = added["id"].as_str().unwrap();
    assert_eq!(
        added,
        json!({"id": id, "object": "redirect_url", "url": "myapp://callback", "created_at": BEGINNING, "updated_at": BEGINNING})
    );
    let again = server.post(path, url).await;
    again.refused_for(422, "form_identifier_exists", "url");
    for url in ["", "callback", "javascript:alert(1)", "https://"] {
        let answer = server.post(path, json!({"url": url})).await;
        answer.refused_for(422, "form_param_format_invalid", "url");
    }
    server.advance(std::time::Duration::from_secs(1));
    let second = json!({"url": "https://example.com/b"});
    server.post(path, second).await.ok();
    let list = server.get(path).await.ok();
    assert_eq!(
        column(&list, "url"),
        ["https://example.com/b", "myapp://callback"]
    );
    let page = server
        .get("/v1/redirect_urls?paginated=true&limit=1&offset=1")
        .await
        .ok();
    assert_eq!(page, json!({"data": [added], "total_count": 2}));
    let one = format!("{path}/{id}");
    assert_eq!(server.get(&one).await.ok(), added);
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "redirect_url", "id": id, "deleted": true})
    );
    server.get(&one).await.refused(404, "resource_not_found");
    server
        .call(Method::DELETE, &one, None)
        .await
        .refused(404, "resource_not_found");
}
