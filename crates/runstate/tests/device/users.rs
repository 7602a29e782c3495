//! A device's primary user, and the states that are grouped by user.

use serde_json::{Value, json};

use crate::world::{SHELL, World, content};

fn users(world: &World, id: &str) -> Vec<Value> {
    let users = world.get(&format!("{SHELL}/{id}/userRunStates?$orderby=id"));
    users["value"].as_array().unwrap().clone()
}

#[test]
fn a_user_is_seen_with_name_and_states() {
    let world = World::start();
    let id = world.script_everywhere(SHELL, &json!({ "scriptContent": content("exit 3") }));
    let user = [
        "--user-id",
        "u1",
        "--user-principal-name",
        "ada@contoso.example",
    ];
    let device = world.agent("one").with(&user).pass().device;
    world.agent("two").with(&user).pass();
    world.agent("nobody's").pass();
    let found = users(&world, &id);
    let [found] = found.as_slice() else {
        panic!("one user: {found:?}")
    };
    assert_eq!(found["id"], format!("{id}:u1"));
    assert_eq!(found["userPrincipalName"], "ada@contoso.example");
    assert_eq!(found["errorDeviceCount"], 2);
    assert_eq!(found["successDeviceCount"], 0);
    let summary = world.summary(SHELL, &id);
    assert_eq!(summary["errorUserCount"], 1);
    assert_eq!(summary["errorDeviceCount"], 3);
    let path = format!("{SHELL}/{id}/userRunStates/{id}:u1/deviceRunStates");
    let states = world.get(&path);
    assert_eq!(states["value"].as_array().unwrap().len(), 2, "{states}");
    let state = world.get(&format!("{path}/{id}:{device}"));
    assert_eq!(state["errorCode"], 3);
}

#[test]
fn a_state_goes_with_its_device_to_another_user() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 0"), "executionFrequency": "PT0.000001S" });
    let id = world.script_everywhere(SHELL, &script);
    let counts = || -> Vec<_> {
        let users = users(&world, &id);
        let count = |user: &Value| user["successDeviceCount"].as_i64().unwrap();
        users.iter().map(count).collect()
    };
    let pass = |user: &[&str]| world.agent("one").with(user).pass();
    pass(&["--user-id", "u1"]);
    assert_eq!(counts(), [1]);
    pass(&["--user-id", "u2"]);
    assert_eq!(counts(), [0, 1]);
    pass(&[]);
    assert_eq!(counts(), [0, 0]);
    let summary = world.summary(SHELL, &id);
    assert_eq!(summary["successUserCount"], 0, "{summary}");
    assert_eq!(summary["successDeviceCount"], 1);
    let recounted = world.post(&format!("{SHELL}/{id}/runstate.recount"), &json!({}));
    assert_eq!(recounted["value"], 0);
}
