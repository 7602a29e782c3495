//! `$expand`: the device of a run state, and what a script holds.

use serde_json::{Value, json};

use crate::support::{FAMILIES, HEALTH, Server, make_device, make_script, make_state};

#[test]
fn the_device_of_each_run_state() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let devices: Vec<String> = ["one", "two"]
            .iter()
            .map(|n| make_device(&server, &json!({ "deviceName": n })))
            .collect();
        for device in &devices {
            make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
        }
        make_state(&server, &script, &json!({ "id": format!("{id}:gone") }));
        make_state(&server, &script, &json!({ "id": "plain" }));
        let states = format!("{script}/deviceRunStates");
        let expanded = server
            .get(&format!("{states}?$expand=managedDevice"))
            .values();
        assert_eq!(expanded.len(), 4);
        for state in &expanded {
            let device = devices
                .iter()
                .find(|device| state["id"] == format!("{id}:{device}"));
            match device {
                None => assert_eq!(state["managedDevice"], Value::Null),
                Some(device) => {
                    let mut read = server
                        .get(&format!("/beta/deviceManagement/managedDevices/{device}"))
                        .expect_json(200);
                    read.as_object_mut().unwrap().remove("@odata.context");
                    let mut shown = state["managedDevice"].clone();
                    shown
                        .as_object_mut()
                        .unwrap()
                        .retain(|name, _| !name.starts_with("@odata.context"));
                    assert_eq!(shown, read);
                }
            }
        }
        for select in ["$select=id,deviceName", "select=deviceName"] {
            let url = format!(
                "{states}/{id}:{}?$expand=managedDevice({select})&$select=id",
                devices[1]
            );
            let state = server.get(&url).expect_json(200);
            assert_eq!(state["managedDevice"]["deviceName"], "two");
            assert_eq!(state["managedDevice"].get("operatingSystem"), None);
            assert_eq!(state.get(family.property), None);
        }
    }
}

#[test]
fn what_a_script_holds() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    server
        .post(
            &format!("{script}/assign"),
            &json!({ "deviceHealthScriptAssignments": [{ "target": target }] }),
        )
        .expect(200);
    for state in ["a", "b", "c"] {
        make_state(
            &server,
            &script,
            &json!({ "id": state, "detectionState": "fail" }),
        );
    }
    let query = "$expand=assignments,runSummary,deviceRunStates($select=id;$top=2;$orderby=id desc;$count=true)";
    let shown = server.get(&format!("{script}?{query}")).expect_json(200);
    let context = shown["assignments@odata.context"].as_str().unwrap();
    assert_eq!(
        context,
        format!(
            "http://graph.test/beta/$metadata#deviceManagement/deviceHealthScripts('{id}')/assignments"
        )
    );
    assert_eq!(shown["assignments"].as_array().unwrap().len(), 1);
    assert_eq!(shown["runSummary"]["issueDetectedDeviceCount"], 3);
    assert_eq!(shown["deviceRunStates@odata.count"], 3);
    let ids: Vec<&str> = shown["deviceRunStates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["c", "b"]);
    let listed = server
        .get(&format!("{}?$filter=id eq '{id}'&{query}", HEALTH.url()))
        .values();
    for name in ["assignments", "runSummary", "deviceRunStates"] {
        assert_eq!(listed[0][name], shown[name], "{name}");
    }
}

#[test]
fn what_cannot_be_expanded_is_said() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    for expand in [
        "nope",
        "displayName",
        "assignments(",
        "assignments($nope=1)",
        "assignments($select=nope)",
        "assignments($top=-1)",
        "",
        ",",
    ] {
        server
            .get(&format!("{script}?$expand={expand}"))
            .expect_error(400, "BadRequest");
    }
}
