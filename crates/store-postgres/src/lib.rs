//! The store on PostgreSQL: a few writers that commit in groups, a pool of readers on snapshots of
//! their own, and the migrations between versions of the tables. Several servers may share one
//! database.
//!
//! Durability: a command is answered only after its group's `COMMIT` returned; a commit whose answer
//! was lost is looked up by its record (`doubt`) before anything is done again.

mod address;
mod batch;
mod client;
mod connect;
mod contents;
mod doubt;
mod failure;
mod group;
mod migrate;
mod outage;
mod pool;
mod session;
mod stripes;
mod tls;
mod values;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use edm::Model;
use odata::Error;
use store::clock::Clock;
use store::{Database, Dialect, Job, ReadJob, Store, Tables};

pub use client::ClientError;
pub use connect::{ConnectionError, Target, Timeouts};
pub use contents::Contents;

/// A problem with the database as a whole.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address of the database.
    #[error(transparent)]
    Address(#[from] ConnectionError),
    /// The database's own error.
    #[error("cannot open the PostgreSQL database: {0}")]
    Postgres(#[from] ClientError),
    /// Texts would not come back as they are.
    #[error("the PostgreSQL database has the encoding {0}; it must be UTF8")]
    Encoding(String),
    /// The tables were made by a newer version of the program.
    #[error("the PostgreSQL database has schema version {found}; this program knows up to {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The tables were made by an earlier version of the program.
    #[error(
        "the PostgreSQL database has schema version {found}, and this program's is {known}: start a \
         server on it once, which brings it up to date"
    )]
    Older {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database holds other tables than those of the model.
    #[error("the PostgreSQL database does not hold the tables of this service; name another one")]
    OtherTables,
    /// A thread could not be started.
    #[error("cannot start a database thread: {0}")]
    Thread(#[from] std::io::Error),
    /// The thread that opened the database panicked.
    #[error("opening the PostgreSQL database ended in a panic")]
    Panicked,
}

/// How a server uses a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections that write: each carries out a group of commands at a time.
    pub writers: usize,
    /// Connections that read.
    pub readers: usize,
    /// How long commands and reads wait for a database that is out of reach, such as one whose
    /// standby is taking over.
    pub patience: Duration,
    /// What a connection may take its time for.
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Self {
        let readers = std::thread::available_parallelism().map_or(4, |n| n.get().clamp(4, 16));
        Self {
            writers: 4,
            readers,
            patience: Duration::from_secs(20),
            timeouts: Timeouts::default(),
        }
    }
}

/// A PostgreSQL database with its threads. Dropping it carries out what was queued, then closes.
pub struct Postgres {
    writers: writer::Writers,
    pool: pool::Pool,
    timeline: u32,
}

impl Postgres {
    /// Opens the database, bringing its tables up to date where needed.
    ///
    /// # Errors
    /// If it cannot be reached, is not in UTF-8, or has the tables of a newer version.
    pub fn open(
        target: &Target,
        options: Options,
        model: Arc<Model>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let prepared = prepare(target, options, migrate::run)?;
        Self::start(target, options, model, tables, clock, prepared)
    }

    /// Opens a database that holds the tables of this model and no others, making them in an empty
    /// one: for services whose tables have no history and so no migrations.
    ///
    /// # Errors
    /// If it cannot be reached, is not in UTF-8, or holds other tables.
    pub fn open_of_model(
        target: &Target,
        options: Options,
        model: Arc<Model>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let sql = store::ddl::create(&tables, Dialect::Postgres);
        let prepared = prepare(target, options, |client| migrate::make(client, &sql))?;
        Self::start(target, options, model, tables, clock, prepared)
    }

    /// Starts the threads on a database whose tables are as they must be.
    fn start(
        target: &Target,
        options: Options,
        model: Arc<Model>,
        tables: Arc<Tables>,
        clock: Arc<dyn Clock>,
        prepared: Prepared,
    ) -> Result<Self, OpenError> {
        let Prepared { version, timeline } = prepared;
        let database = session::Database {
            target: target.clone(),
            timeouts: options.timeouts,
            context: session::Context {
                slots: Arc::new(session::slots(&tables)),
                model,
                tables,
                clock,
                version,
            },
            outage: Arc::new(outage::Outage::new(options.patience)),
        };
        let link = || session::Link::new(database.clone());
        Ok(Self {
            pool: pool::Pool::start(options.readers.max(1), link)?,
            writers: writer::Writers::start(options.writers.max(1), link)?,
            timeline,
        })
    }
}

/// What is known of the tables before anything else uses the database.
struct Prepared {
    version: i64,
    timeline: u32,
}

/// Looks after the tables before anything else uses the database.
fn prepare(
    target: &Target,
    options: Options,
    tables: impl FnOnce(&mut client::Client) -> Result<i64, OpenError> + Send,
) -> Result<Prepared, OpenError> {
    // The client blocks, which a thread of an asynchronous runtime must not.
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let mut client = target.connect(options.timeouts)?;
                let version = tables(&mut client)?;
                let timeline: i64 = migrate::value(&mut client, migrate::TIMELINE)?;
                let timeline = u32::try_from(timeline).unwrap_or_default();
                Ok(Prepared { version, timeline })
            })
            .join()
            .map_err(|_| OpenError::Panicked)
    })?
}

impl Store for Postgres {
    fn submit(&self, job: Box<dyn Job>) {
        self.writers.submit(job);
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.pool.submit(job)
    }
}

impl Database for Postgres {
    fn timeline(&self) -> u32 {
        self.timeline
    }
}
