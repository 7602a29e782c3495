//! Reads a batch of parts (`multipart/mixed`, RFC 2046, section 5.1; OData 4.01 Protocol, section
//! 11.7.7.1).

use std::collections::HashSet;

use super::place::{Place, shown, too_many};
use super::{Request, Rules, header, message, order};
use crate::Error;

/// The longest boundary (RFC 2046, section 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// The boundary parameter of a content type.
pub(super) fn boundary_of(content_type: &str) -> Result<String, Error> {
    let refuse = || {
        Error::bad_request(format!(
            "Content-Type multipart/mixed needs a boundary of 1 to {LONGEST_BOUNDARY} characters."
        ))
        .with_target("Content-Type")
    };
    let boundary = content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim().trim_matches('"'))
        .ok_or_else(refuse)?;
    let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    let sound = (1..=LONGEST_BOUNDARY).contains(&boundary.len())
        && boundary.bytes().all(is_legal)
        && !boundary.ends_with(' ');
    if sound {
        Ok(boundary.to_owned())
    } else {
        Err(refuse())
    }
}

/// Reads the batch.
pub(super) fn read(body: &[u8], boundary: &str, rules: Rules) -> Result<Vec<Request>, Error> {
    let mut reader = Reader {
        requests: Vec::new(),
        change_sets: 0,
        rules,
    };
    let top = parts(body, boundary, rules.max_requests)
        .map_err(|fault| fault.into_error("The batch", rules, None))?;
    for part in top {
        reader.part(part)?;
    }
    let mut requests = reader.requests;
    name_change_sets(&mut requests);
    let drafts = requests
        .into_iter()
        .map(|request| order::Draft {
            request,
            depends_on: Vec::new(),
        })
        .collect();
    order::resolve(drafts, rules)
}

struct Reader {
    requests: Vec<Request>,
    change_sets: usize,
    rules: Rules,
}

impl Reader {
    /// A part of the batch: a request, or a change set.
    fn part(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let place = Place::new(self.requests.len());
        let (headers, content) = message::headers(bytes, &place)?;
        let content_type = header::get(&headers, "content-type").unwrap_or("");
        if !header::media_type(content_type).eq_ignore_ascii_case("multipart/mixed") {
            let request = self.request(&headers, content)?;
            return self.push(request);
        }
        let boundary = boundary_of(content_type)
            .map_err(|error| place.refuse(format!("begins a change set: {}", error.message)))?;
        let parts = parts(content, &boundary, self.rules.max_requests)
            .map_err(|fault| fault.into_error("The change set", self.rules, Some(&place)))?;
        if parts.is_empty() {
            return Err(place.refuse("begins a change set without requests."));
        }
        let group = self.change_sets.to_string();
        self.change_sets += 1;
        for part in parts {
            let request = self.change(part)?;
            self.push(Request {
                group: Some(group.clone()),
                ..request
            })?;
        }
        Ok(())
    }

    /// A request in a change set. Without a Content-ID no other can refer to it.
    fn change(&self, bytes: &[u8]) -> Result<Request, Error> {
        let mut place = Place::new(self.requests.len());
        let (headers, content) = message::headers(bytes, &place)?;
        let request = self.request(&headers, content)?;
        place.id.clone_from(&request.id);
        if request.method == "GET" {
            return Err(place.refuse("reads, which a change set may not."));
        }
        Ok(request)
    }

    fn request(&self, headers: &[(String, String)], content: &[u8]) -> Result<Request, Error> {
        let mut place = Place::new(self.requests.len());
        let content_type = header::get(headers, "content-type").unwrap_or("");
        let media = header::media_type(content_type);
        if !media.eq_ignore_ascii_case("application/http") {
            let media = shown(media);
            return Err(place.refuse(format!(
                "is a part of type '{media}'; a request is application/http, and a change set, \
                 which holds no other, is multipart/mixed."
            )));
        }
        let encoding = header::get(headers, "content-transfer-encoding").unwrap_or("binary");
        if !["binary", "8bit", "7bit"]
            .iter()
            .any(|e| e.eq_ignore_ascii_case(encoding))
        {
            return Err(place.refuse("has a Content-Transfer-Encoding; parts are binary."));
        }
        let id = header::get(headers, "content-id").map(str::to_owned);
        if let Some(id) = &id {
            order::check_identifier(id, "Content-ID", &place)?;
        }
        place.id.clone_from(&id);
        let mut request = message::request(content, id, &place)?;
        if request.id.is_none() {
            // Some clients say it among the headers of the request.
            request.id = header::get(&request.headers, "content-id").map(str::to_owned);
        }
        Ok(request)
    }

    fn push(&mut self, request: Request) -> Result<(), Error> {
        if self.requests.len() == self.rules.max_requests {
            return Err(too_many(self.rules.max_requests));
        }
        self.requests.push(request);
        Ok(())
    }
}

/// Calls each change set as no request is called.
fn name_change_sets(requests: &mut [Request]) {
    let ids: HashSet<String> = requests
        .iter()
        .filter_map(|request| request.id.as_ref())
        .map(|id| id.to_lowercase())
        .collect();
    let mut prefix = "changeset".to_owned();
    while ids.iter().any(|id| id.starts_with(&prefix)) {
        prefix.push('_');
    }
    for request in requests {
        if let Some(group) = &mut request.group {
            *group = format!("{prefix}{group}");
        }
    }
}

/// Why parts could not be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// No line is the boundary.
    NoBoundary,
    /// The closing boundary is missing.
    Unclosed,
    /// There are more parts than requests may be.
    TooMany,
}

impl Fault {
    fn into_error(self, what: &str, rules: Rules, place: Option<&Place>) -> Error {
        let message = match self {
            Self::TooMany => return too_many(rules.max_requests),
            Self::NoBoundary => format!("{what} has no line with its boundary."),
            Self::Unclosed => format!("{what} does not end with its closing boundary."),
        };
        match place {
            Some(place) => place.refuse(message),
            None => Error::bad_request(message),
        }
    }
}

/// The parts between the boundary's lines, each without the line end that belongs to the boundary.
fn parts<'b>(body: &'b [u8], boundary: &str, limit: usize) -> Result<Vec<&'b [u8]>, Fault> {
    let delimiter = format!("--{boundary}");
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut begun: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let rest = body.get(at..).unwrap_or(&[]);
        let end = rest
            .iter()
            .position(|b| *b == b'\n')
            .map_or(rest.len(), |n| n + 1);
        let (line, _) = rest.split_at(end);
        if let Some(closes) = delimits(line, delimiter.as_bytes()) {
            if let Some(start) = begun {
                if parts.len() == limit {
                    return Err(Fault::TooMany);
                }
                let part = body.get(start..at).unwrap_or(&[]);
                let part = part.strip_suffix(b"\n").unwrap_or(part);
                parts.push(part.strip_suffix(b"\r").unwrap_or(part));
            }
            if closes {
                return Ok(parts);
            }
            begun = Some(at + end);
        }
        at += end;
    }
    Err(match begun {
        None => Fault::NoBoundary,
        Some(_) => Fault::Unclosed,
    })
}

/// Whether a line is a boundary, and if so, whether the closing one.
fn delimits(line: &[u8], delimiter: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(delimiter)?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}
