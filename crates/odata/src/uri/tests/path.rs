//! Paths.

use super::*;

pub(super) const SCRIPT: &str = "0f9c5b0e-4d1b-4c3f-9a1f-2b8f3f1d7a10";

pub(super) fn check(model: &Model, path: &str, expected: &str) {
    match get(model, path) {
        Ok((resource, _)) => assert_eq!(describe(model, &resource), expected, "{path}"),
        // What is not read by GET is checked elsewhere: here only the binding counts.
        Err(error) if error.code == ErrorCode::MethodNotAllowed => {
            let (segments, query) = path
                .split_once('?')
                .map_or((path, None), |(path, query)| (path, Some(query)));
            let bound = parse_request(model, &Limits::default(), segments, query).expect(path);
            assert_eq!(describe(model, &bound.0), expected, "{path}");
        }
        Err(error) => panic!("{path}: {error}"),
    }
}

#[test]
fn the_service_itself() {
    check(&GRAPH, "", "ServiceDocument");
    check(&GRAPH, "/", "ServiceDocument");
    check(&GRAPH, "$metadata", "Metadata");
    check(&GRAPH, "$batch", "Batch");
    check(
        &GRAPH,
        "deviceManagement/",
        "deviceManagement : entity microsoft.graph.deviceManagement",
    );
}

#[test]
fn keys_in_all_their_forms() {
    let one = |key: &str| {
        format!(
            "deviceManagement/deviceHealthScripts/[\"{key}\"] : entity microsoft.graph.deviceHealthScript"
        )
    };
    let scripts = "deviceManagement/deviceHealthScripts";
    check(
        &GRAPH,
        &format!("{scripts}/{SCRIPT}"),
        &one(&format!("'{SCRIPT}'")),
    );
    check(
        &GRAPH,
        &format!("{scripts}('{SCRIPT}')"),
        &one(&format!("'{SCRIPT}'")),
    );
    check(
        &GRAPH,
        &format!("{scripts}(id='{SCRIPT}')/"),
        &one(&format!("'{SCRIPT}'")),
    );
    check(
        &GRAPH,
        &format!("{scripts}/O%27Ne%2Fil"),
        &one("'O''Ne%2Fil'"),
    );
    check(&GRAPH, &format!("{scripts}('O''Neil')"), &one("'O''Neil'"));
    check(&GRAPH, &format!("{scripts}/Assign"), &one("'Assign'"));
    check(&GRAPH, &format!("{scripts}/a=b"), &one("'a=b'"));
    check(&GRAPH, &format!("{scripts}/f(x)"), &one("'f(x)'"));
    check(
        &GRAPH,
        &format!("{scripts}/microsoft.graph.nothing"),
        &one("'microsoft.graph.nothing'"),
    );
    check(
        &GRAPH,
        "deviceManagement/managedDevices/d/deviceHealthScriptStates/id='a,b',policyId='p',deviceId='d'",
        "deviceManagement/managedDevices/[\"'d'\"]/deviceHealthScriptStates/[\"'d'\", \"'a,b'\", \"'p'\"] : \
         entity microsoft.graph.deviceHealthScriptPolicyState",
    );
}

#[test]
fn compound_and_typed_keys() {
    let item = "Items/[\"5\", \"'a'\"] : entity shop.Item";
    for path in [
        "Items(OrderNo=5,Line='a')",
        "Items(Line='a',OrderNo=5)",
        "Items/5/a",
        "Items/Line='a',OrderNo=5",
    ] {
        check(&SHOP, path, item);
    }
    check(
        &SHOP,
        &format!("Products({SCRIPT})"),
        &format!("Products/[\"{SCRIPT}\"] : entity shop.Product"),
    );
    check(
        &SHOP,
        &format!("Products/{SCRIPT}/Name"),
        &format!("Products/[\"{SCRIPT}\"]/Name : property Edm.String"),
    );
    check(
        &SHOP,
        "Makers(@m)?@m=-7",
        "Makers/[\"-7\"] : entity shop.Maker",
    );
}

