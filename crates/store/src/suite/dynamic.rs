//! Dynamic properties: kept as they were, and found by what [`odata::eval`] says of them in memory.

use std::borrow::Cow;

use edm::time::DateTimeOffset;
use edm::{StructuredId, Value};
use odata::eval::functions::Context;
use odata::eval::{EvalError, Evaluator, Instance, Related, Scope, Subject};
use odata::query::QueryOptions;
use odata::uri::{self, Limits};
use odata::{Error, ErrorCode};
use proptest::prelude::*;

use super::Opener;
use super::values::any_row;
use super::world::{World, column, model, of_owner, property_runner, rows, table};
use crate::{Order, Row};

/// Conditions, with names of dynamic properties of a bag and of its pocket.
const CONDITIONS: [&str; 34] = [
    "a eq null",
    "a ne null",
    "pocket/a eq null",
    "a eq 1",
    "1 lt a",
    "a le 2.5",
    "a ne 0",
    "a eq 1e300",
    "a eq '5'",
    "a ge 'm'",
    "a eq true",
    "a",
    "not b",
    "a and not b",
    "a gt 2020-01-01",
    "a lt 2020-01-01T00:00:00Z",
    "a ge 12:00:00",
    "a lt duration'P1D'",
    "a ne 11111111-2222-3333-4444-555555555555",
    "a in (1,2,3)",
    "b in ('5','x')",
    "pocket/a gt 0",
    "pocket/b eq 'true'",
    "pocket/label eq null or pocket/c ne 7",
    "a add 1 gt 2",
    "a mul b lt 100",
    "-a lt 0",
    "a add duration'P1D' gt duration'P2D'",
    "contains(a,'0')",
    "length(b) gt 3",
    "year(a) gt 2000",
    "cast(a,Edm.Int32) eq 1",
    "isof(a,Edm.String)",
    "case(a:1,true:2) eq 1",
];

const ORDERS: [&str; 4] = ["a", "a desc", "b,a desc", "pocket/a desc,b"];

/// A bag as expressions see it.
struct Bag<'r>(&'r Row);

impl Instance for Bag<'_> {
    fn of(&self) -> Option<StructuredId> {
        table("bag").1.of
    }

    fn property(&self, of: StructuredId, ordinal: usize) -> Result<Cow<'_, Value>, EvalError> {
        let column = table("bag").1.column_of(of, ordinal);
        let column = column.expect("a property of bags has a column");
        Ok(Cow::Borrowed(&self.0[column]))
    }

    fn navigation(&self, _: StructuredId, _: usize) -> Result<Related<'_>, EvalError> {
        Err(EvalError::Unavailable("Bags lead nowhere".to_owned()))
    }
}

fn options(query: &str) -> QueryOptions {
    let parsed = uri::parse_request(model(), &Limits::default(), "bags", Some(query));
    parsed
        .unwrap_or_else(|error| panic!("{query}: {error:?}"))
        .1
}

/// Bags of one owner, ids in order.
fn fill(world: &World, mut bags: Vec<Row>) -> (Value, Vec<Row>) {
    let owner = world.new_owner();
    let (id, of) = table("bag");
    for (n, bag) in bags.iter_mut().enumerate() {
        bag[column(of, "owner")] = owner.clone();
        bag[column(of, "id")] = Value::String(format!("{n:03}"));
    }
    world.fill(id, &bags);
    (owner, bags)
}

fn bags(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(any_row(table("bag").1), 1..most)
}

/// Every dynamic value comes back with its type, from a column and from within a complex value.
pub fn dynamic_properties_come_back_as_they_were(open: Opener) {
    let world = World::new(open);
    let outcome = property_runner(64).run(&bags(8), |given| {
        let (owner, given) = fill(&world, given);
        let mut select = of_owner("bag", &owner);
        select.order = vec![Order::column(column(table("bag").1, "id"), false)];
        prop_assert_eq!(world.rows(select), given);
        Ok(())
    });
    outcome.expect("every row comes back");
}

