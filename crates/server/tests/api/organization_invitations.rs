//! Invitations to join organizations.

use std::time::Duration;

use ironclerk::api::organization_invitations::{
    CreateOrganizationInvitationBulk, NewOrganizationInvitation,
};
use serde_json::{Value, json};

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, column, on_both_databases};

on_both_databases! {
    an_invitation_has_a_ticket,
    invitations_are_listed_and_filtered,
    an_invitation_that_is_taken_back_stays_so,
    whom_an_organization_has_is_not_invited,
    invitations_count_as_members,
    several_are_invited_at_once_or_none,
    only_managers_invite,
    invitations_of_a_user_and_of_the_instance,
}

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn acme(server: &TestServer) -> String {
    let body = json!({"name": "Acme", "max_allowed_memberships": 20});
    let organization = server.post("/v1/organizations", body).await.ok();
    format!("/v1/organizations/{}", organization["id"].as_str().unwrap())
}

async fn invite(server: &TestServer, organization: &str, email_address: &str) -> Value {
    let body = json!({"email_address": email_address, "role": "org:member"});
    let path = format!("{organization}/invitations");
    server.post(&path, body).await.ok()
}

async fn an_invitation_has_a_ticket(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let organization = server.organization("Acme", &ada).await;
    let path = format!("/v1/organizations/{}/invitations", organization.id);
    let body = json!({
        "email_address": "Bob@Example.com",
        "role": "org:admin",
        "inviter_user_id": ada.id,
        "redirect_url": "https://example.com/join",
        "expires_in_days": 3,
        "notify": false,
        "public_metadata": {"camelCase": 1},
        "private_metadata": {"b": 2},
    });
    let invitation = server.post(&path, body).await.ok();
    for (field, expected) in [
        ("object", json!("organization_invitation")),
        ("email_address", json!("bob@example.com")),
        ("role", json!("org:admin")),
        ("role_name", json!("Admin")),
        ("organization_id", json!(organization.id)),
        ("inviter_id", json!(ada.id)),
        ("status", json!("pending")),
        ("public_metadata", json!({"camelCase": 1})),
        ("private_metadata", json!({"b": 2})),
        ("expires_at", json!(BEGINNING + 3 * DAY)),
        ("created_at", json!(BEGINNING)),
        ("updated_at", json!(BEGINNING)),
    ] {
        assert_eq!(invitation[field], expected, "{field}");
    }
    assert_eq!(
        invitation["public_inviter_data"]["identifier"],
        "ada@example.com"
    );
    let id = invitation["id"].as_str().unwrap();
    assert!(id.starts_with("orginv_"));

    let url = invitation["url"].as_str().unwrap();
    let start = format!("{PUBLIC_URL}/v1/tickets/accept?ticket=");
    let ticket = url.strip_prefix(&start).unwrap();
    let ticket = ironclerk::jwt::decode(ticket).unwrap();
    let claims = ticket.unverified_claims();
    assert_eq!(claims["sid"], id);
    assert_eq!(claims["st"], "organization_invitation");
    assert_eq!(claims["oid"], json!(organization.id));
    assert_eq!(claims["rurl"], "https://example.com/join");
    assert_eq!(claims["exp"], (BEGINNING + 3 * DAY) / 1000);

    let path = format!("{path}/{id}");
    assert_eq!(server.get(&path).await.ok(), invitation);
    let elsewhere = server.organization("Other", &ada).await.id;
    let path = format!("/v1/organizations/{elsewhere}/invitations/{id}");
    server.get(&path).await.refused(404, "resource_not_found");
}

