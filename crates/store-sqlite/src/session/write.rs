//! Writing: the transaction's side of a session.

use edm::Value;
use edm::time::DateTimeOffset;
use odata::Error;
use rusqlite::CachedStatement;
use store::additions::Held;
use store::cell::Cell;
use store::changes::LogPlace;
use store::{ColumnSet, Dialect, Row, TableId, Transaction};

use super::{Prepared, Session, bind};
use crate::{failure, migrate};

impl<'c> Session<'c> {
    /// Writes the additions held back for a table before it is read.
    pub(super) fn settle_additions(&mut self, table: TableId) -> Result<(), Error> {
        if self.context.tables.table(table).reads_others {
            return self.flush_additions(None).map_err(|e| failure(&e));
        }
        if !self.additions.concern(table) {
            return Ok(());
        }
        self.flush_additions(Some(table)).map_err(|e| failure(&e))
    }

    /// Writes the additions held back, for one table or for all.
    pub(super) fn flush_additions(&mut self, only: Option<TableId>) -> rusqlite::Result<()> {
        for (id, held) in self.additions.take(only) {
            // First the amounts: a time is raised also in a row that they make.
            self.add_now(id, &held)?;
            self.raise_now(id, &held)?;
            self.log_held(id, &held).map_err(ours)?;
        }
        Ok(())
    }

    fn add_now(&mut self, id: TableId, held: &Held) -> rusqlite::Result<()> {
        let amounts = held.sums();
        if amounts.is_empty() {
            return Ok(());
        }
        let columns: ColumnSet = amounts.iter().map(|(column, _)| *column).collect();
        let mut cells = self.key_cells(id, &held.key).map_err(ours)?;
        cells.extend(amounts.iter().map(|(_, amount)| Cell::Integer(*amount)));
        let statement = self.statement(Prepared::Add(id, columns))?;
        bind(statement, &cells)?;
        statement.raw_execute()?;
        Ok(())
    }

    fn raise_now(&mut self, id: TableId, held: &Held) -> rusqlite::Result<()> {
        for (column, time) in &held.latest {
            let key = self.key_cells(id, &held.key).map_err(ours)?;
            let instant = Cell::Integer(time.ticks);
            let mut cells = vec![instant.clone(), Cell::Integer(time.form.to_i32().into())];
            cells.extend(key);
            cells.push(instant);
            let statement = self.statement(Prepared::Raise(id, *column))?;
            bind(statement, &cells)?;
            statement.raw_execute()?;
        }
        Ok(())
    }

    fn log_of(&self, table: TableId) -> Option<TableId> {
        let changes = self.context.tables.table(table).changes.as_ref();
        changes.map(|log| log.table)
    }

