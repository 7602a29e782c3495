//! Prepared statements: those of fixed text by what they are for, selects by their text and the
//! types of their parameters.

use odata::Error;
use store::{ColumnSet, Dialect, TableId};
use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use super::{Access, Session};
use crate::values::type_of;

/// Selects that stay prepared; when there are more, all are forgotten.
const SELECTS: usize = 256;

/// How a row that is read is locked.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lock {
    Not,
    Wait,
    NoWait,
}

/// Which prepared statement.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Prepared {
    Get(TableId, Lock),
    Exists(TableId, Lock),
    Insert(TableId),
    Append(TableId),
    Update(TableId, ColumnSet),
    Add(TableId, ColumnSet),
    Raise(TableId, usize),
    Delete(TableId),
}

impl Session {
    pub(super) fn lock(&self) -> Lock {
        match self.access {
            Access::Snapshot | Access::Alone => Lock::Not,
            Access::Shared { waits: true } => Lock::Wait,
            Access::Shared { waits: false } => Lock::NoWait,
        }
    }

    /// The prepared statement.
    pub(super) fn statement(&mut self, which: Prepared) -> Result<Statement, Error> {
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

    fn text(&self, which: Prepared) -> String {
        const DIALECT: Dialect = Dialect::Postgres;
        let table = |id| self.context.tables.table(id);
        match which {
            Prepared::Get(id, lock) => {
                let get = store::get(table(id), self.today, &self.context.model, DIALECT);
                // Not against a child's look at its parent, but against all who judge and write.
                get + locking(lock, " FOR NO KEY UPDATE")
            }
            Prepared::Exists(id, lock) => {
                store::exists(table(id), DIALECT) + locking(lock, " FOR KEY SHARE")
            }
            Prepared::Insert(id) => store::insert(table(id), DIALECT),
            Prepared::Append(id) => {
                let key: Vec<_> = table(id)
                    .key
                    .iter()
                    .map(|column| format!("\"{}\"", table(id).columns[*column].name))
                    .collect();
                format!(
                    "{} RETURNING {}",
                    store::insert(table(id), DIALECT),
                    key.join(", ")
                )
            }
            Prepared::Update(id, columns) => store::update(table(id), columns, DIALECT),
            Prepared::Add(id, columns) => store::upsert_add(table(id), columns, DIALECT),
            Prepared::Raise(id, column) => store::raise(table(id), column, DIALECT),
            Prepared::Delete(id) => store::delete(table(id), DIALECT),
        }
    }
}

fn locking(lock: Lock, words: &'static str) -> &'static str {
    match (lock, words) {
        (Lock::Not, _) => "",
        (Lock::Wait, words) => words,
        (Lock::NoWait, " FOR KEY SHARE") => " FOR KEY SHARE NOWAIT",
        (Lock::NoWait, _) => " FOR NO KEY UPDATE NOWAIT",
    }
}
