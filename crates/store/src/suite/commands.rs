//! Commands and snapshots: what is undone, what is kept, who sees what and when.

use std::panic::resume_unwind;
use std::sync::mpsc;

use edm::Value;
use odata::{Error, ErrorCode};

use super::Opener;
use super::world::{World, column, of_owner, row, rows, table};
use crate::{Job, Row, TableId, Transaction, Verdict};

/// A command of the suite, which says how it was settled.
struct Submitted<F> {
    run: F,
    settled: mpsc::Sender<Result<(), Error>>,
}

impl<F: FnMut(&mut dyn Transaction) -> Verdict + Send> Job for Submitted<F> {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        (self.run)(transaction)
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        // A test that has failed does not wait any more.
        let _ = self.settled.send(outcome);
    }
}

/// A command to be submitted with others.
pub(super) type Run = Box<dyn FnMut(&mut dyn Transaction) -> Verdict + Send>;

impl World {
    /// Submits commands while the database is busy with another, so that they wait together and
    /// may share a transaction, and answers how each was settled.
    pub(super) fn submit_together(&self, commands: Vec<Run>) -> Vec<Result<(), Error>> {
        let (open, gate) = mpsc::channel::<()>();
        let waits: Run = Box::new(move |_| {
            // An error is the sender dropped: a failed test that must not leave a thread waiting.
            let _ = gate.recv();
            Verdict::Commit
        });
        let answers: Vec<_> = std::iter::once(waits)
            .chain(commands)
            .map(|run| {
                let (settled, answer) = mpsc::channel();
                self.store.submit(Box::new(Submitted { run, settled }));
                answer
            })
            .collect();
        drop(open);
        answers
            .into_iter()
            .skip(1)
            .map(|answer| answer.recv().expect("every command is settled"))
            .collect()
    }
}

/// Panics without a message on the console, where it would be taken for a failed test.
pub(super) fn panic_quietly() -> ! {
    resume_unwind(Box::new("a command of the suite"))
}

fn item(owner: &Value, id: &str) -> (TableId, Row) {
    let (table_id, items) = table("item");
    let values = [("owner", owner.clone()), ("id", id.into())];
    (table_id, row(items, &values))
}

fn ids(world: &World, owner: &Value) -> Vec<Value> {
    let id = column(table("item").1, "id");
    let mut ids: Vec<Value> = world
        .rows(of_owner("item", owner))
        .into_iter()
        .map(|row| row[id].clone())
        .collect();
    ids.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    ids
}

fn insert_then(owner: &Value, id: &str, end: fn() -> Verdict) -> Run {
    let (table, row) = item(owner, id);
    Box::new(move |transaction| {
        transaction.insert(table, &row).expect("the row is written");
        end()
    })
}

/// What a failing command wrote is undone; its neighbours in the group keep what they wrote.
pub fn a_failed_command_is_undone_alone(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let settled = world.submit_together(vec![
        insert_then(&owner, "a", || Verdict::Commit),
        insert_then(&owner, "b", || Verdict::Rollback),
        insert_then(&owner, "c", || Verdict::Commit),
        // The key of the undone row is free again.
        insert_then(&owner, "b", || Verdict::Rollback),
        insert_then(&owner, "d", || Verdict::Commit),
    ]);
    assert!(settled.iter().all(Result::is_ok));
    assert_eq!(ids(&world, &owner), ["a", "c", "d"].map(Value::from));
    let (table, row) = item(&owner, "e");
    let refused = world.write(move |transaction| {
        transaction.insert(table, &row)?;
        Err::<(), _>(Error::bad_request("its own reason"))
    });
    assert_eq!(refused.map_err(|e| e.message), Err("its own reason".into()));
    assert_eq!(ids(&world, &owner).len(), 3);
}

/// A command that panics is undone and answered with an error; its neighbours and those behind it
/// are carried out.
pub fn a_panicking_command_answers_and_the_writer_lives_on(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    world.submit_together(vec![
        insert_then(&owner, "a", || Verdict::Commit),
        insert_then(&owner, "b", || panic_quietly()),
        insert_then(&owner, "c", || Verdict::Commit),
    ]);
    let (table, row) = item(&owner, "d");
    let answer = world.write::<()>(move |transaction| {
        transaction.insert(table, &row)?;
        panic_quietly()
    });
    assert_eq!(
        answer.map_err(|error| error.code),
        Err(ErrorCode::InternalServerError)
    );
    assert_eq!(ids(&world, &owner), ["a", "c"].map(Value::from));
    let (table, row) = item(&owner, "b");
    assert!(world.written(move |transaction| transaction.insert(table, &row)));
}

