//! Functions of strings (sections 5.1.1.5 and 5.1.1.7), by Unicode code points, in which
//! comparisons are exact.

use edm::Value;

use super::super::error::EvalError;
use crate::expr::Function;

/// The function's value for a string and the arguments behind it.
pub(super) fn call(function: Function, text: &str, rest: &[&Value]) -> Result<Value, EvalError> {
    use Function as F;
    Ok(match (function, rest) {
        (F::Concat, [Value::String(other)]) => Value::String([text, other].concat()),
        (F::Contains, [Value::String(part)]) => Value::Boolean(text.contains(part.as_str())),
        (F::EndsWith, [Value::String(part)]) => Value::Boolean(text.ends_with(part.as_str())),
        (F::StartsWith, [Value::String(part)]) => Value::Boolean(text.starts_with(part.as_str())),
        (F::IndexOf, [Value::String(part)]) => Value::Integer(index_of(text, part)),
        (F::Length, []) => Value::Integer(count(text)),
        (F::Substring, [Value::Integer(start)]) => Value::from(substring(text, *start, None)),
        (F::Substring, [Value::Integer(_), Value::Integer(length)]) if *length < 0 => {
            return Err(EvalError::NegativeLength);
        }
        (F::Substring, [Value::Integer(start), Value::Integer(length)]) => {
            Value::from(substring(text, *start, Some(*length)))
        }
        (F::ToLower, []) => Value::String(to_lower(text)),
        (F::ToUpper, []) => Value::String(text.chars().map(upper).collect()),
        (F::Trim, []) => Value::from(text.trim()),
        _ => Value::Null,
    })
}

/// `tolower` (section 5.1.1.7.2): the simple case mapping of the Unicode Character Database, one
/// character for one, whatever stands beside it and in every language.
#[must_use]
pub fn to_lower(text: &str) -> String {
    text.chars().map(lower).collect()
}

fn count(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

fn index_of(text: &str, part: &str) -> i64 {
    text.find(part)
        .and_then(|at| text.get(..at))
        .map_or(-1, count)
}

/// From a place, counted from the end if negative; never beyond either end.
fn substring(text: &str, start: i64, length: Option<i64>) -> &str {
    let from = if start < 0 {
        let back = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
        let mut places = text.char_indices().rev();
        places.nth(back - 1).map_or(0, |(at, _)| at)
    } else {
        byte_at(text, start)
    };
    let tail = text.get(from..).unwrap_or("");
    match length {
        Some(length) => tail.get(..byte_at(tail, length)).unwrap_or(tail),
        None => tail,
    }
}

/// The byte at which the character of a place begins; the end for what is beyond.
fn byte_at(text: &str, place: i64) -> usize {
    let place = usize::try_from(place).unwrap_or(usize::MAX);
    // No text has more characters than bytes: the end is found without walking it.
    if place >= text.len() {
        return text.len();
    }
    text.char_indices()
        .nth(place)
        .map_or(text.len(), |(at, _)| at)
}

fn lower(c: char) -> char {
    single(c.to_lowercase()).unwrap_or(if c == 'İ' { 'i' } else { c })
}

/// The simple upper case; `ß` has none and stays.
fn upper(c: char) -> char {
    single(c.to_uppercase()).unwrap_or(match c {
        // Greek with iota subscript: the title case letter is the simple upper case.
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => {
            char::from_u32(u32::from(c) + 8).unwrap_or(c)
        }
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => c,
    })
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}