#[test]
fn keys_that_cannot_be() {
    let scripts = "deviceManagement/deviceHealthScripts";
    fails(
        &GRAPH,
        &format!("{scripts}(abc)"),
        400,
        &["at position", "quotes"],
    );
    fails(&GRAPH, &format!("{scripts}('abc)"), 400, &["closing quote"]);
    fails(&GRAPH, &format!("{scripts}(5)"), 404, &["5", "Edm.String"]);
    fails(&GRAPH, &format!("{scripts}(null)"), 404, &["null"]);
    fails(
        &GRAPH,
        &format!("{scripts}('a','b')"),
        400,
        &["consists of id"],
    );
    fails(&GRAPH, &format!("{scripts}()"), 400, &["consists of id"]);
    fails(
        &GRAPH,
        &format!("{scripts}(ID='a')"),
        400,
        &["'ID'", "Did you mean 'id'"],
    );
    fails(&SHOP, "Makers('7')", 404, &["Edm.Int32"]);
    fails(&SHOP, "Makers/seven", 404, &["seven"]);
    fails(&SHOP, "Makers/NaN", 404, &["NaN"]);
    fails(&SHOP, "Makers/99999999999", 404, &["99999999999"]);
    fails(&SHOP, "Makers(7.0)", 404, &["7.0"]);
    fails(&SHOP, "Makers(@m)", 404, &["null"]);
    fails(&SHOP, "Products/5", 404, &["Edm.Guid"]);
    fails(&SHOP, "Items(OrderNo=5)", 400, &["OrderNo, Line"]);
    fails(&SHOP, "Items(OrderNo=5,OrderNo=6)", 400, &["twice"]);
    fails(&SHOP, "Items(5)", 400, &["OrderNo, Line"]);
    fails(&SHOP, "Items/5", 404, &["OrderNo, Line"]);
    fails(&SHOP, "Items/Line='a',OrderNo=", 400, &["at position"]);
}

#[test]
fn what_the_model_has() {
    let states = format!("deviceManagement/deviceHealthScripts/{SCRIPT}/deviceRunStates");
    let bound = format!("deviceManagement/deviceHealthScripts/[\"'{SCRIPT}'\"]/deviceRunStates");
    let state = "microsoft.graph.deviceHealthScriptDeviceState";
    check(
        &GRAPH,
        &states,
        &format!("{bound} : entities Collection({state})"),
    );
    check(
        &GRAPH,
        &format!("{states}/{SCRIPT}:d"),
        &format!("{bound}/[\"'{SCRIPT}:d'\"] : entity {state}"),
    );
    check(
        &GRAPH,
        &format!("{states}/$count"),
        &format!("{bound}/$count : count Collection({state})"),
    );
    check(
        &GRAPH,
        &format!("{states}/$ref"),
        &format!("{bound}/$ref : references Collection({state})"),
    );
    check(
        &GRAPH,
        &format!("{states}/x/$ref"),
        &format!("{bound}/[\"'x'\"]/$ref : reference {state}"),
    );
    check(
        &GRAPH,
        &format!("{states}/x/detectionState/$value"),
        &format!("{bound}/[\"'x'\"]/detectionState/$value : raw -"),
    );
    check(
        &GRAPH,
        &format!("{states}/x/managedDevice/deviceName"),
        &format!("{bound}/[\"'x'\"]/managedDevice/deviceName : property Edm.String"),
    );
    check(
        &GRAPH,
        "deviceManagement/managedDevices/d/microsoft.graph.windowsManagedDevice",
        "deviceManagement/managedDevices/[\"'d'\"]/<microsoft.graph.windowsManagedDevice> : \
         entity microsoft.graph.windowsManagedDevice",
    );
}

