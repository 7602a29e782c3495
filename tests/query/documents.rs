//! The documents that clients begin with: the service document, the singleton, the metadata.

use serde_json::json;

use crate::support::{Request, Server};

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

#[test]
fn the_metadata_as_json() {
    let server = Server::shared();
    let metadata = |name: &str, value: &str| {
        server.send(&Request::new("GET", "/beta/$metadata").header(name, value))
    };
    let answer = metadata("Accept", "application/json").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["$Version"], "4.0");
    assert_eq!(document["$EntityContainer"], "microsoft.graph.GraphService");
    let state = &document["microsoft.graph"]["deviceHealthScriptDeviceState"];
    assert_eq!(state["$Kind"], "EntityType");
    assert_eq!(state["managedDevice"]["$Kind"], "NavigationProperty");
    let as_format = server.get("/beta/$metadata?$format=json").expect(200);
    assert_eq!(as_format.body, answer.body);
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for accept in [browser, "*/*", "application/xml"] {
        let answer = metadata("Accept", accept).expect(200);
        assert_eq!(answer.header("content-type"), Some("application/xml"));
    }
    for refused in ["text/plain", "application/json;q=0"] {
        metadata("Accept", refused).expect_error(406, "NotAcceptable");
    }
    server
        .get("/beta/$metadata?$format=atom")
        .expect_error(406, "NotAcceptable");
}

/// Who has the metadata need not read it again; each form has a tag of its own.
#[test]
fn the_metadata_has_a_tag() {
    let server = Server::shared();
    let answer = server.get("/beta/$metadata").expect(200);
    let tag = answer.header("etag").expect("an ETag").to_owned();
    let conditional = |path: &str, tags: &str| {
        let request = Request::new("GET", path).header("If-None-Match", tags);
        server.send(&request)
    };
    for tags in [tag.as_str(), "*", &format!("\"other\", {tag}")] {
        let unchanged = conditional("/beta/$metadata", tags).expect(304);
        assert!(unchanged.body.is_empty());
        assert_eq!(unchanged.header("etag"), Some(tag.as_str()));
    }
    conditional("/beta/$metadata", "\"other\"").expect(200);
    conditional("/beta/$metadata?$format=json", &tag).expect(200);
}

/// Capabilities that follow from the engine are in the metadata, those of the schema beside them.
#[test]
fn the_metadata_says_what_can_be_done() {
    let server = Server::shared();
    let document = server.get("/beta/$metadata?$format=json").expect_json(200);
    let annotations = &document["microsoft.graph"]["$Annotations"];
    let term = |target: &str, term: &str| {
        annotations[format!("microsoft.graph.GraphService{target}")]
            [format!("@Org.OData.Capabilities.V1.{term}")]
        .clone()
    };
    let formats = term("", "SupportedMetadataFormats");
    assert_eq!(formats, json!(["application/xml", "application/json"]));
    let scripts = "/deviceManagement/deviceHealthScripts";
    assert_eq!(term(scripts, "FilterRestrictions")["Filterable"], true);
    assert!(term(scripts, "InsertRestrictions")["Permissions"].is_array());
    assert_eq!(
        term(scripts, "InsertRestrictions")["RequiredProperties"],
        json!(["displayName"])
    );
}
