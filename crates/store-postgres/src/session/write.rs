//! Writing: the transaction's side of a session that runs alone.

use edm::Value;
use edm::time::DateTimeOffset;
use odata::Error;
use store::additions::Held;
use store::cell::Cell;
use store::changes::LogPlace;
use store::{Cells as _, ColumnSet, Dialect, Reader as _, Row, TableId, Transaction};
use tokio_postgres::Statement;

use super::Session;
use super::prepared::Prepared;
use crate::stripes::Hold;
use crate::values::PostgresRow;

impl Session {
    /// Writes a row of counters into the first slot.
    fn insert_counters(&mut self, id: TableId, row: &Row) -> Result<(), Error> {
        let context = self.context.clone();
        let slots = context.written(id);
        let mut whole = row.clone();
        whole.push(Value::Integer(0));
        let stored = store::stored_columns(slots).into_iter();
        let cells = store::bind_row(&context.model, slots, stored, &whole)?;
        self.execute(Prepared::Insert(id), &cells).map(|_| ())
    }

    /// Puts what all slots sum up to, with these columns changed, into the first slot.
    fn update_counters(
        &mut self,
        id: TableId,
        key: &[Value],
        columns: ColumnSet,
        row: &Row,
    ) -> Result<bool, Error> {
        let Some(mut now) = self.get(id, key)? else {
            return Ok(false);
        };
        for column in columns.iter() {
            now[column] = row[column].clone();
        }
        let tables = self.tables();
        if let Some(version) = tables.table(id).version.filter(|v| !columns.contains(*v)) {
            let next = now[version].as_i64().unwrap_or(0).saturating_add(1);
            now[version] = Value::Integer(next);
        }
        self.delete_counters(id, key)?;
        self.insert_counters(id, &now)?;
        Ok(true)
    }

    fn delete_counters(&mut self, id: TableId, key: &[Value]) -> Result<bool, Error> {
        let Some(mut cells) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        self.cover(id, &cells, Hold::Alone)?;
        cells.push(Cell::Integer(i64::MAX));
        Ok(self.execute(Prepared::DeleteSlots(id), &cells)? > 0)
    }

    /// Additions commute: those of others may come between.
    fn cover_addition(&mut self, id: TableId, key: &[Value]) -> Result<(), Error> {
        match self.key_cells(id, key)? {
            Some(cells) => {
                let cells: Vec<_> = cells.into_iter().map(Cell::into_owned).collect();
                self.cover(id, &cells, Hold::Shared)
            }
            None => Ok(()),
        }
    }

    /// Carries out a statement that removes rows, and logs them if their table is tracked.
    fn remove(
        &mut self,
        id: TableId,
        statement: &Statement,
        cells: &[Cell<'_>],
    ) -> Result<u64, Error> {
        let mut rows = Vec::new();
        let removed = self.query(statement, cells, |row| {
            rows.push(row);
            true
        })?;
        for row in &rows {
            self.log_removed(id, row)?;
        }
        Ok(removed)
    }
}

impl Transaction for Session {
    fn unconfined(&mut self) -> &mut dyn Transaction {
        self
    }

    fn insert(&mut self, id: TableId, row: &Row) -> Result<bool, Error> {
        let (model, tables) = (self.model(), self.tables());
        let table = tables.table(id);
        if let Some(key) = self.key_cells(id, &table.key_of(row))? {
            self.cover(id, &key, Hold::Alone)?;
        }
        // An addition may have made the row.
        self.settle_additions(id)?;
        if table.counters {
            if self.exists(id, &table.key_of(row))? {
                return Ok(false);
            }
            return self.insert_counters(id, row).map(|()| true);
        }
        let stored = store::stored_columns(table).into_iter();
        let cells = store::bind_row(&model, table, stored, row)?;
        let written = self.execute(Prepared::Insert(id), &cells)? == 1;
        if written {
            self.log_row(id, row)?;
        }
        Ok(written)
    }

    fn touch(&mut self) -> Result<(), Error> {
        // The commit writes the group's record.
        Ok(())
    }

    fn append(&mut self, id: TableId, row: &Row) -> Result<i64, Error> {
        let (model, tables) = (self.model(), self.tables());
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
        let (model, tables) = (self.model(), self.tables());
        let table = tables.table(id);
        if table.counters {
            return self.update_counters(id, key, columns, row);
        }
        let Some(key) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        self.cover(id, &key, Hold::Alone)?;
        let mut cells = store::bind_row(&model, table, columns.iter(), row)?;
        cells.extend(key.iter().cloned());
        let updated = self.execute(Prepared::Update(id, columns), &cells)? == 1;
        if updated {
            self.log_key(id, &key, columns);
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
            self.cover_addition(table, key)?;
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
        self.cover_addition(table, key)?;
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
        if self.tables().table(id).counters {
            return self.delete_counters(id, key);
        }
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        self.cover(id, &cells, Hold::Alone)?;
        let statement = self.statement(Prepared::Delete(id))?;
        Ok(self.remove(id, &statement, &cells)? == 1)
    }

    fn delete_where(
        &mut self,
        id: TableId,
        fixed: &[(usize, Value)],
        limit: u32,
    ) -> Result<u32, Error> {
        self.cover_rows(id, fixed)?;
        self.settle_additions(id)?;
        let context = self.context.clone();
        let table = context.written(id);
        let columns: Vec<usize> = fixed.iter().map(|(column, _)| *column).collect();
        let sql = store::delete_where(table, &columns, Dialect::Postgres);
        let mut cells = Vec::with_capacity(fixed.len() + 1);
        for (column, value) in fixed {
            store::cell::encode(&context.model, &table.columns[*column], value, &mut cells)?;
        }
        cells.push(Cell::Integer(limit.into()));
        let statement = self.statement_for(sql, &cells)?;
        let removed = self.remove(id, &statement, &cells)?;
        u32::try_from(removed).map_err(Error::internal)
    }

    fn trim_log(&mut self, log: TableId, through: LogPlace) -> Result<(), Error> {
        self.cover_all()?;
        self.trim(log, through)
    }
}
