//! Organizations, their members, and what users are members of.

use http::Method;
use ironclerk::api::File;
use ironclerk::api::organizations::{
    CreateOrganization, CreateOrganizationMembership, ListOrganizations,
    ListUserOrganizationMemberships, Organization, UploadOrganizationLogo,
};
use ironclerk::api::sessions::CreateSession;
use ironclerk::api::users::User;
use serde_json::json;

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    an_organization_is_created_with_everything,
    slugs_are_given_or_derived_and_never_taken_twice,
    a_creator_must_exist_and_becomes_a_member,
    organizations_are_found_by_id_and_by_slug,
    organizations_are_filtered_and_sorted,
    members_are_added_once,
    an_organization_has_no_more_members_than_it_may,
    members_are_filtered_and_sorted,
    organizations_of_one_name_get_slugs_of_their_own,
    an_organization_is_changed_and_deleted,
    metadata_is_merged_and_replaced,
    a_logo_is_stored_shown_and_deleted,
    members_get_other_roles_and_leave,
    somebody_must_be_left_to_manage_an_organization,
    a_user_creates_no_more_organizations_than_they_may,
}

async fn count(server: &TestServer) -> u64 {
    let all = server
        .client
        .organizations()
        .list(&ListOrganizations::default())
        .await;
    all.unwrap().total_count
}

async fn an_organization_is_created_with_everything(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let body = json!({
        "name": " Acme & Co. ",
        "slug": "acme",
        "created_by": ada.id,
        "max_allowed_memberships": 7,
        "public_metadata": {"tier": {"camelCase": 1}},
        "private_metadata": {"note": "x"},
        "created_at": "2023-11-14T22:13:20Z",
    });
    let created = server.post("/v1/organizations", body).await.ok();
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("org_"));
    for (field, expected) in [
        ("object", json!("organization")),
        ("name", json!("Acme & Co.")),
        ("slug", json!("acme")),
        ("created_by", json!(ada.id)),
        ("max_allowed_memberships", json!(7)),
        ("admin_delete_enabled", json!(true)),
        ("public_metadata", json!({"tier": {"camelCase": 1}})),
        ("private_metadata", json!({"note": "x"})),
        ("created_at", json!(1_700_000_000_000_i64)),
        ("updated_at", json!(BEGINNING)),
        ("has_image", json!(false)),
        ("image_url", json!(format!("{PUBLIC_URL}/images/{id}"))),
    ] {
        assert_eq!(created[field], expected, "{field}");
    }
    let path = format!("/v1/organizations/{id}?include_members_count=true");
    assert_eq!(server.get(&path).await.ok(), created);

    let plain = server
        .post("/v1/organizations", json!({"name": "Plain"}))
        .await
        .ok();
    assert_eq!(plain["max_allowed_memberships"], 5);
    assert_eq!(plain.get("created_by"), None);
    for (body, code, parameter) in [
        (json!({}), "form_param_missing", "name"),
        (json!({"name": null}), "form_param_nil", "name"),
        (json!({"name": "  "}), "form_param_value_invalid", "name"),
        (
            json!({"name": "x".repeat(257)}),
            "form_param_max_length_exceeded",
            "name",
        ),
        (
            json!({"name": "A", "slug": "A b"}),
            "form_param_format_invalid",
            "slug",
        ),
        (
            json!({"name": "A", "max_allowed_memberships": -1}),
            "form_param_value_invalid",
            "max_allowed_memberships",
        ),
        (
            json!({"name": "A", "max_allowed_memberships": 18446744073709551615_u64}),
            "form_param_value_invalid",
            "max_allowed_memberships",
        ),
    ] {
        server
            .post("/v1/organizations", body)
            .await
            .refused_for(422, code, parameter);
    }
    assert_eq!(count(server).await, 2);
}

async fn slugs_are_given_or_derived_and_never_taken_twice(server: &TestServer) {
    let create = async |body| server.post("/v1/organizations", body).await;
    let slug = async |body| create(body).await.ok()["slug"].as_str().unwrap().to_owned();
    assert_eq!(slug(json!({"name": "Acme & Co."})).await, "acme-co");
    let second = slug(json!({"name": "Acme Co"})).await;
    let suffix = second.strip_prefix("acme-co-").expect("a suffix");
    assert!(suffix.bytes().all(|byte| byte.is_ascii_digit()), "{second}");
    assert_eq!(
        slug(json!({"name": "Other", "slug": "given"})).await,
        "given"
    );
    assert_eq!(slug(json!({"name": "株式会社"})).await, "organization");
    assert_ne!(slug(json!({"name": "有限会社"})).await, "organization");

    let taken = create(json!({"name": "Third", "slug": "given"})).await;
    taken.refused_for(422, "form_identifier_exists", "slug");
    assert_eq!(count(server).await, 5);
}

