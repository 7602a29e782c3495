//! Whether product and floor write the same rows: both databases begin as copies, both are asked the
//! same, and then every row that was written is compared, column by column.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::Failure;

const STATES: &str = "device_health_script_device_state";

/// What each start of the product writes, whoever asks it what: a code for the first administrator.
const OF_A_START: &str = "sign_in";

/// How far the history went when the databases were alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    history: i64,
    change: i64,
}

impl Mark {
    /// How far the history of a database goes now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn of(database: &Path) -> Result<Self, Failure> {
        let connection = open(database)?;
        let last = |table: &str, column: &str| {
            let sql = format!("SELECT ifnull(max({column}), 0) FROM {STATES}_{table}");
            connection.query_row(&sql, [], |row| row.get(0))
        };
        Ok(Self {
            history: last("history", "history_id")?,
            change: last("change", "change_id")?,
        })
    }

    /// Compares what two databases got since: run states, their history, the log of changes and
    /// all counters; of every other table how many rows it has.
    ///
    /// # Errors
    /// If anything differs but the time of recording: then the floor is no floor.
    pub(crate) fn compare(self, product: &Path, floor: &Path) -> Result<(), Failure> {
        let (product, floor) = (open(product)?, open(floor)?);
        let mut runs = 0;
        for (name, sql) in self.questions(&product)? {
            let (expected, found) = (rows(&product, &sql)?, rows(&floor, &sql)?);
            if expected != found {
                let differing = expected.iter().zip(&found).find(|(a, b)| a != b);
                return Err(format!(
                    "the floor writes other rows of {name} than the product ({} and {}): {differing:?}",
                    found.len(),
                    expected.len()
                )
                .into());
            }
            if name == format!("{STATES}_history") {
                runs = expected.len();
            }
        }
        if runs == 0 {
            return Err("no run was written that could be compared".into());
        }
        Ok(())
    }

    fn questions(self, connection: &Connection) -> Result<Vec<(String, String)>, Failure> {
        let Self { history, change } = self;
        let runs = format!("{STATES}_history");
        let compared = columns(connection, &runs, &["recorded_at"])?;
        let mut questions = vec![
            (
                runs.clone(),
                format!(
                    "SELECT {compared} FROM {runs} WHERE history_id > {history} ORDER BY history_id"
                ),
            ),
            (
                format!("{STATES}_change"),
                format!(
                    "SELECT * FROM {STATES}_change WHERE change_id > {change} ORDER BY change_id"
                ),
            ),
            (
                STATES.to_owned(),
                format!(
                    "SELECT * FROM {STATES} WHERE (script_id, state_key) IN \
                     (SELECT script_id, state_key FROM {runs} WHERE history_id > {history}) \
                     ORDER BY script_id, state_key"
                ),
            ),
        ];
        for table in ["device_health_script_run_summary", "remediation_day"] {
            questions.push((
                table.to_owned(),
                format!("SELECT * FROM {table} ORDER BY 1, 2"),
            ));
        }
        let others = rows(
            connection,
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        )?;
        for name in others.into_iter().flatten() {
            if let Value::Text(name) = name
                && name != OF_A_START
                && !questions.iter().any(|(table, _)| *table == name)
            {
                let sql = format!("SELECT count(*) FROM \"{name}\"");
                questions.push((name, sql));
            }
        }
        Ok(questions)
    }
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// The names of a table's columns, less a few.
fn columns(connection: &Connection, table: &str, without: &[&str]) -> rusqlite::Result<String> {
    let statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
    let names = statement.column_names();
    let names: Vec<&str> = names.filter(|name| !without.contains(name)).collect();
    Ok(names.join(", "))
}

fn rows(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect())?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUNDING: &str = include_str!("../../../store-sqlite/migrations/0001_founding.sql");

    #[test]
    fn differences_are_seen() {
        let directory = tempfile::tempdir().unwrap();
        let check = |more: &str, alike: bool| {
            let files = ["product", "floor"].map(|name| directory.path().join(name));
            for (file, sql) in files.iter().zip(["", more]) {
                let _ = std::fs::remove_file(file);
                let connection = Connection::open(file).unwrap();
                connection.execute_batch(FOUNDING).unwrap();
                let run = "INSERT INTO device_health_script_device_state_history \
                           (script_id, state_key, recorded_at) VALUES ('s', 'k', random());
                           INSERT INTO device_health_script_device_state (script_id, state_key) \
                           VALUES ('s', 'k');";
                connection.execute_batch(run).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            let mark = Mark {
                history: 0,
                change: 0,
            };
            let outcome = mark.compare(&files[0], &files[1]);
            assert_eq!(outcome.is_ok(), alike, "{more}: {outcome:?}");
        };
        check("", true);
        for more in [
            "UPDATE device_health_script_device_state SET outcome = 1",
            "UPDATE device_health_script_device_state_history SET last_history_id = 1",
            "INSERT INTO device_health_script_device_state_change (script_id) VALUES ('s')",
            "INSERT INTO remediation_day (script_id) VALUES ('s')",
            "INSERT INTO requested_run (script_id) VALUES ('s')",
        ] {
            check(more, false);
        }
    }

    #[test]
    fn databases_without_new_rows_say_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("empty");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch(FOUNDING).unwrap();
        let mark = Mark::of(&file).unwrap();
        let outcome = mark.compare(&file, &file);
        assert!(outcome.is_err(), "{outcome:?}");
    }
}
