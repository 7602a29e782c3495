//! How signing keys lie in tables, and in which order they sign.

use edm::Value;
use engine::Core;
use engine::exchange::{KeptSecret, LONGEST_SERVED};
use odata::Error;
use store::{ColumnSet, Reader, Row, TableId, Tables, Transaction};
use uuid::Uuid;

use crate::columns::{hidden, table_named};
use crate::graph::GraphError;
use crate::identity::applications::{all, integer, rows, seconds, text};

/// How much longer than a served token a key is kept, in seconds: a server may sign with it for some
/// seconds more than its clock should have it, and the clocks of servers differ.
const MARGIN: u64 = 300;

/// A signing key as it lies in its row. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) secret: Option<KeptSecret>,
    pub(super) created_at: u64,
    pub(super) signs_from: u64,
    pub(super) signed_until: u64,
    pub(super) retired_at: Option<u64>,
}

impl Kept {
    /// Whether it has not signed yet.
    pub(super) fn is_pending(&self, now: u64) -> bool {
        self.retired_at.is_none() && self.signs_from > now
    }
}

/// Sorts keys in the order in which they sign.
pub(super) fn order(keys: &mut [Kept]) {
    keys.sort_by(|a, b| {
        let rank = |key: &Kept| (key.signs_from, key.created_at);
        rank(a).cmp(&rank(b)).then_with(|| a.id.cmp(&b.id))
    });
}

/// When the last token has expired that the key at an index signed: what servers issued until the
/// next one signed, and what was noted.
pub(super) fn ends_at(keys: &[Kept], index: usize) -> Option<u64> {
    let key = keys.get(index)?;
    let next = keys.get(index.checked_add(1)?..)?.first();
    let replaced = next.map(|next| next.signs_from);
    let last = match (replaced, key.retired_at) {
        (Some(next), Some(retired)) => next.min(retired),
        (Some(last), None) | (None, Some(last)) => last,
        (None, None) => return None,
    };
    let served = last.saturating_add(LONGEST_SERVED.as_secs() + MARGIN);
    Some(served.max(key.signed_until))
}

/// The tables of signing keys and of the tenant, and their columns.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) tenants: TableId,
    sole: usize,
    tenant_id: usize,
    pub(super) table: TableId,
    id: usize,
    secret: usize,
    sealed: usize,
    created_at: usize,
    signs_from: usize,
    signed_until: usize,
    retired_at: usize,
}

impl Layout {
    pub(super) fn of(tables: &Tables) -> Result<Self, GraphError> {
        let tenants = table_named(tables, "tenant")?;
        let table = table_named(tables, "signing_key")?;
        let tenant = |name: &str| hidden(tables.table(tenants), name);
        let key = |name: &str| hidden(tables.table(table), name);
        Ok(Self {
            tenants,
            sole: tenant("sole")?,
            tenant_id: tenant("tenant_id")?,
            table,
            id: key("key_id")?,
            secret: key("secret")?,
            sealed: key("sealed")?,
            created_at: key("created_at")?,
            signs_from: key("signs_from")?,
            signed_until: key("signed_until")?,
            retired_at: key("retired_at")?,
        })
    }

    /// The tenant, if the database has one.
    pub(super) fn tenant(
        &self,
        core: &Core,
        reader: &mut dyn Reader,
    ) -> Result<Option<Uuid>, Error> {
        let mut found = None;
        rows(core, reader, &all(core, self.tenants), &mut |row| {
            if let Value::Guid(tenant) = row[self.tenant_id] {
                found = Some(tenant);
            }
        })?;
        Ok(found)
    }

    /// The row of the tenant.
    pub(super) fn tenant_row(&self, core: &Core, tenant: Uuid) -> Row {
        let mut row = core.tables.table(self.tenants).blank();
        row[self.sole] = Value::Integer(0);
        row[self.tenant_id] = Value::Guid(tenant);
        row
    }

    /// Has whoever else changes keys wait until this transaction ends.
    pub(super) fn lock(&self, transaction: &mut dyn Transaction) -> Result<(), Error> {
        let none = || Error::internal("the database has no tenant");
        let key = [Value::Integer(0)];
        let row = transaction.get(self.tenants, &key)?.ok_or_else(none)?;
        let columns = ColumnSet::from_iter([self.tenant_id]);
        match transaction.update(self.tenants, &key, columns, &row)? {
            true => Ok(()),
            false => Err(none()),
        }
    }

