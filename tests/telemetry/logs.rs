//! Logs: a line for each request, and never a secret, whatever is asked for.

use serde_json::{Value, json};

use crate::reports::archive::export;
use crate::support::{HEALTH, Request, Server, base64, make_script};

/// Sends a text wherever a client may put a secret.
fn tell(server: &Server, secret: &str) {
    let script = json!({
        "displayName": "x", "description": secret,
        "detectionScriptContent": base64(&format!("echo {secret}")),
    });
    let family = HEALTH.url();
    let made = server.post(&family, &script).expect_json(201);
    let url = format!("{family}/{}", made["id"].as_str().unwrap());
    let state = json!({ "preRemediationDetectionScriptOutput": secret });
    server
        .post(&format!("{url}/deviceRunStates"), &state)
        .expect_json(201);
    server
        .get(&format!("{family}?$filter=description eq '{secret}'"))
        .expect_json(200);
    server
        .get(&format!("{family}?$filter=description eq nope('{secret}')"))
        .expect_error(400, "BadRequest");
    server
        .get(&format!("{family}/{secret}"))
        .expect_error(404, "ResourceNotFound");
    server
        .get(&format!("/beta/deviceManagement/{secret}"))
        .expect_error(404, "ResourceNotFound");
    server
        .post(&family, &json!({ secret: 1 }))
        .expect_error(400, "BadRequest");
    let broken = format!("{{\"displayName\": \"{secret}");
    server.send(&Request::new("POST", &family).text("application/json", &broken));
    for value in [
        format!("Bearer {secret}"),
        format!("Basic {}", base64(&format!("app:{secret}"))),
        format!("Bearer {}.{}.{secret}", base64("{}"), base64("{}")),
        secret.to_owned(),
    ] {
        let request = Request::new("GET", &family).header("Authorization", &value);
        let refused = server.client_with(None).exchange(&request);
        assert_eq!(refused.status, 401, "{value}");
    }
    let request = Request::new("GET", &family)
        .header("Cookie", &format!("session={secret}"))
        .header("X-Api-Key", secret)
        .header("X-Forwarded-For", secret);
    server.exchange(&request);
    let form = format!("grant_type=client_credentials&client_id=a&client_secret={secret}");
    for path in ["/common/oauth2/v2.0/token", "/beta/token"] {
        let request = Request::new("POST", path);
        let request = request.text("application/x-www-form-urlencoded", &form);
        server.client_with(None).exchange(&request);
    }
    let part = |headers: Value| {
        json!({ "requests": [{ "id": "1", "method": "POST", "headers": headers,
            "url": family.trim_start_matches("/beta"),
            "body": { "displayName": secret, "nope": secret } }] })
    };
    let json = "application/json";
    let batch = part(json!({ "Content-Type": json }));
    server.post("/beta/$batch", &batch).expect_json(200);
    let batch = part(json!({ "Content-Type": json, "Authorization": secret }));
    server
        .post("/beta/$batch", &batch)
        .expect_error(400, "BadRequest");
    let target = format!("/exports/x/{secret}");
    assert_eq!(
        server
            .client_with(None)
            .exchange(&Request::new("GET", &target))
            .status,
        404
    );
}

/// Fetches an export; answers the secret of its URL.
fn export_secret(server: &Server) -> String {
    let (_, id) = make_script(server, &HEALTH);
    let job = export(
        server,
        &json!({ "reportName": "DeviceRunStatesByProactiveRemediation",
            "filter": format!("PolicyId eq '{id}'"), "format": "csv" }),
    );
    let url = job["url"].as_str().unwrap();
    let path = url.find("/exports/").map(|at| &url[at..]).unwrap();
    let answer = server
        .client_with(None)
        .exchange(&Request::new("GET", path));
    assert_eq!(answer.status, 200);
    path.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn no_secret_is_logged_whatever_is_asked_for() {
    let server = Server::start_tracing(&["--log-format=text"]);
    let secret = "Hush-7f3a9c1e5b";
    let token = server.issue(&["--role", "DeviceManagementScripts.Read.All"]);
    server
        .client_with(Some(&token))
        .get(&HEALTH.url())
        .expect_json(200);
    tell(&server, secret);
    let export = export_secret(&server);
    let said = server.end_and_read();
    // It does say what happened.
    for line in [
        "request answered",
        "deviceManagement/deviceHealthScripts/{id}",
        "/exports/",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    let signature = token.rsplit('.').next().unwrap();
    for (what, text) in [
        ("a secret", secret.to_owned()),
        ("one in Base64", base64(&format!("echo {secret}"))),
        ("one of Basic", base64(&format!("app:{secret}"))),
        ("a token", signature.to_owned()),
        ("the URL of an export", export),
    ] {
        let lines = said.lines().filter(|line| line.contains(&text));
        assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new(), "{what}");
    }
}

#[test]
fn a_line_for_each_request() {
    let server = Server::start_tracing(&["--log-format=json"]);
    let (script, _) = make_script(&server, &HEALTH);
    let request = Request::new("GET", &script).header("client-request-id", "from-me");
    let answer = server.send(&request);
    let id = answer.header("request-id").unwrap().to_owned();
    let said = server.log();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let line = lines
        .iter()
        .find(|line| line["request_id"] == id.as_str())
        .unwrap();
    assert_eq!(line["target"], "runstate::requests");
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "deviceManagement/deviceHealthScripts/{id}");
    assert_eq!(line["status"], 200);
    assert_eq!(line["client_request_id"], "from-me");
    assert_eq!(line["subject"], "administrator");
    assert_eq!(line["client"], "127.0.0.1");
    assert!(line["milliseconds"].as_f64().unwrap() > 0.0);
    assert!(line["timestamp"].is_string());
}
