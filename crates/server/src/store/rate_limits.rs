//! How many requests there were in each window of time, where servers share the counts.

use crate::database::{DatabaseError, Transaction};

/// Counts a request, and tells the how manieth it is.
pub(crate) fn count(
    transaction: &mut Transaction<'_>,
    counter: &str,
    ends_at: i64,
) -> Result<i64, DatabaseError> {
    let row = transaction.query_one(
        "INSERT INTO rate_limits (counter, ends_at, count) VALUES ($1, $2, 1)
         ON CONFLICT (counter, ends_at) DO UPDATE SET count = rate_limits.count + 1
         RETURNING count",
        &[counter.into(), ends_at.into()],
    )?;
    row.map_or(Ok(1), |mut row| row.next())
}

/// Deletes the counts of windows that are over.
pub(crate) fn delete_old(transaction: &mut Transaction<'_>, now: i64) -> Result<(), DatabaseError> {
    transaction.execute("DELETE FROM rate_limits WHERE ends_at <= $1", &[now.into()])?;
    Ok(())
}
