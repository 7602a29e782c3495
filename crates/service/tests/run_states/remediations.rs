//! Remediations: any sequence of changes leaves the counters, the days of remediation, the time of
//! the latest run and the history as a recount in memory has them.

use std::collections::BTreeMap;

use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixture::{World, id_of};
use super::remediation_model::{COUNTERS, CUMULATIVE, Known, NEVER, Report, reports};

#[derive(Clone, Debug)]
enum Step {
    Create(u8, Report),
    Change(u8, Report),
    /// The latest change again, as a client retries.
    Retry,
    Remove(u8),
    /// A delta payload: reports and, if there are any, removals.
    Bulk(Vec<(u8, Report)>, Vec<u8>),
    /// The clock goes on, or is set back.
    PassDays(i64),
    /// A client sets a counter of the summary.
    Adjust(usize, i64),
    /// A client takes all its adjustments back.
    Reset,
}

fn steps() -> impl Strategy<Value = Step> {
    let device = 0_u8..4;
    let members = prop::collection::vec((device.clone(), reports()), 0..5);
    let removals = prop::collection::vec(device.clone(), 0..2);
    let counter = 0..=COUNTERS.len();
    prop_oneof![
        4 => (device.clone(), reports()).prop_map(|(d, r)| Step::Create(d, r)),
        8 => (device.clone(), reports()).prop_map(|(d, r)| Step::Change(d, r)),
        1 => Just(Step::Retry),
        2 => device.prop_map(Step::Remove),
        3 => (members, removals).prop_map(|(m, r)| Step::Bulk(m, r)),
        2 => (-30_i64..40).prop_map(Step::PassDays),
        1 => (counter, -3_i64..9).prop_map(|(c, n)| Step::Adjust(c, n)),
        1 => Just(Step::Reset),
    ]
}

/// One script, asked and known.
struct Subject<'w> {
    world: &'w World,
    script: String,
    known: Known,
    latest: Option<(u8, Report)>,
}

