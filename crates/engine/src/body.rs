//! A request's body, bound to the model.

use odata::json::{self, Node};
use odata::{Error, ErrorCode};

use crate::exchange::Request;
use crate::negotiate;

/// The body as JSON.
///
/// # Errors
/// 415 for another media type, 400 for malformed JSON or none at all.
pub(crate) fn required(request: &Request) -> Result<Node, Error> {
    negotiate::content_is_json(&request.headers)?;
    json::parse(&request.body)
}

/// Whether the body says that it is JSON.
pub(crate) fn is_json(request: &Request) -> bool {
    negotiate::content_is_json(&request.headers).is_ok()
}

/// The body as JSON, if there is one.
///
/// # Errors
/// As [`required`].
pub(crate) fn optional(request: &Request) -> Result<Option<Node>, Error> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    required(request).map(Some)
}

/// Prefixes the target and message of an error with where in a body it happened.
pub(crate) fn at(index: usize, error: Error) -> Error {
    if error.code.status() >= 500 {
        return error;
    }
    let place = format!("value/{index}");
    let target = match &error.target {
        Some(target) if target.starts_with("value/") => target.clone(),
        Some(target) => format!("{place}/{target}"),
        None => place.clone(),
    };
    let code = match error.code {
        // The collection exists; a member's key that does not is a fault of the body.
        ErrorCode::ResourceNotFound => ErrorCode::BadRequest,
        code => code,
    };
    Error {
        code,
        message: format!("{place}: {}", error.message),
        target: Some(target),
        ..error
    }
}
