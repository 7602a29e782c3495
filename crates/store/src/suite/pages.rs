//! Order and pages: as sorting the rows in memory would have it.

use std::cmp::Ordering;

use edm::Value;
use proptest::prelude::*;

use super::Opener;
use super::values::{any_value, texts};
use super::world::{World, column, model, of_owner, property_runner, row, table};
use crate::{Order, OrderKey, Row, page};

/// How two values of one column compare: null before all others, text by code point, date-times by
/// instant.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => b.is_null().cmp(&a.is_null()),
        (Value::String(a), Value::String(b)) => a.chars().cmp(b.chars()),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.ticks.cmp(&b.ticks),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b).expect("both are numbers"),
        _ => {
            let number = |value: &Value| value.as_i64().expect("the suite compares no other kind");
            number(a).cmp(&number(b))
        }
    }
}

fn sorted(mut rows: Vec<Row>, order: &[Order<'_>]) -> Vec<Row> {
    rows.sort_by(|a, b| {
        order
            .iter()
            .map(|term| {
                let column = by(term);
                let ordering = compare(&a[column], &b[column]);
                if term.descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            })
            .fold(Ordering::Equal, Ordering::then)
    });
    rows
}

fn ascending(column: usize) -> Order<'static> {
    Order::column(column, false)
}

/// The column that a term is about.
fn by(term: &Order<'_>) -> usize {
    match term.by {
        OrderKey::Column(column) => column,
        OrderKey::Expr(_) => panic!("these orders are by columns"),
    }
}

/// Texts sort by code point, not by UTF-16 unit or by a language's rules, and null comes first;
/// descending is the reverse.
pub fn order_is_by_code_point_and_nulls_come_first(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, items) = table("item");
    let in_order = [
        None,
        Some(""),
        Some("A"),
        Some("B"),
        Some("a"),
        Some("aa"),
        Some("b"),
        Some("z"),
        Some("ä"),
        Some("\u{d7ff}"),
        Some("\u{e000}"),
        Some("\u{ffff}"),
        Some("\u{10000}"),
        Some("\u{10ffff}"),
    ];
    let rows: Vec<Row> = in_order
        .iter()
        .rev()
        .enumerate()
        .map(|(n, name)| {
            let values = [
                ("owner", owner.clone()),
                ("id", Value::String(n.to_string())),
                ("name", name.map_or(Value::Null, Value::from)),
            ];
            row(items, &values)
        })
        .collect();
    world.fill(id, &rows);
    let name = column(items, "name");
    for descending in [false, true] {
        let mut select = of_owner("item", &owner);
        select.order = vec![Order::column(name, descending)];
        let mut found: Vec<Value> = world
            .rows(select)
            .iter()
            .map(|row| row[name].clone())
            .collect();
        if descending {
            found.reverse();
        }
        let expected = in_order.map(|name| name.map_or(Value::Null, Value::from));
        assert_eq!(found, expected, "descending: {descending}");
    }
}

/// Rows of a few values in each column, so that many are equal in all columns but the key.
fn items(owner: Value) -> impl Strategy<Value = Vec<Row>> {
    let table = table("item").1;
    let few = prop::collection::vec(
        table
            .columns
            .iter()
            .map(|column| {
                if column.name == "name" {
                    prop_oneof![Just(Value::Null), texts().prop_map(Value::String)].boxed()
                } else {
                    any_value(&column.ty)
                }
            })
            .collect::<Vec<_>>(),
        1..4,
    );
    let row = |few: &Vec<Row>| {
        let columns: Vec<_> = (0..few[0].len())
            .map(|c| prop::sample::select(few.iter().map(|row| row[c].clone()).collect::<Vec<_>>()))
            .collect();
        columns
    };
    few.prop_flat_map(move |few| prop::collection::vec(row(&few), 0..14))
        .prop_map(move |mut rows| {
            for (n, row) in rows.iter_mut().enumerate() {
                row[column(table, "owner")] = owner.clone();
                row[column(table, "id")] = Value::String(format!("{:02}", (n * 5) % 14));
            }
            rows
        })
}

/// Any number of terms, then the key, in either direction.
fn orders() -> impl Strategy<Value = Vec<Order<'static>>> {
    let table = table("item").1;
    let names = ["name", "number", "rank", "weight", "seen", "colour", "good"];
    let columns: Vec<usize> = names.iter().map(|name| column(table, name)).collect();
    let terms = prop::sample::subsequence(columns, 0..4).prop_shuffle();
    (terms, prop::collection::vec(any::<bool>(), 4)).prop_map(move |(mut columns, directions)| {
        columns.push(column(table, "id"));
        columns
            .into_iter()
            .zip(directions)
            .map(|(column, descending)| Order::column(column, descending))
            .collect()
    })
}

/// Behind any row lie exactly those that follow it in the whole list, and pages of any size make up
/// the list. The values go through a page token on the way.
pub fn pages_follow_one_another_without_gap_or_overlap(open: Opener) {
    let world = World::new(open);
    let (id, table) = table("item");
    let strategy = (items(Value::Null), orders(), 1_u64..6);
    let outcome = property_runner(128).run(&strategy, |(mut rows, order, size)| {
        let owner = world.new_owner();
        for row in &mut rows {
            row[column(table, "owner")] = owner.clone();
        }
        world.fill(id, &rows);
        let all = sorted(rows, &order);
        let mut select = of_owner("item", &owner);
        select.order.clone_from(&order);
        prop_assert_eq!(world.rows(select.clone()), all.as_slice());
        let behind = |row: &Row| {
            let values: Vec<Value> = order.iter().map(|term| row[by(term)].clone()).collect();
            let token = page::encode(model(), table, &order, &values, 1);
            page::decode(model(), table, &order, &token, 1).expect("the token is one of ours")
        };
        for (position, row) in all.iter().enumerate() {
            let mut select = select.clone();
            select.after = Some(behind(row));
            prop_assert_eq!(world.rows(select), &all[position + 1..], "{}", position);
        }
        select.limit = Some(size);
        let mut pages: Vec<Row> = Vec::new();
        loop {
            let page = world.rows(select.clone());
            prop_assert!(page.len() as u64 <= size);
            let Some(last) = page.last() else { break };
            select.after = Some(behind(last));
            pages.extend(page);
        }
        prop_assert_eq!(pages, all);
        Ok(())
    });
    outcome.expect("pages make up the list");
}

/// A limit and an offset, alone and together, within and beyond the list; a count minds neither.
pub fn limit_and_offset_cut_the_full_list(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, items) = table("item");
    let all: Vec<Row> = (0..5)
        .map(|n: i64| {
            let values = [
                ("owner", owner.clone()),
                ("id", Value::String(n.to_string())),
            ];
            row(items, &values)
        })
        .collect();
    world.fill(id, &all);
    for limit in [None, Some(0), Some(2), Some(5), Some(u64::MAX)] {
        for offset in [None, Some(0), Some(3), Some(5), Some(u64::MAX)] {
            let mut select = of_owner("item", &owner);
            select.order = vec![ascending(column(items, "id"))];
            (select.limit, select.offset) = (limit, offset);
            let skipped = all
                .iter()
                .skip(usize::try_from(offset.unwrap_or(0)).expect("64 bits"));
            let expected: Vec<Row> = skipped
                .take(usize::try_from(limit.unwrap_or(u64::MAX)).expect("64 bits"))
                .cloned()
                .collect();
            let counted = select.clone();
            assert_eq!(world.rows(select), expected, "{limit:?} {offset:?}");
            assert_eq!(world.read(move |reader| reader.count(&counted)), 5);
        }
    }
}
