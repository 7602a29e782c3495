//! Query options as sent (OData ABNF 4.01, section 2): split at `&` and `=` before anything is
//! decoded.

use super::super::lexer::Cursor;
use super::super::lexical::{boolean, digits, is_unreserved, path_character};
use super::super::names::Within;
use super::super::parser::Parser;
use super::super::split::Part;
use super::super::syntax_error::SyntaxError;
use super::locator::query_character;
use super::{Grammar, Outcome, whole};

/// The rules that are one option, with the names that it may have.
const OPTIONS: [(&str, &[&str]); 18] = [
    ("apply", &["$apply", "apply"]),
    ("compute", &["$compute", "compute"]),
    ("deltatoken", &["$deltatoken"]),
    ("expand", &["$expand", "expand"]),
    ("filter", &["$filter", "filter"]),
    ("format", &["$format", "format"]),
    ("id", &["$id", "id"]),
    ("inlinecount", &["$count", "count"]),
    ("index", &["$index", "index"]),
    ("levels", &["$levels", "levels"]),
    ("orderby", &["$orderby", "orderby"]),
    ("schemaversion", &["$schemaversion", "schemaversion"]),
    ("search", &["$search", "search"]),
    ("select", &["$select", "select"]),
    ("skip", &["$skip", "skip"]),
    ("skiptoken", &["$skiptoken"]),
    ("top", &["$top", "top"]),
    ("", &[]),
];

/// What options may stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// `queryOptions`.
    Query,
    /// `batchOptions`, `metadataOptions`.
    Format,
    /// `entityOptions`.
    Entity,
    /// `entityCastOptions`.
    EntityCast,
}

impl Set {
    fn allows(self, option: &str) -> bool {
        match self {
            Self::Query => option != "levels" && !option.is_empty(),
            Self::Format => option == "format",
            Self::Entity => matches!(option, "format" | "id"),
            Self::EntityCast => matches!(option, "format" | "id" | "expand" | "select"),
        }
    }
}

/// Runs a rule, whose name is in lower case; `None` if it is not one of these.
pub(super) fn rule(rule: &str, text: &str, grammar: &Grammar<'_>) -> Option<Outcome> {
    if let Some((_, names)) = OPTIONS
        .iter()
        .find(|(known, _)| *known == rule && !known.is_empty())
    {
        return Some(named(rule, names, text, grammar));
    }
    Some(match rule {
        "queryoptions" => options(text, Set::Query, grammar),
        "queryoption" => one(text, Set::Query, grammar).map(|_| ()),
        "systemqueryoption" => system(text, Set::Query, grammar).map(|_| ()),
        "batchoptions" | "metadataoptions" => options(text, Set::Format, grammar),
        "batchoption" | "metadataoption" | "entityidoption" => {
            one(text, Set::Format, grammar).map(|_| ())
        }
        "entityoptions" => options(text, Set::Entity, grammar),
        "entitycastoptions" => options(text, Set::EntityCast, grammar),
        "entitycastoption" => one(text, Set::EntityCast, grammar).map(|_| ()),
        "aliasandvalue" => alias(text, grammar),
        "nameandvalue" => name_and_value(text, grammar),
        "customqueryoption" => custom(text, grammar),
        "customname" => whole(text, custom_name),
        "customvalue" => whole(text, |at| {
            while query_character(at) {}
            true
        }),
        "expandoption" | "expandrefoption" | "expandcountoption" | "selectoption"
        | "selectoptionpc" => nested(rule, text, grammar),
        _ => return None,
    })
}

/// Options separated by `&`.
pub(super) fn options(text: &str, set: Set, grammar: &Grammar<'_>) -> Outcome {
    let (mut offset, mut has_id) = (0, false);
    for raw in text.split('&') {
        let found = one(raw, set, grammar).map_err(|at| offset + at)?;
        has_id = has_id || found == "id";
        offset += raw.len() + 1;
    }
    if matches!(set, Set::Entity | Set::EntityCast) && !has_id {
        return Err(text.len());
    }
    Ok(())
}

