//! Arithmetic of dates, date-times and durations.

use bigdecimal::BigDecimal;
use edm::Value;
use edm::time::{Date, DateTimeOffset, Duration, TICKS_PER_DAY};

use super::super::decimal;
use super::super::error::EvalError;
use super::number::as_decimal;
use crate::expr::Arithmetic;

/// The years that dates may be of (OData ABNF `year`).
const YEARS: std::ops::RangeInclusive<i64> = 0..=9999;
/// 2^63: the first double that is too great for ticks.
const BEYOND_TICKS: f64 = 9_223_372_036_854_775_808.0;

/// A duration of so many ticks.
pub(super) fn duration(op: Arithmetic, ticks: Option<i64>) -> Result<Value, EvalError> {
    ticks
        .map(|ticks| Value::Duration(Duration { ticks }))
        .ok_or(EvalError::Overflow(op.as_str()))
}

/// The time between two dates.
pub(super) fn between(left: Date, right: Date) -> Result<Value, EvalError> {
    let days = i64::from(left.days) - i64::from(right.days);
    duration(Arithmetic::Sub, days.checked_mul(TICKS_PER_DAY))
}

fn moved(op: Arithmetic, ticks: i64, by: Duration) -> Option<i64> {
    match op {
        Arithmetic::Sub => ticks.checked_sub(by.ticks),
        _ => ticks.checked_add(by.ticks),
    }
}

/// A date-time and a duration; the offset and precision are the date-time's.
pub(super) fn move_instant(
    op: Arithmetic,
    instant: DateTimeOffset,
    by: Duration,
) -> Result<DateTimeOffset, EvalError> {
    moved(op, instant.ticks, by)
        .map(|ticks| DateTimeOffset { ticks, ..instant })
        .filter(|instant| YEARS.contains(&instant.local_ymd().0))
        .ok_or(EvalError::Overflow(op.as_str()))
}

/// A date and a duration: from midnight, cut to the day (section 5.1.1.2.1).
pub(super) fn move_date(op: Arithmetic, date: Date, by: Duration) -> Result<Date, EvalError> {
    i64::from(date.days)
        .checked_mul(TICKS_PER_DAY)
        .and_then(|ticks| moved(op, ticks, by))
        .map(|ticks| ticks.div_euclid(TICKS_PER_DAY))
        .and_then(|days| i32::try_from(days).ok())
        .map(|days| Date { days })
        .filter(|date| YEARS.contains(&date.ymd().0))
        .ok_or(EvalError::Overflow(op.as_str()))
}

/// A duration times or divided by a number; null for what is no number.
pub(super) fn scaled(op: Arithmetic, by: Duration, number: &Value) -> Result<Value, EvalError> {
    let ticks = match number {
        Value::Double(number) => scaled_by_double(op, by, *number)?,
        _ => match as_decimal(number) {
            Some(number) => scaled_by_decimal(op, by, &number)?,
            None => return Ok(Value::Null),
        },
    };
    duration(op, ticks)
}

fn scaled_by_decimal(
    op: Arithmetic,
    by: Duration,
    number: &BigDecimal,
) -> Result<Option<i64>, EvalError> {
    let ticks = BigDecimal::from(by.ticks);
    if op == Arithmetic::Mul {
        return Ok(decimal::to_i64(&(ticks * number)));
    }
    let ticks = decimal::quotient_to(&ticks, number, 0).ok_or(EvalError::DivisionByZero)?;
    Ok(decimal::to_i64(&ticks))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the factor is a double, and the range is checked"
)]
fn scaled_by_double(op: Arithmetic, by: Duration, number: f64) -> Result<Option<i64>, EvalError> {
    let ticks = by.ticks as f64;
    let ticks = match op {
        Arithmetic::Mul => ticks * number,
        _ if number == 0.0 => return Err(EvalError::DivisionByZero),
        _ => ticks / number,
    };
    let ticks = ticks.round();
    let fits = (-BEYOND_TICKS..BEYOND_TICKS).contains(&ticks);
    Ok(fits.then_some(ticks as i64))
}
