//! Migrations: numbered, forward only. The database's `user_version` says how many it has had.

use std::cmp::Ordering;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::OpenError;

/// The steps in order; a database at version `n` has had the first `n`.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_founding.sql")];

/// Where SQLite keeps the version: in the file's head.
const VERSION: &str = "user_version";

/// Carries out the steps that are missing, each in a transaction of its own.
pub(crate) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
    let found = version(connection).map_err(failed)? as usize;
    if found > MIGRATIONS.len() {
        let known = MIGRATIONS.len();
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        step(connection, index, sql).map_err(failed)?;
    }
    Ok(())
}

/// How many steps a database has had; 0 for one without migrations.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, VERSION, |row| row.get(0))
}

/// Where SQLite keeps the timeline: in the file's head, for numbers that tell files apart.
const TIMELINE: &str = "application_id";

/// The timeline of the logs of changes.
pub(crate) fn timeline(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, TIMELINE, |row| row.get(0))
}

/// Begins another timeline.
pub(crate) fn begin_timeline(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, TIMELINE, store::contents::new_timeline())
}

/// Refuses tables of another version than this program's.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    };
    let (found, known) = (
        version(connection).map_err(failed)? as usize,
        MIGRATIONS.len(),
    );
    let path = path.to_owned();
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { path, found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { path, found, known }),
    }
}

/// Writes the version that a database has anyway: a write that changes nothing.
pub(crate) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, VERSION, version(connection)?)
}

fn step(connection: &mut Connection, index: usize, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have carried the step out while this one waited for the lock.
    if version(&transaction)? as usize == index {
        if index == 0 {
            begin_timeline(&transaction)?;
        }
        transaction.execute_batch(sql)?;
        let next = u32::try_from(index + 1).unwrap_or(u32::MAX);
        transaction.pragma_update(None, VERSION, next)?;
    }
    transaction.commit()
}
