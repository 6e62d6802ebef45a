//! Email addresses of users.

use crate::id::{IdentificationId, UserId};
use crate::users::EmailAddress;
use crate::value::DeletedObject;

endpoints! {
    /// Gives a user an email address. The first verified one becomes the primary one.
    POST "/v1/email_addresses" => EmailAddress,
    as EmailAddresses::create(request) = "createEmailAddress",
    struct CreateEmailAddress {
        /// The user.
        user_id: UserId,
        /// The address.
        email_address: String,
        /// Whether it counts as verified.
        verified: Option<bool>,
        /// Whether it becomes the primary one; it must be verified.
        primary: Option<bool>,
        /// Whether to tell the old primary address.
        notify_primary_email_address_changed: Option<bool>,
    }

    /// Fetches an email address.
    GET "/v1/email_addresses/{email_address_id}" => EmailAddress,
    as EmailAddresses::get(email_address_id: IdentificationId) = "getEmailAddress",
    struct GetEmailAddress {
        /// The email address.
        email_address_id: IdentificationId,
    }

    /// Changes an email address.
    PATCH "/v1/email_addresses/{email_address_id}" => EmailAddress,
    as EmailAddresses::update(request) = "updateEmailAddress",
    struct UpdateEmailAddress {
        /// The email address.
        email_address_id: IdentificationId,
        /// Whether it counts as verified.
        verified: Option<bool>,
        /// Whether it becomes the primary one; it must be verified.
        primary: Option<bool>,
        /// Whether to tell the old primary address.
        notify_primary_email_address_changed: Option<bool>,
    }

    /// Deletes an email address. Another verified one of the user becomes the primary one.
    DELETE "/v1/email_addresses/{email_address_id}" => DeletedObject,
    as EmailAddresses::delete(email_address_id: IdentificationId) = "deleteEmailAddress",
    struct DeleteEmailAddress {
        /// The email address.
        email_address_id: IdentificationId,
    }
}
