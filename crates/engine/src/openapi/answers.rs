//! What is answered: entities, collections, values, errors.

use edm::{ItemType, Model, StructuredId, TypeRef};
use serde_json::{Map, Value, json};

use super::schemas;

/// The statuses of errors, with what each means.
const ERRORS: [(u16, &str); 12] = [
    (
        400,
        "The request cannot be understood or breaks a rule of the model",
    ),
    (401, "No token, or one that does not hold"),
    (403, "The token lacks the permission"),
    (404, "There is no such resource"),
    (405, "The resource does not know this method"),
    (406, "None of the accepted formats can be served"),
    (409, "The key is taken, or the resource is in use"),
    (412, "A condition of the request does not hold"),
    (413, "The body is too large"),
    (414, "The URL is too long"),
    (415, "The media type of the body is not understood"),
    (503, "For now, the service cannot answer"),
];

/// The errors as components.
pub(super) fn shared() -> Value {
    let mut shared = Map::new();
    for (status, description) in ERRORS {
        let schema = json!({ "$ref": "#/components/schemas/error" });
        let response = json!({
            "description": description,
            "content": { "application/json": { "schema": schema } },
        });
        shared.insert(status.to_string(), response);
    }
    Value::Object(shared)
}

/// References to the errors of these statuses.
pub(super) fn errors(statuses: &[u16]) -> Map<String, Value> {
    let reference = |status: &u16| json!({ "$ref": format!("#/components/responses/{status}") });
    statuses
        .iter()
        .map(|status| (status.to_string(), reference(status)))
        .collect()
}

/// The statuses that reading answers when it fails.
pub(super) const READ: [u16; 8] = [400, 401, 403, 404, 405, 406, 414, 503];
/// Those of a write.
pub(super) const WRITE: [u16; 12] = [400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 503];

/// An answer with JSON of a schema.
pub(super) fn json_of(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

/// An answer without content.
pub(super) fn nothing() -> Value {
    json!({ "description": "Done; there is no content" })
}

/// A page of a collection.
pub(super) fn page(items: &Value) -> Value {
    json!({
        "type": "object", "required": ["value"],
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.count": { "type": "integer", "minimum": 0 },
            "@odata.nextLink": { "type": "string", "format": "uri" },
            "value": { "type": "array", "items": items },
        },
    })
}

/// A page of entities.
pub(super) fn entities(model: &Model, of: StructuredId) -> Value {
    page(&schemas::reference(model, of))
}

/// What an operation returns: entities and complex values as they are, others under `value` (JSON
/// Format 4.01, section 18).
pub(super) fn returned(model: &Model, ty: &TypeRef) -> Value {
    let bare = TypeRef {
        collection: false,
        ..ty.clone()
    };
    let item = schemas::of_type(model, &bare);
    match ty.item {
        _ if ty.collection => page(&item),
        ItemType::Entity(_) | ItemType::Complex(_) => item,
        _ => json!({ "type": "object", "required": ["value"], "properties": { "value": item } }),
    }
}
