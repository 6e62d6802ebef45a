//! Mails and text messages that were sent to users, as webhooks tell of them.

use crate::value::Metadata;

resource! {
    /// A mail. JavaScript: `Email`.
    struct Email "email" {
        /// The id of the mail.
        id: String,
        /// What it is about, such as `verification_code`.
        slug: Option<String>,
        /// Before the `@` of the address that it comes from.
        from_email_name: String,
        /// Where it goes.
        to_email_address: Option<String>,
        /// The email address of the user that it goes to.
        email_address_id: Option<String>,
        /// The user it goes to.
        user_id: Option<String>,
        /// What it is about, for people.
        subject: Option<String>,
        /// What is in it, in HTML.
        body: Option<String>,
        /// What is in it, without HTML.
        body_plain: Option<String>,
        /// Where it is on its way, such as `queued`.
        status: Option<String>,
        /// What it was made from.
        data: Option<Metadata>,
        /// Whether Clerk sends it, or whoever gets the webhook.
        delivered_by_clerk: bool,
    }
}

resource! {
    /// A text message. JavaScript: `SMSMessage`.
    #[doc(alias = "SMSMessage")]
    struct SmsMessage "sms_message" {
        /// The id of the message.
        id: String,
        /// What it is about, such as `verification_code`.
        slug: Option<String>,
        /// The number that it comes from.
        from_phone_number: String,
        /// The number that it goes to.
        to_phone_number: String,
        /// The phone number of the user that it goes to.
        phone_number_id: Option<String>,
        /// The user it goes to.
        user_id: Option<String>,
        /// What is in it.
        message: String,
        /// Where it is on its way, such as `queued`.
        status: String,
        /// What it was made from.
        data: Option<Metadata>,
        /// Whether Clerk sends it, or whoever gets the webhook.
        delivered_by_clerk: bool,
    }
}
