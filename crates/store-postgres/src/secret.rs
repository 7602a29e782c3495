//! Secrets that all servers on a database share. The first that asks brings one along; whoever asks
//! later, or at the same time, gets the same.

use store::cell::Cell;
use tokio_postgres::types::Type;

use crate::client::Client;
use crate::connect::{Target, Timeouts};
use crate::values::Parameter;
use crate::{OpenError, migrate};

/// Bookkeeping of the store: no property shows it.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS shared_secret (
      name TEXT PRIMARY KEY,
      value BYTEA NOT NULL
    )";

/// The secret of a name that all servers on the database share: `candidate`, if there is none yet.
/// It blocks until the database has answered.
///
/// # Errors
/// If the database cannot be reached, or is not in UTF-8.
pub fn shared_secret(target: &Target, name: &str, candidate: &[u8]) -> Result<Vec<u8>, OpenError> {
    // The client blocks, which a thread of an asynchronous runtime must not.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut client = target.connect(Timeouts::default())?;
            ask(&mut client, name, candidate)
        });
        asking.join().map_err(|_| OpenError::Panicked)
    })?
}

fn ask(client: &mut Client, name: &str, candidate: &[u8]) -> Result<Vec<u8>, OpenError> {
    if let Some(known) = known(client, name)? {
        return Ok(known);
    }
    // Two servers that make the table at once would be in each other's way.
    migrate::lock(client)?;
    client.batch_execute(TABLE)?;
    let insert = "INSERT INTO shared_secret VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let statement = client.prepare(insert, &[Type::TEXT, Type::BYTEA])?;
    let cells = [Cell::Text(name.into()), Cell::Blob(candidate.into())];
    client.query("", &statement, cells.iter().map(Parameter), |_| true)?;
    known(client, name)?.ok_or(OpenError::NoSecret)
}

fn known(client: &mut Client, name: &str) -> Result<Option<Vec<u8>>, OpenError> {
    if !migrate::value::<bool>(client, "SELECT to_regclass('shared_secret') IS NOT NULL")? {
        return Ok(None);
    }
    let select = "SELECT value FROM shared_secret WHERE name = $1";
    let statement = client.prepare(select, &[Type::TEXT])?;
    let name = [Cell::Text(name.into())];
    let mut found = Ok(None);
    client.query("", &statement, name.iter().map(Parameter), |row| {
        found = row.try_get(0).map(Some);
        true
    })?;
    Ok(found.map_err(crate::ClientError::from)?)
}
