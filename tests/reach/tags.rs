//! What administrators do who are confined to role scope tags.

use serde_json::{Value, json};

use super::world::{DEVICES, MARKER, administrator, make_script, make_side, tagged_client};
use crate::support::{FAMILIES, HEALTH, Request, Server};

#[test]
fn a_script_is_seen_with_one_of_its_tags() {
    let server = Server::start();
    let admin = administrator(&server);
    for family in &FAMILIES {
        let make = |tags: &[&str]| make_script(&admin, family, "x", tags);
        let (none, zero) = (make(&[]), make(&["0"]));
        let (one, two, both) = (make(&["1"]), make(&["2"]), make(&["1", "2"]));
        for (tags, expected) in [
            (vec!["1"], vec![&one, &both]),
            (vec!["2"], vec![&two, &both]),
            (vec!["1", "2"], vec![&one, &two, &both]),
            (vec!["0"], vec![&none, &zero]),
            (vec!["3"], vec![]),
            (vec!["10", "1\"2", "']"], vec![]),
        ] {
            let client = tagged_client(&server, &tags);
            let mut seen = client.get(&family.url()).ids();
            seen.sort();
            let mut expected: Vec<&str> = expected.into_iter().map(String::as_str).collect();
            expected.sort_unstable();
            assert_eq!(seen, expected, "{} {tags:?}", family.set);
            for id in [&none, &zero, &one, &two, &both] {
                let status = client.get(&format!("{}/{id}", family.url())).status;
                let is_seen = expected.contains(&id.as_str());
                assert_eq!(status, if is_seen { 200 } else { 404 }, "{tags:?}");
            }
        }
    }
}

#[test]
fn tags_are_given_and_taken_by_who_has_them() {
    let server = Server::shared();
    let client = tagged_client(&server, &["1", "2"]);
    for family in &FAMILIES {
        let tags_of = |id: &str| {
            let shown = client
                .get(&format!("{}/{id}", family.url()))
                .expect_json(200);
            shown["roleScopeTagIds"].clone()
        };
        let bare = client
            .post(&family.url(), &json!({ "displayName": "x" }))
            .expect_json(201);
        assert_eq!(tags_of(bare["id"].as_str().unwrap()), json!(["1", "2"]));
        for tags in [json!(["3"]), json!(["1", "3"]), json!(["0"])] {
            let body = json!({ "displayName": "x", "roleScopeTagIds": tags });
            let said = client
                .post(&family.url(), &body)
                .expect_error(403, "Forbidden");
            assert!(said.contains("roleScopeTagIds"), "{said}");
        }
        let id = make_script(&client, family, "x", &["1"]);
        let url = format!("{}/{id}", family.url());
        let set = |tags: Value| client.patch(&url, &json!({ "roleScopeTagIds": tags }));
        set(json!(["1", "2"])).expect(200);
        set(json!(["2"])).expect(200);
        for tags in [
            json!([]),
            json!(["3"]),
            json!(["2", "3"]),
            json!(["0"]),
            json!(null),
        ] {
            let answer = set(tags.clone());
            let error = &answer.clone().expect_json(403)["error"];
            assert_eq!(error["target"], "roleScopeTagIds", "{tags}");
        }
        assert_eq!(tags_of(&id), json!(["2"]));
        client
            .patch(&url, &json!({ "displayName": "y" }))
            .expect(200);
        client.delete(&url).expect(204);
    }
}

/// Tags of others stay with a script whatever is done to it.
#[test]
fn tags_of_others_stay() {
    let server = Server::shared();
    let admin = administrator(&server);
    let id = make_script(&admin, &HEALTH, "x", &["1", "9"]);
    let url = format!("{}/{id}", HEALTH.url());
    let client = tagged_client(&server, &["1", "2"]);
    client
        .patch(&url, &json!({ "roleScopeTagIds": ["1"] }))
        .expect(403);
    client
        .patch(&url, &json!({ "roleScopeTagIds": ["9", "2"] }))
        .expect(200);
    client
        .patch(&url, &json!({ "roleScopeTagIds": ["9"] }))
        .expect(403);
}

#[test]
fn what_hangs_on_a_script_is_written_with_it() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &["1"]);
    let b = make_side(&admin, "b", MARKER, &["2"]);
    let client = tagged_client(&server, &["1"]);
    for family in &FAMILIES {
        let url = a.url(family);
        let states = format!("{url}/deviceRunStates");
        client
            .post(&states, &json!({ "id": "one", family.property: "fail" }))
            .expect(201);
        client
            .patch(
                &format!("{states}/one"),
                &json!({ family.property: "success" }),
            )
            .expect(200);
        client.get(&format!("{url}/runSummary")).expect(200);
        client.delete(&format!("{states}/one")).expect(204);
        let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
        client
            .post(&format!("{url}/assignments"), &json!({ "target": target }))
            .expect(201);
        client
            .post(&format!("{url}/assign"), &json!({ family.assign.0: [] }))
            .expect(200);
        assert_eq!(client.get(&format!("{url}/assignments")).values().len(), 0);
        client.get(&b.url(family)).expect(404);
    }
    // All at once, and in one change of a collection: what is not seen is not there.
    let members = json!([{ "id": a.script(&HEALTH), "displayName": "y" }, { "id": b.script(&HEALTH), "displayName": "y" }]);
    let delta = Request::new("PATCH", &HEALTH.url())
        .json(&json!({ "@odata.context": "#$delta", "value": members }));
    client.send(&delta);
    let each = Request::new("PATCH", &format!("{}/$each", HEALTH.url()))
        .json(&json!({ "description": "each" }));
    client.send(&each);
    let delete = Request::new("DELETE", &format!("{}/$filter(true)/$each", HEALTH.url()));
    client.send(&delete);
    let other = admin.get(&b.url(&HEALTH)).expect_json(200);
    assert_eq!(other["description"], format!("{MARKER} description"));
    client.delete(&a.url(&FAMILIES[2])).expect(204);
    for operation in [
        format!("{}/enableGlobalScripts", HEALTH.url()),
        format!("{}/runstate.recount", a.url(&HEALTH)),
    ] {
        client.post(&operation, &json!({})).expect(403);
    }
}

/// Changes are told of what has no tags; of what has, whose the rows were that are gone is not known.
#[test]
fn changes_are_told_of_what_is_reached_whole() {
    let server = Server::start();
    let admin = administrator(&server);
    let a = make_side(&admin, "a", "own", &["1"]);
    let client = tagged_client(&server, &["1"]);
    let first = client.get(&format!("{DEVICES}/delta()")).expect_json(200);
    let link = first["@odata.deltaLink"].as_str().expect("a delta link");
    let link = link.split_once("/beta").expect("a service root").1;
    admin.delete(&format!("{DEVICES}/{}", a.device)).expect(204);
    let gone = client.get(&format!("/beta{link}")).values();
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert_eq!(gone[0]["id"], a.device);
    assert_eq!(gone[0]["@removed"]["reason"], "deleted");
    let script = a.url(&HEALTH);
    for collection in [HEALTH.url(), format!("{script}/deviceRunStates")] {
        let said = client.get(&format!("{collection}/delta()"));
        let said = said.expect_error(403, "Forbidden");
        assert!(said.contains("not told"), "{said}");
        let track = Request::new("GET", &collection).header("Prefer", "track-changes");
        client.send(&track).expect_error(403, "Forbidden");
        let latest = format!("{collection}?$deltatoken=latest");
        client.get(&latest).expect_error(403, "Forbidden");
        let count = format!("{collection}/$count?$deltatoken=latest");
        client.get(&count).expect_error(403, "Forbidden");
    }
}
