//! `$apply` over instances in memory (OData Extension for Data Aggregation 4.0, section 3): what a
//! store must find, and what serves where rows do not come from a store.

mod aggregate;
mod group;
mod rank;
mod row;
#[cfg(test)]
mod tests;

pub use row::Row;

use super::error::EvalError;
use super::evaluator::{Evaluator, widened};
use super::instance::{Instance as _, Scope, Subject};
use super::search::matches;
use crate::apply::Transformation;
use crate::query::Compute;

/// The result of one transformation after the other. Instances keep their order where the
/// standard does not say another; groups stand in the order of their first instances.
///
/// Recursion is bounded by the depth that the parser allows.
///
/// # Errors
/// As for expressions; a limit of `topcount`, … that is none; a sum out of range.
pub fn transform<'a>(
    evaluator: &Evaluator<'_>,
    transformations: &[Transformation],
    rows: Vec<Row<'a>>,
) -> Result<Vec<Row<'a>>, EvalError> {
    transformations
        .iter()
        .try_fold(rows, |rows, transformation| {
            step(evaluator, transformation, rows)
        })
}

fn step<'a>(
    evaluator: &Evaluator<'_>,
    transformation: &Transformation,
    mut rows: Vec<Row<'a>>,
) -> Result<Vec<Row<'a>>, EvalError> {
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Ok(match transformation {
        Transformation::Identity => rows,
        Transformation::Filter(expr) => kept(rows, |row| evaluator.holds(expr, &scope(row)))?,
        Transformation::Search(search) => {
            kept(rows, |row| Ok(matches(search, &row.searchable()?)))?
        }
        Transformation::Compute(items) => {
            for row in &mut rows {
                compute(evaluator, items, row)?;
            }
            rows
        }
        Transformation::OrderBy(orderby) => {
            evaluator.sort(&mut rows, orderby, scope)?;
            rows
        }
        Transformation::Top(limit) => {
            rows.truncate(count(*limit));
            rows
        }
        Transformation::Skip(skipped) => rows.split_off(count(*skipped).min(rows.len())),
        Transformation::Ranked {
            greatest,
            measure,
            limit,
            by,
        } => rank::ranked(evaluator, rows, *greatest, *measure, limit, by)?,
        Transformation::Aggregate(items) => vec![aggregate::aggregated(evaluator, items, &rows)?],
        Transformation::GroupBy { properties, then } => {
            group::grouped(evaluator, properties, then, rows)?
        }
        Transformation::Concat(sequences) => {
            let mut joined = Vec::new();
            for sequence in sequences {
                joined.extend(transform(evaluator, sequence, rows.clone())?);
            }
            joined
        }
    })
}

/// The scope of an expression about a row.
fn scope<'s>(row: &'s Row<'_>) -> Scope<'s> {
    Scope::new(Subject::Instance(row))
}

fn kept<'a>(
    rows: Vec<Row<'a>>,
    mut keep: impl FnMut(&Row<'a>) -> Result<bool, EvalError>,
) -> Result<Vec<Row<'a>>, EvalError> {
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        if keep(&row)? {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// Adds the properties of `$compute` or `compute`, each of which sees those before it.
///
/// # Errors
/// As for expressions.
pub fn compute(
    evaluator: &Evaluator<'_>,
    items: &[Compute],
    row: &mut Row<'_>,
) -> Result<(), EvalError> {
    for item in items {
        let value = {
            let scope = scope(row);
            let value = evaluator.evaluate(&item.expr, &scope)?.into_value()?;
            widened(value.into_owned(), item.ty.item)
        };
        row.add(&item.name, value);
    }
    Ok(())
}
