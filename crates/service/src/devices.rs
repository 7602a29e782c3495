//! Managed devices: made by import or enrolment.

use std::sync::Arc;

use edm::{Model, Value};
use engine::{Answer, Call, Core, Scope};
use odata::Error;
use store::{Row, Select, Table, TableId, Transaction, write};

use crate::columns::{hidden, property};
use crate::graph::{Graph, GraphError};

/// The columns of devices that the domain works with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Devices {
    pub(crate) table: TableId,
    pub(crate) user_id: usize,
    pub(crate) user_principal_name: usize,
    pub(crate) operating_system: usize,
    pub(crate) group_ids: usize,
    udid: usize,
    enrolled: usize,
    last_sync: usize,
    enrolled_by: usize,
}

impl Devices {
    pub(crate) fn of(model: &Model, table: &Table, id: TableId) -> Result<Self, GraphError> {
        let of = table
            .of
            .ok_or_else(|| GraphError("devices have no type".to_owned()))?;
        let ty = model.structured(of);
        Ok(Self {
            table: id,
            user_id: property(ty, "userId")?,
            user_principal_name: property(ty, "userPrincipalName")?,
            operating_system: property(ty, "operatingSystem")?,
            group_ids: hidden(table, "group_ids")?,
            udid: property(ty, "udid")?,
            enrolled: property(ty, "enrolledDateTime")?,
            last_sync: property(ty, "lastSyncDateTime")?,
            enrolled_by: property(ty, "enrolledByUserPrincipalName")?,
        })
    }
}

/// Completes a new device.
pub(crate) fn insert(graph: &Graph, scope: &Scope<'_>, row: &mut Row) {
    row[graph.id] = Value::String(scope.ids.new_id().to_string());
}

/// `runstate.enrol`: a device with this identity is made or brought up to date, with its groups
/// and its primary user.
pub(crate) async fn enrol(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let devices = graph.devices;
    let groups = group_ids(&call.value(&core.model, "groupIds"))?;
    let id = graph.id;
    let shared = core.clone();
    let row = write(core.store.as_ref(), move |transaction| {
        let scope = shared.scope();
        let known = by_identity(
            &shared,
            transaction,
            devices,
            &call.value(scope.model, "udid"),
        )?;
        let mut row = match &known {
            Some(row) => row.clone(),
            None => {
                let mut row = scope.tables.table(devices.table).blank();
                row[id] = Value::String(scope.ids.new_id().to_string());
                row[devices.enrolled] = Value::DateTimeOffset(scope.now);
                row[devices.enrolled_by] = call.value(scope.model, "userPrincipalName");
                row
            }
        };
        describe(&scope, &call, devices, &mut row);
        row[devices.group_ids] = groups.clone();
        row[devices.last_sync] = Value::DateTimeOffset(scope.now);
        save(&scope, transaction, devices, known.as_ref(), &row)?;
        Ok(row)
    })
    .await?;
    Ok(Answer::Entity(devices.table, row))
}

fn group_ids(value: &Value) -> Result<Value, Error> {
    match value {
        Value::Null => Ok(Value::Collection(Vec::new())),
        Value::Collection(ids) if ids.iter().any(Value::is_null) => {
            Err(Error::bad_request("'groupIds' must not contain null.").with_target("groupIds"))
        }
        value => Ok(value.clone()),
    }
}

/// The enrolment's parameters are named as the device's properties: each is set.
fn describe(scope: &Scope<'_>, call: &Call, devices: Devices, row: &mut Row) {
    let Some(of) = scope.tables.table(devices.table).of else {
        return;
    };
    let ty = scope.model.structured(of);
    for parameter in scope.model.operation(call.operation).own_parameters() {
        if let Some(ordinal) = ty.property(&parameter.name) {
            row[ordinal] = call.value(scope.model, &parameter.name);
        }
    }
}

fn by_identity(
    core: &Core,
    transaction: &mut dyn Transaction,
    devices: Devices,
    identity: &Value,
) -> Result<Option<Row>, Error> {
    if identity.as_str().is_none_or(str::is_empty) {
        return Err(Error::bad_request("'udid' must not be empty.").with_target("udid"));
    }
    let table = core.tables.table(devices.table);
    let mut select = Select::all(devices.table, table.columns.len());
    select.fixed = vec![(devices.udid, identity.clone())];
    select.limit = Some(1);
    let mut found = None;
    transaction.select(&select, &mut |cells| {
        found = Some(store::cell::decode_row(&core.model, table, cells)?);
        Ok(())
    })?;
    Ok(found)
}

fn save(
    scope: &Scope<'_>,
    transaction: &mut dyn Transaction,
    devices: Devices,
    known: Option<&Row>,
    row: &Row,
) -> Result<(), Error> {
    let table = scope.tables.table(devices.table);
    let key = table.key_of(row);
    let written = match known {
        Some(old) => transaction.update(devices.table, &key, table.difference(old, row), row)?,
        None => transaction.insert(devices.table, row)?,
    };
    if written {
        Ok(())
    } else {
        Err(Error::internal(
            "a device changed under its own transaction",
        ))
    }
}
