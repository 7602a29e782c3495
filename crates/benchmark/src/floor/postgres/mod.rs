//! The floors on PostgreSQL: bare tokio-postgres, prepared and pipelined.

mod columns;
mod group;
mod read;
mod writer;

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_postgres::{Client, NoTls};

use super::backend::Ask;
use super::writer::Command;
use crate::Failure;
use read::Reader;

/// As many connections read as those of the product by default on a small machine.
const READERS: usize = 4;
/// As many connections write as those of the product by default.
const WRITERS: i64 = 4;

/// What is bound to a statement.
macro_rules! parameters {
    ($($value:expr),*) => { [$($value as &(dyn tokio_postgres::types::ToSql + Sync)),*] };
}
use parameters;

/// Connections to a database.
pub(super) struct Postgres {
    readers: Vec<Reader>,
    next: AtomicUsize,
    commands: UnboundedSender<Command>,
    address: String,
}

impl Postgres {
    /// Connects and prepares everything.
    ///
    /// # Errors
    /// If the database cannot be reached, or is not the product's.
    pub(super) async fn connect(address: &str) -> Result<Self, Failure> {
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push(Reader::prepare(connect(address).await?).await?);
        }
        let (commands, queue) = unbounded_channel();
        writer::start(address, WRITERS, queue).await?;
        Ok(Self {
            readers,
            next: AtomicUsize::new(0),
            commands,
            address: address.to_owned(),
        })
    }

    pub(super) async fn read(
        &self,
        authority: &str,
        ask: Ask<'_>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        let reader = &self.readers[next];
        match ask {
            Ask::Entity(script, key) => reader.entity(authority, script, key).await,
            Ask::Page(script, after) => reader.page(authority, script, after).await.map(Some),
            Ask::Question(id, question) => reader.question(authority, id, question).await.map(Some),
        }
    }

    pub(super) fn submit(&self, command: Command) -> bool {
        self.commands.send(command).is_ok()
    }

    pub(super) async fn export(&self, script: &str) -> Result<Vec<u8>, Failure> {
        // On a connection of its own: other reads do not wait behind it.
        read::export(&connect(&self.address).await?, script).await
    }
}

async fn connect(address: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
    // When it breaks, every later call on the client says so.
    tokio::spawn(connection);
    Ok(client)
}
