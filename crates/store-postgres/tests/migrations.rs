//! The migrations make the tables that the model and its storage map say.
#![cfg(test)]

use std::sync::Arc;

use postgres::{Client, NoTls};
use store::clock::SystemClock;
use store_postgres::{OpenError, Options, Postgres, Target};

fn open(url: &str) -> Result<Postgres, OpenError> {
    let model = service::model().unwrap();
    let tables = service::tables(&model).unwrap();
    let options = Options {
        writers: 1,
        readers: 1,
        ..Options::default()
    };
    let clock = Arc::new(SystemClock);
    Postgres::open(&Target::parse(url)?, options, model, tables, clock)
}

/// The tables of the store itself.
const BOOKKEEPING: [&str; 2] = ["committed_group", "schema_version"];

/// Every column and index of a database but those of the store's own bookkeeping.
fn shape(url: &str) -> Vec<String> {
    let mut client = Client::connect(url, NoTls).unwrap();
    let columns = "
        SELECT format('%s.%s %s %s %s %s', table_name, column_name, data_type, collation_name,
                      is_nullable, coalesce(column_default, is_identity))
        FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";
    client
        .query(columns, &[])
        .unwrap()
        .iter()
        .map(|row| row.get::<_, String>(0))
        .filter(|line| !BOOKKEEPING.iter().any(|name| line.contains(name)))
        .collect()
}

#[test]
fn migrations_model_and_map_agree() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let (migrated, made) = (server.new_database(), server.new_database());
    drop(open(&migrated).unwrap());
    let model = service::model().unwrap();
    let tables = service::tables(&model).unwrap();
    let statements = store::ddl::create(&tables, store::Dialect::Postgres);
    let mut client = Client::connect(&made, NoTls).unwrap();
    client.batch_execute(&statements).unwrap();
    let shape_made = shape(&made);
    assert!(shape_made.len() > 100, "{shape_made:#?}");
    assert_eq!(shape(&migrated), shape_made);
}

#[test]
fn servers_that_start_together_migrate_once() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let url = server.new_database();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| open(&url).map(drop)))
            .collect();
        for start in starts {
            start.join().unwrap().unwrap();
        }
    });
    let mut client = Client::connect(&url, NoTls).unwrap();
    let row = client.query_one("SELECT version FROM schema_version", &[]);
    assert_eq!(row.unwrap().get::<_, i64>(0), 1);
}

#[test]
fn a_newer_database_is_refused() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let url = server.new_database();
    drop(open(&url).unwrap());
    let mut client = Client::connect(&url, NoTls).unwrap();
    client
        .batch_execute("UPDATE schema_version SET version = 99")
        .unwrap();
    assert!(matches!(
        open(&url).err(),
        Some(OpenError::Newer { found: 99, .. })
    ));
}

#[test]
fn another_encoding_is_refused() {
    let Some(server) = test_postgres::postgres() else {
        return;
    };
    let url = server.new_database();
    let mut client = Client::connect(&url, NoTls).unwrap();
    client
        .batch_execute(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' \
             TEMPLATE template0",
        )
        .unwrap();
    let (base, _) = url.rsplit_once('/').unwrap();
    assert!(matches!(
        open(&format!("{base}/latin")).err(),
        Some(OpenError::Encoding(encoding)) if encoding == "LATIN1"
    ));
}
