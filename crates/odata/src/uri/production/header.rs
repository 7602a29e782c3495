//! Header values (OData ABNF 4.01, section 8).

use super::super::lexer::Cursor;
use super::super::lexical::{boolean, digits, is_path_character, is_unreserved, percent_encoded};
use super::super::names::Names;
use super::locator;
use super::value::identifier;

/// Runs a rule; `None` if it is not one of these.
pub(super) fn rule(rule: &str, at: &mut Cursor<'_>, names: &dyn Names) -> Option<bool> {
    Some(match rule {
        "header" => HEADERS
            .iter()
            .any(|rule| at.attempt(|at| header(rule, at, names) == Some(true))),
        "preference" => preference(at, names),
        "annotationsList" => annotations(at, names),
        "annotationIdentifier" => annotation(at, names),
        "request-id" => at.eat_run(1, usize::MAX, is_unreserved),
        "IRI-in-header" => at.eat_run(1, usize::MAX, is_visible),
        _ => return header(rule, at, names).or_else(|| one_preference(rule, at, names)),
    })
}

const HEADERS: [&str; 8] = [
    "asyncresult",
    "content-id",
    "isolation",
    "odata-entityid",
    "odata-error",
    "odata-maxversion",
    "odata-version",
    "prefer",
];

const PREFERENCES: [&str; 10] = [
    "allowEntityReferencesPreference",
    "callbackPreference",
    "continueOnErrorPreference",
    "includeAnnotationsPreference",
    "maxpagesizePreference",
    "omitValuesPreference",
    "respondAsyncPreference",
    "returnPreference",
    "trackChangesPreference",
    "waitPreference",
];

fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || !c.is_ascii()
}

fn spaces(at: &mut Cursor<'_>) -> bool {
    at.whitespace();
    true
}

/// `name ":" OWS`.
fn field(at: &mut Cursor<'_>, name: &str) -> bool {
    at.eat_in_any_case(name) && at.eat(":") && spaces(at)
}

/// `EQ-h`.
fn equals(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| spaces(at) && at.eat("=") && spaces(at))
}

/// One header with its name.
fn header(rule: &str, at: &mut Cursor<'_>, names: &dyn Names) -> Option<bool> {
    Some(match rule {
        "asyncresult" => field(at, "AsyncResult") && digits(at, 3, 3),
        "content-id" => field(at, "Content-ID") && at.eat_run(1, usize::MAX, is_unreserved),
        "isolation" => {
            let _ = at.eat_in_any_case("OData-");
            field(at, "Isolation") && at.eat_in_any_case("snapshot")
        }
        "odata-entityid" => field(at, "OData-EntityID") && at.eat_run(1, usize::MAX, is_visible),
        "odata-error" => {
            field(at, "OData-Error") && at.eat("{\"code\":") && {
                at.eat_run(0, usize::MAX, |c| c == ' ' || c.is_ascii_graphic())
            }
        }
        "odata-maxversion" => {
            field(at, "OData-MaxVersion")
                && digits(at, 1, usize::MAX)
                && at.eat(".")
                && digits(at, 1, usize::MAX)
        }
        "odata-version" => {
            field(at, "OData-Version") && at.eat("4.0") && {
                at.eat_one(|c| matches!(c, '1'..='9'));
                true
            }
        }
        "prefer" => {
            if !(field(at, "Prefer") && preference(at, names)) {
                return Some(false);
            }
            let more = |at: &mut Cursor<'_>| {
                spaces(at) && at.eat(",") && spaces(at) && preference(at, names)
            };
            while at.attempt(more) {}
            true
        }
        _ => return None,
    })
}

/// `preference`: one of the OData protocol.
fn preference(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    PREFERENCES
        .iter()
        .any(|rule| at.attempt(|at| one_preference(rule, at, names) == Some(true)))
}

fn one_preference(rule: &str, at: &mut Cursor<'_>, names: &dyn Names) -> Option<bool> {
    let prefixed = |at: &mut Cursor<'_>, name: &str| {
        let _ = at.eat_in_any_case("odata.");
        at.eat_in_any_case(name)
    };
    Some(match rule {
        "allowEntityReferencesPreference" => prefixed(at, "allow-entityreferences"),
        "callbackPreference" => {
            prefixed(at, "callback")
                && spaces(at)
                && at.eat(";")
                && spaces(at)
                && at.eat_in_any_case("url")
                && equals(at)
                && at.eat("\"")
                && locator::uri(at)
                && at.eat("\"")
        }
        "continueOnErrorPreference" => {
            prefixed(at, "continue-on-error") && {
                at.attempt(|at| equals(at) && boolean(at));
                true
            }
        }
        "includeAnnotationsPreference" => {
            prefixed(at, "include-annotations")
                && equals(at)
                && at.eat("\"")
                && annotations(at, names)
                && at.eat("\"")
        }
        "maxpagesizePreference" => {
            prefixed(at, "maxpagesize")
                && equals(at)
                && at.eat_one(|c| matches!(c, '1'..='9'))
                && digits(at, 0, usize::MAX)
        }
        "omitValuesPreference" => {
            at.eat_in_any_case("omit-values")
                && equals(at)
                && (at.eat_in_any_case("nulls") || at.eat_in_any_case("defaults"))
        }
        "respondAsyncPreference" => at.eat_in_any_case("respond-async"),
        "returnPreference" => {
            at.eat_in_any_case("return")
                && equals(at)
                && (at.eat("representation") || at.eat("minimal"))
        }
        "trackChangesPreference" => prefixed(at, "track-changes"),
        "waitPreference" => at.eat_in_any_case("wait") && equals(at) && digits(at, 1, usize::MAX),
        _ => return None,
    })
}

/// `annotationsList`.
fn annotations(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    at.attempt(|at| {
        if !annotation(at, names) {
            return false;
        }
        while at.attempt(|at| at.eat(",") && annotation(at, names)) {}
        true
    })
}

/// `annotationIdentifier`.
fn annotation(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    let term = |at: &mut Cursor<'_>| {
        let mut parts = 0;
        while at.attempt(|at| identifier(at, names, &["namespacePart"]) && at.eat(".")) {
            parts += 1;
        }
        parts > 0 && (at.eat("*") || identifier(at, names, &["termName"]))
    };
    at.attempt(|at| {
        let _ = at.eat("-");
        if !(at.eat("*") || at.attempt(term)) {
            return false;
        }
        at.attempt(|at| at.eat("#") && at.identifier().is_some());
        true
    })
}

/// Whether a character may stand in a URI as it is (RFC 3986).
pub(super) fn is_uri_character(at: &mut Cursor<'_>) -> bool {
    at.eat_one(|c| is_path_character(c) || matches!(c, '/' | '?')) || percent_encoded(at)
}
