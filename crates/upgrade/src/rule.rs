//! Rules. Each is one Markdown file under `guides/<release>/<package>/<rule id>.md`:
//!
//! ````markdown
//! +++
//! title = "`verifyJwt` moved to `@clerk/backend/jwt`"
//! packages = ["@clerk/backend"]
//! fix = "safe"
//! kind = "export-moved"
//! from = ["@clerk/backend"]
//! names = ["verifyJwt"]
//! to = "@clerk/backend/jwt"
//! +++
//! What a user reads: why, and what to do by hand.
//!
//! ```ts before
//! import { verifyJwt } from '@clerk/backend';
//! ```
//! ```ts after
//! import { verifyJwt } from '@clerk/backend/jwt';
//! ```
//! ```ts untouched
//! import { verifyJwt } from './jwt';
//! ```
//! ````
//!
//! The front matter is TOML: [`Rule`]'s own keys and those of one [`Change`], and under `[[also]]` those of further ones. The examples are the rule's tests. The first
//! word of a fence is the language, the second the role (see [`Role`]), a third the path of the file when it matters.

use crate::{changes::Index, finding::Severity};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

/// Every rule file, as `(path under guides/, front matter as JSON, explanation)`.
static GUIDES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/guides.rs"));

/// One thing that changed between two releases of Clerk's SDKs.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What reports, `--rule` and SARIF call it; the name of its file.
    pub id: &'static str,
    /// The directory of its file: the guide it belongs to.
    pub guide: &'static str,
    /// One line, Markdown.
    pub title: String,
    /// The packages whose users are concerned. A finding comes from one of them.
    pub packages: Vec<String>,
    /// Names that the published guides have for the same change.
    pub aliases: Vec<String>,
    /// Whether what it finds has to be changed.
    pub severity: Severity,
    /// The most that an edit of this rule may claim.
    pub fix: FixClass,
    /// What changed.
    pub change: Change,
    /// What changed as well and goes by the same id: each is the rule with that change alone.
    pub parts: Vec<Rule>,
    /// What a user reads: the Markdown of the file without the front matter, examples included.
    pub explanation: &'static str,
}

/// How far a rule's edits can be trusted at best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixClass {
    /// It only reports.
    Report,
    /// Someone has to look at each edit.
    Review,
    /// Edits keep the meaning where the place is certain.
    Safe,
}

