//! Two-person approval: a change of scripts waits until somebody else has approved it, and is then
//! carried out once.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{Answer, Client, HEALTH, PLATFORM, READ_WRITE, Request, Server, make_device};

const REQUESTS: &str = "/beta/deviceManagement/operationApprovalRequests";
const CODE: &str = "x-msft-approval-code";

fn because(request: Request) -> Request {
    let text = BASE64_STANDARD.encode("Change 23423 – für alle");
    request.header("x-msft-approval-justification", &text)
}

/// Asks for approval of a request; answers its code.
fn ask(client: &Client, request: &Request) -> String {
    let answer = client.send(&because(request.clone()));
    code(&answer, 412, "PreconditionFailed")
}

fn code(answer: &Answer, status: u16, error: &str) -> String {
    let code = answer.header(CODE).expect("an approval's code").to_owned();
    assert!(answer.clone().expect_error(status, error).contains(&code));
    code
}

fn with(request: &Request, code: &str) -> Request {
    request.clone().header(CODE, code)
}

fn decide(client: &Client, code: &str, action: &str) -> Answer {
    let body = json!({ "justification": "reviewed", "approvalSource": "adminConsole" });
    client.post(&format!("{REQUESTS}/{code}/{action}"), &body)
}

struct Cast {
    server: Server,
    /// Who wants something changed: an application.
    author: Client,
    /// A person who may approve it.
    approver: Client,
}

fn cast() -> Cast {
    let server = Server::start_with(&["--require-approval"]);
    let author = server.client(&["--role", READ_WRITE, "--subject", "author"]);
    let approver = server.client(&["--scope", READ_WRITE, "--subject", "approver"]);
    Cast {
        server,
        author,
        approver,
    }
}

fn create(name: &str) -> Request {
    let body = json!({ "displayName": name, "publisher": "us" });
    Request::new("POST", &HEALTH.url()).json(&body)
}

fn names(client: &Client) -> Vec<Value> {
    let scripts = client.get(&HEALTH.url()).values();
    scripts
        .into_iter()
        .map(|script| script["displayName"].clone())
        .collect()
}

#[test]
fn a_change_waits_for_somebody_else_and_happens_once() {
    let Cast {
        server,
        author,
        approver,
    } = cast();
    let request = create("one");
    let said = author.send(&request).expect_error(400, "BadRequest");
    assert!(said.contains("x-msft-approval-justification"), "{said}");
    let code_of_one = ask(&author, &request);
    assert!(names(&author).is_empty());
    // The same operation has one request, whoever asks.
    for client in [&author, &approver] {
        let again = client.send(&because(request.clone()));
        assert_eq!(code(&again, 409, "Conflict"), code_of_one);
    }
    let shown = approver
        .get(&format!("{REQUESTS}/{code_of_one}"))
        .expect_json(200);
    assert_eq!(shown["status"], "needsApproval");
    assert_eq!(shown["requestJustification"], "Change 23423 – für alle");
    assert_eq!(shown["requestor"]["application"]["id"], "author");
    assert_eq!(
        shown["requiredOperationApprovalPolicyTypes"],
        json!(["script"])
    );
    let url = format!("{REQUESTS}/{code_of_one}/runstate.getRequestedOperation()");
    let operation = approver.get(&url).expect_json(200);
    assert_eq!(operation["method"], "POST");
    assert_eq!(operation["path"], "deviceManagement/deviceHealthScripts");
    let body = BASE64_STANDARD
        .decode(operation["body"].as_str().unwrap())
        .unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["displayName"], "one");

    let early = author.send(&with(&request, &code_of_one));
    assert!(
        early
            .expect_error(412, "PreconditionFailed")
            .contains("needsApproval")
    );
    let person = server.client(&["--scope", READ_WRITE, "--subject", "author"]);
    decide(&person, &code_of_one, "approve").expect_error(403, "Forbidden");
    let application = server.client(&["--role", READ_WRITE, "--subject", "other"]);
    decide(&application, &code_of_one, "approve").expect_error(403, "Forbidden");
    let answer = decide(&approver, &code_of_one, "approve").expect_json(200);
    assert_eq!(answer["value"], "approved");
    decide(&approver, &code_of_one, "approve").expect_error(409, "Conflict");

    // For this request, of this requestor, alone.
    for wrong in [create("two"), Request::new("DELETE", &HEALTH.url())] {
        let answer = author.send(&with(&wrong, &code_of_one));
        assert!(matches!(answer.status, 405 | 412), "{answer:?}");
    }
    let other = approver.send(&with(&request, &code_of_one));
    other.expect_error(412, "PreconditionFailed");
    author
        .send(&with(&request, "none"))
        .expect_error(412, "PreconditionFailed");
    author.send(&with(&request, &code_of_one)).expect(201);
    let used = author.send(&with(&request, &code_of_one));
    assert!(
        used.expect_error(412, "PreconditionFailed")
            .contains("completed")
    );
    assert_eq!(names(&author), ["one"]);
    let shown = approver
        .get(&format!("{REQUESTS}/{code_of_one}"))
        .expect_json(200);
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["approver"]["user"]["id"], "approver");
    assert_eq!(shown["approvalJustification"], "reviewed");
}

