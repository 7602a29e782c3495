//! The suite that every database must pass, on SQLite.
#![cfg(test)]

use std::sync::Arc;

use edm::Model;
use odata::Error;
use store::clock::Clock;
use store::{Dialect, Job, ReadJob, Store, Tables};
use store_sqlite::Sqlite;
use tempfile::TempDir;

/// A database in a directory that goes with it.
struct Temporary {
    database: Sqlite,
    _directory: TempDir,
}

impl Store for Temporary {
    fn submit(&self, job: Box<dyn Job>) {
        self.database.submit(job);
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.database.submit_read(job)
    }
}

/// A database with these tables beside those that its migrations make.
fn open(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("suite.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let statements = store::ddl::create(&tables, Dialect::Sqlite);
    connection.execute_batch(&statements).unwrap();
    drop(connection);
    Box::new(Temporary {
        database: Sqlite::open(&path, model, tables, clock).unwrap(),
        _directory: directory,
    })
}

store::store_suite!(open);
