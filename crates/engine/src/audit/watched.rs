//! A transaction that is looked over the shoulder: what it does to audited tables is noted.

use edm::time::DateTimeOffset;
use edm::{Model, Value};
use odata::Error;
use store::changes::{Horizon, LogPlace};
use store::visibility::Changes as Allowed;
use store::{
    AggregatedSink, Aggregation, Audit, Cells, ColumnSet, Reader, Row, Select, TableId, Tables,
    Transaction,
};

use super::changes::{Changes, plus, with};

/// The transaction as it is: what the caller may not see is not there.
pub(super) struct Watched<'w>(pub(super) Unconfined<'w>);

/// The same for what a command means beyond the rows that it names.
pub(super) struct Unconfined<'w> {
    pub(super) model: &'w Model,
    pub(super) tables: &'w Tables,
    pub(super) inner: &'w mut dyn Transaction,
    pub(super) changes: Changes,
}

impl<'w> Unconfined<'w> {
    /// How a table is audited, if it is.
    fn audit(&self, table: TableId) -> Option<&'w Audit> {
        self.tables.table(table).audit.as_ref()
    }

    /// The row of a key before what is about to be done to it.
    fn before(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
        match self.changes.latest(table, key) {
            Some(row) => Ok(row.cloned()),
            None => self.inner.unconfined().get(table, key),
        }
    }
}

impl Watched<'_> {
    fn allowed(&self, table: TableId) -> Allowed {
        Transaction::changes(&*self.0.inner, table)
    }
}

impl Unconfined<'_> {
    fn allowed(&self, _: TableId) -> Allowed {
        Allowed::ALL
    }
}

