//! The keys of devices as they are kept: one for each, the state that it is in, and the chain of
//! values by which a copy of it betrays itself.
//!
//! **The chain.** Whoever holds the key makes a random value for each step and writes it down
//! *before* the step; an assertion shows the value of the last step and the hash of the next one.
//! So after each step only one holder knows the value that the next assertion must show: two that
//! hold copies of a key part ways at the first step of either, and the other's next one shows a value
//! that is past. An assertion whose answer was lost is repeated with the very value that was written
//! down: it names the same next hash, and so is no other step. Nothing is forgiven that a copy could
//! make use of, and no honest device is shut out by a crash.

use edm::{Model, Value};
use odata::Error;
use store::{Reader, Row, Table, TableId, Tables, Transaction};

use super::jws::{PublicKey, hash};
use crate::columns::{hidden, table_named};
use crate::graph::GraphError;

/// The most assertions of a device that are remembered at once. More within five minutes are
/// refused.
const MOST_ASSERTIONS: usize = 64;

/// The members of `deviceRegistrationState` that a device goes through here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegistrationStates {
    pub(crate) not_registered: i64,
    pub(crate) registered: i64,
    pub(crate) revoked: i64,
    pub(crate) key_conflict: i64,
    pub(crate) approval_pending: i64,
}

impl RegistrationStates {
    fn of(model: &Model) -> Result<Self, GraphError> {
        const NAME: &str = "microsoft.graph.deviceRegistrationState";
        let missing = |what: &str| GraphError(format!("the model has no {what}"));
        let states = model.find_enum(NAME).ok_or_else(|| missing(NAME))?;
        let states = model.enum_type(states);
        let member = |name: &str| {
            let member = states.member(name).ok_or_else(|| missing(name))?;
            Ok::<_, GraphError>(member.value)
        };
        Ok(Self {
            not_registered: member("notRegistered")?,
            registered: member("registered")?,
            revoked: member("revoked")?,
            key_conflict: member("keyConflict")?,
            approval_pending: member("approvalPending")?,
        })
    }

    /// The name of a state.
    pub(super) fn name(&self, state: i64) -> &'static str {
        let names = [
            (self.not_registered, "notRegistered"),
            (self.registered, "registered"),
            (self.revoked, "revoked"),
            (self.key_conflict, "keyConflict"),
            (self.approval_pending, "approvalPending"),
        ];
        let mut names = names.into_iter();
        names
            .find(|(known, _)| *known == state)
            .map_or("unknown", |(_, name)| name)
    }
}

/// The table of keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceKeys {
    pub(super) table: TableId,
    device_id: usize,
    pub(super) state: usize,
    pub(super) key_id: usize,
    pub(super) public_key: usize,
    pub(super) made_at: usize,
    pub(super) replaceable: usize,
    pub(super) nonce_hash: usize,
    previous_nonce_hash: usize,
    assertions: usize,
    pub(crate) states: RegistrationStates,
}

/// What an assertion is in the chain of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next step.
    Next,
    /// The last one once more: its answer was lost.
    Again,
    /// Neither: somebody else has taken a step since.
    Other,
}

impl DeviceKeys {
    pub(crate) fn of(model: &Model, tables: &Tables) -> Result<Self, GraphError> {
        let id = table_named(tables, "device_key")?;
        let table = tables.table(id);
        Ok(Self {
            table: id,
            device_id: hidden(table, "device_id")?,
            state: hidden(table, "state")?,
            key_id: hidden(table, "key_id")?,
            public_key: hidden(table, "public_key")?,
            made_at: hidden(table, "made_at")?,
            replaceable: hidden(table, "replaceable")?,
            nonce_hash: hidden(table, "nonce_hash")?,
            previous_nonce_hash: hidden(table, "previous_nonce_hash")?,
            assertions: hidden(table, "assertions")?,
            states: RegistrationStates::of(model)?,
        })
    }

    /// The row of a device's key.
    pub(super) fn get<R: Reader + ?Sized>(
        &self,
        reader: &mut R,
        device: &Value,
    ) -> Result<Option<Row>, Error> {
        reader.get(self.table, std::slice::from_ref(device))
    }

