//! Revocations: since when the tokens of a subject or an application do not hold any more.

use std::sync::Arc;

use edm::time::{DateTimeOffset, TICKS_PER_SECOND};
use edm::{Model, Value};
use engine::Core;
use engine::audit::Origin;
use engine::exchange::{self, Revocation, Revoked};
use odata::Error;
use store::{Order, Reader, Select, TableId, Tables, Transaction, cell};

use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// For how long a revocation is kept, in seconds: a day longer than any token lives.
const KEPT: i64 = 366 * 86_400;
/// Revocations that are read, or removed, at once.
const SLICE: u64 = 1_000;

/// Revokes all tokens of a subject or an application that were issued until now, in the transaction
/// of what makes them invalid. Every server on the database refuses them within 2 seconds of its
/// commit. Says the first second since 1970 in which issued tokens hold again.
///
/// A token that was issued behind an earlier revocation of the same second says a second that has not
/// come: it is revoked, too, so that each revocation is later than the one before.
///
/// # Errors
/// What the store says.
pub fn revoke(
    (model, tables): (&Model, &Tables),
    transaction: &mut dyn Transaction,
    now: DateTimeOffset,
    principal: &str,
) -> Result<u64, Error> {
    let layout = Layout::of(tables)?;
    let revoked_at = next((model, tables), transaction, now, principal)?;
    let mut row = tables.table(layout.table).blank();
    row[layout.revoked_at] = Value::Integer(revoked_at.ticks);
    row[layout.principal] = Value::String(principal.to_owned());
    // If there is one of this instant already, it says the same.
    transaction.insert(layout.table, &row)?;
    Ok(behind(revoked_at))
}

/// What [`revoke`] would say now.
///
/// # Errors
/// What the store says.
pub(super) fn revoked_until(
    place: (&Model, &Tables),
    reader: &mut dyn Reader,
    now: DateTimeOffset,
    principal: &str,
) -> Result<u64, Error> {
    next(place, reader, now, principal).map(behind)
}

/// When a principal is revoked next: now, or in the second that it may have got tokens of.
fn next(
    place: (&Model, &Tables),
    reader: &mut dyn Reader,
    now: DateTimeOffset,
    principal: &str,
) -> Result<DateTimeOffset, Error> {
    let earlier = holding_from(place, reader, now, principal)?;
    let ahead = i64::try_from(earlier.saturating_sub(second_of(now))).unwrap_or(0);
    Ok(instant(now.ticks + ahead * TICKS_PER_SECOND))
}

/// The first second since 1970 in which tokens hold again that are issued behind a revocation.
fn behind(revoked_at: DateTimeOffset) -> u64 {
    second_of(revoked_at).saturating_add(1)
}

/// How far back revocations may say that a token of now does not hold, in seconds: one of the same
/// second does, by clocks that differ by a second.
const RECENT: i64 = 2;

/// The first second since 1970 in which tokens of a subject or an application may say that they were
/// issued: that behind a revocation of this second, or 0.
///
/// # Errors
/// What the store says.
pub(crate) fn tokens_from(
    core: &Core,
    reader: &mut dyn Reader,
    principal: &str,
) -> Result<u64, Error> {
    let place = (&*core.model, &*core.tables);
    holding_from(place, reader, core.clock.now(), principal)
}

fn holding_from(
    (model, tables): (&Model, &Tables),
    reader: &mut dyn Reader,
    now: DateTimeOffset,
    principal: &str,
) -> Result<u64, Error> {
    let layout = Layout::of(tables)?;
    let table = tables.table(layout.table);
    let recent = now.ticks - RECENT * TICKS_PER_SECOND;
    let mut select = Select::all(layout.table, 0);
    select.columns = vec![layout.revoked_at];
    select.fixed = vec![(layout.principal, Value::from(principal))];
    select.order = [layout.revoked_at, layout.principal]
        .map(|column| Order::column(column, false))
        .to_vec();
    select.after = Some(vec![Value::Integer(recent), Value::from("")]);
    let mut from = 0;
    reader.select(&select, &mut |cells| {
        let revoked_at = cell::decode(model, &table.columns[layout.revoked_at], cells, 0)?;
        if let Some(ticks) = revoked_at.as_i64() {
            from = from.max(behind(instant(ticks)));
        }
        Ok(())
    })?;
    Ok(from)
}

