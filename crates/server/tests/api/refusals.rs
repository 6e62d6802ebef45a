//! Input that no endpoint takes: always Clerk's error shape, never a failure of the server.

use http::Method;
use ironclerk::api::endpoint::BodyKind;
use ironclerk::api::{ENDPOINTS, EndpointInfo, NOT_SERVED};
use serde_json::{Value, json};

use crate::harness::{TestServer, on_both_databases};

on_both_databases! {
    who_has_no_key_gets_nothing,
    the_api_version_must_be_known,
    bodies_must_be_json_objects,
    content_types_must_be_json,
    bodies_must_not_be_too_large,
    parameters_must_have_their_types,
    texts_that_cannot_be_stored_are_refused,
    lists_have_a_hundred_values_at_the_most,
    paths_may_hold_anything,
    what_is_not_there_is_not_found,
    what_is_not_served_yet_says_so,
    no_input_breaks_an_endpoint,
}

fn authorization(server: &TestServer) -> String {
    format!("Bearer {}", server.server.instance().secret_key().expose())
}

/// With and without the version in the path, which the SDKs leave out of some.
async fn what_is_not_served_yet_says_so(server: &TestServer) {
    for endpoint in NOT_SERVED.iter().copied().flatten() {
        let path = endpoint.path.replace(['{', '}'], "");
        let described = format!("/v1{}", path.trim_start_matches("/v1"));
        for path in [path, described] {
            let answer = server.call(endpoint.method.clone(), &path, None).await;
            answer.refused(403, "feature_not_implemented");
            let answer = server
                .request(endpoint.method.clone(), &path, &[], b"")
                .await;
            answer.refused(401, "authentication_invalid");
        }
    }
}

async fn who_has_no_key_gets_nothing(server: &TestServer) {
    let key = server.server.instance().secret_key().expose();
    let get = async |headers: &[(&str, &str)]| {
        server.request(Method::GET, "/v1/users", headers, b"").await
    };
    get(&[]).await.refused(401, "authentication_invalid");
    for (header, code) in [
        (String::new(), "authorization_header_format_invalid"),
        ("Bearer".into(), "authorization_header_format_invalid"),
        ("Bearer ".into(), "authorization_header_format_invalid"),
        (key.into(), "authorization_header_format_invalid"),
        (
            format!("Basic {key}"),
            "authorization_header_format_invalid",
        ),
        (
            format!("Bearer{key}"),
            "authorization_header_format_invalid",
        ),
        (
            "Bearer \u{fc}".into(),
            "authorization_header_format_invalid",
        ),
        ("Bearer sk_test_wrong".into(), "clerk_key_invalid"),
        (format!("Bearer {key}x"), "clerk_key_invalid"),
        (
            format!("Bearer {}", &key[..key.len() - 1]),
            "clerk_key_invalid",
        ),
        (format!("Bearer x {key}"), "clerk_key_invalid"),
    ] {
        let answer = get(&[("authorization", &header)]).await;
        answer.refused(401, code);
        assert!(
            !String::from_utf8_lossy(&answer.body).contains(key),
            "{header:?}"
        );
    }
    for header in [format!("bearer {key}"), format!("BEARER   {key} ")] {
        assert_eq!(
            get(&[("authorization", &header)]).await.ok(),
            json!([]),
            "{header:?}"
        );
    }
    // Every endpoint of the contract is behind the key.
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        let answer = server
            .request(endpoint.method.clone(), endpoint.path, &[], b"{")
            .await;
        answer.refused(401, "authentication_invalid");
    }
    let health = server.request(Method::GET, "/health", &[], b"").await;
    assert_eq!(health.ok(), json!({"status": "ok"}));
}

