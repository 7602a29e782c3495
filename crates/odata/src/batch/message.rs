//! An HTTP message inside a part (`application/http`, RFC 9112, section 2): a request is read, an
//! answer is written.

use super::place::{Place, shown};
use super::{Answer, Headers, Request, header};
use crate::Error;

/// The most headers of a part and of the request in it.
const HEADERS: usize = 100;

/// Cuts off a line with its end; a bare LF ends one, too.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let (line, rest) = bytes.split_at(end);
    let rest = rest.get(1..).unwrap_or(&[]);
    Some((line.strip_suffix(b"\r").unwrap_or(line), rest))
}

/// Reads header lines up to and with the empty line behind them, and what follows.
pub(super) fn headers<'b>(
    mut bytes: &'b [u8],
    place: &Place,
) -> Result<(Headers, &'b [u8]), Error> {
    let mut headers = Vec::new();
    loop {
        // A message without a body may end with its last header.
        let (text, rest) = line(bytes).unwrap_or((bytes, &[]));
        let ended = bytes.is_empty() || text.is_empty();
        bytes = rest;
        if ended {
            return Ok((headers, bytes));
        }
        let text = std::str::from_utf8(text).map_err(|_| place.refuse("a header is not UTF-8."))?;
        let Some((name, value)) = text.split_once(':') else {
            let text = shown(text);
            return Err(place.refuse(format!("'{text}' is no header: it has no colon.")));
        };
        if headers.len() == HEADERS {
            return Err(place.refuse(format!("has more than {HEADERS} headers.")));
        }
        headers.push(header::header(name, value, place)?);
    }
}

/// Reads a request.
pub(super) fn request(
    mut bytes: &[u8],
    id: Option<String>,
    place: &Place,
) -> Result<Request, Error> {
    while let Some((b"", rest)) = line(bytes) {
        bytes = rest;
    }
    let (first, rest) = line(bytes).unwrap_or((bytes, &[]));
    let first =
        std::str::from_utf8(first).map_err(|_| place.refuse("the request line is not UTF-8."))?;
    let (method, url) = request_line(first, place)?;
    let (headers, rest) = headers(rest, place)?;
    if header::get(&headers, "transfer-encoding").is_some() {
        return Err(place.refuse("Transfer-Encoding is not understood inside a batch."));
    }
    let body = body(rest, method, &headers, place)?;
    Ok(Request {
        id,
        method,
        url,
        headers,
        body: body.to_vec(),
        group: None,
        depends_on: Vec::new(),
        condition: None,
    })
}

/// `GET Products HTTP/1.1`; the version may be left out.
fn request_line(text: &str, place: &Place) -> Result<(&'static str, String), Error> {
    let malformed = || {
        let text = shown(text);
        place.refuse(format!("'{text}' is no request line: METHOD URL HTTP/1.1."))
    };
    let (method, rest) = text.trim_end().split_once(' ').ok_or_else(malformed)?;
    let url = match rest.rsplit_once(' ') {
        Some((url, version)) if version.starts_with("HTTP/") => {
            if !matches!(version, "HTTP/1.0" | "HTTP/1.1") {
                return Err(place.refuse("speaks another version than HTTP/1.1."));
            }
            url
        }
        _ => rest,
    };
    let url = url.trim();
    if url.is_empty() || url.chars().any(char::is_control) {
        return Err(malformed());
    }
    Ok((header::method(method, place)?, url.to_owned()))
}

/// The body: as long as `Content-Length` says, else all that is left.
fn body<'b>(
    rest: &'b [u8],
    method: &str,
    headers: &[(String, String)],
    place: &Place,
) -> Result<&'b [u8], Error> {
    let blank = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_whitespace);
    let body = match header::get(headers, "content-length") {
        None if blank(rest) => &[],
        None => rest,
        Some(length) => {
            let length: usize = length.parse().map_err(|_| {
                place.refuse(format!("Content-Length '{}' is no number.", shown(length)))
            })?;
            match rest.split_at_checked(length) {
                Some((body, behind)) if blank(behind) => body,
                _ => {
                    return Err(place.refuse(format!(
                        "Content-Length is {length}, but the body has {} bytes.",
                        rest.len()
                    )));
                }
            }
        }
    };
    if !blank(body) && matches!(method, "GET" | "DELETE") {
        return Err(place.refuse(format!("{method} may not have a body.")));
    }
    Ok(body)
}

/// Writes an answer as an HTTP message: status line, headers, `Content-Length`, body.
pub fn write_message(out: &mut Vec<u8>, answer: &Answer) {
    out.extend_from_slice(format!("HTTP/1.1 {} {}\r\n", answer.status, answer.reason).as_bytes());
    for (name, value) in &answer.headers {
        out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if !answer.body.is_empty() {
        out.extend_from_slice(format!("content-length: {}\r\n", answer.body.len()).as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&answer.body);
}
