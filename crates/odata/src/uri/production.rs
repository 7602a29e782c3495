//! Entry points: the productions of the OData ABNF by name.

mod call;
mod expression;
mod fragment;
mod header;
mod locator;
mod option;
mod path;
mod value;

use super::lexer::Cursor;
use super::limits::Limits;
use super::names::{Names, Within};
use super::parser::Parser;
use super::split::Part;
use super::syntax::{Expr, OrderItem, PathItem};
use super::syntax_error::SyntaxError;

/// Whether a text is what a rule says; if not, the byte at which it stops being that.
type Outcome = Result<(), usize>;

/// What a text is held against.
struct Grammar<'l> {
    limits: &'l Limits,
    names: &'l dyn Names,
}

impl<'l> Grammar<'l> {
    /// A parser of a part of a URL that knows the names.
    fn parser<'a>(&self, part: &'a Part<'_>, within: Within) -> Parser<'a, 'l> {
        let mut parser = Parser::of_part(part, self.limits);
        parser.names = Some(self.names);
        parser.within = within;
        parser
    }

    /// Runs a production over the whole of a text, percent-decoded.
    fn decoded(
        &self,
        text: &str,
        within: Within,
        production: impl FnOnce(&mut Parser<'_, '_>) -> Result<(), SyntaxError>,
    ) -> Outcome {
        let part = Part::plain(text).map_err(|_| text.find('%').unwrap_or(0))?;
        let mut parser = self.parser(&part, within);
        let parsed = production(&mut parser).and_then(|()| parser.at.expect_end());
        parsed.map_err(|_| part.position(parser.at.furthest()))
    }
}

/// Runs a rule over the whole of a text as it is.
fn whole(text: &str, rule: impl FnOnce(&mut Cursor<'_>) -> bool) -> Outcome {
    let mut at = Cursor::new(text);
    if rule(&mut at) && at.is_at_end() {
        Ok(())
    } else {
        Err(at.furthest())
    }
}

/// Whether the whole of `text`, as sent, is what a rule of the OData ABNF 4.01 or of the
/// Aggregation ABNF 4.0 says, with these names; `None` if there is no such rule here.
///
/// # Errors
/// The byte at which the text stops being what the rule says: the furthest that any of its
/// alternatives comes to.
#[must_use]
pub fn recognize(
    rule: &str,
    text: &str,
    names: &dyn Names,
    limits: &Limits,
) -> Option<Result<(), usize>> {
    let grammar = Grammar { limits, names };
    let lower = rule.to_ascii_lowercase();
    let mut at = Cursor::new(text);
    let found = value::rule(rule, &mut at, names)
        .or_else(|| locator::rule(rule, &mut at))
        .or_else(|| header::rule(rule, &mut at, names));
    if let Some(matched) = found {
        return Some(if matched && at.is_at_end() {
            Ok(())
        } else {
            Err(at.furthest())
        });
    }
    option::rule(&lower, text, &grammar)
        .or_else(|| path::rule(&lower, text, &grammar))
        .or_else(|| fragment::rule(&lower, text, &grammar))
        .or_else(|| expression_rule(&lower, text, &grammar))
}

fn expression_rule(rule: &str, text: &str, grammar: &Grammar<'_>) -> Option<Outcome> {
    let Ok(part) = Part::plain(text) else {
        return Some(Err(text.find('%').unwrap_or(0)));
    };
    let mut parser = grammar.parser(&part, Within::Expression);
    let parsed = call::rule(rule, &mut parser).or_else(|| expression::rule(rule, &mut parser))?;
    let parsed = parsed.and_then(|()| parser.at.expect_end());
    Some(parsed.map_err(|_| part.position(parser.at.furthest())))
}

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
