//! Delta links: what changed since, over HTTP.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Answer, Client, HEALTH, PLATFORM, Request, Server, make_script, make_state};

fn path(link: &Value) -> String {
    let link = link.as_str().expect("a link");
    link.strip_prefix("http://graph.test").unwrap().to_owned()
}

/// A remediation with so many run states, the URL of these, and their ids.
fn states(client: &Client, count: usize) -> (String, String, Vec<String>) {
    let (script, _) = make_script(client, &HEALTH);
    let make = |n: usize| {
        let body = json!({ "id": format!("state-{n:03}"), "detectionState": "success" });
        let made = make_state(client, &script, &body);
        made["id"].as_str().unwrap().to_owned()
    };
    let ids = (0..count).map(make).collect();
    (script.clone(), format!("{script}/deviceRunStates"), ids)
}

/// Follows next links to the end: all values, and the delta link.
fn read(client: &Client, target: &str) -> (Vec<Value>, String) {
    let (mut values, mut target) = (Vec::new(), target.to_owned());
    loop {
        let page = client.get(&target).expect_json(200);
        values.extend(page["value"].as_array().unwrap().clone());
        match page.get("@odata.nextLink") {
            Some(next) => {
                assert_eq!(page.get("@odata.deltaLink"), None);
                target = path(next);
            }
            None => return (values, path(&page["@odata.deltaLink"])),
        }
    }
}

/// What a delta says of each id: the reason of a removal, or the state.
fn said(values: &[Value]) -> BTreeMap<String, String> {
    let one = |value: &Value| {
        let reason = value["@removed"]["reason"].as_str();
        let state = value["detectionState"].as_str();
        let said = reason
            .map(|r| format!("removed: {r}"))
            .or(state.map(str::to_owned));
        (
            value["id"].as_str().unwrap().to_owned(),
            said.unwrap_or_default(),
        )
    };
    values.iter().map(one).collect()
}

fn patch(client: &Client, target: &str, state: &str) {
    client
        .patch(target, &json!({ "detectionState": state }))
        .expect(200);
}

fn tracked(client: &Client, target: &str, prefer: &str) -> Answer {
    client.send(&Request::new("GET", target).header("Prefer", prefer))
}

