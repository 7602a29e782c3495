//! Structural properties by their own URLs: read, replaced, changed, set to null, raw values
//! (OData 4.01 Protocol, sections 11.2.4 and 11.4.8).

mod dynamic;
mod items;
mod place;
mod raw;

use std::sync::Arc;

use bytes::Bytes;
use edm::{DynamicProperty, ItemType, Value};
use http::{HeaderValue, Method};
use odata::json::{self, Node};
use odata::path::Segment;
use odata::{Error, ErrorCode};
use store::{ColumnSet, Reader, Transaction};

use crate::answer;
use crate::body;
use crate::change::storable;
use crate::context::Context;
use crate::create::not_here;
use crate::etag;
use crate::exchange::Response;
use crate::target::{Target, load, locate};
use crate::value_answer;
use place::PropertyPlace;

pub(crate) use items::count;

/// A structural property of an entity: `{"@odata.context":…,"value":…}`, or its raw value behind
/// `/$value` (`None` for null: 204).
pub(crate) fn read(
    context: &Context,
    reader: &mut dyn Reader,
    raw: bool,
) -> Result<Option<Bytes>, Error> {
    let core = &context.core;
    let place = PropertyPlace::of(context)?;
    let target = locate(core, reader, place.entity)?;
    let row = load(core, reader, &target)?;
    let column = place.column(core, &target)?;
    if let Some(name) = place.dynamic {
        return dynamic::read(context, &place, name, place.value(&row[column]), raw).map(Some);
    }
    let Some(value) = place.value(&row[column]).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    if raw {
        return Ok(Some(raw::write(core, place.ty, value)));
    }
    if let Value::Collection(all) = value {
        return items::read(context, &place, all);
    }
    let fragment = place.context_path(core, &target, &row);
    let type_name = value_answer::declared_type(context, place.ty);
    let shown = (place.ty, value);
    let body = value_answer::body(context, &fragment, (None, type_name), shown)?;
    Ok(Some(body.into()))
}

/// The media type that the model names for the raw value that a path leads to (`Core.MediaType`;
/// Protocol, section 11.2.4.1).
///
/// # Errors
/// If the path does not lead to a property.
pub(crate) fn media_type(context: &Context) -> Result<Option<HeaderValue>, Error> {
    let place = PropertyPlace::of(context)?;
    Ok(place.media_type(&context.core))
}

/// What a request makes of a property.
enum Edit {
    Set(Value),
    Patch(json::ComplexPatch),
    /// An item for a collection: at a place, from the end if negative.
    Insert(Value, i64),
    Null,
    /// Of a dynamic property: null removes it.
    Dynamic(DynamicProperty),
}

/// PUT, PATCH, POST and DELETE of a property or of its raw value: 204, or 200 with it where the
/// client prefers that.
pub(crate) async fn write(context: &Arc<Context>, raw: bool) -> Result<Response, Error> {
    let edit = edit_of(context, raw)?;
    let shown = context.negotiated.return_given && !context.negotiated.minimal;
    let shown = shown && context.request.method != Method::DELETE && !raw && is_readable(context);
    let (body, tag) = context
        .write(move |context, transaction| {
            let tag = change(context, transaction, &edit)?;
            let body = if shown {
                let reader: &mut dyn Reader = transaction;
                read(context, reader, false)?
            } else {
                None
            };
            Ok((body, tag))
        })
        .await?;
    let mut response = match body {
        Some(body) => answer::preferred(body, &context.negotiated),
        None => answer::no_content(&context.negotiated),
    };
    answer::tag(&mut response.headers, tag.as_deref());
    Ok(response)
}

/// Whether the caller may read what the path leads to: who writes it is not shown it for that.
fn is_readable(context: &Context) -> bool {
    let Some(withheld) = &context.core.withheld else {
        return true;
    };
    let mut segments = context.path.segments.iter();
    !segments.any(|segment| match segment {
        Segment::Property { of, ordinal } => withheld.has(*of, *ordinal),
        _ => false,
    })
}

