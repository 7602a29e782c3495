//! Jobs that run in the background, and what they export.

use serde_json::{Value, json};

use super::archive::{JOBS, content, export, fetch};
use crate::support::{HEALTH, PLATFORM, Server, make_device, make_script, make_state};

const REPORT: &str = "DeviceRunStatesByProactiveRemediation";

#[test]
fn a_csv_has_the_columns_in_the_order_asked_for() {
    let server = Server::shared();
    let device = json!({ "deviceName": "=cmd|' /C calc'!A0", "userPrincipalName": "ada@x", "osVersion": "14" });
    let device = make_device(&server, &device);
    let (script, id) = make_script(&server, &HEALTH);
    make_state(
        &server,
        &script,
        &json!({ "id": format!("{id}:{device}"), "detectionState": "fail", "remediationState": "success",
            "preRemediationDetectionScriptOutput": "one, \"two\"\r\n-3", "lastStateUpdateDateTime": "2024-01-02T03:04:05Z" }),
    );
    let body = json!({ "reportName": REPORT, "filter": format!("(PolicyId eq '{id}')"),
        "select": ["DeviceName", "DetectionStatus", "DetectionScriptStatus", "upn", "ModifiedTime", "PreRemediationDetectionScriptOutput", "DeviceId"] });
    let job = export(&server, &body);
    assert_eq!(job["select"], body["select"]);
    assert!(
        job["id"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{REPORT}_"))
    );
    let (name, text) = content(&server, &job);
    assert_eq!(name, format!("{}.csv", job["id"].as_str().unwrap()));
    let expected = format!(
        "DeviceName,DetectionStatus,DetectionScriptStatus,UPN,ModifiedTime,PreRemediationDetectionScriptOutput,DeviceId\r\n\
         '=cmd|' /C calc'!A0,2,fail,ada@x,2024-01-02T03:04:05Z,\"one, \"\"two\"\"\r\n-3\",{device}\r\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn the_download_begins_with_the_public_url() {
    let server = Server::start_with(&["--public-url", "https://graph.example.com"]);
    let (_, id) = make_script(&server, &HEALTH);
    let filter = format!("PolicyId eq '{id}'");
    let job = export(&server, &json!({ "reportName": REPORT, "filter": filter }));
    let url = job["url"].as_str().unwrap();
    assert!(url.starts_with("https://graph.example.com/"), "{url}");
}

#[test]
fn rows_are_those_of_the_paged_view() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    // More than one slice of the export.
    let states: Vec<Value> = (0..1_250)
        .map(|i| json!({ "id": format!("s{i}"), "detectionState": if i % 5 == 0 { "fail" } else { "success" } }))
        .collect();
    for state in &states[..3] {
        make_state(&server, &script, state);
    }
    for slice in states[3..].chunks(400) {
        let body = json!({ "@odata.context": "#$delta", "value": slice });
        server
            .patch(&format!("{script}/deviceRunStates"), &body)
            .expect(200);
    }
    for (more, count) in [("", 1_250), (" and DetectionStatus eq '2'", 250)] {
        let filter = format!("PolicyId eq '{id}'{more}");
        let body = json!({ "reportName": REPORT, "filter": filter, "format": "json" });
        let (name, text) = content(&server, &export(&server, &body));
        assert!(name.ends_with(".json"));
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| row["PolicyId"] == json!(id)));
        let shown = format!("/beta/deviceManagement/reports/{REPORT}/$count?$filter={filter}");
        assert_eq!(server.get(&shown).expect(200).text(), count.to_string());
    }
}

#[test]
fn the_other_reports() {
    let server = Server::shared();
    let (health, policy) = make_script(&server, &HEALTH);
    make_state(&server, &health, &json!({ "id": "x" }));
    let (script, id) = make_script(&server, &PLATFORM);
    make_state(
        &server,
        &script,
        &json!({ "id": "y", "errorCode": -5, "resultMessage": "@x", "runState": "fail" }),
    );
    let all = json!({ "reportName": "PolicyRunStatesByProactiveRemediation", "format": "json" });
    let (_, text) = content(&server, &export(&server, &all));
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let ours: Vec<_> = rows
        .iter()
        .filter(|row| row["PolicyId"] == json!(policy))
        .collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours[0]["PolicyName"], "A script");
    assert_eq!(ours[0].as_object().unwrap().len(), 29);
    let scripts = json!({ "reportName": "DeviceRunStatesByScript", "filter": format!("PolicyId eq '{id}'"),
        "select": ["RunState", "ErrorCode", "PolicyResultDetail"] });
    let (_, text) = content(&server, &export(&server, &scripts));
    assert_eq!(
        text,
        "RunState,ErrorCode,PolicyResultDetail\r\nfail,-5,'@x\r\n"
    );
    // A report of nothing has its columns alone.
    server.delete(&script).expect(204);
    let (_, text) = content(&server, &export(&server, &scripts));
    assert_eq!(text, "RunState,ErrorCode,PolicyResultDetail\r\n");
}

#[test]
fn a_url_serves_its_own_archive_alone() {
    let server = Server::shared();
    let (_, id) = make_script(&server, &HEALTH);
    let body = json!({ "reportName": REPORT, "filter": format!("PolicyId eq '{id}'") });
    let (first, second) = (export(&server, &body), export(&server, &body));
    let url = first["url"].as_str().unwrap();
    let (front, secret) = url.rsplit_once('/').unwrap();
    assert_eq!(secret.len(), 64);
    assert!(
        first["expirationDateTime"].as_str().unwrap() > first["requestDateTime"].as_str().unwrap()
    );
    let (_, other) = second["url"].as_str().unwrap().rsplit_once('/').unwrap();
    for wrong in ["", "x", other, &secret[..63], &format!("{secret}/")] {
        fetch(&server, &format!("{front}/{wrong}")).expect_error(404, "ResourceNotFound");
    }
    fetch(&server, url).expect(200);
    server
        .delete(&format!("{JOBS}/{}", first["id"].as_str().unwrap()))
        .expect(204);
    fetch(&server, url).expect_error(404, "ResourceNotFound");
    fetch(&server, second["url"].as_str().unwrap()).expect(200);
}

#[test]
fn the_container_is_always_there_and_its_jobs_go() {
    let server = Server::start();
    let reports = "/beta/deviceManagement/reports";
    let (_, id) = make_script(&server, &HEALTH);
    let body = json!({ "reportName": REPORT, "filter": format!("PolicyId eq '{id}'") });
    let job = export(&server, &body);
    assert_eq!(server.get(JOBS).expect(200).values().len(), 1);
    let before = server.get(reports).expect_json(200);
    server.delete(reports).expect(204);
    assert_eq!(server.get(JOBS).expect(200).values().len(), 0);
    fetch(&server, job["url"].as_str().unwrap()).expect_error(404, "ResourceNotFound");
    assert_eq!(server.get(reports).expect_json(200), before);
    assert_eq!(
        server.count_in_database("SELECT COUNT(*) FROM export_chunk"),
        0
    );
}
