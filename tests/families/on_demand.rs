//! What an administrator asks of a device, and the device gets when it comes.

use serde_json::{Value, json};

use crate::support::{Client, HEALTH, PLATFORM, Server, base64, make_device, make_script};

const DEVICES: &str = "/beta/deviceManagement/managedDevices";
const PRIVILEGED: &str = "DeviceManagementManagedDevices.PrivilegedOperations.All";

/// What a device gets of one script: other tests assign theirs to all devices.
fn due(client: &Client, device: &str, script: &str) -> Vec<Value> {
    let url = format!("{DEVICES}/{device}/runstate.dueScripts()");
    let due = client.get(&url).expect(200).values();
    due.into_iter()
        .filter(|due| due["scriptId"] == script)
        .collect()
}

fn state_of(client: &Client, script: &str, id: &str, device: &str) -> Value {
    client
        .get(&format!("{script}/deviceRunStates/{id}:{device}"))
        .expect_json(200)
}

fn report(client: &Client, script: &str, id: &str, device: &str, state: &Value) {
    let url = format!("{script}/deviceRunStates/{id}:{device}");
    client.patch(&url, state).expect(200);
}

/// Makes a remediation with both scripts; answers its URL and its id.
fn remediation(client: &Client) -> (String, String) {
    let (script, id) = make_script(client, &HEALTH);
    let body = json!({ "remediationScriptContent": base64("exit 0\n") });
    client.patch(&script, &body).expect(200);
    (script, id)
}

#[test]
fn a_run_on_demand_reaches_an_unassigned_device_once() {
    let server = Server::shared();
    let admin = server.client(&["--role", PRIVILEGED]);
    let device = make_device(&server, &json!({ "deviceName": "one" }));
    let (script, id) = remediation(&server);
    assert_eq!(due(&server, &device, &id).len(), 0);
    let url = format!("{DEVICES}/{device}/initiateOnDemandProactiveRemediation");
    for _ in 0..2 {
        admin
            .post(&url, &json!({ "scriptPolicyId": id }))
            .expect(204);
    }
    assert_eq!(
        state_of(&server, &script, &id, &device)["detectionState"],
        "pending"
    );
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["detectionScriptPendingDeviceCount"], 1);
    // Until it is reported, it is handed out: an answer may be lost.
    for _ in 0..2 {
        let due = due(&server, &device, &id);
        assert_eq!(due.len(), 1);
        assert_eq!(due[0]["scriptId"], json!(id));
        assert!(due[0]["remediationScriptContent"].is_string(), "{}", due[0]);
    }
    let done = json!({ "detectionState": "success", "remediationState": "skipped" });
    report(&server, &script, &id, &device, &done);
    assert_eq!(due(&server, &device, &id).len(), 0);
    assert_eq!(
        server.count_in_database(&format!(
            "SELECT COUNT(*) FROM requested_run WHERE script_id = '{id}'"
        )),
        0
    );
}

#[test]
fn a_report_of_an_earlier_run_leaves_the_request() {
    let server = Server::shared();
    let admin = server.client(&["--role", PRIVILEGED]);
    let device = make_device(&server, &json!({}));
    let (script, id) = remediation(&server);
    let ask = || {
        let url = format!("{DEVICES}/{device}/initiateOnDemandProactiveRemediation");
        admin
            .post(&url, &json!({ "scriptPolicyId": id }))
            .expect(204);
    };
    ask();
    let done = json!({ "detectionState": "success" });
    report(&server, &script, &id, &device, &done);
    assert_eq!(due(&server, &device, &id).len(), 1);
    report(&server, &script, &id, &device, &done);
    assert_eq!(due(&server, &device, &id).len(), 0);
    // What is queued goes with its state, its script or its device.
    ask();
    server
        .delete(&format!("{script}/deviceRunStates/{id}:{device}"))
        .expect(204);
    assert_eq!(due(&server, &device, &id).len(), 0);
    ask();
    server.delete(&script).expect(204);
    assert_eq!(due(&server, &device, &id).len(), 0);
    assert_eq!(
        server.count_in_database(&format!(
            "SELECT COUNT(*) FROM requested_run WHERE script_id = '{id}'"
        )),
        0
    );
}

