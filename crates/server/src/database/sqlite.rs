//! SQLite: readers on the caller's thread, one writer that commits in groups.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use super::{DatabaseError, Kind, Row, Transaction, Value};

/// How many writes share one commit at the most.
const GROUP: usize = 256;
/// How many idle connections are kept for reading.
const READERS: usize = 16;
/// For how long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Sqlite(Arc<Shared>);

struct Shared {
    path: std::path::PathBuf,
    readers: Mutex<Vec<Connection>>,
    writer: mpsc::Sender<Job>,
}

/// A write: runs in the writer's transaction (or learns why there is none), then is told how the
/// commit went.
type Job = Box<dyn FnOnce(Result<&mut Transaction<'_>, String>) -> (Outcome, Reply) + Send>;
type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;

enum Outcome {
    Keep,
    Undo,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let cannot_open = |reason: String| {
            DatabaseError::Open(format!(
                "cannot open the database {}: {reason}",
                path.display()
            ))
        };
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|error| cannot_open(error.to_string()))?;
        }
        create_private(path).map_err(|error| cannot_open(error.to_string()))?;
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(|error| cannot_open(error.to_string()))?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            )
            .map_err(|error| cannot_open(error.to_string()))?;
        let (writer, jobs) = mpsc::channel();
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_in_groups(&connection, &jobs))
            .map_err(|error| cannot_open(error.to_string()))?;
        Ok(Self(Arc::new(Shared {
            path: path.to_owned(),
            readers: Mutex::default(),
            writer,
        })))
    }

    pub(super) fn read<T, E: From<DatabaseError>>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let readers = || {
            self.0
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let idle = readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.0.path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(error)?,
        };
        let snapshot = connection.unchecked_transaction().map_err(error)?;
        let result = work(&mut Transaction(Kind::Sqlite(&snapshot)));
        drop(snapshot);
        let mut readers = readers();
        if readers.len() < READERS {
            readers.push(connection);
        }
        result
    }

    pub(super) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let result = match transaction {
                Ok(transaction) => work(transaction),
                Err(reason) => Err(DatabaseError::Unavailable(reason).into()),
            };
            let outcome = if result.is_ok() {
                Outcome::Keep
            } else {
                Outcome::Undo
            };
            let reply: Reply = Box::new(move |committed| {
                let result = result.and_then(|value| match committed {
                    Ok(()) => Ok(value),
                    Err(reason) => Err(DatabaseError::Unavailable(reason).into()),
                });
                // The caller may have gone; the write stands all the same.
                let _ = sender.send(result);
            });
            (outcome, reply)
        });
        let lost = || DatabaseError::Failed("the writer has stopped".to_owned());
        self.0.writer.send(job).map_err(|_| lost())?;
        receiver.await.map_err(|_| lost())?
    }
}

/// The writer's life: takes what is waiting, runs it in one transaction, commits, answers.
fn write_in_groups(connection: &Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut replies: Vec<Reply> = Vec::new();
        let begun = connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|error| error.to_string());
        for job in std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)) {
            match &begun {
                // A job that panics is undone and its caller told; the others go on.
                Ok(()) => replies.extend(run(connection, job)),
                Err(reason) => replies.push(job(Err(reason.clone())).1),
            }
        }
        let committed = begun.and_then(|()| {
            connection
                .execute_batch("COMMIT")
                .map_err(|error| error.to_string())
        });
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
}

fn run(connection: &Connection, job: Job) -> Option<Reply> {
    connection.execute_batch("SAVEPOINT job").ok()?;
    let mut transaction = Transaction(Kind::Sqlite(connection));
    let done = catch_unwind(AssertUnwindSafe(|| job(Ok(&mut transaction))));
    let undo = !matches!(done, Ok((Outcome::Keep, _)));
    if undo {
        let _ = connection.execute_batch("ROLLBACK TO job");
    }
    let _ = connection.execute_batch("RELEASE job");
    done.ok().map(|(_, reply)| reply)
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(128);
    // SQLite's own knows no letters but ASCII's.
    connection.create_scalar_function(
        "lower",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |context| {
            let text: Option<String> = context.get(0)?;
            Ok(text.map(|text| text.to_lowercase()))
        },
    )?;
    Ok(connection)
}

/// The file holds the instance's keys, so that only its owner may read it.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

pub(super) fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
) -> Result<Vec<Row>, DatabaseError> {
    refuse_nul(parameters)?;
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let columns = statement.column_count();
    let mut answer = statement
        .query(rusqlite::params_from_iter(parameters))
        .map_err(error)?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next().map_err(error)? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(match row.get_ref(column).map_err(error)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(value) => Value::Integer(value),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
                ValueRef::Real(_) => {
                    return Err(DatabaseError::Failed(
                        "a column of an unknown type".to_owned(),
                    ));
                }
            });
        }
        rows.push(Row(values.into_iter()));
    }
    Ok(rows)
}

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    parameters: &[Value],
) -> Result<u64, DatabaseError> {
    refuse_nul(parameters)?;
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    let changed = statement
        .execute(rusqlite::params_from_iter(parameters))
        .map_err(error)?;
    Ok(changed as u64)
}

/// PostgreSQL stores no NUL, and where SQLite compares texts they end with one.
fn refuse_nul(parameters: &[Value]) -> Result<(), DatabaseError> {
    let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    if parameters.iter().any(has_nul) {
        return Err(DatabaseError::Text);
    }
    Ok(())
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Boolean(value) => ValueRef::Integer(i64::from(*value)),
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) fn error(error: rusqlite::Error) -> DatabaseError {
    use rusqlite::ffi::{
        SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
    };
    let Some(failure) = error.sqlite_error() else {
        return DatabaseError::Failed(error.to_string());
    };
    match failure.extended_code {
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => return DatabaseError::Unique,
        SQLITE_CONSTRAINT_FOREIGNKEY => return DatabaseError::Reference,
        _ => {}
    }
    match failure.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::ReadOnly
        | ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen => DatabaseError::Unavailable(error.to_string()),
        _ => DatabaseError::Failed(error.to_string()),
    }
}