/// Reads what a request wants.
fn edit_of(context: &Context, raw: bool) -> Result<Edit, Error> {
    let place = PropertyPlace::of(context)?;
    if place.part.is_proper() {
        let message = "A part of a collection of values can only be read.";
        return Err(Error::method_not_allowed("GET, HEAD", message));
    }
    let (model, ty, request) = (&context.core.model, place.ty, &context.request);
    if let Some(name) = place.dynamic {
        return dynamic::change(model, request, name, raw).map(Edit::Dynamic);
    }
    // Without a place, an item becomes the last (URL Conventions, section 5.1.10).
    let place = context.options.index.unwrap_or(-1);
    if context.options.index.is_some() && request.method != Method::POST {
        let message = "$index is the place of an item that a POST adds to a collection.";
        return Err(Error::bad_request(message).with_target("$index"));
    }
    if request.method == Method::DELETE {
        return Ok(Edit::Null);
    }
    if raw {
        return raw::read(model, ty, request).map(Edit::Set);
    }
    let node = body::required(request)?;
    match (request.method.as_str(), ty.item) {
        ("PATCH", ItemType::Complex(of)) if !ty.collection => {
            json::read_complex_patch(model, of, node).map(Edit::Patch)
        }
        ("PUT", ItemType::Complex(_)) if !ty.collection => {
            json::read_value(model, ty, node).map(Edit::Set)
        }
        ("POST", _) if ty.collection => {
            let mut item = ty.clone();
            item.collection = false;
            let node = match ty.item {
                ItemType::Complex(_) => node,
                _ => value_member(node)?,
            };
            json::read_value(model, &item, node).map(|item| Edit::Insert(item, place))
        }
        ("PUT" | "PATCH", _) => json::read_value(model, ty, value_member(node)?).map(Edit::Set),
        (method, _) => Err(Error::method_not_allowed(
            "GET, HEAD, PUT, PATCH, DELETE",
            format!("{method} is not served on this property."),
        )),
    }
}

/// `{"value": …}` (OData JSON Format 4.01, section 11).
fn value_member(node: Node) -> Result<Node, Error> {
    let refuse = || {
        Error::bad_request("The body must be an object with the member 'value'.")
            .with_target("value")
    };
    let Node::Object(members) = node else {
        return Err(refuse());
    };
    let mut found = None;
    for (name, node) in members {
        if name == "value" && found.is_none() {
            found = Some(node);
        } else if !name.contains('@') {
            return Err(refuse());
        }
    }
    found.ok_or_else(refuse)
}

/// Changes the property inside a transaction, and answers the entity's tag.
fn change(
    context: &Context,
    transaction: &mut dyn Transaction,
    edit: &Edit,
) -> Result<Option<String>, Error> {
    let core = &context.core;
    let place = PropertyPlace::of(context)?;
    let target = locate(core, transaction, place.entity)?;
    if target.borrowed {
        return Err(not_here());
    }
    let old = load(core, transaction, &target)?;
    let table = core.tables.table(target.table);
    etag::check(&context.request.headers, table, &old)?;
    place.may_change(core)?;
    let column = place.column(core, &target)?;
    let mut new = old.clone();
    let slot = place.slot(core, &mut new[column])?;
    *slot = changed(context, &place, slot, edit)?;
    let target = Target {
        key: Some(table.key_of(&old)),
        ..target
    };
    let given = ColumnSet::from_iter([column]);
    let row = context
        .edit()
        .write(transaction, &target, &old, new, given)?;
    Ok(etag::of_row(table, &row))
}

fn changed(
    context: &Context,
    place: &PropertyPlace<'_>,
    old: &Value,
    edit: &Edit,
) -> Result<Value, Error> {
    let name = place.name(&context.core);
    Ok(match edit {
        Edit::Set(value) => {
            storable(&name, value)?;
            value.clone()
        }
        Edit::Dynamic(change) => {
            json::change_dynamic(&context.core.model, old, std::slice::from_ref(change))?
        }
        Edit::Patch(patch) => patch.applied(&context.core.model, old)?,
        Edit::Insert(item, place) => {
            let mut items = match old {
                Value::Collection(items) => items.clone(),
                _ => Vec::new(),
            };
            items.insert(items::place(*place, items.len())?, item.clone());
            Value::Collection(items)
        }
        Edit::Null if place.ty.collection => Value::Collection(Vec::new()),
        Edit::Null if place.ty.nullable => Value::Null,
        Edit::Null => {
            let message = format!("Property '{name}' must not be null.");
            return Err(Error::new(ErrorCode::BadRequest, message).with_target(name));
        }
    })
}
