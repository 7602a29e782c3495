//! Values of the model's types.

use crate::geo::Geo;
use crate::model::{StructuredId, TypeRef};
use crate::time::{Date, DateTimeOffset, Duration, TimeOfDay};

/// A value of any type of the model. Which type it is of is known from where it stands: a value
/// says only as much as is needed to store, compare and write it.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// `Edm.Boolean`.
    Boolean(bool),
    /// Any of the integer types.
    Integer(i64),
    /// `Edm.Double` and `Edm.Single`.
    Double(f64),
    /// `Edm.Decimal`, in its canonical text.
    Decimal(String),
    /// `Edm.String`.
    String(String),
    /// `Edm.Binary`.
    Binary(Vec<u8>),
    /// `Edm.Guid`.
    Guid(uuid::Uuid),
    /// `Edm.Date`.
    Date(Date),
    /// `Edm.DateTimeOffset`.
    DateTimeOffset(DateTimeOffset),
    /// `Edm.TimeOfDay`.
    TimeOfDay(TimeOfDay),
    /// `Edm.Duration`.
    Duration(Duration),
    /// Any of the geography and geometry types.
    Geo(Box<Geo>),
    /// A member of an enumeration type, or several of one with `IsFlags`, by numeric value.
    Enum(i64),
    /// An instance of a complex type.
    Complex(Box<ComplexValue>),
    /// A collection of any of the others.
    Collection(Vec<Value>),
    /// Properties that no type declares, none twice and none null: the dynamic properties of an
    /// instance of an open type (CSDL section 6.3), or all of an object that is of no type.
    Dynamic(Vec<DynamicProperty>),
}

/// A property that no type declares: it says its own type.
#[derive(Clone, Debug, PartialEq)]
pub struct DynamicProperty {
    /// The name.
    pub name: String,
    /// The type of the value, without facets.
    pub ty: TypeRef,
    /// The value.
    pub value: Value,
}

/// An instance of a complex type: the type it really is of (the declared one or one derived from
/// it) and a value for each property, by ordinal.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexValue {
    /// The instance's own type.
    pub of: StructuredId,
    /// One value for each of the type's properties, inherited ones first.
    pub values: Vec<Value>,
}

impl Value {
    /// Whether this is the null value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s),
            _ => None,
        }
    }

    /// The number of an integer or enumeration value.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(n) | Self::Enum(n) => Some(*n),
            _ => None,
        }
    }

    /// The truth of a Boolean value.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(b) => Some(*b),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}