impl Subject<'_> {
    /// Devices with an even number have plain ids, the others those of the agent's form.
    fn id(&self, device: u8) -> String {
        match device % 2 {
            0 => format!("state-{device}"),
            _ => format!("{}:device-{device}", id_of(&self.script)),
        }
    }

    fn path(&self, device: u8) -> String {
        format!("{}/deviceRunStates/{}", self.script, self.id(device))
    }

    fn carry_out(&mut self, step: &Step) {
        let today = self.world.clock.day();
        let collection = format!("{}/deviceRunStates", self.script);
        match step {
            Step::Create(device, report) => {
                let mut body = report.body();
                body.insert("id".to_owned(), self.id(*device).into());
                let (status, answer) = self.ask(Method::POST, &collection, &body.into());
                let taken = self.known.states.contains_key(device);
                assert_eq!(status, if taken { 409 } else { 201 }, "{answer}");
                if !taken {
                    self.known.create(*device, report, today);
                }
            }
            Step::Change(device, report) => self.change(*device, report),
            Step::Retry => {
                if let Some((device, report)) = self.latest.clone() {
                    self.change(device, &report);
                }
            }
            Step::Remove(device) => {
                let (status, _) = self.world.ask(Method::DELETE, &self.path(*device), None);
                let gone = self.known.remove(*device);
                assert_eq!(status, if gone { 204 } else { 404 });
            }
            Step::Bulk(reports, removals) => self.bulk(&collection, reports, removals),
            Step::PassDays(days) => self.world.clock.pass_days(*days),
            Step::Adjust(counter, value) => {
                let counter = COUNTERS
                    .get(*counter)
                    .map_or(CUMULATIVE, |(name, _, _)| name);
                let body = json!({ counter: value });
                let path = format!("{}/runSummary", self.script);
                assert_eq!(self.world.patch(&path, &body)[counter], *value);
                let counted = self.known.counted(today)[counter];
                self.known.adjustments.insert(counter, value - counted);
            }
            Step::Reset => {
                self.world.delete(&format!("{}/runSummary", self.script));
                self.known.adjustments.clear();
            }
        }
    }

    fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.world.ask(method, path, Some(body))
    }

    fn change(&mut self, device: u8, report: &Report) {
        let body = report.body().into();
        let (status, answer) = self.ask(Method::PATCH, &self.path(device), &body);
        let there = self.known.states.contains_key(&device);
        assert_eq!(status, if there { 200 } else { 404 }, "{answer}");
        self.known.change(device, report, self.world.clock.day());
        self.latest = Some((device, report.clone()));
    }

    /// All or nothing: a removal of what is not there undoes the reports before it.
    fn bulk(&mut self, collection: &str, reports: &[(u8, Report)], removals: &[u8]) {
        let today = self.world.clock.day();
        let mut after = self.known.clone();
        let mut members = Vec::new();
        for (device, report) in reports {
            let mut body = report.body();
            body.insert("id".to_owned(), self.id(*device).into());
            members.push(Value::Object(body));
            if after.states.contains_key(device) {
                after.change(*device, report, today);
            } else {
                after.create(*device, report, today);
            }
        }
        let mut sound = true;
        for device in removals {
            let removed = json!({"@odata.removed": {"reason": "deleted"}, "id": self.id(*device)});
            members.push(removed);
            sound &= after.remove(*device);
        }
        let body = json!({"@odata.context": "#$delta", "value": members});
        let (status, answer) = self.ask(Method::PATCH, collection, &body);
        assert_eq!(status, if sound { 200 } else { 400 }, "{answer}");
        if sound {
            self.known = after;
        }
    }

    /// Compares the summary with the recount in memory.
    fn check_summary(&self) {
        let shown = self.world.get(&format!("{}/runSummary", self.script));
        let expected = self.known.summary(self.world.clock.day());
        let counters = expected.keys().copied();
        let found: BTreeMap<&str, i64> = counters
            .map(|counter| (counter, shown[counter].as_i64().unwrap()))
            .collect();
        assert_eq!(found, expected);
        let latest = shown["lastScriptRunDateTime"].as_str().unwrap_or(NEVER);
        assert_eq!(latest, self.known.latest_run.as_deref().unwrap_or(NEVER),);
    }

    /// Compares the last 30 days with the days in memory.
    fn check_days(&self) {
        let shown = self
            .world
            .get(&format!("{}/getRemediationHistory()", self.script));
        let shown = shown["historyData"].as_array().unwrap();
        assert_eq!(shown.len(), 30);
        let first = self.world.clock.day() - 29;
        for (day, shown) in (first..).zip(shown) {
            let names = [
                "remediatedDeviceCount",
                "noIssueDeviceCount",
                "detectFailedDeviceCount",
            ];
            let found = names.map(|name| shown[name].as_i64().unwrap());
            let expected = self.known.days.get(&day).copied().unwrap_or_default();
            assert_eq!(found, expected, "{shown}");
        }
    }

    /// Compares every state and its history.
    fn check_states(&self) {
        for (device, state) in &self.known.states {
            let shown = self.world.get(&self.path(*device));
            check_values(&shown, &state.shown);
            assert_eq!(shown["id"], self.id(*device));
            let history = format!("{}/runstate.history()", self.path(*device));
            let runs = self.world.get(&history)["value"]
                .as_array()
                .unwrap()
                .clone();
            assert_eq!(runs.len(), state.runs.len(), "{runs:?}\n{:?}", state.runs);
            for (shown, run) in runs.iter().zip(state.runs.iter().rev()) {
                check_values(shown, run);
            }
        }
        let listed = self.world.get(&format!("{}/deviceRunStates", self.script));
        assert_eq!(
            listed["value"].as_array().unwrap().len(),
            self.known.states.len()
        );
    }
}

fn check_values(shown: &Value, expected: &BTreeMap<&'static str, String>) {
    for (name, value) in expected {
        assert_eq!(shown[*name], value.as_str(), "{name} of {shown}");
    }
}

#[test]
fn any_sequence_leaves_what_a_recount_says() {
    let world = World::new();
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::with_cases(40)
    };
    let sequences = prop::collection::vec(steps(), 1..30);
    proptest!(config, |(steps in sequences)| {
        let mut subject = Subject {
            world: &world,
            script: world.new_script("deviceHealthScripts"),
            known: Known::default(),
            latest: None,
        };
        for step in &steps {
            subject.carry_out(step);
            subject.check_summary();
            subject.check_days();
        }
        subject.check_states();
        assert_eq!(world.recount(&subject.script), 0);
        subject.check_summary();
    });
}
