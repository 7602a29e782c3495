//! Rows as JSON: straight from column values, no tree in between.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edm::{ItemType, Model, StructuredId};
use odata::expr::Step;
use odata::query::{QueryOptions, SelectItem};
use odata::{Error, json};
use store::cell::{Cell, date_time, encode};
use store::{Cells, Column, ColumnKind, ColumnSet, Row, Table, TableId};

use crate::core::Core;

/// How entities of one type are written for one request.
pub(crate) struct Representation<'c> {
    core: &'c Core,
    table: &'c Table,
    of: StructuredId,
    /// The properties in the order of the type, and which are written as null without being read.
    properties: Vec<(usize, bool)>,
    /// The columns to read, in order.
    columns: Vec<usize>,
}

impl<'c> Representation<'c> {
    /// The selected properties of a table's entities; what lists leave out is null in them.
    pub(crate) fn new(
        core: &'c Core,
        table: TableId,
        of: StructuredId,
        options: &QueryOptions,
        list: bool,
    ) -> Self {
        let left_out = if list {
            core.service.left_out_of_lists(of)
        } else {
            ColumnSet::default()
        };
        let count = core.model.structured(of).properties.len();
        let properties: Vec<(usize, bool)> = match &options.select {
            None => (0..count)
                .map(|ordinal| (ordinal, left_out.contains(ordinal)))
                .collect(),
            Some(selection) if selection.all => {
                (0..count).map(|ordinal| (ordinal, false)).collect()
            }
            Some(selection) => {
                let first = |item: &SelectItem| match item.path.steps.first() {
                    Some(Step::Property { ordinal, .. }) => Some(*ordinal),
                    _ => None,
                };
                let mut chosen: Vec<usize> = selection.items.iter().filter_map(first).collect();
                chosen.sort_unstable();
                chosen.dedup();
                chosen.into_iter().map(|ordinal| (ordinal, false)).collect()
            }
        };
        let read = properties.iter().filter(|(_, null)| !null);
        let columns = read.map(|(ordinal, _)| *ordinal).collect();
        Self {
            core,
            table: core.tables.table(table),
            of,
            properties,
            columns,
        }
    }

    /// The columns to read, in order.
    pub(crate) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// How many SQL values the columns take.
    pub(crate) fn width(&self) -> usize {
        self.columns
            .iter()
            .map(|column| self.table.columns[*column].width())
            .sum()
    }

    /// Writes the members of an entity, without the braces: `"@odata.type":…,"id":…`.
    pub(crate) fn members(&self, out: &mut Vec<u8>, cells: &dyn Cells) -> Result<(), Error> {
        let shape = self
            .core
            .shape(self.of)
            .ok_or_else(|| Error::internal("an entity type without a shape"))?;
        let mut separate = false;
        if self.core.service.profile().shows_type {
            out.extend_from_slice(shape.type_member());
            separate = true;
        }
        let mut at = 0;
        for (ordinal, null) in &self.properties {
            if separate {
                out.push(b',');
            }
            separate = true;
            out.extend_from_slice(shape.property(*ordinal));
            if *null {
                out.extend_from_slice(b"null");
                continue;
            }
            let column = &self.table.columns[*ordinal];
            write_cell(out, &self.core.model, column, cells, at)?;
            at += column.width();
        }
        Ok(())
    }

    /// Writes the members of an entity from a whole row.
    pub(crate) fn members_of_row(&self, out: &mut Vec<u8>, row: &Row) -> Result<(), Error> {
        let mut cells = Vec::with_capacity(self.properties.len() + 4);
        for &column in &self.columns {
            encode(
                &self.core.model,
                &self.table.columns[column],
                &row[column],
                &mut cells,
            )?;
        }
        self.members(out, &Encoded(&cells))
    }
}

/// Cells that are at hand already.
struct Encoded<'a>(&'a [Cell<'a>]);

impl Cells for Encoded<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error> {
        self.0
            .get(index)
            .cloned()
            .ok_or_else(|| Error::internal("a row has too few values"))
    }
}

/// Writes one column's value.
pub(crate) fn write_cell(
    out: &mut Vec<u8>,
    model: &Model,
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
            let _ = write!(out, "{}", in_range(column, *n));
        }
        (ColumnKind::Enum, Cell::Integer(n)) => write_member(out, model, column, *n),
        (ColumnKind::Text | ColumnKind::Guid, Cell::Text(text)) => json::write_string(out, text),
        // Complex values and collections are stored as the JSON they are answered as.
        (ColumnKind::Json, Cell::Text(text)) => out.extend_from_slice(text.as_bytes()),
        (ColumnKind::Blob, Cell::Blob(bytes)) => {
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
        (ColumnKind::DateTimeOffset, Cell::Integer(ticks)) => {
            let time = date_time(*ticks, &cells.cell(at + 1)?)
                .ok_or_else(|| Error::internal(format!("{} holds no date-time", column.name)))?;
            let _ = write!(out, "\"{time}\"");
        }
        _ => {
            let value = store::cell::decode(model, column, cells, at)?;
            json::write_value(out, model, &column.ty, &value);
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

fn write_member(out: &mut Vec<u8>, model: &Model, column: &Column, number: i64) {
    let name = match column.ty.item {
        ItemType::Enum(id) if !model.enum_type(id).is_flags => model.enum_type(id).name_of(number),
        _ => None,
    };
    match name {
        Some(name) => json::write_string(out, name),
        None => json::write_value(out, model, &column.ty, &edm::Value::Enum(number)),
    }
}
