//! `$apply`: what a database makes of rows is what [`odata::eval::transform`] makes of them in
//! memory.

use std::cmp::Ordering;

use edm::{ItemType, Primitive, TypeRef, Value};
use odata::apply::{Aggregate, Method, RankMeasure, Transformation};
use odata::eval::functions::Context;
use odata::eval::{Evaluator, Instance as _, Row as Transformed, order, transform};
use odata::expr::{Arithmetic, Comparison, Expr};
use odata::query::{Compute, OrderBy};
use proptest::prelude::*;

use super::Opener;
use super::expressions::paths::{literal, own_path, path_of};
use super::expressions::{Case, cases, fill};
use super::world::{World, column, model, of_owner, property_runner, table};
use crate::{Aggregated, AggregatedName, Aggregation};

fn integer(number: i64) -> Expr {
    literal(Value::Integer(number), Primitive::Int64)
}

fn dynamic(name: &str, primitive: Primitive) -> Expr {
    let mut path = path_of(own_path("id"));
    path.steps = vec![odata::expr::Step::Dynamic(name.to_owned())];
    path.ty = TypeRef::primitive(primitive);
    Expr::Path(path)
}

fn aggregate(name: &str, of: Option<&str>, method: Method, primitive: Primitive) -> Aggregate {
    Aggregate {
        expr: of.map(own_path),
        method,
        name: name.to_owned(),
        ty: TypeRef::primitive(primitive),
        from: Vec::new(),
    }
}

fn all_methods() -> Transformation {
    use Primitive as P;
    Transformation::Aggregate(vec![
        aggregate("n", None, Method::Count, P::Int64),
        aggregate("sum", Some("int32"), Method::Sum, P::Int64),
        aggregate("least", Some("decimal"), Method::Min, P::Decimal),
        aggregate("latest", Some("instant"), Method::Max, P::DateTimeOffset),
        aggregate("average", Some("int16"), Method::Average, P::Double),
        aggregate("texts", Some("string"), Method::CountDistinct, P::Int64),
        aggregate("exact", Some("decimal"), Method::Sum, P::Decimal),
    ])
}

fn by_id() -> Transformation {
    Transformation::OrderBy(vec![OrderBy {
        expr: own_path("id"),
        descending: false,
    }])
}

fn only_id() -> Transformation {
    group(&["id"], vec![])
}

fn group(names: &[&str], then: Vec<Transformation>) -> Transformation {
    Transformation::GroupBy {
        properties: names.iter().map(|name| path_of(own_path(name))).collect(),
        then,
    }
}

fn compared(left: Expr, op: Comparison, right: Expr) -> Transformation {
    Transformation::Filter(Expr::Compare {
        op,
        left: left.into(),
        right: right.into(),
    })
}

fn ranked(greatest: bool, measure: RankMeasure, limit: i64, by: &str) -> Transformation {
    Transformation::Ranked {
        greatest,
        measure,
        limit: integer(limit),
        by: own_path(by),
    }
}

/// Sequences of every transformation.
fn sequences() -> Vec<Vec<Transformation>> {
    let doubled = Transformation::Compute(vec![Compute {
        expr: Expr::Arithmetic {
            op: Arithmetic::Mul,
            left: own_path("int16").into(),
            right: integer(2).into(),
            ty: ItemType::Primitive(Primitive::Int64),
        },
        name: "doubled".to_owned(),
        ty: TypeRef::primitive(Primitive::Int64),
    }]);
    let sum_of_doubled = Aggregate {
        expr: Some(dynamic("doubled", Primitive::Int64)),
        ..aggregate("sum", None, Method::Sum, Primitive::Int64)
    };
    let small = || compared(own_path("byte"), Comparison::Lt, integer(100));
    let several = || compared(dynamic("n", Primitive::Int64), Comparison::Ge, integer(2));
    [
        vec![all_methods()],
        vec![small(), all_methods()],
        vec![group(&["surelyColour"], vec![all_methods()])],
        vec![group(
            &["surelyColour", "boolean"],
            vec![small(), all_methods()],
        )],
        vec![group(&["decimal"], vec![])],
        vec![group(&["surelyTrue"], vec![all_methods()]), several()],
        vec![group(&["surelyTrue"], vec![all_methods(), several()])],
        vec![group(&["shape/name"], vec![all_methods()])],
        vec![
            by_id(),
            Transformation::Skip(1),
            Transformation::Top(2),
            only_id(),
        ],
        vec![
            by_id(),
            Transformation::Top(3),
            Transformation::Skip(1),
            all_methods(),
        ],
        vec![doubled, Transformation::Aggregate(vec![sum_of_doubled])],
        vec![ranked(true, RankMeasure::Count, 2, "id"), only_id()],
        vec![ranked(false, RankMeasure::Count, 2, "id"), all_methods()],
        vec![
            Transformation::Concat(vec![
                vec![group(&["surelyColour"], vec![all_methods()])],
                vec![all_methods()],
            ]),
            compared(dynamic("n", Primitive::Int64), Comparison::Gt, integer(0)),
        ],
        vec![group(&["surelyTrue"], vec![small()]), only_id()],
        vec![group(
            &["surelyColour"],
            vec![ranked(true, RankMeasure::Count, 2, "id"), all_methods()],
        )],
        vec![
            group(
                &["surelyTrue", "boolean"],
                vec![small(), ranked(false, RankMeasure::Count, 1, "id")],
            ),
            ranked(true, RankMeasure::Count, 3, "id"),
            only_id(),
        ],
        vec![group(
            &["boolean"],
            vec![by_id(), Transformation::Top(2), all_methods()],
        )],
        vec![
            group(
                &["boolean"],
                vec![by_id(), Transformation::Skip(1), Transformation::Top(1)],
            ),
            only_id(),
        ],
        vec![through_parts()],
        vec![group(&["surelyColour"], vec![small(), through_parts()])],
    ]
    .into_iter()
    .chain(WRITTEN.iter().map(|text| bound(text)))
    .collect()
}

