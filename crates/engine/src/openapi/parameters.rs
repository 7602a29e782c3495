//! Keys and query options as parameters.

use edm::{ItemType, Model, Primitive, StructuredId, TypeRef};
use serde_json::{Map, Value, json};

use super::schemas;

/// The query options that a document may name, with what they are and their schemas.
fn options() -> [(&'static str, &'static str, Value); 15] {
    let text = || json!({ "type": "string", "minLength": 1 });
    let number = || json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX });
    [
        ("$apply", "Transformations of the collection", text()),
        ("$compute", "Computed properties", text()),
        (
            "$count",
            "Whether the answer says how many there are",
            json!({ "type": "boolean" }),
        ),
        ("$deltatoken", "Where a delta link begins", text()),
        ("$expand", "Navigation properties to show", text()),
        (
            "$filter",
            "A Boolean expression that picks among the items",
            text(),
        ),
        (
            "$format",
            "The media type of the answer instead of Accept",
            text(),
        ),
        ("$id", "The entity that a reference is about", text()),
        (
            "$index",
            "The place of a new item",
            json!({ "type": "integer" }),
        ),
        ("$orderby", "Expressions to order by", text()),
        ("$search", "Words to look for", text()),
        ("$select", "The properties to show", text()),
        ("$skip", "How many items to leave out", number()),
        ("$skiptoken", "Where a next link begins", text()),
        ("$top", "How many items to answer", number()),
    ]
}

/// The query options as components.
pub(super) fn shared() -> Value {
    let mut shared = Map::new();
    for (name, description, schema) in options() {
        let parameter = json!({
            "name": name, "in": "query", "description": description, "schema": schema,
        });
        shared.insert(component(name), parameter);
    }
    Value::Object(shared)
}

/// References to the query options of these names.
pub(super) fn references(names: &[&str]) -> Vec<Value> {
    let known = options();
    names
        .iter()
        .filter(|name| known.iter().any(|(known, ..)| known == *name))
        .map(|name| json!({ "$ref": format!("#/components/parameters/{}", component(name)) }))
        .collect()
}

/// Names of components have no `$`.
fn component(option: &str) -> String {
    option.trim_start_matches('$').to_owned()
}

/// The key of a type in a template: as a segment, or in parentheses if it has several parts. The
/// names differ from those of the keys before it by their type's name and, where that is not
/// enough, their place.
pub(super) fn key(model: &Model, of: StructuredId, before: usize) -> (String, Vec<Value>) {
    let ty = model.structured(of);
    let properties: Vec<_> = ty
        .key
        .iter()
        .filter_map(|at| ty.properties.get(*at))
        .collect();
    let name = |property: &str| {
        let place = if before > 0 {
            format!("{}-", before + 1)
        } else {
            String::new()
        };
        format!("{}-{place}{property}", ty.short_name())
    };
    if let [property] = properties.as_slice() {
        let name = name(&property.name);
        let schema = key_schema(model, &property.ty);
        return (format!("/{{{name}}}"), vec![in_path(&name, schema)]);
    }
    let mut parts = Vec::new();
    let mut keys = Vec::new();
    for property in properties {
        let name = name(&property.name);
        parts.push(format!("{}={{{name}}}", property.name));
        keys.push(in_path(&name, literal(model, &property.ty)));
    }
    (format!("({})", parts.join(",")), keys)
}

/// A parameter of a template.
pub(super) fn in_path(name: &str, schema: Value) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

/// A key as a segment of its own: no quotes, and not the name of an operation or property.
fn key_schema(model: &Model, ty: &TypeRef) -> Value {
    match ty.item {
        ItemType::Primitive(Primitive::String) => {
            let mut schema = json!({ "type": "string", "minLength": 1 });
            if let Some(length) = ty.facets.max_length {
                schema["maxLength"] = length.into();
            }
            schema
        }
        _ => literal(model, ty),
    }
}

/// A literal within parentheses (OData ABNF 4.01, section 7): strings and enumerations in quotes.
pub(super) fn literal(model: &Model, ty: &TypeRef) -> Value {
    let quoted = json!({ "type": "string", "pattern": "^'([^']|'')*'$" });
    match ty.item {
        _ if ty.collection => json!({ "type": "string" }),
        ItemType::Primitive(Primitive::String) | ItemType::Enum(_) => quoted,
        ItemType::Primitive(Primitive::Binary | Primitive::Duration | Primitive::Geo(_)) => {
            json!({ "type": "string" })
        }
        ItemType::Primitive(_) => schemas::of_type(model, &required(ty)),
        ItemType::Complex(_) | ItemType::Entity(_) | ItemType::Untyped => {
            json!({ "type": "string" })
        }
    }
}

fn required(ty: &TypeRef) -> TypeRef {
    TypeRef {
        nullable: false,
        ..ty.clone()
    }
}
