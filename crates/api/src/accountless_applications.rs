//! Applications that are set up before anybody has an account with Clerk ("keyless").

use crate::id::AccountlessApplicationId;
use crate::value::Secret;

resource! {
    /// The keys of an application that nobody has claimed.
    struct AccountlessApplication "accountless_application" {
        /// The id of the application.
        id: AccountlessApplicationId,
        /// The key that names the instance to browsers.
        publishable_key: String,
        /// The key that gives full access to the Backend API.
        secret_key: Secret,
        /// Where somebody makes the application theirs.
        claim_url: String,
        /// Where the keys are shown.
        api_keys_url: String,
    }
}

endpoints! {
    /// Sets up an application without a secret key.
    POST "/v1/accountless_applications" => AccountlessApplication,
    as AccountlessApplications::create() = "createAccountlessApplication",
    struct CreateAccountlessApplication {}

    /// Says that an application was claimed.
    POST "/v1/accountless_applications/complete" => AccountlessApplication,
    as AccountlessApplications::complete() = "completeAccountlessApplicationOnboarding",
    struct CompleteAccountlessApplication {}
}
