//! Connections to identity providers that speak SAML.

use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, SamlConnectionId};
use crate::value::{DeletedObject, Page, Patch, Sort};

open_enum! {
    /// Whose identity provider it is.
    #[derive(Default)]
    enum SamlProvider {
        /// Any.
        #[default]
        Custom = "saml_custom",
        /// Okta.
        Okta = "saml_okta",
        /// Google Workspace.
        Google = "saml_google",
        /// Microsoft Entra ID.
        Microsoft = "saml_microsoft",
    }
}

/// The names of the identity provider's attributes. JavaScript: `AttributeMapping`.
///
/// `@clerk/backend` 1.34 sends the names of its own fields, so that those are read as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributeMapping {
    /// The attribute with the user's id.
    #[serde(alias = "userId")]
    pub user_id: String,
    /// The attribute with the email address.
    #[serde(alias = "emailAddress")]
    pub email_address: String,
    /// The attribute with the first name.
    #[serde(alias = "firstName")]
    pub first_name: String,
    /// The attribute with the last name.
    #[serde(alias = "lastName")]
    pub last_name: String,
}

/// What the identity provider is told about who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginHint {
    /// `email_address`, `custom_attribute` or `off`.
    pub mode: String,
    /// The key in the user's public metadata, for `custom_attribute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Default for LoginHint {
    fn default() -> Self {
        Self {
            mode: "email_address".to_owned(),
            source: None,
        }
    }
}

resource! {
    /// A connection to an identity provider that speaks SAML.
    struct SamlConnection "saml_connection" {
        /// The id of the connection.
        id: SamlConnectionId,
        /// The name that people see.
        name: String,
        /// The first of `domains`.
        domain: String,
        /// The domains whose users sign in through it.
        domains: Vec<String>,
        /// The identity provider's entity id.
        idp_entity_id: Option<String>,
        /// Where the identity provider signs users in.
        idp_sso_url: Option<String>,
        /// The identity provider's certificate, in base64.
        idp_certificate: Option<String>,
        /// From when the certificate is valid, in ms since the epoch.
        idp_certificate_issued_at: Option<i64>,
        /// Until when the certificate is valid, in ms since the epoch.
        idp_certificate_expires_at: Option<i64>,
        /// Where the identity provider's metadata is.
        idp_metadata_url: Option<String>,
        /// The identity provider's metadata, in XML.
        idp_metadata: Option<String>,
        /// Where the identity provider sends users back.
        acs_url: String,
        /// Our entity id.
        sp_entity_id: String,
        /// Where our metadata is.
        sp_metadata_url: String,
        /// The organization that its users join.
        organization_id: Option<OrganizationId>,
        /// The names of the identity provider's attributes.
        attribute_mapping: AttributeMapping,
        /// Whether users can sign in through it.
        active: bool,
        /// Whether users can sign in through it now.
        authenticatable: bool,
        /// Whose identity provider it is.
        provider: String,
        /// How many users have signed in through it.
        user_count: u64,
        /// Whether each sign-in brings the user up to date.
        sync_user_attributes: bool,
        /// Whether subdomains of its domains count.
        allow_subdomains: bool,
        /// Whether sign-ins may begin at the identity provider.
        allow_idp_initiated: bool,
        /// Whether its users may have no other identifiers.
        disable_additional_identifications: bool,
        /// Whether being a member of the organization links accounts.
        allow_organization_account_linking: bool,
        /// Whether users must sign in anew each time.
        force_authn: bool,
        /// Whether no users are made at sign-in.
        disable_jit_provisioning: bool,
        /// What the identity provider is told about who signs in.
        login_hint: LoginHint,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What connections can be sorted by.
    enum SamlConnectionSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// Its name.
        Name = "name",
    }
}

parameters! {
    /// What is known of the identity provider.
    struct IdentityProvider {
        /// Its entity id.
        idp_entity_id: Patch<String>,
        /// Where it signs users in.
        idp_sso_url: Patch<String>,
        /// Its certificate, in base64 or PEM.
        idp_certificate: Patch<String>,
        /// Where its metadata is.
        idp_metadata_url: Patch<String>,
        /// Its metadata, in XML.
        idp_metadata: Patch<String>,
        /// The organization that its users join.
        organization_id: Patch<OrganizationId>,
        /// The names of its attributes.
        attribute_mapping: Option<AttributeMapping>,
        /// Whether users must sign in anew each time.
        force_authn: Option<bool>,
        /// What it is told about who signs in.
        login_hint: Option<LoginHint>,
    }
}
crate::endpoint::group!(IdentityProvider);

endpoints! {
    /// Lists the connections, newest first.
    GET "/v1/saml_connections" => Page<SamlConnection>,
    as SamlConnections::list(request) = "getSamlConnectionList",
    struct ListSamlConnections {
        /// Only those whose name contains this.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<SamlConnectionSort>>,
        /// Only those of these organizations; `-org_…` for all others.
        organization_id: Vec<String>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Makes a connection.
    POST "/v1/saml_connections" => SamlConnection,
    as SamlConnections::create(request) = "createSamlConnection",
    struct CreateSamlConnection {
        /// The name that people see.
        name: String,
        /// Whose identity provider it is.
        provider: SamlProvider,
        /// The domain whose users sign in through it.
        domain: Option<String>,
        /// The domains whose users sign in through it.
        domains: Option<Vec<String>>,
        /// What is known of the identity provider.
        idp: IdentityProvider,
    }

    /// Fetches a connection.
    GET "/v1/saml_connections/{saml_connection_id}" => SamlConnection,
    as SamlConnections::get(saml_connection_id: SamlConnectionId) = "getSamlConnection",
    struct GetSamlConnection {
        /// The connection.
        saml_connection_id: SamlConnectionId,
    }

    /// Changes a connection.
    PATCH "/v1/saml_connections/{saml_connection_id}" => SamlConnection,
    as SamlConnections::update(request) = "updateSamlConnection",
    struct UpdateSamlConnection {
        /// The connection.
        saml_connection_id: SamlConnectionId,
        /// The name that people see.
        name: Option<String>,
        /// The domain whose users sign in through it.
        domain: Option<String>,
        /// The domains whose users sign in through it.
        domains: Option<Vec<String>>,
        /// What is known of the identity provider.
        idp: IdentityProvider,
        /// Whether users can sign in through it.
        active: Option<bool>,
        /// Whether each sign-in brings the user up to date.
        sync_user_attributes: Option<bool>,
        /// Whether subdomains of its domains count.
        allow_subdomains: Option<bool>,
        /// Whether sign-ins may begin at the identity provider.
        allow_idp_initiated: Option<bool>,
        /// Whether its users may have no other identifiers.
        disable_additional_identifications: Option<bool>,
        /// Whether being a member of the organization links accounts.
        allow_organization_account_linking: Option<bool>,
        /// When it becomes active: whether domains are deleted with which users join
        /// organizations by themselves, and which are the connection's. Otherwise such a domain
        /// is in the way.
        consent_verified_domains_deletion: Option<bool>,
    }

    /// Deletes a connection.
    DELETE "/v1/saml_connections/{saml_connection_id}" => DeletedObject,
    as SamlConnections::delete(saml_connection_id: SamlConnectionId) = "deleteSamlConnection",
    struct DeleteSamlConnection {
        /// The connection.
        saml_connection_id: SamlConnectionId,
    }
}
