//! Tampering shows, and servers that write at the same time keep their chains whole.

use std::thread;

use serde_json::json;

use crate::servers::pairs;
use crate::support::{HEALTH, Server, make_script};

/// What `runstate audit verify` says is wrong; empty if nothing is.
fn fault(server: &Server, arguments: &[&str]) -> String {
    let line: Vec<_> = ["audit", "verify"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let output = server.try_runstate(&line);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

/// A server with 6 events, of which the first is that of its signing key, and the end of its chain.
fn with_events() -> (Server, String) {
    let server = Server::start();
    for _ in 0..5 {
        make_script(&server, &HEALTH);
    }
    let head = server.runstate(&["audit", "verify"]).trim().to_owned();
    (server, head)
}

#[test]
fn every_manipulation_is_found_at_the_first_bad_event() {
    let (server, head) = with_events();
    for table in ["audit_event", "audit_chain"] {
        let save = format!("CREATE TABLE {table}_saved AS SELECT * FROM {table}");
        server.execute_in_database(&save);
    }
    for (statements, expected) in [
        (
            &["UPDATE audit_event SET category = 'Other' WHERE sequence = 3"][..],
            ":3 was changed",
        ),
        (
            &["UPDATE audit_event SET actor = '{}' WHERE sequence = 3"],
            ":3 was changed",
        ),
        (
            &[
                "UPDATE audit_event SET resources = replace(resources, 'A script', 'B script') WHERE sequence = 2",
            ],
            ":2 was changed",
        ),
        (
            &["UPDATE audit_event SET resources = 'unreadable' WHERE sequence = 4"],
            ":4 was changed",
        ),
        (
            &[
                "UPDATE audit_event SET activity_date_time = activity_date_time + 1 WHERE sequence = 1",
            ],
            ":1 was changed",
        ),
        (
            &["DELETE FROM audit_event WHERE sequence = 3"],
            ":3 is missing",
        ),
        (
            &["DELETE FROM audit_event WHERE sequence = 1"],
            ":1 is missing",
        ),
        (
            &["DELETE FROM audit_event WHERE sequence >= 5"],
            ":5 is missing",
        ),
        (&["DELETE FROM audit_event"], ":1 is missing"),
        (
            &[
                "UPDATE audit_event SET sequence = 99 WHERE sequence = 2",
                "UPDATE audit_event SET sequence = 2 WHERE sequence = 3",
                "UPDATE audit_event SET sequence = 3 WHERE sequence = 99",
            ],
            ":2 does not follow",
        ),
        (
            &[
                "INSERT INTO audit_event SELECT * FROM (SELECT activity, activity_date_time, activity_date_time_form, activity_operation_type, activity_result, activity_type, actor, category, component_name, correlation_id, display_name, resources, server_id, 7 AS sequence, previous_hash, hash FROM audit_event WHERE sequence = 6) AS forged",
            ],
            ":7 does not follow",
        ),
        (
            &["UPDATE audit_chain SET sequence = 5"],
            ":6 is behind the end",
        ),
        (
            &[
                "UPDATE audit_chain SET hash = previous_hash FROM audit_event WHERE audit_event.sequence = 3",
            ],
            ":6 was changed",
        ),
        (
            &[
                "DELETE FROM audit_event WHERE sequence <= 2",
                "UPDATE audit_chain SET anchor_sequence = 2",
            ],
            ":3 does not follow",
        ),
        (&["DELETE FROM audit_chain"], ":1 is behind the end"),
        (
            &["UPDATE audit_event SET server_id = '0' WHERE sequence = 6"],
            "event 0:1 is missing",
        ),
    ] {
        server.execute_in_database("DELETE FROM audit_event; DELETE FROM audit_chain");
        for table in ["audit_event", "audit_chain"] {
            let restore = format!("INSERT INTO {table} SELECT * FROM {table}_saved");
            server.execute_in_database(&restore);
        }
        assert_eq!(fault(&server, &["--expect", &head]), "");
        for statement in statements {
            server.execute_in_database(statement);
        }
        let said = fault(&server, &[]);
        assert!(said.contains(expected), "{statements:?}: {said}");
    }
}

#[test]
fn a_chain_that_was_cut_as_a_whole_is_not_the_one_that_is_expected() {
    let (server, head) = with_events();
    // Who can change all can cut the end off, and the chain is whole again: but not that of the head.
    server.execute_in_database("DELETE FROM audit_event WHERE sequence > 3");
    server.execute_in_database(
        "UPDATE audit_chain SET sequence = 3, hash = (SELECT hash FROM audit_event WHERE sequence = 3)",
    );
    assert_eq!(fault(&server, &[]), "");
    assert!(fault(&server, &["--expect", &head]).contains(":6 is missing"));
    make_script(&server, &HEALTH);
    make_script(&server, &HEALTH);
    make_script(&server, &HEALTH);
    assert!(fault(&server, &["--expect", &head]).contains(":6 is not the one that is expected"));
    server.execute_in_database("DELETE FROM audit_event");
    server.execute_in_database("DELETE FROM audit_chain");
    assert!(fault(&server, &["--expect", &head]).contains(":6 is missing"));
    for wrong in [
        "x",
        "a:b:c",
        "a:1:00",
        ":1:0000000000000000000000000000000000000000000000000000000000000000",
    ] {
        assert!(!fault(&server, &["--expect", wrong]).is_empty(), "{wrong}");
    }
}

#[test]
fn what_went_with_time_leaves_an_anchor() {
    let (server, head) = with_events();
    server.execute_in_database(
        "UPDATE audit_chain SET anchor_sequence = 4, anchor_hash = (SELECT hash FROM audit_event WHERE sequence = 4)",
    );
    server.execute_in_database("DELETE FROM audit_event WHERE sequence <= 4");
    assert_eq!(fault(&server, &["--expect", &head]), "");
    let old = head.replacen(":6:", ":2:", 1);
    assert!(fault(&server, &["--expect", &old]).contains(":2 is expected, but went with time"));
}

#[test]
fn servers_that_write_at_the_same_time_keep_their_chains_whole() {
    for (one, other) in pairs() {
        let (script, _) = make_script(&one, &HEALTH);
        let (script, servers) = (&script, [&one, &other]);
        thread::scope(|scope| {
            for writer in 0..8 {
                scope.spawn(move || {
                    for round in 0..10 {
                        let server = servers[writer % 2];
                        match writer % 4 {
                            0 | 1 => drop(make_script(server, &HEALTH)),
                            _ => {
                                let body = json!({ "displayName": format!("{writer} {round}") });
                                server.patch(script, &body).expect(200);
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(fault(&one, &[]), "");
        // A script and its changes: each left one event.
        let events = "SELECT count(*) FROM audit_event WHERE category = 'DeviceConfiguration'";
        assert_eq!(one.count_in_database(events), 1 + 8 * 10);
    }
}

#[test]
fn a_command_on_the_host_is_told_in_the_chain_of_its_server() {
    let server = Server::start();
    server.runstate(&["revoke", "somebody"]);
    let events = super::events_of(&server, "somebody");
    let found = super::newest(&server);
    let event = found
        .iter()
        .find(|e| e["activityType"] == "Create Revocation");
    let event = event.unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!(event["actor"]["applicationDisplayName"], "runstate revoke");
    assert_eq!(event["category"], "Role");
    assert_eq!(fault(&server, &[]), "");
}
