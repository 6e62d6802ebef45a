//! Invitations to sign up.

use ironclerk_api::id::InvitationId;
use ironclerk_api::invitations::{Invitation, InvitationSort, InvitationStatus};
use ironclerk_api::{Page, Sort};

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

/// The status at a moment: time ends an invitation without anybody writing it down.
const STATUS: &str = "CASE WHEN status <> 'pending' THEN status \
     WHEN expires_at <= {now} THEN 'expired' ELSE 'pending' END";

/// An invitation, and where its link leads in the end.
pub(crate) struct StoredInvitation {
    pub invitation: Invitation,
    pub redirect_url: Option<String>,
}

fn columns(now: &str) -> String {
    format!(
        "id, {}, email_address, public_metadata, redirect_url, expires_at, created_at, updated_at",
        STATUS.replace("{now}", now)
    )
}

fn read(mut row: Row) -> Result<StoredInvitation, DatabaseError> {
    let id = row.next()?;
    let status: InvitationStatus = row.next::<String>()?.into();
    let email_address = row.next()?;
    let public_metadata = row.next()?;
    let redirect_url = row.next()?;
    Ok(StoredInvitation {
        redirect_url,
        invitation: Invitation {
            id,
            revoked: Some(status == InvitationStatus::Revoked),
            status: Some(status),
            email_address,
            public_metadata,
            expires_at: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
            ..Default::default()
        },
    })
}

/// Stores an invitation. One that must be the only one to its address is not stored while there is
/// another.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    stored: &StoredInvitation,
    must_be_only: bool,
    now: i64,
) -> Result<bool, DatabaseError> {
    let invitation = &stored.invitation;
    // Whose time is over stands in nobody's way.
    transaction.execute(
        "UPDATE invitations SET only_to = NULL WHERE only_to = $1 AND expires_at <= $2",
        &[(&invitation.email_address).into(), now.into()],
    )?;
    let inserted = transaction.execute(
        "INSERT INTO invitations (id, email_address, only_to, public_metadata, redirect_url,
             status, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8)
         ON CONFLICT DO NOTHING",
        &[
            (&invitation.id).into(),
            (&invitation.email_address).into(),
            must_be_only.then_some(&invitation.email_address).into(),
            (&invitation.public_metadata).into(),
            stored.redirect_url.as_deref().into(),
            invitation.expires_at.into(),
            invitation.created_at.into(),
            invitation.updated_at.into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// An invitation, with its status at the moment.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &InvitationId,
    now: i64,
) -> Result<Option<StoredInvitation>, DatabaseError> {
    let sql = format!("SELECT {} FROM invitations WHERE id = $2", columns("$1"));
    transaction
        .query_one(sql, &[now.into(), id.into()])?
        .map(read)
        .transpose()
}

/// Lists invitations.
pub(crate) fn list(
    transaction: &mut Transaction<'_>,
    status: Option<&InvitationStatus>,
    query: Option<&str>,
    sort: Sort<InvitationSort>,
    window: Window,
    now: i64,
) -> Result<Page<StoredInvitation>, DatabaseError> {
    let mut conditions = Conditions::default();
    let now = conditions.value(now);
    match status {
        Some(status) => conditions.equals(&STATUS.replace("{now}", &now), status.as_str()),
        None => conditions.and("status <> 'revoked'"),
    }
    if let Some(text) = query {
        let pattern = conditions.containing(text);
        conditions.and(&format!("(LOWER(id) {pattern} OR email_address {pattern})"));
    }
    let key = match sort.key {
        InvitationSort::CreatedAt => "created_at",
        InvitationSort::EmailAddress => "email_address",
        InvitationSort::ExpiresAt => "expires_at",
    };
    let (rest, values) = conditions.counting();
    // The moment must be used whether or not there is a condition on the status.
    let sql = format!("SELECT count(*), CAST({now} AS BIGINT) FROM invitations{rest}");
    let total_count = match transaction.query_one(sql, values)? {
        Some(mut row) => row.next()?,
        None => 0,
    };
    let (rest, values) = conditions.listing(&order_by(key, sort.descending, "id"), window);
    let sql = format!("SELECT {} FROM invitations{rest}", columns(&now));
    let data: Result<Vec<_>, _> = transaction
        .query(sql, &values)?
        .into_iter()
        .map(read)
        .collect();
    Ok(Page {
        data: data?,
        total_count,
    })
}

/// Gives a pending invitation another status, and tells whether it was pending.
pub(crate) fn settle(
    transaction: &mut Transaction<'_>,
    id: &InvitationId,
    status: &InvitationStatus,
    now: i64,
) -> Result<bool, DatabaseError> {
    let changed = transaction.execute(
        "UPDATE invitations SET status = $1, only_to = NULL, updated_at = $2
         WHERE id = $3 AND status = 'pending'",
        &[status.as_str().into(), now.into(), id.into()],
    )?;
    Ok(changed > 0)
}
