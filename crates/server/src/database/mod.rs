//! One door to SQLite and PostgreSQL.
//!
//! Both speak the same SQL here: `$1` placeholders in ascending order, `TEXT`, `BIGINT`,
//! `BOOLEAN` and `BYTEA` columns, times as milliseconds, JSON as text. What a caller runs is a plain function
//! over a [`Transaction`], so that it need not know which database it is on, nor wait for
//! anything: [`Database`] runs it where waiting does no harm.

mod postgres;
mod sqlite;
#[cfg(test)]
mod statements;

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use ironclerk_api::Metadata;

use crate::random::NoRandomness;

/// What can go wrong at the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A row with the same unique value is there already; in which column, if it is one of
    /// [`UNIQUE_COLUMNS`].
    #[error("a row with this value exists already")]
    Unique(Option<&'static str>),
    /// A row that this one belongs to is not there.
    #[error("what the row belongs to does not exist")]
    Reference,
    /// A text has a character that the database cannot store.
    #[error("a text has a character that cannot be stored")]
    Text,
    /// The database cannot be reached, is busy for too long, or has no room.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database cannot be opened.
    #[error("{0}")]
    Open(String),
    /// The database refused a statement, or a row does not read as it should.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// The columns in which each value is there once, and which are parameters of requests.
pub(crate) const UNIQUE_COLUMNS: [&str; 5] = ["external_id", "key", "name", "slug", "username"];

impl From<NoRandomness> for DatabaseError {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A value in a statement or a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL's `NULL`.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number: counts, and times in ms since the epoch.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes, such as those of an image.
    Bytes(Vec<u8>),
}

macro_rules! into_value {
    ($($type:ty => $variant:ident($convert:expr),)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Value::$variant($convert(value))
            }
        }
    )*};
}

into_value! {
    bool => Boolean(std::convert::identity),
    i64 => Integer(std::convert::identity),
    u32 => Integer(i64::from),
    &str => Text(str::to_owned),
    String => Text(std::convert::identity),
    &String => Text(String::clone),
    &Metadata => Text(json_text),
    Vec<u8> => Bytes(std::convert::identity),
}

fn json_text(metadata: &Metadata) -> String {
    // A map with text keys always has a JSON form.
    serde_json::to_string(metadata).unwrap_or_default()
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// A type that a column can be read as.
pub(crate) trait FromValue: Sized {
    /// The value, if it is one of this type.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Boolean(value) => Some(value),
            // SQLite has no type of its own for truth values.
            Value::Integer(value) => Some(value != 0),
            _ => None,
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Bytes(value) => Some(value),
            _ => None,
        }
    }
}

impl FromValue for Metadata {
    fn from_value(value: Value) -> Option<Self> {
        serde_json::from_str(&String::from_value(value)?).ok()
    }
}

macro_rules! id_values {
    ($($name:ident),*) => {$(
        impl FromValue for ironclerk_api::id::$name {
            fn from_value(value: Value) -> Option<Self> {
                String::from_value(value).map(Into::into)
            }
        }

        impl From<&ironclerk_api::id::$name> for Value {
            fn from(id: &ironclerk_api::id::$name) -> Self {
                Value::Text(id.as_str().to_owned())
            }
        }
    )*};
}

id_values!(
    ActorTokenId,
    ClientId,
    ExternalAccountId,
    IdentificationId,
    ImageId,
    InstanceId,
    InvitationId,
    JwtTemplateId,
    OrganizationDomainId,
    OrganizationId,
    OrganizationInvitationId,
    OrganizationMembershipId,
    PermissionId,
    RoleId,
    RoleSetId,
    SessionId,
    SignInTokenId,
    UserId,
    WaitlistEntryId
);

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// One row of an answer, read column by column in the order of the statement.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// Reads the next column.
    pub(crate) fn next<T: FromValue>(&mut self) -> Result<T, DatabaseError> {
        self.0.next().and_then(T::from_value).ok_or_else(|| {
            DatabaseError::Failed(format!(
                "a column does not read as {}",
                std::any::type_name::<T>()
            ))
        })
    }
}

