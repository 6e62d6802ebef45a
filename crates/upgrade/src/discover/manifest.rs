//! `package.json`: which Clerk packages a package uses, at which version, and with what around it.

use std::collections::BTreeMap;

use nodejs_semver::Version;
use serde::Serialize;
use serde_json::{Map, Value};

use super::block;
use crate::Generation;
use crate::release::{self, ClerkPackage};

/// The maps of `package.json` that name what a package depends on.
pub const DEPENDENCY_MAPS: [&str; 4] = [
    "dependencies",
    "devDependencies",
    "peerDependencies",
    "optionalDependencies",
];

/// What a package is built with, as far as Clerk has an SDK or a guide of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[allow(missing_docs)] // The names say it.
pub enum Framework {
    Astro,
    ChromeExtension,
    Expo,
    Express,
    Fastify,
    Gatsby,
    Hono,
    Nest,
    NextJs,
    Nuxt,
    React,
    Redwood,
    Remix,
    SvelteKit,
    Vue,
}

/// The dependency that gives a framework away. The first one that is there decides.
const FRAMEWORKS: [(&str, Framework); 18] = [
    ("next", Framework::NextJs),
    ("@remix-run/react", Framework::Remix),
    ("@remix-run/node", Framework::Remix),
    ("gatsby", Framework::Gatsby),
    ("expo", Framework::Expo),
    ("@redwoodjs/core", Framework::Redwood),
    ("@redwoodjs/web", Framework::Redwood),
    ("@redwoodjs/api", Framework::Redwood),
    ("astro", Framework::Astro),
    ("nuxt", Framework::Nuxt),
    ("@sveltejs/kit", Framework::SvelteKit),
    ("plasmo", Framework::ChromeExtension),
    ("@nestjs/core", Framework::Nest),
    ("fastify", Framework::Fastify),
    ("hono", Framework::Hono),
    ("express", Framework::Express),
    ("vue", Framework::Vue),
    ("react", Framework::React),
];

/// A Clerk package that a `package.json` declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The Clerk package.
    pub package: &'static ClerkPackage,
    /// The map that declares it: `dependencies`, `peerDependencies`, …
    pub map: &'static str,
    /// The range as it is written, or what the catalog says where it is `catalog:`.
    pub range: String,
    /// The version in the lock file.
    pub locked: Option<Version>,
}

impl Dependency {
    /// The generation that the project uses. `Undeclared` where neither the range nor a lock file
    /// tells.
    pub fn generation(&self) -> Generation {
        let of = |version: &Version| self.package.generation(version);
        let declared = release::minimum(&self.range).as_ref().map(of);
        let locked = self.locked.as_ref().map(of);
        // What is installed counts: a range that admits both is what the lock file makes of it, and
        // one that was just raised is not installed yet, so its code still has to be looked at.
        locked.or(declared).unwrap_or(Generation::Undeclared)
    }
}

/// A `package.json`.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// Its folder, as a path from the root of the scan with `/`; `""` is the root itself and `../`
    /// leads above it.
    pub directory: String,
    /// Its name.
    pub name: Option<String>,
    /// The Clerk packages that it declares, in the order of the file.
    pub dependencies: Vec<Dependency>,
    /// What it is built with.
    pub framework: Option<Framework>,
    /// The files that its name leads to when another package imports it, best guess first.
    pub entries: Vec<String>,
}

/// A name and a range, as a catalog lists them. The outer key is the catalog's name; `""` is the
/// default one.
pub type Catalogs = BTreeMap<String, BTreeMap<String, String>>;

/// Reads a `package.json`, and the catalogs that Bun keeps there.
pub(super) fn read(directory: &str, text: &str) -> Result<(Manifest, Catalogs), serde_json::Error> {
    let root: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    let maps = DEPENDENCY_MAPS
        .iter()
        .filter_map(|&map| Some((map, root.get(map)?.as_object()?)));
    let mut dependencies = Vec::new();
    let mut frameworks = Vec::new();
    for (map, entries) in maps {
        for (name, range) in entries {
            let position = FRAMEWORKS.iter().position(|(package, _)| package == name);
            frameworks.extend(position);
            let (Some(package), Some(range)) = (release::clerk_package(name), range.as_str())
            else {
                continue;
            };
            dependencies.push(Dependency {
                package,
                map,
                range: range.to_owned(),
                locked: None,
            });
        }
    }
    let is_extension = dependencies
        .iter()
        .any(|dependency| dependency.package.name == "@clerk/chrome-extension");
    let framework = frameworks.iter().min().map(|&index| FRAMEWORKS[index].1);
    let framework = match is_extension {
        true => Some(Framework::ChromeExtension),
        false => framework,
    };
    let mut catalogs = Catalogs::new();
    for holder in [
        Some(&root),
        root.get("workspaces").and_then(Value::as_object),
    ]
    .into_iter()
    .flatten()
    {
        if let Some(entries) = holder.get("catalog").and_then(Value::as_object) {
            catalogs.insert(String::new(), ranges(entries));
        }
        for (name, entries) in holder
            .get("catalogs")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            catalogs.insert(
                name.clone(),
                entries.as_object().map(ranges).unwrap_or_default(),
            );
        }
    }
    let manifest = Manifest {
        directory: directory.to_owned(),
        name: root.get("name").and_then(Value::as_str).map(str::to_owned),
        dependencies,
        framework,
        entries: entries(&root),
    };
    Ok((manifest, catalogs))
}

fn ranges(entries: &Map<String, Value>) -> BTreeMap<String, String> {
    let texts = entries
        .iter()
        .filter_map(|(name, range)| Some((name.clone(), range.as_str()?.to_owned())));
    texts.collect()
}