async fn invitations_are_listed_and_filtered(server: &TestServer) {
    let acme = acme(server).await;
    for name in ["cyd", "ada", "bob", "dee"] {
        invite(server, &acme, &format!("{name}@example.com")).await;
        server.advance(Duration::from_secs(1));
    }
    let list = server.get(&format!("{acme}/invitations")).await.ok();
    let dee = list["data"][0]["id"].as_str().unwrap();
    let revoke = format!("{acme}/invitations/{dee}/revoke");
    server.post(&revoke, json!({})).await.ok();
    for (query, expected) in [
        ("", "dee bob ada cyd"),
        ("?status=pending", "bob ada cyd"),
        ("?status=revoked", "dee"),
        ("?status=pending&status=revoked", "dee bob ada cyd"),
        ("?status=accepted", ""),
        ("?email_address=BOB@example.com", "bob"),
        ("?order_by=email_address", "ada bob cyd dee"),
        ("?order_by=-email_address&limit=2", "dee cyd"),
        ("?order_by=created_at&limit=1&offset=1", "ada"),
        ("/pending", "bob ada cyd"),
        ("/pending?limit=1&offset=1", "ada"),
    ] {
        let page = server.get(&format!("{acme}/invitations{query}")).await.ok();
        let names: Vec<_> = column(&page["data"], "email_address")
            .iter()
            .map(|address| address[..3].to_owned())
            .collect();
        assert_eq!(names.join(" "), expected, "{query}");
        if !query.contains("limit") {
            assert_eq!(page["total_count"], names.len(), "{query}");
        }
    }
    let bad = format!("{acme}/invitations?status=lost");
    server
        .get(&bad)
        .await
        .refused_for(422, "form_param_value_invalid", "status");
    let nowhere = "/v1/organizations/org_nothing/invitations";
    server.get(nowhere).await.refused(404, "resource_not_found");

    // They expire, and then the address can be invited again.
    server.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let pending = server
        .get(&format!("{acme}/invitations/pending"))
        .await
        .ok();
    assert_eq!(pending["total_count"], 0);
    let expired = server
        .get(&format!("{acme}/invitations?status=expired"))
        .await
        .ok();
    assert_eq!(expired["total_count"], 3);
    assert_eq!(expired["data"][0]["url"], json!(null));
    invite(server, &acme, "bob@example.com").await;
}

async fn an_invitation_that_is_taken_back_stays_so(server: &TestServer) {
    let acme = acme(server).await;
    let invitation = invite(server, &acme, "bob@example.com").await;
    let path = format!("{acme}/invitations/{}", invitation["id"].as_str().unwrap());
    server.advance(Duration::from_secs(1));
    let revoked = server.post(&format!("{path}/revoke"), json!({})).await.ok();
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(revoked["updated_at"], BEGINNING + 1000);
    assert_eq!(server.get(&path).await.ok(), revoked);
    let again = server.post(&format!("{path}/revoke"), json!({})).await;
    again.refused(404, "organization_invitation_not_pending");
    let other = format!("{acme}/invitations/orginv_nothing/revoke");
    server
        .post(&other, json!({}))
        .await
        .refused(404, "resource_not_found");
    // The address is free again.
    invite(server, &acme, "bob@example.com").await;
}

async fn whom_an_organization_has_is_not_invited(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let organization = server.organization("Acme", &ada).await;
    let path = format!("/v1/organizations/{}/invitations", organization.id);
    for (body, status, code, parameter) in [
        (
            json!({"email_address": "ada@example.com", "role": "org:member"}),
            400,
            "already_a_member_in_organization",
            "email_address",
        ),
        (
            json!({"email_address": "x@example.com", "role": "org:king"}),
            404,
            "resource_not_found",
            "role",
        ),
        (
            json!({"email_address": "x", "role": "org:member"}),
            422,
            "form_param_format_invalid",
            "email_address",
        ),
        (
            json!({"email_address": "x@example.com"}),
            422,
            "form_param_missing",
            "role",
        ),
        (
            json!({"email_address": "x@example.com", "role": "org:member", "expires_in_days": 366}),
            422,
            "form_param_value_invalid",
            "expires_in_days",
        ),
        (
            json!({"email_address": "x@example.com", "role": "org:member", "redirect_url": "javascript:alert(1)"}),
            422,
            "form_param_format_invalid",
            "redirect_url",
        ),
        (
            json!({"email_address": "x@example.com", "role": "org:member", "redirect_url": "/welcome"}),
            422,
            "form_param_format_invalid",
            "redirect_url",
        ),
    ] {
        server
            .post(&path, body)
            .await
            .refused_for(status, code, parameter);
    }
    let body = json!({"email_address": "x@example.com", "role": "org:member"});
    // At once, so that looking and adding must be one.
    let attempts = (0..6).map(|_| server.post(&path, body.clone()));
    let answers = futures_util::future::join_all(attempts).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .collect();
    assert_eq!(refused.len(), 5);
    for answer in refused {
        answer.refused_for(400, "organization_invitation_not_unique", "email_address");
    }
}

async fn invitations_count_as_members(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let body = json!({"name": "Acme", "created_by": ada.id, "max_allowed_memberships": 3});
    let id = server.post("/v1/organizations", body).await.ok()["id"].clone();
    let acme = format!("/v1/organizations/{}", id.as_str().unwrap());
    let first = invite(server, &acme, "1@example.com").await;
    invite(server, &acme, "2@example.com").await;
    let body = json!({"email_address": "3@example.com", "role": "org:member"});
    let path = format!("{acme}/invitations");
    let answer = server.post(&path, body).await;
    answer.refused(403, "organization_membership_quota_exceeded");
    let path = format!("{path}/{}/revoke", first["id"].as_str().unwrap());
    server.post(&path, json!({})).await.ok();
    invite(server, &acme, "3@example.com").await;
}

