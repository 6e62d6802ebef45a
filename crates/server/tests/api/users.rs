//! Users: creating, reading, searching, changing and deleting them.

use std::time::Duration;

use http::Method;
use ironclerk::api::sessions::ListSessions;
use ironclerk::api::users::{CreateUser, ListUsers, UpdateUser, User, UserFilter, UserSort};
use ironclerk::api::{File, Metadata, Patch, Sort};
use ironclerk_test_support::Backend;
use serde_json::{Value, json};

use crate::harness::{
    BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases, run_on_database,
};

on_both_databases! {
    a_user_is_created_with_everything,
    a_user_with_next_to_nothing_has_defaults,
    identifiers_are_normalised,
    users_are_filtered,
    users_are_sorted,
    users_are_listed_in_pages,
    taken_identifiers_are_refused_and_nothing_is_written,
    what_is_absent_stays_and_what_is_null_goes,
    primary_identifiers_must_be_the_users_own,
    passwords_are_checked,
    a_changed_password_ends_sessions_when_asked,
    deleting_a_user_frees_everything,
    of_many_creators_of_one_address_one_succeeds,
    of_many_creators_of_one_username_one_succeeds,
    creators_do_not_wait_for_each_other_forever,
    changes_of_different_fields_at_once_all_hold,
    pictures_are_uploaded_shown_and_taken_away,
    metadata_is_merged_or_replaced,
    a_ban_ends_sessions_and_a_lock_ends_with_time,
    many_are_banned_or_none,
    a_password_is_verified_and_hashed_anew,
    a_cursor_walks_through_all_users,
}

fn metadata(value: Value) -> Metadata {
    value.as_object().unwrap().clone()
}

async fn a_user_is_created_with_everything(server: &TestServer) {
    let user = server
        .client
        .users()
        .create(&CreateUser {
            external_id: Some("ext_1".into()),
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            locale: Some("en-GB".into()),
            email_address: vec!["ada@example.com".into(), "ada@example.org".into()],
            phone_number: vec!["+15555550100".into()],
            username: Some("ada_l".into()),
            password: Some("correct horse".into()),
            public_metadata: Some(metadata(json!({"planTier": {"b": 1, "a": [1.5, null]}}))),
            private_metadata: Some(metadata(json!({"note": "naïve \"quoted\" 🦀"}))),
            unsafe_metadata: Some(metadata(json!({"theme": "dark"}))),
            delete_self_enabled: Some(false),
            legal_accepted_at: Some("2024-01-02T03:04:05.678Z".into()),
            create_organization_enabled: Some(false),
            create_organizations_limit: Some(3),
            created_at: Some("2023-11-14T22:13:20Z".into()),
            banned: Some(true),
            ..Default::default()
        })
        .await
        .unwrap();

    assert!(user.id.as_str().starts_with("user_"));
    assert_eq!(user.id.as_str().len(), "user_".len() + 27);
    let addresses: Vec<_> = user
        .email_addresses
        .iter()
        .map(|address| (&address.id, address.email_address.as_str()))
        .collect();
    let primary = user.primary_email_address_id.as_ref().unwrap();
    assert_eq!(addresses[0], (primary, "ada@example.com"));
    assert_eq!(addresses[1].1, "ada@example.org");
    assert_eq!(addresses.len(), 2);
    for address in &user.email_addresses {
        let verification = address.verification.as_ref().unwrap();
        assert_eq!(verification.status, "verified");
        assert_eq!(address.created_at, BEGINNING);
    }
    assert_eq!(user.phone_numbers[0].phone_number, "+15555550100");
    assert_eq!(
        user.primary_phone_number_id.as_ref(),
        Some(&user.phone_numbers[0].id)
    );
    let image_url = format!("{PUBLIC_URL}/images/{}", user.id);
    let raw = server.get(&format!("/v1/users/{}", user.id)).await.ok();
    for (field, expected) in [
        ("object", json!("user")),
        ("external_id", json!("ext_1")),
        ("first_name", json!("Ada")),
        ("last_name", json!("Lovelace")),
        ("locale", json!("en-GB")),
        ("username", json!("ada_l")),
        ("password_enabled", json!(true)),
        ("password_last_updated_at", json!(BEGINNING)),
        (
            "public_metadata",
            json!({"planTier": {"b": 1, "a": [1.5, null]}}),
        ),
        ("private_metadata", json!({"note": "naïve \"quoted\" 🦀"})),
        ("unsafe_metadata", json!({"theme": "dark"})),
        ("delete_self_enabled", json!(false)),
        ("legal_accepted_at", json!(1_704_164_645_678_i64)),
        ("create_organization_enabled", json!(false)),
        ("create_organizations_limit", json!(3)),
        ("created_at", json!(1_700_000_000_000_i64)),
        ("updated_at", json!(BEGINNING)),
        ("banned", json!(true)),
        ("image_url", json!(image_url)),
        ("has_image", json!(false)),
        ("last_sign_in_at", json!(null)),
        ("primary_web3_wallet_id", json!(null)),
    ] {
        assert_eq!(raw[field], expected, "{field}");
    }
    assert!(
        !raw.to_string().contains("argon2"),
        "the digest stays inside"
    );
    assert_eq!(
        server.client.users().get(user.id.clone()).await.unwrap(),
        user
    );
}

