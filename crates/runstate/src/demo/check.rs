//! What must have come of the demonstration.

use std::fmt::Debug;

use serde_json::Value;

use crate::Failure;

/// # Errors
/// The two values differ: what was expected, and what was found.
pub(super) fn equal<T: PartialEq<U> + Debug, U: Debug>(
    what: &str,
    found: T,
    expected: U,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, found {found:?}").into())
}

/// Compares members of an object with what is expected of them.
///
/// # Errors
/// As [`equal`], for all members that differ together.
pub(super) fn members(
    what: &str,
    object: &Value,
    expected: &[(&str, Value)],
) -> Result<(), Failure> {
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(name, expected)| {
            let found = object.get(name).unwrap_or(&Value::Null);
            let differs = found != expected;
            differs.then(|| format!("{what}: {name}: expected {expected}, found {found}"))
        })
        .collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n  ").into())
    }
}

/// Compares all counters of a run summary: those that are not named must be 0.
///
/// # Errors
/// As [`members`].
pub(super) fn counters(summary: &Value, above_zero: &[(&str, i64)]) -> Result<(), Failure> {
    let names = summary
        .as_object()
        .into_iter()
        .flat_map(|object| object.keys());
    let mut expected: Vec<(&str, Value)> = names
        .filter(|name| name.ends_with("Count"))
        .map(|name| (name.as_str(), Value::from(0)))
        .filter(|(name, _)| above_zero.iter().all(|(other, _)| other != name))
        .collect();
    let counted = above_zero
        .iter()
        .map(|(name, count)| (*name, Value::from(*count)));
    expected.extend(counted);
    members("the run summary", summary, &expected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_said() {
        assert!(equal("the file", "a", "a").is_ok());
        let said = equal("the file", "a", "b").unwrap_err().to_string();
        assert_eq!(said, "the file: expected \"b\", found \"a\"");
        let state = json!({"a": "x", "b": 2});
        assert!(members("state", &state, &[("a", json!("x")), ("b", json!(2))]).is_ok());
        let wrong = [("a", json!("y")), ("b", json!(2)), ("c", json!(3))];
        let said = members("state", &state, &wrong).unwrap_err().to_string();
        assert_eq!(
            said,
            "state: a: expected \"y\", found \"x\"\n  state: c: expected 3, found null"
        );
    }

    #[test]
    fn counters_that_are_not_named_are_zero() {
        let summary = json!({"id": "i", "aCount": 1, "bCount": 0});
        assert!(counters(&summary, &[("aCount", 1)]).is_ok());
        assert!(counters(&summary, &[]).is_err());
        assert!(counters(&summary, &[("aCount", 1), ("bCount", 1)]).is_err());
        assert!(counters(&summary, &[("aCount", 1), ("cCount", 1)]).is_err());
    }
}
