//! Writers that know what was acknowledged to them, and the proof that it is all there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::server::{Data, Server};

/// One answer of a state's history holds no more runs than this.
const MOST_RUNS: u32 = 900;
const DETECTION: [&str; 4] = ["success", "fail", "scriptError", "pending"];

/// The states of one writer: the number of the latest report of each state that was acknowledged,
/// and of the one that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    state: String,
    acknowledged: u32,
    sent: u32,
}

impl Written {
    /// Whether anything was acknowledged.
    pub(crate) fn is_some(&self) -> bool {
        self.acknowledged > 0
    }

    /// The same, as if nothing had been acknowledged.
    pub(crate) fn in_doubt(&self) -> Self {
        Self {
            acknowledged: 0,
            ..self.clone()
        }
    }
}

/// Makes a script and answers its path.
pub(crate) fn new_script(client: &mut Client) -> String {
    let script = json!({"displayName": "a script"});
    let made = client.expect(201, "POST", "deviceHealthScripts", Some(&script));
    format!("deviceHealthScripts/{}", made["id"].as_str().unwrap())
}

/// The report of a number: each is a run, and says its number in two places.
pub(crate) fn report(number: u32) -> Value {
    json!({
        "detectionState": DETECTION[number as usize % DETECTION.len()],
        "lastStateUpdateDateTime": time(number),
        "preRemediationDetectionScriptOutput": format!("{number}:{}", "x".repeat(500)),
    })
}

fn time(number: u32) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!(
        "2025-01-{:02}T{:02}:{:02}:{second:02}Z",
        minute / 1440 + 1,
        minute / 60 % 24,
        minute % 60
    )
}

/// Reports on one state, again and again, until the server ends or `stop` is set: the first report
/// makes the state.
fn write_until(client: &mut Client, states: &str, id: &str, stop: &AtomicBool) -> Written {
    let mut written = Written {
        state: format!("{states}/{id}"),
        acknowledged: 0,
        sent: 0,
    };
    while !stop.load(Ordering::Relaxed) && written.sent < MOST_RUNS {
        written.sent += 1;
        let mut body = report(written.sent);
        let answer = if written.sent == 1 {
            body["id"] = id.into();
            client.ask("POST", states, Some(&body))
        } else {
            client.ask("PATCH", &written.state, Some(&body))
        };
        match answer {
            Ok((200 | 201, _)) => written.acknowledged = written.sent,
            Ok((status, answer)) => panic!("{}: {status} {answer}", written.state),
            Err(_) => break,
        }
    }
    written
}

/// Writers on connections of their own while `meanwhile` runs; what they wrote.
pub(crate) fn write_while(
    servers: &[&Server<'_>],
    script: &str,
    prefix: &str,
    writers: usize,
    meanwhile: impl FnOnce(),
) -> Vec<Written> {
    let stop = AtomicBool::new(false);
    let states = format!("{script}/deviceRunStates");
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..writers)
            .map(|n| {
                let mut client = servers[n % servers.len()].client();
                let (id, states, stop) = (format!("{prefix}-{n}"), &states, &stop);
                scope.spawn(move || write_until(&mut client, states, &id, stop))
            })
            .collect();
        meanwhile();
        // Who was not ended by the server has written enough.
        stop.store(true, Ordering::Relaxed);
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    })
}

/// A moment of writing.
pub(crate) fn a_while(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

/// Every acknowledged report is there with its run in the history, none is half there, and the
/// counters are those of the states.
pub(crate) fn check(client: &mut Client, script: &str, written: &[Written]) {
    for one in written {
        check_state(client, one);
    }
    check_counters(client, script);
}

fn check_state(client: &mut Client, written: &Written) {
    let path = &written.state;
    let (status, state) = client.ask("GET", path, None).unwrap();
    if status == 404 {
        assert_eq!(
            written.acknowledged, 0,
            "{path} was acknowledged and is not there"
        );
        return;
    }
    assert_eq!(status, 200, "{path}: {state}");
    let number = check_report(&state);
    assert!(
        (written.acknowledged..=written.sent).contains(&number),
        "{path} shows report {number} of {written:?}"
    );
    let history = client.get(&format!("{path}/runstate.history()"));
    let numbers: Vec<u32> = history["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(check_report)
        .collect();
    assert!(
        numbers.iter().rev().copied().eq(1..=number),
        "{path}: {number} {numbers:?}"
    );
}

/// The number of the report that a state or a run shows: the whole of it.
fn check_report(shown: &Value) -> u32 {
    let output = shown["preRemediationDetectionScriptOutput"]
        .as_str()
        .unwrap();
    let number = output.split_once(':').unwrap().0.parse().unwrap();
    for (name, value) in report(number).as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    number
}

/// The counters of a script are those of its states, and a recount changes nothing.
pub(crate) fn check_counters(client: &mut Client, script: &str) {
    let summary = client.get(&format!("{script}/runSummary"));
    let states = client.get(&format!("{script}/deviceRunStates?$top=1000"));
    assert!(
        states.get("@odata.nextLink").is_none(),
        "the test reads one page"
    );
    let states = states["value"].as_array().unwrap();
    let counters = [
        "noIssueDetectedDeviceCount",
        "issueDetectedDeviceCount",
        "detectionScriptErrorDeviceCount",
        "detectionScriptPendingDeviceCount",
    ];
    for (state, counter) in DETECTION.iter().zip(counters) {
        let counted = states
            .iter()
            .filter(|shown| shown["detectionState"] == *state);
        assert_eq!(summary[counter], counted.count(), "{counter}");
    }
    let latest = states
        .iter()
        .filter_map(|s| s["lastStateUpdateDateTime"].as_str())
        .max();
    if let Some(latest) = latest {
        assert_eq!(summary["lastScriptRunDateTime"], latest);
    }
    let corrected = client.expect(200, "POST", &format!("{script}/runstate.recount"), None);
    assert_eq!(corrected["value"], 0);
}

/// The database file is sound.
pub(crate) fn check_file(data: &Data) {
    let connection = rusqlite::Connection::open(data.database()).unwrap();
    let verdict: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}