#[test]
fn a_run_on_demand_beats_the_schedule_but_not_an_exclusion() {
    let server = Server::shared();
    let admin = server.client(&["--role", PRIVILEGED]);
    let enrolled =
        json!({ "udid": "on-demand", "deviceName": "x", "groupIds": ["on-demand-group"] });
    let made = server
        .post(&format!("{DEVICES}/runstate.enrol"), &enrolled)
        .expect_json(200);
    let device = made["id"].as_str().unwrap();
    let (script, id) = remediation(&server);
    let target = |name: &str| json!({ "target": { "@odata.type": format!("#microsoft.graph.{name}"), "groupId": "on-demand-group" } });
    let mut daily = target("groupAssignmentTarget");
    daily["runRemediationScript"] = json!(false);
    daily["runSchedule"] =
        json!({ "@odata.type": "#microsoft.graph.deviceHealthScriptDailySchedule", "interval": 1 });
    let assign = |assignments: Value| {
        let body = json!({ "deviceHealthScriptAssignments": assignments });
        server.post(&format!("{script}/assign"), &body).expect(200);
    };
    assign(json!([daily]));
    let done =
        json!({ "detectionState": "success", "lastStateUpdateDateTime": "2024-01-01T00:00:00Z" });
    assert_eq!(due(&server, device, &id).len(), 1);
    report(&server, &script, &id, device, &done);
    assert_eq!(due(&server, device, &id).len(), 0);
    let url = format!("{DEVICES}/{device}/initiateOnDemandProactiveRemediation");
    let body = json!({ "scriptPolicyId": id });
    admin.post(&url, &body).expect(204);
    assert_eq!(due(&server, device, &id).len(), 1);
    // Excluded behind the request, the device gets nothing; it cannot be asked for again either.
    assign(json!([target("exclusionGroupAssignmentTarget")]));
    assert_eq!(due(&server, device, &id).len(), 0);
    let message = admin.post(&url, &body).expect_error(400, "BadRequest");
    assert!(message.contains("exclude"), "{message}");
}

#[test]
fn what_cannot_be_asked_for() {
    let server = Server::shared();
    let admin = server.client(&["--role", PRIVILEGED]);
    let device = make_device(&server, &json!({}));
    let (_, platform) = make_script(&server, &PLATFORM);
    let unknown = "00000000-0000-0000-0000-000000000000";
    let action = "initiateOnDemandProactiveRemediation";
    let url = format!("{DEVICES}/{device}/{action}");
    for body in [
        json!({}),
        json!({ "scriptPolicyId": null }),
        json!({ "scriptPolicyId": "" }),
        json!({ "scriptPolicyId": unknown }),
        json!({ "scriptPolicyId": platform }),
    ] {
        admin.post(&url, &body).expect_error(400, "BadRequest");
    }
    let (_, id) = make_script(&server, &HEALTH);
    for action in [action, "syncDevice"] {
        let body = match action {
            "syncDevice" => json!({}),
            _ => json!({ "scriptPolicyId": id }),
        };
        let elsewhere = format!("{DEVICES}/{unknown}/{action}");
        admin
            .post(&elsewhere, &body)
            .expect_error(404, "ResourceNotFound");
        let url = format!("{DEVICES}/{device}/{action}");
        // The shared server's own token may write the configuration, but not this.
        server.post(&url, &body).expect_error(403, "Forbidden");
    }
}

#[test]
fn a_sync_gives_what_failed_once_more() {
    let server = Server::shared();
    let admin = server.client(&["--role", PRIVILEGED]);
    let device = make_device(&server, &json!({ "operatingSystem": "Windows" }));
    let url = format!("{DEVICES}/{device}");
    let (script, id) = make_script(&server, &PLATFORM);
    let everyone =
        json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } });
    server
        .post(&format!("{script}/assignments"), &everyone)
        .expect(201);
    let ours = || due(&server, &device, &id).len();
    let fail = |n: i64| {
        let time = format!("2024-01-01T00:00:{n:02}Z");
        let body = json!({ "runState": "fail", "lastStateUpdateDateTime": time });
        report(&server, &script, &id, &device, &body);
    };
    // The first run and the three retries of the family.
    for n in 1..=4 {
        assert_eq!(ours(), 1);
        fail(n);
    }
    assert_eq!(ours(), 0);
    admin
        .post(&format!("{url}/syncDevice"), &json!({}))
        .expect(204);
    let result = || server.get(&url).expect_json(200)["deviceActionResults"].clone();
    assert_eq!(result()[0]["actionName"], "syncDevice");
    assert_eq!(result()[0]["actionState"], "pending");
    assert_eq!(ours(), 1);
    assert_eq!(result().as_array().unwrap().len(), 1);
    assert_eq!(result()[0]["actionState"], "done");
    fail(5);
    assert_eq!(ours(), 0);
    // It is for the next check-in alone, also where nothing is due.
    admin
        .post(&format!("{url}/syncDevice"), &json!({}))
        .expect(204);
    assert_eq!(result()[0]["actionState"], "pending");
    assert_eq!(ours(), 1);
    server.delete(&script).expect(204);
    admin
        .post(&format!("{url}/syncDevice"), &json!({}))
        .expect(204);
    due(&server, &device, &id);
    assert_eq!(result()[0]["actionState"], "done");
}
