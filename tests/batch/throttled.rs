//! Each request of a batch is throttled by itself.

use serde_json::{Value, json};

use super::{get, patch, send, statuses, with};
use crate::support::{HEALTH, Server, make_script};

#[test]
fn parts_are_refused_one_by_one() {
    let server = Server::start_with(&["--throttle-app-writes=3", "--throttle-app=1000"]);
    let (_, id) = make_script(&server, &HEALTH);
    let url = format!("deviceManagement/deviceHealthScripts/{id}");
    let name = |name: &str| json!({ "displayName": name });
    let requests = [
        patch("1", &url, &name("one")),
        patch("2", &url, &name("two")),
        patch("3", &url, &name("three")),
        get("4", &url),
        with(get("5", &url), json!({ "dependsOn": ["3"] })),
    ];
    let responses = send(&server, &requests);
    assert_eq!(statuses(&responses), [200, 200, 429, 200, 424]);
    let refused = &responses[2];
    assert_eq!(refused["body"]["error"]["code"], "TooManyRequests");
    let wait = refused["headers"]["retry-after"].as_str().unwrap();
    assert!((1..=20).contains(&wait.parse::<u32>().unwrap()), "{wait}");
    assert_eq!(responses[3]["body"]["displayName"], "two");
    // The same outside of the batch.
    let target = format!("/beta/{url}");
    server
        .patch(&target, &name("four"))
        .expect_error(429, "TooManyRequests");
    assert_eq!(server.get(&target).expect_json(200)["displayName"], "two");
}

#[test]
fn of_a_group_nothing_is_kept_where_one_is_too_many() {
    let server = Server::start_with(&["--throttle-app-writes=2"]);
    let (_, id) = make_script(&server, &HEALTH);
    let url = format!("deviceManagement/deviceHealthScripts/{id}");
    let part = |number: &str| {
        let body = json!({ "displayName": number });
        with(patch(number, &url, &body), json!({ "atomicityGroup": "g" }))
    };
    let responses: Vec<Value> = send(&server, &[part("1"), part("2")]);
    assert_eq!(statuses(&responses), [424, 429]);
    let found = server.get(&format!("/beta/{url}")).expect_json(200);
    assert_ne!(found["displayName"], "1");
}

#[test]
fn batches_that_cannot_be_read_count() {
    let server = Server::start_with(&["--throttle-app=2"]);
    for _ in 0..2 {
        server
            .post("/beta/$batch", &json!({ "requests": 7 }))
            .expect_error(400, "BadRequest");
    }
    let once_more = server.post("/beta/$batch", &json!({ "requests": 7 }));
    once_more.expect_error(429, "TooManyRequests");
}
