//! Retention: the oldest rows of a log go. The last of them stays, marked, so that who comes with
//! an older token is told that changes are gone, and so that numbers are never handed out again.

use std::sync::Arc;

use odata::Error;

use super::{Layout, LogPlace};
use crate::table::{TableId, Tables};
use crate::transaction::{Reader, Store, read, write};

/// Rows that go in one transaction.
const SLICE: u64 = 1_000;

/// How long changes are kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Full days.
    pub days: i32,
    /// Rows of one log.
    pub rows: i64,
}

impl Default for Retention {
    /// A week, or ten million changes.
    fn default() -> Self {
        Self {
            days: 7,
            rows: 10_000_000,
        }
    }
}

/// Removes what is past retention from every log, slice by slice. `today` is the UTC day as days
/// since 0001-01-01.
///
/// # Errors
/// What the store says; the next call goes on.
pub async fn prune(
    store: &dyn Store,
    tables: &Arc<Tables>,
    today: i32,
    retention: Retention,
) -> Result<(), Error> {
    let logs: Vec<TableId> = tables
        .iter()
        .filter_map(|(_, table)| table.changes.as_ref().map(|log| log.table))
        .collect();
    for log in logs {
        let mut after = LogPlace::before(0);
        loop {
            let shared = Arc::clone(tables);
            let past = read(store, move |reader| {
                past(&shared, reader, (log, after), today, retention)
            })
            .await?;
            let Some((through, more)) = past else { break };
            write(store, move |transaction| transaction.trim_log(log, through)).await?;
            if !more {
                break;
            }
            // What is marked already is not looked at again.
            after = through;
        }
    }
    Ok(())
}

/// The last row of a slice behind a place that is past retention, and whether there may be more.
fn past(
    tables: &Tables,
    reader: &mut dyn Reader,
    (log, after): (TableId, LogPlace),
    today: i32,
    retention: Retention,
) -> Result<Option<(LogPlace, bool)>, Error> {
    let layout = Layout::of(tables.table(log));
    let oldest_day = i64::from(today) - i64::from(retention.days);
    let newest = reader.log_horizon(log)?.newest;
    let oldest_number = newest.saturating_sub(retention.rows);
    let (mut found, mut count, mut ended) = (None, 0, false);
    reader.log_rows(log, after, SLICE, &mut |cells| {
        let (place, day) = (layout.place(cells)?, layout.day(cells)?);
        ended |= day >= oldest_day && place.number > oldest_number;
        if !ended {
            count += 1;
            // Day 0 is the mark: nothing to do.
            found = (day != 0).then_some(place).or(found);
        }
        Ok(())
    })?;
    Ok(found.map(|place| (place, count == SLICE)))
}
