//! Writing additions: set-wise, and counters into the slot of this connection.

use std::collections::BTreeMap;

use edm::Value;
use odata::Error;
use store::additions::Held;
use store::{ColumnSet, TableId};

use super::prepared::Prepared;
use super::{Access, Session};
use crate::client::{Ask, Bound};
use crate::values::arrays;

/// Slots that connections hold for themselves; more connections share them.
const SLOTS: i64 = 256;
/// The class of the advisory locks that say which slots are held.
const SLOT_LOCKS: i32 = 0x736c_6f74;

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
        let taken = self.additions.take(only);
        if taken.is_empty() {
            return Ok(());
        }
        let asks = self.ask_additions(&taken)?;
        self.ask_all(&asks).map(|_| ())
    }

    /// The statements that write additions, which are logged: first the amounts, since a time is raised also in a row
    /// that they make.
    pub(crate) fn ask_additions<'v>(
        &mut self,
        held: &'v [(TableId, Held)],
    ) -> Result<Vec<Ask<'v>>, Error> {
        let mut amounts: BTreeMap<(TableId, Vec<usize>), Vec<Vec<Value>>> = BTreeMap::new();
        let mut times: BTreeMap<(TableId, usize), Vec<Vec<Value>>> = BTreeMap::new();
        for (id, held) in held {
            let key = self.addition_key(*id, held)?;
            self.log_held(*id, held)?;
            let sums = held.sums();
            if !sums.is_empty() {
                let columns = sums.iter().map(|(column, _)| *column).collect();
                let values = sums.iter().map(|(_, amount)| Value::Integer(*amount));
                let row = key.iter().cloned().chain(values).collect();
                amounts.entry((*id, columns)).or_default().push(row);
            }
            for (column, time) in &held.latest {
                let time = Value::DateTimeOffset(*time);
                let row = key.iter().cloned().chain([time]).collect();
                times.entry((*id, *column)).or_default().push(row);
            }
        }
        let mut asks = Vec::with_capacity(amounts.len() + times.len());
        for ((id, columns), rows) in amounts {
            let set: ColumnSet = columns.iter().copied().collect();
            asks.push(self.ask_addition(id, Prepared::AddMany(id, set), &columns, rows)?);
        }
        for ((id, column), rows) in times {
            asks.push(self.ask_addition(id, Prepared::RaiseMany(id, column), &[column], rows)?);
        }
        Ok(asks)
    }

    fn ask_addition(
        &mut self,
        id: TableId,
        which: Prepared,
        columns: &[usize],
        rows: Vec<Vec<Value>>,
    ) -> Result<Ask<'static>, Error> {
        let context = self.context.clone();
        let table = context.written(id);
        let all: Vec<_> = table.key.iter().chain(columns).copied().collect();
        let values = arrays(
            &context.model,
            table,
            &all,
            rows.iter().map(|row| row.iter()),
        )?;
        let parameters = values.into_iter().map(Bound::into_owned).collect();
        Ok(Ask {
            statement: self.statement(which)?,
            parameters,
        })
    }

    /// The key that an addition is written under: for counters in slots, that of ours.
    fn addition_key(&self, id: TableId, held: &Held) -> Result<Vec<Value>, Error> {
        if self.key_cells(id, &held.key)?.is_none() {
            return Err(Error::internal("an addition to a key with U+0000"));
        }
        let mut key = held.key.clone();
        if self.context.tables.table(id).counters {
            key.push(Value::Integer(self.slot.unwrap_or(0)));
        }
        Ok(key)
    }

    /// Takes a slot for as long as the connection lives; if all are taken, it shares one.
    pub(super) fn take_slot(&mut self) -> Result<(), Error> {
        if self.slot.is_some() {
            return Ok(());
        }
        let sql = format!(
            "SELECT coalesce((SELECT slot FROM generate_series(1, {SLOTS}) AS slot \
             WHERE pg_try_advisory_lock({SLOT_LOCKS}, slot) LIMIT 1), \
             1 + pg_backend_pid() % {SLOTS})::BIGINT"
        );
        let statement = self.client.prepare(&sql, &[]);
        let statement = statement.map_err(|error| self.failed(&error))?;
        let mut slot = None;
        self.query(&statement, &[], |row| {
            slot = row.try_get(0).ok();
            true
        })?;
        self.slot = slot;
        Ok(())
    }
}
