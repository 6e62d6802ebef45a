//! `ironclerk dev` and the commands that talk to it, as a newcomer uses them.
#![cfg(all(unix, feature = "server"))]
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn ironclerk(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironclerk"));
    command.current_dir(folder).args(arguments);
    for name in ["CLERK_SECRET_KEY", "CLERK_API_URL", "CLERK_JWT_KEY"] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ironclerk(folder, arguments).output().unwrap()
}

/// Standard output of a command that must succeed.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Standard error of a command that must fail with one sentence.
fn failure(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let error = text(&output.stderr);
    assert_eq!(error.trim().lines().count(), 1, "{error}");
    error
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `ironclerk dev` on ports of its own, with what it printed.
struct Dev {
    process: Child,
    greeting: String,
}

impl Dev {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let arguments = [&["dev", "--port", "0", "--app-port", "0"], more].concat();
        let mut process = ironclerk(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        while !greeting.contains("Ctrl-C stops.") {
            assert_ne!(
                lines.read_line(&mut greeting).unwrap(),
                0,
                "it ended early:\n{greeting}"
            );
        }
        // The pipe must stay open, or the last words would have nowhere to go.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Self { process, greeting }
    }

    /// The value of a line `NAME=value` or `Name   value`.
    fn value(&self, name: &str) -> &str {
        let line = self
            .greeting
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim_start_matches('=')
            .split_whitespace()
            .next()
            .unwrap()
    }

    fn curl_lines(&self) -> Vec<&str> {
        self.greeting
            .lines()
            .filter(|line| line.starts_with("curl "))
            .collect()
    }

    /// Stops it as Ctrl-C does.
    fn interrupt(mut self) {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The status and the body of a GET request.
fn get(url: &str, token: Option<&str>) -> (u16, String) {
    let authorization = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let (status, _, body) = exchange(url, &authorization);
    (status, body)
}

/// The status, the head and the body of a GET request.
fn exchange(url: &str, headers: &str) -> (u16, String, String) {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let status = response.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (status, head.to_owned(), body.to_owned())
}

/// A browser: it follows redirects and keeps cookies, for all ports alike.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
    redirects: u32,
}

impl Browser {
    fn visit(&mut self, url: &str) -> (u16, String) {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers = format!(
            "Sec-Fetch-Dest: document\r\nCookie: {}\r\n",
            cookies.join("; ")
        );
        let (status, head, body) = exchange(url, &headers);
        let header = |wanted: &'static str| {
            head.lines().filter_map(move |line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case(wanted).then_some(value)
            })
        };
        for cookie in header("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        match header("location").next() {
            Some(location) => {
                self.redirects += 1;
                assert!(self.redirects < 10, "in circles: {location}");
                self.visit(location)
            }
            None => (status, body),
        }
    }
}

#[test]
fn a_browser_goes_through_the_handshake_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path(), &[]);
    let app = dev.value("Example app").to_owned();
    let mut browser = Browser::default();
    let (status, page) = browser.visit(&format!("{app}/protected?a=b"));
    assert_eq!((status, browser.redirects), (401, 3), "{page}");
    assert!(page.contains("Not signed in"), "{page}");
    assert!(browser.cookies["__clerk_db_jwt"].starts_with("dvb_"));

    // From now on it is known, and who has a session token that is no longer good loses it.
    assert_eq!(browser.visit(&format!("{app}/")).0, 200);
    assert_eq!(browser.redirects, 3);
    browser
        .cookies
        .insert("__session".to_owned(), "stale".to_owned());
    assert_eq!(browser.visit(&format!("{app}/protected")).0, 401);
    assert!(!browser.cookies.contains_key("__session"));

    let api = dev.value("Backend API");
    for address in ["", "?redirect_url=javascript:alert(1)"] {
        let (status, body) = get(&format!("{api}/v1/client/handshake{address}"), None);
        assert_eq!(status, 400);
        assert!(body.contains("invalid_handshake"), "{body}");
    }
    dev.interrupt();
}

