//! The operations of the official SDK, row by row: each answers its documented success code.

use serde_json::{Value, json};

use crate::support::{
    Answer, Client, FAMILIES, Family, HEALTH, READ_WRITE, Request, Server, make_device,
    make_script, make_state,
};

const TABLE: &str = include_str!("data/operations.tsv");

/// One row of the table.
pub(crate) struct Operation<'t> {
    pub(crate) method: &'t str,
    pub(crate) path: &'t str,
    /// Where the SDK's documents name none, what the method answers.
    success: u16,
}

/// The rows.
pub(crate) fn operations() -> Vec<Operation<'static>> {
    let rows = TABLE.lines().skip(1).filter(|line| !line.is_empty());
    rows.map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let success = match (columns[4], columns[0]) {
            ("", "DELETE") => 204,
            ("", "POST") => 201,
            ("", _) if columns[3] == "-" => 204,
            ("", _) => 200,
            (code, _) => code.parse().expect("a status"),
        };
        Operation {
            method: columns[0],
            path: columns[1],
            success,
        }
    })
    .collect()
}

#[test]
fn every_row_answers_its_documented_code() {
    // On its own: a row removes what all others of its kind made.
    let server = Server::start();
    let client = privileged(&server);
    let all = operations();
    let mut wrong = Vec::new();
    for operation in &all {
        let answer = carry_out(&client, operation);
        if answer.status != operation.success {
            let Operation {
                method,
                path,
                success,
            } = operation;
            wrong.push(format!(
                "{method} {path} is not {success}: {}",
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(all.len(), 208);
}

/// A client that may do all that the table has.
fn privileged(server: &Server) -> Client {
    let actions = "DeviceManagementManagedDevices.PrivilegedOperations.All";
    server.client(&["--role", READ_WRITE, "--role", actions])
}

/// Carries out a row on things of its own, so that a DELETE hurts no other row.
fn carry_out(client: &Client, operation: &Operation<'_>) -> Answer {
    let family = FAMILIES
        .iter()
        .find(|family| operation.path.contains(&format!("/{}", family.set)));
    let keys = family.map_or_else(
        || match operation.path.contains("/exportJobs") {
            true => vec![make_job(client)],
            false => vec![make_device(client, &json!({}))],
        },
        |family| keys(client, family, operation.path),
    );
    let device = keys.first().cloned().unwrap_or_default();
    let mut policy = String::new();
    if operation.path.contains("/deviceCategory") {
        refer_to_category(client, &device);
    } else if operation.path.contains("/deviceHealthScriptStates/") {
        let (script, id) = make_script(client, &HEALTH);
        make_state(client, &script, &json!({ "id": format!("{id}:{device}") }));
        policy = id;
    }
    let mut keys = keys.into_iter();
    let mut target = "/beta".to_owned();
    for segment in operation.path.split('/').skip(1) {
        target.push('/');
        if segment.starts_with("id='") {
            let id = format!("{policy}:{device}");
            let keys = format!("id='{id}',policyId='{policy}',deviceId='{device}'");
            target.push_str(&keys);
            continue;
        }
        match segment.starts_with('{') {
            true => target.push_str(&keys.next().expect("a key")),
            false => target.push_str(segment),
        }
    }
    let request = Request::new(operation.method, &target);
    match operation.method {
        "GET" | "DELETE" => client.send(&request),
        _ => client.send(&request.json(&body(client, operation.path, family))),
    }
}

/// Makes an export job; answers its id.
pub(crate) fn make_job(client: &Client) -> String {
    let jobs = "/beta/deviceManagement/reports/exportJobs";
    let made = client.post(jobs, &job()).expect_json(201);
    made["id"].as_str().expect("an id").to_owned()
}

fn job() -> Value {
    json!({ "reportName": "PolicyRunStatesByProactiveRemediation", "select": ["DeviceId"] })
}

/// Gives a device a category of its own.
fn refer_to_category(client: &Client, device: &str) {
    let reference = json!({ "@odata.id": category(client) });
    let url = format!("/beta/deviceManagement/managedDevices/{device}/deviceCategory/$ref");
    client
        .send(&Request::new("PUT", &url).json(&reference))
        .expect(204);
}

/// Makes a category; answers its URL.
fn category(client: &Client) -> String {
    let made = client.post(
        "/beta/deviceManagement/deviceCategories",
        &json!({ "displayName": "A category" }),
    );
    let id = made.expect_json(201)["id"].clone();
    let id = id.as_str().expect("an id");
    format!("deviceManagement/deviceCategories/{id}")
}

/// Makes what a path's keys name.
fn keys(client: &Client, family: &Family, path: &str) -> Vec<String> {
    let (script, id) = make_script(client, family);
    let target = json!({ "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget" });
    let assigned = client
        .post(
            &format!("{script}/assignments"),
            &json!({ "target": target }),
        )
        .expect_json(201);
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let mut keys = vec![id.clone()];
    if path.contains("/userRunStates") {
        client
            .post(&format!("{script}/userRunStates"), &json!({ "id": "ada" }))
            .expect(201);
        let device = make_device(client, &json!({ "userId": "ada" }));
        let state = make_state(client, &script, &json!({ "id": format!("{id}:{device}") }));
        keys.extend(["ada".to_owned(), text(&state["id"])]);
    } else if path.contains("/groupAssignments") {
        let made = client.post(
            &format!("{script}/groupAssignments"),
            &json!({ "targetGroupId": "g" }),
        );
        keys.push(text(&made.expect_json(201)["id"]));
    } else if path.contains("/assignments") {
        keys.push(text(&assigned["id"]));
    } else {
        let device = make_device(client, &json!({}));
        let state = make_state(client, &script, &json!({ "id": format!("{id}:{device}") }));
        keys.push(text(&state["id"]));
    }
    keys
}

/// The least body of a row.
pub(crate) fn body(client: &Client, path: &str, family: Option<&Family>) -> Value {
    let last = path.rsplit('/').next().unwrap_or_default();
    match (last, family) {
        ("assign", Some(family)) => json!({ family.assign.0: [] }),
        ("assignments", _) => {
            json!({ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } })
        }
        ("groupAssignments", _) => json!({ "targetGroupId": "h" }),
        ("initiateOnDemandProactiveRemediation", _) => {
            json!({ "scriptPolicyId": make_script(client, &HEALTH).1 })
        }
        ("$ref", None) => json!({ "@odata.id": category(client) }),
        ("deviceHealthScriptStates", _) => json!({ "policyId": make_script(client, &HEALTH).1 }),
        ("exportJobs", _) => job(),
        ("hasPayloadLinks", _) => json!({ "payloadIds": [] }),
        ("executeAction", _) => json!({ "actionName": "syncDevice", "deviceIds": [] }),
        ("updateGlobalScript", _) => json!({ "version": "1" }),
        (set, Some(family)) if set == family.set => json!({ "displayName": "A script" }),
        _ => json!({}),
    }
}
