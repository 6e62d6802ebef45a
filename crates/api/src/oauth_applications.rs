//! Applications that sign their users in with ours.

use crate::id::{InstanceId, OAuthApplicationId};
use crate::value::{DeletedObject, Page, Secret, Sort};

resource! {
    /// An application that signs its users in with ours, by OAuth 2.
    struct OAuthApplication "oauth_application" {
        /// The id of the application.
        id: OAuthApplicationId,
        /// The instance.
        instance_id: InstanceId,
        /// The name that people see.
        name: String,
        /// By what the application names itself.
        client_id: String,
        /// By what the application proves itself: only when it was just made, and none when it is
        /// public.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_secret: Option<Secret>,
        /// Where the application is.
        client_uri: Option<String>,
        /// Where its logo is.
        client_image_url: Option<String>,
        /// Whether it has registered itself.
        dynamically_registered: bool,
        /// Whether users are asked what it may see.
        consent_screen_enabled: bool,
        /// Whether it must use PKCE.
        pkce_required: bool,
        /// Whether it can keep no secret.
        public: bool,
        /// What it may see, with spaces between.
        scopes: String,
        /// Where users may be sent back.
        redirect_uris: Vec<String>,
        /// The first of `redirect_uris`.
        callback_url: String,
        /// Where a sign-in begins.
        authorize_url: String,
        /// Where a code becomes a token.
        token_fetch_url: String,
        /// Where a token becomes a profile.
        user_info_url: String,
        /// Where all of this is described.
        discovery_url: String,
        /// Where a token is looked up.
        token_introspection_url: String,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What applications can be sorted by.
    enum OAuthApplicationSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
    }
}

parameters! {
    /// What an application may do.
    struct OAuthApplicationFields {
        /// Where users may be sent back.
        redirect_uris: Option<Vec<String>>,
        /// The old form of `redirect_uris`.
        callback_url: Option<String>,
        /// What it may see, with spaces between: `profile`, `email`, `public_metadata`,
        /// `private_metadata`, `openid`, `offline_access`. `profile email` when absent.
        scopes: Option<String>,
        /// Whether users are asked what it may see; yes when absent.
        consent_screen_enabled: Option<bool>,
        /// Whether it must use PKCE; no when absent.
        pkce_required: Option<bool>,
        /// Whether it can keep no secret; no when absent.
        public: Option<bool>,
    }
}
crate::endpoint::group!(OAuthApplicationFields);

endpoints! {
    /// Lists the applications, newest first.
    GET "/v1/oauth_applications" => Page<OAuthApplication>,
    as OAuthApplications::list(request) = "list",
    struct ListOAuthApplications {
        /// Only those whose name contains this, and the one with this client id.
        name_query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<OAuthApplicationSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes an application. Only this answer has its secret.
    POST "/v1/oauth_applications" => OAuthApplication,
    as OAuthApplications::create(request) = "create",
    struct CreateOAuthApplication {
        /// The name that people see.
        name: String,
        /// What it may do.
        fields: OAuthApplicationFields,
    }

    /// Fetches an application.
    GET "/v1/oauth_applications/{oauth_application_id}" => OAuthApplication,
    as OAuthApplications::get(oauth_application_id: OAuthApplicationId) = "get",
    struct GetOAuthApplication {
        /// The application.
        oauth_application_id: OAuthApplicationId,
    }

    /// Changes an application.
    PATCH "/v1/oauth_applications/{oauth_application_id}" => OAuthApplication,
    as OAuthApplications::update(request) = "update",
    struct UpdateOAuthApplication {
        /// The application.
        oauth_application_id: OAuthApplicationId,
        /// The name that people see.
        name: Option<String>,
        /// What it may do.
        fields: OAuthApplicationFields,
    }

    /// Deletes an application.
    DELETE "/v1/oauth_applications/{oauth_application_id}" => DeletedObject,
    as OAuthApplications::delete(oauth_application_id: OAuthApplicationId) = "delete",
    struct DeleteOAuthApplication {
        /// The application.
        oauth_application_id: OAuthApplicationId,
    }

    /// Gives an application another secret. Only this answer has it.
    POST "/v1/oauth_applications/{oauth_application_id}/rotate_secret" => OAuthApplication,
    as OAuthApplications::rotate_secret(oauth_application_id: OAuthApplicationId) = "rotateSecret",
    struct RotateOAuthApplicationSecret {
        /// The application.
        oauth_application_id: OAuthApplicationId,
    }
}
