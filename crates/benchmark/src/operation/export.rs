//! An export of all states of a script as CSV in a zip archive.

use super::{Against, Operation, Pace, Subject};
use crate::floor::EXPORT;
use crate::load::Peer;

/// The columns that are exported.
pub(crate) const EXPORTED: [&str; 8] = [
    "DeviceId",
    "DeviceName",
    "DetectionScriptStatus",
    "RemediationScriptStatus",
    "ModifiedTime",
    "LastAgentUpdateTime",
    "PreRemediationDetectionScriptOutput",
    "PostRemediationDetectionScriptOutput",
];

pub(super) struct Export {
    subject: Subject,
}

impl Export {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject }
    }
}

impl Operation for Export {
    fn name(&self) -> &'static str {
        "export all states"
    }

    fn goal(&self) -> Option<f64> {
        None
    }

    fn floors(&self) -> &'static [Against] {
        &[Against::RawSql]
    }

    fn pace(&self) -> Pace {
        Pace::Export
    }

    fn states(&self) -> u64 {
        self.subject.states
    }

    /// The product is asked for a job; the floor answers the archive at once.
    fn request(&self, peer: &Peer, _number: u64, out: &mut Vec<u8>) {
        let script = &self.subject.script;
        if peer.is_floor {
            let path = format!("{EXPORT}/{script}");
            peer.request(out, "POST", &path, "Content-Length: 0\r\n", &[]);
            return;
        }
        let body = serde_json::json!({
            "reportName": "DeviceRunStatesByProactiveRemediation",
            "filter": format!("PolicyId eq '{script}'"),
            "select": EXPORTED,
        });
        let jobs = "/deviceManagement/reports/exportJobs";
        peer.request(out, "POST", jobs, "", body.to_string().as_bytes());
    }

    fn status(&self) -> u16 {
        201
    }

    /// Checks the file in the archive: a heading, and at least as many rows as were loaded.
    fn check(&self, _number: u64, file: &[u8]) -> Result<(), String> {
        let lines = file.iter().filter(|byte| **byte == b'\n').count() as u64;
        if lines > self.subject.states {
            Ok(())
        } else {
            Err(format!("an export of {lines} lines"))
        }
    }
}