async fn a_creator_must_exist_and_becomes_a_member(server: &TestServer) {
    let nobody = json!({"name": "Acme", "created_by": "user_nobody"});
    let answer = server.post("/v1/organizations", nobody).await;
    answer.refused_for(400, "organization_creator_not_found", "created_by");
    assert_eq!(count(server).await, 0);

    let ada = server.user("ada@example.com").await;
    let organization = server.organization("Acme", &ada).await;
    assert_eq!(
        organization.slug, "acme",
        "the slug of the refused one is free"
    );
    assert_eq!(organization.members_count, Some(1));
    let path = format!("/v1/organizations/{}/memberships", organization.id);
    let members = server.get(&path).await.ok();
    assert_eq!(members["total_count"], 1);
    let member = &members["data"][0];
    assert_eq!(member["object"], "organization_membership");
    assert_eq!(member["role"], "org:admin");
    assert_eq!(member["role_name"], "Admin");
    assert!(
        member["permissions"]
            .as_array()
            .unwrap()
            .contains(&json!("org:sys_memberships:manage"))
    );
    assert_eq!(member["organization"]["id"], json!(organization.id));
    assert_eq!(
        member["public_user_data"],
        json!({
            "user_id": ada.id,
            "first_name": null,
            "last_name": null,
            "profile_image_url": ada.image_url,
            "image_url": ada.image_url,
            "has_image": false,
            "identifier": "ada@example.com",
            "username": null,
            "banned": false,
        })
    );
    let of_ada = ListUserOrganizationMemberships {
        user_id: ada.id,
        ..Default::default()
    };
    let of_ada = server
        .client
        .users()
        .list_organization_memberships(&of_ada)
        .await
        .unwrap();
    assert_eq!(serde_json::to_value(&of_ada.data[0]).unwrap(), *member);
    let path = "/v1/users/user_nobody/organization_memberships";
    server.get(path).await.refused(404, "resource_not_found");
}

async fn organizations_are_found_by_id_and_by_slug(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    for (key, with_count, members) in [
        (acme.id.as_str(), "", None),
        ("acme", "", None),
        ("acme", "?include_members_count=true", Some(1)),
        ("acme", "?include_members_count=false", None),
    ] {
        let found = server
            .get(&format!("/v1/organizations/{key}{with_count}"))
            .await
            .ok();
        assert_eq!(found["id"], json!(acme.id), "{key}");
        assert_eq!(
            found.get("members_count").cloned(),
            members.map(|n| json!(n)),
            "{with_count}"
        );
    }
    for nothing in ["org_nothing", "ACME", "acme-2"] {
        let answer = server.get(&format!("/v1/organizations/{nothing}")).await;
        answer.refused(404, "resource_not_found");
    }
    let members = server.get("/v1/organizations/acme/memberships").await.ok();
    assert_eq!(members["total_count"], 1);
}

/// An organization of the first user, created on the first of a month.
async fn organization(server: &TestServer, name: &str, month: u32, creator: &User) -> Organization {
    let request = CreateOrganization {
        name: name.to_owned(),
        created_by: Some(creator.id.clone()),
        created_at: Some(format!("2023-{month:02}-01T00:00:00Z")),
        ..Default::default()
    };
    server
        .client
        .organizations()
        .create(&request)
        .await
        .unwrap()
}

async fn add_member(server: &TestServer, organization: &Organization, user: &User, role: &str) {
    let request = CreateOrganizationMembership {
        organization_id: organization.id.clone(),
        user_id: user.id.clone(),
        role: role.to_owned(),
        ..Default::default()
    };
    let member = server
        .client
        .organizations()
        .create_membership(&request)
        .await
        .unwrap();
    assert_eq!(
        (member.role.as_str(), member.organization.unwrap().id),
        (role, organization.id.clone())
    );
}

