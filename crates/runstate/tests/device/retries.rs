//! Between a hand-out and its report, and after a failure.

use serde_json::{Value, json};

use crate::world::{HEALTH, PLATFORM, SHELL, World, content};

#[test]
fn a_script_is_pending_between_hand_out_and_report() {
    let world = World::start();
    let script = json!({ "detectionScriptContent": content("exit 0") });
    let id = world.script_everywhere(HEALTH, &script);
    let agent = world.agent("one");
    let device = agent.pass().device;
    let state = || world.state(HEALTH, &id, &device).unwrap();
    let counters = || {
        let summary = world.summary(HEALTH, &id);
        [
            "detectionScriptPendingDeviceCount",
            "noIssueDetectedDeviceCount",
        ]
        .map(|name| summary[name].clone())
    };
    let reported = state();
    assert_eq!(counters(), [0, 1].map(Value::from));
    assert_eq!(world.due(&device), std::slice::from_ref(&id));
    let pending = state();
    assert_eq!(pending["detectionState"], "pending");
    // All else is as of the latest run, and no run is added.
    assert_eq!(
        pending["lastStateUpdateDateTime"],
        reported["lastStateUpdateDateTime"]
    );
    assert_eq!(counters(), [1, 0].map(Value::from));
    assert_eq!(world.history(HEALTH, &id, &device).len(), 1);
    agent.pass();
    assert_eq!(state()["detectionState"], "success");
    assert_eq!(counters(), [0, 1].map(Value::from));
    assert_eq!(world.history(HEALTH, &id, &device).len(), 2);
    let recounted = world.post(&format!("{HEALTH}/{id}/runstate.recount"), &json!({}));
    assert_eq!(recounted["value"], 0);
}

/// How often a script is handed out when each run fails.
fn hand_outs(family: &str, system: &str, script: &Value, unreported: usize) -> usize {
    let world = World::start();
    let id = world.script_everywhere(family, script);
    let device = world.enrol("one", system, &json!({}));
    for _ in 0..unreported {
        assert_eq!(world.due(&device), std::slice::from_ref(&id));
    }
    for count in 0..20 {
        if world.due(&device).is_empty() {
            return count;
        }
        world.report(family, &id, &device, "fail", "2026-01-01T00:00:00Z");
    }
    panic!("{family}: handed out for ever");
}

#[test]
fn failures_are_retried() {
    let script =
        |retries: i64| json!({ "scriptContent": content("exit 1"), "retryCount": retries });
    let platform = json!({ "scriptContent": content("exit 1") });
    assert_eq!(hand_outs(PLATFORM, "Windows", &platform, 0), 4);
    assert_eq!(hand_outs(SHELL, "macOS", &script(0), 0), 1);
    assert_eq!(hand_outs(SHELL, "macOS", &script(2), 0), 3);
    // What was never reported did not fail.
    assert_eq!(hand_outs(SHELL, "macOS", &script(2), 5), 3);
    let mut daily = script(1);
    daily["executionFrequency"] = "P1D".into();
    assert_eq!(hand_outs(SHELL, "macOS", &daily, 0), 2);
}

#[test]
fn the_agent_retries_and_a_new_version_counts_anew() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 1"), "retryCount": 1 });
    let id = world.script_everywhere(SHELL, &script);
    let agent = world.agent("one");
    let ran = |expected: bool| {
        let said = agent.pass().said;
        assert_eq!(said.contains("Done: 1 run"), expected, "{said}");
    };
    ran(true);
    ran(true);
    ran(false);
    world.patch(
        &format!("{SHELL}/{id}"),
        &json!({ "scriptContent": content("exit 2") }),
    );
    ran(true);
    ran(true);
    ran(false);
    world.patch(
        &format!("{SHELL}/{id}"),
        &json!({ "scriptContent": content("exit 0") }),
    );
    ran(true);
    ran(false);
}

#[test]
fn check_ins_at_once_hand_out_the_same_and_make_one_state() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 1"), "retryCount": 1 });
    let id = world.script_everywhere(SHELL, &script);
    let device = world.enrol("one", "Linux", &json!({}));
    let handed: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8).map(|_| scope.spawn(|| world.due(&device))).collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(
        handed.iter().all(|due| due == std::slice::from_ref(&id)),
        "{handed:?}"
    );
    let states = world.get(&format!("{SHELL}/{id}/deviceRunStates?$count=true"));
    assert_eq!(states["@odata.count"], 1);
    world.report(SHELL, &id, &device, "fail", "2026-01-01T00:00:00Z");
    assert_eq!(world.due(&device), std::slice::from_ref(&id));
    world.report(SHELL, &id, &device, "fail", "2026-01-02T00:00:00Z");
    assert!(world.due(&device).is_empty());
    assert_eq!(world.summary(SHELL, &id)["errorDeviceCount"], 1);
}
