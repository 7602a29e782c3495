//! No answer precedes the sync. A kill cannot show that, since the kernel keeps what was written:
//! `strace` slows the sync down, or has it fail.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::server::Data;
use super::workload::{a_while, check_counters, check_file, new_script, report};

const DELAY: Duration = Duration::from_millis(200);

/// Whether `strace` works here. Where tests decide what lands it must.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let works = traced.is_ok_and(|status| status.success());
    if !works {
        assert!(
            std::env::var_os("CI").is_none(),
            "strace is missing or not allowed"
        );
        println!("NOT RUN: strace is missing or not allowed here");
    }
    works
}

/// Starts what comes behind it with one fault in its syncs. The tracer is the child, so that the
/// server keeps its own process id.
fn traced<'a>(log: &'a str, fault: &'a str) -> Vec<&'a str> {
    let calls = "trace=fdatasync,fsync,read,recvfrom,write,writev,sendto,sendmsg";
    vec![
        "strace", "-D", "-f", "-q", "-y", "-s", "24", "-o", log, "-e", calls, "-e", fault,
    ]
}

/// A directory with a script that has states `s0` to `s3`, made without faults.
fn prepared() -> (Data, String) {
    let data = Data::new();
    let server = data.serve();
    let mut client = server.client();
    let script = new_script(&mut client);
    for n in 0..4 {
        let mut body = report(1);
        body["id"] = format!("s{n}").into();
        client.expect(
            201,
            "POST",
            &format!("{script}/deviceRunStates"),
            Some(&body),
        );
    }
    server.stop();
    (data, script)
}

/// What a log tells, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Received,
    SyncBegun,
    SyncDone,
    Answered,
}

/// Reads a log: requests to change, syncs of the database's log that succeeded, answers of success.
fn events(log: &str) -> Vec<Event> {
    let mut syncing: Vec<&str> = Vec::new();
    let mut events = Vec::new();
    for line in log.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let done = call.contains(" = 0");
        if call.contains("\"PATCH ") {
            events.push(Event::Received);
        } else if call.contains("\"HTTP/1.1 200") {
            events.push(Event::Answered);
        } else if call.starts_with("fdatasync(") && call.contains("-wal>") {
            events.push(Event::SyncBegun);
            if call.contains("unfinished") {
                syncing.push(thread);
            } else if done {
                events.push(Event::SyncDone);
            }
        } else if call.starts_with("<... fdatasync resumed>") && syncing.contains(&thread) {
            syncing.retain(|other| *other != thread);
            if done {
                events.push(Event::SyncDone);
            }
        }
    }
    events
}

/// The log, once the tracer has written it all.
fn whole_log(path: &Path) -> String {
    let begun = Instant::now();
    loop {
        let log = std::fs::read_to_string(path).unwrap();
        if log.trim_end().ends_with("+++") {
            return log;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the tracer does not end: {log}"
        );
        a_while(20);
    }
}

#[test]
fn no_answer_precedes_the_sync() {
    if !can_trace() {
        return;
    }
    let (data, script) = prepared();
    let log = data.path().join("trace");
    let fault = format!("inject=fdatasync:delay_enter={}", DELAY.as_micros());
    let server = data.serve_under(&traced(log.to_str().unwrap(), &fault));
    let mut client = server.client();
    for number in 2..8 {
        let begun = Instant::now();
        let path = format!("{script}/deviceRunStates/s0");
        client.expect(200, "PATCH", &path, Some(&report(number)));
        assert!(
            begun.elapsed() >= DELAY,
            "answered after {:?}",
            begun.elapsed()
        );
    }
    server.stop();
    let log = whole_log(&log);
    let events = events(&log);
    let mut synced = false;
    let mut answers = 0;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Received => synced = false,
            Event::SyncDone if events[at - 1] == Event::SyncBegun => synced = true,
            Event::Answered => {
                assert!(synced, "an answer without a sync before it: {events:?}");
                answers += 1;
            }
            Event::SyncBegun | Event::SyncDone => {}
        }
    }
    assert_eq!(answers, 6, "{log}");
    let whole_sync = log.lines().find(|line| line.contains(" fsync("));
    assert_eq!(whole_sync, None, "SQLite is built to sync data alone");
}

#[test]
fn what_is_in_flight_at_a_stop_is_synced_and_answered() {
    if !can_trace() {
        return;
    }
    let (data, script) = prepared();
    let log = data.path().join("trace");
    let delay = Duration::from_secs(3);
    let fault = format!("inject=fdatasync:delay_enter={}", delay.as_micros());
    let server = data.serve_under(&traced(log.to_str().unwrap(), &fault));
    let mut clients: Vec<_> = (0..4).map(|_| server.client()).collect();
    let begun = Instant::now();
    for (n, client) in clients.iter_mut().enumerate() {
        let path = format!("{script}/deviceRunStates/s{n}");
        client.send("PATCH", &path, Some(&report(5))).unwrap();
    }
    // Long enough to arrive, and far shorter than the sync that all wait for.
    a_while(1_500);
    server.terminate();
    for client in &mut clients {
        let (status, answer) = client.receive().unwrap();
        assert_eq!(status, 200, "{answer}");
        assert!(
            begun.elapsed() >= delay,
            "nothing was in flight at the stop"
        );
    }
    let (status, said) = server.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    let server = data.serve();
    let mut client = server.client();
    for n in 0..4 {
        let state = client.get(&format!("{script}/deviceRunStates/s{n}"));
        assert_eq!(state["detectionState"], report(5)["detectionState"]);
    }
    check_counters(&mut client, &script);
    server.stop();
}

#[test]
fn no_write_succeeds_whose_sync_fails() {
    if !can_trace() {
        return;
    }
    let (data, script) = prepared();
    let log = data.path().join("trace");
    let fault = "inject=fdatasync:error=EIO";
    let server = data.serve_under(&traced(log.to_str().unwrap(), fault));
    let mut client = server.client();
    let states = format!("{script}/deviceRunStates");
    for number in 2..8 {
        let path = format!("{states}/s{}", number % 4);
        let mut new = report(number);
        new["id"] = format!("new{number}").into();
        let asked = [
            ("PATCH", path.as_str(), report(number)),
            ("POST", states.as_str(), new),
        ];
        for (method, path, body) in asked {
            let (status, answer) = client.ask(method, path, Some(&body)).unwrap();
            assert_eq!(status, 503, "{method} {path}: {answer}");
            assert_eq!(answer["error"]["code"], "ServiceUnavailable");
        }
        // Reads go on, and show nothing of what failed.
        let shown = client.get(&path);
        assert_eq!(
            shown["lastStateUpdateDateTime"],
            report(1)["lastStateUpdateDateTime"]
        );
        assert_eq!(client.get(&states)["value"].as_array().unwrap().len(), 4);
    }
    server.kill();
    assert!(whole_log(&log).contains("EIO"), "no sync was made to fail");
    // What a failed sync left is in doubt, as after a power cut: each write wholly there, or not.
    let server = data.serve();
    let mut client = server.client();
    check_counters(&mut client, &script);
    for state in client.get(&states)["value"].as_array().unwrap() {
        let path = format!("{states}/{}", state["id"].as_str().unwrap());
        let history = client.get(&format!("{path}/runstate.history()"));
        let latest = &history["value"][0];
        for name in ["detectionState", "lastStateUpdateDateTime"] {
            assert_eq!(latest[name], state[name], "{name} of {path}");
        }
    }
    client.expect(200, "PATCH", &format!("{states}/s0"), Some(&report(50)));
    check_counters(&mut client, &script);
    server.stop();
    check_file(&data);
}
