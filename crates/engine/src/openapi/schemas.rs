//! The model's types as JSON schemas (JSON Schema 2020-12; OData JSON Format 4.01, section 7).
//!
//! A type has up to four components: `T` as it is answered, `T-any` where derived types may stand
//! instead, and for entities `T-create` and `T-update`, which a client sends: without what the
//! service computes.

use edm::{
    EnumType, Facets, ItemType, Model, Primitive, Property, StructuredId, StructuredKind,
    StructuredType, TypeRef,
};
use serde_json::{Map, Value, json};

/// All components.
pub(super) fn all(model: &Model) -> Value {
    let mut all = Map::new();
    for (_, ty) in model.enum_types() {
        all.insert(ty.name.clone(), enumeration(ty));
    }
    for (id, ty) in model.structured_types() {
        all.insert(ty.name.clone(), answered(model, id));
        if !ty.derived.is_empty() {
            all.insert(format!("{}-any", ty.name), any(model, id));
        }
        if ty.kind == StructuredKind::Entity && !ty.is_abstract {
            all.insert(format!("{}-create", ty.name), sent(model, id, true));
            all.insert(format!("{}-update", ty.name), sent(model, id, false));
        }
    }
    all.insert("error".to_owned(), error());
    Value::Object(all)
}

/// The error object (OData JSON Format 4.01, section 21).
fn error() -> Value {
    let text = || json!({ "type": "string" });
    json!({
        "type": "object", "required": ["error"],
        "properties": { "error": {
            "type": "object", "required": ["code", "message"],
            "properties": {
                "code": text(), "message": text(), "target": text(),
                "details": { "type": "array", "items": { "type": "object" } },
                "innerError": { "type": "object" },
            },
        } },
    })
}

fn enumeration(ty: &EnumType) -> Value {
    let names: Vec<&str> = ty.members.iter().map(|m| m.name.as_str()).collect();
    if !ty.is_flags {
        return json!({ "type": "string", "enum": names });
    }
    let one = format!("({})", names.join("|"));
    json!({ "type": "string", "pattern": format!("^{one}(,{one})*$") })
}

/// A reference to a structured type: to any that derives from it, where one does.
pub(super) fn reference(model: &Model, of: StructuredId) -> Value {
    let ty = model.structured(of);
    let suffix = if ty.derived.is_empty() { "" } else { "-any" };
    json!({ "$ref": format!("#/components/schemas/{}{suffix}", ty.name) })
}

