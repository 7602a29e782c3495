//! Resource paths and whole URLs (OData ABNF 4.01, section 1): cut into segments before they are
//! decoded, each segment held against what the path has come to.

use super::super::lexer::Cursor;
use super::super::lexical::is_path_character;
use super::super::names::{self, Named, Reached, Within, is_any};
use super::super::split::{Part, split_path};
use super::super::syntax::{Arguments, Expr, SegmentForm, SystemSegment};
use super::option::{self, Set};
use super::{Grammar, Outcome, fragment, locator, value, whole};

/// Runs a rule, whose name is in lower case; `None` if it is not one of these.
pub(super) fn rule(rule: &str, text: &str, grammar: &Grammar<'_>) -> Option<Outcome> {
    let behind = |reached| {
        let rest = text.strip_prefix('/').ok_or(0_usize);
        rest.and_then(|rest| path(rest, Some(reached), grammar).map_err(|at| at + 1))
    };
    Some(match rule {
        "odatauri" => uri(text, grammar),
        "odatarelativeuri" => relative(text, grammar),
        "resourcepath" => path(text, None, grammar),
        "crossjoin" => path(text, None, grammar),
        "collectionnavigation" | "collectionnavpath" => behind(Reached::Collection(false)),
        "singlenavigation" | "singlenavpath" => behind(Reached::Single(false)),
        "complexcolpath" => behind(Reached::ComplexCollection(false)),
        "complexpath" | "complexnavpath" => behind(Reached::Complex(false)),
        "collectionpath" => behind(Reached::PrimitiveCollection),
        "primitivepath" => behind(Reached::Primitive),
        "boundoperation" => behind(Reached::Each),
        "propertypath" => path(text, Some(Reached::Complex(true)), grammar),
        "filterinpath" | "each" | "count" | "ref" | "value" | "querysegment" | "ordinalindex" => {
            let is_ref = rule == "ref" || rule == "value";
            behind(if is_ref {
                Reached::Single(false)
            } else {
                Reached::Collection(false)
            })
        }
        _ => return None,
    })
}

/// `odataUri`.
fn uri(text: &str, grammar: &Grammar<'_>) -> Outcome {
    let mut at = Cursor::new(text);
    if !locator::service_root(&mut at) {
        return Err(at.furthest());
    }
    // The service root takes every segment but the last; which of them are the path's own, only
    // the names tell.
    let root = text.len() - at.rest().len();
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let slashes = text.get(..end).unwrap_or("").match_indices('/');
    let authority = text.find("://").map_or(0, |at| at + 3);
    let starts = slashes.map(|(at, _)| at + 1).filter(|at| *at > authority);
    let mut furthest = root;
    for start in starts {
        let rest = text.get(start..).unwrap_or("");
        if rest.is_empty() {
            return Ok(());
        }
        match relative(rest, grammar) {
            Ok(()) => return Ok(()),
            Err(at) => furthest = furthest.max(start + at),
        }
    }
    Err(furthest)
}

/// `odataRelativeUri`.
fn relative(text: &str, grammar: &Grammar<'_>) -> Outcome {
    let (path_text, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    };
    let offset = path_text.len() + 1;
    let with = |set: Set| match query {
        Some(query) => option::options(query, set, grammar).map_err(|at| offset + at),
        None => Ok(()),
    };
    match path_text {
        "$batch" => with(Set::Format),
        "$metadata" => match query.and_then(|q| q.split_once('#')) {
            None => with(Set::Format),
            Some((query, context)) => {
                option::options(query, Set::Format, grammar).map_err(|at| offset + at)?;
                let start = offset + query.len() + 1;
                fragment::context(context, grammar).map_err(|at| start + at)
            }
        },
        "$entity" if query.is_some() => with(Set::Entity),
        "$entity" => Err(text.len()),
        _ => {
            if let Some(context) = path_text.strip_prefix("$metadata#") {
                return fragment::context(context, grammar).map_err(|at| 10 + at);
            }
            if let Some(cast) = path_text.strip_prefix("$entity/") {
                let is_type = |at: &mut Cursor<'_>| {
                    value::qualified(at, grammar.names, false, &["entityTypeName"])
                };
                whole(cast, is_type).map_err(|at| 8 + at)?;
                return match query {
                    Some(_) => with(Set::EntityCast),
                    None => Err(text.len()),
                };
            }
            path(path_text, None, grammar)?;
            if query == Some("") {
                Ok(())
            } else {
                with(Set::Query)
            }
        }
    }
}

