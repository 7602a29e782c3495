//! The order of a collection.

use odata::expr::Expr;
use odata::query::OrderBy;
use store::{Order, OrderKey};

use crate::core::Core;
use crate::target::Target;

/// What was asked for, then the key, so that the order is total.
pub(super) fn total<'a>(core: &Core, target: &Target, orderby: &'a [OrderBy]) -> Vec<Order<'a>> {
    let table = core.tables.table(target.table);
    let mut order = Vec::with_capacity(orderby.len() + 2);
    for item in orderby {
        let term = Order::expression(table, &item.expr, item.descending);
        if !order.iter().any(|known: &Order<'_>| known.by == term.by) {
            order.push(term);
        }
    }
    for column in &table.key {
        let fixed = target.fixed.iter().any(|(c, _)| c == column);
        let term = Order::column(*column, false);
        if !fixed && !order.iter().any(|known| known.by == term.by) {
            order.push(term);
        }
    }
    order
}

/// The expressions of an order, which are read behind all columns.
pub(super) fn expressions<'a>(order: &[Order<'a>]) -> impl Iterator<Item = &'a Expr> {
    order.iter().filter_map(|term| match term.by {
        OrderKey::Column(_) => None,
        OrderKey::Expr(expr) => Some(expr),
    })
}
