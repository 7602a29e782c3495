//! What is read: one table, its conditions, order and page.

use edm::time::DateTimeOffset;
use edm::{StructuredId, TypeRef, Value};
use odata::expr::Expr;
use odata::query::{Compute, Search};

use crate::table::{Column, Link, Table, TableId, kind_of};
use crate::visibility::Visibility;

/// A read of one table, ready to be written as SQL.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    /// The table.
    pub table: TableId,
    /// The columns to read, in this order; empty reads none (for a count).
    pub columns: Vec<usize>,
    /// Expressions to read behind the columns, in this order: each as [`crate::cell::decode`] reads
    /// the column that [`expression_column`] makes.
    pub expressions: Vec<&'a Expr>,
    /// The dynamic properties of the rows, which the other expressions may name.
    pub compute: Vec<&'a Compute>,
    /// Columns that must equal a value: the parents' key, the target of a navigation.
    pub fixed: Vec<(usize, Value)>,
    /// A column that must equal one of many values.
    pub among: Option<(usize, Vec<Value>)>,
    /// Only targets of a source in a table of links.
    pub linked: Option<&'a Linked>,
    /// Only rows of this type and of those derived from it.
    pub of: Option<StructuredId>,
    /// The bound `$filter`, and those of the path: rows that all of them hold for.
    pub filter: Vec<&'a Expr>,
    /// The bound `$search`.
    pub search: Option<&'a Search>,
    /// The order; for pages ended by [`Select::order_by_key`].
    pub order: Vec<Order<'a>>,
    /// Only rows behind the row with these values of the order's terms.
    pub after: Option<Vec<Value>>,
    /// At most this many rows.
    pub limit: Option<u64>,
    /// Without this many rows at the beginning.
    pub offset: Option<u64>,
    /// Today in UTC as days since 0001-01-01, for virtual columns over the last days.
    pub today: i32,
    /// What `now()` is.
    pub now: DateTimeOffset,
    /// What may be seen of this table and of every other that the read leads to; without it, all.
    /// A confined transaction puts it here: see [`crate::confined()`].
    pub visibility: Option<&'a Visibility>,
}

/// What is linked to one source.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// The table of links.
    pub link: Link,
    /// The values of the link's source columns, in their order.
    pub source: Vec<Value>,
}

/// One term of an order. Nulls come first in ascending order (OData 4.01 Protocol, section
/// 11.2.6.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order<'a> {
    /// What is ordered by.
    pub by: OrderKey<'a>,
    /// Greatest first.
    pub descending: bool,
}

/// What a term of an order is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OrderKey<'a> {
    /// A column, which an index may serve.
    Column(usize),
    /// Any other expression.
    Expr(&'a Expr),
}

impl<'a> Order<'a> {
    /// An order by a column.
    #[must_use]
    pub fn column(column: usize, descending: bool) -> Self {
        Self {
            by: OrderKey::Column(column),
            descending,
        }
    }

    /// An order by an expression: by its column, if it is nothing but one that has an order.
    #[must_use]
    pub fn expression(table: &Table, expr: &'a Expr, descending: bool) -> Self {
        let own = match expr {
            Expr::Path(path) => path.own_property(),
            _ => None,
        };
        let column = own.and_then(|(of, ordinal)| table.column_of(of, ordinal));
        let by = column.map_or(OrderKey::Expr(expr), OrderKey::Column);
        Self { by, descending }
    }

    /// The type of the values, null included.
    #[must_use]
    pub fn ty(&self, table: &Table) -> TypeRef {
        let ty = match self.by {
            OrderKey::Column(column) => table.columns[column].ty.clone(),
            OrderKey::Expr(expr) => expr.ty().unwrap_or_else(|| {
                // The null literal: any type will do.
                TypeRef::primitive(edm::Primitive::String)
            }),
        };
        TypeRef {
            nullable: true,
            ..ty
        }
    }
}

/// The column that an expression's values are read as.
#[must_use]
pub fn expression_column(name: &str, ty: TypeRef) -> Column {
    Column {
        name: name.to_owned(),
        kind: kind_of(&ty),
        nullable: true,
        ty,
        expression: None,
        default: Value::Null,
    }
}

impl<'a> Select<'a> {
    /// All columns and rows of a table, in no order.
    #[must_use]
    pub fn all(table: TableId, columns: usize) -> Self {
        Self {
            table,
            columns: (0..columns).collect(),
            expressions: Vec::new(),
            compute: Vec::new(),
            fixed: Vec::new(),
            among: None,
            linked: None,
            of: None,
            filter: Vec::new(),
            search: None,
            order: Vec::new(),
            after: None,
            limit: None,
            offset: None,
            today: 0,
            now: DateTimeOffset::MIN,
            visibility: None,
        }
    }

    /// Ends the order with the key, so that it is total. What is the same in all rows is no part
    /// of it: a database that searches by it would not search by what follows it, and read all
    /// rows of the pages before.
    pub fn order_by_key(&mut self, table: &Table) {
        for column in &table.key {
            let term = Order::column(*column, false);
            let is_fixed = self.fixed.iter().any(|(fixed, _)| fixed == column);
            if !is_fixed && !self.order.iter().any(|known| known.by == term.by) {
                self.order.push(term);
            }
        }
    }
}
