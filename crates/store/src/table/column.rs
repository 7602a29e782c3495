//! Columns, and how the values of each type are stored in them.

use edm::{ItemType, Primitive, TypeRef, Value};

/// How a column's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Geography and geometry as OData text, `SRID=4326;Point(142.1 64.1)`.
    Geo,
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
            Primitive::Geo(_) => ColumnKind::Geo,
            Primitive::String | Primitive::Any => ColumnKind::Text,
        },
    }
}
