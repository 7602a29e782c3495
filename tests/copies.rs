//! Backups, restoring them, and copies from one database to another, by the command line.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rusqlite::types::Value as Sql;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_postgres::postgres;

use crate::support::{HEALTH, Server, make_device, make_script, make_state};

const STATES: usize = 20;

/// All rows of a file but those of logs, a text for each.
fn rows(file: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(file).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%_change'";
    let mut tables = database.prepare(tables).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut found = Vec::new();
    for name in names.map(Result::unwrap) {
        let mut select = database
            .prepare(&format!("SELECT * FROM \"{name}\""))
            .unwrap();
        let width = select.column_count();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<Sql> = (0..width).map(|at| row.get(at).unwrap()).collect();
            found.push(format!("{name} {cells:?}"));
        }
    }
    found.sort();
    found
}

/// A remediation with run states: its URL, and those of the states.
fn world(server: &Server) -> (String, Vec<String>) {
    let (script, _) = make_script(server, &HEALTH);
    make_device(server, &json!({ "deviceName": "Zoë's \u{1F4BB}" }));
    let make = |n: usize| {
        let body = json!({
            "id": format!("state-{n:03}"),
            "detectionState": "success",
            "lastStateUpdateDateTime": "2026-01-01T00:00:00.1234567+03:00",
            "preRemediationDetectionScriptOutput": "line\nanother \u{1F600}",
        });
        let id = make_state(server, &script, &body)["id"].clone();
        format!("{script}/deviceRunStates/{}", id.as_str().unwrap())
    };
    let states = (0..STATES).map(make).collect();
    (script, states)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn refused(output: &Output, part: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(part), "{said}");
}

/// What a script's run summary says, and what its states say.
fn counted(server: &Server, script: &str) -> [(Value, usize); 2] {
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    let states = server.get(&format!("{script}/deviceRunStates?$top=999"));
    let states = states.values();
    let of = |state: &str| {
        states
            .iter()
            .filter(|s| s["detectionState"] == state)
            .count()
    };
    [
        (summary["noIssueDetectedDeviceCount"].clone(), of("success")),
        (summary["issueDetectedDeviceCount"].clone(), of("fail")),
    ]
}

