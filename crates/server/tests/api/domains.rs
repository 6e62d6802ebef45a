//! The domains of the instance.

use http::Method;
use serde_json::json;

use crate::harness::{PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    satellites_are_added_changed_and_removed,
    the_application_moves,
    a_proxy_is_tried,
}

async fn satellites_are_added_changed_and_removed(server: &TestServer) {
    let path = "/v1/domains";
    let list = server.get(path).await.ok();
    assert_eq!(list["total_count"], 1);
    let primary = &list["data"][0];
    assert_eq!(primary["name"], "127.0.0.1:4010");
    assert_eq!(primary["is_satellite"], false);
    assert_eq!(primary["frontend_api_url"], PUBLIC_URL);

    let body = json!({"name": "Satellite.example", "is_satellite": true, "proxy_url": "https://satellite.example/clerk/"});
    let added = server.post(path, body.clone()).await.ok();
    for (field, expected) in [
        ("object", json!("domain")),
        ("name", json!("satellite.example")),
        ("is_satellite", json!(true)),
        ("proxy_url", json!("https://satellite.example/clerk")),
        ("frontend_api_url", json!("https://satellite.example/clerk")),
        ("development_origin", json!("")),
        ("cname_targets", json!([])),
    ] {
        assert_eq!(added[field], expected, "{field}");
    }
    server
        .post(path, body)
        .await
        .refused_for(422, "form_identifier_exists", "name");
    for (body, code, parameter) in [
        (
            json!({"name": "a.example", "is_satellite": false}),
            "primary_domain_already_exists",
            "is_satellite",
        ),
        (
            json!({"name": "https://a.example", "is_satellite": true}),
            "form_param_format_invalid",
            "name",
        ),
        (
            json!({"name": "a.example:port", "is_satellite": true}),
            "form_param_format_invalid",
            "name",
        ),
        (
            json!({"name": "a.example", "is_satellite": true, "proxy_url": "a.example"}),
            "form_param_format_invalid",
            "proxy_url",
        ),
        (
            json!({"name": "a.example"}),
            "form_param_missing",
            "is_satellite",
        ),
    ] {
        server
            .post(path, body)
            .await
            .refused_for(422, code, parameter);
    }
    let one = format!("{path}/{}", added["id"].as_str().unwrap());
    let body = json!({"name": "localhost:3000", "proxy_url": null});
    let changed = server.patch(&one, body).await.ok();
    assert_eq!(changed["name"], "localhost:3000");
    assert_eq!(changed["proxy_url"], json!(null));
    assert_eq!(changed["frontend_api_url"], PUBLIC_URL);
    let taken = server.patch(&one, json!({"name": "a.example"})).await.ok();
    assert_eq!(taken["name"], "a.example");
    let origin = json!({"development_origin": "http://localhost:3000"});
    assert_eq!(server.patch("/v1/instance", origin).await.status, 204);
    let list = server.get(path).await.ok();
    assert_eq!(
        column(&list["data"], "name"),
        ["127.0.0.1:4010", "a.example"]
    );
    assert_eq!(
        list["data"][1]["development_origin"],
        "http://localhost:3000"
    );

    let of_primary = format!("{path}/{}", primary["id"].as_str().unwrap());
    let kept = server.call(Method::DELETE, &of_primary, None).await;
    kept.refused(403, "operation_not_allowed_on_primary_domain");
    let deleted = server.call(Method::DELETE, &one, None).await.ok();
    assert_eq!(deleted["deleted"], true);
    server
        .call(Method::DELETE, &one, None)
        .await
        .refused(404, "resource_not_found");
}

async fn the_application_moves(server: &TestServer) {
    for (method, path, name) in [
        (Method::POST, "/v1/instance/change_domain", "one.example"),
        (
            Method::POST,
            "/v1/beta_features/change_domain",
            "two.example",
        ),
        (
            Method::PUT,
            "/v1/beta_features/domain",
            "three.example:8080",
        ),
    ] {
        let body = json!({"home_url": format!("https://{name}/home"), "is_secondary": false});
        let answer = server.call(method, path, Some(body)).await;
        assert_eq!(answer.status, 202, "{path}");
        assert_eq!(
            (answer.header("content-type"), answer.body.len()),
            (None, 0)
        );
        let list = server.get("/v1/domains").await.ok();
        assert_eq!(column(&list["data"], "name"), [name]);
        let nowhere = server
            .call(Method::POST, "/v1/instance/change_domain", None)
            .await;
        nowhere.refused_for(422, "form_param_missing", "home_url");
        let nonsense = json!({"home_url": "mailto:a@b.example"});
        let answer = server.post("/v1/instance/change_domain", nonsense).await;
        answer.refused_for(422, "form_param_format_invalid", "home_url");
    }
}

async fn a_proxy_is_tried(server: &TestServer) {
    let list = server.get("/v1/domains").await.ok();
    let domain = &list["data"][0]["id"];
    // Without anything between, the server is its own proxy.
    let own = format!("http://{}", server.address);
    let mut ids = Vec::new();
    for (url, successful) in [(own.as_str(), true), ("http://127.0.0.1:9", false)] {
        let body = json!({"domain_id": domain, "proxy_url": url});
        let check = server.post("/v1/proxy_checks", body).await.ok();
        assert_eq!(check["object"], "proxy_check");
        assert_eq!(check["successful"], successful, "{url}");
        assert_eq!(check["domain_id"], *domain);
        assert_eq!(check["proxy_url"], url);
        ids.push(check["id"].clone());
    }
    assert_eq!(ids[0], ids[1], "a domain has one check");
    for (body, status, code) in [
        (json!({"proxy_url": own}), 422, "form_param_missing"),
        (json!({"domain_id": domain}), 422, "form_param_missing"),
        (
            json!({"domain_id": domain, "proxy_url": "x"}),
            422,
            "form_param_format_invalid",
        ),
        (
            json!({"domain_id": "dmn_nothing", "proxy_url": own}),
            404,
            "resource_not_found",
        ),
    ] {
        server
            .post("/v1/proxy_checks", body)
            .await
            .refused(status, code);
    }
}