async fn organizations_are_filtered_and_sorted(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let beta = organization(server, "Beta", 1, &ada).await;
    let alpha = organization(server, "Alpha", 2, &bob).await;
    let gamma = organization(server, "Gamma 100%", 3, &bob).await;
    add_member(server, &beta, &bob, "org:member").await;
    let (ada, bob, beta) = (&ada.id, &bob.id, &beta.id);
    let random_part = &beta.as_str()[15..];
    for (query, expected) in [
        (String::new(), "gamma-100 alpha beta"),
        ("query=ALPHA".into(), "alpha"),
        ("query=-1".into(), "gamma-100"),
        ("query=%25".into(), "gamma-100"),
        (format!("query={beta}"), "beta"),
        (format!("query={random_part}"), ""),
        (format!("user_id={ada}"), "beta"),
        (format!("user_id={bob}"), "gamma-100 alpha beta"),
        (format!("user_id=-{ada}"), "gamma-100 alpha"),
        (format!("user_id={bob}&user_id=-{ada}"), "gamma-100 alpha"),
        (
            format!("organization_id={beta}&organization_id={}", alpha.id),
            "alpha beta",
        ),
        (format!("organization_id=-{beta}"), "gamma-100 alpha"),
        ("order_by=name".into(), "alpha beta gamma-100"),
        ("order_by=-name".into(), "gamma-100 beta alpha"),
        ("order_by=created_at".into(), "beta alpha gamma-100"),
        ("order_by=-members_count&limit=1".into(), "beta"),
        ("limit=1&offset=1".into(), "alpha"),
        ("offset=3".into(), ""),
    ] {
        let page = server.get(&format!("/v1/organizations?{query}")).await.ok();
        assert_eq!(column(&page["data"], "slug").join(" "), expected, "{query}");
        if !query.contains("limit") && !query.contains("offset") {
            assert_eq!(
                page["total_count"],
                expected.split_whitespace().count(),
                "{query}"
            );
        } else {
            assert_eq!(page["total_count"], 3, "{query}");
        }
        assert_eq!(page["data"][0].get("members_count"), None);
    }
    let counted = server
        .get("/v1/organizations?include_members_count=true&order_by=name")
        .await
        .ok();
    let counts: Vec<_> = counted["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["members_count"].clone())
        .collect();
    assert_eq!(counts, [json!(1), json!(2), json!(1)]);
    let answer = server.get("/v1/organizations?order_by=slug").await;
    answer.refused_for(422, "form_param_value_invalid", "order_by");
    assert_eq!(gamma.slug, "gamma-100");
}

async fn members_are_added_once(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let path = format!("/v1/organizations/{}/memberships", acme.id);
    let body = json!({
        "user_id": bob.id,
        "role": "org:member",
        "public_metadata": {"desk": 4},
        "private_metadata": {"pay": 1},
    });
    let member = server.post(&path, body.clone()).await.ok();
    assert_eq!(member["role_name"], "Member");
    assert_eq!(member["public_metadata"], json!({"desk": 4}));
    assert_eq!(member["private_metadata"], json!({"pay": 1}));
    assert_eq!(member["public_user_data"]["identifier"], "bob@example.com");

    server
        .post(&path, body)
        .await
        .refused(400, "already_a_member_in_organization");
    let unknown_role = json!({"user_id": bob.id, "role": "org:king"});
    server
        .post(&path, unknown_role)
        .await
        .refused_for(404, "resource_not_found", "role");
    let nobody = json!({"user_id": "user_nobody", "role": "org:member"});
    server
        .post(&path, nobody.clone())
        .await
        .refused(404, "resource_not_found");
    let nowhere = "/v1/organizations/org_nothing/memberships";
    let bob_joins = json!({"user_id": bob.id, "role": "org:member"});
    server
        .post(nowhere, bob_joins)
        .await
        .refused(404, "resource_not_found");
    server.get(nowhere).await.refused(404, "resource_not_found");
    for (body, parameter) in [
        (json!({"role": "org:member"}), "user_id"),
        (json!({"user_id": bob.id}), "role"),
    ] {
        server
            .post(&path, body)
            .await
            .refused_for(422, "form_param_missing", parameter);
    }
    assert_eq!(server.get(&path).await.ok()["total_count"], 2);
}

async fn an_organization_has_no_more_members_than_it_may(server: &TestServer) {
    let mut users = Vec::new();
    for number in 0..8 {
        users.push(server.user(&format!("user{number}@example.com")).await);
    }
    for (most, fits) in [(2, 2), (3, 3), (4, 4), (2, 2), (3, 3), (4, 4), (0, 8)] {
        let body =
            json!({"name": "Acme", "max_allowed_memberships": most, "created_by": users[0].id});
        let id = server.post("/v1/organizations", body).await.ok()["id"].clone();
        let path = format!("/v1/organizations/{}/memberships", id.as_str().unwrap());
        // At once, so that counting and adding must be one.
        let additions = users[1..]
            .iter()
            .map(|user| server.post(&path, json!({"user_id": user.id, "role": "org:member"})));
        let answers = futures_util::future::join_all(additions).await;
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.refused(403, "organization_membership_quota_exceeded");
        }
        assert_eq!(
            server.get(&path).await.ok()["total_count"],
            fits,
            "of {most}"
        );
    }
}