async fn a_user_with_next_to_nothing_has_defaults(server: &TestServer) {
    let user = server
        .post("/v1/users", json!({"username": "ada_l"}))
        .await
        .ok();
    for (field, expected) in [
        ("email_addresses", json!([])),
        ("phone_numbers", json!([])),
        ("primary_email_address_id", json!(null)),
        ("first_name", json!(null)),
        ("external_id", json!(null)),
        ("public_metadata", json!({})),
        ("password_enabled", json!(false)),
        ("delete_self_enabled", json!(true)),
        ("create_organization_enabled", json!(true)),
        ("banned", json!(false)),
        ("created_at", json!(BEGINNING)),
    ] {
        assert_eq!(user[field], expected, "{field}");
    }
    server
        .post("/v1/users", json!({}))
        .await
        .refused(422, "form_data_missing");
    let nobody = json!({"skip_user_requirement": true});
    assert_eq!(
        server.post("/v1/users", nobody).await.ok()["username"],
        json!(null)
    );
    // Null is the same as absent where there is nothing to clear.
    let null = json!({"username": "bob_b", "first_name": null, "email_address": null});
    assert_eq!(
        server.post("/v1/users", null).await.ok()["first_name"],
        json!(null)
    );
}

async fn identifiers_are_normalised(server: &TestServer) {
    let user = server
        .post(
            "/v1/users",
            json!({
                "email_address": [" Ada@Example.COM "],
                "phone_number": ["+1 (555) 555-0100"],
                "username": "Ada_L",
                "first_name": "  ",
            }),
        )
        .await
        .ok();
    assert_eq!(
        user["email_addresses"][0]["email_address"],
        "ada@example.com"
    );
    assert_eq!(user["phone_numbers"][0]["phone_number"], "+15555550100");
    assert_eq!(user["username"], "ada_l");
    assert_eq!(user["first_name"], json!(null));
    for (body, code, parameter) in [
        (
            json!({"email_address": ["ada"]}),
            "form_param_format_invalid",
            "email_address",
        ),
        (
            json!({"phone_number": ["555"]}),
            "form_param_format_invalid",
            "phone_number",
        ),
        (
            json!({"username": "ada"}),
            "form_username_invalid_length",
            "username",
        ),
        (
            json!({"username": "ada l"}),
            "form_username_invalid_character",
            "username",
        ),
        (
            json!({"username": "12345"}),
            "form_username_needs_non_number_char",
            "username",
        ),
        (
            json!({"email_address": ["a@x.co", "A@x.co"]}),
            "form_param_duplicate",
            "email_address",
        ),
        (
            json!({"username": "bob_b", "first_name": "x".repeat(257)}),
            "form_param_max_length_exceeded",
            "first_name",
        ),
        (
            json!({"username": "bob_b", "external_id": "x".repeat(257)}),
            "form_param_max_length_exceeded",
            "external_id",
        ),
        (
            json!({"username": "bob_b", "created_at": "yesterday"}),
            "form_param_invalid_time",
            "created_at",
        ),
    ] {
        server
            .post("/v1/users", body)
            .await
            .refused_for(422, code, parameter);
    }
    assert_eq!(server.count_users().await, 1);
}

/// Four users, the oldest first. All are found by their first names.
async fn four_users(server: &TestServer) -> Vec<User> {
    let mut users = Vec::new();
    for user in [
        CreateUser {
            first_name: Some("Ada".into()),
            last_name: Some("Lovelace".into()),
            email_address: vec!["ada@example.com".into()],
            phone_number: vec!["+15555550100".into()],
            username: Some("ada_l".into()),
            external_id: Some("ext_1".into()),
            created_at: Some("2020-01-01T00:00:00Z".into()),
            ..Default::default()
        },
        CreateUser {
            first_name: Some("Bob".into()),
            last_name: Some("Ünal".into()),
            email_address: vec!["bob@example.com".into(), "bob@other.org".into()],
            username: Some("bob_builder".into()),
            banned: Some(true),
            created_at: Some("2021-01-01T00:00:00Z".into()),
            ..Default::default()
        },
        CreateUser {
            first_name: Some("Cyd".into()),
            phone_number: vec!["+15555550102".into()],
            external_id: Some("ext_3".into()),
            created_at: Some("2022-01-01T00:00:00Z".into()),
            ..Default::default()
        },
        CreateUser {
            first_name: Some("Dee".into()),
            last_name: Some("100%".into()),
            email_address: vec!["dee@example.com".into()],
            created_at: Some("2023-01-01T00:00:00Z".into()),
            ..Default::default()
        },
    ] {
        users.push(server.client.users().create(&user).await.unwrap());
    }
    users
}

