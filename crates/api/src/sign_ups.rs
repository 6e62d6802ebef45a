//! Sign-ups: what becomes of somebody who signs up, step by step.

use crate::id::{SessionId, SignUpId, UserId};
use crate::value::{Metadata, Patch};

open_enum! {
    /// Where a sign-up is in its life.
    enum SignUpStatus {
        /// Something is missing or not verified.
        MissingRequirements = "missing_requirements",
        /// There is a user.
        Complete = "complete",
        /// Nobody went on with it in time.
        Abandoned = "abandoned",
    }
}

resource! {
    /// What is still to be done to verify one of the identifiers of a sign-up.
    struct SignUpVerification {
        /// `needs_prepare`, `needs_attempt`, or empty when nothing is to be done.
        next_action: String,
        /// How it can be verified.
        supported_strategies: Vec<String>,
        /// What has become of it: `unverified`, `verified` and so on.
        status: String,
        /// How it was verified.
        strategy: Option<String>,
        /// How often it was tried.
        attempts: Option<u64>,
        /// Until when it can be tried, in ms since the epoch.
        expire_at: Option<i64>,
    }
}

resource! {
    /// How far the identifiers of a sign-up are verified.
    struct SignUpVerifications {
        /// The email address.
        email_address: Option<SignUpVerification>,
        /// The phone number.
        phone_number: Option<SignUpVerification>,
        /// The web3 wallet.
        web3_wallet: Option<SignUpVerification>,
        /// The account at another service.
        external_account: Option<Metadata>,
    }
}

resource! {
    /// Somebody who signs up. JavaScript: `SignUpAttempt`.
    struct SignUp "sign_up_attempt" {
        /// The id of the sign-up.
        id: SignUpId,
        /// Where it is in its life.
        status: Option<SignUpStatus>,
        /// What must be given.
        required_fields: Vec<String>,
        /// What can be given.
        optional_fields: Vec<String>,
        /// What must be given and was not.
        missing_fields: Vec<String>,
        /// What was given and is not verified.
        unverified_fields: Vec<String>,
        /// How far the identifiers are verified.
        verifications: SignUpVerifications,
        /// The username.
        username: Option<String>,
        /// The email address.
        email_address: Option<String>,
        /// The phone number.
        phone_number: Option<String>,
        /// The address of the web3 wallet.
        web3_wallet: Option<String>,
        /// Whether a password was given.
        password_enabled: bool,
        /// The first name.
        first_name: Option<String>,
        /// The last name.
        last_name: Option<String>,
        /// What becomes the unsafe metadata of the user.
        unsafe_metadata: Metadata,
        /// What becomes the public metadata of the user.
        public_metadata: Metadata,
        /// Whether the application does something of its own in it.
        custom_action: bool,
        /// What becomes the user's id in the systems of the application.
        external_id: Option<String>,
        /// The session that it led to.
        created_session_id: Option<SessionId>,
        /// The user that it led to.
        created_user_id: Option<UserId>,
        /// When it ends if nobody goes on with it, in ms since the epoch.
        abandon_at: i64,
        /// When the legal terms were accepted, in ms since the epoch.
        legal_accepted_at: Option<i64>,
        /// The language, as a BCP-47 tag.
        locale: Option<String>,
    }
}

endpoints! {
    /// Fetches a sign-up.
    GET "/v1/sign_ups/{id}" => SignUp,
    as SignUps::get(id: SignUpId) = "get",
    struct GetSignUp {
        /// The sign-up.
        id: SignUpId,
    }

    /// Changes a sign-up.
    PATCH "/v1/sign_ups/{id}" => SignUp,
    as SignUps::update(request) = "update",
    struct UpdateSignUp {
        /// The sign-up.
        id: SignUpId,
        /// What becomes the user's id in the systems of the application.
        external_id: Patch<String>,
        /// Whether the application does something of its own in it.
        custom_action: Option<bool>,
    }
}