/// Sequences as clients write them.
const WRITTEN: [&str; 31] = [
    "groupby((rollup(surelyColour,boolean)),aggregate($count as n,int16 with sum as s))",
    "groupby((rollup(shape/name,shape/size),rollup(surelyTrue,colour)),aggregate($count as n))",
    "groupby((rollup(surelyColour,boolean)))/filter(boolean eq null)",
    "groupby((surelyColour),concat(aggregate($count as n),topcount(1,id)))/groupby((n,id))",
    "groupby((surelyColour),filter(byte lt 100)/concat(aggregate($count as n),\
     aggregate(int16 with max as most)))",
    "groupby((boolean),orderby(id)/skip(1)/aggregate($count as n,int16 with sum as s))",
    "groupby((boolean),filter(byte lt 100)/orderby(id)/top(1)/aggregate(friends/$count as n,\
     byte with sum as s))",
    "aggregate(int16 with sum from surelyColour with max as most)",
    "aggregate(int16 with sum from surelyColour,boolean with average as mean,$count as n)",
    "groupby((surelyTrue),aggregate(int16 with sum from surelyColour with max as most,\
     $count from boolean with sum as n,byte with min as least))",
    "groupby((surelyTrue),aggregate(int16 with sum from colour,boolean with max from colour \
     with min as most))",
    "groupby((surelyTrue),groupby((colour),aggregate(byte with max as b))\
     /aggregate(b with sum as s,$count as n))",
    "aggregate(friends/$count as n)",
    "aggregate(friends with countdistinct as n,friends/int16 with sum as s)",
    "groupby((surelyColour),aggregate(friends/int16 with sum as s,friends/$count as n,\
     $count as own))",
    "groupby((surelyColour),filter(byte lt 100)/aggregate(friends/byte with average as mean,\
     friends/string with countdistinct as texts))",
    "groupby((timeOfDay,instant),aggregate(friends/$count as n,byte with sum as s))",
    "groupby((decimal,colour),aggregate(friends/decimal with sum as s,$count as n))",
    "groupby((date,guid,duration),aggregate(friends/$count as n))",
    "aggregate(friends/parts/rank with sum as s,friends/parts/$count as n)",
    "aggregate(parts/thing/int16 with sum as s,parts/thing/$count as n)",
    "aggregate(friends/friends/surelyInstant with max as latest,friends/friends/$count as n)",
    "aggregate(parts/name with countdistinct as names,parts/colour with countdistinct as colours)",
    "aggregate(strings with countdistinct as texts,strings/$count as n)",
    "groupby((surelyTrue),aggregate(shapes/price with sum as s,shapes/$count as n))",
    "aggregate(decimals with sum as s,decimals with average as mean,instants with max as latest)",
    "aggregate(friends/strings with countdistinct as texts,friends/shapes/name with max as name)",
    "aggregate(friends/suite.machine/power with sum as s,friends/suite.machine/$count as n)",
    "aggregate(duration with sum as s,duration with average as mean)",
    "groupby((surelyColour),aggregate(duration with average as mean,duration with max as most))",
    "aggregate(friends/$count from surelyTrue with sum as n)",
];

fn bound(text: &str) -> Vec<Transformation> {
    let query = format!("$apply={text}");
    let limits = odata::uri::Limits::default();
    let bound = odata::uri::parse_request(model(), &limits, "things", Some(&query));
    bound
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
        .1
        .apply
}

/// What the parts of all things have.
fn through_parts() -> Transformation {
    use Primitive as P;
    let parts = [
        aggregate("parts", Some("parts"), Method::Count, P::Int64),
        aggregate("ranks", Some("parts/rank"), Method::Sum, P::Int64),
        aggregate("mean", Some("parts/rank"), Method::Average, P::Double),
        aggregate("least", Some("parts/name"), Method::Min, P::String),
        aggregate("latest", Some("parts/seen"), Method::Max, P::DateTimeOffset),
    ];
    // A path that goes through a collection leads to one.
    let many = parts.map(|mut item| {
        if let Some(Expr::Path(path)) = &mut item.expr {
            path.ty.collection = true;
        }
        item
    });
    Transformation::Aggregate(many.into())
}

