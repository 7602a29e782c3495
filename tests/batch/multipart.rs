//! Batches in parts, and answers in the other form.

use super::{BATCH, get, parts, relative};
use crate::support::{HEALTH, Request, Server, make_script};
use serde_json::json;

/// Parts, each a request.
fn requests(urls: &[&str]) -> String {
    let part = |url: &&str| {
        format!(
            "--b\nContent-Type: application/http\nContent-ID: {}\n\nGET {url} HTTP/1.1\nHost: x\n\n\n",
            url.len()
        )
    };
    format!("{}--b--", urls.iter().map(part).collect::<String>())
}

#[test]
fn parts_are_answered_by_parts() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let urls = [
        script.as_str(),
        relative(&script),
        "deviceManagement?$select=id",
    ];
    let answer = server.send(&parts(&requests(&urls))).expect(200);
    let media = answer.header("content-type").unwrap().to_owned();
    let boundary = media
        .strip_prefix("multipart/mixed; boundary=")
        .unwrap()
        .to_owned();
    let text = answer.text();
    let pieces: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(pieces.len(), 5, "{text}");
    assert_eq!((pieces[0], pieces[4]), ("", "--\r\n"));
    for (piece, url) in pieces[1..].iter().zip(urls) {
        let (head, message) = piece.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Content-Type: application/http"), "{head}");
        assert!(
            head.contains(&format!("Content-ID: {}", url.len())),
            "{head}"
        );
        let (message_head, body) = message.split_once("\r\n\r\n").unwrap();
        assert!(
            message_head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{message_head}"
        );
        let body = body.strip_suffix("\r\n").unwrap();
        assert!(
            message_head.contains(&format!("content-length: {}", body.len())),
            "{piece}"
        );
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(url.ends_with(&id), body["id"] == id.as_str(), "{body}");
    }
}

#[test]
fn the_first_error_ends_it_unless_told_otherwise() {
    let server = Server::shared();
    let body = requests(&[
        "deviceManagement",
        "nothing",
        "deviceManagement/deviceHealthScripts",
    ]);
    for (preference, answered) in [
        ("return-nothing", 2),
        ("continue-on-error=false", 2),
        ("continue-on-error", 3),
        ("odata.continue-on-error=true", 3),
    ] {
        let answer = server
            .send(&parts(&body).header("Prefer", preference))
            .expect(200);
        let found = answer.text().matches("\r\nHTTP/1.1 ").count();
        assert_eq!(found, answered, "{preference}: {}", answer.text());
    }
}

#[test]
fn the_answer_is_in_the_form_that_is_accepted() {
    let server = Server::shared();
    let body = requests(&["deviceManagement", "nothing"]);
    let as_json = server.send(&parts(&body).header("Accept", "application/json"));
    let responses = as_json.expect_json(200)["responses"].take();
    assert_eq!(responses[0]["status"], 200);
    assert_eq!(
        (&responses[1]["status"], &responses[1]["id"]),
        (&json!(404), &json!("7"))
    );
    let request = Request::new("POST", BATCH).header("Accept", "multipart/mixed");
    let batch = json!({ "requests": [get("a", "deviceManagement"), get("b", "nothing")] });
    let as_parts = server.send(&request.json(&batch)).expect(200);
    let text = as_parts.text();
    assert!(
        text.contains("Content-ID: a\r\n") && text.contains("Content-ID: b\r\n"),
        "{text}"
    );
    assert!(
        text.contains("HTTP/1.1 200 OK") && text.contains("HTTP/1.1 404 Not Found"),
        "{text}"
    );
    let request = Request::new("POST", BATCH).header("Accept", "text/plain");
    server
        .send(&request.json(&batch))
        .expect_error(406, "NotAcceptable");
}
