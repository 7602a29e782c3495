//! Inheritance: every type gets the members of its base before its own (CSDL section 6.2).

use std::collections::HashMap;

use super::Fault;
use super::document::Reader;
use super::structured::Declared;
use crate::annotation::Annotations;
use crate::model::{Model, Property, StructuredId, StructuredType};

/// The terms that make a property the service's own, with the alias that vocabularies use for
/// themselves: documents use it without declaring it.
const COMPUTED: [&str; 2] = ["Org.OData.Core.V1.Computed", "Core.Computed"];
const IMMUTABLE: [&str; 2] = ["Org.OData.Core.V1.Immutable", "Core.Immutable"];

impl Reader {
    /// Completes all types, bases first.
    pub(super) fn inherit(&mut self, declared: &[Declared<'_>]) -> Result<(), Fault> {
        for id in derivation_order(&self.model, declared)? {
            let Some(own) = declared.get(id.0 as usize) else {
                continue;
            };
            let mut ty = self.model.structured(id).clone();
            if let Some(base) = ty.base {
                let base = self.model.structured(base);
                self.add_inherited(&mut ty, base);
                if !base.key.is_empty() && !own.key.is_empty() {
                    return Err(own.element.fault("the base type has a key already"));
                }
                ty.key.clone_from(&base.key);
            }
            if ty.is_open && ty.dynamic.is_none() {
                ty.dynamic = Some(ty.properties.len());
                ty.properties.push(Property::of_open_type());
            }
            index_names(&mut ty).map_err(|message| own.element.fault(message))?;
            for property in &mut ty.properties {
                property.computed = tagged(&property.annotations, COMPUTED);
                property.immutable = tagged(&property.annotations, IMMUTABLE);
            }
            if let Some(slot) = self.model.structured.get_mut(id.0 as usize) {
                *slot = ty;
            }
            if !own.key.is_empty() {
                let key = self.key(own)?;
                if let Some(slot) = self.model.structured.get_mut(id.0 as usize) {
                    slot.key = key;
                }
            }
        }
        Ok(())
    }

    /// Puts the base's members before a type's own, with what the document targets at the
    /// inherited ones in this type: such annotations replace those of the base.
    fn add_inherited(&self, ty: &mut StructuredType, base: &StructuredType) {
        let mut properties = base.properties.clone();
        for property in &mut properties {
            self.override_annotations(&mut property.annotations, &ty.name, &property.name);
        }
        let mut navigation = base.navigation.clone();
        for property in &mut navigation {
            self.override_annotations(&mut property.annotations, &ty.name, &property.name);
        }
        ty.inherited_properties = properties.len();
        ty.inherited_navigation = navigation.len();
        properties.append(&mut ty.properties);
        navigation.append(&mut ty.navigation);
        ty.properties = properties;
        ty.navigation = navigation;
        ty.is_open |= base.is_open;
        ty.dynamic = base.dynamic;
        ty.has_stream |= base.has_stream;
    }

    fn override_annotations(&self, annotations: &mut Annotations, ty: &str, member: &str) {
        for (_, annotation) in self.targets.at(&format!("{ty}/{member}")) {
            annotations.set(annotation.clone());
        }
    }
}

/// All structured types, each after its base.
fn derivation_order(model: &Model, declared: &[Declared<'_>]) -> Result<Vec<StructuredId>, Fault> {
    let roots = model.structured_types().filter(|(_, ty)| ty.base.is_none());
    let mut order: Vec<StructuredId> = roots.map(|(id, _)| id).collect();
    let mut next = 0;
    while let Some(id) = order.get(next).copied() {
        order.extend(&model.structured(id).derived);
        next += 1;
    }
    if order.len() < declared.len() {
        let reached: std::collections::HashSet<_> = order.iter().collect();
        if let Some(lost) = declared.iter().find(|d| !reached.contains(&d.id)) {
            return Err(lost.element.fault("the type derives from itself"));
        }
    }
    Ok(order)
}

/// Notes the places of all members by name.
fn index_names(ty: &mut StructuredType) -> Result<(), String> {
    let mut properties = HashMap::with_capacity(ty.properties.len());
    let named = ty.properties.iter().enumerate();
    for (place, property) in named.filter(|(_, property)| !property.is_dynamic()) {
        if properties.insert(property.name.clone(), place).is_some() {
            return Err(format!("the property {} is declared twice", property.name));
        }
    }
    let mut navigation = HashMap::with_capacity(ty.navigation.len());
    for (place, property) in ty.navigation.iter().enumerate() {
        let name = property.name.clone();
        if properties.contains_key(&name) || navigation.insert(name, place).is_some() {
            return Err(format!(
                "the navigation property {} is declared twice",
                property.name
            ));
        }
    }
    ty.property_names = properties;
    ty.navigation_names = navigation;
    Ok(())
}

fn tagged(annotations: &Annotations, terms: [&str; 2]) -> bool {
    terms.iter().any(|term| annotations.is_tagged(term))
}
