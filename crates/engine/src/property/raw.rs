//! Raw values behind `/$value` (OData 4.01 Protocol, sections 11.2.4.1 and 11.4.8.2).

use bytes::Bytes;
use edm::{ItemType, Model, Primitive, TypeRef, Value};
use http::header;
use odata::json::{self, Node, Style};
use odata::{Error, ErrorCode};

use crate::core::Core;
use crate::exchange::Request;

/// A value as text, or binary data as it is.
pub(super) fn write(core: &Core, ty: &TypeRef, value: &Value) -> Bytes {
    match value {
        Value::String(text) => text.clone().into(),
        Value::Binary(bytes) => bytes.clone().into(),
        // Not as JSON has them (OData 4.01 Protocol 11.2.4.1).
        Value::Geo(geo) => geo.to_string().into(),
        other => {
            let mut out = Vec::new();
            json::write_value(&mut out, &core.model, Style::default(), ty, other);
            // Scalars stand in JSON as text, some in quotes that a raw value does not have.
            let quoted = out.first() == Some(&b'"') && out.len() >= 2;
            if quoted {
                out[1..out.len() - 1].to_vec().into()
            } else {
                out.into()
            }
        }
    }
}

/// Reads a raw value from a body.
///
/// # Errors
/// 415 for another media type than the value is of, 400 for text that is no such value.
pub(super) fn read(model: &Model, ty: &TypeRef, request: &Request) -> Result<Value, Error> {
    use Primitive::{Boolean, Byte, Decimal, Double, Int16, Int32, Int64, SByte, Single};
    if ty.collection || ty.item.structured().is_some() {
        return Err(Error::bad_request(
            "Only primitive values have a raw value.",
        ));
    }
    if ty.item == ItemType::Primitive(Primitive::Binary) {
        return Ok(Value::Binary(request.body.to_vec()));
    }
    let media = request.headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|v| v.to_str().ok()).unwrap_or("text/plain");
    if !media.trim().to_ascii_lowercase().starts_with("text/plain") {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            format!("Content-Type '{media}' is not understood; raw values are text/plain."),
        ));
    }
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Error::bad_request("The raw value is not UTF-8."))?;
    // The text is what JSON would have, in quotes or not.
    let node = match ty.item {
        ItemType::Primitive(Boolean) => match text {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            _ => Node::String(text.to_owned()),
        },
        ItemType::Primitive(Byte | SByte | Int16 | Int32 | Int64 | Double | Single | Decimal) => {
            json::parse(text.as_bytes()).unwrap_or_else(|_| Node::String(text.to_owned()))
        }
        _ => Node::String(text.to_owned()),
    };
    json::read_value(model, ty, node)
}
