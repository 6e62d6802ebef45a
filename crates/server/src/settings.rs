//! What an instance is set to, and what it is when nothing was set: Clerk's own defaults, with
//! organizations and their domains turned on.

use ironclerk_api::ApiError;
use ironclerk_api::ErrorCode;
use ironclerk_api::instance::InstanceRestrictions;
use ironclerk_api::organization_domains::OrganizationEnrollmentMode;
use serde::{Deserialize, Serialize};

use crate::database::Transaction;
use crate::seed::SeedMark;
use crate::store::instance as store;

/// The settings of an instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub organizations: OrganizationSettings,
    pub restrictions: InstanceRestrictions,
    /// Whether test email addresses and phone numbers are accepted; when nothing was set, in
    /// development only.
    pub test_mode: Option<bool>,
    /// Whether passwords are looked up among those that are known to have leaked.
    pub hibp: bool,
    pub enhanced_email_deliverability: bool,
    pub support_email: Option<String>,
    pub clerk_js_version: Option<String>,
    pub development_origin: Option<String>,
    pub allowed_origins: Option<Vec<String>>,
    pub url_based_session_syncing: bool,
    pub preferred_sign_in_strategy: Option<String>,
    /// The seed that the instance was made from.
    pub seed: Option<SeedMark>,
    /// The id of what sends the webhooks of the instance, when it sends any.
    pub webhooks: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organizations: OrganizationSettings::default(),
            restrictions: InstanceRestrictions::default(),
            test_mode: None,
            hibp: true,
            enhanced_email_deliverability: false,
            support_email: None,
            clerk_js_version: None,
            development_origin: None,
            allowed_origins: None,
            url_based_session_syncing: true,
            preferred_sign_in_strategy: None,
            seed: None,
            webhooks: None,
        }
    }
}

/// What organizations may be and do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OrganizationSettings {
    pub enabled: bool,
    /// How many members an organization may have when nothing is said; 0 for no limit.
    pub max_allowed_memberships: u64,
    pub admin_delete_enabled: bool,
    /// The creator's role of the initial role set, in databases that have no role sets yet.
    #[serde(skip_serializing)]
    pub creator_role: String,
    pub domains_enabled: bool,
    pub domains_enrollment_modes: Vec<OrganizationEnrollmentMode>,
    /// The default role of the initial role set, in databases that have no role sets yet.
    #[serde(skip_serializing)]
    pub domains_default_role: String,
    /// Whether organizations have no slugs that a caller may choose.
    pub slug_disabled: bool,
}

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            max_allowed_memberships: 5,
            admin_delete_enabled: true,
            creator_role: "org:admin".to_owned(),
            domains_enabled: true,
            domains_enrollment_modes: vec![
                OrganizationEnrollmentMode::ManualInvitation,
                OrganizationEnrollmentMode::AutomaticInvitation,
                OrganizationEnrollmentMode::AutomaticSuggestion,
            ],
            domains_default_role: "org:member".to_owned(),
            slug_disabled: false,
        }
    }
}

impl OrganizationSettings {
    /// The settings, unless the instance has no organizations.
    pub(crate) fn require(transaction: &mut Transaction<'_>) -> Result<Self, ApiError> {
        let settings = store::settings(transaction)?.organizations;
        if !settings.enabled {
            return Err(ErrorCode::OrganizationNotEnabledInInstance
                .because("Organizations are turned off in the settings of this instance."));
        }
        Ok(settings)
    }
}
