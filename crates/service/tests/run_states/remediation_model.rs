//! What the service should hold of a remediation script, counted naively in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value};

pub(crate) const DETECTION: [&str; 6] = [
    "unknown",
    "success",
    "fail",
    "scriptError",
    "pending",
    "notApplicable",
];
pub(crate) const REMEDIATION: [&str; 5] = [
    "unknown",
    "skipped",
    "success",
    "remediationFailed",
    "scriptError",
];
/// Each counter, the property that it counts and the member.
pub(crate) const COUNTERS: [(&str, &str, &str); 9] = [
    ("noIssueDetectedDeviceCount", "detectionState", "success"),
    ("issueDetectedDeviceCount", "detectionState", "fail"),
    (
        "detectionScriptErrorDeviceCount",
        "detectionState",
        "scriptError",
    ),
    (
        "detectionScriptPendingDeviceCount",
        "detectionState",
        "pending",
    ),
    (
        "detectionScriptNotApplicableDeviceCount",
        "detectionState",
        "notApplicable",
    ),
    ("issueRemediatedDeviceCount", "remediationState", "success"),
    (
        "issueReoccurredDeviceCount",
        "remediationState",
        "remediationFailed",
    ),
    (
        "remediationScriptErrorDeviceCount",
        "remediationState",
        "scriptError",
    ),
    (
        "remediationSkippedDeviceCount",
        "remediationState",
        "skipped",
    ),
];
pub(crate) const CUMULATIVE: &str = "issueRemediatedCumulativeDeviceCount";
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

/// What a report says; `None` says nothing of the property.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) detection: Option<usize>,
    pub(crate) remediation: Option<usize>,
    /// The hour of the latest run.
    pub(crate) hour: Option<u8>,
    pub(crate) output: Option<u8>,
}

pub(crate) fn reports() -> impl Strategy<Value = Report> {
    (
        prop::option::of(0..DETECTION.len()),
        prop::option::weighted(0.7, 0..REMEDIATION.len()),
        prop::option::of(0_u8..24),
        prop::option::of(0_u8..3),
    )
        .prop_map(|(detection, remediation, hour, output)| Report {
            detection,
            remediation,
            hour,
            output,
        })
}

/// What became of the devices of one day: remediated, without an issue, with one.
pub(crate) type Counts = [i64; 3];

/// A run state in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) shown: BTreeMap<&'static str, String>,
    pub(crate) counted_day: Option<i64>,
    /// The day of the latest run, and what it counted as.
    outcome: Option<(i64, Counts)>,
    /// The runs, the latest last.
    pub(crate) runs: Vec<BTreeMap<&'static str, String>>,
}

/// All that the service should hold of one script.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) states: BTreeMap<u8, State>,
    pub(crate) adjustments: BTreeMap<&'static str, i64>,
    pub(crate) latest_run: Option<String>,
    /// By day.
    pub(crate) days: BTreeMap<i64, Counts>,
}

impl Report {
    pub(crate) fn values(&self) -> BTreeMap<&'static str, String> {
        let values = [
            (
                "detectionState",
                self.detection.map(|n| DETECTION[n].to_owned()),
            ),
            (
                "remediationState",
                self.remediation.map(|n| REMEDIATION[n].to_owned()),
            ),
            (
                "lastStateUpdateDateTime",
                self.hour.map(|h| format!("2025-01-01T{h:02}:00:00Z")),
            ),
            (
                "preRemediationDetectionScriptOutput",
                self.output.map(|n| n.to_string()),
            ),
        ];
        let given = values.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    pub(crate) fn body(&self) -> Map<String, Value> {
        let values = self.values().into_iter();
        values
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect()
    }
}

fn add(days: &mut BTreeMap<i64, Counts>, day: i64, amounts: Counts) {
    let counts = days.entry(day).or_default();
    for (count, amount) in counts.iter_mut().zip(amounts) {
        *count += amount;
    }
}

impl Known {
    pub(crate) fn create(&mut self, device: u8, report: &Report, today: i64) {
        let blank = BTreeMap::from([
            ("detectionState", "unknown".to_owned()),
            ("remediationState", "unknown".to_owned()),
            ("lastStateUpdateDateTime", NEVER.to_owned()),
        ]);
        let state = State {
            shown: blank,
            counted_day: None,
            outcome: None,
            runs: Vec::new(),
        };
        self.states.insert(device, state);
        self.change(device, report, today);
    }

    pub(crate) fn change(&mut self, device: u8, report: &Report, today: i64) {
        let Some(state) = self.states.get_mut(&device) else {
            return;
        };
        let known_by = [
            "detectionState",
            "remediationState",
            "lastStateUpdateDateTime",
        ];
        let before = known_by.map(|name| state.shown[name].clone());
        state.shown.extend(report.values());
        let after = known_by.map(|name| state.shown[name].clone());
        if before == after {
            return;
        }
        if after[1] == "success" {
            state.counted_day = Some(today);
        }
        if after[2] != NEVER {
            self.latest_run = self.latest_run.take().max(Some(after[2].clone()));
        }
        state.runs.push(state.shown.clone());
        if let Some((day, counts)) = state.outcome.take().filter(|(day, _)| *day == today) {
            add(&mut self.days, day, counts.map(|n| -n));
        }
        let holds = [
            after[1] == "success",
            after[0] == "success",
            after[0] == "fail",
        ];
        state.outcome = Some((today, holds.map(i64::from)));
        add(&mut self.days, today, holds.map(i64::from));
    }

    /// Whether there was such a state. Its latest day no longer counts it.
    pub(crate) fn remove(&mut self, device: u8) -> bool {
        let gone = self.states.remove(&device);
        if let Some((day, counts)) = gone.as_ref().and_then(|state| state.outcome) {
            add(&mut self.days, day, counts.map(|n| -n));
        }
        gone.is_some()
    }

    /// The counters as rows have them.
    pub(crate) fn counted(&self, today: i64) -> BTreeMap<&'static str, i64> {
        let count = |holds: &dyn Fn(&State) -> bool| {
            i64::try_from(self.states.values().filter(|s| holds(s)).count()).unwrap()
        };
        let mut counted: BTreeMap<_, _> = COUNTERS
            .iter()
            .map(|(counter, name, member)| (*counter, count(&|s| s.shown[name] == *member)))
            .collect();
        let recent = count(&|state| state.counted_day.is_some_and(|day| day > today - 30));
        counted.insert(CUMULATIVE, recent);
        counted
    }

    pub(crate) fn summary(&self, today: i64) -> BTreeMap<&'static str, i64> {
        let mut summary = self.counted(today);
        for (counter, adjustment) in &self.adjustments {
            *summary.entry(*counter).or_default() += adjustment;
        }
        summary
    }
}
