//! What the names in a text may be, where a caller knows: the grammar alone takes any identifier
//! for any of them (OData ABNF 4.01, section 6).

use super::lexer::Cursor;
use super::syntax_error::SyntaxError;
use crate::expr::Function;

/// Says which names a model has. The binder resolves names against a real model; a parser that is
/// given names also refuses those that may not stand where they do.
pub trait Names {
    /// Whether `name` is one of what the rule of the ABNF stands for, such as `entitySetName` or
    /// `primitiveKeyProperty`.
    fn has(&self, rule: &str, name: &str) -> bool;
}

/// What a path has come to (the ABNF rules named `…Navigation`, `…Path`, `…PathExpr`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// Many entities; whether they have been cast.
    Collection(bool),
    /// One entity; whether it has been cast.
    Single(bool),
    /// One entity, behind a key as segment: the key may go on.
    Keyed,
    /// Many complex values; whether they have been cast.
    ComplexCollection(bool),
    /// One complex value; whether it has been cast.
    Complex(bool),
    /// Many primitive values.
    PrimitiveCollection,
    /// One primitive value.
    Primitive,
    /// A stream of the resource path.
    Stream,
    /// An annotation, whose type no name tells.
    Annotation,
    /// A function of the resource path without parentheses: only `/$query` may follow.
    Query,
    /// Each member of a collection: only an operation may follow.
    Each,
    /// Nothing may follow.
    End,
}

/// Where a path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    /// In the resource path.
    ResourcePath,
    /// In an expression.
    Expression,
    /// In an expression to be aggregated: properties may follow a collection.
    Aggregation,
}

/// A name, qualified or not, and whether parentheses stand behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'n> {
    pub(super) name: &'n str,
    pub(super) call: bool,
    /// Whether a slash stands behind it.
    pub(super) slash: bool,
}

const PROPERTIES: [(&str, Reached); 9] = [
    ("entityColNavigationProperty", Reached::Collection(false)),
    ("entityNavigationProperty", Reached::Single(false)),
    ("complexColProperty", Reached::ComplexCollection(false)),
    ("complexProperty", Reached::Complex(false)),
    ("primitiveColProperty", Reached::PrimitiveCollection),
    ("primitiveKeyProperty", Reached::Primitive),
    ("primitiveNonKeyProperty", Reached::Primitive),
    ("customAggregate", Reached::Primitive),
    ("streamProperty", Reached::Stream),
];

const FUNCTIONS: [(&str, Reached); 6] = [
    ("entityColFunction", Reached::Collection(false)),
    ("entityFunction", Reached::Single(false)),
    ("complexColFunction", Reached::ComplexCollection(false)),
    ("complexFunction", Reached::Complex(false)),
    ("primitiveColFunction", Reached::PrimitiveCollection),
    ("primitiveFunction", Reached::Primitive),
];

const IMPORTS: [(&str, Reached); 6] = [
    ("entityColFunctionImport", Reached::Collection(false)),
    ("entityFunctionImport", Reached::Single(false)),
    (
        "complexColFunctionImport",
        Reached::ComplexCollection(false),
    ),
    ("complexFunctionImport", Reached::Complex(false)),
    ("primitiveColFunctionImport", Reached::PrimitiveCollection),
    ("primitiveFunctionImport", Reached::Primitive),
];

/// Whether a name, whose namespace is one if it has any, is one of these rules'.
pub(super) fn is_any(names: &dyn Names, name: &str, rules: &[&str]) -> bool {
    let (namespace, short) = name
        .rsplit_once('.')
        .map_or((None, name), |(n, s)| (Some(n), s));
    namespace.is_none_or(|n| n.split('.').all(|part| names.has("namespacePart", part)))
        && rules.iter().any(|rule| names.has(rule, short))
}

fn find(names: &dyn Names, name: &str, rules: &[(&str, Reached)]) -> Option<Reached> {
    let found = rules.iter().find(|(rule, _)| is_any(names, name, &[rule]));
    found.map(|(_, reached)| *reached)
}

/// The first segment of a resource path, or what stands behind `$root/`.
pub(super) fn first(names: &dyn Names, named: Named<'_>, within: Within) -> Option<Reached> {
    let Named { name, call, .. } = named;
    if name.contains('.') {
        return None;
    }
    if names.has("entitySetName", name) {
        return Some(match call {
            true => Reached::Single(false),
            false => Reached::Collection(false),
        });
    }
    if names.has("singletonEntity", name) && !call {
        return Some(Reached::Single(false));
    }
    if within == Within::ResourcePath && names.has("actionImport", name) && !call {
        return Some(Reached::End);
    }
    match find(names, name, &IMPORTS)? {
        reached if call => Some(reached),
        _ if within == Within::ResourcePath => Some(Reached::Query),
        _ => None,
    }
}

