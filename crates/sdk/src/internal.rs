//! What an adapter for a web framework needs beyond [`authenticate`](crate::authenticate): names,
//! redirects to sign in and up, the answer to a session that has to be verified again.
//!
//! JavaScript: `@clerk/backend/internal`.

pub mod constants;
mod redirect;
mod reverification;

pub use redirect::{CreateRedirect, RedirectError};
pub use reverification::{reverification_error, reverification_error_response};
