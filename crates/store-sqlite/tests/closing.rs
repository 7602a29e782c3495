//! A store whose last owner is one of its own commands closes all the same.
#![cfg(test)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use edm::Model;
use odata::Error;
use store::clock::SystemClock;
use store::{Job, ReadJob, Reader, Store, Transaction, Verdict};
use store_sqlite::Sqlite;

const MODEL: &str = include_str!("../../store/src/suite/schema.csdl.xml");
const MAP: &str = include_str!("../../store/src/suite/storage.toml");

fn open(directory: &std::path::Path) -> Arc<Sqlite> {
    let model = Arc::new(Model::from_csdl(MODEL).unwrap());
    let tables = Arc::new(store::read_map(&model, MAP).unwrap());
    let path = directory.join("closing.db");
    Arc::new(Sqlite::open(&path, model, tables, Arc::new(SystemClock)).unwrap())
}

/// Outlives all other owners of the store, and says when it has dropped it.
struct LastOwner {
    store: Arc<Sqlite>,
    alone: Receiver<()>,
    dropped: Sender<()>,
}

impl LastOwner {
    fn leave(self) {
        self.alone.recv().unwrap();
        drop(self.store);
        self.dropped.send(()).unwrap();
    }
}

impl Job for LastOwner {
    fn run(&mut self, _: &mut dyn Transaction) -> Verdict {
        Verdict::Commit
    }

    fn settle(self: Box<Self>, _: Result<(), Error>) {
        self.leave();
    }
}

impl ReadJob for LastOwner {
    fn run(&mut self, _: &mut dyn Reader) {}

    fn settle(self: Box<Self>, _: Result<(), Error>) {
        self.leave();
    }
}

fn check(submit: impl FnOnce(&Sqlite, LastOwner)) {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let (alone, is_alone) = channel();
    let (dropped, is_dropped) = channel();
    let owner = LastOwner {
        store: store.clone(),
        alone: is_alone,
        dropped,
    };
    submit(&store, owner);
    drop(store);
    alone.send(()).unwrap();
    let ended = is_dropped.recv_timeout(Duration::from_secs(10));
    assert_eq!(ended, Ok(()), "a thread of the store waited for itself");
}

#[test]
fn a_command_may_be_the_last_owner() {
    check(|store, owner| store.submit(Box::new(owner)));
}

#[test]
fn a_read_may_be_the_last_owner() {
    check(|store, owner| store.submit_read(Box::new(owner)).unwrap());
}

/// A copy of the database file alone is a whole database.
#[test]
fn a_closed_store_leaves_no_log() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let left: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["closing.db"]);
}
