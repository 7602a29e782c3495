//! Reports that come at once share transactions; their counters, user counters and history are
//! those of one after another.

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::fixture::{World, answer, request};

/// Sends all requests at once and answers the statuses in the order of their completion.
fn storm(world: &World, requests: Vec<(Method, String, Option<Value>)>) -> Vec<u16> {
    world.runtime.block_on(async {
        let mut set = JoinSet::new();
        for (method, path, body) in requests {
            let engine = world.engine.clone();
            set.spawn(async move {
                let request = request(method, &path, body.as_ref());
                answer(&engine, request).await.0
            });
        }
        set.join_all().await
    })
}

fn runs(world: &World, state: &str) -> usize {
    let history = world.get(&format!("{state}/runstate.history()"));
    history["value"].as_array().unwrap().len()
}

#[test]
fn a_storm_of_reports_leaves_sound_counters() {
    let world = World::new();
    let device = json!({"deviceName": "a device", "userId": "ada"});
    let device = world.post("managedDevices", &device)["id"].clone();
    let scripts = [
        ("deviceHealthScripts", "detectionState"),
        ("deviceManagementScripts", "runState"),
    ]
    .map(|(family, property)| (world.new_script(family), property));
    let values = ["success", "fail", "scriptError", "pending"];
    for round in 0..10 {
        let mut requests = Vec::new();
        for (script, property) in &scripts {
            let states = format!("{script}/deviceRunStates");
            for n in 0..40 {
                let id = n % 4;
                let value = values[(n * 7 + round * 3 + n / 4) % 4];
                let mut body = json!({ *property: value });
                match n % 5 {
                    // As many as there are ids win, or none; the others find the key taken.
                    0 => {
                        body["id"] = format!("s{id}").into();
                        let bound = format!(
                            "deviceManagement/managedDevices/{}",
                            device.as_str().unwrap()
                        );
                        body["managedDevice@odata.bind"] = bound.into();
                        requests.push((Method::POST, states.clone(), Some(body)));
                    }
                    1 if n % 3 == 0 => {
                        requests.push((Method::DELETE, format!("{states}/s{id}"), None));
                    }
                    _ => requests.push((Method::PATCH, format!("{states}/s{id}"), Some(body))),
                }
            }
        }
        let statuses = storm(&world, requests);
        assert!(
            statuses
                .iter()
                .all(|s| [200, 201, 204, 404, 409].contains(s)),
            "{statuses:?}"
        );
        assert!(
            statuses.contains(&200),
            "some reports must have met their state"
        );
        for (script, property) in &scripts {
            let shown = world.get(&format!("{script}/deviceRunStates"));
            let shown = shown["value"].as_array().unwrap();
            let success = shown.iter().filter(|state| state[*property] == "success");
            let summary = world.get(&format!("{script}/runSummary"));
            let counter = match *property {
                "runState" => "successDeviceCount",
                _ => "noIssueDetectedDeviceCount",
            };
            assert_eq!(summary[counter], success.count());
            assert_eq!(world.recount(script), 0, "{script}");
        }
    }
}

#[test]
fn every_run_of_a_storm_stands_in_the_history_once() {
    let world = World::new();
    let script = world.new_script("deviceHealthScripts");
    let states = format!("{script}/deviceRunStates");
    world.post(&states, &json!({"id": "a"}));
    let state = format!("{states}/a");
    let requests = (0..300)
        .map(|n| {
            let time = format!("2025-01-01T00:{:02}:{:02}Z", n / 60, n % 60);
            let body = json!({"lastStateUpdateDateTime": time});
            (Method::PATCH, state.clone(), Some(body))
        })
        .collect();
    assert_eq!(storm(&world, requests), [200; 300]);
    assert_eq!(runs(&world, &state), 300);
    let summary = world.get(&format!("{script}/runSummary"));
    assert_eq!(summary["lastScriptRunDateTime"], "2025-01-01T00:04:59Z");
    // The same again: no run.
    let latest = world.get(&state)["lastStateUpdateDateTime"].clone();
    let again = json!({"lastStateUpdateDateTime": latest, "detectionState": "unknown"});
    let requests = (0..20)
        .map(|_| (Method::PATCH, state.clone(), Some(again.clone())))
        .collect();
    assert_eq!(storm(&world, requests), [200; 20]);
    assert_eq!(runs(&world, &state), 300);
}