#[test]
fn casts_complex_values_and_streams() {
    check(
        &SHOP,
        "Products/shop.SpecialProduct",
        "Products/<shop.SpecialProduct> : entities Collection(shop.SpecialProduct)",
    );
    check(
        &SHOP,
        "Makers/1/Home/City",
        "Makers/[\"1\"]/Home/City : property Edm.String",
    );
    check(
        &SHOP,
        "Pictures/1/$value",
        "Pictures/[\"1\"]/$value : stream -",
    );
    check(
        &SHOP,
        &format!("Products/{SCRIPT}/Photo"),
        &format!("Products/[\"{SCRIPT}\"]/Photo : stream -"),
    );
    check(
        &SHOP,
        &format!("Products/{SCRIPT}/Tags/$count"),
        &format!("Products/[\"{SCRIPT}\"]/Tags/$count : count Collection(Edm.String)"),
    );
}

#[test]
fn paths_that_lead_nowhere() {
    fails(
        &GRAPH,
        "devicemanagement",
        404,
        &["Did you mean 'deviceManagement'"],
    );
    fails(&GRAPH, "nothing/at/all", 404, &["'nothing'"]);
    fails(
        &GRAPH,
        "deviceManagement/devicehealthscripts",
        404,
        &[
            "'devicehealthscripts'",
            "microsoft.graph.deviceManagement",
            "Did you mean 'deviceHealthScripts'",
        ],
    );
}

#[test]
fn segments_that_lead_nowhere() {
    let script = "deviceManagement/deviceHealthScripts/x";
    fails(
        &GRAPH,
        &format!("{script}/GetRemediationHistory"),
        404,
        &["Did you mean 'getRemediationHistory'"],
    );
    fails(
        &GRAPH,
        &format!("{script}/deviceRunStates/y/z-z"),
        404,
        &["'z-z'"],
    );
    fails(
        &GRAPH,
        &format!("{script}/displayName/x"),
        404,
        &["'x'", "Edm.String"],
    );
    fails(
        &GRAPH,
        &format!("{script}/displayName(1)"),
        400,
        &["'displayName'"],
    );
    fails(
        &GRAPH,
        &format!("{script}/$count"),
        400,
        &["$count", "one microsoft.graph.deviceHealthScript"],
    );
    fails(&GRAPH, &format!("{script}/$value"), 400, &["$value"]);
    fails(&GRAPH, &format!("{script}/$all"), 400, &["$all"]);
    fails(
        &GRAPH,
        &format!("{script}/deviceRunStates/$count/x"),
        404,
        &["'x'"],
    );
    fails(&GRAPH, "deviceManagement('x')", 400, &["takes neither"]);
    fails(&GRAPH, "$metadata/x", 404, &["$metadata"]);
    fails(&GRAPH, "$all", 400, &["$all"]);
    fails(&GRAPH, "a//b", 400, &["empty"]);
    fails(&GRAPH, "x%zz", 400, &["percent"]);
    fails(&GRAPH, &"x".repeat(16_385), 414, &["url_bytes"]);
    fails(&GRAPH, &"x/".repeat(8_000), 404, &["'x'"]);
}

#[test]
fn canonical_keys_come_back() {
    let of = GRAPH
        .find_structured("microsoft.graph.deviceHealthScriptPolicyState")
        .expect("it is in the model");
    let key = ["O'Neil/+&%", "", "é ?#"].map(Value::from);
    let predicate = encode_key_predicate(&GRAPH, of, &key);
    assert_eq!(
        predicate,
        "(deviceId='O''Neil%2F%2B%26%25',id='',policyId='%C3%A9%20%3F%23')"
    );
    let path = format!("deviceManagement/managedDevices('d')/deviceHealthScriptStates{predicate}");
    match get(&GRAPH, &path).expect("it binds").0 {
        Resource::Path(path) => assert_eq!(path.segments.last(), Some(&Segment::Key(key.to_vec()))),
        other => panic!("{other:?}"),
    }
}
