//! `topcount`, `topsum`, `toppercent` and their opposites (section 3.3.1).

use edm::{ItemType, Primitive, Value};

use super::super::arithmetic::arithmetic;
use super::super::error::EvalError;
use super::super::evaluator::Evaluator;
use super::super::operators::compare;
use super::super::order::order;
use super::aggregate::sum;
use super::{Row, scope};
use crate::apply::RankMeasure;
use crate::expr::{Arithmetic, Comparison, Expr};

const EXACT: ItemType = ItemType::Primitive(Primitive::Decimal);
const ZERO: Value = Value::Integer(0);

/// The rows that are taken until the limit is reached, in the order that they had.
pub(super) fn ranked<'a>(
    evaluator: &Evaluator<'_>,
    rows: Vec<Row<'a>>,
    greatest: bool,
    measure: RankMeasure,
    limit: &Expr,
    by: &Expr,
) -> Result<Vec<Row<'a>>, EvalError> {
    let Some(first) = rows.first() else {
        return Ok(rows);
    };
    let limit = evaluator
        .evaluate(limit, &scope(first))?
        .into_value()?
        .into_owned();
    check_limit(measure, &limit)?;
    let mut values = Vec::with_capacity(rows.len());
    for row in &rows {
        let value = evaluator.evaluate(by, &scope(row))?.into_value()?;
        values.push(value.into_owned());
    }
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by(|left, right| {
        let order = match (values.get(*left), values.get(*right)) {
            (Some(left), Some(right)) => order(left, right),
            _ => std::cmp::Ordering::Equal,
        };
        if greatest { order.reverse() } else { order }
    });
    let taken = taken(&values, &places, measure, &limit)?;
    let rows = rows.into_iter().zip(taken);
    Ok(rows
        .filter_map(|(row, taken)| taken.then_some(row))
        .collect())
}

/// A positive integer for a count, a positive number up to 100 for a percentage, any number for a
/// sum.
fn check_limit(measure: RankMeasure, limit: &Value) -> Result<(), EvalError> {
    let is = |op, bound| compare(op, limit, &Value::Integer(bound)) == Some(true);
    let (fits, needed) = match measure {
        RankMeasure::Count => (matches!(limit, Value::Integer(1..)), "a positive integer"),
        RankMeasure::Percent => (
            is(Comparison::Gt, 0) && is(Comparison::Le, 100),
            "a number above 0 and at most 100",
        ),
        RankMeasure::Sum => (is(Comparison::Ge, 0) || is(Comparison::Lt, 0), "a number"),
    };
    if fits {
        Ok(())
    } else {
        Err(EvalError::Limit(needed))
    }
}

/// Which rows are taken; nulls add nothing to a sum.
fn taken(
    values: &[Value],
    places: &[usize],
    measure: RankMeasure,
    limit: &Value,
) -> Result<Vec<bool>, EvalError> {
    let mut taken = vec![false; values.len()];
    let not_null = |value: &&Value| !value.is_null();
    let whole = match measure {
        RankMeasure::Percent => {
            let values = values.iter().filter(not_null).cloned().collect();
            match sum(values, EXACT)? {
                Value::Null => ZERO,
                sum => sum,
            }
        }
        _ => ZERO,
    };
    let mut so_far = ZERO;
    for (count, place) in (0_i64..).zip(places) {
        let reached = match measure {
            RankMeasure::Count => compare(Comparison::Ge, &Value::Integer(count), limit),
            RankMeasure::Sum if compare(Comparison::Lt, limit, &ZERO) == Some(true) => {
                compare(Comparison::Le, &so_far, limit)
            }
            RankMeasure::Sum => compare(Comparison::Ge, &so_far, limit),
            RankMeasure::Percent => is_share(&so_far, &whole, limit)?,
        };
        if reached == Some(true) {
            break;
        }
        if let Some(taken) = taken.get_mut(*place) {
            *taken = true;
        }
        if measure != RankMeasure::Count
            && let Some(value) = values.get(*place).filter(not_null)
        {
            so_far = arithmetic(Arithmetic::Add, &so_far, value)?;
        }
    }
    Ok(taken)
}

/// Whether a part is so many per cent of the whole: without division, which would round.
fn is_share(part: &Value, whole: &Value, percent: &Value) -> Result<Option<bool>, EvalError> {
    let part = arithmetic(Arithmetic::Mul, part, &Value::Integer(100))?;
    let needed = arithmetic(Arithmetic::Mul, whole, percent)?;
    Ok(match compare(Comparison::Lt, whole, &ZERO) {
        Some(true) => compare(Comparison::Le, &part, &needed),
        _ if compare(Comparison::Eq, whole, &ZERO) == Some(true) => Some(false),
        _ => compare(Comparison::Ge, &part, &needed),
    })
}
