//! Email domains whose users may join an organization.

use ironclerk_api::id::{OrganizationDomainId, OrganizationId};
use ironclerk_api::organization_domains::{
    CreateOrganizationDomain, DeleteOrganizationDomain, ListInstanceOrganizationDomains,
    ListOrganizationDomains, OrganizationDomain, OrganizationEnrollmentMode,
    UpdateOrganizationDomain, VerifyOrganizationDomainOwnership,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page};

use crate::context::{Cx, check_known, deleted, not_found, window};
use crate::database::{DatabaseError, Transaction};
use crate::http::Routes;
use crate::identifier;
use crate::organizations::find;
use crate::settings::OrganizationSettings;
use crate::store::Images;
use crate::store::Window;
use crate::store::organization_domains::{self as store, Filter};
use crate::store::organizations;
use crate::users::check_values;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(list)
        .on(create)
        .on(update)
        .on(delete)
        .on(verify_ownership)
        .on(list_of_instance)
}

/// How many domains an organization has at the most.
pub(crate) const MOST_DOMAINS: u64 = 10;

/// Domains under which everybody can have an email address.
const COMMON: &[&str] = &[
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "web.de",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "163.com",
];

async fn list(
    cx: Cx,
    request: ListOrganizationDomains,
) -> Result<Page<OrganizationDomain>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_modes(&request.enrollment_mode)?;
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let filter = Filter {
                organization: Some(organization),
                verified: request.verified,
                enrollment_mode: request.enrollment_mode,
                ..Default::default()
            };
            let page = store::list(transaction, &filter, None, window, &images)?;
            Ok(page.map(|(domain, _)| domain))
        })
        .await
}

async fn list_of_instance(
    cx: Cx,
    request: ListInstanceOrganizationDomains,
) -> Result<Page<OrganizationDomain>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_modes(&request.enrollment_mode)?;
    check_values("domains", &request.domains)?;
    if request
        .query
        .as_deref()
        .is_some_and(|query| query.trim().is_empty())
    {
        return Err(
            ErrorCode::FormParameterValueInvalid.for_parameter("query", "query must not be empty.")
        );
    }
    let filter = Filter {
        organization: request.organization_id,
        verified: request.verified,
        enrollment_mode: request.enrollment_mode,
        query: request.query,
        names: request
            .domains
            .iter()
            .map(|name| name.to_lowercase())
            .collect(),
    };
    let images = cx.images();
    cx.database()
        .scan(move |transaction| {
            OrganizationSettings::require(transaction)?;
            let page = store::list(transaction, &filter, request.order_by, window, &images)?;
            Ok(page.map(|(mut domain, organization)| {
                domain.public_organization_data = Some(organization);
                domain
            }))
        })
        .await
}

fn check_modes(modes: &[String]) -> Result<(), ApiError> {
    check_values("enrollment_mode", modes)?;
    modes.iter().try_for_each(|mode| {
        let mode = mode.trim_start_matches('-');
        check_known("enrollment_mode", mode, OrganizationEnrollmentMode::KNOWN)
    })
}

/// Refuses an enrollment mode that does not exist, or that the instance does not have.
fn check_mode(
    settings: &OrganizationSettings,
    mode: &OrganizationEnrollmentMode,
) -> Result<(), ApiError> {
    check_known(
        "enrollment_mode",
        mode.as_str(),
        OrganizationEnrollmentMode::KNOWN,
    )?;
    let is_always_there = matches!(
        mode,
        OrganizationEnrollmentMode::ManualInvitation | OrganizationEnrollmentMode::EnterpriseSso
    );
    if is_always_there || settings.domains_enrollment_modes.contains(mode) {
        return Ok(());
    }
    Err(
        ErrorCode::OrganizationDomainEnrollmentModeNotEnabled.for_parameter(
            "enrollment_mode",
            format!("The enrollment mode {mode} is turned off in the settings of this instance."),
        ),
    )
}

/// The settings, unless the instance has no domains of organizations.
fn require_domains(transaction: &mut Transaction<'_>) -> Result<OrganizationSettings, ApiError> {
    let settings = OrganizationSettings::require(transaction)?;
    if !settings.domains_enabled {
        return Err(ErrorCode::OrganizationDomainsNotEnabled
            .because("Domains of organizations are turned off in the settings of this instance."));
    }
    Ok(settings)
}

