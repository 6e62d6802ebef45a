//! Objects that are kept as they are shown, each as one JSON text: those that nothing joins with.

use ironclerk_api::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Conditions, Window, order_by};
use crate::database::{DatabaseError, Row, Transaction};

/// A kind of object that is kept as one text.
pub(crate) trait Document: Serialize + DeserializeOwned {
    /// The kind, as the table has it.
    const KIND: &'static str;
    /// The id of the object.
    fn id(&self) -> &str;
    /// What tells it apart from the others of its kind: the database has no two with the same.
    fn key(&self) -> &str;
    /// What it is searched and sorted by.
    fn name(&self) -> &str {
        self.key()
    }
    /// When it was made, in ms since the epoch.
    fn created_at(&self) -> i64;
}

/// How documents of a kind are sorted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// By age.
    Age { newest_first: bool },
    /// By name.
    Name { descending: bool },
}

impl Order {
    /// The order of most lists.
    pub(crate) const NEWEST_FIRST: Self = Self::Age { newest_first: true };

    fn sql(self) -> String {
        match self {
            Self::Age { newest_first } => order_by("created_at", newest_first, "id"),
            Self::Name { descending } => order_by("name", descending, "id"),
        }
    }
}

fn write(document: &impl Serialize) -> Result<String, DatabaseError> {
    serde_json::to_string(document)
        .map_err(|error| DatabaseError::Failed(format!("a document has no form: {error}")))
}

fn read<D: Document>(mut row: Row) -> Result<D, DatabaseError> {
    let text: String = row.next()?;
    serde_json::from_str(&text)
        .map_err(|error| DatabaseError::Failed(format!("a document cannot be read: {error}")))
}

/// Stores a document, unless its key is taken.
pub(crate) fn insert<D: Document>(
    transaction: &mut Transaction<'_>,
    document: &D,
) -> Result<bool, DatabaseError> {
    let inserted = transaction.execute(
        "INSERT INTO documents (id, kind, key, name, content, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        &[
            document.id().into(),
            D::KIND.into(),
            document.key().into(),
            document.name().into(),
            write(document)?.into(),
            document.created_at().into(),
        ],
    )?;
    Ok(inserted > 0)
}

/// Stores what has changed of a document. It fails as not unique when its new key is taken.
pub(crate) fn update<D: Document>(
    transaction: &mut Transaction<'_>,
    document: &D,
) -> Result<(), DatabaseError> {
    transaction.execute(
        "UPDATE documents SET key = $1, name = $2, content = $3 WHERE id = $4 AND kind = $5",
        &[
            document.key().into(),
            document.name().into(),
            write(document)?.into(),
            document.id().into(),
            D::KIND.into(),
        ],
    )?;
    Ok(())
}

/// A document, by its id.
pub(crate) fn get<D: Document>(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<Option<D>, DatabaseError> {
    let sql = "SELECT content FROM documents WHERE id = $1 AND kind = $2";
    let row = transaction.query_one(sql, &[id.into(), D::KIND.into()])?;
    row.map(read).transpose()
}

/// The same, kept from being changed by others until the transaction ends.
pub(crate) fn get_to_change<D: Document>(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<Option<D>, DatabaseError> {
    let sql = "UPDATE documents SET key = key WHERE id = $1 AND kind = $2";
    transaction.execute(sql, &[id.into(), D::KIND.into()])?;
    get(transaction, id)
}

/// A document, by its key.
pub(crate) fn get_by_key<D: Document>(
    transaction: &mut Transaction<'_>,
    key: &str,
) -> Result<Option<D>, DatabaseError> {
    let sql = "SELECT content FROM documents WHERE kind = $1 AND key = $2";
    let row = transaction.query_one(sql, &[D::KIND.into(), key.into()])?;
    row.map(read).transpose()
}

/// Deletes a document, and tells whether it was there.
pub(crate) fn delete<D: Document>(
    transaction: &mut Transaction<'_>,
    id: &str,
) -> Result<bool, DatabaseError> {
    let sql = "DELETE FROM documents WHERE id = $1 AND kind = $2";
    Ok(transaction.execute(sql, &[id.into(), D::KIND.into()])? > 0)
}

/// Lists the documents of a kind whose name contains a text, or whose id it is.
pub(crate) fn list<D: Document>(
    transaction: &mut Transaction<'_>,
    text: Option<&str>,
    order: Order,
    window: Window,
) -> Result<Page<D>, DatabaseError> {
    let mut conditions = Conditions::default();
    conditions.equals("kind", D::KIND);
    if let Some(text) = text {
        let id = conditions.value(text);
        let key = conditions.value(text);
        let pattern = conditions.containing(text);
        conditions.and(&format!(
            "(id = {id} OR key = {key} OR LOWER(name) {pattern})"
        ));
    }
    let from = ("content", "documents");
    conditions.page(transaction, from, &order.sql(), window, read)
}

/// All documents of a kind, the oldest first: for kinds of which there are few.
pub(crate) fn all<D: Document>(transaction: &mut Transaction<'_>) -> Result<Vec<D>, DatabaseError> {
    let sql = "SELECT content FROM documents WHERE kind = $1 ORDER BY created_at, id";
    let rows = transaction.query(sql, &[D::KIND.into()])?;
    rows.into_iter().map(read).collect()
}
