//! GET of a structural property, and of its raw value (OData 4.01 Protocol, section 11.2.4).

use bytes::Bytes;
use edm::Value;
use odata::json::Style;
use odata::path::Segment;
use odata::{Error, json};
use store::Reader;

use crate::context::Context;
use crate::core::Core;
use crate::links;
use crate::target::{load, locate};

/// A structural property of an entity: `{"@odata.context":…,"value":…}`, or its raw value behind
/// `/$value` (`None` for null: 204).
pub(crate) fn read(
    context: &Context,
    reader: &mut dyn Reader,
    raw: bool,
) -> Result<Option<Bytes>, Error> {
    let (core, path) = (&context.core, &context.path);
    let segments = if raw {
        &path.segments[..path.segments.len() - 1]
    } else {
        &path.segments[..]
    };
    let Some((Segment::Property { ordinal, .. }, entity)) = segments.split_last() else {
        return Err(Error::bad_request("This path is not served."));
    };
    let target = locate(core, reader, entity)?;
    let row = load(core, reader, &target)?;
    let property = &core.model.structured(target.of).properties[*ordinal];
    let value = &row[*ordinal];
    if value.is_null() {
        return Ok(None);
    }
    if raw {
        return Ok(Some(raw_value(core, &property.ty, value)));
    }
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"@odata.context\":");
    let path = links::canonical_path(core, segments);
    json::write_string(&mut out, &format!("{}/$metadata#{path}", context.root()));
    out.extend_from_slice(b",\"value\":");
    json::write_value(
        &mut out,
        &core.model,
        context.negotiated.style,
        &property.ty,
        value,
    );
    out.push(b'}');
    Ok(Some(out.into()))
}

fn raw_value(core: &Core, ty: &edm::TypeRef, value: &Value) -> Bytes {
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
