//! Invitations to join organizations.

use ironclerk_api::id::{OrganizationId, OrganizationInvitationId, UserId};
use ironclerk_api::organization_invitations::{
    OrganizationInvitation, OrganizationInvitationSort, OrganizationInvitationStatus,
};
use ironclerk_api::organizations::PublicOrganizationData;
use ironclerk_api::{Page, Sort};

use super::organizations::{PUBLIC_ORGANIZATION, read_public_organization};
use super::users::{PUBLIC_USER, read_public_user};
use super::{Conditions, Images, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

const COLUMNS: &str = "invitations.id, invitations.email_address, invitations.role, roles.name, \
     invitations.inviter_id, invitations.status, invitations.public_metadata, \
     invitations.private_metadata, invitations.url, invitations.expires_at, \
     invitations.created_at, invitations.updated_at";

const TABLES: &str = "organization_invitations invitations \
     JOIN organizations ON organizations.id = invitations.organization_id \
     LEFT JOIN organization_roles roles ON roles.key = invitations.role \
     LEFT JOIN users ON users.id = invitations.inviter_id";

fn columns() -> String {
    format!("{COLUMNS}, {PUBLIC_ORGANIZATION}, {PUBLIC_USER}")
}

/// Which invitations are wanted.
#[derive(Default)]
pub(crate) struct Filter {
    pub organization: Option<OrganizationId>,
    /// Those sent to a verified email address of this user.
    pub invited: Option<UserId>,
    pub status: Vec<OrganizationInvitationStatus>,
    pub email_address: Option<String>,
    /// A part of the email address.
    pub query: Option<String>,
}

fn read(
    mut row: Row,
    now: i64,
    images: &Images,
) -> Result<(OrganizationInvitation, PublicOrganizationData), DatabaseError> {
    let mut invitation = OrganizationInvitation {
        id: row.next()?,
        email_address: row.next()?,
        role: row.next()?,
        role_name: row.next::<Option<String>>()?.unwrap_or_default(),
        inviter_id: row.next()?,
        status: Some(row.next::<String>()?.into()),
        public_metadata: row.next()?,
        private_metadata: row.next()?,
        url: row.next()?,
        expires_at: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
        ..Default::default()
    };
    let is_over = invitation.expires_at.is_some_and(|end| end <= now);
    if is_over && invitation.status == Some(OrganizationInvitationStatus::Pending) {
        invitation.status = Some(OrganizationInvitationStatus::Expired);
    }
    if invitation.status != Some(OrganizationInvitationStatus::Pending) {
        invitation.url = None;
    }
    let organization = read_public_organization(&mut row, images)?;
    invitation.organization_id = organization.id.clone();
    invitation.public_inviter_data = read_public_user(&mut row, images)?;
    Ok((invitation, organization))
}

/// An invitation of an organization.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    id: &OrganizationInvitationId,
    now: i64,
    images: &Images,
) -> Result<Option<OrganizationInvitation>, DatabaseError> {
    let columns = columns();
    let sql = format!(
        "SELECT {columns} FROM {TABLES} WHERE invitations.organization_id = $1 AND invitations.id = $2"
    );
    let row = transaction.query_one(sql, &[organization.into(), id.into()])?;
    row.map(|row| read(row, now, images).map(|(invitation, _)| invitation))
        .transpose()
}

/// Lists invitations, each with its organization.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    filter: &Filter,
    sort: Option<Sort<OrganizationInvitationSort>>,
    window: Window,
    now: i64,
    images: &Images,
) -> Result<Page<(OrganizationInvitation, PublicOrganizationData)>, DatabaseError> {
    let mut conditions = Conditions::default();
    if let Some(organization) = &filter.organization {
        conditions.equals("invitations.organization_id", organization);
    }
    if let Some(user) = &filter.invited {
        let user = conditions.value(user);
        conditions.and(&format!(
            "invitations.email_address IN (SELECT value FROM identifications
                 WHERE user_id = {user} AND kind = 'email_address' AND verified)"
        ));
    }
    if !filter.status.is_empty() {
        let now = conditions.value(now);
        let status: Vec<_> = filter.status.iter().map(ToString::to_string).collect();
        let status = conditions.list(&status);
        conditions.and(&format!(
            "CASE WHEN invitations.status = 'pending' AND invitations.expires_at <= {now} \
             THEN 'expired' ELSE invitations.status END IN ({status})"
        ));
    }
    if let Some(address) = &filter.email_address {
        conditions.equals("invitations.email_address", address.to_lowercase());
    }
    if let Some(text) = &filter.query {
        let pattern = conditions.containing(text);
        conditions.and(&format!("invitations.email_address {pattern}"));
    }
    let sort = sort.unwrap_or(Sort::descending(OrganizationInvitationSort::CreatedAt));
    let key = match sort.key {
        OrganizationInvitationSort::CreatedAt => "invitations.created_at",
        OrganizationInvitationSort::EmailAddress => "invitations.email_address",
    };
    let order = order_by(key, sort.descending, "invitations.id");
    let columns = columns();
    let from = (columns.as_str(), TABLES);
    conditions.page(transaction, from, &order, window, |row| {
        read(row, now, images)
    })
}

/// How many invitations of an organization wait for an answer.
pub(crate) fn count_pending(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    now: i64,
) -> Result<u64, DatabaseError> {
    let row = transaction.query_one(
        "SELECT count(*) FROM organization_invitations
         WHERE organization_id = $1 AND status = 'pending' AND expires_at > $2",
        &[organization.into(), now.into()],
    )?;
    row.map_or(Ok(0), |mut row| row.next())
}

/// Stores an invitation, unless one to the same address waits for an answer.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    organization: &OrganizationId,
    invitation: &OrganizationInvitation,
) -> Result<bool, DatabaseError> {
    // One whose time is over stands in nobody's way.
    transaction.execute(
        "UPDATE organization_invitations SET status = 'expired'
         WHERE organization_id = $1 AND email_address = $2 AND status = 'pending'
             AND expires_at <= $3",
        &[
            organization.into(),
            (&invitation.email_address).into(),
            invitation.created_at.into(),
        ],
    )?;
    let inserted = transaction.execute(
        "INSERT INTO organization_invitations (id, organization_id, email_address, role,
             inviter_id, status, public_metadata, private_metadata, url, expires_at, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, $11)
         ON CONFLICT DO NOTHING",
        &[
            (&invitation.id).into(),
            organization.into(),
            (&invitation.email_address).into(),
            (&invitation.role).into(),
            invitation.inviter_id.as_ref().into(),
            (&invitation.public_metadata).into(),
            (&invitation.private_metadata).into(),
            invitation.url.as_deref().unwrap_or_default().into(),
            invitation.expires_at.into(),
            invitation.created_at.into(),
            invitation.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Takes an invitation back, if it waits for an answer, and tells whether it did.
pub(crate) fn revoke(
    transaction: &mut Transaction<'_>,
    id: &OrganizationInvitationId,
    now: i64,
) -> Result<bool, DatabaseError> {
    let revoked = transaction.execute(
        "UPDATE organization_invitations SET status = 'revoked', updated_at = $1
         WHERE id = $2 AND status = 'pending' AND expires_at > $3",
        &[now.into(), id.into(), now.into()],
    )?;
    Ok(revoked > 0)
}
