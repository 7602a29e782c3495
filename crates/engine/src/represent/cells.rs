//! Column values as JSON.

use std::io::Write as _;

use edm::{ItemType, Model, Primitive};
use odata::Error;
use odata::json::{self, Style};
use store::cell::{Cell, date_time, decode};
use store::{Cells, Column, ColumnKind};

/// Cells that are at hand already.
pub(super) struct Encoded<'a>(pub(super) &'a [Cell<'a>]);

impl Cells for Encoded<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error> {
        self.0
            .get(index)
            .cloned()
            .ok_or_else(|| Error::internal("a row has too few values"))
    }
}

/// Writes one column's value. What is common goes straight from the cell.
pub(super) fn write(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    column: &Column,
    cells: &dyn Cells,
    at: usize,
) -> Result<(), Error> {
    let cell = cells.cell(at)?;
    match (column.kind, &cell) {
        (_, Cell::Null) => out.extend_from_slice(b"null"),
        (ColumnKind::Boolean, Cell::Integer(n)) => {
            out.extend_from_slice(if *n == 0 { b"false" } else { b"true" });
        }
        (ColumnKind::Integer, Cell::Integer(n)) => {
            let number = in_range(column, *n);
            let quoted = style.ieee754 && column.ty.item == ItemType::Primitive(Primitive::Int64);
            let _ = if quoted {
                write!(out, "\"{number}\"")
            } else {
                write!(out, "{number}")
            };
        }
        (ColumnKind::Enum, Cell::Integer(n)) => write_member(out, model, style, column, *n),
        (ColumnKind::Text | ColumnKind::Guid, Cell::Text(text)) => json::write_string(out, text),
        (ColumnKind::Blob, Cell::Blob(bytes)) => json::write_base64(out, bytes, style),
        (ColumnKind::DateTimeOffset, Cell::Integer(ticks)) => {
            let time = date_time(*ticks, &cells.cell(at + 1)?)
                .ok_or_else(|| Error::internal(format!("{} holds no date-time", column.name)))?;
            let _ = write!(out, "\"{time}\"");
        }
        _ => {
            let value = decode(model, column, cells, at)?;
            json::write_value(out, model, style, &column.ty, &value);
        }
    }
    Ok(())
}

/// A sum may pass the range of its property's type; a typed client could not read it.
fn in_range(column: &Column, number: i64) -> i64 {
    let range = match column.ty.item {
        ItemType::Primitive(primitive) => primitive.integer_range(),
        _ => None,
    };
    range.map_or(number, |(least, greatest)| number.clamp(least, greatest))
}

fn write_member(out: &mut Vec<u8>, model: &Model, style: Style, column: &Column, number: i64) {
    let name = match column.ty.item {
        ItemType::Enum(id) if !model.enum_type(id).is_flags => model.enum_type(id).name_of(number),
        _ => None,
    };
    match name {
        Some(name) => json::write_string(out, name),
        None => {
            let value = edm::Value::Enum(number);
            json::write_value(out, model, style, &column.ty, &value);
        }
    }
}
