//! Bodies that the model does not have.

use serde_json::{Value, json};

use crate::support::{FAMILIES, HEALTH, PLATFORM, Request, Server, make_script, make_state};

#[test]
fn a_fault_is_named_by_its_property() {
    let server = Server::shared();
    let (health, _) = make_script(&server, &HEALTH);
    let (platform, _) = make_script(&server, &PLATFORM);
    let before: Vec<Value> = [&health, &platform]
        .map(|script| make_state(&server, script, &json!({ "id": "one" })))
        .into();
    for (script, name, value, part) in [
        (&health, "nope", json!(1), "nope"),
        (&health, "DetectionState", json!("fail"), "DetectionState"),
        (&health, "detectionState", json!("String"), "notApplicable"),
        (&health, "detectionState", json!("Fail"), "notApplicable"),
        (&health, "detectionState", json!(""), "notApplicable"),
        (
            &health,
            "detectionState",
            json!("fail,success"),
            "notApplicable",
        ),
        (&health, "detectionState", json!(6), "detectionState"),
        (&health, "detectionState", json!(null), "null"),
        (&health, "detectionState", json!(true), "detectionState"),
        (&health, "detectionState", json!({}), "detectionState"),
        (
            &health,
            "remediationState",
            json!("notApplicable"),
            "remediationFailed",
        ),
        (&health, "lastStateUpdateDateTime", json!(null), "null"),
        (
            &health,
            "lastStateUpdateDateTime",
            json!(0),
            "lastStateUpdateDateTime",
        ),
        (
            &health,
            "lastStateUpdateDateTime",
            json!("2026-02-30T00:00:00Z"),
            "lastStateUpdateDateTime",
        ),
        (
            &health,
            "lastStateUpdateDateTime",
            json!("2026-01-01T00:00:00.12345678Z"),
            "lastStateUpdateDateTime",
        ),
        (
            &health,
            "remediationScriptError",
            json!(1),
            "remediationScriptError",
        ),
        (
            &health,
            "remediationScriptError",
            json!(["x"]),
            "remediationScriptError",
        ),
        (
            &health,
            "remediationScriptError",
            json!({ "x": 1 }),
            "remediationScriptError",
        ),
        (
            &health,
            "remediationScriptError",
            json!("a\u{0}b"),
            "U+0000",
        ),
        (
            &health,
            "assignmentFilterIds",
            json!("x"),
            "assignmentFilterIds",
        ),
        (
            &health,
            "assignmentFilterIds",
            json!([1]),
            "assignmentFilterIds",
        ),
        (
            &health,
            "assignmentFilterIds",
            json!([["x"]]),
            "assignmentFilterIds",
        ),
        (&health, "id", json!(1), "id"),
        (&health, "id", json!(null), "id"),
        (&health, "id", json!("two"), "id"),
        (
            &platform,
            "errorCode",
            json!(2_147_483_648_u64),
            "errorCode",
        ),
        (
            &platform,
            "errorCode",
            json!(-2_147_483_649_i64),
            "errorCode",
        ),
        (&platform, "errorCode", json!(1.5), "errorCode"),
        (&platform, "errorCode", json!("1"), "errorCode"),
        (&platform, "errorCode", json!(null), "null"),
        (&platform, "errorCode", json!(true), "errorCode"),
        (&platform, "resultMessage", json!(false), "resultMessage"),
        (&platform, "detectionState", json!("fail"), "detectionState"),
        (&platform, "managedDevice", json!({}), "managedDevice"),
        (
            &platform,
            "managedDevice@odata.bind",
            json!(1),
            "managedDevice",
        ),
        (&platform, "runSummary@odata.bind", json!("x"), "runSummary"),
        (
            &platform,
            "@odata.type",
            json!("#microsoft.graph.nope"),
            "nope",
        ),
        (
            &platform,
            "@odata.type",
            json!("#microsoft.graph.managedDevice"),
            "managedDevice",
        ),
        (&platform, "@odata.type", json!(1), "@odata.type"),
    ] {
        for url in [
            format!("{script}/deviceRunStates/one"),
            format!("{script}/deviceRunStates"),
        ] {
            // Of the collection, the body names the member.
            let mut body = json!({ name: value });
            if !url.ends_with("/one") && name == "id" {
                continue;
            }
            if !url.ends_with("/one") {
                body["id"] = json!("one");
            }
            let answer = server.patch(&url, &body);
            let said = answer.expect_error(400, "BadRequest");
            assert!(said.contains(part), "{body}: {said}");
        }
    }
    for (script, state) in [&health, &platform].iter().zip(before) {
        let mut read = server
            .get(&format!("{script}/deviceRunStates/one"))
            .expect_json(200);
        read["@odata.context"] = state["@odata.context"].clone();
        assert_eq!(read, state, "nothing of all that was written");
    }
}

