//! The logical operators (OData 4.01 URL Conventions, section 5.1.1.1).

use std::cmp::Ordering;

use edm::Value;

use super::decimal::{compare_decimals, to_f64};
use crate::expr::Comparison;

/// `eq` to `ge` (sections 5.1.1.1.1 to 5.1.1.1.6); `None` is null: values of types that cannot be
/// compared. Of null: `eq` and `ne` as of a value equal only to itself, the others are false.
#[must_use]
pub fn compare(op: Comparison, left: &Value, right: &Value) -> Option<bool> {
    let by_order = |holds: fn(Ordering) -> bool| {
        if left.is_null() || right.is_null() {
            return Some(false);
        }
        partial_order(left, right).map(|order| order.is_some_and(holds))
    };
    match op {
        Comparison::Eq => equals(left, right),
        Comparison::Ne => equals(left, right).map(|equal| !equal),
        Comparison::Lt => by_order(Ordering::is_lt),
        Comparison::Le => by_order(Ordering::is_le),
        Comparison::Gt => by_order(Ordering::is_gt),
        Comparison::Ge => by_order(Ordering::is_ge),
    }
}

/// `eq` (section 5.1.1.1.1): date-times by instant, decimals by number, complex values and ordered
/// collections member by member; NaN equals nothing. `None` is null: values of different types.
#[must_use]
pub fn equals(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Null, Value::Null) => Some(true),
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Binary(left), Value::Binary(right)) => Some(left == right),
        (Value::Geo(left), Value::Geo(right)) => Some(left == right),
        (Value::Complex(left), Value::Complex(right)) => {
            Some(left.of == right.of && all_equal(&left.values, &right.values))
        }
        (Value::Collection(left), Value::Collection(right)) => Some(all_equal(left, right)),
        _ => partial_order(left, right).map(|order| order == Some(Ordering::Equal)),
    }
}

/// Whether two items are equal: those of different types are not.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    equals(left, right) == Some(true)
}

fn all_equal(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| same(left, right))
}

/// The order of two values of a type that has one: `Some(None)` where NaN is compared, `None` for
/// types without an order and for different types.
pub(super) fn partial_order(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    use Value as V;
    Some(Some(match (left, right) {
        (V::Boolean(left), V::Boolean(right)) => left.cmp(right),
        (V::Integer(left), V::Integer(right)) | (V::Enum(left), V::Enum(right)) => left.cmp(right),
        (V::Decimal(left), V::Decimal(right)) => compare_decimals(left, right),
        (V::Decimal(left), V::Integer(right)) => compare_decimals(left, &right.to_string()),
        (V::Integer(left), V::Decimal(right)) => compare_decimals(&left.to_string(), right),
        (V::String(left), V::String(right)) => left.cmp(right),
        (V::Guid(left), V::Guid(right)) => left.cmp(right),
        (V::Date(left), V::Date(right)) => left.cmp(right),
        (V::DateTimeOffset(left), V::DateTimeOffset(right)) => left.ticks.cmp(&right.ticks),
        (V::TimeOfDay(left), V::TimeOfDay(right)) => left.ticks.cmp(&right.ticks),
        (V::Duration(left), V::Duration(right)) => left.cmp(right),
        _ => return Some(as_double(left)?.partial_cmp(&as_double(right)?)),
    }))
}

/// A number as a double, the widest of the numeric types (section 5.1.1.16).
#[expect(
    clippy::cast_precision_loss,
    reason = "a promotion to Edm.Double rounds, as a cast does"
)]
pub(super) fn as_double(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Decimal(text) => to_f64(text),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

/// `and` (section 5.1.1.1.7): false beats null (`None`), null beats true.
#[must_use]
pub fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// `or` (section 5.1.1.1.8): true beats null (`None`), null beats false.
#[must_use]
pub fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// `not` (section 5.1.1.1.9): null (`None`) stays null.
#[must_use]
pub fn not(operand: Option<bool>) -> Option<bool> {
    operand.map(|truth| !truth)
}

/// `has` (section 5.1.1.1.10): whether all the flags are set; `None` if either is null or no
/// member of an enumeration. The member of value 0 is had by every value.
#[must_use]
pub fn has(value: &Value, flags: &Value) -> Option<bool> {
    match (value, flags) {
        (Value::Enum(value), Value::Enum(flags)) => Some(value & flags == *flags),
        _ => None,
    }
}
