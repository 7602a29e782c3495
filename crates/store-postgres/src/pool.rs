//! The readers: a few threads, each with a connection, that answer from snapshots.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use measures::STORES;
use odata::{Error, ErrorCode};
use store::ReadJob;

use crate::failure::unavailable;
use crate::session::Link;
use crate::writer::join;

/// Reads that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;

/// Between two attempts to reach the database.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a read is begun, if connections come about and are lost in it: one that brings the
/// database down each time must not do so for ever.
const ATTEMPTS: u32 = 20;

/// A read that is done, and how.
type Settled = (Box<dyn ReadJob>, Result<(), Error>);

pub(crate) struct Pool {
    queue: Option<Sender<Box<dyn ReadJob>>>,
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

fn answer(mut link: Link, jobs: &Receiver<Box<dyn ReadJob>>) {
    for job in jobs {
        let _busy = STORES.readers_busy.enter();
        if let Some((job, outcome)) = carry_out(&mut link, job) {
            job.settle(outcome);
        }
        link.end_read();
    }
}

/// Reads, again on another connection if the database is lost meanwhile. None: the read panicked,
/// which answers its own client (the reply is dropped), and the thread lives on.
fn carry_out(link: &mut Link, mut job: Box<dyn ReadJob>) -> Option<Settled> {
    for attempt in 1_u32.. {
        let give_up = link.deadline();
        let error = match link.session() {
            Ok(session) => {
                session.begin_read();
                let ran = catch_unwind(AssertUnwindSafe(|| job.run(session)));
                if ran.is_err() {
                    tracing::error!("a read panicked");
                    return None;
                }
                if session.take_trouble().is_none() {
                    return Some((job, Ok(())));
                }
                unavailable("the connection was lost in the read")
            }
            Err(error) => error,
        };
        link.drop_session();
        if Instant::now() >= give_up || attempt >= ATTEMPTS && link.is_reached() {
            tracing::warn!(%error, "a read found no database");
            return Some((job, Err(error)));
        }
        if attempt > 1 {
            std::thread::sleep(PAUSE);
        }
    }
    None
}
