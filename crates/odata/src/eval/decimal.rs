//! Exact decimals: `Edm.Decimal` in its canonical text, computed without loss.

use std::cmp::Ordering;

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, Signed, ToPrimitive, Zero};
use edm::{Facets, Value, canonical_decimal};

use super::error::EvalError;

/// Digits behind the point of a quotient that does not end before.
const QUOTIENT_SCALE: u32 = 38;

/// A canonical text as a number; `None` for what is no decimal.
pub(super) fn parse(text: &str) -> Option<BigDecimal> {
    text.parse().ok()
}

/// A number as a value, with the digits behind the point that it has.
///
/// # Errors
/// More digits than a decimal may have.
pub(super) fn value(number: &BigDecimal, of: &'static str) -> Result<Value, EvalError> {
    // Digits and scale are small here: the operands were texts of bounded length.
    canonical_decimal(&number.to_plain_string(), &Facets::default())
        .map(Value::Decimal)
        .map_err(|_| EvalError::Overflow(of))
}

/// The quotient, rounded half away from zero where it has more than 38 digits behind the point,
/// without zeros at its end; `None` for a division by zero.
pub(super) fn quotient(left: &BigDecimal, right: &BigDecimal) -> Option<BigDecimal> {
    quotient_to(left, right, QUOTIENT_SCALE).map(|quotient| quotient.normalized())
}

/// The quotient, rounded half away from zero to so many digits behind the point; `None` for a
/// division by zero. Exact until it is rounded, once.
pub(super) fn quotient_to(left: &BigDecimal, right: &BigDecimal, scale: u32) -> Option<BigDecimal> {
    let (left, left_scale) = left.as_bigint_and_scale();
    let (right, right_scale) = right.as_bigint_and_scale();
    let shift = i64::from(scale) + right_scale - left_scale;
    let power = BigInt::from(10).pow(u32::try_from(shift.unsigned_abs()).ok()?);
    let digits = if shift >= 0 {
        rounded_quotient(&(&*left * power), &right)
    } else {
        rounded_quotient(&left, &(&*right * power))
    };
    Some(BigDecimal::new(digits?, scale.into()))
}

/// The quotient of integers, rounded half away from zero; `None` for a division by zero.
fn rounded_quotient(dividend: &BigInt, divisor: &BigInt) -> Option<BigInt> {
    if divisor.is_zero() {
        return None;
    }
    let quotient = dividend / divisor;
    let rest: BigInt = dividend % divisor;
    if rest.abs() * 2 < divisor.abs() {
        return Some(quotient);
    }
    let negative = (dividend.sign() == Sign::Minus) != (divisor.sign() == Sign::Minus);
    Some(quotient + if negative { -1 } else { 1 })
}

/// The number without a fraction.
pub(super) fn to_whole(number: &BigDecimal, mode: RoundingMode) -> BigDecimal {
    number.with_scale_round(0, mode)
}

/// The number rounded half away from zero to 64 bits; `None` if it does not fit.
pub(super) fn to_i64(number: &BigDecimal) -> Option<i64> {
    let (digits, scale) = to_whole(number, RoundingMode::HalfUp).into_bigint_and_scale();
    debug_assert_eq!(scale, 0, "rounded to no digits behind the point");
    digits.to_i64()
}

/// The nearest double.
pub(super) fn to_f64(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// The order of two decimals by their texts, nothing allocated: `1.50` equals `1.5`.
#[must_use]
pub fn compare_decimals(left: &str, right: &str) -> Ordering {
    let (left_sign, left) = signed(left);
    let (right_sign, right) = signed(right);
    match (left_sign, right_sign) {
        (Sign::Minus, Sign::Minus) => magnitude(right, left),
        (Sign::Plus, Sign::Plus) => magnitude(left, right),
        _ => left_sign.cmp(&right_sign),
    }
}

fn signed(text: &str) -> (Sign, &str) {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (Sign::Minus, digits),
        None => (Sign::Plus, text),
    };
    let is_zero = digits.bytes().all(|b| matches!(b, b'0' | b'.'));
    (if is_zero { Sign::NoSign } else { sign }, digits)
}

/// The order of two unsigned decimals without leading zeros.
fn magnitude(left: &str, right: &str) -> Ordering {
    let parts = |text: &'_ str| -> (usize, usize) {
        let point = text.find('.').unwrap_or(text.len());
        (point, (point + 1).min(text.len()))
    };
    let ((left_point, left_rest), (right_point, right_rest)) = (parts(left), parts(right));
    let fraction = |text: &'_ str, rest: usize| -> usize {
        let trimmed = text.get(rest..).unwrap_or("").trim_end_matches('0');
        rest + trimmed.len()
    };
    left_point
        .cmp(&right_point)
        .then_with(|| left.get(..left_point).cmp(&right.get(..right_point)))
        .then_with(|| {
            let left = left.get(left_rest..fraction(left, left_rest));
            left.cmp(&right.get(right_rest..fraction(right, right_rest)))
        })
}