async fn members_are_filtered_and_sorted(server: &TestServer) {
    let mut users = Vec::new();
    for (name, email) in [
        ("Ada", "z@example.com"),
        ("Bob", "y@example.com"),
        ("Cyd", "x@other.org"),
    ] {
        let body = json!({"first_name": name, "email_address": [email]});
        let user = server.post("/v1/users", body).await.ok();
        users.push(serde_json::from_value::<User>(user).unwrap());
    }
    let acme = server.organization("Acme", &users[0]).await;
    server.organization("Other", &users[2]).await;
    for user in &users[1..] {
        server.advance(std::time::Duration::from_secs(1));
        add_member(server, &acme, user, "org:member").await;
    }
    for (query, expected) in [
        (String::new(), "Cyd Bob Ada"),
        ("role=org:admin".into(), "Ada"),
        ("role[]=org:admin&role[]=org:member".into(), "Cyd Bob Ada"),
        ("role=org:king".into(), ""),
        ("query=other.org".into(), "Cyd"),
        ("email_address=y@example.com".into(), "Bob"),
        (format!("user_id=-{}", users[0].id), "Cyd Bob"),
        ("name_query=AD".into(), "Ada"),
        // No parameter of this list, so that it is passed over.
        ("banned=true".into(), "Cyd Bob Ada"),
        ("order_by=created_at".into(), "Ada Bob Cyd"),
        ("order_by=email_address".into(), "Cyd Bob Ada"),
        ("order_by=-first_name".into(), "Cyd Bob Ada"),
        ("limit=1&offset=1".into(), "Bob"),
    ] {
        let page = server
            .get(&format!("/v1/organizations/acme/memberships?{query}"))
            .await
            .ok();
        let names: Vec<_> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["public_user_data"]["first_name"].as_str().unwrap())
            .collect();
        assert_eq!(names.join(" "), expected, "{query}");
        if !query.contains("limit") {
            assert_eq!(page["total_count"], names.len(), "{query}");
        }
    }
    let path = format!("/v1/users/{}/organization_memberships", users[2].id);
    let page = server.get(&path).await.ok();
    let names: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["organization"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Acme", "Other"], "the newest membership first");
    let second = server.get(&format!("{path}?limit=1&offset=1")).await.ok();
    assert_eq!(second["data"][0]["organization"]["name"], "Other");
    assert_eq!(second["total_count"], 2);
}

async fn organizations_of_one_name_get_slugs_of_their_own(server: &TestServer) {
    let creators = (0..20).map(|_| server.post("/v1/organizations", json!({"name": "Acme"})));
    let answers = futures_util::future::join_all(creators).await;
    let slugs: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.ok()["slug"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(slugs.len(), 20);
    assert!(slugs.contains("acme"));
}

async fn an_organization_is_changed_and_deleted(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    server.organization("Other", &ada).await;
    server.advance(std::time::Duration::from_secs(1));
    let path = format!("/v1/organizations/{}", acme.id);
    let body = json!({
        "name": " Acme Corporation ",
        "slug": "acme-corp",
        "max_allowed_memberships": 0,
        "admin_delete_enabled": false,
        "public_metadata": {"a": 1},
        "created_at": "2023-11-14T22:13:20Z",
    });
    let changed = server.patch(&path, body).await.ok();
    for (field, expected) in [
        ("name", json!("Acme Corporation")),
        ("slug", json!("acme-corp")),
        ("max_allowed_memberships", json!(0)),
        ("admin_delete_enabled", json!(false)),
        ("public_metadata", json!({"a": 1})),
        ("created_at", json!(1_700_000_000_000_i64)),
        ("updated_at", json!(BEGINNING + 1000)),
    ] {
        assert_eq!(changed[field], expected, "{field}");
    }
    assert_eq!(
        server.get("/v1/organizations/acme-corp").await.ok(),
        changed
    );
    let nothing = server
        .patch(&path, json!({"name": null, "slug": null}))
        .await;
    assert_eq!(nothing.ok()["slug"], "acme-corp");
    let cleared = server.patch(&path, json!({"public_metadata": null})).await;
    assert_eq!(cleared.ok()["public_metadata"], json!({}));
    for (body, code, parameter) in [
        (json!({"slug": "other"}), "form_identifier_exists", "slug"),
        (json!({"slug": "A b"}), "form_param_format_invalid", "slug"),
        (json!({"name": ""}), "form_param_value_invalid", "name"),
        (json!({"nope": 1}), "form_param_unknown", "nope"),
    ] {
        server
            .patch(&path, body)
            .await
            .refused_for(422, code, parameter);
    }

    let session = CreateSession {
        user_id: ada.id.clone(),
        active_organization_id: Some(acme.id.clone()),
    };
    let session = server.client.sessions().create(&session).await.unwrap();
    let deleted = server.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "organization", "id": acme.id, "slug": "acme-corp", "deleted": true})
    );
    server.get(&path).await.refused(404, "resource_not_found");
    let again = server.call(Method::DELETE, &path, None).await;
    again.refused(404, "resource_not_found");
    let session = server.client.sessions().get(session.id).await.unwrap();
    assert_eq!(session.last_active_organization_id, None);
    let of_ada = format!("/v1/users/{}/organization_memberships", ada.id);
    assert_eq!(server.get(&of_ada).await.ok()["total_count"], 1);
    let all = server.get("/v1/organization_memberships").await.ok();
    assert_eq!(all["total_count"], 1);
    assert_eq!(all["data"][0]["organization"]["slug"], "other");
}

