//! JWT templates, and the tokens that are made from them.

use std::sync::LazyLock;
use std::time::Duration;

use http::Method;
use ironclerk::jwt::{self, VerifyOptions};
use ironclerk::keys::PrivateKey;
use serde_json::json;

use crate::harness::{BEGINNING, TestServer, column, on_both_databases};
use crate::sessions::verified;

on_both_databases! {
    templates_are_created_changed_and_deleted,
    templates_are_listed,
    what_no_template_may_have_is_refused,
    shortcodes_are_filled_in,
    a_template_signs_with_its_own_key,
    the_template_of_session_tokens_adds_claims_to_them,
}

const TEMPLATES: &str = "/v1/jwt_templates";
static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

async fn templates_are_created_changed_and_deleted(server: &TestServer) {
    let claims = json!({"aud": "x", "nested": {"camelCase": ["{{user.id}}", 1, null]}});
    let body = json!({"name": " supabase ", "claims": claims});
    let created = server.post(TEMPLATES, body.clone()).await.ok();
    for (field, expected) in [
        ("object", json!("jwt_template")),
        ("name", json!("supabase")),
        ("claims", claims),
        ("lifetime", json!(60)),
        ("allowed_clock_skew", json!(5)),
        ("custom_signing_key", json!(false)),
        ("signing_algorithm", json!("RS256")),
        ("created_at", json!(BEGINNING)),
    ] {
        assert_eq!(created[field], expected, "{field}");
    }
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("jtmp_"));
    let path = format!("{TEMPLATES}/{id}");
    assert_eq!(server.get(&path).await.ok(), created);
    let taken = server.post(TEMPLATES, body).await;
    taken.refused_for(422, "form_identifier_exists", "name");

    server.advance(Duration::from_secs(1));
    let body = json!({
        "name": "hasura",
        "claims": {"a": 1},
        "lifetime": 3600,
        "allowed_clock_skew": 0,
    });
    let changed = server.patch(&path, body).await.ok();
    assert_eq!(changed["name"], "hasura");
    assert_eq!(changed["claims"], json!({"a": 1}));
    assert_eq!(
        (&changed["lifetime"], &changed["allowed_clock_skew"]),
        (&json!(3600), &json!(0))
    );
    assert_eq!(changed["created_at"], BEGINNING);
    assert_eq!(changed["updated_at"], BEGINNING + 1000);
    // What is absent goes back to its default; the own name is not taken.
    let back = server
        .patch(&path, json!({"name": "hasura", "claims": {}}))
        .await
        .ok();
    assert_eq!(
        (&back["lifetime"], &back["allowed_clock_skew"]),
        (&json!(60), &json!(5))
    );
    server
        .patch(&path, json!({"claims": {}}))
        .await
        .refused_for(422, "form_param_missing", "name");

    server
        .post(TEMPLATES, json!({"name": "other", "claims": {}}))
        .await
        .ok();
    let taken = server
        .patch(&path, json!({"name": "other", "claims": {}}))
        .await;
    taken.refused_for(422, "form_identifier_exists", "name");
    assert_eq!(server.get(&path).await.ok(), back);

    let deleted = server.call(Method::DELETE, &path, None).await.ok();
    assert_eq!(
        deleted,
        json!({"object": "jwt_template", "id": id, "deleted": true})
    );
    server.get(&path).await.refused(404, "resource_not_found");
    server
        .call(Method::DELETE, &path, None)
        .await
        .refused(404, "resource_not_found");
    let gone = server
        .patch(&path, json!({"name": "x", "claims": {}}))
        .await;
    gone.refused(404, "resource_not_found");
    server
        .post(TEMPLATES, json!({"name": "hasura", "claims": {}}))
        .await
        .ok();
}

async fn templates_are_listed(server: &TestServer) {
    for name in ["a", "b", "c"] {
        server
            .post(TEMPLATES, json!({"name": name, "claims": {}}))
            .await
            .ok();
        server.advance(Duration::from_secs(1));
    }
    for (query, expected) in [("", "c b a"), ("limit=1&offset=1", "b"), ("offset=9", "")] {
        let list = server.get(&format!("{TEMPLATES}?{query}")).await.ok();
        assert_eq!(column(&list, "name").join(" "), expected, "{query}");
        let page = server
            .get(&format!("{TEMPLATES}?paginated=true&{query}"))
            .await
            .ok();
        assert_eq!(page, json!({"data": list, "total_count": 3}), "{query}");
    }
}

