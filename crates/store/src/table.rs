//! Tables as the model and the storage map make them.

use std::collections::HashMap;

use edm::{ItemType, Model, Primitive, StructuredId, TypeRef, Value};

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

/// How a column's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// 0 or 1.
    Boolean,
    /// A 64-bit integer; enumeration members by their numeric value.
    Integer,
    /// An enumeration member's numeric value.
    Enum,
    /// A binary64 number.
    Double,
    /// Text, compared by code point.
    Text,
    /// Bytes.
    Blob,
    /// A decimal's canonical text.
    Decimal,
    /// A GUID's canonical text.
    Guid,
    /// Days since 0001-01-01.
    Date,
    /// Two columns: 100 ns ticks in UTC since 0001-01-01, and in `<name>_form` the offset, the
    /// number of digits and whether it said `Z`.
    DateTimeOffset,
    /// Ticks since midnight with the written form in the low bits.
    TimeOfDay,
    /// 100 ns ticks.
    Duration,
    /// OData JSON text: complex values and collections.
    Json,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in SQL.
    pub name: String,
    /// How it is stored.
    pub kind: ColumnKind,
    /// Whether it holds null.
    pub nullable: bool,
    /// The type of the property behind it; hidden columns have that of their kind.
    pub ty: TypeRef,
    /// A virtual column: an SQL expression over `{table}` and `{today}` (days since 0001-01-01,
    /// UTC) instead of stored values.
    pub expression: Option<String>,
    /// What a new row holds before anything is set.
    pub default: Value,
}

impl Column {
    /// How many SQL values the column takes.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.kind == ColumnKind::DateTimeOffset {
            2
        } else {
            1
        }
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

/// A table: the properties of its entity type by ordinal, then what the storage map adds.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name in SQL.
    pub name: String,
    /// The entity type of its rows; tables of the store's own bookkeeping have none.
    pub of: Option<StructuredId>,
    /// The columns: for a table of an entity type, column `i` is the property of ordinal `i` for
    /// all of the type's properties.
    pub columns: Vec<Column>,
    /// The primary key's columns, parents first.
    pub key: Vec<usize>,
    /// Whether the key is one integer that the database hands out on insert.
    pub identity: bool,
    /// Further indexes.
    pub indexes: Vec<Index>,
    /// The table that history rows of this one go to.
    pub history: Option<TableId>,
    /// Whether a virtual column reads another table.
    pub reads_others: bool,
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
            identity: false,
            indexes: Vec::new(),
            history: None,
            names,
        }
    }

    /// The index of a column by its SQL name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// A row of defaults.
    #[must_use]
    pub fn blank(&self) -> Row {
        self.columns.iter().map(|c| c.default.clone()).collect()
    }

    /// The key values of a row.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Vec<Value> {
        self.key.iter().map(|c| row[*c].clone()).collect()
    }

    /// The stored columns in which two rows differ.
    #[must_use]
    pub fn difference(&self, old: &Row, new: &Row) -> ColumnSet {
        (0..self.columns.len())
            .filter(|c| self.columns[*c].expression.is_none() && old[*c] != new[*c])
            .collect()
    }
}

/// Where a navigation property leads: a table, and which of its columns equal which of the
/// source's.
#[derive(Clone, Debug)]
pub struct NavigationMap {
    /// The table of the targets.
    pub table: TableId,
    /// Pairs of a target column and the source column it equals; a source that is a singleton
    /// without a table has none.
    pub on: Vec<(usize, usize)>,
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

    /// Where the rows are that go when a row of `parent` goes: those whose key holds its key.
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
                !map.on.is_empty()
                    && map
                        .on
                        .iter()
                        .all(|(to, from)| target.key.contains(to) && source.key.contains(from))
            })
    }
}

/// How values of a type are stored.
#[must_use]
pub(crate) fn kind_of(ty: &TypeRef) -> ColumnKind {
    if ty.collection {
        return ColumnKind::Json;
    }
    match ty.item {
        ItemType::Enum(_) => ColumnKind::Enum,
        ItemType::Complex(_) | ItemType::Entity(_) | ItemType::Untyped => ColumnKind::Json,
        ItemType::Primitive(primitive) => match primitive {
            Primitive::Boolean => ColumnKind::Boolean,
            Primitive::Byte
            | Primitive::SByte
            | Primitive::Int16
            | Primitive::Int32
            | Primitive::Int64 => ColumnKind::Integer,
            Primitive::Double | Primitive::Single => ColumnKind::Double,
            Primitive::Decimal => ColumnKind::Decimal,
            Primitive::Binary | Primitive::Stream => ColumnKind::Blob,
            Primitive::Guid => ColumnKind::Guid,
            Primitive::Date => ColumnKind::Date,
            Primitive::DateTimeOffset => ColumnKind::DateTimeOffset,
            Primitive::TimeOfDay => ColumnKind::TimeOfDay,
            Primitive::Duration => ColumnKind::Duration,
            Primitive::Geo(_) => ColumnKind::Json,
            Primitive::String | Primitive::Any => ColumnKind::Text,
        },
    }
}
