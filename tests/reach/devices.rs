//! What a device does with its own things, and what it may not.

use serde_json::{Value, json};

use super::world::{DEVICES, administrator, assign, device_client, lone_device, make_side};
use crate::support::{Client, FAMILIES, Family, HEALTH, PLATFORM, READ_WRITE, Server, base64};

/// What the device is given at a check-in, by script.
fn due(client: &Client, device: &str) -> Vec<Value> {
    let asked = client.get(&format!("{DEVICES}/{device}/runstate.dueScripts()"));
    asked.values()
}

fn make(admin: &Client, family: &Family, group: &str) -> (String, String) {
    let (url, id) = crate::support::make_script(admin, family);
    assign(admin, &url, family, group);
    (url, id)
}

#[test]
fn a_device_reads_what_is_its_own() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &[]);
    make_side(&admin, "b", "other", &[]);
    let client = device_client(&server, &a.device);
    assert_eq!(client.get(DEVICES).ids(), [a.device.as_str()]);
    let device = format!("{DEVICES}/{}", a.device);
    assert_eq!(
        client.get(&device).expect_json(200)["deviceName"],
        "own device of a"
    );
    let states = client
        .get(&format!("{device}/deviceHealthScriptStates"))
        .values();
    assert_eq!(states.len(), 1);
    assert_eq!(client.get(&format!("{device}/users")).values().len(), 1);
    for family in &FAMILIES {
        let script = a.script(family);
        assert_eq!(client.get(&family.url()).ids(), [script]);
        let shown = client.get(&a.url(family)).expect_json(200);
        assert_eq!(shown[family.content], base64("echo own"), "{}", family.set);
        let states = format!("{}/deviceRunStates", a.url(family));
        let state = format!("{script}:{}", a.device);
        assert_eq!(client.get(&states).ids(), [state.as_str()]);
        client
            .get(&format!("{states}/{state}?$expand=managedDevice"))
            .expect(200);
        client
            .get(&format!("{states}/{state}/runstate.history()"))
            .expect(200);
        // What counts other devices, too, and whom else the script is for.
        for hidden in ["runSummary", "assignments", "userRunStates"] {
            let answer = client.get(&format!("{}/{hidden}", a.url(family)));
            let nothing = answer.status == 200 && answer.json()["value"] == json!([]);
            assert!(
                nothing || [204, 400, 404].contains(&answer.status),
                "{}",
                answer.text()
            );
        }
    }
}

#[test]
fn a_device_reports_what_it_was_given() {
    let server = Server::shared();
    let admin = administrator(&server);
    let side = make_side(&admin, "reporting", "own", &[]);
    let (url, id) = make(&admin, &HEALTH, &side.group);
    let client = device_client(&server, &side.device);
    let states = format!("{url}/deviceRunStates");
    let state = format!("{id}:{}", side.device);
    let report =
        json!({ "detectionState": "fail", "lastStateUpdateDateTime": "2026-02-02T00:00:00Z" });
    let refused = |body: &Value| {
        let said = client.post(&states, body).expect_error(403, "Forbidden");
        assert!(said.contains("device"), "{said}");
    };
    // It is assigned, but was not handed out yet.
    refused(&json!({ "id": state }));
    let bind = format!("deviceManagement/managedDevices/{}", side.device);
    refused(&json!({ "id": "plain", "managedDevice@odata.bind": bind }));
    refused(&json!({}));
    client
        .patch(&format!("{states}/{state}"), &report)
        .expect(404);
    assert!(
        due(&client, &side.device)
            .iter()
            .any(|script| script["scriptId"] == id)
    );
    let shown = client
        .patch(&format!("{states}/{state}"), &report)
        .expect_json(200);
    assert_eq!(shown["detectionState"], "fail");
    // The same once more, as after a lost answer; and again what is there already.
    client
        .patch(&format!("{states}/{state}"), &report)
        .expect(200);
    client
        .post(&states, &json!({ "id": state }))
        .expect_error(409, "Conflict");
    client.delete(&format!("{states}/{state}")).expect(403);
    // Its device cannot be made another's.
    let other = lone_device(&admin);
    for device in [other.as_str(), "11111111-2222-4333-8444-555555555555"] {
        let bind = json!({ "managedDevice@odata.bind": format!("deviceManagement/managedDevices/{device}") });
        client
            .patch(&format!("{states}/{state}"), &bind)
            .expect(400);
    }
    client
        .patch(
            &format!("{states}/{state}"),
            &json!({ "managedDevice@odata.bind": null }),
        )
        .expect(403);
    // What was given to it is reported although it is no longer assigned, but not read.
    admin
        .post(&format!("{url}/assign"), &json!({ HEALTH.assign.0: [] }))
        .expect(200);
    client
        .patch(&format!("{states}/{state}"), &report)
        .expect(200);
    client.get(&url).expect(404);
}

