//! Literals, typed by what is asked of them (OData 4.01 URL Conventions, section 5.1.1.14.1;
//! numeric promotion: Part 2, section 5.1.1.15).

use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::{EnumId, ItemType, Model, Primitive, Value};

use super::bind_type::{is_numeric, is_unknown};
use super::syntax::Literal;
use crate::Error;
use crate::expr::Expr;

/// Why a literal is no value of a type.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It is of another type, named here.
    Type(String),
    /// It is of the type, but no value of it: the reason.
    Value(String),
}

/// A typed literal; the null literal has no type.
pub(super) type Typed = (Value, Option<ItemType>);

/// A literal as what it is, nothing being asked of it.
pub(super) fn natural(model: &Model, literal: &Literal<'_>) -> Result<Typed, Unfit> {
    let of = |value, primitive| Ok((value, Some(ItemType::Primitive(primitive))));
    let broken = |e: edm::time::TimeError| Unfit::Value(e.to_string());
    match literal {
        Literal::Null => Ok((Value::Null, None)),
        Literal::Boolean(value) => of(Value::Boolean(*value), Primitive::Boolean),
        Literal::Integer(text) => match text.parse::<i64>() {
            Ok(n) if i32::try_from(n).is_ok() => of(Value::Integer(n), Primitive::Int32),
            Ok(n) => of(Value::Integer(n), Primitive::Int64),
            Err(_) => of(Value::Decimal(canonical(text)), Primitive::Decimal),
        },
        Literal::Decimal(text) => of(Value::Decimal(canonical(text)), Primitive::Decimal),
        Literal::Double(text) => of(Value::Double(double(text)?), Primitive::Double),
        Literal::String(text) => of(Value::String(text.to_string()), Primitive::String),
        Literal::Guid(guid) => of(Value::Guid(*guid), Primitive::Guid),
        Literal::Date(text) => of(
            Value::Date(Date::parse(text).map_err(broken)?),
            Primitive::Date,
        ),
        Literal::TimeOfDay(text) => of(
            Value::TimeOfDay(TimeOfDay::parse(text).map_err(broken)?),
            Primitive::TimeOfDay,
        ),
        Literal::DateTimeOffset(text) => {
            let instant = DateTimeOffset::parse(text).map_err(broken)?;
            of(Value::DateTimeOffset(instant), Primitive::DateTimeOffset)
        }
        Literal::Duration(text) => of(
            Value::Duration(Duration::parse(text).map_err(broken)?),
            Primitive::Duration,
        ),
        Literal::Binary(bytes) => of(Value::Binary(bytes.clone()), Primitive::Binary),
        Literal::Geography(text) => geo("Edm.Geography", text),
        Literal::Geometry(text) => geo("Edm.Geometry", text),
        Literal::Enum(name, members) => match model.find_type_by_url_name(name) {
            Some(ItemType::Enum(id)) => Ok((
                Value::Enum(enum_value(model, id, members)?),
                Some(ItemType::Enum(id)),
            )),
            _ => Err(Unfit::Value(format!("'{name}' is no enumeration type"))),
        },
    }
}

/// A literal as an operand beside one of type `wanted`: of that type where it may be, else of
/// another numeric type if both are numeric.
pub(super) fn coerce(
    model: &Model,
    literal: &Literal<'_>,
    wanted: ItemType,
) -> Result<Typed, Unfit> {
    match (literal, wanted) {
        (Literal::String(text) | Literal::Integer(text), ItemType::Enum(id)) => {
            return Ok((Value::Enum(enum_value(model, id, text)?), Some(wanted)));
        }
        // The prefix of a duration is optional (OData ABNF 4.01, `duration`).
        (Literal::String(text), ItemType::Primitive(Primitive::Duration)) => {
            let duration = Duration::parse(text).map_err(|e| Unfit::Value(e.to_string()))?;
            return Ok((Value::Duration(duration), Some(wanted)));
        }
        _ => {}
    }
    let (value, natural) = natural(model, literal)?;
    let Some(natural) = natural else {
        return Ok((value, None));
    };
    if natural == wanted || is_unknown(wanted) {
        return Ok((value, Some(natural)));
    }
    match (natural, wanted) {
        (ItemType::Primitive(from), ItemType::Primitive(to))
            if is_numeric(from) && is_numeric(to) =>
        {
            Ok(promote(value, from, to))
        }
        (ItemType::Primitive(Primitive::Geo(from)), ItemType::Primitive(Primitive::Geo(to)))
            if from.starts_with("Edm.Geography") == to.starts_with("Edm.Geography") =>
        {
            Ok((value, Some(natural)))
        }
        _ => Err(Unfit::Type(model.item_name(natural).to_owned())),
    }
}

/// A literal as a value of exactly the type `wanted`: for keys and parameters.
pub(super) fn exact(
    model: &Model,
    literal: &Literal<'_>,
    wanted: ItemType,
) -> Result<Value, Unfit> {
    let (value, ty) = coerce(model, literal, wanted)?;
    if let (Value::Integer(n), ItemType::Primitive(primitive)) = (&value, wanted)
        && let Some((least, greatest)) = primitive.integer_range()
        && !(least..=greatest).contains(n)
    {
        return Err(Unfit::Value(format!(
            "{n} is out of the range of {}",
            primitive.name()
        )));
    }
    let is_integer = |item| matches!(item, ItemType::Primitive(p) if p.integer_range().is_some());
    match ty {
        Some(ty) if ty != wanted && !(is_integer(ty) && is_integer(wanted)) => {
            Err(Unfit::Type(model.item_name(ty).to_owned()))
        }
        _ => Ok(value),
    }
}

