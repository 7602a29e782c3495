//! `/metrics`, on a listener of its own.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Client, HEALTH, Request, Server, make_script, make_state};

/// A client of the listener of a server's metrics.
fn metrics_of(server: &Server) -> Client {
    let said = Instant::now();
    loop {
        let log = server.log();
        let line = log.lines().find(|line| line.contains("metrics are served"));
        if let Some((_, address)) = line.and_then(|line| line.split_once("address=")) {
            return Client::new(address.trim(), None);
        }
        assert!(said.elapsed() < Duration::from_secs(20), "{log}");
    }
}

fn value(text: &str, name: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.strip_prefix(name).is_some_and(|l| l.starts_with(' ')));
    line?.rsplit(' ').next()?.parse().ok()
}

#[track_caller]
fn expect(text: &str, name: &str) -> f64 {
    value(text, name).unwrap_or_else(|| panic!("{name} is not in {text}"))
}

#[test]
fn what_is_counted() {
    let server = Server::start_tracing(&["--metrics-listen=0", "--throttle-app=30"]);
    let metrics = metrics_of(&server);
    let (script, id) = make_script(&server, &HEALTH);
    let states: Vec<_> = (0..3)
        .map(|_| make_state(&server, &script, &json!({})))
        .collect();
    for state in &states {
        let url = format!("{script}/deviceRunStates/{}", state["id"].as_str().unwrap());
        server.get(&url).expect_json(200);
    }
    server
        .get(&format!("{script}x"))
        .expect_error(404, "ResourceNotFound");
    let part = json!({ "id": "1", "method": "GET", "url": "deviceManagement" });
    server
        .post("/beta/$batch", &json!({ "requests": [part] }))
        .expect_json(200);
    let nobody = server.client_with(None);
    nobody
        .get("/beta")
        .expect_error(401, "InvalidAuthenticationToken");
    server
        .client_with(Some("x"))
        .get("/beta")
        .expect_error(401, "InvalidAuthenticationToken");
    while server.get("/beta").status == 200 {}

    let answer = metrics.exchange(&Request::new("GET", "/metrics"));
    assert_eq!(answer.status, 200);
    let media = answer.header("content-type").unwrap();
    assert!(media.starts_with("application/openmetrics-text"), "{media}");
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let route = "deviceManagement/deviceHealthScripts/{id}/deviceRunStates/{id}";
    let labels = format!(r#"method="GET",route="{route}""#);
    let counted = format!(r#"runstate_requests_total{{{labels},status="2xx"}}"#);
    assert_eq!(expect(&text, &counted), 3.0);
    let timed = format!("runstate_request_duration_seconds_count{{{labels}}}");
    assert_eq!(expect(&text, &timed), 3.0);
    let all = format!(r#"runstate_request_duration_seconds_bucket{{le="+Inf",{labels}}}"#);
    assert_eq!(expect(&text, &all), 3.0);
    let missing = r#"method="GET",route="deviceManagement/deviceHealthScripts/{id}",status="4xx""#;
    assert_eq!(
        expect(&text, &format!("runstate_requests_total{{{missing}}}")),
        1.0
    );
    assert_eq!(
        expect(&text, r#"runstate_auth_refusals_total{reason="missing"}"#),
        1.0
    );
    assert_eq!(
        expect(&text, r#"runstate_auth_refusals_total{reason="invalid"}"#),
        1.0
    );
    assert_eq!(expect(&text, "runstate_requests_throttled_total"), 1.0);
    assert_eq!(expect(&text, "runstate_batch_requests_count"), 1.0);
    assert_eq!(expect(&text, "runstate_requests_in_flight"), 0.0);
    assert_eq!(expect(&text, "runstate_database_outages_total"), 0.0);
    assert!(
        expect(&text, "runstate_group_commands_sum") >= 4.0,
        "{text}"
    );
    assert!(
        expect(&text, "runstate_group_duration_seconds_count") >= 1.0,
        "{text}"
    );
    assert!(expect(&text, "runstate_connections") >= 1.0, "{text}");
    assert!(expect(&text, "runstate_held_bytes_left") > 0.0, "{text}");
    assert!(text.contains("runstate_build_info{version="), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    #[cfg(target_os = "linux")]
    assert!(
        expect(&text, "runstate_memory_resident_bytes") > 1e6,
        "{text}"
    );
    // Neither ids nor paths.
    assert!(!text.contains(&id), "{text}");
}

#[test]
fn its_listener_serves_nothing_else_and_the_service_serves_no_metrics() {
    let server = Server::start_tracing(&["--metrics-listen=127.0.0.1:0"]);
    let metrics = metrics_of(&server);
    let status = |method: &str, path: &str| metrics.exchange(&Request::new(method, path)).status;
    assert_eq!(status("GET", "/metrics"), 200);
    assert_eq!(status("HEAD", "/metrics"), 200);
    assert_eq!(status("POST", "/metrics"), 405);
    assert_eq!(status("GET", "/beta"), 404);
    assert_eq!(status("GET", "/"), 404);
    assert_eq!(server.client_with(None).get("/metrics").status, 404);
}
