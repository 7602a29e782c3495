//! Why a pass did not come to its end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::pass::PassReport;

/// Why a pass failed. None of its texts holds the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// The server's URL cannot be used.
    #[error("the server's URL cannot be used: {0}")]
    ServerUrl(String),
    /// The token cannot be sent in a header.
    #[error("the token cannot be used: {0}")]
    Token(&'static str),
    /// There is nothing yet to get tokens with.
    #[error(
        "this device has not enrolled yet: give --enrollment-token or --enrollment-token-file (or, for \
         tests, a token by --token, --token-file or RUNSTATE_TOKEN)"
    )]
    NotEnrolled,
    /// An option has a value that cannot be used.
    #[error("{option} cannot be used: {reason}")]
    Option {
        /// The option, as the command line names it.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or directory of the agent's own cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried: "read", "write", ….
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another pass holds the state directory: two at once would run each script twice.
    #[error("another agent is at work with the state directory {}", .0.display())]
    AlreadyRunning(PathBuf),
    /// No answer came, in spite of all attempts.
    #[error("{method} {url}: no answer after {attempts} attempts: {reason}")]
    Unreachable {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt ended with.
        reason: String,
    },
    /// The service answered with an error.
    #[error(transparent)]
    Api(#[from] Box<ApiError>),
    /// The service answered what the API does not allow, or more than the agent takes.
    #[error("{method} {url}: the answer cannot be used: {reason}")]
    Answer {
        /// The HTTP method.
        method: &'static str,
        /// The URL.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A link of the service leads elsewhere; the token must not follow it.
    #[error("the service answered with a link to elsewhere, which the token must not follow: {0}")]
    ForeignLink(String),
    /// Scripts ran, but some of their run states did not reach the service.
    #[error("{count} run states could not be reported; the first: {first}")]
    Unreported {
        /// How many.
        count: usize,
        /// Why the first could not.
        first: Box<AgentError>,
        /// What ran, including what could not be reported.
        report: Box<PassReport>,
    },
}

impl AgentError {
    /// Makes the [`AgentError::File`] of an action on a path, for `map_err`.
    pub(crate) fn file(
        action: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }

    /// The HTTP status, if the service answered with an error.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            _ => None,
        }
    }
}

/// The error object of the service's answer: `{"error": {"code", "message", "innerError"}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP method of the request.
    pub method: &'static str,
    /// The URL of the request.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The error's code; empty if the answer holds no error object.
    pub code: String,
    /// The error's message; what the answer begins with if it holds no error object.
    pub message: String,
    /// The service's id of the request, which its log knows.
    pub request_id: Option<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.url, self.status)?;
        if !self.code.is_empty() {
            write!(f, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request-id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}
