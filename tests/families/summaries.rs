//! What a run summary must say, counted here from the run states that the server shows; and what
//! a client may do to one.

use serde_json::{Value, json};

use crate::support::{Client, FAMILIES, Family, HEALTH, PLATFORM, Server, make_script, make_state};

/// A property of a run state, one of its members, and the counter it counts in, if any.
type Counted = (&'static str, &'static str, Option<&'static str>);

const DETECTION: [Counted; 6] = [
    ("detectionState", "unknown", None),
    (
        "detectionState",
        "success",
        Some("noIssueDetectedDeviceCount"),
    ),
    ("detectionState", "fail", Some("issueDetectedDeviceCount")),
    (
        "detectionState",
        "scriptError",
        Some("detectionScriptErrorDeviceCount"),
    ),
    (
        "detectionState",
        "pending",
        Some("detectionScriptPendingDeviceCount"),
    ),
    (
        "detectionState",
        "notApplicable",
        Some("detectionScriptNotApplicableDeviceCount"),
    ),
];

const REMEDIATION: [Counted; 6] = [
    ("remediationState", "unknown", None),
    (
        "remediationState",
        "skipped",
        Some("remediationSkippedDeviceCount"),
    ),
    (
        "remediationState",
        "success",
        Some("issueRemediatedDeviceCount"),
    ),
    (
        "remediationState",
        "remediationFailed",
        Some("issueReoccurredDeviceCount"),
    ),
    (
        "remediationState",
        "scriptError",
        Some("remediationScriptErrorDeviceCount"),
    ),
    ("remediationState", "unknownFutureValue", None),
];

const RUN: [Counted; 6] = [
    ("runState", "unknown", None),
    ("runState", "success", Some("successDeviceCount")),
    ("runState", "fail", Some("errorDeviceCount")),
    ("runState", "scriptError", Some("errorDeviceCount")),
    ("runState", "pending", None),
    ("runState", "notApplicable", None),
];

/// Every member of every state of a family, and where it counts.
pub(super) fn members(family: &Family) -> Vec<Counted> {
    match family.set {
        "deviceHealthScripts" => [DETECTION, REMEDIATION].concat(),
        "deviceComplianceScripts" => {
            let mut members = DETECTION.to_vec();
            members[5].2 = None;
            members
        }
        _ => RUN.to_vec(),
    }
}

/// What the counters of a family are for these run states.
pub(super) fn counted(family: &Family, states: &[Value]) -> Vec<(&'static str, u64)> {
    let members = members(family);
    let mut counters: Vec<(&str, u64)> = Vec::new();
    for (_, _, counter) in &members {
        if let Some(name) = counter
            && !counters.iter().any(|(known, _)| known == name)
        {
            counters.push((name, 0));
        }
    }
    for state in states {
        for (property, member, counter) in &members {
            let counter = counter.filter(|_| state[*property] == *member);
            if let Some(found) = counters.iter_mut().find(|(name, _)| Some(*name) == counter) {
                found.1 += 1;
            }
        }
    }
    counters
}

/// Asserts that the summary of a script is what its run states add up to, and that a recount
/// finds nothing to correct.
#[track_caller]
pub(super) fn agrees(client: &Client, family: &Family, script: &str) {
    let mut states = Vec::new();
    let mut page = client
        .get(&format!("{script}/deviceRunStates?$top=1000"))
        .expect_json(200);
    loop {
        states.extend(page["value"].as_array().unwrap().iter().cloned());
        let Some(link) = page["@odata.nextLink"].as_str() else {
            break;
        };
        let local = link.strip_prefix("http://graph.test").unwrap();
        page = client.get(local).expect_json(200);
    }
    let summary = client.get(&format!("{script}/runSummary")).expect_json(200);
    for (name, count) in counted(family, &states) {
        assert_eq!(summary[name], count, "{name} of {summary}");
    }
    recount_changes_nothing(client, script);
    assert_eq!(
        client.get(&format!("{script}/runSummary")).expect_json(200),
        summary
    );
}

#[track_caller]
pub(super) fn recount_changes_nothing(client: &Client, script: &str) {
    let recount = client.post(&format!("{script}/runstate.recount"), &json!({}));
    assert_eq!(recount.expect_json(200)["value"], 0);
}

#[test]
fn a_patch_is_an_adjustment_that_a_recount_keeps() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let summary = format!("{script}/runSummary");
    make_state(
        &server,
        &script,
        &json!({ "id": "one", "detectionState": "fail" }),
    );
    let read = |name: &str| {
        server.get(&summary).expect_json(200)[name]
            .as_i64()
            .unwrap()
    };

    let patched = server.patch(&summary, &json!({ "issueDetectedDeviceCount": 10 }));
    assert_eq!(patched.expect_json(200)["issueDetectedDeviceCount"], 10);
    recount_changes_nothing(&server, &script);
    make_state(
        &server,
        &script,
        &json!({ "id": "two", "detectionState": "fail" }),
    );
    assert_eq!(read("issueDetectedDeviceCount"), 11);
    server
        .patch(
            &format!("{script}/deviceRunStates/one"),
            &json!({ "detectionState": "success" }),
        )
        .expect(200);
    assert_eq!(
        (
            read("issueDetectedDeviceCount"),
            read("noIssueDetectedDeviceCount")
        ),
        (10, 1)
    );
    server
        .patch(&summary, &json!({ "issueDetectedDeviceCount": -3 }))
        .expect(200);
    assert_eq!(read("issueDetectedDeviceCount"), -3);
    recount_changes_nothing(&server, &script);
    server.delete(&summary).expect(204);
    agrees(&server, &HEALTH, &script);
    assert_eq!(read("issueDetectedDeviceCount"), 1);
}