/// Makes a script with the approval of two.
fn script(cast: &Cast, name: &str) -> String {
    let request = create(name);
    let code = ask(&cast.author, &request);
    decide(&cast.approver, &code, "approve").expect(200);
    let made = cast.author.send(&with(&request, &code)).expect_json(201);
    format!("{}/{}", HEALTH.url(), made["id"].as_str().unwrap())
}

#[test]
fn every_way_to_a_script_is_guarded_and_reports_are_not() {
    let cast = cast();
    let script = script(&cast, "guarded");
    let Cast { server, author, .. } = &cast;
    let json = |method: &str, target: &str, body: Value| Request::new(method, target).json(&body);
    let management = "/beta/deviceManagement";
    let batch = |id: &str, body: Value| {
        let url = script.strip_prefix("/beta").unwrap();
        let headers = json!({ "Content-Type": "application/json" });
        json!({ "id": id, "method": "PATCH", "url": url, "body": body, "headers": headers })
    };
    let guarded = [
        json("PATCH", &script, json!({ "description": "x" })),
        json("PUT", &script, json!({ "displayName": "x" })),
        Request::new("DELETE", &script),
        json(
            "PUT",
            &format!("{script}/description"),
            json!({ "value": "x" }),
        ),
        Request::new("DELETE", &format!("{script}/description")),
        json(
            "POST",
            &format!("{script}/assign"),
            json!({ "deviceHealthScriptAssignments": [] }),
        ),
        json("POST", &format!("{script}/assignments"), json!({})),
        json(
            "PATCH",
            &HEALTH.url(),
            json!({ "@odata.context": "#$delta", "value": [] }),
        ),
        json(
            "PATCH",
            management,
            json!({ "deviceHealthScripts": [{ "displayName": "deep" }] }),
        ),
        json(
            "POST",
            &format!("{}/enableGlobalScripts", HEALTH.url()),
            json!({}),
        ),
        json(
            "POST",
            &format!("{}/none/groupAssignments", PLATFORM.url()),
            json!({}),
        ),
    ];
    for request in &guarded {
        let said = author.send(request).expect_error(400, "BadRequest");
        assert!(
            said.contains("x-msft-approval-justification"),
            "{request:?} {said}"
        );
    }
    let url = format!("{}/$batch", "/beta");
    let parts = json!({ "requests": [batch("1", json!({ "description": "x" }))] });
    let answer = author.post(&url, &parts).expect_json(200);
    assert_eq!(answer["responses"][0]["status"], 400, "{answer}");
    let later = Request::new("PATCH", &script).json(&json!({ "description": "x" }));
    let later = author.send(&later.header("Prefer", "respond-async"));
    assert!(later.status >= 400 || later.status == 202, "{later:?}");
    let shown = author.get(&script).expect_json(200);
    assert_eq!(
        (&shown["displayName"], &shown["description"]),
        (&json!("guarded"), &Value::Null)
    );
    assert_eq!(names(author), ["guarded"]);

    // Devices report, and the kill switch is turned, by one alone.
    let device = make_device(server, &json!({}));
    let states = format!("{script}/deviceRunStates");
    author.post(&states, &json!({ "id": device })).expect(201);
    author
        .patch(
            &format!("{states}/{device}"),
            &json!({ "detectionState": "fail" }),
        )
        .expect(200);
    author
        .post(&format!("{management}/runstate.stopDispatch"), &json!({}))
        .expect(204);
}

