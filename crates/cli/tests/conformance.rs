//! The official JavaScript SDK against `ironclerk serve`, on each database. Needs Node.js; says in
//! one line on the real standard error what was run, or why not.
#![cfg(feature = "server")]
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::Value;

const SECRET_KEY: &str = "sk_test_conformance00000000000000000000000000";

/// A part of the suite.
struct Part {
    /// As `conformance/run.mjs` names it.
    name: &'static str,
    /// What drives the server.
    packages: &'static str,
    /// What the server is started with.
    options: &'static [&'static str],
    /// How many checks there are at least.
    checks: u32,
}

const SEEDED: &[&str] = &[
    "--seed",
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance/seed.yaml"),
];
const BACKEND_1: Part = Part {
    name: "backend-1",
    packages: "@clerk/backend 1.34.0",
    options: SEEDED,
    checks: 200,
};
const BACKEND_2: Part = Part {
    name: "backend-2",
    packages: "@clerk/backend 2.33.8",
    ..BACKEND_1
};
const MIDDLEWARE: Part = Part {
    name: "middleware",
    packages: "@clerk/clerk-sdk-node 5.1.6, @clerk/express 1.5.2 and 1.7.83",
    options: &[],
    checks: 70,
};
/// What the operator of a server decides.
const OPERATOR: Part = Part {
    name: "operator",
    packages: "@clerk/backend 1.34.0 while keys are rotated and requests limited",
    options: &["--rate-limits", "clerk"],
    checks: 2,
};

#[test]
fn backend_1_34_on_sqlite() {
    run(BACKEND_1, Backend::Sqlite);
}

#[test]
fn backend_1_34_on_postgresql() {
    run(BACKEND_1, Backend::Postgres);
}

#[test]
fn backend_2_33_on_sqlite() {
    run(BACKEND_2, Backend::Sqlite);
}

#[test]
fn backend_2_33_on_postgresql() {
    run(BACKEND_2, Backend::Postgres);
}

#[test]
fn middleware_on_sqlite() {
    run(MIDDLEWARE, Backend::Sqlite);
}

#[test]
fn middleware_on_postgresql() {
    run(MIDDLEWARE, Backend::Postgres);
}

#[test]
fn operator_on_sqlite() {
    run(OPERATOR, Backend::Sqlite);
}

#[test]
fn operator_on_postgresql() {
    run(OPERATOR, Backend::Postgres);
}

fn run(part: Part, backend: Backend) {
    let node = match node() {
        Ok(version) => version,
        Err(reason) => return say(&format!("Conformance suite: skipped, {reason}")),
    };
    let Some(database) = TestDatabase::new(backend) else {
        return;
    };
    let server = Server::start(&database.url(), part.options);
    let output = Command::new("node")
        .args(["run.mjs", part.name, "--test-reporter=tap"])
        .current_dir(folder())
        .env(
            "CLERK_API_URL",
            format!("http://{}", server.field("address")),
        )
        .env("CLERK_SECRET_KEY", SECRET_KEY)
        .env("CLERK_PUBLISHABLE_KEY", server.field("publishable_key"))
        .env("CLERK_JWT_KEY", server.field("jwt_key"))
        .env(
            "CONFORMANCE_SEEDED",
            if part.options == SEEDED { "1" } else { "" },
        )
        .env("IRONCLERK", env!("CARGO_BIN_EXE_ironclerk"))
        .env("IRONCLERK_DATABASE_URL", database.url())
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    // A part may have several reports.
    let count = |name: &str| -> u32 {
        let name = format!("# {name} ");
        let counts = report.lines().filter_map(|line| line.strip_prefix(&name));
        counts.map(|count| count.parse::<u32>().unwrap()).sum()
    };
    assert!(
        output.status.success() && count("fail") == 0,
        "{}{}",
        failures(&report),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        count("pass") >= part.checks,
        "checks are missing:\n{report}"
    );
    let database = match backend {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    };
    say(&format!(
        "Conformance suite: ran {} on Node {node} and {database}, {} checks passed",
        part.packages,
        count("pass")
    ));
}

/// The version of Node.js, once the packages of the suite are installed.
fn node() -> Result<&'static str, &'static str> {
    static NODE: OnceLock<Result<String, String>> = OnceLock::new();
    NODE.get_or_init(install).as_deref().map_err(String::as_str)
}

fn install() -> Result<String, String> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder())
            .output();
        let output = output.map_err(|_| format!("{program} is not installed"))?;
        let said = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        match output.status.success() {
            true => Ok(said(&output.stdout)),
            false => Err(said(&output.stderr)),
        }
    };
    let version = run("node", &["--version"])?;
    let major = version.trim_start_matches('v').split('.').next();
    if major
        .and_then(|major| major.parse::<u32>().ok())
        .is_none_or(|major| major < 18)
    {
        return Err(format!(
            "Node.js 18.17 or later is needed, and there is {version}"
        ));
    }
    let written = |path: &str| std::fs::metadata(folder().join(path))?.modified();
    let is_fresh = match (
        written("node_modules/.package-lock.json"),
        written("package-lock.json"),
    ) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    };
    if !is_fresh {
        run(
            "npm",
            &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        )
        .map_err(|reason| {
            let reason = reason.lines().next().unwrap_or_default().to_owned();
            format!("npm could not install the official SDKs ({reason})")
        })?;
    }
    Ok(version)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance")
}

/// Writes a line past the test harness, which keeps what passing tests print to itself.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The failed checks of a TAP report, with what was expected of them.
fn failures(report: &str) -> String {
    let mut shown = String::new();
    let mut is_failure = false;
    for line in report.lines() {
        match line.trim_start() {
            start if start.starts_with("not ok") => is_failure = true,
            start if start.starts_with("ok ") || start.starts_with("# Subtest") => {
                is_failure = false
            }
            _ => {}
        }
        if is_failure {
            shown.push_str(line);
            shown.push('\n');
        }
    }
    shown
}

/// `ironclerk serve` on a port of its own, and the fields of the log line that says where.
struct Server {
    process: Child,
    fields: Value,
}

impl Server {
    fn start(database_url: &str, options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--database-url", database_url, "--secret-key", SECRET_KEY])
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let fields = loop {
            let mut line = String::new();
            log.read_line(&mut line).unwrap();
            let mut entry: Value =
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a log line: {line}"));
            if entry["fields"]["message"] == "serving" {
                break entry["fields"].take();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { process, fields }
    }

    fn field(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
