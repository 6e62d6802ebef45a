//! Session tokens: what they say by themselves, and what the instance adds.
//!
//! What an instance adds is the JWT template with the name [`TEMPLATE`]: Clerk has such a template
//! in its dashboard, and no operation of the Backend API for it.

use std::sync::atomic::{AtomicI64, Ordering};

use ironclerk_api::jwt_templates::JwtTemplate;
use ironclerk_api::organizations::OrganizationMembership;
use ironclerk_api::sessions::{Session, Token};
use ironclerk_api::{ApiError, ApiVersion, Metadata};
use serde_json::json;

use crate::context::Cx;
use crate::database::Transaction;
use crate::organization_roles::SYSTEM;
use crate::sessions::{active_membership, subject};
use crate::store::{Images, jwt_templates as templates};
use crate::token::{jti, seconds, sign_session_token};
use crate::{shortcode, token};

/// The name of the JWT template whose claims are added to session tokens: that of their cookie.
pub(crate) const TEMPLATE: &str = "__session";
/// For how long a session token is valid when no template says, in seconds.
pub(crate) const LIFETIME: u64 = 60;
/// How much earlier than its time a session token is valid, in seconds.
const SKEW: u64 = 10;
/// The claims of session tokens that their template cannot set, besides those that none can.
pub(crate) const RESERVED: &[&str] = &[
    "act",
    "fea",
    "fva",
    "o",
    "org_id",
    "org_permissions",
    "org_role",
    "org_slug",
    "pla",
    "sid",
    "sts",
    "v",
];
/// The largest cookie that browsers keep, in bytes: its name and its value.
const LARGEST_COOKIE: usize = 4096;
/// As much of it as Clerk leaves to custom claims, in bytes of their JSON.
const LARGEST_CUSTOM_CLAIMS: usize = 1229;

/// What a session token is made from.
pub(crate) struct Content {
    pub session: Session,
    /// The membership of the organization that is active in the session.
    pub membership: Option<OrganizationMembership>,
    pub custom: Option<Custom>,
}

/// What the instance adds to session tokens.
pub(crate) struct Custom {
    /// The claims, with the shortcodes filled in.
    claims: Metadata,
    /// For how long the tokens are valid, in seconds.
    lifetime: u64,
    /// When the template was last changed, in ms since the epoch.
    updated_at: i64,
}

/// Reads what the token of a session is made from.
pub(crate) fn content(
    transaction: &mut Transaction<'_>,
    session: Session,
    images: &Images,
) -> Result<Content, ApiError> {
    let Some(stored) = templates::get_by_name(transaction, TEMPLATE)? else {
        let membership = active_membership(transaction, &session, images)?;
        return Ok(Content {
            session,
            membership,
            custom: None,
        });
    };
    let JwtTemplate {
        claims,
        lifetime,
        updated_at,
        ..
    } = stored.template;
    let subject = subject(transaction, session, images)?;
    let custom = Custom {
        claims: shortcode::fill_in(&claims, &token::facts(&subject)),
        lifetime,
        updated_at,
    };
    Ok(Content {
        session: subject.session,
        membership: subject.active_membership,
        custom: Some(custom),
    })
}

/// Makes a session token.
pub(crate) fn token(
    cx: &Cx,
    content: &Content,
    lifetime: Option<u64>,
    origin: Option<&str>,
) -> Result<Token, ApiError> {
    let mut claims = claims(cx, content, lifetime, jti(cx)?);
    if let Some(origin) = origin {
        claims.insert("azp".to_owned(), json!(origin));
    }
    let token = sign_session_token(cx, &claims)?;
    if let Some(custom) = &content.custom
        && let Some(problem) = cookie_problem(json!(custom.claims).to_string().len(), &token.jwt)
        && cx.state.size_warning.is_due(custom.updated_at)
    {
        tracing::warn!(template = TEMPLATE, "{problem}");
    }
    Ok(token)
}

/// The claims of a session token: version 2 from API version 2025-04-10 on, version 1 before.
fn claims(cx: &Cx, content: &Content, lifetime: Option<u64>, jti: String) -> Metadata {
    let Content {
        session,
        membership,
        custom,
    } = content;
    let now = seconds(cx.now);
    let (mut claims, usual_lifetime) = match custom {
        Some(custom) => (custom.claims.clone(), custom.lifetime),
        None => (Metadata::new(), LIFETIME),
    };
    let lifetime = lifetime.unwrap_or(usual_lifetime);
    let first_factor_age = (cx.now - session.created_at).max(0) / 60_000;
    claims.extend([
        ("exp".to_owned(), json!(now + lifetime.cast_signed())),
        // No second factor: -1.
        ("fva".to_owned(), json!([first_factor_age, -1])),
        ("iat".to_owned(), json!(now)),
        ("iss".to_owned(), json!(cx.instance().issuer())),
        ("nbf".to_owned(), json!(now - SKEW.cast_signed())),
        ("sid".to_owned(), json!(session.id)),
        ("sub".to_owned(), json!(session.user_id)),
    ]);
    if let Some(actor) = &session.actor {
        claims.insert("act".to_owned(), json!(actor));
    }
    let active = membership
        .as_ref()
        .and_then(|membership| Some((membership, membership.organization.as_ref()?)));
    // The permissions in a token are those that the application has defined, never the system's.
    let permissions: Vec<_> = membership
        .iter()
        .flat_map(|membership| &membership.permissions)
        .map(String::as_str)
        .filter(|permission| !permission.starts_with(SYSTEM))
        .collect();
    if cx.version >= ApiVersion::V2025_04_10 {
        claims.insert("jti".to_owned(), json!(jti));
        claims.insert("sts".to_owned(), json!(session.status));
        claims.insert("v".to_owned(), json!(2));
        if let Some((membership, organization)) = active {
            let role = membership
                .role
                .strip_prefix("org:")
                .unwrap_or(&membership.role);
            let mut active = json!({"id": organization.id, "rol": role, "slg": organization.slug});
            if let Some(packed) = pack(&permissions) {
                active["per"] = packed.actions.into();
                active["fpm"] = packed.masks.into();
                claims.insert("fea".to_owned(), packed.features.into());
            }
            claims.insert("o".to_owned(), active);
        }
    } else if let Some((membership, organization)) = active {
        claims.insert("org_id".to_owned(), json!(organization.id));
        claims.insert("org_permissions".to_owned(), json!(permissions));
        claims.insert("org_role".to_owned(), json!(membership.role));
        claims.insert("org_slug".to_owned(), json!(organization.slug));
    }
    claims
}