/// The kinds of change. Each is written once in Rust; rules are their parameters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Change {
    /// Exports live at another entry.
    ExportMoved {
        /// The entries that had them.
        from: Vec<String>,
        /// Their names.
        names: Vec<String>,
        /// The entry that has them now.
        to: String,
        /// The entry that has it now, for names that moved to another one than `to`.
        #[serde(default)]
        others: BTreeMap<String, String>,
    },
    /// An export has another name.
    ExportRenamed {
        /// The entries that have it.
        from: Vec<String>,
        /// The old name, or `default`.
        name: String,
        /// The new name.
        to: String,
        /// It was called with `new` by some and is a plain function now.
        #[serde(default)]
        factory: bool,
        /// The entry that has it now, if that changed as well.
        entry: Option<String>,
    },
    /// Exports are gone.
    ExportRemoved {
        /// The entries that had them.
        from: Vec<String>,
        /// Their names.
        names: Vec<String>,
        /// An expression to write instead.
        replacement: Option<String>,
        /// What is said of them if they are not simply gone: "is deprecated in Core 2".
        status: Option<String>,
    },
    /// A middleware that protected all routes but those it was told is replaced by one that protects those it is told.
    MiddlewareReplaced {
        /// The entries that have it.
        from: Vec<String>,
        /// Its name.
        name: String,
        /// The new middleware.
        to: String,
        /// What makes a test of a request from a list of routes.
        matcher: String,
        /// The entry that has both.
        entry: String,
    },
    /// An interface that programs merge their own values into takes its defaults from nowhere else any more.
    InterfaceMerged {
        /// Its name.
        interface: String,
        /// Its property.
        member: String,
        /// What was a default of that property.
        values: Vec<String>,
    },
    /// Exports that were classes are types only: they cannot be used as values.
    ExportTypeOnly {
        /// The entries that have them.
        from: Vec<String>,
        /// Their names.
        names: Vec<String>,
    },
    /// Exports became members of another export.
    ExportToMember {
        /// The entries that had them.
        from: Vec<String>,
        /// Their names, which the members have as well.
        names: Vec<String>,
        /// The export that has them now.
        object: String,
    },
    /// An entry is gone and its exports live elsewhere.
    EntryRemoved {
        /// The entries; `*` stands for one or more parts of the path.
        from: Vec<String>,
        /// Where an export lives now, by its name, or by `package:name` where that depends on the package.
        #[serde(default)]
        to: BTreeMap<String, String>,
    },
    /// An option of a call has another name.
    OptionRenamed {
        /// The functions.
        calls: Vec<String>,
        /// The old name.
        option: String,
        /// The new name.
        to: String,
        /// The value is another one as well and has to be fetched by a person.
        #[serde(default)]
        new_value: bool,
    },
    /// Options of a call are not read any more.
    OptionRemoved {
        /// The functions.
        calls: Vec<String>,
        /// The options.
        options: Vec<String>,
        /// They can be taken out when their value does nothing else.
        #[serde(default)]
        delete: bool,
    },
    /// A call needs an option.
    OptionRequired {
        /// The functions.
        calls: Vec<String>,
        /// The option.
        option: String,
        /// An expression that gives it.
        value: String,
        /// Which argument the options are, counted from zero.
        #[serde(default)]
        argument: usize,
    },
    /// An option became the first argument.
    OptionToArgument {
        /// The functions.
        calls: Vec<String>,
        /// The option.
        option: String,
    },
    /// Positional arguments became options.
    ArgumentsToOptions {
        /// The functions.
        calls: Vec<String>,
        /// The new name of the method, if it changed.
        to: Option<String>,
        /// The option for each argument.
        options: Vec<String>,
    },
    /// `limit` and `offset` became `pageSize` and `initialPage`.
    PageOptions {
        /// The functions.
        calls: Vec<String>,
    },
    /// A list comes wrapped as `{ data, totalCount }`.
    ListWrapped {
        /// The functions.
        calls: Vec<String>,
    },
    /// A property or method has another name.
    MemberRenamed {
        /// The interfaces of the type model that have it.
        types: Vec<String>,
        /// The new name for each old one.
        members: BTreeMap<String, String>,
    },
    /// Properties or methods are gone.
    MemberRemoved {
        /// The interfaces of the type model that had them.
        types: Vec<String>,
        /// Their names.
        members: Vec<String>,
    },
    /// The texts that a value has are others. Reported where one is compared with.
    ValuesRenamed {
        /// The interfaces of the type model that stand for the value.
        types: Vec<String>,
        /// The new text for each old one.
        values: BTreeMap<String, String>,
    },
    /// A method is replaced by another with one more option.
    MethodReplaced {
        /// The functions.
        calls: Vec<String>,
        /// The new method.
        to: String,
        /// The option it needs.
        option: String,
        /// The value of that option, an expression.
        value: String,
    },
    /// A method became a property.
    CallToMember {
        /// The functions.
        calls: Vec<String>,
        /// The property.
        to: String,
    },
    /// `update({ password })` became `updatePassword({ newPassword })`.
    PasswordUpdate {
        /// The functions.
        calls: Vec<String>,
    },
    /// Global setters became options of a factory.
    SettersFolded {
        /// The entry that has the setters and the factory.
        from: Vec<String>,
        /// The setter.
        name: String,
        /// The option.
        option: String,
    },
    /// Props of components have other names.
    PropRenamed {
        /// The new name for each old `Component.prop`; several when the value goes to each of them.
        props: BTreeMap<String, Vec<String>>,
        /// The value is another one as well and has to be written by a person.
        #[serde(default)]
        new_value: bool,
    },
    /// Props of components are gone.
    PropRemoved {
        /// The components.
        components: Vec<String>,
        /// The props.
        props: Vec<String>,
    },
    /// A component looks or works differently; said once for a file.
    ComponentChanged {
        /// The components.
        components: Vec<String>,
        /// Only with this prop.
        prop: Option<String>,
    },
    /// Keys of an appearance object changed.
    AppearanceKeys {
        /// The part of the appearance: `elements` or `variables`.
        part: String,
        /// The new key for each old one that has one.
        #[serde(default)]
        renamed: BTreeMap<String, String>,
        /// Keys that can be taken out.
        #[serde(default)]
        removed: Vec<String>,
        /// Keys that mean something else.
        #[serde(default)]
        changed: Vec<String>,
    },
    /// Keys of a localization changed.
    LocalizationKeys {
        /// The keys, with the keys that they are in: `signIn.start.title`.
        keys: Vec<String>,
        /// They are gone; otherwise their text changed.
        #[serde(default)]
        removed: bool,
    },
    /// An environment variable has another name.
    EnvironmentVariable {
        /// The old name, without a prefix such as `NEXT_PUBLIC_`.
        from: String,
        /// The new name.
        to: String,
        /// The value is another one as well and has to be fetched by a person.
        #[serde(default)]
        new_value: bool,
        /// Only without a prefix.
        #[serde(default)]
        exact: bool,
    },
    /// Packages of Clerk have a Core 2 release.
    PackageVersion {
        /// By package, the first version of Core 2 and the last of that major version. None: the package ended with
        /// Core 1.
        versions: BTreeMap<String, Vec<String>>,
    },
    /// Packages of Clerk that have no future.
    PackageRetired {
        /// Their names.
        names: Vec<String>,
        /// The package that replaces them.
        successor: String,
    },
    /// A host has another name.
    HostMoved {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
        /// The exports that name it.
        #[serde(default)]
        names: Vec<String>,
        /// The entries that have these exports.
        #[serde(default)]
        entries: Vec<String>,
    },
    /// A runtime or another library has to be recent enough.
    RequiredVersion {
        /// `node`, or the name of an npm package.
        of: String,
        /// The lowest version that works.
        minimum: String,
    },
}

