//! `runstate.history()`: one row a run, the latest first.

use serde_json::{Value, json};

use crate::support::{FAMILIES, Server, make_script, make_state};

#[test]
fn a_run_appends_one_row_and_a_retry_none() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let state = format!("{script}/deviceRunStates/one");
        let read = || server.get(&format!("{state}/runstate.history()")).values();
        make_state(&server, &script, &json!({ "id": "one" }));
        assert_eq!(read(), Vec::<Value>::new(), "nothing ran yet");
        let mut runs = 0;
        for (body, is_run) in [
            (json!({ family.property: "fail" }), true),
            (json!({ family.property: "fail" }), false),
            (
                json!({ "lastStateUpdateDateTime": "2026-01-02T03:04:05.1234567+02:00" }),
                true,
            ),
            (
                json!({ "lastStateUpdateDateTime": "2026-01-02T03:04:05.1234567+02:00", family.property: "fail" }),
                false,
            ),
            (json!({}), false),
            (
                json!({ family.property: "success", "lastStateUpdateDateTime": "2026-01-02T03:04:06Z" }),
                true,
            ),
        ] {
            server.patch(&state, &body).expect(200);
            runs += usize::from(is_run);
            let history = read();
            assert_eq!(history.len(), runs, "{body}");
            if is_run {
                for (name, value) in body.as_object().unwrap() {
                    assert_eq!(history[0][name], *value);
                }
                assert_eq!(history[0]["id"], "one");
            }
        }
    }
}

#[test]
fn the_latest_run_comes_first() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let state = format!("{script}/deviceRunStates/one");
        make_state(
            &server,
            &script,
            &json!({ "id": "one", family.property: "pending" }),
        );
        for member in ["fail", "scriptError", "success"] {
            server
                .patch(&state, &json!({ family.property: member }))
                .expect(200);
        }
        let history = server.get(&format!("{state}/runstate.history()")).values();
        let member = |run: &Value| run[family.property].as_str().unwrap().to_owned();
        let members: Vec<String> = history.iter().map(member).collect();
        assert_eq!(members, ["success", "scriptError", "fail", "pending"]);
        // The other ways to write the call.
        for call in ["runstate.history", "runstate.history()/"] {
            assert_eq!(server.get(&format!("{state}/{call}")).values(), history);
        }
    }
}

#[test]
fn what_is_not_there_has_no_history() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &FAMILIES[0]);
    let history = format!("{script}/deviceRunStates/one/runstate.history()");
    server.get(&history).expect_error(404, "ResourceNotFound");
    make_state(
        &server,
        &script,
        &json!({ "id": "one", "detectionState": "fail" }),
    );
    assert_eq!(server.get(&history).values().len(), 1);
    server
        .delete(&format!("{script}/deviceRunStates/one"))
        .expect(204);
    server.get(&history).expect_error(404, "ResourceNotFound");
    // Another state of the same name has runs of its own.
    make_state(&server, &script, &json!({ "id": "one" }));
    assert_eq!(server.get(&history).values(), Vec::<Value>::new());
}
