//! Passwords that somebody else may know.

use crate::id::UserId;
use crate::users::User;

endpoints! {
    /// Says that a user's password is known to others: the user must choose another.
    POST "/v1/users/{user_id}/password/set_compromised" => User,
    as Users::set_password_compromised(request) = "setPasswordCompromised",
    struct SetPasswordCompromised {
        /// The user.
        user_id: UserId,
        /// Whether to end the user's sessions too; no when absent.
        revoke_all_sessions: Option<bool>,
    }

    /// Takes that back.
    POST "/v1/users/{user_id}/password/unset_compromised" => User,
    as Users::unset_password_compromised(user_id: UserId) = "unsetPasswordCompromised",
    struct UnsetPasswordCompromised {
        /// The user.
        user_id: UserId,
    }
}
