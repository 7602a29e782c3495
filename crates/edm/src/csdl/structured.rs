//! Entity and complex types: what each declares itself (CSDL sections 6 to 9).

use super::Fault;
use super::document::Reader;
use super::names::collection_item;
use super::types::TYPE;
use super::xml::Element;
use crate::annotation::Annotations;
use crate::model::ItemType;
use crate::model::{
    NavigationProperty, Property, StructuredId, StructuredKind, StructuredType, index,
};
use crate::value::Value;

/// What can happen to the targets when a source is deleted (CSDL section 8.6).
const ON_DELETE: [&str; 4] = ["Cascade", "None", "SetDefault", "SetNull"];

/// A structured type's element, and what of it waits for inheritance.
pub(super) struct Declared<'e> {
    pub(super) id: StructuredId,
    pub(super) element: &'e Element,
    /// The names of the key's properties.
    pub(super) key: Vec<&'e str>,
}

impl Reader {
    /// Reads all structured types; `elements` are in the order of their indexes.
    pub(super) fn structured_types(&mut self, elements: &[&Element]) -> Result<(), Fault> {
        let mut declared = Vec::with_capacity(elements.len());
        for (place, element) in elements.iter().enumerate() {
            declared.push(self.structured_type(StructuredId(index(place)), element)?);
        }
        for own in &declared {
            let base = self.model.structured(own.id).base;
            if let Some(base) = base.and_then(|b| self.model.structured.get_mut(b.0 as usize)) {
                base.derived.push(own.id);
            }
        }
        self.inherit(&declared)?;
        self.defaults(&declared)
    }

