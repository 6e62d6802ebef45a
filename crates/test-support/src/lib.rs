//! A fresh database for each test, on SQLite and on PostgreSQL.
//!
//! SQLite needs nothing. PostgreSQL is the first of these that there is:
//!
//! 1. the server that `IRONCLERK_TEST_POSTGRES` names (`postgres://user:password@host`),
//! 2. one on 127.0.0.1:5432 that lets `postgres` in without a password,
//! 3. one that is started for this process, from the `initdb` and `postgres` programs.
//!
//! A process says once, on its real standard error, on which one it ran, or that it had none.

// A test that cannot get its database can only stop.
#![allow(clippy::unwrap_used)]

mod postgres;

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The databases that the server can be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// An empty database that is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase(Kind);

#[derive(Debug)]
enum Kind {
    Sqlite { file: PathBuf, _folder: TempDir },
    Postgres(postgres::Database),
}

impl TestDatabase {
    /// Makes an empty database; `None` when there is no PostgreSQL.
    pub fn new(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                Some(Self(Kind::Sqlite {
                    file: folder.path().join("clerk.db"),
                    _folder: folder,
                }))
            }
            Backend::Postgres => {
                postgres::Database::new().map(|database| Self(Kind::Postgres(database)))
            }
        }
    }

    /// What the server is given to open it.
    pub fn url(&self) -> String {
        match &self.0 {
            Kind::Sqlite { file, .. } => file.display().to_string(),
            Kind::Postgres(database) => database.url().to_owned(),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite { file, .. } => Some(file),
            Kind::Postgres(_) => None,
        }
    }

    /// Runs one statement past the server, and answers the first column of the first row as text.
    pub fn sql(&self, statement: &str) -> Option<String> {
        match &self.0 {
            Kind::Sqlite { file, .. } => {
                let connection = rusqlite::Connection::open(file).unwrap();
                let mut statement = connection.prepare(statement).unwrap();
                let mut rows = statement.query([]).unwrap();
                let row = rows.next().unwrap()?;
                Some(match row.get_ref(0).unwrap() {
                    rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                    other => other.as_str().unwrap().to_owned(),
                })
            }
            Kind::Postgres(database) => postgres::sql(database.url(), statement).unwrap(),
        }
    }
}
