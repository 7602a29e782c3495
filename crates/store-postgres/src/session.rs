//! A connection with its prepared statements: the snapshot and the transaction of a thread.

mod link;
mod prepared;
mod read;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use edm::{Model, Value};
use odata::Error;
use store::additions::Additions;
use store::cell::Cell;
use store::clock::{Clock, utc_day};
use store::{TableId, Tables};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use crate::client::{Client, ClientError};
use crate::doubt;
use crate::failure::{Trouble, failure, read_failure, trouble};
use crate::values::Parameter;

pub(crate) use link::{Database, Link};
use prepared::Prepared;

/// Held shared by every group, and for itself by one that runs alone.
const LOCK: i64 = 0x7275_6e73_7772_6974;
/// How long a group that runs alone waits for those that run already.
const ALONE_WAIT: &str = "10s";

/// What every thread of the store shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) model: Arc<Model>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What the session's transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Read, from one instant.
    Snapshot,
    /// Write beside other groups: rows that are read are locked.
    Shared {
        /// Whether a lock may be waited for: only while the group holds nothing that others want.
        waits: bool,
    },
    /// Write while no other group runs.
    Alone,
}

/// Why a commit did not answer.
pub(crate) enum Ending {
    /// The transaction failed before: nothing was kept.
    Before(Option<Trouble>, Error),
    /// The connection was lost while the commit was on its way.
    InDoubt,
}

pub(crate) struct Session {
    client: Client,
    context: Context,
    statements: HashMap<Prepared, Statement>,
    selects: HashMap<(String, Vec<Type>), Statement>,
    /// The day that virtual columns over the last days were prepared for.
    today: i32,
    additions: Additions,
    access: Access,
    trouble: Option<Trouble>,
    /// Keys that the command at hand found without a row: it decides by that.
    absent: Vec<(TableId, Vec<Value>)>,
    /// Statements of the transaction that travel with the next one.
    pending: String,
}

impl Session {
    fn new(client: Client, context: Context) -> Self {
        let today = utc_day(context.clock.now());
        Self {
            client,
            context,
            statements: HashMap::new(),
            selects: HashMap::new(),
            today,
            additions: Additions::default(),
            access: Access::Snapshot,
            trouble: None,
            absent: Vec::new(),
            pending: String::new(),
        }
    }

    /// Begins a snapshot. Nothing is sent yet.
    pub(crate) fn begin_read(&mut self) {
        self.turn_day();
        (self.access, self.trouble) = (Access::Snapshot, None);
        self.pending = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;".to_owned();
    }

    /// Begins a group. Nothing is sent yet.
    pub(crate) fn begin_write(&mut self, alone: bool) {
        self.turn_day();
        self.additions = Additions::default();
        self.trouble = None;
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED;";
        if alone {
            self.access = Access::Alone;
            self.pending = format!(
                "{begin} SET LOCAL lock_timeout = '{ALONE_WAIT}'; \
                 SELECT pg_advisory_xact_lock({LOCK});"
            );
        } else {
            self.access = Access::Shared { waits: true };
            self.pending = format!("{begin} SELECT pg_advisory_xact_lock_shared({LOCK});");
        }
    }

    pub(crate) fn savepoint(&mut self, first: bool) {
        if self.access != Access::Alone {
            self.access = Access::Shared { waits: first };
        }
        self.absent.clear();
        self.additions.begin();
        self.pending.push_str("SAVEPOINT command;");
    }

    pub(crate) fn release(&mut self) {
        self.additions.keep();
        self.pending.push_str("RELEASE command;");
    }

    pub(crate) fn rollback_to(&mut self) {
        self.additions.undo();
        self.pending
            .push_str("ROLLBACK TO command; RELEASE command;");
    }

    /// What stands in the way of the transaction, if anything does.
    pub(crate) fn take_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Writes the additions and commits, with the group's record.
    pub(crate) fn commit(&mut self, group: Uuid) -> Result<(), Ending> {
        if let Access::Shared { waits } = &mut self.access {
            // In one order of tables and keys by all groups.
            *waits = true;
        }
        if let Err(error) = self
            .flush_additions(None)
            .and_then(|()| self.send_pending())
        {
            return Err(Ending::Before(self.take_trouble(), error));
        }
        self.client.take_warned();
        // A wait for the synchronous standby that is broken off would count as an answer.
        let end = format!(
            "SET LOCAL statement_timeout = 0; {} COMMIT",
            doubt::record(group)
        );
        match self.client.batch_execute(&end) {
            Ok(()) if self.client.take_warned() => Err(Ending::InDoubt),
            Ok(()) => Ok(()),
            Err(error) => match trouble(&error, self.client.is_closed()) {
                Some(Trouble::Lost) => Err(Ending::InDoubt),
                trouble => Err(Ending::Before(trouble, failure(&error, false))),
            },
        }
    }

