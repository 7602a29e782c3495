//! The rows that a batch knows: as the database has them, and as its commands leave them.

use std::collections::HashMap;

use edm::Value;
use store::cell::Cell;
use store::{ColumnSet, Row, TableId};

/// A row by its table and the text of its key.
pub(super) type RowKey = (TableId, String);

/// The text of a key: the same for the same SQL values, and only for them.
pub(super) fn row_key(table: TableId, key: &[Cell<'_>]) -> RowKey {
    (table, format!("{key:?}"))
}

/// What is known of a key.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) key: Vec<Value>,
    pub(super) row: Held,
    /// Whether the database has the row, which is then locked if it is [`Held::Row`].
    pub(super) stored: bool,
    /// The columns that the database has otherwise.
    pub(super) dirty: ColumnSet,
    /// Whether virtual columns may be others than those held.
    pub(super) stale: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Held {
    /// There is no row.
    Absent,
    /// There is a row, which is neither read nor locked.
    There,
    /// The row.
    Row(Row),
}

impl Known {
    /// What the database says of a key.
    pub(super) fn stored(key: Vec<Value>, row: Held) -> Self {
        Self {
            stored: !matches!(row, Held::Absent),
            key,
            row,
            dirty: ColumnSet::default(),
            stale: false,
        }
    }
}

/// The rows, and how they were before the command at hand.
#[derive(Default)]
pub(super) struct Rows {
    known: HashMap<RowKey, Known>,
    undo: Vec<(RowKey, Option<Known>)>,
}

impl Rows {
    /// A command begins.
    pub(super) fn begin(&mut self) {
        self.undo.clear();
    }

    /// The command at hand is kept.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The command at hand is undone.
    pub(super) fn undo(&mut self) {
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(known) => self.known.insert(key, known),
                None => self.known.remove(&key),
            };
        }
    }

    pub(super) fn get(&self, key: &RowKey) -> Option<&Known> {
        self.known.get(key)
    }

    /// Notes what the database says; no command's work.
    pub(super) fn learn(&mut self, key: RowKey, known: Known) {
        self.known.insert(key, known);
    }

    /// The command at hand changes a row.
    pub(super) fn set(&mut self, key: RowKey, known: Known) {
        let before = self.known.insert(key.clone(), known);
        self.undo.push((key, before));
    }

    /// The rows that must be written, by table and key.
    pub(super) fn changed(&self) -> Vec<(TableId, &Known)> {
        let mut changed: Vec<_> = self
            .known
            .iter()
            .filter(|(_, known)| {
                matches!(known.row, Held::Row(_)) && (!known.stored || !known.dirty.is_empty())
            })
            .collect();
        changed.sort_by_key(|(key, _)| *key);
        changed
            .into_iter()
            .map(|((table, _), known)| (*table, known))
            .collect()
    }
}
