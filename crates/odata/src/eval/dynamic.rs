//! Dynamic properties of instances of open types (OData 4.01 URL Conventions, section 5.1.1.15).

use std::borrow::Cow;

use edm::{Primitive, Value};

use super::operators::as_double;

/// The dynamic property of a name; null if there is none.
#[must_use]
pub fn dynamic<'v>(all: Cow<'v, Value>, name: &str) -> Cow<'v, Value> {
    let found = match all {
        Cow::Borrowed(Value::Dynamic(all)) => {
            let found = all.iter().find(|property| property.name == name);
            found.map(|property| Cow::Borrowed(&property.value))
        }
        Cow::Owned(Value::Dynamic(all)) => {
            let found = all.into_iter().find(|property| property.name == name);
            found.map(|property| Cow::Owned(property.value))
        }
        _ => None,
    };
    found.unwrap_or(Cow::Owned(Value::Null))
}

/// The value where one of a type is asked for: any number where it is `Edm.Double`; null if it is of
/// another.
#[must_use]
pub fn typed(value: Cow<'_, Value>, asked: Primitive) -> Cow<'_, Value> {
    let is_of = match &*value {
        Value::Boolean(_) => asked == Primitive::Boolean,
        Value::String(_) => asked == Primitive::String,
        Value::Guid(_) => asked == Primitive::Guid,
        Value::Date(_) => asked == Primitive::Date,
        Value::DateTimeOffset(_) => asked == Primitive::DateTimeOffset,
        Value::TimeOfDay(_) => asked == Primitive::TimeOfDay,
        Value::Duration(_) => asked == Primitive::Duration,
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) if asked == Primitive::Double => {
            let number = as_double(&value).map_or(Value::Null, Value::Double);
            return Cow::Owned(number);
        }
        _ => false,
    };
    if is_of {
        value
    } else {
        Cow::Owned(Value::Null)
    }
}
