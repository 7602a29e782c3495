//! Devices that are there, with run states, and scripts that are assigned to all of them.

use serde_json::{Value, json};

use crate::load::client::Client;
use crate::operation::{Fleet, states_of};
use crate::workload::Report;
use crate::{Failure, bar, interrupt};

/// How many devices: more than a page.
const DEVICES: u64 = 120;

/// Makes a script and returns its id.
///
/// # Errors
/// If the product refuses it.
pub(crate) fn make_script(client: &mut Client<'_>, name: &str) -> Result<String, Failure> {
    let body = json!({
        "displayName": name,
        "publisher": "Benchmark",
        "detectionScriptContent": "ZXhpdCAw",
    });
    id_of(post(
        client,
        "/deviceManagement/deviceHealthScripts",
        201,
        &body,
    )?)
}

/// Makes the devices, and two scripts that are assigned to all of them: one for a run that each
/// device has checked in for and reported, the other for a run on a day that is far away.
///
/// # Errors
/// If the product refuses anything.
pub(crate) fn make(client: &mut Client<'_>) -> Result<Fleet, Failure> {
    let script = make_script(client, "Ran on the fleet")?;
    let other = make_script(client, "Runs later")?;
    for (script, day) in [(&script, "2020-01-01"), (&other, "2099-01-01")] {
        let assignment = json!({"deviceHealthScriptAssignments": [{
            "target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"},
            "runRemediationScript": true,
            "runSchedule": {
                "@odata.type": "#microsoft.graph.deviceHealthScriptRunOnceSchedule",
                "interval": 1, "date": day, "time": "10:00:00", "useUtc": true,
            },
        }]});
        let path = format!("/deviceManagement/deviceHealthScripts/{script}/assign");
        post(client, &path, 200, &assignment)?;
    }
    bar::begin("making devices", DEVICES);
    let mut devices = Vec::new();
    for number in 0..DEVICES {
        let body = json!({
            "deviceName": format!("PC-{number:04}"),
            "operatingSystem": "Windows",
            "osVersion": "10.0.26100.1",
            "model": "Model 7",
        });
        let device = id_of(post(
            client,
            "/deviceManagement/managedDevices",
            201,
            &body,
        )?)?;
        report(client, &script, &device, number)?;
        devices.push(device);
        bar::advance(1);
        interrupt::check()?;
    }
    Ok(Fleet { script, devices })
}

/// The device checks in, gets the script, and reports its run.
fn report(client: &mut Client<'_>, script: &str, device: &str, number: u64) -> Result<(), Failure> {
    let path = format!("/deviceManagement/managedDevices/{device}/runstate.dueScripts()");
    let due: Value = serde_json::from_slice(&client.get(&path)?)?;
    if due.pointer("/value/0/scriptId").and_then(Value::as_str) != Some(script) {
        return Err(format!("{script} is not due on a new device but {due}").into());
    }
    let mut body = b"{".to_vec();
    Report::new(number).write(&mut body);
    body.push(b'}');
    let path = format!("{}/{script}:{device}", states_of(script));
    client.ask(200, |peer, out| {
        peer.request(out, "PATCH", &path, "", &body);
    })?;
    Ok(())
}

fn post(client: &mut Client<'_>, path: &str, status: u16, body: &Value) -> Result<Value, Failure> {
    let body = body.to_string();
    let answer = client.ask(status, |peer, out| {
        peer.request(out, "POST", path, "", body.as_bytes());
    })?;
    Ok(serde_json::from_slice(&answer)?)
}

fn id_of(made: Value) -> Result<String, Failure> {
    let id = made.get("id").and_then(Value::as_str);
    Ok(id.ok_or("an answer without an id")?.to_owned())
}
