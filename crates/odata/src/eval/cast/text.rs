//! Casts between strings and other types: the representation is that of payloads.

use edm::{EnumType, Facets, Primitive, Value};

/// The value that a text stands for; `None` if it is none of the type. A date-time without an
/// offset is one in UTC.
pub(super) fn parse(text: &str, to: Primitive, facets: &Facets) -> Option<Value> {
    let parsed = Value::parse(to, text);
    let parsed = match to {
        Primitive::DateTimeOffset => parsed.or_else(|_| Value::parse(to, &format!("{text}Z"))),
        _ => parsed,
    };
    let value = parsed.ok()?;
    super::to_primitive(&value, to, facets).map(std::borrow::Cow::into_owned)
}

/// The members that a text names, comma-separated for flags, or a number that is one.
pub(super) fn parse_members(of: &EnumType, text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return (of.is_flags || of.name_of(number).is_some()).then_some(number);
    }
    if !of.is_flags {
        return of.member(text).map(|member| member.value);
    }
    text.split(',').try_fold(0, |flags, name| {
        of.member(name.trim()).map(|member| flags | member.value)
    })
}
