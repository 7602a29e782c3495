//! Filters: two-valued, with null as a value (OData 4.01 URL Conventions, section 5.1.1.1).

use std::cmp::Ordering;

use edm::Value;
use odata::eval;
use odata::expr::{Comparison, Expr, Path, Root, Step};
use odata::uri::{Limits, parse_request};
use proptest::prelude::*;

use super::Opener;
use super::pages::compare;
use super::values::{any_row, any_value};
use super::world::{World, column, model, of_owner, property_runner, row, table};
use crate::{Column, Row};

/// The ids of an owner's items that a condition holds for, in order.
fn ids(world: &World, owner: &Value, filter: &Expr) -> Vec<String> {
    let items = table("item").1;
    let (filter, owner) = (filter.clone(), owner.clone());
    let (mut found, counted) = world.read(move |reader| {
        let mut select = of_owner("item", &owner);
        select.filter = vec![&filter];
        let counted = reader.count(&select)?;
        let rows = super::world::rows(reader, &select)?;
        Ok((rows, counted))
    });
    assert_eq!(
        found.len() as u64,
        counted,
        "rows and count are of the same condition"
    );
    let id = column(items, "id");
    found.sort_by(|a, b| compare(&a[id], &b[id]));
    let text = |row: &Row| row[id].as_str().map(str::to_owned);
    found.iter().filter_map(text).collect()
}

/// Null equals null and nothing else, is neither less nor greater than anything, and `not` turns
/// each of that around.
pub fn null_is_a_value_that_nothing_but_null_equals(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, items) = table("item");
    let item = |key: &str, name: Value, number: Value, good: Value| {
        let values = [
            ("owner", owner.clone()),
            ("id", key.into()),
            ("name", name),
            ("number", number),
            ("good", good),
        ];
        row(items, &values)
    };
    let rows = [
        item("a", "x".into(), Value::Integer(1), Value::Boolean(true)),
        item("b", "y".into(), Value::Integer(0), Value::Boolean(false)),
        item("n", Value::Null, Value::Null, Value::Null),
    ];
    world.fill(id, &rows);
    for (filter, expected) in [
        ("name eq null", "n"),
        ("null eq name", "n"),
        ("name ne null", "ab"),
        ("name eq 'x'", "a"),
        ("name ne 'x'", "bn"),
        ("not (name eq 'x')", "bn"),
        ("not (name ne 'x')", "a"),
        ("name in ('x','y')", "ab"),
        ("not (name in ('x'))", "bn"),
        ("number lt 1", "b"),
        ("number le 1", "ab"),
        ("number gt 0", "a"),
        ("number ge 0", "ab"),
        ("not (number lt 1)", "an"),
        ("not (number ge 0)", "n"),
        ("number lt null", ""),
        ("number ge null", ""),
        ("not (number ge null)", "abn"),
        ("number eq rank", "b"),
        ("number ne rank", "an"),
        ("number lt rank", ""),
        ("not (number lt rank)", "abn"),
        ("good", "a"),
        ("not good", "b"),
        ("good eq false", "b"),
        ("good ne false", "an"),
        ("good eq null or name eq 'x'", "an"),
        ("good and name eq 'x'", "a"),
        ("not (good and name eq 'x')", "bn"),
        (
            "totaloffsetminutes(now() add (duration'PT1S' mul number)) eq null",
            "n",
        ),
        ("null eq null", "abn"),
        ("true", "abn"),
        ("false", ""),
    ] {
        let query = format!("$filter={}", filter.replace(' ', "%20"));
        let parsed = parse_request(model(), &Limits::default(), "items", Some(&query));
        let (_, options) = parsed.unwrap_or_else(|error| panic!("{filter}: {error}"));
        let bound = options.filter.expect("the query has a filter");
        assert_eq!(ids(&world, &owner, &bound).concat(), expected, "{filter}");
    }
}

fn path(column: usize) -> Expr {
    let items = table("item").1;
    let of = items.of.expect("items are of a type");
    let ordinal = column;
    Expr::Path(Path {
        root: Root::Instance,
        steps: vec![Step::Property { of, ordinal }],
        ty: items.columns[column].ty.clone(),
    })
}

fn literal(column: &'static Column) -> impl Strategy<Value = Expr> {
    let item = column.ty.item;
    let literal = move |value: Value| Expr::Literal {
        ty: (!value.is_null()).then_some(item),
        value,
    };
    let null = Just(literal(Value::Null));
    prop_oneof![1 => null, 4 => any_value(&column.ty).prop_map(literal)]
}

fn comparisons() -> impl Strategy<Value = Expr> {
    let items = table("item").1;
    let names = ["name", "number", "rank", "weight", "seen", "colour", "good"];
    let columns: Vec<usize> = names.iter().map(|name| column(items, name)).collect();
    let op = prop::sample::select(vec![
        Comparison::Eq,
        Comparison::Ne,
        Comparison::Lt,
        Comparison::Le,
        Comparison::Gt,
        Comparison::Ge,
    ]);
    (prop::sample::select(columns), op).prop_flat_map(move |(column, op)| {
        let literals = prop::collection::vec(literal(&items.columns[column]), 0..4);
        let turned = any::<bool>();
        (literals, turned).prop_map(move |(literals, turned)| match literals.as_slice() {
            [other] => {
                let (left, right) = (path(column), other.clone());
                let (left, right) = if turned { (right, left) } else { (left, right) };
                Expr::Compare {
                    op,
                    left: left.into(),
                    right: right.into(),
                }
            }
            values => Expr::In {
                needle: path(column).into(),
                among: Expr::Collection(values.to_vec()).into(),
            },
        })
    })
}