#[test]
fn a_backup_beside_reports_holds_one_instant_and_is_restored() {
    let server = Server::start();
    let (script, states) = world(&server);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.db");
    let (stop, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    let before = std::thread::scope(|scope| {
        scope.spawn(|| {
            for (n, state) in (0_u64..).zip(states.iter().cycle()) {
                let body = json!({
                    "detectionState": if n % 3 == 0 { "success" } else { "fail" },
                    "lastStateUpdateDateTime": format!("2026-02-01T00:00:00.{n:07}Z"),
                });
                server.patch(state, &body).expect(200);
                acknowledged.store(n + 1, Ordering::SeqCst);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        while acknowledged.load(Ordering::SeqCst) < 50 {
            std::thread::yield_now();
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let said = server.runstate(&["database", "backup", text(&file)]);
        assert!(
            said.contains(" written, 0 removed; each was compared."),
            "{said}"
        );
        stop.store(true, Ordering::SeqCst);
        before
    });
    refused(
        &server.try_runstate(&["database", "backup", text(&file)]),
        "is there already",
    );

    let restored = Arc::new(tempfile::tempdir().unwrap());
    let restored_file = restored.path().join("runstate.db");
    server_less(&["database", "restore", text(&file)], restored.path());
    assert_eq!(rows(&restored_file), rows(&file));
    let copy = Server::start_in(restored, None);
    for (summary, counted) in counted(&copy, &script) {
        assert_eq!(summary, counted);
    }
    // What was acknowledged before the backup began is in it.
    let kept = copy
        .get(&format!("{script}/deviceRunStates?$top=999"))
        .values();
    let reached = |n: u64| format!("2026-02-01T00:00:00.{n:07}Z");
    let latest = kept
        .iter()
        .filter_map(|s| s["lastStateUpdateDateTime"].as_str());
    let latest = latest.max().unwrap().to_owned();
    assert!(latest >= reached(before - 1), "{latest} {before}");
    // And it goes on from there.
    let body = json!({ "detectionState": "pending" });
    copy.patch(&states[0], &body).expect(200);
    make_state(&copy, &script, &json!({ "id": "new" }));
}

/// Runs a command on the database of a directory that no server has.
#[track_caller]
fn server_less(line: &[&str], directory: &Path) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_runstate"))
        .args(line)
        .args(["--data-dir", text(directory)])
        .env_remove("RUNSTATE_DATABASE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn copy(from: &str, to: &str, more: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_runstate"))
        .args(["database", "copy", "--from", from, "--to", to])
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn delta_links_of_another_timeline_are_not_followed() {
    let server = Server::start();
    let (script, _) = world(&server);
    let tracked = format!("{script}/deviceRunStates/delta()");
    let page = server.get(&tracked).expect_json(200);
    let link = page["@odata.deltaLink"].as_str().unwrap();
    let link = link.strip_prefix("http://graph.test").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("backup.db");
    server.runstate(&["database", "backup", text(&file)]);
    server.get(link).expect(200);

    let restored = Arc::new(tempfile::tempdir().unwrap());
    server_less(&["database", "restore", text(&file)], restored.path());
    let copy = Server::start_in(restored, None);
    copy.get(link).expect(410);
    let page = copy.get(&tracked).expect_json(200);
    assert_eq!(page["value"].as_array().map(Vec::len), Some(STATES));
    let link = page["@odata.deltaLink"].as_str().unwrap();
    copy.get(link.strip_prefix("http://graph.test").unwrap())
        .expect(200);
}

#[test]
fn a_database_moves_to_postgresql_and_back() {
    let Some(cluster) = postgres() else {
        return;
    };
    let directory = Arc::new(tempfile::tempdir().unwrap());
    let server = Server::start_in(directory.clone(), None);
    let (script, states) = world(&server);
    let (from, to) = (text(directory.path()).to_owned(), cluster.new_database());
    let moved = copy(&from, &to, &[]);
    assert!(moved.status.success(), "{moved:?}");
    refused(&copy(&from, &to, &[]), "Say --replace");

    // What changes meanwhile is brought along by the second time, and nothing else is written.
    server
        .patch(&states[0], &json!({ "detectionState": "fail" }))
        .expect(200);
    server.delete(&states[1]).expect(204);
    drop(server);
    let again = copy(&from, &to, &["--replace"]);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success(), "{again:?}");
    let written = said
        .split_once(": ")
        .and_then(|(_, rest)| rest.split_once(' '));
    let written: u64 = written.unwrap().0.parse().unwrap();
    assert!((1..15).contains(&written), "{said}");

    let back = tempfile::tempdir().unwrap();
    let returned = copy(&to, text(back.path()), &[]);
    assert!(returned.status.success(), "{returned:?}");
    let file = |directory: &TempDir| rows(&directory.path().join("runstate.db"));
    assert_eq!(file(&back), file(&directory));

    // The database hands out keys that are free, and counters go on.
    let server = Server::start_in(Arc::new(tempfile::tempdir().unwrap()), Some(to));
    server
        .patch(&states[0], &json!({ "detectionState": "success" }))
        .expect(200);
    server
        .patch(&states[2], &json!({ "detectionState": "fail" }))
        .expect(200);
    for (summary, counted) in counted(&server, &script) {
        assert_eq!(summary, counted);
    }
}

#[test]
fn what_cannot_be_copied_is_told() {
    let empty = tempfile::tempdir().unwrap();
    let target = tempfile::tempdir().unwrap();
    let (from, to) = (text(empty.path()), text(target.path()));
    refused(&copy(from, to, &[]), "cannot open the database");
    refused(
        &copy("mysql://h/d", to, &[]),
        "postgres://USER@HOST/DATABASE",
    );
    refused(&copy(from, "postgres://nobody@127.0.0.1:1/none", &[]), "");
    std::fs::write(empty.path().join("runstate.db"), "no database").unwrap();
    refused(&copy(from, to, &[]), "not a database");
    assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0);
}
