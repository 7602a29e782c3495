//! `$apply` whose transformations leave entities what they are (OData Extension for Data
//! Aggregation 4.0, section 3.3): they are read as entities, so that `$select` and `$expand` shape
//! them and they keep their identity.

use edm::{StructuredId, Value};
use odata::Error;
use odata::apply::Transformation;
use odata::expr::{Expr, Step};
use odata::query::{Compute, QueryOptions, Search};
use store::{AggregatedName, Reader};

use super::run;
use crate::compose::members;
use crate::core::Core;
use crate::target::Target;

/// The most entities of a page or ranking that are read again as entities.
const MOST: usize = 1_000;

/// The same options without `$apply`; `None` if its result is no collection of entities, or one of
/// so many that they could not be named by their keys.
///
/// # Errors
/// What the database says.
pub(crate) fn options(
    core: &Core,
    reader: &mut dyn Reader,
    target: &Target,
    options: &QueryOptions,
) -> Result<Option<QueryOptions>, Error> {
    if !options.apply.iter().all(keeps_entities) {
        return Ok(None);
    }
    let mut plain = QueryOptions {
        apply: Vec::new(),
        compute: computed(&options.apply)
            .chain(&options.compute)
            .cloned()
            .collect(),
        ..options.clone()
    };
    if !options.apply.iter().any(limits) {
        for step in &options.apply {
            match step {
                Transformation::Filter(condition) => narrow(&mut plain.filter, condition.clone()),
                Transformation::Search(search) => find(&mut plain.search, search.clone()),
                _ => {}
            }
        }
        return Ok(Some(plain));
    }
    let Some(keys) = keys(core, reader, target, &options.apply)? else {
        return Ok(None);
    };
    narrow(
        &mut plain.filter,
        members::among(&core.model, target.of, &keys),
    );
    plain
        .orderby
        .extend(members::rank(&core.model, target.of, &keys));
    Ok(Some(plain))
}

/// Whether what comes out are entities that went in, each at most once.
fn keeps_entities(step: &Transformation) -> bool {
    match step {
        Transformation::Identity
        | Transformation::Filter(_)
        | Transformation::Search(_)
        | Transformation::Compute(_)
        | Transformation::OrderBy(_)
        | Transformation::Top(_)
        | Transformation::Skip(_)
        | Transformation::Ranked { .. } => true,
        Transformation::GroupBy { then, .. } => {
            // What is computed within a group is of the group.
            let computes = then.iter().any(|s| matches!(s, Transformation::Compute(_)));
            !then.is_empty() && !computes && then.iter().all(keeps_entities)
        }
        Transformation::Aggregate(_) | Transformation::Concat(_) => false,
    }
}

/// Whether it depends on the other entities which are left.
fn limits(step: &Transformation) -> bool {
    !matches!(
        step,
        Transformation::Identity
            | Transformation::Filter(_)
            | Transformation::Search(_)
            | Transformation::Compute(_)
    )
}

fn computed(steps: &[Transformation]) -> impl Iterator<Item = &Compute> {
    steps.iter().flat_map(|step| match step {
        Transformation::Compute(items) => items.as_slice(),
        _ => &[],
    })
}

/// Adds a condition to a filter.
pub(crate) fn narrow(filter: &mut Option<Expr>, condition: Expr) {
    *filter = Some(match filter.take() {
        Some(known) => Expr::And(Box::new(condition), Box::new(known)),
        None => condition,
    });
}

fn find(search: &mut Option<Search>, wanted: Search) {
    *search = Some(match search.take() {
        Some(known) => Search::And(Box::new(wanted), Box::new(known)),
        None => wanted,
    });
}

/// The keys of the entities that come out, in their order; `None` of too many.
fn keys(
    core: &Core,
    reader: &mut dyn Reader,
    target: &Target,
    steps: &[Transformation],
) -> Result<Option<Vec<Vec<Value>>>, Error> {
    let mut steps = steps.to_vec();
    steps.push(Transformation::Top(MOST as u64 + 1));
    let mut keys = Vec::new();
    run(core, reader, target, &steps, &mut |properties, values| {
        let names: Vec<_> = properties.iter().map(|property| &property.name).collect();
        keys.push(key_of(core, target.of, &names, &values)?);
        Ok(())
    })?;
    Ok((keys.len() <= MOST).then_some(keys))
}

fn key_of(
    core: &Core,
    of: StructuredId,
    names: &[&AggregatedName],
    values: &[Value],
) -> Result<Vec<Value>, Error> {
    let value = |wanted: &usize| {
        let is_meant = |name: &&AggregatedName| match name {
            AggregatedName::Path(steps) => {
                matches!(steps.as_slice(), [Step::Property { ordinal, .. }] if ordinal == wanted)
            }
            AggregatedName::Dynamic(_) => false,
        };
        let place = names.iter().position(is_meant);
        place.and_then(|place| values.get(place)).cloned()
    };
    let key = core.model.structured(of).key.iter().map(value);
    key.collect::<Option<_>>()
        .ok_or_else(|| Error::internal("transformed entities without their keys"))
}
