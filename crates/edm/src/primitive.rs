//! The primitive types (OData CSDL 4.01, section 3.3).

/// A primitive type of the `Edm` namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Primitive {
    /// A sequence of bytes; base64url in JSON.
    Binary,
    /// `true` or `false`.
    Boolean,
    /// Unsigned 8-bit integer.
    Byte,
    /// A date without a time.
    Date,
    /// An instant with an offset from UTC.
    DateTimeOffset,
    /// A number with fixed precision and scale.
    Decimal,
    /// IEEE 754 binary64.
    Double,
    /// A signed duration in days, hours, minutes, seconds and parts of a second.
    Duration,
    /// A 128-bit identifier.
    Guid,
    /// Signed 16-bit integer.
    Int16,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// Signed 8-bit integer.
    SByte,
    /// IEEE 754 binary32.
    Single,
    /// A sequence of Unicode characters.
    String,
    /// A time of day.
    TimeOfDay,
    /// A resource of bytes served under its own URL.
    Stream,
    /// `Edm.PrimitiveType`: any primitive type.
    Any,
    /// A geography or geometry type, by its qualified name, such as `Edm.GeographyPoint`.
    Geo(&'static str),
}

impl Primitive {
    const NAMES: [(&'static str, Self); 18] = [
        ("Edm.Binary", Self::Binary),
        ("Edm.Boolean", Self::Boolean),
        ("Edm.Byte", Self::Byte),
        ("Edm.Date", Self::Date),
        ("Edm.DateTimeOffset", Self::DateTimeOffset),
        ("Edm.Decimal", Self::Decimal),
        ("Edm.Double", Self::Double),
        ("Edm.Duration", Self::Duration),
        ("Edm.Guid", Self::Guid),
        ("Edm.Int16", Self::Int16),
        ("Edm.Int32", Self::Int32),
        ("Edm.Int64", Self::Int64),
        ("Edm.SByte", Self::SByte),
        ("Edm.Single", Self::Single),
        ("Edm.String", Self::String),
        ("Edm.TimeOfDay", Self::TimeOfDay),
        ("Edm.Stream", Self::Stream),
        ("Edm.PrimitiveType", Self::Any),
    ];

    const GEO_NAMES: [&'static str; 16] = [
        "Edm.Geography",
        "Edm.GeographyPoint",
        "Edm.GeographyLineString",
        "Edm.GeographyPolygon",
        "Edm.GeographyMultiPoint",
        "Edm.GeographyMultiLineString",
        "Edm.GeographyMultiPolygon",
        "Edm.GeographyCollection",
        "Edm.Geometry",
        "Edm.GeometryPoint",
        "Edm.GeometryLineString",
        "Edm.GeometryPolygon",
        "Edm.GeometryMultiPoint",
        "Edm.GeometryMultiLineString",
        "Edm.GeometryMultiPolygon",
        "Edm.GeometryCollection",
    ];

    /// The qualified name, such as `Edm.Int32`.
    #[must_use]
    pub fn name(self) -> &'static str {
        if let Self::Geo(name) = self {
            return name;
        }
        Self::NAMES
            .iter()
            .find(|(_, p)| *p == self)
            .map_or("Edm.PrimitiveType", |(n, _)| n)
    }

    /// The primitive type of a qualified name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = Self::NAMES
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, p)| *p);
        plain.or_else(|| {
            Self::GEO_NAMES
                .iter()
                .find(|n| **n == name)
                .map(|n| Self::Geo(n))
        })
    }

    /// The least and greatest value of an integer type; `None` for any other.
    #[must_use]
    pub fn integer_range(self) -> Option<(i64, i64)> {
        match self {
            Self::Byte => Some((0, 255)),
            Self::SByte => Some((i8::MIN.into(), i8::MAX.into())),
            Self::Int16 => Some((i16::MIN.into(), i16::MAX.into())),
            Self::Int32 => Some((i32::MIN.into(), i32::MAX.into())),
            Self::Int64 => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }
}
