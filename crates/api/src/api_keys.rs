//! API keys: long-lived secrets of users and organizations. Their paths have no version.

use serde::{Deserialize, Serialize};

use crate::id::ApiKeyId;
use crate::value::{DeletedObject, Metadata, Nullable, Page, Patch, Secret};

resource! {
    /// A key with which a user's or an organization's program proves itself. JavaScript: `APIKey`.
    struct ApiKey "api_key" {
        /// The id of the key.
        id: ApiKeyId,
        /// The kind of key: `api_key`.
        r#type: String,
        /// Whose key it is: the id of a user or an organization.
        subject: String,
        /// The name that people see.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// What the application says of the key.
        claims: Option<Metadata>,
        /// What the key allows.
        scopes: Vec<String>,
        /// Whether it was revoked.
        revoked: bool,
        /// Why it was revoked.
        revocation_reason: Option<String>,
        /// Whether its time is over.
        expired: bool,
        /// When its time is over, in ms since the epoch.
        expiration: Option<i64>,
        /// The user who made it.
        created_by: Option<String>,
        /// When it was last used, in ms since the epoch.
        last_used_at: Option<i64>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
        /// The key itself: only when it was just made.
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
    }
}

/// An API key itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeySecret {
    /// The key.
    pub secret: Secret,
}

endpoints! {
    /// Lists the keys of a user or an organization, newest first.
    GET "/api_keys" => Page<ApiKey>,
    as ApiKeys::list(request) = "list",
    struct ListApiKeys {
        /// Whose keys: the id of a user or an organization.
        subject: String,
        /// Only keys of this kind; `api_key` when absent.
        r#type: Option<String>,
        /// Whether to list revoked and expired keys too.
        include_invalid: Option<bool>,
        /// Only those whose name contains this.
        query: Option<String>,
        /// At most this many, 1 to 100; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes a key. Only this answer has its secret.
    POST "/api_keys" => ApiKey,
    as ApiKeys::create(request) = "create",
    struct CreateApiKey {
        /// The name that people see.
        name: String,
        /// Whose key it becomes: the id of a user or an organization.
        subject: String,
        /// The kind of key; `api_key` when absent.
        r#type: Option<String>,
        /// What it is for.
        description: Patch<String>,
        /// What to say of the key to whoever verifies it.
        claims: Patch<Metadata>,
        /// What the key allows.
        scopes: Option<Vec<String>>,
        /// The user who makes it.
        created_by: Patch<String>,
        /// For how long it is valid, in seconds; for ever when null or absent.
        seconds_until_expiration: Patch<u64>,
    }

    /// Fetches a key.
    GET "/api_keys/{api_key_id}" => ApiKey,
    as ApiKeys::get(api_key_id: ApiKeyId) = "get",
    struct GetApiKey {
        /// The key.
        api_key_id: ApiKeyId,
    }

    /// Changes a key.
    PATCH "/api_keys/{api_key_id}" => ApiKey,
    as ApiKeys::update(request) = "update",
    struct UpdateApiKey {
        /// The key.
        api_key_id: ApiKeyId,
        /// Whose key it is.
        subject: Option<String>,
        /// What it is for.
        description: Patch<String>,
        /// What to say of the key to whoever verifies it.
        claims: Patch<Metadata>,
        /// What the key allows.
        scopes: Option<Vec<String>>,
        /// For how long it is valid from now on, in seconds; for ever when null.
        seconds_until_expiration: Patch<u64>,
    }

    /// Deletes a key.
    DELETE "/api_keys/{api_key_id}" => DeletedObject,
    as ApiKeys::delete(api_key_id: ApiKeyId) = "delete",
    struct DeleteApiKey {
        /// The key.
        api_key_id: ApiKeyId,
    }

    /// Ends a key: it proves nothing any more.
    POST "/api_keys/{api_key_id}/revoke" => ApiKey,
    as ApiKeys::revoke(request) = "revoke",
    struct RevokeApiKey {
        /// The key.
        api_key_id: ApiKeyId,
        /// Why.
        revocation_reason: Nullable<String>,
    }

    /// Fetches the key itself.
    GET "/api_keys/{api_key_id}/secret" => ApiKeySecret,
    as ApiKeys::get_secret(api_key_id: ApiKeyId) = "getSecret",
    struct GetApiKeySecret {
        /// The key.
        api_key_id: ApiKeyId,
    }

    /// Says whose key this is and what it allows; refuses one that is not valid.
    POST "/api_keys/verify" => ApiKey,
    as ApiKeys::verify(secret: Secret) = "verify", "verifySecret",
    struct VerifyApiKey {
        /// The key itself.
        secret: Secret,
    }
}
