//! Expressions: what a database finds is what [`odata::eval`] finds in memory, for values,
//! conditions and orders of all types.

mod bounds;
mod collections;
mod memory;
pub(super) mod paths;
mod tape;

use std::cmp::Ordering;

use edm::Value;
use edm::time::DateTimeOffset;
use odata::ErrorCode;
use odata::eval::functions::Context;
use odata::eval::{EvalError, Evaluator, Operand, Scope, Subject, order};
use odata::expr::Expr;
use proptest::prelude::*;

pub use self::bounds::{what_is_deep_is_answered_or_refused, what_is_never_reached_may_fail};
pub use self::collections::items_of_collections_are_compared_by_value;
use self::memory::Memory;
use self::tape::Tape;
use super::Opener;
use super::values::{any_row, any_typed_row};
use super::world::{World, column, model, of_owner, property_runner, row, table};
use crate::cell::decode;
use crate::{Order, Row, Select, expression_column, page};

/// A value as a database holds it: not-a-number has no place there.
fn held(operand: Operand<'_>) -> Result<Value, EvalError> {
    let value = operand.into_value()?.into_owned();
    Ok(match value {
        Value::Double(number) if number.is_nan() => Value::Null,
        other => other,
    })
}

/// Rows of one case, in the database and in memory.
pub(super) struct Case {
    pub(super) owner: Value,
    things: Vec<Row>,
    pub(super) memory: &'static Memory,
}

pub(super) fn fill(
    world: &World,
    mut things: Vec<Row>,
    mut items: Vec<Row>,
    friends: &[(usize, usize)],
) -> Case {
    let owner = world.new_owner();
    let (thing_id, thing_table) = table("thing");
    let (item_id, item_table) = table("item");
    let (friend_id, friend_table) = table("friend");
    let prefix = owner.as_str().expect("an owner is a text").to_owned();
    for (n, thing) in things.iter_mut().enumerate() {
        thing[column(thing_table, "owner")] = owner.clone();
        thing[column(thing_table, "id")] = Value::String(format!("{prefix}-{n}"));
    }
    let id = |n: usize| format!("{prefix}-{}", n % things.len());
    for (n, item) in items.iter_mut().enumerate() {
        item[column(item_table, "owner")] = Value::String(id(n / 2));
        item[column(item_table, "id")] = Value::String(n.to_string());
    }
    let mut pairs: Vec<(String, String)> = friends.iter().map(|(a, b)| (id(*a), id(*b))).collect();
    pairs.sort();
    pairs.dedup();
    let links: Vec<Row> = pairs
        .iter()
        .map(|(a, b)| {
            let values = [
                ("thing_id", Value::String(a.clone())),
                ("friend_id", Value::String(b.clone())),
            ];
            row(friend_table, &values)
        })
        .collect();
    world.fill(thing_id, &things);
    world.fill(item_id, &items);
    world.fill(friend_id, &links);
    let memory = Memory::new(&things, &items, pairs);
    Case {
        owner,
        things,
        memory,
    }
}

/// Things, items, pairs of friends, and a tape to read expressions from.
pub(super) type Given = (Vec<Row>, Vec<Row>, Vec<(usize, usize)>, Vec<u8>);

pub(super) fn cases() -> impl Strategy<Value = Given> {
    (
        prop::collection::vec(any_typed_row(table("thing").1), 1..5),
        prop::collection::vec(any_row(table("item").1), 0..5),
        prop::collection::vec((0..5_usize, 0..5_usize), 0..4),
        prop::collection::vec(any::<u8>(), 0..40),
    )
}

/// What memory says of each thing.
fn evaluated(case: &Case, expr: &Expr) -> Result<Vec<Value>, EvalError> {
    let context = Context::new(DateTimeOffset::MIN);
    let evaluator = Evaluator::new(model(), &context);
    let things = case.memory.things();
    let values = things.iter().map(|thing| {
        let scope = Scope::new(Subject::Instance(*thing));
        held(evaluator.evaluate(expr, &scope)?)
    });
    values.collect()
}

/// The value of an expression for each of an owner's things, by id.
fn selected(world: &World, case: &Case, expr: &Expr) -> Result<Vec<Value>, odata::Error> {
    let (id, things) = table("thing");
    let (expr, owner) = (expr.clone(), case.owner.clone());
    world.try_read(move |reader| {
        let mut select = Select::all(id, 0);
        select.fixed = vec![(column(things, "owner"), owner.clone())];
        select.expressions = vec![&expr];
        select.order = vec![Order::column(things.key[0], false)];
        let ty = expr.ty().expect("the expression has a type");
        let read_as = expression_column("value", ty);
        let mut values = Vec::new();
        reader.select(&select, &mut |cells| {
            values.push(decode(model(), &read_as, cells, 0)?);
            Ok(())
        })?;
        Ok(values)
    })
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Decimal(_), Value::Decimal(_)) => order(left, right).is_eq(),
        _ => order(left, right).is_eq(),
    }
}

/// An expression that memory cannot compute for a row is refused or computed, but never the
/// database's failure.
fn refused(outcome: Result<(), odata::Error>) -> bool {
    !matches!(outcome, Err(error) if error.code != ErrorCode::BadRequest)
}

