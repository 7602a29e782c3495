//! Migrations lead to exactly the tables of the model and the map, once, and wholly or not at all.

use std::path::Path;

use rusqlite::Connection;
use store_sqlite::OpenError;

use super::schema::{created, open};

/// Everything that a database says of its tables and indexes, a line each.
fn structure(connection: &Connection) -> Vec<String> {
    let mut lines = query(
        connection,
        "SELECT s.type, s.name, s.tbl_name, l.strict, l.wr FROM sqlite_schema AS s \
         LEFT JOIN pragma_table_list AS l ON l.name = s.name",
    );
    lines.extend(query(
        connection,
        "SELECT t.name, c.* FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c \
         WHERE t.type = 'table'",
    ));
    lines.extend(query(
        connection,
        "SELECT t.name, i.name, i.\"unique\", i.origin, i.partial, x.* \
         FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, pragma_index_xinfo(i.name) AS x \
         WHERE t.type = 'table'",
    ));
    // The condition of a partial index stands nowhere else.
    lines.extend(query(
        connection,
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    ));
    lines.sort();
    lines
}

fn query(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values = (0..columns).map(|c| row.get_ref(c).map(|value| format!("{value:?}")));
        values.collect::<Result<Vec<_>, _>>()
    });
    rows.unwrap().map(|row| row.unwrap().join(" ")).collect()
}

fn number(connection: &Connection, pragma: &str) -> i64 {
    connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .unwrap()
}

fn look<T>(path: &Path, at: impl FnOnce(&Connection) -> T) -> T {
    at(&Connection::open(path).unwrap())
}

#[test]
fn migrations_agree_with_the_model_and_the_map() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("migrated.db");
    drop(open(&path).unwrap());
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(&created()).unwrap();
    let expected = structure(&fresh);
    assert!(expected.len() > 300, "{} lines", expected.len());
    assert_eq!(look(&path, structure), expected);
}

#[test]
fn the_founding_migration_is_what_the_model_and_the_map_give() {
    assert_eq!(
        include_str!("../../migrations/0001_founding.sql"),
        created(),
        "write it anew: cargo run -p service --example migration"
    );
}

#[test]
fn a_second_start_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("twice.db");
    drop(open(&path).unwrap());
    let before = look(&path, |c| {
        (
            structure(c),
            number(c, "schema_version"),
            number(c, "user_version"),
        )
    });
    assert!(before.2 > 0);
    drop(open(&path).unwrap());
    let after = look(&path, |c| {
        (
            structure(c),
            number(c, "schema_version"),
            number(c, "user_version"),
        )
    });
    assert_eq!(after, before);
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("newer.db");
    drop(open(&path).unwrap());
    let known = look(&path, |c| number(c, "user_version"));
    look(&path, |c| {
        c.pragma_update(None, "user_version", known + 1).unwrap();
    });
    match open(&path) {
        Err(error @ OpenError::Newer { .. }) => {
            let said = error.to_string();
            assert!(said.contains(&format!("version {}", known + 1)), "{said}");
            assert!(said.contains("newer.db"), "{said}");
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("a newer database was opened"),
    }
    assert_eq!(look(&path, |c| number(c, "user_version")), known + 1);
}

#[test]
fn a_migration_that_breaks_off_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("interrupted.db");
    // A table of the last step's last name: the step fails when nearly all is done.
    look(&path, |c| {
        c.execute_batch("CREATE TABLE pending_deletion (x)")
            .unwrap();
    });
    let before = look(&path, structure);
    assert!(matches!(open(&path), Err(OpenError::Sqlite { .. })));
    assert_eq!(look(&path, structure), before);
    assert_eq!(look(&path, |c| number(c, "user_version")), 0);
    look(&path, |c| {
        c.execute_batch("DROP TABLE pending_deletion").unwrap();
    });
    drop(open(&path).unwrap());
    let fresh = Connection::open_in_memory().unwrap();
    fresh.execute_batch(&created()).unwrap();
    assert_eq!(look(&path, structure), structure(&fresh));
}

#[test]
fn what_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    std::fs::write(&path, "this is a text of more than sixteen bytes").unwrap();
    assert!(matches!(open(&path), Err(OpenError::Sqlite { .. })));
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept.starts_with("this is a text"), "{kept}");
}
