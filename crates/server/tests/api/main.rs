//! The API from outside, over real sockets: each scenario on SQLite and on PostgreSQL.

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

mod allowlist_identifiers;
mod browsers;
mod deterministic;
mod domains;
mod harness;
mod identifications;
mod instance;
mod instance_settings;
mod invitations;
mod jwt_templates;
mod oauth_applications;
mod organization_domains;
mod organization_invitations;
mod organization_roles;
mod organizations;
mod rate_limits;
mod redirect_urls;
mod refusals;
mod role_sets;
mod saml_connections;
mod seeds;
mod sessions;
mod sign_ups;
mod signing_keys;
mod users;
mod waitlist_entries;
mod webhooks;
