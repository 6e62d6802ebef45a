//! The instance and its settings.

use ironclerk_api::ApiError;
use ironclerk_api::instance::{
    GetInstance, GetInstanceOrganizationSettings, Instance, InstanceRestrictions,
    OrganizationSettings, UpdateInstance, UpdateInstanceOrganizationSettings,
    UpdateInstanceRestrictions,
};
use ironclerk_api::organization_domains::OrganizationEnrollmentMode;

use crate::context::{Cx, check_known};
use crate::database::Transaction;
use crate::http::Routes;
use crate::identifier::{self, check_length};
use crate::organization_domains::MOST_DOMAINS;
use crate::organization_roles::{MOST_PERMISSIONS, MOST_ROLES};
use crate::role_sets;
use crate::settings;
use crate::settings::Settings;
use crate::store::instance as store;
use crate::users::{check_values, storable};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .on(get)
        .on(update)
        .on(update_restrictions)
        .on(get_organization_settings)
        .on(update_organization_settings)
}

/// Changes settings that nobody else changes at the same time.
async fn change<T: Send + 'static>(
    cx: &Cx,
    change: impl FnOnce(&mut Transaction<'_>, &mut Settings) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    cx.database()
        .write(move |transaction| {
            store::lock(transaction)?;
            let mut settings = store::settings(transaction)?;
            let answer = change(transaction, &mut settings)?;
            store::set_settings(transaction, &settings)?;
            Ok(answer)
        })
        .await
}

async fn get(cx: Cx, _: GetInstance) -> Result<Instance, ApiError> {
    let settings = cx
        .database()
        .read(|transaction| Ok::<_, ApiError>(store::settings(transaction)?))
        .await?;
    Ok(Instance {
        id: cx.instance().id().clone(),
        environment_type: cx.instance().environment_type().to_owned(),
        allowed_origins: settings.allowed_origins,
        ..Default::default()
    })
}

async fn update(cx: Cx, request: UpdateInstance) -> Result<(), ApiError> {
    let support_email = match request.support_email.as_deref() {
        // Nobody to write to.
        Some("") => Some(None),
        Some(text) => Some(Some(identifier::email_address("support_email", text)?)),
        None => None,
    };
    let development_origin = match request.development_origin.as_deref() {
        Some("") => Some(None),
        Some(text) => Some(Some(identifier::url("development_origin", text)?)),
        None => None,
    };
    if let Some(origins) = &request.allowed_origins {
        check_values("allowed_origins", origins)?;
        for origin in origins {
            identifier::url("allowed_origins", origin)?;
        }
    }
    if let Some(version) = &request.clerk_js_version {
        check_length("clerk_js_version", version, 64)?;
    }
    let strategy = request.preferred_sign_in_strategy_when_password_required;
    if let Some(strategy) = strategy.as_deref() {
        let parameter = "preferred_sign_in_strategy_when_password_required";
        check_known(parameter, strategy, &["password", "otp", ""])?;
    }
    change(&cx, move |_, settings| {
        fn set<T>(new: Option<T>, setting: &mut T) {
            if let Some(new) = new {
                *setting = new;
            }
        }
        set(request.test_mode.map(Some), &mut settings.test_mode);
        set(request.hibp, &mut settings.hibp);
        set(
            request.enhanced_email_deliverability,
            &mut settings.enhanced_email_deliverability,
        );
        set(support_email, &mut settings.support_email);
        set(
            request
                .clerk_js_version
                .map(|version| Some(version).filter(|text| !text.is_empty())),
            &mut settings.clerk_js_version,
        );
        set(development_origin, &mut settings.development_origin);
        set(
            request.allowed_origins.map(Some),
            &mut settings.allowed_origins,
        );
        set(
            request.url_based_session_syncing.or(request.cookieless_dev),
            &mut settings.url_based_session_syncing,
        );
        set(
            strategy.map(|strategy| Some(strategy).filter(|text| !text.is_empty())),
            &mut settings.preferred_sign_in_strategy,
        );
        Ok(())
    })
    .await
}

async fn update_restrictions(
    cx: Cx,
    request: UpdateInstanceRestrictions,
) -> Result<InstanceRestrictions, ApiError> {
    change(&cx, move |_, settings| {
        let restrictions = &mut settings.restrictions;
        for (new, setting) in [
            (request.allowlist, &mut restrictions.allowlist),
            (request.blocklist, &mut restrictions.blocklist),
            (
                request.allowlist_blocklist_disabled_on_sign_in,
                &mut restrictions.allowlist_blocklist_disabled_on_sign_in,
            ),
            (
                request.block_email_subaddresses,
                &mut restrictions.block_email_subaddresses,
            ),
            (
                request.block_disposable_email_domains,
                &mut restrictions.block_disposable_email_domains,
            ),
            (
                request.ignore_dots_for_gmail_addresses,
                &mut restrictions.ignore_dots_for_gmail_addresses,
            ),
        ] {
            *setting = new.unwrap_or(*setting);
        }
        Ok(restrictions.clone())
    })
    .await
}

async fn get_organization_settings(
    cx: Cx,
    _: GetInstanceOrganizationSettings,
) -> Result<OrganizationSettings, ApiError> {
    cx.database()
        .read(|transaction| {
            let settings = store::settings(transaction)?.organizations;
            shown(transaction, settings)
        })
        .await
}

async fn update_organization_settings(
    cx: Cx,
    request: UpdateInstanceOrganizationSettings,
) -> Result<OrganizationSettings, ApiError> {
    let most_members = storable("max_allowed_memberships", request.max_allowed_memberships)?;
    for mode in request.domains_enrollment_modes.iter().flatten() {
        // Users of an enterprise connection come in whatever is set here.
        check_known(
            "domains_enrollment_modes",
            mode.as_str(),
            &OrganizationEnrollmentMode::KNOWN[..3],
        )?;
    }
    change(&cx, move |transaction, settings| {
        let organizations = &mut settings.organizations;
        role_sets::set_initial_roles(
            transaction,
            request.creator_role_id.as_ref(),
            request.domains_default_role_id.as_ref(),
        )?;
        for (new, setting) in [
            (request.enabled, &mut organizations.enabled),
            (
                request.admin_delete_enabled,
                &mut organizations.admin_delete_enabled,
            ),
            (request.domains_enabled, &mut organizations.domains_enabled),
            (request.slug_disabled, &mut organizations.slug_disabled),
        ] {
            *setting = new.unwrap_or(*setting);
        }
        if let Some(most) = most_members {
            organizations.max_allowed_memberships = most;
        }
        if let Some(modes) = request.domains_enrollment_modes {
            organizations.domains_enrollment_modes = modes;
        }
        let organizations = organizations.clone();
        shown(transaction, organizations)
    })
    .await
}

fn shown(
    transaction: &mut Transaction<'_>,
    settings: settings::OrganizationSettings,
) -> Result<OrganizationSettings, ApiError> {
    let (creator_role, domains_default_role) = role_sets::initial_roles(transaction)?;
    Ok(OrganizationSettings {
        enabled: settings.enabled,
        max_allowed_memberships: settings.max_allowed_memberships,
        max_allowed_roles: MOST_ROLES,
        max_allowed_permissions: MOST_PERMISSIONS,
        max_allowed_domains: MOST_DOMAINS,
        creator_role,
        admin_delete_enabled: settings.admin_delete_enabled,
        domains_enabled: settings.domains_enabled,
        slug_disabled: settings.slug_disabled,
        domains_enrollment_modes: settings.domains_enrollment_modes,
        domains_default_role,
        ..Default::default()
    })
}
