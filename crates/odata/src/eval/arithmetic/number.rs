//! Arithmetic of numbers.

use bigdecimal::{BigDecimal, Zero};
use edm::Value;

use super::super::decimal;
use super::super::error::EvalError;
use super::super::operators::as_double;
use crate::expr::Arithmetic;

/// Two numbers, promoted to the same type (section 5.1.1.16).
enum Pair {
    Integers(i64, i64),
    Decimals(BigDecimal, BigDecimal),
    Doubles(f64, f64),
}

/// The operator's result; null for what are no numbers.
pub(super) fn arithmetic(op: Arithmetic, left: &Value, right: &Value) -> Result<Value, EvalError> {
    match promote(left, right) {
        Some(Pair::Integers(left, right)) => integers(op, left, right),
        Some(Pair::Decimals(left, right)) => decimals(op, &left, &right),
        Some(Pair::Doubles(left, right)) => doubles(op, left, right).map(Value::Double),
        None => Ok(Value::Null),
    }
}

fn promote(left: &Value, right: &Value) -> Option<Pair> {
    Some(match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Pair::Integers(*left, *right),
        (Value::Integer(_) | Value::Decimal(_), Value::Integer(_) | Value::Decimal(_)) => {
            Pair::Decimals(as_decimal(left)?, as_decimal(right)?)
        }
        _ => Pair::Doubles(as_double(left)?, as_double(right)?),
    })
}

/// An integer or decimal as a decimal.
pub(super) fn as_decimal(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Integer(number) => Some(BigDecimal::from(*number)),
        Value::Decimal(text) => decimal::parse(text),
        _ => None,
    }
}

fn integers(op: Arithmetic, left: i64, right: i64) -> Result<Value, EvalError> {
    let result = match op {
        Arithmetic::DivBy => {
            return decimals(op, &BigDecimal::from(left), &BigDecimal::from(right));
        }
        Arithmetic::Div | Arithmetic::Mod if right == 0 => return Err(EvalError::DivisionByZero),
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Sub => left.checked_sub(right),
        Arithmetic::Mul => left.checked_mul(right),
        Arithmetic::Div => left.checked_div(right),
        // The least integer mod -1 is 0, though its quotient does not fit.
        Arithmetic::Mod => Some(left.wrapping_rem(right)),
    };
    result
        .map(Value::Integer)
        .ok_or(EvalError::Overflow(op.as_str()))
}

fn decimals(op: Arithmetic, left: &BigDecimal, right: &BigDecimal) -> Result<Value, EvalError> {
    let result = match op {
        Arithmetic::Add => left + right,
        Arithmetic::Sub => left - right,
        Arithmetic::Mul => left * right,
        Arithmetic::Mod if right.is_zero() => return Err(EvalError::DivisionByZero),
        Arithmetic::Mod => left % right,
        Arithmetic::Div | Arithmetic::DivBy => match decimal::quotient(left, right) {
            Some(quotient) => quotient,
            None if op == Arithmetic::DivBy => return Ok(Value::Double(by_zero(left))),
            None => return Err(EvalError::DivisionByZero),
        },
    };
    decimal::value(&result, op.as_str())
}

/// A decimal `divby` zero (section 5.1.1.2.5).
fn by_zero(left: &BigDecimal) -> f64 {
    match left.sign() {
        bigdecimal::num_bigint::Sign::Minus => f64::NEG_INFINITY,
        bigdecimal::num_bigint::Sign::NoSign => f64::NAN,
        bigdecimal::num_bigint::Sign::Plus => f64::INFINITY,
    }
}

/// IEEE 754 arithmetic; only `mod` by zero fails (section 5.1.1.2.6).
fn doubles(op: Arithmetic, left: f64, right: f64) -> Result<f64, EvalError> {
    Ok(match op {
        Arithmetic::Add => left + right,
        Arithmetic::Sub => left - right,
        Arithmetic::Mul => left * right,
        // There is one zero only: what is positive divided by it is INF.
        Arithmetic::Div | Arithmetic::DivBy if right == 0.0 => left / 0.0,
        Arithmetic::Div | Arithmetic::DivBy => left / right,
        Arithmetic::Mod if right == 0.0 => return Err(EvalError::DivisionByZero),
        Arithmetic::Mod => left % right,
    })
}
