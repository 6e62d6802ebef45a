//! The SQL: what is read from the tables and written to them, by resource.
//!
//! Plain functions over a [`Transaction`](crate::database::Transaction). They know no HTTP and
//! make no decisions; those are the handlers'.

pub(crate) mod clients;
pub(crate) mod documents;
pub(crate) mod external_accounts;
pub(crate) mod identifications;
pub(crate) mod images;
pub(crate) mod instance;
pub(crate) mod invitations;
pub(crate) mod jwt_templates;
pub(crate) mod organization_domains;
pub(crate) mod organization_invitations;
pub(crate) mod organization_roles;
pub(crate) mod organizations;
pub(crate) mod rate_limits;
pub(crate) mod role_sets;
pub(crate) mod second_factors;
pub(crate) mod sessions;
pub(crate) mod tickets;
pub(crate) mod users;
pub(crate) mod waitlist_entries;
pub(crate) mod webhooks;

use std::sync::Arc;

use ironclerk_api::Page;
use ironclerk_api::id::ImageId;

use crate::database::{DatabaseError, Row, Transaction, Value};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub limit: u32,
    pub offset: u32,
}

impl Window {
    /// No rows, where only their number is wanted.
    pub(crate) const NONE: Self = Self {
        limit: 0,
        offset: 0,
    };
}

/// What objects are shown by: where the images of users and organizations are, and what time it
/// is.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    /// The address of the server.
    pub base: Arc<str>,
    /// In ms since the epoch.
    pub now: i64,
}

impl Images {
    /// The address of an object's image: of the one that was uploaded for it, or its own.
    pub(crate) fn url(&self, id: &str, uploaded: Option<&ImageId>) -> String {
        format!(
            "{}/images/{}",
            self.base,
            uploaded.map_or(id, ImageId::as_str)
        )
    }
}

/// The conditions of a search, put together with their values.
#[derive(Default)]
pub(crate) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a value and answers its placeholder. Placeholders must appear in the statement in
    /// the order in which they are made.
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Adds a condition that must hold as well.
    fn and(&mut self, condition: &str) {
        self.sql.push_str(if self.sql.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        self.sql.push_str(condition);
    }

    /// `column = value`
    fn equals(&mut self, column: &str, value: impl Into<Value>) {
        let value = self.value(value);
        self.and(&format!("{column} = {value}"));
    }

    /// `column IN (values)`, if there are values.
    fn one_of(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let list = self.list(values);
            self.and(&format!("{column} IN ({list})"));
        }
    }

    /// The values that come plain or with a `+`, and none of those that come with a `-`.
    fn with_and_without(&mut self, column: &str, values: &[String]) {
        self.with_and_without_in(values, |verb, list| match verb {
            // Whoever has no value has none of these.
            "NOT IN" => format!("({column} IS NULL OR {column} NOT IN ({list}))"),
            _ => format!("{column} {verb} ({list})"),
        });
    }

    /// The same, with the condition in the caller's words.
    fn with_and_without_in(&mut self, values: &[String], condition: impl Fn(&str, &str) -> String) {
        let (without, with): (Vec<_>, Vec<_>) =
            values.iter().partition(|value| value.starts_with('-'));
        // An unencoded `+` arrives as a space.
        let plain = |values: Vec<&String>| -> Vec<String> {
            values
                .into_iter()
                .map(|value| value.trim_start_matches(['+', '-', ' ']).to_owned())
                .collect()
        };
        for (verb, values) in [("IN", plain(with)), ("NOT IN", plain(without))] {
            if !values.is_empty() {
                let list = self.list(&values);
                self.and(&condition(verb, &list));
            }
        }
    }

    fn list(&mut self, values: &[String]) -> String {
        let placeholders: Vec<_> = values.iter().map(|value| self.value(value)).collect();
        placeholders.join(", ")
    }

    /// A `LIKE` pattern for texts that contain this one, whatever their case.
    fn containing(&mut self, text: &str) -> String {
        let escaped: String = text
            .to_lowercase()
            .chars()
            .flat_map(|c| {
                matches!(c, '%' | '_' | '\\')
                    .then_some('\\')
                    .into_iter()
                    .chain([c])
            })
            .collect();
        let placeholder = self.value(format!("%{escaped}%"));
        format!("LIKE {placeholder} ESCAPE '\\'")
    }

    /// The times after and before the given ones, in that order.
    fn between(&mut self, column: &str, after: Option<i64>, before: Option<i64>) {
        for (sign, time) in [(">", after), ("<", before)] {
            if let Some(time) = time {
                let time = self.value(time);
                self.and(&format!("{column} {sign} {time}"));
            }
        }
    }

    /// The rest of a statement that lists: conditions, order, limits.
    fn listing(mut self, order: &str, window: Window) -> (String, Vec<Value>) {
        let limit = self.value(window.limit);
        let offset = self.value(window.offset);
        (
            format!(
                "{} ORDER BY {order} LIMIT {limit} OFFSET {offset}",
                self.sql
            ),
            self.values,
        )
    }

    /// A page of what matches: the rows of the window, and how many there are in all. `from` has
    /// the columns and the tables.
    fn page<T>(
        self,
        transaction: &mut Transaction<'_>,
        (columns, tables): (&str, &str),
        order: &str,
        window: Window,
        read: impl FnMut(Row) -> Result<T, DatabaseError>,
    ) -> Result<Page<T>, DatabaseError> {
        let (rest, values) = self.counting();
        let total_count =
            match transaction.query_one(format!("SELECT count(*) FROM {tables}{rest}"), values)? {
                Some(mut row) => row.next()?,
                None => 0,
            };
        let (rest, values) = self.listing(order, window);
        let rows = transaction.query(format!("SELECT {columns} FROM {tables}{rest}"), &values)?;
        Ok(Page {
            data: rows.into_iter().map(read).collect::<Result<_, _>>()?,
            total_count,
        })
    }

    /// The rest of a statement that counts: only the conditions.
    fn counting(&self) -> (String, &[Value]) {
        (self.sql.clone(), &self.values)
    }
}

/// `ORDER BY` terms: the key, rows without it last, and the id so that the order is total.
fn order_by(key: &str, descending: bool, id: &str) -> String {
    let direction = if descending { "DESC" } else { "ASC" };
    format!("{key} {direction} NULLS LAST, {id} {direction}")
}
