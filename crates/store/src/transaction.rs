//! What a database must offer: snapshots to read in, and transactions that carry out commands.

use std::future::Future;
use std::pin::Pin;

use edm::Value;
use edm::time::DateTimeOffset;
use odata::{Error, ErrorCode};
use tokio::sync::oneshot;

use crate::aggregation::{AggregatedSink, Aggregation};
use crate::cell::Cell;
use crate::changes::{Horizon, LogPlace};
use crate::select::Select;
use crate::table::{ColumnSet, Row, TableId};
use crate::visibility::Changes;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The SQL values of one row while it is at hand, in the order of the select's columns (a
/// date-time takes two).
pub trait Cells {
    /// The value at an index.
    ///
    /// # Errors
    /// If the database holds what the column cannot.
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error>;
}

/// A snapshot: everything read through it is of one instant.
pub trait Reader {
    /// The same snapshot for what is nobody's request: all that there is can be read through it.
    fn everything(&mut self) -> &mut dyn Reader;

    /// Runs a select and hands each row to `sink`, in order, until it fails.
    ///
    /// # Errors
    /// What the database or the sink says.
    fn select(
        &mut self,
        select: &Select<'_>,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// The number of rows that a select's conditions hold for; its order and page are ignored.
    ///
    /// # Errors
    /// What the database says.
    fn count(&mut self, select: &Select<'_>) -> Result<u64, Error>;

    /// Carries transformations out and hands each row to `sink`, in order, until it fails: the
    /// properties that come out, and the row's values of them.
    ///
    /// # Errors
    /// What the database or the sink says; 501 for a transformation that it does not carry out.
    fn aggregate(
        &mut self,
        aggregation: &Aggregation<'_>,
        sink: &mut AggregatedSink<'_>,
    ) -> Result<(), Error>;

    /// The row of a key, as it is now.
    ///
    /// # Errors
    /// What the database says.
    fn get(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error>;

    /// Whether a key has a row.
    ///
    /// # Errors
    /// What the database says.
    fn exists(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error>;

    /// Checks that the tables are at the version that this program knows: another one may have
    /// brought them up to date since.
    ///
    /// # Errors
    /// 503 if they are not, and what the database says.
    fn check_version(&mut self) -> Result<(), Error>;

    /// Says which rows will be read by key, so that a database may fetch them at once.
    ///
    /// # Errors
    /// What the database says; it may run the command again when it has them.
    fn prefetch(&mut self, _table: TableId, _keys: &[Vec<Value>]) -> Result<(), Error> {
        Ok(())
    }

    /// How far a log of changes goes.
    ///
    /// # Errors
    /// What the database says.
    fn log_horizon(&mut self, log: TableId) -> Result<Horizon, Error>;

    /// Reads at most `limit` rows of a log behind a place, in the order of their places. A row's
    /// cells are the sequence and the number of its place, then the log's other columns.
    ///
    /// # Errors
    /// What the database or the sink says.
    fn log_rows(
        &mut self,
        log: TableId,
        after: LogPlace,
        limit: u64,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error>;
}

/// A transaction: a snapshot that may also write. All of a command's writes become durable
/// together, or none; so does the log of changes that each write of a tracked table appends to.
pub trait Transaction: Reader {
    /// The same transaction for what a command means beyond the rows that it names: counters,
    /// history, what goes with a row. It is not confined to what the caller may see.
    fn unconfined(&mut self) -> &mut dyn Transaction;

    /// Which changes of a table's rows are allowed in it.
    fn changes(&self, _table: TableId) -> Changes {
        Changes::ALL
    }

    /// Adds a row. `false`: the key is taken, and nothing was written.
    ///
    /// # Errors
    /// What the database says.
    fn insert(&mut self, table: TableId, row: &Row) -> Result<bool, Error>;

    /// Adds a row to a table whose key the database hands out, and says which.
    ///
    /// # Errors
    /// What the database says.
    fn append(&mut self, table: TableId, row: &Row) -> Result<i64, Error>;

    /// Writes the given columns of a row to the row of a key. `false`: there is none.
    ///
    /// # Errors
    /// What the database says.
    fn update(
        &mut self,
        table: TableId,
        key: &[Value],
        columns: ColumnSet,
        row: &Row,
    ) -> Result<bool, Error>;

    /// Adds to integer columns of the row of a key; a row that is not there begins at its
    /// defaults.
    ///
    /// # Errors
    /// What the database says.
    fn add(&mut self, table: TableId, key: &[Value], amounts: &[(usize, i64)])
    -> Result<(), Error>;

    /// Sets a date-time column of the row of a key to a later instant; an earlier one changes
    /// nothing. Where there is no row, none is made; whether one that [`Self::add`] makes later in
    /// the same transaction counts as there is left open.
    ///
    /// # Errors
    /// What the database says.
    fn raise(
        &mut self,
        table: TableId,
        key: &[Value],
        column: usize,
        time: DateTimeOffset,
    ) -> Result<(), Error>;

    /// Removes the row of a key. `false`: there is none.
    ///
    /// # Errors
    /// What the database says.
    fn delete(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error>;

    /// Removes at most `limit` rows that have these values in these columns, and says how many.
    ///
    /// # Errors
    /// What the database says.
    fn delete_where(
        &mut self,
        table: TableId,
        fixed: &[(usize, Value)],
        limit: u32,
    ) -> Result<u32, Error>;

    /// Writes something that no row shows, so that the commit is that of a write.
    ///
    /// # Errors
    /// What the database says.
    fn touch(&mut self) -> Result<(), Error>;

    /// Removes a log's rows before a place, and marks the row at the place as the last that is
    /// pruned.
    ///
    /// # Errors
    /// What the database says.
    fn trim_log(&mut self, log: TableId, through: LogPlace) -> Result<(), Error>;
}

/// What becomes of a command's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep them.
    Commit,
    /// Undo them.
    Rollback,
}

/// A command: it runs inside a transaction that it may share with others, and hears how that
/// transaction ended.
pub trait Job: Send {
    /// Carries the command out. It may run again if the database has to repeat the transaction.
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict;

    /// Called once, after the commit is durable or has failed.
    fn settle(self: Box<Self>, outcome: Result<(), Error>);
}

/// A read: it runs in a snapshot, and hears how that ended.
pub trait ReadJob: Send {
    /// Reads. It may run again on a new snapshot if the database was lost meanwhile.
    fn run(&mut self, reader: &mut dyn Reader);

    /// Called once, after the last run, or without one if there is no database to read.
    fn settle(self: Box<Self>, outcome: Result<(), Error>);
}

/// A database.
pub trait Store: Send + Sync + 'static {
    /// Queues a command. A full queue or a store that is closing settles it with an error.
    fn submit(&self, job: Box<dyn Job>);

    /// Queues a read.
    ///
    /// # Errors
    /// If the store is closing.
    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error>;
}

/// A database as a whole.
pub trait Database: Store {
    /// The timeline of its logs of changes: a random number of 31 bits, another one after a restore or
    /// a copy. The places of one timeline mean nothing in another.
    fn timeline(&self) -> u32;
}

struct Command<F, T> {
    run: F,
    result: Option<Result<T, Error>>,
    /// The closure goes back with the answer: its caller made what it holds and frees it, instead
    /// of the thread that all writes wait for.
    reply: oneshot::Sender<(Result<T, Error>, F)>,
}

impl<F, T> Job for Command<F, T>
where
    F: FnMut(&mut dyn Transaction) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        // If this run ends in a panic, what an earlier one said does not count.
        self.result = None;
        let result = (self.run)(transaction);
        let verdict = if result.is_ok() {
            Verdict::Commit
        } else {
            Verdict::Rollback
        };
        self.result = Some(result);
        verdict
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let answer = match (outcome, self.result) {
            // It would have run again.
            (Err(error), Some(Err(own))) if own.code == ErrorCode::ServiceUnavailable => Err(error),
            // A command that failed by itself has its own reason, whatever became of the others.
            (_, Some(Err(error))) | (Err(error), _) => Err(error),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Ok(()), None) => Err(Error::internal("a command was settled before it ran")),
        };
        // A client that has gone away does not undo what is durable.
        let _ = self.reply.send((answer, self.run));
    }
}

/// Carries out a command and answers when it is durable.
///
/// # Errors
/// The command's own, or the store's if it could not be made durable.
pub async fn write<T: Send + 'static>(
    store: &dyn Store,
    run: impl FnMut(&mut dyn Transaction) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    store.submit(Box::new(Command {
        run,
        result: None,
        reply,
    }));
    match answer.await {
        Ok((result, run)) => {
            // Who hears the result may close the store: what the command held must be gone by then.
            drop(run);
            result
        }
        Err(_) => Err(Error::internal("the store dropped a command")),
    }
}

