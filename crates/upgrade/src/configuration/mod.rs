//! Rules for files that are not code: environment files, CI, Dockerfiles, `package.json` and the
//! like.

mod environment;
mod host;
mod json;
mod version;

use aho_corasick::AhoCorasick;
pub(crate) use environment::PREFIXES;
use std::sync::LazyLock;

use crate::{
    Change, Confidence, Edit, Finding, Fix, Generation, Project, Rule, RuleSet, Source, Span,
};

/// What a configuration file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `NAME=value` lines.
    Environment,
    /// YAML: workflows, compose, deployment.
    Yaml,
    /// A Dockerfile.
    Docker,
    /// JSON, with comments or without.
    Json,
    /// TOML.
    Toml,
    /// Terraform, shell scripts, Makefiles, web server configuration: `#` begins a comment.
    Script,
    /// A file that holds the version of Node.js and little else.
    Version,
    /// Prose. Mentions are reported.
    Readme,
}

impl Format {
    /// The format of a file by its path; `None` when no rule reads such files.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        const JSON: [&str; 14] = [
            "amplify.json",
            "app.json",
            "cdk.json",
            "deno.json",
            "devcontainer.json",
            "eas.json",
            "firebase.json",
            "jsr.json",
            "now.json",
            "nx.json",
            "project.json",
            "staticwebapp.config.json",
            "turbo.json",
            "vercel.json",
        ];
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let lower = name.to_ascii_lowercase();
        Some(match name {
            "package.json" => Format::Json,
            ".nvmrc" | ".node-version" | ".tool-versions" => Format::Version,
            ".dev.vars" | ".envrc" => Format::Environment,
            "Makefile" | "justfile" | "Justfile" | "Procfile" | "Caddyfile" | "_headers" => {
                Format::Script
            }
            name if name.starts_with(".env") || extension == "env" => Format::Environment,
            _ if lower.starts_with("dockerfile")
                || lower.starts_with("containerfile")
                || extension == "dockerfile" =>
            {
                Format::Docker
            }
            _ if lower.starts_with("readme")
                && matches!(extension, "md" | "mdx" | "README" | "") =>
            {
                Format::Readme
            }
            name if JSON.contains(&name) => Format::Json,
            _ => match extension {
                "yml" | "yaml" => Format::Yaml,
                "toml" => Format::Toml,
                "jsonc" => Format::Json,
                "tf" | "tfvars" | "sh" | "bash" | "zsh" | "conf" | "hcl" => Format::Script,
                _ => return None,
            },
        })
    }
}

/// Whether a path is that of a configuration file that rules look at.
pub fn is_configuration(path: &str) -> bool {
    Format::of_path(path).is_some()
}

/// Whether a configuration file can hold anything that a rule looks for.
pub fn may_matter(path: &str, text: &[u8]) -> bool {
    static MENTIONS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasick::new([
            "CLERK_",
            "clerk",
            "node-version",
            "node_version",
            "NODE_VERSION",
            "node:",
        ])
        .ok()
    });
    match Format::of_path(path) {
        Some(Format::Version | Format::Docker) => true,
        Some(_) => MENTIONS
            .as_ref()
            .is_none_or(|mentions| mentions.is_match(text)),
        None => false,
    }
}

/// What the rules find in a configuration file. Which rules look at it, and how, is told by its path.
pub fn check(source: &Source, project: &Project, rules: &RuleSet) -> Vec<Finding> {
    let Some(format) = Format::of_path(&source.path) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for rule in rules.iter() {
        let look: fn(&Place<'_>, &mut Vec<Finding>) = match &rule.change {
            Change::EnvironmentVariable { .. } => environment::check,
            Change::HostMoved { .. } => host::check,
            Change::PackageVersion { .. } => version::check_packages,
            Change::PackageRetired { .. } => version::check_retired,
            Change::RequiredVersion { .. } => version::check_required,
            #[allow(unreachable_patterns)] // The other kinds are about code.
            _ => continue,
        };
        let generation = generation(source, project, rule);
        if generation != Generation::Core2 {
            let place = Place {
                source,
                project,
                rule,
                format,
                generation,
            };
            look(&place, &mut findings);
        }
    }
    findings.sort_by_key(|finding| finding.span.start);
    findings
}

/// A rule looking at a file.
struct Place<'p> {
    source: &'p Source,
    project: &'p Project,
    rule: &'static Rule,
    format: Format,
    /// Of the packages that the rule is about, as far as the file is concerned.
    generation: Generation,
}

