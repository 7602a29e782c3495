//! What bound expressions mean: the one definition, in Rust, of every operator and canonical
//! function (OData 4.01 URL Conventions, section 5.1.1). Pure: values in, values out.
//!
//! A store may carry an expression out in its own language as long as it finds the same; what it
//! has no equal for, it calls here. Where the standard leaves a choice:
//!
//! - **Null**: comparisons are true or false also of null; `and`, `or`, `not` and `has` know a
//!   third value; arithmetic and functions of null are null. What is null is [`Value::Null`].
//! - **Types that do not fit** make null (sections 5.1.1.1, 5.1.1.2, 5.1.1.4). The binder refuses
//!   what it can see.
//! - **Failures** are [`EvalError`]s, and the client's: division by zero, a result out of range, a
//!   negative length.
//! - **Numbers** of different types are promoted (section 5.1.1.16): a double beside anything makes
//!   doubles, a decimal beside integers makes decimals. Integers of any size are computed in 64
//!   bits, `Edm.Single` as a double.
//!
//! [`Value::Null`]: edm::Value::Null

mod arithmetic;
mod cast;
mod decimal;
mod dynamic;
mod error;
mod evaluator;
pub mod functions;
mod instance;
mod operand;
mod operators;
mod order;
mod pattern;
pub mod search;
mod transform;

pub use arithmetic::{arithmetic, negate};
pub use cast::{cast, is_of};
pub use decimal::compare_decimals;
pub use dynamic::{dynamic, typed};
pub use error::EvalError;
pub use evaluator::Evaluator;
pub use instance::{Instance, Related, Scope, ServiceRoot, Subject};
pub use operand::Operand;
pub use operators::{and, compare, equals, has, not, or};
pub use order::order;
pub use pattern::Pattern;
pub use transform::{Row, compute, transform};

#[cfg(test)]
mod tests;
