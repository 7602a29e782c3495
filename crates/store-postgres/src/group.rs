//! A group of commands: in one transaction, again where the database or another transaction demands
//! it, until each is settled.
//!
//! Most commands read and write single rows, which they lock: groups of them run beside each other,
//! as batches. A command that reads more than single rows or removes some, or a group that meets a
//! lock or an error, is repeated *apart*: each command in its savepoint, while nobody else touches the
//! rows under the keys that it names (their stripes). One that reads what has no stripe runs *alone*,
//! while no other group of any server does. So what a command read is true until it commits, and no
//! two groups can wait for each other for ever.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use odata::{Error, ErrorCode};
use store::{Job, Verdict};
use uuid::Uuid;

use crate::batch::{Batch, Ran};
use crate::failure::{Trouble, unavailable};
use crate::session::{Ending, Link, Session};
use crate::stripes::Stripes;

/// Between two attempts to reach the database.
const PAUSE: Duration = Duration::from_millis(100);

/// How many attempts may fail for others' sake before a group runs while no other does.
const ATTEMPTS: u32 = 4;
/// The most commands that run apart in one transaction: those behind them may run together again.
const APART: usize = 8;

/// How commands are attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Together,
    Apart,
    Alone,
}

/// How an attempt at a group ended.
enum Attempt {
    /// So many commands from the front are durable or undone by their own verdict.
    Kept(usize),
    /// Nothing was kept; again.
    Undone,
    /// Nothing was kept; the first command runs apart, or alone.
    Not(Mode),
    /// Nothing was kept, since others were in the way; again, with these stripes for a beginning.
    Conflict(Stripes),
    /// Nothing was kept; again, on another connection.
    Lost,
    /// Whether a commit was carried out is not known yet.
    InDoubt(Doubt),
    /// Nothing was kept, and repeating it would not help.
    Failed(Error),
}

/// A commit whose answer was lost.
#[derive(Clone, Copy)]
struct Doubt {
    group: Uuid,
    /// How many commands from the front it was the commit of.
    commands: usize,
}

/// Carries out commands and settles each.
pub(crate) fn carry_out(link: &mut Link, jobs: Vec<Box<dyn Job>>) {
    let give_up = link.deadline();
    let mut group = Group {
        link,
        jobs: VecDeque::from(jobs),
        mode: Mode::Together,
        stripes: Stripes::default(),
        attempts: 0,
        doubt: None,
        give_up,
    };
    while !group.jobs.is_empty() {
        let outcome = match group.doubt {
            Some(doubt) => group.ask(doubt),
            None => group.attempt(),
        };
        group.follow(outcome);
    }
}

struct Group<'l> {
    link: &'l mut Link,
    jobs: VecDeque<Box<dyn Job>>,
    mode: Mode,
    /// What the next attempt begins with.
    stripes: Stripes,
    /// How many attempts in this mode had others in their way.
    attempts: u32,
    doubt: Option<Doubt>,
    give_up: Instant,
}

impl Group<'_> {
    /// What an attempt's end means for the commands.
    fn follow(&mut self, outcome: Attempt) {
        match outcome {
            Attempt::Kept(count) => {
                self.settle(count, &Ok(()));
                self.doubt = None;
                self.give_up = self.link.deadline();
                self.turn(match self.mode {
                    Mode::Together => Mode::Apart,
                    Mode::Apart | Mode::Alone => Mode::Together,
                });
            }
            Attempt::Undone => self.doubt = None,
            Attempt::Conflict(_) if Instant::now() >= self.give_up => {
                self.refuse("conflicts do not end");
            }
            Attempt::Conflict(stripes) => self.begin_again(&stripes),
            Attempt::Not(mode) => self.turn(mode),
            Attempt::InDoubt(doubt) => {
                self.doubt = Some(doubt);
                self.link.drop_session();
            }
            Attempt::Lost => {
                self.link.drop_session();
                if Instant::now() < self.give_up {
                    std::thread::sleep(PAUSE);
                } else {
                    self.refuse("the database is out of reach");
                }
            }
            Attempt::Failed(error) => {
                tracing::error!(%error, commands = self.jobs.len(), "a group was not committed");
                self.settle(self.jobs.len(), &Err(error));
            }
        }
    }

    fn turn(&mut self, mode: Mode) {
        (self.mode, self.attempts) = (mode, 0);
        self.stripes.clear();
    }

    /// Others were in the way. A batch that met anything but a stripe is taken apart.
    fn begin_again(&mut self, stripes: &Stripes) {
        self.attempts += 1;
        let again = self.attempts < ATTEMPTS;
        match self.mode {
            Mode::Together if stripes.is_empty() || !again => self.turn(Mode::Apart),
            Mode::Apart if !again => self.turn(Mode::Alone),
            Mode::Together | Mode::Apart | Mode::Alone => self.stripes.extend(stripes),
        }
    }

    /// Settles so many commands from the front.
    fn settle(&mut self, count: usize, outcome: &Result<(), Error>) {
        for job in self.jobs.drain(..count) {
            job.settle(outcome.clone());
        }
    }

    /// Gives all commands up; those whose commit is in doubt hear that.
    fn refuse(&mut self, reason: &str) {
        if let Some(doubt) = self.doubt.take() {
            let message = "The database went away while it stored this; whether it did is not \
                           known. Read before you repeat it.";
            tracing::error!(commands = doubt.commands, "a commit stays in doubt");
            let error = Error::new(ErrorCode::ServiceUnavailable, message);
            self.settle(doubt.commands, &Err(error));
        }
        self.settle(self.jobs.len(), &Err(unavailable(reason)));
    }

    /// Asks on a new connection what became of a commit in doubt.
    fn ask(&mut self, doubt: Doubt) -> Attempt {
        match self.link.was_committed(doubt.group) {
            Ok(true) => Attempt::Kept(doubt.commands),
            Ok(false) => Attempt::Undone,
            Err(()) => Attempt::Lost,
        }
    }

    fn attempt(&mut self) -> Attempt {
        let session = match self.link.session() {
            Ok(session) => session,
            Err(error) => {
                tracing::warn!(%error, "the database is out of reach");
                return Attempt::Lost;
            }
        };
        match self.mode {
            Mode::Together => together(session, &mut self.jobs, &self.stripes),
            Mode::Apart => apart(session, &mut self.jobs, &self.stripes),
            Mode::Alone => alone(session, &mut self.jobs),
        }
    }
}

