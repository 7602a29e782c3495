//! POST of a new state: the row, its history row and counters.

use std::io::Write;

use super::{Against, Operation, Subject, expect};
use crate::load::Peer;
use crate::workload::Report;

pub(super) struct Post {
    subject: Subject,
    path: String,
}

impl Post {
    pub(super) fn new(subject: Subject) -> Self {
        let path = subject.path();
        Self { subject, path }
    }
}

impl Operation for Post {
    fn name(&self) -> &'static str {
        "POST a state"
    }

    fn goal(&self) -> Option<f64> {
        None
    }

    fn floors(&self) -> &'static [Against] {
        &[
            Against::GroupCommit,
            Against::CommitAlone("insert"),
            Against::Bytes,
        ]
    }

    fn writes(&self) -> bool {
        true
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(640);
        let id = self.subject.id(self.subject.states + number);
        // Writing to a vector cannot fail.
        let _ = write!(body, "{{\"id\":\"{id}\",");
        Report::new(number).write(&mut body);
        body.push(b'}');
        peer.request(out, "POST", &self.path, "", &body);
    }

    fn status(&self) -> u16 {
        201
    }

    fn check(&self, number: u64, body: &[u8]) -> Result<(), String> {
        let id = self.subject.id(self.subject.states + number);
        expect(body, "id", &id)?;
        let time = Report::new(number).time().to_string();
        expect(body, "lastStateUpdateDateTime", &time).map(drop)
    }
}
