//! The status monitors of all clients, in the database: whichever server on it is asked says what
//! became of a request. Who carries a request out holds a lease on its monitor; when that has run
//! out, the server has ended, and whether the request was carried out is not known.

use edm::Value;
use edm::time::TICKS_PER_SECOND;
use odata::{Error, ErrorCode};
use store::{Row, Select, Transaction, read, write};
use uuid::Uuid;

use super::answers;
use super::room::{Head, Room, Stage};
use super::rows::Layout;
use crate::access::Caller;
use crate::core::Core;
use crate::exchange::Response;

/// How long a server that fell silent is believed to be at work, in seconds.
pub(super) const LEASE: i64 = 15;

/// What a monitor says.
pub(super) enum Found {
    /// The request is being carried out.
    Running,
    /// It has been, and this is the answer.
    Finished(Response),
    /// The server that carried it out has ended.
    Lost(Error),
}

/// All monitors.
#[derive(Clone, Copy)]
pub(crate) struct Monitors(Option<Layout>);

impl Monitors {
    /// The monitors in these tables: none where the storage map has no tables for them.
    pub(crate) fn of(tables: &store::Tables) -> Self {
        Self(Layout::of(tables))
    }

    /// A new monitor, its lease taken; `None` if there is no room.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn begin(self, core: &Core, caller: &Caller) -> Result<Option<Uuid>, Error> {
        let Some(layout) = self.0 else {
            return Ok(None);
        };
        let (now, caller) = (core.clock.now().ticks, name_of(caller)?);
        let room = Room::of(heads(layout, core).await?, &caller, now);
        for id in room.gone {
            write(core.store.as_ref(), move |transaction| {
                layout.remove(transaction, &id)
            })
            .await?;
        }
        if !room.free {
            return Ok(None);
        }
        // 122 random bits of the system: nobody guesses them.
        let id = Uuid::new_v4();
        let mut row = core.tables.table(layout.monitors).blank();
        row[layout.id] = Value::String(id.to_string());
        row[layout.caller] = Value::String(caller);
        row[layout.lease_until] = Value::Integer(lease(now));
        write(core.store.as_ref(), move |transaction| {
            transaction.insert(layout.monitors, &row)
        })
        .await?;
        Ok(Some(id))
    }

    /// What a monitor of a caller says.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn find(
        self,
        core: &Core,
        id: Uuid,
        caller: &Caller,
    ) -> Result<Option<Found>, Error> {
        let Some(layout) = self.0 else {
            return Ok(None);
        };
        let (now, caller) = (core.clock.now().ticks, name_of(caller)?);
        read(core.store.as_ref(), move |reader| {
            let row = reader.get(layout.monitors, &[key(id)])?;
            let Some(row) = row.filter(|row| row[layout.caller].as_str() == Some(&caller)) else {
                return Ok(None);
            };
            let head = layout.head(&row);
            Ok(match head.stage(now) {
                Stage::Running => Some(Found::Running),
                Stage::Lost => Some(Found::Lost(lost())),
                Stage::Gone => None,
                Stage::Finished => {
                    let body = layout.body(reader, &row)?;
                    Some(Found::Finished(answers::read(layout, &row, body)))
                }
            })
        })
        .await
    }

    /// Removes a monitor of a caller; the server that carries its request out ends that. `false`:
    /// there is none.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn remove(
        self,
        core: &Core,
        id: Uuid,
        caller: &Caller,
    ) -> Result<bool, Error> {
        let Some(layout) = self.0 else {
            return Ok(false);
        };
        let (now, caller) = (core.clock.now().ticks, name_of(caller)?);
        write(core.store.as_ref(), move |transaction| {
            let row = transaction.get(layout.monitors, &[key(id)])?;
            let own = |row: &Row| row[layout.caller].as_str() == Some(&caller);
            let there = |row: &Row| layout.head(row).stage(now) != Stage::Gone;
            if !row.is_some_and(|row| own(&row) && there(&row)) {
                return Ok(false);
            }
            layout.remove(transaction, &key(id))?;
            Ok(true)
        })
        .await
    }

    /// Holds the lease on. `false`: the monitor has gone, and its request is to end.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn renew(self, core: &Core, id: Uuid) -> Result<bool, Error> {
        let Some(layout) = self.0 else {
            return Ok(false);
        };
        let until = Value::Integer(lease(core.clock.now().ticks));
        write(core.store.as_ref(), move |transaction| {
            change(
                layout,
                transaction,
                id,
                &[(layout.lease_until, until.clone())],
            )
        })
        .await
    }

    /// Keeps the answer of a request, if its monitor is still there.
    ///
    /// # Errors
    /// What the store says; it may be called again.
    pub(super) async fn finish(
        self,
        core: &Core,
        id: Uuid,
        response: &Response,
    ) -> Result<(), Error> {
        let Some(layout) = self.0 else { return Ok(()) };
        let pieces = answers::pieces(&response.body);
        let mut values = answers::head(layout, response, pieces.len());
        let (table, count) = (core.tables.table(layout.pieces), pieces.len());
        for (number, content) in (0_i64..).zip(pieces) {
            let mut piece = table.blank();
            piece[layout.of] = key(id);
            piece[layout.number] = Value::Integer(number);
            piece[layout.content] = Value::Binary(content.to_vec());
            write(core.store.as_ref(), move |transaction| {
                transaction.insert(layout.pieces, &piece)
            })
            .await?;
        }
        values.push((layout.finished_at, Value::Integer(core.clock.now().ticks)));
        write(core.store.as_ref(), move |transaction| {
            if !change(layout, transaction, id, &values)? && count > 0 {
                layout.remove(transaction, &key(id))?;
            }
            Ok(())
        })
        .await
    }

    /// Forgets all monitors; the servers that carry out requests end those.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn forget(self, core: &Core) -> Result<(), Error> {
        let Some(layout) = self.0 else { return Ok(()) };
        for head in heads(layout, core).await? {
            write(core.store.as_ref(), move |transaction| {
                layout.remove(transaction, &head.id)
            })
            .await?;
        }
        Ok(())
    }
}