/// Attempts commands while no other group runs.
fn alone(session: &mut Session, jobs: &mut VecDeque<Box<dyn Job>>) -> Attempt {
    match session.begin_alone() {
        Ok(()) => one_by_one(session, jobs.iter_mut()),
        Err(error) => failed(session, error),
    }
}

/// Attempts the first commands, each with the stripes that it needs.
fn apart(session: &mut Session, jobs: &mut VecDeque<Box<dyn Job>>, stripes: &Stripes) -> Attempt {
    match session.begin_apart(stripes) {
        Ok(()) => one_by_one(session, jobs.iter_mut().take(APART)),
        Err(error) => failed(session, error),
    }
}

/// Attempts commands one after another, up to the first that meets others.
fn one_by_one<'j>(
    session: &mut Session,
    jobs: impl Iterator<Item = &'j mut Box<dyn Job>>,
) -> Attempt {
    let mut done = 0;
    for job in jobs {
        match run(session, job.as_mut()) {
            None => done += 1,
            Some(Trouble::Lost) => return Attempt::Lost,
            Some(Trouble::Whole) if done == 0 => {
                return abandoned(session, Attempt::Not(Mode::Alone));
            }
            Some(Trouble::Conflict | Trouble::Whole) => break,
        }
    }
    match done {
        0 => {
            let stripes = session.take_learned();
            abandoned(session, Attempt::Conflict(stripes))
        }
        done => commit(session, done),
    }
}

/// Gives the transaction up.
fn abandoned(session: &mut Session, attempt: Attempt) -> Attempt {
    session.abandon().map_or(Attempt::Lost, |()| attempt)
}

/// Attempts commands beside other groups: those before the first that cannot run so.
fn together(
    session: &mut Session,
    jobs: &mut VecDeque<Box<dyn Job>>,
    stripes: &Stripes,
) -> Attempt {
    let mut batch = match Batch::begin(session, stripes) {
        Ok(batch) => batch,
        Err(error) => return failed(session, error),
    };
    let mut done = 0;
    loop {
        let mut lacks = false;
        let mut stops = false;
        for job in jobs.iter_mut().skip(done) {
            match batch.run(job.as_mut(), lacks) {
                Ran::Lacks => lacks = true,
                // Those behind the first that lacks rows come in their turn.
                _ if lacks => {}
                Ran::Done => done += 1,
                Ran::Apart => {
                    stops = true;
                    break;
                }
            }
        }
        if stops || !lacks {
            break;
        }
        if let Err(error) = batch.fetch() {
            return undone(session, &error);
        }
    }
    if let Err(error) = batch.flush() {
        return undone(session, &error);
    }
    match done {
        0 => abandoned(session, Attempt::Not(Mode::Apart)),
        done => commit(session, done),
    }
}

/// A batch that cannot be kept: its commands run again, with the stripes that it lacked, or apart, where
/// an error is that of the command that it came up in.
fn undone(session: &mut Session, error: &Error) -> Attempt {
    match session.take_trouble() {
        Some(Trouble::Lost) => return Attempt::Lost,
        Some(Trouble::Conflict | Trouble::Whole) => {}
        None => tracing::warn!(%error, "a batch failed; its commands run one by one"),
    }
    let stripes = session.take_learned();
    abandoned(session, Attempt::Conflict(stripes))
}

/// An error before the transaction began.
fn failed(session: &mut Session, error: Error) -> Attempt {
    match session.take_trouble() {
        Some(Trouble::Lost) => Attempt::Lost,
        Some(Trouble::Conflict | Trouble::Whole) => Attempt::Conflict(Stripes::default()),
        None => Attempt::Failed(error),
    }
}

fn commit(session: &mut Session, commands: usize) -> Attempt {
    let group = Uuid::now_v7();
    match session.commit(group) {
        Ok(()) => Attempt::Kept(commands),
        Err(Ending::InDoubt) => Attempt::InDoubt(Doubt { group, commands }),
        Err(Ending::Before(Some(Trouble::Lost), _)) => Attempt::Lost,
        Err(Ending::Before(trouble, error)) => match (session.abandon(), trouble) {
            (Err(()), _) => Attempt::Lost,
            (Ok(()), Some(_)) => Attempt::Conflict(Stripes::default()),
            (Ok(()), None) => Attempt::Failed(error),
        },
    }
}

/// Runs one command in its savepoint. Trouble is the transaction's: the command's own error is with
/// the command.
fn run(session: &mut Session, job: &mut dyn Job) -> Option<Trouble> {
    session.savepoint();
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
