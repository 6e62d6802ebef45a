//! PostgreSQL: a pool of connections, a thread that may wait for each transaction.

use std::borrow::Cow;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime, Timeouts};
use tokio::runtime::Handle;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use super::{DatabaseError, Kind, Outcome, Row, Transaction, UNIQUE_COLUMNS, Value, Work, cut_off};

/// How many connections there are at the most.
const CONNECTIONS: usize = 16;
/// For how long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// For how long it waits for the answer to a statement.
const STATEMENT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub(super) struct Postgres(Pool);

impl Postgres {
    pub(super) async fn connect(url: &str) -> Result<Self, DatabaseError> {
        let cannot_open = |reason: String| {
            DatabaseError::Open(format!("cannot open the PostgreSQL database: {reason}"))
        };
        let mut config: tokio_postgres::Config = url
            .parse()
            .map_err(|error: tokio_postgres::Error| cannot_open(error.to_string()))?;
        config.application_name("ironclerk").connect_timeout(WAIT);
        let manager = Manager::from_config(
            config,
            NoTls,
            ManagerConfig {
                recycling_method: RecyclingMethod::Fast,
            },
        );
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts {
                wait: Some(WAIT),
                create: Some(WAIT),
                recycle: Some(WAIT),
            })
            .build()
            .map_err(|error| cannot_open(error.to_string()))?;
        // The first connection shows whether address, name and password are right.
        drop(
            pool.get()
                .await
                .map_err(|error| cannot_open(with_causes(&error)))?,
        );
        Ok(Self(pool))
    }

    /// Runs a transaction on a thread that may wait, and commits it.
    pub(super) async fn run(&self, work: Work) -> Result<(), DatabaseError> {
        self.run_after("BEGIN", work).await
    }

    /// The same, without waiting until the outcome is on disk.
    pub(super) async fn run_soon(&self, work: Work) -> Result<(), DatabaseError> {
        self.run_after("BEGIN; SET LOCAL synchronous_commit TO OFF", work)
            .await
    }

    async fn run_after(&self, begin: &'static str, work: Work) -> Result<(), DatabaseError> {
        let client = self.0.get().await;
        let client = client.map_err(|error| DatabaseError::Unavailable(with_causes(&error)))?;
        let mut session = Session {
            client: Some(client),
            runtime: Handle::current(),
        };
        let done = tokio::task::spawn_blocking(move || {
            session.run_script(begin)?;
            match work(&mut Transaction(Kind::Postgres(&session))) {
                Outcome::Keep => {
                    session.run_script("COMMIT")?;
                    session.finish();
                }
                // Whether this succeeds or not, nothing was changed.
                Outcome::Undo => {
                    if session.run_script("ROLLBACK").is_ok() {
                        session.finish();
                    }
                }
            }
            Ok(())
        });
        done.await.unwrap_or_else(|_| Err(cut_off()))
    }
}

/// One connection in a transaction, for code that waits.
pub(super) struct Session {
    client: Option<Object>,
    runtime: Handle,
}

impl Session {
    pub(super) fn query(
        &self,
        sql: Cow<'static, str>,
        parameters: &[Value],
    ) -> Result<Vec<Row>, DatabaseError> {
        let client = self.client()?;
        let rows = self.wait(async {
            let statement = match sql {
                Cow::Borrowed(sql) => client.prepare_cached(sql).await?,
                Cow::Owned(sql) => client.prepare(&sql).await?,
            };
            client.query(&statement, &references(parameters)).await
        });
        rows?.iter().map(read).collect()
    }

    pub(super) fn execute(&self, sql: &str, parameters: &[Value]) -> Result<u64, DatabaseError> {
        let client = self.client()?;
        self.wait(async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, &references(parameters)).await
        })
    }

    #[cfg(test)]
    pub(super) fn prepare(&self, sql: &str) -> Result<(), DatabaseError> {
        self.wait(self.client()?.prepare(sql)).map(drop)
    }

    pub(super) fn run_script(&self, script: &str) -> Result<(), DatabaseError> {
        self.wait(self.client()?.batch_execute(script))
    }

    /// Waits for an answer of the database, but not for ever: a machine that is gone says nothing.
    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, DatabaseError> {
        let answer = async { tokio::time::timeout(STATEMENT, answer).await };
        match self.runtime.block_on(answer) {
            Ok(answer) => answer.map_err(error),
            Err(_) => Err(DatabaseError::Unavailable(format!(
                "no answer within {} seconds",
                STATEMENT.as_secs()
            ))),
        }
    }

    fn client(&self) -> Result<&Object, DatabaseError> {
        self.client
            .as_ref()
            .ok_or_else(|| DatabaseError::Failed("the transaction has ended".to_owned()))
    }

    /// Gives the connection back to the pool.
    fn finish(&mut self) {
        self.client = None;
    }
}

impl Drop for Session {
    /// A connection whose transaction did not end is of no use to others.
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

fn references(parameters: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    parameters
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn read(row: &tokio_postgres::Row) -> Result<Row, DatabaseError> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::BOOL => row.try_get::<_, Option<bool>>(index).map(Value::from),
            Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
            Type::TEXT | Type::VARCHAR => row.try_get::<_, Option<String>>(index).map(Value::from),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(index).map(Value::from),
            ref other => {
                return Err(DatabaseError::Failed(format!(
                    "a column of the type {other}"
                )));
            }
        };
        values.push(value.map_err(error)?);
    }
    Ok(Row(values.into_iter()))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        r#type: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Boolean(value) => value.to_sql(r#type, out),
            Value::Integer(value) => value.to_sql(r#type, out),
            Value::Text(text) => text.to_sql(r#type, out),
            Value::Bytes(bytes) => bytes.to_sql(r#type, out),
        }
    }

    fn accepts(r#type: &Type) -> bool {
        matches!(
            *r#type,
            Type::BOOL | Type::INT8 | Type::TEXT | Type::VARCHAR | Type::BYTEA
        )
    }

    to_sql_checked!();
}

/// The classes of errors that pass, or that whoever runs the database can mend: broken connections,
/// deadlocks, no memory or disk left, a shutdown, a failing system.
const UNAVAILABLE: [&str; 5] = ["08", "40", "53", "57", "58"];

fn error(error: tokio_postgres::Error) -> DatabaseError {
    match error.code() {
        Some(&SqlState::UNIQUE_VIOLATION) => DatabaseError::Unique(unique_column(&error)),
        Some(&SqlState::FOREIGN_KEY_VIOLATION) => DatabaseError::Reference,
        Some(&SqlState::CHARACTER_NOT_IN_REPERTOIRE) => DatabaseError::Text,
        // The server of a database that takes over while another one goes away.
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => {
            DatabaseError::Unavailable(with_causes(&error))
        }
        Some(code) if UNAVAILABLE.contains(&code.code().get(..2).unwrap_or_default()) => {
            DatabaseError::Unavailable(with_causes(&error))
        }
        Some(_) => DatabaseError::Failed(with_causes(&error)),
        // No code: the connection broke.
        None => DatabaseError::Unavailable(with_causes(&error)),
    }
}

/// The column of a constraint that has the name that PostgreSQL gives it.
fn unique_column(error: &tokio_postgres::Error) -> Option<&'static str> {
    let error = error.as_db_error()?;
    let constraint = error.constraint()?.strip_prefix(error.table()?)?;
    UNIQUE_COLUMNS
        .into_iter()
        .find(|column| constraint == format!("_{column}_key"))
}

/// The error with what is behind it: "db error" alone says nothing.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        cause = error.source();
    }
    text
}