/// One option: its rule.
fn one(text: &str, set: Set, grammar: &Grammar<'_>) -> Result<&'static str, usize> {
    let furthest = match system(text, set, grammar) {
        Ok(rule) => return Ok(rule),
        Err(at) => at,
    };
    let mut attempts = vec![custom(text, grammar)];
    if set == Set::Query {
        attempts.extend([alias(text, grammar), name_and_value(text, grammar)]);
    }
    let mut reached = furthest;
    for attempt in attempts {
        match attempt {
            Ok(()) => return Ok(""),
            Err(at) => reached = reached.max(at),
        }
    }
    Err(reached)
}

/// `systemQueryOption`: its rule.
fn system(text: &str, set: Set, grammar: &Grammar<'_>) -> Result<&'static str, usize> {
    let mut reached = 0;
    for (rule, names) in OPTIONS.into_iter().filter(|(rule, _)| set.allows(rule)) {
        match named(rule, names, text, grammar) {
            Ok(()) => return Ok(rule),
            Err(at) => reached = reached.max(at),
        }
    }
    Err(reached)
}

/// `name=value`, one of these names in any case.
fn named(rule: &str, names: &[&str], text: &str, grammar: &Grammar<'_>) -> Outcome {
    let mut at = Cursor::new(text);
    let found = names.iter().any(|name| at.eat_in_any_case(name));
    if !found || !at.eat("=") {
        return Err(at.furthest());
    }
    let start = at.position();
    let text = at.rest();
    value(rule, text, grammar).map_err(|at| start + at)
}

/// The value of an option.
fn value(rule: &str, text: &str, grammar: &Grammar<'_>) -> Outcome {
    match rule {
        "skip" | "top" => whole(text, |at| digits(at, 1, usize::MAX)),
        "index" => whole(text, |at| {
            let _ = at.eat("-");
            digits(at, 1, usize::MAX)
        }),
        "levels" => whole(text, |at| {
            at.eat_in_any_case("max")
                || at.eat_one(|c| matches!(c, '1'..='9')) && digits(at, 0, usize::MAX)
        }),
        "inlinecount" => whole(text, boolean),
        "schemaversion" => whole(text, |at| {
            at.eat("*") || at.eat("%2A") || at.eat_run(1, usize::MAX, is_unreserved)
        }),
        "format" => whole(text, format),
        "id" | "deltatoken" | "skiptoken" => whole(text, |at| {
            query_character(at) && {
                while query_character(at) {}
                true
            }
        }),
        "apply" => grammar.decoded(text, Within::Aggregation, |p| p.apply_expr().map(|_| ())),
        "compute" => expression(text, grammar, |p| {
            p.separated(Parser::compute_item).map(|_| ())
        }),
        "expand" => expression(text, grammar, |p| {
            p.separated(Parser::expand_item).map(|_| ())
        }),
        "select" => expression(text, grammar, |p| {
            p.separated(Parser::select_item).map(|_| ())
        }),
        "orderby" => expression(text, grammar, |p| {
            p.separated(Parser::order_item).map(|_| ())
        }),
        "search" => expression(text, grammar, |p| p.search().map(|_| ())),
        _ => expression(text, grammar, |p| p.expression().map(|_| ())),
    }
}

fn expression(
    text: &str,
    grammar: &Grammar<'_>,
    production: impl FnOnce(&mut Parser<'_, '_>) -> Result<(), SyntaxError>,
) -> Outcome {
    grammar.decoded(text, Within::Expression, production)
}

/// The value of `format`.
fn format(at: &mut Cursor<'_>) -> bool {
    let part = |at: &mut Cursor<'_>| {
        let character = |at: &mut Cursor<'_>| !at.looking_at("&") && path_character(at);
        character(at) && {
            while character(at) {}
            true
        }
    };
    at.attempt(|at| part(at) && at.eat("/") && part(at))
        || ["atom", "json", "xml"]
            .iter()
            .any(|known| at.eat_in_any_case(known))
}

/// `aliasAndValue`.
fn alias(text: &str, grammar: &Grammar<'_>) -> Outcome {
    let mut at = Cursor::new(text);
    if !(at.eat("@") || at.eat("%40")) || at.identifier().is_none() || !at.eat("=") {
        return Err(at.furthest());
    }
    let start = at.position();
    value("filter", at.rest(), grammar).map_err(|at| start + at)
}

/// `nameAndValue`.
fn name_and_value(text: &str, grammar: &Grammar<'_>) -> Outcome {
    let mut at = Cursor::new(text);
    let name = at.identifier();
    let known = name.is_some_and(|name| grammar.names.has("parameterName", name));
    if !known || !at.eat("=") {
        return Err(at.furthest());
    }
    let start = at.position();
    value("filter", at.rest(), grammar).map_err(|at| start + at)
}

/// `customQueryOption`.
fn custom(text: &str, grammar: &Grammar<'_>) -> Outcome {
    whole(text, |at| {
        let start = at.rest();
        if !custom_name(at) {
            return false;
        }
        let name = start.get(..at.position()).unwrap_or("");
        if !grammar.names.has("customName", name) {
            return false;
        }
        if at.eat("=") {
            while query_character(at) {}
        }
        true
    })
}

fn custom_name(at: &mut Cursor<'_>) -> bool {
    if at.rest().starts_with(['$', '@', '=']) || !query_character(at) {
        return false;
    }
    while !at.looking_at("=") && query_character(at) {}
    true
}

/// One nested option alone: read as if it stood in parentheses.
fn nested(rule: &str, text: &str, grammar: &Grammar<'_>) -> Outcome {
    let place = super::super::parse_item::Place::of_rule(rule);
    let part = Part::plain(text).map_err(|_| 0_usize)?;
    let mut parser = grammar.parser(&part, Within::Expression);
    let parsed = parser
        .nested_option(place)
        .and_then(|()| parser.at.expect_end());
    parsed.map_err(|_| part.position(parser.at.furthest()))
}
