//! Email addresses, phone numbers, wallets, passkeys, accounts elsewhere, second factors.

use std::time::Duration;

use ironclerk::api::email_addresses::{CreateEmailAddress, UpdateEmailAddress};
use ironclerk::api::phone_numbers::{CreatePhoneNumber, UpdatePhoneNumber};
use ironclerk::api::users::{
    CreateUser, ExternalAccount, IdentificationStatus, OAuthAccessToken, User,
};
use ironclerk::client::ClientError;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};

on_both_databases! {
    email_addresses_come_and_go,
    an_address_that_is_not_verified_is_not_primary,
    of_many_users_one_gets_the_address,
    phone_numbers_become_second_factors,
    reserved_identifiers_are_not_verified,
    wallets_are_kept_and_taken_away,
    codes_are_accepted_once,
    all_second_factors_are_taken_away,
    accounts_elsewhere_have_tokens,
}

fn code_of(error: ClientError) -> String {
    error.api_error().expect("a refusal").errors[0].code.clone()
}

async fn reload(server: &TestServer, user: &User) -> User {
    server.client.users().get(user.id.clone()).await.unwrap()
}

async fn email_addresses_come_and_go(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let addresses = server.client.email_addresses();
    server.advance(Duration::from_secs(1));
    let second = CreateEmailAddress {
        user_id: ada.id.clone(),
        email_address: "Ada@Example.org".into(),
        verified: Some(true),
        ..Default::default()
    };
    let created = addresses.create(&second).await.unwrap();
    assert_eq!(created.email_address, "ada@example.org");
    assert_eq!(created.verification.as_ref().unwrap().status, "verified");
    assert_eq!(addresses.get(created.id.clone()).await.unwrap(), created);
    let user = reload(server, &ada).await;
    assert_eq!(user.email_addresses.len(), 2);
    assert_eq!(user.updated_at, BEGINNING + 1000);
    // The first stays the primary one, until it is said otherwise or it goes.
    assert_eq!(user.primary_email_address_id, ada.primary_email_address_id);
    let first = user.email_addresses[0].clone();
    let update = UpdateEmailAddress {
        email_address_id: created.id.clone(),
        primary: Some(true),
        ..Default::default()
    };
    addresses.update(&update).await.unwrap();
    let user = reload(server, &ada).await;
    assert_eq!(
        user.primary_email_address().unwrap().email_address,
        "ada@example.org"
    );
    let deleted = addresses.delete(created.id.clone()).await.unwrap();
    assert_eq!(
        (deleted.object.as_str(), deleted.deleted),
        ("email_address", true)
    );
    let user = reload(server, &ada).await;
    assert_eq!(user.primary_email_address_id, Some(first.id.clone()));
    assert_eq!(
        code_of(addresses.get(created.id).await.unwrap_err()),
        "resource_not_found"
    );
    addresses.delete(first.id).await.unwrap();
    let user = reload(server, &ada).await;
    assert_eq!(
        (user.primary_email_address_id, user.email_addresses.len()),
        (None, 0)
    );
    // What is free can be had again.
    addresses.create(&second).await.unwrap();
    let again = addresses.create(&second).await.unwrap_err();
    assert_eq!(code_of(again), "form_identifier_exists");
    // A phone number is no email address.
    let phone = server
        .post(
            "/v1/phone_numbers",
            json!({"user_id": ada.id, "phone_number": "+15555550100"}),
        )
        .await
        .ok();
    let path = format!("/v1/email_addresses/{}", phone["id"].as_str().unwrap());
    server.get(&path).await.refused(404, "resource_not_found");
}

async fn an_address_that_is_not_verified_is_not_primary(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let addresses = server.client.email_addresses();
    let new = CreateEmailAddress {
        user_id: ada.id.clone(),
        email_address: "ada@example.org".into(),
        ..Default::default()
    };
    let primary = CreateEmailAddress {
        primary: Some(true),
        ..new.clone()
    };
    let refused = addresses.create(&primary).await.unwrap_err();
    assert_eq!(code_of(refused), "form_verification_needed");
    let created = addresses.create(&new).await.unwrap();
    assert_eq!(created.verification, None);
    let path = format!("/v1/users/{}", ada.id);
    let refused = server
        .patch(&path, json!({"primary_email_address_id": created.id}))
        .await;
    refused.refused_for(422, "form_param_value_invalid", "primary_email_address_id");
    let update = UpdateEmailAddress {
        email_address_id: created.id.clone(),
        verified: Some(true),
        primary: Some(true),
        ..Default::default()
    };
    let updated = addresses.update(&update).await.unwrap();
    assert_eq!(updated.verification.unwrap().status, "verified");
    assert_eq!(
        reload(server, &ada).await.primary_email_address_id,
        Some(created.id.clone())
    );
    // It loses its place with its verification.
    let update = UpdateEmailAddress {
        email_address_id: created.id,
        verified: Some(false),
        ..Default::default()
    };
    addresses.update(&update).await.unwrap();
    let user = reload(server, &ada).await;
    assert_eq!(user.primary_email_address_id, ada.primary_email_address_id);
}

