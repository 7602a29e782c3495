//! The log of a tracked table's changes.

use edm::Model;

use super::columns::integer_column;
use super::{MapError, TableEntry, push};
use crate::changes::{ChangeLog, DAY, NUMBER};
use crate::table::{Column, ColumnSet, Table, TableId, Tables};

/// Adds the log of a table to the tables.
pub(super) fn track(
    model: &Model,
    tables: &mut Tables,
    id: TableId,
    entry: &TableEntry,
) -> Result<(), MapError> {
    let table = tables.table(id);
    let wrong = |what: &str| MapError(format!("table {}: tracked {what}", entry.name));
    let of = table.of.ok_or_else(|| wrong("without a type"))?;
    if table.identity {
        return Err(wrong("with keys of the database"));
    }
    if table.counters {
        return Err(wrong("though its counters are in slots"));
    }
    if table.view.is_some() {
        return Err(wrong("though it is a view"));
    }
    if table.key.is_empty() {
        return Err(wrong("without a key"));
    }
    let mut sources = table.key.clone();
    let public = &model.structured(of).key;
    for column in public {
        match &table.columns[*column].expression {
            Some(expression) => {
                for named in mentioned(table, expression) {
                    add(&mut sources, named);
                }
            }
            None => add(&mut sources, *column),
        }
    }
    let mut columns: Vec<Column> = sources.iter().map(|c| table.columns[*c].clone()).collect();
    for column in columns.iter_mut().skip(table.key.len()) {
        column.nullable = true;
        column.default = edm::Value::Null;
    }
    columns.push(integer_column(DAY));
    columns.push(integer_column(NUMBER));
    let number = columns.len() - 1;
    let mut shown = Vec::with_capacity(public.len());
    for column in public {
        match sources.iter().position(|source| source == column) {
            Some(at) => shown.push(at),
            None => {
                shown.push(columns.len());
                columns.push(table.columns[*column].clone());
            }
        }
    }
    let visible = visible(table, entry);
    let mut log = Table::new(
        format!("{}_change", entry.name),
        None,
        columns,
        vec![number],
    );
    log.identity = true;
    log.is_log = true;
    let log = push(tables, log)?;
    tables.tables[id.0].changes = Some(ChangeLog {
        table: log,
        sources,
        public: shown,
        visible,
    });
    Ok(())
}

fn add(columns: &mut Vec<usize>, column: usize) {
    if !columns.contains(&column) {
        columns.push(column);
    }
}

/// The columns that an expression names.
fn mentioned(table: &Table, expression: &str) -> Vec<usize> {
    let names =
        |column: &usize| expression.contains(&format!("\"{}\"", table.columns[*column].name));
    (0..table.columns.len()).filter(names).collect()
}

/// The columns whose change can be seen: all but the hidden ones that no virtual column is made
/// of. A version counts every change, and shows.
fn visible(table: &Table, entry: &TableEntry) -> ColumnSet {
    let expressions = || table.columns.iter().filter_map(|c| c.expression.as_deref());
    let is_hidden = |column: &usize| {
        let name = &table.columns[*column].name;
        entry.hidden.iter().any(|hidden| hidden.name == *name)
            && !expressions().any(|text| text.contains(&format!("\"{name}\"")))
    };
    (0..table.columns.len())
        .filter(|column| table.version.is_some() || !is_hidden(column))
        .collect()
}
