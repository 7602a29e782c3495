//! Two servers on one database, behind any load balancer: what one has begun, the other goes on with;
//! what one was told, the other knows.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_postgres::postgres;

use crate::reports::archive::{content, export};
use crate::support::{
    Answer, Client, HEALTH, READ_WRITE, Request, Server, base64, make_device, make_script,
    make_state,
};

const DEVICES: &str = "/beta/deviceManagement/managedDevices";

/// Two servers on the database that the tests are run on, and two on PostgreSQL if that is another.
pub(crate) fn pairs() -> Vec<(Server, Server)> {
    let on_postgres = std::env::var("RUNSTATE_TEST_DATABASE").is_ok_and(|name| name == "postgres");
    let mut first = vec![Server::start()];
    if let (false, Some(database)) = (on_postgres, postgres()) {
        first.push(Server::start_on(database.new_database(), &[]));
    }
    let pair = |one: Server| {
        let other = one.beside();
        (one, other)
    };
    first.into_iter().map(pair).collect()
}

fn path(link: &Value) -> String {
    let link = link.as_str().expect("a link");
    let path = link.strip_prefix("http://graph.test");
    path.expect("on the host that was asked").to_owned()
}

/// The path of the monitor of a request that is carried out behind the answer.
fn accept(client: &Client, request: Request) -> String {
    let accepted = client.send(&request.header("Prefer", "respond-async"));
    let monitor = Value::from(accepted.expect(202).header("location").expect("a monitor"));
    path(&monitor)
}

