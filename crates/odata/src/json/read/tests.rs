use super::super::{parse, sample};
use super::*;

fn read_as(model: &Model, of: &str, json: &str, kind: RequestKind) -> Result<EntityPayload, Error> {
    let node = parse(json.as_bytes())?;
    read_entity(model, sample::structured(model, of), node, kind)
}

fn shape(json: &str, kind: RequestKind) -> EntityPayload {
    read_as(sample::everything(), "shape", json, kind).expect("the case is legal")
}

/// The body is refused with this target and this in the message.
fn refused(of: &str, json: &str, kind: RequestKind, target: &str, says: &str) {
    let model = if matches!(of, "shape" | "square") {
        sample::everything()
    } else {
        sample::graph()
    };
    let error = read_as(model, of, json, kind).expect_err(json);
    assert_eq!(error.code.status(), 400);
    assert_eq!(
        error.target.as_deref().unwrap_or_default(),
        target,
        "{json}: {error}"
    );
    assert!(error.message.contains(says), "{json}: {}", error.message);
}

#[test]
fn only_what_stands_in_the_body_is_in_the_payload() {
    let model = sample::graph();
    let json = r#"{"errorCode": 9, "id": "x", "resultMessage": null}"#;
    let payload = read_as(
        model,
        "deviceManagementScriptDeviceState",
        json,
        RequestKind::Update,
    )
    .expect("the case is legal");
    let ty = model.structured(payload.of);
    let named: Vec<(&str, Value)> = payload
        .values
        .iter()
        .map(|(ordinal, value)| (ty.properties[*ordinal].name.as_str(), value.clone()))
        .collect();
    let expected = [
        ("errorCode", Value::Integer(9)),
        ("id", Value::from("x")),
        ("resultMessage", Value::Null),
    ];
    assert_eq!(named, expected);
    assert!(payload.bindings.is_empty() && payload.nested.is_empty());
    assert_eq!((payload.id, payload.removed), (None, false));
}

