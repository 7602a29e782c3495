//! Everything in the database, to compare before and after.

use std::collections::BTreeMap;

use crate::support::Server;

/// The rows of each table as texts, in order.
pub(crate) type Dump = BTreeMap<String, Vec<String>>;

/// Tables in which a commit leaves a trace that is no row of anybody.
const OF_THE_STORE: [&str; 1] = ["committed_group"];

/// Reads the whole database.
pub(crate) fn dump(server: &Server) -> Dump {
    let mut all = match server.database() {
        Some(url) => postgres(url),
        None => sqlite(server),
    };
    for table in OF_THE_STORE {
        all.remove(table);
    }
    for rows in all.values_mut() {
        rows.sort();
    }
    assert!(all.values().any(|rows| !rows.is_empty()), "an empty dump");
    all
}

fn postgres(url: &str) -> Dump {
    let mut client = ::postgres::Client::connect(url, ::postgres::NoTls).unwrap();
    let query = "SELECT table_name FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'";
    let tables = client.query(query, &[]).unwrap();
    let tables = tables.iter().map(|row| row.get::<_, String>(0));
    let tables: Vec<String> = tables.collect();
    let mut rows_of = |table: &String| {
        let query = format!("SELECT t::text FROM \"{table}\" AS t");
        let rows = client.query(&query, &[]).unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect()
    };
    let read = tables.iter().map(|table| (table.clone(), rows_of(table)));
    read.collect()
}

fn sqlite(server: &Server) -> Dump {
    let file = server.data_dir().join("runstate.db");
    let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(file, read_only).unwrap();
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = database.prepare(query).unwrap();
    let tables = statement.query_map([], |row| row.get::<_, String>(0));
    let tables: Vec<String> = tables.unwrap().map(Result::unwrap).collect();
    let rows_of = |table: &String| {
        let mut statement = database
            .prepare(&format!("SELECT * FROM \"{table}\""))
            .unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            let values = (0..width).map(|i| row.get::<_, rusqlite::types::Value>(i));
            let values: Result<Vec<_>, _> = values.collect();
            Ok(format!("{:?}", values?))
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    let read = tables.iter().map(|table| (table.clone(), rows_of(table)));
    read.collect()
}
