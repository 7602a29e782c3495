//! SQL values on their way to and from the server, in its binary format.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::{BufMut as _, BytesMut};
use edm::{Model, Value};
use odata::Error;
use store::cell::{Cell, encode};
use store::{Cells, Table};

use crate::client::Bound;

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value bound to a statement.
#[derive(Debug)]
pub(crate) struct Parameter<'a>(pub(crate) &'a Cell<'a>);

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Cell::Null => return Ok(IsNull::Yes),
            Cell::Integer(n) if *ty == Type::INT8 => out.put_i64(*n),
            Cell::Integer(n) if *ty == Type::INT4 => out.put_i32(i32::try_from(*n)?),
            Cell::Integer(n) if *ty == Type::INT2 => out.put_i16(i16::try_from(*n)?),
            Cell::Real(x) if *ty == Type::FLOAT8 => out.put_f64(*x),
            Cell::Text(text) if *ty == Type::TEXT => out.put_slice(text.as_bytes()),
            Cell::Blob(bytes) if *ty == Type::BYTEA => out.put_slice(bytes),
            cell => return Err(format!("{cell:?} was bound where {ty} is wanted").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // Whether value and type fit is seen by both together.
        true
    }

    to_sql_checked!();
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::One(cell) => Parameter(cell).to_sql(ty, out),
            Self::Many(cells) => cells
                .iter()
                .map(Parameter)
                .collect::<Vec<_>>()
                .to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The values of rows in these columns, as one array for each SQL column.
pub(crate) fn arrays<'v, R>(
    model: &Model,
    table: &Table,
    columns: &[usize],
    rows: impl Iterator<Item = R>,
) -> Result<Vec<Bound<'v>>, Error>
where
    R: Iterator<Item = &'v Value>,
{
    let width: usize = columns.iter().map(|c| table.columns[*c].width()).sum();
    let mut arrays: Vec<Vec<Cell<'v>>> = std::iter::repeat_with(Vec::new).take(width).collect();
    let mut cells = Vec::with_capacity(width);
    for row in rows {
        cells.clear();
        for (column, value) in columns.iter().zip(row) {
            encode(model, &table.columns[*column], value, &mut cells)?;
        }
        if cells.len() != width {
            return Err(Error::internal("a row without some of its columns"));
        }
        for (array, cell) in arrays.iter_mut().zip(cells.drain(..)) {
            array.push(cell);
        }
    }
    Ok(arrays.into_iter().map(Bound::Many).collect())
}

/// The type that a value has by itself.
pub(crate) fn type_of(cell: &Cell<'_>) -> Type {
    match cell {
        // The server finds it by what the parameter is compared with.
        Cell::Null => Type::UNKNOWN,
        Cell::Integer(_) => Type::INT8,
        Cell::Real(_) => Type::FLOAT8,
        Cell::Text(_) => Type::TEXT,
        Cell::Blob(_) => Type::BYTEA,
    }
}

struct Found<'a>(Cell<'a>);

impl<'a> FromSql<'a> for Found<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT8 => Cell::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Cell::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Cell::Integer(i16::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Cell::Real(f64::from_sql(ty, raw)?),
            Type::TEXT => Cell::Text(Cow::Borrowed(std::str::from_utf8(raw)?)),
            Type::BYTEA => Cell::Blob(Cow::Borrowed(raw)),
            _ => return Err(format!("a value of type {ty} is not one of ours").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(Cell::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A row that came from the server.
pub(crate) struct PostgresRow<'r>(pub(crate) &'r Row);

impl Cells for PostgresRow<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error> {
        let found: Found<'_> = self.0.try_get(index).map_err(Error::internal)?;
        Ok(found.0)
    }
}
