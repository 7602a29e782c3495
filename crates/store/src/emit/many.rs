//! Statements over many rows of a table at once, on PostgreSQL. Each column's values are bound as
//! one array, in the order of the rows.

use edm::Model;

use super::{Dialect, all_columns, next_version, sql_names};
use crate::table::{ColumnKind, ColumnSet, Table};

const DIALECT: Dialect = Dialect::Postgres;

/// `SELECT` of all columns of the rows of many keys, in the order of the keys; whatever locks them
/// may stand behind it.
#[must_use]
pub fn get_many(table: &Table, today: i32, model: &Model) -> String {
    // A virtual column may be named as a column of the key is, for whoever orders by a bare name.
    let key: Vec<_> = key_names(table)
        .iter()
        .map(|name| format!("\"{}\".{name}", table.name))
        .collect();
    let key = key.join(", ");
    number(format!(
        "{} WHERE ({key}) IN (SELECT * FROM {}) ORDER BY {key}",
        all_columns(table, today, model, DIALECT),
        unnest(table, &table.key)
    ))
}

/// `SELECT` of those of many keys that have a row.
#[must_use]
pub fn keys_many(table: &Table) -> String {
    let key = key_names(table).join(", ");
    number(format!(
        "SELECT {key} FROM \"{}\" WHERE ({key}) IN (SELECT * FROM {})",
        table.name,
        unnest(table, &table.key)
    ))
}

/// `INSERT` of many rows in these columns. A key that is taken is an error.
#[must_use]
pub fn insert_many(table: &Table, columns: &[usize]) -> String {
    number(format!(
        "INSERT INTO \"{}\" ({}) SELECT * FROM {}",
        table.name,
        names(table, columns).join(", "),
        unnest(table, columns)
    ))
}

/// `DELETE` of the rows that hold many values in these columns of the key.
#[must_use]
pub fn delete_many(table: &Table, key: &[usize]) -> String {
    number(format!(
        "DELETE FROM \"{}\" WHERE ({}) IN (SELECT * FROM {})",
        table.name,
        names(table, key).join(", "),
        unnest(table, key)
    ))
}

/// `UPDATE` of many rows in these columns: binds the key's columns, then them. Versions are columns
/// as any others.
#[must_use]
pub fn update_many(table: &Table, columns: ColumnSet) -> String {
    let set: Vec<_> = columns.iter().collect();
    let all: Vec<_> = table.key.iter().copied().chain(columns.iter()).collect();
    let assignments: Vec<_> = names(table, &set)
        .iter()
        .map(|name| format!("{name} = \"new\".{name}"))
        .collect();
    number(format!(
        "UPDATE \"{}\" SET {} FROM {} AS \"new\" ({}) WHERE {}",
        table.name,
        assignments.join(", "),
        unnest(table, &all),
        names(table, &all).join(", "),
        same_key(table, &table.key, &table.name, "new")
    ))
}

/// Adds to these columns of many rows, which are made of their keys and defaults where they are
/// missing: binds the key's columns, then the amounts.
#[must_use]
pub fn add_many(table: &Table, columns: ColumnSet) -> String {
    let set: Vec<_> = columns.iter().collect();
    let all: Vec<_> = table.key.iter().copied().chain(columns.iter()).collect();
    let mut additions: Vec<_> = names(table, &set)
        .iter()
        .map(|name| format!("{name} = \"{}\".{name} + excluded.{name}", table.name))
        .collect();
    additions.extend(next_version(table, columns));
    number(format!(
        "INSERT INTO \"{}\" ({}) SELECT * FROM {} ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        names(table, &all).join(", "),
        unnest(table, &all),
        key_names(table).join(", "),
        additions.join(", ")
    ))
}

/// Sets a date-time column of many rows to a later instant: binds the key's columns, then the
/// instants and their forms.
#[must_use]
pub fn raise_many(table: &Table, column: usize) -> String {
    let name = &table.columns[column].name;
    let all: Vec<_> = table.key.iter().copied().chain([column]).collect();
    let version = next_version(table, ColumnSet::default());
    let version = version.map_or(String::new(), |assignment| format!(", {assignment}"));
    number(format!(
        "UPDATE \"{0}\" SET \"{name}\" = \"new\".\"{name}\", \
         \"{name}_form\" = \"new\".\"{name}_form\"{version} FROM {1} AS \"new\" ({2}) \
         WHERE {3} AND (\"{0}\".\"{name}\" IS NULL OR \"{0}\".\"{name}\" < \"new\".\"{name}\")",
        table.name,
        unnest(table, &all),
        names(table, &all).join(", "),
        same_key(table, &table.key, &table.name, "new")
    ))
}

/// The same for counters in slots: the slot is set where no slot of the counters has as late an
/// instant, and some slot is there. Binds the slots' key, then the instants and their forms.
#[must_use]
pub fn raise_slots(slots: &Table, column: usize) -> String {
    let name = &slots.columns[column].name;
    let all: Vec<_> = slots.key.iter().copied().chain([column]).collect();
    let owner = slots.key.split_last().map_or(&[][..], |(_, owner)| owner);
    let version = next_version(slots, ColumnSet::default());
    let version = version.map_or(String::new(), |assignment| format!(", {assignment}"));
    number(format!(
        "INSERT INTO \"{0}\" ({1}) SELECT \"new\".* FROM {2} AS \"new\" ({1}) \
         WHERE EXISTS (SELECT 1 FROM \"{0}\" AS \"old\" WHERE {3}) AND NOT EXISTS \
         (SELECT 1 FROM \"{0}\" AS \"old\" WHERE {3} AND \"old\".\"{name}\" >= \"new\".\"{name}\") \
         ON CONFLICT ({4}) DO UPDATE SET \"{name}\" = excluded.\"{name}\", \
         \"{name}_form\" = excluded.\"{name}_form\"{version}",
        slots.name,
        names(slots, &all).join(", "),
        unnest(slots, &all),
        same_key(slots, owner, "old", "new"),
        key_names(slots).join(", ")
    ))
}

/// As many keys as are bound of a table whose keys the database hands out.
#[must_use]
pub fn next_keys(table: &Table) -> String {
    let column = table.key.first().map_or("", |c| &table.columns[*c].name);
    number(format!(
        "SELECT nextval(pg_get_serial_sequence('\"{}\"', '{column}')) \
         FROM generate_series(1::BIGINT, ?::BIGINT)",
        table.name
    ))
}

fn number(sql: String) -> String {
    DIALECT.placeholders(sql)
}

fn names(table: &Table, columns: &[usize]) -> Vec<String> {
    columns.iter().flat_map(|c| sql_names(table, *c)).collect()
}

fn key_names(table: &Table) -> Vec<String> {
    names(table, &table.key)
}

fn same_key(table: &Table, key: &[usize], one: &str, other: &str) -> String {
    let same: Vec<_> = names(table, key)
        .iter()
        .map(|name| format!("\"{one}\".{name} = \"{other}\".{name}"))
        .collect();
    same.join(" AND ")
}

/// The rows that stand in arrays of these columns.
fn unnest(table: &Table, columns: &[usize]) -> String {
    let mut arrays = Vec::new();
    for column in columns {
        let kind = table.columns[*column].kind;
        arrays.push(format!("?::{}[]", DIALECT.plain_type(kind)));
        if kind == ColumnKind::DateTimeOffset {
            arrays.push("?::INTEGER[]".to_owned());
        }
    }
    format!("unnest({})", arrays.join(", "))
}
