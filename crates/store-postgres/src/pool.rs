//! The readers: a few threads, each with a connection, that answer from snapshots.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use edm::Value;
use odata::{Error, ErrorCode};
use store::{Cells, ReadJob, Reader, Row, Select, TableId};

use crate::session::Link;
use crate::writer::join;

/// Reads that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;

pub(crate) struct Pool {
    queue: Option<Sender<ReadJob>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn start(readers: usize, link: impl Fn() -> Link) -> io::Result<Self> {
        let (queue, jobs) = bounded(QUEUE);
        let mut pool = Self {
            queue: Some(queue),
            threads: Vec::new(),
        };
        for i in 0..readers {
            let (jobs, link) = (jobs.clone(), link());
            let thread = std::thread::Builder::new()
                .name(format!("postgres-reader-{i}"))
                .spawn(move || answer(link, &jobs))?;
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
            if !join(thread) {
                tracing::error!("a reader thread ended in a panic");
            }
        }
    }
}

fn answer(mut link: Link, jobs: &Receiver<ReadJob>) {
    for job in jobs {
        // A panic answers its own client (the reply is dropped), and the thread lives on.
        let outcome = catch_unwind(AssertUnwindSafe(|| match link.begin_read() {
            Ok(session) => job(session),
            Err(error) => {
                tracing::error!(%error, "a read could not begin its snapshot");
                job(&mut Unreachable(error));
            }
        }));
        if outcome.is_err() {
            tracing::error!("a read panicked");
        }
        link.end_read();
    }
}

/// The reader of a database that cannot be reached: it says so.
struct Unreachable(Error);

impl Reader for Unreachable {
    fn select(
        &mut self,
        _: &Select<'_>,
        _: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Err(self.0.clone())
    }

    fn count(&mut self, _: &Select<'_>) -> Result<u64, Error> {
        Err(self.0.clone())
    }

    fn get(&mut self, _: TableId, _: &[Value]) -> Result<Option<Row>, Error> {
        Err(self.0.clone())
    }

    fn exists(&mut self, _: TableId, _: &[Value]) -> Result<bool, Error> {
        Err(self.0.clone())
    }
}
