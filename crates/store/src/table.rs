//! Tables as the model and the storage map make them.

mod column;
mod navigation;

use std::collections::HashMap;

use edm::{Model, StructuredId, Value};
use odata::Error;

use crate::audit::Audit;
use crate::changes::ChangeLog;

pub(crate) use column::kind_of;
pub use column::{Column, ColumnKind};
pub use navigation::{Link, NavigationMap, Tables};

/// Index of a table in [`Tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub(crate) usize);

/// A row: one value for each of the table's columns, virtual ones included.
pub type Row = Vec<Value>;

/// A set of a table's columns, by index. A table has at most 128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ColumnSet(u128);

impl ColumnSet {
    /// The greatest number of columns of a table.
    pub const CAPACITY: usize = 128;

    /// Adds a column.
    pub fn insert(&mut self, column: usize) {
        self.0 |= 1 << column;
    }

    /// Whether a column is in the set.
    #[must_use]
    pub fn contains(self, column: usize) -> bool {
        self.0 >> column & 1 == 1
    }

    /// Whether no column is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The columns in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::CAPACITY).filter(move |c| self.contains(*c))
    }
}

impl FromIterator<usize> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = usize>>(columns: I) -> Self {
        let mut set = Self::default();
        columns.into_iter().for_each(|c| set.insert(c));
        set
    }
}

/// An index beside the primary key.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name in SQL.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Whether it is unique.
    pub unique: bool,
    /// The condition of a partial index.
    pub condition: Option<String>,
}

/// Where a table holds the content of its media entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// The column of the content; null while there is none.
    pub content: usize,
    /// The column of its media type.
    pub media_type: usize,
}

/// A table: the properties of its entity type by ordinal, then what the storage map adds.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name in SQL.
    pub name: String,
    /// The entity type of its rows; tables of the store's own bookkeeping have none.
    pub of: Option<StructuredId>,
    /// The columns: for a table of an entity type, column `i` is the property of ordinal `i` for
    /// all of the type's properties. What derived types add comes behind them: see
    /// [`Self::column_of`].
    pub columns: Vec<Column>,
    /// The primary key's columns, parents first.
    pub key: Vec<usize>,
    /// Whether the key is one integer that the database hands out on insert.
    pub identity: bool,
    /// Further indexes.
    pub indexes: Vec<Index>,
    /// The table that history rows of this one go to.
    pub history: Option<TableId>,
    /// Whether the rows are counters, which a database may keep in slots: see [`Self::slots`].
    pub counters: bool,
    /// The log of its rows' changes, if they are tracked.
    pub changes: Option<ChangeLog>,
    /// Which of its rows' changes are audited, if any are.
    pub audit: Option<Audit>,
    /// Whether the table is itself such a log.
    pub is_log: bool,
    /// Whether a virtual column, or the whole table, reads another table.
    pub reads_others: bool,
    /// The `SELECT` behind a table that is a view: its rows are read here, and written elsewhere.
    pub view: Option<String>,
    /// The column that holds the qualified name of the derived type that a row is of, empty for
    /// the table's own type; none if there are no derived types.
    pub entity_type: Option<usize>,
    /// The column that grows by one with each change of a row.
    pub version: Option<usize>,
    /// Columns of stream properties, each with the column of its media type.
    pub streams: Vec<(usize, usize)>,
    /// The columns that `$search` looks in.
    pub searchable: Vec<usize>,
    /// The content of media entities.
    pub media: Option<Media>,
    /// How many columns are properties of the table's own type.
    pub(crate) own: usize,
    /// The columns of the derived types by ordinal.
    pub(crate) derived: HashMap<StructuredId, Vec<usize>>,
    names: HashMap<String, usize>,
}

impl Table {
    /// A table of these columns.
    pub(crate) fn new(
        name: String,
        of: Option<StructuredId>,
        columns: Vec<Column>,
        key: Vec<usize>,
    ) -> Self {
        let names = columns
            .iter()
            .enumerate()
            .map(|(i, c)| (c.name.clone(), i))
            .collect();
        let reads_others = columns.iter().any(|c| {
            c.expression
                .as_deref()
                .is_some_and(|e| e.contains("SELECT"))
        });
        Self {
            name,
            of,
            columns,
            key,
            reads_others,
            view: None,
            identity: false,
            counters: false,
            indexes: Vec::new(),
            history: None,
            audit: None,
            changes: None,
            is_log: false,
            entity_type: None,
            version: None,
            streams: Vec::new(),
            searchable: Vec::new(),
            media: None,
            own: 0,
            derived: HashMap::new(),
            names,
        }
    }

