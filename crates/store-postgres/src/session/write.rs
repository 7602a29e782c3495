//! Writing: the transaction's side of a session.

use edm::Value;
use edm::time::DateTimeOffset;
use odata::Error;
use store::additions::Held;
use store::cell::Cell;
use store::{Cells as _, ColumnSet, Dialect, Reader as _, Row, TableId, Transaction};

use super::prepared::Prepared;
use super::{Access, Session};
use crate::values::PostgresRow;

impl Session {
    /// Writes the additions held back for a table before it is read.
    pub(super) fn settle_additions(&mut self, table: TableId) -> Result<(), Error> {
        if self.access == Access::Snapshot {
            return Ok(());
        }
        if self.context.tables.table(table).reads_others {
            return self.flush_additions(None);
        }
        if !self.additions.concern(table) {
            return Ok(());
        }
        self.flush_additions(Some(table))
    }

    /// Writes the additions held back, for one table or for all.
    pub(super) fn flush_additions(&mut self, only: Option<TableId>) -> Result<(), Error> {
        for (id, held) in self.additions.take(only) {
            // First the amounts: a time is raised also in a row that they make.
            self.add_now(id, &held)?;
            self.raise_now(id, &held)?;
        }
        Ok(())
    }

    fn sure_key<'v>(&self, id: TableId, key: &'v [Value]) -> Result<Vec<Cell<'v>>, Error> {
        self.key_cells(id, key)?
            .ok_or_else(|| Error::internal("an addition to a key with U+0000"))
    }

    fn add_now(&mut self, id: TableId, held: &Held) -> Result<(), Error> {
        let sums = held.sums();
        if sums.is_empty() {
            return Ok(());
        }
        let columns: ColumnSet = sums.iter().map(|(column, _)| *column).collect();
        let mut cells = self.sure_key(id, &held.key)?;
        cells.extend(sums.iter().map(|(_, amount)| Cell::Integer(*amount)));
        self.execute(Prepared::Add(id, columns), &cells).map(|_| ())
    }

    fn raise_now(&mut self, id: TableId, held: &Held) -> Result<(), Error> {
        for (column, time) in &held.latest {
            let instant = Cell::Integer(time.ticks);
            let mut cells = vec![instant.clone(), Cell::Integer(time.form.to_i32().into())];
            cells.extend(self.sure_key(id, &held.key)?);
            cells.push(instant);
            self.execute(Prepared::Raise(id, *column), &cells)?;
        }
        Ok(())
    }
}

impl Transaction for Session {
    fn insert(&mut self, id: TableId, row: &Row) -> Result<bool, Error> {
        // An addition may have made the row.
        self.settle_additions(id)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let stored = store::stored_columns(table).into_iter();
        let cells = store::bind_row(&model, table, stored, row)?;
        let written = self.execute(Prepared::Insert(id), &cells)? == 1;
        if !written && self.absent.contains(&(id, table.key_of(row))) {
            // The command has judged by a row that was not there and now is.
            return Err(self.conflict("another group wrote the row first"));
        }
        Ok(written)
    }

    fn append(&mut self, id: TableId, row: &Row) -> Result<i64, Error> {
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let stored = store::stored_columns(table).into_iter();
        let cells = store::bind_row(&model, table, stored, row)?;
        let key = self.query_one(Prepared::Append(id), &cells)?;
        let key = key.ok_or_else(|| Error::internal("an appended row without a key"))?;
        match PostgresRow(&key).cell(0)? {
            Cell::Integer(key) => Ok(key),
            other => Err(Error::internal(format!("the key of a row is {other:?}"))),
        }
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
            return self.exists(id, key);
        }
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let Some(key) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        let mut cells = store::bind_row(&model, table, columns.iter(), row)?;
        cells.extend(key);
        Ok(self.execute(Prepared::Update(id, columns), &cells)? == 1)
    }

    fn add(
        &mut self,
        table: TableId,
        key: &[Value],
        amounts: &[(usize, i64)],
    ) -> Result<(), Error> {
        if amounts.iter().any(|(_, amount)| *amount != 0) {
            let held = Held {
                key: key.to_vec(),
                amounts: amounts.to_vec(),
                latest: Vec::new(),
            };
            self.additions.add(table, held);
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
        let held = Held {
            key: key.to_vec(),
            amounts: Vec::new(),
            latest: vec![(column, time)],
        };
        self.additions.add(table, held);
        Ok(())
    }

    fn delete(&mut self, id: TableId, key: &[Value]) -> Result<bool, Error> {
        self.settle_additions(id)?;
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        Ok(self.execute(Prepared::Delete(id), &cells)? == 1)
    }

    fn delete_where(
        &mut self,
        id: TableId,
        fixed: &[(usize, Value)],
        limit: u32,
    ) -> Result<u32, Error> {
        self.needs_all()?;
        self.settle_additions(id)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let table = tables.table(id);
        let columns: Vec<usize> = fixed.iter().map(|(column, _)| *column).collect();
        let sql = store::delete_where(table, &columns, Dialect::Postgres);
        let mut cells = Vec::with_capacity(fixed.len() + 1);
        for (column, value) in fixed {
            store::cell::encode(&model, &table.columns[*column], value, &mut cells)?;
        }
        cells.push(Cell::Integer(limit.into()));
        let statement = self.statement_for(sql, &cells)?;
        let removed = self.execute_statement(&statement, &cells)?;
        u32::try_from(removed).map_err(Error::internal)
    }
}
