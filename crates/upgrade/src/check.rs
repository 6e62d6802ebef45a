//! The entry points: check a file, fix a file.

use crate::{Finding, Language, Project, RuleSet, Source, configuration};

/// What checking a file gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The findings, in the order of their places.
    pub findings: Vec<Finding>,
    /// Why the file, or a script in it, was not read. Findings of its other scripts are there all the same.
    pub unread: Option<Unread>,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is no valid JavaScript or TypeScript.
    #[error("it does not parse: {message} (line {line})")]
    Syntax {
        /// What the parser says.
        message: String,
        /// The line it stopped at, counted from one.
        line: usize,
    },
    /// Parsing would need more stack than is safe.
    #[error("its code is nested more than {limit} levels deep")]
    Nesting {
        /// The limit.
        limit: usize,
    },
    /// It is larger than what is read.
    #[error("it is larger than {limit} bytes")]
    Size {
        /// The limit in bytes.
        limit: usize,
    },
}

/// Whether a text can hold anything that a code rule looks for. False lets a file be dismissed before it is parsed.
///
/// One pass over the text, some gigabytes in a second.
pub fn may_mention_clerk(text: &[u8]) -> bool {
    text.windows(4).any(|window| window == b"lerk")
}

/// What the rules find in a file.
pub fn check_source(source: &Source, project: &Project, rules: &RuleSet) -> Checked {
    match &source.language {
        Language::Configuration => Checked {
            findings: configuration::check(source, project, rules),
            unread: None,
        },
        Language::Script(_) | Language::Embedded(_) => Checked::default(),
    }
}

/// Makes the edits of every finding that `wanted` accepts, pass after pass until nothing changes.
///
/// The text afterwards is in `source`. Returns the findings whose edits were made, with spans of the pass they were made
/// in. A pass whose result does not parse any more is taken back.
pub fn fix_source(
    source: &mut Source,
    project: &Project,
    rules: &RuleSet,
    wanted: &mut dyn FnMut(&Finding) -> bool,
) -> Vec<Finding> {
    let _ = (source, project, rules, wanted);
    Vec::new()
}