async fn of_many_users_one_gets_the_address(server: &TestServer) {
    let mut tries = Vec::new();
    for number in 0..8 {
        let user = server.user(&format!("user{number}@example.com")).await;
        let client = server.client.clone();
        tries.push(tokio::spawn(async move {
            let request = CreateEmailAddress {
                user_id: user.id,
                email_address: "wanted@example.com".into(),
                verified: Some(true),
                ..Default::default()
            };
            client.email_addresses().create(&request).await
        }));
    }
    let mut given = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => given += 1,
            Err(error) => assert_eq!(code_of(error), "form_identifier_exists"),
        }
    }
    assert_eq!(given, 1);
}

async fn phone_numbers_become_second_factors(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let numbers = server.client.phone_numbers();
    let new = CreatePhoneNumber {
        user_id: ada.id.clone(),
        phone_number: "+1 (555) 555-0100".into(),
        reserved_for_second_factor: Some(true),
        ..Default::default()
    };
    let refused = numbers.create(&new).await.unwrap_err();
    assert_eq!(
        code_of(refused),
        "identification_create_second_factor_unverified"
    );
    let first = numbers
        .create(&CreatePhoneNumber {
            verified: Some(true),
            ..new.clone()
        })
        .await
        .unwrap();
    assert!(first.reserved_for_second_factor && first.default_second_factor);
    let user = reload(server, &ada).await;
    assert!(user.two_factor_enabled && !user.totp_enabled);
    assert_eq!(user.mfa_enabled_at, Some(BEGINNING));
    assert_eq!(user.primary_phone_number_id, Some(first.id.clone()));
    server.advance(Duration::from_secs(1));
    let second = numbers
        .create(&CreatePhoneNumber {
            phone_number: "+15555550101".into(),
            verified: Some(true),
            ..new
        })
        .await
        .unwrap();
    assert!(second.reserved_for_second_factor && !second.default_second_factor);
    let update = UpdatePhoneNumber {
        phone_number_id: first.id.clone(),
        reserved_for_second_factor: Some(false),
        ..Default::default()
    };
    let updated = numbers.update(&update).await.unwrap();
    assert!(!updated.reserved_for_second_factor && !updated.default_second_factor);
    assert!(
        numbers
            .get(second.id.clone())
            .await
            .unwrap()
            .default_second_factor
    );
    server.advance(Duration::from_secs(1));
    numbers.delete(second.id).await.unwrap();
    let user = reload(server, &ada).await;
    assert!(!user.two_factor_enabled);
    assert_eq!(
        (user.mfa_enabled_at, user.mfa_disabled_at),
        (None, Some(BEGINNING + 2000))
    );
}

async fn reserved_identifiers_are_not_verified(server: &TestServer) {
    let user = CreateUser {
        email_address: vec!["ada@example.com".into(), "ada@example.org".into()],
        email_address_identification_status: vec![
            IdentificationStatus::Verified,
            IdentificationStatus::Reserved,
        ],
        locked: Some(true),
        bypass_client_trust: Some(true),
        ..Default::default()
    };
    let created = server.client.users().create(&user).await.unwrap();
    let [verified, reserved] = created.email_addresses.as_slice() else {
        panic!("{created:?}");
    };
    assert!(!verified.reserved && verified.verification.is_some());
    assert!(reserved.reserved && reserved.verification.is_none());
    assert!(created.locked && created.bypass_client_trust);
    assert_eq!(created.lockout_expires_in_seconds, Some(3600));
    let body =
        json!({"email_address": ["x@example.com"], "email_address_identification_status": []});
    server.post("/v1/users", body).await.ok();
    for statuses in [json!(["verified", "verified"]), json!(["unverified"])] {
        let body = json!({"email_address": ["y@example.com"], "email_address_identification_status": statuses});
        let refused = server.post("/v1/users", body).await;
        refused.refused_for(
            422,
            "form_param_value_invalid",
            "email_address_identification_status",
        );
    }
}