async fn metadata_is_merged_and_replaced(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    for path in [
        format!("/v1/organizations/{}/metadata", acme.id),
        format!(
            "/v1/organizations/{}/memberships/{}/metadata",
            acme.id, ada.id
        ),
    ] {
        for (body, public, private) in [
            (
                json!({"public_metadata": {"a": {"b": 1, "camelCase": 2}}, "private_metadata": {"x": 1}}),
                json!({"a": {"b": 1, "camelCase": 2}}),
                json!({"x": 1}),
            ),
            (
                json!({"public_metadata": {"a": {"b": null}, "c": [1]}}),
                json!({"a": {"camelCase": 2}, "c": [1]}),
                json!({"x": 1}),
            ),
            (
                json!({"private_metadata": {"x": null}}),
                json!({"a": {"camelCase": 2}, "c": [1]}),
                json!({}),
            ),
            (
                json!({}),
                json!({"a": {"camelCase": 2}, "c": [1]}),
                json!({}),
            ),
        ] {
            let merged = server.patch(&path, body.clone()).await.ok();
            assert_eq!(merged["public_metadata"], public, "{path} {body}");
            assert_eq!(merged["private_metadata"], private, "{path} {body}");
        }
    }
    let path = format!("/v1/organizations/{}/metadata", acme.id);
    let body = Some(json!({"public_metadata": {"new": {"gone": null}}}));
    let replaced = server.call(Method::PUT, &path, body).await.ok();
    assert_eq!(replaced["public_metadata"], json!({"new": {"gone": null}}));
    assert_eq!(replaced["private_metadata"], json!({}));
    let nowhere = "/v1/organizations/org_nothing/metadata";
    let answer = server.patch(nowhere, json!({})).await;
    answer.refused(404, "resource_not_found");
}

async fn a_logo_is_stored_shown_and_deleted(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    let organizations = server.client.organizations();
    let picture = b"\x89PNG\r\n\x1a\nthe rest";
    let logo = File {
        name: "logo.png".to_owned(),
        content_type: "image/png".to_owned(),
        bytes: picture.to_vec(),
    };
    let request = UploadOrganizationLogo {
        organization_id: acme.id.clone(),
        uploader_user_id: Some(ada.id.clone()),
        file: logo.clone(),
    };
    let with_logo = server.client.send(&request).await.unwrap();
    assert!(with_logo.has_image);
    let path = with_logo.image_url.strip_prefix(PUBLIC_URL).unwrap();
    let shown = server.get(path).await;
    assert_eq!(shown.header("content-type"), Some("image/png"));
    assert_eq!(shown.body, picture);
    let members = server.get("/v1/organizations/acme/memberships").await.ok();
    assert_eq!(
        members["data"][0]["organization"]["image_url"],
        with_logo.image_url.as_str()
    );

    let text = File {
        bytes: b"not a picture".to_vec(),
        ..logo.clone()
    };
    let refused = organizations
        .set_logo(acme.id.clone(), text)
        .await
        .unwrap_err();
    assert!(
        refused
            .api_error()
            .unwrap()
            .has_code("request_body_invalid")
    );
    let nobodys = UploadOrganizationLogo {
        uploader_user_id: Some("user_nobody".into()),
        ..request.clone()
    };
    let refused = server.client.send(&nobodys).await.unwrap_err();
    assert!(refused.api_error().unwrap().has_code("resource_not_found"));

    let second = organizations.set_logo(acme.id.clone(), logo).await.unwrap();
    assert_ne!(second.image_url, with_logo.image_url);
    server.get(path).await.refused(404, "resource_not_found");
    let without = organizations.delete_logo(acme.id.clone()).await.unwrap();
    assert!(!without.has_image);
    assert_eq!(without.image_url, acme.image_url);
    let path = second.image_url.strip_prefix(PUBLIC_URL).unwrap();
    server.get(path).await.refused(404, "resource_not_found");
}

