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
        self.chain(package).any(|package| !package.clerk.is_empty())
    }

    /// Whether a package, or one of those above it, names this Clerk package itself.
    pub fn declares(&self, package: Option<usize>, clerk_package: &str) -> bool {
        self.chain(package)
            .any(|package| package.clerk.contains_key(clerk_package))
    }

    /// As [`Self::generation`], but where a package names any Clerk package, only by what it names: for what could belong
    /// to several Clerk packages, such as an environment variable.
    pub fn declared_generation(&self, package: Option<usize>, clerk_package: &str) -> Generation {
        if self.declares_clerk(package) && !self.declares(package, clerk_package) {
            return Generation::Undeclared;
        }
        self.generation(package, clerk_package)
    }

    /// A package and those above it.
    fn chain(&self, package: Option<usize>) -> impl Iterator<Item = &Package> {
        let above = |index: &usize| self.packages.get(*index).and_then(|package| package.parent);
        std::iter::successors(package, above)
            .take(64)
            .filter_map(|index| self.packages.get(index))
    }

    /// Which generation of a Clerk package a file uses.
    ///
    /// The nearest `package.json`, going up, that names it decides. Where none does, the package is there by way of
    /// another: what the packages of the workspace that name it agree on, or else the generation of the Clerk packages
    /// that are named beside it, because those bring it along.
    pub fn generation(&self, package: Option<usize>, clerk_package: &str) -> Generation {
        let chain: Vec<&Package> = self.chain(package).collect();
        let declared = chain
            .iter()
            .find_map(|package| package.clerk.get(clerk_package));
        if let Some(generation) = declared {
            return *generation;
        }
        // Without a `package.json` around the file nothing speaks for it.
        if chain.is_empty() {
            return Generation::Undeclared;
        }
        let beside = chain
            .iter()
            .map(|package| {
                agreed(package.clerk.iter().filter_map(|(name, generation)| {
                    brings(name, *generation, clerk_package).then_some(*generation)
                }))
            })
            .find(|generation| *generation != Generation::Undeclared);
        let everywhere = || {
            agreed(
                self.packages
                    .iter()
                    .filter_map(|package| package.clerk.get(clerk_package).copied()),
            )
        };
        let brought_along = || {
            let all = self.packages.iter().flat_map(|package| &package.clerk);
            agreed(all.filter_map(|(name, generation)| {
                brings(name, *generation, clerk_package).then_some(*generation)
            }))
        };
        beside
            .or_else(|| Some(everywhere()).filter(|found| *found != Generation::Undeclared))
            .unwrap_or_else(brought_along)
    }
}

/// The generation that all of them are of, if there is one.
fn agreed(mut generations: impl Iterator<Item = Generation>) -> Generation {
    match generations.next() {
        Some(first) if generations.all(|other| other == first) => first,
        _ => Generation::Undeclared,
    }
}

/// Whether a Clerk package of that generation depends on another, so that the other is installed in the same generation.
fn brings(name: &str, generation: Generation, other: &str) -> bool {
    match name {
        // Of these every release is made for both generations, or they depend on nothing.
        "@clerk/themes" | "@clerk/localizations" | "@clerk/types" => false,
        "@clerk/nextjs" | "gatsby-plugin-clerk" => match other {
            "@clerk/clerk-sdk-node" => generation == Generation::Core1 || name != "@clerk/nextjs",
            "@clerk/backend" | "@clerk/clerk-react" | "@clerk/types" | "@clerk/shared" => true,
            _ => false,
        },
        "@clerk/remix" => matches!(
            other,
            "@clerk/backend" | "@clerk/clerk-react" | "@clerk/types" | "@clerk/shared"
        ),
        "@clerk/clerk-sdk-node" | "@clerk/fastify" | "@clerk/express" => {
            matches!(other, "@clerk/backend" | "@clerk/types" | "@clerk/shared")
        }
        "@clerk/clerk-expo" | "@clerk/chrome-extension" => matches!(
            other,
            "@clerk/clerk-react" | "@clerk/clerk-js" | "@clerk/types" | "@clerk/shared"
        ),
        "@clerk/clerk-react" | "@clerk/clerk-js" | "@clerk/backend" => {
            matches!(other, "@clerk/types" | "@clerk/shared")
        }
        _ => false,
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
    fn a_package_that_another_one_brings_along_is_of_its_generation() {
        use Generation::{Core1, Core2, Undeclared};
        let package =
            |directory: &str, parent: Option<usize>, clerk: &[(&str, Generation)]| Package {
                directory: directory.to_owned(),
                parent,
                clerk: clerk
                    .iter()
                    .map(|(name, generation)| ((*name).to_owned(), *generation))
                    .collect(),
                ..Package::default()
            };
        let packages = vec![
            package("", None, &[]),
            package(
                "old",
                Some(0),
                &[("@clerk/nextjs", Core1), ("@clerk/themes", Core2)],
            ),
            package("new", Some(0), &[("@clerk/nextjs", Core2)]),
            package("api", Some(0), &[("@clerk/fastify", Core1)]),
            package("plain", Some(0), &[]),
        ];
        let project = Project::new(packages, Box::new(BTreeMap::<String, String>::new()));
        for (package, name, expected) in [
            (1, "@clerk/nextjs", Core1),
            (1, "@clerk/clerk-sdk-node", Core1),
            (1, "@clerk/backend", Core1),
            (2, "@clerk/backend", Core2),
            // It no longer brings it; the other one does.
            (2, "@clerk/clerk-sdk-node", Core1),
            // The workspace does not agree.
            (4, "@clerk/nextjs", Undeclared),
            (4, "@clerk/fastify", Core1),
            (4, "@clerk/backend", Undeclared),
            (4, "@clerk/clerk-sdk-node", Core1),
        ] {
            assert_eq!(
                project.generation(Some(package), name),
                expected,
                "{package} {name}"
            );
        }
        assert_eq!(project.generation(None, "@clerk/fastify"), Undeclared);
    }

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