async fn the_api_version_must_be_known(server: &TestServer) {
    let key = authorization(server);
    for (header, query, is_fine) in [
        (None, "", true),
        (Some("2021-02-05"), "", true),
        (Some("2025-11-10"), "", true),
        (None, "__clerk_api_version=2024-10-01", true),
        (Some("2020-01-01"), "", false),
        (Some(""), "", false),
        (Some("latest"), "", false),
        (None, "__clerk_api_version=", false),
        (None, "__clerk_api_version=v1", false),
        (Some("2025-04-10"), "__clerk_api_version=2025-04-10", false),
    ] {
        let mut headers = vec![("authorization", key.as_str())];
        headers.extend(header.map(|version| ("clerk-api-version", version)));
        let path = format!("/v1/users?{query}");
        let answer = server.request(Method::GET, &path, &headers, b"").await;
        match is_fine {
            true => assert_eq!(answer.ok(), json!([]), "{header:?} {query}"),
            false => assert_eq!(answer.refused(400, "api_version_invalid"), json!({})),
        }
    }
}

async fn bodies_must_be_json_objects(server: &TestServer) {
    let key = authorization(server);
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", "application/json"),
    ];
    let deep = format!("{{\"public_metadata\":{}", "[".repeat(100_000));
    for body in [
        b"{".as_slice(),
        b"[]",
        b"[{}]",
        b"null",
        b"\"text\"",
        b"1",
        b"{\"username\": \"a\xff\xfe\"}",
        b"{\"username\": \"\\ud800\"}",
        b"{'username': 'ada_l'}",
        b"{\"a\": 1,}",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
    ] {
        for (method, path) in [
            (Method::POST, "/v1/users"),
            (Method::PATCH, "/v1/users/user_1"),
        ] {
            let answer = server.request(method, path, &headers, body).await;
            let meta = answer.refused(400, "request_body_invalid");
            assert_eq!(
                meta,
                json!({}),
                "{:?}",
                String::from_utf8_lossy(&body[..body.len().min(40)])
            );
        }
    }
    // Requests that have no parameters for one may come with any body.
    for body in [b"{".as_slice(), b"[]", b"{\"nope\": 1}"] {
        let answer = server
            .request(Method::GET, "/v1/users", &headers, body)
            .await;
        assert_eq!(answer.ok(), json!([]));
    }
    assert_eq!(server.count_users().await, 0);
}

async fn content_types_must_be_json(server: &TestServer) {
    let key = authorization(server);
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonx"),
    ] {
        let mut headers = vec![("authorization", key.as_str())];
        headers.extend(content_type.map(|content_type| ("content-type", content_type)));
        let body = b"{\"username\": \"ada_l\"}";
        let answer = server
            .request(Method::POST, "/v1/users", &headers, body)
            .await;
        answer.refused(415, "unsupported_content_type");
        // Without a body there is nothing of a wrong type.
        let answer = server
            .request(Method::POST, "/v1/users", &headers, b"")
            .await;
        answer.refused(422, "form_data_missing");
    }
    for (number, content_type) in [
        "application/json; charset=utf-8",
        "Application/JSON",
        " application/json ;x",
    ]
    .iter()
    .enumerate()
    {
        let headers = [
            ("authorization", key.as_str()),
            ("content-type", content_type),
        ];
        let body = json!({"username": format!("user_{number}")}).to_string();
        let answer = server
            .request(Method::POST, "/v1/users", &headers, body.as_bytes())
            .await;
        assert_eq!(answer.ok()["object"], "user", "{content_type}");
    }
}

