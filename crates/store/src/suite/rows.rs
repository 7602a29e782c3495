//! Rows go in and come back: inserts, updates, deletes, appends, selects.

use edm::Value;
use edm::time::{DateTimeOffset, TICKS_PER_DAY};
use proptest::prelude::*;

use super::Opener;
use super::values::any_row;
use super::world::{World, column, of_owner, property_runner, row, rows, table};
use crate::{ColumnSet, Row, Select};

/// What is inserted, and then what is put over some of its columns, comes back by key and by a
/// select: every kind of column, every form of a date-time, null where it is allowed.
pub fn every_column_kind_comes_back_as_it_was(open: Opener) {
    let world = World::new(open);
    let (id, things) = table("thing");
    let columns = prop::collection::vec(0..things.columns.len(), 0..8);
    let strategy = (any_row(things), any_row(things), columns);
    let outcome = property_runner(128).run(&strategy, |(mut first, second, columns)| {
        // Whatever the last case left, with the same key.
        let key = vec![first[things.key[0]].clone()];
        let set: ColumnSet = columns
            .into_iter()
            .filter(|column| !things.key.contains(column))
            .collect();
        let (inserted, over, same) = (first.clone(), second.clone(), key.clone());
        let (made, updated) = world.written(move |transaction| {
            transaction.delete(id, &same)?;
            let made = transaction.insert(id, &inserted)?;
            let stored = transaction.get(id, &same)?;
            assert_eq!(stored.as_ref(), Some(&inserted), "within the command");
            Ok((made, transaction.update(id, &same, set, &over)?))
        });
        prop_assert!(made && updated);
        set.iter().for_each(|c| first[c] = second[c].clone());
        let by_key = key.clone();
        let found = world.read(move |reader| reader.get(id, &by_key));
        prop_assert_eq!(found.as_ref(), Some(&first));
        let mut select = Select::all(id, things.columns.len());
        select.fixed = vec![(things.key[0], key[0].clone())];
        prop_assert_eq!(world.rows(select), vec![first]);
        Ok(())
    });
    outcome.expect("every row comes back");
}

/// A second insert under the same key says so and leaves the first row, even within one command.
pub fn a_taken_key_is_refused_and_nothing_is_written(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let owner = world.new_owner();
    let named = |name: &str| {
        let values = [
            ("owner", owner.clone()),
            ("id", "a".into()),
            ("name", name.into()),
        ];
        row(items, &values)
    };
    let (first, second) = (named("first"), named("second"));
    let kept = first.clone();
    let key = items.key_of(&first);
    world.written(move |transaction| {
        assert!(!transaction.exists(id, &key)?);
        assert!(transaction.insert(id, &first)?);
        assert!(transaction.exists(id, &key)?);
        assert!(!transaction.insert(id, &second)?);
        Ok(())
    });
    let third = named("third");
    assert!(!world.written(move |transaction| transaction.insert(id, &third)));
    assert_eq!(world.rows(of_owner("item", &owner)), [kept]);
}

/// An update writes the columns that it is given, and no row but that of its key.
pub fn an_update_writes_its_columns_alone(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let owner = world.new_owner();
    let item = |key: &str| row(items, &[("owner", owner.clone()), ("id", key.into())]);
    let (a, b) = (item("a"), item("b"));
    world.fill(id, &[a.clone(), b.clone()]);
    let names = ["name", "rank", "seen"].map(|name| column(items, name));
    let mut change = a.clone();
    change[names[0]] = "new".into();
    change[names[1]] = Value::Integer(7);
    change[names[2]] = Value::DateTimeOffset(DateTimeOffset::MIN);
    let (over, key) = (change.clone(), items.key_of(&a));
    let only_some: ColumnSet = names[..2].iter().copied().collect();
    assert!(world.written(move |transaction| transaction.update(id, &key, only_some, &over)));
    change[names[2]] = Value::Null;
    let mut found = world.rows(of_owner("item", &owner));
    found.sort_by_key(|row| format!("{:?}", items.key_of(row)));
    assert_eq!(found, [change, b]);
}

/// Updates and deletes of a key without a row say so, also an update of no column.
pub fn what_is_not_there_is_neither_updated_nor_deleted(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let owner = world.new_owner();
    let item = row(items, &[("owner", owner), ("id", "a".into())]);
    let key = items.key_of(&item);
    let answers = world.written(move |transaction| {
        let name: ColumnSet = [column(items, "name")].into_iter().collect();
        let nothing = ColumnSet::default();
        let mut answers = Vec::new();
        for there in [false, true] {
            if there {
                transaction.insert(id, &item)?;
            }
            answers.push(transaction.update(id, &key, name, &item)?);
            answers.push(transaction.update(id, &key, nothing, &item)?);
            answers.push(transaction.delete(id, &key)?);
        }
        answers.push(transaction.exists(id, &key)?);
        Ok(answers)
    });
    assert_eq!(answers, [false, false, false, true, true, true, false]);
}

