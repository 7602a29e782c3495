//! Assignment filters: clients find them by their names and name them in assignments.

use serde_json::json;

use crate::support::{HEALTH, READ_WRITE, Server, make_script};

const FILTERS: &str = "/beta/deviceManagement/assignmentFilters";

#[test]
fn a_filter_is_kept_changed_and_removed() {
    let server = Server::shared();
    let body = json!({
        "displayName": "Laptops", "platform": "windows10AndLater", "roleScopeTags": ["0"],
        "rule": "(device.deviceName -contains \"laptop\")",
    });
    let made = server.post(FILTERS, &body).expect_json(201);
    assert_eq!(made["assignmentFilterManagementType"], "devices");
    assert_eq!(made["createdDateTime"], made["lastModifiedDateTime"]);
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&made[name], value);
    }
    let id = made["id"].as_str().unwrap();
    let one = format!("{FILTERS}/{id}");
    let changed = server.patch(&one, &json!({ "description": "all of them" }));
    let changed = changed.expect_json(200);
    assert_eq!(changed["description"], "all of them");
    assert_ne!(
        changed["lastModifiedDateTime"],
        made["lastModifiedDateTime"]
    );
    let found = server.get(&format!(
        "{FILTERS}?$filter=id eq '{id}'&$select=displayName"
    ));
    assert_eq!(found.expect_json(200)["value"][0]["displayName"], "Laptops");

    let (script, _) = make_script(&server, &HEALTH);
    let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
        "deviceAndAppManagementAssignmentFilterId": id,
        "deviceAndAppManagementAssignmentFilterType": "include" });
    let assign = json!({ "deviceHealthScriptAssignments": [{ "target": target }] });
    let assigned = server.post(&format!("{script}/assign"), &assign);
    assert_eq!(assigned.expect_json(200)["value"][0]["target"], target);
    server.delete(&one).expect(204);
    server.get(&one).expect(404);
}

#[test]
fn a_filter_has_a_name_a_platform_and_a_rule() {
    let server = Server::shared();
    let whole =
        json!({ "displayName": "f", "platform": "macOS", "rule": "(device.model -eq \"x\")" });
    for name in ["displayName", "platform", "rule"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(name);
        let refused = server.post(FILTERS, &body);
        let message = refused.expect_error(400, "BadRequest");
        assert!(message.contains(name), "{message}");
    }
    let mut body = whole.clone();
    body["platform"] = json!("solaris");
    let message = server.post(FILTERS, &body).expect_error(400, "BadRequest");
    assert!(message.contains("platform"), "{message}");
    let reader = server.client(&["--role", &READ_WRITE.replace("ReadWrite", "Read")]);
    reader.get(FILTERS).expect(200);
    reader.post(FILTERS, &whole).expect(403);
    let devices = server.client(&["--role", "DeviceManagementManagedDevices.ReadWrite.All"]);
    devices.get(FILTERS).expect(403);
}
