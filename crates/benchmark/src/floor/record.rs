//! A report as the floor reads it: serde_json into a struct, no model.

use serde::Deserialize;

use crate::workload::instant::Instant;
use crate::workload::{self, Report};

/// The body of a PATCH or POST of one state.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    pub(super) id: Option<String>,
    pub(super) detection_state: Detection,
    #[serde(deserialize_with = "instant")]
    pub(super) last_state_update_date_time: Instant,
    #[serde(deserialize_with = "instant")]
    pub(super) last_sync_date_time: Instant,
    pub(super) pre_remediation_detection_script_output: String,
    pub(super) pre_remediation_detection_script_error: String,
    pub(super) remediation_script_error: String,
    pub(super) post_remediation_detection_script_output: String,
    pub(super) post_remediation_detection_script_error: String,
    pub(super) remediation_state: Remediation,
}

/// The body of a bulk PATCH.
#[derive(Debug, Deserialize)]
pub(super) struct Bulk {
    pub(super) value: Vec<Record>,
}

/// `runState`, by the numbers that the model gives its members.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Detection {
    Unknown = 0,
    Success = 1,
    Fail = 2,
    ScriptError = 3,
    Pending = 4,
    NotApplicable = 5,
}

/// `remediationState`, likewise.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Remediation {
    Unknown = 0,
    Skipped = 1,
    Success = 2,
    #[serde(rename = "remediationFailed")]
    Failed = 3,
    ScriptError = 4,
}

/// The members of `runState` by number.
pub(super) const DETECTION: [&str; 6] = [
    "unknown",
    "success",
    "fail",
    "scriptError",
    "pending",
    "notApplicable",
];
/// The members of `remediationState` by number.
pub(super) const REMEDIATION: [&str; 5] = [
    "unknown",
    "skipped",
    "success",
    "remediationFailed",
    "scriptError",
];

fn instant<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = <&str>::deserialize(deserializer)?;
    Instant::parse(text).ok_or_else(|| serde::de::Error::custom("not a date-time with 7 digits"))
}

/// A record for the state with a key.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) key: String,
    pub(super) record: Record,
}

impl Change {
    /// The change with a number, made without JSON: for the group commit alone.
    pub(super) fn made(number: u64, key: u64) -> Self {
        let report = Report::new(number);
        let outcome = report.outcome();
        let record = Record {
            id: None,
            detection_state: match outcome.detection {
                "fail" => Detection::Fail,
                _ => Detection::Success,
            },
            last_state_update_date_time: report.time(),
            last_sync_date_time: report.time(),
            pre_remediation_detection_script_output: format!(
                "C: 12 % free, cache 8{number:09} bytes"
            ),
            pre_remediation_detection_script_error: String::new(),
            remediation_script_error: String::new(),
            post_remediation_detection_script_output: "C: 31 % free".to_owned(),
            post_remediation_detection_script_error: String::new(),
            remediation_state: match outcome.remediation {
                "success" => Remediation::Success,
                "remediationFailed" => Remediation::Failed,
                _ => Remediation::Skipped,
            },
        };
        Self {
            key: workload::key(key),
            record,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_made_is_the_record_read() {
        for number in 0..64 {
            let mut body = b"{".to_vec();
            Report::new(number).write(&mut body);
            body.push(b'}');
            let read: Record = serde_json::from_slice(&body).unwrap();
            let made = Change::made(number, 0).record;
            assert_eq!(format!("{read:?}"), format!("{made:?}"));
        }
        assert_eq!(
            DETECTION[Detection::NotApplicable as usize],
            "notApplicable"
        );
        assert_eq!(
            REMEDIATION[Remediation::ScriptError as usize],
            "scriptError"
        );
    }
}
