//! Signed assertions that were used: none is taken twice, whichever server it comes to.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use store::{Order, Select, TableId, Tables, cell};

use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// Assertions that are removed at once.
const SLICE: u64 = 1_000;
/// For how many seconds one is kept behind its expiry: the clocks of servers differ.
const KEPT: i64 = 3_600;

/// The table of used assertions and its columns.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    table: TableId,
    digest: usize,
    expires_at: usize,
}

impl Layout {
    pub(super) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "used_assertion")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            digest: hidden(table, "digest")?,
            expires_at: hidden(table, "expires_at")?,
        })
    }
}

/// Notes that an assertion is used. `false`: it was before.
pub(super) async fn note(
    core: &Arc<Core>,
    layout: Layout,
    digest: String,
    expires_at: u64,
) -> Result<bool, Error> {
    let mut row = core.tables.table(layout.table).blank();
    row[layout.digest] = Value::String(digest);
    row[layout.expires_at] = Value::Integer(i64::try_from(expires_at).unwrap_or(i64::MAX));
    core.write(Origin::server(core), move |transaction| {
        transaction.insert(layout.table, &row)
    })
    .await
}

/// Removes those that have expired.
///
/// # Errors
/// What the store says; the next call goes on.
pub(super) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    let layout = Layout::of(&core.tables).map_err(Error::internal)?;
    loop {
        let past = core.clock.now().to_unix_seconds().saturating_sub(KEPT);
        let mut oldest = oldest(core, layout).await?;
        oldest.retain(|(expires_at, _)| *expires_at < past);
        let full = oldest.len() as u64 == SLICE;
        core.write(Origin::server(core), move |transaction| {
            for (_, digest) in &oldest {
                transaction.delete(layout.table, std::slice::from_ref(digest))?;
            }
            Ok(())
        })
        .await?;
        if !full {
            return Ok(());
        }
    }
}

/// Those that expire first: when, and their key.
async fn oldest(core: &Arc<Core>, layout: Layout) -> Result<Vec<(i64, Value)>, Error> {
    let shared = Arc::clone(core);
    core.read(move |reader| {
        let table = shared.tables.table(layout.table);
        let mut select = Select::all(layout.table, 0);
        select.columns = vec![layout.expires_at, layout.digest];
        select.order = vec![Order::column(layout.expires_at, false)];
        select.limit = Some(SLICE);
        let mut found = Vec::new();
        reader.select(&select, &mut |cells| {
            let value =
                |column: usize, at| cell::decode(&shared.model, &table.columns[column], cells, at);
            let expires_at = value(layout.expires_at, 0)?.as_i64().unwrap_or(i64::MAX);
            found.push((expires_at, value(layout.digest, 1)?));
            Ok(())
        })?;
        Ok(found)
    })
    .await
}
