//! Email domains whose users may join an organization.

use crate::id::{OrganizationDomainId, OrganizationId};
use crate::organizations::PublicOrganizationData;
use crate::value::{DeletedObject, Page, Sort};

open_enum! {
    /// How users with an email address of the domain come into the organization.
    enum OrganizationEnrollmentMode {
        /// By invitation only.
        ManualInvitation = "manual_invitation",
        /// An invitation is made for each of them.
        AutomaticInvitation = "automatic_invitation",
        /// The organization is suggested to each of them.
        AutomaticSuggestion = "automatic_suggestion",
        /// When they sign in through the organization's identity provider.
        EnterpriseSso = "enterprise_sso",
    }
}

resource! {
    /// How a domain was verified. JavaScript: `OrganizationDomainVerification`.
    struct OrganizationDomainVerification {
        /// `verified` or `unverified`.
        status: String,
        /// How it was shown, such as `from_api`.
        strategy: String,
        /// How often it was tried.
        attempts: Option<u64>,
        /// Until when it can be tried, in ms since the epoch.
        expires_at: Option<i64>,
    }
}

resource! {
    /// An email domain of an organization.
    struct OrganizationDomain "organization_domain" {
        /// The id of the domain.
        id: OrganizationDomainId,
        /// The organization.
        organization_id: OrganizationId,
        /// The domain, such as `example.com`.
        name: String,
        /// How its users come into the organization.
        enrollment_mode: Option<OrganizationEnrollmentMode>,
        /// The email address by which it was shown that the organization has the domain.
        affiliation_email_address: Option<String>,
        /// Whether members of the organization have email addresses of the domain.
        affiliation_verification: Option<OrganizationDomainVerification>,
        /// Whether the organization owns the domain.
        ownership_verification: Option<OrganizationDomainVerification>,
        /// The old name of `affiliation_verification`.
        verification: Option<OrganizationDomainVerification>,
        /// How many invitations wait that were made because of it.
        total_pending_invitations: u64,
        /// How many suggestions wait that were made because of it.
        total_pending_suggestions: u64,
        /// The organization, as everybody sees it. Only in the list over all organizations.
        #[serde(skip_serializing_if = "Option::is_none")]
        public_organization_data: Option<PublicOrganizationData>,
        /// When it was added, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What domains can be sorted by.
    enum OrganizationDomainSort {
        /// When it was added.
        CreatedAt = "created_at",
        /// The domain.
        Name = "name",
    }
}

endpoints! {
    /// Lists the domains of an organization, newest first.
    GET "/v1/organizations/{organization_id}/domains" => Page<OrganizationDomain>,
    as Organizations::list_domains(request) = "getOrganizationDomainList",
    struct ListOrganizationDomains {
        /// The organization.
        organization_id: OrganizationId,
        /// Only those that are verified, or only those that are not.
        verified: Option<bool>,
        /// Only those with one of these; `-` before one for all others.
        enrollment_mode: Vec<String>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Adds a domain to an organization.
    POST "/v1/organizations/{organization_id}/domains" => OrganizationDomain,
    as Organizations::create_domain(request) = "createOrganizationDomain",
    struct CreateOrganizationDomain {
        /// The organization.
        organization_id: OrganizationId,
        /// The domain, such as `example.com`.
        name: String,
        /// How its users come into the organization; by invitation when absent.
        enrollment_mode: Option<OrganizationEnrollmentMode>,
        /// Whether it counts as verified; yes when absent.
        verified: Option<bool>,
    }

    /// Changes a domain.
    PATCH "/v1/organizations/{organization_id}/domains/{domain_id}" => OrganizationDomain,
    as Organizations::update_domain(request) = "updateOrganizationDomain",
    struct UpdateOrganizationDomain {
        /// The organization.
        organization_id: OrganizationId,
        /// The domain.
        domain_id: OrganizationDomainId,
        /// How its users come into the organization.
        enrollment_mode: Option<OrganizationEnrollmentMode>,
        /// Whether it counts as verified.
        verified: Option<bool>,
    }

    /// Removes a domain from an organization.
    DELETE "/v1/organizations/{organization_id}/domains/{domain_id}" => DeletedObject,
    as Organizations::delete_domain(organization_id: OrganizationId, domain_id: OrganizationDomainId) = "deleteOrganizationDomain",
    struct DeleteOrganizationDomain {
        /// The organization.
        organization_id: OrganizationId,
        /// The domain.
        domain_id: OrganizationDomainId,
    }

    /// States that the organization owns the domain.
    POST "/v1/organizations/{organization_id}/domains/{domain_id}/verify_ownership"
        => OrganizationDomain,
    as Organizations::verify_domain_ownership(organization_id: OrganizationId, domain_id: OrganizationDomainId),
    struct VerifyOrganizationDomainOwnership {
        /// The organization.
        organization_id: OrganizationId,
        /// The domain.
        domain_id: OrganizationDomainId,
    }

    /// Lists the domains of all organizations, newest first.
    GET "/v1/organization_domains" => Page<OrganizationDomain>,
    as Organizations::list_all_domains(request),
    struct ListInstanceOrganizationDomains {
        /// Only those of this organization.
        organization_id: Option<OrganizationId>,
        /// Only those that are verified, or only those that are not.
        verified: Option<bool>,
        /// Only those with one of these; `-` before one for all others.
        enrollment_mode: Vec<String>,
        /// Only those of the organization with this id, or whose name contains this.
        query: Option<String>,
        /// Only these.
        domains: Vec<String>,
        /// How to sort.
        order_by: Option<Sort<OrganizationDomainSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }
}
