//! The shape of an answer: selections, counts, single properties, versions, formats.

use serde_json::{Value, json};

use crate::support::{
    Answer, FAMILIES, HEALTH, PLATFORM, Request, Server, make_script, make_state,
};

fn properties(entity: &Value) -> Vec<&str> {
    let names = entity.as_object().unwrap().keys().map(String::as_str);
    names.filter(|name| !name.starts_with('@')).collect()
}

#[test]
fn select_shows_what_it_names() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        make_state(&server, &script, &json!({ "id": "one" }));
        let states = format!("{script}/deviceRunStates");
        let whole = server.get(&format!("{states}/one")).expect_json(200);
        let state = family.property;
        for (select, expected) in [
            ("id".to_owned(), vec!["id"]),
            (format!("id,{state}"), vec![state, "id"]),
            (
                format!("{state}, lastStateUpdateDateTime"),
                vec![state, "lastStateUpdateDateTime"],
            ),
            ("*".to_owned(), properties(&whole)),
            (format!("{state},{state}"), vec![state]),
        ] {
            let mut expected = expected;
            expected.sort_unstable();
            let one = server
                .get(&format!("{states}/one?$select={select}"))
                .expect_json(200);
            assert_eq!(properties(&one), expected, "{select}");
            let list = server
                .get(&format!("{states}?$select={select}"))
                .expect_json(200);
            assert_eq!(properties(&list["value"][0]), expected, "{select}");
            for name in expected {
                assert_eq!(one[name], whole[name]);
            }
        }
        for select in ["nope", "id,", "", "id;x", "Id", "managedDevice/nope"] {
            server
                .get(&format!("{states}?$select={select}"))
                .expect_error(400, "BadRequest");
        }
    }
}

#[test]
fn counts_are_plain_text() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let count = |path: &str| -> Answer { server.get(&format!("{script}/{path}")).expect(200) };
    let answer = count("deviceRunStates/$count");
    assert_eq!(
        (answer.text(), answer.header("content-type")),
        ("0", Some("text/plain"))
    );
    make_state(&server, &script, &json!({ "id": "one" }));
    assert_eq!(count("deviceRunStates/$count").text(), "1");
    assert_eq!(count("deviceRunStates/$count/").text(), "1");
    assert_eq!(count("assignments/$count").text(), "0");
    for family in &FAMILIES {
        make_script(&server, family);
        let count: u64 = server
            .get(&format!("{}/$count", family.url()))
            .text()
            .parse()
            .unwrap();
        assert!(count > 0);
    }
    let one = server.get(&format!("{script}/runSummary/$count"));
    one.expect_error(400, "BadRequest");
}

#[test]
fn single_properties_and_their_values() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &PLATFORM);
    let date = "2017-01-01T00:02:58.4418045-08:00";
    let body = json!({ "id": "one", "runState": "fail", "errorCode": -5, "lastStateUpdateDateTime": date, "resultMessage": "ü\n" });
    make_state(&server, &script, &body);
    let state = format!("{script}/deviceRunStates/one");
    for (name, value, text) in [
        ("runState", json!("fail"), "fail"),
        ("errorCode", json!(-5), "-5"),
        ("lastStateUpdateDateTime", json!(date), date),
        ("resultMessage", json!("ü\n"), "ü\n"),
        ("id", json!("one"), "one"),
    ] {
        let property = server.get(&format!("{state}/{name}")).expect_json(200);
        assert_eq!(property["value"], value);
        let context = property["@odata.context"].as_str().unwrap();
        assert_eq!(
            context,
            format!(
                "http://graph.test/beta/$metadata#deviceManagement/deviceManagementScripts('{id}')/deviceRunStates('one')/{name}"
            )
        );
        let raw = server.get(&format!("{state}/{name}/$value")).expect(200);
        assert_eq!(raw.text(), text);
        assert!(
            raw.header("content-type")
                .unwrap()
                .starts_with("text/plain")
        );
    }
    // OData 4.01 Protocol, sections 11.2.4 and 11.2.4.1: null is no content.
    for path in ["errorDescription", "errorDescription/$value"] {
        server.get(&format!("{state}/{path}")).expect(204);
    }
    for path in ["nope", "nope/$value", "runState/nope", "runState/$value/x"] {
        let answer = server.get(&format!("{state}/{path}"));
        assert!(matches!(answer.status, 400 | 404), "{path}");
    }
    let tags = server
        .get(&format!("{script}/roleScopeTagIds"))
        .expect_json(200);
    assert_eq!(tags["value"], json!([]));
}

