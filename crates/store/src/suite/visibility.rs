//! What is confined: the rules mean the same rows in SQL as judged on the rows themselves, in every
//! place where a statement reads a table, and nothing beyond them is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use edm::{ItemType, Value};
use odata::expr::{Expr, Path, Quantifier, Root, Step};
use odata::{Error, ErrorCode};
use proptest::prelude::*;

use super::Opener;
use super::world::{World, column, of_owner, property_runner, row, rows, shared_tables, table};
use crate::visibility::{Above, Changes, Rule, Visibility};
use crate::{Reader, Row, Select, Store, confined};

/// Texts as rows and rules have them: some that SQL or JSON would have to escape.
const TEXTS: [&str; 6] = ["0", "1", "10", "a'b", "q\"r", "\\"];

fn texts() -> impl Strategy<Value = BTreeSet<String>> {
    let text = prop::sample::select(TEXTS.to_vec());
    prop::collection::btree_set(text.prop_map(str::to_owned), 0..4)
}

/// A rule for things, which lie under nothing.
fn any_rule() -> impl Strategy<Value = Rule> {
    let things = table("thing").1;
    let (strings, id) = (column(things, "strings"), column(things, "string"));
    let leaf = prop_oneof![
        Just(Rule::All),
        Just(Rule::Nothing),
        texts().prop_map(move |texts| Rule::Among {
            column: id,
            texts: Arc::new(texts),
        }),
        (texts(), any::<bool>()).prop_map(move |(texts, empty)| Rule::Holding {
            column: strings,
            texts: Arc::new(texts),
            empty,
        }),
    ];
    leaf.prop_recursive(2, 4, 3, |inner| {
        let some = prop::collection::vec(inner, 0..3);
        (some, any::<bool>()).prop_map(|(rules, every)| match every {
            true => Rule::Every(rules),
            false => Rule::Any(rules),
        })
    })
}

/// Things with strings, an item under each, and what a rule sees of them.
fn seen(rule: &Rule) -> Visibility {
    let mut seen = Visibility::default();
    let (thing, (item, items)) = (table("thing").0, table("item"));
    seen.set(thing, rule.clone(), Changes::ALL);
    let under = Rule::Under {
        column: column(items, "owner"),
        tables: vec![thing],
    };
    seen.set(item, under, Changes::ALL);
    seen.set(table("friend").0, Rule::All, Changes::NONE);
    seen
}

fn confine(world: &World, seen: Visibility) -> Arc<dyn Store> {
    confined(Arc::clone(&world.store), Arc::clone(shared_tables()), seen)
}

fn read<T: Send + 'static>(
    world: &World,
    store: &Arc<dyn Store>,
    run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
) -> T {
    let answer = world.wait(crate::read(store.as_ref(), run));
    answer.expect("the read succeeds")
}

/// What a rule means, told in memory.
fn means(rule: &Rule, row: &Row) -> bool {
    match rule {
        Rule::All => true,
        Rule::Nothing | Rule::Under { .. } => false,
        Rule::Among { column, texts } => row[*column].as_str().is_some_and(|t| texts.contains(t)),
        Rule::Holding {
            column,
            texts,
            empty,
        } => match &row[*column] {
            Value::Collection(items) if !items.is_empty() => items
                .iter()
                .any(|item| item.as_str().is_some_and(|t| texts.contains(t))),
            _ => *empty,
        },
        Rule::Every(rules) => rules.iter().all(|rule| means(rule, row)),
        Rule::Any(rules) => rules.iter().any(|rule| means(rule, row)),
    }
}

/// Searched or looked up by key, as itself or by what hangs on it, the same rows are seen.
pub fn rules_mean_the_rows_of_memory(open: Opener) {
    let world = World::new(open);
    let thing = (prop::sample::select(TEXTS.to_vec()), texts());
    let things = prop::collection::vec(thing, 1..6);
    let outcome = property_runner(48).run(&(any_rule(), things), |(rule, things)| {
        let owner = world.new_owner();
        let all = fill(&world, &owner, &things);
        let mut expected: Vec<Value> = Vec::new();
        for thing in all.iter().filter(|thing| means(&rule, thing)) {
            expected.push(thing[0].clone());
        }
        expected.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        let store = confine(&world, seen(&rule));
        for found in [
            searched(&world, &store, &owner),
            looked_up(&world, &store, &all),
            below(&world, &store, &all),
            by_condition(&world, &owner, &expected),
        ] {
            prop_assert_eq!(&found, &expected, "{:?}", rule);
        }
        Ok(())
    });
    outcome.expect("rules are the same everywhere");
}

