//! A batch of reports as the floor reads and answers it: the parts are PATCHes of states of one
//! script, and nothing else.

use std::io::Write;

use axum::http::HeaderMap;
use serde::Deserialize;

use super::http::{authority, key};
use super::record::{Change, Record};
use super::state::State;

/// The body of a batch.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    requests: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    url: String,
    body: Record,
}

impl Batch {
    /// The script of all parts, and their changes; `None` if they are no reports of one script.
    pub(super) fn changes(self) -> Option<(String, Vec<Change>)> {
        let mut script = String::new();
        let mut changes = Vec::with_capacity(self.requests.len());
        for Part { url, body } in self.requests {
            let rest = url.strip_prefix("/deviceManagement/deviceHealthScripts/")?;
            let (own, id) = rest.split_once("/deviceRunStates/")?;
            if script.is_empty() {
                own.clone_into(&mut script);
            }
            if script != own {
                return None;
            }
            let key = key(own, id).to_owned();
            changes.push(Change { key, record: body });
        }
        Some((script, changes))
    }
}

/// The answer of a batch, with as many bytes of headers as the product's.
pub(super) fn answer(states: &[State], headers: &HeaderMap) -> Vec<u8> {
    const ID: &str = "00000000-0000-4000-8000-000000000000";
    let mut out = Vec::with_capacity(1_280 * states.len());
    out.extend_from_slice(b"{\"responses\":[");
    for (i, state) in states.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        // Writing to a vector cannot fail.
        let _ = write!(
            out,
            "{{\"id\":\"{}\",\"status\":200,\"headers\":{{\
             \"vary\":\"Accept, OData-MaxVersion, Prefer\",\"odata-version\":\"4.0\",\
             \"content-type\":\"application/json;odata.metadata=minimal;odata.streaming=true;\
             IEEE754Compatible=false;charset=utf-8\",\
             \"request-id\":\"{ID}\",\"client-request-id\":\"{ID}\"}},\"body\":",
            i + 1
        );
        state.write_entity(&mut out, authority(headers));
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out
}
