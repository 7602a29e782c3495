//! Rows as text: CSV (RFC 4180), or an array of JSON objects.

use edm::{Model, Property, Value};
use odata::json;

use super::Format;

/// Writes what stands before the rows.
pub(super) fn begin(out: &mut Vec<u8>, format: Format, columns: &[&Property]) {
    match format {
        Format::Json => out.push(b'['),
        Format::Csv => {
            for (i, column) in columns.iter().enumerate() {
                separate(out, i);
                cell(out, &column.name);
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Writes one row.
pub(super) fn row(
    out: &mut Vec<u8>,
    model: &Model,
    format: Format,
    columns: &[&Property],
    values: &[Value],
    first: bool,
) {
    let cells = columns.iter().zip(values).enumerate();
    match format {
        Format::Csv => {
            for (i, (column, value)) in cells {
                separate(out, i);
                match value {
                    Value::Null => {}
                    Value::String(text) => text_cell(out, text),
                    value => cell(out, &text(model, column, value)),
                }
            }
            out.extend_from_slice(b"\r\n");
        }
        Format::Json => {
            out.extend_from_slice(if first { b"\n{" } else { b",\n{" });
            for (i, (column, value)) in cells {
                separate(out, i);
                json::write_string(out, &column.name);
                out.push(b':');
                json::write_value(out, model, json::Style::default(), &column.ty, value);
            }
            out.push(b'}');
        }
    }
}

/// Writes what stands behind the rows.
pub(super) fn end(out: &mut Vec<u8>, format: Format) {
    if format == Format::Json {
        out.extend_from_slice(b"\n]\n");
    }
}

fn separate(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

/// A value that is no string, as JSON writes it, without quotes.
fn text(model: &Model, column: &Property, value: &Value) -> String {
    let mut json = Vec::new();
    json::write_value(&mut json, model, json::Style::default(), &column.ty, value);
    let text = String::from_utf8_lossy(&json);
    let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
    bare.unwrap_or(&text).to_owned()
}

/// A device's text that a spreadsheet would take for a formula is marked as the text that it is.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// Writes a cell of CSV that holds text of unknown origin.
pub(crate) fn text_cell(out: &mut Vec<u8>, text: &str) {
    cell(out, &harmless(text));
}

fn cell(out: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\r', '\n']) && text.trim() == text {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_harmless() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" x", "\" x\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            (
                "=HYPERLINK(\"http://x\",\"y\")",
                "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"",
            ),
        ] {
            let mut out = Vec::new();
            cell(&mut out, &harmless(text));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