    /// All keys, in the order in which they sign.
    pub(super) fn keys(&self, core: &Core, reader: &mut dyn Reader) -> Result<Vec<Kept>, Error> {
        let mut found = Vec::new();
        rows(core, reader, &all(core, self.table), &mut |row| {
            found.push(self.read(&row));
        })?;
        order(&mut found);
        Ok(found)
    }

    fn read(&self, row: &Row) -> Kept {
        let secret = match &row[self.secret] {
            Value::Binary(bytes) => Some(KeptSecret {
                bytes: bytes.clone(),
                sealed: row[self.sealed] == Value::Boolean(true),
            }),
            _ => None,
        };
        let retired = &row[self.retired_at];
        Kept {
            id: text(&row[self.id]),
            secret,
            created_at: seconds(&row[self.created_at]),
            signs_from: seconds(&row[self.signs_from]),
            signed_until: seconds(&row[self.signed_until]),
            retired_at: (!retired.is_null()).then(|| seconds(retired)),
        }
    }

    /// The row of a key.
    pub(super) fn row(&self, core: &Core, key: &Kept) -> Row {
        let mut row = core.tables.table(self.table).blank();
        row[self.id] = Value::String(key.id.clone());
        row[self.secret] = match &key.secret {
            Some(secret) => Value::Binary(secret.bytes.clone()),
            None => Value::Null,
        };
        let sealed = key.secret.as_ref().is_some_and(|secret| secret.sealed);
        row[self.sealed] = Value::Boolean(sealed);
        row[self.created_at] = integer(key.created_at);
        row[self.signs_from] = integer(key.signs_from);
        row[self.signed_until] = integer(key.signed_until);
        row[self.retired_at] = key.retired_at.map_or(Value::Null, integer);
        row
    }

    /// Writes what can change of a key.
    pub(super) fn update(
        &self,
        core: &Core,
        transaction: &mut dyn Transaction,
        key: &Kept,
    ) -> Result<(), Error> {
        let columns = [
            self.secret,
            self.sealed,
            self.signs_from,
            self.signed_until,
            self.retired_at,
        ];
        let row = self.row(core, key);
        let id = [Value::String(key.id.clone())];
        let columns = ColumnSet::from_iter(columns);
        match transaction.update(self.table, &id, columns, &row)? {
            true => Ok(()),
            false => Err(Error::internal("a signing key went while it was changed")),
        }
    }

    /// Removes a key.
    pub(super) fn delete(&self, transaction: &mut dyn Transaction, id: &str) -> Result<(), Error> {
        transaction
            .delete(self.table, &[Value::String(id.to_owned())])
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, signs_from: u64) -> Kept {
        Kept {
            id: id.to_owned(),
            secret: None,
            created_at: 0,
            signs_from,
            signed_until: 0,
            retired_at: None,
        }
    }

    #[test]
    fn a_key_goes_when_its_last_token_has_expired() {
        let check = |key: Kept, next: Option<u64>, expected: Option<u64>| {
            let mut keys = vec![key.clone()];
            keys.extend(next.map(|from| self::key("next", from)));
            assert_eq!(ends_at(&keys, 0), expected, "{key:?} {next:?}");
        };
        check(key("a", 0), None, None);
        check(key("a", 0), Some(1_000), Some(4_900));
        let long = Kept {
            signed_until: 9_000,
            ..key("a", 0)
        };
        check(long.clone(), None, None);
        check(long.clone(), Some(1_000), Some(9_000));
        check(long, Some(8_000), Some(11_900));
        let retired = Kept {
            retired_at: Some(500),
            ..key("a", 0)
        };
        check(retired.clone(), None, Some(4_400));
        check(retired, Some(1_000), Some(4_400));
        assert_eq!(ends_at(&[], 0), None);
    }

    #[test]
    fn one_order_for_all_servers() {
        let mut keys = vec![key("c", 5), key("b", 5), key("a", 9), key("d", 0)];
        order(&mut keys);
        let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        assert_eq!(ids, ["d", "b", "c", "a"]);
    }
}