async fn bodies_must_not_be_too_large(server: &TestServer) {
    const MIB: usize = 1024 * 1024;
    let head = format!(
        "POST /v1/users HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-type: application/json\r\nconnection: close\r\n",
        authorization(server)
    );
    // Announced: refused before it has come.
    for length in [MIB + 1, usize::MAX / 2] {
        let request = format!("{head}content-length: {length}\r\n\r\n");
        server
            .bytes(request.as_bytes())
            .await
            .refused(413, "request_body_too_large");
    }
    // In chunks, without an end.
    let chunk = "x".repeat(MIB + 1);
    let request = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{chunk}\r\n",
        chunk.len()
    );
    server
        .bytes(request.as_bytes())
        .await
        .refused(413, "request_body_too_large");
    // As large as it may be, in one piece and in chunks.
    let body = |username: &str| {
        let empty = json!({"username": username, "public_metadata": {"x": ""}}).to_string();
        let filler = "x".repeat(MIB - empty.len());
        json!({"username": username, "public_metadata": {"x": filler}}).to_string()
    };
    let whole = body("whole_1");
    let request = format!("{head}content-length: {}\r\n\r\n{whole}", whole.len());
    assert_eq!(
        server.bytes(request.as_bytes()).await.ok()["username"],
        "whole_1"
    );
    let (first, second) = (body("parts_1"), MIB / 2);
    let (first, second) = first.split_at(second);
    let request = format!(
        "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    assert_eq!(
        server.bytes(request.as_bytes()).await.ok()["username"],
        "parts_1"
    );
    assert_eq!(server.count_users().await, 2);
}

async fn parameters_must_have_their_types(server: &TestServer) {
    for (body, code, parameter) in [
        (
            json!({"first_name": 5}),
            "form_param_type_invalid",
            "first_name",
        ),
        (
            json!({"first_name": ["Ada"]}),
            "form_param_type_invalid",
            "first_name",
        ),
        (
            json!({"first_name": {"a": 1}}),
            "form_param_type_invalid",
            "first_name",
        ),
        (
            json!({"banned": "yes"}),
            "form_param_type_invalid",
            "banned",
        ),
        (json!({"banned": 1}), "form_param_type_invalid", "banned"),
        (
            json!({"email_address": "ada@example.com"}),
            "form_param_type_invalid",
            "email_address",
        ),
        (
            json!({"email_address": {"0": "a@x.c"}}),
            "form_param_type_invalid",
            "email_address",
        ),
        (
            json!({"email_address": [null]}),
            "form_param_nil",
            "email_address",
        ),
        (
            json!({"email_address": [1]}),
            "form_param_type_invalid",
            "email_address",
        ),
        (
            json!({"public_metadata": "x"}),
            "form_param_type_invalid",
            "public_metadata",
        ),
        (
            json!({"public_metadata": [1]}),
            "form_param_type_invalid",
            "public_metadata",
        ),
        (
            json!({"create_organizations_limit": -1}),
            "form_param_value_invalid",
            "create_organizations_limit",
        ),
        (
            json!({"create_organizations_limit": 1.5}),
            "form_param_type_invalid",
            "create_organizations_limit",
        ),
        (
            json!({"username": "ada_l", "create_organizations_limit": u64::MAX}),
            "form_param_value_invalid",
            "create_organizations_limit",
        ),
        (
            json!({"password": 12345678}),
            "form_param_type_invalid",
            "password",
        ),
        (
            json!({"username": "ada_l", "nope": 1}),
            "form_param_unknown",
            "nope",
        ),
        (
            json!({"username": "ada_l", "": 1}),
            "form_param_unknown",
            "",
        ),
        (
            json!({"user_id": "user_1", "username": "ada_l"}),
            "form_param_unknown",
            "user_id",
        ),
    ] {
        server
            .post("/v1/users", body)
            .await
            .refused_for(422, code, parameter);
    }
    let huge = br#"{"username": "ada_l", "create_organizations_limit": 1e400}"#;
    let key = authorization(server);
    let headers = [
        ("authorization", key.as_str()),
        ("content-type", "application/json"),
    ];
    let answer = server
        .request(Method::POST, "/v1/users", &headers, huge)
        .await;
    answer.refused(400, "request_body_invalid");
    for (query, code, parameter) in [
        ("banned=maybe", "form_param_type_invalid", "banned"),
        ("banned=", "form_param_type_invalid", "banned"),
        ("limit=", "form_param_type_invalid", "limit"),
        ("limit=1.5", "form_param_value_invalid", "limit"),
        ("limit=1e3", "form_param_value_invalid", "limit"),
        (
            "created_at_before=99999999999999999999",
            "form_param_value_invalid",
            "created_at_before",
        ),
        (
            "last_active_at_since=x",
            "form_param_type_invalid",
            "last_active_at_since",
        ),
    ] {
        let answer = server.get(&format!("/v1/users?{query}")).await;
        answer.refused_for(422, code, parameter);
    }
    // The greatest numbers that can be are fine.
    for query in [
        "created_at_before=9223372036854775807",
        "created_at_after=-9223372036854775808",
        "last_active_at_since=-9223372036854775808",
    ] {
        assert_eq!(
            server.get(&format!("/v1/users?{query}")).await.ok(),
            json!([]),
            "{query}"
        );
    }
    assert_eq!(server.count_users().await, 0);
}