    /// A table of the same types under another name, with these columns: this table's, and more
    /// behind them.
    pub(crate) fn with_columns(&self, name: &str, columns: Vec<Column>) -> Self {
        Self {
            entity_type: self.entity_type,
            version: self.version,
            streams: self.streams.clone(),
            media: self.media,
            searchable: self.searchable.clone(),
            own: self.own,
            derived: self.derived.clone(),
            ..Self::new(name.to_owned(), self.of, columns, Vec::new())
        }
    }

    /// The index of a column by its SQL name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The column of a property, by its ordinal in the table's own type, in one that this derives
    /// from, or in one derived from it; `None` if the table has no such property.
    #[must_use]
    pub fn column_of(&self, of: StructuredId, ordinal: usize) -> Option<usize> {
        match self.derived.get(&of) {
            Some(columns) => columns.get(ordinal).copied(),
            None => (ordinal < self.own).then_some(ordinal),
        }
    }

    /// A row of defaults of the table's own type. A hidden version column begins at a random
    /// number, so that no row has the versions of a deleted one.
    #[must_use]
    pub fn blank(&self) -> Row {
        let mut row: Row = self.columns.iter().map(|c| c.default.clone()).collect();
        if let Some(version) = self.version.filter(|version| *version >= self.own) {
            // 52 bits: a number that JavaScript can hold, and far from overflow.
            let random = uuid::Uuid::new_v4().as_u64_pair().1 & ((1 << 52) - 1);
            row[version] = Value::Integer(random.try_into().unwrap_or_default());
        }
        row
    }

    /// A row of defaults of the table's own type or one derived from it.
    #[must_use]
    pub fn blank_of(&self, model: &Model, of: StructuredId) -> Row {
        let mut row = self.blank();
        if let (Some(columns), Some(entity_type)) = (self.derived.get(&of), self.entity_type) {
            let ty = model.structured(of);
            row[entity_type] = Value::String(ty.name.clone());
            for (column, property) in columns.iter().zip(&ty.properties).skip(self.own) {
                row[*column] = property.default.clone();
            }
        }
        row
    }

    /// The type that a row is of.
    ///
    /// # Errors
    /// If the row names a type that the table does not hold: it was written by something else.
    pub fn type_of(&self, model: &Model, row: &Row) -> Result<Option<StructuredId>, Error> {
        let name = self.entity_type.and_then(|column| row.get(column));
        self.type_named(model, name.and_then(Value::as_str).unwrap_or_default())
    }

    /// The type that [`Self::entity_type`] names.
    ///
    /// # Errors
    /// As [`Self::type_of`].
    pub fn type_named(&self, model: &Model, name: &str) -> Result<Option<StructuredId>, Error> {
        if name.is_empty() {
            return Ok(self.of);
        }
        let found = model.find_structured(name);
        match found.filter(|id| self.derived.contains_key(id)) {
            Some(id) => Ok(Some(id)),
            None => Err(Error::internal(format!(
                "a row of {} is of the type {name}",
                self.name
            ))),
        }
    }

    /// What [`Self::entity_type`] holds of the rows of a type and of those derived from it; `None`
    /// if every row of the table is one.
    #[must_use]
    pub fn type_names<'m>(&self, model: &'m Model, of: StructuredId) -> Option<Vec<&'m str>> {
        if !self.derived.contains_key(&of) {
            return None;
        }
        let mut names = Vec::new();
        let mut open = vec![of];
        while let Some(id) = open.pop() {
            let ty = model.structured(id);
            names.push(ty.name.as_str());
            open.extend(ty.derived.iter().rev());
        }
        Some(names)
    }

    /// Counts a changed row's version on, as the database does when the row is updated.
    pub fn count_version(&self, row: &mut Row) {
        if let Some(Value::Integer(version)) = self.version.and_then(|column| row.get_mut(column)) {
            *version = version.wrapping_add(1);
        }
    }

    /// The key values of a row.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Vec<Value> {
        self.key.iter().map(|c| row[*c].clone()).collect()
    }

    /// The stored columns in which two rows differ. The version is not one of them: it counts
    /// changes and is none.
    #[must_use]
    pub fn difference(&self, old: &Row, new: &Row) -> ColumnSet {
        (0..self.columns.len())
            .filter(|c| self.version != Some(*c))
            .filter(|c| self.columns[*c].expression.is_none() && old[*c] != new[*c])
            .collect()
    }
}
