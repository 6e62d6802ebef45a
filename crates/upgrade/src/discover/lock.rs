//! Lock files: which version of a Clerk package a project really has installed.

use nodejs_semver::{Range, Version};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::block;
use crate::release::clerk_package;

/// The lock files that are read, by name.
pub const LOCK_FILES: [&str; 6] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    BUN_BINARY,
];

/// The lock file that Bun wrote before 1.2.
pub const BUN_BINARY: &str = "bun.lockb";

/// A Clerk package in a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The package that has it, where the lock file says so: its path from the lock file (`""` for
    /// the lock file's own folder), or its name in Bun's.
    pub package: Option<String>,
    /// The range that was resolved, where the lock file says so.
    pub range: Option<String>,
    /// The Clerk package.
    pub name: &'static str,
    /// The version that is installed.
    pub version: Version,
}

/// The Clerk packages of a lock file. Anything that cannot be read is left out: a lock file only
/// makes more precise what `package.json` says.
pub fn read(file_name: &str, text: &str) -> Vec<Locked> {
    match file_name {
        "yarn.lock" => yarn(text),
        "pnpm-lock.yaml" => pnpm(text),
        "bun.lock" => bun(text),
        _ => npm(text),
    }
}

/// The version that a package has of `name`. The package is told by its folder, as a path from the
/// lock file, and by its own name.
pub fn find<'a>(
    locked: &'a [Locked],
    folder: &str,
    own_name: Option<&str>,
    name: &str,
    range: &str,
) -> Option<&'a Version> {
    let of_name = || locked.iter().filter(|entry| entry.name == name);
    let is_own = |package: &str| package == folder || Some(package) == own_name;
    let found = of_name()
        .find(|entry| entry.package.as_deref().is_some_and(is_own))
        .or_else(|| of_name().find(|entry| entry.range.as_deref() == Some(range)))
        .or_else(|| {
            let is_for_all = |entry: &&Locked| {
                entry.range.is_none() && entry.package.as_deref().is_none_or(str::is_empty)
            };
            let asked = Range::parse(range).ok();
            let is_asked = |entry: &&Locked| {
                let version = &entry.version;
                asked.as_ref().is_some_and(|asked| asked.satisfies(version))
            };
            let fitting = of_name().filter(is_for_all).find(is_asked);
            fitting.or_else(|| of_name().find(is_for_all))
        });
    found.map(|entry| &entry.version)
}

fn locked(name: &str, version: &str) -> Option<Locked> {
    // pnpm appends the versions of peers: 4.29.1(next@13.4.0), or _next@13.4.0 in its older files.
    let version = version.split(['(', '_']).next()?;
    Some(Locked {
        package: None,
        range: None,
        name: clerk_package(name)?.name,
        version: Version::parse(version).ok()?,
    })
}

/// The entries of an object, without what is not asked for. Lock files are large.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ClerkEntries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ClerkEntries<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.contains("clerk") {
                        true => entries.push((key, map.next_value()?)),
                        false => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(ClerkEntries(std::marker::PhantomData))
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

#[derive(Deserialize)]
struct NpmEntry {
    version: Option<String>,
}

#[derive(Deserialize)]
struct NpmLock {
    #[serde(default)]
    packages: Entries<NpmEntry>,
    /// Versions 1 and 2 of the format.
    #[serde(default)]
    dependencies: Entries<NpmEntry>,
}

fn npm(text: &str) -> Vec<Locked> {
    let Ok(lock) = serde_json::from_str::<NpmLock>(text) else {
        return Vec::new();
    };
    let nested = lock.packages.0.iter().filter_map(|(path, entry)| {
        let (folder, name) = path.rsplit_once("node_modules/")?;
        let folder = folder.trim_end_matches('/');
        // A copy inside of another installed package is not what the project imports.
        let is_own = !folder.contains("node_modules");
        let mut locked = is_own.then(|| locked(name, entry.version.as_deref()?))??;
        locked.package = Some(folder.to_owned());
        Some(locked)
    });
    let nested: Vec<_> = nested.collect();
    if !nested.is_empty() {
        return nested;
    }
    let flat = lock.dependencies.0.iter();
    flat.filter_map(|(name, entry)| locked(name, entry.version.as_deref()?))
        .collect()
}

