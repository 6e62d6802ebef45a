//! Connections to identity providers that speak SAML. They are stored; the protocol is not spoken
//! yet.

use ironclerk_api::id::SamlConnectionId;
use ironclerk_api::saml_connections::{
    AttributeMapping, CreateSamlConnection, DeleteSamlConnection, GetSamlConnection,
    IdentityProvider, ListSamlConnections, LoginHint, SamlConnection, SamlConnectionSort,
    SamlProvider, UpdateSamlConnection,
};
use ironclerk_api::value::DeletedObject;
use ironclerk_api::{ApiError, ErrorCode, Page, Patch, Sort};
use serde::{Deserialize, Serialize};

use crate::context::{Cx, check_known, deleted, not_found, window};
use crate::database::Transaction;
use crate::http::Routes;
use crate::identifier::{self, check_length};
use crate::instance::Instance;
use crate::organizations;
use crate::store::documents::{self, Document};
use crate::store::{Images, organization_domains};
use crate::users::check_values;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.on(list).on(create).on(get).on(update).on(delete)
}

/// The longest certificate or metadata, in characters.
const LONGEST_DOCUMENT: usize = 256 * 1024;
/// The longest of the other texts, in characters.
const LONGEST_TEXT: usize = 2048;

impl Document for SamlConnection {
    const KIND: &'static str = "saml_connection";

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn key(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> i64 {
        self.created_at
    }
}

/// A domain that leads to a connection: to one only.
#[derive(Serialize, Deserialize)]
struct ClaimedDomain {
    id: String,
    name: String,
}

impl Document for ClaimedDomain {
    const KIND: &'static str = "saml_domain";

    fn id(&self) -> &str {
        &self.id
    }

