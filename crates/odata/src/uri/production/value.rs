//! Names and literal values (OData ABNF 4.01, sections 6 and 7).

use super::super::lexer::Cursor;
use super::super::lexical::{self, Form};
use super::super::lexical_geo as geo;
use super::super::names::{Names, is_any};

/// Rules that are an identifier by another name; names may restrict what it is.
const IDENTIFIERS: &[&str] = &[
    "action",
    "actionImport",
    "annotationQualifier",
    "complexColFunction",
    "complexColFunctionImport",
    "complexColProperty",
    "complexFunction",
    "complexFunctionImport",
    "complexProperty",
    "complexTypeName",
    "computedProperty",
    "customAggregate",
    "entityColFunction",
    "entityColFunctionImport",
    "entityColNavigationProperty",
    "entityFunction",
    "entityFunctionImport",
    "entityNavigationProperty",
    "entitySetName",
    "entityTypeName",
    "enumerationMember",
    "enumerationTypeName",
    "expressionAlias",
    "keyPropertyAlias",
    "lambdaVariableExpr",
    "namespacePart",
    "odataIdentifier",
    "parameterName",
    "primitiveColFunction",
    "primitiveColFunctionImport",
    "primitiveColProperty",
    "primitiveFunction",
    "primitiveFunctionImport",
    "primitiveKeyProperty",
    "primitiveNonKeyProperty",
    "recHierQualifier",
    "rollupNamedHier",
    "singletonEntity",
    "streamProperty",
    "termName",
    "typeDefinitionName",
];

/// Rules that are one of several identifiers.
const CHOICES: &[(&str, &[&str])] = &[
    (
        "navigationProperty",
        &["entityNavigationProperty", "entityColNavigationProperty"],
    ),
    (
        "primitiveProperty",
        &[
            "primitiveKeyProperty",
            "primitiveNonKeyProperty",
            "customAggregate",
        ],
    ),
    ("function", FUNCTIONS),
    ("functionImportCallNoParens", IMPORTS),
    ("actionImportCall", &["actionImport"]),
    ("singleTypeName", TYPES),
];

pub(super) const FUNCTIONS: &[&str] = &[
    "entityFunction",
    "entityColFunction",
    "complexFunction",
    "complexColFunction",
    "primitiveFunction",
    "primitiveColFunction",
];

const IMPORTS: &[&str] = &[
    "entityFunctionImport",
    "entityColFunctionImport",
    "complexFunctionImport",
    "complexColFunctionImport",
    "primitiveFunctionImport",
    "primitiveColFunctionImport",
];

const TYPES: &[&str] = &[
    "entityTypeName",
    "complexTypeName",
    "typeDefinitionName",
    "enumerationTypeName",
];

/// Rules that are a name with a namespace, or with one or without.
const QUALIFIED: &[(&str, bool, &[&str])] = &[
    ("qualifiedEntityTypeName", true, &["entityTypeName"]),
    ("qualifiedComplexTypeName", true, &["complexTypeName"]),
    ("qualifiedTypeDefinitionName", true, &["typeDefinitionName"]),
    ("qualifiedEnumTypeName", true, &["enumerationTypeName"]),
    ("qualifiedActionName", true, &["action"]),
    (
        "optionallyQualifiedEntityTypeName",
        false,
        &["entityTypeName"],
    ),
    (
        "optionallyQualifiedComplexTypeName",
        false,
        &["complexTypeName"],
    ),
    ("optionallyQualifiedActionName", false, &["action"]),
    ("boundActionCall", false, &["action"]),
    ("boundFunctionCallNoParens", false, FUNCTIONS),
];

/// The shapes of geography and geometry.
const SHAPES: [&str; 7] = [
    "Collection",
    "LineString",
    "MultiLineString",
    "MultiPoint",
    "MultiPolygon",
    "Point",
    "Polygon",
];

/// Runs a rule; `None` if it is not one of these.
pub(super) fn rule(rule: &str, at: &mut Cursor<'_>, names: &dyn Names) -> Option<bool> {
    let encoded = rule.ends_with("Literal") || rule.ends_with("InUrl");
    let form = if encoded { Form::Encoded } else { Form::Plain };
    date_or_time(rule, at, form)
        .or_else(|| number(rule, at, form))
        .or_else(|| other_value(rule, at, form, names))
        .or_else(|| shape(rule, at))
        .or_else(|| name(rule, at, names))
}

