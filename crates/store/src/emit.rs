//! SQL text with its parameters. The text is made of our own words, names of the storage map and
//! placeholders; a value is always a parameter.

mod dialect;
mod filter;
mod link;
mod page;

use std::fmt::Write as _;

use edm::{Model, Value};
use odata::Error;

use crate::cell::{Cell, encode};
use crate::select::Select;
use crate::table::{ColumnKind, ColumnSet, Row, Table, Tables};

pub use dialect::Dialect;

/// A statement and what is bound to it, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, with the dialect's placeholder for each parameter.
    pub sql: String,
    /// The parameters.
    pub binds: Vec<Cell<'static>>,
}

/// What the emitter reads: the model, its tables, the dialect.
#[derive(Clone, Copy)]
pub(crate) struct Emitter<'m> {
    pub(crate) model: &'m Model,
    pub(crate) table: &'m Table,
    pub(crate) dialect: Dialect,
    pub(crate) today: i32,
}

impl Emitter<'_> {
    /// A column as it is read: its name, or a virtual column's expression.
    fn column(&self, column: usize) -> String {
        let column = &self.table.columns[column];
        match &column.expression {
            Some(expression) => {
                let expression = expression.replace("{today}", &self.today.to_string());
                self.dialect.virtual_column(&expression, column.kind)
            }
            None => format!("\"{}\"", column.name),
        }
    }

    /// Binds the value that a column is compared with: of a date-time only the instant.
    fn bind(&self, column: usize, value: &Value, out: &mut Statement) -> Result<(), Error> {
        let column = &self.table.columns[column];
        let mut cells = Vec::with_capacity(2);
        encode(self.model, column, value, &mut cells)?;
        let cell = cells.into_iter().next().map(Cell::into_owned);
        out.binds.extend(cell.map(|cell| match cell {
            // Equal to nothing, as the text would be: no row can hold it.
            Cell::Text(text) if !self.dialect.holds(&text) => Cell::Null,
            cell => cell,
        }));
        Ok(())
    }
}

/// The select as a statement.
///
/// # Errors
/// 400 if the filter asks for what columns cannot answer.
pub fn select(
    model: &Model,
    tables: &Tables,
    dialect: Dialect,
    select: &Select<'_>,
    count: bool,
) -> Result<Statement, Error> {
    let table = tables.table(select.table);
    let emitter = Emitter {
        model,
        table,
        dialect,
        today: select.today,
    };
    let mut out = Statement {
        sql: String::with_capacity(256),
        binds: Vec::new(),
    };
    out.sql.push_str("SELECT ");
    if count {
        out.sql.push_str("COUNT(*)");
    } else {
        columns(&emitter, &select.columns, &mut out.sql);
    }
    let _ = write!(out.sql, " FROM \"{}\"", table.name);
    conditions(&emitter, tables, select, count, &mut out)?;
    if !count {
        page::order(&emitter, &select.order, &mut out.sql);
        page::limit(dialect, select.limit, select.offset, &mut out);
    }
    out.sql = dialect.placeholders(out.sql);
    Ok(out)
}

fn columns(emitter: &Emitter<'_>, columns: &[usize], sql: &mut String) {
    if columns.is_empty() {
        sql.push('1');
    }
    for (i, column) in columns.iter().enumerate() {
        if i > 0 {
            sql.push_str(", ");
        }
        sql.push_str(&emitter.column(*column));
        if emitter.table.columns[*column].kind == ColumnKind::DateTimeOffset {
            let _ = write!(sql, ", \"{}_form\"", emitter.table.columns[*column].name);
        }
    }
}

fn conditions(
    emitter: &Emitter<'_>,
    tables: &Tables,
    select: &Select<'_>,
    count: bool,
    out: &mut Statement,
) -> Result<(), Error> {
    let mut lead = " WHERE ";
    for (column, value) in &select.fixed {
        let _ = write!(out.sql, "{lead}{} = ?", emitter.column(*column));
        emitter.bind(*column, value, out)?;
        lead = " AND ";
        if let Some(condition) = implied(emitter.table, *column, value) {
            let _ = write!(out.sql, " AND {condition}");
        }
    }
    if let Some((column, values)) = &select.among {
        if values.is_empty() {
            // PostgreSQL has no empty list.
            let _ = write!(out.sql, "{lead}FALSE");
        } else {
            let marks = vec!["?"; values.len()].join(", ");
            let _ = write!(out.sql, "{lead}{} IN ({marks})", emitter.column(*column));
        }
        for value in values {
            emitter.bind(*column, value, out)?;
        }
        lead = " AND ";
    }
    if let Some(linked) = select.linked {
        out.sql.push_str(lead);
        link::exists(emitter, tables, linked, out)?;
        lead = " AND ";
    }
    if let Some(names) = select
        .of
        .and_then(|of| emitter.table.type_names(emitter.model, of))
        && let Some(column) = emitter.table.entity_type
    {
        let marks = vec!["?"; names.len()].join(", ");
        let _ = write!(out.sql, "{lead}{} IN ({marks})", emitter.column(column));
        let name = |name: &str| Cell::Text(name.to_owned().into());
        out.binds.extend(names.into_iter().map(name));
        lead = " AND ";
    }
    if let Some(expr) = select.filter {
        out.sql.push_str(lead);
        filter::condition(emitter, expr, out)?;
        lead = " AND ";
    }
    if let Some(after) = select.after.as_ref().filter(|_| !count) {
        out.sql.push_str(lead);
        page::after(emitter, &select.order, after, out)?;
    }
    Ok(())
}

/// The condition of a partial index over a column's texts that are not empty, if this is one. A
/// database takes the index only where the statement says the condition: a parameter implies none.
fn implied<'t>(table: &'t Table, column: usize, value: &Value) -> Option<&'t str> {
    let condition = format!("{} <> ''", table.columns[column].name);
    let mut conditions = table.indexes.iter().filter_map(|i| i.condition.as_deref());
    conditions
        .find(|known| *known == condition)
        .filter(|_| value.as_str().is_some_and(|text| !text.is_empty()))
}

/// `SELECT` of all columns by primary key; the key's values are bound in order.
#[must_use]
pub fn get(table: &Table, today: i32, model: &Model, dialect: Dialect) -> String {
    let emitter = Emitter {
        model,
        table,
        dialect,
        today,
    };
    let mut sql = "SELECT ".to_owned();
    columns(
        &emitter,
        &(0..table.columns.len()).collect::<Vec<_>>(),
        &mut sql,
    );
    let _ = write!(sql, " FROM \"{}\"", table.name);
    by_key(table, &mut sql);
    dialect.placeholders(sql)
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

/// `DELETE` by primary key.
#[must_use]
pub fn delete(table: &Table, dialect: Dialect) -> String {
    let mut sql = format!("DELETE FROM \"{}\"", table.name);
    by_key(table, &mut sql);
    dialect.placeholders(sql)
}

/// `DELETE` of at most `?` rows that hold the bound values in the given columns.
#[must_use]
pub fn delete_where(table: &Table, columns: &[usize], dialect: Dialect) -> String {
    let conditions: Vec<_> = columns
        .iter()
        .map(|c| format!("\"{}\" = ?", table.columns[*c].name))
        .collect();
    let row = dialect.row_id();
    dialect.placeholders(format!(
        "DELETE FROM \"{0}\" WHERE {row} IN (SELECT {row} FROM \"{0}\" WHERE {1} LIMIT ?)",
        table.name,
        conditions.join(" AND ")
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
