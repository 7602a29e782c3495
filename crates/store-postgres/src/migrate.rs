//! Migrations: numbered, forward only. The table `schema_version` says how many the database has
//! had. Servers that start together wait for each other.

use std::cmp::Ordering;

use tokio_postgres::types::FromSql;

use crate::OpenError;
use crate::client::{Client, ClientError};

/// The steps in order; a database at version `n` has had the first `n`.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_founding.sql")];

/// Held for as long as one server looks after the tables.
const LOCK: i64 = 0x7275_6e73_7461_7465;

/// The bookkeeping of the store itself: no property shows it.
const BOOKKEEPING: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
      only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
      version BIGINT NOT NULL,
      timeline BIGINT NOT NULL
    );
    INSERT INTO schema_version VALUES (1, 0, 1 + floor(random() * 2147483646)::bigint)
      ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS committed_group (
      id UUID PRIMARY KEY,
      at TIMESTAMPTZ NOT NULL,
      kept SMALLINT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS committed_group_at ON committed_group (at);";

/// Asks for the version of the tables.
pub(crate) const VERSION: &str = "SELECT version FROM schema_version";

/// Asks for the timeline of the logs of changes.
pub(crate) const TIMELINE: &str = "SELECT timeline FROM schema_version";

/// What the version of a database without migrations is called.
const NO_VERSION: i64 = 0;

/// Carries out the steps that are missing, each in a transaction of its own, and says the version
/// that the tables have now.
pub(crate) fn run(client: &mut Client) -> Result<i64, OpenError> {
    lock(client)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // A database that has everything is not written to: its notices would only fill the log.
    if !value(client, "SELECT to_regclass('schema_version') IS NOT NULL")? {
        client.batch_execute(&format!("BEGIN; {BOOKKEEPING} COMMIT"))?;
    }
    let found: i64 = value(client, VERSION)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).filter(|(n, _)| *n > found) {
        client.batch_execute(&format!(
            "BEGIN; {sql}; UPDATE schema_version SET version = {number}; COMMIT"
        ))?;
    }
    make_functions(client)?;
    Ok(known)
}

/// Refuses tables of another version than this program's.
pub(crate) fn check(client: &mut Client) -> Result<(), OpenError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = match value(client, "SELECT to_regclass('schema_version') IS NOT NULL")? {
        true => value(client, VERSION)?,
        false => NO_VERSION,
    };
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { found, known }),
    }
}

/// Makes the functions that statements call, where they are of another version of the program:
/// the comment of `schema_version` says which.
fn make_functions(client: &mut Client) -> Result<(), OpenError> {
    let sql = store::ddl::postgres_functions();
    let digest = format!("functions {:016x}", store::page::fingerprint(&[&sql]));
    let comment = "SELECT obj_description('schema_version'::regclass)";
    let found: Option<String> = value(client, comment)?;
    if found.as_deref() != Some(&digest) {
        let comment = format!("COMMENT ON TABLE schema_version IS '{digest}'");
        client.batch_execute(&format!("BEGIN; {sql}; {comment}; COMMIT"))?;
    }
    Ok(())
}

/// Makes the tables of a model without migrations in an empty database, and remembers of which
/// statements; a database that was not made of the same ones is refused.
pub(crate) fn make(client: &mut Client, sql: &str) -> Result<i64, OpenError> {
    lock(client)?;
    let made: bool = value(client, "SELECT to_regclass('model_tables') IS NOT NULL")?;
    if made {
        let known: String = value(client, "SELECT statements FROM model_tables")?;
        if known != sql {
            return Err(OpenError::OtherTables);
        }
    } else {
        if value(client, "SELECT to_regclass('schema_version') IS NOT NULL")? {
            return Err(OpenError::OtherTables);
        }
        let quoted = sql.replace('\'', "''");
        client.batch_execute(&format!(
            "BEGIN; {BOOKKEEPING} CREATE TABLE model_tables (statements TEXT NOT NULL);
            INSERT INTO model_tables VALUES ('{quoted}'); {sql}; COMMIT"
        ))?;
    }
    make_functions(client)?;
    Ok(NO_VERSION)
}

/// Waits until no other server looks after the tables.
pub(crate) fn lock(client: &mut Client) -> Result<(), OpenError> {
    let encoding: String = value(client, "SHOW server_encoding")?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding(encoding));
    }
    // Another server's steps may take their time. The lock goes with the connection, whatever
    // becomes of the steps.
    client.batch_execute(&format!(
        "SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"
    ))?;
    Ok(())
}

/// The only value that a statement answers.
pub(crate) fn value<T>(client: &mut Client, sql: &str) -> Result<T, ClientError>
where
    T: for<'a> FromSql<'a> + Default,
{
    let statement = client.prepare(sql, &[])?;
    let mut found = Ok(T::default());
    client.query("", &statement, std::iter::empty::<i32>(), |row| {
        found = row.try_get(0);
        true
    })?;
    Ok(found?)
}
