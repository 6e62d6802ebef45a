//! The API from outside, over real sockets: each scenario on SQLite and on PostgreSQL.

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

mod browsers;
mod harness;
mod identifications;
mod instance;
mod invitations;
mod jwt_templates;
mod organization_domains;
mod organization_invitations;
mod organization_roles;
mod organizations;
mod refusals;
mod sessions;
mod users;
