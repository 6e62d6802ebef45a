//! Seeds: what a new instance begins with.

use http::Method;
use ironclerk_server::{SeedError, Seeded};
use serde_json::{Value, json};

use crate::harness::{TestServer, column, on_both_databases};

on_both_databases! {
    a_seed_is_applied_once,
    what_is_refused_leaves_nothing,
    an_instance_in_use_is_not_seeded,
}

fn seed() -> Value {
    json!({
        "instance": {"test_mode": true, "restrictions": {"allowlist": false}},
        "organization_permissions": [{"name": "Read", "key": "org:invoices:read"}],
        "organization_roles": [{
            "name": "Accountant",
            "key": "org:accountant",
            "permissions": ["org:invoices:read", "org:sys_memberships:read"]
        }],
        "users": [
            {
                "id": "user_ada",
                "email_address": ["ada@example.com"],
                "password": "correct horse",
                "public_metadata": {"plan": "pro"},
                "metadata": {"private_metadata": {"crm": 1}},
                "passkeys": [{"name": "Laptop"}],
                "external_accounts": [{
                    "provider": "google",
                    "provider_user_id": "g-1",
                    "approved_scopes": "email profile",
                    "oauth_access_token": {"token": "ya29.secret"}
                }]
            },
            {"username": "grace", "ban": {}}
        ],
        "organizations": [{
            "id": "org_acme",
            "name": "Acme",
            "slug": "acme",
            "created_by": "Ada@example.com",
            "memberships": [{"user_id": "grace", "role": "org:accountant"}],
            "invitations": [{
                "email_address": "alan@example.com",
                "inviter_user_id": "ada@example.com",
                "role": "org:member"
            }]
        }],
        "invitations": [{
            "email_address": "edsger@example.com",
            "sign_up": {"id": "sua_edsger", "external_id": "e"}
        }],
        "jwt_templates": [{"name": "plain", "claims": {"a": 1}}],
        "sessions": [{
            "id": "sess_ada",
            "user_id": "ada@example.com",
            "active_organization_id": "acme"
        }]
    })
}

async fn a_seed_is_applied_once(server: &TestServer) {
    let seeded = server.server.seed(&seed()).await.unwrap();
    assert_eq!(seeded, Seeded::Applied(17));
    let ada = server.get("/v1/users/user_ada").await.ok();
    assert_eq!(ada["public_metadata"], json!({"plan": "pro"}));
    assert_eq!(ada["private_metadata"], json!({"crm": 1}));
    assert_eq!(column(&ada["passkeys"], "name"), ["Laptop"]);
    let accounts = &ada["external_accounts"];
    assert_eq!(column(accounts, "provider"), ["oauth_google"]);
    let tokens = server
        .get("/v1/users/user_ada/oauth_access_tokens/google")
        .await
        .ok();
    assert_eq!(column(&tokens, "token"), ["ya29.secret"]);
    let path = "/v1/users/user_ada/verify_password";
    server
        .post(path, json!({"password": "correct horse"}))
        .await
        .ok();
    let grace = server.get("/v1/users?username=grace").await.ok();
    assert_eq!(grace[0]["banned"], true);
    let members = server
        .get("/v1/organizations/org_acme/memberships?order_by=+created_at")
        .await;
    let mut roles = column(&members.ok()["data"], "role");
    roles.sort();
    assert_eq!(roles, ["org:accountant", "org:admin"]);
    let invited = server.get("/v1/organizations/acme/invitations").await.ok();
    assert_eq!(
        column(&invited["data"], "email_address"),
        ["alan@example.com"]
    );
    let role = server
        .get("/v1/organization_roles?query=org:accountant")
        .await
        .ok();
    let mut keys = column(&role["data"][0]["permissions"], "key");
    keys.sort();
    assert_eq!(keys, ["org:invoices:read", "org:sys_memberships:read"]);
    let session = server.get("/v1/sessions/sess_ada").await.ok();
    assert_eq!(session["last_active_organization_id"], "org_acme");
    let sign_up = server.get("/v1/sign_ups/sua_edsger").await.ok();
    assert_eq!(sign_up["external_id"], "e");
    // A second start finds it done, and says so of another seed.
    assert_eq!(server.server.seed(&seed()).await.unwrap(), Seeded::Already);
    let other = server.server.seed(&json!({})).await.unwrap_err();
    assert!(matches!(other, SeedError::Other), "{other}");
    assert_eq!(server.count_users().await, 2);
}

