//! Counters that move by amounts and times that move forward, held back to the end of the group: a
//! hundred reports for one script become one update of its summary row, in the same transaction.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::table::TableId;
use edm::Value;
use edm::time::DateTimeOffset;

/// Amounts and instants by table and key, not yet written.
#[derive(Default)]
pub struct Additions {
    held: HashMap<(TableId, u64), Vec<Held>>,
    /// What the command at hand added: dropped if it fails.
    of_command: Vec<(TableId, Held)>,
    /// What was written while the command at hand ran: held again if it fails, since its savepoint
    /// takes the writes with it.
    written: Vec<(TableId, Held)>,
}

/// What is to be added to the row of a key.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// The key of the row.
    pub key: Vec<Value>,
    /// Columns with what is added to them; one column may stand several times.
    pub amounts: Vec<(usize, i64)>,
    /// Date-time columns with the instant that they are raised to.
    pub latest: Vec<(usize, DateTimeOffset)>,
}

impl Held {
    /// The amounts by ascending column, each column once. Amounts that cancel each other out stay:
    /// they still make the row.
    #[must_use]
    pub fn sums(&self) -> Vec<(usize, i64)> {
        let mut sums: Vec<(usize, i64)> = Vec::with_capacity(self.amounts.len());
        for (column, amount) in &self.amounts {
            match sums.iter_mut().find(|(c, _)| c == column) {
                Some((_, sum)) => *sum += amount,
                None => sums.push((*column, *amount)),
            }
        }
        sums.sort_unstable();
        sums
    }

    fn merge(&mut self, other: &Self) {
        for (column, amount) in &other.amounts {
            match self.amounts.iter_mut().find(|(c, _)| c == column) {
                Some((_, sum)) => *sum += amount,
                None => self.amounts.push((*column, *amount)),
            }
        }
        for (column, time) in &other.latest {
            match self.latest.iter_mut().find(|(c, _)| c == column) {
                Some((_, latest)) if latest.ticks >= time.ticks => {}
                Some((_, latest)) => *latest = *time,
                None => self.latest.push((*column, *time)),
            }
        }
    }
}

impl Additions {
    /// A command begins.
    pub fn begin(&mut self) {
        self.of_command.clear();
        self.written.clear();
    }

    /// The command at hand adds.
    pub fn add(&mut self, table: TableId, held: Held) {
        self.of_command.push((table, held));
    }

    /// The command at hand is kept.
    pub fn keep(&mut self) {
        for (table, held) in std::mem::take(&mut self.of_command) {
            self.hold(table, held);
        }
        self.written.clear();
    }

    /// The command at hand is undone.
    pub fn undo(&mut self) {
        self.of_command.clear();
        for (table, held) in std::mem::take(&mut self.written) {
            self.hold(table, held);
        }
    }

    /// Whether anything for a table is held back.
    #[must_use]
    pub fn concern(&self, table: TableId) -> bool {
        self.held.keys().any(|(t, _)| *t == table)
            || self.of_command.iter().any(|(t, _)| *t == table)
    }

    /// Whether anything for the row of a key is held back.
    #[must_use]
    pub fn concern_row(&self, table: TableId, key: &[Value]) -> bool {
        let of_command = |(t, held): &(TableId, Held)| *t == table && held.key == key;
        self.concern(table)
            && (self.of_command.iter().any(of_command)
                || self
                    .held
                    .get(&(table, digest(key)))
                    .is_some_and(|held| held.iter().any(|held| held.key == key)))
    }

    /// Takes what is held back, for one table or for all, to be written now. It comes by table and
    /// key, each once, so that transactions beside each other lock the rows in one order.
    pub fn take(&mut self, only: Option<TableId>) -> Vec<(TableId, Held)> {
        let wanted = |table: TableId| only.is_none_or(|t| t == table);
        let mut taken: Vec<(TableId, Held)> = self
            .held
            .extract_if(|(table, _), _| wanted(*table))
            .flat_map(|((table, _), held)| held.into_iter().map(move |held| (table, held)))
            .collect();
        self.written.extend(taken.iter().cloned());
        taken.extend(self.of_command.extract_if(.., |(table, _)| wanted(*table)));
        taken.sort_by_cached_key(|(table, held)| (table.0, format!("{:?}", held.key)));
        // Each key once: a statement over many rows may not meet one twice.
        taken.dedup_by(|(table, held), (before, merged)| {
            let same = table == before && held.key == merged.key;
            if same {
                merged.merge(held);
            }
            same
        });
        taken
    }

    fn hold(&mut self, table: TableId, held: Held) {
        let alike = self.held.entry((table, digest(&held.key))).or_default();
        match alike.iter_mut().find(|known| known.key == held.key) {
            Some(known) => known.merge(&held),
            None => {
                // Merged into nothing, so that amounts of one column are summed here too.
                let mut first = Held {
                    key: held.key.clone(),
                    ..Held::default()
                };
                first.merge(&held);
                alike.push(first);
            }
        }
    }
}

/// A number that is the same for the same key. Keys are texts and integers; what else there is, is told
/// apart by comparing.
fn digest(key: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for value in key {
        match value {
            Value::String(text) => text.hash(&mut hasher),
            Value::Integer(number) => number.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_names_each_key_once() {
        let held = |key: &str, amount| Held {
            key: vec![key.into()],
            amounts: vec![(1, amount)],
            latest: Vec::new(),
        };
        let mut additions = Additions::default();
        additions.begin();
        additions.add(TableId(0), held("b", 1));
        additions.keep();
        additions.begin();
        for (table, key, amount) in [(1, "a", 8), (0, "b", 2), (0, "a", 16), (0, "b", 4)] {
            additions.add(TableId(table), held(key, amount));
        }
        let taken = additions.take(None);
        let shown: Vec<_> = taken
            .iter()
            .map(|(table, held)| (table.0, held.key[0].as_str().unwrap_or(""), held.sums()))
            .collect();
        assert_eq!(
            shown,
            [
                (0, "a", vec![(1, 16)]),
                (0, "b", vec![(1, 7)]),
                (1, "a", vec![(1, 8)])
            ]
        );
        additions.undo();
        assert_eq!(additions.take(None)[0].1.sums(), [(1, 1)]);
    }
}
