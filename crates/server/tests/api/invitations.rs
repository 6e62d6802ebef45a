//! Invitations to sign up.

use std::time::Duration;

use http::Method;
use ironclerk::api::Sort;
use ironclerk::api::invitations::{
    CreateInvitation, InvitationSort, InvitationStatus, ListInvitations,
};
use ironclerk::client::ClientError;
use serde_json::json;

use crate::harness::{BEGINNING, PUBLIC_URL, TestServer, on_both_databases};

on_both_databases! {
    an_invitation_has_a_link_with_a_ticket,
    nobody_is_invited_twice,
    many_are_invited_or_none,
    invitations_are_listed,
    an_invitation_is_revoked_once,
    of_many_invitations_to_one_address_one_is_made,
}

const DAY: i64 = 24 * 60 * 60 * 1000;

fn to(address: &str) -> CreateInvitation {
    CreateInvitation {
        email_address: address.to_owned(),
        ..Default::default()
    }
}

fn code_of(error: ClientError) -> String {
    error.api_error().expect("a refusal").errors[0].code.clone()
}

async fn an_invitation_has_a_link_with_a_ticket(server: &TestServer) {
    let request = CreateInvitation {
        public_metadata: Some(json!({"teamName": {"a": 1}}).as_object().unwrap().clone()),
        redirect_url: Some("https://example.com/join?a=b".into()),
        expires_in_days: Some(3),
        ..to("Ada@example.com")
    };
    let invitation = server.client.invitations().create(&request).await.unwrap();
    assert!(invitation.id.as_str().starts_with("inv_"));
    assert_eq!(invitation.email_address, "ada@example.com");
    assert_eq!(invitation.status, Some(InvitationStatus::Pending));
    assert_eq!(invitation.expires_at, Some(BEGINNING + 3 * DAY));
    assert_eq!(Some(invitation.public_metadata), request.public_metadata);
    let url = invitation.url.unwrap();
    let path = url.strip_prefix(PUBLIC_URL).unwrap();
    let answer = server.request(Method::GET, path, &[], b"").await;
    assert_eq!(answer.status, 307, "{answer:?}");
    let location = answer.header("location").unwrap();
    let ticket = url.split_once("ticket=").unwrap().1;
    assert_eq!(
        location,
        format!("https://example.com/join?a=b&__clerk_ticket={ticket}&__clerk_status=sign_up")
    );
    let revoked = server
        .client
        .invitations()
        .revoke(invitation.id)
        .await
        .unwrap();
    assert_eq!(revoked.url, None);
    let answer = server.request(Method::GET, path, &[], b"").await;
    answer.refused(400, "ticket_invalid_code");
    for (body, parameter) in [
        (json!({"email_address": "ada"}), "email_address"),
        (
            json!({"email_address": "a@b.co", "redirect_url": "javascript:alert(1)"}),
            "redirect_url",
        ),
    ] {
        let refused = server.post("/v1/invitations", body).await;
        refused.refused_for(422, "form_param_format_invalid", parameter);
    }
    for (body, parameter) in [
        (
            json!({"email_address": "a@b.co", "expires_in_days": 366}),
            "expires_in_days",
        ),
        (
            json!({"email_address": "a@b.co", "template_slug": "x"}),
            "template_slug",
        ),
    ] {
        let refused = server.post("/v1/invitations", body).await;
        refused.refused_for(422, "form_param_value_invalid", parameter);
    }
}

async fn nobody_is_invited_twice(server: &TestServer) {
    let invitations = server.client.invitations();
    server.user("bob@example.com").await;
    let taken = invitations
        .create(&to("bob@example.com"))
        .await
        .unwrap_err();
    assert_eq!(code_of(taken), "form_identifier_exists");
    let all_the_same = CreateInvitation {
        ignore_existing: Some(true),
        ..to("bob@example.com")
    };
    invitations.create(&all_the_same).await.unwrap();

    let first = invitations.create(&to("ada@example.com")).await.unwrap();
    let twice = invitations
        .create(&to("ada@example.com"))
        .await
        .unwrap_err();
    assert_eq!(code_of(twice), "duplicate_record");
    let all_the_same = CreateInvitation {
        ignore_existing: Some(true),
        ..to("ada@example.com")
    };
    invitations.create(&all_the_same).await.unwrap();
    // Once it was revoked or its time is over, another can be made.
    invitations.revoke(first.id).await.unwrap();
    invitations.create(&to("ada@example.com")).await.unwrap();
    server.advance(Duration::from_secs(31 * 24 * 60 * 60));
    invitations.create(&to("ada@example.com")).await.unwrap();
}