async fn users_are_filtered(server: &TestServer) {
    let users = four_users(server).await;
    let organization = server.organization("Acme", &users[0]).await;
    let ada = users[0].id.as_str();
    let random_part = &ada[ada.len() - 12..];
    let many = "user_id=nobody&".repeat(99);
    for (query, expected) in [
        (String::new(), "Dee Cyd Bob Ada"),
        ("unknown=1".into(), "Dee Cyd Bob Ada"),
        ("email_address=ADA@example.com".into(), "Ada"),
        (
            "email_address[]=ada@example.com&email_address[]=bob%40other.org".into(),
            "Bob Ada",
        ),
        ("email_address=nobody@example.com".into(), ""),
        ("phone_number=%2B15555550102".into(), "Cyd"),
        ("external_id=ext_1&external_id=ext_3".into(), "Cyd Ada"),
        ("external_id=-ext_1".into(), "Dee Cyd Bob"),
        ("username=ADA_L".into(), "Ada"),
        (format!("user_id={ada}"), "Ada"),
        (format!("user_id=%2B{ada}"), "Ada"),
        (format!("user_id=+{ada}"), "Ada"),
        (format!("user_id=-{ada}"), "Dee Cyd Bob"),
        (format!("{many}user_id={ada}"), "Ada"),
        (format!("organization_id={}", organization.id), "Ada"),
        (
            format!("organization_id=-{}", organization.id),
            "Dee Cyd Bob",
        ),
        ("query=LOVELACE".into(), "Ada"),
        ("query=ada%20love".into(), "Ada"),
        ("query=5550102".into(), "Cyd"),
        ("query=builder".into(), "Bob"),
        ("query=other.org".into(), "Bob"),
        (format!("query={random_part}"), "Ada"),
        ("email_address_query=OTHER".into(), "Bob"),
        ("email_address_query=_ob".into(), ""),
        ("phone_number_query=0102".into(), "Cyd"),
        ("username_query=BUILD".into(), "Bob"),
        ("name_query=a%20l".into(), "Ada"),
        ("name_query=%25".into(), "Dee"),
        ("name_query=%C3%9Cnal".into(), "Bob"),
        ("name_query=%C3%BCNAL".into(), "Bob"),
        ("banned=true".into(), "Bob"),
        ("banned=false".into(), "Dee Cyd Ada"),
        ("created_at_after=1609459200000".into(), "Dee Cyd"),
        ("created_at_before=1609459200000".into(), "Ada"),
        (
            "created_at_after=1577836800000&created_at_before=1672531200000".into(),
            "Cyd Bob",
        ),
        ("last_active_at_after=0".into(), ""),
        ("last_active_at_before=9999999999999".into(), ""),
        ("last_active_at_since=0".into(), ""),
        ("last_sign_in_at_after=0".into(), ""),
        ("last_sign_in_at_before=9999999999999".into(), ""),
        (
            "banned=false&email_address_query=example&query=dee".into(),
            "Dee",
        ),
    ] {
        let list = server.get(&format!("/v1/users?{query}")).await.ok();
        assert_eq!(column(&list, "first_name").join(" "), expected, "{query}");
        let count = server.get(&format!("/v1/users/count?{query}")).await.ok();
        let total = expected.split_whitespace().count();
        assert_eq!(
            count,
            json!({"object": "total_count", "total_count": total}),
            "{query}"
        );
    }
    // The client's own way to ask.
    let request = ListUsers {
        limit: Some(1),
        filter: UserFilter {
            email_address_query: Some("EXAMPLE.com".into()),
            ..Default::default()
        },
        ..Default::default()
    };
    let list = server.client.users().list(&request);
    let page = list.with_total_count().await.unwrap();
    assert_eq!((page.data.len(), page.total_count), (1, 3));
}

async fn users_are_sorted(server: &TestServer) {
    let users = four_users(server).await;
    server.advance(std::time::Duration::from_secs(1));
    let update = UpdateUser {
        user_id: users[2].id.clone(),
        locale: Patch::Set("de".into()),
        ..Default::default()
    };
    server.client.users().update(&update).await.unwrap();
    for (key, ascending) in [
        (UserSort::CreatedAt, "Ada Bob Cyd Dee"),
        (UserSort::FirstName, "Ada Bob Cyd Dee"),
    ] {
        for descending in [false, true] {
            let request = ListUsers {
                order_by: Some(Sort { key, descending }),
                ..Default::default()
            };
            let users = server.client.send(&request).await.unwrap();
            let mut names: Vec<_> = users
                .into_iter()
                .filter_map(|user| user.first_name)
                .collect();
            if descending {
                names.reverse();
            }
            assert_eq!(names.join(" "), ascending, "{key:?}");
        }
    }
    for (order, expected) in [
        ("created_at", "Ada Bob Cyd Dee"),
        ("+created_at", "Ada Bob Cyd Dee"),
        ("%2Bcreated_at", "Ada Bob Cyd Dee"),
        ("-created_at", "Dee Cyd Bob Ada"),
        // Who has none comes last, whichever the direction.
        ("email_address", "Ada Bob Dee Cyd"),
        ("-email_address", "Dee Bob Ada Cyd"),
    ] {
        let list = server
            .get(&format!("/v1/users?order_by={order}"))
            .await
            .ok();
        assert_eq!(column(&list, "first_name").join(" "), expected, "{order}");
    }
    for (order, first) in [
        ("-updated_at", "Cyd"),
        ("username", "Ada"),
        ("-username", "Bob"),
        ("phone_number", "Ada"),
        ("-phone_number", "Cyd"),
    ] {
        let list = server
            .get(&format!("/v1/users?order_by={order}&limit=1"))
            .await
            .ok();
        assert_eq!(column(&list, "first_name"), [first], "{order}");
    }
    for (name, _) in <UserSort as ironclerk::api::value::SortKey>::ALL {
        let list = server
            .get(&format!("/v1/users?order_by=-{name}"))
            .await
            .ok();
        assert_eq!(list.as_array().unwrap().len(), 4, "{name}");
    }
    let answer = server.get("/v1/users?order_by=shoe_size").await;
    answer.refused_for(422, "form_param_value_invalid", "order_by");
}

