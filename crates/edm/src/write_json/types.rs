//! Types, their members, and terms (CSDL JSON, sections 6 to 11 and 14.1).

use super::annotations;
use super::writer::Writer;
use crate::csdl::short_name;
use crate::model::{
    EnumType, Facets, ItemType, Model, NavigationProperty, Property, StructuredKind,
    StructuredType, Term, TypeDefinition, TypeRef,
};
use crate::primitive::Primitive;
use crate::value::Value;

pub(super) use crate::csdl::collection_item;

pub(super) fn enum_type(json: &mut Writer, ty: &EnumType) {
    json.name(short_name(&ty.name)).object(|json| {
        json.text("$Kind", "EnumType");
        if ty.underlying != Primitive::Int32 {
            json.text("$UnderlyingType", ty.underlying.name());
        }
        json.flag("$IsFlags", ty.is_flags);
        for member in &ty.members {
            json.name(&member.name).raw(&member.value.to_string());
            annotations::write(json, &member.name, &member.annotations);
        }
        annotations::write(json, "", &ty.annotations);
    });
}

pub(super) fn type_definition(json: &mut Writer, definition: &TypeDefinition) {
    json.name(short_name(&definition.name)).object(|json| {
        json.text("$Kind", "TypeDefinition");
        json.text("$UnderlyingType", definition.underlying.name());
        facets(json, definition.underlying.name(), &definition.facets, None);
        annotations::write(json, "", &definition.annotations);
    });
}

pub(super) fn term(json: &mut Writer, term: &Term) {
    json.name(short_name(&term.name)).object(|json| {
        json.text("$Kind", "Term");
        let item = collection_item(&term.ty);
        let name = item.unwrap_or(&term.ty);
        json.text("$Type", name);
        json.flag("$Collection", item.is_some());
        json.flag("$Nullable", term.nullable);
        facets(json, name, &term.facets, None);
        if let Some(base) = &term.base_term {
            json.text("$BaseTerm", base);
        }
        if let Some(text) = &term.default_value {
            default_of_term(json.name("$DefaultValue"), name, text);
        }
        if let Some(elements) = &term.applies_to {
            json.name("$AppliesTo").array(|json| {
                for element in elements.split_whitespace() {
                    json.item().string(element);
                }
            });
        }
        annotations::write(json, "", &term.annotations);
    });
}

/// A term's type may be another document's: then its default is a string.
fn default_of_term(json: &mut Writer, ty: &str, text: &str) {
    match Primitive::from_name(ty).and_then(|primitive| Value::parse(primitive, text).ok()) {
        Some(parsed) => value(json, &parsed),
        None if ty == "Org.OData.Core.V1.Tag" && matches!(text, "true" | "false") => json.raw(text),
        None => json.string(text),
    }
}

pub(super) fn structured_type(json: &mut Writer, model: &Model, ty: &StructuredType) {
    let base = ty.base.map(|id| model.structured(id));
    json.name(short_name(&ty.name)).object(|json| {
        let kind = match ty.kind {
            StructuredKind::Entity => "EntityType",
            StructuredKind::Complex => "ComplexType",
        };
        json.text("$Kind", kind);
        if let Some(base) = base {
            json.text("$BaseType", &base.name);
        }
        json.flag("$Abstract", ty.is_abstract);
        json.flag("$OpenType", ty.is_open && !base.is_some_and(|b| b.is_open));
        json.flag(
            "$HasStream",
            ty.has_stream && !base.is_some_and(|b| b.has_stream),
        );
        if !ty.key.is_empty() && base.is_none_or(|b| b.key.is_empty()) {
            json.name("$Key").array(|json| {
                for property in ty.key.iter().filter_map(|at| ty.properties.get(*at)) {
                    json.item().string(&property.name);
                }
            });
        }
        let own = ty.properties.iter().skip(ty.inherited_properties);
        for property in own.filter(|property| !property.is_dynamic()) {
            write_property(json, model, property);
        }
        for property in ty.navigation.iter().skip(ty.inherited_navigation) {
            write_navigation(json, model, property);
        }
        annotations::write(json, "", &ty.annotations);
    });
}