async fn many_are_invited_or_none(server: &TestServer) {
    let invitations = server.client.invitations();
    let many = |count: usize| -> Vec<_> {
        (0..count)
            .map(|number| to(&format!("user{number}@example.com")))
            .collect()
    };
    let made = invitations.create_many(many(10)).await.unwrap();
    assert_eq!(made.len(), 10);
    assert!(made.iter().all(|invitation| invitation.url.is_some()));
    let refused = invitations.create_many(many(11)).await.unwrap_err();
    assert_eq!(code_of(refused), "bulk_size_exceeded");
    let refused = invitations
        .create_many(vec![to("new@example.com"), to("user0@example.com")])
        .await
        .unwrap_err();
    assert_eq!(code_of(refused), "duplicate_record");
    let page = invitations.list(&ListInvitations::default()).await.unwrap();
    assert_eq!(
        page.total_count, 10,
        "of those that are refused nothing is left"
    );
    assert!(
        invitations
            .create_many(Vec::new())
            .await
            .unwrap()
            .is_empty()
    );
    let refused = server
        .post("/v1/invitations/bulk", json!({"email_address": "a@b.co"}))
        .await;
    refused.refused(400, "request_body_invalid");
    let refused = server
        .post("/v1/invitations/bulk", json!([{"email": "a@b.co"}]))
        .await;
    refused.refused_for(422, "form_param_missing", "email_address");
    let refused = server.post("/v1/invitations/bulk", json!([1])).await;
    assert_eq!(refused.status, 422);
}

async fn invitations_are_listed(server: &TestServer) {
    let invitations = server.client.invitations();
    let mut ids = Vec::new();
    for name in ["cleo", "anna", "bert"] {
        ids.push(
            invitations
                .create(&to(&format!("{name}@example.com")))
                .await
                .unwrap()
                .id,
        );
        server.advance(Duration::from_secs(1));
    }
    invitations.revoke(ids[2].clone()).await.unwrap();
    let listed = async |request: ListInvitations| {
        let page = invitations.list(&request).await.unwrap();
        let names: Vec<_> = page
            .data
            .iter()
            .map(|it| it.email_address.split('@').next().unwrap().to_owned())
            .collect();
        assert_eq!(page.total_count, names.len() as u64);
        names.join(" ")
    };
    let all = ListInvitations::default();
    assert_eq!(listed(all.clone()).await, "anna cleo");
    let by_address = ListInvitations {
        order_by: Some(Sort::descending(InvitationSort::EmailAddress)),
        ..all.clone()
    };
    assert_eq!(listed(by_address).await, "cleo anna");
    for (status, names) in [
        ("pending", "anna cleo"),
        ("revoked", "bert"),
        ("expired", ""),
    ] {
        let by_status = ListInvitations {
            status: Some(status.into()),
            ..all.clone()
        };
        assert_eq!(listed(by_status).await, names, "{status}");
    }
    let by_query = ListInvitations {
        query: Some("LEO@".into()),
        ..all.clone()
    };
    assert_eq!(listed(by_query).await, "cleo");
    server.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let expired = ListInvitations {
        status: Some(InvitationStatus::Expired),
        ..all
    };
    assert_eq!(listed(expired).await, "anna cleo");
    let refused = server.get("/v1/invitations?status=lost").await;
    refused.refused_for(422, "form_param_value_invalid", "status");
    let bare = server.get("/v1/invitations").await.ok();
    assert_eq!(bare.as_array().unwrap().len(), 2);
}

async fn an_invitation_is_revoked_once(server: &TestServer) {
    let invitations = server.client.invitations();
    let invitation = invitations.create(&to("ada@example.com")).await.unwrap();
    let revoked = invitations.revoke(invitation.id.clone()).await.unwrap();
    assert_eq!(revoked.status, Some(InvitationStatus::Revoked));
    assert_eq!(revoked.revoked, Some(true));
    let again = invitations.revoke(invitation.id).await.unwrap_err();
    assert_eq!(code_of(again), "invitation_already_revoked");
    let none = invitations.revoke("inv_none").await.unwrap_err();
    assert_eq!(code_of(none), "resource_not_found");
}

async fn of_many_invitations_to_one_address_one_is_made(server: &TestServer) {
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let client = server.client.clone();
            tokio::spawn(async move { client.invitations().create(&to("ada@example.com")).await })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(code_of(error), "duplicate_record"),
        }
    }
    assert_eq!(made, 1);
}
