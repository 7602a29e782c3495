//! Batches of both formats, sound and hostile; what is written is read back.

mod json;
mod multipart;
mod reference;
mod write;

use super::{Request, Rules};
use crate::Error;

pub(super) const RULES: Rules = Rules {
    max_requests: 5,
    ids_ignore_case: true,
};

/// `id method url` of each request, with its group, what it depends on and its body.
pub(super) fn summary(read: Result<Vec<Request>, Error>) -> Result<Vec<String>, String> {
    let requests = read.map_err(|error| {
        assert_eq!(error.code.status(), 400, "{error}");
        error.message
    })?;
    Ok(requests
        .iter()
        .map(|r| {
            let id = r.id.as_deref().unwrap_or("-");
            let mut line = format!("{id} {} {}", r.method, r.url);
            if let Some(group) = &r.group {
                line.push_str(&format!(" in {group}"));
            }
            if !r.depends_on.is_empty() {
                line.push_str(&format!(" after {:?}", r.depends_on));
            }
            if !r.body.is_empty() {
                line.push_str(&format!(" {}", String::from_utf8_lossy(&r.body)));
            }
            line
        })
        .collect())
}

/// The reading gives these lines, or an error whose message holds this text.
#[track_caller]
pub(super) fn expect(read: Result<Vec<Request>, Error>, expected: Result<&[&str], &str>) {
    match (summary(read), expected) {
        (Ok(lines), Ok(expected)) => assert_eq!(lines, expected),
        (Err(message), Err(expected)) => {
            assert!(message.contains(expected), "{message:?} lacks {expected:?}");
        }
        (found, expected) => panic!("{found:?} instead of {expected:?}"),
    }
}
