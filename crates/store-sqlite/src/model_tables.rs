//! The tables of a model without migrations: made in an empty database, and known again in any
//! other.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use store::{Dialect, Tables, ddl};

use crate::{OpenError, failed, migrate};

/// Makes the tables in an empty database; one that holds something must hold just them.
pub(crate) fn make(
    connection: &mut Connection,
    path: &Path,
    tables: &Tables,
) -> Result<(), OpenError> {
    let sql = ddl::create(tables, Dialect::Sqlite);
    if holds_them(connection, &sql).map_err(failed(path))? {
        return Ok(());
    }
    Err(OpenError::OtherTables {
        path: path.to_owned(),
    })
}

/// Whether the database holds what the statements make, after they were carried out if it was
/// empty.
fn holds_them(connection: &mut Connection, sql: &str) -> rusqlite::Result<bool> {
    let wanted = Connection::open_in_memory()?;
    wanted.execute_batch(sql)?;
    let wanted = schema(&wanted)?;
    // Another process that opens the file now waits, and then finds the tables.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if schema(&transaction)?.is_empty() {
        transaction.execute_batch(sql)?;
        migrate::begin_timeline(&transaction)?;
    }
    let found = schema(&transaction)?;
    transaction.commit()?;
    Ok(found == wanted)
}

/// The statements that made what a database holds, by name.
fn schema(connection: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "CREATE TABLE a (x INTEGER PRIMARY KEY, y TEXT) STRICT;
        CREATE INDEX a_y ON a (y);";

    #[test]
    fn only_an_empty_database_gets_tables() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut holds = |sql| holds_them(&mut connection, sql).unwrap();
        assert!(holds(TABLES));
        assert!(holds(TABLES), "they are known again");
        assert!(!holds("CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT;"));
        assert!(!holds(&format!("{TABLES} CREATE TABLE b (z TEXT);")));
    }
}
