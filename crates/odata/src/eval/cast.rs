//! `cast` and `isof` of values (OData 4.01 URL Conventions, section 5.1.1.10).

mod text;

use std::borrow::Cow;

use bigdecimal::RoundingMode;
use edm::time::{DateTimeOffset, Duration, TICKS_PER_DAY, TICKS_PER_SECOND, TimeOfDay};
use edm::{EnumId, Facets, ItemType, Model, Primitive, TypeRef, Value, canonical_decimal};

use super::decimal;

/// The first doubles beyond 64 bits.
const BEYOND_64_BITS: f64 = 9_223_372_036_854_775_808.0;

/// `cast` (section 5.1.1.10.1): the value in another type, null where it cannot be cast. `from` is
/// the type that it is of, where that is known: the names of an enumeration's members come from it.
///
/// Numbers are rounded half away from zero, decimals to the scale and times to the precision of
/// the type's facets; strings longer than its `MaxLength` cannot be cast. Complex values are cast
/// to their own type and those that it derives from; collections item by item, and null if one
/// item cannot be.
#[must_use]
pub fn cast<'v>(
    model: &Model,
    value: &'v Value,
    from: Option<ItemType>,
    ty: &TypeRef,
) -> Cow<'v, Value> {
    cast_or_none(model, value, from, ty).unwrap_or(Cow::Owned(Value::Null))
}

/// `isof` of a value (section 5.1.1.10.2): whether it can be cast. Null is of no type, and so is
/// what `cast` makes null.
#[must_use]
pub fn is_of(model: &Model, value: &Value, from: Option<ItemType>, ty: &TypeRef) -> bool {
    !value.is_null() && cast_or_none(model, value, from, ty).is_some()
}

fn cast_or_none<'v>(
    model: &Model,
    value: &'v Value,
    from: Option<ItemType>,
    ty: &TypeRef,
) -> Option<Cow<'v, Value>> {
    match value {
        Value::Null => Some(Cow::Borrowed(value)),
        Value::Collection(items) if ty.collection => {
            let item = TypeRef {
                collection: false,
                ..ty.clone()
            };
            let items: Option<Vec<Value>> = items
                .iter()
                .map(|value| cast_or_none(model, value, from, &item).map(Cow::into_owned))
                .collect();
            Some(Cow::Owned(Value::Collection(items?)))
        }
        _ if ty.collection => None,
        _ => match ty.item {
            ItemType::Untyped | ItemType::Primitive(Primitive::Any) => Some(Cow::Borrowed(value)),
            ItemType::Complex(wanted) | ItemType::Entity(wanted) => match value {
                Value::Complex(complex) if model.is_a(complex.of, wanted) => {
                    Some(Cow::Borrowed(value))
                }
                _ => None,
            },
            ItemType::Enum(id) => to_enum(model, id, value).map(Cow::Owned),
            ItemType::Primitive(Primitive::String) if matches!(value, Value::Enum(_)) => {
                from_enum(model, from, value, &ty.facets).map(Cow::Owned)
            }
            ItemType::Primitive(primitive) => to_primitive(value, primitive, &ty.facets),
        },
    }
}

fn from_enum(
    model: &Model,
    from: Option<ItemType>,
    value: &Value,
    facets: &Facets,
) -> Option<Value> {
    let (Some(ItemType::Enum(id)), Value::Enum(number)) = (from, value) else {
        return None;
    };
    let text = model.enum_type(id).text_of(*number)?;
    fits_length(&text, facets).then(|| Value::String(text.into_owned()))
}

fn to_enum(model: &Model, id: EnumId, value: &Value) -> Option<Value> {
    let of = model.enum_type(id);
    let number = match value {
        Value::Enum(number) | Value::Integer(number) => *number,
        Value::String(names) => return text::parse_members(of, names).map(Value::Enum),
        _ => return None,
    };
    let fits = if of.is_flags {
        let range = of.underlying.integer_range();
        range.is_some_and(|(least, greatest)| (least..=greatest).contains(&number))
    } else {
        of.name_of(number).is_some()
    };
    fits.then_some(Value::Enum(number))
}