fn write_property(json: &mut Writer, model: &Model, property: &Property) {
    json.name(&property.name).object(|json| {
        typed(json, model, &property.ty);
        if let Some(text) = &property.default_text {
            let json = json.name("$DefaultValue");
            match property.default {
                // The members by name, as written.
                Value::Enum(_) => json.string(text),
                ref other => value(json, other),
            }
        }
        annotations::write(json, "", &property.annotations);
    });
}

/// A primitive value (CSDL JSON section 7.2.7, JSON Format 4.01 section 7.1).
fn value(json: &mut Writer, value: &Value) {
    match value {
        Value::Geo(geo) => json.raw(&geo.to_geojson(4326)),
        Value::Boolean(_) | Value::Integer(_) => json.raw(&value.to_text().unwrap_or_default()),
        Value::Double(_) | Value::Decimal(_) => {
            annotations::number(json, &value.to_text().unwrap_or_default());
        }
        other => match other.to_text() {
            Some(text) => json.string(&text),
            None => json.raw("null"),
        },
    }
}

fn write_navigation(json: &mut Writer, model: &Model, property: &NavigationProperty) {
    json.name(&property.name).object(|json| {
        json.text("$Kind", "NavigationProperty");
        json.text("$Type", &model.structured(property.target).name);
        json.flag("$Collection", property.collection);
        json.flag("$Nullable", !property.collection && property.nullable);
        if let Some(partner) = &property.partner {
            json.text("$Partner", partner);
        }
        json.flag("$ContainsTarget", property.contains_target);
        if !property.referential_constraints.is_empty() {
            json.name("$ReferentialConstraint").object(|json| {
                let constraints = property.referential_constraints.iter();
                for ((own, referenced), notes) in constraints.zip(&property.constraint_annotations)
                {
                    json.text(own, referenced);
                    annotations::write(json, own, notes);
                }
            });
        }
        if let Some(action) = &property.on_delete {
            json.text("$OnDelete", action);
            annotations::write(json, "$OnDelete", &property.on_delete_annotations);
        }
        annotations::write(json, "", &property.annotations);
    });
}

/// Writes what an object says of its type: `$Type`, `$Collection`, `$Nullable` and the facets.
pub(super) fn typed(json: &mut Writer, model: &Model, ty: &TypeRef) {
    let definition = ty.facets.definition.map(|id| model.type_definition(id));
    let name = definition.map_or_else(|| model.item_name(ty.item), |d| d.name.as_str());
    if name != "Edm.String" {
        json.text("$Type", name);
    }
    json.flag("$Collection", ty.collection);
    json.flag("$Nullable", ty.nullable);
    let underlying = match ty.item {
        ItemType::Primitive(primitive) => primitive.name(),
        _ => "",
    };
    facets(json, underlying, &ty.facets, definition.map(|d| &d.facets));
}

/// Writes the facets, without those that the type definition gives already. Without `$Scale` a
/// decimal has any, in XML it has 0: so the latter is said here (CSDL section 7.2.4).
fn facets(json: &mut Writer, underlying: &str, facets: &Facets, definition: Option<&Facets>) {
    fn differing<'a, T: PartialEq>(own: &'a Option<T>, given: Option<&Option<T>>) -> Option<&'a T> {
        own.as_ref().filter(|_| given != Some(own))
    }
    let given = definition;
    if let Some(length) = differing(&facets.max_length, given.map(|d| &d.max_length)) {
        json.name("$MaxLength").raw(&length.to_string());
    }
    if let Some(precision) = differing(&facets.precision, given.map(|d| &d.precision)) {
        json.name("$Precision").raw(&precision.to_string());
    }
    match differing(&facets.scale, given.map(|d| &d.scale)) {
        Some(scale) => match scale.parse::<u32>() {
            Ok(scale) => json.name("$Scale").raw(&scale.to_string()),
            Err(_) => json.text("$Scale", scale),
        },
        None if underlying == "Edm.Decimal" && given.is_none() => json.name("$Scale").raw("0"),
        None => {}
    }
    if let Some(unicode) = differing(&facets.unicode, given.map(|d| &d.unicode)) {
        json.name("$Unicode").raw(&unicode.to_string());
    }
    if let Some(srid) = differing(&facets.srid, given.map(|d| &d.srid)) {
        json.text("$SRID", srid);
    }
}
