//! The kill switch: while dispatch is stopped, no device gets a script from any server.

use serde_json::{Value, json};

use crate::support::{Client, HEALTH, READ_WRITE, Server, base64, make_device, make_script};

const MANAGEMENT: &str = "/beta/deviceManagement";

fn due(client: &Client, device: &str) -> usize {
    let url = format!("{MANAGEMENT}/managedDevices/{device}/runstate.dueScripts()");
    client.get(&url).values().len()
}

fn stop(client: &Client) -> Option<Value> {
    let answer = client.get(&format!("{MANAGEMENT}/runstate.getDispatchStop()"));
    (answer.status == 200).then(|| answer.expect_json(200))
}

fn turn(client: &Client, action: &str, body: &Value) {
    let url = format!("{MANAGEMENT}/runstate.{action}Dispatch");
    client.post(&url, body).expect(204);
}

#[test]
fn a_stop_holds_for_every_script_device_and_server_until_it_is_lifted() {
    let server = Server::start();
    let other = server.beside();
    let device = make_device(&server, &json!({}));
    let (script, id) = make_script(&server, &HEALTH);
    let content = json!({ "remediationScriptContent": base64("exit 0\n") });
    server.patch(&script, &content).expect(200);
    let all = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    let assignments = json!({ "deviceHealthScriptAssignments": [{ "target": all }] });
    server
        .post(&format!("{script}/assign"), &assignments)
        .expect(200);
    let servers = || [&*server, &*other];
    assert!(servers().iter().all(|server| due(server, &device) == 1));
    assert_eq!(stop(&server), None);

    turn(&server, "stop", &json!({ "reason": "a bad script" }));
    // The first stop stands, with its reason.
    turn(&other, "stop", &json!({}));
    for server in servers() {
        assert_eq!(due(server, &device), 0);
        let stop = stop(server).expect("dispatch is stopped");
        assert_eq!(stop["reason"], "a bad script");
        assert_eq!(stop["stoppedBy"], "administrator");
    }
    // What is asked for on demand waits, too.
    let privileged = "DeviceManagementManagedDevices.PrivilegedOperations.All";
    let url = format!("{MANAGEMENT}/managedDevices/{device}/initiateOnDemandProactiveRemediation");
    let asked = server.client(&["--role", privileged]);
    asked
        .post(&url, &json!({ "scriptPolicyId": id }))
        .expect(204);
    assert_eq!(due(&server, &device), 0);

    turn(&other, "resume", &json!({}));
    turn(&server, "resume", &json!({}));
    assert!(servers().iter().all(|server| due(server, &device) == 1));
    assert_eq!(stop(&other), None);
}

#[test]
fn who_reaches_a_part_of_the_fleet_does_not_turn_the_switch() {
    let server = Server::start();
    let confined = server.client(&["--role", READ_WRITE, "--role-scope-tag", "1"]);
    for action in ["stop", "resume"] {
        let url = format!("{MANAGEMENT}/runstate.{action}Dispatch");
        confined
            .post(&url, &json!({}))
            .expect_error(403, "Forbidden");
    }
    let long = json!({ "reason": "x".repeat(1_025) });
    let url = format!("{MANAGEMENT}/runstate.stopDispatch");
    let said = server.post(&url, &long).expect_error(400, "BadRequest");
    assert!(said.contains("reason"), "{said}");
    assert_eq!(stop(&server), None);
}
