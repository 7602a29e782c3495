//! Bodies that the model does not have.

use serde_json::json;

use crate::support::{
    Client, FAMILIES, Family, HEALTH, PLATFORM, Request, Server, make_script, make_state,
};

/// A family, a property of its run states, a value as JSON, and what the refusal must say.
#[rustfmt::skip]
const FAULTS: [(&Family, &str, &str, &str); 41] = [
    (&HEALTH, "nope", "1", "nope"),
    (&HEALTH, "DetectionState", r#""fail""#, "DetectionState"),
    (&HEALTH, "detectionState", r#""String""#, "notApplicable"),
    (&HEALTH, "detectionState", r#""Fail""#, "notApplicable"),
    (&HEALTH, "detectionState", r#""""#, "notApplicable"),
    (&HEALTH, "detectionState", r#""fail,success""#, "notApplicable"),
    (&HEALTH, "detectionState", "6", "detectionState"),
    (&HEALTH, "detectionState", "null", "null"),
    (&HEALTH, "detectionState", "true", "detectionState"),
    (&HEALTH, "detectionState", "{}", "detectionState"),
    (&HEALTH, "remediationState", r#""notApplicable""#, "remediationFailed"),
    (&HEALTH, "lastStateUpdateDateTime", "null", "null"),
    (&HEALTH, "lastStateUpdateDateTime", "0", "lastStateUpdateDateTime"),
    (&HEALTH, "lastStateUpdateDateTime", r#""2026-02-30T00:00:00Z""#, "lastStateUpdateDateTime"),
    (&HEALTH, "lastStateUpdateDateTime", r#""2026-01-01T00:00:00.12345678Z""#, "lastStateUpdateDateTime"),
    (&HEALTH, "remediationScriptError", "1", "remediationScriptError"),
    (&HEALTH, "remediationScriptError", r#"["x"]"#, "remediationScriptError"),
    (&HEALTH, "remediationScriptError", r#"{"x":1}"#, "remediationScriptError"),
    (&HEALTH, "remediationScriptError", r#""a\u0000b""#, "U+0000"),
    (&HEALTH, "assignmentFilterIds", r#""x""#, "assignmentFilterIds"),
    (&HEALTH, "assignmentFilterIds", "[1]", "assignmentFilterIds"),
    (&HEALTH, "assignmentFilterIds", r#"[["x"]]"#, "assignmentFilterIds"),
    (&HEALTH, "assignmentFilterIds", r#"["\u0000"]"#, "U+0000"),
    (&HEALTH, "id", "1", "id"),
    (&HEALTH, "id", "null", "id"),
    (&HEALTH, "id", r#""two""#, "id"),
    (&PLATFORM, "errorCode", "2147483648", "errorCode"),
    (&PLATFORM, "errorCode", "-2147483649", "errorCode"),
    (&PLATFORM, "errorCode", "1.5", "errorCode"),
    (&PLATFORM, "errorCode", r#""1""#, "errorCode"),
    (&PLATFORM, "errorCode", "null", "null"),
    (&PLATFORM, "errorCode", "true", "errorCode"),
    (&PLATFORM, "resultMessage", "false", "resultMessage"),
    (&PLATFORM, "detectionState", r#""fail""#, "detectionState"),
    (&PLATFORM, "managedDevice", "{}", "managedDevice"),
    (&PLATFORM, "managedDevice@odata.bind", "1", "managedDevice"),
    (&PLATFORM, "runSummary@odata.bind", r#""x""#, "runSummary"),
    (&PLATFORM, "nope@odata.bind", r#""x""#, "nope"),
    (&PLATFORM, "@odata.type", r##""#microsoft.graph.nope""##, "nope"),
    (&PLATFORM, "@odata.type", r##""#microsoft.graph.managedDevice""##, "managedDevice"),
    (&PLATFORM, "@odata.type", "1", "@odata.type"),
];

#[test]
fn a_fault_is_named_by_its_property() {
    let server = Server::shared();
    for family in [HEALTH, PLATFORM] {
        let (script, _) = make_script(&server, &family);
        let made = make_state(&server, &script, &json!({ "id": "one" }));
        let (states, one) = (
            format!("{script}/deviceRunStates"),
            format!("{script}/deviceRunStates/one"),
        );
        for (_, name, value, part) in FAULTS.iter().filter(|(of, ..)| of.set == family.set) {
            let body = format!("{{\"{name}\":{value}}}");
            let said = send(&server, &one, &body);
            assert!(said.contains(part), "{body}: {said}");
            if *name != "id" {
                // Of the collection, the body names the member.
                let body = format!("{{\"id\":\"one\",\"{name}\":{value}}}");
                let said = send(&server, &states, &body);
                assert!(said.contains(part), "{body}: {said}");
            }
        }
        // Nothing of all that was written.
        assert_eq!(server.get(&one).expect_json(200), made);
    }
}

/// The message that a PATCH with this body is refused with.
#[track_caller]
fn send(client: &Client, url: &str, body: &str) -> String {
    let request = Request::new("PATCH", url).text("application/json", body);
    client.send(&request).expect_error(400, "BadRequest")
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

/// A body, and where it breaks, if it is the text that does.
#[rustfmt::skip]
const MALFORMED: [(&str, Option<&str>); 23] = [
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
];

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
    for (body, place) in MALFORMED {
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
