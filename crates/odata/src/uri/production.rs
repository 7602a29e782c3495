//! Entry points: one function for a production of the OData ABNF, named after it. Each takes
//! decoded text and wants all of it.

use super::limits::Limits;
use super::parser::Parser;
use super::syntax::{Expr, OrderItem, PathItem};
use super::syntax_error::SyntaxError;

/// `commonExpr`.
///
/// # Errors
/// Where the text breaks the grammar, or which limit it passes.
pub fn common_expr<'a>(text: &'a str, limits: &Limits) -> Result<Expr<'a>, SyntaxError> {
    Parser::new(text, limits).all(Parser::expression)
}

/// `boolCommonExpr`: the grammar is that of [`common_expr`], the types are the model's matter.
///
/// # Errors
/// As for [`common_expr`].
pub fn bool_common_expr<'a>(text: &'a str, limits: &Limits) -> Result<Expr<'a>, SyntaxError> {
    common_expr(text, limits)
}

/// `primitiveLiteral`.
///
/// # Errors
/// As for [`common_expr`].
pub fn primitive_literal<'a>(text: &'a str, limits: &Limits) -> Result<Expr<'a>, SyntaxError> {
    Parser::new(text, limits).all(Parser::primitive_literal)
}

/// The value of `filter`, without the option's name.
///
/// # Errors
/// As for [`common_expr`].
pub fn filter<'a>(text: &'a str, limits: &Limits) -> Result<Expr<'a>, SyntaxError> {
    common_expr(text, limits)
}

/// The value of `orderby`, without the option's name.
///
/// # Errors
/// As for [`common_expr`].
pub fn orderby<'a>(text: &'a str, limits: &Limits) -> Result<Vec<OrderItem<'a>>, SyntaxError> {
    Parser::new(text, limits).all(|p| p.separated(Parser::order_item))
}

/// The value of `select`, without the option's name.
///
/// # Errors
/// As for [`common_expr`].
pub fn select<'a>(text: &'a str, limits: &Limits) -> Result<Vec<PathItem<'a>>, SyntaxError> {
    Parser::new(text, limits).all(|p| p.separated(Parser::select_item))
}

/// The value of `expand`, without the option's name.
///
/// # Errors
/// As for [`common_expr`].
pub fn expand<'a>(text: &'a str, limits: &Limits) -> Result<Vec<PathItem<'a>>, SyntaxError> {
    Parser::new(text, limits).all(|p| p.separated(Parser::expand_item))
}
