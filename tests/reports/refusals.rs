//! Exports that cannot be.

use serde_json::{Value, json};

use super::archive::{JOBS, export};
use crate::support::{HEALTH, Request, Server, make_script};

#[test]
fn what_cannot_be_exported_is_refused_at_once() {
    let server = Server::shared();
    let report = "DeviceRunStatesByProactiveRemediation";
    let filter = "PolicyId eq 'x'";
    let check = |body: Value, target: &str, words: &str| {
        let message = server.post(JOBS, &body).expect_error(400, "BadRequest");
        assert!(
            message.contains(target) && message.contains(words),
            "{body}: {message}"
        );
    };
    check(json!({}), "reportName", report);
    check(json!({ "reportName": "Devices" }), "reportName", report);
    check(json!({ "reportName": report }), "filter", "PolicyId");
    for filter in [
        "DetectionStatus eq '1'",
        "PolicyId ne 'x'",
        "PolicyId eq 'x' or DeviceId eq 'y'",
        "not (PolicyId eq 'x')",
        "PolicyId eq null",
    ] {
        check(
            json!({ "reportName": report, "filter": filter }),
            "filter",
            "PolicyId",
        );
    }
    check(
        json!({ "reportName": report, "filter": "Nothing eq 'x'" }),
        "filter",
        "Nothing",
    );
    check(
        json!({ "reportName": report, "filter": "PolicyId eq 'x'&$top=1" }),
        "filter",
        "",
    );
    check(
        json!({ "reportName": report, "filter": filter, "select": ["DeviceName", "Nothing"] }),
        "select",
        "Nothing",
    );
    check(
        json!({ "reportName": report, "filter": filter, "format": "pdf" }),
        "format",
        "csv",
    );
    check(
        json!({ "reportName": report, "filter": filter, "search": "x" }),
        "search",
        "filter",
    );
}

#[test]
fn a_job_stays_as_it_was_asked_for() {
    let server = Server::shared();
    let (_, id) = make_script(&server, &HEALTH);
    let filter = format!("PolicyId eq '{id}'");
    let body = json!({ "reportName": "DeviceRunStatesByProactiveRemediation", "filter": filter });
    let job = export(&server, &body);
    let url = format!("{JOBS}/{}", job["id"].as_str().unwrap());
    let patch = json!({ "url": "https://elsewhere", "status": "failed", "filter": "x" });
    server.patch(&url, &patch).expect(200);
    assert_eq!(server.get(&url).expect_json(200), job);
    let path = job["url"].as_str().unwrap().split_once("://").unwrap().1;
    let path = &path[path.find('/').unwrap()..];
    for method in ["POST", "DELETE", "PUT"] {
        let anyone = server.client_with(None);
        anyone
            .exchange(&Request::new(method, path))
            .expect_error(405, "MethodNotAllowed");
    }
}
