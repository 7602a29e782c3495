//! What the service does by itself: its singleton at the first start, and retention of history.

use std::sync::Arc;

use edm::Value;
use edm::time::TICKS_PER_DAY;
use engine::Core;
use odata::Error;
use store::{Order, Select, TableId, Transaction, write};

use crate::global;

/// Days that history is kept.
const RETENTION_DAYS: i64 = 90;
/// Rows of history that go in one transaction.
const SLICE: u64 = 1_000;

/// Makes what an empty database must hold: the rows of the model's singletons. Says in global
/// scripts which version this release has of them.
///
/// # Errors
/// What the store says.
pub async fn bootstrap(core: &Arc<Core>) -> Result<(), Error> {
    let shared = core.clone();
    write(core.store.as_ref(), move |transaction| {
        for (_, singleton) in shared.model.singletons() {
            let found = shared
                .tables
                .iter()
                .find(|(_, table)| table.of == Some(singleton.of));
            let Some((id, table)) = found else { continue };
            if transaction.count(&Select::all(id, 0))? > 0 {
                continue;
            }
            let mut row = table.blank();
            for ordinal in &shared.model.structured(singleton.of).key {
                row[*ordinal] = Value::String(shared.ids.new_id().to_string());
            }
            transaction.insert(id, &row)?;
        }
        global::refresh(&shared, transaction)
    })
    .await
}

/// Goes on with interrupted deletions and removes history that is older than it is kept. Called
/// at start and every hour.
///
/// # Errors
/// What the store says; the next call goes on.
pub async fn maintain(core: &Arc<Core>) -> Result<(), Error> {
    engine::drain(core).await?;
    let histories: Vec<TableId> = core.tables.iter().filter_map(|(_, t)| t.history).collect();
    for history in histories {
        loop {
            let shared = core.clone();
            let full = write(core.store.as_ref(), move |transaction| {
                remove_oldest(&shared, transaction, history)
            })
            .await?;
            if !full {
                break;
            }
        }
    }
    Ok(())
}

/// Removes one slice of the oldest rows that are past retention. `false`: no more are. The newest
/// row stays however old it is: were the table empty, the database would hand out the keys of
/// removed rows again, to which run states still point.
fn remove_oldest(
    core: &Core,
    transaction: &mut dyn Transaction,
    history: TableId,
) -> Result<bool, Error> {
    let table = core.tables.table(history);
    let (Some(recorded), [key]) = (table.column("recorded_at"), table.key.as_slice()) else {
        return Err(Error::internal("a history without its columns"));
    };
    let oldest = core.clock.now().ticks - RETENTION_DAYS * TICKS_PER_DAY;
    let mut select = Select::all(history, 0);
    select.columns = vec![*key, recorded];
    select.order = vec![Order::column(*key, false)];
    select.limit = Some(SLICE + 1);
    let (mut past, mut last) = (Vec::new(), None);
    transaction.select(&select, &mut |cells| {
        let value = |column: usize, at: usize| {
            store::cell::decode(&core.model, &table.columns[column], cells, at)
        };
        let key = value(*key, 0)?;
        if value(recorded, 1)?
            .as_i64()
            .is_some_and(|time| time < oldest)
        {
            past.push(key.clone());
        }
        last = Some(key);
        Ok(())
    })?;
    // The last one found may be the newest of all.
    past.retain(|key| Some(key) != last.as_ref());
    for key in &past {
        transaction.delete(history, std::slice::from_ref(key))?;
    }
    Ok(past.len() as u64 == SLICE)
}