async fn wallets_are_kept_and_taken_away(server: &TestServer) {
    let ethereum = "0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B";
    let solana = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV";
    let body = json!({"web3_wallet": [ethereum, solana]});
    let user = server.post("/v1/users", body).await.ok();
    let wallets = user["web3_wallets"].clone();
    assert_eq!(
        column(&wallets, "web3_wallet"),
        [&ethereum.to_lowercase(), solana]
    );
    assert_eq!(user["primary_web3_wallet_id"], wallets[0]["id"]);
    server.user("other@example.com").await;
    for wallet in [ethereum, &ethereum.to_lowercase(), solana] {
        let found = server
            .get(&format!("/v1/users?web3_wallet={wallet}"))
            .await
            .ok();
        assert_eq!(
            column(&found, "id"),
            [user["id"].as_str().unwrap()],
            "{wallet}"
        );
    }
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    let changed = server
        .patch(&path, json!({"primary_web3_wallet_id": wallets[1]["id"]}))
        .await;
    assert_eq!(changed.ok()["primary_web3_wallet_id"], wallets[1]["id"]);
    let wallet = format!("{path}/web3_wallets/{}", wallets[1]["id"].as_str().unwrap());
    let deleted = server.call(http::Method::DELETE, &wallet, None).await.ok();
    assert_eq!(deleted["object"], "web3_wallet");
    let user = server.get(&path).await.ok();
    assert_eq!(user["primary_web3_wallet_id"], wallets[0]["id"]);
    let again = server.call(http::Method::DELETE, &wallet, None).await;
    again.refused(404, "resource_not_found");
    let passkey = format!("{path}/passkeys/idn_none");
    let none = server.call(http::Method::DELETE, &passkey, None).await;
    none.refused(404, "passkey_not_registered");
    let refused = server
        .post("/v1/users", json!({"web3_wallet": ["0x12"]}))
        .await;
    refused.refused_for(422, "form_param_format_invalid", "web3_wallet");
}

/// The secret of RFC 6238's examples, and its codes.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

