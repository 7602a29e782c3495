//! The bare group commit: one thread that takes all commands that wait, writes them in one
//! transaction, without savepoints, and answers them after the commit.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::Connection;

use super::record::Change;
use super::sql::{Extent, Outcome, Statements};
use crate::Failure;

/// The most commands in one transaction, as in the product.
const GROUP: usize = 4_096;

/// What is to be written.
pub(super) enum Work {
    /// A report for a state that exists.
    Report(Change, Extent),
    /// A new state.
    Insert(Change),
    /// Reports for many states.
    Bulk(Vec<Change>),
    /// Reports for states each of which is answered.
    Each(Vec<Change>),
}

/// What hears how a command ended.
pub(super) type Reply = Box<dyn FnOnce(Result<Outcome, String>) + Send>;

/// A command of the writer.
pub(super) struct Command {
    pub(super) script: String,
    pub(super) work: Work,
    pub(super) reply: Reply,
}

/// Starts the writer; it ends when its last sender is gone.
///
/// # Errors
/// If the database cannot be opened.
pub(super) fn start(path: &Path) -> Result<Sender<Command>, Failure> {
    let connection = open(path)?;
    let (sender, commands) = bounded(65_536);
    std::thread::Builder::new()
        .name("floor-writer".to_owned())
        .spawn(move || {
            let outcome = Statements::prepare(&connection)
                .map(|mut statements| serve(&mut statements, &commands));
            if let Err(error) = outcome {
                complain(&error.to_string());
            }
        })?;
    Ok(sender)
}

fn complain(message: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "floor: {message}");
}

/// The product's pragmas.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn serve(statements: &mut Statements<'_>, commands: &Receiver<Command>) {
    let mut done: Vec<(Reply, Outcome)> = Vec::new();
    while let Ok(first) = commands.recv() {
        match group(statements, first, commands, &mut done) {
            Ok(()) => done
                .drain(..)
                .for_each(|(reply, outcome)| reply(Ok(outcome))),
            Err(error) => {
                complain(&error.to_string());
                statements.roll_back();
                done.drain(..)
                    .for_each(|(reply, _)| reply(Err(error.to_string())));
            }
        }
    }
}

fn group(
    statements: &mut Statements<'_>,
    first: Command,
    commands: &Receiver<Command>,
    done: &mut Vec<(Reply, Outcome)>,
) -> rusqlite::Result<()> {
    statements.begin()?;
    let mut next = Some(first);
    while let Some(Command {
        script,
        work,
        reply,
    }) = next
    {
        let outcome = match work {
            Work::Report(change, extent) => statements.report(&script, change, extent),
            Work::Insert(change) => statements.insert(&script, change),
            Work::Bulk(changes) => statements.bulk(&script, changes),
            Work::Each(changes) => statements.each(&script, changes),
        };
        match outcome {
            Ok(outcome) => done.push((reply, outcome)),
            Err(error) => {
                reply(Err(error.to_string()));
                return Err(error);
            }
        }
        next = if done.len() < GROUP {
            commands.try_recv().ok()
        } else {
            None
        };
    }
    statements.commit()
}

#[cfg(test)]
mod tests;
