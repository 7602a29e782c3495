//! Operators, data types, and the operands that they take.

use edm::time::{Date, DateTimeOffset};
use serde_json::Value as Json;

use super::fault::Fault;

/// The longest operand, in characters.
const LONGEST: usize = 4_096;

/// How a setting is compared with its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    IsEquals,
    NotEquals,
    GreaterThan,
    GreaterEquals,
    LessThan,
    LessEquals,
}

/// The operators by their names in a file.
pub(super) const OPERATORS: [(&str, Operator); 6] = [
    ("IsEquals", Operator::IsEquals),
    ("NotEquals", Operator::NotEquals),
    ("GreaterThan", Operator::GreaterThan),
    ("GreaterEquals", Operator::GreaterEquals),
    ("LessThan", Operator::LessThan),
    ("LessEquals", Operator::LessEquals),
];

impl Operator {
    /// The member of `operator` and `deviceComplianceScriptRulOperator`.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::IsEquals => "isEquals",
            Self::NotEquals => "notEquals",
            Self::GreaterThan => "greaterThan",
            Self::GreaterEquals => "greaterEquals",
            Self::LessThan => "lessThan",
            Self::LessEquals => "lessEquals",
        }
    }
}

/// What a setting's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataType {
    Boolean,
    Int64,
    Double,
    String,
    DateTime,
    Version,
}

/// The data types by their names in a file.
pub(super) const TYPES: [(&str, DataType); 6] = [
    ("Boolean", DataType::Boolean),
    ("Int64", DataType::Int64),
    ("Double", DataType::Double),
    ("String", DataType::String),
    ("DateTime", DataType::DateTime),
    ("Version", DataType::Version),
];

impl DataType {
    /// The member of `dataType` and `deviceComplianceScriptRuleDataType`.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Int64 => "int64",
            Self::Double => "double",
            Self::String => "string",
            Self::DateTime => "dateTime",
            Self::Version => "version",
        }
    }

    /// Whether values of this type compare so: Booleans and strings have no order.
    pub(super) fn has(self, operator: Operator) -> bool {
        let equality = matches!(operator, Operator::IsEquals | Operator::NotEquals);
        equality || !matches!(self, Self::Boolean | Self::String)
    }

    /// Whether an operand is of this type. JSON may write it as itself or as text.
    fn takes(self, operand: &str) -> bool {
        match self {
            Self::Boolean => {
                operand.eq_ignore_ascii_case("true") || operand.eq_ignore_ascii_case("false")
            }
            Self::Int64 => operand.parse::<i64>().is_ok(),
            Self::Double => operand.parse::<f64>().is_ok_and(f64::is_finite),
            Self::String => true,
            Self::DateTime => is_date_time(operand),
            Self::Version => is_version(operand),
        }
    }
}

/// A date, or a date and time with an offset, or without one for UTC.
fn is_date_time(text: &str) -> bool {
    Date::parse(text).is_ok()
        || DateTimeOffset::parse(text).is_ok()
        || DateTimeOffset::parse(&format!("{text}Z")).is_ok()
}

/// Two to four numbers with dots between.
fn is_version(text: &str) -> bool {
    let number =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<i32>().is_ok();
    (2..=4).contains(&text.split('.').count()) && text.split('.').all(number)
}

/// The operand of a rule as text. Its type is not judged where the rule's is not known.
pub(super) fn operand(value: Option<&Json>, ty: Option<DataType>) -> Result<String, Fault> {
    let text = match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Bool(truth)) => truth.to_string(),
        Some(Json::Number(number)) => number.to_string(),
        Some(Json::Array(_) | Json::Object(_)) => {
            let message = "'Operand' is not a single value.";
            return Err(Fault::new("operandInvalid", message));
        }
    };
    if text.is_empty() {
        return Err(Fault::new("operandMissing", "'Operand' is missing."));
    }
    let length = text.chars().count();
    if length > LONGEST {
        let message = format!("'Operand' has {length} characters; {LONGEST} are the most.");
        return Err(Fault::new("operandTooLarge", message));
    }
    match ty.filter(|ty| !ty.takes(&text)) {
        Some(ty) => {
            let message = format!("'Operand' is not a value of type {ty:?}.");
            Err(Fault::new("operandInvalid", message))
        }
        None => Ok(text),
    }
}
