//! Enrolment, and what a pass says when it is refused.

use serde_json::json;

use crate::world::{World, text};

#[test]
fn a_device_stays_the_same() {
    let world = World::start();
    let agent = world.agent("one").with(&["--serial-number", "S1"]);
    let first = agent.pass();
    assert!(first.said.contains("Enrolled as one"), "{}", first.said);
    assert!(first.said.contains("Nothing is due."), "{}", first.said);
    let again = agent.with(&["--group", "g"]).pass();
    assert_eq!(again.device, first.device);
    let other = world.agent("two").pass();
    assert_ne!(other.device, first.device);
    let devices = world.get("managedDevices?$count=true");
    assert_eq!(devices["@odata.count"], 2, "{devices}");
    let device = world.get(&format!("managedDevices/{}", first.device));
    assert_eq!(device["deviceName"], "one");
    assert_eq!(device["serialNumber"], "S1");
    assert_eq!(device["udid"], "one");
}

#[test]
fn enrolments_that_are_none_are_refused() {
    let world = World::start();
    for (body, named) in [
        (json!({ "deviceName": "x" }), "udid"),
        (json!({ "udid": "", "deviceName": "x" }), "udid"),
        (json!({ "udid": "x" }), "deviceName"),
        (
            json!({ "udid": "x".repeat(129), "deviceName": "x" }),
            "udid",
        ),
        (
            json!({ "udid": "x", "deviceName": "x", "groupIds": [null] }),
            "groupIds",
        ),
        (
            json!({ "udid": "x", "deviceName": "x", "groupIds": "g" }),
            "groupIds",
        ),
        (json!({ "udid": "a\0b", "deviceName": "x" }), "udid"),
        (
            json!({ "udid": "x", "deviceName": "x", "other": 1 }),
            "other",
        ),
    ] {
        let (status, answer) = world.ask("POST", "managedDevices/runstate.enrol", Some(&body));
        assert_eq!(status, 400, "{body}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(named), "{body}: {message}");
    }
    let devices = world.get("managedDevices?$count=true");
    assert_eq!(devices["@odata.count"], 0);
}

#[test]
fn many_enrolments_at_once_make_one_device() {
    let world = World::start();
    let ids: Vec<_> = std::thread::scope(|scope| {
        let enrol = || world.enrol("same", "Linux", &json!({}));
        let running: Vec<_> = (0..16).map(|_| scope.spawn(enrol)).collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_refused_pass_says_why_and_never_shows_the_token() {
    let world = World::start();
    let (read, other) = (
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementApps.ReadWrite.All",
    );
    let forged = format!("{}x", world.token_for(&["--role", crate::world::ROLE]));
    for (token, status, said) in [
        (
            world.token_for(&["--role", read]),
            "403",
            "DeviceManagement",
        ),
        (
            world.token_for(&["--role", other]),
            "403",
            "DeviceManagement",
        ),
        (forged, "401", "request-id"),
        ("no-token-at-all".to_owned(), "401", "request-id"),
    ] {
        let output = world.agent("one").run_with_token(&token);
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert!(errors.contains(status) && errors.contains(said), "{errors}");
        let shown = format!("{errors}{}", text(&output.stdout));
        assert!(!shown.contains(&token), "{shown}");
        for part in token.split('.').filter(|part| part.len() > 20) {
            assert!(!shown.contains(part), "{shown}");
        }
    }
    assert_eq!(world.get("managedDevices?$count=true")["@odata.count"], 0);
}