/// `resourcePath`, or the rest of one behind what it has come to.
fn path(text: &str, from: Option<Reached>, grammar: &Grammar<'_>) -> Outcome {
    let Ok(parts) = split_path(text) else {
        return Err(text.find("//").map_or(text.len(), |at| at + 1));
    };
    if parts.is_empty() || text.starts_with('/') {
        return Err(0);
    }
    let mut reached = from;
    for part in &parts {
        reached = Some(segment(part, reached, grammar)?);
    }
    if text.ends_with('/') {
        return Err(text.len());
    }
    match reached {
        // What has no end of its own: a type behind a collection is one.
        Some(_) => Ok(()),
        None => Err(0),
    }
}

/// One segment: what it leads to.
fn segment(
    part: &Part<'_>,
    from: Option<Reached>,
    grammar: &Grammar<'_>,
) -> Result<Reached, usize> {
    let before = part.offset.saturating_sub(1);
    match from {
        Some(Reached::End) => return Err(before),
        Some(Reached::Query) if part.raw != "$query" => return Err(before),
        _ => {}
    }
    let mut parser = grammar.parser(part, Within::ResourcePath);
    let form = parser.segment_form(&part.text);
    let furthest = part.position(parser.at.furthest());
    if let Some(from) = from
        && let Some(reached) = key(part, from, &form, grammar)
    {
        return Ok(reached);
    }
    let named = |name: &str, call: bool| {
        let named = Named {
            name,
            call,
            slash: false,
        };
        let found = match from {
            None => names::first(grammar.names, named, Within::ResourcePath),
            Some(from) => names::next(grammar.names, from, named, Within::ResourcePath),
        };
        found.ok_or_else(|| misplaced(part, name, from))
    };
    match form {
        SegmentForm::Name => named(&part.text, false),
        SegmentForm::Call(name, arguments) => {
            let reached = named(name, true)?;
            check_arguments(part, name, &arguments, from, grammar)?;
            Ok(reached)
        }
        SegmentForm::CallWithKey(name, ..) => match named(name, true)? {
            Reached::Collection(_) => Ok(Reached::Single(false)),
            _ => Err(furthest),
        },
        SegmentForm::System(system) => {
            named_by_standard(system, from).ok_or_else(|| system_stop(part, from))
        }
        SegmentForm::Filter(_, key) => match from {
            Some(Reached::Collection(_)) if key.is_some() => Ok(Reached::Single(false)),
            Some(Reached::Collection(_)) => Ok(Reached::Collection(false)),
            _ => Err(part.offset),
        },
        SegmentForm::CrossJoin(_) => match from {
            None => Ok(Reached::Query),
            Some(_) => Err(part.offset),
        },
        SegmentForm::Keys(_) | SegmentForm::Key(_) => {
            // A name that does not belong here stops the text before what stands behind it does.
            let end = part.text.find('(').unwrap_or(part.text.len());
            let name = part.text.get(..end).unwrap_or("");
            let is_name = Cursor::new(name).qualified_name() == Some(name) && !name.is_empty();
            if is_name {
                named(name, end < part.text.len())?;
            }
            let is_ordinal = matches!(
                from,
                Some(Reached::PrimitiveCollection | Reached::ComplexCollection(_))
            ) && ordinal(&part.text);
            match (is_ordinal, from) {
                (true, Some(Reached::PrimitiveCollection)) => Ok(Reached::End),
                (true, _) => Ok(Reached::End),
                _ if is_name => Err(furthest),
                _ => {
                    Err(misplaced(part, name, from).max(furthest.min(part.offset + part.raw.len())))
                }
            }
        }
    }
}

