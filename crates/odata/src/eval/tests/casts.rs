//! `cast` and `isof`.

use edm::{ItemType, Model, Primitive, TypeRef, Value};

use super::values::{identical, value};
use crate::eval::{cast, is_of};

const MODEL: &str = r#"<?xml version="1.0"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.01"><edmx:DataServices>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="m">
  <EnumType Name="Color"><Member Name="Red" Value="1"/><Member Name="Blue" Value="2"/></EnumType>
  <EnumType Name="Flags" IsFlags="true" UnderlyingType="Edm.Byte">
    <Member Name="A" Value="1"/><Member Name="B" Value="2"/><Member Name="C" Value="4"/>
  </EnumType>
</Schema></edmx:DataServices></edmx:Edmx>"#;

fn ty(name: &str) -> TypeRef {
    TypeRef::primitive(Primitive::from_name(&format!("Edm.{name}")).expect(name))
}

#[track_caller]
fn check(from: &str, ty: &TypeRef, expected: &str) {
    let (from, expected) = (value(from), value(expected));
    let found = cast(&Model::default(), &from, None, ty);
    assert!(
        identical(&found, &expected),
        "{from:?} to {ty:?}: {found:?}"
    );
    let of = is_of(&Model::default(), &from, None, ty);
    assert_eq!(of, !expected.is_null(), "{from:?} is of {ty:?}");
}

#[test]
fn strings() {
    for (from, to, expected) in [
        ("null", "String", "null"),
        ("1", "String", "'1'"),
        ("1.50", "String", "'1.50'"),
        ("-INF", "String", "'-INF'"),
        ("true", "String", "'true'"),
        ("P1DT2H", "String", "'P1DT2H'"),
        (
            "2024-01-01T00:00:00.5+02:00",
            "String",
            "'2024-01-01T00:00:00.5+02:00'",
        ),
        ("SRID=0;Point(1 2)", "String", "'SRID=0;Point(1 2)'"),
        ("'12'", "Int32", "12"),
        ("'12.5'", "Int32", "null"),
        ("'12.5'", "Decimal", "12.5"),
        ("'NaN'", "Double", "NaN"),
        ("'true'", "Boolean", "true"),
        ("'yes'", "Boolean", "null"),
        ("'2024-01-01'", "Date", "2024-01-01"),
        (
            "'2024-01-01T10:00:00'",
            "DateTimeOffset",
            "2024-01-01T10:00:00Z",
        ),
        (
            "'2024-01-01T10:00:00+01:00'",
            "DateTimeOffset",
            "2024-01-01T10:00:00+01:00",
        ),
        ("'x'", "DateTimeOffset", "null"),
    ] {
        check(from, &ty(to), expected);
    }
}

#[test]
fn numbers_and_other_types() {
    for (from, to, expected) in [
        ("2.5", "Int32", "3"),
        ("-2.5", "Int32", "-3"),
        ("2.5e0", "Int64", "3"),
        ("1e19", "Int64", "null"),
        ("NaN", "Int32", "null"),
        ("300", "Byte", "null"),
        ("-1", "Byte", "null"),
        ("127", "SByte", "127"),
        ("1", "Double", "1e0"),
        ("0.1", "Double", "1e-1"),
        ("1e-1", "Decimal", "0.1"),
        ("1e300", "Decimal", "null"),
        ("INF", "Decimal", "null"),
        ("1e300", "Single", "null"),
        ("1.5e0", "Single", "1.5e0"),
        ("flags:3", "Int32", "3"),
        ("flags:300", "Byte", "null"),
        ("1", "Boolean", "null"),
        ("2024-01-01", "DateTimeOffset", "null"),
        ("2024-01-01T00:00Z", "Date", "null"),
        ("09:30:00", "TimeOfDay", "09:30:00"),
        ("SRID=0;Point(1 2)", "GeometryPoint", "SRID=0;Point(1 2)"),
        ("SRID=0;Point(1 2)", "GeometryPolygon", "null"),
    ] {
        check(from, &ty(to), expected);
    }
}

#[test]
fn facets_round_or_refuse() {
    let with = |name: &str, length: Option<usize>, precision: Option<u32>, scale: Option<&str>| {
        let mut ty = ty(name);
        ty.facets.max_length = length;
        ty.facets.precision = precision;
        ty.facets.scale = scale.map(str::to_owned);
        ty
    };
    check("'ßß'", &with("String", Some(2), None, None), "'ßß'");
    check("'abc'", &with("String", Some(2), None, None), "null");
    check("123", &with("String", Some(2), None, None), "null");
    let money = with("Decimal", None, Some(5), Some("2"));
    check("1.005", &money, "1.01");
    check("-1.005", &money, "-1.01");
    check("1", &money, "1d");
    check("1234", &money, "1234d");
    check("123456", &money, "null");
    let seconds = with("DateTimeOffset", None, Some(0), None);
    check("2024-01-01T00:00:00.5Z", &seconds, "2024-01-01T00:00:01.0Z");
    check("PT0.45S", &with("Duration", None, Some(1), None), "PT0.5S");
    check(
        "-PT0.45S",
        &with("Duration", None, Some(1), None),
        "-PT0.5S",
    );
}

#[test]
fn collections_go_item_by_item() {
    let mut numbers = ty("Int32");
    numbers.collection = true;
    check("['1','2']", &numbers, "[1,2]");
    check("['1','x']", &numbers, "null");
    check("1", &numbers, "null");
    check("[1]", &ty("Int32"), "null");
}

#[test]
fn enumerations() {
    let model = Model::from_csdl(MODEL).expect("a model");
    let color = ItemType::Enum(model.find_enum("m.Color").expect("a type"));
    let flags = ItemType::Enum(model.find_enum("m.Flags").expect("a type"));
    let text = TypeRef::primitive(Primitive::String);
    for (from, of, to, expected) in [
        ("1", None, TypeRef::of(color), "flags:1"),
        ("3", None, TypeRef::of(color), "null"),
        ("'Blue'", None, TypeRef::of(color), "flags:2"),
        ("'blue'", None, TypeRef::of(color), "null"),
        ("3", None, TypeRef::of(flags), "flags:3"),
        ("300", None, TypeRef::of(flags), "null"),
        ("flags:2", Some(color), text.clone(), "'Blue'"),
        ("flags:5", Some(flags), text.clone(), "'A~C'"),
        ("flags:9", Some(flags), text.clone(), "null"),
        ("flags:1", None, text, "null"),
    ] {
        let expected = match value(expected) {
            Value::String(text) => Value::String(text.replace('~', ",")),
            other => other,
        };
        let from = value(from);
        assert_eq!(*cast(&model, &from, of, &to), expected, "{from:?}");
    }
    let both = Value::from("C,A");
    assert_eq!(
        *cast(&model, &both, None, &TypeRef::of(flags)),
        Value::Enum(5)
    );
}