/// Makes a literal one of a type, where it may be: a number of another numeric type, a string of a
/// duration. Anything else stays what it is.
pub(super) fn retype(expr: &mut Expr, wanted: ItemType) {
    let Expr::Literal { value, ty } = expr else {
        return;
    };
    let (Some(ItemType::Primitive(from)), ItemType::Primitive(to)) = (*ty, wanted) else {
        return;
    };
    if from != to && is_numeric(from) && is_numeric(to) {
        (*value, *ty) = promote(std::mem::take(value), from, to);
    } else if to == Primitive::Duration
        && let Value::String(text) = &*value
        && let Ok(duration) = Duration::parse(text)
    {
        (*value, *ty) = (Value::Duration(duration), Some(wanted));
    }
}

/// A number beside one of type `to`. What would lose digits stays what it is: the comparison is
/// then one of two numeric types. Beside an `Edm.Single` it is the nearest single, so that 3.14 is
/// what was stored as 3.14.
fn promote(value: Value, from: Primitive, to: Primitive) -> Typed {
    let of = |value, primitive| (value, Some(ItemType::Primitive(primitive)));
    let float = |number: f64| {
        let single = f64::from(number as f32);
        let fits = to == Primitive::Single && single.is_finite();
        of(Value::Double(if fits { single } else { number }), to)
    };
    match (&value, to) {
        (Value::Integer(_), _) if to.integer_range().is_some() => of(value, to),
        (Value::Integer(n), Primitive::Decimal) => of(Value::Decimal(n.to_string()), to),
        (Value::Integer(n), Primitive::Double | Primitive::Single) => {
            let number = n.to_string().parse();
            number.map_or_else(|_| of(value, from), float)
        }
        (Value::Decimal(text), Primitive::Double | Primitive::Single) => {
            let number = text.parse();
            number.map_or_else(|_| of(value.clone(), from), float)
        }
        (Value::Double(number), Primitive::Single) => float(*number),
        _ => of(value, from),
    }
}

/// A number's canonical text: no plus sign, no leading zeros, and no minus before zero.
fn canonical(text: &str) -> String {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    let zero = if digits.is_empty() || digits.starts_with('.') {
        "0"
    } else {
        ""
    };
    let minus = if digits.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        minus
    } else {
        ""
    };
    format!("{minus}{zero}{digits}")
}

/// A shape, typed by what it is (OData ABNF 4.01, `geographyPoint` and its like).
fn geo(prefix: &'static str, text: &str) -> Result<Typed, Unfit> {
    let unfit = |e: edm::LiteralError| Unfit::Value(e.to_string());
    let value = Value::parse(Primitive::Geo(prefix), text).map_err(unfit)?;
    let shape = match &value {
        Value::Geo(geo) => geo.shape.name(),
        _ => "",
    };
    let ty = Primitive::from_name(&format!("{prefix}{shape}")).unwrap_or(Primitive::Geo(prefix));
    Ok((value, Some(ItemType::Primitive(ty))))
}

fn double(text: &str) -> Result<f64, Unfit> {
    match text {
        "INF" => Ok(f64::INFINITY),
        "-INF" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(Unfit::Value(format!(
                "{text} is out of the range of Edm.Double"
            ))),
        },
    }
}

/// The value of one member, or of several separated by commas where the type has flags; members
/// by name or by number (ABNF `enumValue`).
fn enum_value(model: &Model, id: EnumId, text: &str) -> Result<i64, Unfit> {
    let ty = model.enum_type(id);
    let unknown = |name: &str| {
        Unfit::Value(format!(
            "'{name}' is no member of {}; allowed: {}",
            ty.name,
            ty.allowed()
        ))
    };
    let mut value = 0;
    for (i, name) in text.split(',').map(str::trim).enumerate() {
        if i > 0 && !ty.is_flags {
            return Err(unknown(text));
        }
        let by_number = || {
            name.parse()
                .ok()
                .filter(|n| ty.is_flags || ty.name_of(*n).is_some())
        };
        value |= ty
            .member(name)
            .map(|m| m.value)
            .or_else(by_number)
            .ok_or_else(|| unknown(name))?;
    }
    Ok(value)
}

/// 400 for a literal that does not fit where it stands.
pub(super) fn unfit_error(place: &str, wanted: &str, literal: &Literal<'_>, unfit: Unfit) -> Error {
    let message = match unfit {
        Unfit::Type(found) => {
            format!("Type mismatch: {place} is of type {wanted}, but {literal} is of type {found}.")
        }
        Unfit::Value(reason) => format!("Invalid value for {place}: {reason}."),
    };
    Error::bad_request(message)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn decimals_have_one_text() {
        let texts = [
            "+05",
            "-0",
            "00.50",
            "-0.0",
            "9223372036854775808",
            "-.5",
            "0",
            "-01.0",
        ];
        let canonical: Vec<_> = texts.into_iter().map(canonical).collect();
        assert_eq!(
            canonical,
            [
                "5",
                "0",
                "0.50",
                "0.0",
                "9223372036854775808",
                "-0.5",
                "0",
                "-1.0"
            ]
        );
    }
}