#[test]
fn a_delta_link_answers_what_changed_since() {
    let server = Server::shared();
    for function in [
        "delta",
        "delta()",
        "microsoft.graph.delta()",
        "microsoft.graph.delta",
    ] {
        let (_, states, ids) = states(&server, 4);
        let (all, link) = read(&server, &format!("{states}/{function}"));
        assert_eq!(all.len(), 4, "{function}");
        assert!(link.contains("$deltatoken="), "{link}");
        let (none, link) = read(&server, &link);
        assert!(none.is_empty(), "{none:?}");
        patch(&server, &format!("{states}/{}", ids[1]), "fail");
        patch(&server, &format!("{states}/{}", ids[1]), "scriptError");
        server.delete(&format!("{states}/{}", ids[2])).expect(204);
        server.post(&states, &json!({ "id": "added" })).expect(201);
        let answer = server.get(&link).expect_json(200);
        let context = answer["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("/deviceRunStates/$delta"), "{context}");
        let (changed, next) = read(&server, &link);
        let expected = [
            ("added", "unknown"),
            (ids[1].as_str(), "scriptError"),
            (ids[2].as_str(), "removed: deleted"),
        ];
        let expected = expected.map(|(id, said)| (id.to_owned(), said.to_owned()));
        assert_eq!(said(&changed), BTreeMap::from(expected), "{function}");
        let whole = server.get(&format!("{states}/{}", ids[1])).expect_json(200);
        let shown = changed
            .iter()
            .find(|row| row["id"] == ids[1].as_str())
            .unwrap();
        for (name, value) in shown.as_object().unwrap() {
            assert_eq!(whole[name], *value, "{name}");
        }
        assert!(read(&server, &next).0.is_empty());
    }
}

#[test]
fn tracking_is_a_preference_on_collections() {
    let server = Server::shared();
    let (_, states, ids) = states(&server, 3);
    for prefer in ["odata.track-changes", "track-changes"] {
        let answer = tracked(&server, &states, prefer).expect(200);
        assert_eq!(answer.header("preference-applied"), Some(prefer));
        let link = path(&answer.json()["@odata.deltaLink"]);
        patch(&server, &format!("{states}/{}", ids[0]), "fail");
        patch(&server, &format!("{states}/{}", ids[0]), "success");
        let (changed, _) = read(&server, &link);
        assert_eq!(
            said(&changed),
            BTreeMap::from([(ids[0].clone(), "success".to_owned())])
        );
        let count = server.get(&link.replace("?", "/$count?")).expect(200);
        assert_eq!(count.text(), "1");
    }
    let plain = server.get(&states).expect(200);
    assert_eq!(plain.header("preference-applied"), None);
    assert_eq!(plain.json().get("@odata.deltaLink"), None);
    // What cannot be tracked is answered without.
    for target in [
        format!("{states}?$skip=1"),
        format!("{states}?$expand=managedDevice"),
    ] {
        let answer = tracked(&server, &target, "odata.track-changes").expect(200);
        assert_eq!(answer.header("preference-applied"), None, "{target}");
        assert_eq!(answer.json().get("@odata.deltaLink"), None, "{target}");
    }
}

#[test]
fn changes_between_two_pages_are_not_missed() {
    let server = Server::shared();
    let (_, states, ids) = states(&server, 6);
    let first = tracked(&server, &states, "odata.track-changes,odata.maxpagesize=2").expect(200);
    let applied = first.header("preference-applied").unwrap();
    assert!(
        applied.contains("track-changes") && applied.contains("maxpagesize=2"),
        "{applied}"
    );
    let first = first.json();
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    let second = server
        .get(&path(&first["@odata.nextLink"]))
        .expect_json(200);
    assert_eq!(second["value"].as_array().unwrap().len(), 2);
    // A row of a page that was read, and one of a page to come.
    patch(&server, &format!("{states}/{}", ids[0]), "fail");
    patch(&server, &format!("{states}/{}", ids[5]), "fail");
    server.delete(&format!("{states}/{}", ids[1])).expect(204);
    let (rest, link) = read(&server, &path(&first["@odata.nextLink"]));
    assert_eq!(rest.len(), 4);
    let (changed, _) = read(&server, &link);
    let said = said(&changed);
    assert_eq!(said.get(&ids[0]).map(String::as_str), Some("fail"));
    assert_eq!(
        said.get(&ids[1]).map(String::as_str),
        Some("removed: deleted")
    );
    assert_eq!(said.get(&ids[5]).map(String::as_str), Some("fail"));
}

#[test]
fn a_filter_removes_what_it_does_not_find_any_more() {
    let server = Server::shared();
    let (_, states, ids) = states(&server, 3);
    let query =
        format!("{states}/delta?$filter=detectionState eq 'success'&$select=id,detectionState");
    let (all, link) = read(&server, &query);
    assert_eq!(all.len(), 3);
    patch(&server, &format!("{states}/{}", ids[0]), "fail");
    server.delete(&format!("{states}/{}", ids[1])).expect(204);
    let (changed, link) = read(&server, &link);
    let expected = [(0, "removed: changed"), (1, "removed: deleted")];
    let expected = expected.map(|(n, said): (usize, &str)| (ids[n].clone(), said.to_owned()));
    assert_eq!(said(&changed), BTreeMap::from(expected));
    patch(&server, &format!("{states}/{}", ids[0]), "success");
    let (changed, _) = read(&server, &link);
    assert_eq!(
        said(&changed),
        BTreeMap::from([(ids[0].clone(), "success".to_owned())])
    );
    let members = changed[0]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| !name.starts_with('@'));
    assert_eq!(members.count(), 2, "{changed:?}");
}

#[test]
fn a_delta_comes_in_pages_each_row_once() {
    let server = Server::shared();
    let (_, states, _) = states(&server, 1);
    let (_, link) = read(&server, &format!("{states}/delta?$top=4"));
    let ids: Vec<String> = (0..10).map(|n| format!("later-{n}")).collect();
    for id in &ids {
        server.post(&states, &json!({ "id": id })).expect(201);
    }
    let first = server
        .send(&Request::new("GET", &link).header("Prefer", "odata.maxpagesize=4"))
        .expect_json(200);
    assert_eq!(first["value"].as_array().unwrap().len(), 4);
    let next = path(&first["@odata.nextLink"]);
    let second = server.get(&next).expect_json(200);
    assert_eq!(second["value"].as_array().unwrap().len(), 4);
    let (rest, _) = read(&server, &next);
    let mut found: Vec<String> = said(first["value"].as_array().unwrap())
        .into_keys()
        .collect();
    found.extend(said(&rest).into_keys());
    assert_eq!((found, rest.len()), (ids, 6));
}

#[test]
fn the_latest_token_begins_now() {
    let server = Server::shared();
    let (_, states, ids) = states(&server, 3);
    let (none, link) = read(&server, &format!("{states}/delta?$deltatoken=latest"));
    assert!(none.is_empty());
    patch(&server, &format!("{states}/{}", ids[2]), "fail");
    let (changed, _) = read(&server, &link);
    assert_eq!(
        said(&changed).get(&ids[2]).map(String::as_str),
        Some("fail")
    );
}