#[test]
fn an_approved_batch_group_is_carried_out_with_its_approvals_or_not_at_all() {
    let cast = cast();
    let script = script(&cast, "grouped");
    let Cast {
        author, approver, ..
    } = &cast;
    let url = script.strip_prefix("/beta").unwrap();
    let part = |id: &str, description: &str, headers: Value| {
        let body = json!({ "description": description });
        json!({ "id": id, "method": "PATCH", "url": url, "body": body, "headers": headers,
            "atomicityGroup": "g" })
    };
    let justified = json!({ "Content-Type": "application/json",
        "x-msft-approval-justification": BASE64_STANDARD.encode("why") });
    let one = json!({ "requests": [part("1", "first", justified)] });
    let answer = author.post("/beta/$batch", &one).expect_json(200);
    // What was noted in a group that failed is undone with it: it is asked for outside of groups.
    assert_eq!(answer["responses"][0]["status"], 412, "{answer}");
    assert!(
        author
            .get(&format!("{REQUESTS}/retrieveMyRequests()"))
            .values()
            .len()
            <= 2
    );

    let request = Request::new("PATCH", &script).json(&json!({ "description": "first" }));
    let code = ask(author, &request);
    decide(approver, &code, "approve").expect(200);
    let headers = |code: &str| json!({ "Content-Type": "application/json", CODE: code });
    let two = json!({ "requests": [
        part("1", "first", headers(&code)), part("2", "second", headers("none"))] });
    author.post("/beta/$batch", &two).expect(200);
    let status = approver.get(&format!("{REQUESTS}/{code}")).expect_json(200)["status"].clone();
    assert_eq!(status, "approved");
    let one = json!({ "requests": [part("1", "first", headers(&code))] });
    let answer = author.post("/beta/$batch", &one).expect_json(200);
    assert_eq!(answer["responses"][0]["status"], 200, "{answer}");
    assert_eq!(author.get(&script).expect_json(200)["description"], "first");
    let status = approver.get(&format!("{REQUESTS}/{code}")).expect_json(200)["status"].clone();
    assert_eq!(status, "completed");
}

#[test]
fn what_fails_keeps_its_approval_and_what_is_decided_stays_so() {
    let cast = cast();
    let Cast {
        server,
        author,
        approver,
    } = &cast;
    let request = Request::new("PATCH", &format!("{}/none", HEALTH.url()));
    let request = request.json(&json!({ "description": "x" }));
    let missing = ask(author, &request);
    decide(approver, &missing, "approve").expect(200);
    author
        .send(&with(&request, &missing))
        .expect_error(404, "ResourceNotFound");
    let shown = approver
        .get(&format!("{REQUESTS}/{missing}"))
        .expect_json(200);
    assert_eq!(shown["status"], "approved");
    decide(approver, &missing, "cancelApproval").expect(200);
    let cancelled = author.send(&with(&request, &missing));
    assert!(
        cancelled
            .expect_error(412, "PreconditionFailed")
            .contains("cancelled")
    );

    let rejected = ask(author, &create("rejected"));
    decide(approver, &rejected, "reject").expect(200);
    decide(approver, &rejected, "approve").expect_error(409, "Conflict");
    let mine = ask(author, &create("mine"));
    let cancel = |client: &Client| {
        client.post(
            &format!("{REQUESTS}/cancelMyRequest"),
            &json!({ "id": mine }),
        )
    };
    cancel(approver).expect_error(404, "ResourceNotFound");
    cancel(author).expect(204);
    decide(approver, &mine, "approve").expect_error(409, "Conflict");
    assert_eq!(
        author
            .get(&format!("{REQUESTS}/retrieveMyRequests()"))
            .values()
            .len(),
        3
    );
    assert!(
        approver
            .get(&format!("{REQUESTS}/retrieveMyRequests()"))
            .values()
            .is_empty()
    );
    let url = format!("{REQUESTS}/retrieveMyRequestById(id='{mine}')");
    assert_eq!(author.get(&url).expect_json(200)["status"], "cancelled");
    approver.get(&url).expect_error(404, "ResourceNotFound");
    let waiting = format!("{REQUESTS}?$filter=status eq 'needsApproval'");
    assert!(approver.get(&waiting).values().is_empty());

    // Nobody writes to them but by these actions.
    for method in ["PATCH", "DELETE", "PUT"] {
        let request = Request::new(method, &format!("{REQUESTS}/{rejected}"));
        let answer = author.send(&request.json(&json!({ "status": "approved" })));
        assert!(matches!(answer.status, 403 | 405), "{answer:?}");
    }
    for (header, value) in [
        ("x-msft-approval-justification", "not base64!".to_owned()),
        ("x-msft-approval-justification", String::new()),
        (
            "x-msft-approval-justification",
            BASE64_STANDARD.encode("x".repeat(1_025)),
        ),
        (
            "x-msft-approval-justification",
            BASE64_STANDARD.encode([0xff, 0xfe]),
        ),
    ] {
        let answer = author.send(&create("odd").header(header, &value));
        answer.expect_error(400, "BadRequest");
    }
    // Without the option, nothing waits.
    let open = Server::start();
    open.send(&create("at once")).expect(201);
    drop(open);
    assert!(names(server).is_empty());
}