/// A condition finds the rows that it finds in memory.
pub fn conditions_on_dynamic_properties_hold_as_in_memory(open: Opener) {
    let world = World::new(open);
    let bound: Vec<QueryOptions> = CONDITIONS
        .iter()
        .map(|text| options(&format!("$filter={}", text.replace(' ', "%20"))))
        .collect();
    let outcome = property_runner(48).run(&bags(12), |given| {
        let (owner, given) = fill(&world, given);
        for (text, options) in CONDITIONS.iter().zip(&bound) {
            let filter = options.filter.clone().expect("a filter was given");
            let context = Context::new(DateTimeOffset::MIN);
            let evaluator = Evaluator::new(model(), &context);
            let holds = |bag: &&Row| {
                let instance = Bag(bag);
                evaluator.holds(&filter, &Scope::new(Subject::Instance(&instance)))
            };
            let mut expected = Vec::new();
            let mut computable = true;
            for bag in &given {
                match holds(&bag) {
                    Ok(true) => expected.push(bag.clone()),
                    Ok(false) => {}
                    Err(_) => computable = false,
                }
            }
            let owner = owner.clone();
            let found = world.try_read(move |reader| {
                let mut select = of_owner("bag", &owner);
                select.filter = vec![&filter];
                select.order = vec![Order::column(column(table("bag").1, "id"), false)];
                rows(reader, &select)
            });
            match found {
                Ok(found) if computable => prop_assert_eq!(found, expected, "{}", text),
                Ok(_) => {}
                Err(error) => {
                    let refused = error.code == ErrorCode::BadRequest && !computable;
                    prop_assert!(refused, "{}: {:?}", text, error);
                }
            }
        }
        Ok(())
    });
    outcome.expect("memory and the database agree");
}

/// An order puts rows as it does in memory, and pages go on behind any of them.
pub fn an_order_by_dynamic_properties_is_that_of_memory(open: Opener) {
    let world = World::new(open);
    let of = table("bag").1;
    let outcome = property_runner(48).run(&bags(12), |given| {
        let (owner, given) = fill(&world, given);
        for text in ORDERS {
            let options = options(&format!("$orderby={}", text.replace(' ', "%20")));
            let context = Context::new(DateTimeOffset::MIN);
            let evaluator = Evaluator::new(model(), &context);
            let instances: Vec<Bag<'_>> = given.iter().map(Bag).collect();
            let mut sorted: Vec<&Bag<'_>> = instances.iter().collect();
            let sort = evaluator.sort(&mut sorted, &options.orderby, |bag| {
                Scope::new(Subject::Instance(*bag))
            });
            sort.expect("every value has an order");
            let expected: Vec<Row> = sorted.into_iter().map(|bag| bag.0.clone()).collect();
            let owner = owner.clone();
            let found = world.read(move |reader| {
                let mut select = of_owner("bag", &owner);
                let terms = options.orderby.iter();
                select.order = terms
                    .map(|by| Order::expression(of, &by.expr, by.descending))
                    .collect();
                select.order_by_key(of);
                rows(reader, &select)
            });
            prop_assert_eq!(found, expected, "{}", text);
        }
        Ok(())
    });
    outcome.expect("memory and the database agree");
}

/// What would have to guess a type says so.
pub fn what_has_no_type_is_refused(open: Opener) {
    let world = World::new(open);
    for text in [
        "a eq b",
        "a/b eq 1",
        "a/any(x:x eq 1)",
        "a has suite.rights'read'",
    ] {
        let query = format!("$filter={}", text.replace(' ', "%20"));
        let parsed = uri::parse_request(model(), &Limits::default(), "bags", Some(&query));
        let refused = match parsed {
            Err(error) => Err(error),
            Ok((_, options)) => world.try_read(move |reader| {
                let mut select = of_owner("bag", &Value::from("nobody"));
                select.filter = options.filter.iter().collect();
                rows(reader, &select).map(|_| ())
            }),
        };
        let is_told = |error: &Error| {
            matches!(
                error.code,
                ErrorCode::BadRequest | ErrorCode::NotImplemented
            )
        };
        assert!(refused.as_ref().is_err_and(is_told), "{text}: {refused:?}");
    }
}
