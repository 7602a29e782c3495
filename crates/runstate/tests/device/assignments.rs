//! Whom an assignment means.

use serde_json::{Value, json};

use crate::world::{COMPLIANCE, HEALTH, SHELL, World, content, target};

const A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

fn group(id: &str) -> Value {
    target("group", Some(id))
}

fn except(id: &str) -> Value {
    target("exclusionGroup", Some(id))
}

/// Whether a device of these groups gets a script that is assigned to these targets.
fn check(world: &World, groups: &[&str], user: Option<&str>, targets: &[Value], reached: bool) {
    let enrolment = json!({ "groupIds": groups, "userId": user });
    let device = world.enrol("one", "Linux", &enrolment);
    for (family, script) in [
        (HEALTH, json!({ "detectionScriptContent": content("") })),
        (COMPLIANCE, json!({})),
        (SHELL, json!({})),
    ] {
        let id = world.script(family, &script);
        let assignments: Vec<_> = targets
            .iter()
            .map(|target| json!({ "target": target }))
            .collect();
        world.assign(family, &id, &assignments);
        let due = world.due(&device);
        assert_eq!(
            due.contains(&id),
            reached,
            "{family} {groups:?} {user:?} {targets:?}"
        );
        assert_eq!(world.state(family, &id, &device).is_some(), reached);
    }
}

#[test]
fn targets() {
    let world = World::start();
    let check = |groups: &[&str], user, targets: &[Value], reached| {
        check(&world, groups, user, targets, reached);
    };
    let (all, users) = (target("allDevices", None), target("allLicensedUsers", None));
    check(&[A], None, &[], false);
    check(&[], None, std::slice::from_ref(&all), true);
    check(&[A], None, &[group(A)], true);
    check(&[&A.to_uppercase()], None, &[group(A)], true);
    check(&[B], None, &[group(A)], false);
    check(&[B], None, &[group(A), group(B)], true);
    check(&[A, B], None, &[group(A), except(B)], false);
    check(&[A], None, &[group(A), except(B)], true);
    check(&[A], None, &[except(A), all.clone()], false);
    check(&[A], None, &[except(B)], false);
    check(&[], None, std::slice::from_ref(&users), false);
    check(&[], Some("u"), &[users], true);
    let mut filtered = all;
    filtered["deviceAndAppManagementAssignmentFilterId"] = B.into();
    filtered["deviceAndAppManagementAssignmentFilterType"] = "include".into();
    check(&[], None, std::slice::from_ref(&filtered), false);
    check(&[A], None, &[filtered, group(A)], true);
}

#[test]
fn the_agent_says_which_groups_it_is_in() {
    let world = World::start();
    let id = world.script(HEALTH, &json!({ "detectionScriptContent": content("") }));
    world.assign(
        HEALTH,
        &id,
        &[
            json!({ "target": group(A) }),
            json!({ "target": except(B) }),
        ],
    );
    let due = |arguments: &[&str]| world.agent("one").with(arguments).pass().said;
    assert!(due(&[]).contains("Nothing is due."));
    assert!(due(&["--group", A]).contains("1 script is due"));
    assert!(due(&["--group", A, "--group", B]).contains("Nothing is due."));
    assert!(due(&["--group", A]).contains("1 script is due"));
    assert!(due(&[]).contains("Nothing is due."));
    world.assign(HEALTH, &id, &[json!({ "target": group(B) })]);
    assert!(due(&["--group", A]).contains("Nothing is due."));
}

#[test]
fn group_assignments_of_the_older_kind_count_too() {
    let world = World::start();
    let id = world.script(SHELL, &json!({ "scriptContent": content("exit 0") }));
    let assignments = json!({ "deviceManagementScriptGroupAssignments": [{ "targetGroupId": A }] });
    world.post(&format!("{SHELL}/{id}/assign"), &assignments);
    let member = world.enrol("one", "macOS", &json!({ "groupIds": [A] }));
    let other = world.enrol("two", "macOS", &json!({ "groupIds": [B] }));
    assert_eq!(world.due(&member), [id]);
    assert!(world.due(&other).is_empty());
}

#[test]
fn an_assignment_may_ask_to_detect_only() {
    let world = World::start();
    let file = world.directory.path().join("mended");
    let script = json!({
        "detectionScriptContent": content("exit 1"),
        "remediationScriptContent": content(format!(": > '{}'", file.display())),
    });
    let id = world.script(HEALTH, &script);
    let assignment = |whom: Value, remediates: bool| json!({ "target": whom, "runRemediationScript": remediates });
    let all = target("allDevices", None);
    let run = |assignments: &[Value]| {
        world.assign(HEALTH, &id, assignments);
        let pass = world.agent("one").with(&["--group", A]).pass();
        let state = world.state(HEALTH, &id, &pass.device).unwrap();
        assert_eq!(state["detectionState"], "fail");
        state["remediationState"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(&[assignment(all.clone(), false)]), "skipped");
    assert!(!file.exists());
    // One assignment that remediates is enough.
    let both = [assignment(all, false), assignment(group(A), true)];
    assert_eq!(run(&both), "remediationFailed");
    assert!(file.exists());
}
