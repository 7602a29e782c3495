//! Two databases side by side: the rows of a table in both, in the order of their keys.

use std::cmp::Ordering;
use std::vec::IntoIter;

use odata::Error;

use super::{Contents, StoredRow, compare, key};
use crate::table::{Table, TableId};

/// The rows of a table, a batch at a time.
struct Rows {
    batch: IntoIter<StoredRow>,
    /// The key of the last row of the batch.
    last: Option<StoredRow>,
    ended: bool,
}

impl Rows {
    fn new() -> Self {
        Self {
            batch: Vec::new().into_iter(),
            last: None,
            ended: false,
        }
    }

    /// The next row, with its key.
    fn next(
        &mut self,
        contents: &mut (impl Contents + ?Sized),
        id: TableId,
        table: &Table,
    ) -> Result<Option<(StoredRow, StoredRow)>, Error> {
        if self.batch.len() == 0 && !self.ended {
            let rows = contents.rows(id, self.last.as_deref())?;
            self.ended = rows.is_empty();
            self.last = rows.last().map(|row| key(table, row));
            self.batch = rows.into_iter();
        }
        Ok(self.batch.next().map(|row| (key(table, &row), row)))
    }
}

/// What stands under a key.
pub(super) enum Pair {
    /// In the source only.
    Source(StoredRow),
    /// In the destination only: its key.
    Destination(StoredRow),
    /// In both: the row of the source, that of the destination, and the key.
    Both(StoredRow, StoredRow, StoredRow),
}

/// Hands each key that either has to `each`, in order, with the destination, to which rows may be added
/// and from which the row at hand may be removed.
pub(super) fn walk<D: Contents + ?Sized>(
    (id, table): (TableId, &Table),
    source: &mut dyn Contents,
    destination: &mut D,
    mut each: impl FnMut(&mut D, Pair) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut from, mut to) = (Rows::new(), Rows::new());
    let mut one = from.next(source, id, table)?;
    let mut other = to.next(destination, id, table)?;
    loop {
        let order = match (&one, &other) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) => compare(one, other),
        };
        // The next row of a side is read when the one at hand is done with: what is added stands
        // before it.
        let mine = if order.is_le() { one.take() } else { None };
        let theirs = if order.is_ge() { other.take() } else { None };
        let (read_one, read_other) = (mine.is_some(), theirs.is_some());
        match (mine, theirs) {
            (Some((_, row)), None) => each(destination, Pair::Source(row))?,
            (None, Some((key, _))) => each(destination, Pair::Destination(key))?,
            (Some((_, row)), Some((key, old))) => each(destination, Pair::Both(row, old, key))?,
            (None, None) => return Ok(()),
        }
        if read_one {
            one = from.next(source, id, table)?;
        }
        if read_other {
            other = to.next(destination, id, table)?;
        }
    }
}
