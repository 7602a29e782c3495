//! A connection with its prepared statements: the snapshot and the transaction of a thread.

mod additions;
mod cover;
mod keys;
mod link;
mod log;
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
use store::{Table, TableId, Tables};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use crate::client::{Answer, Ask, Bound, Client, ClientError};
use crate::doubt;
use crate::failure::{Trouble, failure, is_taken, read_failure, trouble};
use crate::stripes::Stripes;
use crate::values::Parameter;

use keys::Keys;
pub(crate) use link::{Database, Link};
use log::Pending;
pub(crate) use prepared::{Lock, Prepared};

/// Held shared by every group, and for itself by one that runs alone.
const LOCK: i64 = 0x7275_6e73_7772_6974;
/// How long a group that runs alone waits for those that run already.
const ALONE_WAIT: &str = "10s";

/// What every thread of the store shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) model: Arc<Model>,
    pub(crate) tables: Arc<Tables>,
    /// The tables of the slots of counters.
    pub(crate) slots: Arc<HashMap<TableId, Table>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The version of the tables.
    pub(crate) version: i64,
}

impl Context {
    /// The table that rows are written to: that of the slots of counters, or the table itself.
    pub(crate) fn written(&self, id: TableId) -> &Table {
        self.slots.get(&id).unwrap_or_else(|| self.tables.table(id))
    }
}

/// What the session's transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    /// Read, from one instant.
    Snapshot,
    /// Write beside other groups.
    Shared,
    /// Write what its stripes hold.
    Apart,
    /// Write while no other group runs.
    Alone,
}

/// The tables of the slots of counters.
pub(crate) fn slots(tables: &Tables) -> HashMap<TableId, Table> {
    let slots = |(id, table): (TableId, &Table)| Some((id, table.slots()?));
    tables.iter().filter_map(slots).collect()
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
    /// What is to be logged of the rows that were written.
    log: Pending,
    access: Access,
    trouble: Option<Trouble>,
    /// The stripes that a transaction that runs apart holds, and held before the command at hand.
    stripes: Stripes,
    stripes_before: Stripes,
    /// Those that a transaction that had to end should have begun with.
    learned: Stripes,
    /// Keys to append rows under.
    pub(crate) keys: Keys,
    /// The slot of counters that is this connection's.
    slot: Option<i64>,
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
            log: Pending::default(),
            access: Access::Snapshot,
            trouble: None,
            stripes: Stripes::default(),
            stripes_before: Stripes::default(),
            learned: Stripes::default(),
            keys: Keys::default(),
            slot: None,
            pending: String::new(),
        }
    }

    /// Begins a snapshot. Nothing is sent yet.
    pub(crate) fn begin_read(&mut self) {
        self.turn_day();
        (self.access, self.trouble) = (Access::Snapshot, None);
        self.pending = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;".to_owned();
    }

    /// Begins a group that runs beside others. Of the transaction nothing is sent yet.
    pub(crate) fn begin_shared(&mut self) -> Result<(), Error> {
        let lock = format!("SELECT pg_advisory_xact_lock_shared({LOCK});");
        self.begin_write(Access::Shared, &lock)
    }

    /// Begins commands that run apart, with these stripes for a beginning.
    pub(crate) fn begin_apart(&mut self, stripes: &Stripes) -> Result<(), Error> {
        let lock = format!(
            "SET LOCAL lock_timeout = '{ALONE_WAIT}'; SELECT pg_advisory_xact_lock_shared({LOCK});{}",
            stripes.wait()
        );
        self.begin_write(Access::Apart, &lock)?;
        self.stripes = stripes.clone();
        Ok(())
    }

    /// Begins a group that runs while no other does.
    pub(crate) fn begin_alone(&mut self) -> Result<(), Error> {
        let lock = format!(
            "SET LOCAL lock_timeout = '{ALONE_WAIT}'; SELECT pg_advisory_xact_lock({LOCK});"
        );
        self.begin_write(Access::Alone, &lock)
    }

    fn begin_write(&mut self, access: Access, lock: &str) -> Result<(), Error> {
        self.turn_day();
        self.keys.begin();
        self.additions = Additions::default();
        self.log = Pending::default();
        self.stripes.clear();
        self.learned.clear();
        (self.access, self.trouble) = (access, None);
        self.take_slot()?;
        self.pending = format!("BEGIN ISOLATION LEVEL READ COMMITTED; {lock}");
        Ok(())
    }

    pub(crate) fn savepoint(&mut self) {
        self.additions.begin();
        self.log.begin();
        self.stripes_before = self.stripes.clone();
        self.pending.push_str("SAVEPOINT command;");
    }

    pub(crate) fn release(&mut self) {
        self.additions.keep();
        self.pending.push_str("RELEASE command;");
    }

    pub(crate) fn rollback_to(&mut self) {
        self.additions.undo();
        self.log.undo();
        // The savepoint gives them back.
        self.stripes = std::mem::take(&mut self.stripes_before);
        self.pending
            .push_str("ROLLBACK TO command; RELEASE command;");
    }

    /// What stands in the way of the transaction, if anything does.
    pub(crate) fn take_trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// Writes the additions and commits, with the group's record.
    pub(crate) fn commit(&mut self, group: Uuid) -> Result<(), Ending> {
        if let Err(error) = self
            .flush_additions(None)
            .and_then(|()| self.write_log())
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
            self.forget_days();
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
        // Beside others, a row may be there that was not when it was looked for.
        let late = self.access == Access::Shared && is_taken(error);
        let trouble = trouble(error, closed).or(late.then_some(Trouble::Conflict));
        self.trouble = self.trouble.or(trouble);
        match self.access {
            Access::Snapshot => read_failure(error, closed),
            Access::Shared | Access::Apart | Access::Alone => failure(error, closed),
        }
    }

    pub(crate) fn model(&self) -> Arc<Model> {
        Arc::clone(&self.context.model)
    }

    pub(crate) fn context(&self) -> Context {
        self.context.clone()
    }

    pub(crate) fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.context.tables)
    }

    /// Carries out statements behind what belongs before them, in one round trip.
    pub(crate) fn ask_all(&mut self, asks: &[Ask<'_>]) -> Result<Vec<Answer>, Error> {
        let before = std::mem::take(&mut self.pending);
        let answers = self.client.ask_all(&before, asks);
        answers.map_err(|error| self.failed(&error))
    }

    /// Asks for so many keys to append rows of a table under.
    pub(crate) fn ask_keys(&mut self, table: TableId, count: usize) -> Result<Ask<'static>, Error> {
        let count = i64::try_from(count).map_err(Error::internal)?;
        Ok(Ask {
            statement: self.statement(Prepared::NextKeys(table))?,
            parameters: vec![Bound::One(Cell::Integer(count))],
        })
    }

    fn execute(&mut self, which: Prepared, cells: &[Cell<'_>]) -> Result<u64, Error> {
        let statement = self.statement(which)?;
        self.query(&statement, cells, |_| true)
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
    pub(crate) fn key_cells<'v>(
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