/// A read that panics is answered with an error, and later ones are carried out, by whichever
/// thread.
pub fn a_panicking_read_answers_and_the_readers_live_on(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    for _ in 0..32 {
        let answer = world.try_read::<()>(|_| panic_quietly());
        assert_eq!(
            answer.map_err(|error| error.code),
            Err(ErrorCode::InternalServerError)
        );
    }
    for _ in 0..32 {
        assert_eq!(ids(&world, &owner), Vec::<Value>::new());
    }
}

/// Within a command, every kind of read sees what the command wrote.
pub fn a_command_reads_what_it_wrote(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, made) = item(&owner, "a");
    let items = table("item").1;
    world.written(move |transaction| {
        let key = items.key_of(&made);
        let select = of_owner("item", &owner);
        assert!(transaction.insert(id, &made)?);
        assert_eq!(transaction.get(id, &key)?, Some(made.clone()));
        assert_eq!(transaction.count(&select)?, 1);
        assert_eq!(rows(transaction, &select)?, std::slice::from_ref(&made));
        assert!(transaction.delete(id, &key)?);
        assert_eq!(transaction.get(id, &key)?, None);
        assert_eq!(transaction.count(&select)?, 0);
        assert_eq!(rows(transaction, &select)?, Vec::<Row>::new());
        Ok(())
    });
}

/// A select whose sink fails ends with the sink's error, and the next one begins anew.
pub fn a_sink_that_fails_ends_the_select(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, first) = item(&owner, "a");
    world.fill(id, &[first, item(&owner, "b").1]);
    let select = of_owner("item", &owner);
    let seen = world.read(move |reader| {
        let mut seen = 0;
        let ended = reader.select(&select, &mut |_| {
            seen += 1;
            Err(Error::bad_request("enough"))
        });
        assert_eq!(ended.map_err(|e| e.message), Err("enough".into()));
        assert_eq!(rows(reader, &select)?.len(), 2);
        Ok(seen)
    });
    assert_eq!(seen, 1);
}

/// A reader that has begun sees one state throughout, whatever is committed meanwhile; the next
/// one sees what was committed.
pub fn a_snapshot_is_of_one_instant(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    let (id, first) = item(&owner, "a");
    world.fill(id, std::slice::from_ref(&first));
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (select, key) = (of_owner("item", &owner), table("item").1.key_of(&first));
    let (same_select, same_key) = (select.clone(), key.clone());
    let reading = world.reading(move |reader| {
        let mut look = || {
            Ok::<_, Error>((
                reader.count(&same_select)?,
                reader.get(id, &same_key)?,
                reader.exists(id, &same_key)?,
                rows(reader, &same_select)?,
            ))
        };
        let before = look()?;
        let _ = begun.send(());
        let _ = may_go_on.recv();
        Ok((before, look()?))
    });
    has_begun.recv().expect("the read begins");
    let second = item(&owner, "b").1;
    world.written(move |transaction| {
        transaction.delete(id, &key)?;
        transaction.insert(id, &second)
    });
    drop(go_on);
    let looks = reading.join().expect("the read does not panic");
    let (before, after) = looks.expect("both looks succeed");
    assert_eq!(before.3, [first]);
    assert_eq!(after, before);
    assert_eq!(ids(&world, &owner), [Value::from("b")]);
}

/// Once a command is answered, every reader sees it.
pub fn what_was_answered_is_read_by_all(open: Opener) {
    let world = World::new(open);
    let owner = world.new_owner();
    for n in 0..64_u64 {
        let (id, made) = item(&owner, &n.to_string());
        assert!(world.written(move |transaction| transaction.insert(id, &made)));
        let select = of_owner("item", &owner);
        assert_eq!(world.read(move |reader| reader.count(&select)), n + 1);
    }
}

/// The tables are those of this program, and a write that changes nothing is made durable.
pub fn a_store_that_works_is_ready(open: Opener) {
    let world = World::new(open);
    for _ in 0..3 {
        let ready = world.wait(crate::ready(world.store.as_ref()));
        ready.expect("the store works");
    }
    world.written(|transaction| transaction.check_version());
}
