//! DELETE: the entity, and what hangs on it. What is too much for one transaction is hidden with
//! its parent at once and drained in slices behind it.

use std::sync::Arc;

use edm::Value;
use odata::Error;
use odata::path::Segment;
use store::visibility::allow;
use store::{NavigationMap, Reader, Row, Select, TableId, Transaction, read};

use crate::access::Permit;
use crate::answer;
use crate::audit::Origin;
use crate::context::Context;
use crate::core::Core;
use crate::create::not_here;
use crate::etag;
use crate::exchange::Response;
use crate::service::{Change, Outcome};
use crate::target::{Target, load, locate};

/// The most rows that go in one transaction with what they hang on.
const SLICE: u32 = 1_000;

/// Removes the entity that the URL names: 204.
pub(crate) async fn entity(context: &Arc<Context>) -> Result<Response, Error> {
    let rest = context
        .write(|context, transaction| {
            let core = &context.core;
            // A media entity goes with its content (Protocol, section 11.4.7.3).
            let segments = match context.path.segments.split_last() {
                Some((Segment::Value, entity)) => entity,
                _ => &context.path.segments,
            };
            let target = locate(core, transaction, segments)?;
            if target.borrowed {
                return Err(not_here());
            }
            let old = load(core, transaction, &target)?;
            let table = core.tables.table(target.table);
            etag::check(&context.request.headers, table, &old)?;
            remove(core, transaction, &target, &old, context.permit)
        })
        .await?;
    if rest == Rest::Waits {
        context.core.drain();
    }
    Ok(answer::empty(&context.negotiated))
}

/// Whether everything that hung on a removed entity went with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Yes.
    Gone,
    /// Some rows are noted, to be drained.
    Waits,
}

/// Removes an entity and at most a slice of each table's rows that hang on it; the rest is noted.
///
/// # Errors
/// 404 if there is none, and what the hook says.
pub(crate) fn remove(
    core: &Core,
    transaction: &mut dyn Transaction,
    target: &Target,
    old: &Row,
    _permit: Permit,
) -> Result<Rest, Error> {
    allow(transaction.changes(target.table).delete)?;
    let change = Change::Delete { old };
    if core
        .service
        .judge(transaction, &core.scope(), target, change)?
        == Outcome::Done
    {
        return Ok(Rest::Gone);
    }
    let table = core.tables.table(target.table);
    if !transaction.delete(target.table, &table.key_of(old))? {
        return Err(target.missing(core));
    }
    // What hangs on what could be removed goes with it.
    let transaction = transaction.unconfined();
    let mut rest = Rest::Gone;
    for map in core.tables.children(&core.model, target.of, table) {
        if remove_children(core, transaction, map, old)? == Rest::Waits {
            rest = Rest::Waits;
        }
    }
    Ok(rest)
}

fn remove_children(
    core: &Core,
    transaction: &mut dyn Transaction,
    map: &NavigationMap,
    parent: &Row,
) -> Result<Rest, Error> {
    let fixed: Vec<(usize, Value)> = map
        .on
        .iter()
        .map(|(column, source)| (*column, parent[*source].clone()))
        .collect();
    if transaction.delete_where(map.table, &fixed, SLICE)? < SLICE {
        return Ok(Rest::Gone);
    }
    let ([(column, value)], Some(pending)) = (fixed.as_slice(), core.tables.find(PENDING)) else {
        return Err(Error::internal(
            "rows that hang on several columns cannot be drained",
        ));
    };
    let table = core.tables.table(map.table);
    let note = core.tables.table(pending);
    let mut row = note.blank();
    for (name, text) in [
        ("table_name", table.name.as_str()),
        ("column_name", table.columns[*column].name.as_str()),
        ("value", value.as_str().unwrap_or_default()),
    ] {
        let column = note
            .column(name)
            .ok_or_else(|| Error::internal("pending_deletion"))?;
        row[column] = Value::from(text);
    }
    transaction.append(pending, &row).map(|_| Rest::Waits)
}

/// The table in which deletions wait.
const PENDING: &str = "pending_deletion";

/// Removes, slice by slice, the rows whose parents were deleted. Called after a delete and at
/// start, for those that an interruption left.
///
/// # Errors
/// What the store says; what is left stays noted.
pub async fn drain(core: &Arc<Core>) -> Result<(), Error> {
    let Some(pending) = core.tables.find(PENDING) else {
        return Ok(());
    };
    loop {
        let shared = core.clone();
        let note = read(core.store.as_ref(), move |reader| {
            first(&shared, reader.everything(), pending)
        })
        .await?;
        let Some(note) = note else { return Ok(()) };
        let key = core.tables.table(pending).key_of(&note);
        let shared = core.clone();
        let origin = Origin::server(core);
        core.write(origin, move |transaction| {
            slice(&shared, transaction.unconfined(), pending, &key)
        })
        .await?;
    }
}

/// A deletion that waits, if there is one.
fn first(core: &Core, reader: &mut dyn Reader, pending: TableId) -> Result<Option<Row>, Error> {
    let note = core.tables.table(pending);
    let mut select = Select::all(pending, note.columns.len());
    select.limit = Some(1);
    let mut waiting = None;
    reader.select(&select, &mut |cells| {
        waiting = Some(store::cell::decode_row(&core.model, note, cells)?);
        Ok(())
    })?;
    Ok(waiting)
}

/// Removes one slice of what a note says, and the note with the last. Another server may have been
/// faster.
fn slice(
    core: &Core,
    transaction: &mut dyn Transaction,
    pending: TableId,
    key: &[Value],
) -> Result<(), Error> {
    let Some(row) = transaction.get(pending, key)? else {
        return Ok(());
    };
    let note = core.tables.table(pending);
    let text = |name: &str| {
        note.column(name)
            .and_then(|c| row[c].as_str())
            .unwrap_or_default()
    };
    let gone = match core.tables.find(text("table_name")) {
        Some(id) => {
            let table = core.tables.table(id);
            let column = table.column(text("column_name")).ok_or_else(|| {
                Error::internal("a deletion waits for a column that is not there")
            })?;
            transaction.delete_where(id, &[(column, Value::from(text("value")))], SLICE)?
        }
        None => 0,
    };
    if gone < SLICE {
        transaction.delete(pending, key)?;
    }
    Ok(())
}
