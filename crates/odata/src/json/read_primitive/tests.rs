use proptest::prelude::*;

use super::super::{parse, read_value, sample};
use super::*;

/// Reads a JSON text as a property of the sample that has every type.
fn read_as(property: &str, json: &str) -> Result<Value, String> {
    let model = sample::everything();
    let ty = sample::property(model, "everything", property);
    let node = parse(json.as_bytes()).expect("the case is JSON");
    read_value(model, ty, node).map_err(|error| {
        assert_eq!(error.code.status(), 400);
        error.message
    })
}

#[test]
fn numbers_keep_their_ranges() {
    let check = |property: &str, json: &str, expected: Option<i64>| {
        let found = read_as(property, json);
        assert_eq!(
            found.as_ref().ok(),
            expected.map(Value::Integer).as_ref(),
            "{json}: {found:?}"
        );
    };
    check("int32", "9", Some(9));
    check("int32", "-2147483648", Some(-2_147_483_648));
    check("int32", "2147483648", None);
    check("int32", "9.0", Some(9));
    check("int32", "1e3", Some(1000));
    check("int32", "-0", Some(0));
    check("int32", "9.5", None);
    check("int32", "1e300", None);
    check("int32", "\"9\"", None);
    check("int32", "true", None);
    check("int32", "[9]", None);
    check("byte", "255", Some(255));
    check("byte", "256", None);
    check("byte", "-1", None);
    check("sbyte", "-128", Some(-128));
    check("int16", "32768", None);
    check("int64", "9223372036854775807", Some(i64::MAX));
    check("int64", "9223372036854775808", None);
    check("int64", "-9223372036854775809", None);
    check("int64", "\"9223372036854775807\"", Some(i64::MAX));
    check("int64", "\"9223372036854775808\"", None);
    check("int64", "\"\"", None);
}

#[test]
fn floating_point_numbers_have_their_special_values() {
    let check = |property: &str, json: &str, expected: Option<f64>| {
        let found = read_as(property, json);
        assert_eq!(
            found.as_ref().ok(),
            expected.map(Value::Double).as_ref(),
            "{json}: {found:?}"
        );
    };
    check("double", "85", Some(85.0));
    check(
        "double",
        "18446744073709551615",
        Some(18_446_744_073_709_551_615.0),
    );
    check("double", "0.1", Some(0.1));
    check("double", "\"INF\"", Some(f64::INFINITY));
    check("double", "\"-INF\"", Some(f64::NEG_INFINITY));
    check("double", "\"Infinity\"", None);
    check("double", "\"1\"", None);
    check("double", "false", None);
    check("single", "0.1", Some(f64::from(0.1_f32)));
    check("single", "1e39", None);
    assert!(matches!(read_as("double", "\"NaN\""), Ok(Value::Double(n)) if n.is_nan()));
}

#[test]
fn decimals_keep_the_text_of_a_string() {
    let check = |json: &str, expected: Option<&str>| {
        let expected = expected.map(|text| Value::Decimal(text.to_owned()));
        assert_eq!(read_as("decimal", json).ok(), expected, "{json}");
    };
    check("\"1.10\"", Some("1.10"));
    check(
        "\"123456789012345678901234567890.1234567890\"",
        Some("123456789012345678901234567890.1234567890"),
    );
    check("1.5", Some("1.5"));
    check("-3", Some("-3"));
    check("18446744073709551615", Some("18446744073709551615"));
    check("1e2", Some("100"));
    check("\"x\"", None);
    check("{}", None);
}

#[test]
fn binary_takes_both_alphabets_with_and_without_padding() {
    let check = |json: &str, expected: Option<&[u8]>| {
        let expected = expected.map(|bytes| Value::Binary(bytes.to_vec()));
        assert_eq!(read_as("binary", json).ok(), expected, "{json}");
    };
    check(r#""""#, Some(b""));
    check(r#""+/8=""#, Some(b"\xFB\xFF"));
    check(r#""+/8""#, Some(b"\xFB\xFF"));
    check(r#""-_8=""#, Some(b"\xFB\xFF"));
    check(r#""-_8""#, Some(b"\xFB\xFF"));
    check(r#""-/8""#, None);
    check(r#""+/ 8""#, None);
    check(r#""+/8=\n""#, None);
    check(r#""+/9=""#, None);
    check(r#""A""#, None);
    check(r#""é""#, None);
    check("[1,2]", None);
    let error = read_as("binary", r#""no base64!""#).expect_err("no base64");
    assert!(error.contains("not base64"), "{error}");
}

#[test]
fn text_of_the_wrong_form_is_refused_with_a_reason() {
    let check = |property: &str, json: &str, expected: &str| {
        let error = read_as(property, json).expect_err(json);
        assert!(error.contains(expected), "{json}: {error}");
    };
    check(
        "date",
        "\"2024-02-30\"",
        "'2024-02-30' is no value of Edm.Date: ",
    );
    check(
        "dateTimeOffset",
        "\"yesterday\"",
        "'yesterday' is no value of Edm.DateTimeOffset: ",
    );
    check(
        "dateTimeOffset",
        "1700000000",
        "expected Edm.DateTimeOffset, found a number",
    );
    check(
        "timeOfDay",
        "\"24:00:00\"",
        "is no value of Edm.TimeOfDay: ",
    );
    check("duration", "\"1h\"", "is no value of Edm.Duration: ");
    check(
        "guid",
        "\"{38a2e975-c8d9-4783-9ddd-19f2ad5278bf}\"",
        "8-4-4-4-12",
    );
    check("guid", "\"38a2e975c8d947839ddd19f2ad5278bf\"", "8-4-4-4-12");
    check(
        "guid",
        "\"38a2e975-c8d9-4783-9ddd-19f2ad5278bg\"",
        "is no value of Edm.Guid: ",
    );
    check(
        "boolean",
        "\"true\"",
        "expected Edm.Boolean, found a string",
    );
    check("boolean", "1", "expected Edm.Boolean, found a number");
    check("string", "{}", "expected Edm.String, found an object");
    check("string", "\"a\\u0000b\"", "U+0000");
}

#[test]
fn lengths_and_digits_keep_their_facets() {
    let model = sample::everything();
    let check = |property: &str, json: &str, is_legal: bool| {
        let ty = sample::property(model, "limits", property);
        let node = parse(json.as_bytes()).expect("the case is JSON");
        assert_eq!(
            read_value(model, ty, node).is_ok(),
            is_legal,
            "{property}: {json}"
        );
    };
    check("text", "\"éüö\"", true);
    check("text", "\"😀😀😀\"", true);
    check("text", "\"abcd\"", false);
    check("bytes", "\"AAAA\"", true);
    check("bytes", "\"AAAAAA==\"", false);
    check("price", "123.45", true);
    check("price", "\"1.234\"", false);
    check("price", "1234567", false);
}

proptest! {
    #[test]
    fn strings_that_are_no_value_never_panic(text in any::<String>()) {
        for property in ["binary", "date", "dateTimeOffset", "decimal", "duration", "guid", "int64", "timeOfDay", "double"] {
            let json = serde_json::to_string(&text).expect("a string is JSON");
            let _ = read_as(property, &json);
        }
    }
}