fn yarn(text: &str) -> Vec<Locked> {
    let mut found = Vec::new();
    for block in text.split("\n\n").filter(|block| block.contains("clerk")) {
        let mut lines = block.lines().filter(|line| !line.starts_with('#'));
        let Some(head) = lines.find(|line| !line.trim().is_empty()) else {
            continue;
        };
        let version = lines.find_map(|line| line.trim().strip_prefix("version"));
        let Some(version) = version.map(|version| version.trim_matches([':', ' ', '"', '\'']))
        else {
            continue;
        };
        for key in head.trim_end_matches(':').split(',') {
            let Some((name, range)) = key
                .trim_matches([' ', '"'])
                .rsplit_once('@')
                .filter(|(name, _)| !name.is_empty())
            else {
                continue;
            };
            if let Some(mut locked) = locked(name, version) {
                locked.range = Some(range.strip_prefix("npm:").unwrap_or(range).to_owned());
                found.push(locked);
            }
        }
    }
    found
}

fn pnpm(text: &str) -> Vec<Locked> {
    const MAPS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];
    let mut found = Vec::new();
    block::lines(text, |line| {
        let (package, rest) = match line.path {
            ["importers", package, rest @ ..] => (package, rest),
            // A project without workspaces, in the older files.
            rest => (&".", rest),
        };
        let name = match rest {
            [map, name] if MAPS.contains(map) => name,
            [map, name, "version"] if MAPS.contains(map) => name,
            _ => return,
        };
        if let Some(mut locked) = locked(name, line.value) {
            let package = package.trim_start_matches("./");
            locked.package = Some(if package == "." { "" } else { package }.to_owned());
            found.push(locked);
        }
    });
    found
}

fn bun(text: &str) -> Vec<Locked> {
    // JSON with trailing commas, one package to a line:
    //     "@clerk/backend": ["@clerk/backend@0.38.15", "", { … }, "sha512-…"],
    let packages = text.lines().filter_map(|line| {
        let (key, entry) = line.trim().strip_prefix('"')?.split_once("\": [\"")?;
        let (name, version) = entry.split('"').next()?.rsplit_once('@')?;
        let mut locked = locked(name, version)?;
        let owner = key.strip_suffix(name)?.trim_end_matches('/');
        locked.package = Some(owner.to_owned());
        Some(locked)
    });
    packages.collect()
}

