//! Invitations to join an organization.

use crate::id::{OrganizationId, OrganizationInvitationId, UserId};
use crate::organizations::{PublicOrganizationData, PublicUserData};
use crate::value::{Array, Metadata, Page, Sort};

open_enum! {
    /// Where an invitation is in its life.
    enum OrganizationInvitationStatus {
        /// It waits for an answer.
        Pending = "pending",
        /// Whom it invited has joined.
        Accepted = "accepted",
        /// It was taken back.
        Revoked = "revoked",
        /// It got no answer in time.
        Expired = "expired",
    }
}

resource! {
    /// An invitation to join an organization, sent to an email address.
    struct OrganizationInvitation "organization_invitation" {
        /// The id of the invitation.
        id: OrganizationInvitationId,
        /// Where it was sent.
        email_address: String,
        /// The key of the role that the new member gets, such as `org:member`.
        role: String,
        /// The name of the role.
        role_name: String,
        /// The organization.
        organization_id: OrganizationId,
        /// The organization, as everybody sees it. Only in lists over several organizations.
        #[serde(skip_serializing_if = "Option::is_none")]
        public_organization_data: Option<PublicOrganizationData>,
        /// The member who invites.
        inviter_id: Option<UserId>,
        /// The member who invites, as others see them.
        public_inviter_data: Option<PublicUserData>,
        /// Where it is in its life.
        status: Option<OrganizationInvitationStatus>,
        /// Data for the membership, that front end and back end read.
        public_metadata: Metadata,
        /// Data for the membership, that only the back end reads.
        private_metadata: Metadata,
        /// Where to accept it. It holds the ticket.
        url: Option<String>,
        /// When it ends without an answer, in ms since the epoch.
        expires_at: Option<i64>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What invitations can be sorted by.
    enum OrganizationInvitationSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// Where it was sent.
        EmailAddress = "email_address",
    }
}

parameters! {
    /// Whom to invite, and as what.
    struct NewOrganizationInvitation {
        /// Where to send the invitation.
        email_address: String,
        /// The key of the role that the new member gets, such as `org:member`.
        role: String,
        /// The member who invites. They must be allowed to manage members.
        inviter_user_id: Option<UserId>,
        /// Where the invited go when they have accepted.
        redirect_url: Option<String>,
        /// For how many days the invitation stands, 1 to 365; 30 when absent.
        expires_in_days: Option<u64>,
        /// Whether to send a mail; yes when absent.
        notify: Option<bool>,
        /// Data for the membership, that front end and back end read.
        public_metadata: Option<Metadata>,
        /// Data for the membership, that only the back end reads.
        private_metadata: Option<Metadata>,
    }
}
crate::endpoint::group!(NewOrganizationInvitation);

endpoints! {
    /// Lists the invitations of an organization, newest first.
    GET "/v1/organizations/{organization_id}/invitations" => Page<OrganizationInvitation>,
    as Organizations::list_invitations(request) = "getOrganizationInvitationList",
    struct ListOrganizationInvitations {
        /// The organization.
        organization_id: OrganizationId,
        /// Only those with one of these.
        status: Vec<OrganizationInvitationStatus>,
        /// Only those that were sent here.
        email_address: Option<String>,
        /// How to sort.
        order_by: Option<Sort<OrganizationInvitationSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Invites someone to join an organization.
    POST "/v1/organizations/{organization_id}/invitations" => OrganizationInvitation,
    as Organizations::create_invitation(request) = "createOrganizationInvitation",
    struct CreateOrganizationInvitation {
        /// The organization.
        organization_id: OrganizationId,
        /// Whom to invite.
        invitation: NewOrganizationInvitation,
    }

    /// Invites several people at once, 1 to 10: all of them or none.
    POST "/v1/organizations/{organization_id}/invitations/bulk" => Page<OrganizationInvitation>,
    as Organizations::create_invitations(request) = "createOrganizationInvitationBulk",
    struct CreateOrganizationInvitationBulk {
        /// The organization.
        organization_id: OrganizationId,
        /// Whom to invite.
        invitations: Array<NewOrganizationInvitation>,
    }

    /// Lists the invitations of an organization that wait for an answer, newest first.
    /// JavaScript, in Core 1 only: `organizations.getPendingOrganizationInvitationList`.
    GET "/v1/organizations/{organization_id}/invitations/pending" => Page<OrganizationInvitation>,
    as Organizations::list_pending_invitations(request),
    struct ListPendingOrganizationInvitations {
        /// The organization.
        organization_id: OrganizationId,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Fetches an invitation.
    GET "/v1/organizations/{organization_id}/invitations/{invitation_id}" => OrganizationInvitation,
    as Organizations::get_invitation(organization_id: OrganizationId, invitation_id: OrganizationInvitationId) = "getOrganizationInvitation",
    struct GetOrganizationInvitation {
        /// The organization.
        organization_id: OrganizationId,
        /// The invitation.
        invitation_id: OrganizationInvitationId,
    }

    /// Takes an invitation back that waits for an answer.
    POST "/v1/organizations/{organization_id}/invitations/{invitation_id}/revoke"
        => OrganizationInvitation,
    as Organizations::revoke_invitation(request) = "revokeOrganizationInvitation",
    struct RevokeOrganizationInvitation {
        /// The organization.
        organization_id: OrganizationId,
        /// The invitation.
        invitation_id: OrganizationInvitationId,
        /// The member who takes it back. They must be allowed to manage members.
        requesting_user_id: Option<UserId>,
    }

    /// Lists the invitations of all organizations, newest first.
    GET "/v1/organization_invitations" => Page<OrganizationInvitation>,
    as Organizations::list_all_invitations(request),
    struct ListInstanceOrganizationInvitations {
        /// Only those with this.
        status: Option<OrganizationInvitationStatus>,
        /// Only those whose email address contains this.
        query: Option<String>,
        /// How to sort.
        order_by: Option<Sort<OrganizationInvitationSort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Lists the invitations to a user's verified email addresses, newest first.
    GET "/v1/users/{user_id}/organization_invitations" => Page<OrganizationInvitation>,
    as Users::list_organization_invitations(request) = "getOrganizationInvitationList",
    struct ListUserOrganizationInvitations {
        /// The user.
        user_id: UserId,
        /// Only those with this.
        status: Option<OrganizationInvitationStatus>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }
}
