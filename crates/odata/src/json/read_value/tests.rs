use super::super::sample;
use super::*;

/// Binds a JSON text to a property; `None` for the target means that it is legal.
fn check(of: &str, property: &str, json: &str, target: Option<&str>, says: &str) {
    let model = if of == "everything" {
        sample::everything()
    } else {
        sample::graph()
    };
    let ty = sample::property(model, of, property);
    let node = parse(json.as_bytes()).expect("the case is JSON");
    match (read_value(model, ty, node), target) {
        (Ok(_), None) => {}
        (Ok(value), Some(_)) => panic!("{json} was read as {value:?}"),
        (Err(error), None) => panic!("{json}: {error}"),
        (Err(error), Some(target)) => {
            assert_eq!(error.code.status(), 400);
            assert_eq!(error.target.unwrap_or_default(), target, "{json}");
            assert!(error.message.contains(says), "{json}: {}", error.message);
        }
    }
}

fn read(of: &str, property: &str, json: &str) -> Value {
    let model = if of == "everything" {
        sample::everything()
    } else {
        sample::graph()
    };
    let ty = sample::property(model, of, property);
    let node = parse(json.as_bytes()).expect("the case is JSON");
    read_value(model, ty, node).expect("the case is legal")
}

#[test]
fn enumerations_are_read_by_the_names_of_members() {
    let of = "deviceHealthScriptDeviceState";
    assert_eq!(
        read(of, "detectionState", "\"scriptError\""),
        Value::Enum(3)
    );
    let all = "allowed: unknown, success, fail, scriptError, pending, notApplicable";
    check(of, "detectionState", "\"String\"", Some(""), all);
    check(
        of,
        "detectionState",
        "\"Success\"",
        Some(""),
        "'Success' is not a member",
    );
    check(of, "detectionState", "\"1\"", Some(""), all);
    check(of, "detectionState", "\"success,fail\"", Some(""), all);
    check(of, "detectionState", "\"\"", Some(""), all);
    check(of, "detectionState", "1", Some(""), "found a number");
    check(
        of,
        "detectionState",
        "null",
        Some(""),
        "null is not allowed",
    );
    let of = "everything";
    assert_eq!(read(of, "colour", "\"red\""), Value::Enum(-1));
    assert_eq!(read(of, "colour", "null"), Value::Null);
    assert_eq!(read(of, "rights", "\"read,run\""), Value::Enum(9));
    assert_eq!(
        read(of, "rights", "\"run, read , change\""),
        Value::Enum(11)
    );
    check(
        of,
        "rights",
        "\"read,\"",
        Some(""),
        "allowed: read, write, change, run",
    );
    check(of, "rights", "\"0\"", Some(""), "allowed");
}

#[test]
fn nulls_stand_only_where_they_may() {
    check("deviceHealthScript", "displayName", "null", None, "");
    check(
        "deviceHealthScript",
        "runAs32Bit",
        "null",
        Some(""),
        "a value of Edm.Boolean",
    );
    check("deviceHealthScript", "roleScopeTagIds", "null", None, "");
    check(
        "deviceHealthScript",
        "roleScopeTagIds",
        "[\"0\", null]",
        None,
        "",
    );
    check(
        "user",
        "businessPhones",
        "null",
        Some(""),
        "Collection(Edm.String)",
    );
    check(
        "user",
        "businessPhones",
        "[\"1\", null]",
        Some("1"),
        "null is not allowed",
    );
    check("user", "businessPhones", "[]", None, "");
    check(
        "everything",
        "numbers",
        "[1, \"2\", 3.5]",
        Some("2"),
        "Edm.Int64",
    );
    check(
        "everything",
        "numbers",
        "5",
        Some(""),
        "expected an array (Collection(Edm.Int64))",
    );
    check(
        "everything",
        "int32",
        "[5]",
        Some(""),
        "expected Edm.Int32, found an array",
    );
}