async fn texts_that_cannot_be_stored_are_refused(server: &TestServer) {
    const CODE: &str = "form_param_value_invalid";
    for (path, body) in [
        (
            "/v1/users",
            json!({"username": "ada_l", "first_name": "A\0da"}),
        ),
        ("/v1/users", json!({"username": "ada_l", "last_name": "\0"})),
        (
            "/v1/users",
            json!({"username": "ada_l", "external_id": "ext\0"}),
        ),
        ("/v1/users", json!({"username": "ada_l", "locale": "en\0"})),
        (
            "/v1/users",
            json!({"username": "ada_l", "email_address": ["a@x.co"], "locale": "\0"}),
        ),
        ("/v1/organizations", json!({"name": "Acme\0"})),
        (
            "/v1/organizations",
            json!({"name": "Acme", "created_by": "user\0"}),
        ),
        ("/v1/jwt_templates", json!({"name": "a\0b", "claims": {}})),
        ("/v1/sessions", json!({"user_id": "\0"})),
    ] {
        server.post(path, body).await.refused(422, CODE);
    }
    for path in [
        "/v1/users/%00",
        "/v1/users/%00/organization_memberships",
        "/v1/organizations/a%00b",
        "/v1/sessions/%00",
        "/v1/jwt_templates/%00",
        "/v1/users?query=%00",
        "/v1/users?user_id=%00",
        "/v1/users/count?name_query=%00",
        "/v1/sessions?user_id=%00",
    ] {
        server.get(path).await.refused(422, CODE);
    }
    // What has a form of its own cannot have one in the first place.
    for (field, value, code) in [
        (
            "username",
            json!("ada\0l"),
            "form_username_invalid_character",
        ),
        (
            "email_address",
            json!(["ada\0@example.com"]),
            "form_param_format_invalid",
        ),
        (
            "phone_number",
            json!(["+1555555\u{0}0100"]),
            "form_param_format_invalid",
        ),
    ] {
        let answer = server.post("/v1/users", json!({field: value})).await;
        answer.refused_for(422, code, field);
    }
    assert_eq!(server.count_users().await, 0);
    // Everything else is kept as it is, and so is NUL within JSON.
    let metadata = json!({"a\0": "x\0y", "b": "\u{fffd}\u{10ffff}\u{202e}"});
    let body = json!({
        "username": "ada_l",
        "email_address": ["a@x.co"],
        "first_name": "\u{fffd}\u{10ffff}\u{202e}\u{1}",
        "public_metadata": metadata,
    });
    let user = server.post("/v1/users", body.clone()).await.ok();
    assert_eq!(user["first_name"], body["first_name"]);
    assert_eq!(user["public_metadata"], metadata);
}

