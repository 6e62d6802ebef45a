//! PostgreSQL for tests: finds a server, or starts one for the life of this process.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// A database on the server of this process.
#[derive(Debug)]
pub(crate) struct Database {
    server: &'static str,
    name: String,
    url: String,
}

impl Database {
    pub(crate) fn new() -> Option<Self> {
        let server = server()?;
        let random = RandomState::new().build_hasher().finish();
        let name = format!("ironclerk_test_{random:016x}");
        sql(server, &format!("CREATE DATABASE {name}")).unwrap();
        let url = with_database(server, &name);
        Some(Self { server, name, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = sql(
            self.server,
            &format!("DROP DATABASE {} WITH (FORCE)", self.name),
        );
        // A panic while another one is under way would end the process.
        if let Err(error) = dropped
            && !std::thread::panicking()
        {
            panic!("{} is still there: {error}", self.name);
        }
    }
}

/// The URL of the server's database `postgres`, if there is a server.
fn server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    SERVER
        .get_or_init(|| {
            let server = find();
            let line = match &server {
                Some(url) => format!(
                    "ran on PostgreSQL {}",
                    sql(url, "SHOW server_version").unwrap().unwrap_or_default()
                ),
                None => "skipped, no PostgreSQL found (install the postgres binaries or set IRONCLERK_TEST_POSTGRES)".to_owned(),
            };
            // Unlike `eprintln!`, this is seen when the test passes.
            let _ = writeln!(std::io::stderr(), "PostgreSQL storage tests: {line}");
            server
        })
        .as_deref()
}

fn find() -> Option<String> {
    if let Ok(url) = std::env::var("IRONCLERK_TEST_POSTGRES") {
        let url = with_database(&url, "postgres");
        // Whoever names a server wants the tests to run on it, or to fail.
        if let Err(error) = sql(&url, "SELECT 1") {
            panic!("IRONCLERK_TEST_POSTGRES: {error}");
        }
        return Some(url);
    }
    let local = "postgres://postgres@127.0.0.1:5432/postgres";
    if sql(local, "SELECT 1").is_ok() {
        return Some(local.to_owned());
    }
    private::start()
}

/// The URL with another database in it.
fn with_database(url: &str, name: &str) -> String {
    let (url, options) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = url.split_once("://").expect("postgres://…");
    let authority = rest.split('/').next().unwrap_or_default();
    match options {
        "" => format!("{scheme}://{authority}/{name}"),
        options => format!("{scheme}://{authority}/{name}?{options}"),
    }
}

/// Runs a statement and answers the first column of the first row. On a thread of its own, since
/// the caller may be within a runtime.
pub(crate) fn sql(url: &str, statement: &str) -> Result<Option<String>, String> {
    let run = async {
        let mut config: tokio_postgres::Config = url.parse()?;
        config.connect_timeout(Duration::from_secs(2));
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        let answer = client.simple_query(statement).await?;
        Ok(answer.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    };
    let run_to_end = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(run)
            .map_err(|error: tokio_postgres::Error| format!("{error:?}"))
    };
    std::thread::scope(|scope| scope.spawn(run_to_end).join().unwrap())
}

#[cfg(not(unix))]
mod private {
    pub(super) fn start() -> Option<String> {
        None
    }
}

/// A server in a temporary folder, which ends when this process does, however it ends.
#[cfg(unix)]
mod private {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    /// Starts the server and waits until nobody holds the other end of its standard input.
    const SCRIPT: &str = r#"
        cd "$2" || exit 1
        "$1/initdb" -D data -U postgres -A trust -E UTF8 --no-sync >initdb.log 2>&1 || exit 1
        "$1/postgres" -D data -k "$2" -c listen_addresses= -c fsync=off -c max_connections=200 \
            >postgres.log 2>&1 &
        read -r _
        kill -INT $!
        wait $!
        rm -rf "$2"
    "#;
    /// The server should be there after so long, on a slow machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    pub(super) fn start() -> Option<String> {
        let programs = programs()?;
        let folder = tempfile::Builder::new()
            .prefix("ironclerk-postgres-")
            .tempdir()
            .ok()?
            .keep();
        // PostgreSQL refuses to run as root.
        let is_root = folder.metadata().ok()?.uid() == 0;
        let mut command = if is_root {
            let given = Command::new("chown").arg("postgres").arg(&folder).status();
            if !given.is_ok_and(|status| status.success()) {
                let _ = std::fs::remove_dir_all(&folder);
                return None;
            }
            as_postgres()
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", SCRIPT, "sh"]);
            command
        };
        let mut child = command
            .args([&programs, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C ends the tests; the script must outlive them to clean up.
            .process_group(0)
            .spawn()
            .ok()?;

        let socket = folder.display().to_string().replace('/', "%2F");
        let url = format!("postgres://postgres@{socket}/postgres");
        let begun = Instant::now();
        while super::sql(&url, "SELECT 1").is_err() {
            let ended = child.try_wait().is_ok_and(|status| status.is_some());
            if ended || begun.elapsed() > PATIENCE {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // The pipe to the script is open for as long as the child is kept.
        static KEPT: Mutex<Option<std::process::Child>> = Mutex::new(None);
        *KEPT.lock().unwrap() = Some(child);
        Some(url)
    }

    fn as_postgres() -> Command {
        if in_path("runuser").is_some() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh", "-c", SCRIPT, "sh"]);
            command
        } else {
            let mut command = Command::new("su");
            command.args(["postgres", "-s", "/bin/sh", "-c", SCRIPT, "--", "sh"]);
            command
        }
    }

    /// The folder with `initdb` and `postgres`: in the path, or where Debian has them.
    fn programs() -> Option<PathBuf> {
        let is_complete =
            |folder: &Path| folder.join("initdb").exists() && folder.join("postgres").exists();
        if let Some(folder) = in_path("initdb").filter(|folder| is_complete(folder)) {
            return Some(folder);
        }
        let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .flatten()
            .map(|version| version.path().join("bin"))
            .filter(|folder| is_complete(folder))
            .collect();
        versions.sort();
        versions.pop()
    }

    /// The folder of the path that has a program.
    fn in_path(program: &str) -> Option<PathBuf> {
        std::env::split_paths(&std::env::var_os("PATH")?)
            .find(|folder| folder.join(program).exists())
    }
}
