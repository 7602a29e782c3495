//! The model's types as JSON schemas (JSON Schema 2020-12; OData JSON Format 4.01, section 7).
//!
//! A type has several components: `T` as it is answered, `T-typed` where `@odata.type` must tell it
//! from the type that is declared, `T-any` where derived types may stand instead; and for entities
//! what a client sends, without what the service computes: `T-create`, `T-update`, and `T-member`,
//! an update in which the body says which entity it is about.

use edm::{
    EnumType, Facets, ItemType, Model, Primitive, Property, StructuredId, StructuredKind,
    StructuredType, TypeRef,
};
use serde_json::{Map, Value, json};

/// What a client sends of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// A new entity.
    Create,
    /// A change of the entity that the URL names.
    Update,
    /// A change of the member of a collection that the body names.
    Member,
}

impl Sent {
    const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Member];

    /// What the names of its components end with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Create => "-create",
            Self::Update => "-update",
            Self::Member => "-member",
        }
    }
}

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
        if !ty.is_abstract && ty.base.is_some() {
            all.insert(format!("{}-typed", ty.name), typed(&ty.name));
        }
        if ty.kind == StructuredKind::Entity && !ty.is_abstract {
            for what in Sent::ALL {
                let schema = sent(model, id, what);
                all.insert(format!("{}{}", ty.name, what.suffix()), schema);
            }
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
    // A collection of entities holds no null (OData JSON Format 4.01, section 13), nor does one of
    // complex values here.
    let may_be_null = ty.nullable && !(ty.collection && ty.item.structured().is_some());
    let item = if may_be_null { or_null(item) } else { item };
    if !ty.collection {
        return item;
    }
    let array = json!({ "type": "array", "items": item });
    // A nullable collection of values is taken and given back as null, as Graph does.
    if ty.nullable && !matches!(ty.item, ItemType::Entity(_)) {
        or_null(array)
    } else {
        array
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

/// A type that is not the declared one: it says so (OData JSON Format 4.01, section 4.6.3).
fn typed(name: &str) -> Value {
    let whole = json!({ "$ref": format!("#/components/schemas/{name}") });
    json!({ "allOf": [whole], "required": ["@odata.type"] })
}

/// A type and those that derive from it, without the abstract ones.
fn concrete(model: &Model, of: StructuredId) -> Vec<&StructuredType> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(id) = found.get(next).copied() {
        found.extend(&model.structured(id).derived);
        next += 1;
    }
    let types = found.iter().map(|id| model.structured(*id));
    types.filter(|ty| !ty.is_abstract).collect()
}

/// What a client sends where a type is declared: that type, or one that derives from it and says
/// so.
pub(super) fn choice(model: &Model, of: StructuredId, suffix: &str) -> Value {
    let declared = &model.structured(of).name;
    let choices = concrete(model, of).into_iter().map(|ty| {
        let sent = json!({ "$ref": format!("#/components/schemas/{}{suffix}", ty.name) });
        if ty.name == *declared {
            sent
        } else {
            json!({ "allOf": [sent], "required": ["@odata.type"] })
        }
    });
    let choices: Vec<_> = choices.collect();
    match choices.as_slice() {
        [one] => one.clone(),
        [] => json!({ "type": "object" }),
        _ => json!({ "anyOf": choices }),
    }
}

/// A delta payload for a collection: entities that change or come, by their keys, and removed ones
/// (OData JSON Format 4.01, section 15).
///
/// `create` is what makes a member, where one can be made: it needs no key.
pub(super) fn changes(
    model: &Model,
    of: StructuredId,
    member: &Value,
    create: Option<Value>,
) -> Value {
    let ty = model.structured(of);
    let keys: Vec<_> = ty
        .key
        .iter()
        .filter_map(|at| ty.properties.get(*at))
        .collect();
    let mut required: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let changed = json!({ "allOf": [member], "required": required });
    required.push("@removed");
    let mut removed = Map::new();
    removed.insert("@removed".to_owned(), json!({ "type": "object" }));
    for key in keys {
        removed.insert(key.name.clone(), of_type(model, &key.ty));
    }
    let removed = json!({ "type": "object", "required": required, "properties": removed });
    let items: Vec<Value> = [changed, removed].into_iter().chain(create).collect();
    json!({
        "type": "object",
        "required": ["@odata.context", "value"],
        "properties": {
            "@odata.context": { "type": "string", "pattern": "#\\$delta$" },
            "value": {
                "type": "array",
                "items": { "anyOf": items },
            },
        },
        "additionalProperties": false,
        "patternProperties": { "@": {} },
    })
}

/// A type and those that derive from it, told apart by `@odata.type`.
fn any(model: &Model, of: StructuredId) -> Value {
    let declared = &model.structured(of).name;
    let concrete = concrete(model, of);
    let reference = |ty: &&StructuredType| {
        let suffix = if ty.name == *declared { "" } else { "-typed" };
        format!("#/components/schemas/{}{suffix}", ty.name)
    };
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
    for property in ty.properties.iter().filter(|p| !p.is_dynamic()) {
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
    let mut schema = json!({ "type": "object", "properties": properties });
    if ty.is_open {
        schema["additionalProperties"] = true.into();
    }
    schema
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
/// either, and the key only where the URL does not say it.
fn sent(model: &Model, of: StructuredId, what: Sent) -> Value {
    let ty = model.structured(of);
    let mut properties = Map::new();
    properties.insert("@odata.type".to_owned(), discriminator(ty));
    let declared = ty.properties.iter().enumerate();
    for (ordinal, property) in declared.filter(|(_, p)| !p.is_dynamic()) {
        let is_kept = if ty.key.contains(&ordinal) {
            what != Sent::Update && (what == Sent::Member || !property.computed)
        } else {
            !property.computed && (what == Sent::Create || !property.immutable)
        };
        if is_kept {
            properties.insert(property.name.clone(), described(model, property));
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if ty.is_open {
        schema["additionalProperties"] = true.into();
    } else {
        // What stands here as well is control information (OData JSON Format 4.01, section 4.5).
        schema["additionalProperties"] = false.into();
        schema["patternProperties"] = json!({ "@": {} });
    }
    schema
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
