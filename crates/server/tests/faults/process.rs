//! The server in a process of its own: this test program, started once more.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use ironclerk::Client;
use ironclerk::api::users::{ListUsers, User, UserSort};
use ironclerk::api::{ApiError, Sort};
use ironclerk::client::ClientError;
use ironclerk::instance::SecretKey;
use ironclerk_server::{Config, RateLimits, Server};

const DATABASE: &str = "IRONCLERK_TEST_SERVE";
const LIMITS: &str = "IRONCLERK_TEST_LIMITS";
const SECRET_KEY: &str = "sk_test_durability";

/// What runs in the process: serves the database that the environment names.
#[test]
#[ignore = "the other tests run it, as a process of its own"]
fn server_process() {
    let Ok(database_url) = std::env::var(DATABASE) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::open(Config {
            secret_key: Some(SecretKey::new(SECRET_KEY).unwrap()),
            rate_limits: match std::env::var_os(LIMITS) {
                Some(_) => RateLimits::Clerk,
                None => RateLimits::Off,
            },
            ..Config::new(database_url, "http://127.0.0.1:4010")
        })
        .await
        .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("\nlistening on {}", listener.local_addr().unwrap());
        // Whoever has started it holds the other end; it must not outlive them.
        let orphaned = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        let stop = async {
            let _ = orphaned.await;
        };
        server.serve(listener, stop).await;
    });
}

pub struct Process {
    child: Child,
    url: String,
}

impl Process {
    pub fn start(database_url: &str) -> Self {
        Self::start_with(database_url, RateLimits::Off)
    }

    pub fn start_with(database_url: &str, rate_limits: RateLimits) -> Self {
        // A file that grows beyond a limit is an error for the server then, not its end.
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([
                "process::server_process",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(DATABASE, database_url)
            .envs((rate_limits == RateLimits::Clerk).then_some((LIMITS, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()))
            .expect("the server starts");
        Self {
            child,
            url: format!("http://{address}"),
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn client(&self) -> Client {
        Client::builder()
            .secret_key(SecretKey::new(SECRET_KEY).unwrap())
            .api_url(self.url.clone())
            .build()
            .unwrap()
    }

    /// Whether it runs still.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The refusal of a request that was answered with one.
#[track_caller]
pub fn refusal(error: ClientError) -> ApiError {
    match error.api_error() {
        Some(refusal) => refusal.clone(),
        None => panic!("no answer: {error}"),
    }
}

/// That this is the documented answer of a server without its database.
#[track_caller]
pub fn assert_unavailable(error: ClientError) {
    let refusal = refusal(error);
    assert_eq!(refusal.status.as_u16(), 503, "{refusal}");
    assert!(refusal.has_code("service_unavailable"), "{refusal}");
    assert_eq!(refusal.retry_after, Some(1), "{refusal}");
}

/// Every user that there is.
pub async fn all_users(client: &Client) -> Vec<User> {
    let mut users = Vec::new();
    loop {
        let request = ListUsers {
            limit: Some(500),
            offset: Some(u32::try_from(users.len()).unwrap()),
            order_by: Some(Sort::ascending(UserSort::Username)),
            ..Default::default()
        };
        let page = client.send(&request).await.unwrap();
        if page.is_empty() {
            return users;
        }
        users.extend(page);
    }
}