fn to_primitive<'v>(value: &'v Value, to: Primitive, facets: &Facets) -> Option<Cow<'v, Value>> {
    let is_number = matches!(
        value,
        Value::Integer(_) | Value::Decimal(_) | Value::Double(_) | Value::Enum(_)
    );
    Some(match (value, to) {
        (Value::String(text), Primitive::String) => {
            fits_length(text, facets).then_some(Cow::Borrowed(value))?
        }
        (_, Primitive::String) => {
            let text = value.to_text().filter(|text| fits_length(text, facets))?;
            Cow::Owned(Value::String(text))
        }
        (Value::String(text), _) => Cow::Owned(text::parse(text, to, facets)?),
        (Value::Boolean(_), Primitive::Boolean)
        | (Value::Binary(_), Primitive::Binary)
        | (Value::Guid(_), Primitive::Guid)
        | (Value::Date(_), Primitive::Date) => Cow::Borrowed(value),
        (Value::Geo(geo), _) => geo.is_of(to).then_some(Cow::Borrowed(value))?,
        (Value::DateTimeOffset(instant), Primitive::DateTimeOffset) => {
            let ticks = rounded_ticks(instant.ticks, facets)?;
            let ticks = ticks.min(3_652_059 * TICKS_PER_DAY - 1);
            Cow::Owned(Value::DateTimeOffset(DateTimeOffset { ticks, ..*instant }))
        }
        (Value::TimeOfDay(time), Primitive::TimeOfDay) => {
            let ticks = rounded_ticks(time.ticks, facets)?.min(TICKS_PER_DAY - 1);
            Cow::Owned(Value::TimeOfDay(TimeOfDay { ticks, ..*time }))
        }
        (Value::Duration(duration), Primitive::Duration) => {
            let ticks = rounded_ticks(duration.ticks, facets)?;
            Cow::Owned(Value::Duration(Duration { ticks }))
        }
        _ if is_number => Cow::Owned(to_number(value, to, facets)?),
        _ => return None,
    })
}

fn fits_length(text: &str, facets: &Facets) -> bool {
    facets
        .max_length
        .is_none_or(|limit| text.len() <= limit || text.chars().count() <= limit)
}

/// Ticks rounded half away from zero to the digits of a second that the facets give.
fn rounded_ticks(ticks: i64, facets: &Facets) -> Option<i64> {
    let Some(digits) = facets.precision.filter(|digits| *digits < 7) else {
        return Some(ticks);
    };
    let unit = TICKS_PER_SECOND / 10_i64.pow(digits);
    let rest = ticks % unit;
    let away = if rest.abs() * 2 >= unit {
        unit * rest.signum()
    } else {
        0
    };
    (ticks - rest).checked_add(away)
}

/// A number or member of an enumeration as a number of another type.
fn to_number(value: &Value, to: Primitive, facets: &Facets) -> Option<Value> {
    let double = || match value {
        Value::Enum(number) => super::operators::as_double(&Value::Integer(*number)),
        _ => super::operators::as_double(value),
    };
    match to {
        Primitive::Double => double().map(Value::Double),
        Primitive::Single => double().and_then(to_single).map(Value::Double),
        Primitive::Decimal => to_decimal(value, facets).map(Value::Decimal),
        _ => {
            let (least, greatest) = to.integer_range()?;
            let number = match value {
                Value::Integer(number) | Value::Enum(number) => *number,
                Value::Decimal(text) => decimal::to_i64(&decimal::parse(text)?)?,
                Value::Double(number) => double_to_i64(*number)?,
                _ => return None,
            };
            let fits = (least..=greatest).contains(&number);
            fits.then_some(Value::Integer(number))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast to Edm.Single rounds, and the range is checked"
)]
fn to_single(number: f64) -> Option<f64> {
    let single = number as f32;
    (single.is_finite() || !number.is_finite()).then_some(f64::from(single))
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn double_to_i64(number: f64) -> Option<i64> {
    let rounded = number.round();
    let fits = (-BEYOND_64_BITS..BEYOND_64_BITS).contains(&rounded);
    fits.then_some(rounded as i64)
}

/// The canonical text of a decimal with the facets' scale; `None` if it has too many digits.
fn to_decimal(value: &Value, facets: &Facets) -> Option<String> {
    let text = match value {
        Value::Decimal(text) => Cow::Borrowed(text),
        Value::Integer(number) | Value::Enum(number) => Cow::Owned(number.to_string()),
        Value::Double(number) if number.is_finite() => Cow::Owned(number.to_string()),
        _ => return None,
    };
    let scale = facets.scale.as_deref().and_then(|scale| scale.parse().ok());
    match scale {
        Some(scale) => {
            let number = decimal::parse(&text)?;
            let rounded = if number.as_bigint_and_scale().1 > scale {
                number.with_scale_round(scale, RoundingMode::HalfUp)
            } else {
                number
            };
            canonical_decimal(&rounded.to_plain_string(), facets).ok()
        }
        None => canonical_decimal(&text, facets).ok(),
    }
}
