//! What administrators do with enrolment tokens and with the keys of devices.

use edm::Value;
use edm::time::DateTimeOffset;
use engine::audit::Origin;
use odata::Error;
use store::cell::decode_row;
use store::{Order, Reader, Row, Select, TableId, Transaction};
use uuid::Uuid;

use super::enrollment_tokens::{EnrollmentToken, NewEnrollmentToken};
use super::{DeviceIdentities, instant};
use crate::{devices, identity};

/// Rows that are read at once.
const PAGE: u64 = 1_000;

/// A device and what is known of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// The id of its `managedDevice`.
    pub id: String,
    /// Its `deviceName`; empty without one.
    pub name: String,
    /// Its `deviceRegistrationState`: `registered`, `approvalPending`, `revoked`, `keyConflict`, ….
    pub registration: String,
    /// The RFC 7638 thumbprint of its key; empty without one.
    pub key_id: String,
    /// Since when it has that key.
    pub key_since: Option<DateTimeOffset>,
    /// Whether the next enrolment may give it another one.
    pub replaceable: bool,
}

impl DeviceIdentities {
    /// Makes an enrolment token of a tenant and answers its text, which is known nowhere else.
    ///
    /// # Errors
    /// 400 for what is out of bounds, and what the store says.
    pub async fn create_token(
        &self,
        wanted: NewEnrollmentToken,
        tenant: Uuid,
    ) -> Result<String, Error> {
        let (tokens, now) = (self.graph.enrollment_tokens, self.core.clock.now().ticks);
        let id = self.core.ids.new_id();
        let (row, text) = tokens.make(self.token_table(), &wanted, (id, tenant), now)?;
        let origin = Origin::command_line("enrollment-token create", &self.core);
        let made = self.core.write(origin, move |transaction| {
            match transaction.insert(tokens.table, &row)? {
                true => Ok(()),
                false => Err(Error::internal("an id that is taken")),
            }
        });
        made.await?;
        Ok(text)
    }

    /// The enrolment tokens that there are, in the order of their ids.
    ///
    /// # Errors
    /// What the store says.
    pub async fn tokens(&self) -> Result<Vec<EnrollmentToken>, Error> {
        let tokens = self.graph.enrollment_tokens;
        let rows = self.rows(tokens.table).await?;
        Ok(rows.iter().map(|row| tokens.show(row)).collect())
    }

    /// Deletes an enrolment token. `false`: there is none of this id.
    ///
    /// # Errors
    /// What the store says.
    pub async fn delete_token(&self, id: &str) -> Result<bool, Error> {
        let (tokens, id) = (self.graph.enrollment_tokens, Value::from(id));
        let origin = Origin::command_line("enrollment-token delete", &self.core);
        let deleted = self.core.write(origin, move |transaction| {
            transaction.delete(tokens.table, std::slice::from_ref(&id))
        });
        deleted.await
    }

    /// Every device that has, had or may get a key of its own, in the order of their ids.
    ///
    /// # Errors
    /// What the store says.
    pub async fn devices(&self) -> Result<Vec<KnownDevice>, Error> {
        let keys = self.graph.device_keys;
        let rows = self.rows(keys.table).await?;
        let mut known = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(PAGE as usize) {
            let (own, chunk) = (self.clone(), chunk.to_vec());
            let page = self.core.read(move |reader| {
                let shown = chunk.iter().map(|key| own.known(reader, key));
                shown.collect::<Result<Vec<_>, _>>()
            });
            known.extend(page.await?);
        }
        Ok(known)
    }

    /// Lets a device have tokens that waits for that.
    ///
    /// # Errors
    /// 404 for a device without a key, 409 unless it waits.
    pub async fn approve(&self, id: &str) -> Result<(), Error> {
        self.change(("device approve", id), |own, transaction, device, key| {
            let keys = own.graph.device_keys;
            if key[keys.state].as_i64() != Some(keys.states.approval_pending) {
                return Err(conflict("The device does not wait for approval."));
            }
            own.set_state(transaction, device, key, keys.states.registered)
        })
        .await
    }

    /// Takes a device's key from it, for good: it gets no token any more, and those that it has are
    /// refused.
    ///
    /// # Errors
    /// 404 for a device without a key.
    pub async fn revoke(&self, id: &str) -> Result<(), Error> {
        self.change(("device revoke", id), |own, transaction, device, key| {
            let keys = own.graph.device_keys;
            key[keys.replaceable] = Value::Boolean(false);
            let device_id = keys.device_id_of(key);
            let (model, tables) = (&*own.core.model, &*own.core.tables);
            own.set_state(transaction, device, key, keys.states.revoked)?;
            let now = own.core.clock.now();
            identity::revoke((model, tables), transaction, now, &device_id).map(|_| ())
        })
        .await
    }

    /// Takes a device back whose key was used in two places: whichever of them comes first goes on.
    ///
    /// # Errors
    /// 404 for a device without a key, 409 unless its key was.
    pub async fn release(&self, id: &str) -> Result<(), Error> {
        self.change(("device release", id), |own, transaction, device, key| {
            let keys = own.graph.device_keys;
            if key[keys.state].as_i64() != Some(keys.states.key_conflict) {
                return Err(conflict(
                    "The device's key was not used in two places. To have it enrol with another key, \
                     say --new-key.",
                ));
            }
            keys.forget_chain(key);
            own.set_state(transaction, device, key, keys.states.registered)
        })
        .await
    }

