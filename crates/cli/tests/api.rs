//! `ironclerk api` against a Backend API that answers by script.

// The functions that the tests share stop a test like the tests themselves.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Default)]
struct Recorded {
    /// Method, path and query.
    line: String,
    /// Their names are in small letters.
    headers: Vec<(String, String)>,
    body: String,
}

impl Recorded {
    fn read(stream: &TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut request = Self::default();
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 0 && line != "\r\n" {
            match line.trim_end().split_once(": ") {
                Some((name, value)) => {
                    request
                        .headers
                        .push((name.to_lowercase(), value.to_owned()));
                }
                None => line
                    .trim_end_matches(" HTTP/1.1\r\n")
                    .clone_into(&mut request.line),
            }
            line.clear();
        }
        let length = request.header("content-length").unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        request.body = String::from_utf8(body).unwrap();
        request
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Runs the command against a server that gives these answers, and says what it was asked.
fn run(arguments: &[&str], input: &str, answers: &[(u16, Value)]) -> (Output, Vec<Recorded>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answers = answers.to_vec();
    let server = thread::spawn(move || {
        let answered = answers.into_iter().map(|(status, body)| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = Recorded::read(&stream);
            let body = body.to_string();
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
            request
        });
        answered.collect::<Vec<_>>()
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_ironclerk"))
        .arg("api")
        .args(arguments)
        .env_clear()
        .env("CLERK_API_URL", url)
        .env("CLERK_SECRET_KEY", "sk_test_very_secret")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may be gone already.
    let _ = command.stdin.take().unwrap().write_all(input.as_bytes());
    let output = command.wait_with_output().unwrap();
    let shown = format!("{output:?}");
    assert!(!shown.contains("very_secret"), "{shown}");
    (output, server.join().unwrap())
}

fn printed(output: &Output) -> Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_call_goes_where_it_says() {
    let arguments = [
        "get",
        "users?limit=2",
        "-q",
        "query=Ada & Co",
        "--query",
        "order_by=+a",
    ];
    let (output, requests) = run(&arguments, "", &[(200, json!([{"id": "user_1"}]))]);
    assert_eq!(printed(&output), json!([{"id": "user_1"}]));
    let request = &requests[0];
    assert_eq!(
        request.line,
        "GET /v1/users?limit=2&query=Ada+%26+Co&order_by=%2Ba"
    );
    assert_eq!(request.header("clerk-api-version"), Some("2025-11-10"));
    assert_eq!(
        request.header("authorization"),
        Some("Bearer sk_test_very_secret")
    );
    assert_eq!(request.header("content-type"), None);
}

#[test]
fn a_body_comes_from_an_argument_a_file_or_the_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body.json");
    std::fs::write(&file, r#"{"name": "file"}"#).unwrap();
    let file = format!("@{}", file.display());
    for (data, name) in [
        (r#"{"name": "argument"}"#, "argument"),
        (&file, "file"),
        ("-", "input"),
    ] {
        let arguments = ["POST", "/organizations", "-d", data];
        let (output, requests) = run(&arguments, r#"{"name": "input"}"#, &[(200, json!({}))]);
        assert_eq!(printed(&output), json!({}));
        let body: Value = serde_json::from_str(&requests[0].body).unwrap();
        assert_eq!(body["name"], name);
        assert_eq!(requests[0].header("content-type"), Some("application/json"));
    }
}

#[test]
fn all_pages_are_one_array() {
    let ids = |range: std::ops::Range<u32>| range.map(|id| json!({"id": id})).collect::<Value>();
    // A list without a count, and one with.
    for page in [
        |items: Value| items,
        |items: Value| json!({"data": items, "total_count": 103}),
    ] {
        let answers = [(200, page(ids(0..100))), (200, page(ids(100..103)))];
        let (output, requests) = run(&["GET", "/users", "--paginate"], "", &answers);
        assert_eq!(printed(&output), ids(0..103));
        let lines: Vec<_> = requests
            .iter()
            .map(|request| request.line.as_str())
            .collect();
        assert_eq!(
            lines,
            [
                "GET /v1/users?limit=100&offset=0",
                "GET /v1/users?limit=100&offset=100"
            ]
        );
    }
    let (output, _) = run(
        &["GET", "/instance", "--paginate"],
        "",
        &[(200, json!({"id": 1}))],
    );
    assert_eq!(printed(&output), json!({"id": 1}), "no list");
}

#[test]
fn refusals_are_readable() {
    let refusal = json!({
        "errors": [{
            "code": "form_param_unknown", "message": "unknown",
            "long_message": "emial is not a parameter of this request.",
            "meta": {"param_name": "emial"},
        }],
        "clerk_trace_id": "trace_1",
    });
    let arguments = ["POST", "/users", "-d", r#"{"emial": 1}"#];
    let (output, _) = run(&arguments, "", &[(422, refusal)]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(
        "api_refusal",
        format!(
            "{}---\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    );
}

#[test]
fn what_cannot_be_sent_is_said() {
    for (arguments, said) in [
        (
            &["POST", "/users", "-d", "{nonsense"][..],
            "the body is not JSON",
        ),
        (
            &["POST", "/users", "-d", "@/nowhere/at-all"],
            "cannot read /nowhere/at-all",
        ),
        (&["POST", "/users", "--paginate"], "their method is GET"),
        (&["GET"], "the path is missing"),
        (&["G T", "/users"], "not an HTTP method"),
        (&["GET", "/users", "-q", "limit"], "NAME=VALUE"),
    ] {
        let (output, requests) = run(arguments, "", &[]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains(said),
            "{arguments:?}: {error}"
        );
        assert!(requests.is_empty());
    }
}
