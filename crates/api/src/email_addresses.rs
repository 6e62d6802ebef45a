//! Email addresses of users.

use crate::id::{IdentificationId, UserId};
use crate::users::EmailAddress;
use crate::value::DeletedObject;

endpoints! {
    /// Gives a user an email address. The first verified one becomes the primary one.
    /// JavaScript: `emailAddresses.createEmailAddress`.
    #[doc(alias = "createEmailAddress")]
    POST "/v1/email_addresses" => EmailAddress,
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

    /// Fetches an email address. JavaScript: `emailAddresses.getEmailAddress`.
    #[doc(alias = "getEmailAddress")]
    GET "/v1/email_addresses/{email_address_id}" => EmailAddress,
    struct GetEmailAddress {
        /// The email address.
        email_address_id: IdentificationId,
    }

    /// Changes an email address. JavaScript: `emailAddresses.updateEmailAddress`.
    #[doc(alias = "updateEmailAddress")]
    PATCH "/v1/email_addresses/{email_address_id}" => EmailAddress,
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
    /// JavaScript: `emailAddresses.deleteEmailAddress`.
    #[doc(alias = "deleteEmailAddress")]
    DELETE "/v1/email_addresses/{email_address_id}" => DeletedObject,
    struct DeleteEmailAddress {
        /// The email address.
        email_address_id: IdentificationId,
    }
}
