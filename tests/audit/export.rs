//! The events as lines, beside a running server.

use serde_json::{Value, json};

use super::newest;
use crate::support::{HEALTH, Server};

#[test]
fn json_lines_are_what_is_hashed() {
    let server = Server::start();
    server
        .post(
            &HEALTH.url(),
            &json!({ "displayName": "Ünïcode \u{1f600} \"quoted\"" }),
        )
        .expect(201);
    let lines = server.runstate(&["audit", "export", "--format", "jsonl"]);
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), newest(&server).len());
    let mut previous = "0".repeat(64);
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(line["sequence"], i + 1);
        assert_eq!(line["previousHash"], previous);
        previous = line["hash"].as_str().unwrap().to_owned();
    }
    let head = server.runstate(&["audit", "verify"]);
    let expected = format!(
        "{}:{}:{previous}\n",
        lines[0]["serverId"].as_str().unwrap(),
        lines.len()
    );
    assert_eq!(head, expected);
}

#[test]
fn no_cell_is_a_formula() {
    let server = Server::start();
    let formula = "=HYPERLINK(\"http://x\",\"y\")";
    server
        .post(
            &HEALTH.url(),
            &json!({ "displayName": formula, "publisher": "@SUM(A1)" }),
        )
        .expect(201);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.csv");
    let output = file.to_str().unwrap();
    server.runstate(&["audit", "export", "--format", "csv", "--output", output]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("serverId,sequence,activityDateTime,"),
        "{text}"
    );
    assert!(
        text.contains("\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
        "{text}"
    );
    assert!(text.contains(",'@SUM(A1),"), "{text}");
    let again = server.try_runstate(&["audit", "export", "--output", output]);
    assert!(!again.status.success(), "an existing file stays");
}
