//! Reads that are one URL: filters, orders, an expansion, an aggregate, counts and a summary.

use serde_json::Value;

use super::page::SIZE;
use super::{Against, Operation, Pace, Subject, states_of};
use crate::floor::GROUP;
use crate::load::Peer;
use crate::workload::Report;

/// What an answer must look like.
type Check = Box<dyn Fn(&[u8]) -> Result<(), String> + Send + Sync>;

/// A read by one URL.
pub(super) struct Query {
    name: &'static str,
    /// Path and query behind the prefix, for the product; the next request takes the next one.
    product: Vec<String>,
    /// The floor's questions behind [`QUERY`], for each of the product's.
    floor: Vec<String>,
    pace: Pace,
    check: Check,
}

/// Where the floors answer these questions.
pub(crate) const QUERY: &str = "/query";

impl Query {
    /// `$filter` on a state that half of the rows are in, a page.
    pub(super) fn filter_state(subject: &Subject) -> Self {
        Self {
            name: "filter on state",
            product: vec![of_states(subject, "?$filter=detectionState%20eq%20'fail'")],
            floor: vec![format!("fail/{}", subject.script)],
            pace: Pace::Steady,
            check: Box::new(|body| rows(body, SIZE, |row| member(row, "detectionState") == "fail")),
        }
    }

    /// `$filter` on a range of times that a thousandth of the rows lay in when they were loaded: no
    /// index serves it.
    pub(super) fn filter_time(subject: &Subject) -> Self {
        let wanted = (subject.states / 1_000).clamp(10, SIZE as u64 - 1);
        let first = subject.states / 2;
        let [from, to] = [first, first + wanted].map(|n| Report::new(n).time());
        let filter = format!(
            "?$filter=lastStateUpdateDateTime%20ge%20{from}%20and%20lastStateUpdateDateTime%20lt%20{to}"
        );
        let (from_text, to_text) = (from.to_string(), to.to_string());
        Self {
            name: "filter on time",
            product: vec![of_states(subject, &filter)],
            floor: vec![format!(
                "range/{}?from={}&to={}",
                subject.script,
                from.ticks(),
                to.ticks()
            )],
            pace: Pace::Scan,
            check: Box::new(move |body| {
                // Reports move rows out of the range: there may be few left.
                let all = |row: &Value| {
                    let time = member(row, "lastStateUpdateDateTime");
                    (from_text.as_str()..to_text.as_str()).contains(&time)
                };
                match list(body)?.iter().all(all) {
                    true => Ok(()),
                    false => Err("a state outside of the range".to_owned()),
                }
            }),
        }
    }

    /// `$orderby` the time, the latest first, a page: no index serves it.
    pub(super) fn order_time(subject: &Subject) -> Self {
        Self {
            name: "order by time",
            product: vec![of_states(
                subject,
                "?$orderby=lastStateUpdateDateTime%20desc",
            )],
            floor: vec![format!("latest/{}", subject.script)],
            pace: Pace::Scan,
            check: Box::new(|body| {
                let times = list(body)?;
                let times = times
                    .iter()
                    .map(|row| member(row, "lastStateUpdateDateTime"));
                if times.is_sorted_by(|a, b| a >= b) {
                    rows(body, SIZE, |_| true)
                } else {
                    Err("a page out of order".to_owned())
                }
            }),
        }
    }

    /// The first page with each state's device.
    pub(super) fn expand(subject: &Subject) -> Self {
        let query = "?$expand=managedDevice($select=id,deviceName,operatingSystem)";
        let script = &subject.fleet.script;
        Self {
            name: "expand devices",
            product: vec![format!("{}{query}", states_of(script))],
            floor: vec![format!("devices/{script}")],
            pace: Pace::Steady,
            check: Box::new(|body| {
                rows(body, SIZE, |row| {
                    row.pointer("/managedDevice/deviceName").is_some()
                })
            }),
        }
    }

