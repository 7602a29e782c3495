//! The readers: a few threads, each with a read-only connection, that answer from snapshots.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use odata::{Error, ErrorCode};
use rusqlite::Connection;
use store::ReadJob;

use crate::session::{Context, Session};

/// Reads that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;

pub(crate) struct Pool {
    queue: Option<Sender<ReadJob>>,
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
                .spawn(move || answer(&connection, &context, &jobs))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    pub(crate) fn submit(&self, job: ReadJob) -> Result<(), Error> {
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
            if thread.join().is_err() {
                tracing::error!("a reader thread ended in a panic");
            }
        }
    }
}

fn answer(connection: &Connection, context: &Context, jobs: &Receiver<ReadJob>) {
    let mut session = Session::new(connection, context.clone());
    for job in jobs {
        let begun = session.begin_read();
        if let Err(error) = &begun {
            // The read itself meets the same trouble and reports it to its client.
            tracing::error!(%error, "a read could not begin its snapshot");
        }
        // A panic answers its own client (the reply is dropped), and the thread lives on.
        if catch_unwind(AssertUnwindSafe(|| job(&mut session))).is_err() {
            tracing::error!("a read panicked");
        }
        if begun.is_ok() {
            session.end_read();
        }
    }
}
