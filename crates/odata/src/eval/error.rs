//! Why an expression has no value.

use crate::error::{Error, ErrorCode};

/// Why an expression has no value for an instance. All but [`EvalError::Unavailable`] are the
/// client's: what the expression asks for cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// `div` or `mod` by zero of numbers that have no infinity (URL Conventions 5.1.1.2.5).
    #[error("division by zero")]
    DivisionByZero,
    /// The result does not fit its type.
    #[error("the result of '{0}' is out of range")]
    Overflow(&'static str),
    /// The third argument of `substring` is negative (section 5.1.1.5.7).
    #[error("the length given to 'substring' is negative")]
    NegativeLength,
    /// No regular expression of ECMAScript, or one beyond what is served; why.
    #[error("the regular expression of 'matchespattern' {0}")]
    Pattern(String),
    /// The limit of a `topcount`, `toppercent`, … is not what it must be.
    #[error("the first parameter of a top or bottom transformation must be {0}")]
    Limit(&'static str),
    /// The expression takes more steps than one evaluation may.
    #[error("the expression takes more than {0} steps for one item")]
    Work(u64),
    /// The expression is nested deeper than this.
    #[error("the expression is nested deeper than {0}")]
    Depth(usize),
    /// The expression needs something that is not at hand: what.
    #[error("{0} cannot be evaluated here")]
    Unavailable(String),
}

impl From<EvalError> for Error {
    fn from(error: EvalError) -> Self {
        let code = match error {
            EvalError::Unavailable(_) => ErrorCode::NotImplemented,
            _ => ErrorCode::BadRequest,
        };
        let text = error.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        let message: String = first.into_iter().chain(letters).chain(['.']).collect();
        Self::new(code, message)
    }
}
