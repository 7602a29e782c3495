//! Types, their members, and terms.

use super::annotations;
use super::xml::Writer;
pub(super) use crate::csdl::short_name as short;
use crate::model::{
    EnumType, Facets, Model, NavigationProperty, Property, StructuredKind, StructuredType, Term,
    TypeDefinition, TypeRef,
};

pub(super) fn enum_type(xml: &mut Writer, ty: &EnumType) {
    let mut attributes = vec![("Name", short(&ty.name))];
    if ty.underlying.name() != "Edm.Int32" {
        attributes.push(("UnderlyingType", ty.underlying.name()));
    }
    if ty.is_flags {
        attributes.push(("IsFlags", "true"));
    }
    xml.open("EnumType", &attributes);
    for member in &ty.members {
        xml.open(
            "Member",
            &[("Name", &member.name), ("Value", &member.value.to_string())],
        );
        annotations::write(xml, &member.annotations);
        xml.close();
    }
    annotations::write(xml, &ty.annotations);
    xml.close();
}

pub(super) fn type_definition(xml: &mut Writer, definition: &TypeDefinition) {
    let facets = facets(&definition.facets, None);
    let mut attributes = vec![
        ("Name", short(&definition.name)),
        ("UnderlyingType", definition.underlying.name()),
    ];
    attributes.extend(facets.iter().map(|(n, v)| (*n, v.as_str())));
    xml.open("TypeDefinition", &attributes);
    annotations::write(xml, &definition.annotations);
    xml.close();
}

pub(super) fn term(xml: &mut Writer, term: &Term) {
    let facets = facets(&term.facets, None);
    let mut attributes = vec![("Name", short(&term.name)), ("Type", term.ty.as_str())];
    attributes.extend(term.base_term.as_deref().map(|t| ("BaseTerm", t)));
    attributes.extend(term.default_value.as_deref().map(|v| ("DefaultValue", v)));
    attributes.extend(term.applies_to.as_deref().map(|a| ("AppliesTo", a)));
    if !term.nullable {
        attributes.push(("Nullable", "false"));
    }
    attributes.extend(facets.iter().map(|(n, v)| (*n, v.as_str())));
    xml.open("Term", &attributes);
    annotations::write(xml, &term.annotations);
    xml.close();
}

pub(super) fn structured_type(xml: &mut Writer, model: &Model, ty: &StructuredType) {
    let base = ty.base.map(|id| model.structured(id));
    let mut attributes = vec![("Name", short(&ty.name))];
    attributes.extend(base.map(|b| ("BaseType", b.name.as_str())));
    let inherited = |own: bool, of: fn(&StructuredType) -> bool| own && !base.is_some_and(of);
    for (name, set) in [
        ("Abstract", ty.is_abstract),
        ("OpenType", inherited(ty.is_open, |b| b.is_open)),
        ("HasStream", inherited(ty.has_stream, |b| b.has_stream)),
    ] {
        if set {
            attributes.push((name, "true"));
        }
    }
    let element = match ty.kind {
        StructuredKind::Entity => "EntityType",
        StructuredKind::Complex => "ComplexType",
    };
    xml.open(element, &attributes);
    if !ty.key.is_empty() && base.is_none_or(|b| b.key.is_empty()) {
        xml.open("Key", &[]);
        for property in ty
            .key
            .iter()
            .filter_map(|ordinal| ty.properties.get(*ordinal))
        {
            xml.empty("PropertyRef", &[("Name", &property.name)]);
        }
        xml.close();
    }
    let own = ty.properties.iter().skip(ty.inherited_properties);
    for property in own.filter(|property| !property.is_dynamic()) {
        write_property(xml, model, property);
    }
    for property in ty.navigation.iter().skip(ty.inherited_navigation) {
        write_navigation(xml, model, property);
    }
    annotations::write(xml, &ty.annotations);
    xml.close();
}

fn write_property(xml: &mut Writer, model: &Model, property: &Property) {
    typed(
        xml,
        model,
        "Property",
        Some(&property.name),
        &property.ty,
        property.default_text.as_deref(),
    );
    annotations::write(xml, &property.annotations);
    xml.close();
}

fn write_navigation(xml: &mut Writer, model: &Model, property: &NavigationProperty) {
    let target = &model.structured(property.target).name;
    let ty = if property.collection {
        format!("Collection({target})")
    } else {
        target.clone()
    };
    let mut attributes = vec![("Name", property.name.as_str()), ("Type", &ty)];
    if !property.collection && !property.nullable {
        attributes.push(("Nullable", "false"));
    }
    attributes.extend(property.partner.as_deref().map(|p| ("Partner", p)));
    if property.contains_target {
        attributes.push(("ContainsTarget", "true"));
    }
    xml.open("NavigationProperty", &attributes);
    let constraints = property.referential_constraints.iter();
    for ((own, referenced), notes) in constraints.zip(&property.constraint_annotations) {
        xml.open(
            "ReferentialConstraint",
            &[("Property", own), ("ReferencedProperty", referenced)],
        );
        annotations::write(xml, notes);
        xml.close();
    }
    if let Some(action) = &property.on_delete {
        xml.open("OnDelete", &[("Action", action)]);
        annotations::write(xml, &property.on_delete_annotations);
        xml.close();
    }
    annotations::write(xml, &property.annotations);
    xml.close();
}

/// Opens an element that has a type: its attributes in the order `Name`, `Type`, `Nullable`,
/// facets, `DefaultValue`.
pub(super) fn typed(
    xml: &mut Writer,
    model: &Model,
    element: &'static str,
    name: Option<&str>,
    ty: &TypeRef,
    default: Option<&str>,
) {
    let written = model.written_type(ty);
    let definition = ty
        .facets
        .definition
        .map(|id| &model.type_definition(id).facets);
    let facets = facets(&ty.facets, definition);
    let mut attributes: Vec<_> = name.map(|n| ("Name", n)).into_iter().collect();
    attributes.push(("Type", &written));
    if !ty.nullable {
        attributes.push(("Nullable", "false"));
    }
    attributes.extend(facets.iter().map(|(n, v)| (*n, v.as_str())));
    attributes.extend(default.map(|d| ("DefaultValue", d)));
    xml.open(element, &attributes);
}

/// The facets as attributes, without those that the type definition gives already.
fn facets(facets: &Facets, definition: Option<&Facets>) -> Vec<(&'static str, String)> {
    fn differing<T: PartialEq>(
        own: &Option<T>,
        given: Option<&Option<T>>,
        text: fn(&T) -> String,
    ) -> Option<String> {
        own.as_ref().filter(|_| given != Some(own)).map(text)
    }
    let d = definition;
    let all = [
        (
            "MaxLength",
            differing(
                &facets.max_length,
                d.map(|d| &d.max_length),
                ToString::to_string,
            ),
        ),
        (
            "Precision",
            differing(
                &facets.precision,
                d.map(|d| &d.precision),
                ToString::to_string,
            ),
        ),
        (
            "Scale",
            differing(&facets.scale, d.map(|d| &d.scale), String::clone),
        ),
        (
            "Unicode",
            differing(&facets.unicode, d.map(|d| &d.unicode), ToString::to_string),
        ),
        (
            "SRID",
            differing(&facets.srid, d.map(|d| &d.srid), String::clone),
        ),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