/// The statements of one transaction. All of them take effect, or none.
pub struct Transaction<'a>(Kind<'a>);

enum Kind<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a postgres::Session),
}

impl Transaction<'_> {
    /// Runs a statement and reads the rows that it answers.
    ///
    /// A fixed statement is prepared once for a connection, one that was put together is not.
    pub(crate) fn query(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        parameters: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        let sql = sql.into();
        match &self.0 {
            Kind::Sqlite(connection) => sqlite::query(connection, &sql, parameters),
            Kind::Postgres(session) => session.query(sql, parameters),
        }
    }

    /// Runs a statement that answers at most one row.
    pub(crate) fn query_one(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        parameters: &[Value],
    ) -> Result<Option<Row>, DatabaseError> {
        Ok(self.query(sql, parameters)?.into_iter().next())
    }

    /// Runs a statement that answers no rows, and tells how many it changed.
    pub(crate) fn execute(
        &mut self,
        sql: &'static str,
        parameters: &[Value],
    ) -> Result<u64, DatabaseError> {
        match &self.0 {
            Kind::Sqlite(connection) => sqlite::execute(connection, sql, parameters),
            Kind::Postgres(session) => session.execute(sql, parameters),
        }
    }

    #[cfg(test)]
    fn prepare(&mut self, sql: &str) -> Result<(), DatabaseError> {
        match &self.0 {
            Kind::Sqlite(connection) => connection.prepare(sql).map(drop).map_err(sqlite::error),
            Kind::Postgres(session) => session.prepare(sql),
        }
    }

    fn run_script(&mut self, script: &str) -> Result<(), DatabaseError> {
        match &self.0 {
            Kind::Sqlite(connection) => connection.execute_batch(script).map_err(sqlite::error),
            Kind::Postgres(session) => session.run_script(script),
        }
    }
}

/// What a caller runs, with the types of its result taken off: the databases are compiled once,
/// not once for each thing that is done with them.
type Work = Box<dyn FnOnce(&mut Transaction<'_>) -> Outcome + Send>;

/// An answer that may be given again.
pub(crate) struct Recalled {
    pub answer: Bytes,
    /// Whether it stays the same while time goes by.
    pub is_lasting: bool,
}

/// What becomes of the statements that were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Keep,
    Undo,
}

/// Where the result of [`Work`] is, once it was run.
struct Later<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E: From<DatabaseError>> Later<T, E> {
    fn take(self) -> Result<T, E> {
        let result = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or_else(|| Err(cut_off().into()))
    }
}

/// The error of work that did not come to its end.
fn cut_off() -> DatabaseError {
    DatabaseError::Failed("a transaction was cut off".to_owned())
}

fn without_types<T, E>(
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
) -> (Work, Later<T, E>)
where
    T: Send + 'static,
    E: Send + 'static,
{
    let later = Arc::new(Mutex::new(None));
    let result = later.clone();
    let work = Box::new(move |transaction: &mut Transaction<'_>| {
        let done = work(transaction);
        let outcome = match &done {
            Ok(_) => Outcome::Keep,
            Err(_) => Outcome::Undo,
        };
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        outcome
    });
    (work, Later(later))
}

/// The file that a database URL names, or nothing if the database is on PostgreSQL.
pub fn sqlite_file(url: &str) -> Option<&Path> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return None;
    }
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"));
    Some(Path::new(path.unwrap_or(url)))
}

/// A database, open. Cheap to clone.
#[derive(Clone)]
pub struct Database(Backend);

impl std::fmt::Debug for Database {
    /// Where it is may have a password in it.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Database")
    }
}

#[derive(Clone)]
enum Backend {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Database {
    /// Opens a database and brings its tables up to date.
    ///
    /// `url` is `postgres://…` or `postgresql://…`, or else an SQLite file, with or without
    /// `sqlite:` before it. The file and its folder are created.
    ///
    /// # Errors
    /// When it cannot be opened, is another program's, or was made by a newer version.
    pub async fn open(url: &str) -> Result<Self, DatabaseError> {
        let database = Self(match sqlite_file(url) {
            Some(file) => Backend::Sqlite(sqlite::Sqlite::open(file)?),
            None => Backend::Postgres(postgres::Postgres::connect(url).await?),
        });
        database.migrate().await?;
        Ok(database)
    }