/// A typed client cannot read a number that its type does not hold.
#[test]
fn a_counter_stays_in_the_range_of_its_type() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let summary = format!("{script}/runSummary");
    let most = json!({ "issueDetectedDeviceCount": i32::MAX });
    server.patch(&summary, &most).expect(200);
    let state = make_state(&server, &script, &json!({ "detectionState": "fail" }));
    let shown = || server.get(&summary).expect_json(200)["issueDetectedDeviceCount"].clone();
    assert_eq!(shown(), i32::MAX);
    let id = state["id"].as_str().unwrap();
    server
        .delete(&format!("{script}/deviceRunStates/{id}"))
        .expect(204);
    assert_eq!(shown(), i32::MAX);
    recount_changes_nothing(&server, &script);
}

#[test]
fn the_devices_remediated_in_the_last_30_days() {
    const NAME: &str = "issueRemediatedCumulativeDeviceCount";
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let summary = format!("{script}/runSummary");
    let read = || {
        server.get(&summary).expect_json(200)[NAME]
            .as_i64()
            .unwrap()
    };
    let state = |id: &str| format!("{script}/deviceRunStates/{id}");
    for id in ["one", "two"] {
        make_state(
            &server,
            &script,
            &json!({ "id": id, "remediationState": "success" }),
        );
    }
    assert_eq!(read(), 2);
    // Remediated again, or no longer in need of it: the device was remediated all the same, once.
    server
        .patch(&state("one"), &json!({ "remediationState": "skipped" }))
        .expect(200);
    server
        .patch(&state("one"), &json!({ "remediationState": "success" }))
        .expect(200);
    server
        .patch(&state("two"), &json!({ "remediationState": "skipped" }))
        .expect(200);
    assert_eq!(read(), 2);
    server.patch(&summary, &json!({ NAME: 7 })).expect(200);
    make_state(
        &server,
        &script,
        &json!({ "id": "three", "remediationState": "success" }),
    );
    assert_eq!(read(), 8);
    server.delete(&summary).expect(204);
    assert_eq!(read(), 3);
    server.delete(&state("two")).expect(204);
    assert_eq!(read(), 2);
    agrees(&server, &HEALTH, &script);
}

#[test]
fn the_latest_run_of_all() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let read = || {
        server.get(&format!("{script}/runSummary")).expect_json(200)["lastScriptRunDateTime"]
            .clone()
    };
    assert_eq!(read(), Value::Null);
    for (id, date, latest) in [
        ("one", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("two", "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        // Later by the instant, earlier by the text.
        (
            "three",
            "2019-12-31T22:00:00.5-05:00",
            "2019-12-31T22:00:00.5-05:00",
        ),
    ] {
        make_state(
            &server,
            &script,
            &json!({ "id": id, "lastStateUpdateDateTime": date }),
        );
        assert_eq!(read(), *latest);
    }
}

#[test]
fn a_summary_is_neither_made_nor_replaced() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let summary = format!("{script}/runSummary");
        let before = server.get(&summary).expect_json(200);
        assert_eq!(before["id"], id);
        server
            .post(&summary, &json!({}))
            .expect_error(405, "MethodNotAllowed");
        server
            .patch(&summary, &json!({ "id": "another" }))
            .expect_error(400, "BadRequest");
        server.patch(&summary, &json!({ "id": id })).expect(200);
        assert_eq!(server.get(&summary).expect_json(200), before);
    }
    let (script, _) = make_script(&server, &PLATFORM);
    for (body, name) in [
        (
            json!({ "successDeviceCount": 2_147_483_648_u64 }),
            "successDeviceCount",
        ),
        (json!({ "successDeviceCount": 1.5 }), "successDeviceCount"),
        (json!({ "successDeviceCount": null }), "successDeviceCount"),
        (json!({ "successDeviceCount": "1" }), "successDeviceCount"),
    ] {
        let answer = server.patch(&format!("{script}/runSummary"), &body);
        assert_eq!(answer.expect_json(400)["error"]["target"], name);
    }
}
