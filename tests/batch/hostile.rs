//! What a batch refuses: as a whole, before anything runs.

use serde_json::{Value, json};

use super::{BATCH, get, parts, patch, relative, with};
use crate::support::{HEALTH, Request, Server, make_script};

#[test]
fn a_malformed_batch_runs_nothing() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let first = patch("1", relative(&script), &json!({ "displayName": "ran" }));
    let second = get("2", "deviceManagement");
    let refused = |second: Value, named: &str| {
        let batch = json!({ "requests": [first.clone(), second] });
        let message = server.post(BATCH, &batch).expect_error(400, "BadRequest");
        assert!(message.contains(named), "{message} lacks {named}");
    };
    refused(json!(null), "requests/1");
    refused(json!({ "method": "GET", "url": "x" }), "'id'");
    refused(with(second.clone(), json!({ "id": "1" })), "'id' '1'");
    refused(
        with(second.clone(), json!({ "method": "TRACE" })),
        "'method'",
    );
    refused(with(second.clone(), json!({ "dependsOn": ["9"] })), "'9'");
    refused(with(second.clone(), json!({ "dependsOn": ["2"] })), "'2'");
    refused(
        with(second.clone(), json!({ "atomicityGroup": "1" })),
        "'atomicityGroup'",
    );
    refused(with(second.clone(), json!({ "body": {} })), "'body'");
    let stolen = json!({ "headers": { "authorization": "Bearer x" } });
    refused(with(second, stolen), "authorization");
    assert_ne!(server.get(&script).expect_json(200)["displayName"], "ran");
}

#[test]
fn what_is_no_batch_is_refused() {
    let server = Server::shared();
    let send =
        |media: &str, body: &str| server.send(&Request::new("POST", BATCH).text(media, body));
    for body in ["", "{", "[]", "{}", "null", "{\"requests\":1}"] {
        send("application/json", body).expect_error(400, "BadRequest");
    }
    send("text/plain", "x").expect_error(415, "UnsupportedMediaType");
    send("multipart/mixed", "--b--").expect_error(400, "BadRequest");
    for body in ["", "--b", "--b\n", "--b--x", "--b\n--b--", "--b\n\n--b--"] {
        server.send(&parts(body)).expect_error(400, "BadRequest");
    }
    assert_eq!(
        server
            .send(&parts("--b--"))
            .expect(200)
            .text()
            .matches("HTTP/1.1")
            .count(),
        0
    );
    server.get(BATCH).expect_error(405, "MethodNotAllowed");
    let empty = json!({ "requests": [] });
    server
        .post(&format!("{BATCH}?$top=1"), &empty)
        .expect_error(400, "BadRequest");
    for (name, value) in [
        ("If-Match", "*"),
        ("If-None-Match", "*"),
        ("Prefer", "return=minimal"),
        ("OData-Version", "3.0"),
    ] {
        let request = Request::new("POST", BATCH).header(name, value);
        let message = server
            .send(&request.json(&empty))
            .expect_error(400, "BadRequest");
        assert!(message.contains(name), "{message}");
    }
    for version in ["4.0", "4.01"] {
        let request = Request::new("POST", BATCH).header("OData-Version", version);
        server.send(&request.json(&empty)).expect(200);
    }
}

#[test]
fn hostile_urls_fail_alone() {
    let server = Server::shared();
    let long = format!("deviceManagement?$filter={}", "a".repeat(20_000));
    let urls = [
        "",
        "/",
        "//",
        "$",
        "$1",
        "?",
        "#",
        "http://",
        "http:///beta",
        "../beta/x",
        "%",
        "x/%zz",
        "deviceManagement//x",
        "$batch/x",
        "$metadata/x",
        &long,
    ];
    let requests: Vec<Value> = urls
        .iter()
        .enumerate()
        .map(|(n, url)| get(&n.to_string(), url))
        .collect();
    let answer = server
        .post(BATCH, &json!({ "requests": requests }))
        .expect_json(200);
    let responses = answer["responses"].as_array().unwrap();
    assert_eq!(responses.len(), urls.len());
    for response in responses {
        assert!(response["status"].as_u64().unwrap() < 500, "{response}");
    }
}
