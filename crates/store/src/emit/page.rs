//! Order and page: by key, never by offset, so that page 10,000 costs what page 1 costs.

use edm::Value;
use odata::Error;

use super::{Dialect, Emitter, Statement};
use crate::cell::Cell;
use crate::select::Order;

/// `ORDER BY`.
pub(super) fn order(emitter: &Emitter<'_>, order: &[Order], sql: &mut String) {
    for (i, term) in order.iter().enumerate() {
        sql.push_str(if i == 0 { " ORDER BY " } else { ", " });
        let column = &emitter.table.columns[term.column];
        if column.expression.is_none() {
            // A bare name could be taken for that of a selected expression.
            sql.push_str(&format!("\"{}\".", emitter.table.name));
        }
        sql.push_str(&emitter.column(term.column));
        if term.descending {
            sql.push_str(" DESC");
        }
        if emitter.table.columns[term.column].nullable {
            sql.push_str(emitter.dialect.nulls(term.descending));
        }
    }
}

/// `LIMIT` and `OFFSET`.
pub(super) fn limit(
    dialect: Dialect,
    limit: Option<u64>,
    offset: Option<u64>,
    out: &mut Statement,
) {
    let bound = |n: u64| Cell::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    if let Some(limit) = limit {
        out.sql.push_str(" LIMIT ?");
        out.binds.push(bound(limit));
    } else if offset.is_some() && dialect == Dialect::Sqlite {
        // SQLite has no offset without a limit.
        out.sql.push_str(" LIMIT -1");
    }
    if let Some(offset) = offset {
        out.sql.push_str(" OFFSET ?");
        out.binds.push(bound(offset));
    }
}

/// The condition that a row lies behind the row with these values.
///
/// Ascending columns without nulls compare as one row value, which an index answers by one
/// search; anything else is spelled out term by term, nulls first.
pub(super) fn after(
    emitter: &Emitter<'_>,
    order: &[Order],
    values: &[Value],
    out: &mut Statement,
) -> Result<(), Error> {
    if order.len() != values.len() || order.is_empty() {
        return Err(Error::internal(
            "a page token with another number of values than its order",
        ));
    }
    let simple = order.iter().all(|term| {
        let column = &emitter.table.columns[term.column];
        !term.descending && !column.nullable
    });
    if simple && values.iter().all(|v| !v.is_null()) {
        let columns: Vec<_> = order
            .iter()
            .map(|term| emitter.column(term.column))
            .collect();
        let marks = vec!["?"; columns.len()].join(", ");
        out.sql
            .push_str(&format!("({}) > ({marks})", columns.join(", ")));
        for (term, value) in order.iter().zip(values) {
            emitter.bind(term.column, value, out)?;
        }
        return Ok(());
    }
    spelled_out(emitter, order, values, out)
}

fn spelled_out(
    emitter: &Emitter<'_>,
    order: &[Order],
    values: &[Value],
    out: &mut Statement,
) -> Result<(), Error> {
    let (Some((term, later)), Some((value, rest))) = (order.split_first(), values.split_first())
    else {
        out.sql.push_str("FALSE");
        return Ok(());
    };
    let column = emitter.column(term.column);
    out.sql.push('(');
    match (value.is_null(), term.descending) {
        (true, false) => out.sql.push_str(&format!("{column} IS NOT NULL")),
        // Nulls come last in descending order: nothing lies behind them by this term alone.
        (true, true) => out.sql.push_str("FALSE"),
        (false, descending) => {
            let operator = if descending { "<" } else { ">" };
            out.sql.push_str(&format!("{column} {operator} ?"));
            emitter.bind(term.column, value, out)?;
            if descending && emitter.table.columns[term.column].nullable {
                out.sql.push_str(&format!(" OR {column} IS NULL"));
            }
        }
    }
    if !later.is_empty() {
        if value.is_null() {
            out.sql.push_str(&format!(" OR ({column} IS NULL AND "));
        } else {
            out.sql.push_str(&format!(" OR ({column} = ? AND "));
            emitter.bind(term.column, value, out)?;
        }
        spelled_out(emitter, later, rest, out)?;
        out.sql.push(')');
    }
    out.sql.push(')');
    Ok(())
}