/// Whether the database answers a read, has the tables of this program, and makes a write durable.
///
/// # Errors
/// What stands in the way.
pub async fn ready(store: &dyn Store) -> Result<(), Error> {
    read(store, |reader| reader.check_version()).await?;
    write(store, |transaction| transaction.touch()).await
}

/// The error of a database whose tables another program has brought to another version.
#[must_use]
pub fn other_version(found: i64, known: i64) -> Error {
    let message = "The tables of the database are of another version of the program.";
    let reason = format!("the tables have version {found}; this program knows {known}");
    Error {
        internal: Some(reason),
        ..Error::new(ErrorCode::ServiceUnavailable, message)
    }
}

struct Question<F, T> {
    run: F,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> ReadJob for Question<F, T>
where
    F: FnMut(&mut dyn Reader) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, reader: &mut dyn Reader) {
        // If this run ends in a panic, what an earlier one said does not count.
        self.result = None;
        self.result = Some((self.run)(reader));
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let Self { run, result, reply } = *self;
        // Who hears the answer may close the store: what the read held must be gone by then.
        drop(run);
        let unread = || Err(Error::internal("a read was settled before it ran"));
        // A client that has gone away needs no answer.
        let _ = reply.send(outcome.and_then(|()| result.unwrap_or_else(unread)));
    }
}

/// Reads in a snapshot.
///
/// # Errors
/// The read's own, or the store's.
pub async fn read<T: Send + 'static>(
    store: &dyn Store,
    run: impl FnMut(&mut dyn Reader) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (reply, answer) = oneshot::channel();
    store.submit_read(Box::new(Question {
        run,
        result: None,
        reply,
    }))?;
    answer
        .await
        .unwrap_or_else(|_| Err(Error::internal("the store dropped a read")))
}
