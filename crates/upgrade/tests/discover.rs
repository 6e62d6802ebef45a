//! The walk over a codebase on disk.
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use ironclerk_upgrade::discover::{Framework, Options, Workspace, discover};
use ironclerk_upgrade::scan::{Request, Rewrite, scan};
use ironclerk_upgrade::{Generation, Language};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

/// A folder with these files. A path that ends with a slash is an empty folder.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn walk(root: &Path) -> Workspace {
    discover(root, &Options::default(), &|_| {}).unwrap()
}

fn paths(workspace: &Workspace) -> Vec<&str> {
    workspace
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect()
}

const CLERK: &str = "import { Clerk } from '@clerk/backend';\n";

#[test]
fn what_is_installed_built_or_ignored_is_not_entered() {
    let root = tree(&[
        ("package.json", "{}"),
        (".gitignore", "generated/\n.env\n"),
        ("generated/a.ts", CLERK),
        ("node_modules/@clerk/backend/index.js", CLERK),
        ("src/deep/node_modules/x.js", CLERK),
        ("dist/a.js", CLERK),
        (".next/a.js", CLERK),
        ("src/build/a.ts", CLERK),
        ("src/a.ts", CLERK),
        ("src/b.ts", "export {}\n"),
        ("src/a.rs", CLERK),
        (".env", "CLERK_API_KEY=x\n"),
        (".github/workflows/ci.yml", "env:\n  CLERK_API_KEY: x\n"),
        ("skipped/a.ts", CLERK),
    ]);
    let options = Options {
        ignore: vec!["skipped".to_owned()],
        ..Options::default()
    };
    let workspace = discover(root.path(), &options, &|_| {}).unwrap();
    assert_eq!(
        paths(&workspace),
        [
            ".env",
            ".github/workflows/ci.yml",
            "package.json",
            "src/a.ts",
            "src/build/a.ts"
        ]
    );
    assert_eq!(workspace.unread, []);
}

