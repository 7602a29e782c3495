//! `groupby` (section 3.2.3).

use std::collections::BTreeMap;

use edm::Value;

use super::super::error::EvalError;
use super::super::evaluator::{Evaluator, Identity};
use super::super::operand::Operand;
use super::super::order::Ordered;
use super::{Row, scope, transform};
use crate::apply::Transformation;
use crate::expr::{Path, Root, Step};

/// What a grouping property leads to: values that are equal are in one group, as are entities that
/// are the same; null is a value here.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Value(Ordered),
    Entity(Identity),
}

/// The rows of each combination of the properties, in the order of their first ones.
pub(super) fn groups<'a>(
    evaluator: &Evaluator<'_>,
    properties: &[Path],
    rows: Vec<Row<'a>>,
) -> Result<Vec<Vec<Row<'a>>>, EvalError> {
    let mut places: BTreeMap<Vec<Part>, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<Row<'a>>> = Vec::new();
    for row in rows {
        let key = key(evaluator, properties, &row)?;
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    Ok(groups)
}

/// The rows that the transformations make of each group.
pub(super) fn grouped<'a>(
    evaluator: &Evaluator<'_>,
    properties: &[Path],
    then: &[Transformation],
    rows: Vec<Row<'a>>,
) -> Result<Vec<Row<'a>>, EvalError> {
    let groups = groups(evaluator, properties, rows)?;
    let mut made = Vec::with_capacity(groups.len());
    for group in groups {
        let Some(first) = group.first().cloned() else {
            continue;
        };
        let common = common(evaluator, properties, &first)?;
        let found = if then.is_empty() {
            vec![Row::of(Vec::new())]
        } else {
            transform(evaluator, then, group)?
        };
        for mut row in found {
            row.of_group(&first, properties, &common);
            made.push(row);
        }
    }
    Ok(made)
}

fn key(
    evaluator: &Evaluator<'_>,
    properties: &[Path],
    row: &Row<'_>,
) -> Result<Vec<Part>, EvalError> {
    let scope = scope(row);
    let parts = properties.iter().map(|path| {
        evaluator.begin();
        Ok(match evaluator.path(path, &scope)? {
            Operand::Instance(instance) => Part::Entity(Identity::new(evaluator.model, instance)?),
            other => Part::Value(Ordered(other.into_value()?.into_owned())),
        })
    });
    parts.collect()
}

/// The grouping properties that no type declares, which a row must carry by itself.
fn common(
    evaluator: &Evaluator<'_>,
    properties: &[Path],
    first: &Row<'_>,
) -> Result<Vec<(String, Value)>, EvalError> {
    let scope = scope(first);
    let mut common = Vec::new();
    for path in properties {
        if let (Root::Instance, [Step::Dynamic(name)]) = (&path.root, path.steps.as_slice()) {
            evaluator.begin();
            let value = evaluator.path(path, &scope)?.into_value()?;
            common.push((name.clone(), value.into_owned()));
        }
    }
    Ok(common)
}
