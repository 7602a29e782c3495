use super::super::{parse, sample};
use super::*;

fn read_as(model: &Model, of: &str, json: &str, kind: RequestKind) -> Result<EntityPayload, Error> {
    let node = parse(json.as_bytes())?;
    read_entity(model, sample::structured(model, of), node, kind)
}

fn shape(json: &str, kind: RequestKind) -> EntityPayload {
    read_as(sample::everything(), "shape", json, kind).expect("the case is legal")
}

/// Every body of the table is refused, as its line says.
fn refused(of: &str, kind: RequestKind, table: &str) {
    let model = match of {
        "shape" | "square" => sample::everything(),
        _ => sample::graph(),
    };
    for case in sample::refusals(table) {
        let error = read_as(model, of, case.0, kind).expect_err(case.0);
        sample::assert_refused(&error, case);
    }
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
    assert_eq!((payload.id, payload.removed), (None, None));
}

#[test]
fn unknown_and_wrong_properties_are_named() {
    use RequestKind::{Create, Update};
    let table = r#"
        {"errorcode": 9} => errorcode: microsoft.graph.deviceManagementScriptDeviceState has no such property
        {"": 9} => -: has no such property
        {"errorCode": "9"} => errorCode: Invalid 'errorCode': expected Edm.Int32, found a string.
        {"errorCode": null} => errorCode: null is not allowed
        {"errorDescription": "a\u0000"} => errorDescription: U+0000
        [] => -: expected an object (microsoft.graph.deviceManagementScriptDeviceState), found an array
        null => -: found null
    "#;
    refused("deviceManagementScriptDeviceState", Update, table);
    let table = r#"{"1st": 1} => 1st: the name is no identifier"#;
    refused("user", Update, table);
    let table = r##"
        {"target": {"@type": "#microsoft.graph.groupAssignmentTarget", "groupId": 5}} => target/groupId: Edm.String
    "##;
    refused("deviceHealthScriptAssignment", Create, table);
}

#[test]
fn the_type_is_the_expected_one_or_derived_from_it() {
    use RequestKind::{Create, Update};
    let model = sample::everything();
    let named = shape(
        r##"{"radius": 1.5, "@odata.type": "#sample.circle"}"##,
        Create,
    );
    assert_eq!(named.of, sample::structured(model, "circle"));
    assert_eq!(named.values, [(1, Value::Double(1.5))]);
    let unnamed = shape(r#"{"id": "1"}"#, Update);
    assert_eq!(unnamed.of, sample::structured(model, "shape"));
    let table = r#"
        {"id": "1"} => -: sample.shape is abstract, '@odata.type' is needed; allowed: #sample.circle, #sample.square.
    "#;
    refused("shape", Create, table);
    let table = r##"
        {"radius": 1} => radius: sample.shape has no such property
        {"@type": "#sample.shape"} => @type: allowed: #sample.circle, #sample.square.
        {"@type": "#sample.everything"} => @type: allowed: #sample.circle, #sample.square.
    "##;
    refused("shape", Update, table);
    let table = r##"{"@odata.type": "#sample.circle"} => @odata.type: allowed: #sample.square."##;
    refused("square", Create, table);
    let table = "{} => -: no type of the model can stand here";
    refused("deviceCompliancePolicy", Create, table);
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
        patches: Vec::new(),
        bindings: Vec::new(),
        nested: Vec::new(),
        id: None,
        removed: None,
        etag: Some("W/\"1\"".to_owned()),
        content_id: None,
    };
    assert_eq!(payload, nothing);
    let payload = shape(r#"{"@odata.id": "shapes('1')"}"#, RequestKind::Create);
    assert_eq!(payload.id.as_deref(), Some("shapes('1')"));
    let table = r##"
        {"@id": ""} => @id: the URL is empty
        {"@id": null} => @id: found null
        {"@id": "a", "@odata.id": "a"} => @odata.id: given twice
        {"@removed": {}} => @removed: only among the members of a delta
        {"parts@delta": {}} => parts@delta: expected an array
        {"owner@delta": []} => owner@delta: only a collection
        {"parts@delta": [{"@context": "#x/$link"}]} => parts@delta/0/@context: not allowed
    "##;
    refused("shape", RequestKind::Update, table);
    let table = r#"{"parts@delta": []} => parts@delta: needs a PATCH"#;
    refused("shape", RequestKind::Create, table);
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
}

#[test]
fn wrong_bindings_are_refused() {
    let table = r#"
        {"owner@odata.bind": null} => owner@odata.bind: found null
        {"parent@odata.bind": ["a"]} => parent@odata.bind: expected the URL of an entity, found an array
        {"parts@odata.bind": "a"} => parts@odata.bind: expected an array of URLs, found a string
        {"parts@odata.bind": ["a", 1]} => parts@odata.bind/1: found a number
        {"id@odata.bind": "a"} => id@odata.bind: sample.shape has no such navigation property
        {"parent@bind": "a", "parent@odata.bind": "a"} => parent@odata.bind: bound twice
        {"parent@bind": "a", "parent": null} => parent: both bound and nested
    "#;
    refused("shape", RequestKind::Update, table);
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
}

#[test]
fn wrong_nested_entities_are_refused() {
    let table = r##"
        {"owner": null} => owner: expected an object (sample.shape), found null
        {"owner": []} => owner: expected an object (sample.shape), found an array
        {"parts": null} => parts: expected an array (sample.shape), found null
        {"parts": [{}]} => parts/0: sample.shape is abstract
        {"parts": [5]} => parts/0: found a number
        {"parts": [{"@type": "#sample.circle", "radius": "x"}]} => parts/0/radius: Edm.Double
    "##;
    refused("shape", RequestKind::Update, table);
}

#[test]
fn deep_nesting_is_refused_and_harmless() {
    let nested = |depth: usize| {
        let (head, tail) = (r#"{"@id":"x","owner":"#.repeat(depth), "}".repeat(depth));
        read_as(
            sample::everything(),
            "shape",
            &format!("{head}{{\"@id\":\"x\"}}{tail}"),
            RequestKind::Update,
        )
    };
    assert!(nested(120).is_ok());
    let error = nested(200).expect_err("too deep");
    sample::assert_refused(&error, ("200 levels", "", "recursion limit exceeded"));
}
