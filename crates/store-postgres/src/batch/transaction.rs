//! A batch as the transaction of the command at hand.

use edm::Value;
use edm::time::DateTimeOffset;
use odata::Error;
use store::additions::Held as Addition;
use store::changes::{Horizon, LogPlace};
use store::{
    AggregatedSink, Aggregation, Cells, ColumnSet, Reader, Row, Select, Table, TableId, Transaction,
};

use super::rows::{Held, Known, RowKey, row_key};
use super::{Batch, ROUNDS, Ran};
use crate::stripes::{Hold as StripeHold, Stripes};

impl Batch<'_> {
    /// What tells a row from all others; none if no row can have the key.
    pub(super) fn row_key(&self, table: TableId, key: &[Value]) -> Result<Option<RowKey>, Error> {
        let cells = self.session.key_cells(table, key)?;
        Ok(cells.map(|cells| row_key(table, &cells)))
    }

    /// The command at hand changes a row.
    fn set(&mut self, table: TableId, known: Known) -> Result<(), Error> {
        let id = self.row_key(table, &known.key)?;
        let id = id.ok_or_else(|| Error::bad_request("A key cannot hold U+0000."))?;
        self.rows.set(id, known);
        Ok(())
    }

    /// What is known of a key; it is fetched, or the command halts until it is.
    fn look(&mut self, table: TableId, key: &[Value], whole: bool) -> Result<Known, Error> {
        let apart = {
            let tables = self.session.tables();
            let table = tables.table(table);
            (table.counters || table.reads_others) && (whole || table.view.is_some())
        };
        if apart || self.additions.concern_row(table, key) {
            // Others add to it, or it shows what is not written yet.
            return Err(self.halt(Ran::Apart));
        }
        let Some(id) = self.row_key(table, key)? else {
            return Ok(Known::stored(key.to_vec(), Held::Absent));
        };
        for _ in 0..2 {
            match self.rows.get(&id) {
                Some(known) if !whole || !matches!(known.row, Held::There) => {
                    return Ok(known.clone());
                }
                _ => {}
            }
            self.wanted.row(id.clone(), key, whole);
            if self.rounds < ROUNDS {
                break;
            }
            if let Err(error) = self.fetch() {
                self.halt(Ran::Apart);
                return Err(error);
            }
        }
        Err(self.halt(Ran::Lacks))
    }
}

