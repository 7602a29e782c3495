//! Order and page: by key, never by offset, so that page 10,000 costs what page 1 costs.

use edm::Value;
use odata::Error;

use super::expression::Compiler;
use super::fragment::Fragment;
use super::scope::Env;
use super::{Dialect, Statement};
use crate::cell::Cell;
use crate::select::{Order, OrderKey};
use crate::table::{ColumnKind, Table};

/// A term of an order: what is ordered by, and where a bare name would not do.
pub(super) struct Term {
    key: Fragment,
    /// As `ORDER BY` writes it: a bare name could be taken for that of a selected expression.
    ordered: Fragment,
    descending: bool,
}

/// The terms of an order.
///
/// # Errors
/// 400 for complex values and collections, which have no order.
pub(super) fn terms<'m>(
    compiler: &Compiler<'m>,
    env: &Env<'m>,
    table: &'m Table,
    order: &[Order<'m>],
) -> Result<Vec<Term>, Error> {
    order
        .iter()
        .map(|term| {
            let (found, ordered) = match term.by {
                OrderKey::Column(column) => {
                    let qualified = compiler.within(|| Ok(compiler.column(table, None, column)))?;
                    let found = compiler.column(table, None, column);
                    let ordered = match table.columns[column].expression {
                        Some(_) => found.clone(),
                        None => qualified,
                    };
                    (found, ordered)
                }
                OrderKey::Expr(expr) => {
                    let found = compiler.expression(env, expr)?;
                    let ty = expr.ty().unwrap_or_else(|| found.ty.clone());
                    let mut found = compiler.coerce(found, &ty);
                    if found.constant.is_some() {
                        // A number would be taken for that of a column.
                        let ty = found.ty.clone();
                        found = Fragment {
                            nullable: true,
                            ..Fragment::join(ty, "COALESCE({0}, {0})", &[&found])
                        };
                    }
                    (found.clone(), found)
                }
            };
            if matches!(found.kind, ColumnKind::Json | ColumnKind::Geo) {
                let message = "$orderby: complex values, collections and shapes have no order.";
                return Err(Error::bad_request(message).with_target("$orderby"));
            }
            Ok(Term {
                key: collated(compiler.dialect, &found.key(compiler.dialect), term),
                ordered: collated(compiler.dialect, &ordered.key(compiler.dialect), term),
                descending: term.descending,
            })
        })
        .collect()
}

/// An expression that makes text is ordered by code point; columns are by themselves.
fn collated(dialect: Dialect, key: &Fragment, term: &Order<'_>) -> Fragment {
    let is_text = matches!(key.kind, ColumnKind::Text | ColumnKind::Guid);
    if dialect == Dialect::Sqlite || !is_text || matches!(term.by, OrderKey::Column(_)) {
        return key.clone();
    }
    let mut collated = Fragment::join(key.ty.clone(), "({0} COLLATE \"C\")", &[key]);
    collated.nullable = key.nullable;
    collated
}