async fn users_are_listed_in_pages(server: &TestServer) {
    for number in 0..12 {
        server.user(&format!("user{number:02}@example.com")).await;
    }
    let address = |user: &Value| user["email_addresses"][0]["email_address"].clone();
    let mut seen = Vec::new();
    for offset in [0, 5, 10, 15] {
        let path = format!("/v1/users?order_by=email_address&limit=5&offset={offset}");
        let page = server.get(&path).await.ok();
        seen.extend(page.as_array().unwrap().iter().map(address));
    }
    let all: Vec<_> = (0..12)
        .map(|number| json!(format!("user{number:02}@example.com")))
        .collect();
    assert_eq!(seen, all);
    for (query, length) in [
        ("", 10),
        ("limit=1", 1),
        ("limit=500", 12),
        ("offset=11", 1),
        ("offset=4294967295", 0),
        ("limit=3&limit=4", 4),
    ] {
        let list = server.get(&format!("/v1/users?{query}")).await.ok();
        assert_eq!(list.as_array().unwrap().len(), length, "{query}");
    }
    for (query, code, parameter) in [
        ("limit=0", "form_param_value_invalid", "limit"),
        ("limit=501", "form_param_value_invalid", "limit"),
        ("limit=-1", "form_param_value_invalid", "limit"),
        (
            "limit=99999999999999999999",
            "form_param_value_invalid",
            "limit",
        ),
        ("limit=ten", "form_param_type_invalid", "limit"),
        ("offset=-1", "form_param_value_invalid", "offset"),
        ("offset=4294967296", "form_param_value_invalid", "offset"),
    ] {
        let answer = server.get(&format!("/v1/users?{query}")).await;
        answer.refused_for(422, code, parameter);
    }
}

async fn taken_identifiers_are_refused_and_nothing_is_written(server: &TestServer) {
    let taken = json!({
        "email_address": ["ada@example.com"],
        "phone_number": ["+15555550100"],
        "username": "ada_l",
        "external_id": "ext_1",
    });
    server.post("/v1/users", taken).await.ok();
    let new = json!({
        "email_address": ["new@example.com"],
        "phone_number": ["+15555550199"],
        "username": "new_one",
        "external_id": "ext_new",
    });
    for (parameter, value) in [
        (
            "email_address",
            json!(["other@example.com", "ADA@example.com"]),
        ),
        ("phone_number", json!(["+15555550198", "+1 555 555 0100"])),
        ("username", json!("Ada_L")),
        ("external_id", json!("ext_1")),
    ] {
        let mut body = new.clone();
        body[parameter] = value;
        let answer = server.post("/v1/users", body).await;
        answer.refused_for(422, "form_identifier_exists", parameter);
        assert_eq!(server.count_users().await, 1, "{parameter}");
    }
    // What stood beside the taken ones was left free.
    let user = server.post("/v1/users", new).await.ok();
    let beside = json!({
        "email_address": ["other@example.com"],
        "phone_number": ["+15555550198"],
    });
    server.post("/v1/users", beside).await.ok();

    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    for (parameter, value) in [("username", "ADA_L"), ("external_id", "ext_1")] {
        let body = json!({"first_name": "Changed", parameter: value});
        let answer = server.patch(&path, body).await;
        answer.refused_for(422, "form_identifier_exists", parameter);
    }
    assert_eq!(server.get(&path).await.ok(), user);
    // One's own are not taken.
    let own = json!({"username": "NEW_one", "external_id": "ext_new"});
    server.patch(&path, own).await.ok();
}

