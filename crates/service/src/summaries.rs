//! Run summaries: counters that run states move. A client's PATCH is an adjustment kept apart and
//! a DELETE takes it back, so that a recount stays true.

use edm::Value;
use engine::Outcome;
use odata::Error;
use store::{Row, TableId, Tables, Transaction};

use crate::counters::adjust;

/// A client sets counters.
pub(crate) fn update(adjustable: &[(usize, usize)], old: &Row, new: &mut Row) -> Outcome {
    adjust(adjustable, old, new);
    Outcome::Write
}

/// A client removes a summary: it shows what the run states say again.
pub(crate) fn delete(
    transaction: &mut dyn Transaction,
    tables: &Tables,
    table: TableId,
    key: &[Value],
    adjustable: &[(usize, usize)],
    old: &Row,
) -> Result<Outcome, Error> {
    let mut amounts = Vec::with_capacity(adjustable.len() * 2);
    for (column, adjustment) in adjustable {
        let by = old[*adjustment].as_i64().unwrap_or(0);
        if by == 0 {
            continue;
        }
        amounts.push((*adjustment, -by));
        // A virtual counter is summed on reading, its adjustment with it.
        if tables.table(table).columns[*column].expression.is_none() {
            amounts.push((*column, -by));
        }
    }
    transaction.add(table, key, &amounts)?;
    Ok(Outcome::Done)
}
