//! Prepared statements: those of fixed text by what they are for, selects by their text and the
//! types of their parameters.

use odata::Error;
use store::{ColumnSet, Dialect, TableId};
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use super::Session;
use crate::batch::stored;
use crate::stripes::{self, Hold};
use crate::values::type_of;

/// Selects that stay prepared; when there are more, all are forgotten.
const SELECTS: usize = 256;

const DIALECT: Dialect = Dialect::Postgres;

/// How rows that are read are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lock {
    /// Whoever holds one is waited for.
    Wait,
    /// A row that is held is an error.
    NoWait,
}

/// Which prepared statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Prepared {
    Get(TableId),
    Exists(TableId),
    Insert(TableId),
    Append(TableId),
    Update(TableId, ColumnSet),
    Delete(TableId),
    DeleteSlots(TableId),
    GetMany(TableId, Lock),
    KeysMany(TableId),
    InsertMany(TableId),
    UpdateMany(TableId, ColumnSet),
    AddMany(TableId, ColumnSet),
    RaiseMany(TableId, usize),
    NextKeys(TableId),
    /// Waits for stripes.
    WaitStripes,
    /// Takes stripes that are free.
    TryStripes(Hold),
    /// An insert of many rows into a log.
    LogMany(TableId),
    LogHorizon(TableId),
    LogRows(TableId),
    TrimLog(TableId),
    MarkLog(TableId),
}

impl Session {
    /// The prepared statement.
    pub(crate) fn statement(&mut self, which: Prepared) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(&which) {
            return Ok(statement.clone());
        }
        self.send_pending()?;
        let sql = self.text(which);
        let prepared = self.client.prepare(&sql, &[]);
        let statement = prepared.map_err(|error| self.failed(&error))?;
        self.statements.insert(which, statement.clone());
        Ok(statement)
    }

    /// A statement of any text, prepared for these parameters.
    pub(super) fn statement_for(
        &mut self,
        sql: String,
        binds: &[store::cell::Cell<'_>],
    ) -> Result<Statement, Error> {
        let types: Vec<Type> = binds.iter().map(type_of).collect();
        let key = (sql, types);
        if let Some(statement) = self.selects.get(&key) {
            return Ok(statement.clone());
        }
        self.send_pending()?;
        let prepared = self.client.prepare(&key.0, &key.1);
        let statement = prepared.map_err(|error| self.failed(&error))?;
        if self.selects.len() >= SELECTS {
            self.selects.clear();
        }
        self.selects.insert(key, statement.clone());
        Ok(statement)
    }

    /// Forgets the statements whose text holds the day.
    pub(super) fn forget_days(&mut self) {
        self.statements
            .retain(|prepared, _| !matches!(prepared, Prepared::Get(_) | Prepared::GetMany(..)));
    }

    fn text(&self, which: Prepared) -> String {
        let read = |id| self.context.tables.table(id);
        let written = |id| self.context.written(id);
        match which {
            Prepared::Get(id) => store::get(read(id), self.today, &self.context.model, DIALECT),
            Prepared::Exists(id) => store::exists(read(id), DIALECT),
            Prepared::Insert(id) => store::insert(written(id), DIALECT),
            Prepared::Append(id) => {
                let table = written(id);
                let key = table.key.iter().map(|c| &table.columns[*c].name);
                let key: Vec<_> = key.map(|name| format!("\"{name}\"")).collect();
                let insert = store::insert(table, DIALECT);
                format!("{insert} RETURNING {}", key.join(", "))
            }
            Prepared::Update(id, columns) => store::update(written(id), columns, DIALECT),
            Prepared::Delete(id) => store::delete(written(id), DIALECT),
            Prepared::DeleteSlots(id) => store::delete_where(written(id), &read(id).key, DIALECT),
            Prepared::GetMany(id, lock) => {
                // Not against a look at whether the row is there, but against all who write it.
                let get = store::get_many(read(id), self.today, &self.context.model);
                get + match lock {
                    Lock::Wait => " FOR NO KEY UPDATE",
                    Lock::NoWait => " FOR NO KEY UPDATE NOWAIT",
                }
            }
            Prepared::KeysMany(id) => store::keys_many(read(id)),
            Prepared::InsertMany(id) => store::insert_many(written(id), &stored(written(id))),
            Prepared::UpdateMany(id, columns) => store::update_many(written(id), columns),
            Prepared::AddMany(id, columns) => store::add_many(written(id), columns),
            Prepared::RaiseMany(id, column) if read(id).counters => {
                store::raise_slots(written(id), column)
            }
            Prepared::RaiseMany(id, column) => store::raise_many(written(id), column),
            Prepared::NextKeys(id) => store::next_keys(written(id)),
            Prepared::WaitStripes => stripes::wait_shared(),
            Prepared::TryStripes(hold) => stripes::try_hold(hold),
            Prepared::LogMany(id) => store::insert_many(read(id), &store::stored_columns(read(id))),
            Prepared::LogHorizon(id) => store::log_horizon(read(id), DIALECT),
            Prepared::LogRows(id) => store::log_rows(read(id), DIALECT),
            Prepared::TrimLog(id) => store::trim_log(read(id), DIALECT),
            Prepared::MarkLog(id) => store::mark_log(read(id), DIALECT),
        }
    }
}
