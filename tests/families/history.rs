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
        let history = read();
        let states: Vec<_> = history
            .iter()
            .map(|run| run[family.property].as_str().unwrap())
            .collect();
        assert_eq!(states, ["success", "fail", "fail"]);
        // The other ways to write the call.
        for call in ["runstate.history", "runstate.history()/"] {
            assert_eq!(server.get(&format!("{state}/{call}")).values(), history);
        }
        server
            .get(&format!("{script}/deviceRunStates/none/runstate.history()"))
            .expect_error(404, "ResourceNotFound");
        server.delete(&state).expect(204);
        server
            .get(&format!("{state}/runstate.history()"))
            .expect_error(404, "ResourceNotFound");
    }
}
