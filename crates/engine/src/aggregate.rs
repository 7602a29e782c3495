//! `$apply`: collections transformed in the database (OData Extension for Data Aggregation 4.0).

mod entities;

use bytes::Bytes;
use edm::{Model, Value};
use odata::apply::{Aggregate, Method, Transformation};
use odata::expr::Step;
use odata::json::{self, Metadata, Style};
use odata::query::QueryOptions;
use odata::{Error, ErrorCode};
use store::{Aggregated, AggregatedName, AggregatedSink, Aggregation, Reader};

use crate::context::Context;
use crate::core::Core;
use crate::links;
use crate::read::conditions;
use crate::represent::count_member;
use crate::target::{Target, locate_filtered};

pub(crate) use entities::{narrow, options as of_entities};

/// Reads a transformed collection: each row has the properties that the transformations leave.
pub(crate) fn collection(context: &Context, reader: &mut dyn Reader) -> Result<Bytes, Error> {
    let (core, options) = (&context.core, &context.options);
    refuse_shapes(options)?;
    let segments = links::without_reference(&context.path.segments);
    let target = locate_filtered(core, reader, segments)?;
    let most = core.service.profile().max_page_size;
    let steps = steps(options, most);
    let style = context.negotiated.style;
    let mut rows = Vec::with_capacity(4 * 1024);
    let mut names: Vec<Vec<String>> = Vec::new();
    let mut selected: Vec<usize> = Vec::new();
    let mut shown = 0;
    run(core, reader, &target, &steps, &mut |properties, values| {
        if shown == 0 {
            names = properties.iter().map(|p| path_of(&core.model, p)).collect();
            selected = (0..properties.len())
                .filter(|at| is_selected(options, &properties[*at].name))
                .filter(|at| is_readable(core, &properties[*at].name))
                .collect();
        }
        shown += 1;
        if shown > most {
            return Err(too_many(most));
        }
        rows.extend_from_slice(if shown == 1 { b"{" } else { b",{" });
        if style.metadata == Metadata::Full {
            rows.extend_from_slice(b"\"@odata.id\":null,");
        }
        let columns = (properties, names.as_slice(), values.as_slice());
        write_level(&mut rows, &core.model, style, columns, &selected, 0);
        rows.push(b'}');
        Ok(())
    })?;
    let mut out = vec![b'{'];
    if style.metadata != Metadata::None {
        out.extend_from_slice(b"\"@odata.context\":");
        let columns: Vec<String> = selected.iter().map(|at| names[*at].join("/")).collect();
        let path = links::canonical_path(core, segments);
        let url = format!("{}/$metadata#{path}({})", context.root(), columns.join(","));
        json::write_string(&mut out, &url);
        out.push(b',');
    }
    if options.count {
        let total = count(core, reader, &target, options)?;
        count_member(&mut out, style, "", total as u64);
        out.push(b',');
    }
    out.extend_from_slice(b"\"value\":[");
    out.extend_from_slice(&rows);
    out.extend_from_slice(b"]}");
    Ok(out.into())
}

/// A transformed collection is no collection of entities any more: it has nothing to expand.
fn refuse_shapes(options: &QueryOptions) -> Result<(), Error> {
    let selected = options.select.iter().flat_map(|select| &select.items);
    let mut nested = selected.map(|item| item.options != QueryOptions::default());
    let given = [
        ("$expand", !options.expand.is_empty()),
        ("$skiptoken", options.skip_token.is_some()),
        ("$select with nested options", nested.any(|nested| nested)),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!("{name} is not served together with such an $apply.");
            Err(Error::new(ErrorCode::NotImplemented, message).with_target("$apply"))
        }
    }
}

/// Whether `$select` names a property of the result, or what it lies in.
fn is_selected(options: &QueryOptions, name: &AggregatedName) -> bool {
    let Some(selection) = options.select.as_ref().filter(|selection| !selection.all) else {
        return true;
    };
    let items = selection.items.iter();
    let mut items = items.map(|item| item.path.steps.as_slice());
    items.any(|steps| match name {
        AggregatedName::Path(path) => path.starts_with(steps),
        AggregatedName::Dynamic(name) => {
            matches!(steps, [Step::Dynamic(wanted)] if wanted == name)
        }
    })
}

