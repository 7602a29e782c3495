//! A group of commands: in one transaction, each in its savepoint, again where the database or
//! another transaction demands it, until each is settled.
//!
//! Most commands read and write single rows, which they lock: groups of them run beside each other.
//! A command that reads more than single rows, or that meets a lock, is repeated with the rest of
//! its group *alone*: while no other group of any server runs. So what a command read is true until
//! it commits, and no two groups can wait for each other for ever.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use odata::Error;
use store::{Job, Verdict};
use uuid::Uuid;

use crate::failure::{Trouble, unavailable};
use crate::session::{Ending, Link, Session};

/// How long commands wait for a database that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two attempts to reach it.
const PAUSE: Duration = Duration::from_millis(100);

/// How an attempt at a group ended.
enum Attempt {
    /// So many commands from the front are durable or undone by their own verdict.
    Kept(usize),
    /// Nothing was kept; again, alone.
    Conflict,
    /// Nothing was kept; again, on another connection.
    Lost,
    /// The connection was lost during the commit of so many commands.
    InDoubt(Uuid, usize),
    /// Nothing was kept, and repeating it would not help.
    Failed(Error),
}

/// Carries out commands and settles each.
pub(crate) fn carry_out(link: &mut Link, jobs: Vec<Box<dyn Job>>) {
    let mut jobs = VecDeque::from(jobs);
    let mut alone = false;
    let mut doubt = None;
    let mut give_up = Instant::now() + PATIENCE;
    while !jobs.is_empty() {
        let outcome = match clear_doubt(link, &mut doubt) {
            Some(outcome) => outcome,
            None => attempt(link, &mut jobs, alone),
        };
        match outcome {
            Attempt::Kept(count) => {
                settle(jobs.drain(..count), &Ok(()));
                (alone, give_up) = (true, Instant::now() + PATIENCE);
            }
            Attempt::Conflict if Instant::now() < give_up => alone = true,
            Attempt::Conflict => settle(jobs.drain(..), &Err(unavailable("conflicts do not end"))),
            Attempt::InDoubt(group, count) => {
                doubt = Some((group, count));
                link.drop_session();
            }
            Attempt::Lost if Instant::now() < give_up => {
                link.drop_session();
                std::thread::sleep(PAUSE);
            }
            Attempt::Lost => {
                link.drop_session();
                settle(
                    jobs.drain(..),
                    &Err(unavailable("the database is out of reach")),
                );
            }
            Attempt::Failed(error) => {
                tracing::error!(%error, commands = jobs.len(), "a group was not committed");
                settle(jobs.drain(..), &Err(error));
            }
        }
    }
}

/// Asks on a new connection what became of a commit, if one is in doubt.
fn clear_doubt(link: &mut Link, doubt: &mut Option<(Uuid, usize)>) -> Option<Attempt> {
    let (group, count) = (*doubt)?;
    match link.was_committed(group) {
        Ok(true) => {
            *doubt = None;
            Some(Attempt::Kept(count))
        }
        Ok(false) => {
            *doubt = None;
            None
        }
        Err(()) => Some(Attempt::Lost),
    }
}

fn settle(jobs: impl Iterator<Item = Box<dyn Job>>, outcome: &Result<(), Error>) {
    for job in jobs {
        job.settle(outcome.clone());
    }
}

fn attempt(link: &mut Link, jobs: &mut VecDeque<Box<dyn Job>>, alone: bool) -> Attempt {
    let session = match link.session() {
        Ok(session) => session,
        Err(error) => {
            tracing::warn!(%error, "the database is out of reach");
            return Attempt::Lost;
        }
    };
    session.begin_write(alone);
    let mut done = 0;
    for job in jobs.iter_mut() {
        match run(session, job.as_mut(), done == 0) {
            None => done += 1,
            Some(Trouble::Lost) => return Attempt::Lost,
            Some(Trouble::Conflict) => break,
        }
    }
    if done == 0 {
        return session
            .abandon()
            .map_or(Attempt::Lost, |()| Attempt::Conflict);
    }
    let group = Uuid::now_v7();
    match session.commit(group) {
        Ok(()) => Attempt::Kept(done),
        Err(Ending::InDoubt) => Attempt::InDoubt(group, done),
        Err(Ending::Before(Some(Trouble::Lost), _)) => Attempt::Lost,
        Err(Ending::Before(trouble, error)) => match (session.abandon(), trouble) {
            (Err(()), _) => Attempt::Lost,
            (Ok(()), Some(_)) => Attempt::Conflict,
            (Ok(()), None) => Attempt::Failed(error),
        },
    }
}

/// Runs one command in its savepoint. Trouble is the transaction's: the command's own error is with
/// the command.
fn run(session: &mut Session, job: &mut dyn Job, first: bool) -> Option<Trouble> {
    session.savepoint(first);
    let verdict = catch_unwind(AssertUnwindSafe(|| job.run(session)));
    let trouble = session.take_trouble();
    match (trouble, verdict) {
        (None, Ok(Verdict::Commit)) => session.release(),
        (None, Ok(Verdict::Rollback)) | (Some(_), _) => session.rollback_to(),
        (None, Err(_)) => {
            tracing::error!("a command panicked");
            session.rollback_to();
        }
    }
    trouble
}
