//! Values to JSON (OData JSON Format 4.01, section 7), straight into the bytes of an answer.
//!
//! A value is written as what it is; its type says only how enumeration members are called and
//! whether a complex value must name its type. So a value can always be written.

use std::fmt::Display;
use std::io::Write as _;

use super::dynamic::write_each;
use super::style::{Metadata, Style};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use edm::{
    ComplexValue, DynamicProperty, EnumType, Geo, ItemType, Model, Primitive, StructuredId,
    TypeRef, Value,
};

/// Writes a value of a type, as clients get it.
///
/// Infinities and not-a-number are strings; a complex value that could be of several types begins
/// with its `@odata.type`, unless the answer has no metadata.
pub fn write_value(out: &mut Vec<u8>, model: &Model, style: Style, ty: &TypeRef, value: &Value) {
    Writer {
        model,
        style,
        stored: false,
    }
    .value(out, ty, value);
}

/// Writes a value of a type as the store keeps it in a text column: as [`write_value`] does, but
/// with decimals as strings, so that [`value_from_json_text`](super::value_from_json_text) gives
/// back the same value.
pub fn write_stored_value(out: &mut Vec<u8>, model: &Model, ty: &TypeRef, value: &Value) {
    Writer {
        model,
        style: Style::default(),
        stored: true,
    }
    .value(out, ty, value);
}

/// Writes a complex value, as clients get it, where a value of the type `declared` stands.
pub fn write_complex(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    declared: StructuredId,
    value: &ComplexValue,
) {
    Writer {
        model,
        style,
        stored: false,
    }
    .complex(out, Some(declared), value);
}

const INT64: ItemType = ItemType::Primitive(Primitive::Int64);

#[derive(Clone, Copy)]
struct Writer<'m> {
    model: &'m Model,
    style: Style,
    /// For the store: no digit of a decimal may be lost.
    stored: bool,
}

impl Writer<'_> {
    fn value(self, out: &mut Vec<u8>, ty: &TypeRef, value: &Value) {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Boolean(true) => out.extend_from_slice(b"true"),
            Value::Boolean(false) => out.extend_from_slice(b"false"),
            Value::Integer(number) if self.style.ieee754 && ty.item == INT64 => {
                write_quoted(out, number);
            }
            Value::Integer(number) => write_display(out, number),
            Value::Double(number) => write_float(out, ty.item, *number),
            Value::Decimal(text) if !self.style.ieee754 && !self.stored => {
                out.extend_from_slice(text.as_bytes());
            }
            Value::Decimal(text) | Value::String(text) => write_string(out, text),
            Value::Binary(bytes) => write_base64(out, bytes, self.style),
            Value::Guid(id) => write_quoted(out, id),
            Value::Date(date) => write_quoted(out, date),
            Value::DateTimeOffset(instant) => write_quoted(out, instant),
            Value::TimeOfDay(time) => write_quoted(out, time),
            Value::Duration(duration) if self.style.zero_days && duration.ticks == 0 => {
                write_quoted(out, "P0D");
            }
            Value::Duration(duration) => write_quoted(out, duration),
            Value::Geo(geo) => {
                let default = match ty.item {
                    ItemType::Primitive(primitive) => Geo::default_srid(primitive),
                    _ => Geo::default_srid(Primitive::Any),
                };
                out.extend_from_slice(geo.to_geojson(default).as_bytes());
            }
            Value::Enum(number) => match ty.item {
                ItemType::Enum(id) => write_enum(out, self.model.enum_type(id), *number),
                _ => write_quoted(out, number),
            },
            Value::Complex(value) => self.complex(out, ty.item.structured(), value),
            Value::Collection(items) => self.collection(out, ty, items),
            Value::Dynamic(properties) => {
                out.push(b'{');
                self.dynamic(out, properties);
                out.push(b'}');
            }
        }
    }

    fn dynamic(self, out: &mut Vec<u8>, properties: &[DynamicProperty]) {
        let write = |out: &mut Vec<u8>, ty: &TypeRef, value: &Value| self.value(out, ty, value);
        write_each(out, self.model, self.style.metadata, properties, write);
    }

    fn collection(self, out: &mut Vec<u8>, ty: &TypeRef, items: &[Value]) {
        out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.value(out, ty, item);
        }
        out.push(b']');
    }

    fn complex(self, out: &mut Vec<u8>, declared: Option<StructuredId>, value: &ComplexValue) {
        let ty = self.model.structured(value.of);
        let is_polymorphic = || {
            declared.is_none_or(|declared| {
                declared != value.of || !self.model.structured(declared).derived.is_empty()
            })
        };
        let names_type = match self.style.metadata {
            Metadata::None => false,
            Metadata::Minimal => is_polymorphic(),
            Metadata::Full => true,
        };
        out.push(b'{');
        let mut is_first = true;
        if names_type {
            out.extend_from_slice(b"\"@odata.type\":");
            write_quoted(out, format_args!("#{}", ty.name));
            is_first = false;
        }
        let omit = self.style.omit;
        for (property, value) in ty.properties.iter().zip(&value.values) {
            let none_dynamic = property.is_dynamic() && value.is_null();
            if none_dynamic || omit.leaves_out(property, value) {
                continue;
            }
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            if let Value::Dynamic(properties) = value
                && property.is_dynamic()
            {
                self.dynamic(out, properties);
                continue;
            }
            write_string(out, &property.name);
            out.push(b':');
            self.value(out, &property.ty, value);
        }
        out.push(b'}');
    }
}

