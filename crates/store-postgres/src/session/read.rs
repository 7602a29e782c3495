//! Reading: the snapshot's side of a session.

use edm::Value;
use odata::Error;
use store::cell::decode_row;
use store::changes::{Horizon, LogPlace};
use store::{AggregatedSink, Aggregation, Cells, Dialect, Reader, Row, Select, TableId};

use super::Session;
use super::prepared::Prepared;
use crate::migrate;
use crate::stripes::Hold;
use crate::values::PostgresRow;

impl Session {
    /// Runs a select or its count.
    fn run_select(
        &mut self,
        select: &Select<'_>,
        count: bool,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.cover_select(select)?;
        // It may read other tables, too.
        self.flush_additions(None)?;
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
}

impl Reader for Session {
    fn everything(&mut self) -> &mut dyn Reader {
        self
    }

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
        self.cover_all()?;
        self.flush_additions(None)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let (emitted, columns) = store::aggregate(&model, &tables, Dialect::Postgres, aggregation)?;
        self.run_statement(emitted, &mut |cells| {
            sink(&columns, store::decode_aggregated(&model, &columns, cells)?)
        })
    }

    fn get(&mut self, id: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
        self.settle_additions(id)?;
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(None);
        };
        self.cover(id, &cells, Hold::Alone)?;
        let Some(row) = self.query_one(Prepared::Get(id), &cells)? else {
            return Ok(None);
        };
        let (model, tables) = (&self.context.model, &self.context.tables);
        decode_row(model, tables.table(id), &PostgresRow(&row)).map(Some)
    }

    fn exists(&mut self, id: TableId, key: &[Value]) -> Result<bool, Error> {
        self.settle_additions(id)?;
        let Some(cells) = self.key_cells(id, key)? else {
            return Ok(false);
        };
        self.cover(id, &cells, Hold::Shared)?;
        Ok(self.query_one(Prepared::Exists(id), &cells)?.is_some())
    }

    fn check_version(&mut self) -> Result<(), Error> {
        self.flush_additions(None)?;
        let mut found = None;
        let statement = self.statement_for(migrate::VERSION.to_owned(), &[])?;
        self.query(&statement, &[], |row| {
            found = row.try_get::<_, i64>(0).ok();
            true
        })?;
        let (found, known) = (found.unwrap_or(-1), self.context.version);
        match found == known {
            true => Ok(()),
            false => Err(store::other_version(found, known)),
        }
    }

    fn log_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
        self.cover_all()?;
        self.read_horizon(log)
    }

    fn log_rows(
        &mut self,
        log: TableId,
        after: LogPlace,
        limit: u64,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.cover_all()?;
        self.read_log(log, after, limit, sink)
    }
}
