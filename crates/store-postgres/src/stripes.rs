//! What a transaction keeps others from changing beside it: the rows under a value of a key, such as
//! a script's. Each value maps to one of a fixed number of *stripes*, each an advisory lock.
//!
//! A row lies in the stripes of the texts in its key, or in one by its whole key if that has none. A
//! batch holds the stripes of all rows that it looks at shared, beside others; a command that runs
//! *apart* holds those of what it removes or reads many of for itself. So what is read is true until
//! the commit, and transactions on different keys never wait for each other.
//!
//! Nobody waits in a circle: a transaction waits for stripes when it begins and holds nothing, in
//! ascending order. What it finds that it needs later it takes if it is free, or begins again with all
//! it knows of.

use std::collections::BTreeMap;

use store::cell::Cell;
use store::page::fingerprint;
use store::{Select, Table};

/// How many there are: few enough for PostgreSQL's table of locks, many enough that two keys
/// seldom share one.
const STRIPES: u64 = 4_096;
/// The class of the advisory locks that are stripes.
pub(crate) const CLASS: i32 = 0x7374_7269;

/// How a stripe is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Hold {
    /// Beside others who look at its rows or change single ones.
    Shared,
    /// By one transaction alone.
    Alone,
}

/// Stripes with how they are held or wanted, in the order in which they are waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stripes(BTreeMap<i32, Hold>);

impl Stripes {
    /// Adds a stripe, or holds it more strongly.
    pub(crate) fn add(&mut self, stripe: i32, hold: Hold) {
        let held = self.0.entry(stripe).or_insert(hold);
        *held = hold.max(*held);
    }

    /// Adds all of others.
    pub(crate) fn extend(&mut self, others: &Self) {
        for (stripe, hold) in &others.0 {
            self.add(*stripe, *hold);
        }
    }

    /// Those of others that are not held as strongly here.
    pub(crate) fn lacks(&self, others: &Self) -> Self {
        let lacks = |(stripe, hold): &(&i32, &Hold)| self.0.get(*stripe).is_none_or(|h| h < *hold);
        let lacking = others.0.iter().filter(lacks);
        Self(lacking.map(|(stripe, hold)| (*stripe, *hold)).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The stripes that are held so, as an array to bind.
    pub(crate) fn held(&self, hold: Hold) -> Vec<Cell<'static>> {
        let held = self.0.iter().filter(|(_, h)| **h == hold);
        held.map(|(stripe, _)| Cell::Integer((*stripe).into()))
            .collect()
    }

    /// The statements that wait for all of them, in their order.
    pub(crate) fn wait(&self) -> String {
        let mut sql = String::new();
        for (stripe, hold) in &self.0 {
            let shared = match hold {
                Hold::Shared => "_shared",
                Hold::Alone => "",
            };
            sql.push_str(&format!(
                "SELECT pg_advisory_xact_lock{shared}({CLASS}, {stripe});"
            ));
        }
        sql
    }

    /// The stripes of a row, the first of its key held so, the others shared.
    pub(crate) fn add_row(&mut self, table: &Table, key: &[Cell<'_>], hold: Hold) {
        let mut hold = hold;
        for cell in key {
            if let Cell::Text(text) = cell {
                self.add(stripe_of(&["", text]), hold);
                hold = Hold::Shared;
            }
        }
        if !key.iter().any(|cell| matches!(cell, Cell::Text(_))) {
            self.add(stripe_of(&[&table.name, &format!("{key:?}")]), hold);
        }
    }

    /// The stripe of all rows with this value in a column of the key; `false` if they have none in
    /// common.
    pub(crate) fn add_rows(&mut self, table: &Table, column: usize, value: &Cell<'_>) -> bool {
        match value {
            Cell::Text(text) if table.key.contains(&column) => {
                self.add(stripe_of(&["", text]), Hold::Alone);
                true
            }
            _ => false,
        }
    }
}

fn stripe_of(parts: &[&str]) -> i32 {
    // Below 2^12.
    i32::try_from(fingerprint(parts) % STRIPES).unwrap_or(0)
}

/// Waits for stripes, which are bound as an array, in the order of the array. It answers nothing.
pub(crate) fn wait_shared() -> String {
    format!(
        "SELECT 1 FROM unnest($1::INT[]) AS \"stripe\" \
         WHERE pg_advisory_xact_lock_shared({CLASS}, \"stripe\") IS NULL"
    )
}

/// Takes stripes that are free, and answers those that are not.
pub(crate) fn try_hold(hold: Hold) -> String {
    let shared = match hold {
        Hold::Shared => "_shared",
        Hold::Alone => "",
    };
    format!(
        "SELECT \"stripe\" FROM unnest($1::INT[]) AS \"stripe\" \
         WHERE NOT pg_try_advisory_xact_lock{shared}({CLASS}, \"stripe\")"
    )
}

/// Whether a select reads the rows of its table alone, and no expression that may lead elsewhere.
pub(crate) fn reads_one_table(table: &Table, select: &Select<'_>) -> bool {
    !table.reads_others
        && select.visibility.is_none()
        && select.expressions.is_empty()
        && select.compute.is_empty()
        && select.linked.is_none()
        && select.filter.is_empty()
        && select.search.is_none()
        && (select.order.iter()).all(|order| matches!(order.by, store::OrderKey::Column(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(i32, Hold)]) -> Stripes {
        Stripes(pairs.iter().copied().collect())
    }

    #[test]
    fn what_is_lacking() {
        use Hold::{Alone, Shared};
        for (held, wanted, lacking) in [
            (of(&[]), of(&[(1, Shared)]), of(&[(1, Shared)])),
            (of(&[(1, Shared)]), of(&[(1, Shared)]), of(&[])),
            (of(&[(1, Shared)]), of(&[(1, Alone)]), of(&[(1, Alone)])),
            (of(&[(1, Alone)]), of(&[(1, Shared)]), of(&[])),
        ] {
            assert_eq!(held.lacks(&wanted), lacking, "{held:?} {wanted:?}");
            let mut all = held.clone();
            all.extend(&wanted);
            assert!(all.lacks(&held).is_empty() && all.lacks(&wanted).is_empty());
        }
    }

    #[test]
    fn they_are_waited_for_in_ascending_order() {
        let stripes = of(&[(7, Hold::Shared), (3, Hold::Alone), (9, Hold::Alone)]);
        let sql = stripes.wait();
        let at = |part: &str| sql.find(part).expect(part);
        assert!(at("lock(1937011305, 3)") < at("lock_shared(1937011305, 7)"));
        assert!(at("lock_shared(1937011305, 7)") < at("lock(1937011305, 9)"));
        assert_eq!(stripes.held(Hold::Shared), [Cell::Integer(7)]);
    }

    #[test]
    fn a_value_has_one_stripe_in_whatever_key() {
        assert_eq!(stripe_of(&["", "a"]), stripe_of(&["", "a"]));
        let distinct: std::collections::BTreeSet<i32> = (0..1_000)
            .map(|n| stripe_of(&["", &n.to_string()]))
            .collect();
        assert!(distinct.len() > 800, "{}", distinct.len());
        assert!(distinct.iter().all(|stripe| (0..4_096).contains(stripe)));
    }
}
