use ironclerk::jwt::{self, Claims, SignOptions, VerifyOptions};
use ironclerk::session::{
    Auth, Has, Reverification, SessionAuth, SessionClaims, VerificationLevel,
};
use serde_json::{Map, Value, json};

use crate::{assert_known, cases, private_key, recorded, text};

/// Name, why, and the members of the auth object that we answer differently (null: absent).
const DEVIATIONS: &[(&str, &str, &str)] = &[
    (
        "v2 fpm bit overflow",
        "D16: a bit without a permission name means nothing",
        r#"{"orgPermissions":["org:posts:read","org:posts:manage"]}"#,
    ),
    (
        "org permissions not array",
        "a claim of the wrong type is not passed on; it stays in sessionClaims",
        r#"{"orgPermissions":null}"#,
    ),
];

/// Claims can only be had from a verified token, so the recorded ones are signed first. Signing
/// sets `iat`, which all of them have to be this very moment.
pub fn verified(claims: &Value) -> Claims {
    let key = private_key();
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let token = jwt::sign(claims, &key, &SignOptions::default(), now).expect("a token");
    jwt::verify(&token, &key.public_key(), &VerifyOptions::default(), now).expect("verified")
}

/// JSON without the members that JavaScript has and sets to `undefined`.
fn without_undefined(value: &Value) -> Map<String, Value> {
    let members = value.as_object().expect("an object").clone();
    members
        .into_iter()
        .filter(|(_, value)| *value != "<undefined>")
        .collect()
}

#[test]
fn auth_objects() {
    let file = recorded("auth_object.json");
    assert_known(DEVIATIONS.iter().map(|it| it.0), cases(&file));
    for case in cases(&file) {
        let name = text(case, "/name");
        let session = SessionAuth::new(SessionClaims::from(verified(&case["claims"])), "TOKEN");
        assert_eq!(session.token(), text(case, "/expect/getToken"), "{name}");
        let ours = serde_json::to_value(Auth::SignedIn(session.into())).expect(name);
        let mut ours = without_undefined(&ours);
        assert_eq!(
            ours.shift_remove("sessionClaims").as_ref(),
            Some(&case["claims"]),
            "{name}"
        );

        let mut expected = without_undefined(&case["expect"]["auth"]);
        if let Some((_, why, members)) = DEVIATIONS.iter().find(|it| it.0 == name) {
            let members: Map<String, Value> = serde_json::from_str(members).expect(name);
            for (member, value) in members {
                assert_ne!(
                    expected.get(&member),
                    Some(&value),
                    "{name} is no deviation"
                );
                match value {
                    Value::Null => expected.shift_remove(&member),
                    value => expected.insert(member, value),
                };
            }
            assert_eq!(ours, expected, "{name} ({why})");
        } else {
            assert_eq!(ours, expected, "{name}");
        }
    }
}

/// What cannot be asked here, because the types do not let it: the official SDK says no to all.
fn has(query: &Value) -> Option<Has> {
    let mut has = Has::default();
    for (name, value) in query.as_object().expect("a query") {
        has = match (name.as_str(), value) {
            ("role", Value::String(role)) => has.and_role(role),
            ("permission", Value::String(permission)) => has.and_permission(permission),
            ("feature", Value::String(feature)) => has.and_feature(feature),
            ("plan", Value::String(plan)) => has.and_plan(plan),
            ("reverification", value) => has.and_reverification(reverification(value)?),
            ("role" | "permission" | "feature" | "plan", _) if value != "<undefined>" => {
                return None;
            }
            ("role" | "permission" | "feature" | "plan", _) => has,
            _ => panic!("{name} is asked for"),
        };
    }
    Some(has)
}

fn reverification(value: &Value) -> Option<Reverification> {
    if let Some(preset) = value.as_str() {
        return match preset {
            "strict_mfa" => Some(Reverification::StrictMfa),
            "strict" => Some(Reverification::Strict),
            "moderate" => Some(Reverification::Moderate),
            "lax" => Some(Reverification::Lax),
            _ => None,
        };
    }
    let level = match value.get("level")?.as_str()? {
        "first_factor" => VerificationLevel::FirstFactor,
        "second_factor" => VerificationLevel::SecondFactor,
        "multi_factor" => VerificationLevel::MultiFactor,
        _ => return None,
    };
    let after_minutes = value.get("afterMinutes")?.as_u64()?.try_into().ok()?;
    Some(Reverification::Custom {
        level,
        after_minutes,
    })
}

#[test]
fn has_queries() {
    let file = recorded("auth_object.json");
    let (mut asked, mut inexpressible, mut granted) = (0, 0, 0);
    for case in cases(&file) {
        let name = text(case, "/name");
        let session = SessionAuth::new(SessionClaims::from(verified(&case["claims"])), "TOKEN");
        for query in case["expect"]["has"].as_array().expect(name) {
            let (query, answer) = (&query[0], query[1].as_bool().expect(name));
            match has(query) {
                Some(has) => {
                    asked += 1;
                    granted += u32::from(answer);
                    assert_eq!(session.has(&has), answer, "{name}: {query}");
                    assert!(!Auth::signed_out().has(&has), "{name}: {query}");
                }
                None => {
                    inexpressible += 1;
                    assert!(!answer, "{name}: {query} must be expressible");
                }
            }
        }
    }
    assert!(
        asked > 1000 && granted > 50 && inexpressible > 0,
        "{asked} {granted} {inexpressible}"
    );
}

#[test]
fn nobody_serialises_as_the_signed_out_object() {
    let nothing = json!({
        "tokenType": "session_token", "sessionClaims": null, "sessionId": null,
        "sessionStatus": null, "userId": null, "actor": null, "orgId": null, "orgRole": null,
        "orgSlug": null, "orgPermissions": null, "factorVerificationAge": null,
        "isAuthenticated": false,
    });
    assert_eq!(
        serde_json::to_value(Auth::signed_out()).expect("JSON"),
        nothing
    );
    let pending = Auth::SignedOut { is_pending: true };
    assert_eq!(
        serde_json::to_value(pending).expect("JSON")["sessionStatus"],
        "pending"
    );
}
