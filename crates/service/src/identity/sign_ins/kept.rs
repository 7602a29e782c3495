//! The rows: JSON under the digest of a secret, until it expires.

use std::sync::Arc;

use edm::Value;
use engine::Core;
use engine::audit::Origin;
use odata::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{ColumnSet, Order, Reader, Row, Select, TableId, Tables, Transaction, cell};

use super::super::applications::{integer, seconds};
use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// How many expired rows are removed at once.
const SLICE: u64 = 1_000;
/// For how many seconds a row is kept behind its expiry: the clocks of servers differ.
const BEHIND: i64 = 3_600;

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A browser that somebody signed in with.
    Session,
    /// An authorization code.
    Code,
    /// A refresh token and its predecessors.
    Family,
    /// A device that waits for a user.
    Device,
    /// A one-time code for a user's password.
    Password,
    /// A one-time code for the first administrator.
    First,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Code => "code",
            Self::Family => "family",
            Self::Device => "device",
            Self::Password => "password",
            Self::First => "first",
        }
    }
}

/// The table and its columns.
#[derive(Clone, Copy)]
pub(in super::super) struct Kept {
    table: TableId,
    kind: usize,
    digest: usize,
    expires_at: usize,
    content: usize,
}

/// Where a row is: its kind and the digest of its secret.
type Place<'a> = (Kind, &'a str);

impl Kept {
    pub(in super::super) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "sign_in")?;
        let column = |name: &str| hidden(tables.table(id), name);
        Ok(Self {
            table: id,
            kind: column("kind")?,
            digest: column("digest")?,
            expires_at: column("expires_at")?,
            content: column("content")?,
        })
    }

    /// What stands at a place and has not expired.
    pub(super) fn get<T: DeserializeOwned>(
        self,
        reader: &mut dyn Reader,
        place: Place<'_>,
        now: u64,
    ) -> Result<Option<T>, Error> {
        let row = reader.get(self.table, &key(place))?;
        let Some(row) = row.filter(|row| seconds(&row[self.expires_at]) > now) else {
            return Ok(None);
        };
        let content = row[self.content].as_str().unwrap_or_default();
        Ok(Some(
            serde_json::from_str(content).map_err(Error::internal)?,
        ))
    }

    /// Keeps something until a time; `false`: the place is taken.
    pub(in super::super) fn insert(
        self,
        core: &Core,
        transaction: &mut dyn Transaction,
        place: Place<'_>,
        kept: (&impl Serialize, u64),
    ) -> Result<bool, Error> {
        let row = self.row(core, place, kept)?;
        transaction.insert(self.table, &row)
    }

    /// Puts something else at a place where something is.
    pub(super) fn replace(
        self,
        core: &Core,
        transaction: &mut dyn Transaction,
        place: Place<'_>,
        kept: (&impl Serialize, u64),
    ) -> Result<(), Error> {
        let row = self.row(core, place, kept)?;
        let columns: ColumnSet = [self.expires_at, self.content].into_iter().collect();
        transaction.update(self.table, &key(place), columns, &row)?;
        Ok(())
    }

    /// Removes what stands at a place; `false`: nothing does.
    pub(super) fn delete(
        self,
        transaction: &mut dyn Transaction,
        place: Place<'_>,
    ) -> Result<bool, Error> {
        transaction.delete(self.table, &key(place))
    }

    /// Removes all of a kind.
    pub(super) fn delete_all(
        self,
        transaction: &mut dyn Transaction,
        kind: Kind,
    ) -> Result<(), Error> {
        let of_kind = [(self.kind, Value::from(kind.name()))];
        transaction.delete_where(self.table, &of_kind, u32::MAX)?;
        Ok(())
    }

    fn row(
        self,
        core: &Core,
        (kind, digest): Place<'_>,
        (content, expires_at): (&impl Serialize, u64),
    ) -> Result<Row, Error> {
        let content = serde_json::to_string(content).map_err(Error::internal)?;
        let mut row = core.tables.table(self.table).blank();
        row[self.kind] = Value::from(kind.name());
        row[self.digest] = Value::from(digest);
        row[self.expires_at] = integer(expires_at);
        row[self.content] = Value::String(content);
        Ok(row)
    }
}

fn key((kind, digest): Place<'_>) -> [Value; 2] {
    [Value::from(kind.name()), Value::from(digest)]
}

/// Removes what has expired.
///
/// # Errors
/// What the store says; the next call goes on.
pub(in super::super) async fn clear(core: &Arc<Core>) -> Result<(), Error> {
    let kept = Kept::of(&core.tables).map_err(Error::internal)?;
    loop {
        let past = core.clock.now().to_unix_seconds().saturating_sub(BEHIND);
        let mut oldest = oldest(core, kept).await?;
        oldest.retain(|(expires_at, _)| *expires_at < past);
        let full = oldest.len() as u64 == SLICE;
        core.write(Origin::server(core), move |transaction| {
            for (_, key) in &oldest {
                transaction.delete(kept.table, key)?;
            }
            Ok(())
        })
        .await?;
        if !full {
            return Ok(());
        }
    }
}

/// Those that expire first: when, and their keys.
async fn oldest(core: &Arc<Core>, kept: Kept) -> Result<Vec<(i64, [Value; 2])>, Error> {
    let shared = Arc::clone(core);
    core.read(move |reader| {
        let table = shared.tables.table(kept.table);
        let mut select = Select::all(kept.table, 0);
        select.columns = vec![kept.expires_at, kept.kind, kept.digest];
        select.order = vec![Order::column(kept.expires_at, false)];
        select.limit = Some(SLICE);
        let mut found = Vec::new();
        reader.select(&select, &mut |cells| {
            let value =
                |column: usize, at| cell::decode(&shared.model, &table.columns[column], cells, at);
            let expires_at = value(kept.expires_at, 0)?.as_i64().unwrap_or(i64::MAX);
            found.push((expires_at, [value(kept.kind, 1)?, value(kept.digest, 2)?]));
            Ok(())
        })?;
        Ok(found)
    })
    .await
}
