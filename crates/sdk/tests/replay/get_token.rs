use ironclerk::SecretKey;
use ironclerk::authenticate::Authenticator;
use ironclerk::client::{Client, GetToken, SessionTokens};
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use serde_json::{Value, json};

use crate::authenticate::{RecordedApi, outgoing};
use crate::{assert_known, cases, clock, private_key, public_key, recorded, text};

/// Name, why.
const DEVIATIONS: &[(&str, &str)] = &[(
    "pending/treatPending-false/expires-null/ok",
    "a lifetime is a number or absent",
)];

fn wanted(case: &Value) -> GetToken {
    let wanted = &case["getTokenArgs"];
    GetToken {
        template: wanted["template"].as_str().map(str::to_owned),
        expires_in_seconds: wanted["expiresInSeconds"].as_u64(),
    }
}

fn authenticator() -> Authenticator {
    Authenticator::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(public_key("main").to_spki_pem())
        .build()
        .expect("a configuration")
}

fn client(api: &RecordedApi, case: &Value) -> Client {
    let client = Client::builder()
        .secret_key(SecretKey::new("sk_live_abc").expect("a key"))
        .api_url(api.begin(case))
        .build();
    client.expect("a client")
}

/// A case whose Backend API gives this answer to every request for a token.
fn with_reply(reply: &Value) -> Value {
    let paths = ["tokens", "tokens/tmpl", "tokens/a%2Fb%3Fc"];
    let routes = paths.map(|path| (format!("POST /v1/sessions/sess_1/{path}"), reply.clone()));
    json!({"backend": {"routes": Value::Object(routes.into_iter().collect())}})
}

#[tokio::test]
async fn tokens() {
    let file = recorded("get_token.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    let api = RecordedApi::start().await;
    let authenticator = authenticator();
    for case in cases(&file) {
        let name = text(case, "/name");
        let tokens = SessionTokens::new(client(&api, &with_reply(&case["reply"])));
        let bearer = format!("Bearer {}", text(case, "/token"));
        let request = http::Request::get("/").header("authorization", bearer);
        let (parts, ()) = request.body(()).expect(name).into_parts();
        let state = authenticator.authenticate_local(&parts, clock(case));
        let auth = match case.pointer("/toAuthOptions/treatPendingAsSignedOut") {
            Some(Value::Bool(false)) => state.auth_with_pending(),
            _ => state.auth(),
        };
        let answer = tokens.get_token_at(&auth, &wanted(case), clock(case)).await;
        let is_deviation = DEVIATIONS.iter().any(|it| it.0 == name);
        let recorded = &case["expect"];
        match answer {
            Ok(token) => {
                let value = match &recorded["value"] {
                    _ if is_deviation => json!(text(case, "/token")),
                    Value::String(value) if value == "<session token>" => case["token"].clone(),
                    value => value.clone(),
                };
                assert_eq!(json!(token), value, "{name}");
            }
            Err(error) => {
                let error = error.api_error().expect(name);
                assert_eq!(error.status.as_u16(), recorded["error"]["status"], "{name}");
                let codes: Vec<String> =
                    error.errors.iter().map(|it| it.code.to_string()).collect();
                assert_eq!(json!(codes), recorded["error"]["errors"], "{name}");
            }
        }
        if is_deviation {
            continue;
        }
        // A call that the server had no room for is made again.
        let mut ours = api.requests();
        ours.dedup();
        let mut expected = outgoing(case);
        for request in &mut expected {
            // An id cannot lead to another path (D20).
            let url = text(request, "/url").replace("a/b?c", "a%2Fb%3Fc");
            request["url"] = json!(url);
            let body = request["body"].take();
            let members = request.as_object_mut().expect(name);
            match body.as_str() {
                Some(body) => {
                    let body = serde_json::from_str(body).expect(name);
                    members.insert("body".to_owned(), body);
                }
                None => {
                    members.shift_remove("body");
                }
            }
        }
        assert_eq!(ours, expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_it_expires() {
    let file = recorded("get_token.json");
    let case = cases(&file)
        .iter()
        .find(|it| it["name"] == "active/none/ok");
    let case = case.expect("a case of a valid token");
    let now = clock(case);
    let made = json!({"sub": "user_1", "exp": 1_700_000_060_u64});
    let options = SignOptions::new("ins_main", TokenCategory::JwtTemplate);
    let made = jwt::sign(&made, &private_key(), &options, now).expect("a token");

    let api = RecordedApi::start().await;
    let reply = with_reply(&json!({"body": {"object": "token", "jwt": made}}));
    let tokens = SessionTokens::new(client(&api, &reply));
    let bearer = format!("Bearer {}", text(case, "/token"));
    let request = http::Request::get("/").header("authorization", bearer);
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let auth = authenticator().authenticate_local(&parts, now).auth();
    let wanted = GetToken::template("tmpl");
    for (seconds, calls) in [(0, 1), (49, 1), (50, 2), (100, 3)] {
        let later = now + std::time::Duration::from_secs(seconds);
        let token = tokens.get_token_at(&auth, &wanted, later).await;
        assert_eq!(token.expect("an answer").as_ref(), Some(&made));
        assert_eq!(api.requests().len(), calls, "after {seconds} s");
    }
    let other = GetToken {
        expires_in_seconds: Some(30),
        ..wanted
    };
    tokens
        .get_token_at(&auth, &other, now)
        .await
        .expect("an answer");
    assert_eq!(api.requests().len(), 4, "another lifetime is another token");
    assert!(!format!("{tokens:?}").contains(&made[..10]));
}
