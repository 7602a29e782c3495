//! The writer: one thread that takes all commands that wait, carries them out in one transaction, and
//! answers them after the commit. A durable commit costs one sync, whoever shares it.
//!
//! Commands judge before they write, so hardly any fails that has written. A group supposes that none
//! does; where one did, the transaction is undone and all run again, each in a savepoint of its own. A
//! savepoint copies every page that is written in it, and a group of hundreds has hundreds of them.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use measures::STORES;
use odata::{Error, ErrorCode};
use rusqlite::Connection;
use store::{Job, Verdict};

use crate::closing::Open;
use crate::failure;
use crate::session::{Context, Session};

/// Commands that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;
/// The most commands in one transaction.
const GROUP: usize = 4_096;
/// How long a group may take on commands before it commits, so that the first does not wait for
/// an endless stream of others.
const GROUP_TIME: Duration = Duration::from_millis(50);

pub(crate) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, context: Context) -> io::Result<Self> {
        let (queue, jobs) = bounded(QUEUE);
        let open = Open::new();
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .stack_size(crate::STACK)
            .spawn(move || {
                serve(&connection, context, &jobs);
                close(connection);
                drop(open);
            })?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    pub(crate) fn submit(&self, job: Box<dyn Job>) {
        let refuse = |job: Box<dyn Job>, message| {
            job.settle(Err(Error::new(ErrorCode::ServiceUnavailable, message)));
        };
        let Some(queue) = &self.queue else {
            return refuse(job, "The server is stopping.");
        };
        match queue.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) => {
                refuse(job, "Too many writes are waiting. Try again later.");
            }
            Err(TrySendError::Disconnected(job)) => refuse(job, "The server is stopping."),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if self.thread.take().is_some_and(|thread| !join(thread)) {
            tracing::error!("the writer thread ended in a panic");
        }
    }
}

/// Waits for the end of a thread, and says whether it ended well. A command that owns the store
/// last drops it on the store's own thread: that one ends by itself.
pub(crate) fn join(thread: JoinHandle<()>) -> bool {
    thread.thread().id() == std::thread::current().id() || thread.join().is_ok()
}

fn serve(connection: &Connection, context: Context, jobs: &Receiver<Box<dyn Job>>) {
    let mut session = Session::new(connection, context);
    while let Ok(first) = jobs.recv() {
        commit_group(&mut session, first, jobs);
    }
}

/// Brings the log into the database file and closes it. A reader whose command owned the database last
/// is still open then, so that the end of this connection alone would not.
fn close(connection: Connection) {
    let mode = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    let closed = mode.and_then(|()| connection.close().map_err(|(_, error)| error));
    if let Err(error) = closed {
        tracing::warn!(%error, "the log stays beside the database until it is opened again");
    }
}

fn commit_group(session: &mut Session<'_>, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
    STORES.writes_waiting.set(jobs.len());
    let begun = Instant::now();
    let mut done = Vec::with_capacity(64);
    let outcome = carry_out(session, first, jobs, &mut done).and_then(|()| session.commit());
    STORES.group_commands.observe(done.len());
    STORES.group_time.observe_time(begun.elapsed());
    let error = outcome.err().map(|error| {
        tracing::error!(%error, commands = done.len(), "a group of commands was not committed");
        session.abandon();
        error
    });
    for job in done {
        job.settle(error.as_ref().map_or(Ok(()), |error| Err(failure(error))));
    }
}

/// Runs the first command and all that wait behind it. Those taken off the queue are in `done`,
/// whatever is returned.
fn carry_out(
    session: &mut Session<'_>,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    done: &mut Vec<Box<dyn Job>>,
) -> rusqlite::Result<()> {
    let begun = Instant::now();
    let mut next = Some(first);
    let mut apart = false;
    let mut started = session.begin_write();
    while let Some(mut job) = next {
        let mut whole = true;
        if started.is_ok() && apart {
            started = run_apart(session, job.as_mut());
        } else if started.is_ok() {
            whole = run(session, job.as_mut());
        }
        done.push(job);
        if !whole {
            apart = true;
            started = start_over(session, done);
        }
        let more = started.is_ok() && done.len() < GROUP && begun.elapsed() < GROUP_TIME;
        next = if more { jobs.try_recv().ok() } else { None };
    }
    started
}

/// Runs the commands again, each in a savepoint.
fn start_over(session: &mut Session<'_>, done: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    session.abandon();
    session.begin_write()?;
    done.iter_mut()
        .try_for_each(|job| run_apart(session, job.as_mut()))
}

/// Runs one command, and says whether the transaction is whole: it is not, if the command failed and
/// had written.
fn run(session: &mut Session<'_>, job: &mut dyn Job) -> bool {
    session.begin_command();
    match judge(session, job) {
        Verdict::Commit => {
            session.keep_command();
            true
        }
        Verdict::Rollback => session.undo_command(),
    }
}

/// Runs one command in its savepoint. An error here is the transaction's: the command's own is
/// with the command.
fn run_apart(session: &mut Session<'_>, job: &mut dyn Job) -> rusqlite::Result<()> {
    session.savepoint()?;
    match judge(session, job) {
        Verdict::Commit => session.release(),
        Verdict::Rollback => session.rollback_to(),
    }
}

/// What becomes of a command's writes; of one that panics, none stays.
fn judge(session: &mut Session<'_>, job: &mut dyn Job) -> Verdict {
    let verdict = catch_unwind(AssertUnwindSafe(|| job.run(session)));
    verdict.unwrap_or_else(|_| {
        tracing::error!("a command panicked");
        Verdict::Rollback
    })
}