fn conditions() -> impl Strategy<Value = Expr> {
    let items = table("item").1;
    let columns = Expr::Compare {
        op: Comparison::Lt,
        left: path(column(items, "number")).into(),
        right: path(column(items, "rank")).into(),
    };
    let truth = path(column(items, "good"));
    let leaf = prop_oneof![6 => comparisons(), 1 => Just(columns), 1 => Just(truth)];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| Expr::Not(e.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::And(a.into(), b.into())),
            (inner.clone(), inner).prop_map(|(a, b)| Expr::Or(a.into(), b.into())),
        ]
    })
}

/// The value of an operand for a row.
fn value<'a>(row: &'a Row, expr: &'a Expr) -> &'a Value {
    match expr {
        Expr::Path(path) => &row[own(path)],
        Expr::Literal { value, .. } => value,
        other => panic!("{other:?} is no operand of the suite"),
    }
}

/// Whether a condition holds for a row, as the standard says; `None` is null.
fn holds(row: &Row, expr: &Expr) -> Option<bool> {
    Some(match expr {
        Expr::And(a, b) => return eval::and(holds(row, a), holds(row, b)),
        Expr::Or(a, b) => return eval::or(holds(row, a), holds(row, b)),
        Expr::Not(inner) => return eval::not(holds(row, inner)),
        Expr::In { needle, among } => {
            let needle = value(row, needle);
            let mut values = items(among).iter().map(|other| value(row, other));
            values.any(|other| compares(Comparison::Eq, needle, other))
        }
        Expr::Compare { op, left, right } => compares(*op, value(row, left), value(row, right)),
        truth => return value(row, truth).as_bool(),
    })
}

fn compares(op: Comparison, left: &Value, right: &Value) -> bool {
    let some_null = left.is_null() || right.is_null();
    let ordering = compare(left, right);
    match op {
        Comparison::Eq => ordering == Ordering::Equal,
        Comparison::Ne => ordering != Ordering::Equal,
        _ if some_null => false,
        Comparison::Lt => ordering == Ordering::Less,
        Comparison::Le => ordering != Ordering::Greater,
        Comparison::Gt => ordering == Ordering::Greater,
        Comparison::Ge => ordering != Ordering::Less,
    }
}

/// Puts a value that the condition names into its column of a row, so that equality is met.
fn meet(row: &mut Row, expr: &Expr) {
    match expr {
        Expr::And(a, b) | Expr::Or(a, b) => {
            meet(row, a);
            meet(row, b);
        }
        Expr::Not(inner) => meet(row, inner),
        Expr::In { needle, among } => {
            if let (Expr::Path(path), Some(Expr::Literal { value, .. })) =
                (needle.as_ref(), items(among).first())
            {
                put(row, path, value);
            }
        }
        Expr::Compare { left, right, .. } => match (left.as_ref(), right.as_ref()) {
            (Expr::Path(path), Expr::Literal { value, .. })
            | (Expr::Literal { value, .. }, Expr::Path(path)) => put(row, path, value),
            _ => {}
        },
        _ => {}
    }
}

fn own(path: &Path) -> usize {
    path.own_property()
        .map(|(_, ordinal)| ordinal)
        .expect("conditions of the suite are about the row's own columns")
}

fn items(list: &Expr) -> &[Expr] {
    match list {
        Expr::Collection(items) => items,
        other => panic!("{other:?} is no list of the suite"),
    }
}

fn put(row: &mut Row, path: &Path, value: &Value) {
    if path.ty.nullable || !value.is_null() {
        row[own(path)] = value.clone();
    }
}

/// Any condition holds for exactly the rows that it holds for in memory, and its negation for those
/// that it is false for; comparisons are never null.
pub fn conditions_are_two_valued(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let rows = prop::collection::vec(any_row(items), 1..6);
    let strategy = (rows, conditions());
    let outcome = property_runner(256).run(&strategy, |(mut rows, condition)| {
        let owner = world.new_owner();
        for (n, row) in rows.iter_mut().enumerate() {
            row[column(items, "owner")] = owner.clone();
            row[column(items, "id")] = Value::String(n.to_string());
        }
        meet(&mut rows[0], &condition);
        world.fill(id, &rows);
        let expected = |holding: bool| -> Vec<String> {
            let numbered = rows.iter().enumerate();
            numbered
                .filter(|(_, row)| holds(row, &condition) == Some(holding))
                .map(|(n, _)| n.to_string())
                .collect()
        };
        prop_assert_eq!(ids(&world, &owner, &condition), expected(true));
        let negated = Expr::Not(condition.clone().into());
        prop_assert_eq!(ids(&world, &owner, &negated), expected(false));
        Ok(())
    });
    outcome.expect("conditions hold for the rows that they hold for in memory");
}
