//! The tokens: which claims they have, and how they are signed.

use ironclerk::jwt::{self, Algorithm, SignOptions, TokenCategory};
use ironclerk::keys::PrivateKey;
use ironclerk_api::jwt_templates::JwtTemplate;
use ironclerk_api::organizations::OrganizationMembership;
use ironclerk_api::sessions::{Session, Token};
use ironclerk_api::users::User;
use ironclerk_api::{ApiError, ErrorCode, Metadata};
use serde_json::{Value, json};

use crate::context::Cx;
use crate::shortcode;
use crate::store::Window;
use crate::store::jwt_templates::StoredTemplate;

/// The claims that a template cannot set.
pub(crate) const RESERVED: &[&str] = &["azp", "exp", "iat", "iss", "jti", "nbf", "sub"];
/// As many memberships of a user as go into a token.
pub(crate) const MOST_MEMBERSHIPS: Window = Window {
    limit: 500,
    offset: 0,
};

/// Whom a token with a template is about.
pub(crate) struct Subject {
    pub user: User,
    pub session: Session,
    /// The membership of the organization that is active in the session.
    pub active_membership: Option<OrganizationMembership>,
    pub memberships: Vec<OrganizationMembership>,
}

/// A new id for a token.
pub(crate) fn jti(cx: &Cx) -> Result<String, ApiError> {
    let bytes: [u8; 10] = cx.random()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The claims of a token from a template.
pub(crate) fn template_claims(
    cx: &Cx,
    template: &JwtTemplate,
    subject: &Subject,
    lifetime: Option<u64>,
    jti: String,
) -> Metadata {
    let mut claims = shortcode::fill_in(&template.claims, &facts(subject));
    let now = seconds(cx.now);
    let lifetime = lifetime.unwrap_or(template.lifetime).cast_signed();
    for (name, value) in [
        ("exp", json!(now + lifetime)),
        ("iat", json!(now)),
        ("iss", json!(cx.instance().issuer())),
        ("jti", json!(jti)),
        (
            "nbf",
            json!(now - template.allowed_clock_skew.cast_signed()),
        ),
        ("sub", json!(subject.user.id)),
    ] {
        claims.insert(name.to_owned(), value);
    }
    claims
}

/// What shortcodes can name, as a document whose paths they are.
pub(crate) fn facts(subject: &Subject) -> Value {
    let user = &subject.user;
    let primary_email = user
        .email_addresses
        .iter()
        .find(|address| Some(&address.id) == user.primary_email_address_id.as_ref());
    let primary_phone = user
        .phone_numbers
        .iter()
        .find(|number| Some(&number.id) == user.primary_phone_number_id.as_ref());
    let is_verified = |verification: &Option<ironclerk_api::users::Verification>| {
        verification
            .as_ref()
            .is_some_and(|verification| verification.status == "verified")
    };
    let names: Vec<_> = [&user.first_name, &user.last_name]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let organizations: Metadata = subject
        .memberships
        .iter()
        .filter_map(|membership| {
            Some((
                membership.organization.as_ref()?.id.to_string(),
                json!(membership.role),
            ))
        })
        .collect();
    let mut facts = json!({
        "user": {
            "id": user.id,
            "external_id": user.external_id,
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "full_name": (!names.is_empty()).then(|| names.join(" ")),
            "primary_email_address": primary_email.map(|address| &address.email_address),
            "email_verified": primary_email.is_some_and(|address| is_verified(&address.verification)),
            "primary_phone_number": primary_phone.map(|number| &number.phone_number),
            "phone_number_verified":
                primary_phone.is_some_and(|number| is_verified(&number.verification)),
            "image_url": user.image_url,
            "two_factor_enabled": user.two_factor_enabled,
            "public_metadata": user.public_metadata,
            "unsafe_metadata": user.unsafe_metadata,
            "organizations": organizations,
            "created_at": seconds(user.created_at),
            "updated_at": seconds(user.updated_at),
        },
        "session": {"actor": subject.session.actor},
    });
    if let Some(membership) = &subject.active_membership
        && let Some(organization) = &membership.organization
    {
        facts["org"] = json!({
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "role": membership.role,
            "image_url": organization.image_url,
            "public_metadata": organization.public_metadata,
        });
        facts["org_membership"] = json!({
            "public_metadata": membership.public_metadata,
            "permissions": membership.permissions,
        });
    }
    facts
}

/// Signs a session token with the instance's key.
pub(crate) fn sign_session_token(cx: &Cx, claims: &Metadata) -> Result<Token, ApiError> {
    sign_with_instance_key(cx, claims, TokenCategory::Session)
}

/// Signs a token from a template, with its own key where it has one.
pub(crate) fn sign_template_token(
    cx: &Cx,
    template: &StoredTemplate,
    claims: &Metadata,
) -> Result<Token, ApiError> {
    let Some(pem) = &template.signing_key else {
        return sign_with_instance_key(cx, claims, TokenCategory::JwtTemplate);
    };
    let refuse = || ErrorCode::Internal.because("The template's signing key cannot be used.");
    let key: PrivateKey = pem.parse().map_err(|_| refuse())?;
    let algorithm: Algorithm = template
        .template
        .signing_algorithm
        .parse()
        .map_err(|_| refuse())?;
    let id = template.template.id.as_str();
    let options = SignOptions {
        algorithm,
        ..SignOptions::new(id, TokenCategory::JwtTemplate)
    };
    sign(cx, claims, &key, &options)
}

/// Signs claims with the instance's key.
pub(crate) fn sign_with_instance_key(
    cx: &Cx,
    claims: &Metadata,
    category: TokenCategory,
) -> Result<Token, ApiError> {
    let keys = cx.instance().keys();
    let signing = keys
        .current(cx.now)
        .ok_or_else(|| ErrorCode::Internal.because("The instance has no signing key."))?;
    sign(
        cx,
        claims,
        &signing.key,
        &SignOptions::new(&signing.id, category),
    )
}

fn sign(
    cx: &Cx,
    claims: &Metadata,
    key: &PrivateKey,
    options: &SignOptions,
) -> Result<Token, ApiError> {
    let jwt = jwt::sign(claims, key, options, cx.time()).map_err(|error| {
        tracing::error!(%error, "cannot sign");
        ErrorCode::Internal.because("The token could not be signed.")
    })?;
    Ok(Token {
        jwt,
        ..Default::default()
    })
}

/// A time in seconds, as claims have it.
pub(crate) fn seconds(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(1000)
}