/// The rows that memory makes, as values of these properties.
fn expected(
    case: &Case,
    steps: &[Transformation],
    columns: &[Aggregated],
) -> Option<Vec<Vec<Value>>> {
    let context = Context::new(edm::time::DateTimeOffset::MIN);
    let evaluator = Evaluator::new(model(), &context);
    let things = case.memory.things();
    let rows = things
        .iter()
        .map(|thing| Transformed::new(*thing))
        .collect();
    let rows = transform(&evaluator, steps, rows).ok()?;
    let value = |row: &Transformed<'_>, column: &Aggregated| match &column.name {
        AggregatedName::Dynamic(name) => row.dynamic(name).map_or(Value::Null, |v| v.into_owned()),
        AggregatedName::Path(path) => {
            // Behind `aggregate` alone there is no grouping property.
            let path = odata::expr::Path {
                root: odata::expr::Root::Instance,
                steps: path.clone(),
                ty: column.ty.clone(),
            };
            let scope = odata::eval::Scope::new(odata::eval::Subject::Instance(row));
            let found = evaluator
                .evaluate(&Expr::Path(path), &scope)
                .map(|found| found.into_value().map(std::borrow::Cow::into_owned));
            found.ok().and_then(Result::ok).unwrap_or_default()
        }
    };
    let values = rows
        .iter()
        .map(|row| columns.iter().map(|c| value(row, c)).collect());
    Some(values.collect())
}

/// Doubles are summed in any order.
fn compare(left: &[Value], right: &[Value]) -> Ordering {
    let pairs = left.iter().zip(right);
    pairs
        .map(|(left, right)| match (left, right) {
            (Value::Double(a), Value::Double(b)) if (a - b).abs() <= 1e-9 * a.abs().max(1.0) => {
                Ordering::Equal
            }
            _ => order(left, right),
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Any sequence makes the rows of memory, in any order.
pub fn transformations_make_the_rows_of_memory(open: Opener) {
    let world = World::new(open);
    let (_, things) = table("thing");
    let sequences = sequences();
    let strategy = (cases(), 0..sequences.len());
    let outcome = property_runner(256).run(&strategy, |((rows, items, friends, _), which)| {
        let case = fill(&world, rows, items, &friends);
        let steps = sequences[which].clone();
        let owner = case.owner.clone();
        let found = world.try_read(move |reader| {
            let mut input = of_owner("thing", &owner);
            input.of = things.of;
            let aggregation = Aggregation {
                input,
                steps: steps.iter().collect(),
            };
            let (mut columns, mut found) = (Vec::new(), Vec::new());
            reader.aggregate(&aggregation, &mut |named, values| {
                columns = named.to_vec();
                found.push(values);
                Ok(())
            })?;
            Ok((columns, found))
        });
        let (columns, mut found) = match found {
            Ok(found) => found,
            Err(error) => {
                // What memory cannot compute may be refused.
                let refused = error.code == odata::ErrorCode::BadRequest;
                let computed = expected(&case, &sequences[which], &[]).is_some();
                prop_assert!(refused && !computed, "{:?}: {}", error, which);
                return Ok(());
            }
        };
        let Some(mut expected) = expected(&case, &sequences[which], &columns) else {
            return Ok(());
        };
        if columns.is_empty() {
            prop_assert!(expected.is_empty(), "{}", which);
            return Ok(());
        }
        found.sort_by(|a, b| compare(a, b));
        expected.sort_by(|a, b| compare(a, b));
        let equal = found.len() == expected.len()
            && found
                .iter()
                .zip(&expected)
                .all(|(a, b)| compare(a, b).is_eq());
        prop_assert!(
            equal,
            "{}: {:?}\nfound {:?}\nnot {:?}",
            which,
            columns,
            found,
            expected
        );
        Ok(())
    });
    outcome.expect("transformations make the rows of memory");
}

/// A sum beyond 64 bits is the client's error, not a wrong number.
pub fn a_sum_out_of_range_is_refused(open: Opener) {
    let world = World::new(open);
    let (id, things) = table("thing");
    let owner = world.new_owner();
    let thing = |key: &str| {
        let mut row = things.blank();
        row[column(things, "id")] = Value::from(key);
        row[column(things, "owner")] = owner.clone();
        row[column(things, "int64")] = Value::Integer(i64::MAX);
        row
    };
    world.fill(id, &[thing("sum-a"), thing("sum-b")]);
    let sum = Transformation::Aggregate(vec![aggregate(
        "sum",
        Some("int64"),
        Method::Sum,
        Primitive::Int64,
    )]);
    let found = world.try_read(move |reader| {
        let aggregation = Aggregation {
            input: of_owner("thing", &owner),
            steps: vec![&sum],
        };
        reader.aggregate(&aggregation, &mut |_, _| Ok(()))
    });
    let error = found.expect_err("the sum does not fit");
    assert_eq!(error.code, odata::ErrorCode::BadRequest, "{error:?}");
}
