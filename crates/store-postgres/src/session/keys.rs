//! Keys that the database has handed out for the rows that a group will append. They are fetched
//! within the group, so that a row which is appended after another was acknowledged has the greater
//! key, whoever appends it.

use std::collections::{HashMap, VecDeque};

use odata::Error;
use store::TableId;
use tokio_postgres::Row;

/// The keys of each table.
#[derive(Default)]
pub(crate) struct Keys {
    held: HashMap<TableId, VecDeque<i64>>,
    /// How many this group has taken.
    taken: HashMap<TableId, usize>,
    /// How many the group before has taken: this one may need as many.
    expected: HashMap<TableId, usize>,
}

impl Keys {
    /// A group begins.
    pub(super) fn begin(&mut self) {
        self.held.clear();
        self.expected = std::mem::take(&mut self.taken);
    }

    /// How many keys the group may need, told once: they are fetched with whatever it lacks first.
    pub(crate) fn expected(&mut self) -> impl Iterator<Item = (TableId, usize)> + use<> {
        let expected = std::mem::take(&mut self.expected);
        expected.into_iter().filter(|(_, count)| *count > 0)
    }

    /// The next key of a table, if there is one.
    pub(crate) fn take(&mut self, table: TableId) -> Option<i64> {
        let key = self.held.get_mut(&table)?.pop_front()?;
        *self.taken.entry(table).or_default() += 1;
        Some(key)
    }

    /// A key that was taken and not used.
    pub(crate) fn give_back(&mut self, table: TableId, key: i64) {
        self.held.entry(table).or_default().push_front(key);
        if let Some(taken) = self.taken.get_mut(&table) {
            *taken = taken.saturating_sub(1);
        }
    }

    /// Keys that the database has handed out.
    pub(crate) fn add(&mut self, table: TableId, rows: &[Row]) -> Result<(), Error> {
        let held = self.held.entry(table).or_default();
        for row in rows {
            held.push_back(row.try_get(0).map_err(Error::internal)?);
        }
        Ok(())
    }
}
