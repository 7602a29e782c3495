//! What administrators do on the host, what devices do to get in, and what two persons do together.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{events_of, modified, newest};
use crate::access::authority::register;
use crate::devices::holder::{Holder, Key, enrollment_token};
use crate::support::{HEALTH, READ_WRITE, Request, Server};

/// The newest event, which must be of this type and by this command on the host.
#[track_caller]
fn expect_command(server: &Server, activity: &str, command: &str) -> Value {
    let event = newest(server).swap_remove(0);
    assert_eq!(event["activityType"], activity);
    assert_eq!(event["actor"]["auditActorType"], "ItPro");
    let by = event["actor"]["applicationDisplayName"].as_str();
    assert_eq!(by, Some(command), "{activity}");
    event
}

/// The types of what an event tells of.
fn resources(event: &Value) -> Vec<&str> {
    let resources = event["resources"].as_array().unwrap().iter();
    let mut types: Vec<&str> = resources
        .map(|resource| resource["auditResourceType"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    types
}

#[test]
fn what_becomes_of_applications() {
    let server = Server::start();
    let app = register(&server, &[]);
    let made = expect_command(&server, "Create Application", "runstate app create");
    assert_eq!(resources(&made), ["Application", "ApplicationCredential"]);
    assert_eq!(
        modified(&made, "roles").unwrap().1,
        &json!(format!("[\"{READ_WRITE}\"]"))
    );
    server.runstate(&["app", "rotate", &app.id]);
    let rotated = newest(&server).swap_remove(0);
    assert_eq!(
        rotated["actor"]["applicationDisplayName"],
        "runstate app rotate"
    );
    assert!(resources(&rotated).contains(&"ApplicationCredential"));
    for (command, activity) in [
        ("disable", "Patch Application"),
        ("enable", "Patch Application"),
        ("delete", "Delete Application"),
    ] {
        server.runstate(&["app", command, &app.id]);
        let events = events_of(&server, &app.id);
        let last = events.last().unwrap();
        assert_eq!(last["activityType"], activity, "{command}");
        assert_eq!(
            last["actor"]["applicationDisplayName"],
            format!("runstate app {command}")
        );
    }
    // The secret is nowhere, and neither is its hash, by which it could be looked for.
    let everything = server.runstate(&["audit", "export"]);
    assert!(everything.contains(&app.id) && !everything.contains(&app.secret));
    server.runstate(&["audit", "verify"]);
}

#[test]
fn what_becomes_of_signing_keys() {
    let server = Server::start();
    let next = server.runstate(&["key", "rotate", "--now"]);
    let made = expect_command(&server, "Create SigningKey", "runstate key rotate");
    assert_eq!(modified(&made, "keyId").unwrap().1, next.trim_end());
    server.runstate(&["key", "retire", next.trim_end(), "--now"]);
    let retired = newest(&server).swap_remove(0);
    assert_eq!(
        retired["actor"]["applicationDisplayName"],
        "runstate key retire"
    );
    assert_eq!(resources(&retired), ["SigningKey", "SigningKey"]);
    let everything = server.runstate(&["audit", "export"]);
    assert!(!everything.contains("\"secret\""), "{everything}");
}

#[test]
fn how_devices_come_and_go() {
    let server = Server::start();
    let token = enrollment_token(&server, &["--approval"]);
    let id = token.split('_').nth(2).unwrap();
    expect_command(
        &server,
        "Create EnrollmentToken",
        "runstate enrollment-token create",
    );
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    let enrolled = newest(&server).swap_remove(0);
    assert_eq!(
        resources(&enrolled),
        ["DeviceKey", "EnrollmentToken", "ManagedDevice"]
    );
    let actor = &enrolled["actor"];
    assert_eq!(actor["auditActorType"], "Device");
    assert_eq!(actor["ipAddress"], "127.0.0.1");
    let by = actor["applicationDisplayName"].as_str().unwrap();
    assert_eq!(by, format!("enrollment token {id}"));
    for command in ["approve", "revoke"] {
        if command == "revoke" {
            // Tokens are none of it.
            let before = newest(&server).len();
            holder.token(&server);
            holder.token(&server);
            assert_eq!(newest(&server).len(), before);
        }
        server.runstate(&["device", command, &holder.id]);
        let event = newest(&server).swap_remove(0);
        let by = event["actor"]["applicationDisplayName"].as_str().unwrap();
        assert_eq!(by, format!("runstate device {command}"));
        assert!(resources(&event).contains(&"ManagedDevice"), "{event}");
    }
    let secret = token.rsplit_once('_').unwrap().1;
    assert!(!server.runstate(&["audit", "export"]).contains(secret));
}

#[test]
fn who_stops_dispatch() {
    let server = Server::start();
    let client = server.client(&["--role", READ_WRITE, "--subject", "guard"]);
    let url = |action: &str| format!("/beta/deviceManagement/runstate.{action}Dispatch");
    client
        .post(&url("stop"), &json!({ "reason": "a bad script" }))
        .expect(204);
    client.post(&url("resume"), &json!({})).expect(204);
    let events = newest(&server);
    for (event, action) in events.iter().zip(["resumeDispatch", "stopDispatch"]) {
        assert_eq!(event["activityType"], format!("{action} DispatchStop"));
        assert_eq!(event["actor"]["applicationId"], "guard");
    }
    assert_eq!(modified(&events[1], "reason").unwrap().1, "a bad script");
}

/// The change names its requestor, and by its correlation the request whose approval it used up: who
/// asked for that, and who approved it, is told there.
#[test]
fn who_asked_and_who_approved() {
    let server = Server::start_with(&["--require-approval"]);
    let author = server.client(&["--role", READ_WRITE, "--subject", "author"]);
    let approver = server.client(&["--scope", READ_WRITE, "--subject", "approver"]);
    let body = json!({ "displayName": "one", "publisher": "us" });
    let create = Request::new("POST", &HEALTH.url()).json(&body);
    let because = BASE64_STANDARD.encode("why");
    let asked = create
        .clone()
        .header("x-msft-approval-justification", &because);
    let held = author.send(&asked);
    let code = held.header("x-msft-approval-code").unwrap().to_owned();
    let approve = format!("/beta/deviceManagement/operationApprovalRequests/{code}/approve");
    let body = json!({ "justification": "reviewed", "approvalSource": "adminConsole" });
    approver.post(&approve, &body).expect(200);
    let made = author.send(&create.header("x-msft-approval-code", &code));
    let id = made.expect_json(201)["id"].as_str().unwrap().to_owned();

    let change = events_of(&server, &id).swap_remove(0);
    assert_eq!(change["actor"]["applicationId"], "author");
    let story = events_of(&server, &code);
    let [asked, approved, completed] = story.as_slice() else {
        panic!("{story:?}")
    };
    assert_eq!(completed["correlationId"], change["correlationId"]);
    assert_eq!(asked["actor"]["applicationId"], "author");
    assert_eq!(asked["activityType"], "Create OperationApprovalRequest");
    assert_eq!(
        modified(asked, "path").unwrap().1,
        "deviceManagement/deviceHealthScripts"
    );
    assert_eq!(approved["activityType"], "approve OperationApprovalRequest");
    assert_eq!(approved["actor"]["userId"], "approver");
    assert_eq!(
        modified(approved, "approvalJustification").unwrap().1,
        "reviewed"
    );
    assert_eq!(completed["activityType"], "Patch OperationApprovalRequest");
    let (from, to) = modified(completed, "status").unwrap();
    assert_eq!((from, to), (&json!("approved"), &json!("completed")));
}
