//! Commands of a group together: their rows are read and locked by a few statements over all of
//! them, judged in memory one after another, and written by a few statements.
//!
//! What a command reads is not known before it runs. So it runs until it lacks a row; what it and
//! those behind it lack is fetched at once, and they run again. A command that reads more than
//! single rows, or removes some, runs apart and is left over.

mod fetch;
mod flush;
mod rows;
mod transaction;

use std::panic::{AssertUnwindSafe, catch_unwind};

use odata::Error;
use store::additions::Additions;
use store::{Job, TableId, Verdict};

use crate::failure::unavailable;
use crate::session::Session;
use crate::stripes::Stripes;
use fetch::Wanted;
pub(crate) use flush::stored;
use rows::Rows;

/// After so many rounds of fetching, what is lacking is fetched one by one: a command that reads
/// many rows one after another would run again for each.
const ROUNDS: u32 = 8;

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It is part of the batch, or undone by its own verdict.
    Done,
    /// It lacks rows, and runs again when they are there.
    Lacks,
    /// It reads more than single rows, or removes some.
    Apart,
}

/// The batch of one transaction.
pub(crate) struct Batch<'s> {
    session: &'s mut Session,
    rows: Rows,
    additions: Additions,
    wanted: Wanted,
    /// Why the command at hand cannot go on.
    halted: Option<Ran>,
    /// Whether the command at hand goes on as if a row were there that is not known yet.
    supposes: bool,
    /// Keys that the command at hand took from those that the session holds.
    taken: Vec<(TableId, i64)>,
    /// The stripes that the transaction holds.
    held: Stripes,
    /// The last table whose rows are locked: waiting for those of a later one locks nobody out.
    locked: Option<TableId>,
    rounds: u32,
}

impl<'s> Batch<'s> {
    /// Begins a transaction beside those of other groups, with these stripes for a beginning.
    pub(crate) fn begin(session: &'s mut Session, stripes: &Stripes) -> Result<Self, Error> {
        session.begin_shared()?;
        Ok(Self {
            session,
            rows: Rows::default(),
            additions: Additions::default(),
            wanted: Wanted::with(stripes),
            held: Stripes::default(),
            halted: None,
            supposes: false,
            taken: Vec::new(),
            locked: None,
            rounds: 0,
        })
    }

    /// Runs a command. One that only scouts says what rows it will lack, and leaves nothing behind.
    pub(crate) fn run(&mut self, job: &mut dyn Job, scouts: bool) -> Ran {
        self.rows.begin();
        self.additions.begin();
        self.taken.clear();
        (self.halted, self.supposes) = (None, false);
        let verdict = catch_unwind(AssertUnwindSafe(|| job.run(self)));
        // What a command asks for where it only supposes, it may not ask for when it knows.
        let supposes = self.supposes;
        let halted = self
            .halted
            .take()
            .map(|why| if supposes { Ran::Lacks } else { why });
        let kept = matches!(verdict, Ok(Verdict::Commit)) && halted.is_none() && !scouts;
        if kept {
            self.rows.keep();
            self.additions.keep();
        } else {
            self.rows.undo();
            self.additions.undo();
            for (table, key) in self.taken.drain(..).rev() {
                self.session.keys.give_back(table, key);
            }
        }
        if verdict.is_err() && halted.is_none() && !scouts {
            tracing::error!("a command panicked");
        }
        halted.unwrap_or(Ran::Done)
    }

    /// The command at hand cannot go on.
    fn halt(&mut self, why: Ran) -> Error {
        if self.halted != Some(Ran::Apart) {
            self.halted = Some(why);
        }
        unavailable("the command runs again")
    }
}