/// The first name of a path in an expression: a property, a function, a type before more of the
/// path, or a variable.
pub(super) fn first_member(names: &dyn Names, named: Named<'_>, within: Within) -> Option<Reached> {
    let Named { name, call, slash } = named;
    property(names, named, within)
        .or_else(|| operation(names, Reached::Annotation, named, within))
        .or_else(|| {
            let is_type =
                !call && slash && is_any(names, name, &["entityTypeName", "complexTypeName"]);
            is_type.then_some(Reached::Single(true))
        })
        .or_else(|| (call && is_canonical(name)).then_some(Reached::End))
        .or_else(|| (!call && !name.contains('.')).then_some(Reached::Single(false)))
}

/// Whether a name is that of a canonical function, in any case.
fn is_canonical(name: &str) -> bool {
    let others = ["case", "cast", "isof", "isdefined"];
    let mut known = Function::ALL.iter().map(|(_, name)| *name).chain(others);
    known.any(|known| known.eq_ignore_ascii_case(name))
}

/// What a name leads to that stands behind `from`; `None` if it may not stand there. A name that
/// leads on is preferred to one that is a cast, as in the grammar.
pub(super) fn next(
    names: &dyn Names,
    from: Reached,
    named: Named<'_>,
    within: Within,
) -> Option<Reached> {
    let direct = match from {
        Reached::Single(_) | Reached::Keyed | Reached::Complex(_) => property(names, named, within),
        Reached::Annotation => property(names, named, within),
        Reached::Collection(_) | Reached::ComplexCollection(_) if within == Within::Aggregation => {
            property(names, named, within)
        }
        _ => None,
    };
    direct
        .or_else(|| operation(names, from, named, within))
        .or_else(|| cast(names, from, named))
}

/// `propertyPath`, `propertyPathExpr`: a property and what it leads to.
pub(super) fn property(names: &dyn Names, named: Named<'_>, within: Within) -> Option<Reached> {
    if named.name.contains('.') {
        return None;
    }
    match find(names, named.name, &PROPERTIES)? {
        Reached::Collection(_) if named.call => Some(Reached::Single(false)),
        _ if named.call => None,
        Reached::Stream if within != Within::ResourcePath => Some(Reached::Primitive),
        reached => Some(reached),
    }
}

/// `boundOperation`, `boundFunctionExpr`.
pub(super) fn operation(
    names: &dyn Names,
    from: Reached,
    named: Named<'_>,
    within: Within,
) -> Option<Reached> {
    if matches!(from, Reached::End | Reached::Query) {
        return None;
    }
    let is_path = within == Within::ResourcePath;
    if is_path && !named.call && is_any(names, named.name, &["action"]) {
        return Some(Reached::End);
    }
    match find(names, named.name, &FUNCTIONS)? {
        reached if named.call => Some(reached),
        _ if is_path => Some(Reached::Query),
        _ => None,
    }
}

/// A cast to a derived type, of what has not been cast yet.
fn cast(names: &dyn Names, from: Reached, named: Named<'_>) -> Option<Reached> {
    let Named { name, call, .. } = named;
    let entity = || is_any(names, name, &["entityTypeName"]);
    let complex = || is_any(names, name, &["complexTypeName"]);
    match from {
        Reached::Collection(false) if entity() => Some(match call {
            true => Reached::Single(false),
            false => Reached::Collection(true),
        }),
        _ if call => None,
        Reached::Single(false) | Reached::Keyed if entity() || complex() => {
            Some(Reached::Single(true))
        }
        Reached::ComplexCollection(false) if complex() => Some(Reached::ComplexCollection(true)),
        Reached::Complex(false) if complex() => Some(Reached::Complex(true)),
        Reached::Annotation if entity() || complex() => Some(Reached::Single(true)),
        _ => None,
    }
}

/// Whether what has been reached has members, to be counted or filtered.
pub(super) fn is_collection(reached: Reached) -> bool {
    matches!(
        reached,
        Reached::Collection(_)
            | Reached::ComplexCollection(_)
            | Reached::PrimitiveCollection
            | Reached::Annotation
    )
}

/// The error of a name that may not stand where it does, which has just been read.
pub(super) fn misplaced(at: &Cursor<'_>) -> SyntaxError {
    at.expected("another name, for what was named may not stand here")
}
