//! The forms of a URL: keys, slashes, options, qualified names.

use serde_json::json;

use crate::support::{HEALTH, Request, Server, make_script, make_state};

#[test]
fn keys_in_every_form() {
    let server = Server::shared();
    let (_, id) = make_script(&server, &HEALTH);
    let set = "deviceManagement/deviceHealthScripts";
    make_state(
        &server,
        &format!("/beta/{set}/{id}"),
        &json!({ "id": "a.b_c-D" }),
    );
    make_state(
        &server,
        &format!("/beta/{set}/{id}"),
        &json!({ "id": format!("{id}:x:y") }),
    );
    let encoded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
    for script in [
        format!("{set}/{id}"),
        format!("{set}/{id}/"),
        format!("{set}('{id}')"),
        format!("{set}('{id}')/"),
        format!("{set}(%27{id}%27)"),
        format!("{set}(id='{id}')"),
        format!("{set}/{encoded}"),
        format!("{set}('{encoded}')"),
    ] {
        for root in ["beta", "v1.0", "localtest"] {
            let read = server.get(&format!("/{root}/{script}"));
            assert_eq!(read.expect_json(200)["id"], id, "{script}");
        }
        let script = script.trim_end_matches('/');
        for state in ["/a.b_c-D", "('a.b_c-D')", "(id='a.b_c-D')", "/a%2Eb_c-D/"] {
            let read = server.get(&format!("/beta/{script}/deviceRunStates{state}"));
            assert_eq!(read.expect_json(200)["id"], "a.b_c-D");
        }
    }
    let script = format!("/beta/{set}/{id}");
    for state in [
        format!("/{id}:x:y"),
        format!("('{id}:x:y')"),
        format!("/{id}%3Ax%3Ay"),
    ] {
        let read = server.get(&format!("{script}/deviceRunStates{state}"));
        assert_eq!(read.expect_json(200)["id"], format!("{id}:x:y"), "{state}");
    }
    // What stands before a colon is a script, and this one is not `x`.
    let other = server.get(&format!("{script}/deviceRunStates/x:y"));
    other.expect_error(404, "ResourceNotFound");
}

#[test]
fn keys_that_nothing_has() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    for key in [
        "none",
        "%27",
        "a%2Fb",
        "a%20b",
        "%C3%A9",
        "%F0%9F%92%BB",
        "one%00",
        "..",
        "%2E%2E",
        "%25",
        "('none')",
        "One",
        "ONE",
    ] {
        let (start, slash) = (
            format!("{script}/deviceRunStates"),
            if key.starts_with('(') { "" } else { "/" },
        );
        let answer = server.get(&format!("{start}{slash}{key}"));
        assert!(
            matches!(answer.status, 400 | 404),
            "{key}: {}",
            answer.text()
        );
    }
    for script in [
        "none",
        "00000000-0000-4000-8000-000000000000",
        &id[1..],
        &format!("{id}x"),
    ] {
        server
            .get(&format!("{}/{script}", HEALTH.url()))
            .expect_error(404, "ResourceNotFound");
    }
}

#[test]
fn what_is_no_key() {
    let server = Server::shared();
    for path in [
        "()",
        "(id=)",
        "(id='a',id='b')",
        "(nope='a')",
        "(1)",
        "('a','b')",
        "('a",
        "(a')",
        "('a')('b')",
    ] {
        let answer = server.get(&format!("{}{path}", HEALTH.url()));
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.text()
        );
    }
}

/// A GUID names the same script in both cases.
#[test]
fn the_id_of_a_script_has_no_case() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let upper = format!("{}/{}", HEALTH.url(), id.to_uppercase());
    assert_eq!(server.get(&upper).expect_json(200)["id"], id);
    make_state(
        &server,
        &upper,
        &json!({ "id": format!("{}:device", id.to_uppercase()) }),
    );
    assert_eq!(
        server.get(&format!("{script}/deviceRunStates")).ids(),
        [format!("{id}:device")]
    );
}

#[test]
fn options_in_every_form() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    for state in ["a", "b", "c"] {
        make_state(&server, &script, &json!({ "id": state }));
    }
    for query in [
        "$filter=id eq 'b'",
        "filter=id eq 'b'",
        "$FILTER=id eq 'b'",
        "Filter=id eq 'b'",
        "%24filter=id%20eq%20%27b%27",
        "$filter=id+eq+'b'",
        "&$filter=id eq 'b'&",
        "$filter=id%20eq%20'b'&unknown=ignored&a=b%26c",
    ] {
        assert_eq!(
            server
                .get(&format!("{script}/deviceRunStates?{query}"))
                .ids(),
            ["b"],
            "{query}"
        );
    }
    for query in [
        "$nope=1",
        "$filter=id eq 'b'&$filter=id eq 'a'",
        "$top=1&top=2",
        "$filter=%",
        "$filter=%FF",
        "$filter=%zz",
    ] {
        server
            .get(&format!("{script}/deviceRunStates?{query}"))
            .expect_error(400, "BadRequest");
    }
}

#[test]
fn operations_in_every_form() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    for call in [
        "assign",
        "assign()",
        "microsoft.graph.assign",
        "microsoft.graph.assign()",
        "assign/",
        "microsoft.graph.assign/",
    ] {
        let body = json!({ "deviceHealthScriptAssignments": [] });
        let answer = server.post(&format!("{script}/{call}"), &body);
        assert_eq!(answer.status, 200, "{call}: {}", answer.text());
    }
    for call in ["runstate.history", "runstate.history()"] {
        server
            .get(&format!("{script}/deviceRunStates/one/{call}"))
            .expect(200);
        let posted =
            Request::new("POST", &format!("{script}/deviceRunStates/one/{call}")).json(&json!({}));
        server.send(&posted).expect_error(405, "MethodNotAllowed");
    }
    server
        .get(&format!("{script}/runstate.recount"))
        .expect_error(405, "MethodNotAllowed");
    server.get(&format!("{script}/runstate.nope")).expect(404);
}