async fn what_is_absent_stays_and_what_is_null_goes(server: &TestServer) {
    let body = json!({
        "username": "ada_l",
        "external_id": "ext_1",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "locale": "en",
        "legal_accepted_at": "2024-01-02T03:04:05Z",
        "create_organizations_limit": 3,
        "public_metadata": {"a": 1},
        "private_metadata": {"b": {"c": 2}},
        "unsafe_metadata": {"d": 3},
        "email_address": ["ada@example.com"],
    });
    let user = server.post("/v1/users", body).await.ok();
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    server.advance(std::time::Duration::from_secs(1));

    let touched = server.patch(&path, json!({})).await.ok();
    let mut expected = user.clone();
    expected["updated_at"] = json!(BEGINNING + 1000);
    assert_eq!(touched, expected, "nothing but the time has changed");

    let set = json!({
        "username": "countess",
        "external_id": "ext_2",
        "first_name": "Augusta",
        "last_name": "King",
        "locale": "fr",
        "create_organizations_limit": 0,
        "public_metadata": {"new": true},
        "private_metadata": {},
        "delete_self_enabled": false,
        "create_organization_enabled": false,
    });
    let changed = server.patch(&path, set.clone()).await.ok();
    for (field, value) in set.as_object().unwrap() {
        assert_eq!(changed[field], *value, "{field}");
    }
    assert_eq!(changed["unsafe_metadata"], json!({"d": 3}));
    let times = json!({
        "created_at": "2023-11-14T22:13:20Z",
        "legal_accepted_at": "2024-01-02T03:04:05.678Z",
    });
    let changed = server.patch(&path, times).await.ok();
    assert_eq!(changed["created_at"], 1_700_000_000_000_i64);
    assert_eq!(changed["legal_accepted_at"], 1_704_164_645_678_i64);

    let null = json!({
        "username": null,
        "external_id": null,
        "first_name": null,
        "last_name": null,
        "locale": null,
        "legal_accepted_at": null,
        "create_organizations_limit": null,
        "public_metadata": null,
        "unsafe_metadata": null,
    });
    let cleared = server.patch(&path, null.clone()).await.ok();
    for field in null.as_object().unwrap().keys() {
        let nothing = match field.ends_with("_metadata") {
            true => json!({}),
            false => json!(null),
        };
        assert_eq!(cleared[field], nothing, "{field}");
    }
    assert_eq!(cleared["email_addresses"], user["email_addresses"]);
    assert_eq!(server.get(&path).await.ok(), cleared);
    // A username that was given up is free again.
    server
        .post("/v1/users", json!({"username": "countess"}))
        .await
        .ok();
}

async fn primary_identifiers_must_be_the_users_own(server: &TestServer) {
    let body = json!({
        "email_address": ["a@example.com", "b@example.com"],
        "phone_number": ["+15555550100", "+15555550101"],
    });
    let user = server.post("/v1/users", body).await.ok();
    let other = server.user("c@example.com").await;
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    for (list, parameter) in [
        ("email_addresses", "primary_email_address_id"),
        ("phone_numbers", "primary_phone_number_id"),
    ] {
        let ids = column(&user[list], "id");
        let second = ids
            .iter()
            .find(|id| user[parameter] != id.as_str())
            .unwrap();
        let changed = server.patch(&path, json!({parameter: second})).await.ok();
        assert_eq!(changed[parameter], second.as_str());
        for theirs in ["idn_nothing", other.email_addresses[0].id.as_str()] {
            let answer = server.patch(&path, json!({parameter: theirs})).await;
            answer.refused_for(422, "form_param_value_invalid", parameter);
        }
        assert_eq!(server.get(&path).await.ok()[parameter], second.as_str());
    }
}

async fn passwords_are_checked(server: &TestServer) {
    let bcrypt = "$2a$06$Nb1nehoav6kA5Wm97Vgjau3rp6uQmPY6ruiQ4fVepFsYRZITj/Tx6";
    for (number, (body, refusal)) in [
        (json!({"password": "correct horse"}), None),
        (
            json!({"password": "short"}),
            Some(("form_password_length_too_short", "password")),
        ),
        (json!({"password": "short", "skip_password_checks": true}), None),
        (
            json!({"password": "", "skip_password_checks": true}),
            Some(("form_password_length_too_short", "password")),
        ),
        (
            json!({"password": "x".repeat(73)}),
            Some(("form_password_length_too_long", "password")),
        ),
        (json!({"password_digest": bcrypt, "password_hasher": "bcrypt"}), None),
        (
            json!({"password_digest": "nonsense", "password_hasher": "bcrypt"}),
            Some(("form_password_digest_invalid_code", "password_digest")),
        ),
        (
            json!({"password_digest": bcrypt}),
            Some(("form_param_missing", "password_hasher")),
        ),
        (
            json!({"password_hasher": "bcrypt"}),
            Some(("form_param_missing", "password_digest")),
        ),
        (
            json!({"password_digest": bcrypt, "password_hasher": "rot13"}),
            Some(("form_param_value_invalid", "password_hasher")),
        ),
        (
            json!({"password": "correct horse", "password_digest": bcrypt, "password_hasher": "bcrypt"}),
            Some(("form_param_value_invalid", "password_digest")),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let before = server.count_users().await;
        let mut body = body;
        body["username"] = json!(format!("user_{number}"));
        let answer = server.post("/v1/users", body.clone()).await;
        match refusal {
            None => assert_eq!(answer.ok()["password_enabled"], true, "{body}"),
            Some((code, parameter)) => {
                answer.refused_for(422, code, parameter);
                assert_eq!(server.count_users().await, before, "{body}");
            }
        }
    }
}

async fn a_changed_password_ends_sessions_when_asked(server: &TestServer) {
    let user = server.user("ada@example.com").await;
    let bystander = server.user("bob@example.com").await;
    server.session(&user).await;
    server.session(&bystander).await;
    let path = format!("/v1/users/{}", user.id);
    for (body, left) in [
        (json!({"password": "correct horse"}), 2),
        // Without a new password there is no reason to.
        (json!({"sign_out_of_other_sessions": true}), 2),
        (
            json!({"password": "other horse", "sign_out_of_other_sessions": true}),
            1,
        ),
    ] {
        let changed = server.patch(&path, body.clone()).await.ok();
        assert_eq!(changed["password_enabled"], true);
        let active = server
            .get("/v1/sessions?status=active&paginated=true")
            .await
            .ok();
        assert_eq!(active["total_count"], left, "{body}");
    }
}

async fn deleting_a_user_frees_everything(server: &TestServer) {
    let body = json!({
        "email_address": ["ada@example.com"],
        "phone_number": ["+15555550100"],
        "username": "ada_l",
        "external_id": "ext_1",
    });
    let user: User =
        serde_json::from_value(server.post("/v1/users", body.clone()).await.ok()).unwrap();
    let other = server.user("bob@example.com").await;
    let organization = server.organization("Acme", &user).await;
    let session = server.session(&user).await;
    server.session(&other).await;

    let path = format!("/v1/users/{}", user.id);
    let deleted = server.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "user", "id": user.id, "deleted": true, "external_id": "ext_1"})
    );
    server.get(&path).await.refused(404, "resource_not_found");
    server
        .call(Method::DELETE, &path, None)
        .await
        .refused(404, "resource_not_found");
    server
        .patch(&path, json!({}))
        .await
        .refused(404, "resource_not_found");
    let session_path = format!("/v1/sessions/{}", session.id);
    server
        .get(&session_path)
        .await
        .refused(404, "resource_not_found");
    let sessions = server
        .client
        .sessions()
        .list(&ListSessions::default())
        .await
        .unwrap();
    assert_eq!(sessions.total_count, 1, "the other user's");
    let members = format!("/v1/organizations/{}/memberships", organization.id);
    assert_eq!(
        server.get(&members).await.ok(),
        json!({"data": [], "total_count": 0})
    );
    let found = server.get("/v1/users/count?query=ada%40").await.ok();
    assert_eq!(found["total_count"], 0);
    server.post("/v1/users", body).await.ok();
}

