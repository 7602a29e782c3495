//! The arithmetic operators (OData 4.01 URL Conventions, section 5.1.1.2), of numbers and of
//! dates and durations.

mod number;
mod time;

use edm::Value;
use edm::time::Duration;

use super::decimal;
use super::error::EvalError;
use crate::expr::Arithmetic;

/// `add` to `mod` of two values. Null if either is null, or if the operator does not take values
/// of their types (section 5.1.1.2).
///
/// Integers make integers, truncated towards zero by `div`; a decimal quotient has at most 38
/// digits behind the point, rounded half away from zero. A date-time keeps its offset, a date goes
/// by whole days, durations are rounded half away from zero to 100 nanoseconds.
///
/// # Errors
/// Division by zero, but of a double by `div` and of any number by `divby`, which make `INF`,
/// `-INF` or NaN (a double); a result beyond 64 bits, 128 decimal digits or the years 0000 to 9999.
pub fn arithmetic(op: Arithmetic, left: &Value, right: &Value) -> Result<Value, EvalError> {
    use Arithmetic as Op;
    use Value as V;
    Ok(match (op, left, right) {
        (_, V::Null, _) | (_, _, V::Null) => V::Null,
        (Op::Add | Op::Sub, V::DateTimeOffset(instant), V::Duration(duration)) => {
            V::DateTimeOffset(time::move_instant(op, *instant, *duration)?)
        }
        (Op::Add | Op::Sub, V::Date(date), V::Duration(duration)) => {
            V::Date(time::move_date(op, *date, *duration)?)
        }
        (Op::Add, V::Duration(left), V::Duration(right)) => {
            time::duration(op, left.ticks.checked_add(right.ticks))?
        }
        (Op::Sub, V::Duration(left), V::Duration(right)) => {
            time::duration(op, left.ticks.checked_sub(right.ticks))?
        }
        (Op::Sub, V::DateTimeOffset(left), V::DateTimeOffset(right)) => {
            time::duration(op, left.ticks.checked_sub(right.ticks))?
        }
        (Op::Sub, V::Date(left), V::Date(right)) => time::between(*left, *right)?,
        (Op::Mul, V::Duration(duration), factor) | (Op::Mul, factor, V::Duration(duration)) => {
            time::scaled(op, *duration, factor)?
        }
        (Op::Div | Op::DivBy, V::Duration(duration), divisor) => {
            time::scaled(op, *duration, divisor)?
        }
        _ => number::arithmetic(op, left, right)?,
    })
}

/// `-` (section 5.1.1.2.3); null of null and of what is neither a number nor a duration.
///
/// # Errors
/// The least integer or duration, which has no opposite.
pub fn negate(operand: &Value) -> Result<Value, EvalError> {
    let overflow = EvalError::Overflow("-");
    Ok(match operand {
        Value::Integer(number) => Value::Integer(number.checked_neg().ok_or(overflow)?),
        Value::Double(number) => Value::Double(-number),
        Value::Decimal(text) => match decimal::parse(text) {
            Some(number) => decimal::value(&-number, "-")?,
            None => Value::Null,
        },
        Value::Duration(duration) => Value::Duration(Duration {
            ticks: duration.ticks.checked_neg().ok_or(overflow)?,
        }),
        _ => Value::Null,
    })
}
