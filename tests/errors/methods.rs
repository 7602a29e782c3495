//! Methods: each kind of resource says which it knows.

use serde_json::json;

use crate::support::{
    Family, HEALTH, PLATFORM, Request, Server, make_device, make_script, make_state,
};

const ALL: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
];

/// A resource behind a script of a family, and the methods that it knows.
#[rustfmt::skip]
const OF_SCRIPTS: [(&Family, &str, &str); 14] = [
    (&HEALTH, "", "GET, HEAD, PATCH, PUT, DELETE"),
    (&HEALTH, "/displayName", "GET, HEAD, PATCH, PUT, DELETE"),
    (&HEALTH, "/displayName/$value", "GET, HEAD, PUT, DELETE"),
    (&HEALTH, "/assign", "POST"),
    (&HEALTH, "/runstate.recount", "POST"),
    (&HEALTH, "/deviceRunStates", "GET, HEAD, POST, PATCH"),
    (&HEALTH, "/deviceRunStates/one", "GET, HEAD, PATCH, PUT, DELETE"),
    (&HEALTH, "/deviceRunStates/one/runstate.history()", "GET, HEAD"),
    (&HEALTH, "/assignments", "GET, HEAD, POST, PATCH"),
    (&HEALTH, "/deviceRunStates/one/managedDevice", "GET, HEAD"),
    (&HEALTH, "/deviceRunStates/one/managedDevice/deviceName", "GET, HEAD"),
    (&HEALTH, "/deviceRunStates/one/managedDevice/syncDevice", "POST"),
    (&PLATFORM, "/userRunStates", "GET, HEAD, POST, PATCH"),
    (&PLATFORM, "/groupAssignments/$count", "GET, HEAD"),
];

#[test]
fn a_resource_refuses_the_methods_that_it_does_not_allow() {
    let server = Server::shared();
    let mut resources: Vec<(String, &str)> = vec![
        ("/beta".to_owned(), "GET, HEAD"),
        ("/beta/$metadata".to_owned(), "GET, HEAD"),
        ("/beta/deviceManagement".to_owned(), "GET, HEAD, PATCH, PUT"),
        (
            "/beta/deviceManagement/intuneAccountId".to_owned(),
            "GET, HEAD, PATCH, PUT, DELETE",
        ),
        (HEALTH.url(), "GET, HEAD, POST, PATCH"),
        (format!("{}/$count", HEALTH.url()), "GET, HEAD"),
        (
            "/beta/deviceManagement/comanagedDevices".to_owned(),
            "GET, HEAD",
        ),
        (
            "/beta/deviceManagement/reports/DeviceRunStatesByScript".to_owned(),
            "GET, HEAD",
        ),
        (format!("{}/$query", HEALTH.url()), "POST"),
        ("/beta/openapi.json".to_owned(), "GET, HEAD"),
    ];
    for family in [HEALTH, PLATFORM] {
        let (script, _) = make_script(&server, &family);
        make_state(&server, &script, &json!({ "id": "one" }));
        let of_family = OF_SCRIPTS.iter().filter(|(of, ..)| of.set == family.set);
        resources.extend(of_family.map(|(_, path, allowed)| (format!("{script}{path}"), *allowed)));
    }
    let device = make_device(&server, &json!({ "deviceName": "one's" }));
    let device = format!("/beta/deviceManagement/managedDevices/{device}");
    let elsewhere = [
        ("/users", "GET, HEAD"),
        ("/users/u/displayName", "GET, HEAD"),
        ("/deviceHealthScriptStates", "GET, HEAD, POST, PATCH"),
        ("/deviceCategory", "GET, HEAD, PATCH, PUT, DELETE"),
        ("/deviceCategory/$ref", "GET, HEAD, PUT, DELETE"),
    ];
    resources.extend(elsewhere.map(|(path, allowed)| (format!("{device}{path}"), allowed)));
    for (target, allowed) in resources {
        for method in ALL
            .iter()
            .filter(|method| !allowed.split(", ").any(|a| a == **method))
        {
            let answer = server.send(&Request::new(method, &target).json(&json!({})));
            // OPTIONS is known everywhere and answers nothing else.
            let status = if *method == "OPTIONS" { 204 } else { 405 };
            assert_eq!(
                answer.status,
                status,
                "{method} {target}: {}",
                answer.text()
            );
            assert_eq!(answer.header("allow"), Some(allowed), "{method} {target}");
        }
    }
}

#[test]
fn a_method_is_refused_before_a_query_that_cannot_be_read() {
    let server = Server::shared();
    for target in [
        "/beta/deviceManagement/deviceHealthScripts/$count?$filter=",
        "/beta/deviceManagement/deviceHealthScripts/delta()?$select=",
        "/beta?$format=",
        "/beta/deviceManagement/comanagedDevices?$select=0",
        "/beta/deviceManagement/comanagedDevices/x?$apply=0",
        "/beta/deviceManagement/deviceHealthScripts/x/deviceRunStates/y/managedDevice?$top=1",
    ] {
        let answer = server.send(&Request::new("PUT", target).json(&json!({})));
        answer.clone().expect_error(405, "MethodNotAllowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{target}");
        server.get(target).expect_error(400, "BadRequest");
    }
}

/// Which resource is meant by a URL that cannot be read is not known; that none of them serves these
/// methods is.
#[test]
fn a_method_of_no_resource_is_refused_before_a_path_that_cannot_be_read() {
    let server = Server::shared();
    let scripts = HEALTH.url();
    for target in [
        format!("{scripts}('x"),
        format!("{scripts}(no=1)"),
        format!("{scripts}/%00"),
        format!("{scripts}/%FF/assign"),
        format!("{scripts}/%FF?$filter="),
        format!("{scripts}//x"),
        "/beta/deviceManagement/managedDevices/x/deviceHealthScriptStates(id=,policyId='p')"
            .to_owned(),
    ] {
        for method in ["TRACE", "PROPFIND", "get"] {
            let answer = server.send(&Request::new(method, &target));
            answer.clone().expect_error(405, "MethodNotAllowed");
            let known = "GET, HEAD, POST, PATCH, PUT, DELETE";
            assert_eq!(answer.header("allow"), Some(known), "{method} {target}");
        }
        for method in ["GET", "PUT", "OPTIONS"] {
            let answer = server.send(&Request::new(method, &target));
            answer.expect_error(400, "BadRequest");
        }
    }
    for method in ["TRACE", "PROPFIND"] {
        let nowhere = server.send(&Request::new(method, "/beta/deviceManagement/nothing"));
        nowhere.expect_error(404, "ResourceNotFound");
    }
}

/// OPTIONS is about a resource of the model; whether its rows are there is not looked at.
#[test]
fn options_of_what_is_not_there() {
    let server = Server::shared();
    let ask = |target: &str| server.send(&Request::new("OPTIONS", target));
    for unknown in [
        "/beta/nothing",
        "/beta/deviceManagement/nothing",
        "/beta/deviceManagement/deviceHealthScripts/x/nothing/$query",
        "/nothing",
    ] {
        ask(unknown).expect_error(404, "ResourceNotFound");
    }
    let unreadable = "/beta/deviceManagement/deviceHealthScripts?$filter=";
    ask(unreadable).expect_error(400, "BadRequest");
    let absent = ask("/beta/deviceManagement/deviceHealthScripts/none").expect(204);
    assert_eq!(
        absent.header("allow"),
        Some("GET, HEAD, PATCH, PUT, DELETE")
    );
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
