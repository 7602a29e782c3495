//! Counters: rows counted by state, as the model's annotations say, and how a change moves them.

use edm::{Model, StructuredType, Value};
use store::{Row, Table};

use crate::columns::{hidden, members, term};
use crate::graph::GraphError;

/// One counter: a column of a summary, and the states that it counts.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    /// The column of the summary's table.
    pub(crate) column: usize,
    /// What clients moved it by.
    pub(crate) adjustment: usize,
    /// Columns of the counted table with the values that count.
    states: Vec<(usize, i64)>,
}

impl Counter {
    /// Whether a row counts.
    pub(crate) fn counts(&self, row: &Row) -> bool {
        self.states
            .iter()
            .any(|(column, value)| row[*column].as_i64() == Some(*value))
    }

    /// The columns that decide.
    pub(crate) fn decided_by(&self) -> impl Iterator<Item = usize> {
        self.states.iter().map(|(column, _)| *column)
    }
}

/// The counters that a summary type keeps of a state type by the term of this name.
pub(crate) fn read(
    model: &Model,
    summary: &StructuredType,
    table: &Table,
    state: &StructuredType,
    term_name: &str,
) -> Result<Vec<Counter>, GraphError> {
    let term = term(term_name);
    summary
        .properties
        .iter()
        .enumerate()
        .filter_map(|(column, property)| Some((column, property.annotations.get(&term)?)))
        .map(|(column, paths)| {
            let states = members(model, state, paths.items())?;
            let adjustment = hidden(table, &format!("{}_adjustment", table.columns[column].name))?;
            Ok(Counter {
                column,
                adjustment,
                states,
            })
        })
        .collect()
}

/// How counters move when a row changes from one state to another; absent rows count nowhere.
pub(crate) fn moves(
    counters: &[Counter],
    old: Option<&Row>,
    new: Option<&Row>,
) -> Vec<(usize, i64)> {
    let counted = |counter: &Counter, row: Option<&Row>| row.is_some_and(|row| counter.counts(row));
    counters
        .iter()
        .map(|counter| {
            let amount = i64::from(counted(counter, new)) - i64::from(counted(counter, old));
            (counter.column, amount)
        })
        .filter(|(_, amount)| *amount != 0)
        .collect()
}

/// Notes what a client's change of a summary moved its counters by, so that a recount stays true.
pub(crate) fn adjust(adjustable: &[(usize, usize)], old: &Row, new: &mut Row) {
    for (column, adjustment) in adjustable {
        let number = |row: &Row, column: usize| row[column].as_i64().unwrap_or(0);
        let moved = number(new, *column).saturating_sub(number(old, *column));
        let total = number(old, *adjustment).saturating_add(moved);
        new[*adjustment] = Value::Integer(total);
    }
}

/// Every pair of a counter's column and its adjustment in a table.
pub(crate) fn adjustable(table: &Table) -> Vec<(usize, usize)> {
    (0..table.columns.len())
        .filter_map(|column| {
            let name = format!("{}_adjustment", table.columns[column].name);
            Some((column, table.column(&name)?))
        })
        .collect()
}
