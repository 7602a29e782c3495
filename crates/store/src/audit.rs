//! Which changes of a table's rows are audited, and what of them is told.

use crate::table::ColumnSet;

/// How the changes of a table are audited, as its `audit` in the storage map says.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What the events are sorted under.
    pub category: String,
    /// What a row is called, where its type does not say it.
    pub resource: Option<String>,
    /// The column of a row's name for people.
    pub name: Option<usize>,
    /// The stored columns whose values are told. A change of others alone is none.
    pub told: ColumnSet,
    /// Columns of which a hash is told.
    pub secret: ColumnSet,
    /// Whether a new row is told.
    pub inserts: bool,
    /// Whether a changed row is told.
    pub updates: bool,
    /// Whether a row that goes is told. One that goes with many others, with what they hang on, is
    /// told where new ones are.
    pub deletes: bool,
}

impl Audit {
    /// Whether an update of these columns is told.
    #[must_use]
    pub fn tells(&self, columns: ColumnSet) -> bool {
        self.updates && columns.iter().any(|column| self.told.contains(column))
    }
}