async fn what_no_template_may_have_is_refused(server: &TestServer) {
    let public = KEY.public_key().to_spki_pem();
    for (body, status, code, parameter) in [
        (json!({"claims": {}}), 422, "form_param_missing", "name"),
        (json!({"name": "a"}), 422, "form_param_missing", "claims"),
        (
            json!({"name": "a", "claims": []}),
            422,
            "form_param_type_invalid",
            "claims",
        ),
        (
            json!({"name": "", "claims": {}}),
            422,
            "form_param_value_invalid",
            "name",
        ),
        (
            json!({"name": "a/b", "claims": {}}),
            422,
            "form_param_value_invalid",
            "name",
        ),
        (
            json!({"name": "x".repeat(257), "claims": {}}),
            422,
            "form_param_max_length_exceeded",
            "name",
        ),
        (
            json!({"name": "a", "claims": {"sub": "me"}}),
            400,
            "jwt_template_reserved_claim",
            "claims",
        ),
        (
            json!({"name": "a", "claims": {}, "lifetime": 29}),
            422,
            "form_param_value_invalid",
            "lifetime",
        ),
        (
            json!({"name": "a", "claims": {}, "allowed_clock_skew": 301}),
            422,
            "form_param_value_invalid",
            "allowed_clock_skew",
        ),
        (
            json!({"name": "a", "claims": {}, "signing_algorithm": "HS256"}),
            422,
            "form_param_value_invalid",
            "signing_algorithm",
        ),
        (
            json!({"name": "a", "claims": {}, "signing_algorithm": "RS512"}),
            422,
            "form_param_value_invalid",
            "signing_algorithm",
        ),
        (
            json!({"name": "a", "claims": {}, "custom_signing_key": true}),
            422,
            "form_param_missing",
            "signing_key",
        ),
        (
            json!({"name": "a", "claims": {}, "custom_signing_key": true, "signing_key": public}),
            422,
            "form_param_value_invalid",
            "signing_key",
        ),
    ] {
        let answer = server.post(TEMPLATES, body).await;
        answer.refused_for(status, code, parameter);
    }
    assert_eq!(server.get(TEMPLATES).await.ok(), json!([]));
}

