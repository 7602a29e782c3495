//! Writing what the commands of a batch left behind.

use std::collections::BTreeMap;

use odata::Error;
use store::{ColumnSet, TableId};

use super::Batch;
use super::rows::{Held, Known};
use crate::client::Ask;
use crate::session::Prepared;
use crate::values::arrays;

/// Rows that one statement writes: new ones, or those that change in the same columns.
type Parts<'r> = BTreeMap<(TableId, Option<Vec<usize>>), Vec<&'r Known>>;

impl Batch<'_> {
    /// Writes all that is to be written; the commit is still to come.
    ///
    /// # Errors
    /// What the database says; the session knows what it means for the transaction.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let additions = self.additions.take(None);
        let rows = std::mem::take(&mut self.rows);
        let mut parts = Parts::new();
        for (table, known) in rows.changed() {
            self.log(table, known)?;
            let columns = known.stored.then(|| known.dirty.iter().collect());
            parts.entry((table, columns)).or_default().push(known);
        }
        let mut asks = Vec::with_capacity(parts.len() + 4);
        for ((table, columns), rows) in &parts {
            asks.push(self.write(*table, columns.as_deref(), rows)?);
        }
        asks.extend(self.session.ask_additions(&additions)?);
        // Behind all that logs.
        asks.extend(self.session.ask_log()?);
        let answers = self.session.ask_all(&asks)?;
        for (rows, answer) in parts.values().zip(answers) {
            if answer.concerned != rows.len() as u64 {
                // It is locked, and nobody removes rows beside others.
                return Err(Error::internal("a row was gone that was there"));
            }
        }
        Ok(())
    }

    /// Logs a row that is written, if its table is tracked.
    fn log(&mut self, id: TableId, known: &Known) -> Result<(), Error> {
        match &known.row {
            Held::Row(row) if !known.stored => self.session.log_row(id, row),
            _ => {
                if let Some(key) = self.session.key_cells(id, &known.key)? {
                    self.session.log_key(id, &key, known.dirty);
                }
                Ok(())
            }
        }
    }

    fn write<'v>(
        &mut self,
        id: TableId,
        columns: Option<&[usize]>,
        rows: &[&'v Known],
    ) -> Result<Ask<'v>, Error> {
        let (context, model) = (self.session.context(), self.session.model());
        let table = context.written(id);
        let (which, all): (_, Vec<usize>) = match columns {
            Some(columns) => {
                let set: ColumnSet = columns.iter().copied().collect();
                let all = table.key.iter().chain(columns).copied().collect();
                (Prepared::UpdateMany(id, set), all)
            }
            None => (Prepared::InsertMany(id), stored(table)),
        };
        let values = rows.iter().filter_map(|known| match &known.row {
            Held::Row(row) => Some(all.iter().map(|column| &row[*column])),
            Held::Absent | Held::There => None,
        });
        Ok(Ask {
            statement: self.session.statement(which)?,
            parameters: arrays(&model, table, &all, values)?,
        })
    }
}

/// The columns of a new row, the key included that the database has handed out.
pub(crate) fn stored(table: &store::Table) -> Vec<usize> {
    (0..table.columns.len())
        .filter(|column| table.columns[*column].expression.is_none())
        .collect()
}
