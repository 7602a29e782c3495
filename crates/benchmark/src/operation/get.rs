//! GET of one state by its key.

use super::{Against, Operation, Subject, expect};
use crate::load::Peer;
use crate::workload::chosen;

pub(super) struct Get {
    subject: Subject,
    path: String,
}

impl Get {
    pub(super) fn new(subject: Subject) -> Self {
        let path = subject.path();
        Self { subject, path }
    }
}

impl Operation for Get {
    fn name(&self) -> &'static str {
        "GET a state"
    }

    fn goal(&self) -> Option<f64> {
        Some(0.7)
    }

    fn floors(&self) -> &'static [Against] {
        &[Against::RawSql, Against::Bytes]
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let id = self.subject.id(chosen(number, self.subject.states));
        let path = format!("{}/{id}", self.path);
        peer.request(out, "GET", &path, "", &[]);
    }

    fn status(&self) -> u16 {
        200
    }

    fn check(&self, number: u64, body: &[u8]) -> Result<(), String> {
        let id = self.subject.id(chosen(number, self.subject.states));
        expect(body, "id", &id).map(drop)
    }
}
