//! What can befall a server and its database: a crash, a full disk, a database that goes away,
//! writers that want the same, other servers on the same database.
#![cfg(unix)]
// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

mod full_disk;
mod kill;
mod postgres_away;
mod process;
mod races;
mod two_servers;