/// A code block of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The path of the file it stands for.
    pub path: String,
    /// What it shows.
    pub role: Role,
    /// The code.
    pub text: &'static str,
}

/// What a code block of a rule file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `before`: the rule finds something here. Without an `after` or `review` behind it, it only reports.
    Before,
    /// `after`: the text before after the safe edits.
    After,
    /// `review`: the text before after all edits, those to review included.
    Review,
    /// `untouched`: looks alike, and the rule finds nothing.
    Untouched,
    /// `file`: another file of the codebase that the examples import from.
    File,
}

/// Why a rule file cannot be read. Only whoever writes rules sees this: rules are embedded and tested.
#[derive(Debug, thiserror::Error)]
pub enum GuideError {
    /// The front matter is missing or wrong.
    #[error("{path}: {message}")]
    FrontMatter {
        /// The file.
        path: &'static str,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
struct FrontMatter {
    title: String,
    packages: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    severity: Severity,
    fix: FixClass,
    #[serde(default)]
    also: Vec<Map<String, Value>>,
    #[serde(flatten)]
    change: Map<String, Value>,
}

impl Rule {
    /// Reads a rule file: its path, its front matter as JSON, and what follows.
    ///
    /// # Errors
    /// When its front matter is not understood.
    pub fn parse(
        path: &'static str,
        front_matter: &'static str,
        explanation: &'static str,
    ) -> Result<Self, GuideError> {
        let error = |message: String| GuideError::FrontMatter { path, message };
        let FrontMatter {
            title,
            packages,
            mut aliases,
            severity,
            fix,
            also,
            change,
        } = serde_json::from_str(front_matter).map_err(|cause| error(cause.to_string()))?;
        let parse = |change: Map<String, Value>| {
            serde_json::from_value(Value::Object(change)).map_err(|cause| error(cause.to_string()))
        };
        let change = parse(change)?;
        let also = also
            .into_iter()
            .map(parse)
            .collect::<Result<Vec<Change>, _>>()?;
        let mut names = path.trim_end_matches(".md").rsplit('/');
        let (id, guide) = (
            names.next().unwrap_or(path),
            names.next().unwrap_or_default(),
        );
        // The official tool has a file for each change of a guide, whose name is not unique.
        let file = id
            .strip_prefix(guide)
            .and_then(|rest| rest.strip_prefix('-'));
        let is_official = !matches!(guide, "backend" | "node");
        aliases.extend(file.filter(|_| is_official).map(str::to_owned));
        let mut rule = Self {
            id,
            guide,
            title,
            packages,
            aliases,
            severity,
            fix,
            change,
            parts: Vec::new(),
            explanation,
        };
        let part = |change| Self {
            change,
            ..rule.clone()
        };
        rule.parts = also.into_iter().map(part).collect();
        Ok(rule)
    }

    /// The examples in the explanation.
    pub fn examples(&self) -> Vec<Example> {
        examples(self.explanation)
    }
}

fn examples(markdown: &'static str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut rest = markdown;
    while let Some((_, fenced)) = rest.split_once("```") {
        let Some((info, body)) = fenced.split_once('\n') else {
            break;
        };
        let Some(end) = body.find("```") else { break };
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default();
        let role = match words.next() {
            Some("before") => Some(Role::Before),
            Some("after") => Some(Role::After),
            Some("review") => Some(Role::Review),
            Some("untouched") => Some(Role::Untouched),
            Some("file") => Some(Role::File),
            _ => None,
        };
        if let Some(role) = role {
            let path = words
                .next()
                .map_or_else(|| format!("example.{language}"), str::to_owned);
            examples.push(Example {
                path,
                role,
                text: &body[..end],
            });
        }
        rest = &body[end + 3..];
    }
    examples
}

/// The rules to check with.
#[derive(Clone, Debug)]
pub struct RuleSet {
    rules: Vec<&'static Rule>,
    index: Arc<Index>,
}

impl RuleSet {
    /// All rules.
    pub fn all() -> Self {
        static SET: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::of(ALL.iter().collect()));
        SET.clone()
    }

    /// The rules that `keep` accepts.
    pub fn filtered(keep: impl Fn(&Rule) -> bool) -> Self {
        let rules: Vec<_> = ALL.iter().filter(|rule| keep(rule)).collect();
        if rules.len() == ALL.len() {
            return Self::all();
        }
        Self::of(rules)
    }

    fn of(rules: Vec<&'static Rule>) -> Self {
        let index = Arc::new(Index::new(&rules));
        Self { rules, index }
    }

    /// The rules by what they look for.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// A rule of this set by its id.
    pub fn get(&self, id: &str) -> Option<&'static Rule> {
        self.iter().find(|rule| rule.id == id)
    }

