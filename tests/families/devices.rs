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
            .ends_with(&format!("({})", quoted(&made["id"])))
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

#[test]
fn a_run_state_leads_to_its_device() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let device = make_device(&server, &json!({ "deviceName": "ada's" }));
        let states = format!("{script}/deviceRunStates");
        let bound = |id: &str, url: String| json!({ "id": id, "managedDevice@odata.bind": url });
        make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
        make_state(
            &server,
            &script,
            &bound(
                "absolute",
                format!("https://graph.microsoft.com{DEVICES}('{device}')"),
            ),
        );
        make_state(
            &server,
            &script,
            &bound(
                "relative",
                format!("deviceManagement/managedDevices/{device}"),
            ),
        );
        make_state(&server, &script, &json!({ "id": "without" }));
        for state in [
            format!("{id}:{device}"),
            "absolute".into(),
            "relative".into(),
        ] {
            let led = server
                .get(&format!("{states}/{state}/managedDevice"))
                .expect_json(200);
            assert_eq!(
                (&led["id"], &led["deviceName"]),
                (&json!(device), &json!("ada's"))
            );
            let with = server
                .get(&format!("{states}/{state}?$expand=managedDevice"))
                .expect_json(200);
            assert_eq!(with["managedDevice"]["id"], device);
        }
        let without = server
            .get(&format!("{states}/without?$expand=managedDevice"))
            .expect_json(200);
        assert_eq!(without["managedDevice"], Value::Null);
        assert!(matches!(
            server
                .get(&format!("{states}/without/managedDevice"))
                .status,
            204 | 404
        ));
        // A device is not changed or removed through a run state that leads to it.
        let borrowed = format!("{states}/absolute/managedDevice");
        assert!(matches!(
            server
                .patch(&borrowed, &json!({ "managedDeviceName": "x" }))
                .status,
            400 | 405
        ));
        assert!(matches!(server.delete(&borrowed).status, 400 | 405));
        server.get(&format!("{DEVICES}/{device}")).expect(200);

        for url in [
            "deviceManagement/managedDevices/none",
            "deviceManagement",
            "http://x",
            "",
            &states,
        ] {
            let answer = server.post(&states, &bound("bad", url.to_owned()));
            let error = answer.expect_json(400)["error"].take();
            assert_eq!(error["target"], "managedDevice@odata.bind", "{error}");
        }
        server.get(&format!("{states}/bad")).expect(404);
    }
}
