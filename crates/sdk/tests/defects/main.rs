//! Known defects of the official SDK: for each, what we do instead. The numbers are those of
//! `docs/differences.md`.

// Functions that tests share fail their test by panicking.
#![allow(clippy::unwrap_used)]

mod machine_tokens;
mod sessions;