fn code_at(milliseconds: i64) -> String {
    use aws_lc_rs::hmac;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345678901234567890");
    let tag = hmac::sign(&key, &(milliseconds / 30_000).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0xf);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

async fn codes_are_accepted_once(server: &TestServer) {
    let bcrypt = "$2a$06$Nb1nehoav6kA5Wm97Vgjau3rp6uQmPY6ruiQ4fVepFsYRZITj/Tx6";
    let user = CreateUser {
        email_address: vec!["ada@example.com".into()],
        totp_secret: Some(SECRET.into()),
        backup_codes: vec!["abcd1234".into(), bcrypt.into()],
        ..Default::default()
    };
    let users = server.client.users();
    let user = users.create(&user).await.unwrap();
    assert!(user.totp_enabled && user.backup_code_enabled && user.two_factor_enabled);
    assert_eq!(user.mfa_enabled_at, Some(BEGINNING));
    let verify = async |code: &str| {
        let verified = users.verify_totp(user.id.clone(), code).await;
        verified.map(|it| it.code_type.to_string()).map_err(code_of)
    };
    let incorrect = || Err("totp_incorrect_code".to_owned());
    let code = code_at(BEGINNING);
    assert_eq!(verify(&code).await, Ok("totp".to_owned()));
    assert_eq!(verify(&code).await, incorrect(), "a code is used once");
    server.advance(Duration::from_secs(120));
    assert_eq!(verify(&code).await, incorrect());
    assert_eq!(
        verify(&code_at(BEGINNING + 120_000)).await,
        Ok("totp".to_owned())
    );
    assert_eq!(verify("abcd1234").await, Ok("backup_code".to_owned()));
    assert_eq!(verify("abcd1234").await, incorrect());
    assert_eq!(verify("wrong").await, incorrect());
    users.delete_backup_codes(user.id.clone()).await.unwrap();
    assert_eq!(verify("wrong").await, Err("totp_invalid_length".to_owned()));
    users.delete_totp(user.id.clone()).await.unwrap();
    assert_eq!(verify("123456").await, Err("totp_disabled".to_owned()));
    let user = reload(server, &user).await;
    assert!(!user.totp_enabled && !user.backup_code_enabled && !user.two_factor_enabled);
    let refused = server
        .post(
            "/v1/users",
            json!({"username": "bob_b", "totp_secret": "1"}),
        )
        .await;
    refused.refused_for(422, "invalid_totp_secret_code", "totp_secret");
    let refused = server
        .post(
            "/v1/users",
            json!({"username": "bob_b", "backup_codes": ["a b"]}),
        )
        .await;
    refused.refused_for(422, "form_param_value_invalid", "backup_codes");
}

async fn all_second_factors_are_taken_away(server: &TestServer) {
    let user = CreateUser {
        phone_number: vec!["+15555550100".into()],
        totp_secret: Some(SECRET.into()),
        backup_codes: vec!["abcd1234".into()],
        ..Default::default()
    };
    let users = server.client.users();
    let user = users.create(&user).await.unwrap();
    let update = UpdatePhoneNumber {
        phone_number_id: user.phone_numbers[0].id.clone(),
        reserved_for_second_factor: Some(true),
        ..Default::default()
    };
    server.client.phone_numbers().update(&update).await.unwrap();
    let changed = users.disable_mfa(user.id.clone()).await.unwrap();
    assert_eq!(changed.user_id, user.id);
    let user = reload(server, &user).await;
    assert!(!user.two_factor_enabled && !user.totp_enabled && !user.backup_code_enabled);
    assert!(!user.phone_numbers[0].reserved_for_second_factor);
    assert_eq!(user.mfa_disabled_at, Some(BEGINNING));
}

async fn accounts_elsewhere_have_tokens(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let account = ExternalAccount {
        provider: "google".into(),
        provider_user_id: "g-1".into(),
        approved_scopes: "email profile".into(),
        email_address: "ada@gmail.com".into(),
        ..Default::default()
    };
    let tokens = OAuthAccessToken {
        token: "ya29.secret".into(),
        expires_at: Some(BEGINNING + 3_600_000),
        ..Default::default()
    };
    let connect = async |user: &User| {
        let (account, tokens) = (account.clone(), Some(tokens.clone()));
        server
            .server
            .connect_account(&user.id, account, tokens)
            .await
    };
    let user = connect(&ada).await.unwrap();
    let [connected] = user.external_accounts.as_slice() else {
        panic!("{user:?}");
    };
    assert_eq!(connected.provider, "oauth_google");
    assert_eq!(reload(server, &ada).await, user);
    let bob = server.user("bob@example.com").await;
    assert!(
        connect(&bob)
            .await
            .unwrap_err()
            .has_code("form_identifier_exists")
    );

    let users = server.client.users();
    for provider in ["oauth_google", "google"] {
        let page = users
            .list_oauth_access_tokens(ada.id.clone(), provider)
            .await
            .unwrap();
        assert_eq!(page.total_count, 1);
        assert_eq!(page.data[0].token.expose(), "ya29.secret");
        assert_eq!(page.data[0].external_account_id, connected.id);
        assert_eq!(
            page.data[0].scopes.as_deref(),
            Some(&["email".to_owned(), "profile".to_owned()][..])
        );
    }
    let none = users
        .list_oauth_access_tokens(ada.id.clone(), "github")
        .await
        .unwrap();
    assert_eq!(none.total_count, 0);
    let found = server
        .get("/v1/users?provider=oauth_google&provider_user_id=g-1&provider_user_id=g-2")
        .await
        .ok();
    assert_eq!(column(&found, "id"), [ada.id.as_str()]);
    let found = server
        .get("/v1/users/count?provider=oauth_google&provider_user_id=g-2")
        .await
        .ok();
    assert_eq!(found["total_count"], 0);
    let refused = server.get("/v1/users?provider=oauth_google").await;
    refused.refused_for(422, "form_conditional_param_missing", "provider_user_id");
    let refused = server.get("/v1/users?provider_user_id=g-1").await;
    refused.refused_for(422, "form_conditional_param_missing", "provider");

    let delete = async || {
        users
            .delete_external_account(ada.id.clone(), connected.id.clone())
            .await
    };
    let other = users
        .delete_external_account(bob.id.clone(), connected.id.clone())
        .await;
    assert_eq!(code_of(other.unwrap_err()), "external_account_not_found");
    assert_eq!(delete().await.unwrap().object, "external_account");
    assert_eq!(
        code_of(delete().await.unwrap_err()),
        "external_account_not_found"
    );
    assert!(reload(server, &ada).await.external_accounts.is_empty());
}