/// The revocations of a database.
pub struct Revocations {
    core: Arc<Core>,
    layout: Layout,
}

/// The table of revocations and its columns.
#[derive(Clone, Copy)]
struct Layout {
    table: TableId,
    revoked_at: usize,
    principal: usize,
}

impl Layout {
    fn of(tables: &Tables) -> Result<Self, Error> {
        Self::find(tables).map_err(Error::internal)
    }

    fn find(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "revocation")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            revoked_at: hidden(table, "revoked_at")?,
            principal: hidden(table, "principal")?,
        })
    }
}

impl Revocations {
    /// The revocations of the database of a service.
    ///
    /// # Errors
    /// If the storage map has no table of them.
    pub fn new(core: Arc<Core>) -> Result<Self, GraphError> {
        let layout = Layout::find(&core.tables)?;
        Ok(Self { core, layout })
    }
}

impl exchange::Revocations for Revocations {
    fn after(&self, revoked_at: i64, principal: String) -> Revoked<'_> {
        let place = vec![Value::Integer(revoked_at), Value::String(principal)];
        Box::pin(slice(&self.core, self.layout, Some(place)))
    }
}

/// Some revocations behind a place, in the order of their key.
async fn slice(
    core: &Arc<Core>,
    layout: Layout,
    after: Option<Vec<Value>>,
) -> Result<Vec<Revocation>, Error> {
    let shared = Arc::clone(core);
    core.read(move |reader| {
        let table = shared.tables.table(layout.table);
        let mut select = Select::all(layout.table, 0);
        select.columns = vec![layout.revoked_at, layout.principal];
        select.order = select
            .columns
            .iter()
            .map(|at| Order::column(*at, false))
            .collect();
        select.after.clone_from(&after);
        select.limit = Some(SLICE);
        let mut found = Vec::new();
        reader.select(&select, &mut |cells| {
            let value =
                |column: usize, at| cell::decode(&shared.model, &table.columns[column], cells, at);
            let time = value(layout.revoked_at, 0)?;
            let principal = value(layout.principal, 1)?;
            if let (Some(revoked_at), Some(principal)) = (time.as_i64(), principal.as_str()) {
                found.push(Revocation {
                    revoked_at,
                    revoked_at_second: second_of(instant(revoked_at)),
                    principal: principal.to_owned(),
                });
            }
            Ok(())
        })?;
        Ok(found)
    })
    .await
}

fn instant(ticks: i64) -> DateTimeOffset {
    DateTimeOffset {
        ticks,
        ..DateTimeOffset::MIN
    }
}

/// Seconds since 1970; a clock before that reads as 1970.
fn second_of(time: DateTimeOffset) -> u64 {
    u64::try_from(time.to_unix_seconds()).unwrap_or(0)
}

/// Removes the revocations that no token outlives.
///
/// # Errors
/// What the store says; the next call goes on.
pub(crate) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    let layout = Layout::of(&core.tables)?;
    loop {
        let past = core.clock.now().ticks - KEPT * TICKS_PER_SECOND;
        let mut oldest = slice(core, layout, None).await?;
        let read = oldest.len() as u64;
        oldest.retain(|revocation| revocation.revoked_at < past);
        let full = oldest.len() as u64 == SLICE && read == SLICE;
        core.write(Origin::server(core), move |transaction| {
            for revocation in &oldest {
                let principal = Value::String(revocation.principal.clone());
                let key = [Value::Integer(revocation.revoked_at), principal];
                transaction.delete(layout.table, &key)?;
            }
            Ok(())
        })
        .await?;
        if !full {
            return Ok(());
        }
    }
}