fn lease(now: i64) -> i64 {
    now.saturating_add(LEASE * TICKS_PER_SECOND)
}

fn key(id: Uuid) -> Value {
    Value::String(id.to_string())
}

/// What tells a caller from all others, and from itself with other rights.
fn name_of(caller: &Caller) -> Result<String, Error> {
    let named = (
        &caller.subject,
        &caller.roles,
        &caller.scopes,
        &caller.reach,
    );
    serde_json::to_string(&named).map_err(Error::internal)
}

fn lost() -> Error {
    let message = "The server that carried this request out has ended; whether it did is not \
                   known. Read before you repeat it.";
    Error::new(ErrorCode::ServiceUnavailable, message)
}

async fn heads(layout: Layout, core: &Core) -> Result<Vec<Head>, Error> {
    let (tables, model) = (core.tables.clone(), core.model.clone());
    read(core.store.as_ref(), move |reader| {
        let table = tables.table(layout.monitors);
        let select = Select::all(layout.monitors, table.columns.len());
        let mut heads = Vec::new();
        reader.select(&select, &mut |cells| {
            let row = store::cell::decode_row(&model, table, cells)?;
            heads.push(layout.head(&row));
            Ok(())
        })?;
        Ok(heads)
    })
    .await
}

/// Changes the row of a monitor. `false`: there is none.
fn change(
    layout: Layout,
    transaction: &mut dyn Transaction,
    id: Uuid,
    values: &[(usize, Value)],
) -> Result<bool, Error> {
    let key = [key(id)];
    let Some(mut row) = transaction.get(layout.monitors, &key)? else {
        return Ok(false);
    };
    for (column, value) in values {
        row[*column] = value.clone();
    }
    let columns = values.iter().map(|(column, _)| *column).collect();
    transaction.update(layout.monitors, &key, columns, &row)
}
