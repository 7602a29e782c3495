//! One transaction for what would be several: the requests of an atomicity group, an action and the
//! condition that it is under. It is a store that carries out what they ask inside one command of
//! the real store.
//!
//! The command runs on a thread of the store and waits there for the group's requests, which are
//! carried out as any others, with this store in their core. What they read sees what they wrote.
//! The store may repeat the command; then the group begins anew, with another [`Attempt`].

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SendError, Sender};
use std::time::{Duration, Instant};

use odata::{Error, ErrorCode};
use store::{BoxFuture, Job, ReadJob, Store, Transaction, Verdict};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::core::Core;

/// How long a group may hold its transaction: others wait for it.
const MOST_TIME: Duration = Duration::from_secs(10);

/// What becomes of a group.
pub(crate) enum Event {
    /// A transaction has begun, the first or a repeated one: the group's requests run now.
    Begun(Attempt),
    /// It is durable, or undone for a reason.
    Settled(Result<(), Error>),
}

/// The events of a group's transaction.
pub(crate) struct Events(UnboundedReceiver<Event>);

impl Events {
    /// Queues the transaction.
    pub(crate) fn begin(store: &dyn Store) -> Self {
        let (events, received) = unbounded_channel();
        store.submit(Box::new(Command {
            events,
            end: End::Unsaid,
        }));
        Self(received)
    }

    /// Waits for the next.
    pub(crate) async fn next(&mut self) -> Event {
        let lost = || Err(Error::internal("the store dropped a group of requests"));
        let event = self.0.recv().await;
        event.unwrap_or_else(|| Event::Settled(lost()))
    }
}

/// Carries something out in one transaction: `run` gets a core whose store works inside of it, and
/// may be called again, with another, if the store repeats the transaction. An error undoes it.
///
/// # Errors
/// That of `run`, or of the store.
pub(crate) async fn in_one<T>(
    core: &Arc<Core>,
    mut run: impl FnMut(Arc<Core>) -> BoxFuture<'static, Result<T, Error>>,
) -> Result<T, Error> {
    let mut events = Events::begin(core.store.as_ref());
    let mut done = Err(Error::internal("a transaction did not begin"));
    let mut drains = false;
    loop {
        match events.next().await {
            Event::Settled(outcome) => {
                let done = done.and_then(|done| outcome.map(|()| done));
                if drains && done.is_ok() {
                    core.drain();
                }
                return done;
            }
            Event::Begun(attempt) => {
                let inside = Arc::new(core.inside(attempt.store()));
                done = run(Arc::clone(&inside)).await;
                drains = inside.has_deferred();
                attempt.end(match done {
                    Ok(_) => Verdict::Commit,
                    Err(_) => Verdict::Rollback,
                });
            }
        }
    }
}

/// A transaction in which the requests of a group run. Dropping it undoes it.
pub(crate) struct Attempt(Sender<Message>);

impl Attempt {
    /// The store that works inside the transaction.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::new(Inside(self.0.clone()))
    }

    /// Ends it.
    pub(crate) fn end(self, verdict: Verdict) {
        // A transaction that has ended by itself says so when it is settled.
        let _ = self.0.send(Message::End(verdict));
    }
}

enum Message {
    Write(Box<dyn Job>),
    Read(Box<dyn ReadJob>),
    End(Verdict),
}

/// How a transaction ended, before the store says whether that is durable.
enum End {
    Unsaid,
    Committed,
    Undone,
    /// Against the word of the group.
    Broken(Error),
}

/// The command on the real store.
struct Command {
    events: UnboundedSender<Event>,
    end: End,
}

impl Job for Command {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        let (messages, received) = mpsc::channel();
        let begun = self.events.send(Event::Begun(Attempt(messages)));
        self.end = match begun {
            Ok(()) => serve(transaction, &received),
            // Who asked has gone.
            Err(_) => End::Undone,
        };
        match self.end {
            End::Committed => Verdict::Commit,
            End::Unsaid | End::Undone | End::Broken(_) => Verdict::Rollback,
        }
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        let outcome = match self.end {
            End::Broken(error) => Err(error),
            End::Unsaid => {
                outcome.and_then(|()| Err(Error::internal("a group was settled before it ran")))
            }
            End::Committed | End::Undone => outcome,
        };
        // A client that has gone away does not undo what is durable.
        let _ = self.events.send(Event::Settled(outcome));
    }
}

/// Carries out what the group's requests ask for, until it ends.
fn serve(transaction: &mut dyn Transaction, messages: &Receiver<Message>) -> End {
    let deadline = Instant::now() + MOST_TIME;
    let mut undone = false;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match messages.recv_timeout(left) {
            Ok(Message::Read(mut job)) => {
                job.run(transaction);
                job.settle(Ok(()));
            }
            Ok(Message::Write(mut job)) => {
                undone |= job.run(transaction) == Verdict::Rollback;
                // Its request hears it now, its client when the group is durable.
                job.settle(Ok(()));
            }
            Ok(Message::End(Verdict::Commit)) if undone => {
                let reason = "a request went on after its command was to be undone";
                return End::Broken(Error::internal(reason));
            }
            Ok(Message::End(Verdict::Commit)) => return End::Committed,
            Ok(Message::End(Verdict::Rollback)) | Err(RecvTimeoutError::Disconnected) => {
                return End::Undone;
            }
            Err(RecvTimeoutError::Timeout) => return End::Broken(too_long()),
        }
    }
}

fn too_long() -> Error {
    Error::new(
        ErrorCode::ServiceUnavailable,
        format!(
            "The atomicity group took longer than {} seconds and was undone. Send smaller ones.",
            MOST_TIME.as_secs()
        ),
    )
}

/// The store inside the transaction.
struct Inside(Sender<Message>);

impl Store for Inside {
    fn submit(&self, job: Box<dyn Job>) {
        if let Err(SendError(Message::Write(job))) = self.0.send(Message::Write(job)) {
            job.settle(Err(too_long()));
        }
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        self.0.send(Message::Read(job)).map_err(|_| too_long())
    }
}
