//! Who waits for being let in.

use crate::id::WaitlistEntryId;
use crate::invitations::Invitation;
use crate::value::{Array, DeletedObject, Page, Sort};

open_enum! {
    /// What has become of an entry.
    enum WaitlistEntryStatus {
        /// Nothing yet.
        Pending = "pending",
        /// An invitation was sent.
        Invited = "invited",
        /// Who waited has signed up.
        Completed = "completed",
        /// Who waited is not let in.
        Rejected = "rejected",
    }
}

resource! {
    /// An email address that waits for being let in.
    struct WaitlistEntry "waitlist_entry" {
        /// The id of the entry.
        id: WaitlistEntryId,
        /// The email address; unique in the instance.
        email_address: String,
        /// What has become of it.
        status: Option<WaitlistEntryStatus>,
        /// Whether it cannot be changed.
        is_locked: bool,
        /// The invitation that let them in.
        #[serde(skip_serializing_if = "Option::is_none")]
        invitation: Option<Invitation>,
        /// When it was made, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

sort_keys! {
    /// What entries can be sorted by.
    enum WaitlistEntrySort {
        /// When it was made.
        CreatedAt = "created_at",
        /// The email address.
        EmailAddress = "email_address",
        /// When the invitation was sent.
        InvitedAt = "invited_at",
    }
}

endpoints! {
    /// Lists the waitlist, newest first.
    GET "/v1/waitlist_entries" => Page<WaitlistEntry>,
    as WaitlistEntries::list(request) = "list",
    struct ListWaitlistEntries {
        /// Only the one with this id, and those whose email address contains this.
        query: Option<String>,
        /// Only those with this.
        status: Option<WaitlistEntryStatus>,
        /// How to sort.
        order_by: Option<Sort<WaitlistEntrySort>>,
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Puts an email address on the waitlist. One that is there is answered as it is.
    POST "/v1/waitlist_entries" => WaitlistEntry,
    as WaitlistEntries::create(request) = "create",
    struct CreateWaitlistEntry {
        /// The email address.
        email_address: String,
        /// Whether to send a mail; yes when absent.
        notify: Option<bool>,
    }

    /// Puts up to 50 email addresses on the waitlist, all or none. Those that are there are
    /// answered as they are.
    POST "/v1/waitlist_entries/bulk" => Vec<WaitlistEntry>,
    as WaitlistEntries::create_many(entries: Array<CreateWaitlistEntry>) = "createBulk",
    struct CreateBulkWaitlistEntries {
        /// The entries.
        entries: Array<CreateWaitlistEntry>,
    }

    /// Invites who waits.
    POST "/v1/waitlist_entries/{waitlist_entry_id}/invite" => WaitlistEntry,
    as WaitlistEntries::invite(request) = "invite",
    struct InviteWaitlistEntry {
        /// The entry.
        waitlist_entry_id: WaitlistEntryId,
        /// Whether to invite although there is an invitation to the address, or a user who has it.
        ignore_existing: Option<bool>,
    }

    /// Takes an entry that waits off the waitlist.
    DELETE "/v1/waitlist_entries/{waitlist_entry_id}" => DeletedObject,
    as WaitlistEntries::delete(waitlist_entry_id: WaitlistEntryId) = "delete",
    struct DeleteWaitlistEntry {
        /// The entry.
        waitlist_entry_id: WaitlistEntryId,
    }

    /// Does not let in who waits.
    POST "/v1/waitlist_entries/{waitlist_entry_id}/reject" => WaitlistEntry,
    as WaitlistEntries::reject(waitlist_entry_id: WaitlistEntryId) = "reject",
    struct RejectWaitlistEntry {
        /// The entry.
        waitlist_entry_id: WaitlistEntryId,
    }
}
