//! The canonical text of an event, of which its hash is made: JSON as RFC 8785 (JCS) has it, without
//! the members that are null or an empty array. `docs/audit.md` tells it to those who verify it.

use aws_lc_rs::digest::{SHA256, digest};
use edm::Model;
use odata::{Error, json};
use serde_json::Value as Json;
use store::{Row, Tables};

use super::columns::Columns;

/// The hash before the first event.
pub(super) const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256 in lower-case hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// What is hashed of an event: itself, its place in its chain, and the hash of the one before.
///
/// # Errors
/// If a value cannot be written, which is a fault of ours.
pub(super) fn object(
    model: &Model,
    tables: &Tables,
    columns: &Columns,
    row: &Row,
) -> Result<Json, Error> {
    let table = tables.table(columns.events);
    let of = table
        .of
        .ok_or_else(|| Error::internal("audit events have no type"))?;
    let mut event = serde_json::Map::new();
    for (index, property) in model.structured(of).properties.iter().enumerate() {
        let mut text = Vec::new();
        let style = json::Style::default();
        json::write_value(&mut text, model, style, &property.ty, &row[index]);
        let value: Json = serde_json::from_slice(&text).map_err(Error::internal)?;
        event.insert(property.name.clone(), value);
    }
    let text = |column: usize| row[column].as_str().unwrap_or_default();
    Ok(serde_json::json!({
        "event": event,
        "previousHash": text(columns.previous_hash),
        "sequence": row[columns.sequence].as_i64(),
        "serverId": text(columns.server),
    }))
}

/// The canonical text: members in the order of the UTF-16 code units of their names, no space, and
/// strings escaped no more than they must be.
pub(super) fn text(value: &Json) -> String {
    let mut out = String::new();
    write(&mut out, value);
    out
}

/// The values come from parsed JSON, whose nesting the parser bounds.
fn write(out: &mut String, value: &Json) {
    match value {
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().filter(|(_, v)| !is_nothing(v)).collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (i, (name, value)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(out, name);
                out.push(':');
                write(out, value);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Json::String(text) => write_string(out, text),
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // The numbers of an event are integers that every reader of JSON knows exactly.
        Json::Number(number) => out.push_str(&number.to_string()),
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn write_string(out: &mut String, text: &str) {
    use std::fmt::Write;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
