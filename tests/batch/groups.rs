//! Atomicity groups and change sets: all or nothing, in one transaction.

use std::thread;

use serde_json::{Value, json};

use super::{get, parts, patch, post, relative, send, statuses, with};
use crate::support::{HEALTH, Server, make_script, make_state};

fn group(request: Value, name: &str) -> Value {
    with(request, json!({ "atomicityGroup": name }))
}

#[test]
fn a_group_that_fails_leaves_nothing() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{}/deviceRunStates", relative(&script));
    let state = |name: &str| json!({ "id": name, "detectionState": "fail" });
    let responses = send(
        &server,
        &[
            group(post("1", &states, &state("one")), "g"),
            group(post("2", &states, &state("two")), "g"),
            group(
                patch(
                    "3",
                    &states,
                    &json!({ "id": "none", "detectionState": "fail" }),
                ),
                "g",
            ),
            group(post("4", &states, &state("four")), "g"),
            with(get("5", &states), json!({ "dependsOn": ["g"] })),
            with(get("6", &states), json!({ "dependsOn": ["1"] })),
            get("7", &format!("{states}/$count")),
        ],
    );
    assert_eq!(statuses(&responses), [424, 424, 404, 424, 424, 424, 200]);
    assert_eq!(responses[6]["body"], "0");
    for response in &responses[..4] {
        assert_eq!(response["atomicityGroup"], "g");
    }
    let message = responses[0]["body"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("'3'"), "{message}");
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["issueDetectedDeviceCount"], 0);
}

#[test]
fn a_group_sees_what_it_wrote() {
    let server = Server::shared();
    let script = json!({ "displayName": "grouped", "detectionScriptContent": "ZWNobw==" });
    let states = "$script/deviceRunStates";
    let state = json!({ "id": "s", "detectionState": "fail" });
    let success = json!({ "detectionState": "success" });
    let responses = send(
        &server,
        &[
            group(
                post("script", "deviceManagement/deviceHealthScripts", &script),
                "g",
            ),
            group(post("state", states, &state), "g"),
            group(patch("change", "$state", &success), "g"),
            group(get("list", states), "g"),
            group(get("summary", "$script/runSummary"), "g"),
            with(
                get("after", "$script/runSummary"),
                json!({ "dependsOn": ["g", "script"] }),
            ),
        ],
    );
    assert_eq!(
        statuses(&responses),
        [201, 201, 200, 200, 200, 200],
        "{responses:?}"
    );
    assert_eq!(
        responses[3]["body"]["value"][0]["detectionState"],
        "success"
    );
    for summary in &responses[4..] {
        assert_eq!(summary["body"]["noIssueDetectedDeviceCount"], 1);
        assert_eq!(summary["body"]["issueDetectedDeviceCount"], 0);
    }
    let id = responses[0]["body"]["id"].as_str().unwrap();
    let url = format!("/beta/deviceManagement/deviceHealthScripts/{id}/deviceRunStates/s");
    assert_eq!(
        server.get(&url).expect_json(200)["detectionState"],
        "success"
    );
}

