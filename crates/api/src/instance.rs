//! The instance: one environment of an application, and what it is set to.

use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, RoleId};
use crate::organization_domains::OrganizationEnrollmentMode;
use crate::value::{ObjectTag, Tagged};

resource! {
    /// An instance.
    struct Instance "instance" {
        /// The id of the instance.
        id: InstanceId,
        /// `development` or `production`.
        environment_type: String,
        /// Origins that may call the Frontend API besides those of the domains.
        allowed_origins: Option<Vec<String>>,
        /// Clerk's id of the workspace that the instance belongs to.
        workspace_id: Option<String>,
    }
}

/// Who may sign up. JavaScript: `InstanceRestrictions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceRestrictions {
    /// The kind of object: `instance_restrictions`.
    pub object: ObjectTag<InstanceRestrictions>,
    /// Whether only identifiers on the allowlist may.
    pub allowlist: bool,
    /// Whether identifiers on the blocklist may not.
    pub blocklist: bool,
    /// Whether the lists say nothing about signing in.
    pub allowlist_blocklist_disabled_on_sign_in: bool,
    /// Whether email addresses with a `+`, `=` or `#` may not.
    pub block_email_subaddresses: bool,
    /// Whether email addresses of throw-away services may not.
    pub block_disposable_email_domains: bool,
    /// Whether Gmail addresses that differ only in their dots are the same.
    pub ignore_dots_for_gmail_addresses: bool,
}

impl Tagged for InstanceRestrictions {
    const OBJECT: &'static str = "instance_restrictions";
}

/// What organizations may be and do. JavaScript: `OrganizationSettings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationSettings {
    /// The kind of object: `organization_settings`.
    pub object: ObjectTag<OrganizationSettings>,
    /// Whether there are organizations.
    pub enabled: bool,
    /// How many members an organization may have when nothing is said; 0 for no limit.
    pub max_allowed_memberships: u64,
    /// How many roles there may be.
    pub max_allowed_roles: u64,
    /// How many permissions there may be.
    pub max_allowed_permissions: u64,
    /// How many domains an organization may have.
    pub max_allowed_domains: u64,
    /// The key of the role of whoever creates an organization.
    pub creator_role: String,
    /// Whether administrators may delete their organization.
    pub admin_delete_enabled: bool,
    /// Whether organizations have email domains.
    pub domains_enabled: bool,
    /// Whether organizations have no slugs of one's choice.
    pub slug_disabled: bool,
    /// How users with an email address of a domain can come into the organization.
    pub domains_enrollment_modes: Vec<OrganizationEnrollmentMode>,
    /// The key of the role of whoever joins because of a domain.
    pub domains_default_role: String,
}

impl Tagged for OrganizationSettings {
    const OBJECT: &'static str = "organization_settings";
}

parameters! {
    /// Where the application moves.
    struct NewHome {
        /// Its new address, such as `https://www.example.com`.
        home_url: Option<String>,
        /// Whether it is a further application under a domain that has one already.
        is_secondary: Option<bool>,
    }
}
crate::endpoint::group!(NewHome);

endpoints! {
    /// Fetches the instance. JavaScript: `instance.get`.
    GET "/v1/instance" => Instance,
    struct GetInstance {}

    /// Changes settings of the instance. JavaScript: `instance.update`.
    PATCH "/v1/instance" ?no_content => (),
    struct UpdateInstance {
        /// Whether test email addresses and phone numbers are accepted.
        test_mode: Option<bool>,
        /// Whether passwords are looked up among those that are known to have leaked.
        hibp: Option<bool>,
        /// Whether mails are sent from Clerk's own domain.
        enhanced_email_deliverability: Option<bool>,
        /// Where users write when they need help.
        support_email: Option<String>,
        /// The version of clerk-js that is served.
        clerk_js_version: Option<String>,
        /// Where the application is in development.
        development_origin: Option<String>,
        /// Origins that may call the Frontend API besides those of the domains.
        allowed_origins: Option<Vec<String>>,
        /// The old name of `url_based_session_syncing`.
        cookieless_dev: Option<bool>,
        /// Whether sessions go from page to page in the address, in development.
        url_based_session_syncing: Option<bool>,
        /// What is offered first where a password is required: `password`, `otp`, or nothing.
        preferred_sign_in_strategy_when_password_required: Option<String>,
    }

    /// Changes who may sign up. JavaScript: `instance.updateRestrictions`.
    #[doc(alias = "updateRestrictions")]
    PATCH "/v1/instance/restrictions" => InstanceRestrictions,
    struct UpdateInstanceRestrictions {
        /// Whether only identifiers on the allowlist may.
        allowlist: Option<bool>,
        /// Whether identifiers on the blocklist may not.
        blocklist: Option<bool>,
        /// Whether the lists say nothing about signing in.
        allowlist_blocklist_disabled_on_sign_in: Option<bool>,
        /// Whether email addresses with a `+`, `=` or `#` may not.
        block_email_subaddresses: Option<bool>,
        /// Whether email addresses of throw-away services may not.
        block_disposable_email_domains: Option<bool>,
        /// Whether Gmail addresses that differ only in their dots are the same.
        ignore_dots_for_gmail_addresses: Option<bool>,
    }

    /// Fetches what organizations may be and do.
    GET "/v1/instance/organization_settings" => OrganizationSettings,
    struct GetInstanceOrganizationSettings {}

    /// Changes what organizations may be and do.
    /// JavaScript: `instance.updateOrganizationSettings`.
    #[doc(alias = "updateOrganizationSettings")]
    PATCH "/v1/instance/organization_settings" => OrganizationSettings,
    struct UpdateInstanceOrganizationSettings {
        /// Whether there are organizations.
        enabled: Option<bool>,
        /// How many members an organization may have when nothing is said; 0 for no limit.
        max_allowed_memberships: Option<u64>,
        /// Whether administrators may delete their organization.
        admin_delete_enabled: Option<bool>,
        /// Whether organizations have email domains.
        domains_enabled: Option<bool>,
        /// Whether organizations have no slugs of one's choice.
        slug_disabled: Option<bool>,
        /// How users with an email address of a domain can come into the organization.
        domains_enrollment_modes: Option<Vec<OrganizationEnrollmentMode>>,
        /// The role of whoever creates an organization.
        creator_role_id: Option<RoleId>,
        /// The role of whoever joins because of a domain.
        domains_default_role_id: Option<RoleId>,
    }

    /// Moves the application to another domain.
    POST "/v1/instance/change_domain" ?accepted => (),
    struct ChangeDomain {
        /// Where to.
        home: NewHome,
    }

    /// The older name of [`ChangeDomain`].
    PUT "/v1/beta_features/domain" ?accepted => (),
    struct UpdateProductionInstanceDomain {
        /// Where to.
        home: NewHome,
    }

    /// The name of [`ChangeDomain`] that SDKs call. JavaScript: `betaFeatures.changeDomain`.
    #[doc(alias = "changeDomain")]
    POST "/v1/beta_features/change_domain" ?accepted => (),
    struct ChangeDomainBeta {
        /// Where to.
        home: NewHome,
    }
}
