//! The instance: one environment of an application, and what it is set to.

use crate::id::{InstanceId, RoleId};
use crate::organization_domains::OrganizationEnrollmentMode;

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

resource! {
    /// What an instance is set to, as older versions told it. JavaScript: `InstanceSettings`.
    struct InstanceSettings "instance_settings" {
        /// Whether only identifiers on the allowlist may sign up.
        restricted_to_allowlist: bool,
        /// The id of the settings.
        id: Option<String>,
        /// Before the `@` of the address that mails come from.
        from_email_address: String,
        /// Whether users sign up step by step.
        progressive_sign_up: bool,
        /// Whether mails of Clerk's own domain are sent where those of the instance do not arrive.
        enhanced_email_deliverability: bool,
    }
}

resource! {
    /// Who may sign up. JavaScript: `InstanceRestrictions`.
    struct InstanceRestrictions "instance_restrictions" {
        /// Whether only identifiers on the allowlist may.
        allowlist: bool,
        /// Whether identifiers on the blocklist may not.
        blocklist: bool,
        /// Whether the lists say nothing about signing in.
        allowlist_blocklist_disabled_on_sign_in: bool,
        /// Whether email addresses with a `+`, `=` or `#` may not.
        block_email_subaddresses: bool,
        /// Whether email addresses of throw-away services may not.
        block_disposable_email_domains: bool,
        /// Whether Gmail addresses that differ only in their dots are the same.
        ignore_dots_for_gmail_addresses: bool,
    }
}

resource! {
    /// What organizations may be and do. JavaScript: `OrganizationSettings`.
    struct OrganizationSettings "organization_settings" {
        /// Whether there are organizations.
        enabled: bool,
        /// How many members an organization may have when nothing is said; 0 for no limit.
        max_allowed_memberships: u64,
        /// How many roles there may be.
        max_allowed_roles: u64,
        /// How many permissions there may be.
        max_allowed_permissions: u64,
        /// How many domains an organization may have.
        max_allowed_domains: u64,
        /// The key of the role of whoever creates an organization.
        creator_role: String,
        /// Whether administrators may delete their organization.
        admin_delete_enabled: bool,
        /// Whether organizations have email domains.
        domains_enabled: bool,
        /// Whether organizations have no slugs of one's choice.
        slug_disabled: bool,
        /// How users with an email address of a domain can come into the organization.
        domains_enrollment_modes: Vec<OrganizationEnrollmentMode>,
        /// The key of the role of whoever joins because of a domain.
        domains_default_role: String,
    }
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
    /// Fetches the instance.
    GET "/v1/instance" => Instance,
    as Instance::get() = "get",
    struct GetInstance {}

    /// Changes settings of the instance.
    PATCH "/v1/instance" ?no_content => (),
    as Instance::update(request) = "update",
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

    /// Changes who may sign up.
    PATCH "/v1/instance/restrictions" => InstanceRestrictions,
    as Instance::update_restrictions(request) = "updateRestrictions",
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
    as Instance::get_organization_settings(),
    struct GetInstanceOrganizationSettings {}

    /// Changes what organizations may be and do.
    PATCH "/v1/instance/organization_settings" => OrganizationSettings,
    as Instance::update_organization_settings(request) = "updateOrganizationSettings",
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
    as Instance::change_domain(request),
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

    /// The name of [`ChangeDomain`] that SDKs call.
    POST "/v1/beta_features/change_domain" ?accepted => (),
    as BetaFeatures::change_domain(request) = "changeDomain",
    struct ChangeDomainBeta {
        /// Where to.
        home: NewHome,
    }
}
