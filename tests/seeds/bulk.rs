//! `PATCH …/deviceRunStates` with a delta payload: many members in one transaction.

use serde_json::{Value, json};

use crate::support::{Client, FAMILIES, HEALTH, Request, Server, make_script, make_state};

fn delta(members: &Value) -> Value {
    json!({ "@odata.context": "#$delta", "value": members })
}

#[test]
fn members_are_updated_made_and_removed_at_once() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        for state in ["kept", "gone", "left"] {
            make_state(
                &server,
                &script,
                &json!({ "id": state, family.property: "pending" }),
            );
        }
        make_state(&server, &script, &json!({ "id": "linked" }));
        let date = "2017-01-01T00:02:30.8589467+03:00";
        let url = format!("http://graph.test{script}/deviceRunStates/linked");
        let members = json!([
            { "id": "kept", family.property: "fail", "lastStateUpdateDateTime": date },
            { "id": "made", family.property: "success" },
            { "@odata.type": format!("#microsoft.graph.{}", family.state), "id": format!("{id}:device") },
            { "@odata.removed": { "reason": "deleted" }, "id": "gone" },
            { "@removed": { "reason": "deleted" }, "@odata.id": url },
        ]);
        let answer = server.patch(&states, &delta(&members)).expect_json(200);
        assert!(
            answer["@odata.context"]
                .as_str()
                .unwrap()
                .ends_with("/deviceRunStates/$delta")
        );
        let shown = answer["value"].as_array().unwrap();
        assert_eq!(shown.len(), 5);
        assert_eq!(shown[0][family.property], "fail");
        assert_eq!(shown[0]["lastStateUpdateDateTime"], date);
        assert_eq!(
            (&shown[1]["id"], &shown[1][family.property]),
            (&json!("made"), &json!("success"))
        );
        assert_eq!(shown[2]["id"], format!("{id}:device"));
        assert_eq!(shown[3]["@odata.removed"]["reason"], "deleted");
        let mut ids = server.get(&states).ids();
        ids.sort();
        assert_eq!(ids, [&format!("{id}:device"), "kept", "left", "made"]);
        let left = server.get(&format!("{states}/left")).expect_json(200);
        assert_eq!(left[family.property], "pending");
    }
}

