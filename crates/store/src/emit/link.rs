//! Rows that a table of links leads to.

use std::fmt::Write as _;

use odata::Error;

use super::{Emitter, Statement};
use crate::cell::{Cell, encode};
use crate::select::Linked;
use crate::table::Tables;

/// The condition that a row is linked to a source.
pub(super) fn exists(
    emitter: &Emitter<'_>,
    tables: &Tables,
    linked: &Linked,
    out: &mut Statement,
) -> Result<(), Error> {
    let link = tables.table(linked.link.table);
    let _ = write!(out.sql, "EXISTS (SELECT 1 FROM \"{}\"", link.name);
    let mut lead = "WHERE";
    for ((column, _), value) in linked.link.source.iter().zip(&linked.source) {
        let column = &link.columns[*column];
        let _ = write!(out.sql, " {lead} \"{}\".\"{}\" = ?", link.name, column.name);
        let mut cells = Vec::with_capacity(2);
        encode(emitter.model, column, value, &mut cells)?;
        out.binds
            .extend(cells.into_iter().next().map(Cell::into_owned));
        lead = "AND";
    }
    for (column, target) in &linked.link.target {
        let (column, target) = (&link.columns[*column], &emitter.table.columns[*target]);
        let _ = write!(
            out.sql,
            " {lead} \"{}\".\"{}\" = \"{}\".\"{}\"",
            link.name, column.name, emitter.table.name, target.name
        );
        lead = "AND";
    }
    out.sql.push(')');
    Ok(())
}
