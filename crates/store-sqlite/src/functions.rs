//! The functions that statements call back for, and the order of decimals: what expressions mean is
//! defined in Rust, and SQLite asks for it row by row.

use std::borrow::Cow;
use std::sync::Arc;

use edm::Model;
use odata::Error;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use store::cell::Cell;
use store::scalar::{self, Scalars, Sum};

/// What a message of ours begins with, so that it can be told from SQLite's own.
const REFUSED: &str = "odata refused: ";
/// How messages begin by which SQLite says that a statement is beyond its limits.
const TOO_COMPLEX: [&str; 5] = [
    "Expression tree is too large",
    "parser stack overflow",
    "at most 64 tables in a join",
    "too many SQL variables",
    "too many terms",
];
/// What an internal error of ours begins with.
const BROKEN: &str = "odata failed: ";

/// Registers the functions on a connection: statements of queries need them to be prepared.
///
/// # Errors
/// What SQLite says.
pub fn register(connection: &Connection, model: &Arc<Model>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    let scalars = Arc::new(Scalars::new(model.clone()));
    let of = scalars.clone();
    connection.create_scalar_function("odata_call", -1, flags, move |context| {
        let signature = context.get_or_create_aux(0, |first| {
            let text = first.as_str().map_err(Error::internal)?;
            of.signature(text)
        });
        let cells = cells(context, 1)?;
        let signature = signature.map_err(ours)?;
        of.call(&signature, &cells).map(output).map_err(refused)
    })?;
    let of = scalars.clone();
    connection.create_scalar_function("odata_parse", 2, flags, move |context| {
        let name = context
            .get_raw(0)
            .as_str()
            .map_err(|e| ours(Error::internal(e)))?;
        let parsed = of.parse(name, &cell(context, 1)?);
        parsed.map(output).map_err(refused)
    })?;
    let of = scalars.clone();
    connection.create_scalar_function("odata_dynamic", 3, flags, move |context| {
        let text = |at: usize| context.get_raw(at).as_str();
        let (name, ty) = (
            text(1).map_err(|e| ours(Error::internal(e)))?,
            text(2).map_err(|e| ours(Error::internal(e)))?,
        );
        let found = of.dynamic(&cell(context, 0)?, name, ty);
        found.map(output).map_err(refused)
    })?;
    let of = scalars.clone();
    connection.create_scalar_function("odata_equal", 3, flags, move |context| {
        let name = context
            .get_raw(0)
            .as_str()
            .map_err(|e| ours(Error::internal(e)))?;
        of.equal(name, &cell(context, 1)?, &cell(context, 2)?)
            .map_err(refused)
    })?;
    connection.create_scalar_function("odata_lower", 1, flags, move |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(text) => Some(scalars.lower(&String::from_utf8_lossy(text))),
            _ => None,
        })
    })?;
    connection.create_scalar_function("odata_double", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(scalar::double),
            _ => None,
        })
    })?;
    // The value itself, which is not computed before a row leads there.
    let now_and_then = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("odata_later", 1, now_and_then, |context| {
        cell(context, 0).map(|cell| output(cell.into_owned()))
    })?;
    connection.create_aggregate_function("odata_sum", 1, flags, Decimals { average: false })?;
    connection.create_aggregate_function("odata_average", 1, flags, Decimals { average: true })?;
    connection.create_collation("odata_decimal", scalar::compare)
}

/// The exact sum or average of decimals.
struct Decimals {
    average: bool,
}

impl Aggregate<Sum, Option<String>> for Decimals {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Sum> {
        Ok(Sum::default())
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Sum) -> rusqlite::Result<()> {
        match cell(context, 0)? {
            Cell::Text(text) => sum.add(&text).map_err(refused),
            _ => Ok(()),
        }
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Sum>) -> rusqlite::Result<Option<String>> {
        let sum = sum.unwrap_or_default();
        let result = if self.average {
            sum.average()
        } else {
            Ok(sum.total())
        };
        result.map_err(refused)
    }
}

/// The client's mistake that a function of ours found, if the error is one.
pub(crate) fn refusal(error: &rusqlite::Error) -> Option<Error> {
    let rusqlite::Error::SqliteFailure(_, Some(message)) = error else {
        return None;
    };
    if message == "integer overflow" {
        return Some(Error::bad_request("The sum of integers is out of range."));
    }
    if TOO_COMPLEX.iter().any(|begin| message.starts_with(begin)) {
        let message = "The query is more complex than the database can carry out.";
        return Some(Error::bad_request(message));
    }
    if let Some(message) = message.strip_prefix(REFUSED) {
        return Some(Error::bad_request(message));
    }
    message.strip_prefix(BROKEN).map(Error::internal)
}

fn refused(error: Error) -> rusqlite::Error {
    let is_ours = error.internal.is_some();
    let text = match error.internal {
        Some(internal) => format!("{BROKEN}{internal}"),
        None => format!("{REFUSED}{}", error.message),
    };
    debug_assert!(!is_ours || text.starts_with(BROKEN));
    rusqlite::Error::UserFunctionError(text.into())
}

fn ours(error: impl std::error::Error) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(format!("{BROKEN}{error}").into())
}

fn cells<'c>(context: &'c Context<'_>, from: usize) -> rusqlite::Result<Vec<Cell<'c>>> {
    (from..context.len()).map(|at| cell(context, at)).collect()
}

fn cell<'c>(context: &'c Context<'_>, at: usize) -> rusqlite::Result<Cell<'c>> {
    Ok(match context.get_raw(at) {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Integer(n),
        ValueRef::Real(x) => Cell::Real(x),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).map_err(|e| ours(Error::internal(e)))?;
            Cell::Text(Cow::Borrowed(text))
        }
        ValueRef::Blob(bytes) => Cell::Blob(Cow::Borrowed(bytes)),
    })
}

fn output(cell: Cell<'static>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(match cell {
        Cell::Null => Value::Null,
        Cell::Integer(n) => Value::Integer(n),
        Cell::Real(x) => Value::Real(x),
        Cell::Text(text) => Value::Text(text.into_owned()),
        Cell::Blob(bytes) => Value::Blob(bytes.into_owned()),
    })
}