/// Sends the same request many times at once: one is carried out, the others are refused.
async fn race(server: &TestServer, body: Value, parameter: &str) {
    const RACERS: usize = 50;
    let racers = (0..RACERS).map(|_| server.post("/v1/users", body.clone()));
    let answers = futures_util::future::join_all(racers).await;
    let (winners, losers): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(winners.len(), 1);
    for loser in losers {
        loser.refused_for(422, "form_identifier_exists", parameter);
    }
    assert_eq!(server.count_users().await, 1);
    let list = server.get("/v1/users").await.ok();
    assert_eq!(list[0]["id"], winners[0].ok()["id"]);
}

async fn of_many_creators_of_one_address_one_succeeds(server: &TestServer) {
    race(
        server,
        json!({"email_address": ["ada@example.com"]}),
        "email_address",
    )
    .await;
}

async fn of_many_creators_of_one_username_one_succeeds(server: &TestServer) {
    race(server, json!({"username": "ada_l"}), "username").await;
}

async fn creators_do_not_wait_for_each_other_forever(server: &TestServer) {
    let addresses = ["a@example.com", "b@example.com", "c@example.com"];
    let racers = (0..45).map(|racer| {
        let mut addresses = addresses;
        addresses.rotate_left(racer % 3);
        server.post("/v1/users", json!({"email_address": addresses}))
    });
    let answers = futures_util::future::join_all(racers).await;
    let losers: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .collect();
    assert_eq!(losers.len(), 44);
    for loser in losers {
        loser.refused_for(422, "form_identifier_exists", "email_address");
    }
}

async fn changes_of_different_fields_at_once_all_hold(server: &TestServer) {
    let user = server.user("ada@example.com").await;
    let path = format!("/v1/users/{}", user.id);
    for round in 0..10 {
        let text = format!("round_{round}");
        let changes = [
            json!({"first_name": text}),
            json!({"last_name": text}),
            json!({"locale": text}),
            json!({"username": text}),
            json!({"external_id": text}),
            json!({"public_metadata": {"x": text}}),
            json!({"private_metadata": {"x": text}}),
        ];
        let all = changes
            .iter()
            .map(|change| server.patch(&path, change.clone()));
        for answer in futures_util::future::join_all(all).await {
            answer.ok();
        }
        let user = server.get(&path).await.ok();
        for change in &changes {
            for (field, value) in change.as_object().unwrap() {
                assert_eq!(user[field], *value, "{field}");
            }
        }
    }
}

