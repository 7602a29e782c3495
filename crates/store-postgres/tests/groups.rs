//! Commands that wait together are carried out together.
#![cfg(test)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use edm::Value;
use odata::{Error, ErrorCode};
use postgres::{Client, NoTls};
use store::clock::SystemClock;
use store::{Row, TableId, Tables, Transaction};
use store_postgres::{Options, Postgres, Target};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

struct World {
    store: Arc<Postgres>,
    tables: Arc<Tables>,
    runtime: Runtime,
    client: Client,
}

type Outcome = Result<(), Error>;

impl World {
    fn new() -> Option<Self> {
        let url = test_postgres::postgres()?.new_database();
        let model = service::model().unwrap();
        let tables = service::tables(&model).unwrap();
        let options = Options {
            writers: 1,
            readers: 1,
            ..Options::default()
        };
        let target = Target::parse(&url).unwrap();
        let clock = Arc::new(SystemClock);
        let store = Postgres::open(&target, options, model, tables.clone(), clock).unwrap();
        Some(Self {
            store: Arc::new(store),
            tables,
            runtime: Runtime::new().unwrap(),
            client: Client::connect(&url, NoTls).unwrap(),
        })
    }

    fn spawn(
        &self,
        run: impl FnMut(&mut dyn Transaction) -> Outcome + Send + 'static,
    ) -> JoinHandle<Outcome> {
        let store = self.store.clone();
        self.runtime
            .spawn(async move { store::write(store.as_ref(), run).await })
    }

    /// Lets commands wait for one that is being carried out, and then says how they ended.
    fn together(&self, spawn: impl FnOnce(&Self) -> Vec<JoinHandle<Outcome>>) -> Vec<Outcome> {
        let (begun, has_begun) = channel();
        let (go_on, may_go_on) = channel::<()>();
        let may_go_on: Receiver<()> = may_go_on;
        let first = self.spawn(move |_| {
            // The test may have failed already.
            let _ = begun.send(());
            let _ = may_go_on.recv();
            Ok(())
        });
        has_begun.recv().unwrap();
        let commands = spawn(self);
        // They are queued when the runtime has nothing else to do.
        std::thread::sleep(std::time::Duration::from_millis(200));
        drop(go_on);
        self.runtime.block_on(async {
            first.await.unwrap().unwrap();
            let mut outcomes = Vec::new();
            for command in commands {
                outcomes.push(command.await.unwrap());
            }
            outcomes
        })
    }

    fn state(&self, key: &str) -> (TableId, Row) {
        let id = self
            .tables
            .find("device_compliance_script_device_state")
            .unwrap();
        let table = self.tables.table(id);
        let mut row = table.blank();
        row[table.column("script_id").unwrap()] = "script".into();
        row[table.column("state_key").unwrap()] = key.into();
        (id, row)
    }

    fn column(&self, name: &str) -> usize {
        let (id, _) = self.state("");
        self.tables.table(id).column(name).unwrap()
    }

    fn number(&mut self, sql: &str) -> i64 {
        self.client.query_one(sql, &[]).unwrap().get(0)
    }

    /// The transactions that wrote so far: each leaves a record.
    fn groups(&mut self) -> i64 {
        self.number("SELECT count(*) FROM committed_group WHERE kept = 1")
    }
}

const STATES: &str = "SELECT count(*) FROM device_compliance_script_device_state";