impl Reader for Batch<'_> {
    fn everything(&mut self) -> &mut dyn Reader {
        self
    }

    fn select(
        &mut self,
        _: &Select<'_>,
        _: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Err(self.halt(Ran::Apart))
    }

    fn count(&mut self, _: &Select<'_>) -> Result<u64, Error> {
        Err(self.halt(Ran::Apart))
    }

    fn aggregate(&mut self, _: &Aggregation<'_>, _: &mut AggregatedSink<'_>) -> Result<(), Error> {
        Err(self.halt(Ran::Apart))
    }

    fn get(&mut self, table: TableId, key: &[Value]) -> Result<Option<Row>, Error> {
        let known = self.look(table, key, true)?;
        match known.row {
            Held::Absent => Ok(None),
            Held::Row(_) if known.stale => Err(self.halt(Ran::Apart)),
            Held::Row(row) => Ok(Some(row)),
            Held::There => Err(Error::internal("a row was not fetched whole")),
        }
    }

    fn exists(&mut self, table: TableId, key: &[Value]) -> Result<bool, Error> {
        match self.look(table, key, false) {
            Ok(known) => Ok(!matches!(known.row, Held::Absent)),
            // The command runs again when this is known. As if it were there, it says what else it
            // lacks: most rows that are looked for are there.
            Err(_) if self.halted == Some(Ran::Lacks) => {
                self.supposes = true;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    fn check_version(&mut self) -> Result<(), Error> {
        Err(self.halt(Ran::Apart))
    }

    fn log_horizon(&mut self, _: TableId) -> Result<Horizon, Error> {
        Err(self.halt(Ran::Apart))
    }

    fn log_rows(
        &mut self,
        _: TableId,
        _: LogPlace,
        _: u64,
        _: &mut dyn FnMut(&dyn Cells) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Err(self.halt(Ran::Apart))
    }

    fn prefetch(&mut self, table: TableId, keys: &[Vec<Value>]) -> Result<(), Error> {
        let mut lacks = false;
        for key in keys {
            let Some(id) = self.row_key(table, key)? else {
                continue;
            };
            let known = self.rows.get(&id);
            if known.is_none_or(|known| matches!(known.row, Held::There)) {
                self.wanted.row(id, key, true);
                lacks = true;
            }
        }
        if lacks {
            return Err(self.halt(Ran::Lacks));
        }
        Ok(())
    }
}

impl Transaction for Batch<'_> {
    fn unconfined(&mut self) -> &mut dyn Transaction {
        self
    }

    fn insert(&mut self, id: TableId, row: &Row) -> Result<bool, Error> {
        let tables = self.session.tables();
        let table = tables.table(id);
        let key = table.key_of(row);
        if !matches!(self.look(id, &key, false)?.row, Held::Absent) {
            return Ok(false);
        }
        let mut row = row.clone();
        if table.counters {
            // The first slot's row.
            row.push(Value::Integer(0));
        }
        let known = Known {
            row: Held::Row(row),
            key,
            stored: false,
            dirty: ColumnSet::default(),
            stale: table.columns.iter().any(|c| c.expression.is_some()),
        };
        self.set(id, known)?;
        Ok(true)
    }

    fn touch(&mut self) -> Result<(), Error> {
        // The commit writes the group's record.
        Ok(())
    }

    fn append(&mut self, id: TableId, row: &Row) -> Result<i64, Error> {
        let tables = self.session.tables();
        let table = tables.table(id);
        let [column] = table.key[..] else {
            return Err(Error::internal("an appended row needs one key column"));
        };
        let key = self.next_key(id)?;
        self.taken.push((id, key));
        let mut row = row.clone();
        row[column] = Value::Integer(key);
        let known = Known {
            key: vec![Value::Integer(key)],
            row: Held::Row(row),
            stored: false,
            dirty: ColumnSet::default(),
            stale: table.columns.iter().any(|c| c.expression.is_some()),
        };
        self.set(id, known)?;
        Ok(key)
    }

    fn update(
        &mut self,
        id: TableId,
        key: &[Value],
        columns: ColumnSet,
        row: &Row,
    ) -> Result<bool, Error> {
        if columns.is_empty() {
            return self.exists(id, key);
        }
        let mut known = self.look(id, key, true)?;
        let Held::Row(now) = &mut known.row else {
            return Ok(false);
        };
        let tables = self.session.tables();
        let table = tables.table(id);
        for column in columns.iter() {
            now[column] = row[column].clone();
            known.dirty.insert(column);
        }
        if let Some(version) = table.version.filter(|version| !columns.contains(*version)) {
            let next = now[version].as_i64().unwrap_or(0).saturating_add(1);
            now[version] = Value::Integer(next);
            known.dirty.insert(version);
        }
        known.stale |= shows(table, columns);
        self.set(id, known)?;
        Ok(true)
    }

    fn add(
        &mut self,
        table: TableId,
        key: &[Value],
        amounts: &[(usize, i64)],
    ) -> Result<(), Error> {
        if amounts.iter().any(|(_, amount)| *amount != 0) {
            let amounts = amounts.to_vec();
            self.hold(table, key, amounts, Vec::new())?;
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
        self.hold(table, key, Vec::new(), vec![(column, time)])
    }

    fn delete(&mut self, _: TableId, _: &[Value]) -> Result<bool, Error> {
        // Who reads that a row is there does not lock it: nobody removes it meanwhile.
        Err(self.halt(Ran::Apart))
    }

    fn delete_where(&mut self, _: TableId, _: &[(usize, Value)], _: u32) -> Result<u32, Error> {
        Err(self.halt(Ran::Apart))
    }

    fn trim_log(&mut self, _: TableId, _: LogPlace) -> Result<(), Error> {
        Err(self.halt(Ran::Apart))
    }
}

impl Batch<'_> {
    /// The next key to append a row under.
    fn next_key(&mut self, table: TableId) -> Result<i64, Error> {
        for _ in 0..2 {
            if let Some(key) = self.session.keys.take(table) {
                return Ok(key);
            }
            // Who has taken many may need as many again.
            let taken = self.taken.iter().filter(|(t, _)| *t == table).count();
            self.wanted.keys(table, taken + 1);
            if self.rounds < ROUNDS {
                break;
            }
            if let Err(error) = self.fetch() {
                self.halt(Ran::Apart);
                return Err(error);
            }
        }
        Err(self.halt(Ran::Lacks))
    }

    /// Holds the stripes of a row that is added to.
    fn hold_stripes(&mut self, table: TableId, key: &[Value]) -> Result<(), Error> {
        let mut stripes = Stripes::default();
        if let Some(cells) = self.session.key_cells(table, key)? {
            let tables = self.session.tables();
            stripes.add_row(tables.table(table), &cells, StripeHold::Shared);
        }
        if self.held.lacks(&stripes).is_empty() {
            return Ok(());
        }
        self.wanted.stripes(&stripes);
        if self.rounds < ROUNDS {
            return Err(self.halt(Ran::Lacks));
        }
        let fetched = self.fetch();
        if fetched.is_err() {
            self.halt(Ran::Apart);
        }
        fetched
    }

    fn hold(
        &mut self,
        table: TableId,
        key: &[Value],
        amounts: Vec<(usize, i64)>,
        latest: Vec<(usize, DateTimeOffset)>,
    ) -> Result<(), Error> {
        let id = self.row_key(table, key)?;
        let known = id.and_then(|id| self.rows.get(&id));
        if known.is_some_and(|known| !matches!(known.row, Held::There)) {
            // The row as it is known would not show it.
            return Err(self.halt(Ran::Apart));
        }
        self.hold_stripes(table, key)?;
        let held = Addition {
            key: key.to_vec(),
            amounts,
            latest,
        };
        self.additions.add(table, held);
        Ok(())
    }
}

/// Whether a virtual column shows one of these.
fn shows(table: &Table, columns: ColumnSet) -> bool {
    let mut expressions = table.columns.iter().filter_map(|c| c.expression.as_deref());
    expressions.any(|expression| {
        let named =
            |column: usize| expression.contains(&format!("\"{}\"", table.columns[column].name));
        columns.iter().any(named)
    })
}
