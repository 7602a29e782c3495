//! Context URL fragments (OData ABNF 4.01, section 3).

use super::super::lexer::Cursor;
use super::super::lexical::{self, Form};
use super::super::names::Names;
use super::value::{FUNCTIONS, enum_members, identifier, qualified, type_name};
use super::{Grammar, Outcome};

const NAVIGATION: &[&str] = &["entityNavigationProperty", "entityColNavigationProperty"];
const COMPLEX: &[&str] = &["complexProperty", "complexColProperty"];
const PRIMITIVE: &[&str] = &[
    "primitiveKeyProperty",
    "primitiveNonKeyProperty",
    "customAggregate",
    "primitiveColProperty",
];

/// How deep lists may nest.
const DEPTH: usize = 32;

/// Runs a rule, whose name is in lower case; `None` if it is not one of these.
pub(super) fn rule(rule: &str, text: &str, grammar: &Grammar<'_>) -> Option<Outcome> {
    let names = grammar.names;
    let run = |f: &dyn Fn(&mut Cursor<'_>) -> bool| Some(super::whole(text, |at| f(at)));
    match rule {
        "context" => match text.strip_prefix('#') {
            Some(rest) => Some(context(rest, grammar).map_err(|at| at + 1)),
            None => Some(Err(0)),
        },
        "contextfragment" => Some(context(text, grammar)),
        "selectlist" => run(&|at| select_list(at, names, DEPTH)),
        "selectlistitem" => run(&|at| select_item(at, names, DEPTH)),
        "selectlistproperty" => run(&|at| select_property(at, names, DEPTH)),
        "contextpropertypath" => run(&|at| property_path(at, names)),
        "contextkeypredicate" => run(&|at| key(at, names)),
        "contextkeyvalue" => run(&|at| key_value(at, names)),
        "contextkeyvaluepair" => {
            run(&|at| at.identifier().is_some() && at.eat("=") && key_value(at, names))
        }
        "entityset" => run(&|at| entity_set(at, names)),
        "containmentnavigation" => run(&|at| containment(at, names)),
        "navigation" => run(&|at| navigation(at, names)),
        "annotationinfragment" | "complexannotationinfragment" | "entityannotationinfragment" => {
            run(&|at| annotation(at, names))
        }
        "qualifiedfunctionname" => run(&|at| function(at, names)),
        _ => None,
    }
}

/// `contextFragment`: any of its alternatives that is the whole text.
pub(super) fn context(text: &str, grammar: &Grammar<'_>) -> Outcome {
    type Alternative = fn(&mut Cursor<'_>, &dyn Names) -> bool;
    const ALTERNATIVES: [Alternative; 6] = [
        |at, _| {
            at.eat("Collection($ref)")
                || at.eat("$ref")
                || at.eat("Collection(Edm.EntityType)")
                || at.eat("Collection(Edm.ComplexType)")
        },
        singleton,
        |at, names| type_name(at, names, true) && optional_list(at, names),
        |at, names| {
            entity_set(at, names)
                && (at.eat("/$deletedEntity") || at.eat("/$link") || at.eat("/$deletedLink"))
        },
        |at, names| {
            entity_set(at, names)
                && key(at, names)
                && at.eat("/")
                && property_path(at, names)
                && optional_list(at, names)
        },
        |at, names| {
            entity_set(at, names) && optional_list(at, names) && {
                let _ = at.eat("/$entity") || at.eat("/$delta");
                true
            }
        },
    ];
    let mut at = Cursor::new(text);
    let whole = |alternative: Alternative, at: &mut Cursor<'_>| {
        at.attempt(|at| alternative(at, grammar.names) && at.is_at_end())
    };
    if ALTERNATIVES
        .into_iter()
        .any(|alternative| whole(alternative, &mut at))
    {
        Ok(())
    } else {
        Err(at.furthest())
    }
}

fn singleton(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    if !identifier(at, names, &["singletonEntity"]) {
        return false;
    }
    if at.attempt(|at| navigation(at, names)) {
        while at.attempt(|at| containment(at, names)) {}
        entity_cast(at, names);
    }
    optional_list(at, names)
}

fn entity_cast(at: &mut Cursor<'_>, names: &dyn Names) {
    at.attempt(|at| at.eat("/") && qualified(at, names, true, &["entityTypeName"]));
}

fn complex_cast(at: &mut Cursor<'_>, names: &dyn Names) {
    at.attempt(|at| at.eat("/") && qualified(at, names, true, &["complexTypeName"]));
}

/// `entitySet`.
fn entity_set(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    if !identifier(at, names, &["entitySetName"]) {
        return false;
    }
    while at.attempt(|at| containment(at, names)) {}
    entity_cast(at, names);
    true
}

/// `containmentNavigation`.
fn containment(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    key(at, names) && {
        entity_cast(at, names);
        navigation(at, names)
    }
}

/// `navigation`.
fn navigation(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    while at.attempt(|at| at.eat("/") && identifier(at, names, &["complexProperty"])) {
        complex_cast(at, names);
    }
    at.eat("/") && identifier(at, names, NAVIGATION)
}

/// `contextKeyPredicate`.
fn key(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    let pair =
        |at: &mut Cursor<'_>| at.identifier().is_some() && at.eat("=") && key_value(at, names);
    let pairs = |at: &mut Cursor<'_>| {
        pair(at) && {
            while at.attempt(|at| at.eat(",") && pair(at)) {}
            at.eat(")")
        }
    };
    at.attempt(|at| {
        at.eat("(") && (at.attempt(|at| key_value(at, names) && at.eat(")")) || at.attempt(pairs))
    })
}

