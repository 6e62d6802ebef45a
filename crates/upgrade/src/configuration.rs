//! Rules for files that are not code: environment files, CI, Dockerfiles, `package.json` and the like.

use crate::{Finding, Project, RuleSet, Source};

/// What the rules find in a configuration file. Which rules look at it, and how, is told by its path.
pub fn check(_source: &Source, _project: &Project, _rules: &RuleSet) -> Vec<Finding> {
    Vec::new()
}
