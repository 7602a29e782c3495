//! Change tracking: what is logged, and that who follows the log misses nothing.

mod followed;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use edm::Value;
use odata::Error;

use super::Opener;
use super::world::{World, column, model, row, table, tables};
use crate::changes::{Changed, LogPlace, Retention, Wanted, changes, log_of, prune};
use crate::{Row, Transaction};

pub use followed::who_follows_the_changes_ends_with_the_same_rows;

fn text(value: &str) -> Value {
    Value::from(value)
}

fn ticket(owner: &Value, key: &str, form: i64) -> Row {
    let (_, table) = table("ticket");
    let values = [
        ("owner", owner.clone()),
        ("ticket_key", text(key)),
        ("id_form", Value::Integer(form)),
    ];
    row(table, &values)
}

/// Writes columns of a ticket.
fn touch(
    transaction: &mut dyn Transaction,
    owner: &Value,
    key: &str,
    values: &[(&str, i64)],
) -> Result<bool, Error> {
    let (id, table) = table("ticket");
    let mut changed = ticket(owner, key, 0);
    for (name, value) in values {
        changed[column(table, name)] = Value::Integer(*value);
    }
    let columns = values.iter().map(|(name, _)| column(table, name)).collect();
    transaction.update(id, &[owner.clone(), text(key)], columns, &changed)
}

