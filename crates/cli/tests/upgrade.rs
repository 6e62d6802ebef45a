//! `ironclerk upgrade` as a person runs it.
#![cfg(feature = "upgrade")]
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A small codebase on Core 1.
fn sample() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        (
            "package.json",
            "{\n  \"name\": \"shop\",\n  \"engines\": { \"node\": \">=16\" },\n  \"dependencies\": {\n    \"@clerk/backend\": \"^0.38.15\"\n  }\n}\n",
        ),
        (
            ".env.local",
            "CLERK_API_KEY=test_0123456789abcdefghij\nDATABASE_URL=postgres://me:hush@db/shop\n",
        ),
        ("Dockerfile", "FROM node:16-alpine\n"),
        (
            ".github/workflows/ci.yml",
            "env:\n  CLERK_API_KEY: ${{ secrets.CLERK_API_KEY }}\n",
        ),
    ] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::write(root.path().join("latin.ts"), b"// clerk caf\xe9\n").unwrap();
    root
}

fn upgrade(directory: &Path, arguments: &[&str]) -> Output {
    upgrade_with_input(directory, arguments, "")
}

fn upgrade_with_input(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
        .arg("upgrade")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Commands that ask nothing may be gone before they could read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Standard output, with the one figure in it that changes from run to run replaced.
fn stdout(output: &Output) -> String {
    let text = text(&output.stdout);
    match text.rsplit_once(", in ") {
        Some((before, time)) if time.ends_with(" s.\n") => format!("{before}, in [time].\n"),
        _ => text,
    }
}

#[test]
fn the_report() {
    let root = sample();
    let output = upgrade(root.path(), &["--from", "core-1"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("upgrade_report", stdout(&output));
    assert!(!stdout(&output).contains("0123456789abc"), "a key is shown");
}

#[test]
fn nothing_to_do() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("a.ts"), "export {}\n").unwrap();
    let output = upgrade(root.path(), &[]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output), @r"
    Nothing to do: no Core 1 code was found.
    Looked at 1 file, 0 that can mention Clerk closely, in [time].
    ");
}

#[test]
fn every_format_shows_the_findings_and_no_secret() {
    let root = sample();
    for format in ["text", "json", "sarif", "markdown", "github", "html"] {
        let output = upgrade(root.path(), &["--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        let text = text(&output.stdout);
        assert!(
            text.contains("CLERK_SECRET_KEY") && text.contains("Dockerfile"),
            "{format}"
        );
        assert!(
            !text.contains("0123456789abc") && !text.contains("hush"),
            "{format} shows a secret"
        );
    }
}

#[test]
fn markdown_and_annotations() {
    let root = sample();
    insta::assert_snapshot!(
        "upgrade_markdown",
        stdout(&upgrade(root.path(), &["--format", "markdown"]))
    );
    insta::assert_snapshot!(
        "upgrade_github",
        stdout(&upgrade(root.path(), &["--format", "github"]))
    );
}

#[test]
fn json_tells_place_and_edit() {
    let root = sample();
    let output = upgrade(
        root.path(),
        &["--format", "json", "--rule", "package-version"],
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["findings"], 1);
    let finding = &report["findings"][0];
    assert_eq!(finding["path"], "package.json");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&5.into(), &24.into())
    );
    assert_eq!(finding["edits"][0]["text"], "^1.0.0");
    assert_eq!(finding["package"], "shop");
    assert_eq!(report["unread"][0]["path"], "latin.ts");
}

#[test]
fn fix_rewrites_what_is_safe_and_lists_the_rest() {
    let root = sample();
    let output = upgrade(root.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("upgrade_fix", stdout(&output));
    let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
    assert!(read("package.json").contains("\"@clerk/backend\": \"^1.0.0\""));
    assert!(read("package.json").contains(">=18.17.0"));
    assert!(read(".github/workflows/ci.yml").contains("secrets.CLERK_SECRET_KEY"));
    assert!(
        read(".env.local").starts_with("CLERK_API_KEY="),
        "not without being asked"
    );
    assert_eq!(read("Dockerfile"), "FROM node:16-alpine\n");
    let left = fs::read_dir(root.path()).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 5, "a temporary file is left: {left:?}");
}

#[test]
fn fix_suggest_rewrites_the_rest_and_a_second_run_finds_nothing() {
    let root = sample();
    // The package goes last: what Core 2 needs matters as long as it is Core 1.
    upgrade(
        root.path(),
        &["--fix=suggest", "--rule", "env-clerk-api-key,node-version"],
    );
    let output = upgrade(root.path(), &["--fix=suggest"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let output = upgrade(root.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn diff_changes_nothing() {
    let root = sample();
    let output = upgrade(root.path(), &["--diff", "--rule", "package-version"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout), @r#"
    --- a/package.json
    +++ b/package.json
    @@ -2,6 +2,6 @@
       "name": "shop",
       "engines": { "node": ">=16" },
       "dependencies": {
    -    "@clerk/backend": "^0.38.15"
    +    "@clerk/backend": "^1.0.0"
       }
     }
    "#);
    let manifest = fs::read_to_string(root.path().join("package.json")).unwrap();
    assert!(manifest.contains("^0.38.15"));
}

#[test]
fn interactive_makes_what_is_wanted() {
    let root = sample();
    let output = upgrade_with_input(
        root.path(),
        &["--interactive", "--rule", "node-version"],
        "what\nn\ny\n",
    );
    assert_eq!(output.status.code(), Some(1));
    let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
    assert_eq!(read("Dockerfile"), "FROM node:16-alpine\n");
    assert!(read("package.json").contains(">=18.17.0"));
    let asked = text(&output.stderr);
    assert_eq!(asked.matches("make it?").count(), 3, "{asked}");
    assert!(asked.contains("Edit 2 of 2, node-version"), "{asked}");
    assert!(asked.contains("There is no answer `what`."), "{asked}");
    assert!(asked.contains("1 + FROM node:18-alpine"), "{asked}");

    let output = upgrade_with_input(
        root.path(),
        &[
            "--interactive",
            "--rule",
            "env-clerk-api-key,package-version",
        ],
        "e\ns\nn\n",
    );
    let asked = text(&output.stderr);
    assert!(asked.contains("Rule      env-clerk-api-key"), "{asked}");
    assert_eq!(
        asked.matches(", env-clerk-api-key: make").count(),
        2,
        "{asked}"
    );
    assert!(read(".env.local").starts_with("CLERK_API_KEY="));

    upgrade_with_input(root.path(), &["--interactive"], "");
    assert!(
        read("package.json").contains("^0.38.15"),
        "the end of input is no consent"
    );
}

#[test]
fn uncommitted_work_is_not_mixed_with_edits() {
    let root = sample();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(root.path())
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        return;
    }
    let output = upgrade(root.path(), &["--fix"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(text(&output.stderr), @"error: git has 5 changed or new files here that are not committed: commit or stash them first, so that the rewrite can be looked at and undone, or pass --allow-dirty");
    assert_eq!(
        upgrade(root.path(), &["--diff"]).status.code(),
        Some(1),
        "a diff changes nothing"
    );
    assert!(git(&["add", "-A"]) && git(&["commit", "-qm", "all"]));
    assert_eq!(upgrade(root.path(), &["--fix"]).status.code(), Some(1));
    assert_eq!(upgrade(root.path(), &["--fix"]).status.code(), Some(2));
    let output = upgrade(root.path(), &["--fix", "--allow-dirty"]);
    assert_ne!(output.status.code(), Some(2));
}

#[test]
fn wrong_names_get_a_hint() {
    let root = sample();
    for (arguments, expected) in [
        (
            &["--rule", "env-clerk-apikey"][..],
            "error: there is no rule `env-clerk-apikey`; did you mean `env-clerk-api-key`? (--list-rules shows all)\n",
        ),
        (
            &["--explain", "node-versions"],
            "error: there is no rule `node-versions`; did you mean `node-version`? (--list-rules shows all)\n",
        ),
        (
            &["--package", "shopp"],
            "error: there is no package `shopp`; did you mean `shop`?\n",
        ),
        (
            &["--ignore", "a[", "."],
            "error: error parsing glob '!a[': unclosed character class; missing ']'\n",
        ),
    ] {
        let output = upgrade(root.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stderr), expected);
    }
    let output = upgrade(root.path(), &["nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("error: cannot read nowhere: "));
    assert_eq!(
        upgrade(root.path(), &["--from", "core-2"]).status.code(),
        Some(2)
    );
}

#[test]
fn packages_and_globs_narrow_the_scan() {
    let root = sample();
    let findings = |arguments: &[&str]| {
        let output = upgrade(root.path(), &[&["--format", "json"], arguments].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["summary"]["findings"].as_u64().unwrap()
    };
    let all = findings(&[]);
    assert_eq!(findings(&["--package", "shop"]), all);
    assert_eq!(
        findings(&[
            "--package",
            "@clerk/clerk-expo",
            "--rule",
            "env-clerk-api-key"
        ]),
        0
    );
    assert_eq!(
        findings(&["--ignore", "Dockerfile", "--ignore", ".github"]),
        all - 2
    );
    assert_eq!(findings(&["--min-confidence", "certain"]), all);
}

#[test]
fn rules_can_be_listed_and_explained() {
    let root = tempfile::tempdir().unwrap();
    let output = upgrade(root.path(), &["--explain", "env-clerk-frontend-api"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("upgrade_explain", stdout(&output));
    let output = upgrade(root.path(), &["--list-rules"]);
    assert_eq!(output.status.code(), Some(0));
    let list = stdout(&output);
    for rule in ironclerk_upgrade::RuleSet::all().iter() {
        assert!(list.contains(rule.id), "{}", rule.id);
    }
}