/// Both are one transaction, and what they note is noted in one place: `$notes` is where, and `$inner`
/// the way to the rows.
macro_rules! watched {
    ($name:ident, $this:ident, $notes:expr, $inner:expr, $free:expr) => {
        impl $name<'_> {
            /// Removes a row and notes it.
            fn remove(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
                let $this = self;
                let old = $notes.before(table, key)?;
                let removed = $inner.delete(table, key)?;
                if removed {
                    $notes.changes.add(table, key, old, None);
                }
                Ok(removed)
            }
        }

        impl Reader for $name<'_> {
            fn everything(&mut self) -> &mut dyn Reader {
                let $this = self;
                $notes.inner.everything()
            }

            fn select(
                &mut self,
                select: &Select<'_>,
                sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
            ) -> Result<(), Error> {
                let $this = self;
                $inner.select(select, sink)
            }

            fn count(&mut self, select: &Select<'_>) -> Result<u64, Error> {
                let $this = self;
                $inner.count(select)
            }

            fn aggregate(
                &mut self,
                aggregation: &Aggregation<'_>,
                sink: &mut AggregatedSink<'_>,
            ) -> Result<(), Error> {
                let $this = self;
                $inner.aggregate(aggregation, sink)
            }

            fn get(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
                let $this = self;
                $inner.get(table, key)
            }

            fn exists(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
                let $this = self;
                $inner.exists(table, key)
            }

            fn check_version(&mut self) -> Result<(), Error> {
                let $this = self;
                $inner.check_version()
            }

            fn prefetch(&mut self, table: TableId, keys: &[Vec<Value>]) -> Result<(), Error> {
                let $this = self;
                $inner.prefetch(table, keys)
            }

            fn log_horizon(&mut self, log: TableId) -> Result<Horizon, Error> {
                let $this = self;
                $inner.log_horizon(log)
            }

            fn log_rows(
                &mut self,
                log: TableId,
                after: LogPlace,
                limit: u64,
                sink: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
            ) -> Result<(), Error> {
                let $this = self;
                $inner.log_rows(log, after, limit, sink)
            }
        }

        impl Transaction for $name<'_> {
            fn unconfined(&mut self) -> &mut dyn Transaction {
                let $this = self;
                &mut *$free
            }

            fn changes(&self, table: TableId) -> Allowed {
                self.allowed(table)
            }

            fn insert(&mut self, table: TableId, row: &Row) -> Result<bool, Error> {
                let $this = self;
                let made = $inner.insert(table, row)?;
                if made && $notes.audit(table).is_some_and(|audit| audit.inserts) {
                    let key = $notes.tables.table(table).key_of(row);
                    $notes.changes.add(table, &key, None, Some(row.clone()));
                }
                Ok(made)
            }

            fn append(&mut self, table: TableId, row: &Row) -> Result<i64, Error> {
                let $this = self;
                // No table whose keys the database hands out is audited.
                $inner.append(table, row)
            }

            fn update(
                &mut self,
                table: TableId,
                key: &[Value],
                columns: ColumnSet,
                row: &Row,
            ) -> Result<bool, Error> {
                let $this = self;
                if !$notes
                    .audit(table)
                    .is_some_and(|audit| audit.tells(columns))
                {
                    return $inner.update(table, key, columns, row);
                }
                let old = $notes.before(table, key)?;
                let updated = $inner.update(table, key, columns, row)?;
                if let (true, Some(old)) = (updated, old) {
                    let new = with(old.clone(), columns, row);
                    $notes.changes.add(table, key, Some(old), Some(new));
                }
                Ok(updated)
            }

            fn add(
                &mut self,
                table: TableId,
                key: &[Value],
                amounts: &[(usize, i64)],
            ) -> Result<(), Error> {
                let $this = self;
                let moved = || amounts.iter().filter(|(_, amount)| *amount != 0);
                let told =
                    |audit: &Audit| audit.tells(moved().map(|(column, _)| *column).collect());
                if !$notes.audit(table).is_some_and(told) {
                    return $inner.add(table, key, amounts);
                }
                let old = $notes.before(table, key)?;
                $inner.add(table, key, amounts)?;
                let blank = || $notes.tables.table(table).blank();
                let new = plus(old.clone().unwrap_or_else(blank), amounts);
                $notes.changes.add(table, key, old, Some(new));
                Ok(())
            }

            fn raise(
                &mut self,
                table: TableId,
                key: &[Value],
                column: usize,
                time: DateTimeOffset,
            ) -> Result<(), Error> {
                let $this = self;
                $inner.raise(table, key, column, time)
            }

            fn delete(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
                let $this = self;
                match $notes.audit(table).is_some_and(|audit| audit.deletes) {
                    true => $this.remove(table, key),
                    false => $inner.delete(table, key),
                }
            }

            fn delete_where(
                &mut self,
                id: TableId,
                fixed: &[(usize, Value)],
                limit: u32,
            ) -> Result<u32, Error> {
                let $this = self;
                let told = |audit: &Audit| audit.inserts && audit.deletes;
                if !$notes.audit(id).is_some_and(told) {
                    return $inner.delete_where(id, fixed, limit);
                }
                let (model, table) = ($notes.model, $notes.tables.table(id));
                let mut select = Select::all(id, table.columns.len());
                select.fixed = fixed.to_vec();
                select.limit = Some(limit.into());
                let mut keys = Vec::new();
                $inner.select(&select, &mut |cells| {
                    let row = store::cell::decode_row(model, table, cells)?;
                    keys.push(table.key_of(&row));
                    Ok(())
                })?;
                let mut removed = 0;
                for key in keys {
                    removed += u32::from($this.remove(id, &key)?);
                }
                Ok(removed)
            }

            fn touch(&mut self) -> Result<(), Error> {
                let $this = self;
                $inner.touch()
            }

            fn trim_log(&mut self, log: TableId, through: LogPlace) -> Result<(), Error> {
                let $this = self;
                $inner.trim_log(log, through)
            }
        }
    };
}

watched!(Watched, this, this.0, this.0.inner, &mut this.0);
watched!(Unconfined, this, this, this.inner.unconfined(), this);
