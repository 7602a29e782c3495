use super::super::sample;
use super::*;

/// The first overload of an action, bound to a type if one is named.
fn action(model: &Model, name: &str, binding: &str) -> OperationId {
    let is_bound_to = |operation: &Operation| {
        let first = operation.parameters.first();
        first.is_some_and(|p| model.item_name(p.ty.item).ends_with(binding))
    };
    let named = |operation: &Operation| operation.name.rsplit('.').next() == Some(name);
    let mut operations = model.operations();
    operations
        .find(|(_, operation)| named(operation) && is_bound_to(operation))
        .map(|(id, _)| id)
        .expect("the model has the action")
}

fn read(name: &str, binding: &str, json: &str) -> Result<Vec<(usize, Argument)>, Error> {
    let model = if name == "paint" {
        sample::everything()
    } else {
        sample::graph()
    };
    let body = super::super::parse_optional(json.as_bytes())?;
    read_parameters(model, action(model, name, binding), body)
}

/// Every body of the table is refused, as its line says.
fn refused(name: &str, binding: &str, table: &str) {
    for case in sample::refusals(table) {
        sample::assert_refused(&read(name, binding, case.0).expect_err(case.0), case);
    }
}

#[test]
fn parameters_are_bound_by_name() {
    let json = r#"{"scriptPolicyId": "abc", "@odata.x": 1, "scriptPolicyId@odata.type": "String"}"#;
    let found = read(
        "initiateOnDemandProactiveRemediation",
        "managedDevice",
        json,
    );
    assert_eq!(
        found.expect("legal"),
        [(1, Argument::Value(Value::from("abc")))]
    );
    let json = r#"{"deviceIds": ["a", "b"], "actionName": "retire", "deviceName": null}"#;
    let found = read("executeAction", "managedDevice", json).expect("legal");
    let ids = Value::Collection(vec![Value::from("a"), Value::from("b")]);
    assert!(found.contains(&(5, Argument::Value(ids))), "{found:?}");
    assert!(found.contains(&(8, Argument::Null)), "{found:?}");
}

#[test]
fn parameters_may_be_entities() {
    let json = r##"{"deviceHealthScriptAssignments": [{"runRemediationScript": true,
        "target": {"groupId": "g", "@odata.type": "#microsoft.graph.groupAssignmentTarget"}}]}"##;
    let found = read("assign", "deviceHealthScript", json).expect("legal");
    let [(1, Argument::Entities(entities))] = &*found else {
        panic!("{found:?}")
    };
    assert_eq!(entities.len(), 1);
    assert_eq!(entities[0].values[0], (1, Value::Boolean(true)));
    let json = r#"{"colour": "green", "frame": {"radius": 1}, "others": null}"#;
    let found = read("paint", "shape", json).expect("legal");
    assert!(
        matches!(
            &*found,
            [
                (1, Argument::Value(Value::Enum(5))),
                (3, Argument::Entity(_)),
                (4, Argument::Null)
            ]
        ),
        "{found:?}"
    );
}

#[test]
fn a_body_may_be_missing_where_nothing_is_required() {
    let sync = |json: &str| read("syncDevice", "managedDevice", json).expect("legal");
    assert_eq!(sync(""), []);
    assert_eq!(sync("{}"), []);
    refused(
        "paint",
        "shape",
        "=> colour: this parameter of sample.paint is required",
    );
    let name = "initiateOnDemandProactiveRemediation";
    refused(name, "managedDevice", "{} => scriptPolicyId: is required");
}

#[test]
fn wrong_parameters_are_named() {
    let table = r#"
        {"ScriptPolicyId": "x"} => ScriptPolicyId: has no such parameter
        {"scriptPolicyId": null} => scriptPolicyId: null is not allowed
        {"scriptPolicyId": 5} => scriptPolicyId: expected Edm.String
        {"scriptPolicyId": "x", "bindingParameter": {}} => bindingParameter: has no such parameter
        [] => -: expected an object of parameters, found an array
    "#;
    refused(
        "initiateOnDemandProactiveRemediation",
        "managedDevice",
        table,
    );
    let table = r#"{"x": 1} => x: microsoft.graph.syncDevice has no such parameter"#;
    refused("syncDevice", "managedDevice", table);
    let table = r#"
        {"deviceHealthScriptAssignments": {}} => deviceHealthScriptAssignments: an array (Collection(
        {"deviceHealthScriptAssignments": [{"target": {}}]} => deviceHealthScriptAssignments/0/target: is abstract
    "#;
    refused("assign", "deviceHealthScript", table);
    let table = r#"
        {"colour": "red", "others": [{}]} => others/0: is abstract
        {"colour": "blue"} => colour: allowed: red, green
    "#;
    refused("paint", "shape", table);
}
