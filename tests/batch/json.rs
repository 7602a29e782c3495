//! Batches in JSON: forms of URLs, order, dependencies, references.

use serde_json::{Value, json};

use super::{BATCH, get, patch, post, relative, send, statuses, with};
use crate::support::{HEALTH, Request, Server, make_device, make_script, make_state};

#[test]
fn twenty_updates_in_one() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let states: Vec<String> = (0..20)
        .map(|n| {
            let device = make_device(&server, &json!({ "deviceName": format!("d{n}") }));
            let made = make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
            made["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let requests: Vec<Value> = (0..20)
        .map(|n| {
            let url = format!("{}/deviceRunStates/{}", relative(&script), states[n]);
            let state = if n % 4 == 0 { "fail" } else { "success" };
            patch(&n.to_string(), &url, &json!({ "detectionState": state }))
        })
        .collect();
    let responses = send(&server, &requests);
    assert_eq!(statuses(&responses), [200; 20]);
    for (n, response) in responses.iter().enumerate() {
        let expected = if n % 4 == 0 { "fail" } else { "success" };
        assert_eq!(response["body"]["id"], states[n].as_str());
        assert_eq!(response["body"]["detectionState"], expected);
        let read = server.get(&format!("{script}/deviceRunStates/{}", states[n]));
        assert_eq!(read.expect_json(200)["detectionState"], expected);
    }
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["issueDetectedDeviceCount"], 5);
    assert_eq!(summary["noIssueDetectedDeviceCount"], 15);
    let one_more: Vec<Value> = (0..21)
        .map(|n| get(&n.to_string(), "deviceManagement"))
        .collect();
    let refused = server.post(BATCH, &json!({ "requests": one_more }));
    let message = refused.expect_error(400, "BadRequest");
    assert!(message.contains("at most 20"), "{message}");
}

#[test]
fn urls_in_every_form() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let path = relative(&script);
    let urls = [
        path.to_owned(),
        format!("/{path}"),
        format!("/beta/{path}"),
        format!("http://graph.test/beta/{path}"),
        format!("https://elsewhere.test/beta/{path}?$select=id"),
        format!("/deviceManagement/deviceHealthScripts('{id}')"),
    ];
    for root in ["/beta", "/v1.0"] {
        let requests: Vec<Value> = urls
            .iter()
            .enumerate()
            .map(|(n, url)| with(get("x", &url.replace("/beta", root)), json!({ "id": n })))
            .collect();
        let answer = server.post(&format!("{root}/$batch"), &json!({ "requests": requests }));
        let answer = answer.expect_json(200);
        let responses = answer["responses"].as_array().unwrap();
        assert_eq!(statuses(responses), [200; 6], "{root}: {answer}");
        for (n, response) in responses.iter().enumerate() {
            assert_eq!(response["id"], n.to_string());
            assert_eq!(response["body"]["id"], id.as_str());
            let context = response["body"]["@odata.context"].as_str().unwrap();
            assert!(context.contains(&format!("{root}/$metadata")), "{context}");
        }
    }
    let filtered =
        format!("/deviceManagement/deviceHealthScripts?$filter=id eq '{id}'&$count=true");
    let responses = send(
        &server,
        &[get("1", &filtered), get("2", "http://graph.test/other/x")],
    );
    assert_eq!(statuses(&responses), [200, 400]);
    assert_eq!(responses[0]["body"]["@odata.count"], 1);
}

#[test]
fn what_is_no_json_is_a_string() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let count = format!("{}/deviceRunStates/$count", relative(&script));
    let responses = send(&server, &[get("1", &count), get("2", "$metadata")]);
    assert_eq!(responses[0]["body"], "0");
    assert_eq!(responses[0]["headers"]["content-type"], "text/plain");
    let document = responses[1]["body"].as_str().unwrap();
    assert_eq!(responses[1]["headers"]["content-type"], "application/xml");
    assert!(document.starts_with("PD94bWw"), "{}", &document[..20]);
}

#[test]
fn one_failure_leaves_the_others() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let path = relative(&script);
    let responses = send(
        &server,
        &[
            get("1", path),
            get("2", "deviceManagement/nothing"),
            patch("3", path, &json!({ "displayName": "renamed" })),
            patch("4", path, &json!({ "displayName": 4 })),
            json!({ "id": "5", "method": "delete", "url": format!("{path}x") }),
            json!({ "id": "6", "method": "POST", "url": "$batch", "body": { "requests": [] } }),
            json!({ "id": "7", "method": "DELETE", "url": "deviceManagement" }),
            get("8", path),
        ],
    );
    assert_eq!(
        statuses(&responses),
        [200, 404, 200, 400, 404, 400, 405, 200]
    );
    assert_eq!(responses[7]["body"]["displayName"], "renamed");
    assert!(
        responses[6]["headers"]["allow"]
            .as_str()
            .unwrap()
            .contains("GET")
    );
    let message = responses[5]["body"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("batch"), "{message}");
}