async fn pictures_are_uploaded_shown_and_taken_away(server: &TestServer) {
    let user = server.user("ada@example.com").await;
    let picture = |more: &[u8]| File {
        name: "a \"b\".png".into(),
        content_type: "text/html".into(),
        bytes: [
            b"\x89PNG\r\n\x1a\n--ironclerk-form-0000000000000000--\r\n",
            more,
        ]
        .concat(),
    };
    let users = server.client.users();
    let path_of = |user: &User| {
        let path = user.image_url.strip_prefix(PUBLIC_URL);
        path.expect("a picture of ours").to_owned()
    };

    let first = users.set_profile_image(user.id.clone(), picture(b"1"));
    let first = first.await.unwrap();
    assert!(first.has_image && first.image_url.contains("/images/img_"));
    let shown = server
        .request(Method::GET, &path_of(&first), &[], b"")
        .await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-type"), Some("image/png"));
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(shown.body, picture(b"1").bytes);

    let second = users.set_profile_image(user.id.clone(), picture(b"2"));
    let second = second.await.unwrap();
    assert_ne!(second.image_url, first.image_url);
    let gone = server
        .request(Method::GET, &path_of(&first), &[], b"")
        .await;
    gone.refused(404, "resource_not_found");

    let none = users.delete_profile_image(user.id.clone()).await.unwrap();
    assert!(!none.has_image);
    assert_eq!(none.image_url, user.image_url);
    let gone = server
        .request(Method::GET, &path_of(&second), &[], b"")
        .await;
    gone.refused(404, "resource_not_found");

    let path = format!("/v1/users/{}/profile_image", user.id);
    let key = format!("Bearer {}", server.server.instance().secret_key().expose());
    let post = async |content_type: &str, body: &[u8]| {
        let headers = [
            ("authorization", key.as_str()),
            ("content-type", content_type),
        ];
        server.request(Method::POST, &path, &headers, body).await
    };
    let form = "multipart/form-data; boundary=x";
    let part = |name: &str, content: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{content}\r\n--x--\r\n"
        )
    };
    let refused = post(form, part("file", "<svg/>").as_bytes()).await;
    refused.refused_for(400, "request_body_invalid", "file");
    let refused = post(form, part("picture", "GIF89a").as_bytes()).await;
    refused.refused_for(400, "form_param_missing", "file");
    post(form, b"")
        .await
        .refused_for(400, "form_param_missing", "file");
    post(form, b"--x\r\nnonsense")
        .await
        .refused(400, "request_body_invalid");
    post("application/json", b"{}")
        .await
        .refused(415, "unsupported_content_type");
    let large = format!("GIF89a{}", " ".repeat(10 * 1024 * 1024));
    let refused = post(form, part("file", &large).as_bytes()).await;
    refused.refused_for(413, "image_too_large", "file");
    let refused = users.set_profile_image("user_none", picture(b"")).await;
    assert!(
        refused
            .unwrap_err()
            .api_error()
            .unwrap()
            .has_code("resource_not_found")
    );
}

async fn metadata_is_merged_or_replaced(server: &TestServer) {
    let user = server
        .post(
            "/v1/users",
            json!({
                "username": "ada_l",
                "public_metadata": {"a": {"b": 1, "c": 2}, "d": [1]},
                "private_metadata": {"kept": true},
            }),
        )
        .await
        .ok();
    let path = format!("/v1/users/{}/metadata", user["id"].as_str().unwrap());
    let update = json!({"public_metadata": {"a": {"b": null, "e": 3}, "d": [2], "f": {"g": null}}});
    let merged = server.patch(&path, update).await.ok();
    assert_eq!(
        merged["public_metadata"],
        json!({"a": {"c": 2, "e": 3}, "d": [2], "f": {}})
    );
    assert_eq!(merged["private_metadata"], json!({"kept": true}));
    let update = json!({"public_metadata": {"new": 1}});
    let replaced = server.call(Method::PUT, &path, Some(update)).await.ok();
    assert_eq!(replaced["public_metadata"], json!({"new": 1}));
    assert_eq!(replaced["private_metadata"], json!({"kept": true}));
}

async fn a_ban_ends_sessions_and_a_lock_ends_with_time(server: &TestServer) {
    let user = server.user("ada@example.com").await;
    let session = server.session(&user).await;
    let users = server.client.users();
    let banned = users.ban(user.id.clone()).await.unwrap();
    assert!(banned.banned);
    let sessions = server.client.sessions();
    let ended = sessions.get(session.id).await.unwrap();
    assert_eq!(ended.status.unwrap().as_str(), "revoked");
    assert!(!users.unban(user.id.clone()).await.unwrap().banned);

    assert_eq!(user.verification_attempts_remaining, Some(10));
    let locked = users.lock(user.id.clone()).await.unwrap();
    assert!(locked.locked);
    assert_eq!(locked.lockout_expires_in_seconds, Some(3600));
    assert_eq!(locked.verification_attempts_remaining, Some(0));
    server.advance(Duration::from_millis(1500));
    let locked = users.get(user.id.clone()).await.unwrap();
    assert_eq!(locked.lockout_expires_in_seconds, Some(3599));
    assert!(!users.unlock(user.id.clone()).await.unwrap().locked);
    users.lock(user.id.clone()).await.unwrap();
    server.advance(Duration::from_secs(3600));
    let free = users.get(user.id.clone()).await.unwrap();
    assert!(!free.locked && free.lockout_expires_in_seconds.is_none());
    assert_eq!(free.verification_attempts_remaining, Some(10));
}

