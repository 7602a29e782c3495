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
    let check = |json: &str, target: &str, says: &str| {
        let error = read(json).expect_err(json);
        assert_eq!(error.code.status(), 400);
        assert_eq!(
            error.target.as_deref().unwrap_or_default(),
            target,
            "{json}"
        );
        assert!(error.message.contains(says), "{json}: {}", error.message);
    };
    let body = |rest: &str| format!(r##"{{"@context": "#$delta"{rest}}}"##);
    check(r#"{"value": []}"#, "", "expected a delta payload");
    check("[]", "", "expected a delta payload");
    check(&body(""), "value", "needs this array");
    check(
        &body(r#", "value": {}"#),
        "value",
        "expected an array, found an object",
    );
    check(&body(r#", "value": [], "id": "1""#), "id", "no such member");
    check(
        &body(r#", "value": [{}, {"detectionState": "String"}]"#),
        "value/1/detectionState",
        "allowed: unknown",
    );
    check(&body(r#", "value": [null]"#), "value/0", "found null");
    check(
        &body(r#", "value": [{"@removed": true}]"#),
        "value/0/@removed",
        "found a Boolean",
    );
    check(
        &body(r#", "value": [{"@removed": {"reason": "moved"}}]"#),
        "value/0/@removed/reason",
        "'changed' or 'deleted'",
    );
    for kind in ["$link", "$deletedLink", "$deletedEntity", "$delta"] {
        let member = format!(r##", "value": [{{"@odata.context": "$metadata#states/{kind}"}}]"##);
        check(&body(&member), "value/0/@odata.context", "is not supported");
    }
}
