//! A server on a socket, and what the scenarios do to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::Method;
use ironclerk::Client;
use ironclerk::api::organizations::{CreateOrganization, Organization};
use ironclerk::api::sessions::{CreateSession, Session};
use ironclerk::api::users::{CountUsers, CreateUser, User};
use ironclerk_server::{Clock, Config, Server};
use ironclerk_test_support::{Backend, TestDatabase};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Makes a test on SQLite and a test on PostgreSQL of each scenario.
macro_rules! on_both_databases {
    ($($scenario:ident,)*) => {
        mod on_sqlite {
            $(#[test] fn $scenario() {
                crate::harness::run(ironclerk_test_support::Backend::Sqlite, super::$scenario);
            })*
        }
        mod on_postgres {
            $(#[test] fn $scenario() {
                crate::harness::run(ironclerk_test_support::Backend::Postgres, super::$scenario);
            })*
        }
    };
}
pub(crate) use on_both_databases;

/// Where the servers think that they are.
pub const PUBLIC_URL: &str = "http://127.0.0.1:4010";
/// When the scenarios begin, in ms since the epoch.
pub const BEGINNING: i64 = 1_790_000_000_000;

/// Runs a scenario on a database of its own, or not at all where there is no such database.
pub fn run(backend: Backend, scenario: impl AsyncFnOnce(&TestServer)) {
    run_on_database(backend, async |database| {
        let server = TestServer::start(database.url()).await;
        scenario(&server).await;
    });
}

/// The same, for scenarios that start servers themselves.
pub fn run_on_database(backend: Backend, scenario: impl AsyncFnOnce(&TestDatabase)) {
    let Some(database) = TestDatabase::new(backend) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scenario(&database));
}

/// A server that listens, its clock, and a client of it.
pub struct TestServer {
    pub server: Server,
    pub address: SocketAddr,
    pub client: Client,
    clock: Arc<AtomicI64>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl TestServer {
    pub async fn start(database_url: String) -> Self {
        Self::start_with(Config::new(database_url, PUBLIC_URL)).await
    }

    pub async fn start_with(config: Config) -> Self {
        let clock = Arc::new(AtomicI64::new(BEGINNING));
        let config = Config {
            clock: Clock::Manual(clock),
            ..config
        };
        Self::start_as_configured(config).await
    }

    /// The same, with the clock of the configuration.
    pub async fn start_as_configured(config: Config) -> Self {
        let clock = match &config.clock {
            Clock::Manual(time) | Clock::Ticking(time) => time.clone(),
            Clock::System => panic!("scenarios have a clock that they know"),
        };
        let server = Server::open(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = Client::builder()
            .secret_key(server.instance().secret_key().clone())
            .api_url(format!("http://{address}"))
            .build()
            .unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving = server.clone();
        let served = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serving.serve(listener, stopped).await;
        });
        Self {
            server,
            address,
            client,
            clock,
            stop,
            served,
        }
    }

    /// Stops the server and waits until it is done.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let time = i64::try_from(time.as_millis()).unwrap();
        self.clock.fetch_add(time, Ordering::Relaxed);
    }

    /// The server's time.
    pub fn now(&self) -> SystemTime {
        let now = u64::try_from(self.clock.load(Ordering::Relaxed)).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_millis(now)
    }

    /// A user who has only an email address.
    pub async fn user(&self, email_address: &str) -> User {
        let user = CreateUser {
            email_address: vec![email_address.to_owned()],
            ..Default::default()
        };
        self.client.users().create(&user).await.unwrap()
    }

    /// An organization, with its creator as its member.
    pub async fn organization(&self, name: &str, creator: &User) -> Organization {
        let organization = CreateOrganization {
            name: name.to_owned(),
            created_by: Some(creator.id.clone()),
            ..Default::default()
        };
        self.client
            .organizations()
            .create(&organization)
            .await
            .unwrap()
    }

    pub async fn session(&self, user: &User) -> Session {
        let session = CreateSession {
            user_id: user.id.clone(),
            ..Default::default()
        };
        self.client.sessions().create(&session).await.unwrap()
    }

    pub async fn count_users(&self) -> u64 {
        let count = self.client.users().count(&CountUsers::default()).await;
        count.unwrap().total_count
    }

    /// Sends a request as curl would: the secret key, and a body if there is one.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let key = self.server.instance().secret_key().expose();
        let headers = [
            ("authorization", format!("Bearer {key}")),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        self.request(method, path, &headers, body.as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Sends a request with exactly these headers, but for the ones that frame it.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "connection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ));
        self.bytes(&[head.as_bytes(), body].concat()).await
    }

    /// Sends bytes on a connection of their own and reads one answer.
    pub async fn bytes(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let whole = tokio::time::timeout(Duration::from_secs(20), async {
            while !Answer::is_whole(&answer) {
                if stream.read_buf(&mut answer).await.unwrap() == 0 {
                    break;
                }
            }
        });
        whole.await.expect("an answer in time");
        Answer::parse(&answer)
    }
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        Some((
            std::str::from_utf8(&bytes[..end]).unwrap(),
            &bytes[end + 4..],
        ))
    }

    fn is_whole(bytes: &[u8]) -> bool {
        Self::split(bytes).is_some_and(|(head, body)| {
            // An answer with the status 204 never has a body.
            let has_none = head.starts_with("HTTP/1.1 204");
            let length = header(head, "content-length").filter(|_| !has_none);
            let length = length.map(|length| length.parse::<usize>().unwrap());
            assert!(has_none || length.is_some(), "no length: {head}");
            body.len() >= length.unwrap_or(0)
        })
    }

    fn parse(bytes: &[u8]) -> Self {
        let (head, body) = Self::split(bytes)
            .unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_vec(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// That this is a refusal in Clerk's shape, with this status and code. Answers its `meta`.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let shown = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{shown}");
        let body = self.json();
        let trace = body["clerk_trace_id"].as_str().expect("a trace id");
        assert!(
            trace.len() == 32 && trace.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{shown}"
        );
        let [error] = body["errors"].as_array().unwrap().as_slice() else {
            panic!("not one error: {shown}");
        };
        assert_eq!(error["code"], code, "{shown}");
        for text in ["message", "long_message"] {
            assert!(!error[text].as_str().unwrap().is_empty(), "{shown}");
        }
        assert!(error["meta"].is_object(), "{shown}");
        error["meta"].clone()
    }

    /// The same, for a parameter.
    #[track_caller]
    pub fn refused_for(&self, status: u16, code: &str, parameter: &str) {
        assert_eq!(
            self.refused(status, code),
            json!({"param_name": parameter}),
            "{code}"
        );
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}

/// One field of each item of a list, as text.
#[track_caller]
pub fn column(list: &Value, field: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items
        .iter()
        .map(|item| item[field].as_str().unwrap_or_default().to_owned())
        .collect()
}
