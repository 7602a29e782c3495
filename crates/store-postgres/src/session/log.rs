//! The logs of changes: a row for each row of a tracked table that is written. They are held back to
//! the end of the group, and written by one statement for each log.

use odata::Error;
use store::additions::Held;
use store::cell::Cell;
use store::changes::{Horizon, LogPlace};
use store::{Cells, ColumnSet, Dialect, Row, TableId};

use super::Session;
use super::prepared::Prepared;
use crate::client::{Ask, Bound};
use crate::values::PostgresRow;

/// What is to be logged at the end of the group: a log and the cells of its row.
#[derive(Default)]
pub(super) struct Pending {
    rows: Vec<(TableId, Vec<Cell<'static>>)>,
    /// How many there were before the command at hand.
    before: usize,
}

impl Pending {
    /// A command begins.
    pub(super) fn begin(&mut self) {
        self.before = self.rows.len();
    }

    /// The command at hand is undone.
    pub(super) fn undo(&mut self) {
        self.rows.truncate(self.before);
    }
}

impl Session {
    /// Logs a new row, if its table is tracked.
    pub(crate) fn log_row(&mut self, id: TableId, row: &Row) -> Result<(), Error> {
        let table = self.context.tables.table(id);
        if let Some(log) = &table.changes {
            let cells = log.cells_of_row(&self.context.model, table, row)?;
            let cells = cells.into_iter().map(Cell::into_owned).collect();
            self.log.rows.push((log.table, cells));
        }
        Ok(())
    }

    /// Logs the row of a key, if its table is tracked and the change of these columns shows.
    pub(crate) fn log_key(&mut self, id: TableId, key: &[Cell<'_>], columns: ColumnSet) {
        let table = self.context.tables.table(id);
        if let Some(log) = table.changes.as_ref().filter(|log| log.shows(columns)) {
            let key = key.iter().map(|cell| cell.clone().into_owned()).collect();
            self.log
                .rows
                .push((log.table, log.cells_of_key(table, key)));
        }
    }

    /// Logs what a statement answered of a row of a tracked table that it removed.
    pub(super) fn log_removed(
        &mut self,
        id: TableId,
        row: &tokio_postgres::Row,
    ) -> Result<(), Error> {
        if let Some(log) = &self.context.tables.table(id).changes {
            let cells = PostgresRow(row);
            let cells = (0..row.len()).map(|at| Ok(cells.cell(at)?.into_owned()));
            let cells = cells.collect::<Result<Vec<_>, Error>>()?;
            self.log.rows.push((log.table, cells));
        }
        Ok(())
    }

    /// Logs that additions changed a row, if its table is tracked.
    pub(super) fn log_held(&mut self, id: TableId, held: &Held) -> Result<(), Error> {
        if self.context.tables.table(id).changes.is_none() {
            return Ok(());
        }
        let amounts = held.amounts.iter().map(|(column, _)| *column);
        let columns = amounts.chain(held.latest.iter().map(|(column, _)| *column));
        if let Some(key) = self.key_cells(id, &held.key)? {
            self.log_key(id, &key, columns.collect());
        }
        Ok(())
    }

    /// Writes what is to be logged.
    pub(super) fn write_log(&mut self) -> Result<(), Error> {
        let asks = self.ask_log()?;
        if asks.is_empty() {
            return Ok(());
        }
        self.ask_all(&asks).map(|_| ())
    }

    /// The statements that write what is to be logged, one for each log.
    pub(crate) fn ask_log(&mut self) -> Result<Vec<Ask<'static>>, Error> {
        let mut rows = std::mem::take(&mut self.log).rows;
        rows.sort_by_key(|(log, _)| *log);
        // A row that is written several times is logged once.
        rows.dedup();
        let day = Cell::Integer(self.today.into());
        let mut asks = Vec::new();
        for group in rows.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((log, first)) = group.first() else {
                continue;
            };
            let column = |at: usize| {
                let cells = group.iter().map(|(_, cells)| cells.get(at).cloned());
                Bound::Many(cells.map(|cell| cell.unwrap_or(Cell::Null)).collect())
            };
            let mut parameters: Vec<Bound<'static>> = (0..first.len()).map(column).collect();
            parameters.push(Bound::Many(vec![day.clone(); group.len()]));
            asks.push(Ask {
                statement: self.statement(Prepared::LogMany(*log))?,
                parameters,
            });
        }
        Ok(asks)
    }

    pub(super) fn read_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
        match self.query_one(Prepared::LogHorizon(log), &[])? {
            Some(row) => Horizon::read(&PostgresRow(&row)),
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
        let mut cells = after.cells(Dialect::Postgres);
        cells.push(Cell::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let statement = self.statement(Prepared::LogRows(log))?;
        let mut sunk = Ok(());
        self.query(&statement, &cells, |row| {
            sunk = sink(&PostgresRow(&row));
            sunk.is_ok()
        })?;
        sunk
    }

    pub(super) fn trim(&mut self, log: TableId, through: LogPlace) -> Result<(), Error> {
        let cells = through.cells(Dialect::Postgres);
        self.execute(Prepared::TrimLog(log), &cells)?;
        self.execute(Prepared::MarkLog(log), &cells).map(|_| ())
    }
}
