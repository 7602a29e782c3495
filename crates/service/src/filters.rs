//! Assignment filters: kept, so that assignments can name them and clients find them again. Nothing
//! evaluates their rules: an assignment with a filter reaches no device.

use edm::{Model, Value};
use engine::Scope;
use store::{Row, TableId, Tables};

use crate::columns::{table_named, the_tagged};
use crate::graph::{Graph, GraphError};

/// The table of assignment filters, and the columns of their times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filters {
    pub(crate) table: TableId,
    created: usize,
    modified: usize,
}

impl Filters {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let table = table_named(tables, "assignment_filter")?;
        let missing = || GraphError("assignment filters have no type".to_owned());
        let of = tables.table(table).of.ok_or_else(missing)?;
        Ok(Self {
            table,
            created: the_tagged(model.structured(of), "created")?,
            modified: the_tagged(model.structured(of), "modified")?,
        })
    }

    /// Completes a new filter.
    pub(crate) fn insert(self, graph: &Graph, scope: &Scope<'_>, row: &mut Row) {
        row[graph.id] = Value::String(scope.ids.new_id().to_string());
        row[self.created] = Value::DateTimeOffset(scope.now);
        row[self.modified] = Value::DateTimeOffset(scope.now);
    }

    /// A changed filter says when.
    pub(crate) fn update(self, scope: &Scope<'_>, new: &mut Row) {
        new[self.modified] = Value::DateTimeOffset(scope.now);
    }
}