    /// Gives up the transaction. An error is the connection's.
    pub(crate) fn abandon(&mut self) -> Result<(), ()> {
        self.additions = Additions::default();
        let begun = !self.pending.starts_with("BEGIN");
        self.pending.clear();
        if !begun {
            return Ok(());
        }
        self.client.batch_execute("ROLLBACK").map_err(|_| ())
    }

    /// At midnight the statements over the last days are prepared anew.
    fn turn_day(&mut self) {
        let today = utc_day(self.context.clock.now());
        if today != self.today {
            self.today = today;
            self.statements
                .retain(|prepared, _| !matches!(prepared, Prepared::Get(..)));
        }
    }

    /// Sends what belongs before the next statement.
    fn send_pending(&mut self) -> Result<(), Error> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let sent = self.client.batch_execute(&pending);
        sent.map_err(|error| self.failed(&error))
    }

    /// An error of a statement: what it means for the transaction is kept.
    fn failed(&mut self, error: &ClientError) -> Error {
        let closed = self.client.is_closed();
        self.trouble = self.trouble.or(trouble(error, closed));
        match self.access {
            Access::Snapshot => read_failure(error, closed),
            Access::Shared { .. } | Access::Alone => failure(error, closed),
        }
    }

    /// The command at hand must be repeated alone.
    fn conflict(&mut self, reason: &str) -> Error {
        self.trouble = Some(self.trouble.unwrap_or(Trouble::Conflict));
        crate::failure::unavailable(reason)
    }

    /// What is read beyond single rows is true until the commit only if no other group runs.
    fn needs_all(&mut self) -> Result<(), Error> {
        match self.access {
            Access::Shared { .. } => Err(self.conflict("the command reads more than single rows")),
            Access::Snapshot | Access::Alone => Ok(()),
        }
    }

    fn execute(&mut self, which: Prepared, cells: &[Cell<'_>]) -> Result<u64, Error> {
        let statement = self.statement(which)?;
        self.execute_statement(&statement, cells)
    }

    fn execute_statement(
        &mut self,
        statement: &Statement,
        cells: &[Cell<'_>],
    ) -> Result<u64, Error> {
        self.query(statement, cells, |_| true)
    }

    /// Carries out a statement behind what belongs before it, in one round trip.
    fn query(
        &mut self,
        statement: &Statement,
        cells: &[Cell<'_>],
        sink: impl FnMut(Row) -> bool,
    ) -> Result<u64, Error> {
        let before = std::mem::take(&mut self.pending);
        let parameters = cells.iter().map(Parameter);
        let outcome = self.client.query(&before, statement, parameters, sink);
        outcome.map_err(|error| self.failed(&error))
    }

    /// The only row of a statement, if there is one.
    fn query_one(&mut self, which: Prepared, cells: &[Cell<'_>]) -> Result<Option<Row>, Error> {
        let statement = self.statement(which)?;
        let mut found = None;
        self.query(&statement, cells, |row| {
            found = Some(row);
            true
        })?;
        Ok(found)
    }

    /// The values of a key; none if no row can have it.
    fn key_cells<'v>(
        &self,
        table: TableId,
        key: &'v [Value],
    ) -> Result<Option<Vec<Cell<'v>>>, Error> {
        let table = self.context.tables.table(table);
        if table.key.len() != key.len() {
            return Err(Error::internal(format!(
                "a key of {} needs {:?}",
                table.name, table.key
            )));
        }
        let mut cells = Vec::with_capacity(key.len());
        for (column, value) in table.key.iter().zip(key) {
            let column = &table.columns[*column];
            store::cell::encode(&self.context.model, column, value, &mut cells)?;
        }
        let holdable = |cell: &Cell<'_>| !matches!(cell, Cell::Text(text) if text.contains('\0'));
        Ok(cells.iter().all(holdable).then_some(cells))
    }
}