/// A member of a delta that cannot be, and the place that the refusal names or begins with.
#[rustfmt::skip]
const FAULTS: [(&str, &str); 12] = [
    (r#"{"id":"x","detectionState":"String"}"#, "value/2/detectionState"),
    (r#"{"id":"x","nope":1}"#, "value/2/nope"),
    (r#"{"id":"x","lastSyncDateTime":"2026-02-30T00:00:00Z"}"#, "value/2/lastSyncDateTime"),
    (r#"{"id":"x","lastSyncDateTime":null}"#, "value/2/lastSyncDateTime"),
    (r#"{"id":"x","remediationScriptError":"\u0000"}"#, "value/2/remediationScriptError"),
    (r#"{"id":7}"#, "value/2/id"),
    (r#"{"id":"a b"}"#, "value/2"),
    (r#"{"@odata.removed":{},"id":"none"}"#, "value/2"),
    (r#"{"@odata.removed":{}}"#, "value/2"),
    (r##"{"@odata.type":"#microsoft.graph.managedDevice","id":"x"}"##, "value/2"),
    (r#""x""#, "value/2"),
    ("null", "value/2"),
];

#[test]
fn one_fault_undoes_everything_and_names_its_place() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    make_state(
        &server,
        &script,
        &json!({ "id": "one", "detectionState": "success" }),
    );
    let before = (
        server.get(&states).json(),
        server.get(&format!("{script}/runSummary")).json(),
    );
    let change = json!({ "id": "one", "detectionState": "fail" });
    let new = json!({ "id": "new", "detectionState": "fail" });
    for (fault, target) in FAULTS {
        let fault: Value = serde_json::from_str(fault).unwrap();
        let answer = server.patch(&states, &delta(&json!([change, new, fault])));
        let error = answer.expect_json(400)["error"].take();
        let place = error["target"].as_str().unwrap_or_default().to_owned();
        assert!(
            place == target || target == "value/2" && place.starts_with("value/2"),
            "{fault}: {error}"
        );
        let after = (
            server.get(&states).json(),
            server.get(&format!("{script}/runSummary")).json(),
        );
        assert_eq!(after, before, "{fault}");
    }
}

#[test]
fn a_delta_is_an_array_of_members() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    for body in [
        json!({ "@odata.context": "#$delta" }),
        json!({ "@odata.context": "#$delta", "value": {} }),
        json!({ "@odata.context": "#$delta", "value": null }),
        json!({ "@odata.context": "#$delta", "value": [], "more": 1 }),
    ] {
        server.patch(&states, &body).expect_error(400, "BadRequest");
    }
    assert_eq!(
        server.patch(&states, &delta(&json!([]))).expect_json(200)["value"],
        json!([])
    );
}

#[test]
fn a_key_may_come_twice_and_the_last_word_holds() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    let members = json!([
        { "id": "twice", "detectionState": "fail", "remediationScriptError": "first" },
        { "id": format!("{id}:twice"), "detectionState": "success" },
        { "id": "gone", "detectionState": "fail" },
        { "@odata.removed": {}, "id": "gone" },
        { "id": "back", "detectionState": "fail" },
        { "@odata.removed": {}, "id": "back" },
        { "id": "back", "detectionState": "pending" },
    ]);
    let answer = server.patch(&states, &delta(&members));
    assert_eq!(
        answer.expect_json(200)["value"].as_array().unwrap().len(),
        7
    );
    let mut ids = server.get(&states).ids();
    ids.sort();
    assert_eq!(ids, ["back", "twice"]);
    let twice = server.get(&format!("{states}/twice")).expect_json(200);
    assert_eq!(twice["detectionState"], "success");
    assert_eq!(twice["remediationScriptError"], "first");
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["noIssueDetectedDeviceCount"], 1);
    assert_eq!(summary["issueDetectedDeviceCount"], 0);
    assert_eq!(summary["detectionScriptPendingDeviceCount"], 1);
    recount_is_clean(&server, &script);
}

fn recount_is_clean(client: &Client, script: &str) {
    let recount = client.post(&format!("{script}/runstate.recount"), &json!({}));
    assert_eq!(recount.expect_json(200)["value"], 0);
}

#[test]
fn five_thousand_states_in_one_request() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    let members = |state: &str| -> Vec<Value> {
        let member = |i: usize| json!({ "id": format!("device-{i:04}"), "detectionState": state, "lastStateUpdateDateTime": "2026-01-02T03:04:05.1Z" });
        (0..5_000).map(member).collect()
    };
    let made = server
        .patch(&states, &delta(&json!(members("fail"))))
        .expect_json(200);
    let made = made["value"].as_array().unwrap();
    assert_eq!(
        (made.len(), &made[4_999]["id"]),
        (5_000, &json!("device-4999"))
    );
    let request = Request::new("PATCH", &states)
        .header("Prefer", "return=minimal")
        .json(&delta(&json!(members("success"))));
    server.send(&request).expect(204);
    assert_eq!(server.get(&format!("{states}/$count")).text(), "5000");
    let counted = format!("{states}/$count?$filter=detectionState eq 'success'");
    assert_eq!(server.get(&counted).text(), "5000");
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["noIssueDetectedDeviceCount"], 5_000);
    assert_eq!(summary["issueDetectedDeviceCount"], 0);
    recount_is_clean(&server, &script);
}

#[test]
fn a_body_of_more_than_32_mebibytes_is_too_large() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    const LIMIT: usize = 32 << 20;
    let body = |length: usize| {
        let start =
            r##"{"@odata.context":"#$delta","value":[{"id":"large","remediationScriptError":""##;
        let end = r#""}]}"#;
        format!(
            "{start}{}{end}",
            "x".repeat(length - start.len() - end.len())
        )
    };
    let fits = Request::new("PATCH", &states)
        .header("Prefer", "return=minimal")
        .text("application/json", &body(LIMIT));
    server.send(&fits).expect(204);
    let large = Request::new("PATCH", &states).text("application/json", &body(LIMIT + 1));
    server
        .send(&large)
        .expect_error(413, "RequestEntityTooLarge");
    assert_eq!(server.get(&format!("{states}/$count")).text(), "1");
}
