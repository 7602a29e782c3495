//! Keys that the database has handed out before rows need them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use odata::Error;
use store::TableId;
use tokio_postgres::Row;

/// How long keys are kept: they order rows by time, as far as writers beside each other do.
const KEEP: Duration = Duration::from_secs(1);

/// The keys of each table.
#[derive(Default)]
pub(crate) struct Keys {
    held: HashMap<TableId, VecDeque<i64>>,
    since: Option<Instant>,
}

impl Keys {
    /// Forgets keys that were not used for long.
    pub(super) fn refresh(&mut self) {
        if self.since.is_some_and(|since| since.elapsed() > KEEP) {
            self.held.clear();
            self.since = None;
        }
    }

    /// The next key of a table, if there is one.
    pub(crate) fn take(&mut self, table: TableId) -> Option<i64> {
        self.held.get_mut(&table)?.pop_front()
    }

    /// A key that was taken and not used.
    pub(crate) fn give_back(&mut self, table: TableId, key: i64) {
        self.held.entry(table).or_default().push_front(key);
    }

    /// Keys that the database has handed out.
    pub(crate) fn add(&mut self, table: TableId, rows: &[Row]) -> Result<(), Error> {
        self.since.get_or_insert_with(Instant::now);
        let held = self.held.entry(table).or_default();
        for row in rows {
            held.push_back(row.try_get(0).map_err(Error::internal)?);
        }
        Ok(())
    }
}
