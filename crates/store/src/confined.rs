//! A store for one caller's request: whatever runs on it sees and changes only what the caller may.
//! A request that is confined has no other store, so that no read and no write of it can forget to
//! ask. What is not seen is not there; what is written must be seen before and after.

use std::sync::Arc;

use edm::Value;
use edm::time::DateTimeOffset;
use odata::{Error, ErrorCode};

use crate::aggregation::{AggregatedSink, Aggregation};
use crate::changes::{Horizon, LogPlace};
use crate::select::Select;
use crate::table::{ColumnSet, Row, TableId, Tables};
use crate::transaction::{Cells, Job, ReadJob, Reader, Store, Transaction, Verdict};
use crate::visibility::{Changes, OUT_OF_REACH, Rule, Visibility, allow};

/// A store on which everything is confined to what may be seen.
#[must_use]
pub fn confined(
    store: Arc<dyn Store>,
    tables: Arc<Tables>,
    visibility: Visibility,
) -> Arc<dyn Store> {
    let sight = Arc::new(Sight { tables, visibility });
    Arc::new(Confined { store, sight })
}

struct Confined {
    store: Arc<dyn Store>,
    sight: Arc<Sight>,
}

/// What is seen, and the tables that it speaks of.
struct Sight {
    tables: Arc<Tables>,
    visibility: Visibility,
}

impl Store for Confined {
    fn submit(&self, job: Box<dyn Job>) {
        let sight = Arc::clone(&self.sight);
        self.store.submit(Box::new(Command { job, sight }));
    }

    fn submit_read(&self, job: Box<dyn ReadJob>) -> Result<(), Error> {
        let sight = Arc::clone(&self.sight);
        self.store.submit_read(Box::new(Question { job, sight }))
    }
}

struct Command {
    job: Box<dyn Job>,
    sight: Arc<Sight>,
}

impl Job for Command {
    fn run(&mut self, transaction: &mut dyn Transaction) -> Verdict {
        let sight = &self.sight;
        self.job.run(&mut Writing { transaction, sight })
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        self.job.settle(outcome);
    }
}

struct Question {
    job: Box<dyn ReadJob>,
    sight: Arc<Sight>,
}

impl ReadJob for Question {
    fn run(&mut self, reader: &mut dyn Reader) {
        let sight = &self.sight;
        self.job.run(&mut Reading { reader, sight });
    }

    fn settle(self: Box<Self>, outcome: Result<(), Error>) {
        self.job.settle(outcome);
    }
}

impl Sight {
    fn confine<'s>(&'s self, select: &Select<'s>) -> Select<'s> {
        Select {
            visibility: Some(&self.visibility),
            ..select.clone()
        }
    }

    fn get(
        &self,
        reader: &mut dyn Reader,
        table: TableId,
        key: &[Value],
    ) -> Result<Option<Row>, Error> {
        let Some(row) = reader.get(table, key)? else {
            return Ok(None);
        };
        let seen = self.visibility.sees(reader, table, &row)?;
        Ok(seen.then_some(row))
    }

    fn exists(
        &self,
        reader: &mut dyn Reader,
        table: TableId,
        key: &[Value],
    ) -> Result<bool, Error> {
        if let Some(above) = self.visibility.passable(table) {
            let mut below = key.to_vec();
            below.push(Value::from(above.text.as_str()));
            if self.get(reader, above.table, &below)?.is_some() {
                return reader.exists(table, key);
            }
        }
        Ok(self.get(reader, table, key)?.is_some())
    }

    /// Checks that nothing of the table is hidden whose log this is: rows that are gone cannot be
    /// judged any more.
    fn check_log(&self, log: TableId) -> Result<(), Error> {
        let mut tables = self.tables.iter();
        let tracked = tables.find(|(_, table)| {
            let changes = table.changes.as_ref();
            changes.is_some_and(|changes| changes.table == log)
        });
        match tracked.map(|(tracked, _)| self.visibility.rows(tracked)) {
            Some(Rule::All) => Ok(()),
            _ => Err(Error::new(
                ErrorCode::Forbidden,
                "Changes of this collection are not told to a token that does not reach all of it: \
                 whose the rows were that are gone is not known any more.",
            )),
        }
    }

    /// Checks that nothing of a table is hidden: what is not judged row by row.
    fn check_whole(&self, table: TableId, what: &str) -> Result<(), Error> {
        match self.visibility.rows(table) {
            Rule::All if self.visibility.changes(table) == Changes::ALL => Ok(()),
            _ => Err(not_of_requests(what)),
        }
    }

    /// Checks that a row is one that may be written.
    fn check(&self, reader: &mut dyn Reader, table: TableId, row: &Row) -> Result<(), Error> {
        allow(self.visibility.sees(reader, table, row)?)
    }
}

/// The error of what only the service itself does, in a request that is confined.
fn not_of_requests(what: &str) -> Error {
    let internal = Some(format!("{what} was asked for within a confined request"));
    Error {
        internal,
        ..Error::new(ErrorCode::Forbidden, OUT_OF_REACH)
    }
}

