//! Reading: the snapshot's side of a session.

use std::borrow::Cow;

use edm::Value;
use odata::Error;
use rusqlite::CachedStatement;
use rusqlite::types::ValueRef;
use store::cell::{Cell, decode_row};
use store::changes::{Horizon, LogPlace};
use store::{AggregatedSink, Aggregation, Cells, Dialect, Reader, Row, Select, TableId};

use super::{Prepared, Session, bind};
use crate::{failure, migrate};

pub(crate) struct SqliteRow<'r, 's>(pub(crate) &'r rusqlite::Row<'s>);

impl Cells for SqliteRow<'_, '_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, Error> {
        Ok(match self.0.get_ref(index).map_err(|e| failure(&e))? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(n) => Cell::Integer(n),
            ValueRef::Real(x) => Cell::Real(x),
            ValueRef::Text(text) => Cell::Text(Cow::Borrowed(
                std::str::from_utf8(text).map_err(Error::internal)?,
            )),
            ValueRef::Blob(bytes) => Cell::Blob(Cow::Borrowed(bytes)),
        })
    }
}

impl<'c> Session<'c> {
    /// A select or its count, with its values bound.
    fn prepared_select(
        &mut self,
        select: &Select<'_>,
        count: bool,
    ) -> Result<CachedStatement<'c>, Error> {
        self.settle_additions(select.table)?;
        let (model, tables) = (&self.context.model, &self.context.tables);
        let emitted = store::select(model, tables, Dialect::Sqlite, select, count)?;
        let prepared = self.connection.prepare_cached(&emitted.sql);
        let mut statement = prepared.map_err(|e| failure(&e))?;
        bind(&mut statement, &emitted.binds).map_err(|e| failure(&e))?;
        Ok(statement)
    }
}

impl Reader for Session<'_> {
    fn everything(&mut self) -> &mut dyn Reader {
        self
    }

    fn select(
        &mut self,
        select: &Select<'_>,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.prepared_select(select, false)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            sink(&SqliteRow(row))?;
        }
        Ok(())
    }

    fn count(&mut self, select: &Select<'_>) -> Result<u64, Error> {
        let mut statement = self.prepared_select(select, true)?;
        let mut rows = statement.raw_query();
        let row = rows.next().map_err(|e| failure(&e))?;
        let count: i64 = row
            .map_or(Ok(0), |row| row.get(0))
            .map_err(|e| failure(&e))?;
        u64::try_from(count).map_err(Error::internal)
    }

    fn check_version(&mut self) -> Result<(), Error> {
        let found = migrate::version(self.connection).map_err(|e| failure(&e))?;
        match found == self.context.version {
            true => Ok(()),
            false => Err(store::other_version(
                found.into(),
                self.context.version.into(),
            )),
        }
    }

    fn aggregate(
        &mut self,
        aggregation: &Aggregation<'_>,
        sink: &mut AggregatedSink<'_>,
    ) -> Result<(), Error> {
        self.settle_additions(aggregation.input.table)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let (emitted, columns) = store::aggregate(&model, &tables, Dialect::Sqlite, aggregation)?;
        let prepared = self.connection.prepare_cached(&emitted.sql);
        let mut statement = prepared.map_err(|e| failure(&e))?;
        bind(&mut statement, &emitted.binds).map_err(|e| failure(&e))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            let values = store::decode_aggregated(&model, &columns, &SqliteRow(row))?;
            sink(&columns, values)?;
        }
        Ok(())
    }

    fn get(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
        self.settle_additions(table)?;
        let cells = self.key_cells(table, key)?;
        let (model, tables) = (self.context.model.clone(), self.context.tables.clone());
        let statement = self
            .statement(Prepared::Get(table))
            .map_err(|e| failure(&e))?;
        bind(statement, &cells).map_err(|e| failure(&e))?;
        let mut rows = statement.raw_query();
        match rows.next().map_err(|e| failure(&e))? {
            Some(row) => Ok(Some(decode_row(
                &model,
                tables.table(table),
                &SqliteRow(row),
            )?)),
            None => Ok(None),
        }
    }

    fn exists(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
        self.settle_additions(table)?;
        let cells = self.key_cells(table, key)?;
        let statement = self
            .statement(Prepared::Exists(table))
            .map_err(|e| failure(&e))?;
        bind(statement, &cells).map_err(|e| failure(&e))?;
        let mut rows = statement.raw_query();
        Ok(rows.next().map_err(|e| failure(&e))?.is_some())
    }
    fn log_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
        self.read_horizon(log)
    }

    fn log_rows(
        &mut self,
        log: TableId,
        after: LogPlace,
        limit: u64,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.read_log(log, after, limit, sink)
    }
}