impl Place<'_> {
    /// A finding about a name that is Clerk's alone. Nothing but the version of the package can
    /// make it less than certain.
    fn finding(&self, span: Span, message: String, fix: Fix) -> Finding {
        Finding {
            rule: self.rule.id,
            path: self.source.path.clone(),
            span,
            message,
            severity: self.rule.severity,
            confidence: match self.generation {
                Generation::Undeclared => Confidence::Likely,
                _ => Confidence::Certain,
            },
            fix,
        }
    }
}

/// The generation of the Clerk packages that a rule is about, for a file that may stand for the
/// whole codebase: what the packages around the file say, or else those in its directory and below.
fn generation(source: &Source, project: &Project, rule: &Rule) -> Generation {
    let declared = |package: usize| {
        let package = project.packages.get(package)?;
        let clerk = (package.clerk.iter()).filter(|(name, _)| rule.packages.contains(name));
        oldest(clerk.map(|(_, generation)| *generation))
    };
    let mut next = source.package;
    for _ in 0..64 {
        let Some(package) = next else { break };
        if let Some(generation) = declared(package) {
            return generation;
        }
        next = project
            .packages
            .get(package)
            .and_then(|package| package.parent);
    }
    let directory = source
        .path
        .rsplit_once('/')
        .map_or("", |(directory, _)| directory);
    // Workflows lie in a folder of their own, and speak of what is beside it.
    let directory = match directory
        .split_once(".github")
        .or_else(|| directory.split_once(".circleci"))
    {
        Some((above, _)) => above.trim_end_matches('/'),
        None => directory,
    };
    let is_below = |below: &str| {
        directory.is_empty()
            || below
                .strip_prefix(directory)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let below = (project.packages.iter().enumerate())
        .filter(|(_, package)| is_below(&package.directory))
        .filter_map(|(index, _)| declared(index));
    oldest(below).unwrap_or(Generation::Undeclared)
}

/// Core 1 where one of them is, as it is what has to be changed.
fn oldest(mut generations: impl Iterator<Item = Generation>) -> Option<Generation> {
    let first = generations.next()?;
    let all = |one, other| match (one, other) {
        (Generation::Core1, _) | (_, Generation::Core1) => Generation::Core1,
        (Generation::Undeclared, _) | (_, Generation::Undeclared) => Generation::Undeclared,
        _ => Generation::Core2,
    };
    Some(generations.fold(first, all))
}

/// A span of byte offsets.
fn span(start: usize, end: usize) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    offset(start)..offset(end)
}

/// A fix of the strongest class that the rule and the place allow.
fn fix(rule: &Rule, is_safe: bool, edits: Vec<Edit>) -> Fix {
    match rule.fix {
        _ if edits.is_empty() => Fix::None,
        crate::rule::FixClass::Report => Fix::None,
        crate::rule::FixClass::Safe if is_safe => Fix::Safe(edits),
        _ => Fix::Review(edits),
    }
}

/// A line without its comment, and where it starts. Comments say nothing that has to be changed.
fn code_lines(text: &str, format: Format) -> impl Iterator<Item = (usize, &str)> {
    let marker = match format {
        Format::Json => Some("//"),
        Format::Readme => None,
        _ => Some("#"),
    };
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, without_comment(line, marker))
    })
}

