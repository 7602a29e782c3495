//! What the parse stage reports: where the text stops being OData, and what could have stood there.

use std::borrow::Cow;
use std::fmt;

use crate::Error;

/// Text that the grammar does not know, or that is larger than a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// The text breaks off the grammar.
    Unexpected {
        /// The byte at which it does, counted in the text that was parsed.
        position: usize,
        /// What could have stood there.
        expected: Cow<'static, str>,
        /// The beginning of what stands there instead; empty at the end of the text.
        found: String,
    },
    /// A limit was passed.
    Limit {
        /// The field of [`Limits`](super::Limits).
        name: &'static str,
        /// The limit.
        max: usize,
    },
}

impl SyntaxError {
    /// Moves the position, for text that was cut out of a longer one.
    #[must_use]
    pub fn map_position(mut self, map: impl FnOnce(usize) -> usize) -> Self {
        if let Self::Unexpected { position, .. } = &mut self {
            *position = map(*position);
        }
        self
    }

    /// The byte at which the grammar stops; `None` for a limit.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Unexpected { position, .. } => Some(*position),
            Self::Limit { .. } => None,
        }
    }

    /// The error of the request: 400, naming `place`, the part of the URL at fault.
    #[must_use]
    pub fn into_error(self, place: &str) -> Error {
        Error::bad_request(format!("Invalid {place}: {self}")).with_target(place)
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected {
                position,
                expected,
                found,
            } if found.is_empty() => {
                write!(
                    f,
                    "at position {position}, expected {expected} but the text ends."
                )
            }
            Self::Unexpected {
                position,
                expected,
                found,
            } => {
                write!(
                    f,
                    "at position {position}, expected {expected} but found \"{found}\"."
                )
            }
            Self::Limit { name, max } => {
                write!(f, "it exceeds the limit {name} of {max}.")
            }
        }
    }
}

impl std::error::Error for SyntaxError {}
