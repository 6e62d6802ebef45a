//! Finds code written for Clerk Core 1 and rewrites it for Core 2.
//!
//! The way of one file: a cheap text search dismisses what cannot mention Clerk ([`check::may_mention_clerk`]), then
//! [`check_source`] parses it, follows imports and values with the Clerk type model, and lets every rule look.
//! [`edit::apply`] carries out the edits of the findings that a caller chose; [`fix_source`] repeats both until nothing
//! changes.
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | a file as it is checked: path, text, [`Language`], script regions of `.vue` and the like |
//! | [`project`] | the packages of the codebase, which Clerk they are on, and how imports lead to other files |
//! | [`rule`] | a rule, read from its Markdown file under `guides/`, and the kinds of change |
//! | [`finding`] | what a rule says about a place: confidence, reason, remedy |
//! | [`edit`] | edits of spans, and how overlapping ones are resolved |
//! | [`check`] | the entry points |
//! | `changes` | the kinds of change in code, each written once |
//! | `module`, `value`, `model` | what the expressions of a parsed script are, followed to Clerk; the type model is `model/core-1.d.ts` |
//! | `resolve` | where an import leads |
//! | [`configuration`] | rules for files that are not code |
//! | [`discover`] | the walk: packages and their Clerk versions, and the files worth looking at |
//! | [`scan`] | a whole codebase: every file checked on all processors, edits made and written |
//! | [`report`] | what was found, as text, JSON, SARIF, Markdown, HTML and workflow annotations |
//! | [`select`] | names that a person typed: rules, packages |
//! | [`release`] | Clerk's packages, and which version is of which generation |
#![warn(missing_docs)]

mod changes;
pub mod check;
pub mod configuration;
pub mod discover;
pub mod edit;
pub mod finding;
mod model;
mod module;
pub mod project;
pub mod release;
pub mod report;
mod resolve;
pub mod rule;
pub mod scan;
pub mod select;
pub mod source;
mod value;

pub use check::{Checked, Unread, check_source, fix_source};
pub use edit::Edit;
pub use finding::{Confidence, Finding, Fix, Severity};
pub use project::{Files, Generation, Package, PathMapping, Project};
pub use rule::{Change, Rule, RuleSet};
pub use source::{Language, Script, Source, Span};
