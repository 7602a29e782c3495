//! `round`, `floor` and `ceiling` (section 5.1.1.9).

use bigdecimal::RoundingMode;
use edm::Value;

use super::super::decimal;
use super::super::error::EvalError;
use crate::expr::Function;

/// The number without a fraction; integers have none. `round` goes half away from zero.
pub(super) fn call(function: Function, number: &Value) -> Result<Value, EvalError> {
    Ok(match number {
        Value::Integer(_) => number.clone(),
        Value::Double(number) => Value::Double(match function {
            Function::Ceiling => number.ceil(),
            Function::Floor => number.floor(),
            _ => number.round(),
        }),
        Value::Decimal(text) => {
            let mode = match function {
                Function::Ceiling => RoundingMode::Ceiling,
                Function::Floor => RoundingMode::Floor,
                _ => RoundingMode::HalfUp,
            };
            match decimal::parse(text) {
                Some(number) => {
                    decimal::value(&decimal::to_whole(&number, mode), function.as_str())?
                }
                None => Value::Null,
            }
        }
        _ => Value::Null,
    })
}
