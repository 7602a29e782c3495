//! A connection with its prepared statements: the snapshot and the transaction of a thread.

mod log;
mod read;
mod write;

pub(crate) use read::SqliteRow;

use std::collections::HashMap;
use std::sync::Arc;

use edm::{Model, Value};
use odata::Error;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};
use store::additions::Additions;
use store::cell::Cell;
use store::clock::{Clock, utc_day};
use store::{ColumnSet, TableId, Tables};

use crate::failure;

/// What every thread of the store shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) model: Arc<Model>,
    pub(crate) tables: Arc<Tables>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The version of the tables.
    pub(crate) version: u32,
}

/// Which prepared statement: those of fixed text by what they are for, so that the hot path hashes
/// a few bytes instead of the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Prepared {
    Get(TableId),
    Exists(TableId),
    Insert(TableId),
    Update(TableId, ColumnSet),
    Add(TableId, ColumnSet),
    Raise(TableId, usize),
    Delete(TableId),
    LogHorizon(TableId),
    LogRows(TableId),
    TrimLog(TableId),
    MarkLog(TableId),
    Begin,
    BeginRead,
    Commit,
    Rollback,
    Savepoint,
    Release,
    RollbackTo,
}

pub(crate) struct Session<'c> {
    connection: &'c Connection,
    context: Context,
    statements: HashMap<Prepared, Statement<'c>>,
    /// The day that virtual columns over the last days were prepared for.
    today: i32,
    additions: Additions,
    /// How many rows had been written when the command at hand began.
    written: u64,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c Connection, context: Context) -> Self {
        let today = utc_day(context.clock.now());
        let additions = Additions::default();
        Self {
            connection,
            context,
            statements: HashMap::new(),
            today,
            additions,
            written: 0,
        }
    }

    pub(crate) fn begin_read(&mut self) -> rusqlite::Result<()> {
        self.turn_day();
        self.execute_plain(Prepared::BeginRead)
    }

    /// Ends a snapshot. It wrote nothing, so nothing can be lost by a failure.
    pub(crate) fn end_read(&mut self) {
        if let Err(error) = self.execute_plain(Prepared::Rollback) {
            tracing::error!(%error, "a snapshot did not end");
        }
    }

    pub(crate) fn begin_write(&mut self) -> rusqlite::Result<()> {
        self.turn_day();
        self.execute_plain(Prepared::Begin)
    }

    /// A command begins that is not kept apart from those before it.
    pub(crate) fn begin_command(&mut self) {
        self.additions.begin();
        self.written = self.connection.total_changes();
    }

    /// Keeps what that command wrote.
    pub(crate) fn keep_command(&mut self) {
        self.additions.keep();
    }

    /// Undoes that command, and says whether that could be done: what is written can only be undone
    /// with the whole transaction.
    pub(crate) fn undo_command(&mut self) -> bool {
        self.additions.undo();
        self.connection.total_changes() == self.written && !self.connection.is_autocommit()
    }

    pub(crate) fn savepoint(&mut self) -> rusqlite::Result<()> {
        self.additions.begin();
        self.execute_plain(Prepared::Savepoint)
    }

    pub(crate) fn release(&mut self) -> rusqlite::Result<()> {
        self.additions.keep();
        self.execute_plain(Prepared::Release)
    }

    pub(crate) fn rollback_to(&mut self) -> rusqlite::Result<()> {
        self.additions.undo();
        self.execute_plain(Prepared::RollbackTo)?;
        self.execute_plain(Prepared::Release)
    }

    pub(crate) fn commit(&mut self) -> rusqlite::Result<()> {
        self.flush_additions(None)?;
        self.execute_plain(Prepared::Commit)
    }

    /// Gives up a transaction whose begin, step or commit failed.
    pub(crate) fn abandon(&mut self) {
        self.additions = Additions::default();
        if !self.connection.is_autocommit()
            && let Err(error) = self.execute_plain(Prepared::Rollback)
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// At midnight the statements over the last days are prepared anew.
    fn turn_day(&mut self) {
        let today = utc_day(self.context.clock.now());
        if today != self.today {
            self.today = today;
            self.statements
                .retain(|prepared, _| !matches!(prepared, Prepared::Get(_)));
        }
    }

    fn execute_plain(&mut self, which: Prepared) -> rusqlite::Result<()> {
        let statement = self.statement(which)?;
        statement.raw_execute()?;
        Ok(())
    }

    /// The prepared statement, with nothing bound.
    fn statement(&mut self, which: Prepared) -> rusqlite::Result<&mut Statement<'c>> {
        use std::collections::hash_map::Entry;
        match self.statements.entry(which) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let sql = text(which, &self.context, self.today);
                Ok(entry.insert(self.connection.prepare(&sql)?))
            }
        }
    }

    fn run(&mut self, which: Prepared, cells: &[Cell<'_>]) -> Result<usize, Error> {
        let statement = self.statement(which).map_err(|e| failure(&e))?;
        bind(statement, cells)
            .and_then(|()| statement.raw_execute())
            .map_err(|e| failure(&e))
    }

    fn key_cells<'v>(&self, table: TableId, key: &'v [Value]) -> Result<Vec<Cell<'v>>, Error> {
        let table = self.context.tables.table(table);
        if table.key.len() != key.len() {
            return Err(Error::internal(format!(
                "a key of {} needs {:?}",
                table.name, table.key
            )));
        }
        let mut cells = Vec::with_capacity(key.len());
        for (column, value) in table.key.iter().zip(key) {
            store::cell::encode(
                &self.context.model,
                &table.columns[*column],
                value,
                &mut cells,
            )?;
        }
        Ok(cells)
    }
}

