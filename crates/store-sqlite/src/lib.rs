//! The store on embedded SQLite: one writer that commits in groups, a pool of readers on
//! snapshots of their own, and the migrations between versions of the tables.
//!
//! Durability: write-ahead log with `synchronous=FULL`, so a commit returns after the log is on
//! disk, and a command is answered only after its group's commit returned.

mod closing;
mod contents;
mod functions;
mod migrate;
mod model_tables;
mod pool;
mod session;
mod writer;

pub use closing::wait_until_closed;
pub use contents::Contents;
pub use functions::register as register_functions;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use edm::Model;
use odata::{Error, ErrorCode};
use rusqlite::{Connection, OpenFlags};
use store::clock::Clock;
use store::{Database, Job, ReadJob, Store, Tables};

/// Bytes of stack for a thread that works on the database: SQLite prepares a query within a query by
/// recursion, and a query may nest as deep as the limits of URLs let it.
pub(crate) const STACK: usize = 16 << 20;

/// A problem with the database file itself.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite's own error.
    #[error("cannot open the database {path}: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: rusqlite::Error,
    },
    /// The file was written by a newer version of the program.
    #[error("the database {path} has schema version {found}; this program knows up to {known}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// The file holds other tables than those of the model.
    #[error("the database {path} does not hold the tables of this service; name another file")]
    OtherTables {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by an earlier version, whose tables are not those of this one.
    #[error(
        "the database {path} has schema version {found}, and this program's is {known}: start the \
         server on it once, which brings it up to date"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// Ours.
        known: usize,
    },
    /// A thread could not be started.
    #[error("cannot start a database thread: {0}")]
    Thread(std::io::Error),
    /// A file could not be made.
    #[error("cannot make a file beside {path}: {source}")]
    File {
        /// The file that it is to be.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

/// What a commit outlives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A power failure: `synchronous=FULL`.
    Machine,
    /// The end of the process, but not that of the machine: `synchronous=OFF`, for files that are
    /// thrown away.
    Process,
}

/// An SQLite database with its threads. Dropping it carries out what was queued, then closes.
pub struct Sqlite {
    // Dropped in this order: the last connection to close brings the log into the database file,
    // which those of the readers may not.
    pool: pool::Pool,
    writer: writer::Writer,
    timeline: u32,
}

impl Sqlite {
    /// Opens the database file, making it and bringing its tables up to date where needed.
    ///
    /// # Errors
    /// If the file cannot be opened, or was written by a newer version.
    pub fn open(
        path: &Path,
        model: Arc<Model>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let mut connection = connect(path, Durability::Machine)?;
        migrate::run(&mut connection, path)?;
        let version = migrate::version(&connection).map_err(failed(path))?;
        let context = session::Context {
            model,
            tables,
            clock,
            version,
        };
        Self::start(path, connection, context)
    }

    /// Opens a database file that holds the tables of this model and nothing else, making them in a
    /// new one: for services whose tables have no history and so no migrations.
    ///
    /// # Errors
    /// If the file cannot be opened, or holds other tables.
    pub fn open_of_model(
        path: &Path,
        durability: Durability,
        model: Arc<Model>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let mut connection = connect(path, durability)?;
        model_tables::make(&mut connection, path, &tables)?;
        let version = migrate::version(&connection).map_err(failed(path))?;
        let context = session::Context {
            model,
            tables,
            clock,
            version,
        };
        Self::start(path, connection, context)
    }

    /// Starts the threads on a database whose tables are as they must be.
    fn start(
        path: &Path,
        connection: Connection,
        context: session::Context,
    ) -> Result<Self, OpenError> {
        let failed = failed(path);
        functions::register(&connection, &context.model).map_err(&failed)?;
        let timeline = migrate::timeline(&connection).map_err(&failed)?;
        let readers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(4, 16));
        let connections = (0..readers)
            .map(|_| open_reader(path, &context.model))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let pool = pool::Pool::start(connections, &context).map_err(OpenError::Thread)?;
        let writer = writer::Writer::start(connection, context).map_err(OpenError::Thread)?;
        Ok(Self {
            pool,
            writer,
            timeline,
        })
    }
}

impl Store for Sqlite {
    fn submit(&self, job: Box<dyn Job>) {
        self.writer.submit(job);
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.pool.submit(job)
    }
}

impl Database for Sqlite {
    fn timeline(&self) -> u32 {
        self.timeline
    }
}

/// SQLite's own error about a file.
fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> OpenError {
    |source| OpenError::Sqlite {
        path: path.to_owned(),
        source,
    }
}

/// The connection that writes.
fn connect(path: &Path, durability: Durability) -> Result<Connection, OpenError> {
    let open = || {
        let connection = Connection::open(path)?;
        configure(&connection, durability)?;
        Ok(connection)
    };
    open().map_err(failed(path))
}

fn configure(connection: &Connection, durability: Durability) -> rusqlite::Result<()> {
    let synchronous = match durability {
        Durability::Machine => "FULL",
        Durability::Process => "OFF",
    };
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    // 64 MiB of pages for the writer; a checkpoint every 16 MiB of log, so that it is rare and
    // yet the log stays small.
    connection.pragma_update(None, "cache_size", -65_536)?;
    // What savepoints copy stays in memory: a bulk command would spill it into a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
    connection.pragma_update(None, "journal_size_limit", 67_108_864)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(())
}

fn open_reader(path: &Path, model: &Arc<Model>) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    functions::register(&connection, model)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// What the database says, as an error of the request: a full disk and the like are the service's
/// condition, not the client's.
pub(crate) fn failure(error: &rusqlite::Error) -> Error {
    use rusqlite::ffi::ErrorCode as Sqlite;
    let unavailable = matches!(
        error.sqlite_error_code(),
        Some(Sqlite::DiskFull | Sqlite::SystemIoFailure | Sqlite::DatabaseBusy | Sqlite::ReadOnly)
    );
    if error.sqlite_error_code() == Some(Sqlite::OperationInterrupted) {
        let message = "The query took longer than it may. Narrow its filter, or order by the key.";
        return Error::bad_request(message);
    }
    if let Some(refused) = functions::refusal(error) {
        return refused;
    }
    if unavailable {
        let message = "The database cannot store or read data at the moment. Try again later.";
        return Error {
            internal: Some(error.to_string()),
            ..Error::new(ErrorCode::ServiceUnavailable, message)
        };
    }
    Error::internal(error)
}
