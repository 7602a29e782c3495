//! Every operation of the documents with its request example, under every service root.

use serde_json::{Value, json};

use super::documents::{self, Document};
use crate::support::{Client, FAMILIES, Request, Server, make_script, make_state, shape_of};

const ROOTS: [&str; 3] = ["beta", "v1.0", "localtest"];
const USER: &str = "3f6a1f0c-6b7d-4b0e-9f37-3a2f4f6b7c11";
const RUN_STATES: &str = "unknown, success, fail, scriptError, pending, notApplicable";
const REMEDIATION_STATES: &str =
    "unknown, skipped, success, remediationFailed, scriptError, unknownFutureValue";

#[test]
fn every_operation_answers_as_documented() {
    let server = Server::shared();
    let mut replayed = 0;
    for document in documents::all() {
        let example = document.example.clone();
        let (_, example) = split_root(&example.1)
            .map(|(root, path)| (root, (example.0, path)))
            .unwrap();
        for (method, path) in document.routes.iter().chain([&example]) {
            for root in ROOTS {
                replay(&server, &document, method, root, path);
                replayed += 1;
            }
        }
    }
    assert_eq!(replayed, (8 + 5) * ROOTS.len());
}

/// The documents' examples name a root of their own: `/beta` or `/localtest`.
fn split_root(path: &str) -> Option<(&str, String)> {
    let (root, rest) = path.strip_prefix('/')?.split_once('/')?;
    Some((root, format!("/{rest}")))
}

fn replay(client: &Client, document: &Document, method: &str, root: &str, path: &str) {
    let wanted = document.response["id"].as_str().unwrap();
    let target = format!("/{root}{}", prepare(client, path, method, wanted));
    let send = |body: &Value| client.send(&Request::new(method, &target).json(body));
    let mut request = document.request.clone();
    for (name, members) in [
        ("detectionState", RUN_STATES),
        ("remediationState", REMEDIATION_STATES),
    ] {
        if request[name] == "String" {
            let message = send(&request).expect_error(400, "BadRequest");
            assert!(
                message.contains(name) && message.contains(members),
                "{message}"
            );
            request[name] = json!("success");
        }
    }
    let answer = send(&request).expect(document.status);
    let mut expected = document.response.clone();
    for (name, value) in expected.as_object_mut().unwrap() {
        if *value == "String" {
            *value = request[name].clone();
        }
    }
    let body = answer.json();
    if method == "POST" {
        expected["id"] = body["id"].clone();
        let location = answer.header("location").unwrap();
        let local = location.strip_prefix("http://graph.test").unwrap();
        assert!(local.starts_with(&format!("/{root}/")), "{location}");
        shows(&client.get(local).expect_json(200), &expected);
    } else {
        assert_eq!(answer.header("location"), None);
        let entity = match path.ends_with("/deviceRunStates") {
            true => format!("{target}/{wanted}"),
            false => target.clone(),
        };
        shows(&client.get(&entity).expect_json(200), &expected);
    }
    shows(&body, &expected);
}

/// An entity shows all that a document prints.
fn shows(entity: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(entity[name], *value, "{name} of {entity}");
    }
}

/// Makes what a path of a document hangs on; answers the path with the keys in it.
fn prepare(client: &Client, path: &str, method: &str, state: &str) -> String {
    let family = FAMILIES
        .iter()
        .find(|family| path.contains(family.set))
        .unwrap();
    let (script, id) = make_script(client, family);
    let through_user = path.contains("userRunStates");
    if through_user {
        let user = json!({ "id": USER });
        client
            .post(&format!("{script}/userRunStates"), &user)
            .expect(201);
        let states = format!("{script}/userRunStates/{USER}/deviceRunStates");
        client.post(&states, &json!({ "id": state })).expect(201);
    } else if method == "PATCH" {
        make_state(client, &script, &json!({ "id": state }));
    }
    let keys = match through_user {
        true => vec![id.as_str(), USER, state],
        false => vec![id.as_str(), state],
    };
    let mut keys = keys.into_iter();
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => keys.next().unwrap(),
            false => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn run_states_on_the_wire() {
    let server = Server::shared();
    for document in documents::all().iter().take(3) {
        let path = &document.routes[0].1;
        let family = FAMILIES
            .iter()
            .find(|family| path.contains(family.set))
            .unwrap();
        let (script, id) = make_script(&server, family);
        let mut body = document.request.clone();
        for name in ["detectionState", "remediationState"] {
            if body[name] == "String" {
                body[name] = json!("fail");
            }
        }
        if body["remediationState"] == "fail" {
            body["remediationState"] = json!("remediationFailed");
        }
        body["id"] = document.response["id"].clone();
        let made = server
            .post(&format!("{script}/deviceRunStates"), &body)
            .expect(201);
        insta::assert_json_snapshot!(
            format!("{}_made", family.state),
            shape_of(&made, &[(&id, "script")])
        );
        let least = server
            .post(
                &format!("{script}/deviceRunStates"),
                &json!({"id": "least"}),
            )
            .expect(201);
        insta::assert_json_snapshot!(
            format!("{}_least", family.state),
            shape_of(&least, &[(&id, "script")])
        );
        let list = server
            .get(&format!("{script}/deviceRunStates?$count=true"))
            .expect(200);
        insta::assert_json_snapshot!(
            format!("{}_list", family.state),
            shape_of(&list, &[(&id, "script")])
        );
    }
}