    /// Lets the next enrolment with a device's `udid` give it another key, whatever became of the one
    /// that it has.
    ///
    /// # Errors
    /// 404 for a device that is not there.
    pub async fn allow_new_key(&self, id: &str) -> Result<(), Error> {
        let (own, id) = (self.clone(), Value::from(id));
        let origin = Origin::command_line("device release", &self.core);
        let allowed = self.core.write(origin, move |transaction| {
            let (graph, keys) = (&own.graph, own.graph.device_keys);
            let device = transaction.get(graph.devices.table, std::slice::from_ref(&id))?;
            device.ok_or_else(no_device)?;
            let old = keys.get(transaction, &id)?;
            let mut row = match &old {
                Some(key) => key.clone(),
                None => keys.blank(own.key_table(), &id),
            };
            row[keys.replaceable] = Value::Boolean(true);
            keys.save(own.key_table(), transaction, old.as_ref(), &row)
        });
        allowed.await
    }

    /// Changes a device and its key.
    async fn change(
        &self,
        (command, id): (&'static str, &str),
        change: impl Fn(&Self, &mut dyn Transaction, &Row, &mut Row) -> Result<(), Error>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let (own, id) = (self.clone(), Value::from(id));
        let origin = Origin::command_line(command, &self.core);
        let changed = self.core.write(origin, move |transaction| {
            let (graph, keys) = (&own.graph, own.graph.device_keys);
            let device = transaction.get(graph.devices.table, std::slice::from_ref(&id))?;
            let old = keys.get(transaction, &id)?;
            let old = old.filter(|key| key[keys.key_id].as_str().is_some_and(|id| !id.is_empty()));
            let (device, old) = device.zip(old).ok_or_else(no_device)?;
            let mut key = old.clone();
            change(&own, transaction, &device, &mut key)?;
            keys.save(own.key_table(), transaction, Some(&old), &key)
        });
        changed.await
    }

    /// Sets the state of a device's key, and shows it on the device.
    fn set_state(
        &self,
        transaction: &mut dyn Transaction,
        device: &Row,
        key: &mut Row,
        state: i64,
    ) -> Result<(), Error> {
        let (graph, keys) = (&self.graph, self.graph.device_keys);
        key[keys.state] = Value::Integer(state);
        let mut new = device.clone();
        new[graph.devices.registration] = Value::Enum(state);
        let scope = self.core.scope();
        devices::save(&scope, transaction, graph.devices, Some(device), &new)
    }

    /// Shows the state of a device's key on the device.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn show_state(
        &self,
        transaction: &mut dyn Transaction,
        device: &Value,
        state: i64,
    ) -> Result<(), Error> {
        let graph = &self.graph;
        let key = std::slice::from_ref(device);
        let Some(old) = transaction.get(graph.devices.table, key)? else {
            return Ok(());
        };
        let mut new = old.clone();
        new[graph.devices.registration] = Value::Enum(state);
        let scope = self.core.scope();
        devices::save(&scope, transaction, graph.devices, Some(&old), &new)
    }

    fn known(&self, reader: &mut dyn Reader, key: &Row) -> Result<KnownDevice, Error> {
        let (graph, keys) = (&self.graph, self.graph.device_keys);
        let text = |row: &Row, column: usize| row[column].as_str().unwrap_or_default().to_owned();
        let id = keys.device_id_of(key);
        let device = reader.get(graph.devices.table, &[Value::from(id.as_str())])?;
        let state = key[keys.state].as_i64().unwrap_or_default();
        let key_id = text(key, keys.key_id);
        let since = key[keys.made_at].as_i64().filter(|_| !key_id.is_empty());
        Ok(KnownDevice {
            name: device.map_or_else(String::new, |d| text(&d, graph.devices.device_name)),
            registration: keys.states.name(state).to_owned(),
            key_since: since.map(instant),
            replaceable: key[keys.replaceable] == Value::Boolean(true),
            key_id,
            id,
        })
    }

    /// All rows of a table, a page at a time.
    async fn rows(&self, id: TableId) -> Result<Vec<Row>, Error> {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let (core, after) = (self.core.clone(), rows.last().cloned());
            let page = self
                .core
                .read(move |reader| {
                    let table = core.tables.table(id);
                    let mut select = Select::all(id, table.columns.len());
                    let key = table.key.iter();
                    select.order = key.map(|column| Order::column(*column, false)).collect();
                    select.after = after.as_ref().map(|row| table.key_of(row));
                    select.limit = Some(PAGE);
                    let mut page = Vec::new();
                    reader.select(&select, &mut |cells| {
                        page.push(decode_row(&core.model, table, cells)?);
                        Ok(())
                    })?;
                    Ok(page)
                })
                .await?;
            let last = (page.len() as u64) < PAGE;
            rows.extend(page);
            if last {
                return Ok(rows);
            }
        }
    }
}

fn no_device() -> Error {
    Error::not_found("There is no such device, or it has no key of its own.")
}

fn conflict(message: &str) -> Error {
    Error::new(odata::ErrorCode::Conflict, message)
}
