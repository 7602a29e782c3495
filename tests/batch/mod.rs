//! `$batch` over HTTP: several requests in one, in JSON and in parts.

mod groups;
mod hostile;
mod json;
mod multipart;
mod throttled;

use serde_json::{Value, json};

use crate::support::{Client, Request};

const BATCH: &str = "/beta/$batch";

/// Sends a batch of these requests; answers its responses by id, in the order of the requests.
#[track_caller]
fn send(client: &Client, requests: &[Value]) -> Vec<Value> {
    let answer = client.post(BATCH, &json!({ "requests": requests }));
    let mut responses = match answer.expect_json(200)["responses"].take() {
        Value::Array(responses) => responses,
        other => panic!("{other}"),
    };
    let id = |value: &Value| match &value["id"] {
        Value::String(id) => id.clone(),
        number => number.to_string(),
    };
    requests
        .iter()
        .filter_map(|request| {
            let at = responses.iter().position(|r| r["id"] == id(request))?;
            let response = responses.remove(at);
            check(&response);
            Some(response)
        })
        .collect()
}

/// What holds for every response of a batch.
#[track_caller]
fn check(response: &Value) {
    let headers = response["headers"].as_object().expect("headers");
    let request_id = headers["request-id"].as_str().expect("a request id");
    assert_eq!(request_id.len(), 36, "{response}");
    let status = response["status"].as_u64().expect("a status");
    assert_eq!(response.get("body").is_some(), status != 204, "{response}");
    if status >= 400 {
        let error = &response["body"]["error"];
        assert_eq!(error["innerError"]["request-id"], request_id, "{response}");
        assert!(!error["message"].as_str().expect("a message").is_empty());
    }
}

fn statuses(responses: &[Value]) -> Vec<u64> {
    let status = |response: &Value| response["status"].as_u64().expect("a status");
    responses.iter().map(status).collect()
}

fn post(id: &str, url: &str, body: &Value) -> Value {
    json!({ "id": id, "method": "POST", "url": url, "body": body,
        "headers": { "Content-Type": "application/json" } })
}

fn patch(id: &str, url: &str, body: &Value) -> Value {
    json!({ "id": id, "method": "PATCH", "url": url, "body": body,
        "headers": { "Content-Type": "application/json" } })
}

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

/// A request with more members.
fn with(mut request: Value, members: Value) -> Value {
    let (Value::Object(request_members), Value::Object(members)) = (&mut request, members) else {
        panic!("{request} is no object");
    };
    request_members.extend(members);
    request
}

/// A URL of the tests' helpers as it is relative to the service root.
fn relative(url: &str) -> &str {
    url.strip_prefix("/beta/").expect("it is under the root")
}

fn parts(body: &str) -> Request {
    Request::new("POST", BATCH).text("multipart/mixed; boundary=b", &body.replace('\n', "\r\n"))
}
