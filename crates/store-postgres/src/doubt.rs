//! Commits in doubt: the connection was lost between `COMMIT` and its answer. Each group writes a
//! record in its own transaction, so that another connection can tell what became of it.

use postgres::Client;
use uuid::Uuid;

/// How long records are kept: far longer than any doubt lasts.
const KEEP: &str = "1 hour";

/// The statement that a group commits its record with.
pub(crate) fn record(group: Uuid) -> String {
    format!("INSERT INTO committed_group VALUES ('{group}', now(), 1);")
}

/// Whether a group was committed. If it was not by now, it never will be: a record of another kind
/// takes the place of its own, and waits for a transaction that is still about to write it.
pub(crate) fn was_committed(client: &mut Client, group: Uuid) -> Result<bool, postgres::Error> {
    client.batch_execute(&format!(
        "INSERT INTO committed_group VALUES ('{group}', now(), 0) ON CONFLICT DO NOTHING"
    ))?;
    let asked = format!("SELECT kept = 1 FROM committed_group WHERE id = '{group}'");
    client.query_one(&asked, &[])?.try_get(0)
}

/// Removes records that nobody can be in doubt about any more.
pub(crate) fn prune(client: &mut Client) -> Result<(), postgres::Error> {
    client.batch_execute(&format!(
        "DELETE FROM committed_group WHERE at < now() - interval '{KEEP}'"
    ))
}
