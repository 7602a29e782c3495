//! The OpenAPI description: complete in itself, and of what is really there.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{Request, Server};

fn document(server: &Server) -> Value {
    server.get("/beta/openapi.json").expect_json(200)
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("a path item").iter();
        item.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    methods.collect()
}

fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => found.push(target),
                    other => references(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn it_is_complete_in_itself() {
    let server = Server::shared();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "http://graph.test/beta");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 1_000);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    let mut ids = HashSet::new();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id), "{id} twice");
        let template: HashSet<&str> = path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let parameters = operation["parameters"].as_array().expect("parameters");
        let in_path: HashSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert_eq!(template, in_path, "{method} {path}");
        assert!(
            operation["responses"]
                .as_object()
                .is_some_and(|r| r.len() > 2)
        );
    }
    let made = &document["paths"]["/deviceManagement/deviceHealthScripts"]["post"]["responses"];
    let links = made["201"]["links"].as_object().expect("links");
    assert_eq!(links.len(), 3);
    for (_, link) in links {
        assert!(
            link["operationId"]
                .as_str()
                .is_some_and(|id| ids.contains(id))
        );
        assert_eq!(
            link["parameters"]["deviceHealthScript-id"],
            "$response.body#/id"
        );
    }
}

/// What has no key to fill in can be asked at once: nothing is answered that is not described.
#[test]
fn what_it_describes_is_there() {
    let server = Server::shared();
    let document = document(&server);
    let mut asked = 0;
    for (path, _, operation) in operations(&document)
        .into_iter()
        .filter(|(path, method, _)| *method == "get" && !path.contains('{'))
    {
        let answer = server.get(&format!("/beta{path}"));
        let documented = &operation["responses"][answer.status.to_string()];
        assert!(
            documented.is_object(),
            "GET {path} answered {}",
            answer.status
        );
        assert!(answer.status < 500, "GET {path} answered {}", answer.status);
        asked += usize::from(answer.status == 200);
    }
    assert!(asked > 10);
}

/// A path with its parameters filled in: what there is of it need not be there.
fn filled(path: &str) -> String {
    let mut filled = String::new();
    for (at, part) in path.split(['{', '}']).enumerate() {
        match at % 2 {
            0 => filled.push_str(part),
            _ if filled.ends_with('=') => filled.push_str("'one'"),
            _ => filled.push_str("one"),
        }
    }
    filled
}

/// What is described is what `Allow` says, and what it does not say is refused.
#[test]
fn it_describes_the_methods_that_are_served() {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    let server = Server::shared();
    let document = document(&server);
    let paths = document["paths"].as_object().expect("paths");
    let mut refused = 0;
    for (path, item) in paths {
        let target = format!("/beta{}", filled(path));
        let options = server.send(&Request::new("OPTIONS", &target)).expect(204);
        let allow = options.header("allow").expect("Allow");
        for method in METHODS {
            let name = method.to_uppercase();
            let allowed = allow.split(", ").any(|allowed| allowed == name);
            assert_eq!(!item[method].is_null(), allowed, "{name} {path}: {allow}");
            if !allowed {
                let answer = server.send(&Request::new(&name, &target).json(&json!({})));
                answer.clone().expect_error(405, "MethodNotAllowed");
                assert_eq!(answer.header("allow"), Some(allow), "{name} {path}");
                refused += 1;
            }
        }
    }
    assert!(refused > 300);
}

#[test]
fn permissions_and_refusals_are_in_it() {
    let server = Server::shared();
    let document = document(&server);
    let scripts = &document["paths"]["/deviceManagement/deviceHealthScripts"];
    let write = "DeviceManagementScripts.ReadWrite.All";
    let alternatives = scripts["post"]["security"].as_array().expect("security");
    assert!(alternatives.contains(&json!({ "bearer": [write] })));
    assert!(!alternatives.contains(&json!({ "bearer": ["DeviceManagementScripts.Read.All"] })));
    assert!(document["paths"]["/deviceManagement"]["delete"].is_null());
    let required = &scripts["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(required["required"], json!(["displayName"]));
}

#[test]
fn it_is_read_and_nothing_else() {
    let server = Server::shared();
    let answer = server.get("/v1.0/openapi.json").expect(200);
    let tag = answer.header("etag").expect("an ETag").to_owned();
    let again = Request::new("GET", "/v1.0/openapi.json").header("If-None-Match", &tag);
    assert!(server.send(&again).expect(304).body.is_empty());
    server
        .post("/beta/openapi.json", &json!({}))
        .expect_error(405, "MethodNotAllowed");
    server
        .get("/beta/openapi.json?$format=json")
        .expect_error(400, "BadRequest");
    let xml = Request::new("GET", "/beta/openapi.json").header("Accept", "application/xml");
    server.send(&xml).expect_error(406, "NotAcceptable");
    let anyone = server.client_with(None);
    anyone
        .get("/beta/openapi.json")
        .expect_error(401, "InvalidAuthenticationToken");
}
