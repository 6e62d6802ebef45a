//! Who may sign up, and who may not: the allowlist and the blocklist of an instance.

use crate::id::{AllowlistIdentifierId, BlocklistIdentifierId, InstanceId, InvitationId};
use crate::value::{DeletedObject, Page};

open_enum! {
    /// What kind of identifier is listed.
    enum IdentifierType {
        /// An email address, or all of a domain: `*@example.com`.
        EmailAddress = "email_address",
        /// A phone number.
        PhoneNumber = "phone_number",
        /// The address of a web3 wallet.
        Web3Wallet = "web3_wallet",
    }
}

resource! {
    /// An identifier with which one may sign up when the allowlist is turned on.
    struct AllowlistIdentifier "allowlist_identifier" {
        /// The id of the entry.
        id: AllowlistIdentifierId,
        /// The identifier, or `*@` and a domain.
        identifier: String,
        /// What kind of identifier it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        identifier_type: Option<IdentifierType>,
        /// The instance.
        instance_id: InstanceId,
        /// The invitation that was made with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        invitation_id: Option<InvitationId>,
        /// When it was added, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

resource! {
    /// An identifier with which one may not sign up when the blocklist is turned on.
    struct BlocklistIdentifier "blocklist_identifier" {
        /// The id of the entry.
        id: BlocklistIdentifierId,
        /// The identifier, or `*@` and a domain.
        identifier: String,
        /// What kind of identifier it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        identifier_type: Option<IdentifierType>,
        /// The instance.
        instance_id: InstanceId,
        /// When it was added, in ms since the epoch.
        created_at: i64,
        /// When it was last changed, in ms since the epoch.
        updated_at: i64,
    }
}

endpoints! {
    /// Lists the allowlist, newest first.
    GET "/v1/allowlist_identifiers" ?paginated => Page<AllowlistIdentifier>,
    as AllowlistIdentifiers::list(request) = "getAllowlistIdentifierList",
    struct ListAllowlistIdentifiers {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Adds an identifier to the allowlist.
    POST "/v1/allowlist_identifiers" => AllowlistIdentifier,
    as AllowlistIdentifiers::create(request) = "createAllowlistIdentifier",
    struct CreateAllowlistIdentifier {
        /// An email address, `*@` and a domain, a phone number, or the address of a wallet.
        identifier: String,
        /// Whether to send an invitation. For single email addresses only.
        notify: Option<bool>,
    }

    /// Removes an identifier from the allowlist.
    DELETE "/v1/allowlist_identifiers/{identifier_id}" => DeletedObject,
    as AllowlistIdentifiers::delete(identifier_id: AllowlistIdentifierId) = "deleteAllowlistIdentifier",
    struct DeleteAllowlistIdentifier {
        /// The entry.
        identifier_id: AllowlistIdentifierId,
    }

    /// Lists the blocklist, newest first.
    GET "/v1/blocklist_identifiers" => Page<BlocklistIdentifier>,
    as BlocklistIdentifiers::list(request) = "getBlocklistIdentifierList",
    struct ListBlocklistIdentifiers {
        /// At most this many, 1 to 500; 10 when absent.
        limit: Option<u32>,
        /// How many to pass over.
        offset: Option<u32>,
    }

    /// Adds an identifier to the blocklist.
    POST "/v1/blocklist_identifiers" => BlocklistIdentifier,
    as BlocklistIdentifiers::create(identifier: String) = "createBlocklistIdentifier",
    struct CreateBlocklistIdentifier {
        /// An email address, `*@` and a domain, a phone number, or the address of a wallet.
        identifier: String,
    }

    /// Removes an identifier from the blocklist.
    DELETE "/v1/blocklist_identifiers/{identifier_id}" => DeletedObject,
    as BlocklistIdentifiers::delete(identifier_id: BlocklistIdentifierId) = "deleteBlocklistIdentifier",
    struct DeleteBlocklistIdentifier {
        /// The entry.
        identifier_id: BlocklistIdentifierId,
    }
}
