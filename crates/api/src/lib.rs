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
//! | [`namespaces`] | the operations under the names that Clerk's SDKs give them |
//! | [`error`] | Clerk's error shape, codes and statuses |
//! | [`id`], [`value`] | ids, pages, sort orders, patches, secrets |
//! | [`users`], [`sessions`], [`organizations`], [`jwt_templates`] and so on | the resources |
//!
//! No HTTP client, no database and no clock in here.

#[macro_use]
mod declare;
#[macro_use]
pub mod namespaces;

pub mod decode;
pub mod endpoint;
pub mod error;
pub mod id;
pub mod value;

pub mod accountless_applications;
pub mod actor_tokens;
pub mod agent_tasks;
pub mod allowlist_identifiers;
pub mod api_keys;
pub mod billing;
pub mod clients;
pub mod compromised_passwords;
pub mod domains;
pub mod email_addresses;
pub mod instance;
pub mod invitations;
pub mod jwks;
pub mod jwt_templates;
pub mod m2m_tokens;
pub mod machines;
pub mod messages;
pub mod oauth_access_tokens;
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

/// Declares which resource modules have operations.
macro_rules! resources {
    ($($module:ident,)*) => {
        /// Every operation of the contract, a list per resource.
        ///
        /// Coverage reports, `ironclerk api ls` and the server's routes are derived from it.
        pub const ENDPOINTS: &[&[EndpointInfo]] = &[$($module::ENDPOINTS),*];

        /// Shows every operation of the contract to a visitor.
        pub fn visit_endpoints(visitor: &mut impl endpoint::Visitor) {
            $( $module::visit(visitor); )*
        }
    };
}

resources! {
    accountless_applications,
    actor_tokens,
    agent_tasks,
    allowlist_identifiers,
    api_keys,
    billing,
    clients,
    compromised_passwords,
    domains,
    email_addresses,
    instance,
    invitations,
    jwks,
    jwt_templates,
    m2m_tokens,
    machines,
    oauth_access_tokens,
    oauth_applications,
    organization_domains,
    organization_invitations,
    organization_roles,
    organizations,
    phone_numbers,
    redirect_urls,
    role_sets,
    saml_connections,
    sessions,
    sign_in_tokens,
    sign_ups,
    testing_tokens,
    users,
    waitlist_entries,
    webhooks,
}

/// The operations that the client has and our server does not serve yet: it refuses them with
/// [`ErrorCode::FeatureNotImplemented`]. A module that gets its handlers leaves this list.
pub const NOT_SERVED: &[&[EndpointInfo]] = &[
    agent_tasks::ENDPOINTS,
    api_keys::ENDPOINTS,
    billing::ENDPOINTS,
    compromised_passwords::ENDPOINTS,
    m2m_tokens::ENDPOINTS,
    machines::ENDPOINTS,
    oauth_access_tokens::ENDPOINTS,
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