fn fill(world: &World, owner: &Value, things: &[(&str, BTreeSet<String>)]) -> Vec<Row> {
    let ((thing, of), (item, items)) = (table("thing"), table("item"));
    let owner_text = owner.as_str().expect("a text").to_owned();
    let mut made = Vec::new();
    let mut below = Vec::new();
    for (i, (text, strings)) in things.iter().enumerate() {
        let id = Value::String(format!("{owner_text}/{i}"));
        let strings = strings.iter().map(|s| Value::from(s.as_str())).collect();
        made.push(row(
            of,
            &[
                ("id", id.clone()),
                ("owner", owner.clone()),
                ("string", Value::from(*text)),
                ("strings", Value::Collection(strings)),
            ],
        ));
        below.push(row(items, &[("owner", id), ("id", "part".into())]));
    }
    world.fill(thing, &made);
    world.fill(item, &below);
    made
}

/// The ids that a search finds, and as many as are counted.
fn searched(world: &World, store: &Arc<dyn Store>, owner: &Value) -> Vec<Value> {
    let owner = owner.clone();
    let (mut found, counted) = read(world, store, move |reader| {
        let select = of_owner("thing", &owner);
        let counted = reader.count(&select)?;
        Ok((rows(reader, &select)?, counted))
    });
    assert_eq!(found.len() as u64, counted);
    found.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    found.into_iter().map(|row| row[0].clone()).collect()
}

/// The ids that are there by key.
fn looked_up(world: &World, store: &Arc<dyn Store>, all: &[Row]) -> Vec<Value> {
    let keys: Vec<Value> = all.iter().map(|row| row[0].clone()).collect();
    read(world, store, move |reader| {
        let mut found = Vec::new();
        for key in &keys {
            let row = reader.get(table("thing").0, std::slice::from_ref(key))?;
            let there = reader.exists(table("thing").0, std::slice::from_ref(key))?;
            assert_eq!(row.is_some(), there);
            found.extend(row.map(|row| row[0].clone()));
        }
        Ok(found)
    })
}

/// The owners of the items that are seen, searched and by key.
fn below(world: &World, store: &Arc<dyn Store>, all: &[Row]) -> Vec<Value> {
    let keys: Vec<Value> = all.iter().map(|row| row[0].clone()).collect();
    read(world, store, move |reader| {
        let mut found = Vec::new();
        for key in &keys {
            let id = [key.clone(), Value::from("part")];
            let seen = reader.get(table("item").0, &id)?.is_some();
            let searched = rows(reader, &of_owner("item", key))?;
            assert_eq!(searched.len(), usize::from(seen));
            if seen {
                found.push(key.clone());
            }
        }
        Ok(found)
    })
}

/// The ids of the things that have a part, where only the parts of some are seen.
fn by_condition(world: &World, owner: &Value, parts_of: &[Value]) -> Vec<Value> {
    let mut only = seen(&Rule::All);
    let (item, items) = table("item");
    let texts = parts_of.iter().filter_map(Value::as_str);
    let rule = Rule::Among {
        column: column(items, "owner"),
        texts: Arc::new(texts.map(str::to_owned).collect()),
    };
    only.set(item, rule, Changes::NONE);
    let store = confine(world, only);
    let (id, things) = table("thing");
    let of = things.of.expect("things have a type");
    let model = super::world::model();
    let parts = model.structured(of).navigation_property("parts");
    let index = parts.expect("things have parts");
    let path = Path {
        root: Root::Instance,
        steps: vec![Step::Navigation { of, index }],
        ty: edm::TypeRef {
            collection: true,
            ..edm::TypeRef::of(ItemType::Entity(
                model.structured(of).navigation[index].target,
            ))
        },
    };
    let any = Expr::Lambda {
        quantifier: Quantifier::Any,
        collection: path,
        predicate: None,
    };
    let owner = owner.clone();
    let mut found = read(world, &store, move |reader| {
        let mut select = Select::all(id, things.columns.len());
        select.fixed = vec![(column(things, "owner"), owner.clone())];
        select.filter = vec![&any];
        rows(reader, &select)
    });
    found.sort_by(|a, b| a[0].as_str().cmp(&b[0].as_str()));
    found.into_iter().map(|row| row[0].clone()).collect()
}

