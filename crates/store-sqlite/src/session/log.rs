//! The logs of changes: a row for each row of a tracked table that is written.

use odata::Error;
use store::cell::Cell;
use store::changes::{Horizon, LogPlace};
use store::{Cells, ColumnSet, Dialect, Row, TableId};

use super::read::SqliteRow;
use super::{Prepared, Session, bind};
use crate::failure;

impl Session<'_> {
    /// Logs a new row, if its table is tracked.
    pub(super) fn log_row(&mut self, id: TableId, row: &Row) -> Result<(), Error> {
        let tables = self.context.tables.clone();
        let table = tables.table(id);
        let Some(log) = &table.changes else {
            return Ok(());
        };
        let model = self.context.model.clone();
        let cells = log.cells_of_row(&model, table, row)?;
        self.append_log(log.table, cells)
    }

    /// Logs the row of a key, if its table is tracked and the change of these columns shows.
    pub(super) fn log_key(
        &mut self,
        id: TableId,
        key: Vec<Cell<'_>>,
        columns: ColumnSet,
    ) -> Result<(), Error> {
        let tables = self.context.tables.clone();
        let table = tables.table(id);
        match &table.changes {
            Some(log) if log.shows(columns) => {
                self.append_log(log.table, log.cells_of_key(table, key))
            }
            _ => Ok(()),
        }
    }

    /// Logs what a statement answers of the rows of a tracked table that it removes, and says how
    /// many they are.
    pub(super) fn log_removed(
        &mut self,
        log: TableId,
        statement: &mut rusqlite::Statement<'_>,
    ) -> Result<usize, Error> {
        let width = statement.column_count();
        let mut removed = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            let row = SqliteRow(row);
            let cells = (0..width).map(|at| Ok(row.cell(at)?.into_owned()));
            removed.push(cells.collect::<Result<Vec<_>, Error>>()?);
        }
        drop(rows);
        let count = removed.len();
        for cells in removed {
            self.append_log(log, cells)?;
        }
        Ok(count)
    }

    fn append_log(&mut self, log: TableId, mut cells: Vec<Cell<'_>>) -> Result<(), Error> {
        cells.push(Cell::Integer(self.today.into()));
        self.run(Prepared::Insert(log), &cells).map(|_| ())
    }

    pub(super) fn read_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
        let statement = self.statement(Prepared::LogHorizon(log));
        let mut rows = statement.map_err(|e| failure(&e))?.raw_query();
        match rows.next().map_err(|e| failure(&e))? {
            Some(row) => Horizon::read(&SqliteRow(row)),
            None => Err(Error::internal("a log without a horizon")),
        }
    }

    pub(super) fn read_log(
        &mut self,
        log: TableId,
        after: LogPlace,
        limit: u64,
        sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut cells = after.cells(Dialect::Sqlite);
        cells.push(Cell::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let statement = self.statement(Prepared::LogRows(log));
        let statement = statement.map_err(|e| failure(&e))?;
        bind(statement, &cells).map_err(|e| failure(&e))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| failure(&e))? {
            sink(&SqliteRow(row))?;
        }
        Ok(())
    }

    pub(super) fn trim(&mut self, log: TableId, through: LogPlace) -> Result<(), Error> {
        let cells = through.cells(Dialect::Sqlite);
        self.run(Prepared::TrimLog(log), &cells)?;
        self.run(Prepared::MarkLog(log), &cells).map(|_| ())
    }
}
