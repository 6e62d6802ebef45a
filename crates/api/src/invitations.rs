//! Invitations to sign up.

use crate::id::InvitationId;
use crate::value::{Array, Metadata, Page, Sort};

open_enum! {
    /// Where an invitation is in its life.
    enum InvitationStatus {
        /// It can be accepted.
        Pending = "pending",
        /// It was accepted.
        Accepted = "accepted",
        /// It was revoked.
        Revoked = "revoked",
        /// Its time is over.
        Expired = "expired",
    }
}

resource! {
    /// An invitation to sign up.
    struct Invitation "invitation" {
        /// The id of the invitation.
        id: InvitationId,
        /// Who is invited.
        email_address: String,
        /// What becomes the public metadata of the user who accepts it.
        public_metadata: Metadata,
        /// Whether it was revoked.
        #[serde(skip_serializing_if = "Option::is_none")]
        revoked: Option<bool>,
        /// Where it is in its life.
        status: Option<InvitationStatus>,
        /// Where it is accepted.
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Until when it can be accepted, in ms since the epoch.
        expires_at: Option<i64>,
        /// When it was created, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What invitations can be sorted by.
    enum InvitationSort {
        /// When they were created.
        CreatedAt = "created_at",
        /// Who is invited.
        EmailAddress = "email_address",
        /// Until when they can be accepted.
        ExpiresAt = "expires_at",
    }
}

endpoints! {
    /// Lists invitations, newest first; those that were revoked only when asked for.
    GET "/v1/invitations" ?paginated => Page<Invitation>,
    as Invitations::list(request) = "getInvitationList",
    struct ListInvitations {
        /// Only those with this status.
        status: Option<InvitationStatus>,
        /// Only those with this in their id or their email address.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<InvitationSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Invites somebody to sign up.
    POST "/v1/invitations" => Invitation,
    as Invitations::create(request) = "createInvitation",
    struct CreateInvitation {
        /// Whom to invite.
        email_address: String,
        /// What becomes the public metadata of the user who accepts it.
        public_metadata: Option<Metadata>,
        /// Where the link in the invitation leads, with the ticket in its query.
        redirect_url: Option<String>,
        /// Whether to send an email; yes when absent.
        notify: Option<bool>,
        /// Whether to invite even if there is an invitation or a user with this address already.
        ignore_existing: Option<bool>,
        /// For how many days it can be accepted, 1 to 365; 30 when absent.
        expires_in_days: Option<u64>,
        /// Which text to send: `invitation` or `waitlist_invitation`.
        template_slug: Option<String>,
    }

    /// Invites up to ten at once: all of them or none.
    POST "/v1/invitations/bulk" => Vec<Invitation>,
    as Invitations::create_many(invitations: Array<CreateInvitation>) = "createInvitationBulk",
    struct CreateInvitations {
        /// The invitations.
        invitations: Array<CreateInvitation>,
    }

    /// Revokes an invitation.
    POST "/v1/invitations/{invitation_id}/revoke" => Invitation,
    as Invitations::revoke(invitation_id: InvitationId) = "revokeInvitation",
    struct RevokeInvitation {
        /// The invitation.
        invitation_id: InvitationId,
    }
}
