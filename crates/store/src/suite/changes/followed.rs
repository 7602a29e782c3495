//! A client that follows the changes beside writers ends with the rows that are there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use edm::Value;
use odata::Error;
use proptest::prelude::*;

use crate::changes::{Changed, LogPlace, Wanted, changes, log_of};
use crate::suite::Opener;
use crate::suite::world::{
    World, column, model, of_owner, property_runner, row, rows, table, tables,
};
use crate::{Reader, Row, TableId, Transaction};

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