    /// A statement of any text, with these values bound.
    fn prepare(&self, sql: &str, cells: &[Cell<'_>]) -> Result<CachedStatement<'c>, Error> {
        let prepared = self.connection.prepare_cached(sql);
        let mut statement = prepared.map_err(|e| failure(&e))?;
        bind(&mut statement, cells).map_err(|e| failure(&e))?;
        Ok(statement)
    }

    /// Removes rows of a tracked table, logs them, and says how many they are.
    fn remove(&mut self, log: TableId, sql: &str, cells: &[Cell<'_>]) -> Result<usize, Error> {
        let mut statement = self.prepare(sql, cells)?;
        self.log_removed(log, &mut statement)
    }

    /// Logs that additions changed a row.
    fn log_held(&mut self, id: TableId, held: &Held) -> Result<(), Error> {
        if self.context.tables.table(id).changes.is_none() {
            return Ok(());
        }
        let amounts = held.amounts.iter().map(|(column, _)| *column);
        let columns = amounts.chain(held.latest.iter().map(|(column, _)| *column));
        let key = self.key_cells(id, &held.key)?;
        self.log_key(id, key, columns.collect())
    }

    fn insert_row(&mut self, id: TableId, row: &Row) -> Result<bool, Error> {
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let stored = store::stored_columns(table);
        let cells = store::bind_row(&model, table, stored.into_iter(), row)?;
        Ok(self.run(Prepared::Insert(id), &cells)? == 1)
    }
}

/// A key that does not fit its table, as an error of the transaction.
fn ours(error: Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

impl Transaction for Session<'_> {
    fn unconfined(&mut self) -> &mut dyn Transaction {
        self
    }

    fn insert(&mut self, id: TableId, row: &Row) -> Result<bool, Error> {
        // An addition may have made the row.
        self.settle_additions(id)?;
        let inserted = self.insert_row(id, row)?;
        if inserted {
            self.log_row(id, row)?;
        }
        Ok(inserted)
    }

    fn touch(&mut self) -> Result<(), Error> {
        migrate::touch(self.connection).map_err(|e| failure(&e))
    }

    fn append(&mut self, id: TableId, row: &Row) -> Result<i64, Error> {
        self.insert_row(id, row)?;
        Ok(self.connection.last_insert_rowid())
    }

    fn update(
        &mut self,
        id: TableId,
        key: &[Value],
        columns: ColumnSet,
        row: &Row,
    ) -> Result<bool, Error> {
        self.settle_additions(id)?;
        if columns.is_empty() {
            return store::Reader::exists(self, id, key);
        }
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let mut cells = store::bind_row(&model, table, columns.iter(), row)?;
        let key = self.key_cells(id, key)?;
        cells.extend(key.iter().cloned());
        let updated = self.run(Prepared::Update(id, columns), &cells)? == 1;
        if updated {
            self.log_key(id, key, columns)?;
        }
        Ok(updated)
    }

    fn add(
        &mut self,
        table: TableId,
        key: &[Value],
        amounts: &[(usize, i64)],
    ) -> Result<(), Error> {
        if amounts.iter().any(|(_, amount)| *amount != 0) {
            let (key, amounts) = (key.to_vec(), amounts.to_vec());
            self.additions.add(
                table,
                Held {
                    key,
                    amounts,
                    latest: Vec::new(),
                },
            );
        }
        Ok(())
    }

    fn raise(
        &mut self,
        table: TableId,
        key: &[Value],
        column: usize,
        time: DateTimeOffset,
    ) -> Result<(), Error> {
        let (key, latest) = (key.to_vec(), vec![(column, time)]);
        self.additions.add(
            table,
            Held {
                key,
                amounts: Vec::new(),
                latest,
            },
        );
        Ok(())
    }

    fn delete(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
        self.settle_additions(table)?;
        let cells = self.key_cells(table, key)?;
        let Some(log) = self.log_of(table) else {
            return Ok(self.run(Prepared::Delete(table), &cells)? == 1);
        };
        let sql = store::delete(self.context.tables.table(table), Dialect::Sqlite);
        self.remove(log, &sql, &cells).map(|removed| removed == 1)
    }

    fn delete_where(
        &mut self,
        id: TableId,
        fixed: &[(usize, Value)],
        limit: u32,
    ) -> Result<u32, Error> {
        self.settle_additions(id)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let columns: Vec<usize> = fixed.iter().map(|(column, _)| *column).collect();
        let sql = store::delete_where(table, &columns, Dialect::Sqlite);
        let mut cells = Vec::with_capacity(fixed.len() + 1);
        for (column, value) in fixed {
            store::cell::encode(&model, &table.columns[*column], value, &mut cells)?;
        }
        cells.push(Cell::Integer(limit.into()));
        let removed = match self.log_of(id) {
            Some(log) => self.remove(log, &sql, &cells)?,
            None => {
                let mut statement = self.prepare(&sql, &cells)?;
                statement.raw_execute().map_err(|e| failure(&e))?
            }
        };
        u32::try_from(removed).map_err(Error::internal)
    }

    fn trim_log(&mut self, log: TableId, through: LogPlace) -> Result<(), Error> {
        self.trim(log, through)
    }
}