    /// The rules, in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = &'static Rule> {
        self.rules.iter().copied()
    }
}

static ALL: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    GUIDES
        .iter()
        .filter_map(|(path, front, rest)| match Rule::parse(path, front, rest) {
            Ok(rule) => Some(rule),
            Err(error) => {
                debug_assert!(false, "{error}");
                None
            }
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_file_is_understood() {
        for (path, front_matter, explanation) in GUIDES {
            if let Err(error) = Rule::parse(path, front_matter, explanation) {
                panic!("{error}");
            }
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = RuleSet::all().iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn rules_name_functions_and_types_of_the_model() {
        let model = &crate::model::CORE_1;
        let functions = model.function_names();
        for rule in RuleSet::all()
            .iter()
            .flat_map(|it| it.parts.iter().chain([it]))
        {
            let (calls, types) = match &rule.change {
                Change::OptionRenamed { calls, .. }
                | Change::OptionRemoved { calls, .. }
                | Change::OptionRequired { calls, .. }
                | Change::OptionToArgument { calls, .. }
                | Change::ArgumentsToOptions { calls, .. }
                | Change::PageOptions { calls }
                | Change::ListWrapped { calls }
                | Change::MethodReplaced { calls, .. }
                | Change::CallToMember { calls, .. }
                | Change::PasswordUpdate { calls } => (calls.as_slice(), &[][..]),
                Change::MemberRenamed { types, .. }
                | Change::MemberRemoved { types, .. }
                | Change::ValuesRenamed { types, .. } => (&[][..], types.as_slice()),
                _ => continue,
            };
            for call in calls {
                assert!(functions.contains(call), "{}: {call}", rule.id);
            }
            for ty in types {
                let is_known = model.interface(ty).is_some()
                    || functions.iter().any(|name| name.starts_with(ty.as_str()));
                assert!(is_known, "{}: {ty}", rule.id);
            }
        }
    }
}
