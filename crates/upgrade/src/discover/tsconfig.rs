//! `tsconfig.json` and `jsconfig.json`: where an import such as `@/lib/clerk` leads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jsonc_parser::ParseOptions;
use serde_json::Value;

use crate::project::{Files, PathMapping};

/// What one file says, before `extends` is followed.
#[derive(Clone, Debug, Default)]
pub(super) struct TsConfig {
    extends: Vec<String>,
    base_url: Option<String>,
    paths: Vec<(String, Vec<String>)>,
}

/// Reads a configuration file. Comments and trailing commas are allowed in it.
pub(super) fn read(text: &str) -> Option<TsConfig> {
    let text = text.trim_start_matches('\u{feff}');
    let root: Value = jsonc_parser::parse_to_serde_value(text, &ParseOptions::default()).ok()?;
    let compiler = root.get("compilerOptions");
    let option = |name| compiler.and_then(|options| options.get(name));
    let texts = |value: &Value| match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values
            .iter()
            .filter_map(|value| Some(value.as_str()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    let paths = option("paths").and_then(Value::as_object);
    Some(TsConfig {
        extends: root.get("extends").map(texts).unwrap_or_default(),
        base_url: option("baseUrl").and_then(Value::as_str).map(str::to_owned),
        paths: paths
            .into_iter()
            .flatten()
            .map(|(pattern, targets)| (pattern.clone(), texts(targets)))
            .collect(),
    })
}

/// The mappings of all `tsconfig.json` and `jsconfig.json`, the deepest directories first, given
/// the configuration files that were met, by their path from the root of the scan. Those that they
/// extend can have any name: what was not met is looked for on the `disk`.
pub(super) fn mappings(files: &BTreeMap<String, TsConfig>, disk: &dyn Files) -> Vec<PathMapping> {
    let find = |path: &str| match files.get(path) {
        Some(known) => Some(Cow::Borrowed(known)),
        None if path.ends_with(".json") => read(&disk.read(path)?).map(Cow::Owned),
        None => None,
    };
    let mut mappings: Vec<PathMapping> = Vec::new();
    for path in files.keys() {
        let (directory, name) = split(path);
        let is_default = name == "tsconfig.json" || name == "jsconfig.json";
        if !is_default
            || mappings
                .iter()
                .any(|mapping| mapping.directory == directory)
        {
            continue;
        }
        let mut mapping = PathMapping {
            directory: directory.to_owned(),
            ..PathMapping::default()
        };
        follow(&find, path, &mut mapping, 0);
        // A folder may hold both, and the editor's defaults have nothing to say.
        if mapping.base_url.is_some() || !mapping.paths.is_empty() {
            mappings.push(mapping);
        }
    }
    mappings.sort_by_key(|mapping| std::cmp::Reverse(mapping.directory.len()));
    mappings
}

/// Fills in what a file and those that it extends say; the closest word wins.
fn follow<'c>(
    find: &dyn Fn(&str) -> Option<Cow<'c, TsConfig>>,
    path: &str,
    mapping: &mut PathMapping,
    depth: usize,
) -> bool {
    const LONGEST_CHAIN: usize = 16;
    let Some(config) = find(path).filter(|_| depth < LONGEST_CHAIN) else {
        return false;
    };
    let (directory, _) = split(path);
    if mapping.base_url.is_none() {
        mapping.base_url = config
            .base_url
            .as_ref()
            .and_then(|base| join(directory, base));
    }
    if mapping.paths.is_empty() {
        let base = config.base_url.as_deref().unwrap_or("");
        let base = join(directory, base).or_else(|| mapping.base_url.clone());
        let resolve = |targets: &Vec<String>| {
            let base = base.as_deref().unwrap_or(directory);
            targets
                .iter()
                .filter_map(|target| join(base, target))
                .collect()
        };
        mapping.paths = config
            .paths
            .iter()
            .map(|(pattern, targets)| (pattern.clone(), resolve(targets)))
            .collect();
    }
    // Of several, the last one wins.
    for parent in config.extends.iter().rev() {
        let is_path = parent.starts_with('.');
        let Some(parent) = join(directory, parent).filter(|_| is_path) else {
            continue;
        };
        let _ = follow(find, &parent, mapping, depth + 1)
            || follow(find, &format!("{parent}.json"), mapping, depth + 1)
            || follow(find, &format!("{parent}/tsconfig.json"), mapping, depth + 1);
    }
    true
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A path relative to a directory, both from the root of the scan. `None` when it leads outside.
pub(crate) fn join(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_follow_extends() {
        let files = [
            (
                "tsconfig.base.json",
                r#"{ "compilerOptions": { "paths": { "@shared/*": ["./packages/shared/src/*"], }, /* why */ } }"#,
            ),
            (
                "apps/web/tsconfig.json",
                r#"{ "extends": "../../tsconfig.base.json" }"#,
            ),
            (
                "apps/api/tsconfig.json",
                r#"{ "extends": ["../../tsconfig.base", "@tsconfig/node20"], "compilerOptions": { "baseUrl": "src", "paths": { "@/*": ["*"], "clerk": ["lib/clerk.ts"] } } }"#,
            ),
            ("tsconfig.json", "{}"),
            (
                "apps/worker/tsconfig.json",
                r#"{ "extends": "../../config/base" }"#,
            ),
            ("loop/tsconfig.json", r#"{ "extends": "./tsconfig.json" }"#),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), read(text).expect("valid")));
        let disk = BTreeMap::from([(
            "config/base.json".to_owned(),
            r#"{ "compilerOptions": { "paths": { "~/*": ["../src/*"] } } }"#,
        )]);
        let shown = mappings(&files.into(), &disk).into_iter().map(|mapping| {
            let targets = mapping
                .paths
                .iter()
                .map(|(from, to)| format!("{from}={}", to.join(",")));
            let base = mapping.base_url.unwrap_or_default();
            format!(
                "{} {base} {}",
                mapping.directory,
                targets.collect::<Vec<_>>().join(" ")
            )
        });
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "apps/worker  ~/*=src/*",
                "apps/api apps/api/src @/*=apps/api/src/* clerk=apps/api/src/lib/clerk.ts",
                "apps/web  @shared/*=packages/shared/src/*",
            ]
        );
    }
}
