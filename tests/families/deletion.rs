//! A script goes with everything under it, however much that is.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Client, FAMILIES, Family, HEALTH, Server, make_script, make_state};

/// Puts one of everything under a script; answers where.
fn fill(client: &Client, family: &Family, script: &str) -> Vec<&'static str> {
    make_state(
        client,
        script,
        &json!({ "id": "one", family.property: "fail" }),
    );
    let target = json!({ "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" });
    let assignment = json!({ "target": target });
    client
        .post(&format!("{script}/assignments"), &assignment)
        .expect(201);
    let mut under = vec![
        "",
        "/deviceRunStates",
        "/deviceRunStates/one",
        "/deviceRunStates/$count",
        "/assignments",
        "/runSummary",
    ];
    if family.users {
        client
            .post(&format!("{script}/userRunStates"), &json!({ "id": "ada" }))
            .expect(201);
        let group = json!({ "targetGroupId": "g" });
        client
            .post(&format!("{script}/groupAssignments"), &group)
            .expect(201);
        under.extend(["/userRunStates", "/userRunStates/ada", "/groupAssignments"]);
    }
    under
}

#[test]
fn everything_under_a_script_goes_with_it() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let (other, _) = make_script(&server, family);
        fill(&server, family, &other);
        let under = fill(&server, family, &script);
        server.delete(&script).expect(204);
        for path in under {
            server
                .get(&format!("{script}{path}"))
                .expect_error(404, "ResourceNotFound");
            server.get(&format!("{other}{path}")).expect(200);
        }
        for path in ["deviceRunStates", "runstate.recount"] {
            server
                .post(&format!("{script}/{path}"), &json!({}))
                .expect(404);
        }
        server.delete(&script).expect_error(404, "ResourceNotFound");
    }
}

/// More run states than go in one transaction: hidden with their script, drained behind it.
#[test]
fn a_large_script_is_hidden_at_once_and_drained() {
    let server = Server::start();
    let (script, id) = make_script(&server, &HEALTH);
    let states = format!("{script}/deviceRunStates");
    let members: Vec<Value> = (0..3_500)
        .map(|i| json!({ "id": format!("s{i}"), "detectionState": "fail" }))
        .collect();
    server
        .patch(
            &states,
            &json!({ "@odata.context": "#$delta", "value": members }),
        )
        .expect(200);
    let left = || {
        let rows = format!(
            "SELECT COUNT(*) FROM device_health_script_device_state WHERE script_id = '{id}'"
        );
        server.count_in_database(&rows)
            + server.count_in_database("SELECT COUNT(*) FROM pending_deletion")
    };
    assert_eq!(left(), 3_500);
    server.delete(&script).expect(204);
    server.get(&states).expect_error(404, "ResourceNotFound");
    server
        .get(&format!("{states}/s3499"))
        .expect_error(404, "ResourceNotFound");
    let deadline = Instant::now() + Duration::from_secs(20);
    while left() > 0 {
        assert!(Instant::now() < deadline, "{} rows are left", left());
        thread::sleep(Duration::from_millis(20));
    }
}
