//! User states: one row for each user of a script's run states, and their counters.

use serde_json::{Value, json};

use super::summaries::{agrees, recount_changes_nothing};
use crate::support::{Client, FAMILIES, PLATFORM, Server, make_device, make_script};

/// Asserts the counters of a user, or of the users of a script: with errors, with successes.
#[track_caller]
fn counts(client: &Client, url: &str, expected: [i64; 2]) {
    let shown = client.get(url).expect_json(200);
    let of = |users: &str, devices: &str| {
        shown
            .get(users)
            .unwrap_or(&shown[devices])
            .as_i64()
            .unwrap()
    };
    let found = [
        of("errorUserCount", "errorDeviceCount"),
        of("successUserCount", "successDeviceCount"),
    ];
    assert_eq!(found, expected, "{shown}");
}

#[test]
fn a_user_counts_once_and_an_error_comes_first() {
    let server = Server::shared();
    for family in FAMILIES.iter().filter(|family| family.users) {
        let (script, id) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        let device = || make_device(&server, &json!({ "userId": "ada" }));
        let devices = [device(), device()].map(|device| format!("{id}:{device}"));
        for (first, second, user, users) in [
            ("success", "pending", [0, 1], [0, 1]),
            ("success", "success", [0, 2], [0, 1]),
            ("fail", "success", [1, 1], [1, 0]),
            ("fail", "scriptError", [2, 0], [1, 0]),
            ("pending", "unknown", [0, 0], [0, 0]),
            ("notApplicable", "success", [0, 1], [0, 1]),
        ] {
            let report = |i: usize, state: &str| json!({ "id": devices[i], "runState": state });
            let reports = [report(0, first), report(1, second)];
            let delta = json!({ "@odata.context": "#$delta", "value": reports });
            server.patch(&states, &delta).expect(200);
            counts(&server, &format!("{script}/userRunStates/ada"), user);
            counts(&server, &format!("{script}/runSummary"), users);
        }
        server
            .delete(&format!("{states}/{}", devices[1]))
            .expect(204);
        counts(&server, &format!("{script}/runSummary"), [0, 0]);
        agrees(&server, family, &script);
    }
}

#[test]
fn a_user_state_is_made_and_changed() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &PLATFORM);
    let (users, summary) = (
        format!("{script}/userRunStates"),
        format!("{script}/runSummary"),
    );
    let body =
        json!({ "id": format!("{id}:ada"), "userPrincipalName": "ada@x", "errorDeviceCount": 2 });
    let made = server.post(&users, &body).expect(201);
    assert!(made.header("location").unwrap().contains("/userRunStates("));
    assert_eq!(made.json()["id"], body["id"]);
    server.post(&users, &body).expect_error(409, "Conflict");
    let ada = format!("{users}/ada");
    counts(&server, &ada, [2, 0]);
    counts(&server, &summary, [1, 0]);
    let body = json!({ "errorDeviceCount": 0, "successDeviceCount": 1, "userPrincipalName": null });
    let patched = server.patch(&ada, &body).expect_json(200);
    assert_eq!(patched["userPrincipalName"], Value::Null);
    counts(&server, &ada, [0, 1]);
    counts(&server, &summary, [0, 1]);
    recount_changes_nothing(&server, &script);
}

/// Its run states stay, under their script alone.
#[test]
fn a_user_state_goes_without_its_run_states() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &PLATFORM);
    let ada = format!("{script}/userRunStates/ada");
    server
        .post(&format!("{script}/userRunStates"), &json!({ "id": "ada" }))
        .expect(201);
    let state = json!({ "id": "s", "runState": "fail" });
    server
        .post(&format!("{ada}/deviceRunStates"), &state)
        .expect(201);
    counts(&server, &format!("{script}/runSummary"), [1, 0]);
    server.delete(&ada).expect(204);
    for gone in [
        ada.clone(),
        format!("{ada}/deviceRunStates"),
        format!("{ada}/deviceRunStates/s"),
    ] {
        server.get(&gone).expect_error(404, "ResourceNotFound");
    }
    assert_eq!(
        server.get(&format!("{script}/deviceRunStates")).ids(),
        ["s"]
    );
    counts(&server, &format!("{script}/runSummary"), [0, 0]);
    agrees(&server, &PLATFORM, &script);
}