/// The schema of a type as a value of it is answered.
pub(super) fn of_type(model: &Model, ty: &TypeRef) -> Value {
    let item = match ty.item {
        ItemType::Primitive(primitive) => of_primitive(primitive, &ty.facets),
        ItemType::Enum(id) => {
            json!({ "$ref": format!("#/components/schemas/{}", model.enum_type(id).name) })
        }
        ItemType::Complex(id) | ItemType::Entity(id) => reference(model, id),
        ItemType::Untyped => return json!({}),
    };
    let item = if ty.nullable { or_null(item) } else { item };
    if ty.collection {
        json!({ "type": "array", "items": item })
    } else {
        item
    }
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn of_primitive(primitive: Primitive, facets: &Facets) -> Value {
    if let Some((least, greatest)) = primitive.integer_range() {
        return json!({ "type": "integer", "minimum": least, "maximum": greatest });
    }
    let mut schema = match primitive {
        Primitive::Boolean => json!({ "type": "boolean" }),
        Primitive::Decimal => json!({ "type": "number", "format": "decimal" }),
        Primitive::Double | Primitive::Single => json!({
            "anyOf": [{ "type": "number" }, { "type": "string", "enum": ["INF", "-INF", "NaN"] }],
        }),
        Primitive::Guid => json!({ "type": "string", "format": "uuid" }),
        Primitive::Date => json!({ "type": "string", "format": "date" }),
        Primitive::DateTimeOffset => json!({ "type": "string", "format": "date-time" }),
        Primitive::Duration => json!({ "type": "string", "format": "duration" }),
        Primitive::TimeOfDay => json!({
            "type": "string",
            "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?$",
        }),
        Primitive::Binary | Primitive::Stream => {
            json!({ "type": "string", "contentEncoding": "base64" })
        }
        Primitive::Geo(_) => json!({ "type": "object", "required": ["type"] }),
        Primitive::Any => json!({}),
        _ => json!({ "type": "string" }),
    };
    if let (Primitive::String, Some(length)) = (primitive, facets.max_length) {
        schema["maxLength"] = length.into();
    }
    schema
}

/// A type and those that derive from it, told apart by `@odata.type`.
fn any(model: &Model, of: StructuredId) -> Value {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(id) = found.get(next).copied() {
        found.extend(&model.structured(id).derived);
        next += 1;
    }
    let concrete: Vec<&StructuredType> = found
        .iter()
        .map(|id| model.structured(*id))
        .filter(|ty| !ty.is_abstract)
        .collect();
    let reference = |ty: &&StructuredType| format!("#/components/schemas/{}", ty.name);
    let choices: Vec<_> = concrete
        .iter()
        .map(|ty| json!({ "$ref": reference(ty) }))
        .collect();
    let mapping: Map<String, Value> = concrete
        .iter()
        .map(|ty| (format!("#{}", ty.name), reference(ty).into()))
        .collect();
    if choices.is_empty() {
        return json!({ "type": "object" });
    }
    json!({
        "anyOf": choices,
        "discriminator": { "propertyName": "@odata.type", "mapping": mapping },
    })
}

/// A type as it is answered: `$select` may leave out any property.
fn answered(model: &Model, of: StructuredId) -> Value {
    let ty = model.structured(of);
    let mut properties = Map::new();
    properties.insert("@odata.type".to_owned(), discriminator(ty));
    for property in &ty.properties {
        properties.insert(property.name.clone(), described(model, property));
    }
    for navigation in &ty.navigation {
        let target = reference(model, navigation.target);
        let schema = if navigation.collection {
            json!({ "type": "array", "items": target })
        } else {
            or_null(target)
        };
        properties.insert(navigation.name.clone(), schema);
    }
    json!({ "type": "object", "properties": properties })
}

fn discriminator(ty: &StructuredType) -> Value {
    json!({ "type": "string", "const": format!("#{}", ty.name) })
}

fn described(model: &Model, property: &Property) -> Value {
    let mut schema = of_type(model, &property.ty);
    let text = property.annotations.get("Org.OData.Core.V1.Description");
    if let (Some(text), Value::Object(schema)) = (text.and_then(|t| t.as_str()), &mut schema) {
        schema.insert("description".to_owned(), text.into());
    }
    if let (true, Value::Object(schema)) = (property.computed, &mut schema) {
        schema.insert("readOnly".to_owned(), true.into());
    }
    schema
}

/// What a client sends of an entity: no computed properties, on an update no immutable ones
/// either.
fn sent(model: &Model, of: StructuredId, creates: bool) -> Value {
    let ty = model.structured(of);
    let mut properties = Map::new();
    properties.insert("@odata.type".to_owned(), discriminator(ty));
    for property in &ty.properties {
        let is_kept = !property.computed && (creates || !property.immutable);
        if is_kept {
            properties.insert(property.name.clone(), described(model, property));
        }
    }
    for navigation in ty.navigation.iter().filter(|n| !n.contains_target) {
        let link = json!({ "type": "string", "format": "uri-reference" });
        let links = if navigation.collection {
            json!({ "type": "array", "items": link })
        } else {
            link
        };
        properties.insert(format!("{}@odata.bind", navigation.name), links);
    }
    json!({ "type": "object", "properties": properties })
}

/// What an action takes in its body.
pub(super) fn arguments(model: &Model, operation: &edm::Operation) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in operation.own_parameters() {
        properties.insert(parameter.name.clone(), of_type(model, &parameter.ty));
        if !parameter.optional {
            required.push(parameter.name.as_str());
        }
    }
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}