#[test]
fn scripts_and_devices_are_tracked_too() {
    let server = Server::shared();
    let scripts = PLATFORM.url();
    let (_, link) = read(&server, &format!("{scripts}/delta?$deltatoken=latest"));
    let (kept, kept_id) = make_script(&server, &PLATFORM);
    let (gone, gone_id) = make_script(&server, &PLATFORM);
    let state = json!({ "id": "of-gone", "runState": "success" });
    server
        .post(&format!("{gone}/deviceRunStates"), &state)
        .expect(201);
    let (_, inner) = read(&server, &format!("{gone}/deviceRunStates/delta"));
    server.delete(&gone).expect(204);
    server
        .patch(&kept, &json!({ "displayName": "Renamed" }))
        .expect(200);
    let (changed, _) = read(&server, &link);
    let of = |id: &str| {
        changed
            .iter()
            .find(|row| row["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(of(&kept_id)["displayName"], "Renamed");
    assert_eq!(of(&gone_id)["@removed"]["reason"], "deleted");
    // With the script its collection is gone.
    server.get(&inner).expect_error(404, "ResourceNotFound");
    let devices = "/beta/deviceManagement/managedDevices";
    let (_, link) = read(&server, &format!("{devices}/delta?$deltatoken=latest"));
    let made = server
        .post(devices, &json!({ "deviceName": "new" }))
        .expect_json(201);
    let (changed, _) = read(&server, &link);
    assert!(changed.iter().any(|row| row["id"] == made["id"]));
}

#[test]
fn tokens_are_checked_and_belong_to_their_query() {
    let server = Server::shared();
    let (_, states, _) = states(&server, 3);
    let (_, other, _) = self::states(&server, 1);
    let (_, link) = read(&server, &format!("{states}/delta"));
    let token = link.split_once("$deltatoken=").unwrap().1.to_owned();
    for target in [
        format!("{other}/delta?$deltatoken={token}"),
        format!("{states}?$filter=detectionState eq 'fail'&$deltatoken={token}"),
        format!("{states}/delta?$deltatoken=made-up"),
        format!("{states}/delta?$deltatoken="),
        format!("{states}/delta?$skiptoken=a.b"),
        format!("{states}/delta?$skiptoken=.made-up"),
        format!("{states}/delta?$skip=1"),
        format!("{states}/delta?$expand=managedDevice"),
        format!("{states}/delta?$filter=managedDevice/deviceName eq 'x'"),
        format!("/beta/deviceManagement?$deltatoken={token}"),
    ] {
        server.get(&target).expect_error(400, "BadRequest");
    }
    // A position that the log does not have, or that of another timeline, as after a restore.
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap()).unwrap();
    let [query, timeline, position] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    for (timeline, position) in [
        (timeline, i64::MAX.to_string().as_str()),
        (timeline, "-1"),
        ("0", position),
    ] {
        let forged = BASE64_URL_SAFE_NO_PAD.encode(format!("{query} {timeline} {position}"));
        let gone = server.get(&format!("{states}/delta?$deltatoken={forged}"));
        let anew = gone.header("location").unwrap().to_owned();
        gone.expect_error(410, "resyncRequired");
        assert_eq!(read(&server, &path(&json!(anew))).0.len(), 3);
    }
    server
        .post(&format!("{states}/delta"), &json!({}))
        .expect(405);
}

#[test]
fn a_delta_needs_the_rights_of_its_collection() {
    let server = Server::shared();
    let (_, states, _) = states(&server, 1);
    let (_, link) = read(&server, &format!("{states}/delta"));
    let reader = server.client(&["--role", "DeviceManagementScripts.Read.All"]);
    reader.get(&link).expect(200);
    reader.get(&format!("{states}/delta")).expect(200);
    let stranger = server.client(&["--role", "DeviceManagementApps.Read.All"]);
    for target in [link.as_str(), &format!("{states}/delta")] {
        stranger.get(target).expect_error(403, "Forbidden");
        server.client_with(None).get(target).expect(401);
    }
}

#[test]
fn the_metadata_says_what_is_tracked() {
    let server = Server::shared();
    let metadata = server.get("/beta/$metadata").expect(200);
    let text = metadata.text();
    assert!(text.contains("Org.OData.Capabilities.V1.ChangeTracking"));
    assert_eq!(text.matches("<Function Name=\"delta\"").count(), 10);
}
