//! What hangs on a device: its remediations' run states, its category, its user.

use serde_json::{Value, json};

use crate::support::{Client, HEALTH, Request, Server, make_device, make_script, make_state};

const DEVICES: &str = "/beta/deviceManagement/managedDevices";
const CATEGORIES: &str = "/beta/deviceManagement/deviceCategories";

fn keyed(device: &str, id: &str, policy: &str) -> String {
    format!(
        "{DEVICES}/{device}/deviceHealthScriptStates/id='{id}',policyId='{policy}',deviceId='{device}'"
    )
}

#[test]
fn a_device_shows_the_states_of_its_remediations() {
    let server = Server::shared();
    let device =
        json!({ "deviceName": "ada's", "osVersion": "14.2", "userPrincipalName": "ada@x" });
    let device = make_device(&server, &device);
    let (script, policy) = make_script(&server, &HEALTH);
    let id = format!("{policy}:{device}");
    let body = json!({ "id": id, "detectionState": "fail", "remediationState": "success",
        "lastStateUpdateDateTime": "2024-01-02T03:04:05.678+01:00", "assignmentFilterIds": ["f"] });
    let state = make_state(&server, &script, &body);
    let all = format!("{DEVICES}/{device}/deviceHealthScriptStates");
    let shown = server.get(&all).expect(200).values();
    assert_eq!(shown.len(), 1);
    let shown = &shown[0];
    for name in [
        "id",
        "detectionState",
        "remediationState",
        "lastStateUpdateDateTime",
        "assignmentFilterIds",
    ] {
        assert_eq!(shown[name], state[name], "{name}");
    }
    for (name, value) in [
        ("deviceId", device.as_str()),
        ("policyId", &policy),
        ("deviceName", "ada's"),
        ("policyName", "A script"),
        ("osVersion", "14.2"),
        ("userName", "ada@x"),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    let parentheses = format!("{all}(deviceId='{device}',id='{id}',policyId='{policy}')");
    // As the Python SDK writes it: the template's commas are lost.
    let bare = keyed(&device, &id, &policy).replace(',', "");
    for url in [keyed(&device, &id, &policy), parentheses, bare] {
        let one = server.get(&url).expect_json(200);
        for (name, value) in shown.as_object().unwrap() {
            assert_eq!(one[name], *value, "{name}");
        }
    }
    // A report is seen at once, and filtered by.
    server
        .patch(
            &format!("{script}/deviceRunStates/{id}"),
            &json!({ "detectionState": "success" }),
        )
        .expect(200);
    for (filter, count) in [
        ("detectionState eq 'success'", "1"),
        ("detectionState eq 'fail'", "0"),
        ("policyName eq 'A script' and deviceName eq 'ada''s'", "1"),
    ] {
        assert_eq!(
            server
                .get(&format!("{all}/$count?$filter={filter}"))
                .expect(200)
                .text(),
            count,
            "{filter}"
        );
    }
    server
        .get(&keyed(&device, &id, "00000000-0000-0000-0000-000000000000"))
        .expect_error(404, "ResourceNotFound");
    server.delete(&script).expect(204);
    assert_eq!(server.get(&all).expect(200).values().len(), 0);
}

#[test]
fn pages_of_a_devices_states() {
    let server = Server::shared();
    let device = make_device(&server, &json!({}));
    let mut expected = Vec::new();
    for _ in 0..5 {
        let (script, policy) = make_script(&server, &HEALTH);
        let id = format!("{policy}:{device}");
        make_state(&server, &script, &json!({ "id": id }));
        expected.push(id);
    }
    expected.sort();
    let mut found = Vec::new();
    let mut url = format!("{DEVICES}/{device}/deviceHealthScriptStates?$top=2");
    loop {
        let page = server.get(&url).expect_json(200);
        found.extend(
            page["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        url = format!("/beta{}", next.split_once("/beta").unwrap().1);
    }
    assert_eq!(found, expected);
}

#[test]
fn a_change_of_the_view_is_one_of_the_run_state() {
    let server = Server::shared();
    let device = make_device(&server, &json!({}));
    let (script, policy) = make_script(&server, &HEALTH);
    let all = format!("{DEVICES}/{device}/deviceHealthScriptStates");
    let counter =
        |name: &str| server.get(&format!("{script}/runSummary")).expect_json(200)[name].clone();
    let made = server
        .post(
            &all,
            &json!({ "policyId": policy, "detectionState": "fail" }),
        )
        .expect_json(201);
    let id = format!("{policy}:{device}");
    assert_eq!(made["id"], json!(id));
    assert_eq!(counter("issueDetectedDeviceCount"), 1);
    server
        .post(&all, &json!({ "policyId": policy }))
        .expect_error(409, "Conflict");
    let url = keyed(&device, &id, &policy);
    let changed = server
        .patch(
            &url,
            &json!({ "detectionState": "success", "deviceName": "ignored" }),
        )
        .expect_json(200);
    assert_eq!(
        (&changed["detectionState"], &changed["deviceName"]),
        (&json!("success"), &made["deviceName"])
    );
    assert_eq!(
        (
            counter("issueDetectedDeviceCount"),
            counter("noIssueDetectedDeviceCount")
        ),
        (json!(0), json!(1))
    );
    let history = server.get(&format!("{script}/deviceRunStates/{id}/runstate.history()"));
    assert_eq!(history.values().len(), 2);
    server.delete(&url).expect(204);
    assert_eq!(counter("noIssueDetectedDeviceCount"), 0);
    server
        .get(&format!("{script}/deviceRunStates/{id}"))
        .expect_error(404, "ResourceNotFound");
    server.delete(&url).expect_error(404, "ResourceNotFound");
    for body in [
        json!({}),
        json!({ "policyId": "x" }),
        json!({ "policyId": "00000000-0000-0000-0000-000000000000" }),
    ] {
        server.post(&all, &body).expect_error(400, "BadRequest");
    }
}

#[test]
fn who_may_see_a_devices_states() {
    let server = Server::shared();
    let device = make_device(&server, &json!({}));
    let scripts = server.client(&["--role", "DeviceManagementScripts.Read.All"]);
    scripts
        .get(&format!("{DEVICES}/{device}/deviceHealthScriptStates"))
        .expect(200);
    scripts
        .get(&format!("{DEVICES}/{device}"))
        .expect_error(403, "Forbidden");
    scripts
        .get(&format!("{DEVICES}/{device}/users"))
        .expect_error(403, "Forbidden");
}

fn refer(client: &Client, device: &str, url: &str) -> crate::support::Answer {
    let target = format!("{DEVICES}/{device}/deviceCategory/$ref");
    client.send(&Request::new("PUT", &target).json(&json!({ "@odata.id": url })))
}

#[test]
fn a_device_has_a_category() {
    let server = Server::shared();
    let device = make_device(&server, &json!({}));
    let url = format!("{DEVICES}/{device}");
    let category = server
        .post(CATEGORIES, &json!({ "displayName": "Kiosks" }))
        .expect_json(201);
    let category = category["id"].as_str().unwrap().to_owned();
    let name = || server.get(&url).expect_json(200)["deviceCategoryDisplayName"].clone();
    server
        .get(&format!("{url}/deviceCategory"))
        .expect_error(404, "ResourceNotFound");
    for link in [
        format!("https://graph.test/beta/deviceManagement/deviceCategories/{category}"),
        format!("deviceManagement/deviceCategories('{category}')"),
    ] {
        refer(&server, &device, &link).expect(204);
    }
    assert_eq!(
        server
            .get(&format!("{url}/deviceCategory"))
            .expect_json(200)["displayName"],
        "Kiosks"
    );
    let reference = server
        .get(&format!("{url}/deviceCategory/$ref"))
        .expect_json(200);
    assert!(reference["@odata.id"].is_string(), "{reference}");
    assert_eq!(name(), "Kiosks");
    server
        .patch(
            &format!("{url}/deviceCategory"),
            &json!({ "displayName": "Lobby" }),
        )
        .expect(200);
    assert_eq!(name(), "Lobby");
    // The device leaves the category, which stays.
    server
        .delete(&format!("{url}/deviceCategory/$ref"))
        .expect(204);
    assert_eq!(name(), Value::Null);
    refer(
        &server,
        &device,
        &format!("deviceManagement/deviceCategories/{category}"),
    )
    .expect(204);
    server.delete(&format!("{url}/deviceCategory")).expect(204);
    assert_eq!(name(), Value::Null);
    server.get(&format!("{CATEGORIES}/{category}")).expect(200);
    // The category goes, and its devices have none.
    refer(
        &server,
        &device,
        &format!("deviceManagement/deviceCategories/{category}"),
    )
    .expect(204);
    server
        .delete(&format!("{CATEGORIES}/{category}"))
        .expect(204);
    assert_eq!(name(), Value::Null);
    for link in [
        format!("deviceManagement/deviceCategories/{category}"),
        format!("deviceManagement/managedDevices/{device}"),
        "x".to_owned(),
    ] {
        refer(&server, &device, &link).expect_error(400, "BadRequest");
    }
}

#[test]
fn a_device_has_its_primary_user() {
    let server = Server::shared();
    let device = json!({ "userId": "ada", "userPrincipalName": "ada@contoso.example", "userDisplayName": "Ada", "emailAddress": "a@contoso.example" });
    let device = make_device(&server, &device);
    let users = server
        .get(&format!("{DEVICES}/{device}/users"))
        .expect(200)
        .values();
    assert_eq!(users.len(), 1);
    for (name, value) in [
        ("id", json!("ada")),
        ("userPrincipalName", json!("ada@contoso.example")),
        ("displayName", json!("Ada")),
        ("mail", json!("a@contoso.example")),
        ("businessPhones", json!([])),
        ("accountEnabled", Value::Null),
        ("deletedDateTime", Value::Null),
    ] {
        assert_eq!(users[0][name], value, "{name}");
    }
    let filtered = format!(
        "{DEVICES}/{device}/users?$filter=accountEnabled eq true or department eq 'x' or deletedDateTime gt 2024-01-01T00:00:00Z"
    );
    assert_eq!(server.get(&filtered).expect(200).values().len(), 0);
    server
        .post(&format!("{DEVICES}/{device}/users"), &json!({}))
        .expect_error(405, "MethodNotAllowed");
    let nobodys = make_device(&server, &json!({}));
    assert_eq!(
        server
            .get(&format!("{DEVICES}/{nobodys}/users"))
            .expect(200)
            .values()
            .len(),
        0
    );
}

#[test]
fn comanaged_devices_are_those_of_two_managers() {
    let server = Server::shared();
    let comanaged = "/beta/deviceManagement/comanagedDevices";
    let both = make_device(
        &server,
        &json!({ "managementAgent": "configurationManagerClientMdm" }),
    );
    let one = make_device(&server, &json!({ "managementAgent": "mdm" }));
    let found = server.get(comanaged).expect(200).ids();
    assert!(found.contains(&both) && !found.contains(&one), "{found:?}");
    let url = format!("{comanaged}/{both}");
    assert_eq!(server.get(&url).expect_json(200)["id"], json!(both));
    server
        .get(&format!("{comanaged}/{one}"))
        .expect_error(404, "ResourceNotFound");
    let (script, policy) = make_script(&server, &HEALTH);
    make_state(
        &server,
        &script,
        &json!({ "id": format!("{policy}:{both}") }),
    );
    assert_eq!(
        server
            .get(&format!("{url}/deviceHealthScriptStates"))
            .expect(200)
            .values()
            .len(),
        1
    );
    server
        .patch(&url, &json!({ "managedDeviceName": "x" }))
        .expect_error(405, "MethodNotAllowed");
    server.delete(&url).expect_error(405, "MethodNotAllowed");
    let admin = server.client(&[
        "--role",
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
    ]);
    admin
        .post(&format!("{url}/syncDevice"), &json!({}))
        .expect(204);
}
