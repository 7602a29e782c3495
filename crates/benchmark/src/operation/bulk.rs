//! PATCH of the collection with a delta payload of 1,000 reports for states that exist, in one
//! transaction; the client wants no answer beyond 204.

use std::io::Write;

use super::{Against, Operation, Subject};
use crate::load::Peer;
use crate::workload::{Report, chosen};

/// Members of one request.
pub(crate) const MEMBERS: u64 = 1_000;

pub(super) struct Bulk {
    subject: Subject,
    path: String,
}

impl Bulk {
    pub(super) fn new(subject: Subject) -> Self {
        let path = subject.path();
        Self { subject, path }
    }
}

impl Operation for Bulk {
    fn name(&self) -> &'static str {
        "bulk PATCH of 1000"
    }

    fn goal(&self) -> Option<f64> {
        Some(0.6)
    }

    fn floors(&self) -> &'static [Against] {
        &[
            Against::CommitAlone("bulk"),
            Against::GroupCommit,
            Against::Bytes,
        ]
    }

    fn states(&self) -> u64 {
        MEMBERS
    }

    /// A few clients fill the writer; more would only wait.
    fn connections(&self, asked: usize) -> usize {
        asked.min(4)
    }

    fn writes(&self) -> bool {
        true
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let first = number.wrapping_mul(MEMBERS);
        let members = (first..first + MEMBERS)
            .map(|number| (chosen(number, self.subject.states), Report::new(number)));
        let body = payload(&self.subject, members);
        let prefer = "Prefer: return=minimal\r\n";
        peer.request(out, "PATCH", &self.path, prefer, &body);
    }

    fn status(&self) -> u16 {
        204
    }

    fn check(&self, _number: u64, body: &[u8]) -> Result<(), String> {
        if body.is_empty() {
            Ok(())
        } else {
            Err("a 204 with a body".to_owned())
        }
    }
}

/// A delta payload of reports for states.
pub(crate) fn payload(subject: &Subject, members: impl Iterator<Item = (u64, Report)>) -> Vec<u8> {
    let mut body = Vec::with_capacity(512 << 10);
    body.extend_from_slice(b"{\"@odata.context\":\"#$delta\",\"value\":[");
    for (i, (state, report)) in members.enumerate() {
        if i > 0 {
            body.push(b',');
        }
        // Writing to a vector cannot fail.
        let _ = write!(body, "{{\"id\":\"{}\",", subject.id(state));
        report.write(&mut body);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body
}
