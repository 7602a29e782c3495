//! Delta tokens under transactions that end in another order than they began.
#![cfg(test)]

use std::sync::Arc;

use edm::Model;
use postgres::{Client, NoTls};
use store::changes::{Horizon, LogPlace, Wanted, changes, log_of};
use store::clock::SystemClock;
use store::{Store, TableId, Tables};
use store_postgres::{Options, Postgres, Target};

/// The service's tables on a new database.
struct World {
    model: Arc<Model>,
    tables: Arc<Tables>,
    store: Postgres,
    runtime: tokio::runtime::Runtime,
    tracked: TableId,
    log: TableId,
}

impl World {
    fn new(url: &str) -> Self {
        let model = service::model().unwrap();
        let tables = service::tables(&model).unwrap();
        let options = Options {
            writers: 1,
            readers: 1,
            ..Options::default()
        };
        let target = Target::parse(url).unwrap();
        let (ours, clock) = ((model.clone(), tables.clone()), Arc::new(SystemClock));
        let store = Postgres::open(&target, options, ours.0, ours.1, clock).unwrap();
        let tracked = tables.find("device_health_script").unwrap();
        let log = log_of(tables.table(tracked)).unwrap().table;
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            model,
            tables,
            store,
            runtime: { runtime }.build().unwrap(),
            tracked,
            log,
        }
    }

    /// What is told of the changes since a position, and how far the log goes.
    fn since(&self, position: Option<i64>) -> (Vec<String>, Horizon) {
        let (model, tables) = (self.model.clone(), self.tables.clone());
        let (tracked, log) = (self.tracked, self.log);
        let store: &dyn Store = &self.store;
        let read = store::read(store, move |reader| {
            let horizon = reader.log_horizon(log)?;
            let wanted = Wanted {
                table: tracked,
                fixed: &[],
                after: LogPlace::before(position.unwrap_or(horizon.settled)),
                end: horizon.end,
                limit: 100,
            };
            Ok((changes(&model, &tables, reader, &wanted)?, horizon))
        });
        let (found, horizon) = self.runtime.block_on(read).unwrap();
        let id = |row: &store::changes::Changed| row.key[0].as_str().unwrap().to_owned();
        (found.rows.iter().map(id).collect(), horizon)
    }
}

const LOG: &str = "INSERT INTO device_health_script_change (id, change_day) VALUES ($1, 739000)";

#[test]
fn a_transaction_that_commits_late_is_not_missed() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let url = server.new_database();
    let world = World::new(&url);
    let (_, begun) = world.since(None);
    let (mut slow, mut fast) = (
        Client::connect(&url, NoTls).unwrap(),
        Client::connect(&url, NoTls).unwrap(),
    );
    // One that began first, one within it that aborts, and one that overtakes it.
    let mut late = slow.transaction().unwrap();
    late.execute(LOG, &[&"late"]).unwrap();
    let mut undone = fast.transaction().unwrap();
    undone.execute(LOG, &[&"undone"]).unwrap();
    undone.rollback().unwrap();
    fast.execute(LOG, &[&"early"]).unwrap();
    let (told, token) = world.since(Some(begun.settled));
    assert_eq!(told, ["early"]);
    assert!(token.settled < token.end, "{token:?}");
    // Between two answers the slow one goes on, and others with it.
    fast.execute(LOG, &[&"between"]).unwrap();
    late.execute(LOG, &[&"late too"]).unwrap();
    late.commit().unwrap();
    let (mut told, token) = world.since(Some(token.settled));
    told.sort();
    assert_eq!(told, ["between", "early", "late", "late too"]);
    let (told, _) = world.since(Some(token.settled));
    assert_eq!(told, Vec::<String>::new());
}
