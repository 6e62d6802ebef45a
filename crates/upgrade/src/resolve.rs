//! Where an import leads: a Clerk package, a file of the codebase, or elsewhere.

use crate::{Files, Project};

/// Splits an import path into its package and the path inside: `@clerk/nextjs/server` into `@clerk/nextjs` and `server`.
pub(crate) fn split_package(specifier: &str) -> (&str, &str) {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(parts - 1) {
        Some((slash, _)) => (&specifier[..slash], &specifier[slash + 1..]),
        None => (specifier, ""),
    }
}

/// The Clerk package that an import path names.
pub(crate) fn clerk_package(specifier: &str) -> Option<&str> {
    if !specifier.starts_with("@clerk/") && !specifier.starts_with("gatsby-plugin-clerk") {
        return None;
    }
    let (package, _) = split_package(specifier);
    (package != "@clerk" && (package.starts_with('@') || package == "gatsby-plugin-clerk"))
        .then_some(package)
}

/// The file that an import in `importer` leads to, by the rules of Node, TypeScript and bundlers together.
pub(crate) fn resolve(
    project: &Project,
    importer: &str,
    package: Option<usize>,
    specifier: &str,
) -> Option<String> {
    let directory = importer
        .rsplit_once('/')
        .map_or("", |(directory, _)| directory);
    if specifier.starts_with("./")
        || specifier.starts_with("../")
        || specifier == "."
        || specifier == ".."
    {
        return file_at(&*project.files, &join(directory, specifier)?);
    }
    for mapped in project.mapped_import(importer, specifier) {
        if let Some(file) = join("", &mapped).and_then(|at| file_at(&*project.files, &at)) {
            return Some(file);
        }
    }
    // The aliases of Nuxt, SvelteKit, Vite and Expo templates, for codebases that keep them elsewhere.
    for prefix in ["@/", "~/", "$lib/", "~~/"] {
        let Some(rest) = specifier.strip_prefix(prefix) else {
            continue;
        };
        let root = package
            .and_then(|index| project.packages.get(index))
            .map_or("", |package| &package.directory);
        let folders: &[&str] = if prefix == "$lib/" {
            &["src/lib"]
        } else {
            &["src", "", "app"]
        };
        for folder in folders {
            if let Some(file) = join(root, folder)
                .and_then(|at| join(&at, rest))
                .and_then(|at| file_at(&*project.files, &at))
            {
                return Some(file);
            }
        }
        return None;
    }
    let (name, inside) = split_package(specifier);
    let target = project
        .packages
        .iter()
        .find(|package| package.name.as_deref() == Some(name))?;
    if inside.is_empty() {
        let candidates =
            target
                .main
                .as_deref()
                .into_iter()
                .chain(["src/index", "index", "src/main"]);
        candidates
            .filter_map(|main| join(&target.directory, main))
            .find_map(|at| file_at(&*project.files, &at))
    } else {
        ["", "src"]
            .iter()
            .filter_map(|folder| join(&target.directory, folder))
            .filter_map(|folder| join(&folder, inside))
            .find_map(|at| file_at(&*project.files, &at))
    }
}

/// The file that a path without its extension means.
fn file_at(files: &dyn Files, path: &str) -> Option<String> {
    const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"];
    let (stem, extension) = match path.rsplit_once('.') {
        Some((stem, extension)) if EXTENSIONS.contains(&extension) => (stem, Some(extension)),
        Some((_, "vue" | "svelte" | "json" | "css" | "scss" | "svg" | "png" | "md" | "mdx")) => {
            return None;
        }
        _ => (path, None),
    };
    let as_written = extension.map(|_| path.to_owned());
    let with_extension = EXTENSIONS.iter().map(|it| format!("{stem}.{it}"));
    let indexes = EXTENSIONS.iter().filter(|_| extension.is_none());
    let indexes = indexes.map(|it| match path {
        "" => format!("index.{it}"),
        folder => format!("{folder}/index.{it}"),
    });
    let mut candidates = as_written.into_iter().chain(with_extension).chain(indexes);
    candidates.find(|candidate| files.exists(candidate))
}

/// A path relative to a directory, without `.` and `..`; nothing when it leaves the root.
fn join(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
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
    use crate::{Package, PathMapping};
    use std::collections::BTreeMap;

    fn project(files: &[(&str, &str)]) -> Project {
        let files: BTreeMap<String, String> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        let packages = vec![
            Package::default(),
            Package {
                name: Some("@acme/auth".into()),
                directory: "packages/auth".into(),
                ..Package::default()
            },
        ];
        let mut project = Project::new(packages, Box::new(files));
        let paths = vec![("#lib/*".to_owned(), vec!["src/lib/*".to_owned()])];
        project.path_mappings = vec![PathMapping {
            paths,
            ..PathMapping::default()
        }];
        project
    }

    #[test]
    fn imports_lead_to_files() {
        let project = project(&[
            ("src/lib/clerk.ts", ""),
            ("src/lib/index.tsx", ""),
            ("packages/auth/src/index.ts", ""),
            ("packages/auth/src/server.ts", ""),
        ]);
        for (importer, specifier, expected) in [
            ("src/app.ts", "./lib/clerk", Some("src/lib/clerk.ts")),
            ("src/app.ts", "./lib/clerk.js", Some("src/lib/clerk.ts")),
            ("src/app.ts", "./lib", Some("src/lib/index.tsx")),
            ("src/lib/a.ts", "..", None),
            ("src/app.ts", "#lib/clerk", Some("src/lib/clerk.ts")),
            ("src/app.ts", "@/lib/clerk", Some("src/lib/clerk.ts")),
            (
                "src/app.ts",
                "@acme/auth",
                Some("packages/auth/src/index.ts"),
            ),
            (
                "src/app.ts",
                "@acme/auth/server",
                Some("packages/auth/src/server.ts"),
            ),
            ("src/app.ts", "../../outside", None),
            ("src/app.ts", "react", None),
        ] {
            assert_eq!(
                resolve(&project, importer, Some(0), specifier).as_deref(),
                expected,
                "{specifier}"
            );
        }
    }

    #[test]
    fn clerk_packages_are_told_from_others() {
        assert_eq!(clerk_package("@clerk/nextjs/server"), Some("@clerk/nextjs"));
        assert_eq!(
            clerk_package("gatsby-plugin-clerk/ssr"),
            Some("gatsby-plugin-clerk")
        );
        assert_eq!(clerk_package("@clerkish/nextjs"), None);
        assert_eq!(clerk_package("gatsby-plugin-clerkish"), None);
    }
}
