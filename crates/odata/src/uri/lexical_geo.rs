//! The forms of geography and geometry literals (OData ABNF 4.01, section 7): well-known text.

use super::lexer::Cursor;
use super::lexical::{Form, decimal, digits};

/// How deep collections may nest in collections.
pub(super) const DEPTH: usize = 16;

/// `geographyPoint` and its like: the type, quotes, and the shape between them.
pub(super) fn literal(
    at: &mut Cursor<'_>,
    prefixes: &[&str],
    only: Option<&str>,
    form: Form,
) -> bool {
    at.attempt(|at| {
        prefixes.iter().any(|prefix| at.eat_in_any_case(prefix))
            && form.quote(at)
            && full(at, only, form)
            && form.quote(at)
    })
}

/// `fullPointLiteral` and its like: the reference system and a shape, of this name if one is given.
pub(super) fn full(at: &mut Cursor<'_>, shape: Option<&str>, form: Form) -> bool {
    at.attempt(|at| srid(at, form) && self::shape(at, shape, form, DEPTH))
}

/// `sridLiteral`.
pub(super) fn srid(at: &mut Cursor<'_>, form: Form) -> bool {
    at.attempt(|at| {
        at.eat_in_any_case("SRID") && at.eat("=") && digits(at, 1, 5) && form.semicolon(at)
    })
}

/// One shape, of this name if one is given.
pub(super) fn shape(at: &mut Cursor<'_>, only: Option<&str>, form: Form, depth: usize) -> bool {
    const SHAPES: [&str; 7] = [
        "GeometryCollection",
        "LineString",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "Point",
        "Polygon",
    ];
    let of = |at: &mut Cursor<'_>, name: &str| {
        only.is_none_or(|only| only == name)
            && at.attempt(|at| at.eat_in_any_case(name) && data(at, name, form, depth))
    };
    SHAPES.into_iter().any(|name| of(at, name))
}

/// What stands in parentheses behind the name of a shape.
pub(super) fn data(at: &mut Cursor<'_>, name: &str, form: Form, depth: usize) -> bool {
    match name {
        "Point" => points(at, 1, 1, form),
        "LineString" => points(at, 2, usize::MAX, form),
        "Polygon" => rings(at, form),
        "MultiPoint" => many(at, 0, |at| points(at, 1, 1, form), form),
        "MultiLineString" => many(at, 0, |at| points(at, 2, usize::MAX, form), form),
        "MultiPolygon" => many(at, 0, |at| rings(at, form), form),
        _ => depth > 0 && many(at, 1, |at| shape(at, None, form, depth - 1), form),
    }
}

/// `polygonData`.
fn rings(at: &mut Cursor<'_>, form: Form) -> bool {
    many(at, 1, |at| points(at, 1, usize::MAX, form), form)
}

/// `pointData`, `lineStringData`, `ringLiteral`.
pub(super) fn points(at: &mut Cursor<'_>, min: usize, max: usize, form: Form) -> bool {
    at.attempt(|at| {
        if !(form.open(at) && position(at)) {
            return false;
        }
        let mut count = 1;
        while count < max && at.attempt(|at| form.comma(at) && position(at)) {
            count += 1;
        }
        count >= min && form.close(at)
    })
}

/// At least `min` of a production in parentheses, separated by commas.
fn many(
    at: &mut Cursor<'_>,
    min: usize,
    mut production: impl FnMut(&mut Cursor<'_>) -> bool,
    form: Form,
) -> bool {
    at.attempt(|at| {
        if !form.open(at) {
            return false;
        }
        if production(at) {
            while at.attempt(|at| form.comma(at) && production(at)) {}
        } else if min > 0 {
            return false;
        }
        form.close(at)
    })
}

/// `positionLiteral`: two to four numbers.
pub(super) fn position(at: &mut Cursor<'_>) -> bool {
    let number = |at: &mut Cursor<'_>| at.attempt(|at| at.eat(" ") && decimal(at, Form::Plain));
    at.attempt(|at| {
        if !(decimal(at, Form::Plain) && number(at)) {
            return false;
        }
        let _ = number(at) && number(at);
        true
    })
}