#[test]
fn commands_that_wait_together_are_one_transaction() {
    let Some(mut world) = World::new() else {
        return;
    };
    let before = world.groups();
    let outcomes = world.together(|world| {
        let made = (0..60).map(|n| {
            let (id, row) = world.state(&n.to_string());
            let count = world.column("handed_count");
            let hot = [Value::from("script"), Value::from("hot")];
            let (_, first) = world.state("hot");
            world.spawn(move |transaction| {
                assert!(transaction.insert(id, &row)?);
                // One key of all: each sees what the one before it left.
                let Some(mut old) = transaction.get(id, &hot)? else {
                    transaction.insert(id, &first)?;
                    return Ok(());
                };
                old[count] = Value::Integer(old[count].as_i64().unwrap_or(0) + 1);
                transaction.update(id, &hot, [count].into_iter().collect(), &old)?;
                Ok(())
            })
        });
        made.collect()
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(world.number(STATES), 61);
    let hot = "SELECT handed_count FROM device_compliance_script_device_state \
               WHERE state_key = 'hot'";
    assert_eq!(world.number(hot), 59);
    // The one that they waited for, those before the row that is made and read again, a few that run
    // apart, the rest.
    assert!(world.groups() - before <= 4, "{}", world.groups() - before);
}

#[test]
fn what_fails_fails_alone() {
    let Some(mut world) = World::new() else {
        return;
    };
    let outcomes = world.together(|world| {
        let made = (0..20).map(|n| {
            let (id, mut row) = world.state(&n.to_string());
            let output = world.column("script_output");
            if n == 7 {
                // PostgreSQL cannot hold it, which it says when the row is written.
                row[output] = "\0".into();
            }
            world.spawn(move |transaction| match n {
                13 => Err(Error::bad_request("of its own accord")),
                _ => transaction.insert(id, &row).map(|_| ()),
            })
        });
        made.collect()
    });
    for (n, outcome) in outcomes.iter().enumerate() {
        match (n, outcome) {
            (7, Err(error)) => assert_eq!(error.code, ErrorCode::InternalServerError),
            (13, Err(error)) => assert_eq!(error.code, ErrorCode::BadRequest),
            (7 | 13, Ok(())) => panic!("command {n} succeeded"),
            (_, outcome) => assert!(outcome.is_ok(), "command {n}: {outcome:?}"),
        }
    }
    assert_eq!(world.number(STATES), 18);
}

/// Rows that are written set-wise have one transaction id; in savepoints, each would have its own.
#[test]
fn commands_that_wait_together_are_written_together() {
    let Some(mut world) = World::new() else {
        return;
    };
    for round in ["made", "changed"] {
        let outcomes = world.together(|world| {
            let all = (0..60).map(|n| {
                let (id, mut row) = world.state(&n.to_string());
                let count = world.column("handed_count");
                let log = world.tables.find("pending_deletion").unwrap();
                let logged = world.tables.table(log).blank();
                let key = world.tables.table(id).key_of(&row);
                world.spawn(move |transaction| {
                    if !transaction.exists(id, &key)? {
                        assert!(transaction.insert(id, &row)?);
                    } else if transaction.get(id, &key)?.is_some() {
                        row[count] = Value::Integer(n);
                        let columns = [count].into_iter().collect();
                        transaction.update(id, &key, columns, &row)?;
                    }
                    transaction.append(log, &logged).map(|_| ())
                })
            });
            all.collect()
        });
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let written =
            "SELECT count(DISTINCT xmin::text) FROM device_compliance_script_device_state";
        assert_eq!(world.number(written), 1, "{round}");
    }
    assert_eq!(world.number("SELECT count(*) FROM pending_deletion"), 120);
    let written = "SELECT count(DISTINCT xmin::text) FROM pending_deletion";
    assert_eq!(world.number(written), 2);
    assert_eq!(
        world.number(&format!("{STATES} WHERE handed_count::text = state_key")),
        60
    );
}

/// A command that reads many rows, one by what it found in the one before, is carried out too; one
/// that says beforehand what it reads runs no more than twice.
#[test]
fn commands_that_read_much() {
    const ROWS: usize = 100;
    let Some(world) = World::new() else { return };
    let (id, _) = world.state("");
    let rows: Vec<Row> = (0..ROWS).map(|n| world.state(&n.to_string()).1).collect();
    let keys: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| world.tables.table(id).key_of(row))
        .collect();
    let made = world.spawn(move |transaction| {
        for row in &rows {
            assert!(transaction.insert(id, row)?);
        }
        Ok(())
    });
    world.runtime.block_on(made).unwrap().unwrap();
    for announced in [false, true] {
        let (tell, told) = channel();
        let keys = keys.clone();
        let read = world.spawn(move |transaction| {
            // The test may have failed already.
            let _ = tell.send(());
            if announced {
                transaction.prefetch(id, &keys)?;
            }
            for key in &keys {
                if transaction.get(id, key)?.is_none() {
                    return Err(Error::internal("a row is not there"));
                }
            }
            Ok(())
        });
        world.runtime.block_on(read).unwrap().unwrap();
        let runs = told.iter().count();
        assert!(runs <= if announced { 2 } else { 10 }, "{runs} runs");
    }
}
