//! Managed devices: imported by an administrator, or enrolled.

use serde_json::{Value, json};

use crate::support::{FAMILIES, Server, make_device, make_script, make_state};

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

#[test]
fn a_device_is_made_read_changed_and_removed() {
    let server = Server::shared();
    let body = json!({
        "@odata.type": "#microsoft.graph.managedDevice",
        "deviceName": "ada's laptop",
        "operatingSystem": "Linux",
        "managedDeviceName": "first",
        "complianceState": "compliant",
        "enrolledDateTime": "2026-01-02T03:04:05.6789+02:00",
        "physicalMemoryInBytes": 17_179_869_184_u64,
        "roleScopeTagIds": ["0", "1"],
    });
    let answer = server.post(DEVICES, &body).expect(201);
    let made = answer.json();
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(made[name], *value, "{name}");
    }
    let url = format!("{DEVICES}/{}", made["id"].as_str().unwrap());
    assert!(
        answer
            .header("location")
            .unwrap()
            .ends_with(&format!("{DEVICES}({})", quoted(&made["id"])))
    );
    let mut read = server.get(&url).expect_json(200);
    assert_eq!(read, made);

    // What the inventory tells is not a client's to change; what is, is changed.
    let patch = json!({ "deviceName": "stolen", "managedDeviceName": "second" });
    read["managedDeviceName"] = json!("second");
    assert_eq!(server.patch(&url, &patch).expect_json(200), read);
    assert_eq!(server.get(&url).expect_json(200), read);
    server.delete(&url).expect(204);
    server.get(&url).expect_error(404, "ResourceNotFound");
    server
        .patch(&url, &patch)
        .expect_error(404, "ResourceNotFound");
    server.delete(&url).expect_error(404, "ResourceNotFound");
}

fn quoted(id: &Value) -> String {
    format!("'{}'", id.as_str().unwrap())
}

#[test]
fn a_device_enrols_once() {
    let server = Server::shared();
    let enrol = |name: &str, user: &str| {
        let body = json!({ "udid": "udid-of-this-test", "deviceName": name, "userId": user, "groupIds": ["g"] });
        server
            .post(&format!("{DEVICES}/runstate.enrol"), &body)
            .expect_json(200)
    };
    let first = enrol("before", "ada");
    let second = enrol("after", "bob");
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        (&second["deviceName"], &second["userId"]),
        (&json!("after"), &json!("bob"))
    );
    assert_eq!(first["enrolledDateTime"], second["enrolledDateTime"]);
    for body in [
        json!({ "deviceName": "x" }),
        json!({ "udid": "x" }),
        json!({ "udid": null, "deviceName": "x" }),
        json!({ "udid": "x".repeat(129), "deviceName": "x" }),
        json!({ "udid": "x", "deviceName": "x", "more": 1 }),
        json!({ "udid": "x", "deviceName": "x", "groupIds": "g" }),
    ] {
        server
            .post(&format!("{DEVICES}/runstate.enrol"), &body)
            .expect_error(400, "BadRequest");
    }
}

fn bound(id: &str, url: &str) -> Value {
    json!({ "id": id, "managedDevice@odata.bind": url })
}

#[test]
fn a_run_state_leads_to_its_device() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let device = make_device(&server, &json!({ "deviceName": "ada's" }));
        let of_device = format!("{id}:{device}");
        make_state(&server, &script, &json!({ "id": of_device }));
        let url = format!("https://graph.microsoft.com{DEVICES}('{device}')");
        make_state(&server, &script, &bound("absolute", &url));
        let url = format!("deviceManagement/managedDevices/{device}");
        make_state(&server, &script, &bound("relative", &url));
        for state in [of_device.as_str(), "absolute", "relative"] {
            let state = format!("{script}/deviceRunStates/{state}");
            let led = server
                .get(&format!("{state}/managedDevice"))
                .expect_json(200);
            assert_eq!(
                (&led["id"], &led["deviceName"]),
                (&json!(device), &json!("ada's"))
            );
            let with = server.get(&format!("{state}?$expand=managedDevice"));
            assert_eq!(with.expect_json(200)["managedDevice"]["id"], device);
        }
        make_state(&server, &script, &json!({ "id": "without" }));
        let without = format!("{script}/deviceRunStates/without");
        let expanded = server.get(&format!("{without}?$expand=managedDevice"));
        assert_eq!(expanded.expect_json(200)["managedDevice"], Value::Null);
        let led = server.get(&format!("{without}/managedDevice"));
        assert!(matches!(led.status, 204 | 404), "{}", led.text());
    }
}

/// A device is not changed or removed through a run state that leads to it.
#[test]
fn a_run_state_borrows_its_device() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let device = make_device(&server, &json!({ "managedDeviceName": "before" }));
        make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
        let borrowed = format!("{script}/deviceRunStates/{id}:{device}/managedDevice");
        let patched = server.patch(&borrowed, &json!({ "managedDeviceName": "after" }));
        assert!(matches!(patched.status, 400 | 405), "{}", patched.text());
        let deleted = server.delete(&borrowed);
        assert!(matches!(deleted.status, 400 | 405), "{}", deleted.text());
        let read = server.get(&format!("{DEVICES}/{device}")).expect_json(200);
        assert_eq!(read["managedDeviceName"], "before");

        let states = format!("{script}/deviceRunStates");
        for url in [
            "deviceManagement/managedDevices/none",
            "deviceManagement",
            "http://x",
            "",
            &states,
        ] {
            let answer = server.post(&states, &bound("bad", url));
            let error = answer.expect_json(400)["error"].take();
            assert_eq!(error["target"], "managedDevice@odata.bind", "{error}");
        }
        server.get(&format!("{states}/bad")).expect(404);
    }
}
