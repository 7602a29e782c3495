//! The one error type of a request, free of transport: a code from a registry, a message for the
//! client, and what only the log may see.

use std::fmt;

use crate::Methods;

/// What went wrong, as Graph names it. The code decides the HTTP status, and nothing else does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 400: the request cannot be understood or breaks a rule of the model.
    BadRequest,
    /// 401: no token, or one that does not hold.
    InvalidAuthenticationToken,
    /// 403: the token lacks the permission.
    Forbidden,
    /// 404: no such resource.
    ResourceNotFound,
    /// 405: the resource does not know this method.
    MethodNotAllowed,
    /// 406: none of the accepted formats can be served.
    NotAcceptable,
    /// 408: the request took too long to arrive.
    RequestTimeout,
    /// 409: the key is taken, or the resource is in use.
    Conflict,
    /// 410: the changes since a delta link are not kept any more; the client reads anew.
    ResyncRequired,
    /// 412: a condition of the request does not hold.
    PreconditionFailed,
    /// 413: the body is too large.
    RequestEntityTooLarge,
    /// 414: the URL is too long.
    UriTooLong,
    /// 415: the body's media type is not understood.
    UnsupportedMediaType,
    /// 424: a request that this one depends on has failed.
    FailedDependency,
    /// 429: too many requests.
    TooManyRequests,
    /// 500: our fault.
    InternalServerError,
    /// 501: a documented part of the standard that this service does not have.
    NotImplemented,
    /// 503: for now, the service cannot answer.
    ServiceUnavailable,
}

impl ErrorCode {
    /// The HTTP status of the code.
    #[must_use]
    pub fn status(self) -> u16 {
        self.registry().0
    }

    /// The code as it stands in the error object.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.registry().1
    }

    fn registry(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "BadRequest"),
            Self::InvalidAuthenticationToken => (401, "InvalidAuthenticationToken"),
            Self::Forbidden => (403, "Forbidden"),
            Self::ResourceNotFound => (404, "ResourceNotFound"),
            Self::MethodNotAllowed => (405, "MethodNotAllowed"),
            Self::NotAcceptable => (406, "NotAcceptable"),
            Self::RequestTimeout => (408, "RequestTimeout"),
            Self::Conflict => (409, "Conflict"),
            Self::ResyncRequired => (410, "resyncRequired"),
            Self::PreconditionFailed => (412, "PreconditionFailed"),
            Self::RequestEntityTooLarge => (413, "RequestEntityTooLarge"),
            Self::UriTooLong => (414, "UriTooLong"),
            Self::UnsupportedMediaType => (415, "UnsupportedMediaType"),
            Self::FailedDependency => (424, "FailedDependency"),
            Self::TooManyRequests => (429, "TooManyRequests"),
            Self::InternalServerError => (500, "InternalServerError"),
            Self::NotImplemented => (501, "NotImplemented"),
            Self::ServiceUnavailable => (503, "ServiceUnavailable"),
        }
    }
}

/// A failed request: what the client is told, and what the log is told.
#[derive(Clone, Debug)]
pub struct Error {
    /// The code; it decides the status.
    pub code: ErrorCode,
    /// For the client: names the property, option or segment and the allowed values.
    pub message: String,
    /// The property, option or segment at fault, if one is (OData JSON Format 4.01, section 21.1).
    pub target: Option<String>,
    /// For the log only: never sent.
    pub internal: Option<String>,
    /// Methods for the `Allow` header of a 405.
    pub allow: Option<Methods>,
    /// Where to begin anew: the `Location` header of a 410.
    pub location: Option<String>,
    /// When to try again, in seconds: the `Retry-After` header.
    pub retry_after: Option<u32>,
    /// A header of the service's own: its name in lower case, and its value.
    pub header: Option<Box<(&'static str, String)>>,
}

impl Error {
    /// An error with a message for the client.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            target: None,
            internal: None,
            allow: None,
            location: None,
            retry_after: None,
            header: None,
        }
    }

    /// 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// 404.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ResourceNotFound, message)
    }

    /// 410, with the URL to begin anew at.
    #[must_use]
    pub fn resync_required(location: String, message: impl Into<String>) -> Self {
        Self {
            location: Some(location),
            ..Self::new(ErrorCode::ResyncRequired, message)
        }
    }

    /// 405, with the methods that are allowed: a set, or a list such as `GET, HEAD`.
    #[must_use]
    pub fn method_not_allowed(allow: impl Into<Methods>, message: impl Into<String>) -> Self {
        Self {
            allow: Some(allow.into()),
            ..Self::new(ErrorCode::MethodNotAllowed, message)
        }
    }

    /// 500: the client learns nothing but the request id, the log gets the reason.
    #[must_use]
    pub fn internal(reason: impl fmt::Display) -> Self {
        Self {
            internal: Some(reason.to_string()),
            ..Self::new(
                ErrorCode::InternalServerError,
                "An internal error occurred. The request id identifies it in the server's log.",
            )
        }
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Names what is at fault.
    #[must_use]
    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)?;
        match &self.internal {
            Some(internal) => write!(f, " ({internal})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