    /// How many states are in which state.
    pub(super) fn apply(subject: &Subject) -> Self {
        let query = "?$apply=groupby((detectionState),aggregate($count%20as%20n))";
        let states = subject.states;
        Self {
            name: "apply by state",
            product: vec![of_states(subject, query)],
            floor: vec![format!("groups/{}", subject.script)],
            pace: Pace::Scan,
            check: Box::new(move |body| {
                let groups = list(body)?;
                let counts = groups.iter().filter_map(|row| row.get("n")?.as_u64());
                let total: u64 = counts.sum();
                if total >= states {
                    Ok(())
                } else {
                    Err(format!("groups of {total} states"))
                }
            }),
        }
    }

    /// How many states there are.
    pub(super) fn count(subject: &Subject) -> Self {
        let states = subject.states;
        Self {
            name: "count states",
            product: vec![of_states(subject, "/$count")],
            floor: vec![format!("count/{}", subject.script)],
            pace: Pace::Scan,
            check: Box::new(move |body| {
                let count = std::str::from_utf8(body).ok();
                match count.and_then(|count| count.parse::<u64>().ok()) {
                    Some(count) if count >= states => Ok(()),
                    other => Err(format!("a count of {other:?}")),
                }
            }),
        }
    }

    /// The counters of a script.
    pub(super) fn summary(subject: &Subject) -> Self {
        let script = &subject.script;
        let id = script.clone();
        Self {
            name: "run summary",
            product: vec![format!(
                "/deviceManagement/deviceHealthScripts/{script}/runSummary"
            )],
            floor: vec![format!("summary/{script}")],
            pace: Pace::Steady,
            check: Box::new(move |body| super::expect(body, "id", &id).map(drop)),
        }
    }

    /// A device asks what is due, and nothing is.
    pub(super) fn check_in(subject: &Subject) -> Self {
        let devices = &subject.fleet.devices;
        let product = devices.iter().map(|device| {
            format!("/deviceManagement/managedDevices/{device}/runstate.dueScripts()")
        });
        let floor = devices.iter().map(|device| format!("due/{device}"));
        Self {
            name: "check-in",
            product: product.collect(),
            floor: floor.collect(),
            pace: Pace::Steady,
            check: Box::new(|body| match list(body)?.as_slice() {
                [] => Ok(()),
                due => Err(format!("{} scripts are due", due.len())),
            }),
        }
    }
}

impl Operation for Query {
    fn name(&self) -> &'static str {
        self.name
    }

    fn goal(&self) -> Option<f64> {
        None
    }

    fn floors(&self) -> &'static [Against] {
        &[Against::RawSql, Against::Bytes]
    }

    fn pace(&self) -> Pace {
        self.pace
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let at = usize::try_from(number).unwrap_or(0) % self.product.len();
        if peer.prefix == GROUP {
            let path = format!("{QUERY}/{}", self.floor[at]);
            peer.request(out, "GET", &path, "", &[]);
        } else {
            peer.request(out, "GET", &self.product[at], "", &[]);
        }
    }

    fn status(&self) -> u16 {
        200
    }

    fn check(&self, _number: u64, body: &[u8]) -> Result<(), String> {
        (self.check)(body)
    }
}

fn of_states(subject: &Subject, rest: &str) -> String {
    format!("{}{rest}", subject.path())
}

fn member<'v>(row: &'v Value, name: &str) -> &'v str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list(body: &[u8]) -> Result<Vec<Value>, String> {
    let mut answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(rows)) => Ok(rows),
        _ => Err("an answer without rows".to_owned()),
    }
}

/// So many rows, all of which are right.
fn rows(body: &[u8], count: usize, right: impl Fn(&Value) -> bool) -> Result<(), String> {
    let rows = list(body)?;
    match rows.iter().filter(|row| right(row)).count() {
        found if found == count && rows.len() == count => Ok(()),
        found => Err(format!("{found} right ones of {} rows", rows.len())),
    }
}
