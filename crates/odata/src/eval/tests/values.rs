//! Values out of short texts, as literals of URLs are written, and strategies for any of them.

use edm::time::{Date, DateTimeOffset, Duration, Form, TimeOfDay};
use edm::{Facets, Geo, Value, canonical_decimal};
use proptest::prelude::*;

/// `null`, `true`, `1`, `1.5` and `1d` (decimals), `1e0` and `INF` (double), `'text'`, `P1D`, `09:30:00`,
/// `2024-01-01`, `2024-01-01T00:00Z`, `SRID=0;…`, `flags:5`, and `[1,2]` of such.
#[track_caller]
pub(in crate::eval) fn value(text: &str) -> Value {
    if let Some(items) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let items = items.split(',').filter(|item| !item.is_empty());
        return Value::Collection(items.map(value).collect());
    }
    if let Some(text) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Value::from(text);
    }
    if let Some(flags) = text.strip_prefix("flags:") {
        return Value::Enum(flags.parse().expect(text));
    }
    match text {
        "null" => return Value::Null,
        "true" => return Value::Boolean(true),
        "false" => return Value::Boolean(false),
        "INF" => return Value::Double(f64::INFINITY),
        "-INF" => return Value::Double(f64::NEG_INFINITY),
        "NaN" => return Value::Double(f64::NAN),
        _ => {}
    }
    if text.starts_with("SRID") {
        return Value::Geo(Box::new(Geo::parse(text).expect(text)));
    }
    None.or_else(|| text.parse().ok().map(Value::Integer))
        .or_else(|| Duration::parse(text).ok().map(Value::Duration))
        .or_else(|| TimeOfDay::parse(text).ok().map(Value::TimeOfDay))
        .or_else(|| Date::parse(text).ok().map(Value::Date))
        .or_else(|| DateTimeOffset::parse(text).ok().map(Value::DateTimeOffset))
        .or_else(|| text.parse().ok().map(Value::Guid))
        .or_else(|| {
            let is_double = text.contains(['e', 'E']);
            is_double.then(|| text.parse().ok().map(Value::Double))?
        })
        .or_else(|| {
            let text = text.strip_suffix('d').unwrap_or(text);
            let decimal = canonical_decimal(text, &Facets::default());
            decimal.ok().map(Value::Decimal)
        })
        .unwrap_or_else(|| panic!("no value: {text}"))
}

/// Whether two values are the same, NaN included, and decimals to their last zero.
pub(in crate::eval) fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Double(left), Value::Double(right)) if left.is_nan() => right.is_nan(),
        _ => left == right,
    }
}

fn ticks() -> impl Strategy<Value = i64> {
    0..3_652_059 * edm::time::TICKS_PER_DAY
}

/// Any single primitive value.
pub(in crate::eval) fn primitive() -> impl Strategy<Value = Value> {
    let form = (0..25_929).prop_filter_map("a form", Form::from_i32);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        number(),
        "[a-cß ]{0,4}".prop_map(Value::String),
        any::<u128>().prop_map(|n| Value::Guid(uuid::Uuid::from_u128(n))),
        (0..3_652_059).prop_map(|days| Value::Date(Date { days })),
        (ticks(), form)
            .prop_map(|(ticks, form)| Value::DateTimeOffset(DateTimeOffset { ticks, form })),
        any::<i64>().prop_map(|ticks| Value::Duration(Duration { ticks })),
        (0_i64..8).prop_map(Value::Enum),
    ]
}

/// Any number, small ones often, so that they meet.
pub(in crate::eval) fn number() -> impl Strategy<Value = Value> {
    let special = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]);
    prop_oneof![
        (-3_i64..4).prop_map(Value::Integer),
        any::<i64>().prop_map(Value::Integer),
        (-3_i32..4).prop_map(|n| Value::Double(f64::from(n) / 2.0)),
        any::<f64>().prop_map(Value::Double),
        special.prop_map(Value::Double),
        decimal(),
    ]
}

/// Any decimal of at most 40 digits.
pub(in crate::eval) fn decimal() -> impl Strategy<Value = Value> {
    "-?(0|[1-9][0-9]{0,3}|[1-9][0-9]{0,19})(\\.[0-9]{1,20})?".prop_map(|text| {
        let text = canonical_decimal(&text, &Facets::default());
        Value::Decimal(text.expect("a decimal of few digits"))
    })
}
