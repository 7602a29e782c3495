//! Answers that are a value: of a property, an item of a collection, or the result of an operation
//! (OData JSON Format 4.01, sections 11 and 18).

use edm::{TypeRef, Value};
use odata::Error;
use odata::json::{self, Metadata};

use crate::context::Context;
use crate::represent::{count_member, write_answer};

/// `{"@odata.context":"…$metadata#fragment"`, or only the brace where no metadata is wanted.
pub(crate) fn begin(context: &Context, fragment: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.push(b'{');
    if context.negotiated.style.metadata != Metadata::None {
        out.extend_from_slice(b"\"@odata.context\":");
        let url = format!("{}/$metadata#{fragment}", context.root());
        json::write_string(&mut out, &url);
    }
    out
}

/// Separates a member from those before it, if there are any.
pub(crate) fn separate(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.push(b',');
    }
}

/// The type of a declared value, which full metadata shows where JSON does not tell it.
pub(crate) fn declared_type(context: &Context, ty: &TypeRef) -> Option<String> {
    let full = context.negotiated.style.metadata == Metadata::Full;
    full.then(|| json::type_control(&context.core.model, ty))
        .flatten()
}

/// A value with its context, of which the fragment lacks what is selected, and perhaps with the
/// number of its items and its type. An object stands in the answer's own, any other value under
/// `value`.
///
/// # Errors
/// 400 for options of `$select` that are not served.
pub(crate) fn body(
    context: &Context,
    fragment: &str,
    (count, type_name): (Option<usize>, Option<String>),
    (ty, value): (&TypeRef, &Value),
) -> Result<Vec<u8>, Error> {
    let (model, style) = (&context.core.model, context.negotiated.style);
    let mut out = begin(context, &format!("{fragment}{}", context.projection()));
    if matches!(value, Value::Complex(_) | Value::Dynamic(_)) {
        let mut object = Vec::new();
        write_answer(&mut object, model, style, (ty, value), &context.options)?;
        if object.len() > 2 {
            separate(&mut out);
        }
        out.extend_from_slice(object.get(1..).unwrap_or(b"}"));
        return Ok(out);
    }
    if let Some(count) = count {
        separate(&mut out);
        count_member(&mut out, style, "", count as u64);
    }
    separate(&mut out);
    if let Some(name) = type_name {
        out.extend_from_slice(b"\"@odata.type\":");
        json::write_string(&mut out, &name);
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":");
    write_answer(&mut out, model, style, (ty, value), &context.options)?;
    out.push(b'}');
    Ok(out)
}
