//! Actions on devices. Nothing reaches a device but what it asks for: an action waits for the
//! device's next check-in.

use std::sync::Arc;

use edm::Value;
use engine::{Answer, Call, Core, load, locate};
use odata::Error;
use store::{Reader, Row, Transaction};

use crate::devices;
use crate::due::{self, Reach};
use crate::graph::Graph;
use crate::ids;
use crate::overview::complex;
use crate::requests;
use crate::states::{self, Cause, text};

/// The type of the scripts that run on demand.
const REMEDIATION: &str = "microsoft.graph.deviceHealthScript";
/// The most devices that one call acts on.
const MOST_DEVICES: usize = 1_000;

/// `syncDevice`: at its next check-in the device gets everything that is due, and once more what
/// failed, beyond the retries of its family.
pub(crate) async fn sync(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    core.write(call.origin.clone(), move |transaction| {
        let target = locate(&shared, transaction, &call.binding)?;
        let device = load(&shared, transaction, &target)?;
        devices::ask_to_sync(&graph, &shared, transaction, &device)?;
        let asked = (graph.devices.table, std::slice::from_ref(&device));
        graph.audit.note(
            transaction.unconfined(),
            &shared.scope(),
            &call.origin,
            asked,
        )
    })
    .await?;
    Ok(Answer::None)
}

/// `initiateOnDemandProactiveRemediation`: the remediation runs on the device at its next check-in,
/// assigned or not, whatever its schedule; its run state is pending until then.
pub(crate) async fn on_demand(
    graph: &Graph,
    core: &Arc<Core>,
    call: Call,
) -> Result<Answer, Error> {
    let (shared, graph) = (core.clone(), graph.clone());
    core.write(call.origin.clone(), move |transaction| {
        let target = locate(&shared, transaction, &call.binding)?;
        let device = load(&shared, transaction, &target)?;
        let script = remediation(&graph, &shared, transaction, &call)?;
        let transaction = transaction.unconfined();
        let reach = due::reach_of(&graph, &shared, transaction, &device, &script[graph.id])?;
        if reach.is_some_and(|reach: Reach| reach.is_excluded()) {
            return Err(refuse(
                "The device is in a group that this remediation's assignments exclude.",
            ));
        }
        queue(&graph, &shared, transaction, &device, &script)
    })
    .await?;
    Ok(Answer::None)
}

fn refuse(message: &str) -> Error {
    Error::bad_request(message).with_target("scriptPolicyId")
}

/// The script that `scriptPolicyId` names.
fn remediation(
    graph: &Graph,
    core: &Core,
    reader: &mut dyn Reader,
    call: &Call,
) -> Result<Row, Error> {
    let id = call.value(&core.model, "scriptPolicyId");
    let id = id.as_str().unwrap_or_default();
    let family = core
        .model
        .find_structured(REMEDIATION)
        .and_then(|of| graph.layout.family_of(of))
        .ok_or_else(|| Error::internal("the model has no remediations"))?;
    let row = match ids::guid(id) {
        Some(key) => reader.get(family.table, &[Value::String(key)])?,
        None => None,
    };
    row.ok_or_else(|| {
        refuse(&format!(
            "'scriptPolicyId': there is no deviceHealthScript '{id}'."
        ))
    })
}

/// Makes the device's run state of the script pending, and queues the run.
fn queue(
    graph: &Graph,
    core: &Core,
    transaction: &mut dyn Transaction,
    device: &Row,
    script: &Row,
) -> Result<(), Error> {
    let family = core
        .model
        .find_structured(REMEDIATION)
        .and_then(|of| graph.layout.family_of(of))
        .ok_or_else(|| Error::internal("the model has no remediations"))?;
    let states = graph.states(family.states)?;
    let key = [script[graph.id].clone(), device[graph.id].clone()];
    let old = transaction.get(states.table, &key)?;
    let mut new = match &old {
        Some(old) => old.clone(),
        None => states::of_device(
            graph,
            states,
            text(script, graph.id),
            text(device, graph.id),
        ),
    };
    // A row with the device's id may have been made for another device.
    new[states.device_id] = device[graph.id].clone();
    graph.due.set_pending(family, &mut new)?;
    requests::queue(graph, transaction, states, &mut new)?;
    states::save(
        graph,
        core,
        transaction,
        states,
        old.as_ref(),
        new,
        Cause::HandOut,
    )?;
    Ok(())
}

