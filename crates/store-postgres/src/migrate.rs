//! Migrations: numbered, forward only. The table `schema_version` says how many the database has
//! had. Servers that start together wait for each other.

use postgres::Client;

use crate::OpenError;

/// The steps in order; a database at version `n` has had the first `n`.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_founding.sql")];

/// Held for as long as one server looks after the tables.
const LOCK: i64 = 0x7275_6e73_7461_7465;

/// The bookkeeping of the store itself: no property shows it.
const BOOKKEEPING: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
      only_row SMALLINT PRIMARY KEY CHECK (only_row = 1),
      version BIGINT NOT NULL
    );
    INSERT INTO schema_version VALUES (1, 0) ON CONFLICT DO NOTHING;
    CREATE TABLE IF NOT EXISTS committed_group (
      id UUID PRIMARY KEY,
      at TIMESTAMPTZ NOT NULL,
      kept SMALLINT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS committed_group_at ON committed_group (at);";

/// Carries out the steps that are missing, each in a transaction of its own.
pub(crate) fn run(client: &mut Client) -> Result<(), OpenError> {
    let encoding: String = client.query_one("SHOW server_encoding", &[])?.try_get(0)?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding(encoding));
    }
    // It goes with the connection, whatever becomes of the steps.
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK])?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    // A database that has everything is not written to: its notices would only fill the log.
    let exists = "SELECT to_regclass('schema_version') IS NOT NULL";
    let exists: bool = client.query_one(exists, &[])?.try_get(0)?;
    if !exists {
        client.batch_execute(&format!("BEGIN; {BOOKKEEPING} COMMIT"))?;
    }
    let version = "SELECT version FROM schema_version";
    let found: i64 = client.query_one(version, &[])?.try_get(0)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).filter(|(n, _)| *n > found) {
        let mut step = client.transaction()?;
        step.batch_execute(sql)?;
        step.execute("UPDATE schema_version SET version = $1", &[&number])?;
        step.commit()?;
    }
    Ok(())
}
