//! The writers: a few threads, each with a connection, that take the commands that wait from one
//! queue.

use std::io;
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use measures::STORES;
use odata::{Error, ErrorCode};
use store::Job;

use crate::group;
use crate::session::Link;

/// Commands that may wait: beyond this the server is overloaded, and says so.
const QUEUE: usize = 65_536;
/// The most commands in one transaction: more savepoints overflow what PostgreSQL keeps of a
/// transaction's parts in shared memory, and slow every snapshot down.
const GROUP: usize = 64;

pub(crate) struct Writers {
    queue: Option<Sender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Writers {
    pub(crate) fn start(writers: usize, link: impl Fn() -> Link) -> io::Result<Self> {
        let (queue, jobs) = bounded(QUEUE);
        let mut all = Self {
            queue: Some(queue),
            threads: Vec::new(),
        };
        for i in 0..writers {
            let (jobs, link) = (jobs.clone(), link());
            let thread = std::thread::Builder::new()
                .name(format!("postgres-writer-{i}"))
                .spawn(move || serve(link, &jobs))?;
            all.threads.push(thread);
        }
        Ok(all)
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

impl Drop for Writers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            if !join(thread) {
                tracing::error!("a writer thread ended in a panic");
            }
        }
    }
}

/// Waits for the end of a thread, and says whether it ended well. A command that owns the store
/// last drops it on the store's own thread: that one ends by itself.
pub(crate) fn join(thread: JoinHandle<()>) -> bool {
    thread.thread().id() == std::thread::current().id() || thread.join().is_ok()
}

fn serve(mut link: Link, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        STORES.writes_waiting.set(jobs.len());
        let more = jobs.try_iter().take(GROUP - 1);
        let group: Vec<_> = std::iter::once(first).chain(more).collect();
        STORES.group_commands.observe(group.len());
        let begun = Instant::now();
        group::carry_out(&mut link, group);
        STORES.group_time.observe_time(begun.elapsed());
        link.prune();
    }
}
