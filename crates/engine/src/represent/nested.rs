//! What `$select` takes of a complex value (OData 4.01 URL Conventions, section 5.1.4).

use edm::{ComplexValue, Model, TypeRef, Value};
use odata::Error;
use odata::expr::Step;
use odata::json::{self, Metadata, Style};
use odata::query::{QueryOptions, SelectItem, Selection};

use super::dynamic::chosen;
use crate::core::Core;
use crate::memory;

/// Whether an item selects the whole of a property, not something within it.
pub(super) fn is_whole(item: &SelectItem) -> bool {
    let path = item.path.steps.iter();
    if path.clone().any(|step| matches!(step, Step::Dynamic(_))) {
        return false;
    }
    let properties = path.filter(|step| matches!(step, Step::Property { .. }));
    properties.count() == 1 && item.options == QueryOptions::default()
}

/// Writes what some items of `$select`, all of which are about the property of this value, take
/// of it.
///
/// # Errors
/// 400 for nested options that are not served.
pub(super) fn write(
    out: &mut Vec<u8>,
    core: &Core,
    style: Style,
    ty: &TypeRef,
    value: Value,
    items: &[&SelectItem],
) -> Result<(), Error> {
    let model = &*core.model;
    let value = &picked(core, value, items)?;
    let mut wanted = Vec::with_capacity(items.len());
    for item in items {
        let first = item
            .path
            .steps
            .iter()
            .position(|step| matches!(step, Step::Property { .. }));
        let rest = first.map_or(&[][..], |at| item.path.steps.get(at + 1..).unwrap_or(&[]));
        match &item.options.select {
            None if rest.is_empty() => {
                json::write_value(out, model, style, ty, value);
                return Ok(());
            }
            None => wanted.push(rest.to_vec()),
            Some(Selection { all: true, .. }) => {
                json::write_value(out, model, style, ty, value);
                return Ok(());
            }
            Some(nested) => within(nested, rest, &mut wanted)?,
        }
    }
    let wanted: Vec<&[Step]> = wanted.iter().map(Vec::as_slice).collect();
    taken(out, model, style, ty, value, &wanted);
    Ok(())
}

/// Writes a value that an answer consists of, or what `$select` takes of it.
///
/// # Errors
/// 400 for nested options that are not served.
pub(crate) fn write_answer(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    (ty, value): (&TypeRef, &Value),
    options: &QueryOptions,
) -> Result<(), Error> {
    let Some(selection) = options.select.as_ref().filter(|selection| !selection.all) else {
        json::write_value(out, model, style, ty, value);
        return Ok(());
    };
    let mut wanted = Vec::with_capacity(selection.items.len());
    within(selection, &[], &mut wanted)?;
    let wanted: Vec<&[Step]> = wanted.iter().map(Vec::as_slice).collect();
    taken(out, model, style, ty, value, &wanted);
    Ok(())
}

/// Adds the paths to what a selection within a complex value takes.
fn within(selection: &Selection, to: &[Step], wanted: &mut Vec<Vec<Step>>) -> Result<(), Error> {
    for item in &selection.items {
        let path = [to, &item.path.steps].concat();
        let only_selected = QueryOptions {
            select: item.options.select.clone(),
            ..QueryOptions::default()
        };
        if item.options != only_selected {
            let message = "$select: within a complex value only $select is served behind a \
                           property.";
            return Err(Error::bad_request(message).with_target("$select"));
        }
        match item.options.select.as_ref().filter(|inner| !inner.all) {
            None => wanted.push(path),
            Some(inner) => within(inner, &path, wanted)?,
        }
    }
    Ok(())
}

/// The items of a collection that the options nested behind its name leave.
fn picked(core: &Core, value: Value, items: &[&SelectItem]) -> Result<Value, Error> {
    let picks = |options: &QueryOptions| QueryOptions {
        select: None,
        ..options.clone()
    };
    let Some(item) = items
        .iter()
        .find(|item| picks(&item.options) != QueryOptions::default())
    else {
        return Ok(value);
    };
    let served = QueryOptions {
        select: item.options.select.clone(),
        filter: item.options.filter.clone(),
        search: item.options.search.clone(),
        orderby: item.options.orderby.clone(),
        skip: item.options.skip,
        top: item.options.top,
        ..QueryOptions::default()
    };
    let (Value::Collection(all), true, 1) = (&value, item.options == served, items.len()) else {
        let message = "$select: of the options nested behind a property only $select, $filter, \
                       $search, $orderby, $skip and $top are served, and the last five of \
                       collections that are named once.";
        return Err(Error::bad_request(message).with_target("$select"));
    };
    let left = memory::values(&core.model, core.clock.as_ref(), all, &item.options)?;
    Ok(Value::Collection(left.items.into_iter().cloned().collect()))
}

/// Writes the parts of a value to which the paths lead.
fn taken(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    ty: &TypeRef,
    value: &Value,
    paths: &[&[Step]],
) {
    match value {
        Value::Collection(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                taken(out, model, style, ty, item, paths);
            }
            out.push(b']');
        }
        Value::Complex(complex) => complex_taken(out, model, style, ty, complex, paths),
        other => json::write_value(out, model, style, ty, other),
    }
}

fn complex_taken(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    declared: &TypeRef,
    value: &ComplexValue,
    paths: &[&[Step]],
) {
    let ty = model.structured(value.of);
    let derived = declared.item.structured() != Some(value.of);
    let mut separate = false;
    out.push(b'{');
    if style.metadata == Metadata::Full || derived && style.metadata == Metadata::Minimal {
        out.extend_from_slice(b"\"@odata.type\":");
        json::write_string(out, &format!("#{}", ty.name));
        separate = true;
    }
    for (wanted, (property, value)) in ty.properties.iter().zip(&value.values).enumerate() {
        let mut within = paths.iter().filter_map(|path| {
            let casts = path
                .iter()
                .take_while(|step| matches!(step, Step::Cast(_)))
                .count();
            match path.get(casts..)?.split_first()? {
                (Step::Property { ordinal, .. }, rest) if *ordinal == wanted => Some(rest),
                _ => None,
            }
        });
        let Some(first) = within.next() else { continue };
        let within: Vec<&[Step]> = std::iter::once(first).chain(within).collect();
        if style.omit.leaves_out(property, value) {
            continue;
        }
        if property.is_dynamic() {
            let Value::Dynamic(all) = value else { continue };
            let kept: Vec<_> = chosen(all, within.into_iter()).collect();
            if separate && !kept.is_empty() {
                out.push(b',');
            }
            separate |= !kept.is_empty();
            json::write_dynamic(out, model, style, kept);
            continue;
        }
        if separate {
            out.push(b',');
        }
        separate = true;
        json::write_string(out, &property.name);
        out.push(b':');
        if within.iter().any(|path| path.is_empty()) {
            json::write_value(out, model, style, &property.ty, value);
        } else {
            taken(out, model, style, &property.ty, value, &within);
        }
    }
    out.push(b'}');
}
