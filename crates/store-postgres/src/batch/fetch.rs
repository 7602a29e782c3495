//! Fetching what commands lack: rows by key, locked in one order, and keys to append under.

use std::collections::BTreeMap;

use edm::Value;
use odata::Error;
use store::cell::decode_row;
use store::{TableId, Tables};

use super::Batch;
use super::rows::{Held, Known, RowKey};
use crate::client::{Ask, Bound};
use crate::session::{Lock, Prepared};
use crate::stripes::{Hold, Stripes};
use crate::values::{PostgresRow, arrays};

/// What commands lack.
#[derive(Default)]
pub(super) struct Wanted {
    /// The keys of rows, and whether the rows themselves are wanted.
    rows: BTreeMap<RowKey, (Vec<Value>, bool)>,
    /// Stripes that are needed beside those of the rows.
    stripes: Stripes,
    /// How many keys of tables whose keys the database hands out.
    keys: BTreeMap<TableId, usize>,
}

impl Wanted {
    /// Nothing but stripes.
    pub(super) fn with(stripes: &Stripes) -> Self {
        Self {
            stripes: stripes.clone(),
            ..Self::default()
        }
    }

    /// The stripes of a row that is added to.
    pub(super) fn stripes(&mut self, stripes: &Stripes) {
        self.stripes.extend(stripes);
    }

    /// A row, or whether there is one.
    pub(super) fn row(&mut self, id: RowKey, key: &[Value], whole: bool) {
        let wanted = self.rows.entry(id).or_insert_with(|| (key.to_vec(), whole));
        wanted.1 |= whole;
    }

    /// So many more keys to append under.
    pub(super) fn keys(&mut self, table: TableId, count: usize) {
        *self.keys.entry(table).or_default() += count;
    }
}

/// What is fetched from one table: whole rows or keys alone.
type Part = ((TableId, bool), Vec<WantedRow>);

/// What names a row, and its key.
type WantedRow = (RowKey, Vec<Value>);

impl Batch<'_> {
    /// Fetches what commands lack.
    ///
    /// # Errors
    /// What the database says; the session knows what it means for the transaction.
    pub(crate) fn fetch(&mut self) -> Result<(), Error> {
        self.rounds += 1;
        let mut wanted = std::mem::take(&mut self.wanted);
        for (table, count) in self.session.keys.expected() {
            let keys = wanted.keys.entry(table).or_default();
            *keys = count.max(*keys);
        }
        let mut parts: BTreeMap<(TableId, bool), Vec<WantedRow>> = BTreeMap::new();
        for (id, (key, whole)) in wanted.rows {
            parts.entry((id.0, whole)).or_default().push((id, key));
        }
        let parts: Vec<Part> = parts.into_iter().collect();
        let tables = self.session.tables();
        let lacks = self.lacking_stripes(&tables, wanted.stripes, &parts)?;
        let mut asks = Vec::with_capacity(parts.len() + 2);
        asks.extend(self.ask_stripes(&lacks)?);
        for ((table, whole), keys) in &parts {
            asks.push(self.ask(&tables, *table, *whole, keys)?);
        }
        let locked = parts.iter().filter(|((_, whole), _)| *whole);
        self.locked = self.locked.max(locked.map(|((table, _), _)| *table).max());
        let mut handed = Vec::new();
        for (table, count) in wanted.keys {
            asks.push(self.session.ask_keys(table, count)?);
            handed.push(table);
        }
        let mut answers = self.session.ask_all(&asks)?.into_iter();
        drop(asks);
        if !lacks.is_empty() {
            let taken = answers.next().is_some_and(|answer| !answer.rows.is_empty());
            if taken {
                return Err(self.session.lacks(self.held.clone(), &lacks));
            }
            self.held.extend(&lacks);
        }
        for (part, answer) in parts.into_iter().zip(answers.by_ref()) {
            self.learn(&tables, part, &answer.rows)?;
        }
        for (table, answer) in handed.into_iter().zip(answers) {
            self.session.keys.add(table, &answer.rows)?;
        }
        Ok(())
    }

    /// The stripes of these rows and others, as far as they are not held.
    fn lacking_stripes(
        &self,
        tables: &Tables,
        mut stripes: Stripes,
        parts: &[Part],
    ) -> Result<Stripes, Error> {
        for ((table, _), rows) in parts {
            for (_, key) in rows {
                if let Some(cells) = self.session.key_cells(*table, key)? {
                    stripes.add_row(tables.table(*table), &cells, Hold::Shared);
                }
            }
        }
        Ok(self.held.lacks(&stripes))
    }

    /// Who holds nothing waits for stripes; later they are taken if they are free.
    fn ask_stripes(&mut self, lacks: &Stripes) -> Result<Option<Ask<'static>>, Error> {
        if lacks.is_empty() {
            return Ok(None);
        }
        let first = self.held.is_empty() && self.locked.is_none();
        let which = match first {
            true => Prepared::WaitStripes,
            false => Prepared::TryStripes(Hold::Shared),
        };
        Ok(Some(Ask {
            statement: self.session.statement(which)?,
            parameters: vec![Bound::Many(lacks.held(Hold::Shared))],
        }))
    }

    fn ask<'v>(
        &mut self,
        tables: &Tables,
        table: TableId,
        whole: bool,
        keys: &'v [(RowKey, Vec<Value>)],
    ) -> Result<Ask<'v>, Error> {
        // Whoever waits for rows of a table holds none of a later one: nobody waits in a circle.
        let lock = match self.locked {
            Some(locked) if table <= locked => Lock::NoWait,
            _ => Lock::Wait,
        };
        let which = match whole {
            true => Prepared::GetMany(table, lock),
            false => Prepared::KeysMany(table),
        };
        let columns = &tables.table(table).key;
        let model = self.session.model();
        let keys = keys.iter().map(|(_, key)| key.iter());
        Ok(Ask {
            statement: self.session.statement(which)?,
            parameters: arrays(&model, tables.table(table), columns, keys)?,
        })
    }

    fn learn(
        &mut self,
        tables: &Tables,
        part: Part,
        answer: &[tokio_postgres::Row],
    ) -> Result<(), Error> {
        let ((id, whole), keys) = part;
        for (row, key) in keys {
            // What is not found is not there. Rows that only exist go by their keys alone.
            if self.rows.get(&row).is_none() {
                self.rows.learn(row, Known::stored(key, Held::Absent));
            }
        }
        let (table, model) = (tables.table(id), self.session.model());
        for found in answer {
            let (key, held) = if whole {
                let row = decode_row(&model, table, &PostgresRow(found))?;
                (table.key_of(&row), Held::Row(row))
            } else {
                let cells = PostgresRow(found);
                let value = |(i, column): (usize, &usize)| {
                    store::cell::decode(&model, &table.columns[*column], &cells, i)
                };
                let key = table.key.iter().enumerate().map(value);
                (key.collect::<Result<Vec<_>, _>>()?, Held::There)
            };
            if let Some(row) = self.row_key(id, &key)? {
                self.rows.learn(row, Known::stored(key, held));
            }
        }
        Ok(())
    }
}
