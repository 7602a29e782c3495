//! What a database holds, row by row as it is stored: what backups and copies carry from one database
//! to another, and what they are checked by.
//!
//! Logs of changes are not carried: their places are those of their own database's commits. A
//! destination begins another [timeline](crate::Database::timeline), so that no delta token of the source
//! is taken for one of its own.

mod copy;
mod walk;

use std::cmp::Ordering;

use odata::Error;

use crate::cell::Cell;
use crate::table::{Table, TableId, Tables};

pub use copy::{Copied, CopyError, Phase, Progress, copy};

/// A row as it is stored: the SQL values of the columns of [`columns`], in order.
pub type StoredRow = Vec<Cell<'static>>;

/// How many bytes of rows are at hand at a time, about.
pub const BATCH_BYTES: usize = 4 << 20;
/// How many rows are at hand at a time.
pub const BATCH_ROWS: usize = 1_000;

/// The rows of a database in one snapshot.
pub trait Contents {
    /// Some rows of a table in the order of their keys, behind a key or from the first: none only if
    /// there are no more. About [`BATCH_BYTES`] and at most [`BATCH_ROWS`].
    ///
    /// # Errors
    /// What the database says.
    fn rows(
        &mut self,
        table: TableId,
        after: Option<&[Cell<'static>]>,
    ) -> Result<Vec<StoredRow>, Error>;

    /// How many rows a table has.
    ///
    /// # Errors
    /// What the database says.
    fn count(&mut self, table: TableId) -> Result<u64, Error>;
}

/// A database that becomes what another one is. All of its changes are one transaction, which
/// [`Self::commit`] ends; without that nothing has changed.
pub trait Destination: Contents {
    /// Adds rows whose keys are free.
    ///
    /// # Errors
    /// What the database says.
    fn insert(&mut self, table: TableId, rows: &[StoredRow]) -> Result<(), Error>;

    /// Removes the rows of these keys.
    ///
    /// # Errors
    /// What the database says.
    fn remove(&mut self, table: TableId, keys: &[StoredRow]) -> Result<(), Error>;

    /// Makes it durable, with empty logs of changes, another timeline, and keys to hand out that are
    /// free.
    ///
    /// # Errors
    /// What the database says; nothing has changed then, or all has.
    fn commit(self: Box<Self>) -> Result<(), Error>;
}

/// A timeline for a database that begins one: random, below 2^31, never 0.
#[must_use]
pub fn new_timeline() -> u32 {
    (uuid::Uuid::new_v4().as_u64_pair().1 as u32 >> 1).max(1)
}

/// The tables whose rows are carried: all but views, whose rows are another table's, and logs.
pub fn carried(tables: &Tables) -> impl Iterator<Item = (TableId, &Table)> {
    tables
        .iter()
        .filter(|(_, table)| table.view.is_none() && !table.is_log)
}

/// The logs of changes.
pub fn logs(tables: &Tables) -> impl Iterator<Item = &Table> {
    tables.iter().map(|(_, table)| table).filter(|t| t.is_log)
}

/// The stored columns of a table, keys that the database hands out included.
#[must_use]
pub fn columns(table: &Table) -> Vec<usize> {
    (0..table.columns.len())
        .filter(|column| table.columns[*column].expression.is_none())
        .collect()
}

/// The values of a stored row that are its key, in the key's order.
#[must_use]
pub fn key(table: &Table, row: &StoredRow) -> StoredRow {
    let columns = columns(table);
    let cells = table.key.iter().flat_map(|wanted| {
        let before = columns.iter().take_while(|column| *column != wanted);
        let at: usize = before.map(|column| table.columns[*column].width()).sum();
        row.iter().skip(at).take(table.columns[*wanted].width())
    });
    cells.cloned().collect()
}

/// How many bytes a row takes in memory, about.
#[must_use]
pub fn weight(row: &StoredRow) -> usize {
    let cell = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => text.len(),
        Cell::Blob(bytes) => bytes.len(),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) => 0,
    };
    row.iter()
        .map(|c| size_of::<Cell<'_>>() + cell(c))
        .sum::<usize>()
}

/// The order of keys in both databases: integers by value, texts by code point, bytes by value.
fn compare(one: &[Cell<'_>], other: &[Cell<'_>]) -> Ordering {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| match (one, other) {
            (Cell::Integer(one), Cell::Integer(other)) => one.cmp(other),
            (Cell::Text(one), Cell::Text(other)) => one.cmp(other),
            (Cell::Blob(one), Cell::Blob(other)) => one.cmp(other),
            _ => rank(one).cmp(&rank(other)),
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The order of values of different types. The columns of a key have one type each: it only matters
/// that there is an order.
fn rank(cell: &Cell<'_>) -> u8 {
    match cell {
        Cell::Null => 0,
        Cell::Integer(_) => 1,
        Cell::Real(_) => 2,
        Cell::Text(_) => 3,
        Cell::Blob(_) => 4,
    }
}

/// Whether two rows hold the same. A number that is none is the same as another such.
fn same(one: &StoredRow, other: &StoredRow) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| match (one, other) {
                (Cell::Real(one), Cell::Real(other)) => one.to_bits() == other.to_bits(),
                (one, other) => one == other,
            })
}

#[cfg(test)]
mod tests;
