//! Writes keys as URLs have them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use edm::{Model, StructuredId, Value};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What must not stand in a path segment as it is (RFC 3986, section 3.3), and `+` and `&`, so
/// that a key also survives being copied into a query.
const SEGMENT: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The value of a key property as a literal of a canonical URL (OData 4.01 URL Conventions,
/// section 4.3.1): `'O''Neil'`, percent-encoded, without the parentheses.
#[must_use]
pub fn encode_key(value: &Value) -> String {
    let literal = match value {
        Value::Null | Value::Complex(_) | Value::Collection(_) | Value::Dynamic(_) => {
            "null".to_owned()
        }
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) if number.is_infinite() => {
            if *number > 0.0 { "INF" } else { "-INF" }.to_owned()
        }
        Value::Double(number) => format!("{number:e}"),
        Value::Decimal(text) => text.clone(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Binary(bytes) => format!("binary'{}'", URL_SAFE.encode(bytes)),
        Value::Guid(guid) => guid.to_string(),
        Value::Date(date) => date.to_string(),
        Value::DateTimeOffset(instant) => instant.to_string(),
        Value::TimeOfDay(time) => time.to_string(),
        Value::Duration(duration) => format!("duration'{duration}'"),
        Value::Geo(geo) => format!("geography'{geo}'"),
        // By number: the member's name is the model's, and a number is a member too.
        Value::Enum(number) => format!("'{number}'"),
    };
    utf8_percent_encode(&literal, &SEGMENT).to_string()
}

/// The key predicate of an entity: `('ID')`, or `(A=1,B='x')` for a key of several properties.
/// The values are in the order of the type's `key`.
#[must_use]
pub fn encode_key_predicate(model: &Model, of: StructuredId, key: &[Value]) -> String {
    let ty = model.structured(of);
    let mut predicate = String::from("(");
    if let [value] = key {
        predicate.push_str(&encode_key(value));
    } else {
        let names = ty
            .key
            .iter()
            .filter_map(|ordinal| ty.properties.get(*ordinal));
        for (i, (property, value)) in names.zip(key).enumerate() {
            let comma = if i > 0 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(predicate, "{comma}{}={}", property.name, encode_key(value));
        }
    }
    predicate.push(')');
    predicate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_literals_percent_encoded() {
        let check = |value: Value, expected: &str| assert_eq!(encode_key(&value), expected);
        check("a1b2:c3".into(), "'a1b2:c3'");
        check(
            "O'Neil & co/50% + é".into(),
            "'O''Neil%20%26%20co%2F50%25%20%2B%20%C3%A9'",
        );
        check(Value::Integer(-5), "-5");
        check(Value::Double(f64::NEG_INFINITY), "-INF");
        check(Value::Double(1.5), "1.5e0");
        check(Value::Boolean(true), "true");
        check(Value::Enum(3), "'3'");
        check(Value::Binary(vec![255]), "binary'_w=='");
        check(
            Value::Guid(uuid::Uuid::nil()),
            "00000000-0000-0000-0000-000000000000",
        );
    }
}
