//! Dynamic properties by their own URLs (OData CSDL 4.01, section 6.3; Protocol, sections 11.2.4.1
//! and 11.4.9). None is null: what an instance does not have is not found.

use bytes::Bytes;
use edm::{DynamicProperty, ItemType, Model, Primitive, TypeRef, Value};
use http::Method;
use odata::json::{self, Node};
use odata::{Error, ErrorCode};

use super::place::PropertyPlace;
use super::raw;
use crate::body;
use crate::context::Context;
use crate::exchange::Request;
use crate::links;
use crate::value_answer;

/// `{"@odata.context":…,"value":…}` with the type where JSON does not tell it, an object itself, or
/// the raw value.
///
/// # Errors
/// 404 if the instance has no such property, 400 for the raw value of what is not primitive, 501 for
/// that of what is binary.
pub(super) fn read(
    context: &Context,
    place: &PropertyPlace<'_>,
    name: &str,
    all: Option<&Value>,
    raw: bool,
) -> Result<Bytes, Error> {
    let found = match all {
        Some(Value::Dynamic(all)) => all.iter().find(|property| property.name == name),
        _ => None,
    };
    let DynamicProperty { ty, value, .. } = found.ok_or_else(|| {
        let path = place.name(&context.core);
        Error::not_found(format!("There is no property '{path}' here.")).with_target(name)
    })?;
    let (model, style) = (&context.core.model, context.negotiated.style);
    if raw {
        if ty.collection || matches!(ty.item, ItemType::Complex(_) | ItemType::Untyped) {
            return Err(Error::bad_request(
                "Only primitive values have a raw value.",
            ));
        }
        if ty.item == ItemType::Primitive(Primitive::Binary) {
            let message = "The raw value of a dynamic property that is binary is not served.";
            return Err(Error::new(ErrorCode::NotImplemented, message).with_target(name));
        }
        return Ok(raw::write(&context.core, ty, value));
    }
    let fragment = links::canonical_path(&context.core, place.segments);
    let type_name = json::dynamic_type(model, style.metadata, ty);
    // An object says its own type where nothing is declared.
    let untyped = TypeRef::of(ItemType::Untyped);
    let ty = match value {
        Value::Complex(_) | Value::Dynamic(_) => &untyped,
        _ => ty,
    };
    value_answer::body(context, &fragment, (None, type_name), (ty, value)).map(Bytes::from)
}

/// What a request makes of a dynamic property; null removes it.
///
/// # Errors
/// 400 for a body that is no value, 501 for what needs to know what is there: a PATCH of an object,
/// and a raw value.
pub(super) fn change(
    model: &Model,
    request: &Request,
    name: &str,
    raw: bool,
) -> Result<DynamicProperty, Error> {
    let unserved = |what: &str| {
        let message =
            format!("{what} the dynamic property '{name}' is not served: PUT replaces it.");
        Error::new(ErrorCode::NotImplemented, message).with_target(name)
    };
    if request.method == Method::DELETE {
        return json::read_dynamic(model, name, None, Node::Null);
    }
    if raw {
        return Err(unserved("Writing the raw value of"));
    }
    let node = body::required(request)?;
    let (annotation, node) = value_and_type(node)?;
    let merges = request.method == Method::PATCH;
    if merges && matches!(node, Node::Object(_)) {
        return Err(unserved("Changing a part of"));
    }
    json::read_dynamic(model, name, annotation.as_deref(), node).map_err(|error| {
        match error.target {
            Some(_) => error,
            None => error.with_target(name),
        }
    })
}

/// `{"@odata.type": …, "value": …}`, or an object that is itself the value.
fn value_and_type(node: Node) -> Result<(Option<String>, Node), Error> {
    let Node::Object(members) = node else {
        let message =
            "The body must be an object: the value itself, or one with the member 'value'.";
        return Err(Error::bad_request(message).with_target("value"));
    };
    let is_wrapped = members.iter().any(|(name, _)| name == "value")
        && members
            .iter()
            .all(|(name, _)| name == "value" || name.starts_with('@'));
    if !is_wrapped {
        return Ok((None, Node::Object(members)));
    }
    let (mut annotation, mut value) = (None, Node::Null);
    for (name, node) in members {
        match (name.as_str(), node) {
            ("value", node) => value = node,
            ("@odata.type" | "@type", Node::String(text)) => annotation = Some(text),
            ("@odata.type" | "@type", other) => {
                let message = format!("'{name}' must be a string, found {}.", other.kind());
                return Err(Error::bad_request(message).with_target(name));
            }
            _ => {}
        }
    }
    Ok((annotation, value))
}
