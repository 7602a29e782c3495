//! What is read: one table, its conditions, order and page.

use edm::{StructuredId, Value};
use odata::expr::Expr;

use crate::table::{Link, TableId};

/// A read of one table, ready to be written as SQL.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    /// The table.
    pub table: TableId,
    /// The columns to read, in this order; empty reads none (for a count).
    pub columns: Vec<usize>,
    /// Columns that must equal a value: the parents' key, the target of a navigation.
    pub fixed: Vec<(usize, Value)>,
    /// A column that must equal one of many values.
    pub among: Option<(usize, Vec<Value>)>,
    /// Only targets of a source in a table of links.
    pub linked: Option<&'a Linked>,
    /// Only rows of this type and of those derived from it.
    pub of: Option<StructuredId>,
    /// The bound `$filter`.
    pub filter: Option<&'a Expr>,
    /// The order; the caller ends it with the key, so that it is total.
    pub order: Vec<Order>,
    /// Only rows behind the row with these values of the order's columns.
    pub after: Option<Vec<Value>>,
    /// At most this many rows.
    pub limit: Option<u64>,
    /// Without this many rows at the beginning.
    pub offset: Option<u64>,
    /// Today in UTC as days since 0001-01-01, for virtual columns over the last days.
    pub today: i32,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: usize,
    /// Greatest first.
    pub descending: bool,
}

impl<'a> Select<'a> {
    /// All columns and rows of a table, in no order.
    #[must_use]
    pub fn all(table: TableId, columns: usize) -> Self {
        Self {
            table,
            columns: (0..columns).collect(),
            fixed: Vec::new(),
            among: None,
            linked: None,
            of: None,
            filter: None,
            order: Vec::new(),
            after: None,
            limit: None,
            offset: None,
            today: 0,
        }
    }
}
