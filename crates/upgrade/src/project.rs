//! The codebase around a file: its packages, which Clerk they are on, and how to read other files of it.

use std::collections::BTreeMap;

/// Everything that is known about a codebase before a file is checked.
pub struct Project {
    /// The packages of the workspace, each a directory with a `package.json`.
    pub packages: Vec<Package>,
    /// How to read other files, for values that come from another module.
    pub files: Box<dyn Files>,
}

impl Project {
    /// A codebase of these packages.
    pub fn new(packages: Vec<Package>, files: Box<dyn Files>) -> Self {
        Self { packages, files }
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
}

/// Files in memory, for tests and for single files.
impl<S: AsRef<str> + Send + Sync> Files for BTreeMap<String, S> {
    fn read(&self, path: &str) -> Option<String> {
        self.get(path).map(|text| text.as_ref().to_owned())
    }
}
