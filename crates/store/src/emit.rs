//! SQL text with its parameters. The text is made of our own words, names of the storage map and
//! placeholders; a value is always a parameter.

mod apply;
mod changes;
mod contents;
mod dialect;
mod expression;
mod fragment;
mod link;
mod many;
mod page;
mod scope;
mod search;
mod select;
mod visible;

use std::fmt::Write as _;

use edm::Model;
use edm::time::DateTimeOffset;
use odata::Error;

use crate::cell::{Cell, encode};
use crate::table::{ColumnKind, ColumnSet, Row, Table, Tables};
use expression::Compiler;

pub use apply::aggregate;
pub(crate) use changes::{log_columns, place_width};
pub use changes::{log_horizon, log_rows, mark_log, trim_log};
pub use contents::{insert_stored, stored_count, stored_rows};
pub use dialect::Dialect;
pub use many::{
    add_many, delete_many, get_many, insert_many, keys_many, next_keys, raise_many, raise_slots,
    update_many,
};
pub(crate) use search::lower;
pub use select::select;

/// A statement and what is bound to it, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, with the dialect's placeholder for each parameter.
    pub sql: String,
    /// The parameters.
    pub binds: Vec<Cell<'static>>,
}

/// `SELECT` of all columns by primary key; the key's values are bound in order.
#[must_use]
pub fn get(table: &Table, today: i32, model: &Model, dialect: Dialect) -> String {
    let mut sql = all_columns(table, today, model, dialect);
    by_key(table, &mut sql);
    dialect.placeholders(sql)
}

/// `SELECT` of all columns, without conditions.
fn all_columns(table: &Table, today: i32, model: &Model, dialect: Dialect) -> String {
    let no_others = Tables::default();
    let compiler = Compiler::new(model, &no_others, dialect, today, DateTimeOffset::MIN, None);
    let mut sql = "SELECT ".to_owned();
    let all: Vec<usize> = (0..table.columns.len()).collect();
    select::columns(&compiler, table, &all, &mut sql);
    let _ = write!(sql, " FROM \"{}\"", table.name);
    sql
}

/// Whether a primary key has a row.
#[must_use]
pub fn exists(table: &Table, dialect: Dialect) -> String {
    let mut sql = format!("SELECT 1 FROM \"{}\"", table.name);
    by_key(table, &mut sql);
    dialect.placeholders(sql)
}

/// `INSERT` of all stored columns in order, without an identity key; does nothing on a taken key.
#[must_use]
pub fn insert(table: &Table, dialect: Dialect) -> String {
    let stored = stored_columns(table);
    let names: Vec<_> = stored.iter().flat_map(|c| sql_names(table, *c)).collect();
    let marks = vec!["?"; names.len()].join(", ");
    dialect.placeholders(format!(
        "INSERT INTO \"{}\" ({}) VALUES ({marks}) ON CONFLICT DO NOTHING",
        table.name,
        names.join(", ")
    ))
}

/// The columns that an insert binds, in order.
#[must_use]
pub fn stored_columns(table: &Table) -> Vec<usize> {
    (0..table.columns.len())
        .filter(|c| table.columns[*c].expression.is_none())
        .filter(|c| !(table.identity && table.key.contains(c)))
        .collect()
}

/// `UPDATE` of the given columns in ascending order by primary key. The row's version counts on,
/// unless it is one of the columns.
#[must_use]
pub fn update(table: &Table, columns: ColumnSet, dialect: Dialect) -> String {
    let mut assignments: Vec<_> = columns
        .iter()
        .flat_map(|c| sql_names(table, c))
        .map(|name| format!("{name} = ?"))
        .collect();
    assignments.extend(next_version(table, columns));
    let mut sql = format!("UPDATE \"{}\" SET {}", table.name, assignments.join(", "));
    by_key(table, &mut sql);
    dialect.placeholders(sql)
}

