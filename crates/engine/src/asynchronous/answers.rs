//! An answer as it is kept: its status, its headers as lines, its body in pieces.

use edm::Value;
use http::{HeaderMap, HeaderName, HeaderValue};
use store::Row;

use super::rows::Layout;
use crate::exchange::Response;

/// Bytes of a piece: a statement of the database holds at most one.
const PIECE: usize = 1 << 20;

/// A body in pieces.
pub(super) fn pieces(body: &bytes::Bytes) -> Vec<bytes::Bytes> {
    let starts = (0..body.len()).step_by(PIECE);
    starts
        .map(|from| body.slice(from..body.len().min(from + PIECE)))
        .collect()
}

/// The columns of an answer whose body has so many pieces.
pub(super) fn head(layout: Layout, answer: &Response, pieces: usize) -> Vec<(usize, Value)> {
    let number = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    vec![
        (layout.status, Value::Integer(answer.status.into())),
        (layout.headers, Value::String(lines(&answer.headers))),
        (layout.length, number(answer.body.len())),
        (layout.count, number(pieces)),
    ]
}

/// The answer that a row and a body are.
pub(super) fn read(layout: Layout, row: &Row, body: Vec<u8>) -> Response {
    let status = row[layout.status].as_i64().unwrap_or_default();
    Response {
        status: u16::try_from(status).unwrap_or(500),
        headers: headers(row[layout.headers].as_str().unwrap_or_default()),
        body: body.into(),
    }
}

fn lines(headers: &HeaderMap) -> String {
    let mut lines = String::new();
    for (name, value) in headers {
        lines.push_str(name.as_str());
        lines.push(':');
        lines.push_str(&String::from_utf8_lossy(value.as_bytes()));
        lines.push('\n');
    }
    lines
}

fn headers(lines: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were() {
        let mut given = HeaderMap::new();
        for (name, value) in [
            ("content-type", "application/json;odata.metadata=minimal"),
            ("location", "http://h:1/beta/x('a: b')"),
            ("vary", "accept"),
            ("vary", "prefer"),
            ("empty", ""),
        ] {
            given.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(headers(&lines(&given)), given);
    }

    #[test]
    fn pieces_make_the_body() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let body: bytes::Bytes = (0..length).map(|n| n.to_le_bytes()[0]).collect();
            let pieces = pieces(&body);
            assert!(
                pieces
                    .iter()
                    .all(|piece| (1..=PIECE).contains(&piece.len()))
            );
            assert_eq!(pieces.concat(), body);
        }
    }
}
