//! The code that `--fix` leaves type-checks with the real Core 2 packages. Needs Node.js; says in one
//! line on the real standard error what was run, or why not.
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use ironclerk_upgrade::scan::{Request, Rewrite, Scan, scan};

/// What a person has to decide, as the compiler says it: file, line and code.
const LEFT: [(&str, &str); 5] = [
    // `.length` may mean this page, or all there are.
    ("backend/src/lists.ts:15", "TS2339"),
    // A list goes through a function of our own, whose callers expect an array.
    ("node/src/clients.ts:16", "TS2339"),
    // Its new home is another package, which has to be added first.
    ("node/src/more.ts:2", "TS2305"),
    ("node/src/settings.ts:1", "TS2305"),
    ("react/src/team.tsx:14", "TS2353"),
];

#[test]
fn what_was_fixed_type_checks_with_core_2() {
    for release in ["core-1", "core-2"] {
        if let Err(reason) = install(&folder().join(release)) {
            return say(&format!("Type check of rewritten code: skipped, {reason}"));
        }
    }
    let sample = tempfile::tempdir().unwrap();
    copy(&folder().join("sample"), sample.path());
    assert_eq!(
        errors(sample.path(), "core-1"),
        [] as [(String, String); 0],
        "the sample is not on Core 1"
    );

    let fixed = upgrade(sample.path(), Some(Rewrite::default()));
    fixed.write().unwrap();
    let left = errors(sample.path(), "core-2");
    let expected = LEFT.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(left, expected);
    let listed: BTreeSet<&str> = fixed
        .findings()
        .map(|(_, finding)| finding.path.as_str())
        .collect();
    for (place, _) in &left {
        let file = place.split(':').next().unwrap();
        assert!(
            listed.contains(file),
            "{place} is broken, and no finding says so"
        );
    }
    say(&format!(
        "Type check of rewritten code: ran, {} places rewritten, errors with Core 2: {} of which all are listed",
        fixed.fixed(),
        left.len(),
    ));
}

#[test]
fn the_sample_needs_its_rewriting() {
    let sample = tempfile::tempdir().unwrap();
    copy(&folder().join("sample"), sample.path());
    assert!(upgrade(sample.path(), None).findings().count() > 50);

    // Fixing twice is fixing once.
    upgrade(sample.path(), Some(Rewrite::default()))
        .write()
        .unwrap();
    let again = upgrade(sample.path(), Some(Rewrite::default()));
    assert_eq!(again.fixed(), 0);
}

fn upgrade(root: &Path, rewrite: Option<Rewrite>) -> Scan {
    let request = Request {
        rewrite,
        ..Request::default()
    };
    scan(root, &request, &|_| {}).unwrap()
}

/// The errors of the TypeScript compiler as place and code, sorted.
fn errors(sample: &Path, release: &str) -> Vec<(String, String)> {
    let modules = sample.join("node_modules");
    let _ = fs::remove_file(&modules);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder().join(release).join("node_modules"), &modules).unwrap();
    #[cfg(windows)]
    std::os::windows::fs::symlink_dir(folder().join(release).join("node_modules"), &modules)
        .unwrap();
    let output = Command::new("node")
        .args([
            "node_modules/typescript/bin/tsc",
            "--project",
            ".",
            "--pretty",
            "false",
        ])
        .current_dir(sample)
        .output()
        .unwrap();
    fs::remove_file(modules).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut errors: Vec<_> = text.lines().filter_map(error).collect();
    assert_eq!(output.status.success(), errors.is_empty(), "{text}");
    errors.sort();
    errors
}

/// `file(line,column): error TS1234: …`
fn error(line: &str) -> Option<(String, String)> {
    let (place, message) = line.split_once(": error ")?;
    let (file, position) = place.split_once('(')?;
    let row = position.split(',').next()?;
    let code = message.split(':').next()?;
    Some((format!("{file}:{row}"), code.to_owned()))
}

fn install(folder: &Path) -> Result<(), String> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .output();
        let output = output.map_err(|_| format!("{program} is not installed"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(said)
    };
    run("node", &["--version"])?;
    let written = |path: &str| fs::metadata(folder.join(path))?.modified();
    let is_fresh = match (
        written("node_modules/.package-lock.json"),
        written("package-lock.json"),
    ) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    };
    if is_fresh {
        return Ok(());
    }
    let arguments = [
        "ci",
        "--ignore-scripts",
        "--omit=optional",
        "--no-audit",
        "--no-fund",
    ];
    run("npm", &arguments).map_err(|reason| {
        let reason = reason
            .lines()
            .find(|line| line.contains("error"))
            .unwrap_or_default();
        format!("npm could not install Clerk's packages ({reason})")
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/type-check")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

/// Writes a line past the test harness, which keeps what passing tests print to itself.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
