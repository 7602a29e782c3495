//! `PATCH …/deviceRunStates` without a key in the path.

use serde_json::json;

use crate::support::{FAMILIES, HEALTH, Request, Server, make_script, make_state};

#[test]
fn the_body_names_the_state() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        for state in ["one", "two"] {
            make_state(&server, &script, &json!({ "id": state }));
        }
        make_state(&server, &script, &json!({ "id": format!("{id}:three") }));
        let states = format!("{script}/deviceRunStates");
        for (given, shown) in [
            ("two".to_owned(), "two".to_owned()),
            // Both forms of an id name one row, which keeps the form that it was made with.
            (format!("{id}:two"), "two".to_owned()),
            (format!("{id}:three"), format!("{id}:three")),
            ("three".to_owned(), format!("{id}:three")),
        ] {
            let body = json!({ "id": given, family.property: "fail" });
            let patched = server.patch(&states, &body).expect_json(200);
            assert_eq!(
                (&patched["id"], &patched[family.property]),
                (&json!(shown), &json!("fail"))
            );
            let context = patched["@odata.context"].as_str().unwrap();
            assert!(context.ends_with("/deviceRunStates/$entity"), "{context}");
            let read = server.get(&format!("{states}/{shown}")).expect_json(200);
            assert_eq!(read[family.property], "fail");
            server
                .patch(&states, &json!({ "id": given, family.property: "success" }))
                .expect(200);
        }
        let one = server.get(&format!("{states}/one")).expect_json(200);
        assert_eq!(one[family.property], "unknown");
        for nobody in ["none", "other:one", "a b", ""] {
            let answer = server.patch(&states, &json!({ "id": nobody }));
            assert!(
                matches!(answer.status, 400 | 404),
                "{nobody}: {}",
                answer.text()
            );
        }
        assert_eq!(server.get(&states).values().len(), 3);
    }
}

#[test]
fn without_an_id_the_only_state_is_meant() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        let body = json!({ family.property: "success" });
        let refused = |count: usize| {
            let answer = server.patch(&states, &body);
            let error = &answer.expect_json(400)["error"];
            let message = error["message"].as_str().unwrap();
            assert_eq!(error["target"], "id");
            let said = message.contains("'id'") && message.contains(&format!("there are {count}"));
            assert!(said, "{message}");
        };
        refused(0);
        make_state(&server, &script, &json!({ "id": "one" }));
        let patched = server.patch(&states, &body).expect_json(200);
        assert_eq!(
            (&patched["id"], &patched[family.property]),
            (&json!("one"), &json!("success"))
        );
        make_state(&server, &script, &json!({ "id": "two" }));
        refused(2);
        server.patch(&states, &json!({ "id": null })).expect(400);
    }
}

#[test]
fn a_minimal_answer_is_empty() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let states = format!("{script}/deviceRunStates");
    for target in [states.clone(), format!("{states}/one")] {
        let request = Request::new("PATCH", &target)
            .header("Prefer", "return=minimal")
            .json(&json!({ "remediationScriptError": target }));
        let answer = server.send(&request).expect(204);
        assert_eq!(answer.header("preference-applied"), Some("return=minimal"));
        let read = server.get(&format!("{states}/one")).expect_json(200);
        assert_eq!(read["remediationScriptError"], target);
    }
}

/// OData 4.01 Protocol, section 8.3.4: an empty answer still names what was made.
#[test]
fn a_minimal_answer_names_what_was_made() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    for (i, path) in ["deviceRunStates", "deviceRunStates/$ref"]
        .iter()
        .enumerate()
    {
        let request = Request::new("POST", &format!("{script}/{path}"))
            .header("Prefer", "return=minimal")
            .json(&json!({ "id": format!("s{i}") }));
        let answer = server.send(&request).expect(204);
        let location = answer.header("location").unwrap();
        assert_eq!(answer.header("odata-entityid"), Some(location));
        let local = location.strip_prefix("http://graph.test").unwrap();
        assert_eq!(server.get(local).expect_json(200)["id"], format!("s{i}"));
    }
}

#[test]
fn a_script_that_is_not_there_has_no_states() {
    let server = Server::shared();
    let states = format!(
        "{}/00000000-0000-4000-8000-000000000000/deviceRunStates",
        HEALTH.url()
    );
    for body in [
        json!({}),
        json!({ "id": "one" }),
        json!({ "@odata.context": "#$delta", "value": [] }),
    ] {
        server
            .patch(&states, &body)
            .expect_error(404, "ResourceNotFound");
    }
    server
        .post(&states, &json!({}))
        .expect_error(404, "ResourceNotFound");
    server
        .post(&format!("{states}/$ref"), &json!({}))
        .expect_error(404, "ResourceNotFound");
}
