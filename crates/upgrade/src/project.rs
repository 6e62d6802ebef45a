//! The codebase around a file: its packages, which Clerk they are on, and how to read other files of it.

use crate::value::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Everything that is known about a codebase before a file is checked.
pub struct Project {
    /// The packages of the workspace, each a directory with a `package.json`.
    pub packages: Vec<Package>,
    /// How to read other files, for values that come from another module.
    pub files: Box<dyn Files>,
    /// What the `tsconfig.json` of the codebase say about imports, deepest directory first.
    pub path_mappings: Vec<PathMapping>,
    /// What modules export, read when first asked for.
    modules: Mutex<HashMap<String, Arc<Exports>>>,
}

/// `baseUrl` and `paths` of a `tsconfig.json` or `jsconfig.json`, with what it extends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathMapping {
    /// The directory whose files it is for, relative to the root of the scan.
    pub directory: String,
    /// Where a bare import may begin as well, relative to the root of the scan.
    pub base_url: Option<String>,
    /// A pattern with at most one `*`, and where it leads, relative to the root of the scan.
    pub paths: Vec<(String, Vec<String>)>,
}

impl PathMapping {
    /// Where the mapping leads an import, best guess first, relative to the root of the scan. File extensions and
    /// `/index` are left to the caller, as in the import itself.
    fn candidates(&self, specifier: &str) -> Vec<String> {
        let matched = |pattern: &str| match pattern.split_once('*') {
            Some((before, after)) => {
                let rest = specifier.strip_prefix(before)?.strip_suffix(after)?;
                Some((before.len(), rest.to_owned()))
            }
            None => (pattern == specifier).then(|| (usize::MAX, String::new())),
        };
        let longest = self
            .paths
            .iter()
            .filter_map(|(pattern, targets)| Some((matched(pattern)?, targets)))
            .max_by_key(|((length, _), _)| *length);
        let mapped = longest.into_iter().flat_map(|((_, rest), targets)| {
            targets
                .iter()
                .map(move |target| target.replacen('*', &rest, 1))
        });
        let based = self.base_url.iter().map(|base| match base.as_str() {
            "" => specifier.to_owned(),
            base => format!("{base}/{specifier}"),
        });
        mapped.chain(based).collect()
    }
}

/// The exports of a module that come from Clerk, as values and as types.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exports {
    pub values: HashMap<String, Value>,
    pub types: HashMap<String, Value>,
}

impl Project {
    /// A codebase of these packages.
    pub fn new(packages: Vec<Package>, files: Box<dyn Files>) -> Self {
        Self {
            packages,
            files,
            path_mappings: Vec::new(),
            modules: Mutex::default(),
        }
    }