    fn key(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> i64 {
        0
    }
}

/// Makes the domains of a connection lead to it, and no others.
fn claim_domains(
    transaction: &mut Transaction<'_>,
    connection: &SamlConnectionId,
    old: &[String],
    new: &[String],
) -> Result<(), ApiError> {
    let claim = |name: &String| ClaimedDomain {
        id: format!("{connection}/{name}"),
        name: name.clone(),
    };
    for name in old {
        documents::delete::<ClaimedDomain>(transaction, &claim(name).id)?;
    }
    for name in new {
        if !documents::insert(transaction, &claim(name))? {
            return Err(ErrorCode::FormIdentifierExists.for_parameter(
                "domain",
                format!("{name} leads to another connection already."),
            ));
        }
    }
    Ok(())
}

/// A connection with the addresses that follow from the instance.
fn complete(instance: &Instance, mut connection: SamlConnection) -> SamlConnection {
    let base = format!("{}/v1/saml", instance.issuer());
    let id = &connection.id;
    connection.acs_url = format!("{base}/acs/{id}");
    connection.sp_entity_id = format!("{base}/{id}");
    connection.sp_metadata_url = format!("{base}/metadata/{id}.xml");
    connection.domain = connection.domains.first().cloned().unwrap_or_default();
    connection.authenticatable = connection.active;
    connection
}

/// The domains that are given, in either form.
fn given_domains(
    domain: Option<String>,
    domains: Option<Vec<String>>,
) -> Result<Option<Vec<String>>, ApiError> {
    let Some(given) = domains.or_else(|| domain.map(|domain| vec![domain])) else {
        return Ok(None);
    };
    check_values("domains", &given)?;
    let mut names = Vec::with_capacity(given.len());
    for text in given {
        let name = identifier::domain("domain", &text)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Some(names))
}

/// Puts what is given of the identity provider into a connection.
fn apply(
    transaction: &mut Transaction<'_>,
    connection: &mut SamlConnection,
    idp: IdentityProvider,
    images: &Images,
) -> Result<(), ApiError> {
    for (parameter, new, setting, longest) in [
        (
            "idp_entity_id",
            idp.idp_entity_id,
            &mut connection.idp_entity_id,
            LONGEST_TEXT,
        ),
        (
            "idp_sso_url",
            idp.idp_sso_url,
            &mut connection.idp_sso_url,
            LONGEST_TEXT,
        ),
        (
            "idp_certificate",
            idp.idp_certificate,
            &mut connection.idp_certificate,
            LONGEST_DOCUMENT,
        ),
        (
            "idp_metadata_url",
            idp.idp_metadata_url,
            &mut connection.idp_metadata_url,
            LONGEST_TEXT,
        ),
        (
            "idp_metadata",
            idp.idp_metadata,
            &mut connection.idp_metadata,
            LONGEST_DOCUMENT,
        ),
    ] {
        if let Patch::Set(text) = &new {
            check_length(parameter, text, longest)?;
            if parameter.ends_with("_url") && !text.is_empty() {
                identifier::url(parameter, text)?;
            }
        }
        new.apply(setting);
        if setting.as_deref() == Some("") {
            *setting = None;
        }
    }
    if let Patch::Set(organization) = &idp.organization_id {
        organizations::find(transaction, organization, images)?;
    }
    idp.organization_id.apply(&mut connection.organization_id);
    if let Some(mapping) = idp.attribute_mapping {
        let AttributeMapping {
            user_id,
            email_address,
            first_name,
            last_name,
        } = &mapping;
        for text in [user_id, email_address, first_name, last_name] {
            check_length("attribute_mapping", text, 256)?;
        }
        connection.attribute_mapping = mapping;
    }
    if let Some(hint) = idp.login_hint {
        check_known(
            "login_hint",
            &hint.mode,
            &["email_address", "custom_attribute", "off"],
        )?;
        let needs_source = hint.mode == "custom_attribute";
        if needs_source != hint.source.is_some() {
            return Err(ErrorCode::FormParameterValueInvalid.for_parameter(
                "login_hint",
                "login_hint needs a source for the mode custom_attribute, and for no other.",
            ));
        }
        connection.login_hint = hint;
    }
    connection.force_authn = idp.force_authn.unwrap_or(connection.force_authn);
    Ok(())
}

async fn list(cx: Cx, request: ListSamlConnections) -> Result<Page<SamlConnection>, ApiError> {
    let window = window(request.limit, request.offset)?;
    check_values("organization_id", &request.organization_id)?;
    let state = cx.state.clone();
    cx.database()
        .scan(move |transaction| {
            let mut found = documents::all::<SamlConnection>(transaction)?;
            found.retain(|connection| is_wanted(connection, &request));
            let sort = request
                .order_by
                .unwrap_or(Sort::descending(SamlConnectionSort::CreatedAt));
            if sort.key == SamlConnectionSort::Name {
                found.sort_by(|one, other| one.name.cmp(&other.name));
            }
            if sort.descending {
                found.reverse();
            }
            Ok(Page {
                total_count: found.len() as u64,
                data: found
                    .into_iter()
                    .skip(window.offset as usize)
                    .take(window.limit as usize)
                    .map(|connection| complete(&state.instance, connection))
                    .collect(),
            })
        })
        .await
}

fn is_wanted(connection: &SamlConnection, request: &ListSamlConnections) -> bool {
    let contains = |text: &String| {
        connection
            .name
            .to_lowercase()
            .contains(&text.to_lowercase())
    };
    let organization = connection.organization_id.as_ref().map(|id| id.as_str());
    let (without, with): (Vec<_>, Vec<_>) = request
        .organization_id
        .iter()
        .partition(|id| id.starts_with('-'));
    let is_one_of = |ids: &[&String]| {
        ids.iter()
            .any(|id| Some(id.trim_start_matches(['+', '-', ' '])) == organization)
    };
    request.query.as_ref().is_none_or(contains)
        && (with.is_empty() || is_one_of(&with))
        && !is_one_of(&without)
}

async fn create(cx: Cx, request: CreateSamlConnection) -> Result<SamlConnection, ApiError> {
    check_known("provider", request.provider.as_str(), SamlProvider::KNOWN)?;
    let mut connection = SamlConnection {
        id: cx.new_id()?,
        name: identifier::name("name", &request.name)?,
        domains: given_domains(request.domain, request.domains)?.unwrap_or_default(),
        provider: request.provider.to_string(),
        attribute_mapping: AttributeMapping {
            user_id: "id".to_owned(),
            email_address: "mail".to_owned(),
            first_name: "firstName".to_owned(),
            last_name: "lastName".to_owned(),
        },
        sync_user_attributes: true,
        login_hint: LoginHint::default(),
        created_at: cx.now,
        updated_at: cx.now,
        ..Default::default()
    };
    if connection.domains.is_empty() {
        return Err(ErrorCode::FormParameterMissing.for_parameter("domains", "domains is missing."));
    }
    let (state, images) = (cx.state.clone(), cx.images());
    cx.database()
        .write(move |transaction| {
            apply(transaction, &mut connection, request.idp, &images)?;
            claim_domains(transaction, &connection.id, &[], &connection.domains)?;
            documents::insert(transaction, &connection)?;
            Ok(complete(&state.instance, connection))
        })
        .await
}

async fn get(cx: Cx, request: GetSamlConnection) -> Result<SamlConnection, ApiError> {
    let state = cx.state.clone();
    cx.database()
        .read(move |transaction| {
            let id = request.saml_connection_id;
            let connection =
                documents::get(transaction, id.as_str())?.ok_or_else(|| no_connection(&id))?;
            Ok(complete(&state.instance, connection))
        })
        .await
}

async fn update(cx: Cx, request: UpdateSamlConnection) -> Result<SamlConnection, ApiError> {
    let name = request
        .name
        .map(|name| identifier::name("name", &name))
        .transpose()?;
    let domains = given_domains(request.domain, request.domains)?;
    let (state, images, now) = (cx.state.clone(), cx.images(), cx.now);
    cx.database()
        .write(move |transaction| {
            let id = request.saml_connection_id;
            let mut connection: SamlConnection =
                documents::get_to_change(transaction, id.as_str())?
                    .ok_or_else(|| no_connection(&id))?;
            apply(transaction, &mut connection, request.idp, &images)?;
            connection.name = name.unwrap_or(connection.name);
            if let Some(domains) = domains {
                claim_domains(transaction, &id, &connection.domains, &domains)?;
                connection.domains = domains;
            }
            let was_active = connection.active;
            for (new, setting) in [
                (request.active, &mut connection.active),
                (
                    request.sync_user_attributes,
                    &mut connection.sync_user_attributes,
                ),
                (request.allow_subdomains, &mut connection.allow_subdomains),
                (
                    request.allow_idp_initiated,
                    &mut connection.allow_idp_initiated,
                ),
                (
                    request.disable_additional_identifications,
                    &mut connection.disable_additional_identifications,
                ),
                (
                    request.allow_organization_account_linking,
                    &mut connection.allow_organization_account_linking,
                ),
            ] {
                *setting = new.unwrap_or(*setting);
            }
            check_can_be_active(&connection)?;
            if connection.active && !was_active {
                let may_delete = request.consent_verified_domains_deletion == Some(true);
                take_over_domains(transaction, &connection.domains, may_delete)?;
            }
            connection.updated_at = now;
            documents::update(transaction, &connection)?;
            Ok(complete(&state.instance, connection))
        })
        .await
}

/// Deletes the domains by which users join organizations by themselves, and whose users will sign
/// in through a connection, or refuses to go on with them.
fn take_over_domains(
    transaction: &mut Transaction<'_>,
    domains: &[String],
    may_delete: bool,
) -> Result<(), ApiError> {
    for (id, name) in organization_domains::enrolling(transaction, domains)? {
        if !may_delete {
            return Err(
                ErrorCode::OrganizationDomainExistsForEnterpriseConnection.because(format!(
                    "Users with addresses of {name} join an organization because of this domain. With consent_verified_domains_deletion it is deleted."
                )),
            );
        }
        organization_domains::delete(transaction, &id)?;
    }
    Ok(())
}

/// Refuses a connection that is active although nobody could sign in through it.
fn check_can_be_active(connection: &SamlConnection) -> Result<(), ApiError> {
    let has_metadata = connection.idp_metadata.is_some() || connection.idp_metadata_url.is_some();
    let has_parts = connection.idp_entity_id.is_some()
        && connection.idp_sso_url.is_some()
        && connection.idp_certificate.is_some();
    if connection.active && !has_metadata && !has_parts {
        return Err(ErrorCode::SamlConnectionCannotBeActivated.because(
            "A connection needs idp_entity_id, idp_sso_url and idp_certificate, or the metadata, before it can be active.",
        ));
    }
    Ok(())
}

async fn delete(cx: Cx, request: DeleteSamlConnection) -> Result<DeletedObject, ApiError> {
    cx.database()
        .write(move |transaction| {
            let id = request.saml_connection_id;
            let connection: SamlConnection =
                documents::get(transaction, id.as_str())?.ok_or_else(|| no_connection(&id))?;
            claim_domains(transaction, &id, &connection.domains, &[])?;
            documents::delete::<SamlConnection>(transaction, id.as_str())?;
            Ok(deleted("saml_connection", id))
        })
        .await
}

fn no_connection(id: &SamlConnectionId) -> ApiError {
    not_found("SAML connection", id)
}
