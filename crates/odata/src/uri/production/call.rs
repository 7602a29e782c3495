//! Keys, calls of functions and their parameters (OData ABNF 4.01, sections 1 and 4): the text is
//! percent-decoded first.

use super::super::lexical::is_path_character;
use super::super::names::is_any;
use super::super::parser::Parser;
use super::super::syntax::Arguments;
use super::super::syntax_error::SyntaxError;

type Parsed = Result<(), SyntaxError>;

/// What the value of a parameter may be.
#[derive(Clone, Copy)]
enum ParameterValue {
    /// A literal or an alias.
    Literal,
    /// An expression.
    Expression,
}

/// The kinds of functions and function imports, as the names of their rules begin.
const KINDS: [(&str, &str); 6] = [
    ("entitycol", "entityCol"),
    ("entity", "entity"),
    ("complexcol", "complexCol"),
    ("complex", "complex"),
    ("primitivecol", "primitiveCol"),
    ("primitive", "primitive"),
];

/// Runs a rule, whose name is in lower case; `None` if it is not one of these.
pub(super) fn rule(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    Some(match rule {
        "keypredicate" if p.at.looking_at("/") => key_segments(p),
        "keypredicate" => key(p, |_| true),
        "simplekey" => simple_key(p),
        "compoundkey" => key(p, |key| matches!(key, Arguments::Named(_))),
        "keyvaluepair" => p.named_argument(&mut Parser::path_value).map(|_| ()),
        "keypathsegments" => key_segments(p),
        "keypathliteral" => key_literal(p),
        "functionparameters" => parameters(p, ParameterValue::Literal),
        "functionparameter" => parameter(p, ParameterValue::Literal),
        "functionexprparameters" => parameters(p, ParameterValue::Expression),
        "functionexprparameter" => parameter(p, ParameterValue::Expression),
        "parameternames" => p.separated(|p| parameter_name(p)).map(|_| ()),
        _ => return call(rule, p),
    })
}

/// `simpleKey`.
fn simple_key(p: &mut Parser<'_, '_>) -> Parsed {
    p.at.expect("(")?;
    p.path_value()?;
    p.at.expect(")")
}

/// `simpleKey` or `compoundKey`.
fn key(p: &mut Parser<'_, '_>, is: impl FnOnce(&Arguments<'_>) -> bool) -> Parsed {
    p.at.expect("(")?;
    if p.at.looking_at(")") {
        return Err(p.at.expected("a key"));
    }
    let key = p.arguments(Parser::path_value)?;
    let is_one = match &key {
        Arguments::Positional(values) => values.len() == 1,
        Arguments::Named(_) => true,
    };
    if is_one && is(&key) {
        Ok(())
    } else {
        Err(p.at.expected("another form of key"))
    }
}

/// `keyPathSegments`.
fn key_segments(p: &mut Parser<'_, '_>) -> Parsed {
    loop {
        p.at.expect("/")?;
        key_literal(p)?;
        if !p.at.looking_at("/") {
            return Ok(());
        }
    }
}

/// `keyPathLiteral`.
fn key_literal(p: &mut Parser<'_, '_>) -> Parsed {
    let key = p.at.take_while(|c| !c.is_ascii() || is_path_character(c));
    match p.names {
        Some(names) if !names.has("keyPathLiteral", key) => Err(p.at.expected("a key")),
        _ => Ok(()),
    }
}

/// A call whose rule says what kind of function it is of.
fn call(rule: &str, p: &mut Parser<'_, '_>) -> Option<Parsed> {
    let (stem, kind) = match rule.strip_suffix("functionimportcall") {
        Some(stem) => (stem, "FunctionImport"),
        None => (
            rule.strip_suffix("functioncall")?.strip_prefix("bound")?,
            "Function",
        ),
    };
    let (_, prefix) = KINDS.into_iter().find(|(known, _)| *known == stem)?;
    let rule = format!("{prefix}{kind}");
    let name = if kind == "Function" {
        p.at.qualified_name()
    } else {
        p.at.identifier()
    };
    let known = name.is_some_and(|name| {
        p.names
            .is_none_or(|names| is_any(names, name, &[rule.as_str()]))
    });
    Some(if known {
        parameters(p, ParameterValue::Literal)
    } else {
        Err(p.at.expected("the name of a function"))
    })
}

/// `functionParameters`, `functionExprParameters`.
fn parameters(p: &mut Parser<'_, '_>, value: ParameterValue) -> Parsed {
    p.at.expect("(")?;
    p.enclosed(")", |p| parameter(p, value)).map(|_| ())
}

/// `functionParameter`, `functionExprParameter`.
fn parameter(p: &mut Parser<'_, '_>, value: ParameterValue) -> Parsed {
    parameter_name(p)?;
    p.at.expect("=")?;
    match value {
        ParameterValue::Literal => p.path_value(),
        ParameterValue::Expression => p.common_expr(),
    }
    .map(|_| ())
}

/// `parameterName`.
fn parameter_name(p: &mut Parser<'_, '_>) -> Parsed {
    let name = p.at.identifier();
    let known = |name: &str| p.names.is_none_or(|names| names.has("parameterName", name));
    if name.is_some_and(known) {
        Ok(())
    } else {
        Err(p.at.expected("the name of a parameter"))
    }
}