#[test]
fn a_type_may_be_told_with_and_without_its_mark() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        make_state(&server, &script, &json!({ "id": "one" }));
        let url = format!("{script}/deviceRunStates/one");
        for of in [
            format!("#microsoft.graph.{}", family.state),
            format!("microsoft.graph.{}", family.state),
        ] {
            for name in ["@odata.type", "@type"] {
                // Anywhere in the body.
                let body = format!(r#"{{"{}":"fail","{name}":"{of}"}}"#, family.property);
                let request = Request::new("PATCH", &url).text("application/json", &body);
                server.send(&request).expect(200);
            }
        }
    }
}

/// Malformed JSON is refused with its line and column.
#[test]
fn malformed_json_is_shown_where_it_breaks() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    let send = |body: &[u8]| {
        let request = Request::new("POST", &states).header("Content-Type", "application/json");
        server
            .send(&request.bytes(body))
            .expect_error(400, "BadRequest")
    };
    for (body, place) in [
        ("{", Some("line 1")),
        ("{\n  \"id\": \"a\",\n}", Some("line 3 column 1")),
        ("{\n\"id\": nope}", Some("line 2 column")),
        ("{\"id\":\"a\"} x", Some("line 1 column 12")),
        ("{\"id\":\"a\"}{}", Some("line 1 column 11")),
        ("{'id':'a'}", Some("line 1 column 2")),
        ("{\"id\":\"a", Some("line 1")),
        ("{\"id\":\"\u{1}\"}", Some("line 1")),
        ("{\"id\":\"\\x\"}", Some("line 1")),
        ("{\"id\":\"\\ud800\"}", Some("line 1")),
        ("{\"id\":01}", Some("line 1")),
        ("{\"id\":1e}", Some("line 1")),
        ("", None),
        ("   ", None),
        ("null", None),
        ("[]", None),
        ("1", None),
        ("\"{}\"", None),
        ("{\"id\":\"a\",\"id\":\"b\"}", None),
        ("{\"\":1}", None),
        ("{\"nope@odata.bind\":\"x\"}", None),
        ("{\"displayName@odata.bind\":\"x\"}", None),
        ("\u{feff}{}x", None),
    ] {
        let said = send(body.as_bytes());
        assert!(
            place.is_none_or(|place| said.contains(place)),
            "{body}: {said}"
        );
    }
    for body in [
        &b"{\"id\":\"\xff\"}"[..],
        b"\xff\xfe{\0}\0",
        b"{\"id\":\"\xed\xa0\x80\"}",
        b"\0",
    ] {
        send(body);
    }
    assert_eq!(server.get(&format!("{states}/$count")).text(), "0");
}

#[test]
fn depth_and_width_are_bounded() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    for depth in [50, 1_000, 100_000, 2_000_000] {
        let nested = [
            "[".repeat(depth),
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
            format!(
                "{{\"a\":{}1{}}}",
                "{\"a\":".repeat(depth),
                "}".repeat(depth)
            ),
            format!(
                "{{\"@odata.context\":\"#$delta\",\"value\":{}{}}}",
                "[".repeat(depth),
                "]".repeat(depth)
            ),
        ];
        for body in nested {
            for method in ["POST", "PATCH"] {
                let request = Request::new(method, &states).text("application/json", &body);
                server.send(&request).expect_error(400, "BadRequest");
            }
        }
    }
    let wide: Vec<String> = (0..100_000).map(|i| format!("\"p{i}\":{i}")).collect();
    let body = format!("{{{}}}", wide.join(","));
    let request = Request::new("POST", &states).text("application/json", &body);
    server.send(&request).expect_error(400, "BadRequest");
    let number = format!("{{\"id\":{}}}", "9".repeat(1_000_000));
    let request = Request::new("POST", &states).text("application/json", &number);
    server.send(&request).expect_error(400, "BadRequest");
}

#[test]
fn ids_that_cannot_be_given() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        let long = "x".repeat(129);
        for bad in [
            "a b",
            "a/b",
            "é",
            "other:one",
            "delta",
            "microsoft.graph.x",
            "runstate.history",
            "%41",
            "'",
            "\n",
            &long,
            ":",
            &format!("{id}:"),
        ] {
            let said = server
                .post(&states, &json!({ "id": bad }))
                .expect_error(400, "BadRequest");
            assert!(said.contains("'id'"), "{bad}: {said}");
        }
        let longest = "x".repeat(128);
        let made = make_state(&server, &script, &json!({ "id": longest }));
        assert_eq!(made["id"], longest);
        server
            .post(&states, &json!({ "id": longest }))
            .expect_error(409, "Conflict");
        for name in ["$count", "$ref", "$value"] {
            server
                .post(&states, &json!({ "id": name }))
                .expect_error(400, "BadRequest");
        }
        // A name that only reads like an operation or a property is a key like any other.
        for name in ["history", "assign", "id"] {
            make_state(&server, &script, &json!({ "id": name }));
            for url in [format!("{states}('{name}')"), format!("{states}/{name}")] {
                assert_eq!(server.get(&url).expect_json(200)["id"], name);
            }
        }
    }
}
