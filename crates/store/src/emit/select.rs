//! Reads of one table.

use std::fmt::Write as _;

use edm::{Model, Value};
use odata::Error;

use super::expression::Compiler;
use super::fragment::Fragment;
use super::scope::Env;
use super::{Dialect, Statement, link, page};
use crate::cell::{Cell, encode};
use crate::select::Select;
use crate::table::{ColumnKind, Table, Tables};

/// The select as a statement.
///
/// # Errors
/// 400 or 501 for expressions that this database does not carry out.
pub fn select(
    model: &Model,
    tables: &Tables,
    dialect: Dialect,
    select: &Select<'_>,
    count: bool,
) -> Result<Statement, Error> {
    let table = tables.table(select.table);
    let compiler = Compiler::of(model, tables, dialect, select);
    let env = environment(table, select)?;
    let mut out = Statement {
        sql: String::with_capacity(256),
        binds: Vec::new(),
    };
    out.sql.push_str("SELECT ");
    if count {
        out.sql.push_str("COUNT(*)");
    } else {
        columns(&compiler, table, &select.columns, &mut out.sql);
        for (i, expr) in select.expressions.iter().enumerate() {
            let lead = i > 0 || !select.columns.is_empty();
            out.sql.push_str(if lead { ", " } else { "" });
            let found = compiler.expression(&env, expr)?;
            let ty = expr.ty().unwrap_or_else(|| found.ty.clone());
            compiler.coerce(found, &ty).write_output(dialect, &mut out);
        }
        if select.columns.is_empty() && select.expressions.is_empty() {
            out.sql.push('1');
        }
    }
    out.sql.push_str(" FROM ");
    compiler.write_table(select.table, &mut out);
    let terms = page::terms(&compiler, &env, table, &select.order)?;
    let mut conditions = conditions(&compiler, &env, table, select)?;
    if let Some(after) = select.after.as_ref().filter(|_| !count) {
        conditions.push(page::behind(&compiler, &terms, after)?);
    }
    Fragment::all_of(&conditions).write(&mut out);
    if !count {
        page::order(dialect, &terms, &mut out);
        page::limit(dialect, select.limit, select.offset, &mut out);
    }
    out.sql = dialect.placeholders(out.sql);
    Ok(out)
}

/// What the paths of a select's expressions start at.
pub(super) fn environment<'m>(table: &'m Table, select: &Select<'m>) -> Result<Env<'m>, Error> {
    let of = select.of.or(table.of);
    let mut env = match of {
        Some(of) => Env::row(table, None, of),
        None if select.filter.is_empty() && select.expressions.is_empty() => Env::nothing(),
        None => return Err(Error::internal("an expression over rows without a type")),
    };
    env.compute.clone_from(&select.compute);
    Ok(env)
}

pub(super) fn columns(compiler: &Compiler<'_>, table: &Table, columns: &[usize], sql: &mut String) {
    for (i, column) in columns.iter().enumerate() {
        if i > 0 {
            sql.push_str(", ");
        }
        sql.push_str(&compiler.column_name(table, None, *column));
        if table.columns[*column].kind == ColumnKind::DateTimeOffset {
            let _ = write!(sql, ", \"{}_form\"", table.columns[*column].name);
        }
    }
}

/// What must hold of a row.
pub(super) fn conditions<'m>(
    compiler: &Compiler<'m>,
    env: &Env<'m>,
    table: &'m Table,
    select: &Select<'m>,
) -> Result<Vec<Fragment>, Error> {
    let mut conditions = Vec::new();
    for (column, value) in &select.fixed {
        conditions.push(equal(compiler, table, *column, value)?);
        let implied = implied(table, *column, value);
        conditions.extend(implied.map(Fragment::sure));
    }
    if let Some((column, values)) = &select.among {
        conditions.push(among(compiler, table, *column, values)?);
    }
    if let Some(linked) = select.linked {
        conditions.push(link::exists(compiler, table, linked)?);
    }
    if let Some(of) = select.of {
        conditions.extend(compiler.is_type(table, None, of)?);
    }
    if let Some(search) = select.search {
        conditions.push(compiler.search(table, None, search));
    }
    for filter in &select.filter {
        conditions.push(compiler.condition(env, filter, true)?);
    }
    Ok(conditions)
}

fn equal(
    compiler: &Compiler<'_>,
    table: &Table,
    column: usize,
    value: &Value,
) -> Result<Fragment, Error> {
    let name = compiler.column_name(table, None, column);
    let mut equal = Fragment::sure(format!("{name} = ?"));
    equal.binds.push(bound(compiler, table, column, value)?);
    Ok(equal)
}

fn among(
    compiler: &Compiler<'_>,
    table: &Table,
    column: usize,
    values: &[Value],
) -> Result<Fragment, Error> {
    if values.is_empty() {
        // PostgreSQL has no empty list.
        return Ok(Fragment::sure("FALSE"));
    }
    let marks = vec!["?"; values.len()].join(", ");
    let name = compiler.column_name(table, None, column);
    let mut among = Fragment::sure(format!("{name} IN ({marks})"));
    for value in values {
        among.binds.push(bound(compiler, table, column, value)?);
    }
    Ok(among)
}

/// The value that a column is compared with: of a date-time only the instant.
pub(super) fn bound(
    compiler: &Compiler<'_>,
    table: &Table,
    column: usize,
    value: &Value,
) -> Result<Cell<'static>, Error> {
    let mut cells = Vec::with_capacity(2);
    encode(compiler.model, &table.columns[column], value, &mut cells)?;
    let cell = cells.into_iter().next().map(Cell::into_owned);
    Ok(match cell {
        // Equal to nothing, as the text would be: no row can hold it.
        Some(Cell::Text(text)) if !compiler.dialect.holds(&text) => Cell::Null,
        Some(cell) => cell,
        None => Cell::Null,
    })
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