/// Whether the caller may read a property: who may not did not name it, but entities that stay whole
/// have it.
fn is_readable(core: &Core, name: &AggregatedName) -> bool {
    let (Some(withheld), AggregatedName::Path(steps)) = (&core.withheld, name) else {
        return true;
    };
    !steps.iter().any(|step| match step {
        Step::Property { of, ordinal } => withheld.has(*of, *ordinal),
        _ => false,
    })
}

fn too_many(most: u64) -> Error {
    Error::bad_request(format!(
        "$apply makes more than {most} rows: narrow it, or read it in parts by $orderby, $skip and $top."
    ))
    .with_target("$apply")
}

/// The transformations of `$apply` with what the other options do to their result.
fn steps(options: &QueryOptions, most: u64) -> Vec<Transformation> {
    let mut steps = narrowed(options);
    if !options.orderby.is_empty() {
        steps.push(Transformation::OrderBy(options.orderby.clone()));
    }
    if let Some(skip) = options.skip {
        steps.push(Transformation::Skip(skip));
    }
    // One more row than is shown tells that there are too many.
    let top = options.top.map_or(most.saturating_add(1), |top| top);
    steps.push(Transformation::Top(top));
    steps
}

/// The transformations up to what `$count` counts.
fn narrowed(options: &QueryOptions) -> Vec<Transformation> {
    let mut steps = options.apply.clone();
    if !options.compute.is_empty() {
        steps.push(Transformation::Compute(options.compute.clone()));
    }
    if let Some(search) = &options.search {
        steps.push(Transformation::Search(search.clone()));
    }
    if let Some(filter) = &options.filter {
        steps.push(Transformation::Filter(filter.clone()));
    }
    steps
}

/// The number of rows of a transformed collection.
///
/// # Errors
/// What the database says.
pub(crate) fn count(
    core: &Core,
    reader: &mut dyn Reader,
    target: &Target,
    options: &QueryOptions,
) -> Result<i64, Error> {
    let mut steps = narrowed(options);
    steps.push(Transformation::Aggregate(vec![Aggregate {
        expr: None,
        method: Method::Count,
        name: "count".to_owned(),
        ty: edm::TypeRef::primitive(edm::Primitive::Int64),
        from: Vec::new(),
    }]));
    let mut total = 0;
    run(core, reader, target, &steps, &mut |_, values| {
        total = values.first().and_then(Value::as_i64).unwrap_or(0);
        Ok(())
    })?;
    Ok(total)
}

fn run(
    core: &Core,
    reader: &mut dyn Reader,
    target: &Target,
    steps: &[Transformation],
    sink: &mut AggregatedSink<'_>,
) -> Result<(), Error> {
    let none = QueryOptions::default();
    let aggregation = Aggregation {
        input: conditions(core, target, &none),
        steps: steps.iter().collect(),
    };
    reader.aggregate(&aggregation, sink)
}

/// The names that lead to a property.
fn path_of(model: &Model, property: &Aggregated) -> Vec<String> {
    match &property.name {
        AggregatedName::Dynamic(name) => vec![name.clone()],
        AggregatedName::Path(steps) => steps
            .iter()
            .filter_map(|step| match step {
                Step::Property { of, ordinal } => {
                    Some(model.structured(*of).properties[*ordinal].name.clone())
                }
                Step::Navigation { of, index } => {
                    Some(model.structured(*of).navigation[*index].name.clone())
                }
                Step::Dynamic(name) => Some(name.clone()),
                _ => None,
            })
            .collect(),
    }
}

type Columns<'r> = (&'r [Aggregated], &'r [Vec<String>], &'r [Value]);

/// Writes members of a row; a property behind a path stands in nested objects.
fn write_level(
    out: &mut Vec<u8>,
    model: &Model,
    style: Style,
    columns: Columns<'_>,
    at: &[usize],
    depth: usize,
) {
    let (properties, names, values) = columns;
    let mut done: Vec<&str> = Vec::new();
    for &place in at {
        let Some(name) = names[place].get(depth) else {
            continue;
        };
        if done.contains(&name.as_str()) {
            continue;
        }
        if !done.is_empty() {
            out.push(b',');
        }
        done.push(name);
        json::write_string(out, name);
        out.push(b':');
        if names[place].len() == depth + 1 {
            json::write_value(out, model, style, &properties[place].ty, &values[place]);
            continue;
        }
        let within: Vec<usize> = at
            .iter()
            .copied()
            .filter(|other| names[*other].get(depth) == Some(name))
            .collect();
        out.push(b'{');
        write_level(out, model, style, columns, &within, depth + 1);
        out.push(b'}');
    }
}
