//! Making one database what another one is, and proving it.

use odata::Error;

use super::walk::{Pair, walk};
use super::{BATCH_BYTES, BATCH_ROWS, Contents, Destination, StoredRow, carried, same, weight};
use crate::table::{Table, TableId, Tables};

/// What is being done to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// What the source has not, or has otherwise, is removed.
    Remove,
    /// What is missing is added.
    Insert,
    /// Both are compared, row by row.
    Check,
}

/// Who watches a copy.
pub trait Progress {
    /// How many rows of the source will be looked at: each once in each phase of its table.
    fn total(&mut self, rows: u64);
    /// A table begins.
    fn table(&mut self, name: &str, phase: Phase);
    /// This many more rows of the source were looked at.
    fn rows(&mut self, rows: u64);
}

/// What a copy did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The rows that the source has, and the destination now.
    pub rows: u64,
    /// Those that were written.
    pub inserted: u64,
    /// Those of the destination that were removed, or written anew.
    pub removed: u64,
}

/// Why a copy was not made. The destination is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The destination has rows already, and was not to be replaced.
    #[error("the destination is not empty: its table {table} has {rows} rows")]
    NotEmpty {
        /// The first such table.
        table: String,
        /// How many it has.
        rows: u64,
    },
    /// After the copy the two differ.
    #[error("table {table} of the copy is not what the source has, at the key {key}")]
    Different {
        /// The table.
        table: String,
        /// The key of the row.
        key: String,
    },
    /// What a database says.
    #[error("{}", reason(.0))]
    Store(#[from] Error),
}

/// What is wrong, for who works on the host.
fn reason(error: &Error) -> &str {
    error.internal.as_deref().unwrap_or(&error.message)
}

/// Makes the destination what the source is: what it has already is kept, and if it may be replaced,
/// what it should not have is removed. Then compares all rows of both, and commits.
///
/// # Errors
/// As [`CopyError`].
pub fn copy(
    tables: &Tables,
    source: &mut dyn Contents,
    mut destination: Box<dyn Destination>,
    replace: bool,
    progress: &mut dyn Progress,
) -> Result<Copied, CopyError> {
    let mut copied = Copied::default();
    let (mut full, mut looks) = (Vec::new(), 0);
    for (id, table) in carried(tables) {
        let rows = destination.count(id)?;
        if rows > 0 && !replace {
            let table = table.name.clone();
            return Err(CopyError::NotEmpty { table, rows });
        }
        let wanted = source.count(id)?;
        copied.rows += wanted;
        looks += 2 * wanted;
        if rows > 0 {
            full.push((id, table));
            looks += wanted;
        }
    }
    progress.total(looks);
    for table in full {
        progress.table(&table.1.name, Phase::Remove);
        copied.removed += remove(table, source, destination.as_mut(), progress)?;
    }
    for table in carried(tables) {
        progress.table(&table.1.name, Phase::Insert);
        copied.inserted += insert(table, source, destination.as_mut(), progress)?;
    }
    for table in carried(tables) {
        progress.table(&table.1.name, Phase::Check);
        check(table, source, destination.as_mut(), progress)?;
    }
    destination.commit()?;
    Ok(copied)
}

/// Rows or keys that wait to be carried out together.
#[derive(Default)]
struct Batch {
    rows: Vec<StoredRow>,
    bytes: usize,
    done: u64,
}

impl Batch {
    fn push(&mut self, row: StoredRow) {
        self.bytes += weight(&row);
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES || self.rows.len() >= BATCH_ROWS
    }

    fn carry_out(
        &mut self,
        mut act: impl FnMut(&[StoredRow]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.rows.is_empty() {
            act(&self.rows)?;
        }
        self.done += self.rows.len() as u64;
        self.rows.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Removes the rows that the source has not, or has otherwise. All are gone before any is added, so
/// that none is in the way of another by an index that is unique.
fn remove(
    (id, table): (TableId, &Table),
    source: &mut dyn Contents,
    destination: &mut dyn Destination,
    progress: &mut dyn Progress,
) -> Result<u64, Error> {
    let mut batch = Batch::default();
    walk((id, table), source, destination, |destination, pair| {
        match pair {
            Pair::Destination(key) => batch.push(key),
            Pair::Both(row, old, key) => {
                progress.rows(1);
                if !same(&row, &old) {
                    batch.push(key);
                }
            }
            Pair::Source(_) => progress.rows(1),
        }
        if batch.is_full() {
            batch.carry_out(|keys| destination.remove(id, keys))?;
        }
        Ok(())
    })?;
    batch.carry_out(|keys| destination.remove(id, keys))?;
    Ok(batch.done)
}

/// Adds the rows that are missing.
fn insert(
    (id, table): (TableId, &Table),
    source: &mut dyn Contents,
    destination: &mut dyn Destination,
    progress: &mut dyn Progress,
) -> Result<u64, Error> {
    let mut batch = Batch::default();
    walk((id, table), source, destination, |destination, pair| {
        match pair {
            Pair::Source(row) => {
                progress.rows(1);
                batch.push(row);
            }
            Pair::Both(..) => progress.rows(1),
            Pair::Destination(_) => {}
        }
        if batch.is_full() {
            batch.carry_out(|rows| destination.insert(id, rows))?;
        }
        Ok(())
    })?;
    batch.carry_out(|rows| destination.insert(id, rows))?;
    Ok(batch.done)
}

fn check(
    (id, table): (TableId, &Table),
    source: &mut dyn Contents,
    destination: &mut dyn Destination,
    progress: &mut dyn Progress,
) -> Result<(), CopyError> {
    let mut different = None;
    walk((id, table), source, destination, |_, pair| {
        let found = match pair {
            Pair::Both(row, old, key) => {
                progress.rows(1);
                (!same(&row, &old)).then_some(key)
            }
            Pair::Source(row) => Some(super::key(table, &row)),
            Pair::Destination(key) => Some(key),
        };
        different = different.take().or(found);
        Ok(())
    })?;
    match different {
        None => Ok(()),
        Some(key) => Err(CopyError::Different {
            table: table.name.clone(),
            key: format!("{key:?}"),
        }),
    }
}
