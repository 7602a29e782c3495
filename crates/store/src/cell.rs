//! Between the model's values and SQL's: what is bound to a statement, what a row holds.

use std::borrow::Cow;

use edm::time::{Date, DateTimeOffset, Duration, Form, TimeOfDay};
use edm::{Geo, Model, Value};
use odata::{Error, json};

use crate::table::{Column, ColumnKind, Row, Table};
use crate::transaction::Cells;

/// An SQL value: borrowed from a row, or to be bound to a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// A 64-bit integer.
    Integer(i64),
    /// A binary64 number.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

impl Cell<'_> {
    /// The same value with its text and bytes owned.
    #[must_use]
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(n) => Cell::Integer(n),
            Self::Real(x) => Cell::Real(x),
            Self::Text(t) => Cell::Text(Cow::Owned(t.into_owned())),
            Self::Blob(b) => Cell::Blob(Cow::Owned(b.into_owned())),
        }
    }
}

/// Appends a column's value as SQL values: one, or two for a date-time.
///
/// # Errors
/// If the value is not of the column's type: our own mistake, never a client's.
pub fn encode<'v>(
    model: &Model,
    column: &Column,
    value: &'v Value,
    out: &mut Vec<Cell<'v>>,
) -> Result<(), Error> {
    if let Value::DateTimeOffset(time) = value
        && column.kind == ColumnKind::DateTimeOffset
    {
        out.push(Cell::Integer(time.ticks));
        out.push(Cell::Integer(time.form.to_i32().into()));
        return Ok(());
    }
    if value.is_null() {
        out.extend((0..column.width()).map(|_| Cell::Null));
        return Ok(());
    }
    out.push(encode_single(model, column, value)?);
    Ok(())
}

fn encode_single<'v>(model: &Model, column: &Column, value: &'v Value) -> Result<Cell<'v>, Error> {
    Ok(match (column.kind, value) {
        (ColumnKind::Boolean, Value::Boolean(b)) => Cell::Integer((*b).into()),
        (ColumnKind::Integer, Value::Integer(n)) | (ColumnKind::Enum, Value::Enum(n)) => {
            Cell::Integer(*n)
        }
        (ColumnKind::Double, Value::Double(x)) => Cell::Real(*x),
        (ColumnKind::Text, Value::String(s)) | (ColumnKind::Decimal, Value::Decimal(s)) => {
            Cell::Text(Cow::Borrowed(s))
        }
        (ColumnKind::Blob, Value::Binary(b)) => Cell::Blob(Cow::Borrowed(b)),
        (ColumnKind::Guid, Value::Guid(g)) => Cell::Text(Cow::Owned(g.to_string())),
        (ColumnKind::Date, Value::Date(d)) => Cell::Integer(d.days.into()),
        (ColumnKind::TimeOfDay, Value::TimeOfDay(t)) => Cell::Integer(t.to_i64()),
        (ColumnKind::Duration, Value::Duration(d)) => Cell::Integer(d.ticks),
        (ColumnKind::Geo, Value::Geo(geo)) => Cell::Text(Cow::Owned(geo.to_string())),
        (ColumnKind::Json, value) => {
            let mut text = Vec::new();
            json::write_stored_value(&mut text, model, &column.ty, value);
            Cell::Text(Cow::Owned(
                String::from_utf8(text).map_err(Error::internal)?,
            ))
        }
        (kind, value) => {
            return Err(Error::internal(format!(
                "column {} of kind {kind:?} was given {value:?}",
                column.name
            )));
        }
    })
}

/// The value of a column whose SQL values stand at `at` in a row.
///
/// # Errors
/// If the database holds what the column cannot: it was written by something else.
pub fn decode(
    model: &Model,
    column: &Column,
    cells: &dyn Cells,
    at: usize,
) -> Result<Value, Error> {
    let cell = cells.cell(at)?;
    if cell == Cell::Null {
        return Ok(Value::Null);
    }
    let corrupt =
        |found: &Cell<'_>| Error::internal(format!("column {} holds {found:?}", column.name));
    Ok(match (column.kind, cell) {
        (ColumnKind::Boolean, Cell::Integer(n)) => Value::Boolean(n != 0),
        (ColumnKind::Integer, Cell::Integer(n)) => Value::Integer(n),
        (ColumnKind::Enum, Cell::Integer(n)) => Value::Enum(n),
        (ColumnKind::Double, Cell::Real(x)) => Value::Double(x),
        (ColumnKind::Text, Cell::Text(t)) => Value::String(t.into_owned()),
        (ColumnKind::Decimal, Cell::Text(t)) => Value::Decimal(t.into_owned()),
        (ColumnKind::Blob, Cell::Blob(b)) => Value::Binary(b.into_owned()),
        (ColumnKind::Guid, Cell::Text(t)) => {
            Value::Guid(t.parse().map_err(|_| corrupt(&Cell::Text(t)))?)
        }
        (ColumnKind::Date, cell @ Cell::Integer(n)) => Value::Date(Date {
            days: i32::try_from(n).map_err(|_| corrupt(&cell))?,
        }),
        (ColumnKind::DateTimeOffset, Cell::Integer(ticks)) => Value::DateTimeOffset(
            date_time(ticks, &cells.cell(at + 1)?).ok_or_else(|| corrupt(&Cell::Integer(ticks)))?,
        ),
        (ColumnKind::TimeOfDay, cell @ Cell::Integer(n)) => {
            Value::TimeOfDay(TimeOfDay::from_i64(n).ok_or_else(|| corrupt(&cell))?)
        }
        (ColumnKind::Duration, Cell::Integer(n)) => Value::Duration(Duration { ticks: n }),
        (ColumnKind::Geo, Cell::Text(t)) => {
            let geo = Geo::parse(&t).map_err(|_| corrupt(&Cell::Text(t)))?;
            Value::Geo(Box::new(geo))
        }
        (ColumnKind::Json, Cell::Text(t)) => json::value_from_json_text(model, &column.ty, &t)?,
        (_, found) => return Err(corrupt(&found)),
    })
}

/// A date-time of its two columns.
#[must_use]
pub fn date_time(ticks: i64, form: &Cell<'_>) -> Option<DateTimeOffset> {
    let Cell::Integer(form) = form else {
        return None;
    };
    let form = i32::try_from(*form).ok().and_then(Form::from_i32)?;
    Some(DateTimeOffset { ticks, form })
}

/// A whole row of a table, all of whose columns were selected in order.
///
/// # Errors
/// As [`decode`].
pub fn decode_row(model: &Model, table: &Table, cells: &dyn Cells) -> Result<Row, Error> {
    let mut at = 0;
    table
        .columns
        .iter()
        .map(|column| {
            let value = decode(model, column, cells, at);
            at += column.width();
            value
        })
        .collect()
}
