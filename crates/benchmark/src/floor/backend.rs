//! What a floor reads from and writes to.

use std::path::PathBuf;

use crossbeam_channel::Sender;

use super::postgres::Postgres;
use super::question::Question;
use super::writer::{self, Command};
use super::{export, read};
use crate::Failure;

/// A database with what reads and writes it.
pub(super) enum Backend {
    /// Reads on the thread that serves the connection, and one writer.
    Sqlite {
        /// The file.
        database: PathBuf,
        /// The commands of the writer.
        writer: Sender<Command>,
    },
    /// A few connections that pipeline reads, and a few that write.
    Postgres(Postgres),
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask<'a> {
    /// A state of a script by its key.
    Entity(&'a str, &'a str),
    /// The page of a script's states behind a key.
    Page(&'a str, &'a str),
    /// The answer of a question about an id.
    Question(&'a str, Question),
}

impl Backend {
    /// Opens a file, or the database of an address.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) async fn open(database: &str) -> Result<Self, Failure> {
        if is_address(database) {
            return Ok(Self::Postgres(Postgres::connect(database).await?));
        }
        let database = PathBuf::from(database);
        let writer = writer::start(&database)?;
        Ok(Self::Sqlite { database, writer })
    }

    /// The answer as JSON or a number; `None` if there is no such state.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn read(
        &self,
        authority: &str,
        ask: Ask<'_>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let path = match self {
            Self::Postgres(postgres) => return postgres.read(authority, ask).await,
            Self::Sqlite { database, .. } => database,
        };
        Ok(match ask {
            Ask::Entity(script, key) => read::entity(path, authority, script, key)?,
            Ask::Page(script, after) => Some(read::page(path, authority, script, after)?),
            Ask::Question(id, question) => Some(read::question(path, authority, id, question)?),
        })
    }

    /// Queues a command; whether it was taken.
    pub(super) fn submit(&self, command: Command) -> bool {
        match self {
            Self::Sqlite { writer, .. } => writer.try_send(command).is_ok(),
            Self::Postgres(postgres) => postgres.submit(command),
        }
    }

    /// The archive of all states of a script.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn export(&self, script: String) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Postgres(postgres) => postgres.export(&script).await,
            Self::Sqlite { database, .. } => {
                let database = database.clone();
                let export = move || export::archive(&database, &script);
                tokio::task::spawn_blocking(export).await?
            }
        }
    }
}

/// Whether this names a PostgreSQL database.
pub(crate) fn is_address(database: &str) -> bool {
    ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| database.starts_with(scheme))
}
