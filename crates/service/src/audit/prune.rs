//! Events go with time, from the beginning of each chain; the chain keeps the place and the hash of
//! the last one that went, which the first that stays must hold.

use std::sync::Arc;

use edm::Value;
use edm::time::TICKS_PER_DAY;
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use store::Select;

use super::{Audit, verify};
use crate::graph::Graph;

/// Days that events are kept.
pub(crate) const RETENTION_DAYS: i64 = 730;

/// Removes the events that are older than they are kept. That is no change that leaves an event: the
/// chain says itself what went.
///
/// # Errors
/// What the store says; the next call goes on.
pub(crate) async fn prune(core: &Arc<Core>, graph: &Graph) -> Result<(), Error> {
    let (shared, audit) = (Arc::clone(core), Arc::clone(&graph.audit));
    let servers = core
        .read(move |reader| {
            let mut servers = Vec::new();
            let chain = audit.columns.chain;
            let mut select = Select::all(audit.columns.chains, 0);
            select.columns = vec![chain.server];
            let column = &shared.tables.table(audit.columns.chains).columns[chain.server];
            reader.select(&select, &mut |cells| {
                servers.push(store::cell::decode(&shared.model, column, cells, 0)?);
                Ok(())
            })?;
            Ok(servers)
        })
        .await?;
    for server in servers {
        loop {
            let (shared, audit) = (Arc::clone(core), Arc::clone(&graph.audit));
            let server = server.clone();
            let more = core
                .write(Origin::server(core), move |transaction| {
                    slice(&shared, &audit, transaction, &server)
                })
                .await?;
            if !more {
                break;
            }
        }
    }
    Ok(())
}

/// Removes some events from the beginning of a chain. `false`: no more are old.
fn slice(
    core: &Core,
    audit: &Audit,
    transaction: &mut dyn store::Transaction,
    server: &Value,
) -> Result<bool, Error> {
    let columns = &audit.columns;
    let chain = columns.chain;
    let key = std::slice::from_ref(server);
    let Some(mut end) = transaction.get(columns.chains, key)? else {
        return Ok(false);
    };
    let oldest = core.clock.now().ticks - RETENTION_DAYS * TICKS_PER_DAY;
    let is_old = |row: &store::Row| matches!(&row[columns.time], Value::DateTimeOffset(time) if time.ticks < oldest);
    let name = server.as_str().unwrap_or_default();
    let anchor = end[chain.anchor_sequence].as_i64().unwrap_or(0);
    let rows = verify::events(core, audit, transaction, name, anchor)?;
    let rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    let old = rows.iter().take_while(|row| is_old(row));
    let mut last = None;
    for row in old {
        let key = core.tables.table(columns.events).key_of(row);
        transaction.delete(columns.events, &key)?;
        last = Some(row);
    }
    let Some(last) = last else { return Ok(false) };
    end[chain.anchor_sequence] = last[columns.sequence].clone();
    end[chain.anchor_hash] = last[columns.hash].clone();
    let changed = [chain.anchor_sequence, chain.anchor_hash];
    transaction.update(columns.chains, key, changed.into_iter().collect(), &end)?;
    Ok(rows.last().is_some_and(is_old))
}