struct Reading<'r> {
    reader: &'r mut dyn Reader,
    sight: &'r Sight,
}

struct Writing<'t> {
    transaction: &'t mut dyn Transaction,
    sight: &'t Sight,
}

/// The reads of both: `$inner` is what is read through.
macro_rules! confined_reader {
    ($of:ident, $inner:ident) => {
        impl Reader for $of<'_> {
            fn everything(&mut self) -> &mut dyn Reader {
                self.$inner.everything()
            }

            fn select(
                &mut self,
                select: &Select<'_>,
                sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
            ) -> Result<(), Error> {
                self.$inner.select(&self.sight.confine(select), sink)
            }

            fn count(&mut self, select: &Select<'_>) -> Result<u64, Error> {
                self.$inner.count(&self.sight.confine(select))
            }

            fn aggregate(
                &mut self,
                aggregation: &Aggregation<'_>,
                sink: &mut AggregatedSink<'_>,
            ) -> Result<(), Error> {
                let confined = Aggregation {
                    input: self.sight.confine(&aggregation.input),
                    steps: aggregation.steps.clone(),
                };
                self.$inner.aggregate(&confined, sink)
            }

            fn get(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
                self.sight.get(&mut *self.$inner, table, key)
            }

            fn exists(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
                self.sight.exists(&mut *self.$inner, table, key)
            }

            fn check_version(&mut self) -> Result<(), Error> {
                self.$inner.check_version()
            }

            fn prefetch(&mut self, table: TableId, keys: &[Vec<Value>]) -> Result<(), Error> {
                self.$inner.prefetch(table, keys)
            }

            fn log_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
                self.sight.check_log(log)?;
                self.$inner.log_horizon(log)
            }

            fn log_rows(
                &mut self,
                log: TableId,
                after: LogPlace,
                limit: u64,
                sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
            ) -> Result<(), Error> {
                self.sight.check_log(log)?;
                self.$inner.log_rows(log, after, limit, sink)
            }
        }
    };
}

confined_reader!(Reading, reader);
confined_reader!(Writing, transaction);

impl Transaction for Writing<'_> {
    fn unconfined(&mut self) -> &mut dyn Transaction {
        self.transaction.unconfined()
    }

    fn changes(&self, table: TableId) -> Changes {
        self.sight.visibility.changes(table)
    }

    fn insert(&mut self, table: TableId, row: &Row) -> Result<bool, Error> {
        allow(self.sight.visibility.changes(table).insert)?;
        self.sight.check(&mut *self.transaction, table, row)?;
        self.transaction.insert(table, row)
    }

    fn append(&mut self, table: TableId, row: &Row) -> Result<i64, Error> {
        self.sight.check_whole(table, "an appended row")?;
        self.transaction.append(table, row)
    }

    fn update(
        &mut self,
        table: TableId,
        key: &[Value],
        columns: ColumnSet,
        row: &Row,
    ) -> Result<bool, Error> {
        let Some(mut new) = self.get(table, key)? else {
            return Ok(false);
        };
        allow(self.sight.visibility.changes(table).update)?;
        for column in columns.iter() {
            if let (Some(new), Some(given)) = (new.get_mut(column), row.get(column)) {
                *new = given.clone();
            }
        }
        self.sight.check(&mut *self.transaction, table, &new)?;
        self.transaction.update(table, key, columns, row)
    }

    fn add(
        &mut self,
        table: TableId,
        key: &[Value],
        differences: &[(usize, i64)],
    ) -> Result<(), Error> {
        self.sight.check_whole(table, "a counter")?;
        self.transaction.add(table, key, differences)
    }

    fn raise(
        &mut self,
        table: TableId,
        key: &[Value],
        column: usize,
        time: DateTimeOffset,
    ) -> Result<(), Error> {
        self.sight.check_whole(table, "a counter")?;
        self.transaction.raise(table, key, column, time)
    }

    fn delete(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
        if self.get(table, key)?.is_none() {
            return Ok(false);
        }
        allow(self.sight.visibility.changes(table).delete)?;
        self.transaction.delete(table, key)
    }

    fn delete_where(
        &mut self,
        table: TableId,
        fixed: &[(usize, Value)],
        limit: u32,
    ) -> Result<u32, Error> {
        allow(self.sight.visibility.changes(table).delete)?;
        // What the rows have in common must be enough to see all of them.
        let mut row = self.sight.tables.table(table).blank();
        for (column, value) in fixed {
            row[*column] = value.clone();
        }
        self.sight.check(&mut *self.transaction, table, &row)?;
        self.transaction.delete_where(table, fixed, limit)
    }

    fn touch(&mut self) -> Result<(), Error> {
        self.transaction.touch()
    }

    fn trim_log(&mut self, log: TableId, to: LogPlace) -> Result<(), Error> {
        self.sight.check_whole(log, "a log")?;
        self.transaction.trim_log(log, to)
    }
}