/// Adds to columns of the row of a key, which is made of the key and defaults if it is missing.
/// Binds the key, then the amounts in the columns' order.
#[must_use]
pub fn upsert_add(table: &Table, columns: ColumnSet, dialect: Dialect) -> String {
    let names: Vec<_> = table
        .key
        .iter()
        .copied()
        .chain(columns.iter())
        .flat_map(|c| sql_names(table, c))
        .collect();
    let key: Vec<_> = table
        .key
        .iter()
        .flat_map(|c| sql_names(table, *c))
        .collect();
    let mut additions: Vec<_> = columns
        .iter()
        .flat_map(|c| sql_names(table, c))
        .map(|name| format!("{name} = \"{}\".{name} + excluded.{name}", table.name))
        .collect();
    additions.extend(next_version(table, columns));
    dialect.placeholders(format!(
        "INSERT INTO \"{}\" ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        names.join(", "),
        vec!["?"; names.len()].join(", "),
        key.join(", "),
        additions.join(", ")
    ))
}

/// Sets a date-time column to a later instant. Binds the instant, its form, the key, and the
/// instant again.
#[must_use]
pub fn raise(table: &Table, column: usize, dialect: Dialect) -> String {
    let name = &table.columns[column].name;
    let mut sql = format!(
        "UPDATE \"{}\" SET \"{name}\" = ?, \"{name}_form\" = ?",
        table.name
    );
    if let Some(assignment) = next_version(table, ColumnSet::default()) {
        let _ = write!(sql, ", {assignment}");
    }
    by_key(table, &mut sql);
    let _ = write!(sql, " AND (\"{name}\" IS NULL OR \"{name}\" < ?)");
    dialect.placeholders(sql)
}

/// `DELETE` by primary key. Of a tracked table it answers what the log says of the row.
#[must_use]
pub fn delete(table: &Table, dialect: Dialect) -> String {
    let mut sql = format!("DELETE FROM \"{}\"", table.name);
    by_key(table, &mut sql);
    sql.push_str(&changes::returning(table));
    dialect.placeholders(sql)
}

/// `DELETE` of at most `?` rows that hold the bound values in the given columns; of any if none
/// are given. Of a tracked table it answers what the log says of each row.
#[must_use]
pub fn delete_where(table: &Table, columns: &[usize], dialect: Dialect) -> String {
    let conditions: Vec<_> = columns
        .iter()
        .map(|c| format!("\"{}\" = ?", table.columns[*c].name))
        .collect();
    let lead = if columns.is_empty() { "" } else { " WHERE " };
    let row = dialect.row_id();
    dialect.placeholders(format!(
        "DELETE FROM \"{0}\" WHERE {row} IN (SELECT {row} FROM \"{0}\"{lead}{1} LIMIT ?){2}",
        table.name,
        conditions.join(" AND "),
        changes::returning(table)
    ))
}

/// The assignment that counts a changed row's version on.
fn next_version(table: &Table, written: ColumnSet) -> Option<String> {
    let version = table.version.filter(|column| !written.contains(*column))?;
    let name = &table.columns[version].name;
    Some(format!("\"{name}\" = \"{}\".\"{name}\" + 1", table.name))
}

fn by_key(table: &Table, sql: &mut String) {
    for (i, column) in table.key.iter().enumerate() {
        let lead = if i == 0 { " WHERE" } else { " AND" };
        let _ = write!(sql, "{lead} \"{}\" = ?", table.columns[*column].name);
    }
}

fn sql_names(table: &Table, column: usize) -> Vec<String> {
    let column = &table.columns[column];
    let mut names = vec![format!("\"{}\"", column.name)];
    if column.kind == ColumnKind::DateTimeOffset {
        names.push(format!("\"{}_form\"", column.name));
    }
    names
}

/// Binds the given columns of a row, in order.
///
/// # Errors
/// As [`encode`].
pub fn bind_row<'v>(
    model: &Model,
    table: &Table,
    columns: impl Iterator<Item = usize>,
    row: &'v Row,
) -> Result<Vec<Cell<'v>>, Error> {
    let mut cells = Vec::with_capacity(table.columns.len() + 8);
    for column in columns {
        encode(model, &table.columns[column], &row[column], &mut cells)?;
    }
    Ok(cells)
}
