//! Change tracking: which rows changed or went since a point in time. A database writes one row of
//! the table's log with every row that it changes, in the same transaction; a delta query reads
//! the log behind its token, and the changed rows as they are now.

mod prune;

use std::collections::HashMap;

use edm::{Model, Value};
use odata::Error;

use crate::cell::{Cell, decode};
use crate::emit::{Dialect, place_width};
use crate::table::{ColumnSet, Row, Table, TableId, Tables};
use crate::transaction::{Cells, Reader};

pub use prune::{Retention, prune};

/// Rows of a log that one call of [`changes`] looks at: what concerns other collections of the
/// same table costs a bounded time.
const SCAN: u64 = 50_000;
/// The cells before a log's columns in [`Reader::log_rows`]: the place of the row.
const PLACE_WIDTH: usize = 2;

/// Where a tracked table's changes are logged.
#[derive(Clone, Debug)]
pub struct ChangeLog {
    /// The log.
    pub table: TableId,
    /// The column of the tracked table that each of the log's first columns is of: those of the
    /// primary key, then what else the entity's key in public is made of.
    pub sources: Vec<usize>,
    /// The columns of the log that say the entity's key in public, in the order of the type's key.
    pub public: Vec<usize>,
    /// The columns whose change can be seen from outside.
    pub visible: ColumnSet,
}

impl ChangeLog {
    /// The column of the log that holds a column of the tracked table.
    #[must_use]
    pub fn column_of(&self, column: usize) -> Option<usize> {
        self.sources.iter().position(|source| *source == column)
    }

    /// Whether an update of these columns is a change that is logged.
    #[must_use]
    pub fn shows(&self, columns: ColumnSet) -> bool {
        columns.iter().any(|column| self.visible.contains(column))
    }

    /// What a log row of a whole row says.
    ///
    /// # Errors
    /// If a value is not of its column's type.
    pub fn cells_of_row<'v>(
        &self,
        model: &Model,
        table: &Table,
        row: &'v Row,
    ) -> Result<Vec<Cell<'v>>, Error> {
        let mut cells = Vec::with_capacity(self.sources.len() + 2);
        for column in &self.sources {
            crate::cell::encode(model, &table.columns[*column], &row[*column], &mut cells)?;
        }
        Ok(cells)
    }

    /// What a log row says of which only the primary key is known: the row is there, and says the
    /// rest itself.
    #[must_use]
    pub fn cells_of_key<'v>(&self, table: &Table, mut key: Vec<Cell<'v>>) -> Vec<Cell<'v>> {
        for column in self.sources.iter().skip(table.key.len()) {
            key.extend((0..table.columns[*column].width()).map(|_| Cell::Null));
        }
        key
    }
}

/// A row's place in a log. Rows are read in the order of their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// The transaction that wrote it (PostgreSQL), or its number.
    pub sequence: i64,
    /// Its number in the log.
    pub number: i64,
}

impl LogPlace {
    /// Before every row of a sequence.
    #[must_use]
    pub fn before(sequence: i64) -> Self {
        Self {
            sequence: sequence.saturating_sub(1),
            number: i64::MAX,
        }
    }

    /// The values that statements of a dialect bind for it.
    #[must_use]
    pub fn cells(self, dialect: Dialect) -> Vec<Cell<'static>> {
        let mut cells = vec![Cell::Integer(self.sequence), Cell::Integer(self.number)];
        cells.truncate(place_width(dialect));
        cells
    }
}

/// How far a log goes in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Rows of this sequence and of lower ones may be gone; `None`: none ever went.
    pub pruned: Option<i64>,
    /// All rows of lower sequences that there will ever be are in the snapshot: what a token of
    /// the snapshot stands for.
    pub settled: i64,
    /// No row of the snapshot has this sequence or a higher one.
    pub end: i64,
    /// The number of the newest row; 0 if there is none.
    pub newest: i64,
}

impl Horizon {
    /// The horizon that the statement of [`log_horizon`](crate::log_horizon) answers.
    ///
    /// # Errors
    /// If the database holds what it cannot.
    pub fn read(cells: &dyn Cells) -> Result<Self, Error> {
        let number = |at: usize| match cells.cell(at)? {
            Cell::Integer(n) => Ok(n),
            found => Err(Error::internal(format!("a log's horizon is {found:?}"))),
        };
        let pruned = match cells.cell(0)? {
            Cell::Null => None,
            _ => Some(number(0)?),
        };
        Ok(Self {
            pruned,
            settled: number(1)?,
            end: number(2)?,
            newest: number(3)?,
        })
    }

    /// Whether all changes since a position are still in the log.
    #[must_use]
    pub fn covers(&self, position: i64) -> bool {
        self.pruned.is_none_or(|pruned| pruned < position) && (0..=self.end).contains(&position)
    }
}

/// A row that was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// Its primary key.
    pub key: Vec<Value>,
    /// The entity's key in public. `None`: only the row itself tells it; should the row be gone,
    /// its deletion is another change that does tell it.
    pub public: Option<Vec<Value>>,
}

/// Some of the changes behind a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Each row once.
    pub rows: Vec<Changed>,
    /// Behind which place there may be more.
    pub next: Option<LogPlace>,
}