async fn a_password_is_verified_and_hashed_anew(server: &TestServer) {
    let code =
        |error: ironclerk::client::ClientError| error.api_error().unwrap().errors[0].code.clone();
    let users = server.client.users();
    let digests = include_str!("../../../../testdata/password_digests.tsv");
    for (number, line) in digests.lines().skip(1).enumerate() {
        let [hasher, password, digest] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let user = CreateUser {
            username: Some(format!("user_{number}")),
            password_digest: Some(digest.into()),
            password_hasher: Some(hasher.into()),
            ..Default::default()
        };
        let user = users.create(&user).await.unwrap();
        let wrong = users.verify_password(user.id.clone(), "wrong").await;
        assert_eq!(code(wrong.unwrap_err()), "incorrect_password", "{hasher}");
        // Twice: from the digest that was imported, and from our own.
        for _ in 0..2 {
            let right = users.verify_password(user.id.clone(), password).await;
            assert!(right.unwrap().verified, "{hasher}");
        }
        let wrong = users.verify_password(user.id.clone(), "wrong").await;
        assert_eq!(code(wrong.unwrap_err()), "incorrect_password", "{hasher}");
    }
    let ada = server.user("ada@example.com").await;
    let none = users.verify_password(ada.id.clone(), "x").await;
    assert_eq!(code(none.unwrap_err()), "no_password_set");
    let path = format!("/v1/users/{}", ada.id);
    server
        .patch(&path, json!({"password": "correct horse"}))
        .await
        .ok();
    users
        .verify_password(ada.id.clone(), "correct horse")
        .await
        .unwrap();
    server.session(&ada).await;
    let removed = server
        .post(
            &format!("{path}/remove_password"),
            json!({"sign_out_of_other_sessions": true}),
        )
        .await
        .ok();
    assert_eq!(removed["password_enabled"], false);
    let sessions = server.get("/v1/sessions?status=active").await.ok();
    assert_eq!(sessions, json!([]));
}

async fn a_cursor_walks_through_all_users(server: &TestServer) {
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(server.user(&format!("user{number}@example.com")).await.id);
        // Some are created at the same time.
        if number % 2 == 0 {
            server.advance(Duration::from_secs(1));
        }
    }
    for sign in ["", "-"] {
        let mut seen = Vec::new();
        let mut query = format!("limit=2&order_by={sign}created_at");
        loop {
            let page = column(&server.get(&format!("/v1/users?{query}")).await.ok(), "id");
            let Some(last) = page.last() else { break };
            query = format!("limit=2&order_by={sign}created_at&starting_after={last}");
            seen.extend(page);
        }
        seen.sort();
        let mut all: Vec<_> = ids.iter().map(ToString::to_string).collect();
        all.sort();
        assert_eq!(seen, all, "{sign}created_at");
    }
    for query in [
        "starting_after=user_none".to_owned(),
        format!("starting_after={}&offset=1", ids[0]),
        format!("starting_after={}&order_by=first_name", ids[0]),
    ] {
        let refused = server.get(&format!("/v1/users?{query}")).await;
        refused.refused_for(422, "form_param_value_invalid", "starting_after");
    }
}

async fn many_are_banned_or_none(server: &TestServer) {
    let (ada, bob) = (
        server.user("ada@example.com").await,
        server.user("bob@example.com").await,
    );
    let session = server.session(&bob).await;
    let users = server.client.users();
    let unknown = json!({"user_ids": [ada.id, "user_nobody"]});
    let refused = server.post("/v1/users/ban", unknown).await;
    refused.refused(404, "resource_not_found");
    assert!(!users.get(ada.id.clone()).await.unwrap().banned);
    let both = vec![ada.id.clone(), bob.id.clone(), ada.id.clone()];
    let banned = users.ban_many(both.clone()).await.unwrap();
    assert!(banned.len() == 2 && banned.iter().all(|user| user.banned));
    let ended = server.client.sessions().get(session.id).await.unwrap();
    assert_eq!(ended.status.unwrap().as_str(), "revoked");
    let free = users.unban_many(both).await.unwrap();
    assert!(free.len() == 2 && free.iter().all(|user| !user.banned));
    let refused = server.post("/v1/users/ban", json!({"user_ids": []})).await;
    refused.refused_for(422, "form_param_missing", "user_ids");
    let many: Vec<_> = (0..51).map(|number| format!("user_{number}")).collect();
    let refused = server
        .post("/v1/users/unban", json!({"user_ids": many}))
        .await;
    refused.refused_for(400, "bulk_size_exceeded", "user_ids");
}

#[test]
fn a_user_who_is_read_again_is_as_the_database_has_them() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        run_on_database(backend, async |database| {
            let server = TestServer::start(database.url()).await;
            let id = server.user("ada@example.com").await.id;
            let path = format!("/v1/users/{id}");
            let read = async || server.get(&path).await.ok();
            for name in ["Ada", "Augusta"] {
                // Past the server, as another program does.
                let sql = format!("UPDATE users SET first_name = '{name}' RETURNING id");
                assert_eq!(database.sql(&sql).unwrap(), id.as_str());
                for _ in 0..20 {
                    assert_eq!(read().await["first_name"], name);
                }
            }
            server.post(&format!("{path}/lock"), json!({})).await.ok();
            let locked = read().await["lockout_expires_in_seconds"].clone();
            server.advance(Duration::from_secs(60));
            let later = read().await["lockout_expires_in_seconds"].clone();
            assert_eq!(later.as_i64().unwrap(), locked.as_i64().unwrap() - 60);
            server.client.users().delete(id.clone()).await.unwrap();
            server.get(&path).await.refused(404, "resource_not_found");
        });
    }
}
