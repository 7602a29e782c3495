//! Primitive values as text (OData ABNF 4.01, section 7): as `DefaultValue`s, annotations and
//! keys have them, without the quotes and prefixes of URL literals.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::decimal::{DecimalError, canonical_decimal};
use crate::geo::{Geo, GeoError};
use crate::model::Facets;
use crate::primitive::Primitive;
use crate::time::{Date, DateTimeOffset, Duration, TimeError, TimeOfDay};
use crate::value::Value;

/// Base64url, with or without padding (ABNF `binaryValue`).
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a text is no value of a primitive type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiteralError {
    /// It does not look like one.
    #[error("not a value of {0}")]
    Malformed(&'static str),
    /// It looks like one, but the type cannot hold it.
    #[error("out of the range of {0}")]
    Range(&'static str),
    /// A date or time that is malformed, does not exist or is too precise.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// A decimal that has too many digits.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// A shape that is malformed.
    #[error(transparent)]
    Geo(#[from] GeoError),
}

impl Value {
    /// The value that a text stands for in a primitive type (ABNF `primitiveValue`).
    ///
    /// # Errors
    /// A text that the type's grammar does not allow, a number that it cannot hold, or a type
    /// that has no text: streams and `Edm.PrimitiveType`.
    pub fn parse(primitive: Primitive, text: &str) -> Result<Self, LiteralError> {
        let malformed = LiteralError::Malformed(primitive.name());
        Ok(match primitive {
            Primitive::Boolean => match text {
                "true" => Self::Boolean(true),
                "false" => Self::Boolean(false),
                _ => return Err(malformed),
            },
            Primitive::String => Self::String(text.to_owned()),
            Primitive::Binary => Self::Binary(BASE64URL.decode(text).map_err(|_| malformed)?),
            Primitive::Guid if text.len() == 36 => {
                Self::Guid(uuid::Uuid::try_parse(text).map_err(|_| malformed)?)
            }
            Primitive::Date => Self::Date(Date::parse(text)?),
            Primitive::DateTimeOffset => Self::DateTimeOffset(DateTimeOffset::parse(text)?),
            Primitive::Duration => Self::Duration(Duration::parse(text)?),
            Primitive::TimeOfDay => Self::TimeOfDay(TimeOfDay::parse(text)?),
            Primitive::Double | Primitive::Single => Self::Double(parse_double(primitive, text)?),
            Primitive::Decimal => match canonical_decimal(text, &Facets::default()) {
                Ok(canonical) => Self::Decimal(canonical),
                Err(DecimalError::Malformed) => return Err(malformed),
                Err(error) => return Err(error.into()),
            },
            Primitive::Geo(_) => {
                let geo = Geo::parse(text)?;
                if !geo.is_of(primitive) {
                    return Err(malformed);
                }
                Self::Geo(Box::new(geo))
            }
            _ => Self::Integer(parse_integer(primitive, text)?),
        })
    }

    /// The value as text, such that [`Value::parse`] reads it in the value's own type: what stands
    /// in a raw value (OData 4.01 URL Conventions 4.7) and, in quotes and with its prefix, in a
    /// URL. `None` for null, complex values and collections; a member of an enumeration is its
    /// number.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::Null | Self::Complex(_) | Self::Collection(_) | Self::Dynamic(_) => return None,
            Self::Boolean(value) => value.to_string(),
            Self::Integer(number) | Self::Enum(number) => number.to_string(),
            Self::Double(number) if number.is_infinite() => {
                if *number > 0.0 { "INF" } else { "-INF" }.to_owned()
            }
            Self::Double(number) => number.to_string(),
            Self::Decimal(text) | Self::String(text) => text.clone(),
            Self::Binary(bytes) => BASE64URL.encode(bytes),
            Self::Guid(guid) => guid.to_string(),
            Self::Date(date) => date.to_string(),
            Self::DateTimeOffset(instant) => instant.to_string(),
            Self::TimeOfDay(time) => time.to_string(),
            Self::Duration(duration) => duration.to_string(),
            Self::Geo(geo) => geo.to_string(),
        })
    }

    /// The value that a non-nullable property of a primitive type has when nothing is given: zero,
    /// false, the empty string, the first day. Null for types whose values are no texts.
    #[must_use]
    pub fn zero(primitive: Primitive) -> Self {
        match primitive {
            Primitive::Binary => Self::Binary(Vec::new()),
            Primitive::Boolean => Self::Boolean(false),
            Primitive::Byte
            | Primitive::SByte
            | Primitive::Int16
            | Primitive::Int32
            | Primitive::Int64 => Self::Integer(0),
            Primitive::Date => Self::Date(Date::MIN),
            Primitive::DateTimeOffset => Self::DateTimeOffset(DateTimeOffset::MIN),
            Primitive::Decimal => Self::Decimal("0".to_owned()),
            Primitive::Double | Primitive::Single => Self::Double(0.0),
            Primitive::Duration => Self::Duration(Duration::ZERO),
            Primitive::Guid => Self::Guid(uuid::Uuid::nil()),
            Primitive::String => Self::String(String::new()),
            Primitive::TimeOfDay => Self::TimeOfDay(TimeOfDay::MIN),
            Primitive::Stream | Primitive::Any | Primitive::Geo(_) => Self::Null,
        }
    }
}

fn parse_integer(primitive: Primitive, text: &str) -> Result<i64, LiteralError> {
    let malformed = LiteralError::Malformed(primitive.name());
    let Some((least, greatest)) = primitive.integer_range() else {
        return Err(malformed);
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(malformed);
    }
    let number: i64 = text
        .parse()
        .map_err(|_| LiteralError::Range(primitive.name()))?;
    if (least..=greatest).contains(&number) {
        Ok(number)
    } else {
        Err(LiteralError::Range(primitive.name()))
    }
}

fn parse_double(primitive: Primitive, text: &str) -> Result<f64, LiteralError> {
    match text {
        "INF" => return Ok(f64::INFINITY),
        "-INF" => return Ok(f64::NEG_INFINITY),
        "NaN" => return Ok(f64::NAN),
        _ => {}
    }
    if !is_decimal(text) {
        return Err(LiteralError::Malformed(primitive.name()));
    }
    let number: f64 = text
        .parse()
        .map_err(|_| LiteralError::Malformed(primitive.name()))?;
    let fits = if primitive == Primitive::Single {
        number.abs() <= f64::from(f32::MAX)
    } else {
        number.is_finite()
    };
    if fits {
        Ok(number)
    } else {
        Err(LiteralError::Range(primitive.name()))
    }
}

/// A finite number (ABNF `doubleValue` without its special values).
pub(crate) fn finite(text: &str) -> Option<f64> {
    parse_double(Primitive::Double, text)
        .ok()
        .filter(|number| number.is_finite())
}

/// Whether a text is a number: a sign, digits, a fraction, an exponent (ABNF `decimalValue`).
fn is_decimal(text: &str) -> bool {
    fn digits(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
    }
    fn unsigned(text: &str) -> &str {
        text.strip_prefix(['-', '+']).unwrap_or(text)
    }
    let (mantissa, exponent) = match unsigned(text).split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, unsigned(exponent)),
        None => (unsigned(text), "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests;
