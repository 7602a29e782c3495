//! The canonical functions (OData 4.01 URL Conventions, sections 5.1.1.5 to 5.1.1.12), on values.

mod collection;
mod geo;
mod math;
mod string;
#[cfg(test)]
mod tests;
mod time;

use std::sync::{Arc, Mutex, PoisonError};

use edm::Value;
use edm::time::DateTimeOffset;

use super::error::EvalError;
use super::pattern::Pattern;
use crate::expr::Function;
pub use string::to_lower;

/// How many regular expressions are remembered.
const MAX_PATTERNS: usize = 64;

/// What functions need beside their arguments: the time of `now()`, which is the same in all of a
/// request, and the regular expressions that were compiled before.
#[derive(Debug)]
pub struct Context {
    now: DateTimeOffset,
    /// Expressions with their flags.
    patterns: Mutex<Vec<(String, String, Arc<Pattern>)>>,
}

impl Context {
    /// A context in which `now()` is this time.
    #[must_use]
    pub fn new(now: DateTimeOffset) -> Self {
        Self {
            now,
            patterns: Mutex::default(),
        }
    }

    /// What `now()` gives.
    #[must_use]
    pub fn now(&self) -> DateTimeOffset {
        self.now
    }

    /// Whether a text matches a regular expression, compiled once.
    fn matches(&self, text: &str, expression: &str, flags: &str) -> Result<bool, EvalError> {
        let known = {
            let patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
            let is_it = |known: &&(String, String, _)| known.0 == expression && known.1 == flags;
            patterns
                .iter()
                .find(is_it)
                .map(|known| Arc::clone(&known.2))
        };
        let pattern = match known {
            Some(pattern) => pattern,
            None => {
                let pattern = Arc::new(Pattern::new(expression, flags)?);
                let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
                if patterns.len() >= MAX_PATTERNS {
                    patterns.clear();
                }
                let known = (
                    expression.to_owned(),
                    flags.to_owned(),
                    Arc::clone(&pattern),
                );
                patterns.push(known);
                pattern
            }
        };
        Ok(pattern.is_match(text))
    }
}

/// The value of a function for arguments. Null if an argument is null, or if the function does not
/// take arguments of their number and types (section 5.1.1.4).
///
/// # Errors
/// A negative length for `substring`, a regular expression that cannot be compiled, a number whose
/// result is out of range, collections too long to be searched for one another.
pub fn call(
    context: &Context,
    function: Function,
    arguments: &[&Value],
) -> Result<Value, EvalError> {
    use Function as F;
    if arguments.iter().any(|argument| argument.is_null()) {
        return Ok(Value::Null);
    }
    if let Some(Value::Collection(items)) = arguments.first() {
        return collection::call(function, items, arguments.get(1..).unwrap_or(&[]));
    }
    Ok(match (function, arguments) {
        (F::Now, []) => Value::DateTimeOffset(context.now),
        (F::MaxDateTime, []) => Value::DateTimeOffset(time::MAX),
        (F::MinDateTime, []) => Value::DateTimeOffset(DateTimeOffset::MIN),
        (F::MatchesPattern, [Value::String(text), Value::String(expression)]) => {
            Value::Boolean(context.matches(text, expression, "")?)
        }
        (
            F::MatchesPattern,
            [
                Value::String(text),
                Value::String(expression),
                Value::String(flags),
            ],
        ) => Value::Boolean(context.matches(text, expression, flags)?),
        (_, [Value::String(text), rest @ ..]) => string::call(function, text, rest)?,
        (F::Ceiling | F::Floor | F::Round, [number]) => math::call(function, number)?,
        (F::GeoDistance | F::GeoIntersects, [Value::Geo(left), Value::Geo(right)]) => {
            geo::between(function, left, right)
        }
        (F::GeoLength, [Value::Geo(line)]) => geo::length(line),
        (_, [instant]) => time::call(function, instant),
        _ => Value::Null,
    })
}
