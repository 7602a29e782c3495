use proptest::prelude::*;

use super::*;

/// Whether a text is a value of a type; for `Range`, one that the type cannot hold.
enum Expected {
    Is(Value),
    Malformed,
    Range,
}
use Expected::{Is, Malformed, Range};

fn integer_cases() -> Vec<(Primitive, &'static str, Expected)> {
    vec![
        (Primitive::Boolean, "true", Is(Value::Boolean(true))),
        (Primitive::Boolean, "True", Malformed),
        (Primitive::Byte, "255", Is(Value::Integer(255))),
        (Primitive::Byte, "-1", Range),
        (Primitive::SByte, "-128", Is(Value::Integer(-128))),
        (Primitive::Int16, "32768", Range),
        (
            Primitive::Int64,
            "-9223372036854775808",
            Is(Value::Integer(i64::MIN)),
        ),
        (Primitive::Int64, "9223372036854775808", Range),
        (Primitive::Int32, "+7", Is(Value::Integer(7))),
        (Primitive::Int32, "", Malformed),
        (Primitive::Int32, "1.0", Malformed),
        (Primitive::Int32, "--1", Malformed),
    ]
}

fn other_cases() -> Vec<(Primitive, &'static str, Expected)> {
    vec![
        (Primitive::Double, "-1.5e-3", Is(Value::Double(-0.0015))),
        (
            Primitive::Double,
            "-INF",
            Is(Value::Double(f64::NEG_INFINITY)),
        ),
        (Primitive::Double, "inf", Malformed),
        (Primitive::Double, "1e999", Range),
        (Primitive::Double, ".5", Malformed),
        (Primitive::Double, "1.", Malformed),
        (Primitive::Single, "1e39", Range),
        (
            Primitive::Decimal,
            "-3.1400",
            Is(Value::Decimal("-3.1400".to_owned())),
        ),
        (Primitive::Decimal, "1,5", Malformed),
        (Primitive::Decimal, "INF", Malformed),
        (
            Primitive::Binary,
            "-_8",
            Is(Value::Binary(vec![0xfb, 0xff])),
        ),
        (
            Primitive::Binary,
            "-_8=",
            Is(Value::Binary(vec![0xfb, 0xff])),
        ),
        (Primitive::Binary, "+/8", Malformed),
        (
            Primitive::Guid,
            "00000000-0000-0000-0000-000000000000",
            Is(Value::Guid(uuid::Uuid::nil())),
        ),
        (
            Primitive::Guid,
            "00000000000000000000000000000000",
            Malformed,
        ),
        (Primitive::String, "", Is(Value::from(""))),
        (Primitive::Stream, "", Malformed),
        (Primitive::Any, "1", Malformed),
        (
            Primitive::Geo("Edm.GeographyPoint"),
            "SRID=0;LineString(1 2,3 4)",
            Malformed,
        ),
    ]
}

#[test]
fn values_of_primitive_types() {
    for (primitive, text, expected) in integer_cases().into_iter().chain(other_cases()) {
        let result = Value::parse(primitive, text);
        let as_expected = match &expected {
            Is(value) => result.as_ref() == Ok(value),
            Malformed => result == Err(LiteralError::Malformed(primitive.name())),
            Range => result == Err(LiteralError::Range(primitive.name())),
        };
        assert!(as_expected, "{} {text}: {result:?}", primitive.name());
    }
}

/// One value of each type, as `$value` and keys have it.
#[test]
fn text_that_is_read_is_written_the_same() {
    for (ty, text) in [
        ("Binary", "-_8="),
        ("Boolean", "false"),
        ("Byte", "255"),
        ("Date", "2024-02-29"),
        ("DateTimeOffset", "2017-01-01T00:02:30.8589467+03:00"),
        ("Decimal", "-12345678901234567890.123456789012345678"),
        ("Double", "-INF"),
        ("Duration", "P1DT2H3M4.5S"),
        ("Guid", "d1012072-4c41-47dc-85cd-719d9edd897e"),
        ("Int16", "-32768"),
        ("Int32", "2147483647"),
        ("Int64", "-9223372036854775808"),
        ("SByte", "-128"),
        ("Single", "3.14"),
        ("String", "O'Neil"),
        ("TimeOfDay", "09:30:00"),
        ("GeographyPoint", "SRID=4326;Point(-122.3321 47.6062)"),
        ("GeometryPolygon", "SRID=0;Polygon((1 1,2 2,1 1))"),
    ] {
        let primitive = Primitive::from_name(&format!("Edm.{ty}")).expect(ty);
        let value = Value::parse(primitive, text).expect(text);
        assert_eq!(value.to_text().as_deref(), Some(text), "{ty}");
    }
    assert_eq!(Value::Null.to_text(), None);
    assert_eq!(Value::Enum(3).to_text().as_deref(), Some("3"));
}

#[test]
fn times_keep_their_own_errors() {
    let error = Value::parse(Primitive::Date, "2023-02-30").expect_err("no such day");
    assert_eq!(
        error,
        LiteralError::Time(TimeError::Range("the month or day"))
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*", near in "[-+.eE0-9INFa]{0,12}") {
        for name in ["Binary", "Boolean", "Decimal", "Double", "Guid", "Int64", "Single", "TimeOfDay"] {
            let primitive = Primitive::from_name(&format!("Edm.{name}")).expect("a primitive type");
            for text in [&text, &near] {
                if let Ok(Value::Integer(n)) = Value::parse(primitive, text) {
                    prop_assert_eq!(text.parse::<i64>(), Ok(n));
                }
            }
        }
    }
}
