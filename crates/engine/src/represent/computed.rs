//! Expressions of one entity that is at hand as a row: only the database knows where their paths
//! lead.

use edm::{Primitive, TypeRef, Value};
use odata::Error;
use odata::expr::Expr;
use odata::query::{Compute, QueryOptions};
use store::cell::decode;
use store::{Column, Reader, Row, Select, TableId};

use super::{Representation, computed};
use crate::core::Core;

/// The column that an expression is read as; null may be of any type.
pub(crate) fn column_of(expr: &Expr) -> Column {
    let ty = expr.ty();
    store::expression_column(
        "value",
        ty.unwrap_or_else(|| TypeRef::primitive(Primitive::String)),
    )
}

/// The values of expressions of the entity in a row, which `compute` may be named in.
///
/// # Errors
/// The database's, and if the row is not there any more.
pub(crate) fn of_row(
    core: &Core,
    reader: &mut dyn Reader,
    (table, row): (TableId, &Row),
    compute: &[Compute],
    exprs: &[&Expr],
) -> Result<Vec<Value>, Error> {
    let columns = core.tables.table(table);
    let mut select = Select::all(table, 0);
    select.fixed = columns
        .key
        .iter()
        .copied()
        .zip(columns.key_of(row))
        .collect();
    select.compute = compute.iter().collect();
    select.expressions = exprs.to_vec();
    select.limit = Some(1);
    (select.now, select.today) = (core.clock.now(), core.today());
    let mut found = None;
    reader.select(&select, &mut |cells| {
        let mut values = Vec::with_capacity(exprs.len());
        let mut at = 0;
        for expr in exprs {
            let column = column_of(expr);
            values.push(decode(&core.model, &column, cells, at)?);
            at += column.width();
        }
        found = Some(values);
        Ok(())
    })?;
    found.ok_or_else(|| Error::not_found("The entity is not there any more."))
}

impl<'c> Representation<'c> {
    /// Shows what `$compute` adds to the entity in a row.
    ///
    /// # Errors
    /// As [`of_row`].
    pub(crate) fn compute_row(
        &mut self,
        reader: &mut dyn Reader,
        (table, row): (TableId, &Row),
        options: &'c QueryOptions,
    ) -> Result<(), Error> {
        let shown = computed(options);
        if shown.is_empty() {
            return Ok(());
        }
        let exprs: Vec<&Expr> = shown.iter().map(|compute| &compute.expr).collect();
        let values = of_row(self.core, reader, (table, row), &options.compute, &exprs)?;
        self.values = values;
        self.computed = shown;
        Ok(())
    }
}
