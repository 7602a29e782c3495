//! When scripts are due again.

use serde_json::{Value, json};

use crate::world::{ATTRIBUTE, COMPLIANCE, HEALTH, SHELL, World, content, target};

fn schedule(kind: &str, more: &Value) -> Value {
    let mut schedule =
        json!({ "@odata.type": format!("#microsoft.graph.deviceHealthScript{kind}Schedule") });
    let members = schedule.as_object_mut().unwrap();
    members.extend(more.as_object().cloned().unwrap_or_default());
    schedule
}

/// A remediation without issue, assigned to all devices with this schedule.
fn remediation(world: &World, schedule: &Value) -> String {
    let id = world.script(
        HEALTH,
        &json!({ "detectionScriptContent": content("exit 0") }),
    );
    let whom = target("allDevices", None);
    world.assign(
        HEALTH,
        &id,
        &[json!({ "target": whom, "runSchedule": schedule })],
    );
    id
}

#[test]
fn remediations_keep_their_schedule() {
    let world = World::start();
    let always = remediation(&world, &Value::Null);
    let hourly = remediation(&world, &schedule("Hourly", &json!({ "interval": 1 })));
    let daily = json!({ "interval": 1, "time": "18:00:00.0000000", "useUtc": true });
    let daily = remediation(&world, &schedule("Daily", &daily));
    let at = |date: &str| {
        schedule(
            "RunOnce",
            &json!({ "interval": 1, "date": date, "time": "00:00:00", "useUtc": true }),
        )
    };
    let past = remediation(&world, &at("2020-01-01"));
    let future = remediation(&world, &at("2199-01-01"));
    let agent = world.agent("one");
    let device = agent.pass().device;
    let runs = || {
        [&always, &hourly, &daily, &past, &future].map(|id| {
            match world.state(HEALTH, id, &device) {
                Some(_) => world.history(HEALTH, id, &device).len(),
                None => 0,
            }
        })
    };
    assert_eq!(runs(), [1, 1, 1, 1, 0]);
    agent.pass();
    agent.pass();
    assert_eq!(runs(), [3, 1, 1, 1, 0]);
    let expected =
        |id| world.state(HEALTH, id, &device).unwrap()["expectedStateUpdateDateTime"].clone();
    assert_eq!(expected(&always), Value::Null);
    assert_eq!(expected(&past), Value::Null);
    let next = expected(&daily);
    assert!(next.as_str().unwrap().contains("T18:00:00"), "{next}");
    assert!(expected(&hourly).is_string());
}

#[test]
fn the_soonest_of_several_schedules_counts() {
    let world = World::start();
    let id = world.script(
        HEALTH,
        &json!({ "detectionScriptContent": content("exit 0") }),
    );
    let group = "cccccccc-0000-4000-8000-000000000003";
    let hourly = schedule("Hourly", &json!({ "interval": 23 }));
    let both = [
        json!({ "target": target("allDevices", None), "runSchedule": hourly }),
        json!({ "target": target("group", Some(group)), "runSchedule": null }),
    ];
    world.assign(HEALTH, &id, &both);
    let (member, other) = (
        world.agent("one").with(&["--group", group]),
        world.agent("two"),
    );
    let runs = |device: &str| world.history(HEALTH, &id, device).len();
    let (a, b) = (member.pass().device, other.pass().device);
    member.pass();
    other.pass();
    assert_eq!((runs(&a), runs(&b)), (2, 1));
}

#[test]
fn a_new_version_is_due_again() {
    let world = World::start();
    let health = remediation(&world, &schedule("Hourly", &json!({ "interval": 23 })));
    let shell = world.script_everywhere(SHELL, &json!({ "scriptContent": content("echo 1") }));
    let agent = world.agent("one");
    let device = agent.pass().device;
    assert!(agent.pass().said.contains("Nothing is due."));
    let (h, s) = (format!("{HEALTH}/{health}"), format!("{SHELL}/{shell}"));
    // What is no content makes no new version.
    world.patch(&h, &json!({ "displayName": "renamed" }));
    world.patch(
        &s,
        &json!({ "scriptContent": content("echo 1"), "fileName": "b" }),
    );
    assert!(agent.pass().said.contains("Nothing is due."));
    world.patch(&h, &json!({ "detectionScriptContent": content("exit 1") }));
    world.patch(&s, &json!({ "scriptContent": content("echo 2") }));
    assert_eq!(
        world.state(HEALTH, &health, &device).unwrap()["detectionState"],
        "success"
    );
    assert!(agent.pass().said.contains("Done: 2 run"));
    assert_eq!(
        world.state(HEALTH, &health, &device).unwrap()["detectionState"],
        "fail"
    );
    assert_eq!(
        world.state(SHELL, &shell, &device).unwrap()["resultMessage"],
        "2"
    );
    assert!(agent.pass().said.contains("Nothing is due."));
}

#[test]
fn the_other_families_have_their_own_frequency() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 0") });
    let often = json!({ "scriptContent": content("exit 0"), "executionFrequency": "PT0.000001S" });
    let daily = json!({ "scriptContent": content("exit 0"), "executionFrequency": "P1D" });
    let discovery = json!({ "detectionScriptContent": content("echo '{}'") });
    let scripts = [
        (SHELL, world.script_everywhere(SHELL, &often)),
        (SHELL, world.script_everywhere(SHELL, &script)),
        (SHELL, world.script_everywhere(SHELL, &daily)),
        (ATTRIBUTE, world.script_everywhere(ATTRIBUTE, &script)),
        (COMPLIANCE, world.script_everywhere(COMPLIANCE, &discovery)),
    ];
    let agent = world.agent("one");
    let device = agent.pass().device;
    agent.pass();
    let runs = scripts.map(|(family, id)| world.history(family, &id, &device).len());
    assert_eq!(runs, [2, 1, 1, 1, 1]);
}

#[test]
fn the_servers_clock_counts_not_the_devices() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 0"), "executionFrequency": "PT1H" });
    let id = world.script_everywhere(SHELL, &script);
    let often = json!({ "scriptContent": content("exit 0"), "executionFrequency": "PT0.000001S" });
    let often = world.script_everywhere(SHELL, &often);
    let device = world.enrol("one", "Linux", &json!({}));
    assert_eq!(world.due(&device).len(), 2);
    world.report(SHELL, &id, &device, "success", "2001-01-01T00:00:00Z");
    world.report(SHELL, &often, &device, "success", "2199-01-01T00:00:00Z");
    assert_eq!(world.due(&device), [often]);
}
