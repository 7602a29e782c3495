//! The order of a collection.

use odata::expr::Expr;
use odata::query::OrderBy;
use store::{Order, OrderKey, Table};

/// What was asked for, each term once.
pub(super) fn terms<'a>(table: &Table, orderby: &'a [OrderBy]) -> Vec<Order<'a>> {
    let mut order = Vec::with_capacity(orderby.len() + 2);
    for item in orderby {
        let term = Order::expression(table, &item.expr, item.descending);
        if !order.iter().any(|known: &Order<'_>| known.by == term.by) {
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
