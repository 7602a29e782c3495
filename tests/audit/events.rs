//! What is told of changes, and of what nothing is.

use serde_json::{Value, json};

use super::{EVENTS, auditor, events_of, modified, newest};
use crate::support::{
    HEALTH, PLATFORM, READ_WRITE, Request, Server, make_device, make_script, make_state,
};

fn types(events: &[Value]) -> Vec<&str> {
    let types = events.iter().map(|event| event["activityType"].as_str());
    types.map(Option::unwrap_or_default).collect()
}

#[test]
fn who_changed_what_from_where_and_from_what_to_what() {
    let server = Server::start();
    let token = server.issue(&["--role", READ_WRITE, "--subject", "app-1"]);
    let client = server.client_with(Some(&token));
    let correlation = "d32d40ab-0dbb-4b3c-ab04-2a5a1d1d0a3b";
    let made = Request::new("POST", &HEALTH.url())
        .header("client-request-id", correlation)
        .json(&json!({ "displayName": "One", "publisher": "me" }));
    let id = client.send(&made).expect_json(201)["id"].clone();
    let id = id.as_str().unwrap();
    let script = format!("{}/{id}", HEALTH.url());
    client
        .patch(&script, &json!({ "displayName": "Two" }))
        .expect(200);
    client.delete(&script).expect(204);

    let events = events_of(&server, id);
    let expected = ["Create", "Patch", "Delete"].map(|verb| format!("{verb} DeviceHealthScript"));
    assert_eq!(types(&events), expected);
    let [created, patched, deleted] = events.as_slice() else {
        panic!()
    };
    assert_eq!(created["correlationId"], correlation);
    assert_ne!(patched["correlationId"], correlation);
    for event in &events {
        assert_eq!(event["activityResult"], "Success");
        assert_eq!(event["category"], "DeviceConfiguration");
        let actor = &event["actor"];
        assert_eq!(actor["auditActorType"], "Application");
        assert_eq!(actor["applicationId"], "app-1");
        assert_eq!(actor["ipAddress"], "127.0.0.1");
        assert_eq!(actor["userPermissions"], json!([READ_WRITE]));
        assert_eq!(
            event["resources"][0]["auditResourceType"],
            "DeviceHealthScript"
        );
    }
    let text = |value: &str| Value::from(value);
    let null = Value::Null;
    assert_eq!(
        modified(created, "displayName"),
        Some((&null, &text("One")))
    );
    assert_eq!(
        modified(patched, "displayName"),
        Some((&text("One"), &text("Two")))
    );
    assert_eq!(modified(patched, "publisher"), None, "it stayed");
    assert_eq!(
        modified(deleted, "displayName"),
        Some((&text("Two"), &null))
    );
    let single = format!("{EVENTS}/{}", created["id"].as_str().unwrap());
    assert_eq!(
        auditor(&server).get(&single).expect_json(200)["id"],
        created["id"]
    );
}

#[test]
fn a_user_is_told_with_the_application_that_signed_it_in() {
    let server = Server::start();
    let client = server.client(&["--scope", READ_WRITE, "--subject", "alice"]);
    let (_, id) = make_script(&client, &PLATFORM);
    let actor = &events_of(&server, &id)[0]["actor"];
    assert_eq!(actor["auditActorType"], "ItPro");
    assert_eq!(actor["userId"], "alice");
}

#[test]
fn what_fails_and_what_changes_nothing_leaves_no_event() {
    let server = Server::start();
    let (script, _) = make_script(&server, &HEALTH);
    let before = newest(&server).len();
    server.patch(&script, &json!({ "nope": 1 })).expect(400);
    server
        .patch(&format!("{script}x"), &json!({ "displayName": "x" }))
        .expect(404);
    let stale = Request::new("PATCH", &script)
        .header("If-Match", "W/\"none\"")
        .json(&json!({ "displayName": "never" }));
    server.send(&stale).expect(412);
    let name = server.get(&script).expect_json(200)["displayName"].clone();
    server
        .patch(&script, &json!({ "displayName": name }))
        .expect(200);
    auditor(&server)
        .patch(&script, &json!({ "displayName": "no" }))
        .expect(403);
    assert_eq!(newest(&server).len(), before);
}

