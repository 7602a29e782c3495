//! Behind a TLS proxy: every link begins with the origin that clients use, whatever `Host` says.

use serde_json::{Value, json};

use crate::support::{HEALTH, Request, Server, make_script, make_state};

const ORIGIN: &str = "https://graph.example.com:8443";

/// Every string below a value that is an absolute URL.
fn links<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if text.contains("://") => found.push(text),
        Value::Object(members) => members.values().for_each(|member| links(member, found)),
        Value::Array(items) => items.iter().for_each(|item| links(item, found)),
        _ => {}
    }
}

#[test]
fn links_begin_with_the_public_url() {
    let server = Server::start_with(&["--public-url", ORIGIN]);
    let (script, _) = make_script(&server, &HEALTH);
    for name in ["a", "b"] {
        make_state(&server, &script, &json!({ "id": name }));
    }
    let states = format!("{script}/deviceRunStates");
    let page = server.get(&format!("{states}?$top=1")).expect_json(200);
    let description = server.get("/beta/openapi.json").expect_json(200);
    let root = server.get("/beta").expect_json(200);
    let followed = server.get(&format!("{states}/delta()")).expect_json(200);
    for (answer, least) in [
        (&page, 2),
        (&description["servers"], 1),
        (&root, 1),
        (&followed, 2),
    ] {
        let mut found = Vec::new();
        links(answer, &mut found);
        assert!(found.len() >= least, "{answer}");
        for link in found {
            assert!(link.starts_with(&format!("{ORIGIN}/")), "{link}");
        }
    }
    let made = server.post(&states, &json!({ "id": "c" })).expect(201);
    let location = made.header("location").expect("a location");
    assert!(
        location.starts_with(&format!("{ORIGIN}/beta/")),
        "{location}"
    );
    // Links come back as they were given: in a batch, absolute and with the public origin.
    let next = page["@odata.nextLink"].as_str().expect("a next link");
    let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": next }] });
    let answers = server.post("/beta/$batch", &batch).expect_json(200);
    assert_eq!(answers["responses"][0]["body"]["value"][0]["id"], "b");
    // The host is not trusted, but it must be one.
    let odd = Request::new("GET", "/beta").header("Host", "elsewhere.example");
    let answer = server.send(&odd).expect_json(200);
    assert_eq!(answer["@odata.context"], format!("{ORIGIN}/beta/$metadata"));
    let none = Request::new("GET", "/beta").header("Host", "a/b");
    server.send(&none).expect(400);
}