    /// A row of a device that has no key yet.
    pub(super) fn blank(&self, table: &Table, device: &Value) -> Row {
        let mut row = table.blank();
        row[self.device_id] = device.clone();
        row[self.state] = Value::Integer(self.states.not_registered);
        row[self.assertions] = Value::Collection(Vec::new());
        row
    }

    /// Gives a device a key, in a state, with the beginning of its chain.
    pub(super) fn set(&self, row: &mut Row, key: &PublicKey, nonce_hash: &str, now: i64) {
        row[self.key_id] = Value::from(key.id.as_str());
        row[self.public_key] = Value::from(key.jwk.as_str());
        row[self.made_at] = Value::Integer(now);
        row[self.replaceable] = Value::Boolean(false);
        row[self.nonce_hash] = Value::from(nonce_hash);
        row[self.previous_nonce_hash] = Value::from("");
    }

    /// Gives a device another key in the place of the one that it has. Its chain goes on.
    pub(super) fn replace(&self, row: &mut Row, key: &PublicKey, now: i64) {
        row[self.key_id] = Value::from(key.id.as_str());
        row[self.public_key] = Value::from(key.jwk.as_str());
        row[self.made_at] = Value::Integer(now);
    }

    /// The device of a row.
    pub(super) fn device_id_of(&self, row: &Row) -> String {
        row[self.device_id].as_str().unwrap_or_default().to_owned()
    }

    /// Begins the chain anew: whoever comes first goes on with it.
    pub(super) fn forget_chain(&self, row: &mut Row) {
        row[self.nonce_hash] = Value::from("");
        row[self.previous_nonce_hash] = Value::from("");
    }

    /// What an assertion that shows this value, and the hash of the next one, is in the chain.
    pub(super) fn step(&self, row: &Row, nonce: &str, next_hash: &str) -> Step {
        let text = |column: usize| row[column].as_str().unwrap_or_default();
        let shown = hash(nonce);
        if text(self.nonce_hash).is_empty() || text(self.nonce_hash) == shown {
            Step::Next
        } else if text(self.nonce_hash) == next_hash && text(self.previous_nonce_hash) == shown {
            Step::Again
        } else {
            Step::Other
        }
    }

    /// Takes the next step.
    pub(super) fn advance(&self, row: &mut Row, nonce: &str, next_hash: &str) {
        row[self.previous_nonce_hash] = Value::String(hash(nonce));
        row[self.nonce_hash] = Value::from(next_hash);
    }

    /// Remembers an assertion until it expires, and forgets those that have.
    pub(super) fn remember(&self, row: &mut Row, (exp, jti): (i64, &str), now: i64) -> Seen {
        let mut kept = match &row[self.assertions] {
            Value::Collection(kept) => kept.clone(),
            _ => Vec::new(),
        };
        let parts = |value: &Value| {
            let (exp, jti) = value.as_str()?.split_once(' ')?;
            Some((exp.parse::<i64>().ok()?, jti.to_owned()))
        };
        kept.retain(|value| parts(value).is_some_and(|(exp, _)| exp > now));
        if kept
            .iter()
            .any(|value| parts(value).is_some_and(|(_, known)| known == jti))
        {
            return Seen::Before;
        }
        if kept.len() >= MOST_ASSERTIONS {
            return Seen::TooMany;
        }
        kept.push(Value::String(format!("{exp} {jti}")));
        row[self.assertions] = Value::Collection(kept);
        Seen::Now
    }

    /// Writes a row that is new, or differs from what was.
    pub(super) fn save(
        &self,
        table: &Table,
        transaction: &mut dyn Transaction,
        old: Option<&Row>,
        row: &Row,
    ) -> Result<(), Error> {
        let key = [row[self.device_id].clone()];
        let written = match old {
            Some(old) => transaction.update(self.table, &key, table.difference(old, row), row)?,
            None => transaction.insert(self.table, row)?,
        };
        match written {
            true => Ok(()),
            false => Err(Error::internal("a key changed under its own transaction")),
        }
    }

    /// A device that goes, goes with its key.
    pub(crate) fn forget_device(
        &self,
        transaction: &mut dyn Transaction,
        device: &Value,
    ) -> Result<(), Error> {
        transaction.delete(self.table, std::slice::from_ref(device))?;
        Ok(())
    }
}

/// Whether an assertion was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Never before.
    Now,
    /// Before: it is replayed.
    Before,
    /// It is one of too many.
    TooMany,
}
