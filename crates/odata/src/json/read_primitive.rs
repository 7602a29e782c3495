//! Primitive values from JSON (OData JSON Format 4.01, section 7.1).

use std::fmt::Display;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::{Facets, Primitive, Value, canonical_decimal};

use super::fault::{Fallible, Fault, excerpt};
use super::read_geo;
use super::read_value::Source;
use super::tree::Node;

/// Up to here every whole number has a binary64 of its own (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Padding may be there or not: clients differ.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const BASE64URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// Reads a value that is not null. Text of the store is not held to limits that only a request
/// must keep.
pub(super) fn read(
    primitive: Primitive,
    facets: &Facets,
    node: Node,
    source: Source,
) -> Fallible<Value> {
    match primitive {
        Primitive::Boolean => match node {
            Node::Bool(value) => Ok(Value::Boolean(value)),
            other => Err(wrong(primitive, &other)),
        },
        Primitive::Byte
        | Primitive::SByte
        | Primitive::Int16
        | Primitive::Int32
        | Primitive::Int64 => integer(primitive, node),
        Primitive::Double | Primitive::Single => float(primitive, node),
        Primitive::Decimal => decimal_number(facets, node, source),
        Primitive::String => match node {
            Node::String(text) => string(text, facets, source),
            other => Err(wrong(primitive, &other)),
        },
        Primitive::Binary => binary(facets, node, source),
        Primitive::Guid => parsed(primitive, node, guid, Value::Guid),
        Primitive::Date => parsed(primitive, node, Date::parse, Value::Date),
        Primitive::TimeOfDay => parsed(primitive, node, TimeOfDay::parse, Value::TimeOfDay),
        Primitive::Duration => parsed(primitive, node, Duration::parse, Value::Duration),
        Primitive::DateTimeOffset => parsed(
            primitive,
            node,
            DateTimeOffset::parse,
            Value::DateTimeOffset,
        ),
        Primitive::Geo(_) => read_geo::read(primitive, facets, node),
        Primitive::Stream | Primitive::Any => Err(Fault::new(format!(
            "values of {} are not read from JSON",
            primitive.name()
        ))),
    }
}

/// A string that may be stored: U+0000 has no place in it.
pub(super) fn refuse_nul(text: &str) -> Fallible<()> {
    if text.as_bytes().contains(&0) {
        return Err(Fault::new("the string contains the character U+0000"));
    }
    Ok(())
}

fn wrong(primitive: Primitive, found: &Node) -> Fault {
    Fault::expected(primitive.name(), found.kind())
}

fn integer(primitive: Primitive, node: Node) -> Fallible<Value> {
    let out_of_range = |number: &dyn Display| {
        Fault::new(format!(
            "{number} is out of the range of {}",
            primitive.name()
        ))
    };
    let number = match node {
        Node::Integer(number) => number,
        Node::Unsigned(number) => return Err(out_of_range(&number)),
        Node::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => number as i64,
        Node::Float(number) if number.fract() == 0.0 => {
            return Err(out_of_range(&format_args!("{number:?}")));
        }
        Node::Float(number) => {
            return Err(Fault::expected(
                primitive.name(),
                &format!("the fraction {number:?}"),
            ));
        }
        Node::Digits(text) if text.contains('.') => {
            let fraction = format!("the fraction {text}");
            return Err(Fault::expected(primitive.name(), &fraction));
        }
        Node::Digits(text) => return Err(out_of_range(&text)),
        // IEEE754Compatible (section 3.2): 64-bit integers as strings.
        Node::String(text) if primitive == Primitive::Int64 => {
            text.parse().map_err(|e| invalid(primitive, &text, &e))?
        }
        other => return Err(wrong(primitive, &other)),
    };
    match primitive.integer_range() {
        Some((least, greatest)) if (least..=greatest).contains(&number) => {
            Ok(Value::Integer(number))
        }
        _ => Err(out_of_range(&number)),
    }
}