/// `ordinalIndex`.
fn ordinal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// `keyPathSegments`.
fn key(
    part: &Part<'_>,
    from: Reached,
    form: &SegmentForm<'_>,
    grammar: &Grammar<'_>,
) -> Option<Reached> {
    let is_open = matches!(from, Reached::Collection(_) | Reached::Keyed);
    let is_system = matches!(form, SegmentForm::System(_) | SegmentForm::Filter(..));
    let is_key = is_open && !is_system && grammar.names.has("keyPathLiteral", part.raw);
    is_key.then_some(Reached::Keyed)
}

/// Where a name stops the text that may not stand here: behind it, or behind all that would be a
/// key as segment.
fn misplaced(part: &Part<'_>, name: &str, from: Option<Reached>) -> usize {
    if matches!(from, Some(Reached::Collection(_) | Reached::Keyed)) {
        let mut at = Cursor::new(part.raw);
        at.take_while(|c| is_path_character(c) || c == '%');
        return part.offset + at.position();
    }
    let name = match from {
        // No name at the root has a namespace.
        None => name.split('.').next().unwrap_or(name),
        Some(_) => name,
    };
    part.position(name.len())
}

/// Where a reserved name stops the text.
fn system_stop(part: &Part<'_>, from: Option<Reached>) -> usize {
    match from {
        Some(Reached::Collection(_) | Reached::Keyed) => misplaced(part, "", from),
        _ => part.offset,
    }
}

/// What a reserved segment leads to; `None` if it may not stand behind `from`.
fn named_by_standard(system: SystemSegment, from: Option<Reached>) -> Option<Reached> {
    use SystemSegment::{All, Count, Each, Query, Ref, Value};
    let Some(from) = from else {
        return (system == All).then_some(Reached::Collection(false));
    };
    let is_collection = names::is_collection(from);
    let is_single = matches!(from, Reached::Single(_) | Reached::Keyed);
    let is_entity = is_single || matches!(from, Reached::Collection(_));
    match system {
        Count if is_collection => Some(Reached::End),
        Ref if is_entity => Some(Reached::End),
        Value if is_single || from == Reached::Primitive => Some(Reached::End),
        Each if matches!(from, Reached::Collection(_)) => Some(Reached::Each),
        Query if !matches!(from, Reached::Stream | Reached::Each | Reached::End) => {
            Some(Reached::End)
        }
        _ => None,
    }
}

/// Parameters of a function have names; a key is one value, or values with names.
fn check_arguments(
    part: &Part<'_>,
    name: &str,
    arguments: &Arguments<'_>,
    from: Option<Reached>,
    grammar: &Grammar<'_>,
) -> Outcome {
    let open = part.position(name.len() + 1);
    let is_key = match from {
        None => grammar.names.has("entitySetName", name),
        Some(_) => !is_any(grammar.names, name, value::FUNCTIONS),
    };
    match arguments {
        Arguments::Positional(items) if items.is_empty() && is_key => Err(open),
        Arguments::Positional(items) if items.is_empty() => Ok(()),
        Arguments::Positional(items) if is_key && items.len() == 1 => Ok(()),
        Arguments::Positional(_) => Err(open),
        Arguments::Named(_) if is_key => Ok(()),
        Arguments::Named(items) => {
            let unknown = |(name, _): &&(std::borrow::Cow<'_, str>, Expr<'_>)| {
                !grammar.names.has("parameterName", name)
            };
            match items.iter().find(unknown) {
                None => Ok(()),
                Some((name, _)) => {
                    let at = part.text.find(&**name).unwrap_or(0) + name.len();
                    Err(part.position(at))
                }
            }
        }
    }
}
