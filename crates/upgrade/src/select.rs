//! Names that a person typed, and what they mean.

use crate::{Rule, RuleSet};

/// A name that is not known, with the closest one that is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{name}`{}", closest.as_ref().map(|closest| format!("; did you mean `{closest}`?")).unwrap_or_default())]
pub struct Unknown {
    what: &'static str,
    name: String,
    closest: Option<String>,
}

impl Unknown {
    /// A name that is none of the known ones.
    pub fn new<'k>(what: &'static str, name: &str, known: impl Iterator<Item = &'k str>) -> Self {
        /// Below this, a name is another one and not a slip.
        const ALIKE: f64 = 0.8;
        let likeness = |known: &'k str| (strsim::jaro_winkler(name, known), known);
        let closest = known
            .map(likeness)
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        Self {
            what,
            name: name.to_owned(),
            closest: closest.map(|(_, known)| known.to_owned()),
        }
    }
}

/// A rule by its id, or by a name that the published guides have for the same change.
///
/// # Errors
/// When there is none of that name.
pub fn rule(name: &str) -> Result<&'static Rule, Unknown> {
    named(name).map(|rules| rules[0])
}

/// The rule of an id, or all rules that the published guides call by a name: at least one.
fn named(name: &str) -> Result<Vec<&'static Rule>, Unknown> {
    let rules = RuleSet::all();
    if let Some(rule) = rules.get(name) {
        return Ok(vec![rule]);
    }
    let is_alias = |rule: &&Rule| rule.aliases.iter().any(|alias| alias == name);
    let found: Vec<_> = rules.iter().filter(is_alias).collect();
    if found.is_empty() {
        let ids = rules.iter().map(|rule| rule.id);
        return Err(Unknown::new("rule", name, ids));
    }
    Ok(found)
}

/// The rules of a name list (all where it is empty), limited to Clerk packages (no limit where there
/// are none).
///
/// # Errors
/// When a rule is not known.
pub fn rules(names: &[String], clerk_packages: &[String]) -> Result<RuleSet, Unknown> {
    let mut chosen = Vec::new();
    for name in names {
        chosen.extend(named(name)?.iter().map(|rule| rule.id));
    }
    Ok(RuleSet::filtered(|rule| {
        let is_chosen = chosen.is_empty() || chosen.contains(&rule.id);
        let is_about = |package: &String| rule.packages.contains(package);
        is_chosen && (clerk_packages.is_empty() || clerk_packages.iter().any(is_about))
    }))
}

/// Whether a name is that of a Clerk package that a rule is about.
pub fn is_clerk_package(name: &str) -> bool {
    RuleSet::all()
        .iter()
        .any(|rule| rule.packages.iter().any(|package| package == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_go_by_id_and_by_alias() {
        assert_eq!(rule("node-version").map(|rule| rule.id), Ok("node-version"));
        assert_eq!(
            rule("min-react-version").map(|rule| rule.id),
            Ok("react-version")
        );
        assert_eq!(
            rule("setsession").map(|rule| rule.id),
            Ok("common-setsession")
        );
        let error = rule("env-clerk-apikey")
            .map(|rule| rule.id)
            .expect_err("no such rule");
        assert_eq!(
            error.to_string(),
            "there is no rule `env-clerk-apikey`; did you mean `env-clerk-api-key`?"
        );
        let error = rule("qqq").map(|rule| rule.id).expect_err("no such rule");
        assert_eq!(error.to_string(), "there is no rule `qqq`");
    }

    #[test]
    fn rules_can_be_limited_to_packages() {
        let ids = |names: &[&str], packages: &[&str]| {
            let owned = |names: &[&str]| {
                names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>()
            };
            let rules = rules(&owned(names), &owned(packages)).expect("known rules");
            rules.iter().map(|rule| rule.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&["node-version"], &[]), ["node-version"]);
        assert!(ids(&[], &["@clerk/nextjs"]).contains(&"next-version"));
        assert!(!ids(&[], &["@clerk/backend"]).contains(&"next-version"));
    }
}
