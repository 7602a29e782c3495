use edm::Value;

use super::super::{parse, sample};
use super::*;

const STATE: &str = "deviceHealthScriptDeviceState";

fn items(json: &str, keep: bool) -> Result<Vec<DeltaItem>, Error> {
    let model = sample::graph();
    let node = parse(json.as_bytes()).expect("the case is JSON");
    read_delta(model, sample::structured(model, STATE), node, keep)
}

fn read(json: &str) -> Result<Vec<EntityPayload>, Error> {
    let items = items(json, false)?.into_iter();
    let entities = items.map(|item| match item {
        DeltaItem::Entity(entity) => entity,
        other => panic!("no entity: {other:?}"),
    });
    Ok(entities.collect())
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
        [None, Some(Removal::Deleted), Some(Removal::Changed)]
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
        {"@context": "$metadata#states/$link"} => value/1/target: needs it
        {"@context": "#states/$link", "target": "a"} => value/1/source: needs it
        {"@context": "#states/$deletedLink", "source": "a"} => value/1/relationship: needs it
        {"@context": "#states/$link", "id": "a"} => value/1/id: no such member
        {"@context": "#states/$deletedEntity"} => value/1/id: needs it
        {"@context": "#$deletedEntity", "id": "a", "reason": "x"} => value/1/reason: 'changed'
        {"@odata.context": "#$delta"} => value/1/@odata.context: not allowed here
    "##;
    for case in sample::refusals(table) {
        let body = format!(
            r##"{{"@context": "#$delta", "value": [{{}}, {}]}}"##,
            case.0
        );
        sample::assert_refused(&read(&body).expect_err(&body), case);
    }
}

#[test]
fn links_and_the_old_form_of_deleted_entities_are_understood() {
    let json = r##"{"@context": "#$delta", "value": [
        {"@context": "#states/$link", "source": "s/1", "relationship": "r", "target": "t/1"},
        {"@context": "#states/$deletedLink", "source": "s/1", "relationship": "r", "@Core.ContentID": "7"},
        {"@context": "#states/$deletedEntity", "id": "s/2", "reason": "deleted"},
        {"@context": "#states/$deletedEntity", "@removed": {}, "id": "3"}]}"##;
    let items = items(json, false).expect("the case is legal");
    let link = |added, target: Option<&str>, content_id: Option<&str>| DeltaLink {
        added,
        source: "s/1".to_owned(),
        relationship: "r".to_owned(),
        target: target.map(str::to_owned),
        content_id: content_id.map(str::to_owned),
    };
    let found = |at: usize| match &items[at] {
        DeltaItem::Link(link) => link.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(found(0), link(true, Some("t/1"), None));
    assert_eq!(found(1), link(false, None, Some("7")));
    match &items[2] {
        DeltaItem::Entity(entity) => {
            assert_eq!(entity.id.as_deref(), Some("s/2"));
            assert_eq!(entity.removed, Some(Removal::Deleted));
        }
        other => panic!("{other:?}"),
    }
    match &items[3] {
        DeltaItem::Entity(entity) => assert_eq!(entity.values, [(0, Value::from("3"))]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_understood_is_kept_if_that_is_asked_for() {
    let json = r##"{"@context": "#$delta", "value": [
        {"id": "1", "@Core.ContentID": "a", "detectionState": "never"}, {"id": "2"}, 5]}"##;
    assert!(items(json, false).is_err());
    let items = items(json, true).expect("a delta");
    match &items[0] {
        DeltaItem::Faulty(named, error) => {
            assert_eq!(named.values, [(0, Value::from("1"))]);
            assert_eq!(named.content_id.as_deref(), Some("a"));
            assert_eq!(error.target.as_deref(), Some("value/0/detectionState"));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(items[1], DeltaItem::Entity(_)));
    assert!(matches!(items[2], DeltaItem::Faulty(..)));
}