/// Which changes are wanted.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The tracked table.
    pub table: TableId,
    /// Columns of the primary key that must equal a value.
    pub fixed: &'a [(usize, Value)],
    /// Behind this place.
    pub after: LogPlace,
    /// Below this sequence.
    pub end: i64,
    /// At most this many rows.
    pub limit: usize,
}

/// Reads what changed: at most `limit` rows, and maybe none although there are more.
///
/// # Errors
/// What the database says, or if the table's changes are not tracked.
pub fn changes(
    model: &Model,
    tables: &Tables,
    reader: &mut dyn Reader,
    wanted: &Wanted<'_>,
) -> Result<Changes, Error> {
    let tracked = tables.table(wanted.table);
    let log = log_of(tracked)?;
    let layout = Layout::of(tables.table(log.table));
    let fixed = wanted
        .fixed
        .iter()
        .map(|(column, value)| Some((log.column_of(*column)?, value)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Error::internal("a log does not hold what a collection is fixed by"))?;
    let mut gathered = Gathered::default();
    let (mut looked, mut full) = (0, false);
    let mut last = None;
    reader.log_rows(log.table, wanted.after, SCAN, &mut |cells| {
        let place = layout.place(cells)?;
        if full || place.sequence >= wanted.end {
            full |= place.sequence < wanted.end;
            return Ok(());
        }
        looked += 1;
        for (column, value) in &fixed {
            if layout.value(model, cells, *column)? != **value {
                last = Some(place);
                return Ok(());
            }
        }
        full = !gathered.add(model, log, &layout, tracked, cells, wanted.limit)?;
        if !full {
            last = Some(place);
        }
        Ok(())
    })?;
    Ok(Changes {
        rows: gathered.rows,
        next: last
            .or(Some(wanted.after))
            .filter(|_| full || looked == SCAN),
    })
}

/// The log of a table.
///
/// # Errors
/// If the table's changes are not tracked.
pub fn log_of(table: &Table) -> Result<&ChangeLog, Error> {
    table
        .changes
        .as_ref()
        .ok_or_else(|| Error::internal(format!("changes of {} are not tracked", table.name)))
}

/// Changed rows, each once.
#[derive(Default)]
struct Gathered {
    rows: Vec<Changed>,
    known: HashMap<String, usize>,
}

impl Gathered {
    /// Adds a row's change; `false` if it is one row too many.
    fn add(
        &mut self,
        model: &Model,
        log: &ChangeLog,
        layout: &Layout<'_>,
        tracked: &Table,
        cells: &dyn Cells,
        limit: usize,
    ) -> Result<bool, Error> {
        let value = |column: usize| layout.value(model, cells, column);
        let key = (0..tracked.key.len())
            .map(value)
            .collect::<Result<Vec<_>, _>>()?;
        let name = format!("{key:?}");
        let known = self.known.get(&name).copied();
        if known.is_none() && self.rows.len() >= limit {
            return Ok(false);
        }
        let mut told = true;
        for column in tracked.key.len()..log.sources.len() {
            told &= !value(column)?.is_null();
        }
        let public = match told {
            true => Some(
                log.public
                    .iter()
                    .map(|c| value(*c))
                    .collect::<Result<_, _>>()?,
            ),
            false => None,
        };
        match known.and_then(|at| self.rows.get_mut(at)) {
            Some(row) => row.public = public.or(row.public.take()),
            None => {
                self.known.insert(name, self.rows.len());
                self.rows.push(Changed { key, public });
            }
        }
        Ok(true)
    }
}

/// Where the columns of a log stand in its rows.
struct Layout<'t> {
    log: &'t Table,
    at: Vec<usize>,
}

impl<'t> Layout<'t> {
    fn of(log: &'t Table) -> Self {
        let mut next = PLACE_WIDTH;
        let mut at = Vec::with_capacity(log.columns.len());
        for (index, column) in log.columns.iter().enumerate() {
            at.push(next);
            // The number is part of the place.
            next += if log.key.contains(&index) {
                0
            } else {
                column.width()
            };
        }
        Self { log, at }
    }

    fn place(&self, cells: &dyn Cells) -> Result<LogPlace, Error> {
        match (cells.cell(0)?, cells.cell(1)?) {
            (Cell::Integer(sequence), Cell::Integer(number)) => Ok(LogPlace { sequence, number }),
            found => Err(Error::internal(format!("a log has a row at {found:?}"))),
        }
    }

    fn value(&self, model: &Model, cells: &dyn Cells, column: usize) -> Result<Value, Error> {
        decode(model, &self.log.columns[column], cells, self.at[column])
    }

    /// The UTC day of a row; 0 of the last one that was pruned.
    fn day(&self, cells: &dyn Cells) -> Result<i64, Error> {
        let day = self.log.column(DAY).map(|column| self.at[column]);
        match day.map(|at| cells.cell(at)).transpose()? {
            Some(Cell::Integer(day)) => Ok(day),
            found => Err(Error::internal(format!("a log has a row of day {found:?}"))),
        }
    }
}

/// The column of the UTC day on which a row was logged, as days since 0001-01-01.
pub(crate) const DAY: &str = "change_day";
/// The column of a row's number.
pub(crate) const NUMBER: &str = "change_id";
/// PostgreSQL's column of the transaction that wrote a row.
pub(crate) const TRANSACTION: &str = "transaction_id";