#[test]
fn a_complex_value_is_of_the_type_it_names() {
    let model = sample::graph();
    let of = "deviceHealthScriptAssignment";
    let group = sample::structured(model, "groupAssignmentTarget");
    let expected = Value::Complex(Box::new(ComplexValue {
        of: group,
        values: vec![Value::Null, Value::Enum(0), Value::from("g")],
    }));
    for json in [
        r##"{"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}"##,
        r##"{"groupId": "g", "@odata.type": "microsoft.graph.groupAssignmentTarget"}"##,
        r##"{"groupId": "g", "@type": "#microsoft.graph.groupAssignmentTarget"}"##,
        r##"{"groupId": "g", "@type": "http://h/beta/$metadata#microsoft.graph.groupAssignmentTarget"}"##,
        r##"{"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g",
             "groupId@odata.type": "#String", "@x.y": [1], "#microsoft.graph.go": {}, "@odata.new": 1,
             "deviceAndAppManagementAssignmentFilterId": null}"##,
    ] {
        assert_eq!(read(of, "target", json), expected, "{json}");
    }
    let allowed = "allowed: #microsoft.graph.allDevicesAssignmentTarget, #microsoft.graph.allLicensedUsersAssignmentTarget, \
                   #microsoft.graph.configurationManagerCollectionAssignmentTarget, #microsoft.graph.groupAssignmentTarget, \
                   #microsoft.graph.exclusionGroupAssignmentTarget";
    check(
        of,
        "target",
        r#"{"groupId": "g"}"#,
        Some(""),
        "is abstract, '@odata.type' is needed",
    );
    check(of, "target", r#"{}"#, Some(""), allowed);
    let refused = [
        "#graph.groupAssignmentTarget",
        "#microsoft.graph.hardwareInformation",
        "#microsoft.graph.deviceAndAppManagementAssignmentTarget",
        "#microsoft.graph.managedDevice",
        "#Edm.String",
        "",
    ];
    for name in refused {
        let json = format!(r#"{{"@odata.type": "{name}"}}"#);
        check(of, "target", &json, Some("@odata.type"), allowed);
    }
    check(
        of,
        "target",
        r#"{"@type": 5}"#,
        Some("@type"),
        "found a number",
    );
    check(
        of,
        "target",
        r##"{"@type": "#microsoft.graph.groupAssignmentTarget", "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}"##,
        Some("@odata.type"),
        "two types",
    );
    check(
        of,
        "target",
        r##"{"@type": "#microsoft.graph.groupAssignmentTarget", "groupid": "g"}"##,
        Some("groupid"),
        "microsoft.graph.groupAssignmentTarget has no such property",
    );
    check(
        of,
        "target",
        r##"{"@type": "#microsoft.graph.groupAssignmentTarget", "groupId": 1}"##,
        Some("groupId"),
        "Edm.String",
    );
    check(
        of,
        "target",
        r##"{"@type": "#microsoft.graph.groupAssignmentTarget", "x@odata.bind": "g"}"##,
        Some("x@odata.bind"),
        "not supported",
    );
    check(of, "target", "\"all\"", Some(""), "expected an object");
    check(of, "target", "[]", Some(""), "found an array");
}

#[test]
fn what_a_complex_value_leaves_out_has_its_default() {
    let model = sample::graph();
    let of = sample::structured(model, "deviceHealthScriptRunOnceSchedule");
    let json = r##"{"@odata.type": "#microsoft.graph.deviceHealthScriptRunOnceSchedule"}"##;
    let Value::Complex(value) = read("deviceHealthScriptAssignment", "runSchedule", json) else {
        panic!("a complex value is expected");
    };
    assert_eq!(value.of, of);
    let defaults: Vec<Value> = model
        .structured(of)
        .properties
        .iter()
        .map(|p| p.default.clone())
        .collect();
    assert_eq!(value.values, defaults);
    assert!(value.values.contains(&Value::Integer(0)), "{defaults:?}");
}

#[test]
fn paths_lead_through_collections() {
    let json = r##"[{"@odata.type": "#microsoft.graph.deviceHealthScriptBooleanParameter"},
        {"defaultValue": "yes", "@odata.type": "#microsoft.graph.deviceHealthScriptBooleanParameter"}]"##;
    let says = "Invalid '1/defaultValue': expected Edm.Boolean, found a string.";
    check(
        "deviceHealthScript",
        "detectionScriptParameters",
        json,
        Some("1/defaultValue"),
        says,
    );
}

#[test]
fn stored_text_is_read_without_limits_or_not_at_all() {
    let model = sample::everything();
    let check = |of: &str, property: &str, text: &str, expected: Option<Value>| {
        let ty = sample::property(model, of, property);
        let found = value_from_json_text(model, ty, text);
        if let Err(error) = &found {
            assert_eq!(error.code.status(), 500);
            assert!(error.internal.is_some());
        }
        assert_eq!(found.ok(), expected, "{text}");
    };
    check("everything", "colour", "\"77\"", Some(Value::Enum(77)));
    check("everything", "rights", "\"0\"", Some(Value::Enum(0)));
    check(
        "everything",
        "numbers",
        "[1,null]",
        Some(Value::Collection(vec![Value::Integer(1), Value::Null])),
    );
    check("limits", "text", "\"longer\"", Some(Value::from("longer")));
    let price = Value::Decimal("1234567.891".to_owned());
    check("limits", "price", "\"1234567.891\"", Some(price));
    check("limits", "text", "5", None);
    check("limits", "text", "", None);
    check("limits", "text", "{", None);
}