fn wait(client: &Client, monitor: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = client.get(monitor);
        if answer.status != 202 {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no answer comes");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_token_opens_all_servers() {
    for (one, other) in pairs() {
        for (issuer, server) in [(&one, &other), (&other, &one)] {
            let client = server.client_with(Some(&issuer.issue(&["--role", READ_WRITE])));
            client.get(&HEALTH.url()).expect(200);
        }
    }
}

#[test]
fn links_of_one_server_lead_on_at_the_other() {
    for (one, other) in pairs() {
        let (script, _) = make_script(&one, &HEALTH);
        let states = format!("{script}/deviceRunStates");
        for n in 0..10 {
            make_state(&one, &script, &json!({ "id": format!("{n}") }));
        }
        for query in [
            "$top=3",
            "$top=3&$orderby=id desc",
            "$top=3&$filter=id ne '5'",
        ] {
            let whole = one.get(&format!("{states}?{}", query.replace("$top=3", "$top=99")));
            let (mut found, mut target) = (Vec::new(), format!("{states}?{query}"));
            for server in [&one, &other].into_iter().cycle() {
                let page = server.get(&target).expect_json(200);
                let ids = page["value"].as_array().expect("rows").iter();
                found.extend(ids.map(|row| row["id"].as_str().expect("an id").to_owned()));
                match page.get("@odata.nextLink") {
                    Some(next) => target = path(next),
                    None => break,
                }
            }
            assert_eq!(found, whole.ids(), "{query}");
        }
    }
}

/// Writers at both servers, and a client that follows the changes at either in turn.
#[test]
fn who_follows_changes_through_both_misses_nothing() {
    for (one, other) in pairs() {
        let (script, _) = make_script(&one, &HEALTH);
        let states = format!("{script}/deviceRunStates");
        let mut known = BTreeMap::new();
        let mut link = format!("{states}/delta()");
        let mut follow = |server: &Server| {
            loop {
                let page = server.get(&link).expect_json(200);
                for row in page["value"].as_array().expect("rows") {
                    let id = row["id"].as_str().expect("an id").to_owned();
                    match row.get("@removed") {
                        Some(_) => known.remove(&id),
                        None => known.insert(id, row["detectionState"].clone()),
                    };
                }
                let next = page.get("@odata.nextLink");
                link = path(next.unwrap_or(&page["@odata.deltaLink"]));
                if next.is_none() {
                    return known.clone();
                }
            }
        };
        thread::scope(|scope| {
            let writers: Vec<_> = [&one, &other, &one, &other]
                .into_iter()
                .enumerate()
                .map(|(n, server)| {
                    let script = &script;
                    scope.spawn(move || write_and_remove(server, script, n))
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                follow(&one);
                follow(&other);
            }
        });
        let mut followed = follow(&one);
        // On PostgreSQL what committed a moment ago may be told a moment later.
        let begun = Instant::now();
        let present = present(&other, &states);
        while followed != present && begun.elapsed() < Duration::from_secs(10) {
            followed = follow(&other);
        }
        assert_eq!(followed, present);
        assert!(!present.is_empty());
    }
}

fn write_and_remove(server: &Server, script: &str, writer: usize) {
    for n in 0..25 {
        let id = format!("{writer}-{}", n % 7);
        let state = format!("{script}/deviceRunStates/{id}");
        let member = ["success", "fail", "scriptError"][n % 3];
        match server
            .patch(&state, &json!({ "detectionState": member }))
            .status
        {
            200 if n % 5 == 4 => drop(server.delete(&state).expect(204)),
            200 => {}
            404 => drop(make_state(server, script, &json!({ "id": id }))),
            status => panic!("{status}"),
        }
    }
}

fn present(server: &Server, states: &str) -> BTreeMap<String, Value> {
    let rows = server.get(&format!("{states}?$top=999")).values();
    let entry = |row: Value| {
        let id = row["id"].as_str().expect("an id").to_owned();
        (id, row["detectionState"].clone())
    };
    rows.into_iter().map(entry).collect()
}

#[test]
fn an_answer_that_comes_later_is_fetched_anywhere() {
    for (one, other) in pairs() {
        let (script, id) = make_script(&one, &HEALTH);
        for (server, asked) in [(&one, &other), (&other, &one)] {
            let monitor = accept(server, Request::new("GET", &script));
            let answer = wait(asked, &monitor).expect(200);
            assert_eq!(answer.header("asyncresult"), Some("200"));
            assert_eq!(answer.json()["id"], id.as_str());
            // With other rights it is not there; deleted anywhere, it is gone everywhere.
            let stranger = asked.client(&["--role", READ_WRITE, "--subject", "somebody-else"]);
            stranger.get(&monitor).expect(404);
            asked.delete(&monitor).expect(204);
            server.get(&monitor).expect(404);
        }
        let failed = accept(&one, Request::new("GET", &format!("{script}x")));
        let failed = wait(&other, &failed).expect(200);
        assert_eq!(failed.header("asyncresult"), Some("404"));
        assert_eq!(failed.json()["error"]["code"], "ResourceNotFound");
    }
}

/// An answer that is more than one piece.
#[test]
fn a_long_answer_is_fetched_whole() {
    for (one, other) in pairs() {
        let (script, _) = make_script(&one, &HEALTH);
        let content = base64(&"x".repeat(1 << 20));
        let body = json!({ "remediationScriptContent": content });
        one.patch(&script, &body).expect(200);
        let requests = ["1", "2", "3"].map(|id| {
            let url = script.trim_start_matches("/beta");
            json!({ "id": id, "method": "GET", "url": url })
        });
        let batch = Request::new("POST", "/beta/$batch").json(&json!({ "requests": requests }));
        let answer = wait(&other, &accept(&one, batch)).expect_json(200);
        for part in answer["responses"].as_array().expect("all") {
            assert_eq!(part["body"]["remediationScriptContent"], content.as_str());
        }
    }
}

/// The server that carries a request out is killed: its monitor does not wait for ever.
#[test]
fn a_request_that_went_with_its_server_is_told_lost() {
    let Some(database) = postgres() else { return };
    let url = database.new_database();
    let one = Server::start_on(url.clone(), &[]);
    let other = one.beside();
    let mut locker = ::postgres::Client::connect(&url, ::postgres::NoTls).expect("it is there");
    let mut lock = locker.transaction().expect("it begins");
    lock.batch_execute("LOCK TABLE managed_device IN ACCESS EXCLUSIVE MODE")
        .expect("nobody holds it");
    let monitor = accept(&one, Request::new("GET", DEVICES));
    let cancelled = accept(&one, Request::new("GET", DEVICES));
    assert_eq!(other.get(&monitor).status, 202);
    other.delete(&cancelled).expect(204);
    drop(one);
    let answer = wait(&other, &monitor).expect(200);
    assert_eq!(answer.header("asyncresult"), Some("503"));
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains("not known"), "{message}");
    other.get(&cancelled).expect(404);
}

#[test]
fn an_export_is_made_and_fetched_anywhere() {
    for (one, other) in pairs() {
        let (script, id) = make_script(&one, &HEALTH);
        make_state(
            &one,
            &script,
            &json!({ "id": "one", "detectionState": "fail" }),
        );
        let body = json!({
            "reportName": "DeviceRunStatesByProactiveRemediation",
            "filter": format!("PolicyId eq '{id}'"),
            "select": ["PolicyId", "DetectionScriptStatus"],
        });
        let job = export(&one, &body);
        let shown = other.get(&format!(
            "/beta/deviceManagement/reports/exportJobs/{}",
            job["id"].as_str().expect("an id")
        ));
        assert_eq!(shown.expect_json(200)["url"], job["url"]);
        for server in [&one, &other] {
            let (_, text) = content(server, &job);
            assert!(text.contains(&format!("{id},fail")), "{text}");
        }
    }
}

#[test]
fn a_check_in_sees_what_another_server_was_told() {
    for (one, other) in pairs() {
        let device = make_device(
            &one,
            &json!({ "deviceName": "one", "operatingSystem": "Linux" }),
        );
        let (script, id) = make_script(&one, &HEALTH);
        let due = |server: &Server| {
            let due = server.get(&format!("{DEVICES}/{device}/runstate.dueScripts()"));
            due.expect(200).values()
        };
        assert_eq!(due(&other).len(), 0);
        let all = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
        let assign = json!({ "deviceHealthScriptAssignments": [{ "target": all }] });
        one.post(&format!("{script}/assign"), &assign).expect(200);
        let first = due(&other);
        assert_eq!(first.len(), 1);
        assert_eq!(first[0]["scriptId"], id.as_str());
        let content = base64("exit 1\n");
        let body = json!({ "detectionScriptContent": content });
        other.patch(&script, &body).expect(200);
        assert_eq!(due(&one)[0]["detectionScriptContent"], content.as_str());
        one.delete(&script).expect(204);
        assert_eq!(due(&other).len(), 0);
    }
}
