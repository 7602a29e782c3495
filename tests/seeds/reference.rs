//! `POST …/deviceRunStates/$ref`: makes a whole object, or links one by its URL.

use serde_json::{Value, json};

use crate::support::{FAMILIES, HEALTH, PLATFORM, Request, Server, make_script, make_state};

#[test]
fn a_whole_object_is_made() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let whole = json!({ "id": "one", family.property: "fail" });
        let answer = server
            .post(&format!("{script}/deviceRunStates/$ref"), &whole)
            .expect(201);
        assert_eq!(answer.json()["id"], "one");
        let location = answer.header("location").unwrap();
        assert!(location.ends_with("/deviceRunStates('one')"), "{location}");
        let again = server.post(&format!("{script}/deviceRunStates/$ref"), &whole);
        again.expect_error(409, "Conflict");
        assert_eq!(
            server.get(&format!("{script}/deviceRunStates")).ids(),
            ["one"]
        );
    }
}

fn path(id: &str) -> String {
    format!("deviceManagement/deviceHealthScripts/{id}/deviceRunStates")
}

#[test]
fn an_existing_state_of_the_script_is_linked() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let here = path(&id);
    for url in [
        format!("http://graph.test/beta/{here}/one"),
        format!("http://graph.test/beta/{here}('one')"),
        format!("{here}/one"),
        format!("{here}(id='one')"),
        format!("/beta/{here}/one"),
        format!("/v1.0/{here}/{id}:one"),
        format!("https://graph.microsoft.com/beta/{here}/one"),
        format!("https://graph.microsoft.com/v1.0/{here}('one')"),
        format!("https://other.example:8443/localtest/{here}/%6Fne"),
    ] {
        // OData 4.01 JSON, section 4.5: control information may go without its prefix.
        for name in ["@odata.id", "@id"] {
            server
                .post(
                    &format!("{script}/deviceRunStates/$ref"),
                    &json!({ name: url }),
                )
                .expect(204);
        }
    }
    assert_eq!(
        server.get(&format!("{script}/deviceRunStates")).ids(),
        ["one"]
    );
}

#[test]
fn nothing_else_can_be_linked() {
    let server = Server::shared();
    let (script, id) = make_script(&server, &HEALTH);
    let one = make_state(
        &server,
        &script,
        &json!({ "id": "one", "detectionState": "fail" }),
    );
    let (other, other_id) = make_script(&server, &HEALTH);
    make_state(&server, &other, &json!({ "id": "one" }));
    make_state(&server, &other, &json!({ "id": "two" }));
    let (platform, platform_id) = make_script(&server, &PLATFORM);
    make_state(&server, &platform, &json!({ "id": "one" }));
    let (here, there) = (path(&id), path(&other_id));
    let link = |url: Value| {
        let body = json!({ "@odata.id": url });
        server.post(&format!("{script}/deviceRunStates/$ref"), &body)
    };
    for url in [
        format!("{there}/one"),
        format!("{there}/two"),
        format!("https://graph.microsoft.com/beta/{there}/two"),
        format!("deviceManagement/deviceManagementScripts/{platform_id}/deviceRunStates/one"),
        format!("deviceManagement/deviceHealthScripts/{id}"),
        here.clone(),
        format!("{here}/$count"),
        "deviceManagement".to_owned(),
        "http://graph.test/beta/".to_owned(),
        "http://graph.test".to_owned(),
        "mailto:ada@example.com".to_owned(),
        "../../etc/passwd".to_owned(),
        String::new(),
    ] {
        let error = link(json!(url)).expect_json(400)["error"].take();
        assert_eq!(error["target"], "@odata.id", "{url}: {error}");
    }
    for url in [format!("{here}/none"), format!("{here}/nobody:one")] {
        let answer = link(json!(url));
        assert!(matches!(answer.status, 400 | 404), "{}", answer.text());
    }
    for url in [Value::Null, json!(1), json!(["x"]), json!({})] {
        link(url).expect(400);
    }
    let after = server.get(&format!("{script}/deviceRunStates/one"));
    assert_eq!(after.expect_json(200), one);
}

#[test]
fn other_methods_are_refused_by_name() {
    let server = Server::shared();
    let (script, _) = make_script(&server, &HEALTH);
    make_state(&server, &script, &json!({ "id": "one" }));
    let reference = format!("{script}/deviceRunStates/$ref");
    let answer = server.send(&Request::new("PATCH", &reference).json(&json!({})));
    let allow = answer.header("allow").unwrap_or_default().to_owned();
    answer.expect_error(405, "MethodNotAllowed");
    assert!(allow.contains("POST"), "{allow}");
    // A script's states are its own: no list of links makes them another's, or nobody's.
    let none = Request::new("PUT", &reference).json(&json!({ "value": [] }));
    server.send(&none).expect_error(400, "BadRequest");
}
