//! Change tracking: what is logged, and that who follows the log misses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use edm::Value;
use odata::Error;
use proptest::prelude::*;

use super::Opener;
use super::world::{World, column, model, of_owner, property_runner, row, rows, table, tables};
use crate::changes::{Changed, LogPlace, Retention, Wanted, changes, log_of, prune};
use crate::{Reader, Row, TableId, Transaction};

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

/// What a client holds that read the rows once and then follows the changes.
struct Replica {
    owner: Value,
    rows: BTreeMap<String, Row>,
    position: i64,
}

impl Replica {
    fn new(world: &World, owner: &Value) -> Self {
        let log = log_of(table("item").1).expect("tracked").table;
        let select = of_owner("item", owner);
        let (position, found) = world
            .read(move |reader| Ok((reader.log_horizon(log)?.settled, rows(reader, &select)?)));
        let mut replica = Self {
            owner: owner.clone(),
            rows: BTreeMap::new(),
            position,
        };
        for row in found {
            replica
                .rows
                .insert(name(&table("item").1.key_of(&row)), row);
        }
        replica
    }

    /// Follows the changes to the end of what is there now, by pages of so many rows.
    fn follow(&mut self, world: &World, limit: usize) {
        let (id, table) = table("item");
        let log = log_of(table).expect("tracked").table;
        let fixed = [(column(table, "owner"), self.owner.clone())];
        let mut round = None;
        let mut after = Some(LogPlace::before(self.position));
        while let Some(place) = after {
            let fixed = fixed.clone();
            let (horizon, page, now) = world.read(move |reader| {
                let horizon = reader.log_horizon(log)?;
                let (_, end) = round.unwrap_or((horizon.settled, horizon.end));
                let wanted = Wanted {
                    table: id,
                    fixed: &fixed,
                    after: place,
                    end,
                    limit,
                };
                let page = changes(model(), tables(), reader, &wanted)?;
                let now = as_now(reader, id, &page.rows)?;
                Ok((horizon, page, now))
            });
            round = round.or(Some((horizon.settled, horizon.end)));
            for (key, row) in now {
                match row {
                    Some(row) => self.rows.insert(key, row),
                    None => self.rows.remove(&key),
                };
            }
            after = page.next;
        }
        self.position = round.map_or(self.position, |(settled, _)| settled);
    }
}

fn name(key: &[Value]) -> String {
    format!("{key:?}")
}

/// The changed rows as they are, none for those that are gone.
fn as_now(
    reader: &mut dyn Reader,
    table: TableId,
    changed: &[Changed],
) -> Result<Vec<(String, Option<Row>)>, Error> {
    let of = |row: &Changed| Ok((name(&row.key), reader.get(table, &row.key)?));
    changed.iter().map(of).collect()
}

/// One step of a writer: what happens to the row of a number.
#[derive(Clone, Copy, Debug)]
enum Step {
    Put(u8, i64),
    Remove(u8),
    Sweep,
    Fail(u8),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let key = 0..12_u8;
    let step = prop_oneof![
        6 => (key.clone(), any::<i64>()).prop_map(|(key, number)| Step::Put(key, number)),
        3 => key.clone().prop_map(Step::Remove),
        1 => Just(Step::Sweep),
        1 => key.prop_map(Step::Fail),
    ];
    let command = proptest::collection::vec(step, 1..5);
    proptest::collection::vec(command, 1..40)
}

fn carry_out(
    transaction: &mut dyn Transaction,
    owner: &Value,
    command: &[Step],
) -> Result<(), Error> {
    let (id, table) = table("item");
    let number = column(table, "number");
    let key = |n: u8| vec![owner.clone(), Value::String(format!("item-{n}"))];
    for step in command {
        match *step {
            Step::Put(n, value) => {
                let values = [
                    ("owner", owner.clone()),
                    ("id", Value::String(format!("item-{n}"))),
                    ("number", Value::Integer(value)),
                ];
                let item = row(table, &values);
                if !transaction.insert(id, &item)? {
                    transaction.update(id, &key(n), [number].into_iter().collect(), &item)?;
                }
            }
            Step::Remove(n) => {
                transaction.delete(id, &key(n))?;
            }
            Step::Sweep => {
                transaction.delete_where(id, &[(column(table, "owner"), owner.clone())], 3)?;
            }
            Step::Fail(n) => {
                transaction.delete(id, &key(n))?;
                return Err(Error::bad_request("undone"));
            }
        }
    }
    Ok(())
}

/// Random writers beside each other and one who follows with pages of any size: at the end its
/// rows are those of a fresh read.
pub fn who_follows_the_changes_ends_with_the_same_rows(open: Opener) {
    let world = World::new(open);
    let input = (steps(), steps(), 1..6_usize);
    let outcome = property_runner(12).run(&input, |(first, second, limit)| {
        let owner = world.new_owner();
        let mut replica = Replica::new(&world, &owner);
        let busy = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let writers: Vec<_> = [&first, &second]
                .into_iter()
                .map(|commands| {
                    let (world, owner) = (&world, &owner);
                    scope.spawn(move || {
                        for command in commands {
                            let (owner, command) = (owner.clone(), command.clone());
                            // What fails is undone: that is part of the test.
                            let _ = world.write_beside(move |transaction| {
                                carry_out(transaction, &owner, &command)
                            });
                        }
                    })
                })
                .collect();
            let follower = scope.spawn(|| {
                while busy.load(Ordering::Acquire) {
                    replica.follow(&world, limit);
                }
            });
            let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
            busy.store(false, Ordering::Release);
            assert!(follower.join().is_ok() && ended.iter().all(Result::is_ok));
        });
        replica.follow(&world, limit);
        let fresh = Replica::new(&world, &owner);
        prop_assert_eq!(&replica.rows, &fresh.rows);
        Ok(())
    });
    outcome.expect("the property holds");
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