/// A comment begins at the start of a line or after a space, outside of quotes.
fn without_comment<'l>(line: &'l str, marker: Option<&str>) -> &'l str {
    let Some(marker) = marker else { return line };
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (Some(open), character) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, _) => {
                let is_apart = at == 0 || line[..at].ends_with([' ', '\t']);
                if is_apart && line[at..].starts_with(marker) {
                    return &line[..at];
                }
            }
        }
    }
    // An apostrophe is no quote that something could be in.
    match quote {
        Some(_) if line.trim_start().starts_with(marker) => "",
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rule::{Example, Role};
    use crate::{Package, edit};

    /// A codebase in which every Clerk package is of one generation.
    fn project(generation: Generation) -> Project {
        let packages = RuleSet::all()
            .iter()
            .flat_map(|rule| &rule.packages)
            .cloned()
            .collect::<Vec<_>>();
        let root = Package {
            clerk: packages
                .into_iter()
                .map(|name| (name, generation))
                .collect(),
            ..Package::default()
        };
        Project::new(vec![root], Box::new(BTreeMap::<String, String>::new()))
    }

    fn found(path: &str, text: &str, generation: Generation) -> Vec<Finding> {
        check(
            &Source::new(path, text, Some(0)),
            &project(generation),
            &RuleSet::all(),
        )
    }

    /// The findings as `rule at text`, and the text after all edits, if that is another one.
    fn outcome(path: &str, text: &str) -> (Vec<String>, String) {
        let findings = found(path, text, Generation::Core1);
        let shown = findings.iter().map(|finding| {
            let meant = &text[finding.span.start as usize..finding.span.end as usize];
            let class = match finding.fix {
                Fix::None => "report",
                Fix::Review(_) => "review",
                Fix::Safe(_) => "safe",
            };
            format!("{} {class} {meant}", finding.rule)
        });
        let edited = edit::apply(text, findings.iter().map(|finding| finding.fix.edits()));
        (shown.collect(), edited.text)
    }

    #[test]
    fn the_examples_of_configuration_files_are_true() {
        let mut count = 0;
        for rule in RuleSet::all().iter() {
            let mut before: Option<&Example> = None;
            let findings = |example: &Example| {
                let findings = found(&example.path, example.text, Generation::Core1);
                findings
                    .into_iter()
                    .filter(|finding| finding.rule == rule.id)
                    .collect::<Vec<_>>()
            };
            for example in rule
                .examples()
                .iter()
                .filter(|example| is_configuration(&example.path))
            {
                count += 1;
                let place = format!("{}: {:?} {}", rule.id, example.role, example.text);
                match example.role {
                    Role::Untouched => assert_eq!(findings(example), [], "{place}"),
                    Role::Before => {
                        assert!(!findings(example).is_empty(), "{place}");
                        before = Some(example);
                    }
                    Role::After | Role::Review => {
                        let before = before.expect("an example before");
                        let findings = findings(before);
                        let is_wanted = |fix: &&Fix| {
                            example.role == Role::Review || matches!(fix, Fix::Safe(_))
                        };
                        let fixes = findings
                            .iter()
                            .map(|finding| &finding.fix)
                            .filter(is_wanted);
                        let edited = edit::apply(before.text, fixes.map(Fix::edits));
                        assert_eq!(edited.text, example.text, "{place}");
                    }
                    Role::File => {}
                }
            }
        }
        assert!(count > 20, "examples are missing");
    }

    #[test]
    fn environment_files() {
        let (findings, text) = outcome(
            ".env.local",
            "# CLERK_API_KEY=old\nCLERK_API_KEY=test_abc\nNEXT_PUBLIC_CLERK_FRONTEND_API=clerk.a.b\nCLERK_FRONTEND_API_URL=x\nMY_CLERK_API_KEY=y\n",
        );
        assert_eq!(
            findings,
            [
                "env-clerk-api-key review CLERK_API_KEY",
                "env-clerk-frontend-api review NEXT_PUBLIC_CLERK_FRONTEND_API"
            ]
        );
        assert_eq!(
            text,
            "# CLERK_API_KEY=old\n# TODO: paste the key from the Clerk dashboard, it begins with sk_\nCLERK_SECRET_KEY=test_abc\n# TODO: paste the key from the Clerk dashboard, it begins with pk_\nNEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=clerk.a.b\nCLERK_FRONTEND_API_URL=x\nMY_CLERK_API_KEY=y\n"
        );
    }

    #[test]
    fn a_value_that_is_new_or_missing_makes_the_rename_safe() {
        for (path, text, class) in [
            (".env", "CLERK_API_KEY=sk_test_abc\n", "safe"),
            (".env", "CLERK_FRONTEND_API=\"pk_test_abc\"\n", "safe"),
            (".env.example", "CLERK_API_KEY=your key\n", "safe"),
            (".env.example", "CLERK_FRONTEND_API=\n", "safe"),
            (
                ".env.example",
                "CLERK_FRONTEND_API=clerk.example.com\n",
                "review",
            ),
            (
                ".env",
                "CLERK_API_KEY=old\nCLERK_SECRET_KEY=sk_test_abc\n",
                "review",
            ),
            (
                "render.yaml",
                "- key: CLERK_FRONTEND_API\n  value: clerk.example.com\n",
                "review",
            ),
            (
                "render.yaml",
                "- key: CLERK_FRONTEND_API\n  sync: false\n",
                "safe",
            ),
            (
                "compose.yaml",
                "environment:\n  CLERK_API_KEY: ${CLERK_API_KEY}\n",
                "safe",
            ),
            (
                "compose.yaml",
                "environment:\n  - CLERK_API_KEY=live_abc\n",
                "review",
            ),
            ("compose.yaml", "environment:\n  - CLERK_API_KEY\n", "safe"),
            (
                ".github/workflows/ci.yml",
                "env:\n  CLERK_API_KEY: ${{ secrets.CLERK_API_KEY }}\n",
                "safe",
            ),
            ("Dockerfile", "ARG CLERK_API_KEY\n", "safe"),
            (
                "turbo.json",
                "{ \"globalEnv\": [\"CLERK_API_KEY\"] }\n",
                "safe",
            ),
            ("README.md", "Set `CLERK_API_KEY`.\n", "review"),
        ] {
            let (findings, _) = outcome(path, text);
            assert_eq!(findings.len(), 1, "{path} {text}");
            assert!(findings[0].contains(class), "{path} {text}: {findings:?}");
        }
    }

    #[test]
    fn an_old_name_beside_the_new_one_is_deleted() {
        let (_, text) = outcome(
            ".env",
            "A=1\nCLERK_API_KEY=old\nCLERK_SECRET_KEY=sk_test_abc\n",
        );
        assert_eq!(text, "A=1\nCLERK_SECRET_KEY=sk_test_abc\n");
    }

    #[test]
    fn one_finding_for_a_line_that_names_a_variable_twice() {
        let (findings, text) = outcome(
            "a.yml",
            "env:\n  CLERK_API_KEY: ${{ secrets.CLERK_API_KEY }}\n",
        );
        assert_eq!(findings.len(), 1);
        assert_eq!(
            text,
            "env:\n  CLERK_SECRET_KEY: ${{ secrets.CLERK_SECRET_KEY }}\n"
        );
    }

    #[test]
    fn ranges_keep_their_style() {
        for (before, after) in [
            ("^0.38.15", "^1.0.0"),
            ("0.38.15", "1.34.0"),
            ("~0.38.1", "~1.34.0"),
            ("^0.38", "^1.0"),
            ("0.x", "1.x"),
            ("0.38.x", "1.x"),
            ("0", "1"),
            (">=0.30.0", ">=1.0.0"),
            (">=0.30.0 <1", "^1.0.0"),
            ("0.30.0 - 0.38.0", "^1.0.0"),
            ("0.38.0-beta.1", "1.34.0"),
            ("npm:@clerk/backend@^0.38.0", "npm:@clerk/backend@^1.0.0"),
        ] {
            let manifest =
                |range: &str| format!("{{\"dependencies\":{{\"@clerk/backend\":\"{range}\"}}}}");
            let (_, text) = outcome("package.json", &manifest(before));
            assert_eq!(text, manifest(after), "{before}");
        }
    }

    #[test]
    fn overrides_catalogs_and_deno() {
        let (findings, _) = outcome(
            "package.json",
            r#"{"overrides":{"x":{"@clerk/types":"3.1.0"}},"resolutions":{"**/@clerk/types":"3.1.0"},
                "pnpm":{"overrides":{"x>@clerk/types@3":"3.1.0"}},"workspaces":{"catalog":{"@clerk/types":"3.1.0"}},
                "scripts":{"x":"npx @clerk/types@3.1.0"}}"#,
        );
        assert_eq!(findings.len(), 5, "{findings:?}");
        let (_, text) = outcome(
            "deno.json",
            r#"{"imports":{"c":"npm:@clerk/backend@^0.38.0/jwt"}}"#,
        );
        assert_eq!(text, r#"{"imports":{"c":"npm:@clerk/backend@^1.0.0/jwt"}}"#);
    }

    #[test]
    fn versions_in_commands() {
        for (path, text, after) in [
            (
                "package.json",
                r#"{"scripts":{"x":"pnpm dlx @clerk/backend@^0.38.0 && bunx @clerk/types@4"}}"#,
                r#"{"scripts":{"x":"pnpm dlx @clerk/backend@^1.0.0 && bunx @clerk/types@4"}}"#,
            ),
            (
                "README.md",
                "    npm install @clerk/nextjs@4.29.1 @clerk/types@latest\n",
                "    npm install @clerk/nextjs@5.7.6 @clerk/types@latest\n",
            ),
            (
                "ci.yml",
                "      - run: npx --yes '@clerk/clerk-sdk-node@4'\n      # @clerk/types@3\n",
                "      - run: npx --yes '@clerk/clerk-sdk-node@5'\n      # @clerk/types@3\n",
            ),
            (
                "Dockerfile",
                "RUN yarn add @clerk/backend@0.38.x\n",
                "RUN yarn add @clerk/backend@1.x\n",
            ),
            (
                "README.md",
                "https://cdn.example/npm/@clerk/clerk-js@4/dist/clerk.browser.js, not @clerk/clerk-js@v\n",
                "https://cdn.example/npm/@clerk/clerk-js@5/dist/clerk.browser.js, not @clerk/clerk-js@v\n",
            ),
        ] {
            let (findings, edited) = outcome(path, text);
            assert_eq!(edited, after, "{path} {findings:?}");
            assert!(
                findings
                    .iter()
                    .all(|finding| finding.starts_with("package-version review")),
                "{findings:?}"
            );
        }
    }

    #[test]
    fn node_versions_wherever_they_stand() {
        for (path, text, expected) in [
            ("package.json", r#"{"engines":{"node":">=18.17.0"}}"#, None),
            ("package.json", r#"{"engines":{"node":"18"}}"#, None),
            (
                "package.json",
                r#"{"engines":{"node":"^18.0.0"}}"#,
                Some("^18.0.0"),
            ),
            (
                "package.json",
                r#"{"volta":{"node":"16.3.0"}}"#,
                Some("16.3.0"),
            ),
            (".nvmrc", "lts/gallium\n", Some("lts/gallium")),
            (".nvmrc", "v20\n", None),
            (".node-version", "18.16.1\n", Some("18.16.1")),
            (
                ".tool-versions",
                "python 3.11\nnodejs 16.1.0 # old\n",
                Some("16.1.0"),
            ),
            (
                "Dockerfile",
                "FROM --platform=linux/amd64 node:16-alpine AS build\n",
                Some("16"),
            ),
            (
                "Dockerfile",
                "FROM registry.example.com/library/node:14.21.3\n",
                Some("14.21.3"),
            ),
            ("Dockerfile", "FROM node:alpine\nFROM my-node:12\n", None),
            (
                "Dockerfile",
                "ARG NODE_VERSION=18.8.0\nFROM node:${NODE_VERSION}-slim\n",
                Some("18.8.0"),
            ),
            ("Dockerfile", "ARG NODE_VERSION=20\nARG NODE_ENV\n", None),
            ("ci.yml", "env:\n  NODE_VERSION: 16.x\n", Some("16.x")),
            (
                "ci.yml",
                "      - uses: actions/setup-node@v3\n        with:\n          node-version: '16'\n",
                Some("16"),
            ),
            (
                "ci.yml",
                "        node-version:\n          - 16.x\n          - 20\n",
                Some("16.x"),
            ),
            (
                "ci.yml",
                "          node-version: ${{ matrix.node }}\n",
                None,
            ),
            ("ci.yml", "  image: node:16\n", Some("16")),
            ("ci.yml", "    - image: cimg/node:16.13\n", Some("16.13")),
        ] {
            let (findings, _) = outcome(path, text);
            let found = findings
                .iter()
                .find_map(|finding| finding.rsplit(' ').next());
            assert_eq!(found, expected, "{path} {text}");
        }
    }

    #[test]
    fn core_2_and_other_peoples_projects_are_left_alone() {
        let text = "CLERK_API_KEY=test_abc\n";
        assert_eq!(found(".env", text, Generation::Core2), []);
        let findings = check(
            &Source::new(".env", text, None),
            &project(Generation::Core2),
            &RuleSet::all(),
        );
        assert_eq!(
            findings,
            [],
            "the packages below decide for a file outside of all"
        );
        let empty = Project::new(Vec::new(), Box::new(BTreeMap::<String, String>::new()));
        let check =
            |path: &str, text: &str| check(&Source::new(path, text, None), &empty, &RuleSet::all());
        assert_eq!(check(".env", text)[0].confidence, Confidence::Likely);
        assert_eq!(check(".nvmrc", "16\n"), []);
    }

    #[test]
    fn the_gate_lets_through_what_matters() {
        for (path, text, matters) in [
            (".nvmrc", "16", true),
            ("Dockerfile", "FROM node:16", true),
            (".env", "A=1", false),
            (".env", "CLERK_API_KEY=1", true),
            ("a.yml", "node-version: 16", true),
            ("main.rs", "CLERK_API_KEY", false),
        ] {
            assert_eq!(may_matter(path, text.as_bytes()), matters, "{path}");
        }
    }
}
