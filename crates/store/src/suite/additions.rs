//! Additions may be held back and written together: that must not show. Sequences of commands that
//! add, raise, read, write, fail and panic are compared with a plain map in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use edm::Value;
use edm::time::DateTimeOffset;
use odata::Error;
use proptest::prelude::*;

use super::Opener;
use super::commands::{Run, panic_quietly};
use super::values::instants;
use super::world::{World, column, of_owner, property_runner, row, rows, table};
use crate::{ColumnSet, Transaction, Verdict};

/// What one counter holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counter {
    hits: i64,
    misses: i64,
    latest: Option<DateTimeOffset>,
}

/// The counters by number.
type Counters = BTreeMap<u8, Counter>;

/// One step of a command, on the counter of a number.
#[derive(Clone, Debug)]
enum Step {
    Add(u8, i64, i64),
    Raise(u8, DateTimeOffset),
    Insert(u8, i64),
    SetHits(u8, i64),
    Touch(u8),
    Delete(u8),
    Get(u8),
    Exists(u8),
    All,
    Count,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Commit,
    Fail,
    Panic,
}

#[derive(Clone, Debug)]
struct Command {
    steps: Vec<Step>,
    end: End,
}

/// What a step tells.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Nothing,
    Was(bool),
    One(Option<Counter>),
    All(Counters),
    Count(u64),
}

fn steps() -> impl Strategy<Value = Step> {
    let number = 0_u8..3;
    let amount = -2_i64..=2;
    prop_oneof![
        6 => (number.clone(), amount.clone(), amount.clone()).prop_map(|(n, a, b)| Step::Add(n, a, b)),
        3 => (number.clone(), instants()).prop_map(|(n, time)| Step::Raise(n, time)),
        2 => (number.clone(), amount.clone()).prop_map(|(n, hits)| Step::Insert(n, hits)),
        1 => (number.clone(), amount).prop_map(|(n, hits)| Step::SetHits(n, hits)),
        1 => number.clone().prop_map(Step::Touch),
        1 => number.clone().prop_map(Step::Delete),
        2 => number.clone().prop_map(Step::Get),
        1 => number.prop_map(Step::Exists),
        1 => Just(Step::All),
        1 => Just(Step::Count),
    ]
}

fn groups() -> impl Strategy<Value = Vec<Vec<Command>>> {
    let end = prop_oneof![4 => Just(End::Commit), 2 => Just(End::Fail), 1 => Just(End::Panic)];
    let command =
        (prop::collection::vec(steps(), 0..6), end).prop_map(|(steps, end)| Command { steps, end });
    prop::collection::vec(prop::collection::vec(command, 1..6), 1..4)
}

/// What a step does to the counters in memory.
fn expect(counters: &mut Counters, step: &Step) -> Seen {
    match *step {
        Step::Add(_, 0, 0) => Seen::Nothing,
        Step::Add(n, hits, misses) => {
            let counter = counters.entry(n).or_default();
            counter.hits += hits;
            counter.misses += misses;
            Seen::Nothing
        }
        Step::Raise(n, time) => {
            if let Some(counter) = counters.get_mut(&n)
                && counter
                    .latest
                    .is_none_or(|latest| latest.ticks < time.ticks)
            {
                counter.latest = Some(time);
            }
            Seen::Nothing
        }
        Step::Insert(n, hits) => {
            let free = !counters.contains_key(&n);
            counters.entry(n).or_insert(Counter {
                hits,
                ..Counter::default()
            });
            Seen::Was(free)
        }
        Step::SetHits(n, hits) => {
            let there = counters.get_mut(&n).map(|counter| counter.hits = hits);
            Seen::Was(there.is_some())
        }
        Step::Touch(n) | Step::Exists(n) => Seen::Was(counters.contains_key(&n)),
        Step::Delete(n) => Seen::Was(counters.remove(&n).is_some()),
        Step::Get(n) => Seen::One(counters.get(&n).copied()),
        Step::All => Seen::All(counters.clone()),
        Step::Count => Seen::Count(counters.len() as u64),
    }
}

