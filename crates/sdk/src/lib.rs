//! Clerk for Rust: who makes this request, and what may they do?
//!
//! - An application with axum, another tower-based framework or actix-web starts at
//!   [`authenticate`] and the features `axum`, `tower` and `actix`.
//! - A program that manages users starts at `client`.
//! - Everything else starts at [`session::verify`], which verifies one session token.
//!
//! Without features the crate verifies tokens and webhooks. The feature `authenticate` adds the
//! decision over a request, still with no async runtime and no HTTP client; `client`, which is on
//! by default, adds those. Features only add.
//!
//! | module | what it is about | JavaScript |
//! |---|---|---|
//! | [`authenticate`] (feature) | the decision over a request | `authenticateRequest` |
//! | [`session`] | the signed-in user and what they may do | auth object, `has`, `verifyToken` |
//! | [`machine`] | API keys, tokens of machines and OAuth clients | `verifyMachineAuthToken` |
//! | `client` (feature) | calls of the Backend API | `createClerkClient` |
//! | [`webhook`] | events that Clerk sends | `verifyWebhook` |
//! | [`jwt`] | tokens | `@clerk/backend/jwt` |
//! | [`keys`] | the keys behind the tokens | JWKS, `jwtKey` |
//! | [`instance`] | publishable and secret key | `@clerk/shared/keys` |
//! | [`internal`] | for adapters of web frameworks | `@clerk/backend/internal` |
//! | [`errors`] | what can go wrong | `@clerk/backend/errors` |

// Some of what tokens are asked, only a decision over a request asks.
#![cfg_attr(not(feature = "authenticate"), allow(dead_code))]

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "authenticate")]
pub mod authenticate;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "client")]
pub mod client;
mod environment;
pub mod errors;
pub mod instance;
pub mod internal;
pub mod jwt;
pub mod keys;
pub mod machine;
#[cfg(any(feature = "tower", feature = "actix"))]
mod require;
pub mod session;
mod token_type;
#[cfg(feature = "tower")]
pub mod tower;
pub mod webhook;

/// The types of the API: resources, requests, errors.
pub use ironclerk_api as api;

#[cfg(feature = "authenticate")]
pub use authenticate::{AuthObject, Authenticator, Caller, RequestState};
#[cfg(feature = "client")]
pub use client::Client;
pub use instance::{PublishableKey, SecretKey};
pub use session::{Auth, Has, Reverification};
pub use token_type::{AcceptsToken, TokenType};

/// The Rust code of the README and of `docs/`, as doctests.
#[cfg(all(doctest, feature = "axum"))]
mod documentation {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/machine-tokens.md")]
    struct MachineTokens;
    #[doc = include_str!("../../../docs/protect-a-route.md")]
    struct ProtectARoute;
    #[doc = include_str!("../../../docs/satellite-domains.md")]
    struct SatelliteDomains;
    #[doc = include_str!("../../../docs/test-without-clerk.md")]
    struct TestWithoutClerk;
}