async fn members_get_other_roles_and_leave(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    add_member(server, &acme, &bob, "org:member").await;
    let path = format!("/v1/organizations/{}/memberships/{}", acme.id, bob.id);
    let promoted = server.patch(&path, json!({"role": "org:admin"})).await.ok();
    assert_eq!(promoted["role"], "org:admin");
    assert_eq!(promoted["role_name"], "Admin");
    let answer = server.patch(&path, json!({"role": "org:king"})).await;
    answer.refused_for(404, "resource_not_found", "role");
    let session = CreateSession {
        user_id: bob.id.clone(),
        active_organization_id: Some(acme.id.clone()),
    };
    let session = server.client.sessions().create(&session).await.unwrap();

    let left = server.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(left["id"], promoted["id"]);
    assert_eq!(left["public_user_data"]["user_id"], json!(bob.id));
    let session = server.client.sessions().get(session.id).await.unwrap();
    assert_eq!(session.last_active_organization_id, None);
    for method in [Method::DELETE, Method::PATCH] {
        let body = (method == Method::PATCH).then(|| json!({"role": "org:member"}));
        server
            .call(method, &path, body)
            .await
            .refused(404, "resource_not_found");
    }
    let members = server.get("/v1/organizations/acme/memberships").await.ok();
    assert_eq!(members["total_count"], 1);
}

async fn somebody_must_be_left_to_manage_an_organization(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let acme = server.organization("Acme", &ada).await;
    add_member(server, &acme, &bob, "org:member").await;
    let members = format!("/v1/organizations/{}/memberships", acme.id);
    let of_ada = format!("{members}/{}", ada.id);
    let code = "organization_minimum_permissions_needed";
    let answer = server.patch(&of_ada, json!({"role": "org:member"})).await;
    answer.refused(400, code);
    server
        .call(Method::DELETE, &of_ada, None)
        .await
        .refused(400, code);
    let flag = "include_missing_member_with_elevated_permissions=true";
    let one = format!("/v1/organizations/acme?{flag}");
    let list = format!("/v1/organizations?{flag}");
    let field = "missing_member_with_elevated_permissions";
    assert_eq!(server.get(&one).await.ok()[field], false);
    assert_eq!(server.get(&list).await.ok()["data"][0][field], false);
    assert_eq!(
        server.get("/v1/organizations/acme").await.ok().get(field),
        None
    );

    let of_bob = format!("{members}/{}", bob.id);
    server
        .patch(&of_bob, json!({"role": "org:admin"}))
        .await
        .ok();
    server
        .patch(&of_ada, json!({"role": "org:member"}))
        .await
        .ok();
    server.call(Method::DELETE, &of_ada, None).await.ok();
    // A user may always be deleted.
    server.client.users().delete(bob.id).await.unwrap();
    assert_eq!(server.get(&one).await.ok()[field], true);
    assert_eq!(server.get(&list).await.ok()["data"][0][field], true);
}

async fn a_user_creates_no_more_organizations_than_they_may(server: &TestServer) {
    let body = json!({"email_address": ["ada@example.com"], "create_organizations_limit": 2});
    let ada = server.post("/v1/users", body).await.ok();
    let body = json!({"name": "Acme", "created_by": ada["id"]});
    let attempts = (0..5).map(|_| server.post("/v1/organizations", body.clone()));
    let answers = futures_util::future::join_all(attempts).await;
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(403, "org_creation_limit_exceeded");
    }
    assert_eq!(count(server).await, 2);
}
