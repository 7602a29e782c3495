//! PATCH of one state: a run, with its history row and counters, durable before it is answered.

use super::{Against, Operation, Subject, expect};
use crate::load::Peer;
use crate::workload::{Report, chosen};

pub(super) struct Patch {
    subject: Subject,
    path: String,
}

impl Patch {
    pub(super) fn new(subject: Subject) -> Self {
        let path = subject.path();
        Self { subject, path }
    }
}

impl Operation for Patch {
    fn name(&self) -> &'static str {
        "PATCH a state"
    }

    fn goal(&self) -> Option<f64> {
        Some(0.75)
    }

    fn floors(&self) -> &'static [Against] {
        &[
            Against::GroupCommit,
            Against::CommitAlone("report"),
            Against::BareUpdate,
            Against::Bytes,
        ]
    }

    fn writes(&self) -> bool {
        true
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let id = self.subject.id(chosen(number, self.subject.states));
        let mut body = Vec::with_capacity(512);
        body.push(b'{');
        Report::new(number).write(&mut body);
        body.push(b'}');
        let path = format!("{}/{id}", self.path);
        peer.request(out, "PATCH", &path, "", &body);
    }

    fn status(&self) -> u16 {
        200
    }

    fn check(&self, number: u64, body: &[u8]) -> Result<(), String> {
        let report = Report::new(number);
        let id = self.subject.id(chosen(number, self.subject.states));
        expect(body, "id", &id)?;
        expect(body, "detectionState", report.outcome().detection)?;
        let time = report.time().to_string();
        expect(body, "lastStateUpdateDateTime", &time).map(drop)
    }
}
