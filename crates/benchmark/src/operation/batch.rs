//! A `$batch` of 20 PATCHes of single states.

use std::io::Write;

use serde_json::Value;

use super::{Against, Operation, Subject};
use crate::load::Peer;
use crate::workload::{Report, chosen};

/// Parts of one request: as many as the service takes.
const PARTS: u64 = 20;

pub(super) struct Batch {
    subject: Subject,
    path: String,
}

impl Batch {
    pub(super) fn new(subject: Subject) -> Self {
        let path = subject.path();
        Self { subject, path }
    }
}

impl Operation for Batch {
    fn name(&self) -> &'static str {
        "$batch of 20"
    }

    fn goal(&self) -> Option<f64> {
        None
    }

    fn floors(&self) -> &'static [Against] {
        &[Against::GroupCommit, Against::Bytes]
    }

    fn writes(&self) -> bool {
        true
    }

    fn states(&self) -> u64 {
        PARTS
    }

    fn request(&self, peer: &Peer, number: u64, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(14 << 10);
        body.extend_from_slice(b"{\"requests\":[");
        for part in 0..PARTS {
            let number = number.wrapping_mul(PARTS) + part;
            let id = self.subject.id(chosen(number, self.subject.states));
            if part > 0 {
                body.push(b',');
            }
            // Writing to a vector cannot fail.
            let _ = write!(
                body,
                "{{\"id\":\"{}\",\"method\":\"PATCH\",\"url\":\"{}/{id}\",\
                 \"headers\":{{\"Content-Type\":\"application/json\"}},\"body\":{{",
                part + 1,
                self.path
            );
            Report::new(number).write(&mut body);
            body.extend_from_slice(b"}}");
        }
        body.extend_from_slice(b"]}");
        peer.request(out, "POST", "/$batch", "", &body);
    }

    fn status(&self) -> u16 {
        200
    }

    fn check(&self, _number: u64, body: &[u8]) -> Result<(), String> {
        let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let parts = answer.get("responses").and_then(Value::as_array);
        let fine = |part: &&Value| part.get("status").and_then(Value::as_u64) == Some(200);
        match parts.map(|parts| parts.iter().filter(fine).count() as u64) {
            Some(PARTS) => Ok(()),
            other => Err(format!("{other:?} parts answered 200")),
        }
    }
}
