//! Limits of a request are set where the server is started, and each is refused by its own name.

use serde_json::json;

use crate::support::{HEALTH, Request, Server, make_script, make_state};

const SCRIPTS: &str = "/beta/deviceManagement/deviceHealthScripts";

#[test]
fn every_limit_can_be_set_and_names_itself() {
    let server = Server::start_with(&[
        "--max-url=600",
        "--max-body=4096",
        "--max-expression-depth=4",
        "--max-expression-nodes=12",
        "--max-in-list=3",
        "--max-expand-depth=1",
        "--max-expand-items=2",
        "--max-batch=2",
        "--page-size=2",
        "--max-page-size=3",
    ]);
    let (script, _) = make_script(&server, &HEALTH);
    for state in ["a", "b", "c", "d"] {
        make_state(&server, &script, &json!({ "id": state }));
    }
    let refused = |query: &str, status: u16, code: &str, name: &str| {
        let message = server
            .get(&format!("{SCRIPTS}?{query}"))
            .expect_error(status, code);
        assert!(message.contains(name), "{query}: {message}");
    };
    let long = format!("$filter=displayName%20eq%20'{}'", "x".repeat(600));
    refused(&long, 414, "UriTooLong", "600");
    let deep = "$filter=((((displayName%20eq%20'x'))))";
    refused(deep, 400, "BadRequest", "expression_depth");
    let many = format!("$filter=true{}", "%20and%20true".repeat(13));
    refused(&many, 400, "BadRequest", "expression_nodes");
    let list = "$filter=displayName%20in%20('a','b','c','d')";
    refused(list, 400, "BadRequest", "in_list_items");
    let nested = "$expand=deviceRunStates($expand=managedDevice)";
    refused(nested, 400, "BadRequest", "expand_depth");
    refused("$expand=*", 400, "BadRequest", "expand_items");

    let large = json!({ "displayName": "x".repeat(5_000) });
    let message = server
        .post(SCRIPTS, &large)
        .expect_error(413, "RequestEntityTooLarge");
    assert!(message.contains("4096"), "{message}");

    let part = |id: &str| json!({ "id": id, "method": "GET", "url": "/deviceManagement" });
    let batch = json!({ "requests": [part("1"), part("2"), part("3")] });
    let message = server
        .send(&Request::new("POST", "/beta/$batch").json(&batch))
        .expect_error(400, "BadRequest");
    assert!(message.contains('2'), "{message}");

    let states = format!("{script}/deviceRunStates");
    assert_eq!(server.get(&states).ids(), ["a", "b"]);
    let most = server.get(&format!("{states}?$top=100")).ids();
    assert_eq!(most, ["a", "b", "c"]);
}