#[test]
fn a_newcomer_sees_the_whole_idea() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = Dev::start(folder, &[]);
    let app = dev.value("Example app").to_owned();

    let curl = dev.curl_lines();
    assert_eq!(curl[0], format!("curl -i {app}/api/me"));
    let token = curl[1]
        .split("Bearer ")
        .nth(1)
        .unwrap()
        .trim_end_matches('\'');

    assert_eq!(get(&format!("{app}/"), None).0, 200);
    assert_eq!(get(&format!("{app}/protected"), None).0, 401);
    assert_eq!(get(&format!("{app}/protected"), Some(token)).0, 200);
    assert_eq!(get(&format!("{app}/api/me"), None).0, 401);
    assert_eq!(
        get(&format!("{app}/api/me"), Some(&format!("{token}x"))).0,
        401
    );
    let (status, me) = get(&format!("{app}/api/me"), Some(token));
    assert_eq!(status, 200);
    let me: Value = serde_json::from_str(&me).unwrap();
    assert_eq!(me["orgRole"], "org:admin");
    assert_eq!(me["orgSlug"], "demo");
    assert_eq!(get(&format!("{app}/api/admin"), Some(token)).0, 200);

    // Without an organization the same user is no administrator.
    let personal = output(folder, &["token", "--user", "demo@example.com"]);
    assert_eq!(get(&format!("{app}/api/me"), Some(personal.trim())).0, 200);
    assert_eq!(
        get(&format!("{app}/api/admin"), Some(personal.trim())).0,
        403
    );
    let admin = output(folder, &["token", "--org", "demo", "--ttl", "30"]);
    assert_eq!(get(&format!("{app}/api/admin"), Some(admin.trim())).0, 200);
    dev.interrupt();
}

#[test]
fn the_instance_survives_a_restart_and_not_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let keys =
        |dev: &Dev| ["CLERK_SECRET_KEY", "CLERK_JWT_KEY"].map(|name| dev.value(name).to_owned());
    let first = Dev::start(folder.path(), &[]);
    let first_keys = keys(&first);
    let users = |folder: &Path| -> Value {
        serde_json::from_str(&output(folder, &["api", "GET", "/users"])).unwrap()
    };
    let first_users = users(folder.path());
    assert_eq!(
        first_users[0]["email_addresses"][0]["email_address"],
        "demo@example.com"
    );
    first.interrupt();

    let second = Dev::start(folder.path(), &[]);
    assert_eq!(keys(&second), first_keys);
    assert_eq!(users(folder.path())[0]["id"], first_users[0]["id"]);
    second.interrupt();

    let third = Dev::start(folder.path(), &["--reset"]);
    assert_ne!(keys(&third)[0], first_keys[0]);
    assert_ne!(keys(&third)[1], first_keys[1]);
    assert_ne!(users(folder.path())[0]["id"], first_users[0]["id"]);
    third.interrupt();
}

#[test]
fn what_cannot_start_says_why_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = Dev::start(folder, &[]);
    let error = failure(folder, &["dev", "--port", "0", "--app-port", "0"]);
    assert!(
        error.contains("another ironclerk server is running on .ironclerk/clerk.db"),
        "{error}"
    );
    dev.interrupt();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let error = failure(folder, &["dev", "--port", &port, "--app-port", "0"]);
    assert!(
        error.contains(&format!("port {port} is taken")) && error.contains("--port"),
        "{error}"
    );
    let error = failure(folder, &["dev", "--port", "0", "--app-port", &port]);
    assert!(error.contains("--app-port"), "{error}");

    std::fs::write(folder.join("bad.db"), "not a database ".repeat(20)).unwrap();
    let error = failure(
        folder,
        &[
            "dev",
            "--port",
            "0",
            "--app-port",
            "0",
            "--database-url",
            "bad.db",
        ],
    );
    assert!(
        error.contains("bad.db") && error.contains("not a database"),
        "{error}"
    );
    let nowhere = "postgres://postgres@127.0.0.1:1/nothing";
    let error = failure(
        folder,
        &[
            "dev",
            "--port",
            "0",
            "--app-port",
            "0",
            "--database-url",
            nowhere,
        ],
    );
    assert!(
        error.contains("PostgreSQL") && error.contains("refused"),
        "{error}"
    );
    let error = failure(
        folder,
        &[
            "dev",
            "--reset",
            "--port",
            "0",
            "--app-port",
            "0",
            "--database-url",
            nowhere,
        ],
    );
    assert!(error.contains("--reset"), "{error}");
}