    /// Runs statements that change nothing and finish at once, such as a look-up by id.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.read(work)?,
            Backend::Postgres(postgres) => {
                let (work, result) = without_types(work);
                postgres.run(work).await?;
                result.take()
            }
        }
    }

    /// The same, for an answer that depends on nothing but the key and the database: on SQLite it
    /// is remembered until anything in the database changes.
    pub(crate) async fn recall<E>(
        &self,
        key: String,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<Recalled, E> + Send + 'static,
    ) -> Result<Bytes, E>
    where
        E: From<DatabaseError> + Send + 'static,
    {
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.recall(key, work),
            Backend::Postgres(_) => Ok(self.read(work).await?.answer),
        }
    }

    /// Runs statements that change nothing and may take a while, such as a search.
    pub(crate) async fn scan<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (work, result) = without_types(work);
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.scan(work).await?,
            Backend::Postgres(postgres) => postgres.run(work).await?,
        }
        result.take()
    }

    /// Runs statements that change something. Once this returns, the change is on disk; when it
    /// returns an error, nothing has changed, unless the connection to PostgreSQL broke during the
    /// commit: then nobody knows.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (work, result) = without_types(work);
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.write(work).await?,
            Backend::Postgres(postgres) => postgres.run(work).await?,
        }
        result.take()
    }

    /// Runs statements whose outcome may be lost when the machine stops, and which need not wait
    /// for the disk: for what is worth nothing a moment later.
    pub(crate) async fn write_soon<T, E>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (work, result) = without_types(work);
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.write(work).await?,
            Backend::Postgres(postgres) => postgres.run_soon(work).await?,
        }
        result.take()
    }

    /// Whether other servers may be using the database too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.0, Backend::Postgres(_))
    }

    async fn migrate(&self) -> Result<(), DatabaseError> {
        self.write(|transaction| {
            // Two servers that start at once on one PostgreSQL must not both do this.
            if let Kind::Postgres(_) = transaction.0 {
                transaction.query("SELECT pg_advisory_xact_lock(4010)::TEXT", &[])?;
            }
            transaction
                .run_script("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY)")?;
            let rows = transaction.query("SELECT version FROM schema_migrations", &[])?;
            let applied: Vec<i64> = rows
                .into_iter()
                .map(|mut row| row.next())
                .collect::<Result<_, _>>()?;
            let is_known = |version: &i64| MIGRATIONS.iter().any(|(known, _)| known == version);
            if let Some(unknown) = applied.iter().find(|version| !is_known(version)) {
                return Err(DatabaseError::Open(format!(
                    "the database was made by a newer IronClerk (its tables are at version {unknown}, which this one does not know): update IronClerk or choose another database"
                )));
            }
            for (version, script) in MIGRATIONS {
                if applied.contains(version) {
                    continue;
                }
                transaction.run_script(script)?;
                transaction.execute(
                    "INSERT INTO schema_migrations (version) VALUES ($1)",
                    &[(*version).into()],
                )?;
            }
            Ok(())
        })
        .await
    }
}

/// Names the scripts of the folder `migrations`.
macro_rules! migrations {
    ($($version:literal $file:literal,)*) => {
        &[$(($version, include_str!(concat!("../../migrations/", $file, ".sql")))),*]
    };
}

/// The scripts that make the tables, with their numbers, in the order in which they run. A script
/// that was released never changes.
const MIGRATIONS: &[(i64, &str)] = migrations![
    1 "0001_foundation",
    2 "0002_images",
    3 "0003_organizations",
    4 "0004_identities",
    5 "0005_documents",
    6 "0006_rate_limits",
    7 "0007_signing_keys",
    8 "0008_mailboxes",
    9 "0009_role_sets",
    10 "0010_webhooks",
];