async fn what_is_refused_leaves_nothing(server: &TestServer) {
    let fine = json!({"email_address": ["ada@example.com"]});
    for (seed, expected) in [
        (json!([]), "the seed: it must be an object"),
        (
            json!({"people": []}),
            "people: there is no such part of a seed; there are",
        ),
        (json!({"users": ["ada"]}), "users[0]: it must be an object"),
        (
            json!({"users": [fine, {"email_address": "grace@example.com"}]}),
            "users[1] (grace@example.com).email_address: email_address must be an array",
        ),
        (
            json!({"users": [fine, fine]}),
            "users[1] (ada@example.com).email_address: That email address is taken. Try another",
        ),
        (
            json!({"users": [fine, {"username": "grace", "shoe_size": 40}]}),
            "users[1] (grace).shoe_size: shoe_size is not a parameter of this request",
        ),
        (
            json!({"users": [{"id": "org_x", "username": "grace"}]}),
            "users[0] (grace).id: the id must begin with user_",
        ),
        (
            json!({"users": [{"id": "user/x", "username": "grace"}]}),
            "users[0] (grace).id: an id has 1 to 64 letters, digits and underscores",
        ),
        (
            json!({"users": [{"username": "grace", "passkeys": [{"id": "idn_x"}]}]}),
            "users[0] (grace).passkeys[0].id: the server makes this id",
        ),
        (
            json!({"users": [{"username": "grace", "external_accounts": [{"provider": "x"}]}]}),
            "users[0] (grace).external_accounts[0].provider_user_id: it is missing",
        ),
        (
            json!({"users": [{"username": "grace", "passkeys": [{"nmae": "Laptop"}]}]}),
            "users[0] (grace).passkeys[0].nmae: there is no such member",
        ),
        (
            json!({"organizations": [{"name": "Acme", "memberships": [{"user_id": "nobody@x.co", "role": "org:admin"}]}]}),
            "organizations[0] (Acme).memberships[0]: There is no user with the id nobody@x.co",
        ),
        (
            json!({"users": [fine], "instance": {"organization_settings": {"enabled": 1}}}),
            "instance.organization_settings.enabled: enabled must be a boolean",
        ),
        (
            json!({"invitations": [{"email_address": "a@b.co", "sign_up": {"id": "x_1"}}]}),
            "invitations[0] (a@b.co).sign_up.id: the id must begin with sua_",
        ),
    ] {
        let refused = server.server.seed(&seed).await.unwrap_err().to_string();
        let expected = format!("the seed is not applied, because of {expected}");
        assert!(refused.starts_with(&expected), "{refused}\n{expected}");
        assert_eq!(server.count_users().await, 0, "{refused}");
    }
    // What every instance has is there, and the right seed is accepted.
    let roles = server.get("/v1/organization_roles").await.ok();
    assert_eq!(roles["total_count"], 2);
    let domains = server.get("/v1/domains").await.ok();
    assert_eq!(domains["total_count"], 1);
    let settings = server.get("/v1/instance/organization_settings").await.ok();
    assert_eq!(settings["enabled"], true);
    server.server.seed(&seed()).await.unwrap();
}

async fn an_instance_in_use_is_not_seeded(server: &TestServer) {
    let user = server.user("ada@example.com").await;
    let refused = server.server.seed(&seed()).await.unwrap_err();
    assert!(matches!(refused, SeedError::NotEmpty), "{refused}");
    let path = format!("/v1/users/{}", user.id);
    server.call(Method::DELETE, &path, None).await.ok();
    server.server.seed(&seed()).await.unwrap();
    // Requests from outside choose no ids.
    let body = json!({"id": "user_bob", "username": "bobby"});
    server
        .post("/v1/users", body)
        .await
        .refused_for(422, "form_param_unknown", "id");
}
