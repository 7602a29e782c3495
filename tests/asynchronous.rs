//! `Prefer: respond-async`: 202, a status monitor, and the answer when there is one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Answer, Client, HEALTH, READ_WRITE, Request, Server, make_script};

/// The target of a monitor's URL.
fn monitor(accepted: &Answer) -> String {
    let location = accepted.header("location").expect("a monitor");
    let target = location
        .strip_prefix("http://graph.test")
        .expect("on the host that was asked");
    target.to_owned()
}

/// Asks a monitor until it has an answer.
fn wait(client: &Client, monitor: &str, headers: &[(&str, &str)]) -> Answer {
    let begun = Instant::now();
    loop {
        let mut request = Request::new("GET", monitor);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = client.send(&request);
        if answer.status != 202 {
            return answer;
        }
        assert_eq!(self::monitor(&answer), monitor);
        assert!(answer.header("retry-after").is_some());
        assert!(begun.elapsed() < Duration::from_secs(30), "no answer comes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn later(method: &str, target: &str) -> Request {
    Request::new(method, target).header("Prefer", "respond-async")
}

fn accept(client: &Client, request: &Request) -> String {
    let accepted = client.send(request).expect(202);
    assert_eq!(accepted.header("preference-applied"), Some("respond-async"));
    assert!(accepted.header("retry-after").is_some() && accepted.body.is_empty());
    monitor(&accepted)
}

#[test]
fn the_answer_comes_later() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let monitor = accept(&server, &later("GET", &script));
    let answer = wait(&server, &monitor, &[]).expect(200);
    assert_eq!(answer.header("asyncresult"), Some("200"));
    assert_eq!(answer.json()["id"], id.as_str());
    // It may be asked again, until it is deleted.
    wait(&server, &monitor, &[]).expect(200);
    server.delete(&monitor).expect(204);
    server.get(&monitor).expect_error(404, "ResourceNotFound");
    server
        .delete(&monitor)
        .expect_error(404, "ResourceNotFound");
}

#[test]
fn writes_failures_and_batches_come_later_too() {
    let server = Server::shared();
    let body = json!({ "displayName": "later", "detectionScriptContent": "ZWNobw==" });
    let scripts = "/beta/deviceManagement/deviceHealthScripts";
    let made = wait(
        &server,
        &accept(&server, &later("POST", scripts).json(&body)),
        &[],
    );
    assert_eq!(made.header("asyncresult"), Some("201"));
    let url = made.header("location").expect("where it lives").to_owned();
    let script = url
        .strip_prefix("http://graph.test")
        .expect("on this host")
        .to_owned();
    assert_eq!(server.get(&script).expect_json(200)["displayName"], "later");
    let gone = wait(&server, &accept(&server, &later("DELETE", &script)), &[]).expect(200);
    assert_eq!(
        (gone.header("asyncresult"), gone.body.len()),
        (Some("204"), 0)
    );
    server.get(&script).expect(404);
    let failed = wait(&server, &accept(&server, &later("GET", &script)), &[]).expect(200);
    assert_eq!(failed.header("asyncresult"), Some("404"));
    assert_eq!(failed.json()["error"]["code"], "ResourceNotFound");
    let batch = json!({ "requests": [
        { "id": "1", "method": "GET", "url": "deviceManagement" },
        { "id": "2", "method": "GET", "url": "deviceManagement",
          "headers": { "prefer": "respond-async" } },
    ]});
    let done = wait(
        &server,
        &accept(&server, &later("POST", "/beta/$batch").json(&batch)),
        &[],
    );
    let responses: Vec<Value> = done.expect_json(200)["responses"]
        .as_array()
        .expect("all")
        .clone();
    assert_eq!(responses.len(), 2);
    assert!(responses.iter().all(|response| response["status"] == 200));
}

#[test]
fn old_clients_get_a_message() {
    let server = Server::shared();
    let monitor = accept(&server, &later("GET", "/beta/deviceManagement/nothing"));
    for headers in [
        &[("Accept", "application/http")][..],
        &[("OData-MaxVersion", "4.0")],
    ] {
        let answer = wait(&server, &monitor, headers).expect(200);
        assert_eq!(answer.header("content-type"), Some("application/http"));
        assert_eq!(answer.header("asyncresult"), None);
        let text = answer.text();
        assert!(text.starts_with("HTTP/1.1 404 Not Found\r\n"), "{text}");
        assert!(text.contains("\r\n\r\n{\"error\":"), "{text}");
    }
    let both = [("OData-MaxVersion", "4.0"), ("Accept", "application/json")];
    let answer = wait(&server, &monitor, &both).expect(200);
    assert_eq!(answer.header("asyncresult"), Some("404"));
}

#[test]
fn who_waits_gets_the_answer_itself() {
    let server = Server::shared();
    let request =
        |target: &str| Request::new("GET", target).header("Prefer", "respond-async, wait=20");
    server.send(&request("/beta/deviceManagement")).expect(200);
    server
        .send(&request("/beta/deviceManagement/nothing"))
        .expect_error(404, "ResourceNotFound");
}

#[test]
fn a_monitor_is_its_callers_alone() {
    let server = Server::shared();
    let monitor = accept(&server, &later("GET", "/beta/deviceManagement"));
    for other in [
        server.client(&["--role", READ_WRITE, "--subject", "somebody-else"]),
        server.client(&["--role", "DeviceManagementScripts.Read.All"]),
    ] {
        other.get(&monitor).expect_error(404, "ResourceNotFound");
        other.delete(&monitor).expect_error(404, "ResourceNotFound");
    }
    server.client_with(None).get(&monitor).expect(401);
    wait(&server, &monitor, &[]).expect(200);
    for target in [
        "/beta/$async/",
        "/beta/$async/x",
        "/beta/$async/00000000-0000-4000-8000-000000000000",
    ] {
        server.get(target).expect_error(404, "ResourceNotFound");
    }
    server
        .patch(&monitor, &json!({}))
        .expect_error(405, "MethodNotAllowed");
}

/// Whether a cancelled request was in time is open; that it is whole or not at all is not.
#[test]
fn a_cancelled_request_is_whole_or_nothing() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    for round in 0..10 {
        let states: Vec<Value> = (0..50)
            .map(|n| json!({ "id": format!("{round}-{n}"), "detectionState": "fail" }))
            .collect();
        let delta = json!({ "@odata.context": "#$delta", "value": states });
        let request = later("PATCH", &format!("{script}/deviceRunStates")).json(&delta);
        let monitor = accept(&server, &request);
        server.delete(&monitor).expect(204);
        server.get(&monitor).expect(404);
    }
    // A write behind them: what was queued before it is done.
    server
        .patch(&script, &json!({ "displayName": "behind" }))
        .expect(200);
    let count = server
        .get(&format!("{script}/deviceRunStates/$count"))
        .expect(200);
    let count: u64 = count.text().parse().expect("a number");
    assert_eq!(count % 50, 0);
    let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(summary["issueDetectedDeviceCount"], count);
}
