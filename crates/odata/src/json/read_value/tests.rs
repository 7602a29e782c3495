use super::super::sample;
use super::*;

fn model_with(of: &str) -> &'static Model {
    match of {
        "everything" => sample::everything(),
        _ => sample::graph(),
    }
}

fn try_read(of: &str, property: &str, json: &str) -> Result<Value, Error> {
    let model = model_with(of);
    let node = parse(json.as_bytes()).expect("the case is JSON");
    read_value(model, sample::property(model, of, property), node)
}

fn read(of: &str, property: &str, json: &str) -> Value {
    try_read(of, property, json).expect("the case is legal")
}

/// Every body of the table is refused as a property, as its line says.
fn refused(of: &str, property: &str, table: &str) {
    for case in sample::refusals(table) {
        sample::assert_refused(&try_read(of, property, case.0).expect_err(case.0), case);
    }
}

#[test]
fn enumerations_are_read_by_the_names_of_members() {
    let of = "deviceHealthScriptDeviceState";
    assert_eq!(
        read(of, "detectionState", "\"scriptError\""),
        Value::Enum(3)
    );
    assert_eq!(read("everything", "colour", "\"red\""), Value::Enum(-1));
    assert_eq!(read("everything", "colour", "null"), Value::Null);
    let flags = |json: &str| read("everything", "rights", json);
    assert_eq!(flags("\"read,run\""), Value::Enum(9));
    assert_eq!(flags("\"run, read , change\""), Value::Enum(11));
    assert_eq!(flags("\"9\""), Value::Enum(9));
    assert_eq!(flags("\"read,8\""), Value::Enum(9));
    assert_eq!(read(of, "detectionState", "\"3\""), Value::Enum(3));
    let table = r#"
        "String" => -: allowed: unknown, success, fail, scriptError, pending, notApplicable
        "Success" => -: 'Success' is not a member of microsoft.graph.runState
        "99" => -: '99' is not a member of microsoft.graph.runState
        "success,fail" => -: allowed: unknown, success
        "" => -: allowed: unknown, success
        1 => -: (unknown, success, fail, scriptError, pending, notApplicable), found a number
        null => -: null is not allowed, a value of microsoft.graph.runState is expected
    "#;
    refused(of, "detectionState", table);
    let table = r#"
        "read," => -: '' is not a member of sample.rights; allowed: read, write, change, run
        "0" => -: '0' is not a member of sample.rights
    "#;
    refused("everything", "rights", table);
}

#[test]
fn nulls_stand_only_where_they_may() {
    let script = "deviceHealthScript";
    assert_eq!(read(script, "displayName", "null"), Value::Null);
    assert_eq!(read(script, "roleScopeTagIds", "null"), Value::Null);
    let items = Value::Collection(vec![Value::from("0"), Value::Null]);
    assert_eq!(read(script, "roleScopeTagIds", "[\"0\", null]"), items);
    let nothing = Value::Collection(Vec::new());
    assert_eq!(read("user", "businessPhones", "[]"), nothing);
    refused(
        script,
        "runAs32Bit",
        "null => -: a value of Edm.Boolean is expected",
    );
    let table = r#"
        null => -: null is not allowed, a value of Collection(Edm.String) is expected
        ["1", null] => 1: null is not allowed, a value of Edm.String is expected
    "#;
    refused("user", "businessPhones", table);
    let table = r#"
        [1, "2", 3.5] => 2: expected Edm.Int64, found the fraction 3.5
        5 => -: expected an array (Collection(Edm.Int64)), found a number
    "#;
    refused("everything", "numbers", table);
    refused(
        "everything",
        "int32",
        "[5] => -: expected Edm.Int32, found an array",
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
}

#[test]
fn a_complex_value_of_another_type_is_refused_with_what_is_allowed() {
    let (of, property) = ("deviceHealthScriptAssignment", "target");
    let allowed = concat!(
        "allowed: #microsoft.graph.allDevicesAssignmentTarget, ",
        "#microsoft.graph.allLicensedUsersAssignmentTarget, ",
        "#microsoft.graph.configurationManagerCollectionAssignmentTarget, ",
        "#microsoft.graph.groupAssignmentTarget, ",
        "#microsoft.graph.exclusionGroupAssignmentTarget."
    );
    for name in [
        "#graph.groupAssignmentTarget",
        "#microsoft.graph.hardwareInformation",
        "#microsoft.graph.deviceAndAppManagementAssignmentTarget",
        "#microsoft.graph.managedDevice",
        "#Edm.String",
        "",
    ] {
        let case = format!(r#"{{"@odata.type": "{name}"}} => @odata.type: {allowed}"#);
        refused(of, property, &case);
    }
    refused(of, property, &format!("{{}} => -: {allowed}"));
    let table = r##"
        {"groupId": "g"} => -: is abstract, '@odata.type' is needed
        {"@type": 5} => @type: found a number
        "all" => -: expected an object
        [] => -: found an array
    "##;
    refused(of, property, table);
}

#[test]
fn the_members_of_a_complex_value_are_checked() {
    let table = r##"
        "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" => @odata.type: two types
        "groupid": "g" => groupid: microsoft.graph.groupAssignmentTarget has no such property
        "groupId": 1 => groupId: expected Edm.String, found a number
        "x@odata.bind": "g" => x@odata.bind: not supported
    "##;
    for (member, target, says) in sample::refusals(table) {
        let body = format!(r##"{{"@type": "#microsoft.graph.groupAssignmentTarget", {member}}}"##);
        let error = try_read("deviceHealthScriptAssignment", "target", &body).expect_err(&body);
        sample::assert_refused(&error, (&body, target, says));
    }
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
    let error = try_read("deviceHealthScript", "detectionScriptParameters", json);
    let says = "Invalid '1/defaultValue': expected Edm.Boolean, found a string.";
    sample::assert_refused(&error.expect_err(json), (json, "1/defaultValue", says));
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
