//! Email domains of organizations.

use ironclerk_api::id::{OrganizationDomainId, OrganizationId};
use ironclerk_api::organization_domains::{
    OrganizationDomain, OrganizationDomainSort, OrganizationDomainVerification,
};
use ironclerk_api::organizations::PublicOrganizationData;
use ironclerk_api::{Page, Sort};

use super::organizations::{PUBLIC_ORGANIZATION, read_public_organization};
use super::{Conditions, Images, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

const TABLES: &str = "organization_domains domains \
     JOIN organizations ON organizations.id = domains.organization_id";

fn columns() -> String {
    format!(
        "domains.id, domains.name, domains.enrollment_mode, domains.verified, \
         domains.ownership_strategy, domains.affiliation_email_address, domains.created_at, \
         domains.updated_at, {PUBLIC_ORGANIZATION}"
    )
}

/// Which domains are wanted.
#[derive(Default)]
pub(crate) struct Filter {
    pub organization: Option<OrganizationId>,
    pub verified: Option<bool>,
    /// With a `-` before those that are not wanted.
    pub enrollment_mode: Vec<String>,
    /// The id of an organization, or a part of the name.
    pub query: Option<String>,
    pub names: Vec<String>,
}

fn read(
    mut row: Row,
    images: &Images,
) -> Result<(OrganizationDomain, PublicOrganizationData), DatabaseError> {
    let mut domain = OrganizationDomain {
        id: row.next()?,
        name: row.next()?,
        enrollment_mode: Some(row.next::<String>()?.into()),
        ..Default::default()
    };
    let verified: bool = row.next()?;
    let verification = OrganizationDomainVerification {
        status: if verified { "verified" } else { "unverified" }.to_owned(),
        strategy: "from_api".to_owned(),
        ..Default::default()
    };
    domain.affiliation_verification = Some(verification.clone());
    domain.verification = Some(verification);
    let ownership: Option<String> = row.next()?;
    domain.ownership_verification = ownership.map(|strategy| OrganizationDomainVerification {
        status: "verified".to_owned(),
        strategy,
        ..Default::default()
    });
    domain.affiliation_email_address = row.next()?;
    domain.created_at = row.next()?;
    domain.updated_at = row.next()?;
    let organization = read_public_organization(&mut row, images)?;
    domain.organization_id = organization.id.clone();
    Ok((domain, organization))
}

/// A domain of an organization.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    id: &OrganizationDomainId,
    images: &Images,
) -> Result<Option<OrganizationDomain>, DatabaseError> {
    let columns = columns();
    let sql = format!(
        "SELECT {columns} FROM {TABLES} WHERE domains.organization_id = $1 AND domains.id = $2"
    );
    let row = transaction.query_one(sql, &[organization.into(), id.into()])?;
    row.map(|row| read(row, images).map(|(domain, _)| domain))
        .transpose()
}

/// Lists domains, each with its organization.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    filter: &Filter,
    sort: Option<Sort<OrganizationDomainSort>>,
    window: Window,
    images: &Images,
) -> Result<Page<(OrganizationDomain, PublicOrganizationData)>, DatabaseError> {
    let mut conditions = Conditions::default();
    if let Some(organization) = &filter.organization {
        conditions.equals("domains.organization_id", organization);
    }
    if let Some(verified) = filter.verified {
        conditions.equals("domains.verified", verified);
    }
    conditions.with_and_without("domains.enrollment_mode", &filter.enrollment_mode);
    conditions.one_of("domains.name", &filter.names);
    match &filter.query {
        Some(id) if id.starts_with("org_") => {
            conditions.equals("domains.organization_id", id.as_str());
        }
        Some(text) => {
            let pattern = conditions.containing(text);
            conditions.and(&format!("domains.name {pattern}"));
        }
        None => {}
    }
    let sort = sort.unwrap_or(Sort::descending(OrganizationDomainSort::CreatedAt));
    let key = match sort.key {
        OrganizationDomainSort::CreatedAt => "domains.created_at",
        OrganizationDomainSort::Name => "domains.name",
    };
    let order = order_by(key, sort.descending, "domains.id");
    let columns = columns();
    let from = (columns.as_str(), TABLES);
    conditions.page(transaction, from, &order, window, |row| read(row, images))
}

/// Whether the organization has the domain.
pub(crate) fn is_in(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    name: &str,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM organization_domains WHERE organization_id = $1 AND name = $2";
    let row = transaction.query_one(sql, &[organization.into(), name.into()])?;
    Ok(row.is_some())
}

/// Whether the domain is verified for another organization.
pub(crate) fn is_verified_elsewhere(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    name: &str,
) -> Result<bool, DatabaseError> {
    let sql = "SELECT id FROM organization_domains
         WHERE organization_id <> $1 AND name = $2 AND verified";
    let row = transaction.query_one(sql, &[organization.into(), name.into()])?;
    Ok(row.is_some())
}

/// Stores a domain, unless the organization has it, or it is verified for another.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    domain: &OrganizationDomain,
    verified: bool,
) -> Result<bool, DatabaseError> {
    let mode = domain.enrollment_mode.as_ref().map(ToString::to_string);
    let inserted = transaction.execute(
        "INSERT INTO organization_domains (id, organization_id, name, enrollment_mode, verified,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &[
            (&domain.id).into(),
            (&domain.organization_id).into(),
            (&domain.name).into(),
            mode.into(),
            verified.into(),
            domain.created_at.into(),
            domain.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores what has changed of a domain.
pub(crate) fn update(
    transaction: &mut Transaction<'_>,
    id: &OrganizationDomainId,
    enrollment_mode: Option<&str>,
    verified: Option<bool>,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organization_domains SET enrollment_mode = COALESCE($1, enrollment_mode),
             verified = COALESCE($2, verified), updated_at = $3
         WHERE id = $4",
        &[
            enrollment_mode.into(),
            verified.into(),
            now.into(),
            id.into(),
        ],
    )?;
    Ok(())
}

/// Stores how it was shown that the organization owns a domain, unless it was shown before.
pub(crate) fn set_owned(
    transaction: &mut Transaction<'_>,
    id: &OrganizationDomainId,
    strategy: &str,
    now: i64,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE organization_domains SET ownership_strategy = $1, updated_at = $2
         WHERE id = $3 AND ownership_strategy IS NULL",
        &[strategy.into(), now.into(), id.into()],
    )?;
    Ok(())
}

/// The verified domains among these by which users join organizations by themselves.
pub(crate) fn enrolling(
    transaction: &mut Transaction<'_>,
    names: &[String],
) -> Result<Vec<(OrganizationDomainId, String)>, DatabaseError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut conditions = Conditions::default();
    conditions.one_of("name", names);
    conditions.and("verified");
    conditions.and("enrollment_mode IN ('automatic_invitation', 'automatic_suggestion')");
    let (rest, values) = conditions.counting();
    let sql = format!("SELECT id, name FROM organization_domains{rest}");
    let rows = transaction.query(sql, values)?;
    rows.into_iter()
        .map(|mut row| Ok((row.next()?, row.next()?)))
        .collect()
}

/// Deletes a domain.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    id: &OrganizationDomainId,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "DELETE FROM organization_domains WHERE id = $1",
        &[id.into()],
    )?;
    Ok(())
}
