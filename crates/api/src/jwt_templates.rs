//! JWT templates: tokens for third parties, with claims of the application's choosing.

use crate::id::JwtTemplateId;
use crate::value::{DeletedObject, Metadata, Page, Secret};

resource! {
    /// A template that session tokens for third parties are made from.
    struct JwtTemplate "jwt_template" {
        /// The id of the template.
        id: JwtTemplateId,
        /// The name by which tokens are asked for; unique in the instance.
        name: String,
        /// The claims, with shortcodes such as `{{user.id}}`.
        claims: Metadata,
        /// For how many seconds a token is valid.
        lifetime: u64,
        /// By how many seconds a token is valid before it is issued.
        allowed_clock_skew: u64,
        /// Whether the tokens are signed with a key of the template's own.
        custom_signing_key: bool,
        /// The algorithm, such as `RS256`.
        signing_algorithm: String,
        /// When the template was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

parameters! {
    /// What a template consists of.
    struct JwtTemplateFields {
        /// The name; unique in the instance.
        name: String,
        /// The claims, with shortcodes such as `{{user.id}}`.
        claims: Metadata,
        /// For how many seconds a token is valid, 30 to 315,360,000; 60 when absent.
        lifetime: Option<u64>,
        /// By how many seconds a token is valid before it is issued, 0 to 300; 5 when absent.
        allowed_clock_skew: Option<u64>,
        /// Whether the tokens are signed with `signing_key`.
        custom_signing_key: Option<bool>,
        /// The algorithm of `signing_key`: `RS256`, `RS384` or `RS512`.
        signing_algorithm: Option<String>,
        /// A private RSA key in PEM.
        signing_key: Option<Secret>,
    }
}
crate::endpoint::group!(JwtTemplateFields);

endpoints! {
    /// Lists the templates, newest first.
    GET "/v1/jwt_templates" ?paginated => Page<JwtTemplate>,
    as JwtTemplates::list(request) = "list",
    struct ListJwtTemplates {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Creates a template.
    POST "/v1/jwt_templates" => JwtTemplate,
    as JwtTemplates::create(request) = "create",
    struct CreateJwtTemplate {
        /// What the template consists of.
        fields: JwtTemplateFields,
    }

    /// Fetches a template.
    GET "/v1/jwt_templates/{template_id}" => JwtTemplate,
    as JwtTemplates::get(template_id: JwtTemplateId) = "get",
    struct GetJwtTemplate {
        /// The template.
        template_id: JwtTemplateId,
    }

    /// Replaces a template. What is absent goes back to its default, but a signing key stays.
    PATCH "/v1/jwt_templates/{template_id}" => JwtTemplate,
    as JwtTemplates::update(request) = "update",
    struct UpdateJwtTemplate {
        /// The template.
        template_id: JwtTemplateId,
        /// What the template consists of.
        fields: JwtTemplateFields,
    }

    /// Deletes a template.
    DELETE "/v1/jwt_templates/{template_id}" => DeletedObject,
    as JwtTemplates::delete(template_id: JwtTemplateId) = "delete",
    struct DeleteJwtTemplate {
        /// The template.
        template_id: JwtTemplateId,
    }
}