    /// Reads one type without what it inherits.
    fn structured_type<'e>(
        &mut self,
        id: StructuredId,
        element: &'e Element,
    ) -> Result<Declared<'e>, Fault> {
        let (name, kind) = {
            let ty = self.model.structured(id);
            (ty.name.clone(), ty.kind)
        };
        element.only(&[&["Name", "BaseType", "Abstract", "OpenType", "HasStream"]])?;
        if kind == StructuredKind::Complex && element.get("HasStream").is_some() {
            return Err(element.fault("HasStream is for entity types"));
        }
        let base = element
            .get("BaseType")
            .map(|base| self.base_type(element, base, kind))
            .transpose()?;
        let mut ty = StructuredType {
            base,
            is_abstract: element.flag("Abstract", false)?,
            is_open: element.flag("OpenType", false)?,
            has_stream: element.flag("HasStream", false)?,
            annotations: self.annotations(element, &name)?,
            ..self.model.structured(id).clone()
        };
        let mut key = Vec::new();
        for child in &element.children {
            match child.name.as_str() {
                "Property" => ty.properties.push(self.property(child, &name)?),
                "NavigationProperty" => ty.navigation.push(self.navigation_property(child, &name)?),
                "Key" if kind == StructuredKind::Entity && key.is_empty() => {
                    key = key_names(child)?;
                }
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        if let Some(slot) = self.model.structured.get_mut(id.0 as usize) {
            *slot = ty;
        }
        Ok(Declared { id, element, key })
    }

    fn base_type(
        &self,
        element: &Element,
        base: &str,
        kind: StructuredKind,
    ) -> Result<StructuredId, Fault> {
        let base = self.names.qualify(base);
        match self.model.find_structured(&base) {
            Some(id) if self.model.structured(id).kind == kind => Ok(id),
            Some(_) => Err(element.fault(format!("the base type {base} is of another kind"))),
            None => Err(element.fault(format!("the base type {base} is not declared"))),
        }
    }

    fn property(&self, element: &Element, of: &str) -> Result<Property, Fault> {
        element.only(&[&["Name", "DefaultValue"], &TYPE])?;
        if let Some(child) = element.children.iter().find(|c| c.name != "Annotation") {
            return Err(element.unexpected(child));
        }
        let name = element.simple_name()?;
        let default_text = element.owned("DefaultValue");
        Ok(Property {
            name: name.to_owned(),
            ty: self.property_type(element)?,
            default: Value::Null,
            has_default: default_text.is_some(),
            computed: false,
            immutable: false,
            annotations: self.annotations(element, &format!("{of}/{name}"))?,
            default_text,
        })
    }

    fn navigation_property(
        &self,
        element: &Element,
        of: &str,
    ) -> Result<NavigationProperty, Fault> {
        element.only(&[&["Name", "Type", "Nullable", "Partner", "ContainsTarget"]])?;
        let name = element.simple_name()?;
        let written = element.require("Type")?;
        let item = collection_item(written);
        let target = self.entity_type(element, item.unwrap_or(written))?;
        let mut property = NavigationProperty {
            name: name.to_owned(),
            target,
            collection: item.is_some(),
            nullable: item.is_none() && element.flag("Nullable", true)?,
            contains_target: element.flag("ContainsTarget", false)?,
            partner: element.get("Partner").map(|p| self.names.path(p)),
            referential_constraints: Vec::new(),
            constraint_annotations: Vec::new(),
            on_delete: None,
            on_delete_annotations: Annotations::default(),
            annotations: self.annotations(element, &format!("{of}/{name}"))?,
        };
        self.constraints(element, &mut property)?;
        Ok(property)
    }

    /// Reads what a navigation property's element contains.
    fn constraints(
        &self,
        element: &Element,
        property: &mut NavigationProperty,
    ) -> Result<(), Fault> {
        for child in &element.children {
            match child.name.as_str() {
                "ReferentialConstraint" => {
                    child.only(&[&["Property", "ReferencedProperty"]])?;
                    let pair = (
                        child.require("Property")?,
                        child.require("ReferencedProperty")?,
                    );
                    property
                        .referential_constraints
                        .push((pair.0.to_owned(), pair.1.to_owned()));
                    property.constraint_annotations.push(self.inline(child)?);
                }
                "OnDelete" => {
                    child.only(&[&["Action"]])?;
                    let action = child.require("Action")?;
                    if !ON_DELETE.contains(&action) {
                        let allowed = ON_DELETE.join(", ");
                        return Err(child.fault(format!("Action is none of {allowed}")));
                    }
                    if property.on_delete.is_some() {
                        return Err(child.fault("there is one already"));
                    }
                    property.on_delete = Some(action.to_owned());
                    property.on_delete_annotations = self.inline(child)?;
                }
                "Annotation" => {}
                _ => return Err(element.unexpected(child)),
            }
        }
        Ok(())
    }

    /// Resolves the key of a type whose properties are complete.
    pub(super) fn key(&self, declared: &Declared<'_>) -> Result<Vec<usize>, Fault> {
        let ty = self.model.structured(declared.id);
        let ordinal = |name: &&str| {
            let place = ty.property(name).ok_or_else(|| {
                declared
                    .element
                    .fault(format!("the key's property {name} is not declared"))
            })?;
            match ty.properties.get(place).map(|p| &p.ty) {
                Some(ty)
                    if !ty.collection
                        && !ty.nullable
                        && matches!(ty.item, ItemType::Primitive(_) | ItemType::Enum(_)) =>
                {
                    Ok(place)
                }
                _ => Err(declared.element.fault(format!(
                    "the key's property {name} is not a single, non-nullable primitive value"
                ))),
            }
        };
        declared.key.iter().map(ordinal).collect()
    }
}

fn key_names(element: &Element) -> Result<Vec<&str>, Fault> {
    element.only(&[])?;
    let mut names = Vec::new();
    for child in &element.children {
        if child.name != "PropertyRef" {
            return Err(element.unexpected(child));
        }
        child.only(&[&["Name"]])?;
        let name = child.require("Name")?;
        if name.contains('/') {
            return Err(child.fault("a key within a complex property is not supported"));
        }
        if names.contains(&name) {
            return Err(child.fault("the key names the property twice"));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(element.fault("the key is empty"));
    }
    Ok(names)
}
