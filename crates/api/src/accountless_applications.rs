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
    /// JavaScript: `__experimental_accountlessApplications.createAccountlessApplication`.
    #[doc(alias = "createAccountlessApplication")]
    POST "/v1/accountless_applications" => AccountlessApplication,
    struct CreateAccountlessApplication {}

    /// Says that an application was claimed.
    /// JavaScript:
    /// `__experimental_accountlessApplications.completeAccountlessApplicationOnboarding`.
    #[doc(alias = "completeAccountlessApplicationOnboarding")]
    POST "/v1/accountless_applications/complete" => AccountlessApplication,
    struct CompleteAccountlessApplication {}
}
