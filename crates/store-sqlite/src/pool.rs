//! The readers: a few threads, each with a read-only connection, that answer from snapshots.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use measures::STORES;
use odata::{Error, ErrorCode};
use rusqlite::Connection;
use store::ReadJob;

use crate::session::{Context, Session};
use crate::writer::join;

/// How long one read may take: no index serves every filter and order, and a read that scans must
/// neither hold a thread for ever nor keep the log from being checkpointed.
const DEADLINE: Duration = Duration::from_secs(60);
/// Steps of SQLite's virtual machine between two looks at the time: less than a millisecond.
const STEPS: i32 = 10_000;

/// Reads that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;

pub(crate) struct Pool {
    queue: Option<Sender<Box<dyn ReadJob>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn start(connections: Vec<Connection>, context: &Context) -> io::Result<Self> {
        let (queue, jobs) = bounded(QUEUE);
        let mut pool = Self {
            queue: Some(queue),
            threads: Vec::new(),
        };
        for (i, connection) in connections.into_iter().enumerate() {
            let (jobs, context) = (jobs.clone(), context.clone());
            let thread = std::thread::Builder::new()
                .name(format!("sqlite-reader-{i}"))
                .stack_size(crate::STACK)
                .spawn(move || answer(connection, &context, &jobs))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    pub(crate) fn submit(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        let unavailable = |message| Error::new(ErrorCode::ServiceUnavailable, message);
        let Some(queue) = &self.queue else {
            return Err(unavailable("The server is stopping."));
        };
        queue.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => unavailable("Too many reads are waiting. Try again later."),
            TrySendError::Disconnected(_) => unavailable("The server is stopping."),
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if !join(thread) {
                tracing::error!("a reader thread ended in a panic");
            }
        }
    }
}

fn answer(mut connection: Connection, context: &Context, jobs: &Receiver<Box<dyn ReadJob>>) {
    let begun = Arc::new(Mutex::new(Instant::now()));
    if let Err(error) = watch(&mut connection, Arc::clone(&begun)) {
        tracing::error!(%error, "a reader thread has no deadline");
    }
    let mut session = Session::new(&connection, context.clone());
    for mut job in jobs {
        let _busy = STORES.readers_busy.enter();
        *begun.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let begun = session.begin_read();
        if let Err(error) = &begun {
            // The read itself meets the same trouble and reports it to its client.
            tracing::error!(%error, "a read could not begin its snapshot");
        }
        // A panic answers its own client (the reply is dropped), and the thread lives on.
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(&mut session)));
        if begun.is_ok() {
            session.end_read();
        }
        match ran {
            Ok(()) => job.settle(Ok(())),
            Err(_) => tracing::error!("a read panicked"),
        }
    }
}

/// Interrupts a statement whose read began longer than the deadline ago.
fn watch(connection: &mut Connection, begun: Arc<Mutex<Instant>>) -> rusqlite::Result<()> {
    let is_late = move || {
        begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
            > DEADLINE
    };
    connection.progress_handler(STEPS, Some(is_late))
}
