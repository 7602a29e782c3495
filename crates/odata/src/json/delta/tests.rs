use edm::Value;

use super::super::{parse, sample};
use super::*;

const STATE: &str = "deviceHealthScriptDeviceState";

fn read(json: &str) -> Result<Vec<EntityPayload>, Error> {
    let model = sample::graph();
    let node = parse(json.as_bytes()).expect("the case is JSON");
    read_delta(model, sample::structured(model, STATE), node)
}

#[test]
fn a_delta_is_known_by_its_context() {
    let check = |json: &str, expected: bool| {
        assert_eq!(
            is_delta(&parse(json.as_bytes()).expect("the case is JSON")),
            expected,
            "{json}"
        );
    };
    check(r##"{"@odata.context": "#$delta"}"##, true);
    check(r##"{"value": [], "@context": "#$delta"}"##, true);
    check(
        r##"{"@context": "http://h/beta/$metadata#states/$delta"}"##,
        true,
    );
    check(r##"{"@context": "http://h/beta/$metadata#states"}"##, false);
    check(r##"{"@context": "$delta"}"##, false);
    check(r##"{"@context": 5}"##, false);
    check(r##"{"context": "#$delta"}"##, false);
    check("[]", false);
    check("null", false);
}

#[test]
fn members_are_read_in_order_with_what_is_removed() {
    let json = r##"{"@odata.context": "#$delta", "@odata.count": 3, "value": [
        {"id": "1", "detectionState": "fail"},
        {"@removed": {"reason": "deleted"}, "id": "2"},
        {"@odata.removed": {}, "@id": "states/3"}]}"##;
    let members = read(json).expect("the case is legal");
    assert_eq!(members.len(), 3);
    assert_eq!(members[0].values[0], (0, Value::from("1")));
    assert_eq!(
        members.iter().map(|m| m.removed).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(members[2].id.as_deref(), Some("states/3"));
    assert!(read(r##"{"value": [], "@context": "#$delta"}"##).is_ok_and(|all| all.is_empty()));
}

#[test]
fn what_is_no_delta_is_refused() {
    let table = r##"
        {"value": []} => -: expected a delta payload
        [] => -: expected a delta payload
        {"@context": "#$delta"} => value: needs this array
        {"@context": "#$delta", "value": {}} => value: expected an array, found an object
        {"@context": "#$delta", "value": [], "id": "1"} => id: no such member
        {"@context": "#$delta", "value": [null]} => value/0: found null
    "##;
    for case in sample::refusals(table) {
        sample::assert_refused(&read(case.0).expect_err(case.0), case);
    }
}

#[test]
fn wrong_members_are_named_by_their_position() {
    let table = r##"
        {"detectionState": "String"} => value/1/detectionState: allowed: unknown
        {"@removed": true} => value/1/@removed: found a Boolean
        {"@removed": {"reason": "moved"}} => value/1/@removed/reason: 'changed' or 'deleted'
        {"@context": "$metadata#states/$link"} => value/1/@context: is not supported
        {"@context": "$metadata#states/$deletedLink"} => value/1/@context: is not supported
        {"@context": "$metadata#states/$deletedEntity"} => value/1/@context: is not supported
        {"@odata.context": "#$delta"} => value/1/@odata.context: is not supported
    "##;
    for case in sample::refusals(table) {
        let body = format!(
            r##"{{"@context": "#$delta", "value": [{{}}, {}]}}"##,
            case.0
        );
        sample::assert_refused(&read(&body).expect_err(&body), case);
    }
}
