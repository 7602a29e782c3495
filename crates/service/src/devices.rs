//! Managed devices: made by import or enrolment.

use std::sync::Arc;

use edm::time::DateTimeOffset;
use edm::{ComplexValue, Model, OperationId, StructuredId, Value};
use engine::{Answer, Call, Core, Scope};
use odata::Error;
use store::{Row, Select, Table, TableId, Transaction};

use crate::columns::{hidden, property};
use crate::graph::{Graph, GraphError};
use crate::identity;

/// The columns of devices that the domain works with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Devices {
    pub(crate) table: TableId,
    pub(crate) user_id: usize,
    pub(crate) user_principal_name: usize,
    pub(crate) operating_system: usize,
    pub(crate) group_ids: usize,
    pub(crate) udid: usize,
    pub(crate) device_name: usize,
    /// The `deviceRegistrationState`.
    pub(crate) registration: usize,
    enrolled: usize,
    pub(crate) last_sync: usize,
    sync_requested: usize,
    action_results: usize,
    action: ActionResult,
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
            device_name: property(ty, "deviceName")?,
            registration: property(ty, "deviceRegistrationState")?,
            enrolled: property(ty, "enrolledDateTime")?,
            last_sync: property(ty, "lastSyncDateTime")?,
            sync_requested: hidden(table, "sync_requested")?,
            action_results: property(ty, "deviceActionResults")?,
            action: ActionResult::of(model)?,
            enrolled_by: property(ty, "enrolledByUserPrincipalName")?,
        })
    }
}

/// The properties of a `deviceActionResult`, and the states that it goes through here.
#[derive(Clone, Copy, Debug)]
struct ActionResult {
    of: StructuredId,
    name: usize,
    state: usize,
    started: usize,
    updated: usize,
    pending: i64,
    done: i64,
}

/// The action whose result is kept in the device.
const SYNC: &str = "syncDevice";

impl ActionResult {
    fn of(model: &Model) -> Result<Self, GraphError> {
        let missing = |name: &str| GraphError(format!("the model has no {name}"));
        let of = model.find_structured("microsoft.graph.deviceActionResult");
        let of = of.ok_or_else(|| missing("deviceActionResult"))?;
        let ty = model.structured(of);
        let states = model.find_enum("microsoft.graph.actionState");
        let states = model.enum_type(states.ok_or_else(|| missing("actionState"))?);
        let member = |name: &str| {
            let member = states.member(name).map(|member| member.value);
            member.ok_or_else(|| missing(name))
        };
        Ok(Self {
            of,
            name: property(ty, "actionName")?,
            state: property(ty, "actionState")?,
            started: property(ty, "startDateTime")?,
            updated: property(ty, "lastUpdatedDateTime")?,
            pending: member("pending")?,
            done: member("done")?,
        })
    }

    /// Notes in a device's results that its sync waits, or is done.
    fn note(self, results: &mut Value, done: bool, now: DateTimeOffset) {
        let now = Value::DateTimeOffset(now);
        if !matches!(results, Value::Collection(_)) {
            *results = Value::Collection(Vec::new());
        }
        let Value::Collection(results) = results else {
            return;
        };
        let is_sync = |result: &Value| match result {
            Value::Complex(result) => result.values[self.name].as_str() == Some(SYNC),
            _ => false,
        };
        let known = results
            .iter()
            .position(is_sync)
            .map(|at| results.remove(at));
        let started = match (done, known) {
            (true, Some(Value::Complex(known))) => known.values[self.started].clone(),
            _ => now.clone(),
        };
        let mut values = vec![Value::Null; 4];
        values[self.name] = Value::from(SYNC);
        values[self.state] = Value::Enum(if done { self.done } else { self.pending });
        values[self.started] = started;
        values[self.updated] = now;
        let of = self.of;
        results.push(Value::Complex(Box::new(ComplexValue { of, values })));
    }
}

/// Whether a device was asked to sync since its last check-in.
pub(crate) fn is_asked_to_sync(graph: &Graph, device: &Row) -> bool {
    device[graph.devices.sync_requested] == Value::Boolean(true)
}

/// Has a device sync at its next check-in.
pub(crate) fn ask_to_sync(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    device: &Row,
) -> Result<(), Error> {
    let devices = graph.devices;
    let scope = core.scope();
    let mut new = device.clone();
    new[devices.sync_requested] = Value::Boolean(true);
    let results = &mut new[devices.action_results];
    devices.action.note(results, false, scope.now);
    save(&scope, transaction, devices, Some(device), &new)
}

/// A device that was asked to sync has come. Other check-ins are not noted in the device.
pub(crate) fn check_in(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    device: &Row,
) -> Result<(), Error> {
    if !is_asked_to_sync(graph, device) {
        return Ok(());
    }
    let devices = graph.devices;
    let scope = core.scope();
    let mut new = device.clone();
    new[devices.sync_requested] = Value::Boolean(false);
    new[devices.last_sync] = Value::DateTimeOffset(scope.now);
    let results = &mut new[devices.action_results];
    devices.action.note(results, true, scope.now);
    save(&scope, transaction, devices, Some(device), &new)
}

/// What goes with a device.
pub(crate) fn delete(
    graph: &Graph,
    transaction: &mut dyn Transaction,
    scope: &Scope<'_>,
    device: &Row,
) -> Result<(), Error> {
    let id = &device[graph.id];
    let principal = id.as_str().unwrap_or_default();
    identity::revoke(
        (scope.model, scope.tables),
        transaction,
        scope.now,
        principal,
    )?;
    graph.device_keys.forget_device(transaction, id)?;
    graph.requests.forget_device(transaction, id)
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
    let row = core
        .write(call.origin.clone(), move |transaction| {
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
                    let mut row = new_device(devices, id, &scope);
                    row[devices.enrolled_by] = call.value(scope.model, "userPrincipalName");
                    row
                }
            };
            let given = |name: &str| call.value(scope.model, name);
            describe(&scope, call.operation, &given, devices, &mut row);
            row[devices.group_ids] = groups.clone();
            row[devices.last_sync] = Value::DateTimeOffset(scope.now);
            save(&scope, transaction, devices, known.as_ref(), &row)?;
            Ok(row)
        })
        .await?;
    Ok(Answer::Entity(devices.table, row))
}

/// A device that enrols for the first time.
pub(crate) fn new_device(devices: Devices, id: usize, scope: &Scope<'_>) -> Row {
    let mut row = scope.tables.table(devices.table).blank();
    row[id] = Value::String(scope.ids.new_id().to_string());
    row[devices.enrolled] = Value::DateTimeOffset(scope.now);
    row
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
pub(crate) fn describe(
    scope: &Scope<'_>,
    operation: OperationId,
    given: &dyn Fn(&str) -> Value,
    devices: Devices,
    row: &mut Row,
) {
    let Some(of) = scope.tables.table(devices.table).of else {
        return;
    };
    let ty = scope.model.structured(of);
    for parameter in scope.model.operation(operation).own_parameters() {
        if let Some(ordinal) = ty.property(&parameter.name) {
            row[ordinal] = given(&parameter.name);
        }
    }
}

/// The device of an identity, its `udid`.
pub(crate) fn by_identity(
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

/// Writes a device that is new, or differs from what was known.
pub(crate) fn save(
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
