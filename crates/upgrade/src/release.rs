//! Clerk's JavaScript packages, and which of their versions belong to which release.
//!
//! The first Core 2 version of each package stands in the front matter of the rule
//! `package-version`, where a reader of the rule sees it as well.

use std::sync::LazyLock;

use nodejs_semver::{Range, Version};

use crate::{Change, Generation, RuleSet};

/// One of Clerk's packages on npm that took part in Core 2.
#[derive(Debug, PartialEq, Eq)]
pub struct ClerkPackage {
    /// Its name in `package.json`.
    pub name: &'static str,
    /// The first version that belongs to Core 2. `None`: the package ended with Core 1.
    pub core_2: Option<Version>,
    /// The last version of that major version.
    pub last: Option<Version>,
}

static PACKAGES: LazyLock<Vec<ClerkPackage>> = LazyLock::new(|| {
    let rules = RuleSet::all();
    let tables = rules.iter().filter_map(|rule| match &rule.change {
        Change::PackageVersion { versions } => Some(versions),
        _ => None,
    });
    let version = |text: Option<&String>| Version::parse(text?).ok();
    let packages = tables.flatten().map(|(name, versions)| ClerkPackage {
        name,
        core_2: version(versions.first()),
        last: version(versions.get(1)),
    });
    packages.collect()
});

/// The package of that name, if it is Clerk's and took part in Core 2.
pub fn clerk_package(name: &str) -> Option<&'static ClerkPackage> {
    let index = PACKAGES.binary_search_by(|package| package.name.cmp(name));
    index.ok().map(|index| &PACKAGES[index])
}

/// The lowest version that a range of `package.json` admits. `None`: not a range (`latest`,
/// `workspace:*`, a path or an address), or one that admits every version.
pub fn minimum(range: &str) -> Option<Version> {
    let range = range.strip_prefix("npm:").map_or(range, |alias| {
        alias.rsplit_once('@').map_or(alias, |(_, range)| range)
    });
    if matches!(range.trim(), "" | "*" | "x" | "X") {
        return None;
    }
    Range::parse(range).ok()?.min_version()
}

impl ClerkPackage {
    /// The generation that a version belongs to. Pre-releases of Core 2 count as Core 2.
    pub fn generation(&self, version: &Version) -> Generation {
        let numbers = |version: &Version| (version.major(), version.minor(), version.patch());
        match &self.core_2 {
            Some(first) if numbers(version) >= numbers(first) => Generation::Core2,
            _ => Generation::Core1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_generations() {
        let generation = |name: &str, range: &str| {
            let package = clerk_package(name).expect("a Clerk package");
            minimum(range).map(|version| package.generation(&version))
        };
        const CORE_1: Option<Generation> = Some(Generation::Core1);
        const CORE_2: Option<Generation> = Some(Generation::Core2);
        for (name, range, expected) in [
            ("@clerk/backend", "^0.38.15", CORE_1),
            ("@clerk/backend", "~0.30", CORE_1),
            ("@clerk/backend", "0.x", CORE_1),
            ("@clerk/backend", ">=0.30.0 <1", CORE_1),
            ("@clerk/backend", "^0.38.0 || ^1.0.0", CORE_1),
            ("@clerk/backend", "npm:@clerk/backend@0.38.15", CORE_1),
            ("@clerk/backend", "1.0.0-beta.4", CORE_2),
            ("@clerk/backend", "^1.34.0", CORE_2),
            ("@clerk/backend", "^2", CORE_2),
            ("@clerk/nextjs", "4", CORE_1),
            ("@clerk/nextjs", "^6.0.0", CORE_2),
            ("@clerk/express", "0.0.1", CORE_2),
            ("@clerk/edge", "^1.8.0", CORE_1),
            ("@clerk/backend", "latest", None),
            ("@clerk/backend", "*", None),
            ("@clerk/backend", "workspace:*", None),
            ("@clerk/backend", "link:../backend", None),
            ("@clerk/backend", "catalog:", None),
            ("@clerk/backend", "github:clerk/javascript", None),
        ] {
            assert_eq!(generation(name, range), expected, "{name} {range}");
        }
    }
}
