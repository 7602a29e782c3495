//! Content types, encodings, sizes.

use serde_json::json;

use crate::support::{HEALTH, Request, Server, make_script, make_state};

#[test]
fn bodies_are_json() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let one = format!("{script}/deviceRunStates/one");
    for media in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;odata.metadata=minimal",
        " application/json ",
    ] {
        server
            .send(&Request::new("PATCH", &one).text(media, "{}"))
            .expect(200);
    }
    for media in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "json",
        "",
        "*/*",
        "multipart/mixed; boundary=x",
    ] {
        let answer = server.send(&Request::new("PATCH", &one).text(media, "{}"));
        answer.expect_error(415, "UnsupportedMediaType");
    }
    let without = Request::new("PATCH", &one).bytes(b"{}");
    server
        .send(&without)
        .expect_error(415, "UnsupportedMediaType");
    let compressed = Request::new("PATCH", &one)
        .header("Content-Encoding", "gzip")
        .json(&json!({}));
    server
        .send(&compressed)
        .expect_error(415, "UnsupportedMediaType");
    let assign = Request::new("POST", &format!("{script}/assign")).text("text/plain", "{}");
    server
        .send(&assign)
        .expect_error(415, "UnsupportedMediaType");
    // Clients send a content type with a DELETE that has no body.
    let delete = Request::new("DELETE", &one).header("Content-Type", "application/json");
    server.send(&delete).expect(204);
}

#[test]
fn writes_are_answered_as_accepted() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    for accept in [
        "application/xml",
        "text/html",
        "application/json;odata.metadata=most",
    ] {
        let post = Request::new("POST", &states)
            .header("Accept", accept)
            .json(&json!({ "id": "one" }));
        server.send(&post).expect_error(406, "NotAcceptable");
    }
    assert_eq!(
        server.get(&format!("{states}/$count")).text(),
        "0",
        "refused before it is done"
    );
    let post = Request::new("POST", &states)
        .header("Accept", "application/json")
        .json(&json!({ "id": "one" }));
    server.send(&post).expect(201);
}

#[test]
fn preconditions_hold_for_what_exists() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let one = format!("{script}/deviceRunStates/one");
    let send = |method: &str, target: &str, tag: &str| {
        let request = Request::new(method, target).header("If-Match", tag);
        server.send(&if method == "PATCH" {
            request.json(&json!({}))
        } else {
            request
        })
    };
    send("PATCH", &one, "*").expect(200);
    send("PATCH", &one, "\"nope\"").expect_error(412, "PreconditionFailed");
    send("DELETE", &one, "W/\"1\"").expect_error(412, "PreconditionFailed");
    send("DELETE", &one, "*").expect(204);
    let gone = send("PATCH", &one, "*");
    assert!(matches!(gone.status, 404 | 412), "{}", gone.text());
}

#[test]
fn long_urls_are_refused() {
    let server = Server::shared();
    let long = |length: usize| {
        format!(
            "/beta/deviceManagement/deviceHealthScripts?a={}",
            "x".repeat(length)
        )
    };
    server.get(&long(16_000)).expect(200);
    for length in [17_000, 60_000] {
        server.get(&long(length)).expect_error(414, "UriTooLong");
    }
    let key = format!(
        "/beta/deviceManagement/deviceHealthScripts/{}",
        "x".repeat(17_000)
    );
    server.get(&key).expect_error(414, "UriTooLong");
}
