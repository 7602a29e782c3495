//! All five families, and what reaches which operating system.

use serde_json::{Value, json};

use crate::world::{ATTRIBUTE, COMPLIANCE, HEALTH, PLATFORM, SHELL, World, content};

const HERE: &str = if cfg!(target_os = "macos") {
    "macOS"
} else {
    "linux"
};

#[test]
fn all_families_run_and_come_back() {
    let world = World::start();
    let health = world.script_everywhere(
        HEALTH,
        &json!({ "displayName": "health", "detectionScriptContent": content("echo fine") }),
    );
    let discovery = json!({
        "displayName": "compliance", "platform": HERE,
        "detectionScriptContent": content("#!/bin/sh\necho '{\"Version\":\"1.2\"}'"),
    });
    let compliance = world.script_everywhere(COMPLIANCE, &discovery);
    let shell =
        json!({ "displayName": "shell", "scriptContent": content("echo done; echo oh >&2") });
    let shell = world.script_everywhere(SHELL, &shell);
    let attribute = json!({ "displayName": "attribute", "customAttributeType": "integer", "scriptContent": content("echo 42") });
    let attribute = world.script_everywhere(ATTRIBUTE, &attribute);
    let platform = json!({ "displayName": "platform", "scriptContent": content("exit 0") });
    let platform = world.script_everywhere(PLATFORM, &platform);

    let pass = world.agent("one").pass();
    assert!(
        pass.said.contains("Done: 4 run and reported."),
        "{}",
        pass.said
    );
    let state = |family, script: &str| world.state(family, script, &pass.device);
    let expect = |state: Option<Value>, members: &[(&str, Value)]| {
        let state = state.unwrap();
        for (name, value) in members {
            assert_eq!(state[name], *value, "{name} of {state}");
        }
        let time = state["lastStateUpdateDateTime"].as_str().unwrap();
        assert!(time > "2020" && time.len() == 28, "{time}");
    };
    expect(
        state(HEALTH, &health),
        &[
            ("detectionState", json!("success")),
            ("remediationState", json!("skipped")),
            ("preRemediationDetectionScriptOutput", json!("fine")),
        ],
    );
    expect(
        state(COMPLIANCE, &compliance),
        &[
            ("detectionState", json!("success")),
            ("scriptOutput", json!("{\"Version\":\"1.2\"}")),
        ],
    );
    expect(
        state(SHELL, &shell),
        &[
            ("runState", json!("success")),
            ("resultMessage", json!("done")),
            ("errorDescription", json!("oh")),
            ("errorCode", json!(0)),
        ],
    );
    expect(
        state(ATTRIBUTE, &attribute),
        &[
            ("runState", json!("success")),
            ("resultMessage", json!("42")),
        ],
    );
    assert_eq!(state(PLATFORM, &platform), None);
    for (family, script) in [(SHELL, &shell), (ATTRIBUTE, &attribute)] {
        let summary = world.summary(family, script);
        assert_eq!(summary["successDeviceCount"], 1, "{summary}");
    }
    assert_eq!(world.summary(PLATFORM, &platform)["successDeviceCount"], 0);
    assert_eq!(
        world.history(COMPLIANCE, &compliance, &pass.device).len(),
        1
    );
}

#[test]
fn each_system_gets_what_is_made_for_it() {
    let world = World::start();
    let script = json!({ "scriptContent": content("exit 0") });
    let everywhere = |family, script: &Value| world.script_everywhere(family, script);
    let health = everywhere(HEALTH, &json!({ "detectionScriptContent": content("") }));
    let (platform, shell) = (everywhere(PLATFORM, &script), everywhere(SHELL, &script));
    let attribute = everywhere(ATTRIBUTE, &script);
    let on = |platform: Value| everywhere(COMPLIANCE, &json!({ "platform": platform }));
    let (windows, linux, mac) = (
        on("windows10".into()),
        on("linux".into()),
        on("macOS".into()),
    );
    let (any, future) = (on(Value::Null), on("unknownFutureValue".into()));

    let check = |system: &str, expected: &[(&String, i64)]| {
        let device = world.enrol(system, system, &json!({}));
        let mut found: Vec<_> = world
            .due_scripts(&device)
            .iter()
            .map(|due| {
                let id = due["scriptId"].as_str().unwrap().to_owned();
                (id, due["timeoutInMinutes"].as_i64().unwrap())
            })
            .collect();
        let mut expected: Vec<_> = expected.iter().map(|(id, m)| ((*id).clone(), *m)).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{system}");
    };
    check(
        "Windows",
        &[(&health, 60), (&platform, 30), (&windows, 10), (&any, 10)],
    );
    check(
        "Linux (ubuntu)",
        &[
            (&health, 60),
            (&shell, 60),
            (&attribute, 60),
            (&linux, 5),
            (&any, 10),
        ],
    );
    check(
        "macOS",
        &[
            (&health, 60),
            (&shell, 60),
            (&attribute, 60),
            (&mac, 10),
            (&any, 10),
        ],
    );
    check("iOS", &[(&health, 60), (&any, 10)]);
    let (status, _) = world.ask("GET", &format!("deviceComplianceScripts/{future}"), None);
    assert_eq!(status, 200);
}

#[test]
fn a_due_script_comes_with_what_its_family_has() {
    let world = World::start();
    let script = json!({
        "displayName": "name", "fileName": "a.sh", "runAsAccount": "user",
        "scriptContent": content("exit 0"),
    });
    let id = world.script_everywhere(SHELL, &script);
    let device = world.enrol("one", "Linux", &json!({}));
    let due = world.due_scripts(&device);
    let expected = json!([{
        "scriptId": id, "scriptType": "deviceShellScript", "stateId": format!("{id}:{device}"),
        "displayName": "name", "version": "1", "fileName": "a.sh", "runAsAccount": "user",
        "runAs32Bit": false, "scriptContent": content("exit 0"), "timeoutInMinutes": 60,
        "detectionScriptContent": null, "remediationScriptContent": null,
        "expectedStateUpdateDateTime": null,
    }]);
    let mut due = Value::from(due);
    if let Some(members) = due[0].as_object_mut() {
        members.remove("@odata.type");
    }
    assert_eq!(due, expected);
}

#[test]
fn more_than_one_answer_holds_comes_at_the_next_check_in() {
    let world = World::start();
    let large = content(vec![b'#'; 1 << 20]);
    let script = json!({ "detectionScriptContent": large, "remediationScriptContent": large });
    let all: Vec<_> = (0..14)
        .map(|_| world.script_everywhere(HEALTH, &script))
        .collect();
    let device = world.enrol("one", "Linux", &json!({}));
    let ask = || {
        let handed = world.due(&device);
        for id in &handed {
            let report = json!({ "id": format!("{id}:{device}"), "detectionState": "success" });
            world.patch(&format!("{HEALTH}/{id}/deviceRunStates"), &report);
        }
        handed
    };
    let (first, second) = (ask(), ask());
    assert_eq!(first.len(), 12);
    assert!(
        all.iter()
            .all(|id| first.contains(id) || second.contains(id))
    );
}
