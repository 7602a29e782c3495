//! All tables of a model, and where navigation leads from one to another.

use std::collections::HashMap;

use edm::{Model, StructuredId};

use super::{Table, TableId};

/// Where a navigation property leads: a table, and which of its columns equal which of the
/// source's.
#[derive(Clone, Debug)]
pub struct NavigationMap {
    /// The table of the targets.
    pub table: TableId,
    /// Pairs of a target column and the source column it equals; a source that is a singleton
    /// without a table has none, and neither has one with a link.
    pub on: Vec<(usize, usize)>,
    /// The table that says which source leads to which target, where many lead to many.
    pub link: Option<Link>,
}

/// A table of pairs of a source and a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The table of the pairs.
    pub table: TableId,
    /// Pairs of its column and the source's column that it equals.
    pub source: Vec<(usize, usize)>,
    /// Pairs of its column and the target's column that it equals.
    pub target: Vec<(usize, usize)>,
}

/// All tables of a model, with the navigation between them.
#[derive(Debug, Default)]
pub struct Tables {
    pub(crate) tables: Vec<Table>,
    pub(crate) navigation: HashMap<(StructuredId, usize), NavigationMap>,
    pub(crate) by_name: HashMap<String, TableId>,
}

impl Tables {
    /// The table of an index.
    #[must_use]
    pub fn table(&self, id: TableId) -> &Table {
        &self.tables[id.0]
    }

    /// Every table with its index.
    pub fn iter(&self) -> impl Iterator<Item = (TableId, &Table)> {
        self.tables.iter().enumerate().map(|(i, t)| (TableId(i), t))
    }

    /// The table of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<TableId> {
        self.by_name.get(name).copied()
    }

    /// Where a navigation property leads, if it is stored.
    #[must_use]
    pub fn navigation(
        &self,
        model: &Model,
        of: StructuredId,
        index: usize,
    ) -> Option<&NavigationMap> {
        let mut at = Some(of);
        while let Some(id) = at {
            if let Some(map) = self.navigation.get(&(id, index)) {
                return Some(map);
            }
            at = model.structured(id).base;
        }
        None
    }

    /// Where the rows are that go when a row of `parent` goes: those whose key holds its whole key.
    /// A part of its key is what it hangs on itself.
    pub fn children<'t>(
        &'t self,
        model: &'t Model,
        parent: StructuredId,
        source: &'t Table,
    ) -> impl Iterator<Item = &'t NavigationMap> {
        (0..model.structured(parent).navigation.len())
            .filter_map(move |index| self.navigation(model, parent, index))
            .filter(move |map| {
                let target = self.table(map.table);
                // What a view shows goes with the rows behind it.
                target.view.is_none()
                    && !map.on.is_empty()
                    && map.on.iter().all(|(to, _)| target.key.contains(to))
                    && covers(source, map)
            })
    }
}

/// Whether a navigation starts from the whole key of its source, and from nothing else.
fn covers(source: &Table, map: &NavigationMap) -> bool {
    let from = |column: &usize| map.on.iter().any(|(_, from)| from == column);
    map.on.iter().all(|(_, from)| source.key.contains(from)) && source.key.iter().all(from)
}
