//! What a rule says about a place in a file.

use crate::{edit::Edit, source::Span};
use serde::{Deserialize, Serialize};

/// One place that has to change, or may have to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// The path of the file, as in [`Source::path`](crate::Source::path).
    pub path: String,
    /// The code meant.
    pub span: Span,
    /// What is wrong here and how that is known, one or two sentences without a line break.
    pub message: String,
    /// Whether something has to be done.
    pub severity: Severity,
    /// How sure it is that the code means Clerk.
    pub confidence: Confidence,
    /// What can be done about it.
    pub fix: Fix,
}

/// Whether something has to be done about a finding.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The code does not work, or works differently, with the next release.
    #[default]
    Breaking,
    /// Worth knowing: the code works as it is. Once all else is done, notices alone count as done.
    Notice,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It looks alike; nothing proves that it is Clerk's.
    Possible,
    /// Strong signs, a link of the chain is missing.
    Likely,
    /// Traced to a Clerk package without a gap.
    Certain,
}

/// What can be done about a finding. The edits of one fix belong together: all or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fix {
    /// Only a person can.
    #[default]
    None,
    /// Edits that keep the meaning; `--fix` makes them.
    Safe(Vec<Edit>),
    /// Edits that a person should look at, with what to look for in the message.
    Review(Vec<Edit>),
}

impl Fix {
    /// The edits, whatever their class.
    pub fn edits(&self) -> &[Edit] {
        match self {
            Self::None => &[],
            Self::Safe(edits) | Self::Review(edits) => edits,
        }
    }

    pub(crate) fn edits_mut(&mut self) -> &mut [Edit] {
        match self {
            Self::None => &mut [],
            Self::Safe(edits) | Self::Review(edits) => edits,
        }
    }
}
