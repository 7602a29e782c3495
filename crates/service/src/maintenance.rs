//! What the service does by itself: its singleton at the first start, and retention of history.

use std::sync::Arc;

use edm::Value;
use edm::time::TICKS_PER_DAY;
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use store::changes::Retention;
use store::{Order, Select, TableId, Transaction};

use crate::approvals;
use crate::audit;
use crate::exports;
use crate::global;
use crate::graph::Graph;
use crate::identity;

/// Rows of history that go in one transaction.
const SLICE: u64 = 1_000;

/// Makes what an empty database must hold: the rows of the model's singletons. Says in global
/// scripts which version this release has of them.
///
/// # Errors
/// What the store says.
pub async fn bootstrap(core: &Arc<Core>) -> Result<(), Error> {
    let shared = core.clone();
    core.write(Origin::server(core), move |transaction| {
        for table in sole_rows(&shared) {
            make_sole_row(&shared, transaction, table)?;
        }
        global::refresh(&shared, transaction)
    })
    .await
}

/// The tables that hold one row each: those of singletons, and of what they contain once.
fn sole_rows(core: &Core) -> Vec<TableId> {
    let mut found = Vec::new();
    for (_, singleton) in core.model.singletons() {
        let mut tables = core.tables.iter();
        let table = tables.find(|(_, table)| table.of == Some(singleton.of));
        found.extend(table.map(|(id, _)| id));
        let contained = core.model.structured(singleton.of).navigation.iter();
        for (index, navigation) in contained.enumerate() {
            let map = core.tables.navigation(&core.model, singleton.of, index);
            let sole = map.filter(|map| !navigation.collection && map.on.is_empty());
            found.extend(sole.map(|map| map.table));
        }
    }
    found
}

fn make_sole_row(core: &Core, transaction: &mut dyn Transaction, id: TableId) -> Result<(), Error> {
    if transaction.count(&Select::all(id, 0))? > 0 {
        return Ok(());
    }
    let table = core.tables.table(id);
    let mut row = table.blank();
    for column in &table.key {
        row[*column] = Value::String(core.ids.new_id().to_string());
    }
    transaction.insert(id, &row).map(|_| ())
}

/// Goes on with interrupted deletions and removes history, exports, revocations and logs of changes
/// that are older than they are kept. Called at start and every hour.
///
/// # Errors
/// What the store says; the next call goes on.
pub async fn maintain(core: &Arc<Core>, graph: &Graph) -> Result<(), Error> {
    exports::clear(graph, core).await?;
    approvals::clear(graph, core).await?;
    let (shared, tokens) = (core.clone(), graph.enrollment_tokens);
    core.write(Origin::server(core), move |transaction| {
        tokens.forget_expired(&shared, transaction)
    })
    .await?;
    identity::clear(core).await?;
    engine::drain(core).await?;
    let histories: Vec<TableId> = core.tables.iter().filter_map(|(_, t)| t.history).collect();
    for history in histories {
        loop {
            let (shared, days) = (core.clone(), graph.history_days);
            let full = core
                .write(Origin::server(core), move |transaction| {
                    remove_oldest(&shared, transaction, history, days)
                })
                .await?;
            if !full {
                break;
            }
        }
    }
    audit::prune(core, graph).await?;
    let retention = Retention::default();
    core.prune_changes(retention).await
}

/// Removes one slice of the oldest rows that are past retention. `false`: no more are. The newest
/// row stays however old it is: were the table empty, the database would hand out the keys of
/// removed rows again, to which run states still point.
fn remove_oldest(
    core: &Core,
    transaction: &mut dyn Transaction,
    history: TableId,
    days: u32,
) -> Result<bool, Error> {
    let table = core.tables.table(history);
    let (Some(recorded), [key]) = (table.column("recorded_at"), table.key.as_slice()) else {
        return Err(Error::internal("a history without its columns"));
    };
    let oldest = core.clock.now().ticks - i64::from(days) * TICKS_PER_DAY;
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
