//! The OpenAPI 3.1 description of the service, generated from the served model: every path that
//! the model and the container permit, what may be asked there, and what is answered.
//!
//! Entities behind navigation properties that contain them are described at any depth, but no type
//! twice on one path; others as far as they are read through the path. Casts and single properties
//! are left out: they multiply the paths and add nothing that `$metadata` does not say.

mod answers;
mod invoke;
mod parameters;
mod place;
mod resources;
mod schemas;
#[cfg(test)]
mod tests;

use edm::Model;
use odata::path::Segment;
use odata::uri::ResourceKind;
use serde_json::{Map, Value, json};

use crate::core::Core;
use place::Place;

/// How many navigation properties a path may have.
const MAX_DEPTH: usize = 5;

/// The document, with the service root as its server.
pub(crate) fn document(core: &Core, served: &Model, service_root: &str) -> String {
    let mut writer = Writer {
        core,
        model: served,
        paths: Map::new(),
    };
    writer.documents();
    writer.container();
    let guarded = core.permissions.any();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": served.container_name(),
            "version": version(served),
            "description": "Generated from the model at /$metadata, which says more: OData 4.01 gives every resource further query options, methods and forms.",
        },
        "servers": [{ "url": service_root }],
        "paths": writer.paths,
        "components": {
            "schemas": schemas::all(served),
            "responses": answers::shared(),
            "parameters": parameters::shared(),
        },
    });
    if guarded {
        document["components"]["securitySchemes"] =
            json!({ "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } });
        document["security"] = json!([{ "bearer": [] }]);
    }
    document.to_string()
}

/// The schema's version, if the document annotates one.
fn version(model: &Model) -> String {
    let annotated = model.namespaces.iter().find_map(|namespace| {
        let annotations = model.schema_annotations(namespace)?;
        annotations.get("Org.OData.Core.V1.SchemaVersion")?.as_str()
    });
    annotated.unwrap_or("1.0").to_owned()
}

/// The paths as they are found.
struct Writer<'c> {
    core: &'c Core,
    model: &'c Model,
    paths: Map<String, Value>,
}

impl Writer<'_> {
    /// The resources that describe the service.
    fn documents(&mut self) {
        let read = |id: &str, summary: &str, content: Value| {
            let mut responses = answers::errors(&[400, 401, 406, 503]);
            responses.insert(
                "200".to_owned(),
                json!({ "description": summary, "content": content }),
            );
            json!({ "get": {
                "operationId": id, "summary": summary, "tags": ["service"],
                "parameters": [{ "$ref": "#/components/parameters/format" }],
                "responses": responses,
            } })
        };
        let object = json!({ "schema": { "type": "object" } });
        let service = json!({ "application/json": object });
        let forms = json!({ "application/xml": { "schema": { "type": "string" } }, "application/json": object });
        self.paths.insert(
            "/".to_owned(),
            read("serviceDocument", "The service document", service),
        );
        self.paths.insert(
            "/$metadata".to_owned(),
            read("metadata", "The model", forms),
        );
    }

    /// What the container's members lead to.
    fn container(&mut self) {
        let model = self.model;
        for (id, set) in model.entity_sets() {
            let place = Place::root(model, &set.name, set.of, Segment::EntitySet(id));
            self.collection(&place);
        }
        for (id, singleton) in model.singletons() {
            let segment = Segment::Singleton(id);
            let place = Place::root(model, &singleton.name, singleton.of, segment);
            self.entity(&place, ResourceKind::Singleton);
        }
        for import in model.imports() {
            for id in model.find_operations(None, &import.operation) {
                self.imported(import, id);
            }
        }
    }

    /// Adds a method to a path.
    fn add(&mut self, path: &str, method: &str, operation: Value) {
        let item = self
            .paths
            .entry(path.to_owned())
            .or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(method.to_owned(), operation);
        }
    }
}
