//! The statements that carry rows from one database to another as they are stored.

use super::{Dialect, sql_names};
use crate::contents::columns;
use crate::table::Table;

/// `SELECT` of at most `?` rows in the order of their keys: all, or those behind a key, which is bound
/// before the number.
#[must_use]
pub fn stored_rows(table: &Table, behind: bool, dialect: Dialect) -> String {
    let key = names(table, &table.key);
    let marks = vec!["?"; key.len()].join(", ");
    let key = key.join(", ");
    let condition = match behind {
        true => format!(" WHERE ({key}) > ({marks})"),
        false => String::new(),
    };
    dialect.placeholders(format!(
        "SELECT {} FROM \"{}\"{condition} ORDER BY {key} LIMIT ?",
        names(table, &columns(table)).join(", "),
        table.name
    ))
}

/// The number of rows of a table.
#[must_use]
pub fn stored_count(table: &Table) -> String {
    format!("SELECT count(*) FROM \"{}\"", table.name)
}

/// `INSERT` of a stored row, its key included.
#[must_use]
pub fn insert_stored(table: &Table, dialect: Dialect) -> String {
    let names = names(table, &columns(table));
    dialect.placeholders(format!(
        "INSERT INTO \"{}\" ({}) VALUES ({})",
        table.name,
        names.join(", "),
        vec!["?"; names.len()].join(", ")
    ))
}

fn names(table: &Table, columns: &[usize]) -> Vec<String> {
    columns.iter().flat_map(|c| sql_names(table, *c)).collect()
}
