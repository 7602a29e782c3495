use proptest::prelude::*;

use super::super::{read_value, sample, value_from_json_text};
use super::*;

fn written(model: &Model, ty: &TypeRef, value: &Value) -> String {
    let mut out = Vec::new();
    write_value(&mut out, model, Style::default(), ty, value);
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn string(text: &str) -> String {
    let mut out = Vec::new();
    write_string(&mut out, text);
    String::from_utf8(out).expect("JSON is UTF-8")
}

#[test]
fn strings_escape_what_json_forbids_and_nothing_else() {
    assert_eq!(string(""), r#""""#);
    assert_eq!(string("plain é 😀 \u{7f}/"), "\"plain é 😀 \u{7f}/\"");
    assert_eq!(string("\"\\\u{8}\t\n\u{c}\r"), r#""\"\\\b\t\n\f\r""#);
    assert_eq!(string("\u{0}\u{1f}a\u{1b}"), r#""\u0000\u001fa\u001b""#);
    assert_eq!(string("a\"b\"c"), r#""a\"b\"c""#);
}

#[test]
fn values_are_written_as_clients_expect_them() {
    let model = sample::everything();
    let check = |property: &str, value: Value, expected: &str| {
        let ty = sample::property(model, "everything", property);
        assert_eq!(written(model, ty, &value), expected);
    };
    check("string", Value::Null, "null");
    check("boolean", Value::Boolean(true), "true");
    check("boolean", Value::Boolean(false), "false");
    check("int64", Value::Integer(i64::MIN), "-9223372036854775808");
    check("double", Value::Double(85.0), "85.0");
    check("double", Value::Double(1e300), "1e300");
    check("double", Value::Double(f64::NAN), "\"NaN\"");
    check("double", Value::Double(f64::INFINITY), "\"INF\"");
    check("double", Value::Double(f64::NEG_INFINITY), "\"-INF\"");
    check("single", Value::Double(f64::from(0.1_f32)), "0.1");
    check("decimal", Value::Decimal("1.10".to_owned()), "1.10");
    check("binary", Value::Binary(b"\xFB\xFF".to_vec()), "\"+/8=\"");
    check("binary", Value::Binary(Vec::new()), "\"\"");
    check(
        "guid",
        Value::Guid(uuid::Uuid::nil()),
        "\"00000000-0000-0000-0000-000000000000\"",
    );
    check("colour", Value::Enum(-1), "\"red\"");
    check("colour", Value::Enum(4), "\"4\"");
    check("rights", Value::Enum(1), "\"read\"");
    check("rights", Value::Enum(3), "\"change\"");
    check("rights", Value::Enum(9), "\"read,run\"");
    check("rights", Value::Enum(11), "\"change,run\"");
    check("rights", Value::Enum(0), "\"0\"");
    check("rights", Value::Enum(17), "\"17\"");
    check("numbers", Value::Collection(Vec::new()), "[]");
    let numbers = Value::Collection(vec![Value::Integer(1), Value::Integer(-2)]);
    check("numbers", numbers, "[1,-2]");
    let ty = sample::property(model, "everything", "string");
    assert_eq!(written(model, ty, &Value::Enum(5)), "\"5\"");
}

#[test]
fn dates_keep_every_digit() {
    let model = sample::everything();
    for (property, text) in [
        ("dateTimeOffset", "2017-01-01T00:02:30.8589467+03:00"),
        ("dateTimeOffset", "2016-12-31T23:58:26.9294640-08:00"),
        ("dateTimeOffset", "2026-01-02T03:04:05Z"),
        ("date", "2024-12-31"),
        ("timeOfDay", "18:00:00.0000000"),
        ("duration", "P1DT2H"),
    ] {
        let ty = sample::property(model, "everything", property);
        let node = super::super::Node::String(text.to_owned());
        let value = read_value(model, ty, node).expect("the case is legal");
        assert_eq!(written(model, ty, &value), format!("\"{text}\""));
    }
}

#[test]
fn polymorphic_values_begin_with_their_type() {
    let model = sample::graph();
    let json =
        r##"{"groupId": "g", "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget"}"##;
    let ty = sample::property(model, "deviceHealthScriptAssignment", "target");
    let value = value_from_json_text(model, ty, json).expect("the case is legal");
    let filter = concat!(
        r#""deviceAndAppManagementAssignmentFilterId":null,"#,
        r#""deviceAndAppManagementAssignmentFilterType":"none","#,
    );
    let expected = format!(
        r##"{{"@odata.type":"#microsoft.graph.exclusionGroupAssignmentTarget",{filter}"groupId":"g"}}"##
    );
    assert_eq!(written(model, ty, &value), expected);
    let Value::Complex(value) = value else {
        panic!("a complex value is expected")
    };
    let mut out = Vec::new();
    write_complex(&mut out, model, Style::default(), value.of, &value);
    let plain = format!(r#"{{{filter}"groupId":"g"}}"#);
    assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), plain);
}

proptest! {
    #[test]
    fn strings_are_read_back_as_they_were(text in any::<String>()) {
        prop_assert_eq!(serde_json::from_str::<String>(&string(&text)).expect("JSON"), text);
    }

    #[test]
    fn what_the_store_writes_it_reads_back((is_graph, ty, value) in typed_value()) {
        let model = model_of(is_graph);
        let mut out = Vec::new();
        write_stored_value(&mut out, model, &ty, &value);
        let text = String::from_utf8(out).expect("JSON is UTF-8");
        let read = value_from_json_text(model, &ty, &text);
        prop_assert_eq!(read.map_err(|e| e.to_string()), Ok(value), "{}", text);
    }

    #[test]
    fn what_clients_get_they_may_send((ty, value) in graph_value()) {
        let model = sample::graph();
        let text = written(model, &ty, &value);
        let node = super::super::parse(text.as_bytes()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let read = read_value(model, &ty, node);
        prop_assert_eq!(read.map_err(|e| e.to_string()), Ok(value), "{}", text);
    }
}

fn graph_value() -> impl Strategy<Value = (TypeRef, Value)> {
    let types = sample::property_types(sample::graph());
    prop::sample::select(types).prop_flat_map(|ty| {
        let values = sample::values(sample::graph(), &ty);
        (Just(ty), values)
    })
}

/// A value with its type and which of the two models that is of: a model itself would drown the
/// report of a failure.
fn typed_value() -> impl Strategy<Value = (bool, TypeRef, Value)> {
    let typed = |is_graph: bool| {
        let model = model_of(is_graph);
        let complex = model
            .structured_types()
            .filter(|(_, ty)| ty.kind == edm::StructuredKind::Complex)
            .map(|(id, _)| TypeRef::of(ItemType::Complex(id)));
        let types: Vec<TypeRef> = sample::property_types(model)
            .into_iter()
            .chain(complex)
            .collect();
        prop::sample::select(types).prop_flat_map(move |ty| {
            let values = sample::values(model, &ty);
            (Just(is_graph), Just(ty), values)
        })
    };
    prop_oneof![typed(false), typed(true)]
}

fn model_of(is_graph: bool) -> &'static Model {
    if is_graph {
        sample::graph()
    } else {
        sample::everything()
    }
}

fn check_style(style: Style, ty: Primitive, value: &Value, expected: &str) {
    let mut out = Vec::new();
    write_value(
        &mut out,
        sample::graph(),
        style,
        &TypeRef::primitive(ty),
        value,
    );
    assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), expected);
}

#[test]
fn a_style_changes_how_numbers_and_bytes_are_written() {
    let plain = Style::default();
    let other = Style {
        ieee754: true,
        base64url: true,
        ..plain
    };
    let long = Value::Integer(9_007_199_254_740_993);
    check_style(plain, Primitive::Int64, &long, "9007199254740993");
    check_style(other, Primitive::Int64, &long, "\"9007199254740993\"");
    check_style(other, Primitive::Int32, &Value::Integer(1), "1");
    let decimal = Value::Decimal("1.50".to_owned());
    check_style(plain, Primitive::Decimal, &decimal, "1.50");
    check_style(other, Primitive::Decimal, &decimal, "\"1.50\"");
    let bytes = Value::Binary(vec![0xfb, 0xff]);
    check_style(plain, Primitive::Binary, &bytes, "\"+/8=\"");
    check_style(other, Primitive::Binary, &bytes, "\"-_8\"");
}
