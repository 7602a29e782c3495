//! Ends a request that runs behind a monitor: whatever it has not begun to write, it does not.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use odata::{Error, ErrorCode};
use store::{Job, ReadJob, Store, Transaction, Verdict};
use tokio::task::AbortHandle;
use uuid::Uuid;

/// What ends a request.
#[derive(Clone, Default)]
pub(super) struct Cancel {
    cancelled: Arc<AtomicBool>,
    task: Arc<Mutex<Option<AbortHandle>>>,
}

impl Cancel {
    /// Whether the request was to end.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Remembers the task that carries the request out.
    pub(super) fn aborts(&self, task: AbortHandle) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// Ends the request. A command that a thread of the store is carrying out is finished there;
    /// one that waits is not begun.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.as_ref() {
            task.abort();
        }
    }
}

/// What ends the requests that this server carries out behind their monitors. Those of others hear of
/// it when they renew their lease.
#[derive(Default)]
pub(crate) struct Cancels(Mutex<HashMap<Uuid, Cancel>>);

impl Cancels {
    fn all(&self) -> MutexGuard<'_, HashMap<Uuid, Cancel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, id: Uuid, cancel: Cancel) {
        self.all().insert(id, cancel);
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.all().remove(&id);
    }

    /// Ends the request of a monitor, if this server carries it out.
    pub(super) fn cancel(&self, id: Uuid) {
        if let Some(cancel) = self.all().get(&id) {
            cancel.cancel();
        }
    }
}

/// A store whose waiting commands can be cancelled.
pub(super) struct Cancellable {
    store: Arc<dyn Store>,
    cancelled: Arc<AtomicBool>,
}

impl Cancellable {
    /// Such a store around another, and what cancels it.
    pub(super) fn around(store: Arc<dyn Store>) -> (Arc<dyn Store>, Cancel) {
        let cancel = Cancel::default();
        let cancelled = Arc::clone(&cancel.cancelled);
        (Arc::new(Self { store, cancelled }), cancel)
    }
}

impl Store for Cancellable {
    fn submit(&self, job: Box<dyn Job>) {
        let cancelled = Arc::clone(&self.cancelled);
        self.store.submit(Box::new(Command {
            job,
            cancelled,
            skipped: false,
        }));
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.store.submit_read(job)
    }
}

struct Command {
    job: Box<dyn Job>,
    cancelled: Arc<AtomicBool>,
    skipped: bool,
}

impl Job for Command {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        self.skipped = self.cancelled.load(Ordering::Acquire);
        if self.skipped {
            return Verdict::Rollback;
        }
        self.job.run(transaction)
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let cancelled = || Error::new(ErrorCode::ServiceUnavailable, "The request was cancelled.");
        let outcome = if self.skipped {
            Err(cancelled())
        } else {
            outcome
        };
        self.job.settle(outcome);
    }
}