#[test]
fn a_run_report_leaves_no_event_and_the_removal_of_a_state_does() {
    let server = Server::start();
    let device = make_device(&server, &json!({ "deviceName": "d" }));
    let (script, id) = make_script(&server, &HEALTH);
    let before = newest(&server).len();
    let state = make_state(&server, &script, &json!({ "id": format!("{id}:{device}") }));
    let state = format!("{script}/deviceRunStates/{}", state["id"].as_str().unwrap());
    let run =
        json!({ "detectionState": "fail", "lastStateUpdateDateTime": "2026-01-02T03:04:05Z" });
    server.patch(&state, &run).expect(200);
    assert_eq!(newest(&server).len(), before);
    server.delete(&state).expect(204);
    let events = newest(&server);
    assert_eq!(events.len(), before + 1);
    assert_eq!(
        events[0]["activityType"],
        "Delete DeviceHealthScriptDeviceState"
    );
    assert_eq!(events[0]["resources"][0]["modifiedProperties"], json!([]));
}

#[test]
fn counters_that_a_client_sets_are_told() {
    let server = Server::start();
    let (_, id) = make_script(&server, &HEALTH);
    let summary = format!("{}/{id}/runSummary", HEALTH.url());
    server
        .patch(&summary, &json!({ "noIssueDetectedDeviceCount": 5 }))
        .expect(200);
    let events = events_of(&server, &id);
    let event = events.last().unwrap();
    assert_eq!(event["activityType"], "Patch DeviceHealthScriptRunSummary");
    let adjusted = modified(event, "noIssueDetectedDeviceCountAdjustment");
    assert_eq!(adjusted, Some((&json!("0"), &json!("5"))));
}