/// Writes a string in quotes with what RFC 8259 section 7 wants escaped, and nothing else.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = rest
        .iter()
        .position(|b| *b < 0x20 || *b == b'"' || *b == b'\\')
    {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        if let Some((byte, behind)) = special.split_first() {
            write_escape(out, *byte);
            rest = behind;
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0A => b'n',
        0x0C => b'f',
        0x0D => b'r',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 0xF)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn write_display(out: &mut Vec<u8>, value: impl Display) {
    write!(out, "{value}").expect("a vector takes every byte");
}

/// Text in quotes that needs no escapes: numbers, dates, identifiers.
fn write_quoted(out: &mut Vec<u8>, value: impl Display) {
    out.push(b'"');
    write_display(out, value);
    out.push(b'"');
}

/// Writes binary data in quotes.
pub fn write_base64(out: &mut Vec<u8>, bytes: &[u8], style: Style) {
    let engine = if style.base64url {
        URL_SAFE_NO_PAD
    } else {
        STANDARD
    };
    out.push(b'"');
    let start = out.len();
    let encoded = bytes.len().div_ceil(3) * 4;
    out.resize(start + encoded, 0);
    let written = engine
        .encode_slice(bytes, &mut out[start..])
        .expect("four characters for every three bytes are reserved");
    out.truncate(start + written);
    out.push(b'"');
}

/// The shortest digits that give the same number back.
fn write_float(out: &mut Vec<u8>, item: ItemType, number: f64) {
    if number.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if number.is_infinite() {
        let text: &[u8] = if number > 0.0 {
            b"\"INF\""
        } else {
            b"\"-INF\""
        };
        out.extend_from_slice(text);
    } else if item == ItemType::Primitive(Primitive::Single) {
        write!(out, "{:?}", number as f32).expect("a vector takes every byte");
    } else {
        write!(out, "{number:?}").expect("a vector takes every byte");
    }
}

/// The names of the members; the number where the model has no name for it (a row written under
/// another version of the model).
fn write_enum(out: &mut Vec<u8>, ty: &EnumType, number: i64) {
    match ty.text_of(number) {
        Some(names) => write_string(out, &names),
        None => write_quoted(out, number),
    }
}

#[cfg(test)]
mod tests;
