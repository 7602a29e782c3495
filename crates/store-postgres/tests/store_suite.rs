//! The suite that every database must pass, on PostgreSQL.
#![cfg(test)]

#[path = "../../../tests/support/postgres.rs"]
mod support;

use std::sync::Arc;

use edm::Model;
use postgres::{Client, NoTls};
use store::clock::Clock;
use store::{Dialect, Store, Tables};
use store_postgres::{Connections, Postgres, Target};

/// A database with these tables beside those that its migrations make. One writer: the suite takes
/// commands that wait together for carried out in their order.
fn open(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store> {
    let url = support::postgres()
        .expect("asked for before")
        .new_database();
    let statements = store::ddl::create(&tables, Dialect::Postgres);
    let mut client = Client::connect(&url, NoTls).unwrap();
    client.batch_execute(&statements).unwrap();
    let connections = Connections {
        writers: 1,
        readers: 2,
    };
    let target = Target::parse(&url).unwrap();
    Box::new(Postgres::open(&target, connections, model, tables, clock).unwrap())
}

fn is_installed() -> bool {
    support::postgres().is_some()
}

store::store_suite!(open, if is_installed);