/// `contextKeyValue`: the longest of its forms.
fn key_value(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    let form = Form::Plain;
    lexical::boolean(at)
        || lexical::guid(at)
        || lexical::date_time_offset(at, form)
        || lexical::date(at)
        || lexical::time_of_day(at, form)
        || lexical::decimal(at, form)
        || lexical::string_literal(at, form)
        || lexical::duration_value(at)
        || at.attempt(|at| !ends_like_a_name(at) && enum_members(at, form, names))
}

/// Whether what stands here is the name in front of a value.
fn ends_like_a_name(at: &Cursor<'_>) -> bool {
    let mut ahead = at.clone();
    ahead.identifier().is_some() && ahead.looking_at("=")
}

fn optional_list(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    at.attempt(|at| select_list(at, names, DEPTH));
    true
}

/// `selectList`.
fn select_list(at: &mut Cursor<'_>, names: &dyn Names, depth: usize) -> bool {
    if depth == 0 || !at.eat("(") {
        return false;
    }
    if at.attempt(|at| select_item(at, names, depth)) {
        while at.attempt(|at| at.eat(",") && select_item(at, names, depth)) {}
    }
    at.eat(")")
}

/// `selectListItem`.
fn select_item(at: &mut Cursor<'_>, names: &dyn Names, depth: usize) -> bool {
    let all_operations = |at: &mut Cursor<'_>| {
        at.qualified_name()
            .is_some_and(|name| name.split('.').all(|part| names.has("namespacePart", part)))
            && at.eat(".*")
    };
    if at.eat("*") || at.attempt(all_operations) {
        return true;
    }
    let types = &["entityTypeName", "complexTypeName"];
    at.attempt(|at| qualified(at, names, true, types) && at.eat("/"));
    qualified(at, names, true, &["action"])
        || at.attempt(|at| function(at, names))
        || select_property(at, names, depth)
}

/// `qualifiedFunctionName`.
fn function(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    let parameter = |at: &mut Cursor<'_>| identifier(at, names, &["parameterName"]);
    let parameters = |at: &mut Cursor<'_>| {
        at.eat("(") && parameter(at) && {
            while at.attempt(|at| at.eat(",") && parameter(at)) {}
            at.eat(")")
        }
    };
    qualified(at, names, true, FUNCTIONS) && {
        at.attempt(parameters);
        true
    }
}

/// `selectListProperty`.
fn select_property(at: &mut Cursor<'_>, names: &dyn Names, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    if identifier(at, names, PRIMITIVE) {
        return true;
    }
    let list = |at: &mut Cursor<'_>| {
        let _ = at.eat("+");
        at.attempt(|at| select_list(at, names, depth - 1));
        true
    };
    if identifier(at, names, NAVIGATION) {
        return list(at);
    }
    let annotation = at.attempt(|at| annotation(at, names));
    if annotation && (at.looking_at("(") || at.looking_at("+")) {
        return list(at);
    }
    if annotation || identifier(at, names, COMPLEX) {
        complex_cast(at, names);
        at.attempt(|at| at.eat("/") && select_property(at, names, depth - 1));
        return true;
    }
    false
}

/// `annotationInFragment`.
fn annotation(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    at.eat("@") && qualified(at, names, false, &["termName"]) && {
        at.attempt(|at| at.eat("#") && at.identifier().is_some());
        true
    }
}

/// `contextPropertyPath`.
fn property_path(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    loop {
        if identifier(at, names, PRIMITIVE) {
            return true;
        }
        if !identifier(at, names, COMPLEX) {
            return false;
        }
        let start = at.position();
        complex_cast(at, names);
        if !at.eat("/") {
            at.reset(start);
            return true;
        }
    }
}