/// Permissions as version 2 of the claims has them.
#[derive(Debug, PartialEq)]
struct Packed {
    /// The claim `fea`: the features, each with the scope of organizations.
    features: String,
    /// The claim `o.per`: what can be done with a feature.
    actions: String,
    /// The claim `o.fpm`: for each feature a number whose bit *i* stands for the action *i*.
    masks: String,
}

/// Packs permissions `org:<feature>:<action>`. Nothing when there are none.
fn pack(permissions: &[&str]) -> Option<Packed> {
    let mut actions: Vec<&str> = Vec::new();
    let mut features: Vec<(&str, u64)> = Vec::new();
    for permission in permissions {
        let Some((feature, action)) = permission
            .strip_prefix("org:")
            .and_then(|rest| rest.split_once(':'))
        else {
            continue;
        };
        let place = actions.iter().position(|known| *known == action);
        let place = place.unwrap_or_else(|| {
            actions.push(action);
            actions.len() - 1
        });
        // An instance has fewer permissions of its own than there are bits.
        let bit = 1u64.checked_shl(u32::try_from(place).ok()?).unwrap_or(0);
        match features.iter_mut().find(|(known, _)| *known == feature) {
            Some((_, mask)) => *mask |= bit,
            None => features.push((feature, bit)),
        }
    }
    let list = |of: &dyn Fn(&(&str, u64)) -> String| -> String {
        features.iter().map(of).collect::<Vec<_>>().join(",")
    };
    (!features.is_empty()).then(|| Packed {
        features: list(&|(feature, _)| format!("o:{feature}")),
        actions: actions.join(","),
        masks: list(&|(_, mask)| mask.to_string()),
    })
}

/// Why a browser may not keep the cookie of a token with so many bytes of custom claims.
fn cookie_problem(custom: usize, token: &str) -> Option<String> {
    let cookie = "__session=".len() + token.len();
    if cookie > LARGEST_COOKIE {
        return Some(format!(
            "a session token has {cookie} bytes as a cookie, and browsers keep no cookie of more than {LARGEST_COOKIE}: take claims out of the template"
        ));
    }
    (custom > LARGEST_CUSTOM_CLAIMS).then(|| {
        format!(
            "the custom claims of a session token have {custom} bytes, and there is room for {LARGEST_CUSTOM_CLAIMS}: take claims out of the template"
        )
    })
}

/// Lets a warning about a template through once for each time that the template was changed.
#[derive(Debug, Default)]
pub(crate) struct WarnOnce(AtomicI64);

impl WarnOnce {
    fn is_due(&self, updated_at: i64) -> bool {
        self.0.swap(updated_at, Ordering::Relaxed) != updated_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_packed_by_feature() {
        let packed = |features: &str, actions: &str, masks: &str| {
            Some(Packed {
                features: features.to_owned(),
                actions: actions.to_owned(),
                masks: masks.to_owned(),
            })
        };
        for (permissions, expected) in [
            (&[][..], None),
            (&["org:a:read"], packed("o:a", "read", "1")),
            (
                &["org:a:manage", "org:a:read", "org:b:read"],
                packed("o:a,o:b", "manage,read", "3,2"),
            ),
            (
                &["org:b:x", "org:a:y", "org:b:y", "org:c:z"],
                packed("o:b,o:a,o:c", "x,y,z", "3,2,4"),
            ),
            (&["nonsense", "org:a:read"], packed("o:a", "read", "1")),
        ] {
            assert_eq!(pack(permissions), expected, "{permissions:?}");
        }
    }

    #[test]
    fn cookies_that_browsers_drop_are_told() {
        for (custom, token, problem) in [
            (10, 500, None),
            (LARGEST_CUSTOM_CLAIMS, 2500, None),
            (LARGEST_CUSTOM_CLAIMS + 1, 2500, Some("custom claims")),
            (10, LARGEST_COOKIE - 10, None),
            (10, LARGEST_COOKIE - 9, Some("4097 bytes as a cookie")),
        ] {
            let found = cookie_problem(custom, &"a".repeat(token));
            match problem {
                None => assert_eq!(found, None),
                Some(text) => assert!(
                    found.as_ref().is_some_and(|found| found.contains(text)),
                    "{found:?}"
                ),
            }
        }
        let once = WarnOnce::default();
        let warned: Vec<_> = [7, 7, 7, 8, 8]
            .map(|updated_at| once.is_due(updated_at))
            .into();
        assert_eq!(warned, [true, false, false, true, false]);
    }
}