/// What a step does in a transaction.
fn carry_out(
    transaction: &mut dyn Transaction,
    name: &str,
    owner: &Value,
    step: &Step,
) -> Result<Seen, Error> {
    let (id, counters) = table(name);
    let key = |n: u8| vec![owner.clone(), Value::String(n.to_string())];
    let [hits, misses, latest] = ["hits", "misses", "latest"].map(|name| column(counters, name));
    let made = |n: u8, amount: i64| {
        let values = [
            ("owner", owner.clone()),
            ("id", Value::String(n.to_string())),
            ("hits", Value::Integer(amount)),
        ];
        row(counters, &values)
    };
    Ok(match *step {
        Step::Add(n, a, b) => {
            transaction.add(id, &key(n), &[(hits, a), (misses, b)])?;
            Seen::Nothing
        }
        Step::Raise(n, time) => {
            transaction.raise(id, &key(n), latest, time)?;
            Seen::Nothing
        }
        Step::Insert(n, amount) => Seen::Was(transaction.insert(id, &made(n, amount))?),
        Step::SetHits(n, amount) => {
            let set: ColumnSet = [hits].into_iter().collect();
            Seen::Was(transaction.update(id, &key(n), set, &made(n, amount))?)
        }
        Step::Touch(n) => {
            Seen::Was(transaction.update(id, &key(n), ColumnSet::default(), &made(n, 0))?)
        }
        Step::Delete(n) => Seen::Was(transaction.delete(id, &key(n))?),
        Step::Exists(n) => Seen::Was(transaction.exists(id, &key(n))?),
        Step::Get(n) => Seen::One(
            transaction
                .get(id, &key(n))?
                .map(|row| counter_of(name, &row).1),
        ),
        Step::All => Seen::All(
            rows(transaction, &of_owner(name, owner))?
                .iter()
                .map(|row| counter_of(name, row))
                .collect(),
        ),
        Step::Count => Seen::Count(transaction.count(&of_owner(name, owner))?),
    })
}

fn counter_of(name: &str, row: &crate::Row) -> (u8, Counter) {
    let counters = table(name).1;
    let value = |name: &str| &row[column(counters, name)];
    let number = |name: &str| value(name).as_i64().expect("a counter is a number");
    let id = value("id").as_str().and_then(|id| id.parse().ok());
    let counter = Counter {
        hits: number("hits"),
        misses: number("misses"),
        latest: match value("latest") {
            Value::DateTimeOffset(time) => Some(*time),
            _ => None,
        },
    };
    (id.expect("counters are numbered"), counter)
}

/// What the steps of each command saw, when it ran last.
type Log = Arc<Mutex<BTreeMap<usize, Result<Vec<Seen>, String>>>>;

fn run_of(name: &'static str, owner: Value, (number, command): (usize, Command), log: Log) -> Run {
    Box::new(move |transaction| {
        let steps = command.steps.iter();
        let seen = steps.map(|step| carry_out(transaction, name, &owner, step));
        let seen: Result<Vec<_>, _> = seen.collect();
        let failed = seen.is_err();
        log.lock()
            .expect("no step panics while it holds")
            .insert(number, seen.map_err(|error| error.to_string()));
        match command.end {
            // The database runs it again, or the error is found below.
            _ if failed => Verdict::Rollback,
            End::Commit => Verdict::Commit,
            End::Fail => Verdict::Rollback,
            End::Panic => panic_quietly(),
        }
    })
}

/// Leaves out what the trait leaves open: a time is raised only where there is a row, since one
/// that additions make later in the transaction may come to be there before.
fn without_raises_of_nothing(counters: &Counters, command: &Command) -> Command {
    let mut after = counters.clone();
    let mut steps = command.steps.clone();
    steps.retain(|step| {
        let kept = !matches!(step, Step::Raise(n, _) if !after.contains_key(n));
        if kept {
            expect(&mut after, step);
        }
        kept
    });
    Command { steps, ..*command }
}

/// Commands that add, read, write, fail and panic in groups see and leave what they would one by
/// one on a plain map.
pub fn additions_are_as_if_written_at_once(open: Opener) {
    for name in ["counter", "tally"] {
        additions_do_not_show(open, name);
    }
}

