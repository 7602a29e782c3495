//! Rows that a table of links leads to.

use std::fmt::Write as _;

use odata::Error;

use super::expression::Compiler;
use super::fragment::Fragment;
use super::select::bound;
use crate::select::Linked;
use crate::table::Table;

/// The condition that a row is linked to a source.
pub(super) fn exists(
    compiler: &Compiler<'_>,
    table: &Table,
    linked: &Linked,
) -> Result<Fragment, Error> {
    let link = compiler.tables.table(linked.link.table);
    let mut exists = Fragment::sure("EXISTS (SELECT 1 FROM ");
    exists.push(&compiler.source(linked.link.table, None));
    let mut lead = "WHERE";
    for ((column, _), value) in linked.link.source.iter().zip(&linked.source) {
        let name = &link.columns[*column].name;
        let _ = write!(exists.sql, " {lead} \"{}\".\"{name}\" = ?", link.name);
        exists.binds.push(bound(compiler, link, *column, value)?);
        lead = "AND";
    }
    for (column, target) in &linked.link.target {
        let (column, target) = (&link.columns[*column], &table.columns[*target]);
        let _ = write!(
            exists.sql,
            " {lead} \"{}\".\"{}\" = \"{}\".\"{}\"",
            link.name, column.name, table.name, target.name
        );
        lead = "AND";
    }
    exists.sql.push(')');
    Ok(exists)
}
