//! `aggregate` (section 3.2.1).

use std::collections::BTreeSet;

use edm::{ItemType, Primitive, Value};

use super::super::arithmetic::arithmetic;
use super::super::error::EvalError;
use super::super::evaluator::{Evaluator, Identity, widened};
use super::super::instance::Instance;
use super::super::operand::Operand;
use super::super::operators::as_double;
use super::super::order::{Ordered, order};
use super::group::groups;
use super::{Row, scope};
use crate::apply::{Aggregate, From, Method};
use crate::expr::{Arithmetic, Expr, Path, Root, Step};

/// The one instance that the rows are aggregated to.
pub(super) fn aggregated<'a>(
    evaluator: &Evaluator<'_>,
    items: &[Aggregate],
    rows: &[Row<'_>],
) -> Result<Row<'a>, EvalError> {
    let mut added = Vec::with_capacity(items.len());
    for item in items {
        added.push((
            item.name.clone(),
            aggregate(evaluator, item, &item.from, rows)?,
        ));
    }
    Ok(Row::of(added))
}

/// The value of an item with these of its `from`, the last of which is carried out last.
fn aggregate(
    evaluator: &Evaluator<'_>,
    item: &Aggregate,
    from: &[From],
    rows: &[Row<'_>],
) -> Result<Value, EvalError> {
    let ty = match item.from.get(from.len()) {
        Some(next) => &next.of,
        None => &item.ty,
    };
    let Some((last, before)) = from.split_last() else {
        return value(evaluator, item, ty.item, rows);
    };
    let mut values = Vec::new();
    for group in groups(evaluator, &last.properties, rows.to_vec())? {
        let value = aggregate(evaluator, item, before, &group)?;
        values.extend(Some(value).filter(|value| !value.is_null()));
    }
    of_values(last.method, ty.item, values)
}

/// What a method makes of values, none of which is null.
fn of_values(method: Method, ty: ItemType, values: Vec<Value>) -> Result<Value, EvalError> {
    match method {
        Method::Count => Ok(count(values.len())),
        Method::Sum => sum(values, ty),
        Method::Average => average(values, ty),
        Method::Min => Ok(values.into_iter().min_by(order).unwrap_or_default()),
        Method::Max => Ok(values.into_iter().max_by(order).unwrap_or_default()),
        Method::CountDistinct => {
            let different: BTreeSet<_> = values.into_iter().map(Ordered).collect();
            Ok(count(different.len()))
        }
    }
}

fn value(
    evaluator: &Evaluator<'_>,
    item: &Aggregate,
    ty: ItemType,
    rows: &[Row<'_>],
) -> Result<Value, EvalError> {
    let Some(expr) = &item.expr else {
        return Ok(count(rows.len()));
    };
    let operands = operands(evaluator, expr, rows)?;
    if item.method == Method::Count {
        return Ok(count(operands.len()));
    }
    if item.method == Method::CountDistinct {
        return distinct(evaluator, operands);
    }
    let mut values = Vec::with_capacity(operands.len());
    for operand in operands {
        values.push(operand.into_value()?.into_owned());
    }
    of_values(item.method, ty, values)
}

fn count(n: usize) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What is aggregated, without nulls: the values of an expression for each row; of a path, what
/// it leads to from each row, where every entity that it goes through last is considered once
/// (section 3.2.1.1).
fn operands<'s>(
    evaluator: &Evaluator<'s>,
    expr: &'s Expr,
    rows: &'s [Row<'_>],
) -> Result<Vec<Operand<'s>>, EvalError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        let scope = scope(row);
        let Some((to_entity, behind)) = through_entities(expr) else {
            found.extend(items(evaluator.evaluate(expr, &scope)?));
            continue;
        };
        let start = Operand::Instance(row as &dyn Instance);
        evaluator.begin();
        for entity in items(evaluator.walk(start, to_entity, &scope)?) {
            let Operand::Instance(instance) = &entity else {
                continue;
            };
            if seen.insert(Identity::new(evaluator.model, *instance)?) {
                found.extend(items(evaluator.walk(entity, behind, &scope)?));
            }
        }
    }
    Ok(found)
}

fn items(operand: Operand<'_>) -> impl Iterator<Item = Operand<'_>> {
    operand
        .into_items()
        .into_iter()
        .filter(|item| !item.is_null())
}

/// The steps of a path up to its last navigation property, with the cast behind that, and the
/// others; `None` for what is no path to or through entities.
fn through_entities(expr: &Expr) -> Option<(&[Step], &[Step])> {
    let Expr::Path(Path {
        root: Root::Instance,
        steps,
        ..
    }) = expr
    else {
        return None;
    };
    let is_navigation = |step: &Step| matches!(step, Step::Navigation { .. });
    let last = steps.iter().rposition(is_navigation)? + 1;
    let casts = steps.get(last..)?.iter();
    let casts = casts
        .take_while(|step| matches!(step, Step::Cast(_)))
        .count();
    steps.split_at_checked(last + casts)
}

/// How many different values or entities there are.
fn distinct(evaluator: &Evaluator<'_>, operands: Vec<Operand<'_>>) -> Result<Value, EvalError> {
    let mut entities = BTreeSet::new();
    let mut values = BTreeSet::new();
    for operand in operands {
        if let Operand::Instance(instance) = operand {
            entities.insert(Identity::new(evaluator.model, instance)?);
        } else {
            values.insert(Ordered(operand.into_value()?.into_owned()));
        }
    }
    Ok(count(entities.len() + values.len()))
}

/// The sum in the result's type; null of nothing.
pub(super) fn sum(values: Vec<Value>, ty: ItemType) -> Result<Value, EvalError> {
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        return Ok(Value::Null);
    };
    values.try_fold(widened(first, ty), |sum, value| {
        arithmetic(Arithmetic::Add, &sum, &value).map_err(|error| match error {
            EvalError::Overflow(_) => EvalError::Overflow("sum"),
            other => other,
        })
    })
}

/// The sum divided by the number of values, in the result's type; integers are summed exactly.
fn average(values: Vec<Value>, ty: ItemType) -> Result<Value, EvalError> {
    let number = count(values.len());
    if ty == ItemType::Primitive(Primitive::Duration) {
        return arithmetic(Arithmetic::DivBy, &sum(values, ty)?, &number);
    }
    let exact = ItemType::Primitive(Primitive::Decimal);
    let values = values.into_iter().map(|value| widened(value, exact));
    let sum = sum(values.collect(), exact)?;
    if sum.is_null() {
        return Ok(Value::Null);
    }
    let average = arithmetic(Arithmetic::DivBy, &sum, &number)?;
    Ok(match ty {
        ItemType::Primitive(Primitive::Double | Primitive::Single) => {
            as_double(&average).map_or(Value::Null, Value::Double)
        }
        _ => average,
    })
}