async fn several_are_invited_at_once_or_none(server: &TestServer) {
    let acme = acme(server).await;
    let path = format!("{acme}/invitations/bulk");
    let one =
        |name: &str| json!({"email_address": format!("{name}@example.com"), "role": "org:member"});
    let made = server.post(&path, json!([one("a"), one("b")])).await.ok();
    assert_eq!(made["total_count"], 2);
    assert_eq!(
        column(&made["data"], "email_address"),
        ["a@example.com", "b@example.com"]
    );

    let count =
        async || server.get(&format!("{acme}/invitations")).await.ok()["total_count"].clone();
    let twice = server.post(&path, json!([one("c"), one("c")])).await;
    twice.refused(400, "organization_invitation_not_unique");
    let bad = server
        .post(&path, json!([one("c"), {"email_address": "d@example.com"}]))
        .await;
    bad.refused_for(422, "form_param_missing", "role");
    let unknown = json!([{"email_address": "d@example.com", "role": "org:member", "x": 1}]);
    server
        .post(&path, unknown)
        .await
        .refused_for(422, "form_param_unknown", "x");
    let many: Vec<_> = (0..11).map(|n| one(&format!("n{n}"))).collect();
    server
        .post(&path, json!(many))
        .await
        .refused(400, "bulk_size_exceeded");
    server
        .post(&path, json!([]))
        .await
        .refused(422, "form_data_missing");
    server
        .post(&path, one("c"))
        .await
        .refused(400, "request_body_invalid");
    assert_eq!(count().await, 2);

    let request = CreateOrganizationInvitationBulk {
        organization_id: acme["/v1/organizations/".len()..].into(),
        invitations: vec![NewOrganizationInvitation {
            email_address: "e@example.com".to_owned(),
            role: "org:admin".to_owned(),
            ..Default::default()
        }]
        .into(),
    };
    let made = server
        .client
        .organizations()
        .create_invitations(&request)
        .await
        .unwrap();
    assert_eq!(made.data[0].role_name, "Admin");
}

async fn only_managers_invite(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    let cyd = server.user("cyd@example.com").await;
    let organization = server.organization("Acme", &ada).await;
    let acme = format!("/v1/organizations/{}", organization.id);
    let body = json!({"user_id": bob.id, "role": "org:member"});
    server.post(&format!("{acme}/memberships"), body).await.ok();
    let invitation = invite(server, &acme, "dee@example.com").await;
    let revoke = format!(
        "{acme}/invitations/{}/revoke",
        invitation["id"].as_str().unwrap()
    );
    for (user, code) in [
        (&bob, "missing_organization_permission"),
        (&cyd, "not_a_member_in_organization"),
    ] {
        let body = json!({"email_address": "x@example.com", "role": "org:member", "inviter_user_id": user.id});
        let path = format!("{acme}/invitations");
        let meta = server.post(&path, body).await.refused(403, code);
        if code == "missing_organization_permission" {
            assert_eq!(meta, json!({"permissions": ["org:sys_memberships:manage"]}));
        }
        let body = json!({"requesting_user_id": user.id});
        server.post(&revoke, body).await.refused(403, code);
    }
    let body = json!({"requesting_user_id": ada.id});
    assert_eq!(server.post(&revoke, body).await.ok()["status"], "revoked");
}

async fn invitations_of_a_user_and_of_the_instance(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let bob = server.user("bob@example.com").await;
    for name in ["One", "Two"] {
        let organization = server.organization(name, &ada).await;
        let path = format!("/v1/organizations/{}", organization.id);
        invite(server, &path, "bob@example.com").await;
        invite(server, &path, "cyd@example.com").await;
        server.advance(Duration::from_secs(1));
    }
    let of_bob = format!("/v1/users/{}/organization_invitations", bob.id);
    let page = server.get(&of_bob).await.ok();
    assert_eq!(page["total_count"], 2);
    let names: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|invitation| {
            invitation["public_organization_data"]["name"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(names, ["Two", "One"]);
    let none = server.get(&format!("{of_bob}?status=revoked")).await.ok();
    assert_eq!(none, json!({"data": [], "total_count": 0}));
    let nobody = "/v1/users/user_nobody/organization_invitations";
    server.get(nobody).await.refused(404, "resource_not_found");

    for (query, count) in [
        ("", 4),
        ("?query=CYD", 2),
        ("?status=pending", 4),
        ("?status=expired", 0),
    ] {
        let page = server
            .get(&format!("/v1/organization_invitations{query}"))
            .await
            .ok();
        assert_eq!(page["total_count"], count, "{query}");
    }
}
