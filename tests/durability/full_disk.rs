//! A disk that is full: writes are refused with an error object, reads go on, and once there is
//! space again so do the writes. A limit on file sizes stands for the disk.
#![cfg(target_os = "linux")]

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use super::client::Client;
use super::server::{Data, Server};
use super::workload::{check_counters, check_file, new_script, report};

fn limit_files(server: &Server<'_>, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
}

/// A report of half a megabyte, and as much again in the history: no limit of a test has room for
/// many.
fn large_report(number: u32) -> Value {
    let mut report = report(number);
    let output = format!("{number}:{}", "x".repeat(500_000));
    report["preRemediationDetectionScriptOutput"] = output.into();
    report
}

/// Leaves room for about three large reports behind the database's log as it is.
fn limit_space(data: &Data, server: &Server<'_>) {
    let log = data.path().join("runstate.db-wal");
    let length = std::fs::metadata(log).unwrap().len();
    limit_files(server, Some(length + (7 << 19)));
}

/// Reports until one is refused, and answers the number of the last that was not.
fn report_until_refused(client: &mut Client, path: &str, first: u32) -> u32 {
    for number in first..first + 50 {
        let (status, answer) = client
            .ask("PATCH", path, Some(&large_report(number)))
            .unwrap();
        if status != 200 {
            check_refusal(status, &answer);
            assert!(number > first, "the first report has room");
            return number - 1;
        }
    }
    panic!("the limit is never met");
}

fn check_refusal(status: u16, answer: &Value) {
    assert_eq!(status, 503, "{answer}");
    let error = &answer["error"];
    assert_eq!(error["code"], "ServiceUnavailable");
    assert!(error["innerError"]["request-id"].is_string(), "{answer}");
}

fn shown(client: &mut Client, path: &str) -> String {
    let state = client.get(path);
    let output = state["preRemediationDetectionScriptOutput"]
        .as_str()
        .unwrap();
    output.split_once(':').unwrap().0.to_owned()
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_space() {
    let data = Data::new();
    let server = data.serve();
    let mut client = server.client();
    let script = new_script(&mut client);
    let states = format!("{script}/deviceRunStates");
    client.expect(201, "POST", &states, Some(&json!({"id": "a"})));
    let path = format!("{states}/a");
    limit_space(&data, &server);
    let last = report_until_refused(&mut client, &path, 1);
    for number in 101..104 {
        let (status, answer) = client
            .ask("PATCH", &path, Some(&large_report(number)))
            .unwrap();
        check_refusal(status, &answer);
        let body = json!({"id": format!("b{number}"), "preRemediationDetectionScriptOutput": "x".repeat(900_000)});
        let (status, answer) = client.ask("POST", &states, Some(&body)).unwrap();
        check_refusal(status, &answer);
        assert_eq!(shown(&mut client, &path), last.to_string());
    }
    assert_eq!(client.get(&states)["value"].as_array().unwrap().len(), 1);
    // There is space again: the same server goes on.
    limit_files(&server, None);
    client.expect(200, "PATCH", &path, Some(&large_report(177)));
    assert_eq!(shown(&mut client, &path), "177");
    check_counters(&mut client, &script);
    // And once more, to the end: what was refused is not there after a restart either.
    limit_space(&data, &server);
    let last = report_until_refused(&mut client, &path, 200);
    server.kill();
    let server = data.serve();
    let mut client = server.client();
    assert_eq!(shown(&mut client, &path), last.to_string());
    client.expect(200, "PATCH", &path, Some(&large_report(399)));
    check_counters(&mut client, &script);
    server.stop();
    check_file(&data);
}
