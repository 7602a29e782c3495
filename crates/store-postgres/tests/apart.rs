//! Commands that remove rows or read many: those of different keys do not wait for each other, and
//! what each reads is true until it commits.
#![cfg(test)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use edm::Value;
use odata::Error;
use postgres::{Client, NoTls};
use store::clock::SystemClock;
use store::{Row, Select, TableId, Tables, Transaction};
use store_postgres::{Options, Postgres, Target};
use tokio::runtime::Runtime;

const SCRIPTS: usize = 4;
const KEYS: usize = 6;
const CLIENTS: usize = 16;
const COMMANDS: usize = 60;

struct World {
    stores: [Arc<Postgres>; 2],
    layout: Layout,
    runtime: Runtime,
    url: String,
}

/// A table of rows by script and key, and one that counts them.
#[derive(Clone)]
struct Layout {
    tables: Arc<Tables>,
    states: TableId,
    script: usize,
    key: usize,
    runs: usize,
    summaries: TableId,
    count: usize,
}

impl Layout {
    fn new(tables: Arc<Tables>) -> Self {
        let find = |name: &str| tables.find(name).unwrap();
        let states = find("device_compliance_script_device_state");
        let summaries = find("device_compliance_script_run_summary");
        let column = |table, name: &str| tables.table(table).column(name).unwrap();
        Self {
            states,
            script: column(states, "script_id"),
            key: column(states, "state_key"),
            runs: column(states, "handed_count"),
            summaries,
            count: column(summaries, "no_issue_detected_device_count"),
            tables,
        }
    }

    /// Adds a row, or changes it.
    fn upsert(&self, transaction: &mut dyn Transaction, key: &[Value]) -> Result<(), Error> {
        match transaction.get(self.states, key)? {
            Some(mut row) => {
                let runs = row[self.runs].as_i64().unwrap_or(0);
                row[self.runs] = Value::Integer(runs + 1);
                let columns = [self.runs].into_iter().collect();
                assert!(transaction.update(self.states, key, columns, &row)?);
                Ok(())
            }
            None => {
                let mut row: Row = self.tables.table(self.states).blank();
                row[self.script] = key[0].clone();
                row[self.key] = key[1].clone();
                assert!(transaction.insert(self.states, &row)?);
                transaction.add(self.summaries, &key[..1], &[(self.count, 1)])
            }
        }
    }

    fn remove(&self, transaction: &mut dyn Transaction, key: &[Value]) -> Result<(), Error> {
        if transaction.delete(self.states, key)? {
            transaction.add(self.summaries, &key[..1], &[(self.count, -1)])?;
        }
        Ok(())
    }

    fn remove_all(&self, transaction: &mut dyn Transaction, script: &Value) -> Result<(), Error> {
        let fixed = [(self.script, script.clone())];
        let gone = transaction.delete_where(self.states, &fixed, 1_000)?;
        let script = std::slice::from_ref(script);
        transaction.add(self.summaries, script, &[(self.count, -i64::from(gone))])
    }

    /// A script's rows are as many as its counter says, in whatever transaction.
    fn check(&self, transaction: &mut dyn Transaction, script: &Value) -> Result<(), Error> {
        let mut select = Select::all(self.states, 0);
        select.fixed = vec![(self.script, script.clone())];
        let rows = transaction.count(&select)?;
        let summary = transaction.get(self.summaries, std::slice::from_ref(script))?;
        let counted = summary
            .and_then(|row| row[self.count].as_i64())
            .unwrap_or(0);
        assert_eq!(counted, i64::try_from(rows).unwrap(), "{script:?}");
        Ok(())
    }
}

impl World {
    fn new() -> Option<Self> {
        let url = test_postgres::postgres()?.new_database();
        let model = service::model().unwrap();
        let tables = service::tables(&model).unwrap();
        let options = Options {
            readers: 1,
            ..Options::default()
        };
        let target = Target::parse(&url).unwrap();
        let open = || {
            let (model, tables) = (model.clone(), tables.clone());
            let clock = Arc::new(SystemClock);
            Arc::new(Postgres::open(&target, options, model, tables, clock).unwrap())
        };
        Some(Self {
            stores: [open(), open()],
            layout: Layout::new(tables.clone()),
            runtime: Runtime::new().unwrap(),
            url,
        })
    }

