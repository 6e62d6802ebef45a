//! What an adapter for a web framework needs beyond [`authenticate`](crate::authenticate).
//!
//! JavaScript: `@clerk/backend/internal`.

pub mod constants;
