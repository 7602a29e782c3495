//! The order that `$orderby` sorts by (OData 4.01 Protocol, section 11.2.6.2).

use std::cmp::Ordering;

use edm::Value;

use super::operators::partial_order;

/// The ascending order of two values, total: null first, then false before true, numbers with NaN
/// behind all of them, strings by code point, date-times by instant, collections and complex
/// values member by member. Equal by it are those that `eq` finds equal, and NaN.
///
/// Values of different types, which no `$orderby` compares, are ordered by type.
#[must_use]
pub fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Binary(left), Value::Binary(right)) => left.cmp(right),
        (Value::Collection(left), Value::Collection(right)) => members(left, right),
        (Value::Complex(left), Value::Complex(right)) => left
            .of
            .cmp(&right.of)
            .then_with(|| members(&left.values, &right.values)),
        (Value::Geo(left), Value::Geo(right)) if left == right => Ordering::Equal,
        (Value::Geo(left), Value::Geo(right)) => left.to_string().cmp(&right.to_string()),
        _ => match partial_order(left, right) {
            Some(Some(order)) => order,
            Some(None) => is_nan(left).cmp(&is_nan(right)),
            None => rank(left).cmp(&rank(right)),
        },
    }
}

/// A value as a key of sorted collections.
#[derive(Clone, Debug)]
pub(super) struct Ordered(pub(super) Value);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

fn members(left: &[Value], right: &[Value]) -> Ordering {
    let pairs = left.iter().zip(right);
    pairs
        .map(|(left, right)| order(left, right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Double(number) if number.is_nan())
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) => 2,
        Value::Enum(_) => 3,
        Value::String(_) => 4,
        Value::Binary(_) => 5,
        Value::Guid(_) => 6,
        Value::Date(_) => 7,
        Value::DateTimeOffset(_) => 8,
        Value::TimeOfDay(_) => 9,
        Value::Duration(_) => 10,
        Value::Geo(_) => 11,
        Value::Complex(_) => 12,
        Value::Collection(_) => 13,
        Value::Dynamic(_) => 14,
    }
}
