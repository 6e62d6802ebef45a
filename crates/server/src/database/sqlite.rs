//! SQLite: readers on the caller's thread, one writer that commits in groups.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use super::{
    DatabaseError, Kind, Outcome, Recalled, Row, Transaction, UNIQUE_COLUMNS, Value, Work, cut_off,
};

/// How many writes share one commit at the most.
const GROUP: usize = 256;
/// How many idle connections are kept for reading.
const READERS: usize = 16;
/// How much a connection remembers at the most, in bytes.
const MEMORY: usize = 4 * 1024 * 1024;
/// For how long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Sqlite(Arc<Shared>);

struct Shared {
    path: std::path::PathBuf,
    readers: Mutex<Vec<Reader>>,
    writer: mpsc::Sender<Job>,
}

/// A connection for reading.
struct Reader {
    connection: Connection,
    memory: Memory,
}

/// What was read since the database has changed for the last time.
#[derive(Default)]
struct Memory {
    /// SQLite's number of the database's content, which only this connection understands.
    version: i64,
    answers: HashMap<String, Bytes>,
    size: usize,
}

impl Memory {
    /// Forgets everything if the database is not as it was.
    fn set_version(&mut self, version: i64) {
        if self.version != version {
            *self = Self {
                version,
                ..Self::default()
            };
        }
    }

    fn keep(&mut self, key: String, answer: Bytes) {
        let size = key.len() + answer.len();
        if self.size + size > MEMORY {
            self.answers.clear();
            self.size = 0;
        }
        if size <= MEMORY {
            self.size += size;
            self.answers.insert(key, answer);
        }
    }
}

impl Reader {
    fn begin(&self) -> Result<(), DatabaseError> {
        command(&self.connection, "BEGIN").map_err(error)
    }

    fn version(&self) -> Result<i64, DatabaseError> {
        let version = || -> rusqlite::Result<i64> {
            let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
            statement.query_row([], |row| row.get(0))
        };
        version().map_err(error)
    }
}

/// A write that waits for the writer, and who waits for its commit.
struct Job {
    work: Work,
    reply: Reply,
}

type Reply = oneshot::Sender<Result<(), DatabaseError>>;

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

    /// Reads the database as it is now.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> T,
    ) -> Result<T, DatabaseError> {
        let reader = self.reader()?;
        reader.begin()?;
        let result = work(&mut Transaction(Kind::Sqlite(&reader.connection)));
        self.end(reader);
        Ok(result)
    }

    /// The same, or what was read the last time if the database is as it was then.
    pub(super) fn recall<E: From<DatabaseError>>(
        &self,
        key: String,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<Recalled, E>,
    ) -> Result<Bytes, E> {
        let mut reader = self.reader()?;
        // What is remembered needs no transaction.
        let version = reader.version()?;
        reader.memory.set_version(version);
        if let Some(answer) = reader.memory.answers.get(&key) {
            let answer = answer.clone();
            self.put_back(reader);
            return Ok(answer);
        }
        reader.begin()?;
        let version = reader.version()?;
        reader.memory.set_version(version);
        let done = work(&mut Transaction(Kind::Sqlite(&reader.connection)));
        if let Ok(read) = &done
            && read.is_lasting
        {
            reader.memory.keep(key, read.answer.clone());
        }
        self.end(reader);
        Ok(done?.answer)
    }

    fn reader(&self) -> Result<Reader, DatabaseError> {
        if let Some(idle) = self.0.readers().pop() {
            return Ok(idle);
        }
        let connection = connect(&self.0.path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        Ok(Reader {
            connection: connection.map_err(error)?,
            memory: Memory::default(),
        })
    }

    fn end(&self, reader: Reader) {
        if command(&reader.connection, "COMMIT").is_ok() {
            self.put_back(reader);
        }
    }

    fn put_back(&self, reader: Reader) {
        let mut readers = self.0.readers();
        if readers.len() < READERS {
            readers.push(reader);
        }
    }

    /// Reads where waiting does no harm.
    pub(super) async fn scan(&self, work: Work) -> Result<(), DatabaseError> {
        let sqlite = self.clone();
        let done = tokio::task::spawn_blocking(move || sqlite.read(work).map(drop));
        done.await.unwrap_or_else(|_| Err(cut_off()))
    }

    /// Writes, and waits until it is on disk.
    pub(super) async fn write(&self, work: Work) -> Result<(), DatabaseError> {
        let (reply, committed) = oneshot::channel();
        let sent = self.0.writer.send(Job { work, reply });
        sent.map_err(|_| cut_off())?;
        committed.await.unwrap_or_else(|_| Err(cut_off()))
    }
}

impl Shared {
    fn readers(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writer's life: takes what is waiting, runs it in one transaction, commits, answers.
fn write_in_groups(connection: &Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1));
        let mut replies = Vec::new();
        let done = write_group(connection, &mut group, &mut replies);
        let done = done.map_err(|error| error.to_string());
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        if done.is_err() {
            // Where there is no room for one there is none for those that wait behind it.
            replies.extend(group.map(|job| job.reply));
        }
        for reply in replies {
            // The caller may have gone; the write stands all the same.
            let _ = reply.send(done.clone().map_err(DatabaseError::Unavailable));
        }
    }
}

/// Runs jobs in one transaction. After an error none of them has happened.
fn write_group(
    connection: &Connection,
    group: &mut dyn Iterator<Item = Job>,
    replies: &mut Vec<Reply>,
) -> rusqlite::Result<()> {
    command(connection, "BEGIN IMMEDIATE")?;
    for job in group {
        replies.push(job.reply);
        command(connection, "SAVEPOINT job")?;
        let mut transaction = Transaction(Kind::Sqlite(connection));
        // A job that panics is undone and its caller told; the others go on.
        let done = catch_unwind(AssertUnwindSafe(|| (job.work)(&mut transaction)));
        // When the disk is full, SQLite may have undone the whole group, and these fail.
        if done.unwrap_or(Outcome::Undo) == Outcome::Undo {
            command(connection, "ROLLBACK TO job")?;
        }
        command(connection, "RELEASE job")?;
    }
    command(connection, "COMMIT")
}

/// Runs a statement that steers transactions.
fn command(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
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
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
            return DatabaseError::Unique(unique_column(&error.to_string()));
        }
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

/// The column in "UNIQUE constraint failed: users.username".
fn unique_column(message: &str) -> Option<&'static str> {
    let columns = message.rsplit(": ").next()?;
    let (_, column) = columns.split_once('.')?;
    UNIQUE_COLUMNS.into_iter().find(|known| *known == column)
}
