//! Functions of collections (sections 5.1.1.5 and 5.1.1.6); all are ordered here.

use edm::Value;

use super::super::error::EvalError;
use super::super::operators::same;
use super::super::order::order;
use crate::expr::Function;

/// How often items are compared at most when one collection is looked for in another.
const MAX_COMPARISONS: usize = 10_000_000;

/// The function's value for a collection and the arguments behind it.
pub(super) fn call(
    function: Function,
    items: &[Value],
    rest: &[&Value],
) -> Result<Value, EvalError> {
    use Function as F;
    Ok(match (function, rest) {
        (F::Concat, [Value::Collection(others)]) => {
            Value::Collection(items.iter().chain(others).cloned().collect())
        }
        (F::Contains, [Value::Collection(part)]) => Value::Boolean(find(items, part)?.is_some()),
        (F::EndsWith, [Value::Collection(part)]) => {
            let start = items.len().checked_sub(part.len());
            let tail = start.and_then(|start| items.get(start..));
            Value::Boolean(tail.is_some_and(|tail| all_same(tail, part)))
        }
        (F::StartsWith, [Value::Collection(part)]) => {
            let head = items.get(..part.len());
            Value::Boolean(head.is_some_and(|head| all_same(head, part)))
        }
        (F::IndexOf, [Value::Collection(part)]) => {
            let place = find(items, part)?.and_then(|place| i64::try_from(place).ok());
            Value::Integer(place.unwrap_or(-1))
        }
        (F::Length, []) => Value::Integer(i64::try_from(items.len()).unwrap_or(i64::MAX)),
        (F::Substring, [Value::Integer(start)]) => slice(items, *start, None),
        (F::Substring, [Value::Integer(_), Value::Integer(length)]) if *length < 0 => {
            return Err(EvalError::NegativeLength);
        }
        (F::Substring, [Value::Integer(start), Value::Integer(length)]) => {
            slice(items, *start, Some(*length))
        }
        (F::HasSubset, [Value::Collection(part)]) => Value::Boolean(has_subset(items, part)),
        (F::HasSubsequence, [Value::Collection(part)]) => {
            Value::Boolean(has_subsequence(items, part))
        }
        _ => Value::Null,
    })
}

fn all_same(left: &[Value], right: &[Value]) -> bool {
    left.iter()
        .zip(right)
        .all(|(left, right)| same(left, right))
}

/// The first place at which a part stands without gaps.
fn find(items: &[Value], part: &[Value]) -> Result<Option<usize>, EvalError> {
    if part.is_empty() {
        return Ok(Some(0));
    }
    if items.len().saturating_mul(part.len()) > MAX_COMPARISONS {
        return Err(EvalError::Work(MAX_COMPARISONS as u64));
    }
    Ok(items
        .windows(part.len())
        .position(|window| all_same(window, part)))
}

/// From a place, counted from the end if negative; never beyond either end.
fn slice(items: &[Value], start: i64, length: Option<i64>) -> Value {
    let steps = |n: i64| usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
    let from = if start < 0 {
        items.len().saturating_sub(steps(start))
    } else {
        steps(start).min(items.len())
    };
    let tail = items.get(from..).unwrap_or(&[]);
    let head = tail.get(..length.map_or(usize::MAX, steps)).unwrap_or(tail);
    Value::Collection(head.to_vec())
}

/// Whether every item of the part is there as often as it is in the part.
fn has_subset(items: &[Value], part: &[Value]) -> bool {
    let sorted = |items: &'_ [Value]| -> Vec<usize> {
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_by(|left, right| match (items.get(*left), items.get(*right)) {
            (Some(left), Some(right)) => order(left, right),
            _ => std::cmp::Ordering::Equal,
        });
        places
    };
    let mut there = sorted(items).into_iter().filter_map(|at| items.get(at));
    sorted(part)
        .into_iter()
        .filter_map(|at| part.get(at))
        .all(|wanted| there.any(|item| same(item, wanted)))
}

fn has_subsequence(items: &[Value], part: &[Value]) -> bool {
    let mut there = items.iter();
    part.iter()
        .all(|wanted| there.any(|item| same(item, wanted)))
}