#[test]
fn actions_and_deletions_belong_to_the_group() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "kept" }));
    let path = relative(&script);
    let assign = json!({ "deviceHealthScriptAssignments": [
        { "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } } ] });
    let both = |last: &str| {
        send(
            &server,
            &[
                group(post("1", &format!("{path}/assign"), &assign), "g"),
                group(
                    json!({ "id": "2", "method": "DELETE",
                    "url": format!("{path}/deviceRunStates/kept") }),
                    "g",
                ),
                group(patch("3", last, &json!({ "displayName": "done" })), "g"),
            ],
        )
    };
    let state = format!("{script}/deviceRunStates/kept");
    let assignments = format!("{script}/assignments");
    assert_eq!(statuses(&both(&format!("{path}x"))), [424, 424, 404]);
    server.get(&state).expect(200);
    assert!(server.get(&assignments).values().is_empty());
    assert_eq!(statuses(&both(path)), [200, 204, 200]);
    server.get(&state).expect(404);
    assert_eq!(server.get(&assignments).values().len(), 1);
}

/// Deleting more than a slice inside a group leaves nothing behind, and a group undone deletes
/// nothing.
#[test]
fn a_deletion_in_a_group_is_drained_when_it_is_durable() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let states: Vec<Value> = (0..2_500)
        .map(|n| json!({ "id": format!("s{n}") }))
        .collect();
    let delta = json!({ "@odata.context": "#$delta", "value": states });
    let request = crate::support::Request::new("PATCH", &format!("{script}/deviceRunStates"));
    let request = request.header("Prefer", "return=minimal");
    server.send(&request.json(&delta)).expect(204);
    let path = relative(&script);
    let delete = |last: &str| {
        let delete = json!({ "id": "1", "method": "DELETE", "url": path });
        statuses(&send(
            &server,
            &[group(delete, "g"), group(get("2", last), "g")],
        ))
    };
    assert_eq!(delete("deviceManagement/nothing"), [424, 404]);
    let count = server.get(&format!("{script}/deviceRunStates/$count"));
    assert_eq!(count.expect(200).text(), "2500");
    assert_eq!(delete("deviceManagement"), [204, 200]);
    server.get(&script).expect(404);
    let left = || {
        let rows = format!(
            "SELECT COUNT(*) FROM device_health_script_device_state WHERE script_id = '{id}'"
        );
        server.count_in_database(&rows)
    };
    let begun = std::time::Instant::now();
    while left() > 0 {
        assert!(
            begun.elapsed().as_secs() < 30,
            "rows of a deleted script are left"
        );
        thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn groups_beside_each_other_lose_nothing() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{}/deviceRunStates", relative(&script));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (server, states) = (&server, &states);
            scope.spawn(move || {
                for round in 0..5 {
                    let state = |n: usize| {
                        let id = format!("t{thread}-{round}-{n}");
                        let body = json!({ "id": id, "detectionState": "fail" });
                        group(post(&n.to_string(), states, &body), "g")
                    };
                    let requests: Vec<Value> = (0..5).map(state).collect();
                    assert_eq!(statuses(&send(server, &requests)), [201; 5]);
                }
            });
        }
    });
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["issueDetectedDeviceCount"], 100);
    let count = server.get(&format!("{script}/deviceRunStates/$count"));
    assert_eq!(count.expect(200).text(), "100");
}

#[test]
fn a_change_set_is_one_answer_when_it_fails() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let path = relative(&script);
    let body = |second: &str| {
        format!(
            "--b
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: application/http
Content-ID: 1

POST {path}/deviceRunStates HTTP/1.1
Content-Type: application/json

{{\"id\":\"by-set\"}}
--c
Content-Type: application/http
Content-ID: 2

PATCH {second} HTTP/1.1
Content-Type: application/json

{{\"detectionState\":\"fail\"}}
--c--
--b
Content-Type: application/http

GET {path}/deviceRunStates/$count HTTP/1.1


--b--"
        )
    };
    let failed = server.send(&parts(&body("$1/x"))).expect(200);
    let text = failed.text();
    assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    assert!(!text.contains("multipart/mixed"), "{text}");
    assert!(
        text.contains("HTTP/1.1 4") && text.contains("\"error\""),
        "{text}"
    );
    server
        .get(&format!("{script}/deviceRunStates/by-set"))
        .expect(404);
    let done = server.send(&parts(&body("$1"))).expect(200);
    let text = done.text();
    assert_eq!(text.matches("HTTP/1.1 20").count(), 3, "{text}");
    assert_eq!(text.matches("multipart/mixed").count(), 1, "{text}");
    assert!(
        text.contains("Content-ID: 1\r\n") && text.contains("Content-ID: 2\r\n"),
        "{text}"
    );
}