/// What is read of Bun's binary file: the addresses of the archives, which every registry ends with
/// `/@clerk/backend/-/backend-0.38.15.tgz`. They stand in it one behind the other.
pub fn bun_binary(bytes: &[u8]) -> Vec<Locked> {
    /// More than any version has.
    const LONGEST: usize = 100;
    const BETWEEN: &[u8] = b"/-/";
    let mut found = Vec::new();
    for at in 0..bytes.len() {
        if !bytes[at..].starts_with(BETWEEN) {
            continue;
        }
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"@/-_.".contains(byte);
        let length = bytes[..at].iter().rev().take(LONGEST).take_while(is_name);
        let Ok(address) = str::from_utf8(&bytes[at - length.count()..at]) else {
            continue;
        };
        let mut parts = address.rsplit('/');
        let (Some(last), scope) = (parts.next(), parts.next().unwrap_or_default()) else {
            continue;
        };
        let rest = &bytes[at + BETWEEN.len()..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let version = str::from_utf8(
            rest.split(|byte| !byte.is_ascii_graphic())
                .next()
                .unwrap_or(&[]),
        )
        .ok()
        .and_then(|archive| archive.split_once(".tgz"))
        .and_then(|(archive, _)| archive.strip_prefix(last)?.strip_prefix('-'));
        let name = match scope.starts_with('@') {
            true => format!("{scope}/{last}"),
            false => last.to_owned(),
        };
        found.extend(version.and_then(|version| locked(&name, version)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(file_name: &str, text: &str) -> Vec<String> {
        let found = read(file_name, text);
        let shown = found.iter().map(|locked| {
            let place = locked.package.as_ref().or(locked.range.as_ref());
            format!(
                "{} {} {}",
                place.map_or("-", String::as_str),
                locked.name,
                locked.version
            )
        });
        shown.collect()
    }

    #[test]
    fn npm_files() {
        let text = r#"{"lockfileVersion":3,"packages":{"":{"dependencies":{"@clerk/backend":"^0.38.0"}},
            "node_modules/@clerk/backend":{"version":"0.38.15"},
            "node_modules/@clerk/nextjs/node_modules/@clerk/backend":{"version":"1.14.1"},
            "apps/web/node_modules/@clerk/backend":{"version":"1.34.0"},
            "node_modules/other":{"version":"1.0.0"}}}"#;
        assert_eq!(
            versions("package-lock.json", text),
            [" @clerk/backend 0.38.15", "apps/web @clerk/backend 1.34.0"]
        );
        let old = r#"{"lockfileVersion":1,"dependencies":{"@clerk/nextjs":{"version":"4.21.0","requires":{}}}}"#;
        assert_eq!(
            versions("package-lock.json", old),
            ["- @clerk/nextjs 4.21.0"]
        );
    }

    #[test]
    fn yarn_files() {
        let one = "# yarn lockfile v1\n\n\n\"@clerk/backend@0.38.15\", \"@clerk/backend@^0.38.0\":\n  version \"0.38.15\"\n  resolved \"x\"\n\nother@1:\n  version \"1.0.0\"\n";
        assert_eq!(
            versions("yarn.lock", one),
            [
                "0.38.15 @clerk/backend 0.38.15",
                "^0.38.0 @clerk/backend 0.38.15"
            ]
        );
        let berry = "__metadata:\n  version: 8\n\n\"@clerk/types@npm:^3.0.0, @clerk/types@npm:^3.1.0\":\n  version: 3.65.5\n  resolution: \"@clerk/types@npm:3.65.5\"\n";
        assert_eq!(
            versions("yarn.lock", berry),
            ["^3.0.0 @clerk/types 3.65.5", "^3.1.0 @clerk/types 3.65.5"]
        );
    }

    #[test]
    fn pnpm_files() {
        let nine = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@clerk/nextjs':\n        specifier: ^4.0.0\n        version: 4.31.8(next@14.2.25(react@18.3.1))(react@18.3.1)\n\n  apps/api:\n    devDependencies:\n      '@clerk/backend':\n        specifier: ^1.0.0\n        version: 1.34.0\n\npackages:\n\n  '@clerk/backend@0.38.15':\n    resolution: {integrity: x}\n";
        assert_eq!(
            versions("pnpm-lock.yaml", nine),
            [" @clerk/nextjs 4.31.8", "apps/api @clerk/backend 1.34.0"]
        );
        let five = "lockfileVersion: 5.4\n\nspecifiers:\n  '@clerk/backend': ^0.30.0\n\ndependencies:\n  '@clerk/backend': 0.30.1_react@18.2.0\n";
        assert_eq!(versions("pnpm-lock.yaml", five), [" @clerk/backend 0.30.1"]);
    }

    #[test]
    fn bun_files() {
        let text = "{\n  \"lockfileVersion\": 1,\n  \"packages\": {\n    \"@clerk/backend\": [\"@clerk/backend@0.38.15\", \"\", { \"dependencies\": {} }, \"sha512-x\"],\n    \"api/@clerk/backend\": [\"@clerk/backend@1.2.0\", \"\", {}, \"sha512-x\"],\n  }\n}\n";
        assert_eq!(
            versions("bun.lock", text),
            [" @clerk/backend 0.38.15", "api @clerk/backend 1.2.0"]
        );
    }

    #[test]
    fn binary_bun_files() {
        let mut bytes =
            b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x02\0\xff\xfe@clerk/types".to_vec();
        for archive in [
            "@clerk/backend/-/backend-1.34.0.tgz",
            "csstype/-/csstype-3.1.1.tgz",
            "@clerk/backend/-/backend-0.38.15.tgz",
            "gatsby-plugin-clerk/-/gatsby-plugin-clerk-4.4.51.tgz",
            "@clerk/types/-/backend-1.0.0.tgz",
            "@clerk/types/-/types-.tgz",
        ] {
            bytes.extend(format!("https://registry.example/{archive}").bytes());
        }
        bytes.extend(b"\0@clerk/types/-/types-3.6");
        let found = bun_binary(&bytes);
        let shown = |locked: &Locked| format!("{} {}", locked.name, locked.version);
        assert_eq!(
            found.iter().map(shown).collect::<Vec<_>>(),
            [
                "@clerk/backend 1.34.0",
                "@clerk/backend 0.38.15",
                "gatsby-plugin-clerk 4.4.51"
            ]
        );
        // Which package has which of several versions, the range says.
        let version =
            |range| find(&found, "", None, "@clerk/backend", range).map(Version::to_string);
        assert_eq!(version("^0.38.0").as_deref(), Some("0.38.15"));
        assert_eq!(version("^1.20.0").as_deref(), Some("1.34.0"));
        for end in 0..bytes.len() {
            bun_binary(&bytes[..end]);
        }
    }

    #[test]
    fn the_closest_entry_decides() {
        let entries = npm(
            r#"{"packages":{"node_modules/@clerk/backend":{"version":"0.38.15"},
            "apps/web/node_modules/@clerk/backend":{"version":"1.34.0"}}}"#,
        );
        let version =
            |folder| find(&entries, folder, None, "@clerk/backend", "*").map(Version::to_string);
        assert_eq!(version("apps/web").as_deref(), Some("1.34.0"));
        assert_eq!(version("apps/api").as_deref(), Some("0.38.15"));
        assert_eq!(find(&entries, "", None, "@clerk/nextjs", "*"), None);
    }
}
