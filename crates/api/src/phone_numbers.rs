//! Phone numbers of users.

use crate::id::{IdentificationId, UserId};
use crate::users::PhoneNumber;
use crate::value::DeletedObject;

endpoints! {
    /// Gives a user a phone number. The first verified one becomes the primary one.
    POST "/v1/phone_numbers" => PhoneNumber,
    as PhoneNumbers::create(request) = "createPhoneNumber",
    struct CreatePhoneNumber {
        /// The user.
        user_id: UserId,
        /// The number in E.164 form.
        phone_number: String,
        /// Whether it counts as verified.
        verified: Option<bool>,
        /// Whether it becomes the primary one; it must be verified.
        primary: Option<bool>,
        /// Whether it serves as a second factor; it must be verified.
        reserved_for_second_factor: Option<bool>,
    }

    /// Fetches a phone number.
    GET "/v1/phone_numbers/{phone_number_id}" => PhoneNumber,
    as PhoneNumbers::get(phone_number_id: IdentificationId) = "getPhoneNumber",
    struct GetPhoneNumber {
        /// The phone number.
        phone_number_id: IdentificationId,
    }

    /// Changes a phone number.
    PATCH "/v1/phone_numbers/{phone_number_id}" => PhoneNumber,
    as PhoneNumbers::update(request) = "updatePhoneNumber",
    struct UpdatePhoneNumber {
        /// The phone number.
        phone_number_id: IdentificationId,
        /// Whether it counts as verified.
        verified: Option<bool>,
        /// Whether it becomes the primary one; it must be verified.
        primary: Option<bool>,
        /// Whether it serves as a second factor; it must be verified.
        reserved_for_second_factor: Option<bool>,
    }

    /// Deletes a phone number. Another verified one of the user becomes the primary one.
    DELETE "/v1/phone_numbers/{phone_number_id}" => DeletedObject,
    as PhoneNumbers::delete(phone_number_id: IdentificationId) = "deletePhoneNumber",
    struct DeletePhoneNumber {
        /// The phone number.
        phone_number_id: IdentificationId,
    }
}
