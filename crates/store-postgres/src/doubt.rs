//! Commits in doubt: the connection was lost between `COMMIT` and its answer. Each group writes a
//! record in its own transaction, so that another connection can tell what became of it.

use uuid::Uuid;

use crate::client::{Client, ClientError};

/// How long records are kept: far longer than any doubt lasts.
const KEEP: &str = "1 hour";

/// The statement that a group commits its record with.
pub(crate) fn record(group: Uuid) -> String {
    format!("INSERT INTO committed_group VALUES ('{group}', now(), 1);")
}

/// Whether a group was committed. If it was not by now, it never will be: a record of another kind
/// takes the place of its own, and waits for a transaction that is still about to write it.
///
/// The record is written in either case. A commit that is visible may not have reached the
/// synchronous standby, if its own wait was broken off; this one's does, and it comes behind.
pub(crate) fn was_committed(client: &mut Client, group: Uuid) -> Result<bool, ClientError> {
    let asked = format!(
        "INSERT INTO committed_group AS c VALUES ('{group}', now(), 0) \
         ON CONFLICT (id) DO UPDATE SET at = now() RETURNING c.kept = 1"
    );
    let statement = client.prepare(&asked, &[])?;
    let mut kept = Ok(false);
    client.query("", &statement, std::iter::empty::<i32>(), |row| {
        kept = row.try_get(0);
        true
    })?;
    Ok(kept?)
}

/// Removes records that nobody can be in doubt about any more.
pub(crate) fn prune(client: &mut Client) -> Result<(), ClientError> {
    client.batch_execute(&format!(
        "DELETE FROM committed_group WHERE at < now() - interval '{KEEP}'"
    ))
}

#[cfg(test)]
mod tests;
