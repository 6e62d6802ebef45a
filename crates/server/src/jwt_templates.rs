//! JWT templates.

use std::ops::RangeInclusive;

use ironclerk::jwt::Algorithm;
use ironclerk::keys::PrivateKey;
use ironclerk_api::id::JwtTemplateId;
use ironclerk_api::jwt_templates::{
    CreateJwtTemplate, DeleteJwtTemplate, GetJwtTemplate, JwtTemplate, JwtTemplateFields,
    ListJwtTemplates, UpdateJwtTemplate,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, check_range, not_found, window};
use crate::http::Routes;
use crate::identifier::check_length;
use crate::session_token;
use crate::store::jwt_templates::{self as store, StoredTemplate};
use crate::token::RESERVED;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(create).on(get).on(update).on(delete)
}

/// For how many seconds a token can be valid.
pub(crate) const LIFETIME: RangeInclusive<u64> = 30..=315_360_000;
/// By how many seconds a token can be valid before its time.
const CLOCK_SKEW: RangeInclusive<u64> = 0..=300;

async fn list(cx: Cx, request: ListJwtTemplates) -> Result<Page<JwtTemplate>, ApiError> {
    let window = window(request.limit, request.offset)?;
    cx.database()
        .scan(move |transaction| Ok(store::list(transaction, window)?))
        .await
}

async fn create(cx: Cx, request: CreateJwtTemplate) -> Result<JwtTemplate, ApiError> {
    let mut stored = checked(request.fields, None)?;
    stored.template.id = cx.new_id()?;
    stored.template.created_at = cx.now;
    stored.template.updated_at = cx.now;
    cx.database()
        .write(move |transaction| {
            if !store::insert(transaction, &stored)? {
                return Err(name_taken());
            }
            Ok(stored.template)
        })
        .await
}

async fn get(cx: Cx, request: GetJwtTemplate) -> Result<JwtTemplate, ApiError> {
    cx.database()
        .read(move |transaction| {
            let id = request.template_id;
            let stored = store::get(transaction, &id)?.ok_or_else(|| no_template(&id))?;
            Ok(stored.template)
        })
        .await
}

async fn update(cx: Cx, request: UpdateJwtTemplate) -> Result<JwtTemplate, ApiError> {
    let now = cx.now;
    cx.database()
        .write(move |transaction| {
            let id = request.template_id;
            let old = store::get(transaction, &id)?.ok_or_else(|| no_template(&id))?;
            let mut stored = checked(request.fields, old.signing_key)?;
            let name = &stored.template.name;
            if *name != old.template.name && store::get_by_name(transaction, name)?.is_some() {
                return Err(name_taken());
            }
            stored.template.id = id;
            stored.template.created_at = old.template.created_at;
            stored.template.updated_at = now;
            store::update(transaction, &stored)?;
            Ok(stored.template)
        })
        .await
}

async fn delete(cx: Cx, request: DeleteJwtTemplate) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let id = request.template_id;
            if !store::delete(transaction, &id)? {
                return Err(no_template(&id));
            }
            Ok(DeletedObject {
                object: "jwt_template".to_owned(),
                id: Some(id.into()),
                deleted: true,
                ..Default::default()
            })
        })
        .await
}

/// The template that the fields make; a signing key that is not given is the old one.
fn checked(
    fields: JwtTemplateFields,
    old_signing_key: Option<String>,
) -> Result<StoredTemplate, ApiError> {
    let name = fields.name.trim().to_owned();
    check_length("name", &name, 256)?;
    if name.is_empty() || name.contains('/') {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "name",
            "name must not be empty and must not contain a slash.",
        ));
    }
    let is_of_session_tokens = name == session_token::TEMPLATE;
    let also_reserved = match is_of_session_tokens {
        true => session_token::RESERVED,
        false => &[],
    };
    if let Some(reserved) = RESERVED
        .iter()
        .chain(also_reserved)
        .find(|claim| fields.claims.contains_key(**claim))
    {
        return Err(ErrorCode::JwtTemplateReservedClaim.for_parameter(
            "claims",
            format!("The claim {reserved} is set by the server and cannot be in this template."),
        ));
    }
    if is_of_session_tokens && fields.custom_signing_key == Some(true) {
        return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
            "custom_signing_key",
            "Session tokens are signed with the key of the instance.",
        ));
    }
    let given_algorithm = fields.signing_algorithm.as_deref().unwrap_or("RS256");
    let algorithm: Algorithm = given_algorithm.parse().map_err(|_| {
        ErrorCode::FormParameterValueInvalid.for_parameter(
            "signing_algorithm",
            format!("signing_algorithm must be RS256, RS384 or RS512, not {given_algorithm}."),
        )
    })?;
    let signing_key = if fields.custom_signing_key == Some(true) {
        let key = fields
            .signing_key
            .map(|key| key.expose().to_owned())
            .or(old_signing_key);
        let key = key.ok_or_else(|| {
            ErrorCode::FormParameterMissing.for_parameter(
                "signing_key",
                "A template with a custom signing key needs signing_key, a private RSA key in PEM.",
            )
        })?;
        if key.parse::<PrivateKey>().is_err() {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "signing_key",
                "signing_key must be a private RSA key in PEM.",
            ));
        }
        Some(key)
    } else {
        if algorithm != Algorithm::Rs256 {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "signing_algorithm",
                "Without a custom signing key the algorithm is RS256.",
            ));
        }
        None
    };
    let template = JwtTemplate {
        name,
        claims: fields.claims,
        lifetime: check_range("lifetime", fields.lifetime.unwrap_or(60), LIFETIME)?,
        allowed_clock_skew: check_range(
            "allowed_clock_skew",
            fields.allowed_clock_skew.unwrap_or(5),
            CLOCK_SKEW,
        )?,
        custom_signing_key: signing_key.is_some(),
        signing_algorithm: algorithm.as_str().to_owned(),
        ..Default::default()
    };
    Ok(StoredTemplate {
        template,
        signing_key,
    })
}

fn no_template(id: &JwtTemplateId) -> ApiError {
    not_found("JWT template", id)
}

fn name_taken() -> ApiError {
    ErrorCode::FormIdentifierExists
        .for_parameter("name", "Another JWT template has this name. Try another.")
}