/// Where a token stands that is taken when all that was written is settled: on PostgreSQL a
/// transaction of the database's own may be under way, and what is behind it is told twice.
fn position(world: &World, name: &str) -> i64 {
    let log = log_of(table(name).1).expect("the table is tracked").table;
    for _ in 0..1_000 {
        let horizon = world.read(move |reader| reader.log_horizon(log));
        assert!(horizon.covers(horizon.settled));
        if horizon.settled == horizon.end {
            return horizon.settled;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("transactions do not end");
}

/// All changes of an owner's rows since a position, by pages of so many.
fn since(world: &World, name: &str, owner: &Value, position: i64, limit: usize) -> Vec<Changed> {
    let (id, table) = table(name);
    let log = log_of(table).expect("the table is tracked").table;
    let fixed = [(column(table, "owner"), owner.clone())];
    let mut found = Vec::new();
    let mut after = Some(LogPlace::before(position));
    while let Some(place) = after {
        let fixed = fixed.clone();
        let page = world.read(move |reader| {
            let end = reader.log_horizon(log)?.end;
            let wanted = Wanted {
                table: id,
                fixed: &fixed,
                after: place,
                end,
                limit,
            };
            changes(model(), tables(), reader, &wanted)
        });
        assert!(page.rows.len() <= limit);
        found.extend(page.rows);
        after = page.next;
    }
    found
}

/// The keys within the owner, sorted, each once.
fn keys(changed: &[Changed]) -> Vec<String> {
    let keys = changed.iter().filter_map(|row| row.key.last()?.as_str());
    keys.map(str::to_owned)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Rows that were added, changed to be seen, or removed are logged; those of a command that failed,
/// of hidden columns and of other owners are not.
pub fn what_changed_is_logged_and_nothing_else(open: Opener) {
    let world = World::new(open);
    let (owner, other) = (world.new_owner(), world.new_owner());
    let (id, table) = table("ticket");
    let named = ["changed", "hidden", "gone", "swept", "kept", "failed"];
    let tickets: Vec<Row> = named.iter().map(|key| ticket(&owner, key, 0)).collect();
    world.fill(id, &tickets);
    let begin = position(&world, "ticket");
    assert_eq!(since(&world, "ticket", &owner, begin, 100), []);
    let (mine, theirs) = (owner.clone(), other.clone());
    world.written(move |transaction| {
        assert!(transaction.insert(id, &ticket(&mine, "new", 0))?);
        assert!(!transaction.insert(id, &ticket(&mine, "kept", 0))?);
        assert!(transaction.insert(id, &ticket(&theirs, "foreign", 0))?);
        assert!(touch(
            transaction,
            &mine,
            "changed",
            &[("hits", 1), ("note", 1)]
        )?);
        assert!(touch(transaction, &mine, "hidden", &[("note", 1)])?);
        assert!(!touch(transaction, &mine, "absent", &[("hits", 1)])?);
        assert!(transaction.delete(id, &[mine.clone(), text("gone")])?);
        assert!(!transaction.delete(id, &[mine.clone(), text("absent")])?);
        let hits = column(table, "hits");
        transaction.add(id, &[mine.clone(), text("added")], &[(hits, 3)])
    });
    let mine = owner.clone();
    let failed = world.write(move |transaction| {
        assert!(touch(transaction, &mine, "failed", &[("hits", 1)])?);
        assert!(transaction.delete(id, &[mine.clone(), text("kept")])?);
        Err::<(), _>(Error::bad_request("undone"))
    });
    assert!(failed.is_err());
    let mine = owner.clone();
    world.written(move |transaction| {
        let fixed = [
            (column(table, "owner"), mine.clone()),
            (column(table, "ticket_key"), text("swept")),
        ];
        assert_eq!(transaction.delete_where(id, &fixed, 10)?, 1);
        Ok(())
    });
    let changed = since(&world, "ticket", &owner, begin, 100);
    assert_eq!(keys(&changed), ["added", "changed", "gone", "new", "swept"]);
    assert_eq!(
        keys(&since(&world, "ticket", &other, begin, 100)),
        ["foreign"]
    );
    let end = position(&world, "ticket");
    assert_eq!(since(&world, "ticket", &owner, end, 100), []);
}

/// A deletion tells the key that was shown, though nothing else of the row is left.
pub fn a_removed_row_says_its_public_key(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, _) = table("ticket");
    world.fill(
        id,
        &[ticket(&owner, "plain", 0), ticket(&owner, "joined", 1)],
    );
    let begin = position(&world, "ticket");
    let mine = owner.clone();
    world.written(move |transaction| {
        for key in ["plain", "joined"] {
            assert!(touch(transaction, &mine, key, &[("hits", 1)])?);
            assert!(transaction.delete(id, &[mine.clone(), text(key)])?);
        }
        Ok(())
    });
    let changed = since(&world, "ticket", &owner, begin, 100);
    let public: BTreeSet<String> = changed
        .iter()
        .filter_map(|row| row.public.as_ref()?.first()?.as_str())
        .map(str::to_owned)
        .collect();
    let joined = format!("{}:joined", owner.as_str().unwrap_or_default());
    assert_eq!(public, BTreeSet::from(["plain".to_owned(), joined]));
    assert_eq!(changed.len(), 2, "{changed:?}");
}

/// Pages of changes follow one another without gap; each row is on a page once.
pub fn a_page_of_changes_goes_on_where_the_last_ended(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, _) = table("ticket");
    let begin = position(&world, "ticket");
    let named: Vec<String> = (0..25).map(|n| format!("key-{n:02}")).collect();
    for chunk in named.chunks(10) {
        let tickets: Vec<Row> = chunk.iter().map(|key| ticket(&owner, key, 0)).collect();
        world.fill(id, &tickets);
    }
    for limit in [1, 2, 7, 25, 26] {
        let changed = since(&world, "ticket", &owner, begin, limit);
        assert_eq!(changed.len(), 25, "{limit} a page");
        assert_eq!(keys(&changed), named, "{limit} a page");
    }
}

/// Who comes with a token from before what is pruned is told; who comes later misses nothing.
pub fn what_is_pruned_is_told(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, table) = table("ticket");
    let log = log_of(table).expect("tracked").table;
    let horizon = || world.read(move |reader| reader.log_horizon(log));
    let oldest = position(&world, "ticket");
    let tickets: Vec<Row> = (0..5)
        .map(|n| ticket(&owner, &format!("old-{n}"), 0))
        .collect();
    world.fill(id, &tickets);
    let early = position(&world, "ticket");
    world.clock.set_day(700_005);
    world.fill(id, &[ticket(&owner, "new", 0)]);
    let late = position(&world, "ticket");
    let retention = Retention { days: 3, rows: 100 };
    let keep = |retention: Retention, today: i32| {
        let tables = Arc::clone(super::world::shared_tables());
        world
            .wait(prune(world.store.as_ref(), &tables, today, retention))
            .expect("the log is pruned");
    };
    keep(retention, 700_003);
    assert!(horizon().covers(oldest), "nothing was old enough");
    for _ in 0..2 {
        keep(retention, 700_005);
        let now = horizon();
        assert!(
            !now.covers(oldest) && now.covers(early) && now.covers(late),
            "{now:?}"
        );
        assert_eq!(keys(&since(&world, "ticket", &owner, early, 10)), ["new"]);
    }
    // All of it: numbers and tokens go on as if it were there.
    keep(Retention { days: 3, rows: 0 }, 700_005);
    let now = horizon();
    assert!(!now.covers(early) && now.covers(late), "{now:?}");
    world.fill(id, &[ticket(&owner, "newest", 0)]);
    assert_eq!(keys(&since(&world, "ticket", &owner, late, 10)), ["newest"]);
    assert!(
        !horizon().covers(i64::MAX) && !horizon().covers(-1),
        "from nowhere"
    );
}
