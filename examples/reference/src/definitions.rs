//! What the functions compute that expressions can say: so a filter or an order may call them.

use edm::Model;

use crate::Failure;

/// Each function with its parameters, and what it computes.
const DEFINITIONS: [(&str, &[&str], &str); 7] = [
    ("Calculate", &["value"], "value mul 2"),
    ("Calculate", &["a", "b"], "a add b"),
    ("Convert", &["input"], "concat('String: ',input)"),
    (
        "Convert",
        &["number"],
        "concat('Number: ',cast(number,Edm.String))",
    ),
    ("GetTotalPrice", &["taxRate"], "Price mul (1 add taxRate)"),
    (
        "CalculatePrice",
        &["discount"],
        "Price mul (1 sub discount div 100)",
    ),
    (
        "CalculatePrice",
        &["discount", "tax"],
        "Price mul (1 sub discount div 100) mul (1 add tax div 100)",
    ),
];

/// Adds them to the model.
///
/// # Errors
/// If the model has no such function.
pub(crate) fn add(model: &mut Model) -> Result<(), Failure> {
    for (name, parameters, definition) in DEFINITIONS {
        if !model.define(&format!("Storefront.{name}"), parameters, definition) {
            return Err(format!("the model has no {name}").into());
        }
    }
    Ok(())
}
