//! What an adapter for a web framework needs beyond [`authenticate`](crate::authenticate): names,
//! redirects to sign in and up, the answer to a session that has to be verified again.
//!
//! Its other functions are methods here: `isTokenTypeAccepted` is [`AcceptsToken::accepts`],
//! `getAuthObjectForAcceptedToken` is [`AuthObject::accepting`], `getAuthObjectFromJwt` is
//! [`Auth::new`](crate::Auth::new), `verifyMachineAuthToken` is
//! `Authenticator::verify_machine_token`.
//!
//! [`AcceptsToken::accepts`]: crate::AcceptsToken::accepts
//! [`AuthObject::accepting`]: crate::AuthObject::accepting
//!
//! JavaScript: `@clerk/backend/internal`.

pub mod constants;
mod private_metadata;
#[cfg(feature = "authenticate")]
mod redirect;
mod reverification;

pub use crate::machine::{is_machine_token, is_machine_token_by_prefix};
pub use private_metadata::without_private_metadata;
#[cfg(feature = "authenticate")]
pub use redirect::{CreateRedirect, RedirectError};
pub use reverification::{reverification_error, reverification_error_response};