/// A row that the administrator made for the device is none that the device was given.
#[test]
fn a_state_that_was_not_handed_out_is_not_reported() {
    let server = Server::shared();
    let admin = administrator(&server);
    let side = make_side(&admin, "not-given", "own", &[]);
    let client = device_client(&server, &side.device);
    for family in &FAMILIES {
        let states = format!("{}/deviceRunStates", side.url(family));
        let state = format!("{states}/{}:{}", side.script(family), side.device);
        client.get(&state).expect(200);
        let said = client.patch(&state, &json!({ family.property: "fail" }));
        said.expect_error(403, "Forbidden");
    }
}

/// Reach confines rights; it gives none.
#[test]
fn a_device_needs_the_rights_of_its_requests() {
    let server = Server::shared();
    let admin = administrator(&server);
    let side = make_side(&admin, "rights", "own", &[]);
    let client = server.client(&["--device", &side.device, "--role", "User.Read.All"]);
    client
        .get(&format!("{DEVICES}/{}", side.device))
        .expect(403);
    client.get(&side.url(&PLATFORM)).expect(403);
    let reader = server.client(&[
        "--device",
        &side.device,
        "--role",
        "DeviceManagementScripts.Read.All",
    ]);
    reader.get(&side.url(&PLATFORM)).expect(200);
    reader
        .get(&format!("{DEVICES}/{}", side.device))
        .expect(403);
}

/// Excluded, of another group, asked for on demand: what a device reads is what it is given.
#[test]
fn a_device_reads_the_scripts_that_are_for_it() {
    let server = Server::shared();
    let admin = administrator(&server);
    let side = make_side(&admin, "assigned", "own", &[]);
    let client = device_client(&server, &side.device);
    let (url, id) = crate::support::make_script(&admin, &HEALTH);
    client.get(&url).expect(404);
    let targets = |targets: Value| {
        let body: Vec<Value> = targets
            .as_array()
            .unwrap()
            .iter()
            .map(|t| json!({ "target": t }))
            .collect();
        admin
            .post(&format!("{url}/assign"), &json!({ HEALTH.assign.0: body }))
            .expect(200);
    };
    let all = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    let excluded = json!({ "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": side.group });
    targets(json!([all]));
    client.get(&url).expect(200);
    targets(json!([all, excluded]));
    client.get(&url).expect(404);
    targets(json!([]));
    client.get(&url).expect(404);
    let run = format!(
        "{DEVICES}/{}/initiateOnDemandProactiveRemediation",
        side.device
    );
    admin
        .post(&run, &json!({ "scriptPolicyId": id }))
        .expect(204);
    client.get(&url).expect(200);
    // It does not ask for runs itself, on any device, and tells nobody of other groups.
    client
        .post(&run, &json!({ "scriptPolicyId": id }))
        .expect(403);
    let enrol =
        json!({ "udid": "udid-of-assigned", "deviceName": "x", "groupIds": ["group-of-b"] });
    client
        .post(&format!("{DEVICES}/runstate.enrol"), &enrol)
        .expect(403);
}

#[test]
fn a_device_follows_no_changes() {
    let server = Server::shared();
    let admin = administrator(&server);
    let side = make_side(&admin, "changes", "own", &[]);
    let client = device_client(&server, &side.device);
    client.get(&format!("{}/delta()", HEALTH.url())).expect(403);
    let track =
        crate::support::Request::new("GET", &HEALTH.url()).header("Prefer", "track-changes");
    client.send(&track).expect(403);
    let reader = server.client(&["--role", READ_WRITE]);
    let link = reader.send(&track).expect_json(200)["@odata.deltaLink"].clone();
    let link = link
        .as_str()
        .expect("a link")
        .replace("http://graph.test", "");
    client.get(&link).expect(403);
}
