//! Sign-in tokens and actor tokens.

use ironclerk_api::Metadata;
use ironclerk_api::id::{OrganizationId, UserId};
use ironclerk_api::sign_in_tokens::TicketStatus;

use crate::database::{DatabaseError, Transaction};

/// A ticket as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub id: String,
    /// Whom it signs in.
    pub user_id: UserId,
    /// What becomes active then.
    pub organization_id: Option<OrganizationId>,
    /// Who acts in the user's place. Only of an actor token.
    pub actor: Option<Metadata>,
    /// How long the session lives, in ms, where it is not as long as others.
    pub session_lifetime: Option<i64>,
    pub status: TicketStatus,
    pub expires_at: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Stores a ticket.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    ticket: &Ticket,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "INSERT INTO tickets (id, user_id, organization_id, actor, session_lifetime, status,
             expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            ticket.id.as_str().into(),
            (&ticket.user_id).into(),
            ticket.organization_id.as_ref().into(),
            ticket.actor.as_ref().into(),
            ticket.session_lifetime.into(),
            ticket.status.as_str().into(),
            ticket.expires_at.into(),
            ticket.created_at.into(),
            ticket.updated_at.into(),
        ],
    )?;
    Ok(())
}

/// A ticket.
pub(crate) fn get(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<Option<Ticket>, DatabaseError> {
    let row = transaction.query_one(
        "SELECT id, user_id, organization_id, actor, session_lifetime, status, expires_at,
             created_at, updated_at
         FROM tickets WHERE id = $1",
        &[id.into()],
    )?;
    row.map(|mut row| {
        Ok(Ticket {
            id: row.next()?,
            user_id: row.next()?,
            organization_id: row.next()?,
            actor: row.next()?,
            session_lifetime: row.next()?,
            status: row.next::<String>()?.into(),
            expires_at: row.next()?,
            created_at: row.next()?,
            updated_at: row.next()?,
        })
    })
    .transpose()
}

/// Gives a pending ticket another status, and tells whether it was pending.
pub(crate) fn settle(
    transaction: &mut Transaction<'_>,
    id: &str,
    status: &TicketStatus,
    now: i64,
) -> Result<bool, DatabaseError> {
    let changed = transaction.execute(
        "UPDATE tickets SET status = $1, updated_at = $2 WHERE id = $3 AND status = 'pending'",
        &[status.as_str().into(), now.into(), id.into()],
    )?;
    Ok(changed > 0)
}