#[test]
fn unknown_and_wrong_properties_are_named() {
    use RequestKind::{Create, Update};
    let state = "deviceManagementScriptDeviceState";
    refused(
        state,
        r#"{"errorcode": 9}"#,
        Update,
        "errorcode",
        "microsoft.graph.deviceManagementScriptDeviceState has no such property",
    );
    refused(state, r#"{"": 9}"#, Update, "", "has no such property");
    refused(
        state,
        r#"{"errorCode": "9"}"#,
        Update,
        "errorCode",
        "Invalid 'errorCode': expected Edm.Int32, found a string.",
    );
    refused(
        state,
        r#"{"errorCode": null}"#,
        Update,
        "errorCode",
        "null is not allowed",
    );
    refused(
        state,
        r#"{"errorDescription": "a\u0000"}"#,
        Update,
        "errorDescription",
        "U+0000",
    );
    refused(
        state,
        "[]",
        Update,
        "",
        "expected an object (microsoft.graph.deviceManagementScriptDeviceState), found an array",
    );
    refused(state, "null", Create, "", "found null");
    refused(
        "user",
        r#"{"favourite": 1}"#,
        Update,
        "favourite",
        "open properties of microsoft.graph.user are not stored",
    );
    let nested =
        r##"{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": 5}}"##;
    refused(
        "deviceHealthScriptAssignment",
        nested,
        Create,
        "target/groupId",
        "Edm.String",
    );
}

#[test]
fn the_type_is_the_expected_one_or_derived_from_it() {
    use RequestKind::{Create, Update};
    let model = sample::everything();
    let circle = sample::structured(model, "circle");
    let named = r##"{"radius": 1.5, "@odata.type": "#sample.circle"}"##;
    assert_eq!(shape(named, Create).of, circle);
    assert_eq!(shape(named, Create).values, [(1, Value::Double(1.5))]);
    assert_eq!(
        shape(r#"{"id": "1"}"#, Update).of,
        sample::structured(model, "shape")
    );
    refused(
        "shape",
        r#"{"id": "1"}"#,
        Create,
        "",
        "sample.shape is abstract, '@odata.type' is needed; allowed: #sample.circle, #sample.square",
    );
    refused(
        "shape",
        r#"{"radius": 1}"#,
        Update,
        "radius",
        "no such property",
    );
    refused(
        "square",
        named,
        Create,
        "@odata.type",
        "allowed: #sample.square",
    );
    refused(
        "shape",
        r##"{"@type": "#sample.shape"}"##,
        Update,
        "@type",
        "allowed",
    );
    refused(
        "shape",
        r##"{"@type": "#sample.everything"}"##,
        Update,
        "@type",
        "allowed",
    );
    refused(
        "deviceCompliancePolicy",
        "{}",
        Create,
        "",
        "no type of the model can stand here",
    );
}

#[test]
fn control_information_is_understood_or_ignored() {
    let json = r##"{"@odata.context": "$metadata#x", "@odata.etag": "W/\"1\"", "@editLink": "e",
        "@odata.readLink": 5, "@odata.count": 1, "@odata.unheardOf": {}, "@com.example.x": [],
        "id@odata.type": "#String", "id@com.example.x": 1, "#sample.paint": {"target": "x"},
        "parts@odata.navigationLink": "p", "parts@odata.associationLink": "p",
        "parts@odata.context": "c", "parts@count": 3, "parts@odata.nextLink": "n"}"##;
    let payload = shape(json, RequestKind::Update);
    let nothing = EntityPayload {
        of: payload.of,
        values: Vec::new(),
        bindings: Vec::new(),
        nested: Vec::new(),
        id: None,
        removed: false,
    };
    assert_eq!(payload, nothing);
    let payload = shape(r#"{"@odata.id": "shapes('1')"}"#, RequestKind::Create);
    assert_eq!(payload.id.as_deref(), Some("shapes('1')"));
    refused(
        "shape",
        r#"{"@id": ""}"#,
        RequestKind::Update,
        "@id",
        "empty",
    );
    refused(
        "shape",
        r#"{"@id": null}"#,
        RequestKind::Update,
        "@id",
        "found null",
    );
    refused(
        "shape",
        r#"{"@id": "a", "@odata.id": "a"}"#,
        RequestKind::Update,
        "@odata.id",
        "twice",
    );
    refused(
        "shape",
        r#"{"@removed": {}}"#,
        RequestKind::Update,
        "@removed",
        "only among",
    );
    refused(
        "shape",
        r#"{"parts@delta": []}"#,
        RequestKind::Update,
        "parts@delta",
        "not supported",
    );
}

#[test]
fn bindings_keep_the_urls_as_sent() {
    use RequestKind::Update;
    let check = |json: &str, expected: &[(usize, &[&str])]| {
        let found = shape(json, Update).bindings;
        let found: Vec<(usize, Vec<&str>)> = found
            .iter()
            .map(|(i, urls)| (*i, urls.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(usize, Vec<&str>)> = expected
            .iter()
            .map(|(i, urls)| (*i, urls.to_vec()))
            .collect();
        assert_eq!(found, expected, "{json}");
    };
    check(
        r#"{"parent@odata.bind": "https://h/beta/shapes('1')"}"#,
        &[(0, &["https://h/beta/shapes('1')"])],
    );
    check(r#"{"parent@bind": null}"#, &[(0, &[])]);
    check(
        r#"{"parts@odata.bind": ["a", "b"], "owner@odata.bind": "c"}"#,
        &[(2, &["a", "b"]), (1, &["c"])],
    );
    refused(
        "shape",
        r#"{"owner@odata.bind": null}"#,
        Update,
        "owner@odata.bind",
        "found null",
    );
    refused(
        "shape",
        r#"{"parent@odata.bind": ["a"]}"#,
        Update,
        "parent@odata.bind",
        "an array",
    );
    refused(
        "shape",
        r#"{"parts@odata.bind": "a"}"#,
        Update,
        "parts@odata.bind",
        "array of URLs",
    );
    refused(
        "shape",
        r#"{"parts@odata.bind": ["a", 1]}"#,
        Update,
        "parts@odata.bind/1",
        "found a number",
    );
    refused(
        "shape",
        r#"{"id@odata.bind": "a"}"#,
        Update,
        "id@odata.bind",
        "no such navigation property",
    );
    refused(
        "shape",
        r#"{"parent@bind": "a", "parent@odata.bind": "a"}"#,
        Update,
        "parent@odata.bind",
        "bound twice",
    );
    refused(
        "shape",
        r#"{"parent@bind": "a", "parent": null}"#,
        Update,
        "parent",
        "both bound and nested",
    );
}

#[test]
fn entities_nest_in_navigation_properties() {
    use RequestKind::Create;
    let json = r##"{"@type": "#sample.circle", "parent": null, "owner": {"@id": "shapes/9"},
        "parts": [{"@type": "#sample.square", "side": 2, "parts": []}]}"##;
    let payload = shape(json, Create);
    let [
        (0, Nested::None),
        (1, Nested::One(owner)),
        (2, Nested::Many(parts)),
    ] = &*payload.nested
    else {
        panic!("{:?}", payload.nested);
    };
    assert_eq!(owner.id.as_deref(), Some("shapes/9"));
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].values, [(1, Value::Double(2.0))]);
    assert_eq!(parts[0].nested, [(2, Nested::Many(Vec::new()))]);
    let circle = |member: &str| format!(r##"{{"@type": "#sample.circle", {member}}}"##);
    refused(
        "shape",
        &circle(r#""owner": null"#),
        Create,
        "owner",
        "found null",
    );
    refused(
        "shape",
        &circle(r#""owner": []"#),
        Create,
        "owner",
        "an object (sample.shape), found an array",
    );
    refused(
        "shape",
        &circle(r#""parts": null"#),
        Create,
        "parts",
        "an array (sample.shape), found null",
    );
    refused(
        "shape",
        &circle(r#""parts": [{}]"#),
        Create,
        "parts/0",
        "is abstract",
    );
    refused(
        "shape",
        &circle(r#""parts": [5]"#),
        Create,
        "parts/0",
        "found a number",
    );
    let deep = circle(&format!(r#""parts": [{}]"#, circle(r#""radius": "x""#)));
    refused("shape", &deep, Create, "parts/0/radius", "Edm.Double");
}

#[test]
fn deep_nesting_is_refused_and_harmless() {
    let mut json = r##"{"@id":"x"}"##.to_owned();
    for _ in 0..200 {
        json = format!(r##"{{"owner":{json}}}"##);
    }
    refused(
        "shape",
        &json,
        RequestKind::Update,
        "",
        "recursion limit exceeded",
    );
    let mut json = r##"{"@id":"x"}"##.to_owned();
    for _ in 0..120 {
        json = format!(r##"{{"@id":"x","owner":{json}}}"##);
    }
    assert!(read_as(sample::everything(), "shape", &json, RequestKind::Update).is_ok());
}