/// The value of any expression is that in memory.
pub fn expressions_have_the_values_of_memory(open: Opener) {
    let world = World::new(open);
    let outcome = property_runner(512).run(&cases(), |(things, items, friends, tape)| {
        let case = fill(&world, things, items, &friends);
        let mut tape = Tape::new(&tape);
        let kind = tape.kind();
        let expr = tape.expression(kind, 3);
        let found = selected(&world, &case, &expr);
        match evaluated(&case, &expr) {
            Ok(expected) => {
                let found = match found {
                    Ok(found) => found,
                    Err(error) => return Err(TestCaseError::fail(format!("{error:?}: {expr:?}"))),
                };
                let equal = found.len() == expected.len()
                    && found.iter().zip(&expected).all(|(a, b)| same(a, b));
                prop_assert!(equal, "{:?}\nfound {:?}\nnot {:?}", expr, found, expected);
            }
            Err(_) => prop_assert!(refused(found.map(|_| ())), "{:?}", expr),
        }
        Ok(())
    });
    outcome.expect("expressions have the values that they have in memory");
}

/// A condition holds for exactly the things that it holds for in memory.
pub fn conditions_hold_as_in_memory(open: Opener) {
    let world = World::new(open);
    let outcome = property_runner(512).run(&cases(), |(things, items, friends, tape)| {
        let case = fill(&world, things, items, &friends);
        let expr = Tape::new(&tape).expression(tape::Of::Boolean, 4);
        let things = table("thing").1;
        let (condition, owner) = (expr.clone(), case.owner.clone());
        let found = world.try_read(move |reader| {
            let mut select = of_owner("thing", &owner);
            select.filter = vec![&condition];
            let counted = reader.count(&select)?;
            let rows = super::world::rows(reader, &select)?;
            assert_eq!(rows.len() as u64, counted);
            Ok(rows)
        });
        let Ok(expected) = evaluated(&case, &expr) else {
            prop_assert!(refused(found.map(|_| ())), "{:?}", expr);
            return Ok(());
        };
        let key = |row: &Row| row[things.key[0]].as_str().map(str::to_owned);
        let mut found: Vec<_> = match found {
            Ok(found) => found.iter().map(key).collect(),
            Err(error) => return Err(TestCaseError::fail(format!("{error:?}: {expr:?}"))),
        };
        found.sort();
        let holding = case.things.iter().zip(&expected);
        let expected: Vec<_> = holding
            .filter(|(_, value)| **value == Value::Boolean(true))
            .map(|(row, _)| key(row))
            .collect();
        prop_assert_eq!(found, expected, "{:?}", expr);
        Ok(())
    });
    outcome.expect("conditions hold as in memory");
}

/// Ordered by any expression, and read in pages, things come in the order of memory, each once.
pub fn pages_of_any_order_are_those_of_memory(open: Opener) {
    let world = World::new(open);
    let strategy = (cases(), any::<bool>(), 1_u64..3);
    let outcome = property_runner(256).run(
        &strategy,
        |((things, items, friends, tape), descending, size)| {
            let case = fill(&world, things, items, &friends);
            let mut tape = Tape::new(&tape);
            let kind = tape.kind();
            let expr = tape.expression(kind, 2);
            let Ok(values) = evaluated(&case, &expr) else {
                return Ok(());
            };
            let things = table("thing").1;
            let mut expected: Vec<(Value, Value)> = values
                .into_iter()
                .zip(case.things.iter().map(|row| row[things.key[0]].clone()))
                .collect();
            expected.sort_by(|(a, _), (b, _)| {
                let ordering = order(a, b);
                if descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            });
            let expected: Vec<Value> = expected.into_iter().map(|(_, id)| id).collect();
            let (by, owner) = (expr.clone(), case.owner);
            let found = world.try_read(move |reader| {
                let order = [
                    Order::expression(things, &by, descending),
                    Order::column(things.key[0], false),
                ];
                let mut select = of_owner("thing", &owner);
                select.columns = vec![things.key[0]];
                select.expressions = vec![&by];
                select.order = order.to_vec();
                select.limit = Some(size);
                let column = expression_column("by", order[0].ty(things));
                let mut ids = Vec::new();
                loop {
                    let mut last = None;
                    let before = ids.len();
                    reader.select(&select, &mut |cells| {
                        let id = decode(model(), &things.columns[things.key[0]], cells, 0)?;
                        last = Some(vec![decode(model(), &column, cells, 1)?, id.clone()]);
                        ids.push(id);
                        Ok(())
                    })?;
                    let Some(last) = last else { return Ok(ids) };
                    assert!((ids.len() - before) as u64 <= size);
                    let token = page::encode(model(), things, &order, &last, 7);
                    select.after = Some(page::decode(model(), things, &order, &token, 7)?);
                }
            });
            match found {
                Ok(found) => prop_assert_eq!(found, expected, "{:?}", expr),
                Err(error) => return Err(TestCaseError::fail(format!("{error:?}: {expr:?}"))),
            }
            Ok(())
        },
    );
    outcome.expect("pages are those of memory");
    assert_eq!(order(&Value::Null, &Value::Integer(0)), Ordering::Less);
}