#[test]
fn the_nearest_package_says_the_generation() {
    let root = tree(&[
        (
            "package.json",
            r#"{"devDependencies":{"@clerk/types":"^3.0.0"}}"#,
        ),
        (
            "pnpm-workspace.yaml",
            "packages:\n  - apps/*\ncatalog:\n  '@clerk/nextjs': ^4.29.1\n",
        ),
        (
            "pnpm-lock.yaml",
            "importers:\n  apps/api:\n    dependencies:\n      '@clerk/backend':\n        specifier: '>=0.30'\n        version: 1.2.0\n",
        ),
        (
            "apps/web/package.json",
            r#"{"name":"web","dependencies":{"@clerk/nextjs":"catalog:","next":"14"}}"#,
        ),
        ("apps/web/cjs/package.json", r#"{"type":"commonjs"}"#),
        ("apps/web/cjs/a.ts", CLERK),
        (
            "apps/api/package.json",
            r#"{"dependencies":{"@clerk/backend":">=0.30"}}"#,
        ),
        ("apps/api/a.ts", CLERK),
        (
            "tsconfig.json",
            r#"{"compilerOptions":{"paths":{"@/*":["./apps/web/*"]}}}"#,
        ),
    ]);
    let workspace = walk(root.path());
    let generation = |path: &str, name: &str| {
        let file = workspace
            .files
            .iter()
            .find(|file| file.path == path)
            .unwrap();
        workspace.project.generation(file.package, name)
    };
    assert_eq!(
        generation("apps/web/cjs/a.ts", "@clerk/nextjs"),
        Generation::Core1
    );
    assert_eq!(
        generation("apps/web/cjs/a.ts", "@clerk/types"),
        Generation::Core1
    );
    // It comes with `@clerk/nextjs`, whatever another package of the workspace has.
    assert_eq!(
        generation("apps/web/cjs/a.ts", "@clerk/backend"),
        Generation::Core1
    );
    assert_eq!(
        generation("apps/web/cjs/a.ts", "@clerk/fastify"),
        Generation::Undeclared
    );
    assert_eq!(
        generation("apps/api/a.ts", "@clerk/backend"),
        Generation::Core2
    );
    let web = workspace
        .manifests
        .iter()
        .find(|manifest| manifest.name.as_deref() == Some("web"));
    assert_eq!(web.unwrap().framework, Some(Framework::NextJs));
    assert_eq!(
        workspace.project.mapped_import("apps/web/x.ts", "@/lib"),
        ["apps/web/lib"]
    );
}

#[test]
fn a_part_of_a_repository_knows_what_is_above_it() {
    let root = tree(&[
        (".git/HEAD", ""),
        (
            "package.json",
            r#"{"dependencies":{"@clerk/backend":"^1.0.0"}}"#,
        ),
        ("src/lib/a.ts", CLERK),
    ]);
    let workspace = walk(&root.path().join("src/lib"));
    assert_eq!(paths(&workspace), ["a.ts"]);
    let generation = workspace
        .project
        .generation(workspace.files[0].package, "@clerk/backend");
    assert_eq!(generation, Generation::Core2);
}

#[test]
fn one_file_can_be_looked_at_alone() {
    let root = tree(&[
        ("a.ts", CLERK),
        ("b.ts", CLERK),
        (".env", "CLERK_API_KEY=x"),
    ]);
    assert_eq!(paths(&walk(&root.path().join("a.ts"))), ["a.ts"]);
}

#[test]
fn scripts_within_files_are_found_when_they_are_read() {
    let root = tree(&[(
        "a.vue",
        "<script>import { users } from '@clerk/clerk-sdk-node'</script>",
    )]);
    let workspace = walk(root.path());
    let source = workspace.source(&workspace.files[0]).unwrap();
    assert!(matches!(&source.language, Language::Embedded(scripts) if scripts.len() == 1));
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_goes_on() {
    let root = tree(&[
        ("a.ts", CLERK),
        ("package.json", "{ no"),
        ("b/package.json", "[]"),
    ]);
    fs::write(
        root.path().join("latin.ts"),
        b"import '@clerk/backend'; // caf\xe9\n",
    )
    .unwrap();
    fs::write(root.path().join("binary.ts"), b"clerk\0\xff").unwrap();
    fs::write(root.path().join("wide.ts"), b"\xff\xfec\0l\0e\0r\0k\0").unwrap();
    let minified = fs::File::create(root.path().join("bundle.min.js")).unwrap();
    minified.set_len(50_000_000).unwrap();
    let workspace = walk(root.path());
    let unread: Vec<_> = (workspace.unread.iter())
        .map(|unread| format!("{} {}", unread.path, unread.reason))
        .collect();
    assert_eq!(paths(&workspace), ["a.ts"]);
    assert_eq!(unread.len(), 6, "{unread:?}");
    assert!(unread[0].starts_with("b/package.json is not valid JSON: "));
    assert_eq!(unread[1], "binary.ts is binary");
    assert_eq!(
        unread[2],
        "bundle.min.js has 50 MB, more than the 10 MB that are read"
    );
    assert_eq!(unread[3], "latin.ts is not UTF-8 text");
    assert!(unread[4].starts_with("package.json is not valid JSON: "));
    assert_eq!(unread[5], "wide.ts is UTF-16 text, not UTF-8");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_locked_folders_do_no_harm() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let root = tree(&[("src/a.ts", CLERK), ("locked/b.ts", CLERK)]);
    symlink(root.path(), root.path().join("src/loop")).unwrap();
    symlink("nowhere.ts", root.path().join("src/broken.ts")).unwrap();
    fs::write(root.path().join("rules"), "generated\n").unwrap();
    symlink("rules", root.path().join(".gitignore")).unwrap();
    fs::create_dir(root.path().join("generated")).unwrap();
    fs::write(root.path().join("generated/c.ts"), CLERK).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(root.path().join("pipe.ts"))
        .status();
    assert!(pipe.unwrap().success());
    let locked = root.path().join("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let is_root = fs::read_dir(&locked).is_ok();
    let workspace = walk(root.path());
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    if !is_root {
        assert_eq!(paths(&workspace), ["src/a.ts"]);
        assert_eq!(workspace.unread[0].path, "locked");
        assert_eq!(
            workspace.unread[0].reason,
            "cannot be read: permission denied"
        );
    } else {
        assert_eq!(paths(&workspace), ["locked/b.ts", "src/a.ts"]);
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let error = discover(&root.path().join("none"), &Options::default(), &|_| {})
        .err()
        .unwrap();
    assert!(error.to_string().starts_with("cannot read "), "{error}");
}

#[test]
fn templates_share_the_names_of_their_scripts() {
    let manifest = r#"{"dependencies":{"@clerk/clerk-sdk-node":"^4.0.0"}}"#;
    let import = "import type { User } from '@clerk/clerk-sdk-node';";
    let vue = format!(
        "<script lang=\"ts\">\n{import}\n</script>\n<script setup lang=\"ts\">\nconst user: User = load();\n</script>\n<template>\n  <img :src=\"user?.profileImageUrl\"> {{{{ user.profileImageUrl }}}} profileImageUrl\n</template>\n"
    );
    let svelte = format!(
        "<script lang=\"ts\">\n  {import}\n  export let user: User;\n</script>\n\n{{#if user}}<img src={{user.profileImageUrl}} alt=\"user.profileImageUrl\">{{/if}}\n"
    );
    let root = tree(&[
        ("package.json", manifest),
        ("a.vue", &vue),
        ("b.svelte", &svelte),
    ]);
    let request = Request {
        rewrite: Some(Rewrite::default()),
        ..Request::default()
    };
    scan(root.path(), &request, &|_| {})
        .unwrap()
        .write()
        .unwrap();
    let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
    let expected = vue.replace("user?.profileImageUrl", "user?.imageUrl");
    assert_eq!(
        read("a.vue"),
        expected.replace("user.profileImageUrl", "user.imageUrl")
    );
    assert_eq!(
        read("b.svelte"),
        svelte.replace("{user.profileImageUrl", "{user.imageUrl")
    );
}

const FOLDERS: [&str; 5] = ["", "a", "a/b", "gen", "gen/a"];
const PATTERNS: [&str; 10] = [
    "*.gen.ts",
    "/top.ts",
    "!y.gen.ts",
    "a/",
    "gen",
    "b/x.ts",
    "**/top.ts",
    "!/gen",
    "!a",
    "# none",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// The walk of the library that matches the patterns says which files it is.
    #[test]
    fn what_is_ignored_is_what_ripgrep_ignores(
        rules in vec((0..FOLDERS.len(), prop::bool::ANY, subsequence(PATTERNS.to_vec(), 0..4).prop_shuffle()), 0..5),
        repositories in subsequence(FOLDERS.to_vec(), 0..3),
    ) {
        let root = tempfile::tempdir().unwrap();
        let write = |path: String, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for folder in FOLDERS {
            for name in ["x.ts", "y.gen.ts", "top.ts"] {
                write(format!("{folder}/{name}").trim_start_matches('/').to_owned(), CLERK);
            }
        }
        for (folder, is_git, patterns) in rules {
            let name = if is_git { ".gitignore" } else { ".ignore" };
            let path = format!("{}/{name}", FOLDERS[folder]);
            write(path.trim_start_matches('/').to_owned(), &patterns.join("\n"));
        }
        // The library asks for a repository before it looks at what git ignores.
        for folder in repositories.into_iter().chain([""]) {
            let path = format!("{folder}/.git/info/exclude");
            write(path.trim_start_matches('/').to_owned(), "top.ts");
        }
        let mut expected: Vec<String> = ignore::WalkBuilder::new(root.path())
            .hidden(false)
            .build()
            .map(|entry| entry.unwrap().path().strip_prefix(root.path()).unwrap().display().to_string())
            .filter(|path| path.ends_with(".ts"))
            .collect();
        expected.sort_unstable();
        let workspace = walk(root.path());
        prop_assert_eq!(paths(&workspace), expected);
    }
}