/// Who is confined to role scope tags asks for, sees and decides on what is about scripts that it
/// reaches, and nothing else.
#[test]
fn requests_are_confined_with_the_scripts_that_they_are_about() {
    let server = Server::start_with(&["--require-approval"]);
    let of_tag = |kind: &str, tag: &str, name: &str| {
        let arguments = [kind, READ_WRITE, "--role-scope-tag", tag, "--subject", name];
        server.client(&arguments)
    };
    let author = of_tag("--role", "1", "author");
    let same = of_tag("--scope", "1", "same");
    let other = of_tag("--scope", "2", "other");
    let whole = server.client(&["--scope", READ_WRITE, "--subject", "whole"]);
    let open = |client: &Client, code: &str| {
        let one = client.get(&format!("{REQUESTS}/{code}")).status;
        let listed = client.get(REQUESTS).ids().contains(&code.to_owned());
        let operation = format!("{REQUESTS}/{code}/runstate.getRequestedOperation()");
        let told = client.get(&operation).status;
        assert_eq!((one == 200, one), (listed, told), "{code}");
        one
    };
    let only_the_same = |code: &str| {
        assert_eq!(open(&same, code), 200);
        assert_eq!(open(&author, code), 200);
        assert_eq!(open(&whole, code), 200);
        assert_eq!(open(&other, code), 404);
        decide(&other, code, "approve").expect_error(404, "ResourceNotFound");
        decide(&other, code, "reject").expect_error(404, "ResourceNotFound");
        assert_eq!(other.get(&format!("{REQUESTS}/$count")).text(), "0");
    };

    // A script that is made, with tags of its maker's.
    let create = create("of one");
    let code = ask(&author, &create);
    only_the_same(&code);
    decide(&author, &code, "approve").expect_error(403, "Forbidden");
    decide(&same, &code, "approve").expect(200);
    let made = author.send(&with(&create, &code)).expect_json(201);
    assert_eq!(made["roleScopeTagIds"], json!(["1"]));
    let url = format!("{}/{}", HEALTH.url(), made["id"].as_str().unwrap());

    // One that is there, and what lies under it.
    for request in [
        Request::new("PATCH", &url).json(&json!({ "displayName": "x" })),
        Request::new("POST", &format!("{url}/assign"))
            .json(&json!({ "deviceHealthScriptAssignments": [] })),
        Request::new("DELETE", &url),
    ] {
        let code = ask(&author, &request);
        only_the_same(&code);
        // One of another tag that asks for the same is told that there is nothing.
        let answer = other.send(&because(request.clone()));
        answer.expect_error(404, "ResourceNotFound");
        decide(&same, &code, "approve").expect(200);
        other
            .send(&with(&request, &code))
            .expect_error(412, "PreconditionFailed");
        assert!(author.send(&with(&request, &code)).status < 300);
    }
    assert!(names(&whole).is_empty());

    // Tags that it does not have, and what is about no script by itself.
    let foreign = json!({ "displayName": "y", "roleScopeTagIds": ["2"] });
    let foreign = Request::new("POST", &HEALTH.url()).json(&foreign);
    author
        .send(&because(foreign))
        .expect_error(403, "Forbidden");
    let all = json!({ "settings": { "secureByDefault": true } });
    let all = Request::new("PATCH", "/beta/deviceManagement").json(&all);
    author
        .send(&because(all.clone()))
        .expect_error(403, "Forbidden");
    let code = ask(&whole, &all);
    assert_eq!(open(&same, &code), 404);
    let device = server.client(&["--device", "one", "--role", READ_WRITE]);
    let answer = device.send(&because(Request::new("DELETE", &url)));
    answer.expect_error(403, "Forbidden");
    assert!(device.get(REQUESTS).ids().is_empty());
}

/// What waits for approval holds a script's content: it is granted with that.
#[test]
fn content_that_waits_is_granted_apart() {
    let arguments = ["--require-approval", "--restrict", "script-content"];
    let server = Server::start_with(&arguments);
    let author = server.client(&["--role", READ_WRITE, "--subject", "author"]);
    let code = ask(&author, &create("secret"));
    let url = format!("{REQUESTS}/{code}/runstate.getRequestedOperation()");
    let said = author.get(&url).expect_error(403, "Forbidden");
    assert!(said.contains("Runstate.ScriptContent.Read"), "{said}");
    let reader = [
        "--role",
        READ_WRITE,
        "--role",
        "Runstate.ScriptContent.Read",
    ];
    server.client(&reader).get(&url).expect(200);
}
