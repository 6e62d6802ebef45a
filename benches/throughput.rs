//! What the layer costs an axum application whose visitors come with session tokens, as a ratio to
//! the same application without it.
//!
//! The applications are processes of their own; this one sends the load, in turns.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use ironclerk::keys::PrivateKey;
use ironclerk::tower::ClerkLayer;
use ironclerk::{Auth, Authenticator};
use serde_json::json;

const APPLICATIONS: [&str; 3] = [
    "without the layer",
    "remembered tokens",
    "every token verified",
];
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 15;
const TURN: Duration = Duration::from_millis(400);

fn main() {
    match std::env::args().nth(1) {
        Some(application) => serve(&application),
        None => compare(),
    }
}

#[tokio::main]
async fn serve(application: &str) {
    let answer = "{\"id\":\"article_1\",\"title\":\"Hello\"}";
    let app = if application == APPLICATIONS[0] {
        Router::new().route("/article", get(async move || answer))
    } else {
        let authenticator = Authenticator::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(std::env::var("JWT_KEY").expect("a key"))
            .token_cache(if application == APPLICATIONS[1] {
                1000
            } else {
                0
            })
            .build()
            .expect("a configuration");
        let article = async move |auth: Auth| {
            assert!(auth.is_signed_in());
            answer
        };
        Router::new()
            .route("/article", get(article))
            .layer(ClerkLayer::new(authenticator))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    axum::serve(listener, app).await.expect("a server");
}

fn compare() {
    let key = PrivateKey::generate().expect("a key");
    let requests: Vec<String> = (0..CONNECTIONS).map(|user| request(&key, user)).collect();
    let servers = APPLICATIONS.map(|name| Server::start(name, &key));
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        // Each of them is the first as often as the others.
        let mut rates = [0.0; APPLICATIONS.len()];
        for turn in 0..rates.len() {
            let index = (round + turn) % rates.len();
            rates[index] = servers[index].load(&requests);
        }
        rounds.push(rates);
    }
    println!("{:<24} {:>12} {:>8}", "", "per second", "ratio");
    for (index, name) in APPLICATIONS.iter().enumerate() {
        let rate = median(rounds.iter().map(|round| round[index]));
        let ratio = median(rounds.iter().map(|round| round[index] / round[0]));
        println!("{name:<24} {rate:>12.0} {ratio:>8.2}");
    }
}

/// A visitor's request. All applications get the same bytes.
fn request(key: &PrivateKey, user: usize) -> String {
    let now = SystemTime::now();
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970")
        .as_secs();
    let claims = json!({
        "azp": "https://app.example.com", "exp": seconds + 3600, "fva": [3, -1],
        "iss": "https://clerk.example.com", "nbf": seconds - 10, "sid": format!("sess_{user}"),
        "sts": "active", "sub": format!("user_{user}"), "v": 2,
    });
    let options = SignOptions::new("ins_1", TokenCategory::Session);
    let token = jwt::sign(&claims, key, &options, now).expect("a token");
    format!(
        "GET /article HTTP/1.1\r\nHost: app.example.com\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
}

struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(application: &str, key: &PrivateKey) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .arg(application)
            .env("JWT_KEY", key.public_key().to_spki_pem())
            .stdout(Stdio::piped())
            .spawn()
            .expect("an application");
        let mut address = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output)
            .read_line(&mut address)
            .expect("its address");
        Self {
            process,
            address: address.trim().to_owned(),
        }
    }

    /// Answers per second.
    fn load(&self, requests: &[String]) -> f64 {
        let (is_over, answers) = (AtomicBool::new(false), AtomicU64::new(0));
        thread::scope(|scope| {
            for request in requests {
                let mut stream = TcpStream::connect(&self.address).expect("a connection");
                stream.set_nodelay(true).expect("a socket");
                let (is_over, answers) = (&is_over, &answers);
                scope.spawn(move || {
                    let mut buffer = [0; 4096];
                    while !is_over.load(Ordering::Relaxed) {
                        stream.write_all(request.as_bytes()).expect("sent");
                        // The answers are short: each is one read.
                        let length = stream.read(&mut buffer).expect("an answer");
                        assert!(buffer[..length].starts_with(b"HTTP/1.1 200"));
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            thread::sleep(TURN);
            is_over.store(true, Ordering::Relaxed);
        });
        answers.load(Ordering::Relaxed) as f64 / TURN.as_secs_f64()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
