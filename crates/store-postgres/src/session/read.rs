//! Reading: the snapshot's side of a session.

use edm::Value;
use odata::Error;
use store::cell::decode_row;
use store::{AggregatedSink, Aggregation, Cells, Dialect, Reader, Row, Select, TableId};

use super::prepared::Prepared;
use super::{Access, Session};
use crate::values::PostgresRow;

impl Session {
    /// Runs a select or its count.
    fn run_select(
        &mut self,
        select: &Select<'_>,
        count: bool,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.needs_all()?;
        self.settle_additions(select.table)?;
        let (model, tables) = (&self.context.model, &self.context.tables);
        let emitted = store::select(model, tables, Dialect::Postgres, select, count)?;
        self.run_statement(emitted, sink)
    }

    fn run_statement(
        &mut self,
        emitted: store::Statement,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let statement = self.statement_for(emitted.sql, &emitted.binds)?;
        let mut sunk = Ok(());
        self.query(&statement, &emitted.binds, |row| {
            sunk = sink(&PostgresRow(&row));
            sunk.is_ok()
        })?;
        sunk
    }

    /// A row of a view is made of rows that no lock by its key holds.
    fn needs_all_for(&mut self, table: TableId) -> Result<(), Error> {
        match self.context.tables.table(table).view {
            Some(_) => self.needs_all(),
            None => Ok(()),
        }
    }

    /// Keeps in mind that the command at hand found no row.
    fn note_absent(&mut self, table: TableId, key: &[Value]) {
        if matches!(self.access, Access::Shared { .. }) {
            self.absent.push((table, key.to_vec()));
        }
    }
}

impl Reader for Session {
    fn select(
        &mut self,
        select: &Select<'_>,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.run_select(select, false, sink)
    }

    fn count(&mut self, select: &Select<'_>) -> Result<u64, Error> {
        let mut count = None;
        self.run_select(select, true, &mut |cells| {
            if let store::cell::Cell::Integer(n) = cells.cell(0)? {
                count = u64::try_from(n).ok();
            }
            Ok(())
        })?;
        count.ok_or_else(|| Error::internal("a count that is no number"))
    }

    fn aggregate(
        &mut self,
        aggregation: &Aggregation<'_>,
        sink: &mut AggregatedSink<'_>,
    ) -> Result<(), Error> {
        self.needs_all()?;
        self.settle_additions(aggregation.input.table)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let (emitted, columns) = store::aggregate(&model, &tables, Dialect::Postgres, aggregation)?;
        self.run_statement(emitted, &mut |cells| {
            sink(&columns, store::decode_aggregated(&model, &columns, cells)?)
        })
    }

    fn get(&mut self, id: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
        self.needs_all_for(id)?;
        self.settle_additions(id)?;
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(None);
        };
        let Some(row) = self.query_one(Prepared::Get(id, self.lock()), &cells)? else {
            self.note_absent(id, key);
            return Ok(None);
        };
        let (model, tables) = (&self.context.model, &self.context.tables);
        decode_row(model, tables.table(id), &PostgresRow(&row)).map(Some)
    }

    fn exists(&mut self, id: TableId, key: &[Value]) -> Result<bool, Error> {
        self.needs_all_for(id)?;
        self.settle_additions(id)?;
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        let row = self.query_one(Prepared::Exists(id, self.lock()), &cells)?;
        if row.is_none() {
            self.note_absent(id, key);
        }
        Ok(row.is_some())
    }
}