fn float(primitive: Primitive, node: Node) -> Fallible<Value> {
    let number = match node {
        Node::String(text) => match text.as_str() {
            "INF" => return Ok(Value::Double(f64::INFINITY)),
            "-INF" => return Ok(Value::Double(f64::NEG_INFINITY)),
            "NaN" => return Ok(Value::Double(f64::NAN)),
            _ => {
                return Err(invalid(
                    primitive,
                    &text,
                    &"a number, INF, -INF or NaN is expected",
                ));
            }
        },
        other => other.number().ok_or_else(|| wrong(primitive, &other))?,
    };
    if primitive == Primitive::Double {
        return Ok(Value::Double(number));
    }
    let single = number as f32;
    if single.is_infinite() {
        return Err(Fault::new(format!(
            "{number:e} is out of the range of {}",
            primitive.name()
        )));
    }
    Ok(Value::Double(f64::from(single)))
}

fn decimal_number(facets: &Facets, node: Node, source: Source) -> Fallible<Value> {
    let text = match node {
        Node::Integer(number) => number.to_string(),
        Node::Unsigned(number) => number.to_string(),
        Node::Float(number) => number.to_string(),
        Node::Digits(text) | Node::String(text) => text,
        other => return Err(wrong(Primitive::Decimal, &other)),
    };
    let facets = match source {
        Source::Client => facets,
        Source::Store => &Facets::default(),
    };
    let canonical = canonical_decimal(&text, facets)
        .map_err(|reason| invalid(Primitive::Decimal, &text, &reason.to_string()))?;
    Ok(Value::Decimal(canonical))
}

fn string(text: String, facets: &Facets, source: Source) -> Fallible<Value> {
    if source == Source::Store {
        return Ok(Value::String(text));
    }
    refuse_nul(&text)?;
    match facets.max_length {
        // A string has at least as many bytes as characters, so most are never counted.
        Some(max) if text.len() > max && text.chars().count() > max => {
            Err(Fault::new(format!("longer than {max} characters")))
        }
        _ => Ok(Value::String(text)),
    }
}

fn binary(facets: &Facets, node: Node, source: Source) -> Fallible<Value> {
    let Node::String(text) = node else {
        return Err(wrong(Primitive::Binary, &node));
    };
    let is_url_safe = text.bytes().any(|b| matches!(b, b'-' | b'_'));
    let engine = if is_url_safe { BASE64URL } else { BASE64 };
    let bytes = engine
        .decode(&text)
        .map_err(|e| Fault::new(format!("not base64: {e}")))?;
    match facets.max_length {
        Some(max) if source == Source::Client && bytes.len() > max => {
            Err(Fault::new(format!("longer than {max} bytes")))
        }
        _ => Ok(Value::Binary(bytes)),
    }
}

/// Only the form with hyphens (ABNF `guidValue`), of all that the library would take.
fn guid(text: &str) -> Result<uuid::Uuid, String> {
    if text.len() != 36 {
        return Err("32 hexadecimal digits in groups of 8-4-4-4-12 are expected".to_owned());
    }
    uuid::Uuid::try_parse(text).map_err(|e| e.to_string())
}

fn parsed<T, E: Display>(
    primitive: Primitive,
    node: Node,
    parse: impl Fn(&str) -> Result<T, E>,
    wrap: impl Fn(T) -> Value,
) -> Fallible<Value> {
    let Node::String(text) = node else {
        return Err(wrong(primitive, &node));
    };
    parse(&text)
        .map(wrap)
        .map_err(|e| invalid(primitive, &text, &e))
}

fn invalid(primitive: Primitive, text: &str, reason: &dyn Display) -> Fault {
    let text = excerpt(text);
    Fault::new(format!(
        "'{text}' is no value of {}: {reason}",
        primitive.name()
    ))
}

#[cfg(test)]
mod tests;