fn additions_do_not_show(open: Opener, name: &'static str) {
    let world = World::new(open);
    let outcome = property_runner(256).run(&groups(), |groups| {
        let owner = world.new_owner();
        let mut counters = Counters::new();
        for group in groups {
            let mut expected = Vec::new();
            let log = Log::default();
            let mut runs = Vec::new();
            for (number, command) in group.into_iter().enumerate() {
                let command = without_raises_of_nothing(&counters, &command);
                let mut after = counters.clone();
                let steps = command.steps.iter();
                expected.push(Ok(steps
                    .map(|step| expect(&mut after, step))
                    .collect::<Vec<_>>()));
                if matches!(command.end, End::Commit) {
                    counters = after;
                }
                runs.push(run_of(name, owner.clone(), (number, command), log.clone()));
            }
            let settled = world.submit_together(runs);
            prop_assert!(settled.iter().all(Result::is_ok), "{:?}", settled);
            let seen = std::mem::take(&mut *log.lock().expect("no step panics while it holds"));
            prop_assert_eq!(seen.into_values().collect::<Vec<_>>(), expected);
            let found = world.rows(of_owner(name, &owner));
            let found: Counters = found.iter().map(|row| counter_of(name, row)).collect();
            prop_assert_eq!(&found, &counters);
        }
        Ok(())
    });
    outcome.expect("additions do not show that they are held back");
}

/// A virtual column that reads another table sees what the transaction has added there, and forgets
/// what lies 30 days back as the clock moves on.
pub fn a_virtual_column_sees_additions_to_the_table_it_reads(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (counter, counters) = table("counter");
    let (day, days) = table("day");
    let recent = column(counters, "recent");
    let made = row(counters, &[("owner", owner.clone()), ("id", "0".into())]);
    world.fill(counter, std::slice::from_ref(&made));
    let key = counters.key_of(&made);
    let amount = column(days, "amount");
    let look = move |reader: &mut dyn crate::Reader| {
        let row = reader.get(counter, &key)?;
        Ok(row.map(|row| row[recent].clone()))
    };
    let inside = look.clone();
    let of_day = owner;
    let seen = world.written(move |transaction| {
        for (number, by) in [(699_970, 4), (699_971, 2), (700_000, 1)] {
            transaction.add(
                day,
                &[of_day.clone(), Value::Integer(number)],
                &[(amount, by)],
            )?;
        }
        inside(transaction)
    });
    assert_eq!(seen, Some(Value::Integer(3)), "within the command");
    for (today, expected) in [(700_000, 3), (700_001, 1), (700_029, 1), (700_030, 0)] {
        world.clock.set_day(today);
        let outside = look.clone();
        assert_eq!(
            world.read(outside),
            Some(Value::Integer(expected)),
            "{today}"
        );
        let inside = look.clone();
        let seen = world.written(move |transaction| inside(transaction));
        assert_eq!(seen, Some(Value::Integer(expected)), "{today}");
    }
}

/// A time is raised from null and to a later instant; an equal one keeps its form, and where there
/// is no row none is made.
pub fn times_only_move_forward(open: Opener) {
    let world = World::new(open);
    for name in ["counter", "tally"] {
        raise_times(&world, name);
    }
}

fn raise_times(world: &World, name: &str) {
    let owner = world.new_owner();
    let (id, counters) = table(name);
    let latest = column(counters, "latest");
    let made = row(counters, &[("owner", owner.clone()), ("id", "0".into())]);
    world.fill(id, std::slice::from_ref(&made));
    let key = counters.key_of(&made);
    let parse = |text: &str| DateTimeOffset::parse(text).expect("the text is a date-time");
    for (raised, expected) in [
        ("2024-05-06T07:08:09.1Z", "2024-05-06T07:08:09.1Z"),
        ("2024-05-06T09:08:09.10+02:00", "2024-05-06T07:08:09.1Z"),
        ("2023-05-06T07:08:09Z", "2024-05-06T07:08:09.1Z"),
        (
            "2024-05-06T09:08:09.1000001+02:00",
            "2024-05-06T09:08:09.1000001+02:00",
        ),
    ] {
        let (time, expected, key) = (parse(raised), parse(expected), key.clone());
        world.written(move |transaction| {
            transaction.raise(id, &key, latest, time)?;
            let row = transaction.get(id, &key)?.expect("the row is there");
            assert_eq!(row[latest], Value::DateTimeOffset(expected));
            Ok(())
        });
    }
    let nobody = vec![owner.clone(), "1".into()];
    let time = parse("2024-05-06T07:08:09Z");
    world.written(move |transaction| transaction.raise(id, &nobody, latest, time));
    assert_eq!(world.rows(of_owner(name, &owner)).len(), 1);
}