#[test]
fn an_assign_tells_what_came_and_what_went() {
    let server = Server::start();
    let (_, id) = make_script(&server, &HEALTH);
    let assign = |groups: &[&str]| {
        let target = |group: &&str| {
            json!({ "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group } })
        };
        let given: Vec<_> = groups.iter().map(target).collect();
        let body = json!({ "deviceHealthScriptAssignments": given });
        server
            .post(&format!("{}/{id}/assign", HEALTH.url()), &body)
            .expect(200);
    };
    let before = newest(&server).len();
    assign(&["g1", "g2"]);
    assign(&["g2", "g1"]);
    assert_eq!(
        newest(&server).len(),
        before + 1,
        "the same set again is no change"
    );
    assign(&["g2", "g3"]);
    let events = newest(&server);
    assert_eq!(events.len(), before + 2);
    assert_eq!(
        events[0]["activityType"],
        "assign DeviceHealthScriptAssignment"
    );
    assert_eq!(events[0]["activityOperationType"], "Action");
    let mut ids: Vec<_> = events[0]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["resourceId"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [format!("{id}:g1"), format!("{id}:g3")]);
}

#[test]
fn actions_on_devices_are_told_and_their_check_ins_are_not() {
    let server = Server::start();
    let device = make_device(&server, &json!({ "deviceName": "d" }));
    let privileged = [
        "--role",
        "DeviceManagementManagedDevices.PrivilegedOperations.All",
    ];
    let url = format!("/beta/deviceManagement/managedDevices/{device}");
    server
        .client(&privileged)
        .post(&format!("{url}/syncDevice"), &json!({}))
        .expect(204);
    let events = events_of(&server, &device);
    assert_eq!(
        types(&events),
        ["Create ManagedDevice", "syncDevice ManagedDevice"]
    );
    server
        .get(&format!("{url}/runstate.dueScripts()"))
        .expect(200);
    assert_eq!(events_of(&server, &device).len(), 2);
}

#[test]
fn a_group_of_a_batch_that_is_undone_leaves_nothing() {
    let server = Server::start();
    let (_, id) = make_script(&server, &HEALTH);
    let before = newest(&server).len();
    let batch = |second: Value| {
        json!({ "requests": [
        { "id": "1", "atomicityGroup": "g", "method": "PATCH",
          "url": format!("/deviceManagement/deviceHealthScripts/{id}"),
          "headers": { "content-type": "application/json" }, "body": { "displayName": "In a group" } },
        { "id": "2", "atomicityGroup": "g", "method": "PATCH",
          "url": format!("/deviceManagement/deviceHealthScripts/{id}"),
          "headers": { "content-type": "application/json" }, "body": second } ] })
    };
    server
        .post("/beta/$batch", &batch(json!({ "nope": 1 })))
        .expect(200);
    assert_eq!(newest(&server).len(), before);
    server
        .post("/beta/$batch", &batch(json!({ "publisher": "both" })))
        .expect(200);
    assert_eq!(newest(&server).len(), before + 2);
    server.runstate(&["audit", "verify"]);
}

#[test]
fn the_audit_is_read_only_and_queried_as_any_collection() {
    let server = Server::start();
    for _ in 0..3 {
        make_script(&server, &HEALTH);
    }
    make_device(&server, &json!({ "deviceName": "d" }));
    let client = auditor(&server);
    server.get(EVENTS).expect(403);
    let all = server.client(&["--role", "DeviceManagementApps.ReadWrite.All"]);
    let first = all.get(EVENTS).values()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (method, target) in [
        ("POST", EVENTS.to_owned()),
        ("PATCH", format!("{EVENTS}/{first}")),
        ("DELETE", format!("{EVENTS}/{first}")),
    ] {
        let answer = all.send(&Request::new(method, &target).json(&json!({ "category": "x" })));
        assert!([403, 405].contains(&answer.status), "{}", answer.text());
    }
    let of = |query: &str| client.get(&format!("{EVENTS}?{query}"));
    let filter = "$filter=category%20eq%20'Device'";
    assert_eq!(of(filter).values().len(), 1);
    assert_eq!(
        of(&format!("{filter}&$count=true")).expect_json(200)["@odata.count"],
        1
    );
    let actor = "$filter=actor/auditActorType%20eq%20'Application'&$top=2";
    let page = of(actor).expect_json(200);
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    assert!(page["@odata.nextLink"].is_string());
    let by_type = of("$apply=groupby((activityType),aggregate($count%20as%20n))").values();
    let scripts = by_type
        .iter()
        .find(|row| row["activityType"] == "Create DeviceHealthScript");
    assert_eq!(scripts.unwrap()["n"], 3);
    client.get(&format!("{EVENTS}/nobody:1")).expect(404);
    client
        .get(&format!("{EVENTS}/{}", first.replace(':', ":0")))
        .expect(404);
}

#[test]
fn the_functions_say_what_there_is() {
    let server = Server::shared();
    let client = auditor(&server);
    let of = |function: &str| {
        let answer = client.get(&format!("{EVENTS}/{function}")).expect_json(200);
        answer["value"].as_array().unwrap().clone()
    };
    let categories = of("getAuditCategories()");
    assert!(categories.contains(&json!("Compliance")) && categories.contains(&json!("Device")));
    let compliance = of("getAuditActivityTypes(category='Compliance')");
    let verbs = ["Create", "Delete", "Patch", "assign", "recount"];
    let expected = verbs.map(|verb| json!(format!("{verb} DeviceComplianceScript")));
    assert_eq!(compliance, expected);
    let message = client
        .get(&format!("{EVENTS}/getAuditActivityTypes(category='None')"))
        .expect_error(400, "BadRequest");
    assert!(message.contains("Compliance"), "{message}");
}
