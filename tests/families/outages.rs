//! A PostgreSQL database that goes away and comes back: clients are told to come back later, nothing
//! that they were told is untrue, and service resumes by itself.

use std::time::{Duration, Instant};

use serde_json::json;
use test_postgres::{Cluster, Fate, Proxy, is_installed, postgres};

use super::summaries::agrees;
use crate::support::{HEALTH, Request, Server, make_script, make_state};

#[test]
fn a_database_that_is_away_is_a_503_with_retry_after() {
    if !is_installed() {
        return;
    }
    let mut cluster = Cluster::new();
    cluster.start();
    let server = Server::start_on(cluster.url("postgres"), &["--database-wait", "1s"]);
    let (script, _) = make_script(&server, &HEALTH);
    let state = make_state(&server, &script, &json!({ "id": "one" }));
    let url = format!("{script}/deviceRunStates/{}", state["id"].as_str().unwrap());
    for round in 0..2 {
        cluster.kill();
        for _ in 0..3 {
            for request in [
                Request::new("GET", &url),
                Request::new("GET", &format!("{script}/deviceRunStates?$count=true")),
                Request::new("PATCH", &url).json(&json!({ HEALTH.property: "fail" })),
                Request::new("POST", &format!("{script}/deviceRunStates")).json(&json!({})),
                Request::new("DELETE", &url),
            ] {
                let answer = server.exchange(&request);
                assert_eq!(answer.header("retry-after"), Some("5"), "{answer:?}");
                let message = answer.expect_error(503, "ServiceUnavailable");
                assert!(!message.contains("onnection"), "{message}");
            }
        }
        assert_eq!(server.get("/health").status, 200);
        cluster.start();
        let output = format!("round {round}");
        let body =
            json!({ HEALTH.property: "success", "preRemediationDetectionScriptOutput": output });
        let patch = Request::new("PATCH", &url).json(&body);
        until("service resumes", || server.exchange(&patch).status != 503);
        let shown = server.get(&url).expect_json(200);
        assert_eq!(shown["preRemediationDetectionScriptOutput"], output);
        agrees(&server, &HEALTH, &script);
    }
}

/// Waits until something holds, as it soon must.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(
            Instant::now() < deadline,
            "it is awaited in vain that {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The answer of a commit is lost again and again: each report is there once.
#[test]
fn a_report_whose_commit_is_in_doubt_is_kept_once() {
    let Some(database) = postgres() else { return };
    let url = database.new_database();
    let proxy = Proxy::before(&database.socket());
    let through = proxy.url(url.rsplit_once('/').unwrap().1);
    let server = Server::start_on(through, &[]);
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let state = format!("{script}/deviceRunStates/one");
    let fates = [
        Fate::LostAfter,
        Fate::LostBefore,
        Fate::Late(Duration::from_millis(50)),
    ];
    for n in 0..12_usize {
        proxy.doom(&[fates[n % fates.len()]]);
        let member = ["fail", "success"][n % 2];
        let body = json!({
            HEALTH.property: member,
            "lastStateUpdateDateTime": format!("2026-01-02T03:04:{n:02}Z"),
        });
        let shown = server.patch(&state, &body).expect_json(200);
        assert_eq!(shown[HEALTH.property], member);
        // Now and then it is a commit of the server's own work that meets this fate, later.
        until("a commit meets its fate", || proxy.doomed() == n + 1);
    }
    agrees(&server, &HEALTH, &script);
    let history = server.get(&format!("{state}/runstate.history()")).values();
    assert_eq!(history.len(), 12);
}
