//! The rows of audited tables that a command changed: each once, as it was before the command and as it
//! is behind it.

use std::collections::HashMap;

use edm::Value;
use store::{ColumnSet, Row, TableId, Tables};

/// A row that a command made, changed or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct RowChange {
    /// Its table.
    pub table: TableId,
    /// As it was; none if it is new.
    pub old: Option<Row>,
    /// As it is; none if it went.
    pub new: Option<Row>,
}

/// What is gathered while a command runs.
#[derive(Default)]
pub(super) struct Changes {
    rows: Vec<RowChange>,
    /// Where the row of a key stands.
    known: HashMap<(TableId, String), usize>,
}

impl Changes {
    /// The row of a key as the command left it, if it changed it; `Some(None)` if it removed it.
    pub(super) fn latest(&self, table: TableId, key: &[Value]) -> Option<Option<&Row>> {
        let at = self.known.get(&(table, name(key)))?;
        self.rows.get(*at).map(|change| change.new.as_ref())
    }

    /// A row is written or goes. What was gathered of it before says what it was.
    pub(super) fn add(
        &mut self,
        table: TableId,
        key: &[Value],
        old: Option<Row>,
        new: Option<Row>,
    ) {
        match self.known.get(&(table, name(key))) {
            Some(at) => {
                if let Some(change) = self.rows.get_mut(*at) {
                    change.new = new;
                }
            }
            None => {
                self.known.insert((table, name(key)), self.rows.len());
                self.rows.push(RowChange { table, old, new });
            }
        }
    }

    /// What is told of it: a row that is as it was is none, and neither is one of which the storage map
    /// says that its kind of change is not told.
    pub(super) fn told(self, tables: &Tables) -> Vec<RowChange> {
        let told = |change: &RowChange| {
            let Some(audit) = &tables.table(change.table).audit else {
                return false;
            };
            match (&change.old, &change.new) {
                (None, None) => false,
                (None, Some(_)) => audit.inserts,
                (Some(_), None) => audit.deletes,
                (Some(old), Some(new)) => {
                    let table = tables.table(change.table);
                    audit.tells(table.difference(old, new))
                }
            }
        };
        self.rows.into_iter().filter(told).collect()
    }
}

/// What tells a key from all others of its table.
fn name(key: &[Value]) -> String {
    format!("{key:?}")
}

/// A row with other values in some columns.
pub(super) fn with(mut row: Row, columns: ColumnSet, from: &Row) -> Row {
    for column in columns.iter() {
        if let (Some(to), Some(from)) = (row.get_mut(column), from.get(column)) {
            *to = from.clone();
        }
    }
    row
}

/// A row to which amounts are added.
pub(super) fn plus(mut row: Row, amounts: &[(usize, i64)]) -> Row {
    for (column, amount) in amounts {
        if let Some(Value::Integer(value)) = row.get_mut(*column) {
            *value = value.saturating_add(*amount);
        }
    }
    row
}