/// `executeAction`: one action on many devices. `syncDevice` and `delete` are what this service
/// can do; what else there is, is answered as not supported, device by device.
pub(crate) async fn execute(graph: &Graph, core: &Arc<Core>, call: Call) -> Result<Answer, Error> {
    let ids = device_ids(&call.value(&core.model, "deviceIds"))?;
    let action = action(core, &call)?;
    let (shared, graph) = (core.clone(), graph.clone());
    let value = core
        .write(call.origin.clone(), move |transaction| {
            let (mut outcome, mut synced) = (Bulk::default(), Vec::new());
            for id in &ids {
                let key = ids::guid(id).map(Value::String);
                let device = match &key {
                    Some(key) => transaction.get(graph.devices.table, std::slice::from_ref(key))?,
                    None => None,
                };
                let Some(device) = device else {
                    outcome.not_found.push(Value::from(id.as_str()));
                    continue;
                };
                let transaction = transaction.unconfined();
                match action.as_str() {
                    "syncDevice" => {
                        devices::ask_to_sync(&graph, &shared, transaction, &device)?;
                        synced.push(device);
                    }
                    "delete" => {
                        devices::delete(&graph, transaction, &shared.scope(), &device)?;
                        let key = std::slice::from_ref(&device[graph.id]);
                        transaction.delete(graph.devices.table, key)?;
                    }
                    _ => {
                        outcome.not_supported.push(Value::from(id.as_str()));
                        continue;
                    }
                }
                outcome.successful.push(Value::from(id.as_str()));
            }
            let synced = (graph.devices.table, synced.as_slice());
            graph.audit.note(
                transaction.unconfined(),
                &shared.scope(),
                &call.origin,
                synced,
            )?;
            outcome.show(&shared, &call)
        })
        .await?;
    Ok(Answer::Value(value))
}

/// What became of the devices of one call.
#[derive(Default)]
struct Bulk {
    successful: Vec<Value>,
    not_found: Vec<Value>,
    not_supported: Vec<Value>,
}

impl Bulk {
    fn show(self, core: &Core, call: &Call) -> Result<Value, Error> {
        let members = [
            ("successfulDeviceIds", Value::Collection(self.successful)),
            ("failedDeviceIds", Value::Collection(Vec::new())),
            ("notFoundDeviceIds", Value::Collection(self.not_found)),
            (
                "notSupportedDeviceIds",
                Value::Collection(self.not_supported),
            ),
        ];
        complex(core, call, &members)
    }
}

/// The name of the action's member.
fn action(core: &Core, call: &Call) -> Result<String, Error> {
    let parameters = &core.model.operation(call.operation).parameters;
    let parameter = parameters.iter().find(|p| p.name == "actionName");
    let ty = parameter.map(|parameter| parameter.ty.item);
    let (Some(edm::ItemType::Enum(id)), Value::Enum(number)) =
        (ty, call.value(&core.model, "actionName"))
    else {
        return Err(
            Error::bad_request("The action 'executeAction' needs 'actionName'.")
                .with_target("actionName"),
        );
    };
    let name = core.model.enum_type(id).name_of(number);
    Ok(name.unwrap_or_default().to_owned())
}

/// The devices of a call, each once.
fn device_ids(given: &Value) -> Result<Vec<String>, Error> {
    let refuse = |message: String| Error::bad_request(message).with_target("deviceIds");
    let Value::Collection(ids) = given else {
        return Err(refuse(
            "The action 'executeAction' needs 'deviceIds'.".to_owned(),
        ));
    };
    if ids.len() > MOST_DEVICES {
        let message = format!(
            "'deviceIds' has {} ids; {MOST_DEVICES} are the most.",
            ids.len()
        );
        return Err(refuse(message));
    }
    let mut texts: Vec<String> = Vec::with_capacity(ids.len());
    for id in ids {
        let id = id
            .as_str()
            .ok_or_else(|| refuse("'deviceIds' must not contain null.".to_owned()))?;
        if !texts.iter().any(|known| known == id) {
            texts.push(id.to_owned());
        }
    }
    Ok(texts)
}