const DIALECT: store::Dialect = store::Dialect::Sqlite;

fn text(which: Prepared, context: &Context, today: i32) -> String {
    let table = |id| context.tables.table(id);
    match which {
        Prepared::Get(id) => store::get(table(id), today, &context.model, DIALECT),
        Prepared::Exists(id) => store::exists(table(id), DIALECT),
        Prepared::Insert(id) => store::insert(table(id), DIALECT),
        Prepared::Update(id, columns) => store::update(table(id), columns, DIALECT),
        Prepared::Add(id, columns) => store::upsert_add(table(id), columns, DIALECT),
        Prepared::Raise(id, column) => store::raise(table(id), column, DIALECT),
        Prepared::Delete(id) => store::delete(table(id), DIALECT),
        Prepared::LogHorizon(id) => store::log_horizon(table(id), DIALECT),
        Prepared::LogRows(id) => store::log_rows(table(id), DIALECT),
        Prepared::TrimLog(id) => store::trim_log(table(id), DIALECT),
        Prepared::MarkLog(id) => store::mark_log(table(id), DIALECT),
        // A deferred write transaction could fail to upgrade its lock after it has read.
        Prepared::Begin => "BEGIN IMMEDIATE".to_owned(),
        Prepared::BeginRead => "BEGIN".to_owned(),
        Prepared::Commit => "COMMIT".to_owned(),
        Prepared::Rollback => "ROLLBACK".to_owned(),
        Prepared::Savepoint => "SAVEPOINT command".to_owned(),
        Prepared::Release => "RELEASE command".to_owned(),
        Prepared::RollbackTo => "ROLLBACK TO command".to_owned(),
    }
}

struct Parameter<'a>(&'a Cell<'a>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(n) => ValueRef::Integer(*n),
            Cell::Real(x) => ValueRef::Real(*x),
            Cell::Text(t) => ValueRef::Text(t.as_bytes()),
            Cell::Blob(b) => ValueRef::Blob(b),
        }))
    }
}

pub(crate) fn bind(statement: &mut Statement<'_>, cells: &[Cell<'_>]) -> rusqlite::Result<()> {
    for (i, cell) in cells.iter().enumerate() {
        statement.raw_bind_parameter(i + 1, Parameter(cell))?;
    }
    Ok(())
}
