//! What the paths of an expression start at.

use edm::{StructuredId, TypeRef};
use odata::query::Compute;

use super::fragment::Fragment;
use crate::table::Table;

/// An instance.
#[derive(Clone)]
pub(super) enum Scope<'m> {
    /// A row of a table.
    Row {
        table: &'m Table,
        /// What the statement calls it; the table's own name outside of subqueries.
        alias: Option<String>,
        /// The type that it is known to be of.
        of: StructuredId,
    },
    /// An item of a collection that is stored as JSON: the SQL name of its value.
    Item { value: String, ty: TypeRef },
    /// A row that transformations made: what its columns are called.
    Made(std::rc::Rc<Vec<Made>>),
}

/// A column that transformations made.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) name: MadeName,
    pub(super) fragment: Fragment,
}

/// How expressions name a made column.
#[derive(Clone, PartialEq)]
pub(super) enum MadeName {
    /// A grouping property, by its path.
    Path(Vec<odata::expr::Step>),
    /// What `aggregate` or `compute` named.
    Dynamic(String),
}

/// Everything that paths can start at.
#[derive(Clone)]
pub(super) struct Env<'m> {
    pub(super) instance: Scope<'m>,
    /// What `$it` is, where that is not the instance: within a condition on a collection.
    pub(super) it: Option<Scope<'m>>,
    /// The range variables of the lambda operators around, outermost first.
    pub(super) variables: Vec<Scope<'m>>,
    /// The dynamic properties of the instance.
    pub(super) compute: Vec<&'m Compute>,
}

impl<'m> Env<'m> {
    /// Paths start at a row.
    pub(super) fn row(table: &'m Table, alias: Option<String>, of: StructuredId) -> Self {
        Self {
            instance: Scope::Row { table, alias, of },
            it: None,
            variables: Vec::new(),
            compute: Vec::new(),
        }
    }

    /// There is nothing that paths could start at.
    pub(super) fn nothing() -> Self {
        Self {
            instance: Scope::Made(std::rc::Rc::default()),
            it: None,
            variables: Vec::new(),
            compute: Vec::new(),
        }
    }

    /// The same with another instance, of which nothing is computed.
    pub(super) fn at(&self, instance: Scope<'m>) -> Self {
        Self {
            instance,
            it: self.it.clone().or_else(|| Some(self.instance.clone())),
            variables: self.variables.clone(),
            compute: Vec::new(),
        }
    }

    /// The same with one range variable more.
    pub(super) fn with_variable(&self, variable: Scope<'m>) -> Self {
        let mut inner = self.clone();
        inner.variables.push(variable);
        inner
    }
}