    /// Where the nearest `tsconfig.json` leads an import that is no relative path, best guess first, relative to the
    /// root of the scan. File extensions and `/index` are left to the caller, as in the import itself.
    pub fn mapped_import(&self, importer: &str, specifier: &str) -> Vec<String> {
        let is_above = |directory: &str| {
            directory.is_empty()
                || importer
                    .strip_prefix(directory)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let nearest = self
            .path_mappings
            .iter()
            .find(|mapping| is_above(&mapping.directory));
        nearest
            .map(|mapping| mapping.candidates(specifier))
            .unwrap_or_default()
    }

    /// What a module exports, read with `read` when it is not known yet.
    ///
    /// Two threads may read the same module; that costs less than one waiting for the other in a circle.
    pub(crate) fn exports(&self, path: &str, read: impl FnOnce() -> Exports) -> Arc<Exports> {
        if let Some(known) = self
            .modules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
        {
            return known.clone();
        }
        let exports = Arc::new(read());
        self.modules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(path.to_owned(), exports.clone());
        exports
    }

    /// The package whose directory holds a file.
    pub fn package_of(&self, path: &str) -> Option<usize> {
        (0..self.packages.len())
            .filter(|&index| {
                let directory = &self.packages[index].directory;
                directory.is_empty()
                    || path
                        .strip_prefix(directory.as_str())
                        .is_some_and(|rest| rest.starts_with('/'))
            })
            .max_by_key(|&index| self.packages[index].directory.len())
    }

    /// Whether a package, or one of those above it, declares any Clerk package.
    pub fn declares_clerk(&self, package: Option<usize>) -> bool {
        let above = |index: &usize| self.packages.get(*index).and_then(|package| package.parent);
        std::iter::successors(package, above).take(64).any(|index| {
            self.packages
                .get(index)
                .is_some_and(|package| !package.clerk.is_empty())
        })
    }

    /// Which generation of a Clerk package a file uses: as declared by the nearest `package.json`, going up, that names it.
    pub fn generation(&self, package: Option<usize>, clerk_package: &str) -> Generation {
        let mut next = package;
        let mut steps = 0;
        while let Some(package) = next.and_then(|index| self.packages.get(index)) {
            if let Some(generation) = package.clerk.get(clerk_package) {
                return *generation;
            }
            next = package.parent;
            steps += 1;
            if steps > 64 {
                break;
            }
        }
        Generation::Undeclared
    }
}

/// One package of the codebase.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// `name` of its `package.json`.
    pub name: Option<String>,
    /// Its directory relative to the root of the scan, `""` for the root itself.
    pub directory: String,
    /// The package of a directory above, asked next for what this one does not declare.
    pub parent: Option<usize>,
    /// The Clerk packages it declares and the generation each is on.
    pub clerk: BTreeMap<String, Generation>,
    /// The file that its name leads to when another package of the workspace imports it, relative to `directory`.
    pub main: Option<String>,
}

/// The generation of a Clerk package that a codebase depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Core 1: rules apply.
    Core1,
    /// Core 2 or later: nothing to do.
    Core2,
    /// No declaration was found: rules apply with less confidence.
    Undeclared,
}

/// Reads files of the codebase by their path relative to the root of the scan.
pub trait Files: Send + Sync {
    /// The text of a file, or nothing if there is none, or it cannot or must not be read.
    fn read(&self, path: &str) -> Option<String>;

    /// Whether there is such a file.
    fn exists(&self, path: &str) -> bool {
        self.read(path).is_some()
    }
}

/// Files in memory, for tests and for single files.
impl<S: AsRef<str> + Send + Sync> Files for BTreeMap<String, S> {
    fn read(&self, path: &str) -> Option<String> {
        self.get(path).map(|text| text.as_ref().to_owned())
    }

    fn exists(&self, path: &str) -> bool {
        self.contains_key(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_and_most_exact_mapping_wins() {
        let mapping =
            |directory: &str, base_url: Option<&str>, paths: &[(&str, &str)]| PathMapping {
                directory: directory.to_owned(),
                base_url: base_url.map(str::to_owned),
                paths: paths
                    .iter()
                    .map(|(from, to)| ((*from).to_owned(), vec![(*to).to_owned()]))
                    .collect(),
            };
        let mut project = Project::new(Vec::new(), Box::new(BTreeMap::<String, String>::new()));
        project.path_mappings = vec![
            mapping(
                "apps/web",
                None,
                &[
                    ("@/*", "apps/web/src/*"),
                    ("@/lib/*", "apps/web/lib/*"),
                    ("~", "apps/web/app.ts"),
                ],
            ),
            mapping("", Some("src"), &[]),
        ];
        assert_eq!(
            project.mapped_import("apps/web/src/a.ts", "@/b/c"),
            ["apps/web/src/b/c"]
        );
        assert_eq!(
            project.mapped_import("apps/web/src/a.ts", "@/lib/c"),
            ["apps/web/lib/c"]
        );
        assert_eq!(
            project.mapped_import("apps/web/src/a.ts", "~"),
            ["apps/web/app.ts"]
        );
        assert_eq!(
            project.mapped_import("apps/website/a.ts", "lib/clerk"),
            ["src/lib/clerk"]
        );
        assert!(
            project
                .mapped_import("apps/web/src/a.ts", "react")
                .is_empty()
        );
    }
}
