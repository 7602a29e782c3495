//! The order of a collection.

use odata::Error;
use odata::expr::Expr;
use odata::query::OrderBy;
use store::Order;

use crate::core::Core;
use crate::target::Target;

/// What was asked for, then the key, so that the order is total.
///
/// # Errors
/// 400 for what has no order.
pub(super) fn total(
    core: &Core,
    target: &Target,
    orderby: &[OrderBy],
) -> Result<Vec<Order>, Error> {
    let table = core.tables.table(target.table);
    let mut order = Vec::with_capacity(orderby.len() + 2);
    for item in orderby {
        let column = own_column(&item.expr).ok_or_else(|| {
            Error::bad_request("$orderby: only properties of the entity itself order it here.")
                .with_target("$orderby")
        })?;
        if table.columns[column].kind == store::ColumnKind::Json {
            return Err(Error::bad_request(
                "$orderby: complex values and collections have no order.",
            )
            .with_target("$orderby"));
        }
        if !order.iter().any(|term: &Order| term.column == column) {
            order.push(Order {
                column,
                descending: item.descending,
            });
        }
    }
    for column in &table.key {
        let fixed = target.fixed.iter().any(|(c, _)| c == column);
        if !fixed && !order.iter().any(|term| term.column == *column) {
            order.push(Order {
                column: *column,
                descending: false,
            });
        }
    }
    Ok(order)
}

fn own_column(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Path(path) => path.own_property().map(|(_, ordinal)| ordinal),
        _ => None,
    }
}