/// `ORDER BY`.
pub(super) fn order(dialect: Dialect, terms: &[Term], out: &mut Statement) {
    for (i, term) in terms.iter().enumerate() {
        out.sql.push_str(if i == 0 { " ORDER BY " } else { ", " });
        term.ordered.write(out);
        if term.descending {
            out.sql.push_str(" DESC");
        }
        if term.key.nullable {
            out.sql.push_str(dialect.nulls(term.descending));
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
pub(super) fn behind(
    compiler: &Compiler<'_>,
    terms: &[Term],
    values: &[Value],
) -> Result<Fragment, Error> {
    let mut out = Statement {
        sql: String::new(),
        binds: Vec::new(),
    };
    after(compiler, terms, values, &mut out)?;
    let mut behind = Fragment::sure(out.sql);
    behind.binds = out.binds;
    behind.fallible = terms.iter().any(|term| term.key.fallible);
    Ok(behind)
}

/// Writes the condition.
///
/// Ascending terms without nulls compare as one row value, which an index answers by one
/// search; anything else is spelled out term by term, nulls first.
fn after(
    compiler: &Compiler<'_>,
    terms: &[Term],
    values: &[Value],
    out: &mut Statement,
) -> Result<(), Error> {
    if terms.len() != values.len() || terms.is_empty() {
        return Err(Error::internal(
            "a page token with another number of values than its order",
        ));
    }
    let is_simple = |term: &Term| {
        !term.descending && !term.key.nullable && term.key.kind != ColumnKind::Decimal
    };
    if terms.iter().all(is_simple) && values.iter().all(|v| !v.is_null()) {
        let mut left = String::new();
        let mut right = Statement {
            sql: String::new(),
            binds: Vec::new(),
        };
        for (i, (term, value)) in terms.iter().zip(values).enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            left.push_str(comma);
            left.push_str(&term.key.sql);
            out.binds.extend(term.key.binds.iter().cloned());
            right.sql.push_str(comma);
            bound(compiler, term, value)?.write(&mut right);
        }
        out.sql.push_str(&format!("({left}) > ({})", right.sql));
        out.binds.extend(right.binds);
        return Ok(());
    }
    spelled_out(compiler, terms, values, out)
}

/// The value that a term's key is compared with.
fn bound(compiler: &Compiler<'_>, term: &Term, value: &Value) -> Result<Fragment, Error> {
    let mut bound = Fragment::of(term.key.ty.clone(), "?");
    let cell = match value {
        Value::Boolean(truth) => Cell::Integer((*truth).into()),
        Value::Integer(n) | Value::Enum(n) => Cell::Integer(*n),
        Value::Double(x) => Cell::Real(*x),
        Value::DateTimeOffset(instant) => Cell::Integer(instant.ticks),
        Value::TimeOfDay(time) => Cell::Integer(time.ticks),
        Value::Duration(duration) => Cell::Integer(duration.ticks),
        Value::Date(date) => Cell::Integer(date.days.into()),
        Value::Decimal(text) => {
            if compiler.dialect == Dialect::Postgres {
                bound.sql = "CAST(? AS NUMERIC)".to_owned();
            }
            Cell::Text(text.clone().into())
        }
        Value::String(text) if compiler.dialect.holds(text) => Cell::Text(text.clone().into()),
        // No row has it: the page was not one of this database's. Nothing equals null.
        Value::String(_) => Cell::Null,
        Value::Guid(guid) => Cell::Text(guid.to_string().into()),
        Value::Binary(bytes) => Cell::Blob(bytes.clone().into()),
        Value::Null
        | Value::Geo(_)
        | Value::Complex(_)
        | Value::Collection(_)
        | Value::Dynamic(_) => {
            return Err(Error::internal("a page token with a value without order"));
        }
    };
    bound.binds.push(cell);
    Ok(bound)
}

fn spelled_out(
    compiler: &Compiler<'_>,
    terms: &[Term],
    values: &[Value],
    out: &mut Statement,
) -> Result<(), Error> {
    let (Some((term, later)), Some((value, rest))) = (terms.split_first(), values.split_first())
    else {
        out.sql.push_str("FALSE");
        return Ok(());
    };
    out.sql.push('(');
    match (value.is_null(), term.descending) {
        (true, false) => {
            term.key.write(out);
            out.sql.push_str(" IS NOT NULL");
        }
        // Nulls come last in descending order: nothing lies behind them by this term alone.
        (true, true) => out.sql.push_str("FALSE"),
        (false, descending) => {
            term.key.write(out);
            out.sql.push_str(if descending { " < " } else { " > " });
            bound(compiler, term, value)?.write(out);
            if descending && term.key.nullable {
                out.sql.push_str(" OR ");
                term.key.write(out);
                out.sql.push_str(" IS NULL");
            }
        }
    }
    if !later.is_empty() {
        out.sql.push_str(" OR (");
        term.key.write(out);
        if value.is_null() {
            out.sql.push_str(" IS NULL AND ");
        } else {
            out.sql.push_str(" = ");
            bound(compiler, term, value)?.write(out);
            out.sql.push_str(" AND ");
        }
        spelled_out(compiler, later, rest, out)?;
        out.sql.push(')');
    }
    out.sql.push(')');
    Ok(())
}