    /// Carries out a command through one of the stores.
    fn write(
        &self,
        store: usize,
        run: impl Fn(&Layout, &mut dyn Transaction) -> Result<(), Error> + Send + 'static,
    ) -> tokio::task::JoinHandle<Result<(), Error>> {
        let (store, layout) = (self.stores[store].clone(), self.layout.clone());
        let command = async move {
            store::write(store.as_ref(), move |transaction| run(&layout, transaction)).await
        };
        self.runtime.spawn(command)
    }

    fn wait(&self, command: tokio::task::JoinHandle<Result<(), Error>>) {
        self.runtime.block_on(command).unwrap().unwrap();
    }
}

fn key(script: usize, key: usize) -> [Value; 2] {
    [
        Value::String(format!("script-{script}")),
        Value::String(format!("key-{key}")),
    ]
}

#[test]
fn removals_of_different_keys_do_not_wait_for_each_other() {
    let Some(world) = World::new() else {
        return;
    };
    for script in 0..3 {
        let made = world.write(0, move |layout, tx| layout.upsert(tx, &key(script, 0)));
        world.wait(made);
    }
    let mut client = Client::connect(&world.url, NoTls).unwrap();
    let mut held = client.transaction().unwrap();
    let lock = "SELECT 1 FROM device_compliance_script_device_state \
                WHERE script_id = 'script-0' FOR UPDATE";
    held.query(lock, &[]).unwrap();
    let waiting = world.write(0, |layout, tx| layout.remove(tx, &key(0, 0)));
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    let removed = world.write(1, |layout, tx| layout.remove(tx, &key(1, 0)));
    world.wait(removed);
    let all_removed = world.write(0, |layout, tx| layout.remove_all(tx, &key(2, 0)[0]));
    world.wait(all_removed);
    let added = world.write(1, |layout, tx| layout.upsert(tx, &key(3, 0)));
    world.wait(added);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    assert!(!waiting.is_finished());
    held.commit().unwrap();
    world.wait(waiting);
}

#[test]
fn a_storm_of_all_kinds_of_commands_ends_as_if_one_after_another() {
    let Some(world) = World::new() else {
        return;
    };
    let commands: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (store, layout) = (world.stores[client % 2].clone(), world.layout.clone());
            world.runtime.spawn(async move {
                let mut random = fastrand(client);
                for _ in 0..COMMANDS {
                    let (kind, script) = (random(10), random(SCRIPTS));
                    let (one, other) = (
                        key(script, random(KEYS)),
                        key(random(SCRIPTS), random(KEYS)),
                    );
                    let layout = layout.clone();
                    let done = store::write(store.as_ref(), move |tx| match kind {
                        0 => layout.remove_all(tx, &one[0]),
                        1 | 2 => layout.remove(tx, &one),
                        3 => layout.check(tx, &one[0]),
                        // In no order of keys.
                        4 => (layout.remove(tx, &other)).and_then(|()| layout.check(tx, &one[0])),
                        5 => (layout.upsert(tx, &other)).and_then(|()| layout.remove(tx, &one)),
                        _ => (layout.upsert(tx, &one)).and_then(|()| layout.upsert(tx, &other)),
                    });
                    done.await.unwrap();
                }
            })
        })
        .collect();
    for command in commands {
        world.runtime.block_on(command).unwrap();
    }
    for script in 0..SCRIPTS {
        let check = world.write(0, move |layout, tx| layout.check(tx, &key(script, 0)[0]));
        world.wait(check);
    }
    // What a backend has counted it tells when it has nothing to do, or ends.
    drop(world.stores);
    std::thread::sleep(Duration::from_millis(500));
    let mut client = Client::connect(&world.url, NoTls).unwrap();
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks: i64 = client.query_one(deadlocks, &[]).unwrap().get(0);
    assert_eq!(deadlocks, 0);
}

/// Numbers that a client's number leads to (xorshift).
fn fastrand(client: usize) -> impl FnMut(usize) -> usize {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(client as u64 + 1);
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap_or(0)
    }
}
