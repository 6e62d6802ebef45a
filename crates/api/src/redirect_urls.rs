//! Addresses to which a native application may be sent back.

use crate::id::RedirectUrlId;
use crate::value::{DeletedObject, Page};

resource! {
    /// An address to which a native application may be sent back.
    struct RedirectUrl "redirect_url" {
        /// The id of the entry.
        id: RedirectUrlId,
        /// The address, such as `myapp://callback`; unique in the instance.
        url: String,
        /// When it was added, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Lists the redirect URLs, newest first.
    GET "/v1/redirect_urls" ?paginated => Page<RedirectUrl>,
    as RedirectUrls::list(request) = "getRedirectUrlList",
    struct ListRedirectUrls {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Adds a redirect URL.
    POST "/v1/redirect_urls" => RedirectUrl,
    as RedirectUrls::create(url: String) = "createRedirectUrl",
    struct CreateRedirectUrl {
        /// The address, with its scheme: `https`, or that of an app.
        url: String,
    }

    /// Fetches a redirect URL.
    GET "/v1/redirect_urls/{id}" => RedirectUrl,
    as RedirectUrls::get(id: RedirectUrlId) = "getRedirectUrl",
    struct GetRedirectUrl {
        /// The redirect URL.
        id: RedirectUrlId,
    }

    /// Removes a redirect URL.
    DELETE "/v1/redirect_urls/{id}" => DeletedObject,
    as RedirectUrls::delete(id: RedirectUrlId) = "deleteRedirectUrl",
    struct DeleteRedirectUrl {
        /// The redirect URL.
        id: RedirectUrlId,
    }
}
