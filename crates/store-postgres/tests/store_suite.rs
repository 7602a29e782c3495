//! The suite that every database must pass, on PostgreSQL.
#![cfg(test)]

use std::sync::Arc;

use edm::Model;
use postgres::{Client, NoTls};
use store::clock::Clock;
use store::{Dialect, Store, Tables};
use store_postgres::{Options, Postgres, Target};

/// A database with these tables beside those that its migrations make. One writer: the suite takes
/// commands that wait together for carried out in their order.
fn open(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    let url = test_postgres::postgres()
        .expect("asked for before")
        .new_database();
    let statements = store::ddl::create(&tables, Dialect::Postgres);
    let mut client = Client::connect(&url, NoTls).unwrap();
    client.batch_execute(&statements).unwrap();
    let options = Options {
        writers: 1,
        readers: 2,
        ..Options::default()
    };
    let target = Target::parse(&url).unwrap();
    Box::new(Postgres::open(&target, options, model, tables, clock).unwrap())
}

store::store_suite!(open, if test_postgres::is_installed);
