//! Methods: each kind of resource says which it knows.

use serde_json::json;

use crate::support::{HEALTH, PLATFORM, Request, Server, make_script, make_state};

const ALL: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
];

#[test]
fn a_resource_refuses_the_methods_that_it_does_not_allow() {
    let server = Server::shared();
    let (health, _) = make_script(&server, &HEALTH);
    let (platform, _) = make_script(&server, &PLATFORM);
    for script in [&health, &platform] {
        make_state(&server, script, &json!({ "id": "one" }));
    }
    for (target, allowed) in [
        ("/beta".to_owned(), "GET, HEAD"),
        ("/beta/$metadata".to_owned(), "GET, HEAD"),
        ("/beta/deviceManagement".to_owned(), "GET, HEAD, PATCH"),
        (
            "/beta/deviceManagement/intuneAccountId".to_owned(),
            "GET, HEAD",
        ),
        (HEALTH.url(), "GET, HEAD, POST, PATCH"),
        (format!("{}/$count", HEALTH.url()), "GET, HEAD"),
        (health.clone(), "GET, HEAD, PATCH, DELETE"),
        (format!("{health}/displayName"), "GET, HEAD"),
        (format!("{health}/displayName/$value"), "GET, HEAD"),
        (format!("{health}/assign"), "POST"),
        (format!("{health}/runstate.recount"), "POST"),
        (
            format!("{health}/deviceRunStates"),
            "GET, HEAD, POST, PATCH",
        ),
        (
            format!("{health}/deviceRunStates/one/runstate.history()"),
            "GET, HEAD",
        ),
        (format!("{health}/assignments"), "GET, HEAD, POST, PATCH"),
        (
            format!("{platform}/userRunStates"),
            "GET, HEAD, POST, PATCH",
        ),
        (format!("{platform}/groupAssignments/$count"), "GET, HEAD"),
    ] {
        for method in ALL
            .iter()
            .filter(|method| !allowed.split(", ").any(|a| a == **method))
        {
            let answer = server.send(&Request::new(method, &target).json(&json!({})));
            assert_eq!(answer.status, 405, "{method} {target}: {}", answer.text());
            // A method that no resource knows is refused before the resource is looked at.
            if matches!(*method, "PUT" | "POST" | "PATCH" | "DELETE" | "GET") {
                assert_eq!(answer.header("allow"), Some(allowed), "{method} {target}");
            }
        }
    }
    server.get(&health).expect(200);
}

#[test]
fn health_is_read_only() {
    let server = Server::shared();
    for method in ALL {
        let answer = server.send(&Request::new(method, "/health"));
        match method {
            "GET" | "HEAD" => assert_eq!(answer.status, 200),
            _ => assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}"),
        }
    }
}
