//! A run state under its script and under its user is one row.

use serde_json::json;

use crate::support::{Client, FAMILIES, Server, make_device, make_script};

#[test]
fn the_same_row_is_seen_through_its_user() {
    let server = Server::shared();
    for family in FAMILIES.iter().filter(|family| family.users) {
        let (script, id) = make_script(&server, family);
        let user = "ada.1";
        let device = make_device(
            &server,
            &json!({ "userId": user, "userPrincipalName": "ada@x" }),
        );
        let state_id = format!("{id}:{device}");
        let body = json!({ "id": state_id, "runState": "fail" });
        server
            .post(&format!("{script}/deviceRunStates"), &body)
            .expect(201);

        let users = server.get(&format!("{script}/userRunStates")).values();
        assert_eq!(users.len(), 1);
        assert_eq!(users[0]["id"], format!("{id}:{user}"));
        assert_eq!(users[0]["userPrincipalName"], "ada@x");
        assert_eq!(users[0]["errorDeviceCount"], 1);
        assert_eq!(users[0]["successDeviceCount"], 0);

        let direct = format!("{script}/deviceRunStates/{state_id}");
        for user_key in [format!("{id}:{user}"), user.to_owned()] {
            let through = format!("{script}/userRunStates/{user_key}/deviceRunStates/{state_id}");
            each_sees_what_the_other_writes(&server, &through, &direct);
        }
        let users = server
            .get(&format!("{script}/userRunStates/{user}"))
            .expect_json(200);
        assert_eq!(
            (&users["errorDeviceCount"], &users["successDeviceCount"]),
            (&json!(0), &json!(1))
        );

        for path in ["nobody/deviceRunStates/x", "ada.1/deviceRunStates/none"] {
            let path = format!("{script}/userRunStates/{path}");
            server.get(&path).expect_error(404, "ResourceNotFound");
            let patched = server.patch(&path, &json!({}));
            patched.expect_error(404, "ResourceNotFound");
        }
        server
            .delete(&format!(
                "{script}/userRunStates/{user}/deviceRunStates/{state_id}"
            ))
            .expect(204);
        server.get(&direct).expect_error(404, "ResourceNotFound");
    }
}

fn each_sees_what_the_other_writes(client: &Client, through: &str, direct: &str) {
    let body = json!({ "runState": "success", "resultMessage": through });
    let patched = client.patch(through, &body).expect_json(200);
    assert_eq!(patched["resultMessage"], through);
    let read = client.get(direct).expect_json(200);
    assert_eq!(
        (&read["runState"], &read["resultMessage"]),
        (&json!("success"), &json!(through))
    );
    client
        .patch(direct, &json!({ "errorCode": -7, "resultMessage": null }))
        .expect(200);
    assert_eq!(client.get(through).expect_json(200)["errorCode"], -7);
}

#[test]
fn a_state_of_another_user_is_not_under_this_one() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &FAMILIES[2]);
    for user in ["ada", "bob"] {
        server
            .post(&format!("{script}/userRunStates"), &json!({ "id": user }))
            .expect(201);
        let states = format!("{script}/userRunStates/{user}/deviceRunStates");
        server
            .post(&states, &json!({ "id": format!("of-{user}") }))
            .expect(201);
    }
    let of_ada = format!("{script}/userRunStates/ada/deviceRunStates");
    assert_eq!(server.get(&of_ada).ids(), ["of-ada"]);
    server
        .get(&format!("{of_ada}/of-bob"))
        .expect_error(404, "ResourceNotFound");
    let body = json!({ "resultMessage": "stolen" });
    server
        .patch(&format!("{of_ada}/of-bob"), &body)
        .expect_error(404, "ResourceNotFound");
    server
        .delete(&format!("{of_ada}/of-bob"))
        .expect_error(404, "ResourceNotFound");
    let bobs = format!("{script}/deviceRunStates/of-bob");
    assert!(server.get(&bobs).expect_json(200)["resultMessage"].is_null());
}
