//! Many writers at once on few devices: nothing is lost, nothing drifts.

use std::thread;

use serde_json::{Value, json};

use super::summaries::{agrees, counted};
use crate::support::{
    Client, FAMILIES, Family, HEALTH, PLATFORM, Server, make_device, make_script, make_state,
};

const WRITERS: usize = 16;
const WRITES: usize = 200;
const DEVICES: usize = 8;

#[test]
fn counters_do_not_drift_under_a_storm() {
    for family in [HEALTH, PLATFORM] {
        let server = Server::start();
        let (script, id) = make_script(&server, &family);
        let states: Vec<String> = (0..DEVICES)
            .map(|i| {
                let user = format!("user-{}", i % 3);
                let device = make_device(&server, &json!({ "userId": user }));
                format!("{id}:{device}")
            })
            .collect();
        for state in &states {
            make_state(&server, &script, &json!({ "id": state }));
        }
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (server, script, states, family) = (&server, &script, &states, &family);
                scope.spawn(move || write(server, family, script, states, writer));
            }
        });
        agrees(&server, &family, &script);
        assert_history_is_whole(&server, &script, &states);
        if family.users {
            assert_users_agree(&server, &family, &script);
        }
    }
}

/// Two servers on one database, half of the writers each.
#[test]
fn counters_do_not_drift_between_two_servers() {
    for family in [HEALTH, PLATFORM] {
        let one = Server::start();
        let other = one.beside();
        let (script, id) = make_script(&one, &family);
        let states: Vec<String> = (0..DEVICES)
            .map(|i| {
                let user = format!("user-{}", i % 3);
                let device = make_device(&one, &json!({ "userId": user }));
                format!("{id}:{device}")
            })
            .collect();
        for state in &states {
            make_state(&one, &script, &json!({ "id": state }));
        }
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let server = if writer % 2 == 0 { &one } else { &other };
                let (script, states, family) = (&script, &states, &family);
                scope.spawn(move || write(server, family, script, states, writer));
            }
        });
        for server in [&one, &other] {
            agrees(server, &family, &script);
            assert_history_is_whole(server, &script, &states);
        }
        if family.users {
            assert_users_agree(&other, &family, &script);
        }
    }
}

/// Of many that make the same state through two servers at once, one makes it, and it counts once.
#[test]
fn a_state_is_made_once_between_two_servers() {
    let one = Server::start();
    let other = one.beside();
    let (script, id) = make_script(&one, &PLATFORM);
    let device = make_device(&one, &json!({ "userId": "the-user" }));
    for round in 0..20 {
        let body = json!({ "id": format!("{id}:{device}"), "runState": "fail" });
        let url = format!("{script}/deviceRunStates");
        let made: usize = thread::scope(|scope| {
            let posts: Vec<_> = (0..8)
                .map(|n| {
                    let server = if n % 2 == 0 { &one } else { &other };
                    let (url, body) = (&url, &body);
                    scope.spawn(move || server.post(url, body).status)
                })
                .collect();
            let statuses = posts.into_iter().map(|post| post.join().unwrap());
            statuses
                .inspect(|status| assert!([201, 409].contains(status), "{status}"))
                .filter(|status| *status == 201)
                .count()
        });
        assert_eq!(made, 1, "round {round}");
        agrees(&one, &PLATFORM, &script);
        one.delete(&format!("{url}/{id}:{device}")).expect(204);
    }
}

/// Every other write goes to the first device, so that reports for one device meet.
fn write(client: &Client, family: &Family, script: &str, states: &[String], writer: usize) {
    const MEMBERS: [&str; 5] = ["success", "fail", "scriptError", "pending", "unknown"];
    for i in 0..WRITES {
        let state = if i % 2 == 0 {
            0
        } else {
            (writer + i) % states.len()
        };
        let body = json!({
            family.property: MEMBERS[(writer * 7 + i * 3) % MEMBERS.len()],
            "lastStateUpdateDateTime": format!("2026-01-02T03:{writer:02}:00.{i:07}Z"),
        });
        let url = format!("{script}/deviceRunStates/{}", states[state]);
        client.patch(&url, &body).expect(200);
    }
}

/// Each write has a time of its own, so each is a run and has its row.
fn assert_history_is_whole(client: &Client, script: &str, states: &[String]) {
    let mut rows = 0;
    for (i, state) in states.iter().enumerate() {
        let history = client
            .get(&format!(
                "{script}/deviceRunStates/{state}/runstate.history()"
            ))
            .values();
        let mut times: Vec<_> = history
            .iter()
            .map(|run| run["lastStateUpdateDateTime"].to_string())
            .collect();
        times.sort();
        times.dedup();
        assert_eq!(times.len(), history.len(), "a run is told twice");
        // The first device has more runs than one answer tells.
        rows += if i == 0 { 0 } else { history.len() };
    }
    let to_first = |writer: usize| {
        (0..WRITES)
            .filter(|i| i % 2 == 0 || (writer + i).is_multiple_of(DEVICES))
            .count()
    };
    let first: usize = (0..WRITERS).map(to_first).sum();
    assert_eq!(rows, WRITERS * WRITES - first);
}

fn assert_users_agree(client: &Client, family: &Family, script: &str) {
    let (mut errors, mut successes) = (0, 0);
    let users = client.get(&format!("{script}/userRunStates")).values();
    assert_eq!(users.len(), 3);
    for user in users {
        let id = user["id"].as_str().unwrap();
        let states = client
            .get(&format!("{script}/userRunStates/{id}/deviceRunStates"))
            .values();
        for (name, count) in counted(family, &states) {
            assert_eq!(user[name], count, "{name} of {user}");
        }
        let has = |name: &str| user[name] != 0;
        errors += u64::from(has("errorDeviceCount"));
        successes += u64::from(!has("errorDeviceCount") && has("successDeviceCount"));
    }
    let summary = client.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(
        (&summary["errorUserCount"], &summary["successUserCount"]),
        (&json!(errors), &json!(successes))
    );
}

#[test]
fn of_many_that_make_the_same_state_one_does() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let body = json!({ "id": "contested", family.property: "fail" });
        let states = format!("{script}/deviceRunStates");
        let statuses = at_once(|| server.post(&states, &body).status);
        assert_eq!(
            statuses.iter().filter(|status| **status == 201).count(),
            1,
            "{statuses:?}"
        );
        assert_eq!(
            statuses.iter().filter(|status| **status == 409).count(),
            WRITERS - 1
        );
        agrees(&server, family, &script);
        let one = format!("{states}/contested");
        let deleted = at_once(|| server.delete(&one).status);
        assert_eq!(
            deleted.iter().filter(|status| **status == 204).count(),
            1,
            "{deleted:?}"
        );
        agrees(&server, family, &script);
        assert_eq!(server.get(&states).values(), Vec::<Value>::new());
    }
}

/// The same request from all writers at once.
fn at_once(request: impl Fn() -> u16 + Sync) -> Vec<u16> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..WRITERS).map(|_| scope.spawn(&request)).collect();
        let joined = handles.into_iter().map(|handle| handle.join());
        joined.map(|status| status.expect("no panic")).collect()
    })
}