async fn shortcodes_are_filled_in(server: &TestServer) {
    let body = json!({
        "email_address": ["ada@example.com"],
        "first_name": "Ada",
        "last_name": "Lovelace",
        "public_metadata": {"tier": {"level": 3}},
    });
    let user = server.post("/v1/users", body).await.ok();
    let organization = json!({
        "name": "Acme",
        "created_by": user["id"],
        "public_metadata": {"region": "eu"},
    });
    let acme = server.post("/v1/organizations", organization).await.ok();
    let session = json!({"user_id": user["id"], "active_organization_id": acme["id"]});
    let session = server.post("/v1/sessions", session).await.ok();
    let session_id = session["id"].as_str().unwrap();
    let template = json!({
        "name": "every thing",
        "lifetime": 120,
        "allowed_clock_skew": 7,
        "claims": {
            "aud": "https://api.example.com",
            "email": "{{user.primary_email_address}}",
            "verified": "{{user.email_verified}}",
            "greeting": "Hello {{user.full_name}}!",
            "level": "{{user.public_metadata.tier.level}}",
            "nick": "{{user.username || user.first_name}}",
            "org": {"slug": "{{org.slug}}", "role": "{{org.role}}", "region": "{{org.public_metadata.region}}"},
            "all": "{{user.organizations}}",
            "nothing": "{{user.no.such.thing}}",
        },
    });
    server.post(TEMPLATES, template).await.ok();
    let path = format!("/v1/sessions/{session_id}/tokens/every%20thing");
    let answer = server.post(&path, json!({})).await.ok();
    let token = answer["jwt"].as_str().unwrap();
    let claims = verified(server, token).await;
    let now = BEGINNING / 1000;
    let organization_id = acme["id"].as_str().unwrap();
    for (name, expected) in [
        ("aud", json!("https://api.example.com")),
        ("email", json!("ada@example.com")),
        ("verified", json!(true)),
        ("greeting", json!("Hello Ada Lovelace!")),
        ("level", json!(3)),
        ("nick", json!("Ada")),
        (
            "org",
            json!({"slug": "acme", "role": "org:admin", "region": "eu"}),
        ),
        ("all", json!({organization_id: "org:admin"})),
        ("nothing", json!(null)),
        ("sub", user["id"].clone()),
        ("iat", json!(now)),
        ("exp", json!(now + 120)),
        ("nbf", json!(now - 7)),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    assert_eq!(claims.get("sid"), None, "a template token has no session");
    assert_eq!(
        jwt::decode(token).unwrap().header()["cat"],
        "cl_B7d4PD222AAA"
    );
    let unknown = server
        .post(
            &format!("/v1/sessions/{session_id}/tokens/nothing"),
            json!({}),
        )
        .await;
    unknown.refused(404, "resource_not_found");
}

async fn a_template_signs_with_its_own_key(server: &TestServer) {
    let ada = server.user("ada@example.com").await;
    let session = server.session(&ada).await;
    let pem = KEY.to_pem().unwrap();
    let body = json!({
        "name": "own",
        "claims": {"a": 1},
        "custom_signing_key": true,
        "signing_algorithm": "RS512",
        "signing_key": pem,
    });
    let template = server.post(TEMPLATES, body).await.ok();
    assert_eq!(template["custom_signing_key"], true);
    assert_eq!(template["signing_algorithm"], "RS512");
    assert!(
        !template.to_string().contains("PRIVATE"),
        "the key stays inside"
    );
    let token = async || {
        let path = format!("/v1/sessions/{}/tokens/own", session.id);
        let answer = server.post(&path, json!({})).await.ok();
        answer["jwt"].as_str().unwrap().to_owned()
    };
    let own = token().await;
    let options = VerifyOptions {
        clock_skew: Duration::ZERO,
        ..Default::default()
    };
    let claims = jwt::verify(&own, &KEY.public_key(), &options, server.now()).unwrap();
    assert_eq!(claims.get("a"), Some(&json!(1)));
    assert_eq!(jwt::decode(&own).unwrap().header()["alg"], "RS512");

    // An update without a key keeps it, one without `custom_signing_key` drops it.
    let path = format!("{TEMPLATES}/{}", template["id"].as_str().unwrap());
    let kept = json!({"name": "own", "claims": {"a": 2}, "custom_signing_key": true});
    assert_eq!(
        server.patch(&path, kept).await.ok()["signing_algorithm"],
        "RS256"
    );
    let claims = jwt::verify(&token().await, &KEY.public_key(), &options, server.now());
    assert_eq!(claims.unwrap().get("a"), Some(&json!(2)));
    let dropped = json!({"name": "own", "claims": {"a": 3}});
    assert_eq!(
        server.patch(&path, dropped).await.ok()["custom_signing_key"],
        false
    );
    assert_eq!(verified(server, &token().await).await["a"], 3);
}

async fn the_template_of_session_tokens_adds_claims_to_them(server: &TestServer) {
    let body = json!({
        "email_address": ["ada@example.com"],
        "first_name": "Ada",
        "public_metadata": {"tier": "gold"},
    });
    let ada = server.post("/v1/users", body).await.ok();
    let session = json!({"user_id": ada["id"]});
    let session = server.post("/v1/sessions", session).await.ok();
    let path = format!("/v1/sessions/{}/tokens", session["id"].as_str().unwrap());
    let token = async || {
        let answer = server.post(&path, json!({})).await.ok();
        verified(server, answer["jwt"].as_str().unwrap()).await
    };
    for claim in ["sid", "o", "org_permissions", "fva", "v", "act", "sub"] {
        let body = json!({"name": "__session", "claims": {claim: "x"}});
        let refused = server.post(TEMPLATES, body).await;
        refused.refused_for(400, "jwt_template_reserved_claim", "claims");
    }
    // Other templates may have the claims of session tokens.
    let body = json!({"name": "other", "claims": {"sid": "x"}});
    server.post(TEMPLATES, body).await.ok();
    let own_key = json!({
        "name": "__session", "claims": {}, "custom_signing_key": true,
        "signing_key": KEY.to_pem().unwrap(),
    });
    let refused = server.post(TEMPLATES, own_key).await;
    refused.refused_for(422, "form_param_value_invalid", "custom_signing_key");

    let plain = token().await;
    let body = json!({
        "name": "__session",
        "claims": {
            "tier": "{{user.public_metadata.tier}}",
            "greeting": "Hello {{user.first_name}}!",
            "orgs": "{{user.organizations}}",
        },
    });
    let template = server.post(TEMPLATES, body).await.ok();
    let custom = token().await;
    assert_eq!(custom["tier"], "gold");
    assert_eq!(custom["greeting"], "Hello Ada!");
    assert_eq!(custom["orgs"], json!({}));
    for (name, value) in &plain {
        assert_eq!(custom[name], *value, "{name}");
    }
    // It says for how long session tokens are valid, too.
    let template = format!("{TEMPLATES}/{}", template["id"].as_str().unwrap());
    let body = json!({"name": "__session", "claims": {}, "lifetime": 120});
    server.patch(&template, body).await.ok();
    let longer = token().await;
    assert_eq!(longer["exp"], BEGINNING / 1000 + 120);
    assert_eq!(longer.get("tier"), None);
    server.call(Method::DELETE, &template, None).await.ok();
    assert_eq!(token().await, plain);
}