/// The database hands out keys that grow, and answers those of this very row.
pub fn appended_rows_get_keys_in_order(open: Opener) {
    let world = World::new(open);
    let (id, lines) = table("line");
    let owner = world.new_owner();
    let texts = ["one", "two", "three"];
    let mut keys = Vec::new();
    for text in texts {
        let line = row(lines, &[("owner", owner.clone()), ("text", text.into())]);
        keys.push(world.written(move |transaction| {
            let key = transaction.append(id, &line)?;
            // A write to another table does not take its place.
            let found = transaction.get(id, &[Value::Integer(key)])?;
            assert!(found.is_some());
            Ok(key)
        }));
    }
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    let shown = column(lines, "text");
    for (key, text) in keys.iter().zip(texts) {
        let key = vec![Value::Integer(*key)];
        let found = world.read(move |reader| reader.get(id, &key));
        assert_eq!(found.map(|row| row[shown].clone()), Some(text.into()));
    }
}

/// Rows with these values go, at most so many, and no others.
pub fn delete_where_keeps_to_its_columns_and_limit(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let (mine, other) = (world.new_owner(), world.new_owner());
    for owner in [&mine, &other] {
        let rows: Vec<Row> = (0..5)
            .map(|n| {
                let values = [
                    ("owner", owner.clone()),
                    ("id", Value::String(n.to_string())),
                    ("rank", Value::Integer(n % 2)),
                ];
                row(items, &values)
            })
            .collect();
        world.fill(id, &rows);
    }
    let fixed = vec![(column(items, "owner"), mine.clone())];
    let even = [
        fixed.clone(),
        vec![(column(items, "rank"), Value::Integer(0))],
    ]
    .concat();
    let gone = world.written(move |transaction| {
        Ok([
            transaction.delete_where(id, &even, 2)?,
            transaction.delete_where(id, &even, 2)?,
            transaction.delete_where(id, &even, 2)?,
            transaction.delete_where(id, &fixed, u32::MAX)?,
        ])
    });
    assert_eq!(gone, [2, 1, 0, 2]);
    assert_eq!(world.rows(of_owner("item", &mine)), Vec::<Row>::new());
    assert_eq!(world.rows(of_owner("item", &other)).len(), 5);
}

/// Fixed columns, one among many values, the columns asked for, and the count of all that.
pub fn selects_keep_to_their_conditions(open: Opener) {
    let world = World::new(open);
    let (id, items) = table("item");
    let owner = world.new_owner();
    let day = |n: i64| DateTimeOffset {
        ticks: n * TICKS_PER_DAY,
        ..DateTimeOffset::MIN
    };
    let all: Vec<Row> = (0..6)
        .map(|n| {
            let values = [
                ("owner", owner.clone()),
                ("id", Value::String(n.to_string())),
                ("rank", Value::Integer(n)),
                ("seen", Value::DateTimeOffset(day(n))),
            ];
            row(items, &values)
        })
        .collect();
    world.fill(id, &all);
    let (rank, seen) = (column(items, "rank"), column(items, "seen"));
    let among = |column: usize, values: Vec<Value>| {
        let mut select = of_owner("item", &owner);
        select.among = Some((column, values));
        select
    };
    let ranks = [1, 4, 9].map(Value::Integer).to_vec();
    let instants = [2, 3].map(|n| Value::DateTimeOffset(day(n))).to_vec();
    for (select, expected) in [
        (of_owner("item", &owner), vec![0, 1, 2, 3, 4, 5]),
        (of_owner("item", &world.new_owner()), vec![]),
        (among(rank, ranks), vec![1, 4]),
        (among(rank, vec![]), vec![]),
        (among(seen, instants), vec![2, 3]),
    ] {
        let (of_count, of_rows) = (select.clone(), select);
        assert_eq!(
            world.read(move |reader| reader.count(&of_count)),
            expected.len() as u64
        );
        let mut found: Vec<i64> = world
            .rows(of_rows)
            .iter()
            .filter_map(|row| row[rank].as_i64())
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }
    // Columns come in the order asked for; a date-time takes two places.
    let mut select = of_owner("item", &owner);
    select.columns = vec![seen, rank];
    select.fixed.push((rank, Value::Integer(3)));
    let found = world.read(move |reader| {
        let mut found = None;
        reader.select(&select, &mut |cells| {
            let model = super::world::model();
            let seen = crate::cell::decode(model, &items.columns[seen], cells, 0)?;
            found = Some((
                seen,
                crate::cell::decode(model, &items.columns[rank], cells, 2)?,
            ));
            Ok(())
        })?;
        Ok(found)
    });
    assert_eq!(
        found,
        Some((Value::DateTimeOffset(day(3)), Value::Integer(3)))
    );
    let none = world.read(|reader| rows(reader, &Select::all(table("counter").0, 5)));
    assert_eq!(none, Vec::<Row>::new());
}