async fn create(cx: Cx, request: CreateOrganizationDomain) -> Result<OrganizationDomain, ApiError> {
    let name = identifier::domain("name", &request.name)?;
    if COMMON.contains(&name.as_str()) {
        return Err(ErrorCode::OrganizationDomainCommon.for_parameter(
            "name",
            format!("Everybody can have an email address of {name}."),
        ));
    }
    let mode = request
        .enrollment_mode
        .unwrap_or(OrganizationEnrollmentMode::ManualInvitation);
    let domain = OrganizationDomain {
        id: cx.new_id()?,
        name,
        enrollment_mode: Some(mode.clone()),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            check_mode(&require_domains(transaction)?, &mode)?;
            let organization = find(transaction, &request.organization_id, &images)?.id;
            // Counting domains and adding one must not be done by two at once.
            organizations::lock(transaction, &organization)?;
            let domain = OrganizationDomain {
                organization_id: organization.clone(),
                ..domain
            };
            let filter = Filter {
                organization: Some(organization.clone()),
                ..Default::default()
            };
            let all = store::list(transaction, &filter, None, Window::NONE, &images)?;
            if all.total_count >= MOST_DOMAINS {
                return Err(ErrorCode::OrganizationDomainQuotaExceeded.because(format!(
                    "An organization may have {MOST_DOMAINS} domains at the most."
                )));
            }
            let verified = request.verified.unwrap_or(true);
            if !store::insert(transaction, &domain, verified)? {
                check_is_free(transaction, &organization, &domain.name)?;
                return Err(DatabaseError::Unique(None).into());
            }
            let domain = find_domain(transaction, &organization, &domain.id, &images)?;
            Ok(events.about(transaction, "organizationDomain.created", domain)?)
        })
        .await
}

fn check_is_free(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    name: &str,
) -> Result<(), ApiError> {
    if store::is_in(transaction, organization, name)? {
        return Err(
            ErrorCode::OrganizationDomainAlreadyExistsSameOrganization.for_parameter(
                "name",
                format!("The organization has the domain {name} already."),
            ),
        );
    }
    check_is_not_verified_elsewhere(transaction, organization, name)
}

fn check_is_not_verified_elsewhere(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    name: &str,
) -> Result<(), ApiError> {
    if store::is_verified_elsewhere(transaction, organization, name)? {
        return Err(ErrorCode::OrganizationDomainAlreadyExists.for_parameter(
            "name",
            format!("The domain {name} is verified for another organization."),
        ));
    }
    Ok(())
}

async fn update(cx: Cx, request: UpdateOrganizationDomain) -> Result<OrganizationDomain, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            let settings = require_domains(transaction)?;
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let id = request.domain_id;
            let domain = find_domain(transaction, &organization, &id, &images)?;
            if let Some(mode) = &request.enrollment_mode {
                check_mode(&settings, mode)?;
            }
            if request.verified == Some(true) {
                check_is_not_verified_elsewhere(transaction, &organization, &domain.name)?;
            }
            let mode = request.enrollment_mode.as_ref().map(|mode| mode.as_str());
            store::update(transaction, &id, mode, request.verified, now)?;
            let domain = find_domain(transaction, &organization, &id, &images)?;
            Ok(events.about(transaction, "organizationDomain.updated", domain)?)
        })
        .await
}

async fn delete(cx: Cx, request: DeleteOrganizationDomain) -> Result<DeletedObject, ApiError> {
    let (images, events) = (cx.images(), cx.events());
    cx.database()
        .write(move |transaction| {
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let domain = find_domain(transaction, &organization, &request.domain_id, &images)?;
            store::delete(transaction, &domain.id)?;
            let left = deleted("organization_domain", domain.id);
            Ok(events.about(transaction, "organizationDomain.deleted", left)?)
        })
        .await
}

async fn verify_ownership(
    cx: Cx,
    request: VerifyOrganizationDomainOwnership,
) -> Result<OrganizationDomain, ApiError> {
    let (images, now, events) = (cx.images(), cx.now, cx.events());
    cx.database()
        .write(move |transaction| {
            require_domains(transaction)?;
            let organization = find(transaction, &request.organization_id, &images)?.id;
            let id = request.domain_id;
            find_domain(transaction, &organization, &id, &images)?;
            store::set_owned(transaction, &id, "manual_override", now)?;
            let domain = find_domain(transaction, &organization, &id, &images)?;
            Ok(events.about(transaction, "organizationDomain.updated", domain)?)
        })
        .await
}

fn find_domain(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    id: &OrganizationDomainId,
    images: &Images,
) -> Result<OrganizationDomain, ApiError> {
    store::get(transaction, organization, id, images)?.ok_or_else(|| not_found("domain", id))
}