#[test]
fn tokens_are_taken_apart_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let dev = Dev::start(folder, &[]);
    let token = output(folder, &["token"]);
    let token = token.trim();
    let parts: Value = serde_json::from_str(&output(folder, &["jwt", "decode", token])).unwrap();
    assert_eq!(parts["header"]["alg"], "RS256");
    let claims: Value = serde_json::from_str(&output(folder, &["jwt", "verify", token])).unwrap();
    assert_eq!(claims, parts["payload"]);
    let key = dev.value("CLERK_JWT_KEY");
    output(folder, &["jwt", "verify", "--key", key, token]);

    let forged = format!(
        "{}A{}",
        &token[..token.len() - 9],
        &token[token.len() - 8..]
    );
    let error = failure(folder, &["jwt", "verify", &forged]);
    assert!(error.contains("token-invalid-signature"), "{error}");
    let error = failure(
        folder,
        &["jwt", "verify", "--authorized-party", "https://a.b", token],
    );
    assert!(
        error.contains("token-invalid-authorized-parties"),
        "{error}"
    );
    let error = failure(folder, &["jwt", "decode", "nonsense"]);
    assert!(error.contains("three parts"), "{error}");

    output(
        folder,
        &[
            "api",
            "post",
            "/jwt_templates",
            "-d",
            r#"{"name": "x", "claims": {"who": "{{user.id}}"}}"#,
        ],
    );
    let token = output(folder, &["token", "--template", "x"]);
    let claims: Value =
        serde_json::from_str(&output(folder, &["jwt", "verify", token.trim()])).unwrap();
    assert_eq!(claims["who"], claims["sub"]);
    dev.interrupt();
}

#[test]
fn a_refusal_is_printed_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let error = failure(folder, &["api", "GET", "/users"]);
    assert!(error.contains("ironclerk dev"), "{error}");
    let dev = Dev::start(folder, &[]);
    let refused = run(folder, &["api", "GET", "/users/user_nobody"]);
    assert_eq!(refused.status.code(), Some(1));
    let body: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(body["errors"][0]["code"], "resource_not_found");
    assert!(text(&refused.stderr).contains("user_nobody"));
    dev.interrupt();
    let error = failure(folder, &["api", "GET", "/users"]);
    assert!(
        error.contains("no answer from http://127.0.0.1:"),
        "{error}"
    );
}

#[test]
fn serve_wants_to_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let output = run(folder, &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--secret-key"));
    let short = [
        "serve",
        "--database-url",
        "a.db",
        "--secret-key",
        "sk_test_short",
    ];
    let refused = run(folder, &short);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("32 characters"));
    assert!(!text(&refused.stderr).contains("sk_test_short"));
}

#[test]
fn signing_keys_are_shown_and_rotated_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = failure(folder, &["keys", "list"]);
    assert!(none.contains("start `ironclerk dev`"), "{none}");
    assert!(!folder.join(".ironclerk").exists(), "nothing is made");

    let dev = Dev::start(folder, &[]);
    let app = dev.value("Example app").to_owned();
    let before = output(folder, &["keys", "list"]);
    let first = before.strip_suffix("  signs\n").unwrap();
    assert!(first.starts_with("ins_"), "{before}");
    let in_use = failure(folder, &["keys", "remove", first]);
    assert!(in_use.contains("rotate the keys first"), "{in_use}");
    let after = output(folder, &["keys", "rotate", "--sign-after", "0"]);
    let lines: Vec<_> = after.lines().collect();
    assert!(lines[0].ends_with("  signs"), "{after}");
    assert!(
        lines[1].starts_with(&format!("{first}  verifies for 2592")),
        "{after}"
    );
    assert!(lines[3].starts_with("CLERK_JWT_KEY=MII"), "{after}");
    assert!(!after.contains("PRIVATE"));

    let next = lines[0].strip_suffix("  signs").unwrap();
    let has_next_key = || {
        let token = output(folder, &["token"]);
        let head = output(folder, &["jwt", "decode", token.trim()]);
        let is_next = head.contains(next);
        is_next.then(|| token.trim().to_owned())
    };
    let token = (0..40)
        .find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(250));
            has_next_key()
        })
        .expect("the running server signs with the new key");
    assert_eq!(get(&format!("{app}/api/me"), Some(&token)).0, 200);
    dev.interrupt();
}
