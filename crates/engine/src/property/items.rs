//! Collections of values by their own URLs: the options that pick among them (OData 4.01 URL
//! Conventions, section 5.1), a part of them by the path, and how many there are.

use bytes::Bytes;
use edm::{TypeRef, Value};
use odata::Error;
use odata::query::QueryOptions;
use store::Reader;

use super::place::{Part, PropertyPlace};
use crate::context::Context;
use crate::links;
use crate::memory::{self, Left};
use crate::target::{load, locate};
use crate::value_answer;

/// Where an item is inserted into a collection of so many: a place from the beginning, or, if it
/// is negative, from the end, -1 behind the last (OData 4.01 URL Conventions, section 5.1.10).
///
/// # Errors
/// 400 for a place that is not within the collection.
pub(super) fn place(index: i64, items: usize) -> Result<usize, Error> {
    let last = i64::try_from(items).unwrap_or(i64::MAX);
    let place = match index {
        0.. => index,
        // The sum of a negative number and one that is not cannot overflow.
        _ => index + 1 + last,
    };
    let place = usize::try_from(place).ok().filter(|place| *place <= items);
    place.ok_or_else(|| {
        let message = format!(
            "$index={index} is no place in a collection of {items} items; allowed: -{} to {items}.",
            items.saturating_add(1)
        );
        Error::bad_request(message).with_target("$index")
    })
}

/// The items that a path and the options leave: `{"@odata.context":…,"value":[…]}`, or the one that
/// the path names.
///
/// # Errors
/// 404 for a place where there is no item.
pub(super) fn read(
    context: &Context,
    place: &PropertyPlace<'_>,
    all: &[Value],
) -> Result<Option<Bytes>, Error> {
    let left = left(context, place, all, &context.options)?;
    let (ty, count, value) = match place.part.index {
        Some(index) => {
            let item = Part::item(index, &left.items);
            let item = item.ok_or_else(|| {
                let name = place.name(&context.core);
                Error::not_found(format!("'{name}' has no item {index}."))
            })?;
            let ty = TypeRef {
                collection: false,
                ..place.ty.clone()
            };
            (ty, None, item.clone())
        }
        None => {
            let items = left.items.into_iter().cloned().collect();
            (place.ty.clone(), left.count, Value::Collection(items))
        }
    };
    let fragment = links::canonical_path(&context.core, place.segments);
    let type_name = value_answer::declared_type(context, &ty);
    let body = value_answer::body(context, &fragment, (count, type_name), (&ty, &value))?;
    Ok(Some(body.into()))
}

/// `/$count` of a collection of values.
///
/// # Errors
/// As reading it.
pub(crate) fn count(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let core = &context.core;
    let place = PropertyPlace::of(context)?;
    let target = locate(core, reader, place.entity)?;
    let row = load(core, reader, &target)?;
    let column = place.column(core, &target)?;
    let count = match place.value(&row[column]) {
        Some(Value::Collection(all)) => left(context, &place, all, &context.options)?.items.len(),
        _ => 0,
    };
    Ok(count.to_string().into())
}

/// The items that the path's conditions and the options leave.
fn left<'v>(
    context: &Context,
    place: &PropertyPlace<'_>,
    all: &'v [Value],
    options: &QueryOptions,
) -> Result<Left<&'v Value>, Error> {
    let (model, clock) = (&context.core.model, context.core.clock.as_ref());
    let mut options = QueryOptions {
        filter: options.filter.clone(),
        search: options.search.clone(),
        orderby: options.orderby.clone(),
        skip: options.skip,
        top: options.top,
        count: options.count,
        ..QueryOptions::default()
    };
    for condition in &place.part.filters {
        crate::aggregate::narrow(&mut options.filter, (*condition).clone());
    }
    memory::values(model, clock, all, &options)
}
