//! Clerk's Backend and Frontend APIs as types: the wire contract that the IronClerk client and
//! server share.
//!
//! An operation is declared once, as a struct that knows its method, path and answer (an
//! [`Endpoint`]). The client [encodes](endpoint::encode) it, the server
//! [decodes](decode::decode) it, and [`ENDPOINTS`] lists them all, so that neither side can
//! disagree with the other or forget one.
//!
//! ```
//! use ironclerk_api::{endpoint, users::GetUser};
//!
//! let request = endpoint::encode(&GetUser { user_id: "user_1".into() })?;
//! assert_eq!(request.method, "GET");
//! assert_eq!(request.path, "/v1/users/user_1");
//! # Ok::<(), endpoint::EncodeError>(())
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`endpoint`] | what an operation is, and how a client writes one |
//! | [`decode`] | how a server reads one, and what it says when it cannot |
//! | [`error`] | Clerk's error shape, codes and statuses |
//! | [`id`], [`value`] | ids, pages, sort orders, patches, secrets |
//! | [`users`], [`sessions`], [`organizations`], [`jwt_templates`] and so on | the resources |
//!
//! No HTTP client, no database and no clock in here.

#[macro_use]
mod declare;

pub mod decode;
pub mod endpoint;
pub mod error;
pub mod id;
pub mod value;

pub mod accountless_applications;
pub mod actor_tokens;
pub mod allowlist_identifiers;
pub mod clients;
pub mod domains;
pub mod email_addresses;
pub mod instance;
pub mod invitations;
pub mod jwks;
pub mod jwt_templates;
pub mod oauth_applications;
pub mod organization_domains;
pub mod organization_invitations;
pub mod organization_roles;
pub mod organizations;
pub mod phone_numbers;
pub mod redirect_urls;
pub mod role_sets;
pub mod saml_connections;
pub mod sessions;
pub mod sign_in_tokens;
pub mod sign_ups;
pub mod testing_tokens;
pub mod users;
pub mod waitlist_entries;
pub mod webhooks;

pub use endpoint::{Endpoint, EndpointInfo};
pub use error::{ApiError, ErrorCode};
pub use value::{Array, File, Metadata, Page, Patch, Secret, Sort};

/// Every operation of the contract, a list per resource.
///
/// Coverage reports, `ironclerk api ls` and the server's routes are derived from it.
pub const ENDPOINTS: &[&[EndpointInfo]] = &[
    accountless_applications::ENDPOINTS,
    actor_tokens::ENDPOINTS,
    allowlist_identifiers::ENDPOINTS,
    clients::ENDPOINTS,
    domains::ENDPOINTS,
    email_addresses::ENDPOINTS,
    instance::ENDPOINTS,
    invitations::ENDPOINTS,
    jwks::ENDPOINTS,
    jwt_templates::ENDPOINTS,
    oauth_applications::ENDPOINTS,
    organization_domains::ENDPOINTS,
    organization_invitations::ENDPOINTS,
    organization_roles::ENDPOINTS,
    organizations::ENDPOINTS,
    phone_numbers::ENDPOINTS,
    redirect_urls::ENDPOINTS,
    role_sets::ENDPOINTS,
    saml_connections::ENDPOINTS,
    sessions::ENDPOINTS,
    sign_in_tokens::ENDPOINTS,
    sign_ups::ENDPOINTS,
    testing_tokens::ENDPOINTS,
    users::ENDPOINTS,
    waitlist_entries::ENDPOINTS,
    webhooks::ENDPOINTS,
];

/// A version of Clerk's API, sent as the header `Clerk-API-Version`.
///
/// Versions are dates, so they compare in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// The version of a request that names none.
    V2021_02_05,
    /// Adds organization roles.
    V2024_10_01,
    /// Session token claims become v2; sessions can be `pending`.
    V2025_04_10,
    /// The version of the last Core 2 SDKs.
    V2025_11_10,
}

impl ApiVersion {
    /// The version that our client asks for.
    pub const LATEST: Self = Self::V2025_11_10;
    /// The header that carries it.
    pub const HEADER: &'static str = "clerk-api-version";
    /// Every known version, oldest first.
    pub const ALL: [Self; 4] = [
        Self::V2021_02_05,
        Self::V2024_10_01,
        Self::V2025_04_10,
        Self::V2025_11_10,
    ];

    /// The date as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2021_02_05 => "2021-02-05",
            Self::V2024_10_01 => "2024-10-01",
            Self::V2025_04_10 => "2025-04-10",
            Self::V2025_11_10 => "2025-11-10",
        }
    }

    /// The version with that date, if Clerk has one.
    pub fn parse(date: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == date)
    }
}
