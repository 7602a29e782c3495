//! What scripts may do, and what is told of it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::{ATTRIBUTE, COMPLIANCE, HEALTH, SHELL, World, content};

/// Runs a shell script in a pass with these arguments; its run state, and what the agent printed.
fn shell(script: &[u8], arguments: &[&str]) -> (Value, String) {
    let world = World::start();
    let id = world.script_everywhere(
        SHELL,
        &json!({ "displayName": "s", "scriptContent": content(script) }),
    );
    let pass = world.agent("one").with(arguments).pass();
    (world.state(SHELL, &id, &pass.device).unwrap(), pass.said)
}

fn check_shell(script: &str, run_state: &str, code: i64, message: &str, description: &str) {
    let (state, _) = shell(script.as_bytes(), &[]);
    assert_eq!(state["runState"], run_state, "{script}: {state}");
    assert_eq!(state["errorCode"], code, "{script}: {state}");
    assert_eq!(state["resultMessage"], message, "{script}: {state}");
    let said = state["errorDescription"].as_str().unwrap();
    assert!(said.contains(description), "{script}: {state}");
}

#[test]
fn how_a_script_ends() {
    check_shell("echo a; exit 0", "success", 0, "a", "");
    check_shell("echo b >&2; exit 7", "fail", 7, "", "b");
    check_shell("kill -9 $$", "scriptError", 137, "", "signal 9");
    check_shell(
        "#!/no/such\n",
        "scriptError",
        127,
        "",
        "/no/such is missing",
    );
    check_shell("", "success", 0, "", "");
}

#[test]
fn a_script_that_runs_too_long_is_ended_with_all_that_it_started() {
    let begun = Instant::now();
    let script = b"echo begun; sleep 300 & sleep 300; echo never";
    let (state, _) = shell(script, &["--timeout", "1s"]);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(state["runState"], "scriptError");
    assert_eq!(state["errorCode"], 124);
    assert_eq!(state["resultMessage"], "begun");
    let said = state["errorDescription"].as_str().unwrap();
    assert!(said.contains("ran longer than 1s"), "{said}");
}

#[test]
fn remediations_that_go_wrong() {
    let check = |detection: &str, remediation: &str, states: (&str, &str), counter: &str| {
        let world = World::start();
        let script = json!({
            "detectionScriptContent": content(detection),
            "remediationScriptContent": content(remediation),
        });
        let id = world.script(HEALTH, &script);
        let target = crate::world::target("allDevices", None);
        world.assign(
            HEALTH,
            &id,
            &[json!({ "target": target, "runRemediationScript": true })],
        );
        let pass = world.agent("one").with(&["--timeout", "1s"]).pass();
        let state = world.state(HEALTH, &id, &pass.device).unwrap();
        let found = (&state["detectionState"], &state["remediationState"]);
        assert_eq!(
            found,
            (&json!(states.0), &json!(states.1)),
            "{detection} {remediation}"
        );
        let summary = world.summary(HEALTH, &id);
        assert_eq!(summary[counter], 1, "{detection} {remediation}: {summary}");
        let recounted = world.post(&format!("{HEALTH}/{id}/runstate.recount"), &json!({}));
        assert_eq!(recounted["value"], 0);
    };
    let error = "detectionScriptErrorDeviceCount";
    check("exit 2", "exit 0", ("scriptError", "skipped"), error);
    check("sleep 60", "exit 0", ("scriptError", "skipped"), error);
    let error = "remediationScriptErrorDeviceCount";
    check("exit 1", "exit 1", ("fail", "scriptError"), error);
    check("exit 1", "sleep 60", ("fail", "scriptError"), error);
    let again = "issueReoccurredDeviceCount";
    check("exit 1", "exit 0", ("fail", "remediationFailed"), again);
}

#[test]
fn output_is_cut_at_the_limit_in_characters() {
    let script = "printf 'äöü€𝄞xyz'; printf 'ÄÖÜ€𝄞xyz' >&2".as_bytes();
    let (state, _) = shell(script, &["--output-limit", "5"]);
    assert_eq!(state["resultMessage"], "äöü€𝄞");
    assert_eq!(state["errorDescription"], "ÄÖÜ€𝄞");
    let long = b"head -c 5000000 /dev/zero | tr '\\0' x";
    let (state, _) = shell(long, &[]);
    assert_eq!(state["resultMessage"].as_str().unwrap(), "x".repeat(2048));
}

#[test]
fn output_of_any_bytes_comes_back_as_text() {
    let script =
        br#"printf 'a\000b\377\376c\033[2J\r\007"\\ \342\200\256'; printf '\000' >&2; exit 1"#;
    let (state, said) = shell(script, &[]);
    let message = "a\u{fffd}b\u{fffd}\u{fffd}c\u{1b}[2J\r\u{7}\"\\ \u{202e}";
    assert_eq!(state["resultMessage"], message);
    assert_eq!(state["errorDescription"], "\u{fffd}");
    let printable = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
    assert!(said.chars().all(printable), "{said:?}");
    let (state, _) = shell(b"head -c 3000000 /dev/urandom", &[]);
    let message = state["resultMessage"].as_str().unwrap();
    assert_eq!(message.chars().count(), 2048);
    assert!(!message.contains('\0'));
}

#[test]
fn discovery_must_be_one_line_of_json() {
    let world = World::start();
    let discovery = |script: &str| {
        world.script_everywhere(
            COMPLIANCE,
            &json!({ "detectionScriptContent": content(script) }),
        )
    };
    let whole = format!("printf '{{\"a\":\"%s\"}}' {}", "x".repeat(9_000));
    let (good, bad) = (discovery(&whole), discovery("echo hello"));
    let device = world.agent("one").pass().device;
    let good = world.state(COMPLIANCE, &good, &device).unwrap();
    assert_eq!(good["detectionState"], "success", "{good}");
    assert_eq!(good["scriptOutput"].as_str().unwrap().len(), 9_008);
    let bad = world.state(COMPLIANCE, &bad, &device).unwrap();
    assert_eq!(bad["detectionState"], "scriptError");
    assert_eq!(bad["scriptOutput"], "hello");
    assert!(bad["scriptError"].as_str().unwrap().contains("JSON"));
}

#[test]
fn an_attribute_keeps_more_than_other_outputs() {
    let world = World::start();
    let script = json!({ "scriptContent": content("head -c 30000 /dev/zero | tr '\\0' 7") });
    let id = world.script_everywhere(ATTRIBUTE, &script);
    let device = world.agent("one").pass().device;
    let state = world.state(ATTRIBUTE, &id, &device).unwrap();
    assert_eq!(
        state["resultMessage"].as_str().unwrap(),
        "7".repeat(20 * 1024)
    );
}

#[test]
fn one_script_that_fails_keeps_no_other_from_running() {
    let world = World::start();
    let script = |text: &str| json!({ "scriptContent": content(text) });
    let ids = ["kill -9 $$", "chmod 0 .; exit 3", "#!/no/such", "exit 0"]
        .map(|text| world.script_everywhere(SHELL, &script(text)));
    let device = world.agent("one").pass().device;
    let states = ids.map(|id| world.state(SHELL, &id, &device).unwrap()["runState"].clone());
    assert_eq!(
        states,
        ["scriptError", "fail", "scriptError", "success"].map(Value::from)
    );
}
