//! Batches: several requests in the body of one, as JSON (OData JSON Format 4.01, section 19) or
//! as `multipart/mixed` (OData 4.01 Protocol, section 11.7.7), and the answers in either form.
//!
//! Reading is strict and complete before anything runs: a batch whose framing is wrong is refused
//! as a whole, with an error that names the request at fault. What the requests themselves mean is
//! not looked at here.

mod header;
mod json;
mod message;
mod multipart;
mod order;
mod place;
mod reference;
#[cfg(test)]
mod tests;
mod write;

use crate::Error;

pub use message::write_message;
pub use reference::{identifier, may_refer, replace_in_body};
pub use write::{write_json, write_multipart};

/// How a batch or its answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `multipart/mixed`.
    Multipart,
}

/// What a service demands of a batch beyond the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most requests.
    pub max_requests: usize,
    /// Two identifiers that differ in case only are the same, as on Graph; in the standard they
    /// are not (Protocol 4.01, section 11.7.3).
    pub ids_ignore_case: bool,
}

/// Header names in lower case, with their values.
pub type Headers = Vec<(String, String)>;

/// One request of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The identifier: `id`, or `Content-ID`, which a part may lack.
    pub id: Option<String>,
    /// The method, in capitals: GET, POST, PUT, PATCH or DELETE.
    pub method: &'static str,
    /// The URL as sent: absolute, an absolute path, or relative to the service root; its first
    /// segment may be a reference to another request ([`identifier`]).
    pub url: String,
    /// Header names in lower case with their values.
    pub headers: Headers,
    /// The body as it would be sent alone: JSON text, text, or the bytes behind base64url.
    pub body: Vec<u8>,
    /// The atomicity group or change set: requests with the same one stand together, and all
    /// succeed or none does.
    pub group: Option<String>,
    /// The positions of earlier requests that must have succeeded; a group stands as its members.
    pub depends_on: Vec<usize>,
    /// The condition to run under instead (`if`), as sent.
    pub condition: Option<String>,
}

/// The answer to one request of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The identifier of the request.
    pub id: Option<String>,
    /// Its atomicity group or change set.
    pub group: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The status in words, for the status line of a part.
    pub reason: &'static str,
    /// Header names in lower case with their values, each name once.
    pub headers: Headers,
    /// The body, empty if there is none.
    pub body: Vec<u8>,
}

/// The format that a batch of a content type has, and for parts, their boundary.
///
/// # Errors
/// 415 for another media type, 400 for `multipart/mixed` without a sound boundary.
pub fn format_of(content_type: &str) -> Result<(Format, Option<String>), Error> {
    let media = header::media_type(content_type);
    if media.eq_ignore_ascii_case("application/json") {
        return Ok((Format::Json, None));
    }
    if media.eq_ignore_ascii_case("multipart/mixed") {
        return Ok((
            Format::Multipart,
            Some(multipart::boundary_of(content_type)?),
        ));
    }
    Err(Error::new(
        crate::ErrorCode::UnsupportedMediaType,
        format!(
            "Content-Type '{content_type}' is no batch; a batch is application/json or \
             multipart/mixed."
        ),
    ))
}

/// Reads a batch in JSON.
///
/// # Errors
/// 400 naming the request that is malformed, more than the service takes, or badly ordered.
pub fn read_json(body: &[u8], rules: Rules) -> Result<Vec<Request>, Error> {
    json::read(body, rules)
}

/// Reads a batch of parts, cut by a boundary.
///
/// # Errors
/// As [`read_json`].
pub fn read_multipart(body: &[u8], boundary: &str, rules: Rules) -> Result<Vec<Request>, Error> {
    multipart::read(body, boundary, rules)
}

/// Whether JSON stands as it is in a member `body`: the media type is `application/json` or has
/// the suffix `+json`.
fn is_json(media: &str) -> bool {
    let media = media.to_ascii_lowercase();
    media == "application/json" || media.starts_with("application/") && media.ends_with("+json")
}

/// Whether text stands as a string in a member `body`.
fn is_text(media: &str) -> bool {
    media
        .split_once('/')
        .is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("text"))
}