#[test]
fn dependants_of_failures_do_not_run() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let path = relative(&script);
    let after = |id: &str, name: &str, others: &[&str]| {
        let request = patch(id, path, &json!({ "displayName": name }));
        with(request, json!({ "dependsOn": others }))
    };
    let responses = send(
        &server,
        &[
            get("ok", path),
            get("bad", "deviceManagement/nothing"),
            after("1", "one", &["ok"]),
            after("2", "two", &["ok", "bad"]),
            after("3", "three", &["2"]),
            after("4", "four", &["1"]),
            with(after("5", "five", &["1"]), json!({ "if": "$1/$succeeded" })),
        ],
    );
    assert_eq!(statuses(&responses), [200, 404, 200, 424, 424, 200, 424]);
    let message = responses[3]["body"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("'bad'"), "{message}");
    let read = server.get(&script).expect_json(200);
    assert_eq!(read["displayName"], "four");
}

#[test]
fn references_lead_to_what_was_made() {
    let server = Server::shared();
    let device = json!({ "deviceName": "referred" });
    let script = json!({ "displayName": "by a batch", "detectionScriptContent": "ZWNobw==" });
    let state = json!({ "detectionState": "fail", "managedDevice@odata.bind": "$device" });
    let first = json!({ "dependsOn": ["script"] });
    let responses = send(
        &server,
        &[
            post("device", "deviceManagement/managedDevices", &device),
            post("script", "/deviceManagement/deviceHealthScripts", &script),
            with(
                post("state", "$script/deviceRunStates", &state),
                json!({ "dependsOn": ["script", "device"] }),
            ),
            with(
                get("all", "$script/deviceRunStates?$expand=managedDevice"),
                first.clone(),
            ),
            with(
                patch("name", "$script", &json!({ "displayName": "new" })),
                first,
            ),
            get("unknown", "$nobody/x"),
            get("later", "$last"),
            with(get("last", "$name"), json!({ "dependsOn": ["name"] })),
        ],
    );
    assert_eq!(
        statuses(&responses),
        [201, 201, 201, 200, 200, 400, 400, 200],
        "{responses:?}"
    );
    let of = |n: usize| responses[n]["body"]["value"][0].clone();
    assert_eq!(of(3)["id"], responses[2]["body"]["id"]);
    assert_eq!(of(3)["managedDevice"]["id"], responses[0]["body"]["id"]);
    assert_eq!(responses[7]["body"]["displayName"], "new");
    for response in &responses {
        assert!(!response.to_string().contains("/$script"), "{response}");
    }
    let failing = [
        get("a", "deviceManagement/deviceHealthScripts/none"),
        get("b", "$a/deviceRunStates"),
    ];
    assert_eq!(statuses(&send(&server, &failing)), [404, 424]);
}

#[test]
fn a_client_may_want_all_or_nothing_of_it() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let requests = json!({ "requests": [
        get("1", "deviceManagement/nothing"),
        patch("2", relative(&script), &json!({ "displayName": "not reached" })),
    ]});
    for (preference, answered) in [
        ("continue-on-error=false", 1),
        ("odata.continue-on-error=false", 1),
        ("continue-on-error", 2),
    ] {
        let request = Request::new("POST", BATCH).header("Prefer", preference);
        let answer = server.send(&request.json(&requests)).expect(200);
        let applied = answer.header("preference-applied").unwrap().to_owned();
        assert_eq!(applied, preference.trim_start_matches("odata."));
        assert_eq!(
            answer.json()["responses"].as_array().unwrap().len(),
            answered
        );
        let name = &server.get(&script).expect_json(200)["displayName"];
        assert_eq!(name == "not reached", answered == 2);
    }
}

#[test]
fn each_request_is_authorized_by_itself() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let reader = server.client(&["--role", "DeviceManagementScripts.Read.All"]);
    let path = relative(&script);
    let responses = send(
        &reader,
        &[
            get("1", path),
            patch("2", path, &json!({ "displayName": "forbidden" })),
            with(
                patch("3", path, &json!({ "displayName": "forbidden" })),
                json!({ "atomicityGroup": "g" }),
            ),
            get("4", "deviceManagement/managedDevices"),
        ],
    );
    assert_eq!(statuses(&responses), [200, 403, 403, 403]);
    assert_ne!(
        server.get(&script).expect_json(200)["displayName"],
        "forbidden"
    );
    let nobody = server.client_with(None);
    nobody.post(BATCH, &json!({ "requests": [] })).expect(401);
}

#[test]
fn each_answer_has_its_own_ids_and_headers() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    let path = relative(&script);
    let mine = json!({ "headers": { "client-request-id": "mine", "Prefer": "return=minimal",
        "content-type": "application/json" } });
    let responses = send(
        &server,
        &[
            get("1", path),
            with(patch("2", path, &json!({ "displayName": "x" })), mine),
            post(
                "3",
                "deviceManagement/deviceHealthScripts",
                &json!({ "displayName": "y",
                "detectionScriptContent": "ZWNobw==" }),
            ),
        ],
    );
    assert_eq!(statuses(&responses), [200, 204, 201]);
    assert_ne!(
        responses[0]["headers"]["request-id"],
        responses[1]["headers"]["request-id"]
    );
    assert_eq!(responses[1]["headers"]["client-request-id"], "mine");
    let vary = responses[0]["headers"]["vary"].as_str().unwrap();
    assert!(
        vary.contains("Prefer") && vary.contains("OData-MaxVersion"),
        "{vary}"
    );
    assert_eq!(
        responses[1]["headers"]["preference-applied"],
        "return=minimal"
    );
    let location = responses[2]["headers"]["location"].as_str().unwrap();
    let made = responses[2]["body"]["id"].as_str().unwrap();
    assert!(
        location.starts_with("http://graph.test/beta/deviceManagement") && location.contains(made)
    );
}