async fn lists_have_a_hundred_values_at_the_most(server: &TestServer) {
    for (path, parameter) in [
        ("/v1/users", "email_address"),
        ("/v1/users", "phone_number"),
        ("/v1/users", "external_id"),
        ("/v1/users", "username"),
        ("/v1/users", "user_id"),
        ("/v1/users", "organization_id"),
        ("/v1/users/count", "user_id"),
        ("/v1/organizations", "user_id"),
        ("/v1/organizations", "organization_id"),
        ("/v1/organizations/org_1/memberships", "role"),
        ("/v1/organizations/org_1/memberships", "user_id"),
    ] {
        let hundred = vec![format!("{parameter}=x"); 100].join("&");
        let answer = server.get(&format!("{path}?{hundred}")).await;
        match path.ends_with("memberships") {
            true => drop(answer.refused(404, "resource_not_found")),
            false => drop(answer.ok()),
        }
        let answer = server
            .get(&format!("{path}?{hundred}&{parameter}[]=x"))
            .await;
        answer.refused_for(422, "form_param_duplicate", parameter);
    }
}

async fn paths_may_hold_anything(server: &TestServer) {
    let long = "x".repeat(20_000);
    let quotes = "/v1/users/'%3B%20DROP%20TABLE%20users%3B--";
    for (path, status, code) in [
        (
            "/v1/users/%2e%2e%2fjwks".to_owned(),
            404,
            "resource_not_found",
        ),
        (quotes.to_owned(), 404, "resource_not_found"),
        (format!("/v1/users/{long}"), 404, "resource_not_found"),
        (
            "/v1/users/%F0%9F%A6%80".to_owned(),
            404,
            "resource_not_found",
        ),
        (
            "/v1/users/%FF%FE".to_owned(),
            400,
            "malformed_request_parameters",
        ),
        ("/v1/users/%zz".to_owned(), 404, "resource_not_found"),
        ("/v1/users/%".to_owned(), 404, "resource_not_found"),
        ("/v1/users/".to_owned(), 404, "resource_not_found"),
        ("//v1/users".to_owned(), 404, "resource_not_found"),
        ("/v1/users/user_1/".to_owned(), 404, "resource_not_found"),
        ("/".to_owned(), 404, "resource_not_found"),
        ("/v2/users".to_owned(), 404, "resource_not_found"),
        ("/v1/USERS".to_owned(), 404, "resource_not_found"),
    ] {
        let shown = &path[..path.len().min(40)];
        let answer = server.get(&path).await;
        assert_eq!(answer.status, status, "{shown}: {answer:?}");
        answer.refused(status, code);
    }
    // A query is never malformed, only its values can be.
    for query in [
        "%",
        "%zz=%zz",
        "=&=&&",
        "limit=%31",
        "a[]=1&[]=2",
        "query=%FF",
    ] {
        assert_eq!(
            server.get(&format!("/v1/users?{query}")).await.ok(),
            json!([]),
            "{query}"
        );
    }
    // The head of a request has a limit of its own, which is the connection's to enforce.
    let endless = format!("/v1/users/{}", "x".repeat(1_000_000));
    let request = format!("GET {endless} HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await;
    drop(stream);
    assert_eq!(server.count_users().await, 0, "the server goes on");
}

async fn what_is_not_there_is_not_found(server: &TestServer) {
    for endpoint in ENDPOINTS.iter().copied().flatten() {
        if !endpoint.path.contains('{') || !endpoint.is_served() {
            continue;
        }
        let path = endpoint.path.replace(['{', '}'], "");
        let invitation = json!({"email_address": "a@example.com", "role": "org:member"});
        let body = match endpoint.name {
            "CreateOrganizationDomain" => json!({"name": "a.example"}),
            "CreateOrganizationInvitation" => invitation,
            "CreateOrganizationInvitationBulk" => json!([invitation]),
            "UpdateOrganizationMembership" => json!({"role": "org:member"}),
            "CreateOrganizationMembership" => json!({"user_id": "user_1", "role": "org:member"}),
            "UpdateJwtTemplate" => json!({"name": "a", "claims": {}}),
            "ReplaceRoleSet" => json!({"dest_role_set_key": "role_set:default"}),
            "ReplaceRoleInRoleSet" => json!({"role_key": "org:a", "to_role_key": "org:b"}),
            "VerifyPassword" => json!({"password": "x"}),
            "VerifyTotp" => json!({"code": "123456"}),
            "VerifySession" => json!({"token": "x"}),
            // A refusal that sends the browser through a handshake.
            "RefreshSession" => continue,
            _ => json!({}),
        };
        let method = endpoint.method.clone();
        let answer = match endpoint.body {
            BodyKind::Multipart => {
                let headers = [
                    ("authorization", authorization(server)),
                    ("content-type", "multipart/form-data; boundary=x".to_owned()),
                ];
                let headers = headers.each_ref().map(|(name, value)| (*name, &**value));
                let form = b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nGIF89a\r\n--x--\r\n";
                server.request(method, &path, &headers, form).await
            }
            _ => server.call(method, &path, Some(body)).await,
        };
        assert_eq!(answer.status, 404, "{} {answer:?}", endpoint.name);
        answer.refused(404, "resource_not_found");
    }
    for (method, path) in [
        (Method::PUT, "/v1/users"),
        (Method::DELETE, "/v1/users"),
        (Method::PATCH, "/v1/jwks"),
        (Method::OPTIONS, "/v1/users"),
        (Method::POST, "/health"),
    ] {
        let answer = server.call(method.clone(), path, None).await;
        assert_eq!(answer.status, 404, "{method} {path} {answer:?}");
        answer.refused(404, "resource_not_found");
    }
}

/// Every endpoint with values of every type for every parameter: never a 5xx, always the shape.
async fn no_input_breaks_an_endpoint(server: &TestServer) {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
        json!(""),
        json!("x\0'\"\\%_{{user.id}}"),
        json!("x".repeat(5000)),
        json!([]),
        json!([[null], {"a": "\0"}, 1]),
        json!({"a": {"b": ["\0", 1e-308]}}),
    ];
    let served = |endpoint: &&EndpointInfo| endpoint.is_served();
    for endpoint in ENDPOINTS.iter().copied().flatten().filter(served) {
        let path = endpoint.path.replace(['{', '}'], "");
        let mut answers = Vec::new();
        for parameter in (endpoint.parameters)() {
            for value in &values {
                if endpoint.has_body() {
                    let body = json!({"name": "n", "claims": {}, "skip_user_requirement": true, parameter: value});
                    let body = match endpoint.name {
                        "CreateUser" => without(body, &["name", "claims"], parameter),
                        "CreateOrganization" => {
                            without(body, &["claims", "skip_user_requirement"], parameter)
                        }
                        "CreateJwtTemplate" => without(body, &["skip_user_requirement"], parameter),
                        _ => json!({parameter: value}),
                    };
                    answers.push((
                        parameter,
                        server
                            .call(endpoint.method.clone(), &path, Some(body))
                            .await,
                    ));
                } else {
                    let text = match value {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    let query: String = form_urlencoded::Serializer::new(String::new())
                        .append_pair(parameter, &text)
                        .finish();
                    let path = format!("{path}?{query}");
                    answers.push((
                        parameter,
                        server.call(endpoint.method.clone(), &path, None).await,
                    ));
                }
            }
        }
        for (parameter, answer) in answers {
            match answer.status {
                200 => drop(answer.json()),
                202 | 204 => assert!(answer.body.is_empty(), "{}", endpoint.name),
                _ => {}
            }
            if answer.status < 300 {
                continue;
            }
            let body = answer.json();
            assert!(
                (400..500).contains(&answer.status),
                "{} {parameter}: {answer:?}",
                endpoint.name
            );
            assert!(
                body["errors"][0]["code"].is_string(),
                "{} {parameter}: {body}",
                endpoint.name
            );
        }
    }
}

fn without(mut body: Value, names: &[&str], keep: &str) -> Value {
    let members = body.as_object_mut().unwrap();
    members.retain(|name, _| name == keep || !names.contains(&name.as_str()));
    body
}
