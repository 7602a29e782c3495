//! Regular expressions of ECMAScript (OData 4.01 URL Conventions, section 5.1.1.7.1), matched in
//! time linear to the text: those that need to go back (backreferences, lookaround) are refused.

mod flags;
mod translate;

use regex::{Regex, RegexBuilder};

use super::error::EvalError;

/// The longest expression, in bytes.
const MAX_LENGTH: usize = 4 * 1024;
/// What an expression may take in memory once compiled, in bytes.
const MAX_COMPILED: usize = 1024 * 1024;
/// How deep groups may nest.
const MAX_DEPTH: u32 = 50;

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles an expression with its flags: `i`, `m`, `s`, `u` and `y` as in ECMAScript; `d` and
    /// `g` change nothing here. It matches by Unicode code points, with `u` or without.
    ///
    /// # Errors
    /// A malformed expression or unknown flag; backreferences, lookaround and the flag `v`, which
    /// are not served; an expression that is too long, or too large once compiled.
    pub fn new(expression: &str, flags: &str) -> Result<Self, EvalError> {
        if expression.len() > MAX_LENGTH {
            let reason = format!("is longer than {MAX_LENGTH} bytes");
            return Err(EvalError::Pattern(reason));
        }
        let flags = flags::Flags::parse(flags)?;
        let translated = translate::translate(expression, flags)?;
        RegexBuilder::new(&translated)
            .case_insensitive(flags.ignore_case)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_COMPILED)
            .nest_limit(MAX_DEPTH)
            .build()
            .map(Self)
            .map_err(|error| {
                EvalError::Pattern(match error {
                    regex::Error::CompiledTooBig(_) => "takes too much memory".to_owned(),
                    _ => "is malformed or nested too deep".to_owned(),
                })
            })
    }

    /// The expression in the syntax of the crate `regex`; without regard to case where the flag `i`
    /// was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether the text, or a part of it, matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests;
