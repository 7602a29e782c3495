//! User states: one row for each user of a script's run states, and their counters.

use serde_json::{Value, json};

use super::summaries::{agrees, recount_changes_nothing};
use crate::support::{FAMILIES, PLATFORM, Server, make_device, make_script};

#[test]
fn a_user_counts_once_and_an_error_comes_first() {
    let server = Server::shared();
    for family in FAMILIES.iter().filter(|family| family.users) {
        let (script, id) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        let read = |path: &str| server.get(&format!("{script}/{path}")).expect_json(200);
        let counts =
            |value: &Value, names: [&str; 2]| names.map(|name| value[name].as_i64().unwrap());
        let devices: Vec<String> = (0..2)
            .map(|_| make_device(&server, &json!({ "userId": "ada" })))
            .collect();
        let report = |device: &String, state: &str| {
            let body = json!({ "id": format!("{id}:{device}"), "runState": state });
            server
                .patch(
                    &states,
                    &json!({ "@odata.context": "#$delta", "value": [body] }),
                )
                .expect(200);
        };
        for (first, second, user, script_users) in [
            ("success", "pending", [0, 1], [0, 1]),
            ("success", "success", [0, 2], [0, 1]),
            ("fail", "success", [1, 1], [1, 0]),
            ("fail", "scriptError", [2, 0], [1, 0]),
            ("pending", "unknown", [0, 0], [0, 0]),
            ("notApplicable", "success", [0, 1], [0, 1]),
        ] {
            report(&devices[0], first);
            report(&devices[1], second);
            let shown = read("userRunStates/ada");
            assert_eq!(
                counts(&shown, ["errorDeviceCount", "successDeviceCount"]),
                user,
                "{first} {second}"
            );
            let shown = read("runSummary");
            assert_eq!(
                counts(&shown, ["errorUserCount", "successUserCount"]),
                script_users,
                "{first} {second}"
            );
        }
        server
            .delete(&format!("{states}/{id}:{}", devices[1]))
            .expect(204);
        let shown = read("runSummary");
        assert_eq!(
            counts(&shown, ["errorUserCount", "successUserCount"]),
            [0, 0]
        );
        agrees(&server, family, &script);
    }
}

#[test]
fn a_user_state_is_made_changed_and_removed() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &PLATFORM);
    let users = format!("{script}/userRunStates");
    let body =
        json!({ "id": format!("{id}:ada"), "userPrincipalName": "ada@x", "errorDeviceCount": 2 });
    let made = server.post(&users, &body).expect(201);
    assert!(made.header("location").unwrap().contains("/userRunStates("));
    let made = made.json();
    assert_eq!(
        (&made["id"], &made["errorDeviceCount"]),
        (&body["id"], &json!(2))
    );
    server.post(&users, &body).expect_error(409, "Conflict");
    let summary = || server.get(&format!("{script}/runSummary")).expect_json(200);
    assert_eq!(
        (&summary()["errorUserCount"], &summary()["successUserCount"]),
        (&json!(1), &json!(0))
    );

    let ada = format!("{users}/ada");
    let body = json!({ "errorDeviceCount": 0, "successDeviceCount": 1, "userPrincipalName": null });
    let patched = server.patch(&ada, &body).expect_json(200);
    assert_eq!(patched["userPrincipalName"], Value::Null);
    assert_eq!(
        (&summary()["errorUserCount"], &summary()["successUserCount"]),
        (&json!(0), &json!(1))
    );
    recount_changes_nothing(&server, &script);

    server
        .post(
            &format!("{ada}/deviceRunStates"),
            &json!({ "id": "s", "runState": "fail" }),
        )
        .expect(201);
    assert_eq!(
        (&summary()["errorUserCount"], &summary()["successUserCount"]),
        (&json!(1), &json!(0))
    );
    server.delete(&ada).expect(204);
    server.get(&ada).expect_error(404, "ResourceNotFound");
    server
        .get(&format!("{ada}/deviceRunStates"))
        .expect_error(404, "ResourceNotFound");
    // The run state stays, under its script alone.
    assert_eq!(
        server.get(&format!("{script}/deviceRunStates")).ids(),
        ["s"]
    );
    assert_eq!(
        (&summary()["errorUserCount"], &summary()["successUserCount"]),
        (&json!(0), &json!(0))
    );
    agrees(&server, &PLATFORM, &script);
}
