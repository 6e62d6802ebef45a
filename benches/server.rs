//! What the server does in a second, beside the least that it could take: reading a user beside a
//! handler that answers the same bytes, making session tokens beside bare signatures of the same
//! bytes, and creating users, each on disk before it is answered.
//!
//! The servers are processes of their own, on SQLite; this one sends the load, in turns.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use ironclerk::instance::SecretKey;
use ironclerk_server::{Config, Server};
use serde_json::{Value, json};

const SECRET_KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";
const USERS: usize = 1000;
const READERS: usize = 16;
const WRITERS: usize = 64;
const ROUNDS: usize = 11;
const TURN: Duration = Duration::from_secs(1);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["empty", answer] => serve_bytes(answer.to_owned()),
        ["server", file] => serve(file),
        [] => compare(),
        _ => panic!("the program takes no arguments"),
    }
}

/// An axum application with one handler that does nothing.
#[tokio::main]
async fn serve_bytes(answer: String) {
    let answer: &'static str = answer.leak();
    let handler = async move || ([(CONTENT_TYPE, "application/json")], answer);
    let app = Router::new().route("/v1/users/{user_id}", get(handler));
    let listener = listen().await;
    axum::serve(listener, app).await.expect("a server");
}

#[tokio::main]
async fn serve(file: &str) {
    let server = Server::open(Config {
        secret_key: Some(SecretKey::new(SECRET_KEY).expect("a key")),
        ..Config::new(file, "http://127.0.0.1:4010")
    })
    .await
    .expect("a database");
    server.serve(listen().await, std::future::pending()).await;
}

async fn listen() -> tokio::net::TcpListener {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    listener
}

fn compare() {
    let folder = Folder::new();
    let server = Process::start(["server", &folder.file()]);
    let users: Vec<String> = (0..USERS)
        .map(|number| server.ask(&create_user(number))["id"].to_string())
        .map(|id| id.replace('"', ""))
        .collect();
    let read_user: Vec<String> = users
        .iter()
        .map(|id| request("GET", &format!("/v1/users/{id}"), ""))
        .collect();
    let session = server.ask(&request(
        "POST",
        "/v1/sessions",
        &json!({"user_id": users[0]}).to_string(),
    ));
    let path = format!(
        "/v1/sessions/{}/tokens",
        session["id"].as_str().expect("an id")
    );
    let make_token = [request("POST", &path, "{}")];
    let token = server.ask(&make_token[0]);
    let signed = token["jwt"].as_str().expect("a token");
    let signed = &signed[..signed.rfind('.').expect("a signature")];
    let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let empty = Process::start(["empty", &server.ask(&read_user[0]).to_string()]);

    let created = AtomicU64::new(USERS as u64);
    let rounds: Vec<[f64; 5]> = (0..ROUNDS)
        .map(|_| {
            [
                empty.load(READERS, |turn| read_user[turn % USERS].clone()),
                server.load(READERS, |turn| read_user[turn % USERS].clone()),
                signatures(&key, signed.as_bytes()),
                server.load(READERS, |_| make_token[0].clone()),
                server.load(WRITERS, |_| {
                    create_user(created.fetch_add(1, Ordering::Relaxed) as usize)
                }),
            ]
        })
        .collect();
    println!("{:<42} {:>10} {:>6}", "", "per second", "ratio");
    for (name, index, beside) in [
        ("a handler that does nothing", 0, None),
        ("GET /v1/users/{id}", 1, Some(0)),
        ("bare RSA-2048 signatures", 2, None),
        ("POST /v1/sessions/{id}/tokens", 3, Some(2)),
        ("POST /v1/users", 4, None),
    ] {
        let rate = median(rounds.iter().map(|round| round[index]));
        let ratio = beside.map(|beside: usize| {
            let ratios = rounds.iter().map(|round| round[index] / round[beside]);
            format!("{:.2}", median(ratios))
        });
        println!("{name:<42} {rate:>10.0} {:>6}", ratio.unwrap_or_default());
    }
    println!("one write of a page to the disk took {:.1?}", folder.sync());
}

fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {SECRET_KEY}\r\n\
         Clerk-API-Version: 2025-04-10\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn create_user(number: usize) -> String {
    let user = json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "username": format!("ada_{number}"),
        "email_address": [format!("ada_{number}@example.com")],
        "public_metadata": {"plan": "pro"},
    });
    request("POST", "/v1/users", &user.to_string())
}

/// Signatures per second, with as many threads as the server has.
fn signatures(key: &RsaKeyPair, message: &[u8]) -> f64 {
    for_a_turn(
        thread::available_parallelism().map_or(1, usize::from),
        |is_over, done| {
            let random = SystemRandom::new();
            let mut signature = vec![0; key.public_modulus_len()];
            while !is_over.load(Ordering::Relaxed) {
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("a signature");
                done.fetch_add(1, Ordering::Relaxed);
            }
        },
    )
}

/// Runs something on several threads for a while, and tells how often it was done in a second.
fn for_a_turn(threads: usize, work: impl Fn(&AtomicBool, &AtomicU64) + Sync) -> f64 {
    let (is_over, done) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(&is_over, &done));
        }
        thread::sleep(TURN);
        is_over.store(true, Ordering::Relaxed);
        done.load(Ordering::Relaxed) as f64 / TURN.as_secs_f64()
    })
}

struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start<const N: usize>(arguments: [&str; N]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut address)
            .expect("its address");
        let address = address.trim().to_owned();
        Self { child, address }
    }

    fn ask(&self, request: &str) -> Value {
        let answer = Connection::new(&self.address).ask(request).to_vec();
        serde_json::from_slice(&answer).expect("JSON")
    }

    /// Answers per second. `request` gets the number of the turn.
    fn load(&self, connections: usize, request: impl Fn(usize) -> String + Sync) -> f64 {
        let turn = AtomicU64::new(0);
        for_a_turn(connections, |is_over, answers| {
            let mut connection = Connection::new(&self.address);
            while !is_over.load(Ordering::Relaxed) {
                connection.ask(&request(turn.fetch_add(1, Ordering::Relaxed) as usize));
                answers.fetch_add(1, Ordering::Relaxed);
            }
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let buffer = vec![0; 64 * 1024];
        Self { stream, buffer }
    }

    /// Sends a request and answers the body of the response, which must be a success.
    fn ask(&mut self, request: &str) -> &[u8] {
        self.stream.write_all(request.as_bytes()).expect("sent");
        let mut length = 0;
        loop {
            let more = self
                .stream
                .read(&mut self.buffer[length..])
                .expect("an answer");
            assert!(more > 0, "the server closed the connection");
            length += more;
            let received = &self.buffer[..length];
            let Some(head) = received.windows(4).position(|end| end == b"\r\n\r\n") else {
                continue;
            };
            assert!(
                received.starts_with(b"HTTP/1.1 200"),
                "{}",
                String::from_utf8_lossy(received)
            );
            let body = content_length(&received[..head]);
            if length >= head + 4 + body {
                return &self.buffer[head + 4..length];
            }
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("a head in ASCII");
    head.lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .expect("a length")
}

/// A folder beside this program: the one for temporary files may not be on a disk.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let program = std::env::current_exe().expect("this program");
        let folder = program.parent().unwrap_or(Path::new("."));
        let folder = folder.join(format!("server-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn file(&self) -> String {
        self.0.join("clerk.db").display().to_string()
    }

    /// How long the disk takes for the least that a commit needs.
    fn sync(&self) -> Duration {
        let mut file = std::fs::File::create(self.0.join("page")).expect("a file");
        let times = (0..50).map(|_| {
            let begun = Instant::now();
            file.write_all(&[0; 4096]).expect("a page");
            file.sync_data().expect("a disk");
            begun.elapsed().as_secs_f64()
        });
        Duration::from_secs_f64(median(times))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