fn date_or_time(rule: &str, at: &mut Cursor<'_>, form: Form) -> Option<bool> {
    Some(match rule {
        "year" => lexical::year(at),
        "month" => lexical::month(at),
        "day" => lexical::day(at),
        "hour" => lexical::hour(at),
        "minute" | "zeroToFiftyNine" => lexical::minute(at),
        "second" => lexical::second(at),
        "fractionalSeconds" => lexical::digits(at, 1, 12),
        "date" | "dateValue" | "dateLiteral" => lexical::date(at),
        "dateTimeOffsetLiteral" | "dateTimeOffsetValue" | "dateTimeOffsetValueInUrl" => {
            lexical::date_time_offset(at, form)
        }
        "timeOfDayLiteral" | "timeOfDayValue" | "timeOfDayValueInUrl" => {
            lexical::time_of_day(at, form)
        }
        "durationLiteral" => lexical::duration_literal(at, form),
        "durationValue" => lexical::duration_value(at),
        _ => return None,
    })
}

fn number(rule: &str, at: &mut Cursor<'_>, form: Form) -> Option<bool> {
    Some(match rule {
        "oneToNine" => at.eat_one(|c| matches!(c, '1'..='9')),
        "byte" | "byteValue" => lexical::digits(at, 1, 3),
        "sbyteLiteral" | "sbyteValue" => lexical::integer(at, 3, form),
        "int16Literal" | "int16Value" => lexical::integer(at, 5, form),
        "int32Literal" | "int32Value" => lexical::integer(at, 10, form),
        "int64Literal" | "int64Value" => lexical::integer(at, 19, form),
        "decimalLiteral" | "decimalValue" | "doubleLiteral" | "doubleValue" | "singleLiteral"
        | "singleValue" => lexical::decimal(at, form),
        "nanInfinity" => at.eat("NaN") || at.eat("-INF") || at.eat("INF"),
        _ => return None,
    })
}

fn other_value(rule: &str, at: &mut Cursor<'_>, form: Form, names: &dyn Names) -> Option<bool> {
    Some(match rule {
        "null" => at.eat("null"),
        "boolean" => lexical::boolean(at),
        "booleanValue" => lexical::boolean_value(at),
        "guid" | "guidValue" | "guidLiteral" => lexical::guid(at),
        "binaryLiteral" => lexical::binary_literal(at, form),
        "binaryValue" => lexical::binary_value(at),
        "stringLiteral" => lexical::string_literal(at, form),
        "stringValue" => lexical::string_literal(at, Form::Plain),
        "enumLiteral" => enum_literal(at, names),
        "enumValue" | "enumerationValue" => enum_members(at, Form::Plain, names),
        "singleEnumLiteral" => enum_member(at, Form::Encoded, names),
        "singleEnumValue" => enum_member(at, Form::Plain, names),
        "primitiveValue" => return Some(primitive_value(at, names)),
        "charInJSON" => lexical::json_character(at),
        "stringInUrl" => lexical::json_string(at),
        "pchar" => lexical::path_character(at),
        "pct-encoded" => lexical::percent_encoded(at),
        "unreserved" => at.eat_one(lexical::is_unreserved),
        _ => return None,
    })
}

fn shape(rule: &str, at: &mut Cursor<'_>) -> Option<bool> {
    let form = Form::Encoded;
    match rule {
        "sridLiteral" => return Some(geo::srid(at, form)),
        "positionLiteral" => return Some(geo::position(at)),
        "geoLiteral" => return Some(geo::shape(at, None, form, geo::DEPTH)),
        "pointData" => return Some(geo::data(at, "Point", form, geo::DEPTH)),
        "lineStringData" => return Some(geo::data(at, "LineString", form, geo::DEPTH)),
        "polygonData" => return Some(geo::data(at, "Polygon", form, geo::DEPTH)),
        "ringLiteral" => return Some(geo::points(at, 1, usize::MAX, form)),
        _ => {}
    }
    let known = |name: &str| {
        let found = SHAPES.into_iter().find(|s| s.eq_ignore_ascii_case(name))?;
        Some(match found {
            "Collection" => "GeometryCollection",
            other => other,
        })
    };
    for prefix in ["geography", "geometry"] {
        if let Some(shape) = rule.strip_prefix(prefix).and_then(known) {
            return Some(geo::literal(at, &[prefix], Some(shape), form));
        }
    }
    let bare = rule.strip_suffix("Literal")?;
    if let Some(shape) = bare.strip_prefix("full").and_then(known) {
        return Some(geo::full(at, Some(shape), form));
    }
    known(bare).map(|shape| geo::shape(at, Some(shape), form, geo::DEPTH))
}

