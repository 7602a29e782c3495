//! The documents that clients begin with: the service document, the singleton, the metadata.

use serde_json::json;

use crate::support::Server;

#[test]
fn the_service_document() {
    let server = Server::shared();
    for root in ["beta", "v1.0", "localtest"] {
        for slash in ["", "/"] {
            let document = server.get(&format!("/{root}{slash}")).expect_json(200);
            assert_eq!(
                document["@odata.context"],
                format!("http://graph.test/{root}/$metadata")
            );
            let singleton = json!({ "name": "deviceManagement", "kind": "Singleton", "url": "deviceManagement" });
            assert_eq!(document["value"], json!([singleton]));
        }
    }
}

#[test]
fn the_singleton() {
    let server = Server::shared();
    let management = server.get("/beta/deviceManagement").expect_json(200);
    assert_eq!(
        management["@odata.context"],
        "http://graph.test/beta/$metadata#deviceManagement"
    );
    assert_eq!(
        server.get("/beta/deviceManagement/").expect_json(200),
        management
    );
    server
        .post("/beta/deviceManagement", &json!({}))
        .expect_error(405, "MethodNotAllowed");
    server
        .delete("/beta/deviceManagement")
        .expect_error(405, "MethodNotAllowed");
}

/// Generators write broken code from an alias: names are whole.
#[test]
fn the_metadata() {
    let server = Server::shared();
    let answer = server.get("/beta/$metadata").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    let text = answer.text();
    assert!(text.starts_with("<?xml"));
    for part in [
        "<EntityType Name=\"deviceHealthScript\" BaseType=\"microsoft.graph.entity\"",
        "Type=\"Collection(microsoft.graph.deviceHealthScriptDeviceState)\"",
        "<Member Name=\"scriptError\" Value=\"3\"",
        "<Singleton Name=\"deviceManagement\" Type=\"microsoft.graph.deviceManagement\"",
        "<Parameter Name=\"bindingParameter\" Type=\"microsoft.graph.deviceHealthScript\"",
        " Namespace=\"runstate\">",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("\"graph."), "a name by its alias");
    assert!(!text.contains("(graph."), "a name by its alias");
    assert!(!text.contains(" Alias=\"graph\""));
    assert_eq!(server.get("/v1.0/$metadata").body, answer.body);
    server
        .post("/beta/$metadata", &json!({}))
        .expect_error(405, "MethodNotAllowed");
}
