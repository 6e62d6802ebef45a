//! Webhooks: whether the instance sends any, and where they are managed.

use serde::{Deserialize, Serialize};

/// Where the webhooks of the instance are managed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhooksUrl {
    /// The address of the page. Whoever has it can read the secrets that webhooks are signed with.
    #[serde(default)]
    pub svix_url: String,
}

impl std::fmt::Debug for WebhooksUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("WebhooksUrl { svix_url: [redacted] }")
    }
}

endpoints! {
    /// Turns the webhooks of the instance on.
    POST "/v1/webhooks/svix" => WebhooksUrl,
    as Webhooks::create_svix_app() = "createSvixApp",
    struct CreateSvixApp {}

    /// Turns the webhooks of the instance off, and forgets where they went.
    DELETE "/v1/webhooks/svix" ?no_content => (),
    as Webhooks::delete_svix_app() = "deleteSvixApp",
    struct DeleteSvixApp {}

    /// Makes another address of the page on which the webhooks are managed.
    POST "/v1/webhooks/svix_url" => WebhooksUrl,
    as Webhooks::generate_svix_auth_url() = "generateSvixAuthURL",
    struct GenerateSvixAuthUrl {}
}