fn name(rule: &str, at: &mut Cursor<'_>, names: &dyn Names) -> Option<bool> {
    if IDENTIFIERS.contains(&rule) {
        return Some(identifier(at, names, &[rule]));
    }
    if let Some((_, of)) = CHOICES.iter().find(|(known, _)| *known == rule) {
        return Some(identifier(at, names, of));
    }
    if let Some((_, namespace, of)) = QUALIFIED.iter().find(|(known, ..)| *known == rule) {
        return Some(qualified(at, names, *namespace, of));
    }
    Some(match rule {
        "namespace" => at
            .qualified_name()
            .is_some_and(|name| name.split('.').all(|part| names.has("namespacePart", part))),
        "primitiveTypeName" => primitive_type_name(at),
        "abstractSpatialTypeName" => at.eat("Geography") || at.eat("Geometry"),
        "concreteSpatialTypeName" => SHAPES.iter().any(|shape| at.eat(shape)),
        "singleQualifiedTypeName" => primitive_type_name(at) || qualified(at, names, true, TYPES),
        "qualifiedTypeName" => type_name(at, names, true),
        "optionallyQualifiedTypeName" => type_name(at, names, false),
        _ => return None,
    })
}

/// An identifier that is one of these rules'.
pub(super) fn identifier(at: &mut Cursor<'_>, names: &dyn Names, rules: &[&str]) -> bool {
    at.attempt(|at| {
        at.identifier()
            .is_some_and(|name| rules.iter().any(|rule| names.has(rule, name)))
    })
}

/// `[ namespace "." ] name`, or with a namespace in any case.
pub(super) fn qualified(
    at: &mut Cursor<'_>,
    names: &dyn Names,
    namespace: bool,
    rules: &[&str],
) -> bool {
    at.attempt(|at| {
        at.qualified_name()
            .is_some_and(|name| (!namespace || name.contains('.')) && is_any(names, name, rules))
    })
}

/// `qualifiedTypeName`, `optionallyQualifiedTypeName`.
pub(super) fn type_name(at: &mut Cursor<'_>, names: &dyn Names, namespace: bool) -> bool {
    let single =
        |at: &mut Cursor<'_>| primitive_type_name(at) || qualified(at, names, namespace, TYPES);
    at.attempt(|at| at.eat("Collection") && at.eat("(") && single(at) && at.eat(")")) || single(at)
}

/// `primitiveTypeName`.
fn primitive_type_name(at: &mut Cursor<'_>) -> bool {
    at.attempt(|at| {
        at.eat("Edm.")
            && at
                .identifier()
                .is_some_and(|name| edm::Primitive::from_name(&format!("Edm.{name}")).is_some())
    })
}

fn enum_literal(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    let form = Form::Encoded;
    at.attempt(|at| {
        qualified(at, names, true, &["enumerationTypeName"]);
        form.quote(at) && enum_members(at, form, names) && form.quote(at)
    })
}

pub(super) fn enum_members(at: &mut Cursor<'_>, form: Form, names: &dyn Names) -> bool {
    at.attempt(|at| {
        if !enum_member(at, form, names) {
            return false;
        }
        while at.attempt(|at| form.comma(at) && enum_member(at, form, names)) {}
        true
    })
}

fn enum_member(at: &mut Cursor<'_>, form: Form, names: &dyn Names) -> bool {
    identifier(at, names, &["enumerationMember"]) || lexical::integer(at, 19, form)
}

/// `primitiveValue`: the first form that is the whole of the text.
fn primitive_value(at: &mut Cursor<'_>, names: &dyn Names) -> bool {
    type Value<'n> = &'n dyn Fn(&mut Cursor<'_>) -> bool;
    let form = Form::Plain;
    let values: [Value<'_>; 10] = [
        &lexical::boolean,
        &lexical::guid,
        &lexical::duration_value,
        &|at| lexical::date_time_offset(at, form),
        &lexical::date,
        &|at| lexical::time_of_day(at, form),
        &|at| enum_members(at, form, names),
        &|at| geo::full(at, None, form),
        &|at| lexical::decimal(at, form),
        &lexical::binary_value,
    ];
    let whole = |value: &Value<'_>| at.attempt(|at| value(at) && at.is_at_end());
    values.iter().any(whole)
}