/// Where an import of the package's name leads. Sources come first: what is built is not there in
/// a fresh clone.
fn entries(root: &Map<String, Value>) -> Vec<String> {
    let exports = match root.get("exports") {
        Some(Value::Object(map)) if map.keys().any(|key| key.starts_with('.')) => map.get("."),
        exports => exports,
    };
    let mut found = Vec::new();
    let fields = ["source", "module", "main", "types"].map(|field| root.get(field));
    for value in exports.into_iter().chain(fields.into_iter().flatten()) {
        string_leaves(value, 0, &mut found);
    }
    let mut entries: Vec<String> = Vec::new();
    for target in found {
        let target = target.trim_start_matches("./");
        if !entries.iter().any(|entry| entry == target) {
            entries.push(target.to_owned());
        }
    }
    entries.sort_by_key(|entry| !entry.ends_with("ts") || entry.ends_with(".d.ts"));
    entries
}

/// The texts in a value of `exports`, whatever conditions they stand under.
fn string_leaves<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Object(map) if depth < 8 => {
            map.values()
                .for_each(|value| string_leaves(value, depth + 1, found));
        }
        Value::Array(values) if depth < 8 => {
            values
                .iter()
                .for_each(|value| string_leaves(value, depth + 1, found));
        }
        _ => {}
    }
}

/// The catalogs of a `pnpm-workspace.yaml` or a `.yarnrc.yml`.
pub(super) fn yaml_catalogs(text: &str) -> Catalogs {
    let mut catalogs = Catalogs::new();
    block::lines(text, |line| {
        let (catalog, name) = match line.path {
            ["catalog", name] => ("", name),
            ["catalogs", catalog, name] => (*catalog, name),
            _ => return,
        };
        let entries = catalogs.entry(catalog.to_owned()).or_default();
        entries.insert((*name).to_owned(), line.value.to_owned());
    });
    catalogs
}

/// The range that a `catalog:` reference stands for.
pub(super) fn resolve_catalog<'a>(
    catalogs: &'a Catalogs,
    range: &str,
    name: &str,
) -> Option<&'a str> {
    let catalog = range.strip_prefix("catalog:")?.trim();
    let find = |catalog: &str| catalogs.get(catalog)?.get(name).map(String::as_str);
    match catalog {
        "" | "default" => find("").or_else(|| find("default")),
        catalog => find(catalog),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Manifest, Catalogs) {
        read("", text).expect("valid JSON")
    }

    #[test]
    fn clerk_packages_and_framework() {
        let (manifest, _) = parsed(
            r#"{"name":"web","dependencies":{"react":"18","@clerk/nextjs":"^4.29.1","next":"14"},
                "peerDependencies":{"@clerk/types":"*"},"devDependencies":{"@clerk/testing":"1.0.0"}}"#,
        );
        assert_eq!(manifest.framework, Some(Framework::NextJs));
        let names = |dependency: &Dependency| (dependency.package.name, dependency.map);
        let found: Vec<_> = manifest.dependencies.iter().map(names).collect();
        assert_eq!(
            found,
            [
                ("@clerk/nextjs", "dependencies"),
                ("@clerk/types", "peerDependencies")
            ]
        );
    }

    #[test]
    fn what_is_installed_counts() {
        let generation = |range: &str, locked: Option<&str>| {
            let dependency = Dependency {
                package: release::clerk_package("@clerk/backend").expect("a Clerk package"),
                map: "dependencies",
                range: range.to_owned(),
                locked: locked.map(|version| Version::parse(version).expect("a version")),
            };
            dependency.generation()
        };
        assert_eq!(generation("^0.38.0", None), Generation::Core1);
        assert_eq!(generation("^1.0.0", Some("0.38.15")), Generation::Core1);
        assert_eq!(generation(">=0.30", Some("1.2.0")), Generation::Core2);
        assert_eq!(generation("latest", Some("0.38.15")), Generation::Core1);
        assert_eq!(generation("latest", None), Generation::Undeclared);
        assert_eq!(generation("workspace:*", None), Generation::Undeclared);
    }

    #[test]
    fn catalogs_of_pnpm_and_bun() {
        let pnpm = yaml_catalogs(
            "packages:\n  - apps/*\ncatalog:\n  '@clerk/nextjs': ^4.29.1\ncatalogs:\n  next:\n    '@clerk/nextjs': ^5.0.0\n",
        );
        let range = |range| resolve_catalog(&pnpm, range, "@clerk/nextjs");
        assert_eq!(range("catalog:"), Some("^4.29.1"));
        assert_eq!(range("catalog:default"), Some("^4.29.1"));
        assert_eq!(range("catalog:next"), Some("^5.0.0"));
        assert_eq!(range("catalog:none"), None);
        assert_eq!(range("^4.0.0"), None);
        let (_, bun) =
            parsed(r#"{"workspaces":{"packages":["a"],"catalog":{"@clerk/backend":"0.38.0"}}}"#);
        assert_eq!(
            resolve_catalog(&bun, "catalog:", "@clerk/backend"),
            Some("0.38.0")
        );
    }

    #[test]
    fn entries_of_a_workspace_package() {
        let (manifest, _) = parsed(
            r#"{"exports":{".":{"import":"./dist/index.mjs","source":"./src/index.ts"},"./users":"./src/users.ts"},"main":"./dist/index.js"}"#,
        );
        assert_eq!(
            manifest.entries,
            ["src/index.ts", "dist/index.mjs", "dist/index.js"]
        );
    }
}