/// OData 4.01 URL Conventions, sections 4.8, 4.10 and 4.12, and 5.1 for values.
#[test]
fn collections_of_values_are_picked_from() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let tags = json!({ "roleScopeTagIds": ["0", "7", "12"] });
    server
        .send(&Request::new("PATCH", &script).json(&tags))
        .expect(200);
    let at = format!("{script}/roleScopeTagIds");
    for (rest, expected) in [
        ("", json!(["0", "7", "12"])),
        ("?$filter=$it ne '0'&$orderby=$it desc", json!(["7", "12"])),
        ("?$filter=startswith($this,'1')", json!(["12"])),
        ("?$skip=1&$top=1", json!(["7"])),
        ("?$top=0", json!([])),
        ("/$filter($it ne '0')?$skip=1", json!(["12"])),
        ("/0", json!("0")),
        ("/-1", json!("12")),
        ("/$filter($it ne '0')/0", json!("7")),
    ] {
        let target = format!("{at}{}", rest.replace(' ', "%20"));
        assert_eq!(
            server.get(&target).expect_json(200)["value"],
            expected,
            "{rest}"
        );
    }
    let counted = server
        .get(&format!("{at}?$count=true&$top=1"))
        .expect_json(200);
    assert_eq!(counted["@odata.count"], 3);
    for (rest, count) in [
        ("/$count", "3"),
        ("/$count?$filter=$it%20ne%20'0'", "2"),
        ("/$filter($it%20ne%20'0')/$count", "2"),
    ] {
        let answer = server.get(&format!("{at}{rest}")).expect(200);
        assert_eq!(answer.text(), count, "{rest}");
    }
    for (rest, status) in [
        ("/3", 404),
        ("/-4", 404),
        ("?$skiptoken=x", 501),
        ("/x", 404),
    ] {
        let answer = server.get(&format!("{at}{rest}"));
        assert_eq!(answer.status, status, "{rest}: {}", answer.text());
    }
    let part = format!("{at}/$filter($it%20ne%20'0')");
    let put = Request::new("PUT", &part).json(&json!({ "value": [] }));
    server.send(&put).expect_error(405, "MethodNotAllowed");
}

#[test]
fn versions_and_formats_are_negotiated() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let get = |target: &str, name: &str, value: &str| {
        server.send(&Request::new("GET", target).header(name, value))
    };
    for (maximum, version) in [("4.0", "4.0"), ("4.01", "4.01")] {
        let answer = get(&script, "OData-MaxVersion", maximum).expect(200);
        assert_eq!(answer.header("odata-version"), Some(version));
    }
    for maximum in ["3.0", "x", ""] {
        get(&script, "OData-MaxVersion", maximum).expect_error(400, "BadRequest");
    }
    let metadata = "/beta/$metadata";
    for (target, accept, status) in [
        (script.as_str(), "*/*", 200),
        (&script, "application/json", 200),
        (
            &script,
            "application/json;odata.metadata=minimal;odata.streaming=true",
            200,
        ),
        (&script, "text/html, application/json;q=0.1", 200),
        (&script, "application/xml", 406),
        (&script, "text/plain", 406),
        (&script, "application/json;q=0", 406),
        (metadata, "application/xml", 200),
        (metadata, "*/*", 200),
        (metadata, "text/plain", 406),
    ] {
        let answer = get(target, "Accept", accept);
        assert_eq!(
            answer.status,
            status,
            "{target} as {accept}: {}",
            answer.text()
        );
    }
    server.get(&format!("{script}?$format=json")).expect(200);
    server
        .get(&format!("{script}?$format=application/json"))
        .expect(200);
    server
        .get(&format!("{script}?$format=atom"))
        .expect_error(406, "NotAcceptable");
    let headed = server.send(&Request::new("HEAD", &script));
    assert_eq!(headed.status, 200);
}