/// A row that is not seen is neither changed nor removed, and none is made or left.
pub fn nothing_is_written_beyond_what_is_seen(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let set = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
    let all = fill(&world, &owner, &[("1", set(&["1"])), ("0", set(&["0"]))]);
    let (thing, things) = table("thing");
    let rule = Rule::Holding {
        column: column(things, "strings"),
        texts: Arc::new(set(&["1"])),
        empty: false,
    };
    let store = confine(&world, seen(&rule));
    let [own, other] = all.as_slice() else {
        panic!("two things");
    };
    let (own, other) = (own.clone(), other.clone());
    let strings = column(things, "strings");
    let columns = [strings].into_iter().collect();
    let forbidden = |error: Error| assert_eq!(error.code, ErrorCode::Forbidden);
    let (mine, theirs) = (own.clone(), other.clone());
    let done = world.wait(crate::write(store.as_ref(), move |transaction| {
        let key = |row: &Row| [row[0].clone()];
        // What is not seen is not there.
        assert!(!transaction.update(thing, &key(&theirs), columns, &mine)?);
        assert!(!transaction.delete(thing, &key(&theirs))?);
        // What would not be seen is not written.
        let hidden = transaction.update(thing, &key(&mine), columns, &theirs);
        forbidden(hidden.expect_err("a row that would be hidden"));
        let mut new = theirs.clone();
        new[0] = Value::String(format!("{}/new", theirs[0].as_str().unwrap_or_default()));
        forbidden(transaction.insert(thing, &new).expect_err("a hidden row"));
        let fixed = [(column(table("item").1, "owner"), theirs[0].clone())];
        let removed = transaction.delete_where(table("item").0, &fixed, 10);
        forbidden(removed.expect_err("hidden rows"));
        forbidden(
            transaction
                .append(table("line").0, &Row::new())
                .expect_err("a line"),
        );
        let friend = transaction.insert(table("friend").0, &table("friend").1.blank());
        forbidden(friend.expect_err("a table that is only read"));
        new[strings] = mine[strings].clone();
        assert!(transaction.insert(thing, &new)?);
        let fixed = [(column(table("item").1, "owner"), mine[0].clone())];
        assert_eq!(transaction.delete_where(table("item").0, &fixed, 10)?, 1);
        assert!(transaction.unconfined().exists(thing, &key(&theirs))?);
        transaction.delete(thing, &key(&mine))
    }));
    assert!(done.expect("the command succeeds"));
    let left = world.rows(of_owner("thing", &owner));
    assert_eq!(left.len(), 2, "the other, and the new one");
    assert!(left.iter().any(|row| row[strings] == other[strings]));
    assert_ne!(own[strings], other[strings]);
}

/// What may be named on the way to a row that is seen is not read itself.
pub fn what_lies_above_is_passed_and_not_read(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let all = fill(
        &world,
        &owner,
        &[("1", BTreeSet::new()), ("0", BTreeSet::new())],
    );
    let (item, items) = table("item");
    let first = all[0][0].as_str().expect("a text").to_owned();
    let mut seen = Visibility::default();
    let own = Rule::Among {
        column: column(items, "owner"),
        texts: Arc::new(BTreeSet::from([first])),
    };
    seen.set(item, own, Changes::NONE);
    let above = Above {
        table: item,
        text: "part".to_owned(),
    };
    seen.let_pass(table("thing").0, above);
    let store = confine(&world, seen);
    let passed: Vec<(bool, bool)> = read(&world, &store, move |reader| {
        let things = all.iter().map(|thing| {
            let key = std::slice::from_ref(&thing[0]);
            let read = reader.get(table("thing").0, key)?.is_some();
            Ok((reader.exists(table("thing").0, key)?, read))
        });
        things.collect()
    });
    assert_eq!(passed, [(true, false), (false, false)]);
    let nothing = read(&world, &store, move |reader| {
        reader.count(&of_owner("thing", &owner))
    });
    assert_eq!(nothing, 0);
}
